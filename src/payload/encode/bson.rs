//! Reading and writing BSON. Types that JSON lacks are called as in the `MongoDB` shell.

use std::fmt::Write as _;

use super::item::{Guide, Item, Value, Wrong, unchanged};
use super::number::{float, integer};
use super::pairing::{pair_elements, pair_members};
use super::time;
use crate::payload::decimal::decimal;
use crate::payload::hex;
use crate::payload::objects::{bson, epoch};
use crate::payload::reading::{Cursor, Stop};

const CALLS: &str = "write ObjectId(\"…\"), ISODate(\"…Z\"), UUID(\"…\"), NumberDecimal(\"1.5\"), \
                     Timestamp(1, 2), regex(\"…\", \"i\"), binary(128, h'00'), symbol(\"…\"), \
                     code(\"…\"), MinKey() or MaxKey()";

/// Reads a document. `bytes` are known to be one; its depth is limited.
pub(super) fn read(bytes: &[u8]) -> Option<Item> {
    let mut cursor = Cursor::new(bytes);
    let value = document(&mut cursor, false).ok()?;
    (cursor.left() == 0).then_some(Item::new(value, 0..bytes.len()))
}

/// Takes a document. The range of each value begins with its type and its name.
fn document(cursor: &mut Cursor<'_>, is_array: bool) -> Result<Value, Stop> {
    cursor.array::<4>()?;
    let mut members = Vec::new();
    loop {
        let start = cursor.at();
        let kind = cursor.byte()?;
        if kind == 0 {
            break;
        }
        let name = cursor.until(0)?;
        let name = Item::new(
            Value::String(cursor.slice(name).to_vec()),
            start..cursor.at(),
        );
        let value = value(cursor, kind)?;
        members.push((name, Item::new(value, start..cursor.at())));
    }
    if !is_array {
        return Ok(Value::Object(members));
    }
    let items = members
        .into_iter()
        .enumerate()
        .map(|(index, (name, item))| {
            let is_in_order = name.as_string() == Some(index.to_string().as_bytes());
            let wrong = || Stop::wrong("array out of order", item.range.start);
            is_in_order.then_some(()).ok_or_else(wrong)?;
            Ok(item)
        });
    Ok(Value::Array(items.collect::<Result<_, Stop>>()?))
}

fn value(cursor: &mut Cursor<'_>, kind: u8) -> Result<Value, Stop> {
    Ok(match kind {
        0x01 => Value::Number(decimal(f64::from_le_bytes(cursor.array()?))),
        0x02 => Value::String(string(cursor)?),
        0x03 => document(cursor, false)?,
        0x04 => document(cursor, true)?,
        0x05 => binary(cursor)?,
        0x06 => Value::Word("undefined"),
        0x07 => call("ObjectId", [digits(&cursor.array::<12>()?)]),
        0x08 => Value::Word(if cursor.byte()? == 0 { "false" } else { "true" }),
        0x09 => {
            let milliseconds = i64::from_le_bytes(cursor.array()?);
            let time = epoch::milliseconds(milliseconds);
            let time = time.map(|time| Value::String(time.into_bytes()));
            let otherwise = || Value::Number(milliseconds.to_string());
            call("ISODate", [time.unwrap_or_else(otherwise)])
        }
        0x0a => Value::Word("null"),
        0x0b => {
            let (pattern, flags) = (cursor.until(0)?, cursor.until(0)?);
            let parts = [pattern, flags].map(|range| cursor.slice(range).to_vec());
            call("regex", parts.map(Value::String))
        }
        0x0c => {
            let collection = Value::String(string(cursor)?);
            call("DBPointer", [collection, digits(&cursor.array::<12>()?)])
        }
        0x0d => call("code", [Value::String(string(cursor)?)]),
        0x0e => call("symbol", [Value::String(string(cursor)?)]),
        0x0f => {
            cursor.array::<4>()?;
            let text = Value::String(string(cursor)?);
            call("code", [text, document(cursor, false)?])
        }
        0x10 => Value::Number(i32::from_le_bytes(cursor.array()?).to_string()),
        0x11 => {
            let increment = u32::from_le_bytes(cursor.array()?);
            let seconds = u32::from_le_bytes(cursor.array()?);
            let numbers = [seconds, increment].map(|number| Value::Number(number.to_string()));
            call("Timestamp", numbers)
        }
        0x12 => Value::Number(i64::from_le_bytes(cursor.array()?).to_string()),
        0x13 => {
            let number = bson::decimal128_digits(u128::from_le_bytes(cursor.array()?));
            call("NumberDecimal", [Value::String(number.into_bytes())])
        }
        0x7f => call("MaxKey", []),
        0xff => call("MinKey", []),
        _ => return Err(Stop::wrong("unknown type", cursor.at())),
    })
}

fn call<const N: usize>(name: &str, values: [Value; N]) -> Value {
    let items = values.map(|value| Item::new(value, 0..0));
    Value::Call(name.to_owned(), items.into())
}

fn digits(bytes: &[u8]) -> Value {
    Value::String(hex::digits(bytes).collect())
}

fn string(cursor: &mut Cursor<'_>) -> Result<Vec<u8>, Stop> {
    let at = cursor.at();
    let length = u32::from_le_bytes(cursor.array()?);
    let range = cursor.stretch(u64::from(length).saturating_sub(1), at)?;
    cursor.expect(0)?;
    Ok(cursor.slice(range).to_vec())
}

fn binary(cursor: &mut Cursor<'_>) -> Result<Value, Stop> {
    let at = cursor.at();
    let length = u32::from_le_bytes(cursor.array()?);
    let subtype = cursor.byte()?;
    let range = cursor.stretch(length.into(), at)?;
    let bytes = cursor.slice(range);
    Ok(match (subtype, bytes.len()) {
        (0, _) => Value::Bytes(bytes.to_vec()),
        (4, 16) => {
            let mut text = String::new();
            for (index, byte) in bytes.iter().enumerate() {
                let dash = if matches!(index, 4 | 6 | 8 | 10) {
                    "-"
                } else {
                    ""
                };
                // Writing to a string cannot fail.
                let _ = write!(text, "{dash}{byte:02x}");
            }
            call("UUID", [Value::String(text.into_bytes())])
        }
        _ => {
            let subtype = Value::Number(subtype.to_string());
            call("binary", [subtype, Value::Bytes(bytes.to_vec())])
        }
    })
}

/// Writes a document. What is the same in `old` keeps its bytes, and numbers keep their types.
pub(super) fn write(new: &Item, old: Option<Guide<'_>>, out: &mut Vec<u8>) -> Result<(), Wrong> {
    if !matches!(new.value, Value::Object(_)) {
        return new.wrong("BSON is an object");
    }
    out.extend(encoded(new, old)?.1);
    Ok(())
}

/// Returns a document of elements.
fn written(elements: &[u8]) -> Vec<u8> {
    let length = u32::try_from(elements.len() + 5).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], elements, &[0]].concat()
}

/// Writes an element: the type, the name and the value.
fn write_element(
    name: &[u8],
    new: &Item,
    old: Option<Guide<'_>>,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let (kind, content) = match unchanged(new, old) {
        Some([kind, rest @ ..]) => (*kind, content(rest).to_vec()),
        _ => encoded(new, old)?,
    };
    out.push(kind);
    out.extend(name);
    out.push(0);
    out.extend(content);
    Ok(())
}

/// Returns the value of an element, after its type.
fn content(rest: &[u8]) -> &[u8] {
    let name = rest.iter().position(|byte| *byte == 0);
    name.and_then(|end| rest.get(end + 1..)).unwrap_or_default()
}

/// Returns the type and the bytes of a value.
fn encoded(new: &Item, old: Option<Guide<'_>>) -> Result<(u8, Vec<u8>), Wrong> {
    Ok(match &new.value {
        Value::Word("null") => (0x0a, Vec::new()),
        Value::Word("undefined") => (0x06, Vec::new()),
        Value::Word(word) => (0x08, vec![u8::from(*word == "true")]),
        Value::Number(digits) => write_number(new, digits, old)?,
        Value::String(text) => (0x02, with_length(text)),
        Value::Bytes(bytes) => (0x05, with_subtype(0, bytes)),
        Value::Array(items) => {
            let olds = old.and_then(Guide::elements).unwrap_or_default();
            let mut elements = Vec::new();
            for (index, (item, like)) in items.iter().zip(pair_elements(items, olds)).enumerate() {
                let like = old.zip(like.and_then(|index| olds.get(index)));
                let like = like.map(|(old, like)| old.at(like));
                write_element(index.to_string().as_bytes(), item, like, &mut elements)?;
            }
            (0x04, written(&elements))
        }
        Value::Object(members) => {
            let olds = old.and_then(Guide::members).unwrap_or_default();
            let mut elements = Vec::new();
            for ((key, value), like) in members.iter().zip(pair_members(members, olds)) {
                let like = old.zip(like.and_then(|index| olds.get(index)));
                let like = like.map(|(old, (_, like))| old.at(like));
                let Some(name) = key.as_string().filter(|name| !name.contains(&0)) else {
                    return key.wrong("names in BSON are strings without a NUL");
                };
                write_element(name, value, like, &mut elements)?;
            }
            (0x03, written(&elements))
        }
        Value::Call(name, items) => write_call(new, name, items)?,
        Value::Nested(mark, _) => return new.wrong(format!("{mark} is not expected here")),
    })
}

fn write_number(new: &Item, digits: &str, old: Option<Guide<'_>>) -> Result<(u8, Vec<u8>), Wrong> {
    let old = old.filter(|old| matches!(old.item.value, Value::Number(_)));
    let old_kind = old.map(Guide::first);
    let Some(number) = integer(digits).filter(|_| old_kind != Some(0x01)) else {
        return Ok((0x01, float(new, digits)?.0.to_le_bytes().into()));
    };
    let number = number.ok().and_then(|number| i64::try_from(number).ok());
    let Some(number) = number else {
        return new.wrong("integer out of range: BSON has 64 bits; write NumberDecimal(\"…\")");
    };
    Ok(match i32::try_from(number) {
        Ok(short) if old_kind != Some(0x12) => (0x10, short.to_le_bytes().into()),
        _ => (0x12, number.to_le_bytes().into()),
    })
}

fn with_length(text: &[u8]) -> Vec<u8> {
    let length = u32::try_from(text.len() + 1).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], text, &[0]].concat()
}

fn with_subtype(subtype: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], &[subtype], bytes].concat()
}

/// Encodes a value that JSON has no form for.
fn write_call(new: &Item, name: &str, items: &[Item]) -> Result<(u8, Vec<u8>), Wrong> {
    let values: Vec<&Value> = items.iter().map(|item| &item.value).collect();
    let encoded = match (name, &values[..]) {
        ("ObjectId", [Value::String(id)]) => bytes_of(id, 12).map(|id| (0x07, id)),
        ("UUID", [Value::String(text)]) => {
            let text: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'-').collect();
            bytes_of(&text, 16).map(|bytes| (0x05, with_subtype(4, &bytes)))
        }
        ("ISODate", [Value::String(text)]) => {
            milliseconds(text).map(|milliseconds| (0x09, milliseconds.to_le_bytes().into()))
        }
        ("ISODate", [Value::Number(number)]) => {
            let number: Option<i64> = number.parse().ok();
            number.map(|number| (0x09, number.to_le_bytes().into()))
        }
        ("NumberDecimal", [Value::String(text)]) => {
            let text = String::from_utf8_lossy(text);
            bson::decimal128_bits(&text).map(|bits| (0x13, bits.to_le_bytes().into()))
        }
        ("regex", [Value::String(pattern), Value::String(flags)]) => {
            let has_zero = pattern.contains(&0) || flags.contains(&0);
            let regex = [pattern, &[0][..], flags, &[0]].concat();
            (!has_zero).then_some((0x0b, regex))
        }
        ("Timestamp", [Value::Number(seconds), Value::Number(increment)]) => {
            let numbers = [increment, seconds].map(|number| number.parse::<u32>());
            match numbers {
                [Ok(increment), Ok(seconds)] => {
                    let bytes = [increment.to_le_bytes(), seconds.to_le_bytes()].concat();
                    Some((0x11, bytes))
                }
                _ => None,
            }
        }
        ("binary", [Value::Number(subtype), Value::Bytes(bytes)]) => {
            let subtype = subtype.parse().ok();
            subtype.map(|subtype| (0x05, with_subtype(subtype, bytes)))
        }
        ("symbol", [Value::String(text)]) => Some((0x0e, with_length(text))),
        ("code", [Value::String(text)]) => Some((0x0d, with_length(text))),
        ("code", [Value::String(text), Value::Object(_)]) => {
            let (_, scope) = encoded(&items[1], None)?;
            let inner = [with_length(text), scope].concat();
            let length = u32::try_from(inner.len() + 4).unwrap_or(u32::MAX);
            Some((0x0f, [&length.to_le_bytes()[..], &inner].concat()))
        }
        ("DBPointer", [Value::String(collection), Value::String(id)]) => {
            bytes_of(id, 12).map(|id| (0x0c, [with_length(collection), id].concat()))
        }
        ("MinKey", []) => Some((0xff, Vec::new())),
        ("MaxKey", []) => Some((0x7f, Vec::new())),
        _ => None,
    };
    match encoded {
        Some(encoded) => Ok(encoded),
        None => new.wrong(format!("not a BSON value: {CALLS}")),
    }
}

/// Parses `count` bytes in hexadecimal digits.
fn bytes_of(digits: &[u8], count: usize) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    let bytes: Vec<u8> = bytes.collect::<Option<_>>()?;
    (bytes.len() == count).then_some(bytes)
}

/// Parses a time in whole milliseconds.
fn milliseconds(text: &[u8]) -> Option<i64> {
    let passed = time::utc(text)?;
    let is_whole = passed.subsec_nanos() % 1_000_000 == 0;
    is_whole.then(|| i64::try_from(passed.as_millis()).ok())?
}
