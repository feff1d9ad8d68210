//! Sequential reading of bytes, and the errors that occur while decoding them.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::ops::Range;

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
}

impl Display for Unreadable {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { format, why, at } = self;
        write!(formatter, "not {format}: {why} at byte {at}")
    }
}

/// The reason why reading stopped early.
#[derive(Debug)]
pub(super) enum Stop {
    /// An error, and its offset.
    Wrong(Cow<'static, str>, usize),
    /// The tree is full; everything from this offset on is left out.
    Full(usize),
}

impl Stop {
    pub(super) fn wrong(why: impl Into<Cow<'static, str>>, at: usize) -> Self {
        Self::Wrong(why.into(), at)
    }

    pub(super) fn early(at: usize) -> Self {
        Self::wrong("unexpected end", at)
    }

    /// Returns a function that converts a tree's refusal into the error for the value at `at`.
    pub(super) fn refused(at: usize) -> impl FnOnce(Refusal) -> Self {
        move |refusal| match refusal {
            Refusal::Full => Self::Full(at),
            Refusal::TooDeep => Self::too_deep(at),
            Refusal::TooLong => Self::wrong("longer than 4 GiB", at),
        }
    }

    pub(super) fn too_deep(at: usize) -> Self {
        Self::wrong("nested too deeply", at)
    }
}

/// Returns the tree of a payload in `format` after reading has ended with `outcome`; the tree is
/// marked as cut if it was full.
pub(super) fn finish(
    builder: Builder,
    outcome: Result<(), Stop>,
    format: &'static str,
) -> Result<Tree, Unreadable> {
    let (tree, at) = match outcome {
        Ok(()) => (builder.finish(), 0),
        Err(Stop::Full(at)) => (builder.finish_cut(at), at),
        Err(Stop::Wrong(why, at)) => return Err(Unreadable { format, why, at }),
    };
    tree.ok_or(Unreadable {
        format,
        why: "no value".into(),
        at,
    })
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

    /// Returns the bytes at `range`, as returned by [`Cursor::stretch`].
    pub(super) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(range).unwrap_or_default()
    }
}
