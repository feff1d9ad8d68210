//! JSON laid out in lines, every token exactly as it came.
//!
//! The order of keys, keys that come twice, the digits of numbers and the escapes in strings are
//! what a person debugs, so nothing is decoded: the tokens are ranges of the payload. What is
//! accepted is RFC 8259 (and a lone surrogate escape, which its grammar allows), nested no
//! deeper than [`MAX_DEPTH`]. Tokens are untrusted bytes: draw them with [`Document::rows`] or
//! [`crate::payload::escape`].

use std::ops::Range;

use self::breaking::Rows;
use self::tokens::{Lexeme, Tokens};
use crate::payload::escape::Text;
use crate::payload::ranges::Ranges;

mod breaking;
mod tokens;

/// The deepest nesting that is laid out, as in `serde_json`.
pub const MAX_DEPTH: usize = 127;

/// How many columns a level is moved in.
const INDENT: usize = 2;

/// Rows that are laid out at a time on the way to one of them.
const ROWS_AHEAD: usize = 64;

/// What a token is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// The name of a member, with its quotes.
    Key,
    /// A string, with its quotes.
    String,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Literal,
    /// One of `{ } [ ] : ,`.
    Punctuation,
}

/// A token and where it is in the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub token: Token,
    /// Its bytes, as a range of the payload.
    pub range: Range<usize>,
}

/// A line of the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonLine<'a> {
    /// How deep it is nested, from 0.
    pub depth: usize,
    /// Its tokens; a space belongs behind each colon.
    pub spans: &'a [Span],
}

/// Where a row of a line starts, for the same payload and columns: what is laid out from here is
/// what would follow if the rows before it were laid out too. The default is the line's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowStart {
    /// How many rows of the line come before.
    row: usize,
    /// Which of the line's spans it starts in.
    span: usize,
    /// How many bytes of that span come before.
    offset: usize,
}

/// The layout of a JSON payload, to be used with that payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    spans: Vec<Span>,
    /// For each line its depth and its first span.
    lines: Vec<(usize, usize)>,
}

/// Lays out `bytes`; `None` if they are not JSON or longer than `limit`, which keeps the screen
/// from waiting for it.
#[must_use]
pub fn indent(bytes: &[u8], limit: usize) -> Option<Document> {
    if bytes.len() > limit {
        return None;
    }
    Layout::default().run(bytes)
}

impl Document {
    /// How many lines there are, at least one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are no lines, which no layout of a payload has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line of this index.
    #[must_use]
    pub fn line(&self, index: usize) -> Option<JsonLine<'_>> {
        let (depth, start) = *self.lines.get(index)?;
        let end = self.lines.get(index + 1).map_or(self.spans.len(), |l| l.1);
        Some(JsonLine {
            depth,
            spans: &self.spans[start..end],
        })
    }

    /// All as text, indented by two spaces a level. Not safe to draw: it is the payload's bytes.
    #[must_use]
    pub fn to_bytes(&self, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(payload.len() * 2);
        for line in (0..self.len()).filter_map(|index| self.line(index)) {
            if !bytes.is_empty() {
                bytes.push(b'\n');
            }
            bytes.extend(std::iter::repeat_n(b' ', line.depth * INDENT));
            for span in line.spans {
                let token = &payload[span.range.clone()];
                bytes.extend_from_slice(token);
                bytes.extend_from_slice(if token == b":" { b" " } else { b"" });
            }
        }
        bytes
    }

    /// A line as safe text in rows of at most `columns`: the first indented, the ones that a
    /// long line goes on in a level deeper. A string of 1 MB makes thousands of rows; a caller
    /// that shows fewer gives that as `max_rows`, and learns by `cut` of the last text if
    /// something was left out.
    #[must_use]
    pub fn rows(
        &self,
        index: usize,
        payload: &[u8],
        columns: usize,
        max_rows: usize,
    ) -> Vec<Vec<(Token, Text)>> {
        let start = RowStart::default();
        self.rows_from(index, start, payload, columns, max_rows, Ranges::default())
    }

    /// The same from the row at `start` on, in time that does not grow with the rows before it,
    /// and with what stands for the bytes in `marks`, ranges of the payload, marked. The space
    /// behind a colon is marked where a mark goes on from the colon.
    #[must_use]
    pub fn rows_from(
        &self,
        index: usize,
        start: RowStart,
        payload: &[u8],
        columns: usize,
        max_rows: usize,
        marks: Ranges<'_>,
    ) -> Vec<Vec<(Token, Text)>> {
        self.break_up(index, start, payload, columns, max_rows, marks)
            .done
    }

    /// Where those rows start, `start` first.
    #[must_use]
    pub fn row_starts(
        &self,
        index: usize,
        start: RowStart,
        payload: &[u8],
        columns: usize,
        max_rows: usize,
    ) -> Vec<RowStart> {
        let marks = Ranges::default();
        self.break_up(index, start, payload, columns, max_rows, marks)
            .starts
    }

    /// The same down to the row that shows the byte of the payload at `offset`, in time that grows
    /// with those rows only.
    #[must_use]
    pub fn row_starts_down_to(
        &self,
        index: usize,
        start: RowStart,
        payload: &[u8],
        columns: usize,
        offset: usize,
    ) -> Vec<RowStart> {
        let mut starts = vec![start];
        while let Some(last) = starts.last() {
            let next = self.row_starts(index, *last, payload, columns, ROWS_AHEAD);
            let count = next.len();
            let is_above = |start: &RowStart| self.byte_at(index, *start) <= offset;
            let known = starts.len();
            starts.extend(next.into_iter().skip(1).take_while(is_above));
            if starts.len() + 1 < known + count || count < ROWS_AHEAD {
                break;
            }
        }
        starts
    }

    /// The first byte of the payload that the row of a line at `start` shows.
    #[must_use]
    pub fn byte_at(&self, index: usize, start: RowStart) -> usize {
        let first = self
            .lines
            .get(index)
            .map_or(self.spans.len(), |line| line.1);
        let span = self.spans.get(first + start.span);
        span.map_or(usize::MAX, |span| span.range.start + start.offset)
    }

    /// The line that shows the byte of the payload at `offset`, and that byte; where it stands
    /// between tokens, those of the next.
    #[must_use]
    pub fn place_of(&self, offset: usize) -> (usize, usize) {
        let passed = self.spans.partition_point(|span| span.range.end <= offset);
        let span = passed.min(self.spans.len().saturating_sub(1));
        let line = self.lines.partition_point(|line| line.1 <= span);
        let start = self.spans.get(span).map_or(0, |span| span.range.start);
        (line.saturating_sub(1), offset.max(start))
    }

    fn break_up(
        &self,
        index: usize,
        start: RowStart,
        payload: &[u8],
        columns: usize,
        max_rows: usize,
        marks: Ranges<'_>,
    ) -> Rows {
        let Some(line) = self.line(index) else {
            return Rows::default();
        };
        let mut rows = Rows::new(line.depth, columns, max_rows, start);
        let mut offset = start.offset;
        for (index, span) in line.spans.iter().enumerate().skip(start.span) {
            let token = &payload[span.range.clone()];
            let marks = marks.from(span.range.start);
            if !rows.push(span.token, token, index, offset, marks) {
                break;
            }
            offset = 0;
        }
        rows
    }
}

/// Puts tokens on lines.
#[derive(Default)]
struct Layout {
    document: Document,
    depth: usize,
    /// Whether the last token opened an object or array.
    opened: bool,
}

impl Layout {
    fn run(mut self, bytes: &[u8]) -> Option<Document> {
        let mut tokens = Tokens::new(bytes, MAX_DEPTH);
        self.document.lines.push((0, 0));
        while let Some(Lexeme { token, range }) = tokens.next_token().ok()? {
            let punctuation = (token == Token::Punctuation).then(|| bytes[range.start]);
            let closes = matches!(punctuation, Some(b'}' | b']'));
            if closes {
                self.depth -= 1;
            }
            if self.opened != closes && (self.opened || closes) {
                self.begin_line();
            }
            self.document.spans.push(Span { token, range });
            self.opened = matches!(punctuation, Some(b'{' | b'['));
            if self.opened {
                self.depth += 1;
            }
            if punctuation == Some(b',') {
                self.begin_line();
            }
        }
        Some(self.document)
    }

    fn begin_line(&mut self) {
        let spans = self.document.spans.len();
        self.document.lines.push((self.depth, spans));
    }
}

#[cfg(test)]
mod tests;
