//! Text with quoted names in it.

use std::mem;
use std::ops::Range;

use crate::query::error::QueryError;
use crate::query::path::Path;

/// Returns the positions of `sign` in `text`, except in quotes.
pub(super) fn outside_quotes<'a>(text: &'a str, sign: &'a str) -> impl Iterator<Item = usize> {
    let mut quotes = Quotes::default();
    text.char_indices().filter_map(move |(at, letter)| {
        quotes.pass(letter);
        (!quotes.is_open && text[at..].starts_with(sign)).then_some(at)
    })
}

/// Parses the path at `range` of `text`. `before` is the position of the text in what was typed.
pub(super) fn path(text: &str, range: Range<usize>, before: usize) -> Result<Path, QueryError> {
    Path::parse(&text[range.clone()]).map_err(|error| QueryError {
        at: before + range.start + error.at.start..before + range.start + error.at.end,
        ..error
    })
}

/// Whether a position in a path is within a quoted name.
#[derive(Default)]
pub(super) struct Quotes {
    pub(super) is_open: bool,
    is_escaped: bool,
}

impl Quotes {
    pub(super) fn pass(&mut self, letter: char) {
        let is_escaped = mem::take(&mut self.is_escaped);
        match letter {
            '"' if !is_escaped => self.is_open = !self.is_open,
            '\\' if self.is_open => self.is_escaped = !is_escaped,
            _ => {}
        }
    }
}
