//! Decoding `MessagePack` (<https://github.com/msgpack/msgpack/blob/master/spec.md>) into a tree.
//!
//! Strings and byte strings refer to the payload; a string that is not UTF-8 keeps its bytes. A
//! timestamp (extension type -1, in its three forms) is shown as in RFC 3339, any other extension
//! as text.

use std::fmt::Write;

use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::assembly::{self, Reader, Sink};
use super::decimal::{decimal, decimal_f32};
use super::reading::{Cursor, Stop, Unreadable};
use super::tree::{Kind, Tree};

/// The name of the format.
pub const NAME: &str = "MessagePack";

/// The maximum number of bytes of an extension to show.
const EXTENSION_SHOWN: usize = 64;

/// Decodes one value, which must be all of `bytes`. If it has more values than fit in a tree, only
/// the first ones are decoded.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method is not general enough over lifetimes"
)]
pub fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    assembly::read(bytes, NAME, |reader| reader.value())
}

/// Passes the values in `bytes` to `sink`. Returns an error if they are not one whole value.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method is not general enough over lifetimes"
)]
pub(super) fn read_to(sink: &mut impl Sink, bytes: &[u8]) -> Result<(), Stop> {
    assembly::read_to(sink, bytes, |reader| reader.value())
}

impl<S: Sink> Reader<'_, '_, S> {
    /// Takes the next header and, unless it starts a container, its contents.
    fn value(&mut self) -> Result<(), Stop> {
        let start = self.cursor.at();
        let marker = self.cursor.byte()?;
        match marker {
            0x00..=0x7f => self.integer(marker, start),
            0x80..=0x8f => self.container(Kind::Object, Some(u64::from(marker & 0x0f)), start),
            0x90..=0x9f => self.container(Kind::Array, Some(u64::from(marker & 0x0f)), start),
            0xa0..=0xbf => self.stretch(Kind::String, u64::from(marker & 0x1f), start),
            0xc0 => self.words(Kind::Null, "nil", start),
            0xc1 => Err(Stop::wrong("reserved byte 0xc1", start)),
            0xc2 => self.words(Kind::Bool, "false", start),
            0xc3 => self.words(Kind::Bool, "true", start),
            0xc4..=0xc6 => {
                let length = self.cursor.number(marker - 0xc4)?;
                self.stretch(Kind::Bytes, length, start)
            }
            0xc7..=0xc9 => {
                let length = self.cursor.number(marker - 0xc7)?;
                self.extension(length, start)
            }
            0xca..=0xd3 => self.sized_number(marker, start),
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4), start),
            0xd9..=0xdb => {
                let length = self.cursor.number(marker - 0xd9)?;
                self.stretch(Kind::String, length, start)
            }
            // `array 16` and `array 32`, whose lengths take two and four bytes.
            0xdc | 0xdd => {
                let count = self.cursor.number(marker - 0xdb)?;
                self.container(Kind::Array, Some(count), start)
            }
            0xde | 0xdf => {
                let count = self.cursor.number(marker - 0xdd)?;
                self.container(Kind::Object, Some(count), start)
            }
            0xe0..=0xff => {
                let number = i8::from_be_bytes([marker]);
                self.integer(number, start)
            }
        }
    }

    fn sized_number(&mut self, marker: u8, start: usize) -> Result<(), Stop> {
        let cursor = &mut self.cursor;
        let digits = match marker {
            0xca => decimal_f32(f32::from_be_bytes(cursor.array()?)),
            0xcb => decimal(f64::from_be_bytes(cursor.array()?)),
            _ => return self.sized_integer(marker, start),
        };
        self.words(Kind::Number, &digits, start)
    }

    fn sized_integer(&mut self, marker: u8, start: usize) -> Result<(), Stop> {
        let cursor = &mut self.cursor;
        let number = match marker {
            0xcc..=0xcf => {
                let number = cursor.number(marker - 0xcc)?;
                return self.integer(number, start);
            }
            0xd0 => i8::from_be_bytes(cursor.array()?).into(),
            0xd1 => i16::from_be_bytes(cursor.array()?).into(),
            0xd2 => i32::from_be_bytes(cursor.array()?).into(),
            _ => i64::from_be_bytes(cursor.array()?),
        };
        self.integer(number, start)
    }

    /// Takes the type and the `length` bytes of an extension.
    fn extension(&mut self, length: u64, start: usize) -> Result<(), Stop> {
        let kind = i8::from_be_bytes(self.cursor.array()?);
        let range = self.cursor.stretch(length, start)?;
        let content = self.cursor.slice(range);
        let time = if kind == -1 { timestamp(content) } else { None };
        let words = time.unwrap_or_else(|| extension_words(kind, content));
        self.words(Kind::Other, &words, start)
    }
}

/// Decodes the contents of a timestamp extension. Returns `None` if they are not a timestamp.
pub(super) fn timestamp(content: &[u8]) -> Option<String> {
    let mut cursor = Cursor::new(content);
    let (seconds, nanoseconds) = match content.len() {
        4 => (i64::try_from(cursor.number(2).ok()?).ok()?, 0),
        8 => {
            let both = cursor.number(3).ok()?;
            (i64::try_from(both & ((1 << 34) - 1)).ok()?, both >> 34)
        }
        12 => {
            let nanoseconds = cursor.number(2).ok()?;
            (i64::from_be_bytes(cursor.array().ok()?), nanoseconds)
        }
        _ => return None,
    };
    let nanoseconds = i32::try_from(nanoseconds).ok();
    let nanoseconds = nanoseconds.filter(|nanoseconds| *nanoseconds <= 999_999_999)?;
    // A type without a time zone is used, since times with a zone end some hours before the year
    // 10000.
    let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let passed = SignedDuration::new(seconds, nanoseconds);
    match epoch.checked_add(passed) {
        // RFC 3339 has years of four digits only.
        Ok(time) if time.year() >= 0 => Some(format!("{time}Z")),
        _ => Some(seconds_words(seconds, nanoseconds)),
    }
}

/// Formats a time that is outside the calendar: `253402300800.5 s since 1970`.
fn seconds_words(seconds: i64, nanoseconds: i32) -> String {
    let all = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    let sign = if all < 0 { "-" } else { "" };
    let (whole, part) = (all.abs() / 1_000_000_000, all.abs() % 1_000_000_000);
    let part = match part {
        0 => String::new(),
        part => format!(".{part:09}").trim_end_matches('0').to_owned(),
    };
    format!("{sign}{whole}{part} s since 1970")
}

/// Formats an extension: `ext 5, 3 bytes: 0a 0b 0c`.
fn extension_words(kind: i8, content: &[u8]) -> String {
    let mut words = match content.len() {
        1 => format!("ext {kind}, 1 byte:"),
        length => format!("ext {kind}, {length} bytes:"),
    };
    if content.is_empty() {
        words.pop();
    }
    for byte in content.iter().take(EXTENSION_SHOWN) {
        // Writing to a string cannot fail.
        let _ = write!(words, " {byte:02x}");
    }
    if content.len() > EXTENSION_SHOWN {
        words.push_str(" …");
    }
    words
}
