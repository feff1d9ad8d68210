//! The text that a user sees for a name, to search in it.

use std::borrow::Cow;
use std::ops::Range;

use super::pieces::{Ends, Pieces, char_start};
use super::{EMPTY_NAME, Piece, write_escape};

/// The start of a name as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownName<'a> {
    text: Cow<'a, str>,
    /// The ranges of `text` that are escapes, each with the number of bytes that it stands for.
    escapes: Vec<(Range<usize>, usize)>,
}

impl<'a> ShownName<'a> {
    /// Returns what is shown for the first `length` bytes of `name`.
    pub fn new(name: &'a [u8], length: usize) -> Self {
        let start = match name.len() {
            0 => EMPTY_NAME.as_bytes(),
            all if all <= length => name,
            _ => &name[..char_start(name, length)],
        };
        let is_plain = start.iter().all(u8::is_ascii_graphic);
        if let Ok(text) = str::from_utf8(start)
            && is_plain
        {
            return Self {
                text: Cow::Borrowed(text),
                escapes: Vec::new(),
            };
        }
        let ends = Ends {
            start: true,
            end: start.len() == name.len(),
        };
        let mut text = String::with_capacity(start.len());
        let mut escapes = Vec::new();
        for piece in Pieces::with_ends(start, ends) {
            if let Piece::Cluster(cluster, _) = piece {
                text.push_str(cluster);
                continue;
            }
            let from = text.len();
            write_escape(&mut text, piece);
            escapes.push((from..text.len(), piece.bytes()));
        }
        Self {
            text: Cow::Owned(text),
            escapes,
        }
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the bytes of the name that these ranges of the text stand for. Both are ascending.
    pub fn bytes_of(&self, ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
        if self.escapes.is_empty() {
            return ranges;
        }
        let mut found: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            let (start, end) = (self.byte(range.start).start, self.byte(range.end - 1).end);
            match found.last_mut() {
                Some(last) if last.end >= start => last.end = last.end.max(end),
                _ => found.push(start..end),
            }
        }
        found
    }

    /// Returns the bytes that a byte of the text stands for.
    fn byte(&self, at: usize) -> Range<usize> {
        let (mut text, mut bytes) = (0, 0);
        for (escape, length) in &self.escapes {
            if at < escape.start {
                break;
            }
            let start = bytes + escape.start - text;
            if at < escape.end {
                return start..start + length;
            }
            (text, bytes) = (escape.end, start + length);
        }
        let start = bytes + at - text;
        start..start + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_what_is_shown() {
        for (name, shown) in [
            (&b"orders:paid"[..], "orders:paid"),
            (b"", "\"\""),
            (b"a b", "a b"),
            (b"a\xff\n", r"a\xff\n"),
            (b" a ", r"\x20a\x20"),
            ("é\u{202e}".as_bytes(), r"é\u{202e}"),
        ] {
            assert_eq!(ShownName::new(name, 100).text(), shown);
            assert_eq!(super::super::whole_name(name), shown);
        }
        assert_eq!(ShownName::new("aéb".as_bytes(), 2).text(), "a");
        assert_eq!(ShownName::new(b"a b", 2).text(), "a ");
    }

    #[test]
    fn a_part_of_an_escape_stands_for_its_bytes() {
        let name = ShownName::new(b"a\xff\xe2b\nc", 100);
        assert_eq!(name.text(), r"a\xff\xe2b\nc");
        for (range, bytes) in [
            (0..1, 0..1),
            (1..2, 1..2),
            (3..5, 1..2),
            (4..6, 1..3),
            (9..10, 3..4),
            (9..12, 3..5),
            (12..13, 5..6),
        ] {
            let found = name.bytes_of(vec![range.clone()]);
            assert_eq!(found, [bytes], "{range:?}");
        }
        let found = name.bytes_of(vec![1..2, 3..5, 12..13]);
        assert_eq!(found, [1..2, 5..6]);
    }
}
