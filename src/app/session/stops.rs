//! Hits of breakpoints, and the rows at which the view stops.

use std::time::Duration;

use super::Session;
use super::breakpoints::{Attention, Breakpoints, Stop};
use crate::app::effect::{Alert, Effect};
use crate::message::{Notice, RowId};
use crate::workers::scan::Answer;

/// Minimum interval between rings of the bell or notifications.
const ALERT_EVERY: Duration = Duration::from_secs(1);

/// New hits of a breakpoint.
pub(crate) struct Hits {
    /// The first row at which the view is to stop.
    pub(crate) first: Option<RowId>,
    /// Whether the view already had other rows to stop at.
    pub(crate) has_waiting: bool,
    /// How to alert the user.
    pub(crate) alert: Option<Effect>,
}

impl Session {
    /// Records rows that a breakpoint matched. Returns `None` if the answer is outdated.
    pub(crate) fn note_hits(&mut self, answer: &Answer) -> Option<Hits> {
        let has_waiting = self.breakpoints.next_stop().is_some();
        let Breakpoints {
            list, hits, stops, ..
        } = &mut self.breakpoints;
        let mut list = list.iter_mut();
        let breakpoint = list.find(|breakpoint| breakpoint.id == answer.watch)?;
        if !breakpoint.watch.as_mut()?.note(answer) {
            return None;
        }
        let (count, first) = breakpoint.note(answer, hits, stops);
        let alerts = first.is_some() || breakpoint.logs_only && count > 0;
        let (attention, query) = (breakpoint.attention, breakpoint.query.text().to_owned());
        self.forget_gone();
        Some(Hits {
            first,
            has_waiting,
            alert: alerts.then(|| self.alert(attention, &query)).flatten(),
        })
    }

    /// Records that the view stops at `row`, which is then shown even if the filter hides it, and
    /// adds a notice to the log. Returns `false` if no breakpoint stops there any more.
    pub(crate) fn stop_at(&mut self, row: RowId) -> bool {
        let Some(query) = self.breakpoints.query_at(row) else {
            return false;
        };
        let passed = RowId(row.0 + 1);
        self.breakpoints.passed = self.breakpoints.passed.max(passed);
        self.breakpoints.stop = Some(Stop {
            row,
            query: query.clone(),
            is_gone: false,
        });
        self.shown.show_anyway(Some(row));
        // Make the log keep the row before adding the notice, which could evict it.
        self.hold_stops();
        if let Some(channel) = self.channel_of(row) {
            let (query, channel) = (query.text().into(), (*channel).into());
            let notice = Notice::Breakpoint {
                query,
                row,
                channel,
            };
            self.log.push_notice(self.now, notice);
            self.shown.follow(&self.log);
        }
        true
    }

    /// Continues without stopping at any of the hits so far.
    pub(crate) fn pass_stops(&mut self) {
        self.leave_stop();
        self.breakpoints.passed = self.log.end();
        self.hold_stops();
    }

    /// Continues from where the view has stopped.
    pub(crate) fn leave_stop(&mut self) {
        self.breakpoints.stop = None;
        self.breakpoints.gone = 0;
        self.shown.show_anyway(None);
    }

    /// Makes the log keep the rows at which the view has stopped and will stop next.
    pub(crate) fn hold_stops(&mut self) {
        self.log.hold(&self.breakpoints.rows_to_hold());
        self.shown.follow(&self.log);
        self.forget_gone();
    }

    fn alert(&mut self, attention: Attention, query: &str) -> Option<Effect> {
        if attention == Attention::None || self.now < self.breakpoints.alerted.after(ALERT_EVERY) {
            return None;
        }
        self.breakpoints.alerted = self.now;
        Some(Effect::Alert(match attention {
            Attention::Notification => {
                Alert::Notification(format!("subscope: breakpoint hit: {query}"))
            }
            Attention::Bell | Attention::None => Alert::Bell,
        }))
    }
}
