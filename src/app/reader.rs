//! An open message: whole, by itself, whatever the log lets go of meanwhile.

use self::marks::Marks;
use crate::log::SharedBytes;
use crate::message::{RowId, Time, Topic};
use crate::payload::json::{self, Document, RowStart};
use crate::payload::rows;

mod marks;

/// JSON longer than this is read as it came, so that opening it does not hold up the screen.
const MAX_JSON: usize = 1 << 20;

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

/// How its bytes are laid out.
#[derive(Debug)]
enum Body {
    /// Indented; the position counts lines, and rows within a line too long for the width. Where
    /// its rows start is kept down to the one at the top, the last: neither a step nor a frame
    /// needs to lay out what is above.
    Json {
        document: Document,
        line: usize,
        starts: Vec<RowStart>,
    },
    /// As it came; the position is an offset into the payload.
    Text { offset: usize },
}

/// A message being read, and how far.
#[derive(Debug)]
pub struct Reader {
    letter: Letter,
    body: Body,
    marks: Marks,
}

impl Reader {
    /// Opens a message at its start.
    #[must_use]
    pub fn open(letter: Letter) -> Self {
        // A long payload is not even searched for where it starts.
        let is_structured = letter.payload.len() <= MAX_JSON
            && matches!(letter.payload.trim_ascii_start().first(), Some(b'{' | b'['));
        let document = is_structured
            .then(|| json::indent(&letter.payload, MAX_JSON))
            .flatten();
        let body = match document {
            Some(document) => Body::Json {
                document,
                line: 0,
                starts: vec![RowStart::default()],
            },
            None => Body::Text { offset: 0 },
        };
        Self {
            letter,
            body,
            marks: Marks::default(),
        }
    }

    /// The message.
    #[must_use]
    pub fn letter(&self) -> &Letter {
        &self.letter
    }

    /// The layout, if it is JSON, the line at the top, and where the row of it there starts.
    #[must_use]
    pub fn json(&self) -> Option<(&Document, usize, RowStart)> {
        match &self.body {
            Body::Json {
                document,
                line,
                starts,
            } => Some((document, *line, top(starts))),
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
            Body::Json { .. } => self.place() == (0, 0),
            Body::Text { offset } => offset == 0,
        }
    }

    /// Goes to the start.
    pub fn go_to_start(&mut self) {
        match &mut self.body {
            Body::Json { line, starts, .. } => {
                *line = 0;
                *starts = vec![RowStart::default()];
            }
            Body::Text { offset } => *offset = 0,
        }
    }

    /// Goes to where the last of `height` rows of `columns` is the end.
    pub fn go_to_end(&mut self, columns: usize, height: usize) {
        match &mut self.body {
            Body::Json {
                document,
                line,
                starts,
            } => {
                *line = document.len().saturating_sub(1);
                *starts = all_starts(document, &self.letter.payload, columns, *line);
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
                starts,
            } => {
                let height = height.max(1);
                let reach = count.saturating_add(height);
                let first = (*line, top(starts));
                let ahead = starts_ahead(document, payload, columns, first, reach);
                let steps = ahead.len().saturating_sub(height).min(count);
                for (index, start) in ahead.into_iter().skip(1).take(steps) {
                    if index != *line {
                        *line = index;
                        starts.clear();
                    }
                    starts.push(start);
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
                starts,
            } => {
                for _ in 0..count {
                    if starts.len() > 1 {
                        starts.pop();
                    } else if *line > 0 {
                        *line -= 1;
                        *starts = all_starts(document, payload, columns, *line);
                    } else {
                        break;
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
            Body::Json { line, starts, .. } => {
                if (before.0, 0) < end {
                    *line = before.0;
                    *starts = vec![RowStart::default()];
                }
            }
        }
    }

    /// What is at the top: the offset, or the line and the row in it.
    fn place(&self) -> (usize, usize) {
        match &self.body {
            Body::Text { offset } => (*offset, 0),
            Body::Json { line, starts, .. } => (*line, starts.len().saturating_sub(1)),
        }
    }
}

/// Where the row at the top starts.
fn top(starts: &[RowStart]) -> RowStart {
    starts.last().copied().unwrap_or_default()
}

/// Where all rows of a line start.
fn all_starts(document: &Document, payload: &[u8], columns: usize, line: usize) -> Vec<RowStart> {
    document.row_starts(line, RowStart::default(), payload, columns, usize::MAX)
}

/// The line and the start of each row from `first` on, `reach` of them or up to the end.
fn starts_ahead(
    document: &Document,
    payload: &[u8],
    columns: usize,
    first: (usize, RowStart),
    reach: usize,
) -> Vec<(usize, RowStart)> {
    let (line, mut start) = first;
    let mut ahead = Vec::new();
    for index in line..document.len() {
        let missing = reach - ahead.len();
        let starts = document.row_starts(index, start, payload, columns, missing);
        ahead.extend(starts.into_iter().map(|start| (index, start)));
        if ahead.len() >= reach {
            break;
        }
        start = RowStart::default();
    }
    ahead
}

#[cfg(test)]
mod tests;
