//! The log cut into pieces that can be read on another thread.

use std::ops::Range;
use std::sync::{Arc, Weak};

use super::{MessageLog, Segment};
use crate::message::RowId;

/// What may be held for a reader: this part of the budget, and no more than so many bytes.
const READ_PART: usize = 16;
const MOST_HELD: usize = 8 << 20;

/// Consecutive rows, to be read elsewhere while the log goes on.
#[derive(Clone, Debug)]
pub struct Piece {
    rows: Range<RowId>,
    /// Those of its rows that are notices.
    notices: Vec<RowId>,
    hold: Hold,
}

/// How a piece holds its rows.
#[derive(Clone, Debug)]
enum Hold {
    /// The log's own, which goes when the log lets go of it: a slow reader must not keep more in
    /// memory than the log may.
    Sealed(Weak<Segment>),
    /// Its own: a copy of rows that the log still appends to, or rows that must not go unseen.
    Owned(Arc<Segment>),
}

impl Piece {
    /// The rows that are meant. Its segment may have more before them and behind.
    #[must_use]
    pub fn rows(&self) -> Range<RowId> {
        self.rows.clone()
    }

    /// How many rows are meant.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.rows.end.0 - self.rows.start.0
    }

    /// How many of the rows meant are messages.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.messages_in(self.rows())
    }

    /// How many of these rows, which are some of those meant, are messages.
    #[must_use]
    pub fn messages_in(&self, rows: Range<RowId>) -> u64 {
        let place = |row: RowId| self.notices.partition_point(|notice| *notice < row);
        let notices = place(rows.end) - place(rows.start);
        (rows.end.0 - rows.start.0).saturating_sub(notices as u64)
    }

    /// The same without the rows from `end` on; `None` if that leaves none.
    #[must_use]
    pub fn before(mut self, end: RowId) -> Option<Self> {
        self.rows.end = self.rows.end.min(end);
        (self.rows.start < self.rows.end).then_some(self)
    }

    /// The segment that has the rows; `None` if they have gone.
    #[must_use]
    pub fn segment(&self) -> Option<Arc<Segment>> {
        match &self.hold {
            Hold::Sealed(segment) => segment.upgrade(),
            Hold::Owned(segment) => Some(Arc::clone(segment)),
        }
    }
}

impl PartialEq for Piece {
    /// The same rows: of one log, they are the same in every way.
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl MessageLog {
    /// The rows kept from `from` on, the newest piece first. Copies what is not sealed yet, a
    /// mebibyte at most.
    #[must_use]
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

    /// The oldest of the rows kept from `from` on, the oldest piece first, held for the reader
    /// whatever the log lets go of: no more than a small part of its budget.
    #[must_use]
    pub fn next_pieces(&self, from: RowId) -> Vec<Piece> {
        let mut room = (self.keep / READ_PART).min(MOST_HELD);
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

    /// A copy of what is not sealed yet of the rows from `from` on.
    fn open_piece(&self, from: RowId) -> Option<Piece> {
        let open = self.open.segment();
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
