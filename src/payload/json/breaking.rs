//! Breaks a line of JSON into rows of a pane.

use super::{INDENT, RowStart, Token};
use crate::payload::escape::{self, Text};
use crate::payload::ranges::Ranges;

/// The rows that one line is broken into.
#[derive(Default)]
pub struct Rows {
    /// The rows, each as tokens with their text.
    pub done: Vec<Vec<(Token, Text)>>,
    /// Where each of them starts.
    pub starts: Vec<RowStart>,
    depth: usize,
    columns: usize,
    max: usize,
    left: usize,
    /// Whether the last row goes on from another and nothing is in it yet.
    fresh: bool,
}

impl Rows {
    /// No rows yet but the empty one at `start`, in a line nested `depth` deep.
    pub fn new(depth: usize, columns: usize, max: usize, start: RowStart) -> Self {
        let mut rows = Self {
            depth,
            columns: columns.max(1),
            max: max.max(1),
            ..Self::default()
        };
        rows.begin(start);
        rows
    }

    /// Begins a row, indented by no more than half of the columns.
    fn begin(&mut self, start: RowStart) {
        self.fresh = start.row > 0;
        let depth = self.depth + usize::from(self.fresh);
        let indent = (depth * INDENT).min(self.columns / 2);
        let spaces = Text {
            string: " ".repeat(indent),
            columns: indent,
            ..Text::default()
        };
        self.left = self.columns - indent;
        let spaces = (indent > 0).then_some((Token::Punctuation, spaces));
        self.done.push(spaces.into_iter().collect());
        self.starts.push(start);
    }

    /// Adds what follows `offset` in the token of this span, from whose first byte `marks` are
    /// seen; `false` if the rows are used up.
    pub fn push(
        &mut self,
        token: Token,
        bytes: &[u8],
        span: usize,
        offset: usize,
        marks: Ranges<'_>,
    ) -> bool {
        let colon = token == Token::Punctuation && bytes == b":";
        let whole = if colon { b": " } else { bytes };
        let mut rest = whole.get(offset..).unwrap_or_default();
        while !rest.is_empty() {
            let marks = marks.from(whole.len() - rest.len());
            let mut text = escape::one_line_marked(rest, self.left, marks);
            if text.consumed == 0 && self.fresh {
                // Not even a row of its own is wide enough for this character.
                text = escape::wider_than_the_row(rest, marks);
            }
            if colon {
                // The space stands for no byte: a mark may go on over it, but not begin there.
                text.marks.retain(|mark| mark.start == 0);
            }
            self.fresh &= text.consumed == 0;
            rest = &rest[text.consumed..];
            self.left = self.left.saturating_sub(text.columns);
            let last = self.done.len() == self.max;
            text.cut = last && !rest.is_empty();
            let cut = text.cut;
            if let Some(row) = self.done.last_mut().filter(|_| text.columns > 0 || cut) {
                row.push((token, text));
            }
            if cut {
                return false;
            }
            if rest == b" " && colon {
                break;
            }
            if !rest.is_empty() {
                let row = self.starts.last().map_or(0, |start| start.row) + 1;
                let offset = whole.len() - rest.len();
                self.begin(RowStart { row, span, offset });
            }
        }
        true
    }
}
