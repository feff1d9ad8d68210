//! Passes on all rows, as they arrive, to a reader that must not miss any.

use std::mem;
use std::sync::Arc;

use super::{Excerpt, MessageLog, Segment};
use crate::message::{Notice, RowId, Time};

/// A notice with its row and its time.
type RowNotice = (RowId, Time, Notice);

/// Collects rows until they are taken.
#[derive(Debug)]
pub(super) struct Tap {
    /// The first row that has not been collected.
    next: RowId,
    /// Rows of sealed segments. The log may have evicted them.
    collected: Excerpt,
}

impl Tap {
    /// Collects the rows of a segment before `end` that have not been collected.
    fn collect(&mut self, segment: &Arc<Segment>, end: RowId, notices: Vec<RowNotice>) {
        if self.collected.segments.is_empty() {
            self.collected.range.start = self.next;
        }
        self.collected.range.end = end;
        self.collected.rows += end.0 - self.next.0;
        self.collected.segments.push_back(Arc::clone(segment));
        if !notices.is_empty() {
            // A rewritten notice may already be there, to be read after these.
            let all = &mut self.collected.notices;
            all.extend(notices);
            all.make_contiguous().sort_by_key(|(row, ..)| *row);
        }
        self.next = end;
    }
}

impl MessageLog {
    /// Starts collecting rows. All that arrive from now on can be taken.
    pub fn open_tap(&mut self) {
        self.tap = Some(Tap {
            next: self.end(),
            collected: Excerpt::default(),
        });
    }

    /// Stops collecting rows.
    pub fn close_tap(&mut self) {
        self.tap = None;
    }

    /// Takes the rows that arrived since the last call, if there are any: those in sealed segments,
    /// which are shared, and of the open segment a copy of the rows that arrived before `until`.
    /// More subscriptions may deliver its last row until another row arrives.
    pub fn take_tapped(&mut self, until: Option<Time>) -> Option<Excerpt> {
        if let Some(until) = until {
            self.tap_open(until);
        }
        let tap = self.tap.as_mut()?;
        let collected = mem::take(&mut tap.collected);
        (!collected.is_empty()).then_some(collected)
    }

    /// Returns when the oldest row arrived that can be taken.
    pub fn tapped_since(&self) -> Option<Time> {
        let tap = self.tap.as_ref()?;
        if !tap.collected.is_empty() {
            return Some(Time::default());
        }
        self.row(tap.next).map(|row| row.time)
    }

    /// Collects the rows of a segment before `end`, once they will not change any more.
    pub(super) fn tap_rows(&mut self, segment: &Arc<Segment>, end: RowId) {
        let next = match &self.tap {
            Some(tap) if tap.next < end => tap.next,
            _ => return,
        };
        let notices = self.notices_in(next..end);
        let notices = notices.filter_map(|row| self.copy_notice(row)).collect();
        if let Some(tap) = &mut self.tap {
            tap.collect(segment, end, notices);
        }
    }

    /// Collects a notice that has replaced the one in an earlier row.
    pub(super) fn tap_rewritten(&mut self, time: Time, notice: &Notice) {
        let row = self.end();
        if let Some(tap) = &mut self.tap {
            tap.collected.notices.push_back((row, time, notice.clone()));
            tap.collected.rows += 1;
        }
    }

    /// Collects a copy of the rows in the open segment that arrived before `until`.
    fn tap_open(&mut self, until: Time) {
        let Some(tap) = &self.tap else { return };
        let open = &self.open.segment;
        let first = tap.next.max(open.first);
        let skip = open.index(first).unwrap_or_default();
        let records = open.records.get(skip..).unwrap_or_default();
        let count = records.partition_point(|record| record.time < until);
        if count > 0 {
            let copy = Arc::new(open.copy_from(first));
            self.tap_rows(&copy, RowId(first.0 + count as u64));
        }
    }
}
