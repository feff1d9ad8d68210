//! Hits of breakpoints, and the rows at which the view stops.

use std::time::Duration;

use super::Session;
use super::breakpoints::{Attention, Breakpoint, Breakpoints, Stop};
use crate::app::effect::{Alert, Effect};
use crate::log::Matches;
use crate::message::{Notice, RowId};
use crate::payload::{escape, figures};
use crate::workers::scan::{Answer, WatchId};

/// Minimum interval between alerts of the same breakpoint.
const ALERT_EVERY: Duration = Duration::from_secs(1);

/// Maximum number of characters of an alert's text.
const MAX_ALERT: usize = 1000;

/// Maximum columns of a channel's name in an alert.
const MAX_CHANNEL_COLUMNS: usize = 200;

/// New hits of a breakpoint.
pub(crate) struct Hits {
    /// The first row at which the view should stop, if any.
    pub(crate) first: Option<RowId>,
    /// Whether the view already had other rows to stop at.
    pub(crate) has_waiting: bool,
    /// The effect that alerts the user, if one is needed.
    pub(crate) alert: Option<Effect>,
    /// Whether a toast has alerted the user.
    pub(crate) is_told: bool,
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
        let row = first.or_else(|| answer.found.iter().flat_map(Matches::rows).next());
        let id = breakpoint.id;
        self.forget_gone();
        let channel = row.and_then(|row| self.channel_of(row));
        let (alert, is_told) = if alerts {
            self.alert(id, count, None, channel.as_deref())
        } else {
            (None, false)
        };
        Some(Hits {
            first,
            has_waiting,
            alert,
            is_told,
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

    /// Resumes, skipping all hits so far.
    pub(crate) fn pass_stops(&mut self) {
        self.leave_stop();
        self.breakpoints.passed = self.log.end();
        self.hold_stops();
    }

    /// Resumes from the row at which the view has stopped.
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

    /// Alerts the user to `count` hits of a breakpoint, unless its last alert was less than
    /// [`ALERT_EVERY`] ago. `words` describe the hit if it is not a message that matched the query.
    /// Returns the effect that alerts the user, if any, and whether a toast was shown.
    pub(super) fn alert(
        &mut self,
        id: WatchId,
        count: u64,
        words: Option<&str>,
        channel: Option<&[u8]>,
    ) -> (Option<Effect>, bool) {
        let now = self.now;
        let mut list = self.breakpoints.list.iter_mut();
        let Some(breakpoint) = list.find(|breakpoint| breakpoint.id == id) else {
            return (None, false);
        };
        let (alerted, before) = breakpoint.alerted;
        if now < alerted.after(ALERT_EVERY) {
            breakpoint.alerted.1 += count;
            return (None, false);
        }
        breakpoint.alerted = (now, 0);
        let short = words.unwrap_or(breakpoint.query.text());
        let full = alert_words(breakpoint, words, channel, before);
        let alert = match breakpoint.attention {
            Attention::None => return (None, false),
            Attention::Toast => {
                self.tell(full);
                return (None, true);
            }
            Attention::Bell => Alert::Bell,
            Attention::Notification => {
                Alert::Notification(format!("subscope: breakpoint hit: {short}"))
            }
            Attention::Command => Alert::Command {
                command: self.settings.alert_command.clone().unwrap_or_default(),
                text: full,
            },
        };
        (Some(Effect::Alert(alert)), false)
    }
}

/// Returns the text of an alert: the query, the channel, and the number of earlier hits without an
/// alert.
fn alert_words(
    breakpoint: &Breakpoint,
    words: Option<&str>,
    channel: Option<&[u8]>,
    before: u64,
) -> String {
    let query = breakpoint.query.text();
    let mut text = match words {
        Some(words) => format!("{words} · breakpoint {query}"),
        None => format!("breakpoint hit: {query}"),
    };
    if let Some(channel) = channel {
        text.push_str(" · on ");
        text.push_str(&escape::name(channel, MAX_CHANNEL_COLUMNS).string);
    }
    if before > 0 {
        let before = figures::counted(before, "more hit");
        text.extend([" · ", &before, " since the last alert"]);
    }
    match text.char_indices().nth(MAX_ALERT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
