//! Parsing and writing of RESP frames, for the subscriber and the broker.
//!
//! Pub/Sub uses flat frames: a single value, or one array of strings and integers. The decoder
//! therefore builds no tree and never recurses: it yields ranges into its input, allocates nothing
//! once its buffer is large enough, and checks every length against a limit. [`AnyFrame`] reads all
//! other well-formed frames, including RESP3.
//! (<https://redis.io/docs/latest/develop/reference/protocol-spec/>)

mod any_frame;
mod put;

use std::fmt;
use std::ops::Range;

use memchr::memchr;

pub use any_frame::AnyFrame;
pub use put::{
    put_aggregate, put_array, put_bulk, put_command, put_integer, put_null, put_simple,
    put_verbatim,
};

/// The largest bulk string that Redis accepts by default: `proto-max-bulk-len`, 512 MiB.
pub const MAX_BULK: usize = 512 << 20;

/// The maximum length of a header line (type, length or integer). A longer one is not RESP.
const MAX_HEADER: usize = 32;

/// The maximum length of a line of text (a simple string or an error).
const MAX_LINE: usize = 64 << 10;

/// Terminates every line and every bulk string.
pub const LINE_END: &[u8] = b"\r\n";

/// Limits beyond which a peer is considered broken or hostile.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The maximum length of a bulk string, in bytes.
    pub bulk: usize,
    /// The maximum number of elements of a flat array.
    pub parts: usize,
}

/// One value of a frame. Ranges refer to the bytes passed to [`Decoder::decode`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A bulk string.
    Bulk(Range<usize>),
    /// A simple string, as in `+OK`.
    Simple(Range<usize>),
    /// An error, without its `-`.
    Error(Range<usize>),
    /// An integer.
    Integer(i64),
    /// A null bulk string or null array.
    Null,
}

impl Part {
    /// Returns the text of a string or an error within `bytes`, or `None` for an integer or a null.
    pub fn text<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        match self {
            Self::Bulk(range) | Self::Simple(range) | Self::Error(range) => {
                Some(&bytes[range.clone()])
            }
            Self::Integer(_) | Self::Null => None,
        }
    }
}

/// A complete frame, borrowed from the decoder.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The frame's values: the elements of an array, or the single value.
    pub parts: &'a [Part],
    /// Whether the frame is an array or a push (an array that is not a reply).
    pub is_array: bool,
    /// The length of the frame in bytes.
    pub length: usize,
}

/// A frame that is complete except for the end of its last value, a bulk string.
#[derive(Debug, PartialEq, Eq)]
pub struct LastBulk<'a> {
    /// The values before the bulk string.
    pub parts: &'a [Part],
    /// Where the contents of the bulk string start.
    pub start: usize,
    /// The full length of the bulk string, without its line end.
    pub length: usize,
}

/// Why bytes are not a flat frame. All variants except [`Self::NotFlat`] mean that the stream is
/// out of sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireError {
    /// The frame is not one that Pub/Sub uses: it is nested, long, or RESP3. [`AnyFrame`] reads it.
    NotFlat,
    /// The first byte of a value is not a RESP type.
    UnknownType(u8),
    /// Streamed aggregates are nested too deeply to track where they end.
    TooDeep,
    /// A length or integer is not a number.
    BadNumber,
    /// A length exceeds the limit.
    TooLong {
        /// The announced length.
        length: u64,
        /// The limit.
        limit: usize,
    },
    /// A line or bulk string does not end in CR LF.
    MissingLineEnd,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFlat => write!(f, "a frame has an unsupported structure"),
            Self::UnknownType(byte) => {
                let byte = byte.escape_ascii();
                write!(f, "a value starts with '{byte}', which is not a RESP type")
            }
            Self::TooDeep => write!(f, "streamed values are nested too deeply"),
            Self::BadNumber => write!(f, "a length or integer is not a number"),
            Self::TooLong { length, limit } => {
                write!(f, "a length of {length} exceeds the limit of {limit}")
            }
            Self::MissingLineEnd => write!(f, "a value does not end in CR LF"),
        }
    }
}

impl std::error::Error for WireError {}

/// Parses frames from a stream of bytes.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    parts: Vec<Part>,
}

impl Decoder {
    /// Creates a decoder that enforces `limits`.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            parts: Vec::with_capacity(4),
        }
    }

    /// Parses the frame at the start of `bytes`, or returns `None` if it is incomplete. Fails if
    /// `bytes` cannot be the start of a flat frame.
    #[inline]
    pub fn decode(&mut self, bytes: &[u8]) -> Result<Option<Frame<'_>>, WireError> {
        self.parts.clear();
        let Some(&first) = bytes.first() else {
            return Ok(None);
        };
        if first != b'*' && first != b'>' {
            let Some((part, length)) = self.value(bytes, 0)? else {
                return Ok(None);
            };
            self.parts.push(part);
            return Ok(Some(self.frame(false, length)));
        }
        let Some((count, mut position)) = length(bytes, 0)? else {
            return Ok(None);
        };
        if count == -1 {
            self.parts.push(Part::Null);
            return Ok(Some(self.frame(false, position)));
        }
        let count = u64::try_from(count).map_err(|_| WireError::BadNumber)?;
        if count > self.limits.parts as u64 {
            return Err(WireError::NotFlat);
        }
        for _ in 0..count {
            let Some((part, end)) = self.value(bytes, position)? else {
                return Ok(None);
            };
            self.parts.push(part);
            position = end;
        }
        Ok(Some(self.frame(true, position)))
    }

    #[inline]
    fn frame(&self, is_array: bool, length: usize) -> Frame<'_> {
        Frame {
            parts: &self.parts,
            is_array,
            length,
        }
    }

    /// Returns the values of an incomplete frame parsed so far. Only valid right after
    /// [`Self::decode`] has returned `None`.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns the known parts of an array of strings whose last element is still arriving. Only
    /// valid right after [`Self::decode`] has returned `None` for `bytes`.
    pub fn last_bulk(&self, bytes: &[u8]) -> Option<LastBulk<'_>> {
        let (parts, start) = self.last_value(bytes)?;
        if bytes.get(start) != Some(&b'$') {
            return None;
        }
        let (length, start) = number(bytes, start + 1).ok().flatten()?;
        Some(LastBulk {
            parts,
            start,
            length: length_within(length, self.limits.bulk).ok()?,
        })
    }

    /// Returns the known parts of an array that starts with strings and lacks only its last value,
    /// and where that value starts. Only valid right after [`Self::decode`] has found `bytes`
    /// incomplete or not flat.
    pub fn last_value(&self, bytes: &[u8]) -> Option<(&[Part], usize)> {
        if !matches!(bytes.first(), Some(b'*' | b'>')) {
            return None;
        }
        let (count, first) = number(bytes, 1).ok().flatten()?;
        if i64::try_from(self.parts.len() + 1) != Ok(count) {
            return None;
        }
        let start = match self.parts.last() {
            None => first,
            Some(Part::Bulk(before)) => before.end + LINE_END.len(),
            Some(_) => return None,
        };
        Some((self.parts(), start))
    }

    /// Parses the value at `start`. Returns it and the position after it.
    #[inline]
    fn value(&self, bytes: &[u8], start: usize) -> Result<Option<(Part, usize)>, WireError> {
        let Some(&kind) = bytes.get(start) else {
            return Ok(None);
        };
        match kind {
            b'$' => {
                let Some((length, body)) = length(bytes, start)? else {
                    return Ok(None);
                };
                if length == -1 {
                    return Ok(Some((Part::Null, body)));
                }
                let end = body + length_within(length, self.limits.bulk)?;
                match bytes.get(end..end + 2) {
                    Some(b"\r\n") => Ok(Some((Part::Bulk(body..end), end + 2))),
                    Some(_) => Err(WireError::MissingLineEnd),
                    None => Ok(None),
                }
            }
            b':' => Ok(number(bytes, start + 1)?.map(|(n, end)| (Part::Integer(n), end))),
            b'+' => Ok(line(bytes, start + 1)?.map(|(text, end)| (Part::Simple(text), end))),
            b'-' => Ok(line(bytes, start + 1)?.map(|(text, end)| (Part::Error(text), end))),
            b'*' => match length(bytes, start)? {
                Some((-1, end)) => Ok(Some((Part::Null, end))),
                Some(_) => Err(WireError::NotFlat),
                None => Ok(None),
            },
            b'%' | b'~' | b'>' | b'|' | b'_' | b'#' | b',' | b'(' | b'!' | b'=' => {
                Err(WireError::NotFlat)
            }
            other => Err(WireError::UnknownType(other)),
        }
    }
}

/// Parses the length in the header at `start`. Returns it and the position after the header.
#[inline]
fn length(bytes: &[u8], start: usize) -> Result<Option<(i64, usize)>, WireError> {
    number(bytes, start + 1).map_err(|error| match bytes.get(start + 1) {
        // A streamed value: its length is only known at its end.
        Some(b'?') => WireError::NotFlat,
        _ => error,
    })
}

/// Returns an announced length if it is valid and within `limit`.
#[inline]
fn length_within(announced: i64, limit: usize) -> Result<usize, WireError> {
    let length = u64::try_from(announced).map_err(|_| WireError::BadNumber)?;
    match usize::try_from(length) {
        Ok(length) if length <= limit => Ok(length),
        _ => Err(WireError::TooLong { length, limit }),
    }
}

/// Parses the number from `start` up to CR LF. Returns it and the position after the CR LF. The
/// number may have either sign. Even while incomplete, it must not exceed [`MAX_HEADER`]
/// characters.
#[inline]
fn number(bytes: &[u8], start: usize) -> Result<Option<(i64, usize)>, WireError> {
    let sign = bytes.get(start);
    let negative = sign == Some(&b'-');
    let digits = start + usize::from(negative || sign == Some(&b'+'));
    let mut value: i64 = 0;
    let mut position = digits;
    loop {
        match bytes.get(position) {
            Some(digit @ b'0'..=b'9') => {
                value = value
                    .checked_mul(10)
                    .and_then(|value| value.checked_sub(i64::from(digit - b'0')))
                    .ok_or(WireError::BadNumber)?;
                position += 1;
            }
            Some(b'\r') if position > digits => break,
            Some(_) => return Err(WireError::BadNumber),
            None => break,
        }
    }
    if position - start > MAX_HEADER {
        return Err(WireError::BadNumber);
    }
    if position == bytes.len() {
        return Ok(None);
    }
    // Accumulated as a negative number, so that `i64::MIN` fits; negated here if positive.
    let value = if negative {
        Some(value)
    } else {
        value.checked_neg()
    };
    let value = value.ok_or(WireError::BadNumber)?;
    match bytes.get(position + 1) {
        Some(b'\n') => Ok(Some((value, position + 2))),
        Some(_) => Err(WireError::MissingLineEnd),
        None => Ok(None),
    }
}

/// Finds the line of text from `start` up to CR LF. Returns its range and the position after the CR
/// LF.
fn line(bytes: &[u8], start: usize) -> Result<Option<(Range<usize>, usize)>, WireError> {
    let rest = &bytes[start..];
    let length = memchr(b'\r', rest).unwrap_or(rest.len());
    if length > MAX_LINE {
        return Err(WireError::TooLong {
            length: length as u64,
            limit: MAX_LINE,
        });
    }
    match rest.get(length + 1) {
        Some(b'\n') => Ok(Some((start..start + length, start + length + 2))),
        Some(_) => Err(WireError::MissingLineEnd),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        bulk: 1000,
        parts: 8,
    };

    fn last_bulk(bytes: &[u8]) -> Option<(usize, usize, usize)> {
        let mut decoder = Decoder::new(LIMITS);
        assert_eq!(decoder.decode(bytes), Ok(None));
        let last = decoder.last_bulk(bytes)?;
        Some((last.parts.len(), last.start, last.length))
    }

    #[test]
    fn the_last_string_of_an_array_is_known_while_it_arrives() {
        let frame = b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$900\r\nabc";
        let start = frame.len() - 3;
        for end in 0..frame.len() {
            let expected = (end >= start).then_some((2, start, 900));
            assert_eq!(last_bulk(&frame[..end]), expected, "{end}");
        }
    }

    #[test]
    fn other_incomplete_values_are_not_mistaken_for_it() {
        assert_eq!(last_bulk(b"$900\r\nabc"), None);
        assert_eq!(last_bulk(b"*3\r\n$7\r\nmessage\r\n$900\r\nabc"), None);
        assert_eq!(last_bulk(b"*2\r\n:1\r\n$900\r\nabc"), None);
        assert_eq!(last_bulk(b"*2\r\n$1\r\na\r\n:12"), None);
    }
}
