//! Marks on the matches of a query or a search in an open message, and moving between them.

use std::ops::Range;

use super::{Form, Reader, Room};
use crate::payload::tree::NodeId;
use crate::payload::{hex, rows};
use crate::query::Literal;
use crate::workers::decode::{Found, Search, Sought};

/// The number of rows to leave above a mark that is scrolled into view, if there are that many.
const ROWS_ABOVE: usize = 3;

/// The marks and the current one.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// The marked bytes.
    ranges: Vec<Range<usize>>,
    /// The values that contain the marked bytes, if the message has values.
    nodes: Vec<NodeId>,
    /// The text to search for in this message. Without it, the matches of a query are marked.
    pub(super) search_text: Option<Literal>,
    /// Whether a search is waiting for its answer.
    is_searching: bool,
    current: usize,
}

impl Marks {
    /// Returns the memory use of the marks in bytes.
    pub(crate) fn size(&self) -> usize {
        self.ranges.capacity() * size_of::<Range<usize>>()
            + self.nodes.capacity() * size_of::<NodeId>()
    }

    fn len(&self, has_values: bool) -> usize {
        if has_values {
            self.nodes.len()
        } else {
            self.ranges.len()
        }
    }
}

impl Reader {
    /// Marks these bytes of the payload, as returned by [`Session::marks`](crate::app::Session::marks),
    /// unless there is search text. Makes the first mark the current one.
    pub fn set_marks(&mut self, ranges: Vec<Range<usize>>) {
        if self.marks.search_text.is_some() {
            return;
        }
        let tree = self.tree();
        let mut nodes: Vec<NodeId> = tree.map_or_else(Vec::new, |tree| {
            let starts = ranges.iter().map(|range| range.start);
            starts.map(|start| tree.at_offset(start)).collect()
        });
        nodes.dedup();
        self.marks = Marks {
            ranges,
            nodes,
            ..Marks::default()
        };
    }

    /// Sets the text to search for in this message and those opened after it. An empty string ends
    /// the search. The matches are marked by [`Self::search`] and [`Self::note_found`].
    pub fn set_search_text(&mut self, text: &str) {
        let search_text = (!text.is_empty()).then(|| Literal::new(text.as_bytes()));
        self.marks = Marks {
            search_text,
            ..Marks::default()
        };
    }

    /// Returns the request to search for the text, if any. [`Self::note_found`] takes the answer.
    pub fn search(&mut self, serial: u64) -> Option<Search> {
        let text = self.marks.search_text.as_ref()?.text().into();
        self.marks.is_searching = true;
        Some(self.search_request(Sought::Text(text), serial))
    }

    /// Returns the request to search this message for `sought`.
    pub fn search_request(&self, sought: Sought, serial: u64) -> Search {
        Search {
            serial,
            payload: self.snapshot.payload.clone(),
            decoded: self.decoded.clone(),
            sought,
        }
    }

    /// Records the matches and makes the first one the current one.
    pub fn note_found(&mut self, found: Found) {
        if self.marks.search_text.is_none() {
            return self.set_marks(found.ranges);
        }
        self.marks = Marks {
            ranges: found.ranges,
            nodes: found.nodes,
            search_text: self.marks.search_text.take(),
            ..Marks::default()
        };
    }

    /// Returns whether a search is still running.
    pub fn is_searching(&self) -> bool {
        self.marks.is_searching
    }

    /// Returns the text to search for in this message.
    pub fn search_text(&self) -> Option<&Literal> {
        self.marks.search_text.as_ref()
    }

    /// Returns the marked bytes as ranges of [`Self::bytes`].
    pub fn marks(&self) -> &[Range<usize>] {
        &self.marks.ranges
    }

    /// Returns the number of marks that can be moved to in the current tab.
    pub fn mark_count(&self) -> usize {
        match self.form() {
            Form::Changes | Form::Channel => 0,
            form => self.marks.len(form == Form::Values),
        }
    }

    /// Returns the index of the current mark, if there is one.
    pub fn current_mark(&self) -> Option<usize> {
        let current = self.marks.current;
        (current < self.mark_count()).then_some(current)
    }

    /// Returns the row that shows the current mark, counted from the top, if it is in view.
    pub fn row_of_mark(&self, room: Room) -> Option<usize> {
        let current = self.current_mark()?;
        if let Some(page) = self.page(room) {
            let node = self.marks.nodes.get(current)?;
            let mut rows = self.outline.rows(&page);
            return rows.position(|row| row.node == *node);
        }
        self.row_in_view(self.start_of_mark()?, room)
    }

    /// Brings the current mark into view.
    pub fn show_mark(&mut self, room: Room) {
        let Some(current) = self.current_mark() else {
            return;
        };
        if self.form() == Form::Values {
            if let Some(node) = self.marks.nodes.get(current).copied() {
                self.walk(room, |outline, page| outline.go_to(node, page));
            }
        } else if let Some(offset) = self.start_of_mark() {
            self.show(offset, room);
        }
    }

    /// Moves to the next or previous mark, starting from the current mark, or from the current
    /// position if the user has moved away from that mark. Returns whether there is such a mark.
    pub fn go_to_mark(&mut self, is_forward: bool, room: Room) -> bool {
        let Some(next) = self.mark_beside(is_forward, room) else {
            return false;
        };
        self.marks.current = next;
        self.show_mark(room);
        true
    }

    fn mark_beside(&self, is_forward: bool, room: Room) -> Option<usize> {
        let current = self.marks.current;
        let (is_there, below) = if self.form() == Form::Values {
            let cursor = self.outline.cursor;
            let nodes = &self.marks.nodes;
            let is_there = nodes.get(current) == Some(&cursor);
            (is_there, nodes.partition_point(|node| *node <= cursor))
        } else {
            let top = self.first_byte(room);
            let below = self.marks.ranges.partition_point(|mark| mark.start < top);
            (self.row_of_mark(room).is_some(), below)
        };
        let next = match (is_there, is_forward) {
            (true, true) => Some(current + 1),
            (true, false) => current.checked_sub(1),
            (false, true) => Some(below),
            (false, false) => below.checked_sub(1),
        };
        next.filter(|next| *next < self.mark_count())
    }

    /// Returns where the current mark starts, after any line breaks, which are not drawn.
    fn start_of_mark(&self) -> Option<usize> {
        let mark = self.marks.ranges.get(self.current_mark()?)?;
        let bytes = self.bytes().get(mark.clone())?;
        let breaks = bytes.iter().take_while(|byte| **byte == b'\n').count();
        Some((mark.start + breaks).min(mark.end - 1))
    }

    /// Returns the first byte shown.
    fn first_byte(&self, room: Room) -> usize {
        match self.form() {
            Form::Hex => self.line * hex::bytes_in_row(room.columns),
            _ => self.offset,
        }
    }

    /// Returns the row that shows the byte at `offset`, counted from the top, if it is in view.
    fn row_in_view(&self, offset: usize, room: Room) -> Option<usize> {
        if self.form() == Form::Hex {
            let line = offset / hex::bytes_in_row(room.columns);
            let row = line.checked_sub(self.line);
            return row.filter(|row| *row < room.height);
        }
        let mut rows = rows::rows(self.bytes(), room.columns, self.offset).take(room.height);
        let contains = |row: rows::Row| row.next.is_none_or(|next| offset < next);
        let row = rows.position(contains);
        row.filter(|_| self.offset <= offset)
    }

    /// Brings the byte at `offset` into view, below a few other rows, unless it is there already.
    fn show(&mut self, offset: usize, room: Room) {
        if self.row_in_view(offset, room).is_some() {
            return;
        }
        let above = ROWS_ABOVE.min(room.height.saturating_sub(1) / 2);
        if self.form() == Form::Hex {
            let line = offset / hex::bytes_in_row(room.columns);
            self.line = line.saturating_sub(above).min(self.last_line(room));
            return;
        }
        let row = rows::row_at(self.bytes(), room.columns, offset);
        let top = rows::rows_back(self.bytes(), room.columns, row, above);
        self.offset = top.min(self.last_offset(room));
    }
}
