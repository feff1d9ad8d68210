//! Setting breakpoints, and stopping the view where they match.

use super::breakpoints::{ALERT_EVERY, FIRST_ID};
use super::live_query::LiveQuery;
use super::{Alert, App, Attention, Breakpoint, Breakpoints, Effect, Position, Session, Stop};
use crate::log::RowSet;
use crate::message::{Notice, RowId};
use crate::query::Query;
use crate::workers::scan::{Answer, WatchId};

impl Session {
    /// Sets a breakpoint that applies from the next row on.
    pub(super) fn set_breakpoint(&mut self, query: Query) {
        let id = WatchId(FIRST_ID + self.breakpoints.made);
        self.breakpoints.made += 1;
        let watch = LiveQuery::new(id, self.next_serial(), query.clone(), &self.log);
        self.breakpoints.list.push(Breakpoint {
            id,
            query,
            every: 1,
            attention: Attention::default(),
            logs_only: false,
            hits: 0,
            counted: self.log.end(),
            stops: RowSet::default(),
            watch: Some(watch),
        });
    }

    /// Gives a breakpoint another query, from the next row on, and resets its count.
    pub(super) fn change_breakpoint(&mut self, index: usize, query: Query) {
        let serial = self.next_serial();
        self.breakpoints.cancel_stops(index);
        if let Some(one) = self.breakpoints.list.get_mut(index) {
            let watch = || LiveQuery::new(one.id, serial, query.clone(), &self.log);
            one.watch = one.watch.is_some().then(watch);
            one.query = query;
            one.hits = 0;
            one.counted = self.log.end();
        }
        self.hold_stops();
    }

    /// Disables a breakpoint, or enables it again from the next row on.
    pub(super) fn toggle_breakpoint(&mut self, index: usize) -> Vec<Effect> {
        let serial = self.next_serial();
        let Some(one) = self.breakpoints.list.get_mut(index) else {
            return Vec::new();
        };
        if one.watch.take().is_some() {
            let id = one.id;
            self.breakpoints.cancel_stops(index);
            self.hold_stops();
            return vec![Effect::StopScan(id)];
        }
        one.watch = Some(LiveQuery::new(one.id, serial, one.query.clone(), &self.log));
        Vec::new()
    }

    /// Toggles whether a breakpoint stops the view or only counts and marks its hits.
    pub(super) fn toggle_log_only(&mut self, index: usize) {
        if let Some(one) = self.breakpoints.list.get_mut(index) {
            one.logs_only = !one.logs_only;
        }
        self.breakpoints.cancel_stops(index);
        self.hold_stops();
    }

    /// Returns a mutable reference to the breakpoint at `index` of the list.
    pub(super) fn breakpoint_mut(&mut self, index: usize) -> Option<&mut Breakpoint> {
        self.breakpoints.list.get_mut(index)
    }

    /// Goes on without stopping at the hits so far.
    pub(super) fn pass_stops(&mut self) {
        self.leave_stop();
        self.breakpoints.passed = self.log.end();
        self.hold_stops();
    }

    fn leave_stop(&mut self) {
        self.breakpoints.at = None;
        self.breakpoints.gone = 0;
        self.shown.show_anyway(None);
    }

    /// Makes the log hold the rows at which the view has stopped and will stop next.
    pub(super) fn hold_stops(&mut self) {
        self.log.hold(&self.breakpoints.rows_to_hold());
        self.shown.follow(&self.log);
        self.forget_gone();
    }

    fn draw_attention(&mut self, attention: Attention, query: &str) -> Vec<Effect> {
        if attention == Attention::None || self.now < self.breakpoints.alerted.after(ALERT_EVERY) {
            return Vec::new();
        }
        self.breakpoints.alerted = self.now;
        vec![Effect::Alert(match attention {
            Attention::Notification => {
                Alert::Notification(format!("subscope: breakpoint hit: {query}"))
            }
            Attention::Bell | Attention::None => Alert::Bell,
        })]
    }
}

impl App {
    /// Records rows that a breakpoint matched, and stops at the first of them if the view is
    /// following.
    pub(super) fn note_breakpoint(&mut self, answer: &Answer) -> Vec<Effect> {
        let Breakpoints {
            list,
            hits,
            stops,
            passed,
            ..
        } = &mut self.session.breakpoints;
        let mut list = list.iter_mut();
        let Some(one) = list.find(|one| one.id == answer.watch) else {
            return Vec::new();
        };
        if !one.watch.as_mut().is_some_and(|watch| watch.note(answer)) {
            return Vec::new();
        }
        let has_waiting = stops.at_or_after(*passed).is_some();
        let (count, first) = one.note(answer, hits, stops);
        let calls = if one.logs_only {
            count > 0
        } else {
            first.is_some()
        };
        let (attention, query) = (one.attention, one.query.text().to_owned());
        self.session.forget_gone();
        if let Some(row) = first {
            if self.messages.position() == Position::Following {
                self.stop_at(row);
                if self.overlay.is_some() {
                    self.session.tell("breakpoint hit · log frozen there");
                }
            } else if self.session.breakpoints.at.is_none() && !has_waiting {
                self.session.tell("breakpoint hit · Space shows it");
            }
            self.session.hold_stops();
        }
        if calls {
            self.session.draw_attention(attention, &query)
        } else {
            Vec::new()
        }
    }

    /// Goes on to the next row at which the view stops. Returns whether there is one.
    pub(super) fn go_to_next_stop(&mut self) -> bool {
        let breakpoints = &self.session.breakpoints;
        let next = breakpoints.stops.at_or_after(breakpoints.passed);
        match next {
            Some(row) => self.stop_at(row),
            None => self.session.leave_stop(),
        }
        self.session.hold_stops();
        next.is_some()
    }

    /// Stops the view at `row`, and adds a notice to the log.
    fn stop_at(&mut self, row: RowId) {
        let Some(query) = self.session.breakpoints.query_at(row) else {
            return;
        };
        let passed = RowId(row.0 + 1);
        self.session.breakpoints.passed = self.session.breakpoints.passed.max(passed);
        self.session.breakpoints.at = Some(Stop {
            row,
            query: query.clone(),
            is_gone: false,
        });
        // The row is shown even if the filter hides it.
        self.session.shown.show_anyway(Some(row));
        // Hold the row before adding the notice, which could evict it.
        self.session.hold_stops();
        if let Some(channel) = self.session.channel_of(row) {
            let query = query.text().into();
            let notice = Notice::Breakpoint {
                query,
                row,
                channel: (*channel).into(),
            };
            self.session.log.push_notice(self.session.now, notice);
            self.session.shown.follow(&self.session.log);
        }
        self.select_row(row);
    }
}
