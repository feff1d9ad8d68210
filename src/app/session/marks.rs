//! Marked rows, and the byte ranges to mark in a payload.

use std::ops::Range;

use super::Session;
use crate::message::{Notice, RowId, Time};
use crate::query::Query;

impl Session {
    /// Returns the nearest marked message before `row`, or else the nearest one after it.
    pub(crate) fn marked_beside(&self, row: RowId) -> Option<RowId> {
        let is_message = |marked: &&RowId| self.channel_of(**marked).is_some();
        let before = self.marked.range(..row).rev().find(is_message);
        let after = || self.marked.range(RowId(row.0 + 1)..).find(is_message);
        before.or_else(after).copied()
    }

    /// Returns the time of the last marked row up to `row`, if there is one.
    pub fn last_mark(&self, row: RowId) -> Option<Time> {
        let marked = self.marked.range(..=row).next_back()?;
        Some(self.log.row(*marked)?.time)
    }

    /// Returns the byte ranges to mark in the payload of `row`, at most the first `most` of each
    /// kind. They are ascending, not empty, and merged where they touch or overlap.
    ///
    /// `payload` may be only the start of the payload, a little longer than the part that is shown.
    /// The marks in the shown part are then the same as for the whole payload.
    pub fn marks(&self, row: RowId, payload: &[u8], most: usize) -> Vec<Range<usize>> {
        let query = self.marked_by(row);
        query.map_or_else(Vec::new, |query| query.first_marks(payload, most))
    }

    /// Like [`Self::marks`], for text that is not the payload, but shows something of it: without
    /// the values at paths.
    pub fn text_marks(&self, row: RowId, text: &[u8], most: usize) -> Vec<Range<usize>> {
        let query = self.marked_by(row);
        query.map_or_else(Vec::new, |query| query.text_marks(text, most))
    }

    /// Returns whether the rows are searched and `row` was found; or if they are not, whether the
    /// view has stopped at it or a filter is on.
    pub fn is_hit(&self, row: RowId) -> bool {
        match &self.find {
            Some(find) => find.rows.contains(row),
            None => self.marked_by(row).is_some(),
        }
    }

    /// Returns the query whose matches are marked in `row`: that of the search, or else of the
    /// breakpoint at which the view has stopped there, or else of all filters in force.
    pub fn marked_by(&self, row: RowId) -> Option<&Query> {
        let stop = self.breakpoints.stop.as_ref();
        let stop = stop.filter(|stop| stop.row == row);
        let sought = self.find.as_ref().map(|find| find.watch.query());
        sought
            .or_else(|| stop.map(|stop| &stop.query))
            .or(self.filters.query())
    }

    /// Returns the nearest mark, breakpoint hit or gap before or after `from`.
    pub(crate) fn landmark(&self, from: RowId, is_forward: bool) -> Option<RowId> {
        let hits = &self.breakpoints.hits;
        let is_gap = |notice: &Notice| matches!(notice, Notice::Gap(_) | Notice::Dropped(_));
        let gaps = self.log.notices().filter(|(_, notice)| is_gap(notice));
        let mut gaps = gaps.map(|(row, _)| row);
        if is_forward {
            let mark = self.marked.range(RowId(from.0 + 1)..).next().copied();
            let hit = hits.at_or_after(RowId(from.0 + 1));
            let gap = gaps.find(|row| *row > from);
            [mark, hit, gap].into_iter().flatten().min()
        } else {
            let mark = self.marked.range(..from).next_back().copied();
            let hit = hits.before(from);
            let gap = gaps.rev().find(|row| *row < from);
            [mark, hit, gap].into_iter().flatten().max()
        }
    }
}
