//! Coverage of the log by checks. A query for flagged messages knows nothing about messages that
//! checks have not processed or could not evaluate.

use std::time::Duration;

use super::Session;
use super::find::Find;
use super::live_query::Unchecked;
use crate::log::Channel;
use crate::message::{Notice, Time};
use crate::query::{Flags, Query};
use crate::workers::analysis::{Check, CheckId};

/// How often coverage is counted. Each count visits every channel.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Rows that have waited this long to be checked are reported.
const LAGGING: Duration = Duration::from_secs(1);

/// The number of messages of a channel in the log about which nothing is known.
#[derive(Clone, Copy, Debug)]
struct Share {
    most: u64,
    /// Whether `most` is the exact number.
    is_exact: bool,
}

/// When coverage was last counted, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    at: Time,
    /// The serial number of the last query.
    serial: u64,
    /// The change counter of the checks.
    checks: u64,
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

impl Session {
    /// Counts what queries for flags cannot know, if that may have changed.
    pub(crate) fn count_unchecked(&mut self) {
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
        let mut checks = self.checks.plan().entries.iter();
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
    pub(crate) fn waiting(&self) -> u64 {
        let looked = self.checks.looked(&self.log).max(self.log.first());
        let oldest = self.log.row(looked);
        let is_lagging = oldest.is_some_and(|row| self.now.since(row.time) >= LAGGING);
        if is_lagging {
            self.log.end().0.saturating_sub(looked.0)
        } else {
            0
        }
    }

    /// Returns the time from which the log has kept everything that arrived. Messages lost on the
    /// way do not count.
    pub(crate) fn kept_since(&self) -> Time {
        let counters = self.log.counters();
        if counters.evicted + counters.cleared == 0 {
            return Time(i64::MIN);
        }
        let time_of = |row| self.log.row(row).map(|row| row.time);
        let first = time_of(self.log.first()).unwrap_or(self.now);
        let mut notices = self.log.notices().rev();
        let hole = notices.find(|(_, notice)| matches!(notice, Notice::Evicted { .. }));
        hole.and_then(|(row, _)| time_of(row))
            .map_or(first, |hole| hole.max(first))
    }

    /// Returns the time up to which all messages have been checked. After it, silence does not mean
    /// a rate of zero.
    pub(crate) fn checked_until(&self) -> Time {
        let next = self.log.row(self.checks.looked(&self.log));
        next.map_or(self.now, |row| row.time)
    }

    /// Returns the time up to which all messages of a channel are known: no later than its last
    /// message while it cannot be received.
    pub(crate) fn checked_until_on(&self, channel: &[u8]) -> Time {
        let known = self.checked_until();
        if self.subscriptions.receives(channel) {
            return known;
        }
        let channels = self.log.channels();
        let heard = channels.find(channel).and_then(|id| channels.by_id(id));
        heard.map_or(known, |channel| known.min(channel.last_received))
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
