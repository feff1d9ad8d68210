//! The names of notices, and the numbers that they contain.

use crate::message::{GapEnd, Notice, Time};

/// Returns the name of the kind of notice. Programs may depend on these names.
pub fn name(notice: &Notice) -> &str {
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
        Notice::Resp3Refused(_) => "resp3-refused",
        Notice::Breakpoint { .. } => "breakpoint",
        Notice::ClockSet(_) => "clock-set",
        Notice::CountedBySocketIo(_) => "counted-by-socket-io",
        Notice::Evicted(_) => "evicted",
        Notice::Judged { .. } => "judged",
        Notice::Recorded { name, .. } => name,
    }
}

/// Returns the period in which messages are missing: its start and, once known, its end.
pub fn period(notice: &Notice) -> Option<(Time, Option<Time>)> {
    match notice {
        Notice::Gap(gap) => Some(match gap.end {
            GapEnd::Open => (gap.last_heard, None),
            GapEnd::Restored(end) | GapEnd::GivenUp(end) => (gap.last_heard, Some(end)),
        }),
        Notice::Dropped(dropped) => Some((dropped.from, Some(dropped.to))),
        _ => None,
    }
}

/// Returns how many messages are missing, if that is known.
pub fn missing(notice: &Notice) -> Option<u64> {
    match notice {
        Notice::Dropped(dropped) => Some(dropped.count),
        Notice::Evicted(count) => Some(*count),
        _ => None,
    }
}
