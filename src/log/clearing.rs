//! Clearing the log and restoring cleared rows.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use super::eviction::outside;
use super::segment::OpenSegment;
use super::{Channel, MessageLog, Segment};
use crate::message::{Gap, GapEnd, Notice, RowId, Time};

/// The result of [`MessageLog::clear`], which [`MessageLog::restore`] takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The first row that was in the log when it was cleared; older rows belong to earlier
    /// clearings.
    first: RowId,
    /// The number of messages cleared.
    pub messages: u64,
}

impl Cleared {
    /// Combines this clearing with the `later` one, to restore both together.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        Self {
            messages: self.messages + later.messages,
            ..self
        }
    }
}

/// Cleared rows, which count towards the budget of the log and are evicted first.
#[derive(Debug, Default)]
pub(super) struct ClearedRows {
    held: VecDeque<Arc<Segment>>,
    /// Consecutive segments, up to the first row of the log.
    sealed: VecDeque<Arc<Segment>>,
    seams: BTreeMap<RowId, (Time, u64)>,
    pub(super) notices: BTreeMap<RowId, Notice>,
}

impl ClearedRows {
    /// Returns the ranges of cleared rows, in order.
    fn ranges(&self) -> impl Iterator<Item = Range<RowId>> {
        self.held.iter().chain(&self.sealed).map(|one| one.rows())
    }

    /// Removes the oldest segment and the notices of its rows.
    fn pop_oldest(&mut self) -> Option<Arc<Segment>> {
        let oldest = self.held.pop_front().or_else(|| self.sealed.pop_front())?;
        // The row right after a held segment may be a notice about evicted rows, which goes too.
        self.seams = self.seams.split_off(&RowId(oldest.end().0 + 1));
        self.notices = match self.held.front().or(self.sealed.front()) {
            Some(next) => self.notices.split_off(&next.first),
            None => BTreeMap::new(),
        };
        Some(oldest)
    }
}

impl MessageLog {
    /// Removes all rows. They can be restored until the log needs their memory. Channels stay.
    pub fn clear(&mut self) -> Cleared {
        self.seal();
        let held = self.held();
        let first = held.first().map_or(self.first(), |oldest| oldest.start);
        let mut messages = 0;
        for segment in self.held.iter().chain(&self.sealed) {
            for channel in &segment.channels {
                self.channels.recount_rows(channel.id, |counts| {
                    counts.kept -= channel.rows;
                    counts.cleared += channel.rows;
                });
                messages += channel.rows;
            }
        }
        self.counters.kept -= messages;
        self.counters.cleared += messages;
        self.wanted.clear();
        self.must_hold = None;
        let cleared = &mut self.cleared;
        cleared.held.extend(self.held.drain(..));
        cleared.sealed.append(&mut self.sealed);
        cleared.seams.append(&mut self.seams);
        cleared.notices.append(&mut self.notices);
        Cleared { first, messages }
    }

    /// Forgets all rows, channels and counts for good. The ids of rows continue.
    pub fn restart(&mut self) {
        let mut open = OpenSegment::default();
        open.segment.first = self.end();
        *self = Self {
            open,
            channels: self.channels.emptied(),
            keep: self.keep,
            other_bytes: self.other_bytes,
            ..Self::default()
        };
    }

    /// Restores the rows of `cleared` and of every later clearing, in front of the rows that
    /// arrived since. Returns the number of restored messages, which excludes those evicted in the
    /// meantime.
    pub fn restore(&mut self, cleared: Cleared) -> u64 {
        let is_older = |segment: &Arc<Segment>| segment.first < cleared.first;
        let rows = &mut self.cleared;
        let mut held = rows.held.split_off(rows.held.partition_point(is_older));
        let mut sealed = rows.sealed.split_off(rows.sealed.partition_point(is_older));
        let mut messages = 0;
        for channel in held.iter().chain(&sealed).flat_map(|one| &one.channels) {
            self.channels.recount_rows(channel.id, |counts| {
                counts.cleared -= channel.rows;
                counts.kept += channel.rows;
            });
            messages += channel.rows;
        }
        self.counters.kept += messages;
        self.counters.cleared -= messages;
        self.seams.extend(rows.seams.split_off(&cleared.first));
        self.notices.extend(rows.notices.split_off(&cleared.first));
        // Cleared rows are evicted first: as long as some are left, no newer rows have been
        // evicted.
        held.extend(self.held.drain(..));
        self.held = held.into();
        sealed.append(&mut self.sealed);
        self.sealed = sealed;
        messages
    }

    /// Returns the parts of `rows` that were in the log but are neither kept nor restorable any
    /// more.
    pub fn lost_from(&self, rows: Range<RowId>) -> Vec<Range<RowId>> {
        let gone = self.gone_from(rows).into_iter();
        gone.flat_map(|gone| outside(gone, self.cleared.ranges()))
            .collect()
    }

    /// Evicts the oldest segment of cleared rows. Returns whether there was any.
    pub(super) fn forget_oldest_cleared(&mut self) -> bool {
        let Some(oldest) = self.cleared.pop_oldest() else {
            return false;
        };
        self.sealed_bytes -= oldest.size();
        for channel in &oldest.channels {
            let lose = |counts: &mut Channel| counts.cleared -= channel.rows;
            self.channels.recount_rows(channel.id, lose);
        }
        true
    }
}

/// Updates the gap in `notices` that was noticed at the same time as `update`. Returns whether
/// there is one.
pub(super) fn rewrite_gap(notices: &mut BTreeMap<RowId, Notice>, update: &Gap) -> bool {
    let row = notices.values_mut().rev().find_map(|notice| match notice {
        Notice::Gap(gap) if gap.noticed == update.noticed => Some(gap),
        _ => None,
    });
    row.is_some_and(|gap| {
        // Updates from several nodes may arrive out of order, and a gap that has ended must not
        // reopen.
        if gap.end == GapEnd::Open || update.end != GapEnd::Open {
            gap.clone_from(update);
        }
        true
    })
}
