//! Bytes read one after the other, as the binary formats need it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::ops::Range;

use crate::payload::tree::Refusal;

/// Why a payload is not what it was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The name of the format that it was read as.
    pub format: &'static str,
    /// What is wrong.
    pub why: Cow<'static, str>,
    /// The byte, counted from 0, at which it stops being of the format.
    pub at: usize,
}

impl Display for Unreadable {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "not {}: {} at byte {}",
            self.format, self.why, self.at
        )
    }
}

impl Error for Unreadable {}

/// Why reading has ended before the end.
#[derive(Debug)]
pub(super) enum Stop {
    /// This is wrong at this byte.
    Wrong(Cow<'static, str>, usize),
    /// The tree takes no more; what starts at this byte is left out.
    Full(usize),
}

impl Stop {
    pub(super) fn wrong(why: impl Into<Cow<'static, str>>, at: usize) -> Self {
        Self::Wrong(why.into(), at)
    }

    pub(super) fn early(at: usize) -> Self {
        Self::wrong("it ends too early", at)
    }

    /// The refusal of a tree to take what starts at `at`.
    pub(super) fn refused(refusal: Refusal, at: usize) -> Self {
        match refusal {
            Refusal::Full => Self::Full(at),
            Refusal::TooDeep => Self::too_deep(at),
            Refusal::TooLong => Self::wrong("it is longer than 4 GiB", at),
        }
    }

    pub(super) fn too_deep(at: usize) -> Self {
        Self::wrong("it is nested too deep", at)
    }
}

/// A place in bytes that are read from the front.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// At the first byte of `range`, with no more to read than it has.
    pub(super) fn within(bytes: &'a [u8], range: Range<usize>) -> Self {
        let end = range.end.min(bytes.len());
        Self {
            bytes: &bytes[..end],
            at: range.start.min(end),
        }
    }

    /// Where the next byte stands.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(super) fn byte(&mut self) -> Result<u8, Stop> {
        let byte = self.bytes.get(self.at).ok_or(Stop::early(self.at))?;
        self.at += 1;
        Ok(*byte)
    }

    /// The next bytes, as many as asked for.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let rest = &self.bytes[self.at..];
        let array = rest.first_chunk().ok_or(Stop::early(self.bytes.len()))?;
        self.at += N;
        Ok(*array)
    }

    /// A number of `N` bytes, up to eight, the most significant first.
    pub(super) fn number<const N: usize>(&mut self) -> Result<u64, Stop> {
        let digits = self.array::<N>()?;
        let number = digits
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Ok(number)
    }

    /// Where the next `length` bytes stand, which are passed over; `start` is where their header
    /// stands, which is to blame if there are fewer.
    pub(super) fn stretch(&mut self, length: u64, start: usize) -> Result<Range<usize>, Stop> {
        let left = self.left();
        match usize::try_from(length) {
            Ok(length) if length <= left => {
                let range = self.at..self.at + length;
                self.at = range.end;
                Ok(range)
            }
            _ => Err(Stop::wrong(
                format!("{length} bytes are announced and {left} are left"),
                start,
            )),
        }
    }

    /// The bytes at `range`, which [`Cursor::stretch`] has given.
    pub(super) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(range).unwrap_or_default()
    }
}
