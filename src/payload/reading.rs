//! Sequential reading of bytes, and the errors that occur while decoding them.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::ops::Range;

use memchr::memchr;

use crate::payload::tree::{Builder, Refusal, Tree};

/// Why a payload could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The name of the expected format.
    pub format: &'static str,
    /// What is wrong.
    pub why: Cow<'static, str>,
    /// The offset of the first byte that does not match the format.
    pub at: usize,
    /// Whether the payload seems to be in the format but exceeds a limit.
    pub is_limit: bool,
}

impl Display for Unreadable {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            format, why, at, ..
        } = self;
        write!(formatter, "not {format}: {why} at byte {at}")
    }
}

/// The reason why reading stopped early.
#[derive(Debug)]
pub(super) enum Stop {
    /// An error, and its offset.
    Wrong(Cow<'static, str>, usize),
    /// A limit that is exceeded, and the offset of the value that exceeds it.
    Limit(Cow<'static, str>, usize),
    /// The tree is full; everything from this offset on is left out.
    Full(usize),
}

impl Stop {
    pub(super) fn wrong(why: impl Into<Cow<'static, str>>, at: usize) -> Self {
        Self::Wrong(why.into(), at)
    }

    pub(super) fn limit(why: impl Into<Cow<'static, str>>, at: usize) -> Self {
        Self::Limit(why.into(), at)
    }

    pub(super) fn early(at: usize) -> Self {
        Self::wrong("unexpected end", at)
    }

    /// Returns a function that converts a tree's refusal into the error for the value at `at`.
    pub(super) fn refused(at: usize) -> impl FnOnce(Refusal) -> Self {
        move |refusal| match refusal {
            Refusal::Full => Self::Full(at),
            Refusal::TooDeep => Self::too_deep(at),
            Refusal::TooLong => Self::limit("longer than 4 GiB", at),
        }
    }

    pub(super) fn too_deep(at: usize) -> Self {
        Self::limit("nested too deeply", at)
    }
}

/// Returns the tree of a payload in `format` after reading has ended with `outcome`; the tree is
/// marked as cut if it was full.
pub(super) fn finish(
    builder: Builder,
    outcome: Result<(), Stop>,
    format: &'static str,
) -> Result<Tree, Unreadable> {
    let unreadable = |why, at, is_limit| Unreadable {
        format,
        why,
        at,
        is_limit,
    };
    let (tree, at) = match outcome {
        Ok(()) => (builder.finish(), 0),
        Err(Stop::Full(at)) => (builder.finish_cut(at), at),
        Err(Stop::Wrong(why, at)) => return Err(unreadable(why, at, false)),
        Err(Stop::Limit(why, at)) => return Err(unreadable(why, at, true)),
    };
    tree.ok_or(unreadable("no value".into(), at, false))
}

/// A position in bytes that are read in order.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Creates a cursor over `range` only; positions are those in `bytes`.
    pub(super) fn within(bytes: &'a [u8], range: Range<usize>) -> Self {
        let end = range.end.min(bytes.len());
        Self {
            bytes: &bytes[..end],
            at: range.start.min(end),
        }
    }

    /// Returns the position of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Returns the number of remaining bytes.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(super) fn byte(&mut self) -> Result<u8, Stop> {
        let byte = self.bytes.get(self.at).ok_or(Stop::early(self.at))?;
        self.at += 1;
        Ok(*byte)
    }

    /// Takes the next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let rest = &self.bytes[self.at..];
        let array = rest.first_chunk().ok_or(Stop::early(self.bytes.len()))?;
        self.at += N;
        Ok(*array)
    }

    /// Takes a big-endian number of one, two, four or eight bytes, which is specified by a `width`
    /// of 0, 1, 2 or 3.
    pub(super) fn number(&mut self, width: u8) -> Result<u64, Stop> {
        match width {
            0 => self.byte().map(u64::from),
            1 => self.array().map(u16::from_be_bytes).map(u64::from),
            2 => self.array().map(u32::from_be_bytes).map(u64::from),
            _ => self.array().map(u64::from_be_bytes),
        }
    }

    /// Takes the next `length` bytes and returns their range. If too few are left, the error is at
    /// `start`, the position of their header.
    pub(super) fn stretch(&mut self, length: u64, start: usize) -> Result<Range<usize>, Stop> {
        let left = self.left();
        match usize::try_from(length) {
            Ok(length) if length <= left => {
                let range = self.at..self.at + length;
                self.at = range.end;
                Ok(range)
            }
            _ => Err(Stop::wrong(
                format!("header says {length} bytes, but only {left} left"),
                start,
            )),
        }
    }

    /// Takes the bytes up to the next `end`, and `end` itself. Returns the range without `end`.
    pub(super) fn until(&mut self, end: u8) -> Result<Range<usize>, Stop> {
        let length = memchr(end, &self.bytes[self.at..]);
        let length = length.ok_or(Stop::early(self.bytes.len()))?;
        let range = self.at..self.at + length;
        self.at = range.end + 1;
        Ok(range)
    }

    /// Takes the next byte, which must be `expected`.
    pub(super) fn expect(&mut self, expected: u8) -> Result<(), Stop> {
        let at = self.at;
        if self.byte()? == expected {
            return Ok(());
        }
        let expected = char::from(expected).escape_default();
        Err(Stop::wrong(format!("expected '{expected}'"), at))
    }

    /// Returns the bytes at `range`, as returned by [`Cursor::stretch`].
    pub(super) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(range).unwrap_or_default()
    }
}
