//! How the log stays within its budget: the oldest rows go first, but for those that are held.

use std::ops::Range;
use std::sync::Arc;

use super::{MessageLog, Segment};
use crate::message::RowId;

/// The part of the budget that may be held.
const HELD_PART: usize = 4;

impl MessageLog {
    /// Holds these stretches, in their order, and no others: they stay when older and newer rows
    /// go. Only what takes no more than a quarter of the budget is held.
    pub fn hold(&mut self, stretches: Vec<Range<RowId>>) {
        self.wanted = stretches;
        let held = std::mem::take(&mut self.held);
        for segment in held {
            if self.is_wanted(&segment) {
                self.held.push(segment);
            } else {
                self.release(&segment);
            }
        }
    }

    /// The stretches that are held before [`MessageLog::first`], in their order.
    #[must_use]
    pub fn held(&self) -> Vec<Range<RowId>> {
        let mut stretches: Vec<Range<RowId>> = Vec::new();
        for rows in self.held.iter().map(|segment| segment.rows()) {
            match stretches.last_mut().filter(|last| last.end == rows.start) {
                Some(last) => last.end = rows.end,
                None => stretches.push(rows),
            }
        }
        stretches
    }

    /// The parts of `rows` that the log had and let go of.
    #[must_use]
    pub fn gone_from(&self, rows: Range<RowId>) -> Vec<Range<RowId>> {
        let mut gone = Vec::new();
        let mut start = rows.start;
        let end = rows.end.min(self.first());
        for held in self.held() {
            if start < held.start && start < end {
                gone.push(start..held.start.min(end));
            }
            start = start.max(held.end);
        }
        if start < end {
            gone.push(start..end);
        }
        gone
    }

    /// Lets go of every row. The counts and the channels stay.
    pub fn clear(&mut self) {
        self.hold(Vec::new());
        self.seal();
        while let Some(oldest) = self.sealed.pop_front() {
            self.release(&oldest);
        }
    }

    /// Lets go of channels that nothing kept is of, then of whole sealed segments. The open one
    /// stays, since a later delivery may still join its last row; it is small beside the budget,
    /// or one message that fits into it.
    pub(super) fn evict(&mut self) {
        // Idle channels may take a part of the budget, so that they do not push out the messages.
        let idle_room = self.keep / 8;
        self.channels.forget_idle(idle_room);
        while self.size() > self.keep && self.evict_oldest() {
            self.channels.forget_idle(idle_room);
        }
    }

    fn evict_oldest(&mut self) -> bool {
        let Some(oldest) = self.sealed.pop_front() else {
            return false;
        };
        let held: usize = self.held.iter().map(|segment| segment.size()).sum();
        if self.is_wanted(&oldest) && held + oldest.size() <= self.keep / HELD_PART {
            self.held.push(oldest);
        } else {
            self.release(&oldest);
        }
        true
    }

    fn is_wanted(&self, segment: &Segment) -> bool {
        let rows = segment.rows();
        let overlaps = |wanted: &Range<RowId>| wanted.start < rows.end && rows.start < wanted.end;
        self.wanted.iter().any(overlaps)
    }

    /// Counts a segment out.
    fn release(&mut self, segment: &Arc<Segment>) {
        self.sealed_bytes -= segment.size();
        for channel in &segment.channels {
            self.channels.release_rows(channel.id, channel.rows);
            self.counters.kept -= channel.rows;
            self.counters.evicted += channel.rows;
        }
        let mut later = self.notices.split_off(&segment.first);
        let mut after = later.split_off(&segment.end());
        self.notices.append(&mut after);
    }
}
