//! Formatting untrusted bytes as text that is safe to show in a terminal and faithful to the bytes.
//!
//! Whatever a terminal would act on, hide or reorder becomes a visible escape: `\n`, `\r`, `\t`,
//! `\0`, `\x1b` for control characters, `\u{202e}` for other characters, `\xff` for bytes that are
//! not UTF-8, and `\ud800` for three such bytes that encode half of a surrogate pair. Invisible
//! space is escaped too: any blank other than the ASCII space, and, at the start and the end of a
//! name or payload, the ASCII space as `\x20`. A backslash in the payload stays a single backslash:
//! escapes are listed in [`Text::escapes`] and drawn differently. Wide and combining characters are
//! kept, with the widths that ratatui gives them; combining marks without a base, and more than
//! four on one base, become escapes.

use std::fmt::Write as _;
use std::ops::Range;

pub use self::pieces::{Ends, char_start, is_continuation, is_forbidden, truncated};
use self::pieces::{MAX_BYTES_A_COLUMN, MAX_CLUSTER_BYTES, Piece, Pieces};
pub use self::shown_name::ShownName;
use crate::payload::ranges::Ranges;

pub(super) mod pieces;
mod places;
mod shown_name;

/// The text shown for an empty name.
const EMPTY_NAME: &str = "\"\"";
/// The text shown where something is left out.
const ELLIPSIS: &str = "…";
/// Names longer than this, in bytes, are cut at the end rather than in the middle, since finding
/// where the tail starts would mean reading the whole name.
pub const MAX_ELIDED_NAME: usize = 4096;

/// The number of columns shown of a name longer than [`MAX_ELIDED_NAME`] where shorter names are
/// shown in full.
const LONG_NAME_COLUMNS: usize = 1000;
/// The minimum number of columns at which a truncated name keeps its end as well as its start.
const MIN_COLUMNS_FOR_A_TAIL: usize = 8;

/// Text made from untrusted bytes, safe to draw on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The text to draw.
    pub string: String,
    /// The byte ranges of `string` that are escapes, ascending, to be styled differently.
    pub escapes: Vec<Range<usize>>,
    /// The byte ranges of `string` that stand for marked bytes, ascending and not adjacent.
    pub marks: Vec<Range<usize>>,
    /// The width of `string` in terminal columns.
    pub columns: usize,
    /// The number of bytes at the start of the input that `string` stands for.
    pub consumed: usize,
    /// Whether bytes were left out.
    pub cut: bool,
}

/// A part of a [`Text`] that is drawn in one style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The text to draw.
    pub text: &'a str,
    /// Whether this part is an escape; each escape is a part of its own.
    pub is_escape: bool,
    /// Whether this part stands for marked bytes.
    pub is_marked: bool,
}

impl Text {
    /// Returns the parts of `string` in order.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let mut escapes = Ranges::of(&self.escapes);
        let mut marks = Ranges::of(&self.marks);
        let mut start = 0;
        std::iter::from_fn(move || {
            let (is_escape, escape_edge) = escapes.at(start);
            let (is_marked, mark_edge) = marks.at(start);
            let end = self.string.len().min(escape_edge).min(mark_edge);
            let text = &self.string[start..end];
            start = end;
            (!text.is_empty()).then_some(Part {
                text,
                is_escape,
                is_marked,
            })
        })
    }

    /// Adds `piece` if the text still fits in `columns` with it. Returns whether it was added.
    fn push(&mut self, piece: Piece<'_>, columns: usize) -> bool {
        let width = width(piece);
        if self.columns + width > columns {
            return false;
        }
        let start = self.string.len();
        if let Piece::Cluster(cluster, _) = piece {
            self.string.push_str(cluster);
        } else {
            write_escape(&mut self.string, piece);
            self.escapes.push(start..self.string.len());
        }
        self.columns += width;
        self.consumed += piece.bytes();
        true
    }

    /// Adds printable ASCII.
    fn push_ascii(&mut self, ascii: &str) {
        self.string.push_str(ascii);
        self.columns += ascii.len();
        self.consumed += ascii.len();
    }

    /// Adds an ellipsis, which takes one column.
    fn push_ellipsis(&mut self) {
        let start = self.string.len();
        self.string.push_str(ELLIPSIS);
        self.escapes.push(start..self.string.len());
        self.columns += 1;
    }

    /// Appends another text and records that bytes were left out.
    fn append(&mut self, other: &Self) {
        let start = self.string.len();
        self.string.push_str(&other.string);
        let escapes = other.escapes.iter();
        self.escapes
            .extend(escapes.map(|escape| escape.start + start..escape.end + start));
        let marks = other.marks.iter();
        self.marks
            .extend(marks.map(|mark| mark.start + start..mark.end + start));
        self.columns += other.columns;
        self.cut = true;
    }

    /// Marks `string` from `start` to its end.
    fn mark_from(&mut self, start: usize) {
        let end = self.string.len();
        match self.marks.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ if start < end => self.marks.push(start..end),
            _ => {}
        }
    }
}

/// Returns as much of `bytes` as fits in `columns`, on one line.
///
/// Reads only a prefix in proportion to `columns`, however long `bytes` is. An escape or wide
/// character that does not fit entirely is left out. The caller draws the truncation mark.
pub fn one_line(bytes: &[u8], columns: usize) -> Text {
    one_line_marked(bytes, columns, Ranges::default())
}

/// Returns as much of `text` as fits in `columns`. It is the program's own text, which may quote
/// untrusted text: that is escaped, except that spaces at either end are left as they are.
pub fn words(text: &str, columns: usize) -> Text {
    part_of_line(text.as_bytes(), columns, Ranges::default(), Ends::default())
}

/// Like [`one_line`], but marks the text that stands for the bytes in `marks`. A whole piece is
/// marked if any of its bytes is. Marks beyond the visible part cost no time.
pub fn one_line_marked(bytes: &[u8], columns: usize, marks: Ranges<'_>) -> Text {
    part_of_line(bytes, columns, marks, Ends::BOTH)
}

/// Like [`one_line_marked`], for bytes that are part of a line; `ends` specifies at which ends
/// spaces are escaped.
pub fn part_of_line(bytes: &[u8], columns: usize, mut marks: Ranges<'_>, ends: Ends) -> Text {
    let mut text = Text::default();
    let mut pieces = Pieces::with_ends(bytes, ends).within(longest_prefix(columns));
    while text.columns < columns {
        let start = text.string.len();
        let (is_marked, edge) = marks.at(text.consumed);
        text.push_ascii(pieces.take_ascii((columns - text.columns).min(edge - text.consumed)));
        if is_marked {
            text.mark_from(start);
        }
        let Some(piece) = pieces.next() else { break };
        let start = text.string.len();
        let is_marked = marks.meet(&(text.consumed..text.consumed + piece.bytes()));
        if !text.push(piece, columns) {
            break;
        }
        if is_marked {
            text.mark_from(start);
        }
    }
    text.cut = text.consumed < bytes.len();
    text
}

/// Returns a channel's name in at most `columns`. An empty name is shown as `""`.
///
/// A name that is too long has its middle replaced by `…`, since names tend to differ at their
/// ends. With few columns, or if the name is very long, the end is cut off instead.
pub fn name(bytes: &[u8], columns: usize) -> Text {
    name_marked(bytes, columns, Ranges::default())
}

/// Like [`name`], but marks the text that stands for the bytes in `marks`.
pub fn name_marked(bytes: &[u8], columns: usize, mut marks: Ranges<'_>) -> Text {
    if bytes.is_empty() {
        return empty_name(columns);
    }
    let text = one_line_marked(bytes, columns, marks);
    if !text.cut || columns == 0 {
        return text;
    }
    let has_tail = columns >= MIN_COLUMNS_FOR_A_TAIL && bytes.len() <= MAX_ELIDED_NAME;
    let tail_columns = if has_tail { (columns - 1) / 2 } else { 0 };
    let mut text = one_line_marked(bytes, columns - 1 - tail_columns, marks);
    text.push_ellipsis();
    let consumed = text.consumed;
    if has_tail {
        let pieces: Vec<_> = Pieces::with_ends(bytes, Ends::BOTH).collect();
        let mut left = tail_columns;
        let mut start = pieces.len();
        while start > 0
            && let Some(rest) = left.checked_sub(width(pieces[start - 1]))
        {
            left = rest;
            start -= 1;
        }
        let shown: usize = pieces[start..].iter().map(|piece| piece.bytes()).sum();
        let mut at = bytes.len() - shown;
        for piece in &pieces[start..] {
            let from = text.string.len();
            let range = at..at + piece.bytes();
            at = range.end;
            if text.push(*piece, columns) && marks.meet(&range) {
                text.mark_from(from);
            }
        }
    }
    text.consumed = consumed;
    text.cut = true;
    text
}

/// Returns the `parts` of a name in at most `columns`, with `…` wherever something is left out. Marks
/// the text that stands for the bytes in `marks`.
pub fn name_parts(
    bytes: &[u8],
    parts: &[Range<usize>],
    columns: usize,
    marks: &[Range<usize>],
) -> Text {
    let mut text = Text::default();
    let mut end = 0;
    for part in parts {
        if part.start > end && text.columns < columns {
            text.push_ellipsis();
        }
        end = part.end;
        let ends = Ends {
            start: part.start == 0,
            end: end == bytes.len(),
        };
        let left = columns.saturating_sub(text.columns + usize::from(!ends.end));
        let marks = Ranges::of(marks).from(part.start);
        text.append(&part_of_line(&bytes[part.clone()], left, marks, ends));
    }
    if end < bytes.len() && text.columns < columns {
        text.push_ellipsis();
    }
    text
}

fn empty_name(columns: usize) -> Text {
    let mut text = Text::default();
    if columns >= EMPTY_NAME.len() {
        text.push_ascii(EMPTY_NAME);
        text.consumed = 0;
        text.escapes.push(0..EMPTY_NAME.len());
    } else if columns > 0 {
        text.push_ellipsis();
    }
    text
}

/// Returns a whole name on one line, for titles and messages. An empty name is shown as `""`. If a
/// name is too long for any screen, only its start is returned, since titles are formatted anew for
/// each frame and names may be megabytes long.
pub fn whole_name(bytes: &[u8]) -> String {
    match bytes.len() {
        0 => EMPTY_NAME.to_owned(),
        1..=MAX_ELIDED_NAME => whole(bytes),
        length => format!("{} ({length} bytes)", name(bytes, LONG_NAME_COLUMNS).string),
    }
}

/// Returns whether a name is shown without any escape.
pub fn is_plain_name(bytes: &[u8]) -> bool {
    Pieces::with_ends(bytes, Ends::BOTH).all(|piece| matches!(piece, Piece::Cluster(..)))
}

/// Returns all of `bytes` on one line, for titles and messages.
pub fn whole(bytes: &[u8]) -> String {
    let mut text = Text::default();
    let mut pieces = Pieces::with_ends(bytes, Ends::BOTH);
    loop {
        text.push_ascii(pieces.take_ascii(usize::MAX));
        let Some(piece) = pieces.next() else { break };
        text.push(piece, usize::MAX);
    }
    text.string
}

/// Returns whether `bytes` are text that can be shown and edited unchanged: valid UTF-8 in which
/// only line breaks and tabs would be escaped.
pub fn is_plain(bytes: &[u8]) -> bool {
    let mut pieces = Pieces::new(bytes);
    loop {
        pieces.take_ascii(usize::MAX);
        match pieces.next() {
            None => return true,
            Some(Piece::Cluster(..) | Piece::Char('\n' | '\t')) => {}
            Some(_) => return false,
        }
    }
}

/// Returns a placeholder for the first piece of `bytes`, for a row that is too narrow for it.
/// Without a placeholder, breaking text into such rows would never end. The placeholder is marked
/// if any byte of the piece is.
pub(super) fn wider_than_the_row(bytes: &[u8], mut marks: Ranges<'_>) -> Text {
    let mut text = Text::default();
    text.push_ellipsis();
    let prefix = &bytes[..bytes.len().min(longest_prefix(0))];
    text.consumed = Pieces::new(prefix).next().map_or(0, Piece::bytes);
    if marks.meet(&(0..text.consumed)) {
        text.mark_from(0);
    }
    text
}

/// Returns how many bytes can affect a line of `columns` columns: those that it can show, plus
/// enough to find the end of the last cluster.
pub fn longest_prefix(columns: usize) -> usize {
    columns
        .saturating_mul(MAX_BYTES_A_COLUMN)
        .saturating_add(MAX_CLUSTER_BYTES + 8)
}

/// Returns the width of `piece` in columns.
fn width(piece: Piece<'_>) -> usize {
    match piece {
        Piece::Cluster(_, columns) => columns,
        Piece::Char('\n' | '\r' | '\t' | '\0') => 2,
        Piece::Char(character) if !character.is_ascii() => {
            let digits = u32::from(character).ilog2() / 4 + 1;
            4 + digits as usize
        }
        Piece::Char(_) | Piece::Byte(_) => 4,
        Piece::Surrogate(_) => 6,
    }
}

fn write_escape(string: &mut String, piece: Piece<'_>) {
    let written = match piece {
        Piece::Char('\n') => string.write_str("\\n"),
        Piece::Char('\r') => string.write_str("\\r"),
        Piece::Char('\t') => string.write_str("\\t"),
        Piece::Char('\0') => string.write_str("\\0"),
        Piece::Char(character) if character.is_ascii() => {
            write!(string, "\\x{:02x}", u32::from(character))
        }
        Piece::Char(character) => write!(string, "\\u{{{:x}}}", u32::from(character)),
        Piece::Surrogate(surrogate) => write!(string, "\\u{surrogate:04x}"),
        Piece::Byte(byte) => write!(string, "\\x{byte:02x}"),
        Piece::Cluster(..) => Ok(()),
    };
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

#[cfg(test)]
mod tests;
