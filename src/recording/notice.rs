//! Writing notices: their names, and the numbers that they contain.

use super::line::Line;
use super::stamp::Stamps;
use crate::message::{GapEnd, Notice, Time};

impl Line<'_> {
    /// Adds the members of a notice, whose text for users is `words`.
    pub fn add_notice(&mut self, notice: &Notice, words: &str, stamps: &mut Stamps) {
        self.add_text("notice", name(notice));
        self.add_text("text", words);
        if let Some((from, to)) = period(notice) {
            self.add_text("from", stamps.text(from));
            match to {
                Some(to) => self.add_text("to", stamps.text(to)),
                None => self.add("to", "null"),
            }
        }
        if let Some(count) = missing(notice) {
            self.add("missing", count.to_string());
        }
    }
}

/// Returns the name of the kind of notice. Programs may depend on these names.
fn name(notice: &Notice) -> &str {
    match notice {
        Notice::Subscribed { .. } => "subscribed",
        Notice::Unsubscribed { .. } => "unsubscribed",
        Notice::Denied { .. } => "denied",
        Notice::Ended(_) => "ended",
        Notice::AllEnded => "all-ended",
        Notice::Discovered { .. } => "discovered",
        Notice::Gap(_) => "gap",
        Notice::Dropped(_) => "dropped",
        Notice::Allowed { .. } => "allowed",
        Notice::Partial(_) => "partial",
        Notice::Unexpected { .. } => "unexpected",
        Notice::Breakpoint { .. } => "breakpoint",
        Notice::ClockSet(_) => "clock-set",
        Notice::CountedBySocketIo(_) => "counted-by-socket-io",
        Notice::Evicted(_) => "evicted",
        Notice::Judged { .. } => "judged",
        Notice::Unrecorded(_) => "unrecorded",
        Notice::RecordingFailed { .. } => "recording-failed",
        Notice::Recorded { name, .. } => name,
    }
}

/// Returns the period in which messages are missing: its start and, once known, its end.
fn period(notice: &Notice) -> Option<(Time, Option<Time>)> {
    match notice {
        Notice::Gap(gap) => Some(match gap.end {
            GapEnd::Open => (gap.last_heard, None),
            GapEnd::Restored(end) | GapEnd::GivenUp(end) => (gap.last_heard, Some(end)),
        }),
        Notice::Dropped(dropped) | Notice::Unrecorded(dropped) => {
            Some((dropped.from, Some(dropped.to)))
        }
        _ => None,
    }
}

/// Returns how many messages are missing, if that is known.
fn missing(notice: &Notice) -> Option<u64> {
    match notice {
        Notice::Dropped(dropped) | Notice::Unrecorded(dropped) => Some(dropped.count),
        Notice::Evicted(count) => Some(*count),
        _ => None,
    }
}
