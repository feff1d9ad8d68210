//! Coverage of the log by checks. A query for flagged messages knows nothing about messages that
//! checks have not processed or could not evaluate.

use std::time::Duration;

use super::{Find, Session};
use crate::log::Channel;
use crate::message::Time;
use crate::query::{Flags, Query};
use crate::workers::analysis::{Check, CheckId};

/// How often coverage is counted. Each count visits every channel.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Rows that have waited this long to be checked are reported.
const LAGGING: Duration = Duration::from_secs(1);

/// What checks have not covered, as last counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unchecked {
    /// Messages in the log with an unknown flag: no check for it exists, has processed the message
    /// yet, or could evaluate it.
    pub unknown: u64,
    /// Whether `unknown` is only an upper bound, for example because some of the messages counted
    /// have left the log.
    pub is_at_most: bool,
    /// Rows that have arrived and wait to be checked.
    pub waiting: u64,
    /// Rows that left the log before they could be checked.
    pub missed: u64,
    /// Whether checks have no room for some channels. How many messages that leaves out is unknown.
    pub is_full: bool,
}

/// The number of messages of a channel in the log about which nothing is known.
#[derive(Clone, Copy, Debug)]
struct Share {
    most: u64,
    /// Whether `most` is the exact number.
    is_exact: bool,
}

/// When coverage was last counted, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    at: Time,
    /// The serial number of the last query.
    serial: u64,
    /// The change counter of the checks.
    checks: u64,
}

impl Session {
    /// Counts what queries for flags cannot know, if that may have changed.
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
        let asked = query.used_flags();
        if asked == Flags::default() {
            return Unchecked::default();
        }
        let channels = self.log.channels().iter().map(|(_, channel)| channel);
        let asked_of = channels
            .filter(|channel| channel.kept() > 0 && !query.is_decided_by_channel(channel.name()));
        let mut unknown = Share::exactly(0);
        for channel in asked_of {
            unknown = unknown.plus(self.unknown_on(channel, asked));
        }
        let mut checks = self.checks.plan().entries().iter();
        let makes_any = checks.any(|entry| is_of(&entry.check, asked));
        Unchecked {
            unknown: unknown.most,
            is_at_most: !unknown.is_exact,
            waiting: if makes_any { self.waiting() } else { 0 },
            missed: if makes_any { self.checks.missed() } else { 0 },
            is_full: makes_any && self.checks.leave_out_some(),
        }
    }

    /// Returns how many messages of a channel in the log have an unknown flag among those asked
    /// for.
    fn unknown_on(&self, channel: &Channel, asked: Flags) -> Share {
        let drift = Flags {
            is_seqgap: false,
            ..asked
        };
        let seqgap = Flags {
            is_drift: false,
            ..asked
        };
        let asked = [drift, seqgap].into_iter();
        let asked = asked.filter(|flag| *flag != Flags::default());
        let shares = asked.map(|flag| self.unknown_for(channel, flag));
        // Both flags of a message may be unknown, so the two shares may overlap.
        let kept = channel.kept();
        shares
            .reduce(|one, other| match (one.most, other.most) {
                (0, _) => other,
                (_, 0) => one,
                _ if one.is_all(kept) || other.is_all(kept) => Share::exactly(kept),
                (one, other) => Share::up_to(kept.min(one + other)),
            })
            .unwrap_or(Share::exactly(0))
    }

    /// Returns how many messages of a channel in the log have this flag unknown.
    fn unknown_for(&self, channel: &Channel, flag: Flags) -> Share {
        let kept = channel.kept();
        let checks = self.checks.of_channel(channel.name());
        let done = checks
            .filter(|(id, check)| is_of(check, flag) && self.checks.looking_back(*id).is_none());
        // A message that one check skipped may have been read by another.
        done.map(|(id, _)| self.skipped_by(id, channel))
            .reduce(|one, other| match (one.most, other.most) {
                _ if one.is_all(kept) => other,
                _ if other.is_all(kept) => one,
                (0, _) | (_, 0) => Share::exactly(0),
                (one, other) => Share::up_to(one.min(other)),
            })
            .unwrap_or(Share::exactly(kept))
    }

    /// Returns how many messages of a channel in the log a check has skipped.
    fn skipped_by(&self, check: CheckId, channel: &Channel) -> Share {
        let Some(skipped) = self.checks.skipped(check, channel.name()) else {
            return Share::exactly(0);
        };
        let rows = &skipped.rows;
        let gone = self.log.gone_from(rows.clone());
        let gone: u64 = gone.iter().map(|rows| rows.end.0 - rows.start.0).sum();
        let left = rows.end.0 - rows.start.0 - gone;
        let most = skipped.count.min(channel.kept()).min(left);
        Share {
            most,
            is_exact: gone == 0 || most == 0,
        }
    }

    /// Returns the number of rows waiting to be checked, if they have waited for long.
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

impl Share {
    fn exactly(most: u64) -> Self {
        Self {
            most,
            is_exact: true,
        }
    }

    fn up_to(most: u64) -> Self {
        Self {
            most,
            is_exact: false,
        }
    }

    /// Returns whether it certainly covers everything in the log.
    fn is_all(self, kept: u64) -> bool {
        self.is_exact && self.most == kept
    }

    /// Returns the sum of two shares that have no messages in common.
    fn plus(self, other: Self) -> Self {
        Self {
            most: self.most + other.most,
            is_exact: self.is_exact && other.is_exact,
        }
    }
}

/// Returns whether a check flags rows with one of `flags`.
fn is_of(check: &Check, flags: Flags) -> bool {
    match check {
        Check::Shape { .. } => flags.is_drift,
        Check::Sequence { .. } => flags.is_seqgap,
        Check::Pair { .. } | Check::Delay { .. } | Check::Series { .. } => false,
    }
}
