//! An open message: whole, by itself, whatever the log lets go of meanwhile.

use crate::message::{Time, Topic};
use crate::payload::json::{self, Document};
use crate::payload::rows;

/// JSON longer than this is read as it came, so that opening it does not hold up the screen.
const MAX_JSON: usize = 1 << 20;

/// What an open message was.
#[derive(Clone, Debug)]
pub struct Letter {
    /// When it arrived.
    pub time: Time,
    /// The channel it was published to; `None` for a notice.
    pub channel: Option<Box<[u8]>>,
    /// The subscriptions that delivered it.
    pub topics: Vec<Topic>,
    /// Its bytes; for a notice its words.
    pub payload: Vec<u8>,
}

/// How its bytes are laid out.
#[derive(Debug)]
enum Body {
    /// Indented; the position counts lines, and rows within a line too long for the width.
    Json {
        document: Document,
        line: usize,
        row: usize,
    },
    /// As it came; the position is an offset into the payload.
    Text { offset: usize },
}

/// A message being read, and how far.
#[derive(Debug)]
pub struct Reader {
    letter: Letter,
    body: Body,
}

impl Reader {
    /// Opens a message at its start.
    #[must_use]
    pub fn open(letter: Letter) -> Self {
        let is_structured = matches!(letter.payload.trim_ascii_start().first(), Some(b'{' | b'['));
        let document = is_structured
            .then(|| json::indent(&letter.payload, MAX_JSON))
            .flatten();
        let body = match document {
            Some(document) => Body::Json {
                document,
                line: 0,
                row: 0,
            },
            None => Body::Text { offset: 0 },
        };
        Self { letter, body }
    }

    /// The message.
    #[must_use]
    pub fn letter(&self) -> &Letter {
        &self.letter
    }

    /// The layout, if it is JSON, and the line and the row of it at the top.
    #[must_use]
    pub fn json(&self) -> Option<(&Document, usize, usize)> {
        match &self.body {
            Body::Json {
                document,
                line,
                row,
            } => Some((document, *line, *row)),
            Body::Text { .. } => None,
        }
    }

    /// The offset of the first byte shown, if it is read as it came.
    #[must_use]
    pub fn offset(&self) -> usize {
        match self.body {
            Body::Text { offset } => offset,
            Body::Json { .. } => 0,
        }
    }

    /// Whether nothing lies above what is shown.
    #[must_use]
    pub fn is_at_start(&self) -> bool {
        match self.body {
            Body::Json { line, row, .. } => line == 0 && row == 0,
            Body::Text { offset } => offset == 0,
        }
    }

    /// Goes to the start.
    pub fn go_to_start(&mut self) {
        match &mut self.body {
            Body::Json { line, row, .. } => (*line, *row) = (0, 0),
            Body::Text { offset } => *offset = 0,
        }
    }

    /// Goes to where the last of `height` rows of `columns` is the end.
    pub fn go_to_end(&mut self, columns: usize, height: usize) {
        match &mut self.body {
            Body::Json {
                document,
                line,
                row,
            } => {
                *line = document.len().saturating_sub(1);
                let rows = document
                    .rows(*line, &self.letter.payload, columns, usize::MAX)
                    .len();
                *row = rows.saturating_sub(1);
            }
            Body::Text { offset } => {
                *offset = rows::rows_back(&self.letter.payload, columns, rows::END, height);
                return;
            }
        }
        self.back(columns, height.saturating_sub(1));
    }

    /// Goes `count` rows of `columns` on, but not past where `height` rows show the end.
    pub fn forward(&mut self, columns: usize, height: usize, count: usize) {
        let payload = &self.letter.payload;
        match &mut self.body {
            Body::Text { offset } => {
                let last = rows::rows_back(payload, columns, rows::END, height);
                let next = rows::rows(payload, columns, *offset)
                    .nth(count)
                    .map(|row| row.start);
                *offset = next.map_or(last, |next| next.min(last)).max(*offset);
            }
            Body::Json {
                document,
                line,
                row,
            } => {
                for _ in 0..count {
                    if !has_more_than(document, payload, columns, (*line, *row), height) {
                        break;
                    }
                    let rows = document.rows(*line, payload, columns, *row + 2).len();
                    (*line, *row) = if rows > *row + 1 {
                        (*line, *row + 1)
                    } else {
                        (*line + 1, 0)
                    };
                }
            }
        }
    }

    /// Goes `count` rows of `columns` back.
    pub fn back(&mut self, columns: usize, count: usize) {
        let payload = &self.letter.payload;
        match &mut self.body {
            Body::Text { offset } => *offset = rows::rows_back(payload, columns, *offset, count),
            Body::Json {
                document,
                line,
                row,
            } => {
                for _ in 0..count {
                    if *row > 0 {
                        *row -= 1;
                    } else if *line > 0 {
                        *line -= 1;
                        let rows = document.rows(*line, payload, columns, usize::MAX).len();
                        *row = rows.saturating_sub(1);
                    }
                }
            }
        }
    }

    /// Keeps the position on a row when there are `columns` and `height` now, but not past where
    /// the end is shown.
    pub fn resize(&mut self, columns: usize, height: usize) {
        if let Body::Text { offset } = &mut self.body {
            *offset = rows::row_at(&self.letter.payload, columns, *offset);
        }
        let before = self.place();
        self.go_to_end(columns, height);
        let end = self.place();
        match &mut self.body {
            Body::Text { offset } => *offset = before.0.min(end.0),
            Body::Json { line, row, .. } => (*line, *row) = (before.0, 0).min(end),
        }
    }

    /// What is at the top: the offset, or the line and the row in it.
    fn place(&self) -> (usize, usize) {
        match self.body {
            Body::Text { offset } => (offset, 0),
            Body::Json { line, row, .. } => (line, row),
        }
    }
}

/// Whether more than `height` rows follow from the line and row of `start` on.
fn has_more_than(
    document: &Document,
    payload: &[u8],
    columns: usize,
    start: (usize, usize),
    height: usize,
) -> bool {
    let (line, row) = start;
    let mut rows = 0;
    for index in line..document.len() {
        rows += document
            .rows(index, payload, columns, row + height + 1)
            .len();
        if rows > row + height {
            return true;
        }
    }
    false
}
