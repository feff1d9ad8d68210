//! Splits a payload of any size into rows of a pane, at line breaks and at the pane's width.
//!
//! A row is identified by the offset of its first byte, and nothing is indexed. A pane keeps the
//! offset of its first row, draws with [`rows`], pages back with [`rows_back`], and goes to the end
//! with `rows_back(.., END, ..)`. To make this as fast in the middle of a 100 MB line as at its
//! start, a new row begins at least every [`BLOCK`] bytes, at a *seam* that depends only on the
//! bytes: the start of a row can be found from the nearest line break or seam.

use crate::payload::escape::{self, Ends, Text, is_continuation};
use crate::payload::ranges::Ranges;

/// The approximate maximum number of bytes that are searched backwards for the start of a row.
pub const BLOCK: usize = 64 * 1024;
/// The position after the last row, for use with [`rows_back`].
pub const END: usize = usize::MAX;

/// A seam is placed before an ASCII character if there is one within this many bytes.
const SEAM_SEARCH: usize = 256;
/// The maximum length of a character in UTF-8.
const BYTES_OF_LONGEST_CHARACTER: usize = 4;

/// One row of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The offset of the row's first byte in the payload.
    pub start: usize,
    /// The offset of the next row, or `None` if this is the last.
    pub next: Option<usize>,
    /// The text to draw, without the line break that ends the row. `cut` is never set.
    pub text: Text,
}

/// Returns the rows of `bytes` at a width of `columns`, from the one that starts at `start`: 0, or
/// a value returned by [`Row::next`], [`row_at`] or [`rows_back`] for the same width.
///
/// An empty payload has one empty row. After a line break at the end, there is an empty row too.
pub fn rows(bytes: &[u8], columns: usize, start: usize) -> impl Iterator<Item = Row> {
    rows_marked(bytes, columns, start, Ranges::default())
}

/// Like [`rows`], but marks the text that stands for the bytes in `marks`, which are ranges of the
/// whole payload. A line break that ends a row is neither drawn nor marked.
pub fn rows_marked(
    bytes: &[u8],
    columns: usize,
    start: usize,
    marks: Ranges<'_>,
) -> impl Iterator<Item = Row> {
    let mut next = (start <= bytes.len()).then_some(start);
    std::iter::from_fn(move || {
        let start = next?;
        let row = row(bytes, columns.max(1), start, marks.from(start));
        next = row.next;
        Some(row)
    })
}

/// Returns the start of the row that contains the byte at `offset`, to keep the position when the
/// width changes.
pub fn row_at(bytes: &[u8], columns: usize, offset: usize) -> usize {
    let offset = offset.min(bytes.len());
    let stretch = stretch_start(bytes, offset);
    rows(bytes, columns, stretch)
        .map(|row| row.start)
        .take_while(|start| *start <= offset)
        .last()
        .unwrap_or(stretch)
}

/// Returns the start of the row that is `count` rows before the one that starts at `start`, or of
/// the first row.
pub fn rows_back(bytes: &[u8], columns: usize, start: usize, count: usize) -> usize {
    let mut start = start.min(bytes.len().saturating_add(1));
    let mut left = count;
    while left > 0 && start > 0 {
        let stretch = stretch_start(bytes, start - 1);
        let before: Vec<usize> = rows(bytes, columns, stretch)
            .map(|row| row.start)
            .take_while(|row| *row < start)
            .collect();
        let Some(first) = before.len().checked_sub(left) else {
            left -= before.len();
            start = stretch;
            continue;
        };
        return before[first];
    }
    start.min(bytes.len())
}

/// Returns the row that starts at `start`; `marks` are relative to it.
fn row(bytes: &[u8], columns: usize, start: usize, marks: Ranges<'_>) -> Row {
    let end = start.saturating_add(escape::longest_prefix(columns));
    let end = end.min(bytes.len()).min(next_seam(bytes, start));
    let window = &bytes[start..end];
    let line_end = window.iter().position(|byte| *byte == b'\n');
    let line = &window[..line_end.unwrap_or(window.len())];
    let ends = Ends {
        start: start == 0,
        end: line_end.is_some() || end == bytes.len(),
    };
    let mut text = escape::part_of_line(line, columns, marks, ends);
    if text.consumed == 0 && !line.is_empty() {
        // Not even one character fits: show a placeholder, so that the next row starts after it.
        text = escape::wider_than_the_row(line, marks);
    }
    text.cut = false;
    let after = start + text.consumed;
    let next = if text.consumed == line.len() && line_end.is_some() {
        Some(after + 1)
    } else {
        (after < bytes.len()).then_some(after)
    };
    Row { start, next, text }
}

/// Returns the last offset, not after `offset`, at which a row starts whatever the width.
fn stretch_start(bytes: &[u8], offset: usize) -> usize {
    let seam = last_seam(bytes, offset);
    let offset = offset.min(bytes.len());
    let line_break = bytes[seam..offset].iter().rposition(|byte| *byte == b'\n');
    line_break.map_or(seam, |at| seam + at + 1)
}

fn last_seam(bytes: &[u8], offset: usize) -> usize {
    let block = offset / BLOCK + 1;
    (0..=block)
        .rev()
        .map(|block| seam(bytes, block))
        .find(|seam| *seam <= offset && *seam < bytes.len())
        .unwrap_or(0)
}

fn next_seam(bytes: &[u8], offset: usize) -> usize {
    let block = offset / BLOCK;
    // A seam is less than a block before the multiple of `BLOCK` it belongs to, so the third one is
    // always past `offset`.
    (block..=block + 2)
        .map(|block| seam(bytes, block))
        .find(|seam| *seam > offset)
        .unwrap_or(usize::MAX)
}

/// Returns where the block with this number starts: near a multiple of [`BLOCK`], before an ASCII
/// character if possible, since that never joins the preceding character, and otherwise at the
/// first character at or after the multiple.
fn seam(bytes: &[u8], block: usize) -> usize {
    let even = block.saturating_mul(BLOCK);
    if even == 0 || even >= bytes.len() {
        return even;
    }
    let from = even - SEAM_SEARCH;
    if let Some(at) = bytes[from..=even].iter().rposition(u8::is_ascii) {
        let breaks = usize::from(bytes[from + at] == b'\n');
        return from + at + breaks;
    }
    let rest = bytes[even..].iter().take(BYTES_OF_LONGEST_CHARACTER);
    let continued = rest.take_while(|byte| is_continuation(**byte)).count();
    // If all four bytes are continuation bytes, they are not UTF-8 and can be split anywhere.
    even + continued % BYTES_OF_LONGEST_CHARACTER
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(bytes: &[u8], columns: usize) -> Vec<String> {
        rows(bytes, columns, 0).map(|row| row.text.string).collect()
    }

    #[test]
    fn rows_break_at_line_breaks_and_at_the_width() {
        assert_eq!(strings(b"ab\ncdefg\n\nh", 3), ["ab", "cde", "fg", "", "h"]);
        assert_eq!(strings(b"abc\ndef", 3), ["abc", "def"]);
        assert_eq!(strings(b"abc\n", 3), ["abc", ""]);
        assert_eq!(strings(b"", 3), [""]);
        assert_eq!(strings(b"a\r\nb", 9), ["a\\r", "b"]);
        // Spaces at the start of later lines are indentation.
        assert_eq!(strings(b" a \n  b", 9), ["\\x20a\\x20", "  b"]);
        assert_eq!(strings(b"abcd   \n", 9), ["abcd\\x20", "\\x20\\x20", ""]);
        assert_eq!(strings("a你好".as_bytes(), 2), ["a", "你", "好"]);
    }

    #[test]
    fn characters_wider_than_the_pane_become_placeholders() {
        assert_eq!(strings("你\x1b好".as_bytes(), 1), ["…", "…", "…"]);
        assert_eq!(strings("a\u{202e}b\n".as_bytes(), 4), ["a", "…", "b", ""]);
        assert_eq!(strings(b"a\xffb", 0), ["a", "…", "b"]);
    }

    #[test]
    fn paging_back_undoes_paging_forward() {
        let text = "one two\nthree 你好 four\n\nfive\n".repeat(3);
        let bytes = text.as_bytes();
        for columns in 1..20 {
            let starts: Vec<_> = rows(bytes, columns, 0).map(|row| row.start).collect();
            for (index, start) in starts.iter().enumerate() {
                for count in 0..=index + 1 {
                    let expected = starts[index.saturating_sub(count)];
                    let back = rows_back(bytes, columns, *start, count);
                    assert_eq!(back, expected, "{count} back from {start} at {columns}");
                }
            }
            let last = starts[starts.len() - 1];
            assert_eq!(rows_back(bytes, columns, END, 1), last);
            assert_eq!(rows_back(bytes, columns, END, 9999), 0);
        }
    }

    #[test]
    fn one_huge_line_has_the_same_rows_from_either_end() {
        for unit in ["abcdefg", "你好", "e\u{301}", "x\n你", "\u{202e}"] {
            let text = unit.repeat(3 * BLOCK / unit.len());
            let bytes = text.as_bytes();
            let starts: Vec<_> = rows(bytes, 33, 0).map(|row| row.start).collect();
            let mut start = END;
            for expected in starts.rchunks(97).map(|chunk| chunk[0]) {
                start = rows_back(bytes, 33, start, 97);
                assert_eq!(start, expected);
            }
            assert_eq!(rows_back(bytes, 33, END, 1), starts[starts.len() - 1]);
            assert_eq!(row_at(bytes, 33, starts[700] + 1), starts[700]);
        }
    }

    #[test]
    fn seams_never_break_a_character() {
        let text = "你".repeat(BLOCK);
        assert!(strings(text.as_bytes(), 100).concat() == text);
    }
}
