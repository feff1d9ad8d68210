//! Decoding CBOR (RFC 8949) into a tree.
//!
//! All well-formed input (section 3 and appendix C) is accepted, valid or not: duplicate keys stay
//! separate, and text that is not UTF-8 keeps its bytes. Numbers are exact, including bignums up to
//! 256 bytes, also within decimal fractions; any other tag becomes a mark on its content.

pub(super) mod number;
mod tags;

use std::ops::Range;

use super::assembly::{self, Reader, Sink};
use super::decimal::{decimal, decimal_f32};
use super::reading::{Cursor, Stop, Unreadable};
use super::tree::{Kind, Text, Tree};

/// The name of the format.
pub const NAME: &str = "CBOR";

/// The head of the tag for self-described CBOR (RFC 8949, section 3.4.6).
pub const SELF_DESCRIBED: [u8; 3] = [0xd9, 0xd9, 0xf7];

/// Decodes one data item, which must be all of `bytes`. If it has more values than fit in a tree,
/// only the first ones are decoded.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method is not general enough over lifetimes"
)]
pub fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    assembly::read(bytes, NAME, |reader| reader.item())
}

/// Passes the values in `bytes` to `sink`. Returns an error if they are not one whole value.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method is not general enough over lifetimes"
)]
pub(super) fn read_to(sink: &mut impl Sink, bytes: &[u8]) -> Result<(), Stop> {
    assembly::read_to(sink, bytes, |reader| reader.item())
}

/// The first byte of an item, and its argument, which is in that byte or follows it.
pub(super) struct Head {
    /// The major type, 0 to 7.
    pub(super) major: u8,
    /// The lower five bits of the first byte.
    pub(super) info: u8,
    /// The argument, or `None` for an indefinite length or a break.
    pub(super) argument: Option<u64>,
    pub(super) start: usize,
}

impl Head {
    pub(super) fn take(cursor: &mut Cursor<'_>) -> Result<Self, Stop> {
        let start = cursor.at();
        let first = cursor.byte()?;
        let info = first & 0x1f;
        let argument = match info {
            0..24 => Some(u64::from(info)),
            24..28 => Some(cursor.number(info - 24)?),
            31 => None,
            _ => return Err(Stop::wrong("invalid initial byte", start)),
        };
        Ok(Self {
            major: first >> 5,
            info,
            argument,
            start,
        })
    }
}

impl<S: Sink> Reader<'_, '_, S> {
    /// Takes the next head and, unless it starts a container, its contents.
    fn item(&mut self) -> Result<(), Stop> {
        let head = Head::take(&mut self.cursor)?;
        let Head { major, start, .. } = head;
        match (major, head.argument) {
            (0, Some(number)) => self.integer(number, start),
            (1, Some(number)) => self.integer(-1 - i128::from(number), start),
            (2 | 3, Some(length)) => self.stretch(string_kind(major), length, start),
            (2 | 3, None) => self.chunked(major, start),
            (4, count) => self.container(Kind::Array, count, start),
            (5, count) => self.container(Kind::Object, count, start),
            (6, Some(tag)) => self.tagged(tag, start),
            (7, Some(argument)) => self.simple(head.info, argument, start),
            (7, None) => self.end_unknown(start..self.cursor.at()),
            _ => Err(Stop::wrong("indefinite length not allowed", start)),
        }
    }

    /// Takes a string of indefinite length.
    fn chunked(&mut self, major: u8, start: usize) -> Result<(), Stop> {
        let (text, only) = chunks(&mut self.cursor, major)?;
        let stored = only.map_or(Text::Bytes(&text), Text::InPayload);
        let source = start..self.cursor.at();
        self.scalar(string_kind(major), stored, &text, source)
    }

    /// Takes a tag, together with its content if the two form a number.
    fn tagged(&mut self, tag: u64, start: usize) -> Result<(), Stop> {
        let mut ahead = self.cursor.clone();
        if let Some(digits) = number::tagged(tag, &mut ahead) {
            self.cursor = ahead;
            return self.words(Kind::Number, &digits, start);
        }
        let (mark, header) = (tags::mark(tag), start..self.cursor.at());
        self.open(Kind::Tag, Some(1), &mark, header)
    }

    /// Takes a value of major type 7 (RFC 8949, section 3.3), whose argument has already been
    /// taken.
    fn simple(&mut self, info: u8, argument: u64, start: usize) -> Result<(), Stop> {
        let (kind, words) = match (info, argument) {
            (20, _) => (Kind::Bool, "false".to_owned()),
            (21, _) => (Kind::Bool, "true".to_owned()),
            (22, _) => (Kind::Null, "null".to_owned()),
            (23, _) => (Kind::Null, "undefined".to_owned()),
            (24, 0..32) => return Err(Stop::wrong("invalid simple value", start)),
            (25, _) => (Kind::Number, decimal_f32(number::half(argument))),
            (26, _) => {
                let bits = u32::try_from(argument).unwrap_or_default();
                (Kind::Number, decimal_f32(f32::from_bits(bits)))
            }
            (27, _) => (Kind::Number, decimal(f64::from_bits(argument))),
            _ => (Kind::Other, format!("simple({argument})")),
        };
        self.words(kind, &words, start)
    }
}

/// Takes the chunks of a string of indefinite length, up to its break. Returns the contents of the
/// string, and their range if there is only one chunk.
pub(super) fn chunks(
    cursor: &mut Cursor<'_>,
    major: u8,
) -> Result<(Vec<u8>, Option<Range<usize>>), Stop> {
    let mut text = Vec::new();
    let mut last = None;
    let mut count = 0_usize;
    loop {
        let chunk = Head::take(cursor)?;
        match chunk.argument {
            Some(length) if chunk.major == major => {
                let range = cursor.stretch(length, chunk.start)?;
                text.extend_from_slice(cursor.slice(range.clone()));
                last = Some(range);
                count += 1;
            }
            None if chunk.major == 7 => return Ok((text, last.filter(|_| count == 1))),
            _ => return Err(Stop::wrong("invalid string chunk", chunk.start)),
        }
    }
}

fn string_kind(major: u8) -> Kind {
    if major == 2 {
        Kind::Bytes
    } else {
        Kind::String
    }
}
