//! The marks of an open message: which of them the person is at, and the ways to the others.

use std::ops::Range;

use super::Reader;
use crate::payload::rows;

/// Rows that are left above a mark that comes into view, where there are so many.
const ROWS_ABOVE: usize = 3;

/// Bytes of the payload that are marked, and which of them the person is at.
#[derive(Debug, Default)]
pub(super) struct Marks {
    ranges: Vec<Range<usize>>,
    current: usize,
}

impl Reader {
    /// Marks these bytes of the payload from now on, as [`App::marks`](crate::app::App::marks)
    /// gives them. The person is at the first.
    pub fn set_marks(&mut self, ranges: Vec<Range<usize>>) {
        self.marks = Marks { ranges, current: 0 };
    }

    /// The bytes of the payload that are marked: none at first.
    #[must_use]
    pub fn marks(&self) -> &[Range<usize>] {
        &self.marks.ranges
    }

    /// Which of the marks the person is at, from 0, if there are any.
    #[must_use]
    pub fn current_mark(&self) -> Option<usize> {
        let current = self.marks.current;
        (current < self.marks.ranges.len()).then_some(current)
    }

    /// The row that shows the mark that the person is at, counted from the top, unless it is not
    /// among the `height` rows of `columns` in view.
    #[must_use]
    pub fn row_of_mark(&self, columns: usize, height: usize) -> Option<usize> {
        self.row_in_view(self.start_of_mark()?, columns, height)
    }

    /// Brings the mark that the person is at into view.
    pub fn show_mark(&mut self, columns: usize, height: usize) {
        if let Some(offset) = self.start_of_mark() {
            self.show(offset, columns, height);
        }
    }

    /// Goes to the next mark, or to the one before: from the mark that the person is at, or from
    /// the top if that is out of view. Says whether there is one.
    pub fn go_to_mark(&mut self, is_forward: bool, columns: usize, height: usize) -> bool {
        let current = self.marks.current;
        let top = self.first_byte();
        let below = self.marks.ranges.partition_point(|mark| mark.start < top);
        let is_in_view = self.row_of_mark(columns, height.max(1)).is_some();
        let next = match (is_in_view, is_forward) {
            (true, true) => Some(current + 1),
            (true, false) => current.checked_sub(1),
            (false, true) => Some(below),
            (false, false) => below.checked_sub(1),
        };
        let Some(next) = next.filter(|next| *next < self.marks.ranges.len()) else {
            return false;
        };
        self.marks.current = next;
        self.show_mark(columns, height);
        true
    }

    /// Where the mark that the person is at can be seen to start: a line break at the end of a row
    /// is not drawn.
    fn start_of_mark(&self) -> Option<usize> {
        let mark = self.marks.ranges.get(self.current_mark()?)?;
        let bytes = self.letter.payload.get(mark.clone())?;
        let breaks = bytes.iter().take_while(|byte| **byte == b'\n').count();
        Some((mark.start + breaks).min(mark.end - 1))
    }

    /// The first byte shown.
    pub(super) fn first_byte(&self) -> usize {
        self.offset
    }

    /// The row that shows the byte at `offset`, counted from the top, if it is in view.
    pub(super) fn row_in_view(
        &self,
        offset: usize,
        columns: usize,
        height: usize,
    ) -> Option<usize> {
        let mut rows = rows::rows(&self.letter.payload, columns, self.offset).take(height);
        let holds = |row: rows::Row| row.next.is_none_or(|next| offset < next);
        let row = rows.position(holds);
        row.filter(|_| self.offset <= offset)
    }

    /// Brings the byte at `offset` into view, unless it is there already: with some rows above it,
    /// but not past where the end is shown.
    pub(super) fn show(&mut self, offset: usize, columns: usize, height: usize) {
        let height = height.max(1);
        if self.row_in_view(offset, columns, height).is_some() {
            return;
        }
        self.offset = rows::row_at(&self.letter.payload, columns, offset);
        self.back(columns, ROWS_ABOVE.min((height - 1) / 2));
        let last = rows::rows_back(&self.letter.payload, columns, rows::END, height);
        self.offset = last.min(self.offset);
    }
}
