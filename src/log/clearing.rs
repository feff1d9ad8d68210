//! Clearing the log, and restoring what was cleared.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use super::{MessageLog, Segment, rewrite_gap};
use crate::message::{Gap, Notice, RowId, Time};

/// What one [`MessageLog::clear`] took off the log, for [`MessageLog::restore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The first row that was kept; nothing older belongs to it.
    first: RowId,
    /// How many messages it took.
    pub messages: u64,
}

impl Cleared {
    /// This clearing and the one after it, to be restored together.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        Self {
            messages: self.messages + later.messages,
            ..self
        }
    }
}

/// Rows that were cleared, in the form in which the log kept them. They take their part of its
/// budget and are the first to go.
#[derive(Debug, Default)]
pub(super) struct ClearedRows {
    held: VecDeque<Arc<Segment>>,
    /// Every row from the first of these up to the log's first.
    sealed: VecDeque<Arc<Segment>>,
    seams: BTreeMap<RowId, (Time, u64)>,
    notices: BTreeMap<RowId, Notice>,
}

impl ClearedRows {
    /// How many of them are notices.
    pub(super) fn notices(&self) -> usize {
        self.notices.len()
    }

    /// Writes news of a gap into its row, if that is one of these.
    pub(super) fn rewrite_gap(&mut self, news: &Gap) {
        rewrite_gap(&mut self.notices, news);
    }

    /// The stretches of rows that they are, in their order.
    fn stretches(&self) -> impl Iterator<Item = Range<RowId>> {
        self.held.iter().chain(&self.sealed).map(|one| one.rows())
    }

    /// Takes the oldest segment and the notices of its rows out.
    fn pop_oldest(&mut self) -> Option<Arc<Segment>> {
        let oldest = self.held.pop_front().or_else(|| self.sealed.pop_front())?;
        // Behind a segment that was held, a notice says that rows have gone.
        self.seams = self.seams.split_off(&RowId(oldest.end().0 + 1));
        self.notices = match self.held.front().or(self.sealed.front()) {
            Some(next) => self.notices.split_off(&next.first),
            None => BTreeMap::new(),
        };
        Some(oldest)
    }
}

impl MessageLog {
    /// Takes every row off the log. The counts and the channels stay.
    ///
    /// The rows can be restored until the log needs their memory.
    pub fn clear(&mut self) -> Cleared {
        self.seal();
        let first = self
            .held()
            .first()
            .map_or(self.first(), |oldest| oldest.start);
        let mut messages = 0;
        for segment in self.held.iter().chain(&self.sealed) {
            for channel in &segment.channels {
                self.channels.clear_rows(channel.id, channel.rows);
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

    /// Puts back the rows that `cleared` and every later clearing took, before those that have
    /// come since. Returns how many messages came back: all of them, unless the log has needed
    /// the memory of some.
    pub fn restore(&mut self, cleared: Cleared) -> u64 {
        let is_older = |segment: &Arc<Segment>| segment.first < cleared.first;
        let rows = &mut self.cleared;
        let mut held = rows.held.split_off(rows.held.partition_point(is_older));
        let mut sealed = rows.sealed.split_off(rows.sealed.partition_point(is_older));
        let mut messages = 0;
        for channel in held.iter().chain(&sealed).flat_map(|one| &one.channels) {
            self.channels.restore_rows(channel.id, channel.rows);
            messages += channel.rows;
        }
        self.counters.kept += messages;
        self.counters.cleared -= messages;
        let mut seams = rows.seams.split_off(&cleared.first);
        self.seams.append(&mut seams);
        let mut notices = rows.notices.split_off(&cleared.first);
        self.notices.append(&mut notices);
        // What was cleared goes first: while some of it is left, nothing newer has gone.
        held.extend(self.held.drain(..));
        self.held = held.into();
        sealed.append(&mut self.sealed);
        self.sealed = sealed;
        messages
    }

    /// The parts of `rows` that the log had and cannot have again: neither kept nor to be
    /// restored.
    #[must_use]
    pub fn lost_from(&self, rows: Range<RowId>) -> Vec<Range<RowId>> {
        let mut lost = Vec::new();
        for mut gone in self.gone_from(rows) {
            for cleared in self.cleared.stretches() {
                if gone.start < cleared.start && gone.start < gone.end {
                    lost.push(gone.start..cleared.start.min(gone.end));
                }
                gone.start = gone.start.max(cleared.end);
            }
            if gone.start < gone.end {
                lost.push(gone);
            }
        }
        lost
    }

    /// Gives up the oldest segment that could be restored. Says whether there was one.
    pub(super) fn forget_oldest_cleared(&mut self) -> bool {
        let Some(oldest) = self.cleared.pop_oldest() else {
            return false;
        };
        self.sealed_bytes -= oldest.size();
        for channel in &oldest.channels {
            self.channels.forget_cleared_rows(channel.id, channel.rows);
        }
        true
    }
}
