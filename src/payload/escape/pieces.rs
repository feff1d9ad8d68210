//! Splits untrusted bytes into pieces of known width.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::payload::json::text::surrogate;

/// The maximum number of combining marks on one base; any further ones become escapes.
const MAX_MARKS: usize = 4;
/// The maximum number of bases that a cluster may join (conjunct consonants, a pair of flag
/// letters).
const MAX_BASES: usize = 4;
/// The maximum length of an allowed cluster: bases and their marks, four bytes each.
pub const MAX_CLUSTER_BYTES: usize = MAX_BASES * (1 + MAX_MARKS) * 4;
/// The maximum number of bytes that a piece takes per column.
pub const MAX_BYTES_A_COLUMN: usize = (1 + MAX_MARKS) * 4;

/// The maximum number of trailing spaces that are escaped, since counting them takes time.
const MAX_TRAILING: usize = 4 << 10;

/// The ends of a line or payload at which spaces are escaped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Whether spaces at the start are escaped.
    pub start: bool,
    /// Whether spaces at the end are escaped.
    pub end: bool,
}

impl Ends {
    /// Both ends.
    pub const BOTH: Self = Self {
        start: true,
        end: true,
    };
}

/// A unit that is shown as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A grapheme cluster that is safe to show as it is, and its width in columns.
    Cluster(&'a str, usize),
    /// A character that is shown as an escape.
    Char(char),
    /// Half of a surrogate pair, such as JSON's `\ud800`, given as three bytes that are not valid
    /// UTF-8.
    Surrogate(u16),
    /// A byte that is not part of valid UTF-8.
    Byte(u8),
}

impl Piece<'_> {
    /// Returns how many payload bytes the piece stands for.
    pub fn bytes(self) -> usize {
        match self {
            Self::Cluster(text, _) => text.len(),
            Self::Char(character) => character.len_utf8(),
            Self::Surrogate(_) => 3,
            Self::Byte(_) => 1,
        }
    }
}

/// An iterator over the pieces of untrusted bytes.
///
/// Two adjacent pieces never form one cluster, so the total width is the sum of the widths of the
/// pieces, however it is measured.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    bytes: &'a [u8],
    /// The part at the start of `bytes` that is already known to be valid UTF-8.
    run: &'a str,
    /// Whether a cluster was split before the next character. That character is then escaped, since
    /// it would join the cluster again.
    broken: bool,
    /// Whether only spaces have been seen so far, so that the next space is escaped.
    is_leading: bool,
    /// The number of trailing spaces that are escaped.
    trailing: usize,
}

impl<'a> Pieces<'a> {
    /// Creates an iterator over all of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            run: "",
            broken: false,
            is_leading: false,
            trailing: 0,
        }
    }

    /// Like [`Self::new`], but escapes spaces at the given ends of `bytes`.
    pub fn with_ends(bytes: &'a [u8], ends: Ends) -> Self {
        let last = bytes.iter().rev().take(MAX_TRAILING);
        let trailing = last.take_while(|byte| **byte == b' ');
        Self {
            is_leading: ends.start,
            trailing: if ends.end { trailing.count() } else { 0 },
            ..Self::new(bytes)
        }
    }

    /// Restricts the iterator to the first `length` bytes.
    pub fn within(self, length: usize) -> Self {
        let length = length.min(self.bytes.len());
        let beyond = self.bytes.len() - length;
        Self {
            bytes: &self.bytes[..length],
            trailing: self.trailing.saturating_sub(beyond),
            ..self
        }
    }

    /// Takes up to `max` printable ASCII characters at once, one column each.
    ///
    /// Does not take the last character before a non-ASCII byte, since it may be the base of a
    /// cluster.
    pub fn take_ascii(&mut self, max: usize) -> &'a str {
        if self.broken || (self.is_leading && self.bytes.first() == Some(&b' ')) {
            return "";
        }
        let max = max.min(self.bytes.len().saturating_sub(self.trailing));
        let window = &self.bytes[..self.bytes.len().min(max)];
        let mut length = window
            .iter()
            .position(|byte| !matches!(byte, 0x20..=0x7e))
            .unwrap_or(window.len());
        if self.bytes.get(length).is_some_and(|byte| *byte >= 0x80) {
            length = length.saturating_sub(1);
        }
        // ASCII is always valid UTF-8, so the default is never used.
        let text = str::from_utf8(&self.bytes[..length]).unwrap_or_default();
        self.advance(text.len());
        text
    }

    /// Returns the next piece, and whether it ends in the middle of a cluster.
    fn cut_piece(&mut self) -> Option<(Piece<'a>, bool)> {
        let first = *self.bytes.first()?;
        if first == b' ' && (self.is_leading || self.bytes.len() <= self.trailing) {
            return Some((Piece::Char(' '), false));
        }
        if matches!(first, 0x20..=0x7e)
            && !self.broken
            && self.bytes.get(1).is_none_or(u8::is_ascii)
        {
            // ASCII is always valid UTF-8, so the default is never used.
            let text = str::from_utf8(&self.bytes[..1]).unwrap_or_default();
            return Some((Piece::Cluster(text, 1), false));
        }
        if self.run.is_empty() {
            self.run = valid_prefix(self.bytes);
        }
        let Some(character) = self.run.chars().next() else {
            let surrogate = surrogate(self.bytes).map(Piece::Surrogate);
            return Some((surrogate.unwrap_or(Piece::Byte(first)), false));
        };
        if self.broken || is_forbidden(character) || is_mark(character) {
            return Some((Piece::Char(character), false));
        }
        let head = truncated(self.run, MAX_CLUSTER_BYTES + 8);
        let whole = head.graphemes(true).next().unwrap_or(head);
        let cluster = &whole[..allowed_length(whole)];
        let columns = columns_of(cluster);
        // No base has a width of 0 today, but that depends on the tables of two crates.
        if columns == 0 {
            return Some((Piece::Char(character), cluster.len() > character.len_utf8()));
        }
        let broken = cluster.len() < whole.len();
        Some((Piece::Cluster(cluster, columns), broken))
    }

    fn advance(&mut self, bytes: usize) {
        self.is_leading &= self.bytes[..bytes].iter().all(|byte| *byte == b' ');
        self.bytes = &self.bytes[bytes..];
        self.run = self.run.get(bytes..).unwrap_or_default();
        self.broken = false;
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let (piece, broken) = self.cut_piece()?;
        self.advance(piece.bytes());
        self.broken = broken;
        Some(piece)
    }
}

/// Returns the width of one cluster as ratatui counts it: half-width Katakana sound marks take a
/// cell of their own, although they combine in Unicode.
pub fn columns_of(cluster: &str) -> usize {
    if cluster.len() == 1 {
        return 1;
    }
    let sound_marks = cluster
        .chars()
        .filter(|character| matches!(character, '\u{ff9e}' | '\u{ff9f}'));
    cluster.width() + sound_marks.count()
}

/// Returns whether a terminal might act on `character` or show it invisibly or unpredictably.
///
/// These are control characters, format characters (bidirectional controls, zero-width characters,
/// tags), all others that Unicode lets a renderer ignore, all blanks except the ASCII space, line
/// and paragraph separators, private use characters and noncharacters. U+FE0E and U+FE0F are left
/// to the rules for clusters.
pub fn is_forbidden(character: char) -> bool {
    let code = u32::from(character);
    match code {
        0x20..=0x7e | 0xa1..=0xac | 0xae..=0x34e => false,
        0..=0x1f
        | 0x7f..=0xa0
        | 0xad
        | 0x34f
        | 0x600..=0x605
        | 0x61c
        | 0x6dd
        | 0x70f
        | 0x890..=0x891
        | 0x8e2
        | 0x115f..=0x1160
        | 0x1680
        | 0x17b4..=0x17b5
        | 0x180b..=0x180f
        | 0x2000..=0x200f
        | 0x2028..=0x202f
        | 0x205f..=0x206f
        | 0x2800
        | 0x3000
        | 0x3164
        | 0xe000..=0xf8ff
        | 0xfdd0..=0xfdef
        | 0xfe00..=0xfe0d
        | 0xfeff
        | 0xffa0
        | 0xfff0..=0xfffb
        | 0x110bd
        | 0x110cd
        | 0x13430..=0x1343f
        | 0x1bca0..=0x1bca3
        | 0x1d173..=0x1d17a
        | 0xe0000..=0xe0fff
        | 0xf0000..=0x0010_ffff => true,
        _ => code & 0xfffe == 0xfffe,
    }
}

/// Returns how many bytes of `cluster`, whose first character is a valid base, may be shown
/// unescaped.
fn allowed_length(cluster: &str) -> usize {
    let mut marks = 0;
    let mut bases = 0;
    let mut before = None;
    for (at, character) in cluster.char_indices() {
        if at > 0 && is_mark(character) {
            marks += 1;
        } else {
            marks = 0;
            bases += 1;
        }
        if marks > MAX_MARKS
            || bases > MAX_BASES
            || (at > 0 && is_forbidden(character))
            || (matches!(character, '\u{fe0e}' | '\u{fe0f}')
                && !before.is_some_and(takes_presentation))
        {
            return at;
        }
        before = Some(character);
    }
    cluster.len()
}

/// Returns whether a text or emoji presentation selector after `base` can have an effect. After
/// other characters it is invisible, which could hide data.
fn takes_presentation(base: char) -> bool {
    matches!(base, '0'..='9' | '#' | '*') || (!base.is_ascii() && !is_mark(base))
}

/// Returns whether `character` combines with the preceding one, or has no width of its own.
fn is_mark(character: char) -> bool {
    match u32::from(character) {
        // The most common letters, as a fast path.
        0..=0x2ff | 0x370..=0x482 | 0x3041..=0x3096 | 0x30a0..=0x9fff | 0xac00..=0xd7a3 => false,
        _ if character.width().unwrap_or(0) == 0 => true,
        _ => joins_the_letter_before(character),
    }
}

fn joins_the_letter_before(character: char) -> bool {
    let mut pair = [b'a', 0, 0, 0, 0];
    let length = 1 + character.encode_utf8(&mut pair[1..]).len();
    str::from_utf8(&pair[..length]).is_ok_and(|pair| pair.graphemes(true).nth(1).is_none())
}

fn valid_prefix(bytes: &[u8]) -> &str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// Returns whether a byte continues a character in UTF-8.
pub fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Returns the start of the character that contains the byte at `at`. Returns `at` if it is the end
/// of the text or the bytes before it are not UTF-8.
pub fn char_start(text: &[u8], at: usize) -> usize {
    let is_start = |at: &usize| !text.get(*at).is_some_and(|byte| is_continuation(*byte));
    // A character has at most three continuation bytes.
    let mut nearest = (at.saturating_sub(3)..=at).rev();
    nearest.find(is_start).unwrap_or(at)
}

/// Returns as much of the start of `text` as fits in `bytes` bytes, without splitting a character.
pub fn truncated(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
