//! An open message: whole, by itself, whatever the log lets go of meanwhile.

use self::marks::Marks;
use crate::log::SharedBytes;
use crate::message::{RowId, Time, Topic};
use crate::payload::rows;

mod marks;

/// What an open message was.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Which row of the log it was.
    pub row: RowId,
    /// When it arrived.
    pub time: Time,
    /// The channel it was published to; `None` for a notice.
    pub channel: Option<Box<[u8]>>,
    /// The subscriptions that delivered it.
    pub topics: Vec<Topic>,
    /// Its bytes, or the first of them; for a notice its words.
    pub payload: SharedBytes,
    /// How many bytes it had.
    pub size: u64,
}

impl Letter {
    /// Whether only its first bytes were kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.size > self.payload.len() as u64
    }
}

/// A message being read, and how far.
#[derive(Debug)]
pub struct Reader {
    letter: Letter,
    offset: usize,
    marks: Marks,
}

impl Reader {
    /// Opens a message at its start.
    #[must_use]
    pub fn open(letter: Letter) -> Self {
        Self {
            letter,
            offset: 0,
            marks: Marks::default(),
        }
    }

    /// The message.
    #[must_use]
    pub fn letter(&self) -> &Letter {
        &self.letter
    }

    /// The offset of the first byte shown.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Whether nothing lies above what is shown.
    #[must_use]
    pub fn is_at_start(&self) -> bool {
        self.offset == 0
    }

    /// Goes to the start.
    pub fn go_to_start(&mut self) {
        self.offset = 0;
    }

    /// Goes to where the last of `height` rows of `columns` is the end.
    pub fn go_to_end(&mut self, columns: usize, height: usize) {
        self.offset = rows::rows_back(&self.letter.payload, columns, rows::END, height);
    }

    /// Goes `count` rows of `columns` on, but not past where `height` rows show the end.
    pub fn forward(&mut self, columns: usize, height: usize, count: usize) {
        let payload = &self.letter.payload;
        let last = rows::rows_back(payload, columns, rows::END, height);
        let next = rows::rows(payload, columns, self.offset)
            .nth(count)
            .map(|row| row.start);
        self.offset = next.map_or(last, |next| next.min(last)).max(self.offset);
    }

    /// Goes `count` rows of `columns` back.
    pub fn back(&mut self, columns: usize, count: usize) {
        self.offset = rows::rows_back(&self.letter.payload, columns, self.offset, count);
    }

    /// Keeps the position on a row when there are `columns` and `height` now, but not past where
    /// the end is shown.
    pub fn resize(&mut self, columns: usize, height: usize) {
        let before = rows::row_at(&self.letter.payload, columns, self.offset);
        self.go_to_end(columns, height);
        self.offset = before.min(self.offset);
    }
}
