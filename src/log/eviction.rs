//! Eviction of the oldest rows, except for held ones, to keep the log within its budget.

use std::ops::Range;
use std::sync::Arc;

use super::{Channel, MessageLog, Segment};
use crate::message::{Notice, RowId, Time};

/// The fraction of the budget for held rows (1/n), not counting the row that must be kept.
const HELD_PART: usize = 4;

/// The fraction of the budget for rows before a held row (1/n).
const CONTEXT_PART: usize = 8;

impl MessageLog {
    /// Protects `rows` and some rows before each from eviction, instead of the rows held so far.
    /// The first row has priority: it is kept if it fits into the budget at all, with some rows
    /// right before it. The others may use at most a quarter of the budget.
    pub fn hold(&mut self, rows: &[RowId]) {
        self.wanted = rows.iter().map(|row| self.around(*row)).collect();
        self.must_hold = rows.first().copied();
        let held = std::mem::take(&mut self.held);
        for segment in held {
            if self.is_wanted(&segment) {
                self.held.push(segment);
            } else {
                self.release(&segment);
            }
        }
        let held = &self.held;
        let is_behind_held = |seam: &RowId| held.iter().any(|segment| segment.end() == *seam);
        let seams: Vec<RowId> = self.seams.keys().copied().collect();
        for seam in seams.into_iter().filter(|seam| !is_behind_held(seam)) {
            self.seams.remove(&seam);
            self.notices.remove(&seam);
        }
    }

    /// Returns the rows to hold for `row`, up to and including it: those in its segment, and those
    /// in earlier segments that fit into a small part of the budget.
    fn around(&self, row: RowId) -> Range<RowId> {
        let mut first = row;
        let mut room = self.keep / CONTEXT_PART;
        let until = self.sealed.partition_point(|segment| segment.first <= row);
        for segment in self.sealed.range(..until).rev() {
            if segment.size() > room && !segment.rows().contains(&row) {
                break;
            }
            room = room.saturating_sub(segment.size());
            first = segment.first;
        }
        let known = self.wanted.iter().find(|wanted| wanted.contains(&row));
        let first = known.map_or(first, |known| known.start.min(first));
        first..RowId(row.0 + 1)
    }

    /// Returns the ranges of rows held before [`MessageLog::first`], in order. If rows were evicted
    /// after a range, it includes one more row, the notice about them.
    pub fn held(&self) -> Vec<Range<RowId>> {
        let mut ranges: Vec<Range<RowId>> = Vec::new();
        for segment in &self.held {
            let mut rows = segment.rows();
            rows.end.0 += u64::from(self.seams.contains_key(&rows.end));
            match ranges.last_mut().filter(|last| last.end == rows.start) {
                Some(last) => last.end = rows.end,
                None => ranges.push(rows),
            }
        }
        ranges
    }

    /// Returns the parts of `rows` that were in the log and are no longer kept.
    pub fn gone_from(&self, rows: Range<RowId>) -> Vec<Range<RowId>> {
        let end = rows.end.min(self.first());
        outside(rows.start..end, self.held())
    }

    /// Removes channels without rows, then cleared rows, then whole sealed segments, until the log
    /// fits into its budget. The open segment stays, because another subscription may still deliver
    /// its last message. It is either small compared with the budget or a single message that fits
    /// into it.
    pub(super) fn evict(&mut self) {
        // Limit the budget of idle channels, so that they do not displace messages.
        let idle_room = self.keep / 8;
        self.channels.forget_idle(idle_room);
        while self.size() + self.other_bytes > self.keep && self.evict_oldest() {
            self.channels.forget_idle(idle_room);
        }
    }

    fn evict_oldest(&mut self) -> bool {
        if self.forget_oldest_cleared() {
            return true;
        }
        let Some(oldest) = self.sealed.pop_front() else {
            return false;
        };
        if self.should_hold(&oldest) {
            self.held.push(oldest);
        } else {
            self.release(&oldest);
            self.note_seam(&oldest);
        }
        true
    }

    fn should_hold(&self, segment: &Segment) -> bool {
        let held: usize = self.held.iter().map(|segment| segment.size()).sum();
        let size = held + segment.size();
        let must = self.must_hold;
        if must.is_some_and(|row| segment.rows().contains(&row)) {
            return size <= self.keep - self.keep / CONTEXT_PART;
        }
        self.is_wanted(segment) && size <= self.keep / HELD_PART
    }

    /// Counts the messages of `gone` in the notice about rows evicted after the last held row.
    fn note_seam(&mut self, gone: &Segment) {
        let Some(row) = self.held.last().map(|held| held.end()) else {
            return;
        };
        let messages: u64 = gone.channels.iter().map(|channel| channel.rows).sum();
        let first = gone.records.first();
        let time = first.map_or_else(Time::default, |record| record.time);
        let seam = self.seams.entry(row).or_insert((time, 0));
        seam.1 += messages;
        self.notices.insert(row, Notice::Evicted(seam.1));
    }

    /// Returns the rows of notices about evicted messages. Each has the id of an evicted row, which
    /// it replaces.
    pub fn seams(&self) -> impl Iterator<Item = RowId> {
        self.seams.keys().copied()
    }

    /// Returns how many of the evicted messages were older than all rows in the log.
    pub fn evicted_before_first(&self) -> u64 {
        let within: u64 = self.seams.values().map(|(_, count)| count).sum();
        self.counters.evicted - within
    }

    fn is_wanted(&self, segment: &Segment) -> bool {
        let rows = segment.rows();
        let overlaps = |wanted: &Range<RowId>| wanted.start < rows.end && rows.start < wanted.end;
        self.wanted.iter().any(overlaps)
    }

    /// Updates the counts for a segment that is evicted.
    fn release(&mut self, segment: &Arc<Segment>) {
        self.sealed_bytes -= segment.size();
        for channel in &segment.channels {
            let lose = |counts: &mut Channel| counts.kept -= channel.rows;
            self.channels.recount_rows(channel.id, lose);
            self.counters.kept -= channel.rows;
            self.counters.evicted += channel.rows;
        }
        let mut later = self.notices.split_off(&segment.first);
        let mut after = later.split_off(&segment.end());
        self.notices.append(&mut after);
    }
}

/// Returns the parts of `rows` outside all of the ranges `inside`, which must be in order.
pub(super) fn outside(
    rows: Range<RowId>,
    inside: impl IntoIterator<Item = Range<RowId>>,
) -> Vec<Range<RowId>> {
    let mut parts = Vec::new();
    let Range { mut start, end } = rows;
    for inside in inside {
        if start < inside.start && start < end {
            parts.push(start..inside.start.min(end));
        }
        start = start.max(inside.end);
    }
    if start < end {
        parts.push(start..end);
    }
    parts
}
