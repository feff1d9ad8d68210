//! The log cut into pieces that can be read on another thread.

use std::ops::Range;
use std::sync::{Arc, Weak};

use super::{MessageLog, Segment};
use crate::message::RowId;

/// Consecutive rows, to be read elsewhere while the log goes on.
#[derive(Clone, Debug)]
pub struct Piece {
    rows: Range<RowId>,
    hold: Hold,
}

/// How a piece holds its rows.
#[derive(Clone, Debug)]
enum Hold {
    /// The log's own, which goes when the log lets go of it: a slow reader must not keep more in
    /// memory than the log may.
    Sealed(Weak<Segment>),
    /// A copy of rows that the log still appends to.
    Copied(Arc<Segment>),
}

impl Piece {
    /// The rows that are meant. Its segment may have more before them.
    #[must_use]
    pub fn rows(&self) -> Range<RowId> {
        self.rows.clone()
    }

    /// How many rows are meant.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.rows.end.0 - self.rows.start.0
    }

    /// The segment that has the rows; `None` if they have gone.
    #[must_use]
    pub fn segment(&self) -> Option<Arc<Segment>> {
        match &self.hold {
            Hold::Sealed(segment) => segment.upgrade(),
            Hold::Copied(segment) => Some(Arc::clone(segment)),
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
        let open = self.open.segment();
        let mut pieces = Vec::new();
        if from < open.end() && !open.records.is_empty() {
            let copy = open.copy_from(from.max(open.first));
            pieces.push(Piece {
                rows: copy.rows(),
                hold: Hold::Copied(Arc::new(copy)),
            });
        }
        let sealed = self.held.iter().chain(&self.sealed).rev();
        let wanted = sealed.take_while(|segment| from < segment.end());
        pieces.extend(wanted.map(|segment| Piece {
            rows: from.max(segment.first)..segment.end(),
            hold: Hold::Sealed(Arc::downgrade(segment)),
        }));
        pieces
    }
}
