//! Parts of the log that can be read on another thread.

use std::ops::Range;
use std::sync::{Arc, Weak};

use super::{MessageLog, Segment};
use crate::message::RowId;

/// The fraction of the budget (1/n) that may be kept in memory for a reader.
const READ_PART: usize = 16;

/// The maximum number of bytes kept in memory for a reader.
const MAX_HELD: usize = 8 << 20;

/// Consecutive rows, to be read on another thread while the log changes.
#[derive(Clone, Debug)]
pub struct Piece {
    rows: Range<RowId>,
    /// The notices among the rows.
    notices: Vec<RowId>,
    hold: Hold,
}

/// How a piece refers to its rows.
#[derive(Clone, Debug)]
enum Hold {
    /// A weak reference to a segment of the log, which is freed when evicted, so that a slow reader
    /// does not take the log over its budget.
    Sealed(Weak<Segment>),
    /// A shared segment: a copy of rows in the open segment, or rows that the reader must not miss.
    Owned(Arc<Segment>),
}

impl Piece {
    /// Returns the rows of the piece. Its segment may extend beyond them.
    pub fn rows(&self) -> Range<RowId> {
        self.rows.clone()
    }

    /// Returns the number of rows.
    pub fn length(&self) -> u64 {
        self.rows.end.0 - self.rows.start.0
    }

    /// Returns how many of the rows are messages.
    pub fn messages(&self) -> u64 {
        self.messages_in(self.rows())
    }

    /// Returns how many of `rows`, which must be within the piece, are messages.
    pub fn messages_in(&self, rows: Range<RowId>) -> u64 {
        let place = |row: RowId| self.notices.partition_point(|notice| *notice < row);
        let notices = place(rows.end) - place(rows.start);
        (rows.end.0 - rows.start.0).saturating_sub(notices as u64)
    }

    /// Returns the piece up to but excluding the row `end`; `None` if no rows are left.
    #[must_use]
    pub fn before(mut self, end: RowId) -> Option<Self> {
        self.rows.end = self.rows.end.min(end);
        (self.rows.start < self.rows.end).then_some(self)
    }

    /// Returns the segment with the rows; `None` if they have been evicted.
    pub fn segment(&self) -> Option<Arc<Segment>> {
        match &self.hold {
            Hold::Sealed(segment) => segment.upgrade(),
            Hold::Owned(segment) => Some(Arc::clone(segment)),
        }
    }
}

impl PartialEq for Piece {
    /// Compares only the row ids, which is enough for pieces of the same log.
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl MessageLog {
    /// Returns the rows from `from` on, newest piece first. Rows in the open segment are copied.
    pub fn pieces(&self, from: RowId) -> Vec<Piece> {
        let mut pieces = Vec::from_iter(self.open_piece(from));
        let sealed = self.held.iter().chain(&self.sealed).rev();
        let wanted = sealed.take_while(|segment| from < segment.end());
        pieces.extend(wanted.map(|segment| {
            let rows = from.max(segment.first)..segment.end();
            self.piece(rows, Hold::Sealed(Arc::downgrade(segment)))
        }));
        pieces
    }

    /// Returns rows from `from` on, oldest piece first. They stay in memory even if the log evicts
    /// them, so only as many are returned as fit into a small part of its budget.
    pub fn next_pieces(&self, from: RowId) -> Vec<Piece> {
        let mut room = (self.keep / READ_PART).min(MAX_HELD);
        let mut pieces = Vec::new();
        let start = self.sealed.partition_point(|segment| segment.end() <= from);
        let held = self.held.iter().filter(|segment| from < segment.end());
        for segment in held.chain(self.sealed.range(start..)) {
            if segment.size() > room && !pieces.is_empty() {
                return pieces;
            }
            room = room.saturating_sub(segment.size());
            let rows = from.max(segment.first)..segment.end();
            pieces.push(self.piece(rows, Hold::Owned(Arc::clone(segment))));
        }
        pieces.extend(self.open_piece(from));
        pieces
    }

    /// Returns a copy of the open segment's rows from `from` on.
    fn open_piece(&self, from: RowId) -> Option<Piece> {
        let open = &self.open.segment;
        (from < open.end()).then(|| {
            let copy = open.copy_from(from.max(open.first));
            self.piece(copy.rows(), Hold::Owned(Arc::new(copy)))
        })
    }

    fn piece(&self, rows: Range<RowId>, hold: Hold) -> Piece {
        Piece {
            notices: self.notices_in(rows.clone()).collect(),
            rows,
            hold,
        }
    }
}
