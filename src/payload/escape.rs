//! Untrusted bytes as text that is safe and honest in a grid of terminal cells.
//!
//! What a terminal would act on, hide or reorder becomes a visible escape: `\n`, `\r`, `\t`, `\0`,
//! `\x1b` for control characters, `\u{202e}` for other characters, `\xff` for bytes that are not
//! UTF-8, and `\ud800` for three of these that are half of a surrogate pair. So does what cannot be
//! seen: blanks other than the ASCII one everywhere, and that one, as `\x20`, at the start and at the
//! end of a name or of a payload. A backslash of the payload stays one backslash:
//! [`Text::escapes`] tells the two apart, and they are drawn differently. Wide and combining characters stay, and take the columns that ratatui gives them; combining
//! marks without a base, and more than four on one, become escapes.

use std::fmt::Write as _;
use std::ops::Range;

pub use self::pieces::{Ends, is_forbidden};
use self::pieces::{MAX_BYTES_A_COLUMN, MAX_CLUSTER_BYTES, Piece, Pieces};
use crate::payload::ranges::Ranges;

pub(super) mod pieces;

/// Shown for a name without a single byte.
const EMPTY_NAME: &str = "\"\"";
/// Shown where something was left out.
const ELLIPSIS: &str = "…";
/// Names longer than this are cut at their end, since finding their tail would read them whole.
const MAX_ELIDED_NAME: usize = 4096;

/// The columns of a longer one where all of a name is shown.
const LONG_NAME_COLUMNS: usize = 1000;
/// From this many columns on a name that is too long keeps its end as well as its start.
const MIN_COLUMNS_FOR_A_TAIL: usize = 8;

/// Text made from untrusted bytes, fit to be drawn on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// What to draw.
    pub string: String,
    /// The byte ranges of `string` that are escapes, ascending, to be drawn apart from the rest.
    pub escapes: Vec<Range<usize>>,
    /// The byte ranges of `string` that stand for marked bytes, ascending and apart.
    pub marks: Vec<Range<usize>>,
    /// How many terminal columns `string` takes.
    pub columns: usize,
    /// How many of the bytes `string` stands for, from the first.
    pub consumed: usize,
    /// Whether bytes were left out.
    pub cut: bool,
}

/// A part of a [`Text`] that is drawn in one style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// What to draw.
    pub text: &'a str,
    /// Whether it is an escape, and then nothing but this one.
    pub is_escape: bool,
    /// Whether it stands for marked bytes.
    pub is_marked: bool,
}

impl Text {
    /// The parts of `string` in order.
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

    /// Adds `piece` if it fits into `columns` in all; says whether it did.
    fn push(&mut self, piece: Piece<'_>, columns: usize) -> bool {
        let width = width(piece);
        if self.columns + width > columns {
            return false;
        }
        let start = self.string.len();
        match piece {
            Piece::Cluster(cluster, _) => self.string.push_str(cluster),
            Piece::Char(_) | Piece::Half(_) | Piece::Byte(_) => {
                write_escape(&mut self.string, piece);
                self.escapes.push(start..self.string.len());
            }
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

    /// Adds the mark for something left out, of one column.
    fn push_ellipsis(&mut self) {
        let start = self.string.len();
        self.string.push_str(ELLIPSIS);
        self.escapes.push(start..self.string.len());
        self.columns += 1;
    }

    /// Marks what was added to `string` from `start` on.
    fn mark_from(&mut self, start: usize) {
        let end = self.string.len();
        match self.marks.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ if start < end => self.marks.push(start..end),
            _ => {}
        }
    }
}

/// As much of `bytes` as fits into `columns`, on one line.
///
/// Reads no more than a prefix in proportion to `columns`, however long `bytes` are. An escape or
/// wide character that does not fit whole is left out. The caller draws the mark of a cut.
#[must_use]
pub fn one_line(bytes: &[u8], columns: usize) -> Text {
    one_line_marked(bytes, columns, Ranges::default())
}

/// As much of words of our own as fits into `columns`: blanks at their ends stay blanks.
#[must_use]
pub fn words(text: &str, columns: usize) -> Text {
    part_of_line(text.as_bytes(), columns, Ranges::default(), Ends::NONE)
}

/// The same line, with what stands for the bytes in `marks` marked. What is shown as one is
/// marked whole if any byte of it is. Marks beyond what is shown take no time.
#[must_use]
pub fn one_line_marked(bytes: &[u8], columns: usize, marks: Ranges<'_>) -> Text {
    part_of_line(bytes, columns, marks, Ends::BOTH)
}

/// The same for bytes that are only a part of a line, with the `ends` that are ends of it.
#[must_use]
pub fn part_of_line(bytes: &[u8], columns: usize, marks: Ranges<'_>, ends: Ends) -> Text {
    let mut marks = marks;
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

/// A channel's name in at most `columns`. An empty one is shown as `""`.
///
/// One that is too long gives up its middle for a `…` of its own, since names tend to differ in
/// their ends; in few columns, or if it is very long, it gives up its end.
#[must_use]
pub fn name(bytes: &[u8], columns: usize) -> Text {
    let text = one_line(bytes, columns);
    if bytes.is_empty() {
        return empty_name(columns);
    }
    if !text.cut || columns == 0 {
        return text;
    }
    let tailed = columns >= MIN_COLUMNS_FOR_A_TAIL && bytes.len() <= MAX_ELIDED_NAME;
    let tail_columns = if tailed { (columns - 1) / 2 } else { 0 };
    let mut text = one_line(bytes, columns - 1 - tail_columns);
    text.push_ellipsis();
    let mut tail = Vec::new();
    let mut tail_left = tail_columns;
    if tailed {
        let pieces: Vec<_> = Pieces::with_ends(bytes, Ends::BOTH).collect();
        for piece in pieces.into_iter().rev() {
            let Some(left) = tail_left.checked_sub(width(piece)) else {
                break;
            };
            tail_left = left;
            tail.push(piece);
        }
    }
    let consumed = text.consumed;
    for piece in tail.into_iter().rev() {
        text.push(piece, columns);
    }
    text.consumed = consumed;
    text.cut = true;
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

/// All of a name on one line, for titles and messages. An empty one is shown as `""`. Of one that
/// no screen would show, which may have megabytes, the start: words are made again for each frame.
#[must_use]
pub fn whole_name(bytes: &[u8]) -> String {
    match bytes.len() {
        0 => EMPTY_NAME.to_owned(),
        1..=MAX_ELIDED_NAME => whole(bytes),
        length => format!("{} ({length} bytes)", name(bytes, LONG_NAME_COLUMNS).string),
    }
}

/// Whether a name shows all that it holds as it is, without an escape.
#[must_use]
pub fn is_plain_name(bytes: &[u8]) -> bool {
    Pieces::with_ends(bytes, Ends::BOTH).all(|piece| matches!(piece, Piece::Cluster(..)))
}

/// All of `bytes` on one line, for titles and messages.
#[must_use]
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

/// Whether `bytes` are text that can be shown and edited as they are: valid UTF-8 that would
/// have no escape but line breaks and tabs.
#[must_use]
pub fn is_plain(bytes: &[u8]) -> bool {
    let mut pieces = Pieces::new(bytes);
    loop {
        pieces.take_ascii(usize::MAX);
        match pieces.next() {
            None => return true,
            Some(Piece::Cluster(..) | Piece::Char('\n' | '\t')) => {}
            Some(Piece::Char(_) | Piece::Half(_) | Piece::Byte(_)) => return false,
        }
    }
}

/// Stands for the first piece of `bytes` where a whole row is too narrow for it, so that whoever
/// breaks text into rows comes to an end. Marked if any byte of that piece is.
pub(super) fn wider_than_the_row(bytes: &[u8], marks: Ranges<'_>) -> Text {
    let mut text = Text::default();
    text.push_ellipsis();
    let prefix = &bytes[..bytes.len().min(longest_prefix(0))];
    text.consumed = Pieces::new(prefix).next().map_or(0, Piece::bytes);
    text.cut = text.consumed < bytes.len();
    let mut marks = marks;
    if marks.meet(&(0..text.consumed)) {
        text.mark_from(0);
    }
    text
}

/// More bytes than `columns` columns can show, by enough to see where the last cluster ends:
/// what comes behind them makes no difference to a line.
#[must_use]
pub fn longest_prefix(columns: usize) -> usize {
    columns
        .saturating_mul(MAX_BYTES_A_COLUMN)
        .saturating_add(MAX_CLUSTER_BYTES + 8)
}

/// How many columns `piece` takes.
fn width(piece: Piece<'_>) -> usize {
    match piece {
        Piece::Cluster(_, columns) => columns,
        Piece::Char('\n' | '\r' | '\t' | '\0') => 2,
        Piece::Char(character) if character.is_ascii() => 4,
        Piece::Char(character) => {
            let digits = u32::from(character).ilog2() / 4 + 1;
            4 + digits as usize
        }
        Piece::Half(_) => 6,
        Piece::Byte(_) => 4,
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
        Piece::Half(half) => write!(string, "\\u{half:04x}"),
        Piece::Byte(byte) => write!(string, "\\x{byte:02x}"),
        Piece::Cluster(..) => Ok(()),
    };
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

#[cfg(test)]
mod tests;
