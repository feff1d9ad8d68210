//! Clearing the log and restoring cleared rows.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use super::eviction::outside;
use super::{Channel, MessageLog, Segment};
use crate::message::{Gap, GapEnd, Notice, RowId, Time};

/// What [`MessageLog::clear`] returns, to be passed to [`MessageLog::restore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The first row in the log at that time; older rows are not part of this clearing.
    first: RowId,
    /// The number of messages cleared.
    pub messages: u64,
}

impl Cleared {
    /// Combines this clearing with the one after it, to restore both together.
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
    /// All rows from the first one here up to the first row of the log.
    sealed: VecDeque<Arc<Segment>>,
    seams: BTreeMap<RowId, (Time, u64)>,
    pub(super) notices: BTreeMap<RowId, Notice>,
}

impl ClearedRows {
    /// Returns the ranges of the rows, in order.
    fn ranges(&self) -> impl Iterator<Item = Range<RowId>> {
        self.held.iter().chain(&self.sealed).map(|one| one.rows())
    }

    /// Removes the oldest segment and the notices of its rows.
    fn pop_oldest(&mut self) -> Option<Arc<Segment>> {
        let oldest = self.held.pop_front().or_else(|| self.sealed.pop_front())?;
        // A held segment may be followed by a notice about evicted rows.
        self.seams = self.seams.split_off(&RowId(oldest.end().0 + 1));
        self.notices = match self.held.front().or(self.sealed.front()) {
            Some(next) => self.notices.split_off(&next.first),
            None => BTreeMap::new(),
        };
        Some(oldest)
    }
}

impl MessageLog {
    /// Removes all rows, which can be restored until the log needs their memory. Channels stay.
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

    /// Restores the rows of `cleared` and of every later clearing, in front of those that arrived
    /// since. Returns the number of restored messages, which is lower if the log needed their
    /// memory.
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
        // Cleared rows are evicted first: while some are left, nothing newer has been evicted.
        held.extend(self.held.drain(..));
        self.held = held.into();
        sealed.append(&mut self.sealed);
        self.sealed = sealed;
        messages
    }

    /// Returns the parts of `rows` that were in the log and are lost: neither kept nor restorable.
    pub fn lost_from(&self, rows: Range<RowId>) -> Vec<Range<RowId>> {
        let gone = self.gone_from(rows).into_iter();
        gone.flat_map(|gone| outside(gone, self.cleared.ranges()))
            .collect()
    }

    /// Evicts the oldest segment of cleared rows. Returns whether there was one.
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

/// Updates the row of a gap among `notices`. Returns whether there is one.
pub(super) fn rewrite_gap(notices: &mut BTreeMap<RowId, Notice>, update: &Gap) -> bool {
    let row = notices.values_mut().rev().find_map(|notice| match notice {
        Notice::Gap(gap) if gap.noticed == update.noticed => Some(gap),
        _ => None,
    });
    row.is_some_and(|gap| {
        // Updates from several nodes may arrive out of order; an end is final.
        if gap.end == GapEnd::Open || update.end != GapEnd::Open {
            gap.clone_from(update);
        }
        true
    })
}
