//! How much of the log the checks cover. A query for flags knows nothing about messages that no
//! check has processed, or that none was able to evaluate.

use std::time::Duration;

use super::Session;
use super::live_query::Unchecked;
use crate::log::Channel;
use crate::message::{Notice, Time};
use crate::query::{Flags, Query};
use crate::workers::analysis::{Check, CheckId};

/// The minimum interval between counts of coverage. Each count visits every channel.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Rows that have waited this long to be checked are reported.
const LAGGING: Duration = Duration::from_secs(1);

/// The number of a channel's messages in the log whose flag is unknown.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Share {
    Exactly(u64),
    UpTo(u64),
}

impl Share {
    const NONE: Self = Self::Exactly(0);

    fn most(self) -> u64 {
        let (Self::Exactly(most) | Self::UpTo(most)) = self;
        most
    }

    /// Returns the sum of two shares that have no messages in common.
    fn plus(self, other: Self) -> Self {
        let sum = self.most() + other.most();
        match (self, other) {
            (Self::Exactly(_), Self::Exactly(_)) => Self::Exactly(sum),
            _ => Self::UpTo(sum),
        }
    }
}

impl Session {
    /// Counts the messages whose flags are unknown to queries, if the number may have changed.
    pub(crate) fn count_unchecked(&mut self) {
        let state = (self.serial, self.checks.changes);
        let last = self.checks.counted;
        if last.is_some_and(|(at, of)| of == state && self.now.since(at) < COUNT_EVERY) {
            return;
        }
        self.checks.counted = Some((self.now, state));
        let filter = self.filters.query().map(|query| self.unchecked_by(query));
        let find = self.find.as_ref();
        let find = find.map(|find| self.unchecked_by(find.watch.query()));
        if let Some(watch) = &mut self.filters.watch {
            watch.unchecked = filter.unwrap_or_default();
        }
        if let Some(search) = &mut self.find {
            search.watch.unchecked = find.unwrap_or_default();
        }
    }

    fn unchecked_by(&self, query: &Query) -> Unchecked {
        let asked = query.used_flags();
        if asked == Flags::default() {
            return Unchecked::default();
        }
        let channels = self.log.channels().iter().map(|(_, channel)| channel);
        let asked_of = channels
            .filter(|channel| channel.kept > 0 && !query.is_decided_by_channel(channel.name()));
        let unknown = asked_of.map(|channel| self.unknown_on(channel, asked));
        let unknown = unknown.fold(Share::NONE, Share::plus);
        let mut checks = self.checks.plan.entries.iter();
        let are_checked = checks.any(|entry| sets_any(&entry.check, asked));
        Unchecked {
            unknown: unknown.most(),
            is_at_most: matches!(unknown, Share::UpTo(_)),
            waiting: if are_checked { self.waiting() } else { 0 },
            missed: if are_checked { self.checks.missed() } else { 0 },
            is_full: are_checked && self.checks.leaves_out_some,
        }
    }

    /// Returns for how many of a channel's messages in the log any of the flags in `asked` is
    /// unknown.
    fn unknown_on(&self, channel: &Channel, asked: Flags) -> Share {
        let shares = asked.each().map(|flag| self.unknown_for(channel, flag));
        // Several flags of a message may be unknown, so the shares may overlap.
        let kept = channel.kept;
        let all = Share::Exactly(kept);
        shares
            .reduce(|one, other| match (one.most(), other.most()) {
                (0, _) => other,
                (_, 0) => one,
                _ if one == all || other == all => all,
                (one, other) => Share::UpTo(kept.min(one + other)),
            })
            .unwrap_or(Share::NONE)
    }

    /// Returns for how many of a channel's messages in the log this flag is unknown.
    fn unknown_for(&self, channel: &Channel, flag: Flags) -> Share {
        let all = Share::Exactly(channel.kept);
        let checks = self.checks.of_channel(channel.name());
        let done = checks
            .filter(|(id, check)| sets_any(check, flag) && self.checks.looking_back(*id).is_none());
        // A message that one check skipped may have been read by another.
        done.map(|(id, _)| self.skipped_by(id, channel))
            .reduce(|one, other| match (one.most(), other.most()) {
                _ if one == all => other,
                _ if other == all => one,
                (0, _) | (_, 0) => Share::NONE,
                (one, other) => Share::UpTo(one.min(other)),
            })
            .unwrap_or(all)
    }

    /// Returns how many of a channel's messages in the log a check has skipped.
    fn skipped_by(&self, check: CheckId, channel: &Channel) -> Share {
        let Some(skipped) = self.checks.skips.of(check, channel.name()) else {
            return Share::NONE;
        };
        let rows = &skipped.rows;
        let gone = self.log.gone_from(rows.clone());
        let gone: u64 = gone.iter().map(|rows| rows.end.0 - rows.start.0).sum();
        let left = rows.end.0 - rows.start.0 - gone;
        let most = skipped.count.min(channel.kept).min(left);
        if gone == 0 || most == 0 {
            Share::Exactly(most)
        } else {
            Share::UpTo(most)
        }
    }

    /// Returns the number of rows waiting to be checked, or 0 if they have not waited long.
    pub(crate) fn waiting(&self) -> u64 {
        let unchecked = self.checks.checked_up_to(&self.log).max(self.log.first());
        let oldest = self.log.row(unchecked);
        let is_lagging = oldest.is_some_and(|row| self.now.since(row.time) >= LAGGING);
        if is_lagging {
            self.log.end().0.saturating_sub(unchecked.0)
        } else {
            0
        }
    }

    /// Returns the time since which the log has kept everything that arrived.
    pub(crate) fn kept_since(&self) -> Time {
        let counters = self.log.counters();
        if counters.evicted + counters.cleared == 0 {
            return Time(i64::MIN);
        }
        let time_of = |row| self.log.row(row).map(|row| row.time);
        let first = time_of(self.log.first()).unwrap_or(self.now);
        let mut notices = self.log.notices().rev();
        let hole = notices.find(|(_, notice)| matches!(notice, Notice::Evicted(_)));
        hole.and_then(|(row, _)| time_of(row))
            .map_or(first, |hole| hole.max(first))
    }

    /// Returns the time up to which all messages have been checked. Silence after that time does
    /// not mean that no messages arrived.
    pub(crate) fn checked_until(&self) -> Time {
        let next = self.log.row(self.checks.checked_up_to(&self.log));
        next.map_or(self.now, |row| row.time)
    }

    /// Returns the time up to which all messages on a channel have been checked. If the channel is
    /// not being received, this is no later than its last message.
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

/// Returns whether a check sets any of `flags`.
fn sets_any(check: &Check, flags: Flags) -> bool {
    match check {
        Check::Shape(_) => flags.is_drift,
        Check::Schema(..) => flags.is_invalid,
        Check::Sequence { .. } => flags.is_seqgap,
        Check::Pair { .. } | Check::Delay { .. } | Check::Series { .. } => false,
    }
}
