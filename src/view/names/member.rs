//! A name, divided into words.

use std::ops::Range;

use crate::payload::escape::{self, Ends};
use crate::payload::ranges::Ranges;

/// The separators between words. If a name has none of them, all punctuation separates its words.
const SEPARATORS: &[u8] = b":./";

/// The maximum number of words in a name; the last one is the rest of the name.
const MAX_WORDS: usize = 32;

/// A name of a scheme.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) name: &'a [u8],
    /// The words, without the separators.
    pub(super) words: Vec<Range<usize>>,
    marks: Vec<Range<usize>>,
    /// Whether each byte takes one column.
    is_plain: bool,
    pub(super) is_cut: bool,
}

impl<'a> Member<'a> {
    pub(super) fn new(name: &'a [u8], room: usize, marks: Vec<Range<usize>>) -> Self {
        let is_plain = name.iter().all(u8::is_ascii_graphic);
        let mut member = Self {
            name,
            words: words(name),
            marks,
            is_plain,
            is_cut: false,
        };
        member.is_cut = member.width(&(0..name.len())) > room;
        member
    }

    /// Returns the separators after each word, which identify the scheme.
    pub(super) fn separators(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for (index, word) in self.words.iter().enumerate() {
            let next = self.words.get(index + 1);
            let end = next.map_or(self.name.len(), |next| next.start);
            all.extend_from_slice(&self.name[word.end..end]);
            all.push(0);
        }
        all
    }

    pub(super) fn value(&self, word: usize) -> &'a [u8] {
        &self.name[self.words[word].clone()]
    }

    /// Returns the range from the first match in `part` to the last.
    pub(super) fn match_in(&self, part: &Range<usize>) -> Option<Range<usize>> {
        let overlaps = |mark: &&Range<usize>| mark.start < part.end && part.start < mark.end;
        let marks = || self.marks.iter().filter(overlaps);
        let start = marks().map(|mark| mark.start.max(part.start)).min()?;
        let end = marks().map(|mark| mark.end.min(part.end)).max()?;
        Some(start..end)
    }

    fn width(&self, part: &Range<usize>) -> usize {
        if self.is_plain {
            return part.len();
        }
        let ends = Ends {
            start: part.start == 0,
            end: part.end == self.name.len(),
        };
        let bytes = &self.name[part.clone()];
        escape::part_of_line(bytes, usize::MAX, Ranges::default(), ends).columns
    }

    /// Returns the width of these parts, with an ellipsis for each gap.
    pub(super) fn columns(&self, parts: &[Range<usize>]) -> usize {
        let (mut columns, mut end) = (0, 0);
        for part in parts {
            columns += usize::from(part.start > end) + self.width(part);
            end = part.end;
        }
        columns + usize::from(end < self.name.len())
    }

    /// Returns as much of `part` as fits into `columns`: its start or its end, or else a match.
    pub(super) fn within(&self, part: Range<usize>, columns: usize, is_end: bool) -> Range<usize> {
        // At the end of the name, an ellipsis would take the place of the last column.
        let most = columns + usize::from(part.end == self.name.len());
        if self.width(&part) <= most {
            return part;
        }
        let from = |start: usize| {
            let rest = escape::one_line(&self.name[start..part.end], columns);
            start..start + rest.consumed
        };
        let start = from(part.start);
        match self.match_in(&part) {
            Some(mark) if mark.end <= start.end => start,
            Some(mark) => from(mark.start),
            None if is_end => self.end_within(part.clone(), columns),
            None => start,
        }
    }

    /// Returns as much of the end of `part` as fits into `columns`.
    fn end_within(&self, part: Range<usize>, columns: usize) -> Range<usize> {
        let mut start = part.end;
        while start > part.start {
            let before = escape::char_start(self.name, start - 1).max(part.start);
            if self.width(&(before..part.end)) > columns {
                break;
            }
            start = before;
        }
        start..part.end
    }
}

pub(super) fn is_punctuation(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric()
}

/// Returns the words of a name, without the separators. The first one is empty if the name starts
/// with a separator.
fn words(name: &[u8]) -> Vec<Range<usize>> {
    let has_separator = name.iter().any(|byte| SEPARATORS.contains(byte));
    let is_separator = |byte: u8| {
        if has_separator {
            SEPARATORS.contains(&byte)
        } else {
            is_punctuation(byte)
        }
    };
    let mut words = Vec::new();
    let mut start = 0;
    while words.len() + 1 < MAX_WORDS {
        let rest = &name[start..];
        let Some(length) = rest.iter().position(|byte| is_separator(*byte)) else {
            break;
        };
        let after = rest[length..].iter().position(|byte| !is_separator(*byte));
        words.push(start..start + length);
        let Some(after) = after else {
            return words;
        };
        start += length + after;
    }
    words.push(start..name.len());
    words
}
