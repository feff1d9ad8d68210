//! What checks have not looked at of the messages kept, where a query asks what they have flagged:
//! of these it knows nothing.

use std::time::Duration;

use super::{App, Find};
use crate::analysis::Check;
use crate::message::Time;
use crate::query::{Flags, Query};

/// It is counted this often: every channel is asked about.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Rows that have just come wait for a moment; from then on it is said.
const LAGGING: Duration = Duration::from_secs(1);

/// What checks have not looked at, as it was counted last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unchecked {
    /// Messages kept on channels where no such check is made, or not yet of what is kept.
    pub unwatched: u64,
    /// Rows that have come and wait to be looked at.
    pub waiting: u64,
    /// Rows that went before they could be looked at.
    pub missed: u64,
    /// Whether checks have no room for some channels: how many messages that leaves out is not
    /// known.
    pub is_full: bool,
}

/// When it was counted last, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    at: Time,
    /// The last query.
    serial: u64,
    /// What changes with the checks.
    checks: u64,
}

impl App {
    /// Counts what queries that ask for flags cannot know, if that may be news.
    pub(super) fn count_unchecked(&mut self) {
        let counted = Counted {
            at: self.now,
            serial: self.serial,
            checks: self.checks.changes(),
        };
        let is_known = self.counted.is_some_and(|last| {
            let is_recent = self.now.since(last.at) < COUNT_EVERY;
            is_recent
                && Counted {
                    at: self.now,
                    ..last
                } == counted
        });
        if is_known {
            return;
        }
        self.counted = Some(counted);
        let filter = self.filters.query().map(|query| self.unchecked_by(query));
        let find = self
            .find
            .as_ref()
            .map(|find| self.unchecked_by(find.query()));
        if let Some(watch) = self.filters.watch_mut() {
            watch.note_unchecked(filter.unwrap_or_default());
        }
        if let Some(watch) = self.find.as_mut().map(Find::watch_mut) {
            watch.note_unchecked(find.unwrap_or_default());
        }
    }

    fn unchecked_by(&self, query: &Query) -> Unchecked {
        let asked = query.flags_asked();
        if asked == Flags::default() {
            return Unchecked::default();
        }
        let is_unknown =
            |name: &[u8]| !query.is_decided_by_channel(name) && !self.is_checked_for(asked, name);
        let channels = self.log.channels().iter();
        let kept = channels.filter(|(_, channel)| channel.kept() > 0);
        let unknown = kept.filter(|(_, channel)| is_unknown(channel.name()));
        let unwatched = unknown.map(|(_, channel)| channel.kept()).sum();
        let mut checks = self.checks.plan().entries().iter();
        let makes_any = checks.any(|entry| is_of(&entry.check, asked));
        Unchecked {
            unwatched,
            waiting: if makes_any { self.waiting() } else { 0 },
            missed: if makes_any { self.checks.missed() } else { 0 },
            is_full: makes_any && self.checks.leave_out_some(),
        }
    }

    /// Whether all that is kept of the channel called `name` has been, or will be, looked at for these flags.
    fn is_checked_for(&self, asked: Flags, name: &[u8]) -> bool {
        let is_watched = |flag: Flags| {
            let mut checks = self.checks.of_channel(name);
            checks.any(|(id, check)| is_of(check, flag) && !self.checks.is_looking_back(id))
        };
        let drift = Flags {
            is_seqgap: false,
            ..asked
        };
        let seqgap = Flags {
            is_drift: false,
            ..asked
        };
        [drift, seqgap]
            .into_iter()
            .all(|flag| flag == Flags::default() || is_watched(flag))
    }

    /// How many rows wait to be looked at, if they have waited for long.
    fn waiting(&self) -> u64 {
        let looked = self.checks.looked(&self.log).max(self.log.first());
        let oldest = self.log.row(looked);
        let is_lagging = oldest.is_some_and(|row| self.now.since(row.time) >= LAGGING);
        if is_lagging {
            self.log.end().0.saturating_sub(looked.0)
        } else {
            0
        }
    }
}

/// Whether a check flags rows for one of these.
fn is_of(check: &Check, flags: Flags) -> bool {
    match check {
        Check::Shape { .. } => flags.is_drift,
        Check::Sequence { .. } => flags.is_seqgap,
        Check::Pair { .. } | Check::Delay { .. } | Check::Series { .. } => false,
    }
}
