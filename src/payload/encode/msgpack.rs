//! Reading and writing `MessagePack`.

use super::item::{Guide, Item, Member, Value, Wrong, unchanged};
use super::number::{float, integer};
use super::pairing::{pair_elements, pair_members};
use super::time;
use crate::payload::decimal::{decimal, decimal_f32};
use crate::payload::msgpack::timestamp;
use crate::payload::reading::{Cursor, Stop};

/// A kind of value whose header states its length, such as a string: the first byte of the header
/// for lengths of one, two and four bytes, if there is one, and the lengths that are in the first
/// byte.
struct Sized {
    short: Option<(u8, usize)>,
    markers: [Option<u8>; 3],
}

const STRING: Sized = Sized {
    short: Some((0xa0, 31)),
    markers: [Some(0xd9), Some(0xda), Some(0xdb)],
};
const BYTES: Sized = Sized {
    short: None,
    markers: [Some(0xc4), Some(0xc5), Some(0xc6)],
};
const ARRAY: Sized = Sized {
    short: Some((0x90, 15)),
    markers: [None, Some(0xdc), Some(0xdd)],
};
const MAP: Sized = Sized {
    short: Some((0x80, 15)),
    markers: [None, Some(0xde), Some(0xdf)],
};
const EXTENSION: Sized = Sized {
    short: None,
    markers: [Some(0xc7), Some(0xc8), Some(0xc9)],
};

/// Reads one value. `bytes` are known to be one; its depth is limited.
pub(super) fn read(bytes: &[u8]) -> Option<Item> {
    let mut cursor = Cursor::new(bytes);
    let item = value(&mut cursor).ok()?;
    (cursor.left() == 0).then_some(item)
}

fn value(cursor: &mut Cursor<'_>) -> Result<Item, Stop> {
    let start = cursor.at();
    let marker = cursor.byte()?;
    let value = match marker {
        0x00..=0x7f => Value::Number(marker.to_string()),
        0x80..=0x8f => members(cursor, u64::from(marker & 0x0f))?,
        0x90..=0x9f => elements(cursor, u64::from(marker & 0x0f))?,
        0xa0..=0xbf => Value::String(stretch(cursor, u64::from(marker & 0x1f))?),
        0xc0 => Value::Word("null"),
        0xc2 => Value::Word("false"),
        0xc3 => Value::Word("true"),
        0xc4..=0xc6 => {
            let length = cursor.number(marker - 0xc4)?;
            Value::Bytes(stretch(cursor, length)?)
        }
        0xc7..=0xc9 => {
            let length = cursor.number(marker - 0xc7)?;
            extension(cursor, length)?
        }
        0xca => Value::Number(decimal_f32(f32::from_be_bytes(cursor.array()?))),
        0xcb => Value::Number(decimal(f64::from_be_bytes(cursor.array()?))),
        0xcc..=0xcf => Value::Number(cursor.number(marker - 0xcc)?.to_string()),
        0xd0 => Value::Number(i8::from_be_bytes(cursor.array()?).to_string()),
        0xd1 => Value::Number(i16::from_be_bytes(cursor.array()?).to_string()),
        0xd2 => Value::Number(i32::from_be_bytes(cursor.array()?).to_string()),
        0xd3 => Value::Number(i64::from_be_bytes(cursor.array()?).to_string()),
        0xd4..=0xd8 => extension(cursor, 1 << (marker - 0xd4))?,
        0xd9..=0xdb => {
            let length = cursor.number(marker - 0xd9)?;
            Value::String(stretch(cursor, length)?)
        }
        0xdc | 0xdd => {
            let count = cursor.number(marker - 0xdb)?;
            elements(cursor, count)?
        }
        0xde | 0xdf => {
            let count = cursor.number(marker - 0xdd)?;
            members(cursor, count)?
        }
        0xe0..=0xff => Value::Number(i8::from_be_bytes([marker]).to_string()),
        0xc1 => return Err(Stop::wrong("reserved byte 0xc1", start)),
    };
    Ok(Item::new(value, start..cursor.at()))
}

fn elements(cursor: &mut Cursor<'_>, count: u64) -> Result<Value, Stop> {
    let items = (0..count).map(|_| value(cursor));
    Ok(Value::Array(items.collect::<Result<_, _>>()?))
}

fn members(cursor: &mut Cursor<'_>, count: u64) -> Result<Value, Stop> {
    let members = (0..count).map(|_| Ok((value(cursor)?, value(cursor)?)));
    Ok(Value::Object(members.collect::<Result<Vec<Member>, _>>()?))
}

fn stretch(cursor: &mut Cursor<'_>, length: u64) -> Result<Vec<u8>, Stop> {
    let range = cursor.stretch(length, cursor.at())?;
    Ok(cursor.slice(range).to_vec())
}

fn extension(cursor: &mut Cursor<'_>, length: u64) -> Result<Value, Stop> {
    let kind = i8::from_be_bytes(cursor.array()?);
    let content = stretch(cursor, length)?;
    let time = (kind == -1).then(|| timestamp(&content)).flatten();
    // Times outside the calendar are shown in another notation.
    if let Some(time) = time.filter(|time| time.ends_with('Z')) {
        let text = Item::new(Value::String(time.into_bytes()), 0..0);
        return Ok(Value::Call("timestamp".to_owned(), vec![text]));
    }
    let kind = Item::new(Value::Number(kind.to_string()), 0..0);
    let content = Item::new(Value::Bytes(content), 0..0);
    Ok(Value::Call("ext".to_owned(), vec![kind, content]))
}

/// Writes `new`. What is the same in `old` keeps its bytes, and the rest takes the form it has
/// there.
pub(super) fn write(new: &Item, old: Option<Guide<'_>>, out: &mut Vec<u8>) -> Result<(), Wrong> {
    if let Some(raw) = unchanged(new, old) {
        out.extend(raw);
        return Ok(());
    }
    let marker = old.map(Guide::first);
    match &new.value {
        Value::Word("null") => out.push(0xc0),
        Value::Word("false") => out.push(0xc2),
        Value::Word("true") => out.push(0xc3),
        Value::Word(word) => return new.wrong(format!("MessagePack has no {word}: write null")),
        Value::Number(digits) => write_number(new, digits, old, out)?,
        Value::String(text) => write_stretch(&STRING, text, old, out),
        Value::Bytes(bytes) => write_stretch(&BYTES, bytes, old, out),
        Value::Call(name, items) => write_extension(new, (name, items), marker, out)?,
        Value::Array(items) => {
            let olds = old.and_then(Guide::elements).unwrap_or_default();
            write_header(
                &ARRAY,
                items.len(),
                old.map(|old| (old.first(), olds.len())),
                out,
            );
            for (item, like) in items.iter().zip(pair_elements(items, olds)) {
                let like = old.zip(like.and_then(|index| olds.get(index)));
                write(item, like.map(|(old, like)| old.at(like)), out)?;
            }
        }
        Value::Object(members) => {
            let olds = old.and_then(Guide::members).unwrap_or_default();
            write_header(
                &MAP,
                members.len(),
                old.map(|old| (old.first(), olds.len())),
                out,
            );
            for ((key, value), like) in members.iter().zip(pair_members(members, olds)) {
                let like = old.zip(like.and_then(|index| olds.get(index)));
                write(key, like.map(|(old, (key, _))| old.at(key)), out)?;
                write(value, like.map(|(old, (_, value))| old.at(value)), out)?;
            }
        }
        Value::Nested(mark, _) => return new.wrong(format!("{mark} is not expected here")),
    }
    Ok(())
}

fn write_stretch(sized: &Sized, content: &[u8], old: Option<Guide<'_>>, out: &mut Vec<u8>) {
    let old = old.and_then(|old| match &old.item.value {
        Value::String(text) | Value::Bytes(text) => Some((old.first(), text.len())),
        _ => None,
    });
    write_header(sized, content.len(), old, out);
    out.extend(content);
}

/// Writes the header of something of this length: the shortest one or, if that of the old value,
/// with its length, was longer than needed, one of the same size.
fn write_header(sized: &Sized, length: usize, old: Option<(u8, usize)>, out: &mut Vec<u8>) {
    let old = old.and_then(|(marker, length)| {
        let width = sized.markers.iter().position(|one| *one == Some(marker))?;
        (sized.width(length) != Some(width)).then_some(width)
    });
    let least = sized.width(length);
    let width = least.max(old);
    match (width, sized.short) {
        (None, Some((first, _))) => out.push(first | u8::try_from(length).unwrap_or_default()),
        (width, _) => {
            let width = width.unwrap_or_default();
            out.extend(sized.markers[width]);
            push_number(length as u64, width, out);
        }
    }
}

impl Sized {
    /// Returns which header is the shortest for a length: the index of its marker, or `None` if the
    /// length is in the first byte.
    fn width(&self, length: usize) -> Option<usize> {
        if self.short.is_some_and(|(_, most)| length <= most) {
            return None;
        }
        let fits = |width: usize| length >> (8 << width).min(usize::BITS - 1) == 0;
        (0..3).find(|width| self.markers[*width].is_some() && (*width == 2 || fits(*width)))
    }
}

/// Writes the lowest one, two, four or eight bytes of a number.
fn push_number(number: u64, width: usize, out: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    out.extend(&bytes[8 - (1 << width)..]);
}

fn write_number(
    new: &Item,
    digits: &str,
    old: Option<Guide<'_>>,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let marker = old.map(Guide::first);
    let number = integer(digits).filter(|_| !matches!(marker, Some(0xca | 0xcb)));
    let Some(number) = number else {
        return write_float(new, digits, marker, out);
    };
    let Ok(number) = number else {
        return new.wrong("integer out of range: MessagePack has 64 bits");
    };
    let before = old.and_then(|old| match &old.item.value {
        Value::Number(digits) => integer(digits)?.ok(),
        _ => None,
    });
    let is_signed = matches!(marker, Some(0xd0..=0xd3)) && before.is_some_and(|old| old >= 0);
    let Some(least) = integer_marker(number, is_signed) else {
        return new.wrong("integer out of range: MessagePack has 64 bits");
    };
    // The old width is kept if it was larger than needed, as some encoders write one width only.
    let kept = marker.filter(|marker| {
        let was_least = before.and_then(|old| integer_marker(old, is_signed));
        was_least != Some(*marker) && holds(*marker, number)
    });
    let marker = kept.unwrap_or(least);
    out.push(marker);
    if matches!(marker, 0xcc..=0xd3) {
        let bytes = number.to_be_bytes();
        out.extend(&bytes[bytes.len() - (1 << (marker & 3))..]);
    }
    Ok(())
}

/// Returns the first byte of the shortest encoding of an integer.
fn integer_marker(integer: i128, is_signed: bool) -> Option<u8> {
    if let Ok(small) = i8::try_from(integer)
        && small >= -32
    {
        return Some(small.to_be_bytes()[0]);
    }
    let unsigned = 0xcc..=0xcf;
    let signed = 0xd0..=0xd3;
    let mut markers = match integer {
        0.. if !is_signed => unsigned.chain(0..=0),
        _ => signed.chain(0..=0),
    };
    markers.find(|marker| *marker != 0 && holds(*marker, integer))
}

/// Returns whether an integer fits the size that this first byte stands for.
fn holds(marker: u8, integer: i128) -> bool {
    let bits = 8 << (marker & 3);
    match marker {
        0xcc..=0xcf => (0..1 << bits).contains(&integer),
        0xd0..=0xd3 => (-1 << (bits - 1)..1 << (bits - 1)).contains(&integer),
        _ => false,
    }
}

fn write_float(
    new: &Item,
    digits: &str,
    marker: Option<u8>,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    match float(new, digits)? {
        (_, Some(single)) if marker == Some(0xca) => {
            out.push(0xca);
            out.extend(single.to_be_bytes());
        }
        (double, _) => {
            out.push(0xcb);
            out.extend(double.to_be_bytes());
        }
    }
    Ok(())
}

fn write_extension(
    new: &Item,
    (name, items): (&str, &[Item]),
    marker: Option<u8>,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let (kind, content) = match (name, items) {
        (
            "timestamp",
            [
                Item {
                    value: Value::String(text),
                    ..
                },
            ],
        ) => (-1, timestamp_bytes(text, marker).ok_or(())),
        (
            "ext",
            [
                Item {
                    value: Value::Number(kind),
                    ..
                },
                Item {
                    value: Value::Bytes(bytes),
                    ..
                },
            ],
        ) => match kind.parse::<i8>() {
            Ok(kind) => (kind, Ok(bytes.clone())),
            Err(_) => return new.wrong("the type of an extension is -128 to 127"),
        },
        _ => {
            return new.wrong(format!(
                "{name}(…) is not a MessagePack value: write ext(5, h'00') or timestamp(\"…Z\")"
            ));
        }
    };
    let Ok(content) = content else {
        return new.wrong("write the time as \"2026-01-31T12:00:00.5Z\"");
    };
    let width = [1, 2, 4, 8, 16]
        .iter()
        .position(|size| *size == content.len());
    match width.filter(|_| !matches!(marker, Some(0xc7..=0xc9))) {
        Some(width) => out.push(0xd4 + u8::try_from(width).unwrap_or_default()),
        None => write_header(&EXTENSION, content.len(), None, out),
    }
    out.extend(kind.to_be_bytes());
    out.extend(content);
    Ok(())
}

/// Encodes a time in the least space, or in twelve bytes if the old one, with this first byte, has
/// as many.
fn timestamp_bytes(text: &[u8], marker: Option<u8>) -> Option<Vec<u8>> {
    let passed = time::utc(text)?;
    let (mut seconds, mut nanoseconds) = (passed.as_secs(), passed.subsec_nanos());
    if nanoseconds < 0 {
        (seconds, nanoseconds) = (seconds - 1, nanoseconds + 1_000_000_000);
    }
    let nanoseconds = u32::try_from(nanoseconds).ok()?;
    Some(match (u32::try_from(seconds), u64::try_from(seconds)) {
        (Ok(seconds), _) if nanoseconds == 0 && !matches!(marker, Some(0xc7..=0xc9 | 0xd7)) => {
            seconds.to_be_bytes().to_vec()
        }
        (_, Ok(seconds)) if seconds < 1 << 34 && !matches!(marker, Some(0xc7..=0xc9)) => {
            (u64::from(nanoseconds) << 34 | seconds)
                .to_be_bytes()
                .to_vec()
        }
        _ => [&nanoseconds.to_be_bytes()[..], &seconds.to_be_bytes()].concat(),
    })
}
