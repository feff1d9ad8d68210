//! Reading and writing CBOR.

use num_bigint::BigInt;

use super::item::{Guide, Item, Member, Value, Wrong, unchanged};
use super::number::{float, integer};
use super::pairing::{pair_elements, pair_members};
use crate::payload::cbor::number::{half, tagged};
use crate::payload::cbor::{Head, chunks};
use crate::payload::decimal::{decimal, decimal_f32};
use crate::payload::reading::{Cursor, Stop};

/// The lower five bits of the first byte of something of indefinite length.
const INDEFINITE: u8 = 31;

/// The end of something of indefinite length.
const BREAK: u8 = 0xff;

/// Reads one data item. `bytes` are known to be one; its depth is limited.
pub(super) fn read(bytes: &[u8]) -> Option<Item> {
    let mut cursor = Cursor::new(bytes);
    let item = item(&mut cursor).ok()?;
    (cursor.left() == 0).then_some(item)
}

fn item(cursor: &mut Cursor<'_>) -> Result<Item, Stop> {
    let head = Head::take(cursor)?;
    let start = head.start;
    let value = match (head.major, head.argument) {
        (0, Some(number)) => Value::Number(number.to_string()),
        (1, Some(number)) => Value::Number((-1 - i128::from(number)).to_string()),
        (2 | 3, length) => {
            let content = match length {
                Some(length) => {
                    let range = cursor.stretch(length, start)?;
                    cursor.slice(range).to_vec()
                }
                None => chunks(cursor, head.major)?.0,
            };
            match head.major {
                2 => Value::Bytes(content),
                _ => Value::String(content),
            }
        }
        (4, Some(count)) => {
            let items = (0..count).map(|_| item(cursor));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        (5, Some(count)) => {
            let members = (0..count).map(|_| Ok((item(cursor)?, item(cursor)?)));
            Value::Object(members.collect::<Result<Vec<Member>, _>>()?)
        }
        (4, None) => {
            let mut items = Vec::new();
            while !at_break(cursor)? {
                items.push(item(cursor)?);
            }
            Value::Array(items)
        }
        (5, None) => {
            let mut members = Vec::new();
            while !at_break(cursor)? {
                members.push((item(cursor)?, item(cursor)?));
            }
            Value::Object(members)
        }
        (6, Some(tag)) => {
            let mut ahead = cursor.clone();
            match tagged(tag, &mut ahead) {
                Some(digits) => {
                    *cursor = ahead;
                    Value::Number(digits)
                }
                None => Value::Call(tag.to_string(), vec![item(cursor)?]),
            }
        }
        (7, Some(argument)) => simple(head.info, argument),
        _ => return Err(Stop::wrong("invalid initial byte", start)),
    };
    Ok(Item::new(value, start..cursor.at()))
}

/// Takes a break, if it is next.
fn at_break(cursor: &mut Cursor<'_>) -> Result<bool, Stop> {
    let mut ahead = cursor.clone();
    let is_next = ahead.byte()? == BREAK;
    if is_next {
        *cursor = ahead;
    }
    Ok(is_next)
}

fn simple(info: u8, argument: u64) -> Value {
    let single = u32::try_from(argument).unwrap_or_default();
    match info {
        20 => Value::Word("false"),
        21 => Value::Word("true"),
        22 => Value::Word("null"),
        23 => Value::Word("undefined"),
        25 => Value::Number(decimal_f32(half(argument))),
        26 => Value::Number(decimal_f32(f32::from_bits(single))),
        27 => Value::Number(decimal(f64::from_bits(argument))),
        _ => {
            let number = Item::new(Value::Number(argument.to_string()), 0..0);
            Value::Call("simple".to_owned(), vec![number])
        }
    }
}

/// Writes `new`. What is the same in `old` keeps its bytes, and the rest takes the form it has
/// there.
pub(super) fn write(new: &Item, old: Option<Guide<'_>>, out: &mut Vec<u8>) -> Result<(), Wrong> {
    if let Some(raw) = unchanged(new, old) {
        out.extend(raw);
        return Ok(());
    }
    match &new.value {
        Value::Word("false") => out.push(0xf4),
        Value::Word("true") => out.push(0xf5),
        Value::Word("undefined") => out.push(0xf7),
        Value::Word(_) => out.push(0xf6),
        Value::Number(digits) => write_number(new, digits, old, out)?,
        Value::String(text) => write_string(3, text, old, out),
        Value::Bytes(bytes) => write_string(2, bytes, old, out),
        Value::Call(name, items) => write_call(new, (name, items), old, out)?,
        Value::Array(items) => {
            let olds = old.and_then(Guide::elements).unwrap_or_default();
            let is_open = write_count(4, items.len(), old, out);
            for (item, like) in items.iter().zip(pair_elements(items, olds)) {
                let like = old.zip(like.and_then(|index| olds.get(index)));
                write(item, like.map(|(old, like)| old.at(like)), out)?;
            }
            out.extend(is_open.then_some(BREAK));
        }
        Value::Object(members) => {
            let olds = old.and_then(Guide::members).unwrap_or_default();
            let is_open = write_count(5, members.len(), old, out);
            for ((key, value), like) in members.iter().zip(pair_members(members, olds)) {
                let like = old.zip(like.and_then(|index| olds.get(index)));
                write(key, like.map(|(old, (key, _))| old.at(key)), out)?;
                write(value, like.map(|(old, (_, value))| old.at(value)), out)?;
            }
            out.extend(is_open.then_some(BREAK));
        }
        Value::Nested(mark, _) => return new.wrong(format!("{mark} is not expected here")),
    }
    Ok(())
}

/// Returns the head of the old value, if it has this major type.
fn head(old: Option<Guide<'_>>, major: u8) -> Option<Head> {
    let head = Head::take(&mut Cursor::new(old?.raw())).ok()?;
    (head.major == major).then_some(head)
}

/// Writes the shortest head for an argument or, if the old one was longer than needed, one of the
/// same size.
fn write_head(major: u8, argument: u64, old: Option<&Head>, out: &mut Vec<u8>) {
    let old = old.and_then(|head| {
        let least = width(head.argument?);
        (head.info > 23 && head.info != least).then_some(head.info)
    });
    let info = width(argument).max(old.unwrap_or_default());
    out.push(major << 5 | info);
    if info > 23 {
        let bytes = argument.to_be_bytes();
        out.extend(&bytes[bytes.len() - (1 << (info - 24))..]);
    }
}

/// Returns the lower five bits of the first byte of the shortest head for an argument.
fn width(argument: u64) -> u8 {
    match argument {
        0..24 => argument.to_be_bytes()[7],
        24..0x100 => 24,
        0x100..0x1_0000 => 25,
        0x1_0000..0x1_0000_0000 => 26,
        _ => 27,
    }
}

/// Writes the head of an array or map. Returns whether its length is indefinite, as it was.
fn write_count(major: u8, count: usize, old: Option<Guide<'_>>, out: &mut Vec<u8>) -> bool {
    let old = head(old, major);
    let is_open = old.as_ref().is_some_and(|old| old.info == INDEFINITE);
    if is_open {
        out.push(major << 5 | INDEFINITE);
    } else {
        write_head(major, count as u64, old.as_ref(), out);
    }
    is_open
}

/// Writes a string: in one chunk, if the old one had chunks.
fn write_string(major: u8, content: &[u8], old: Option<Guide<'_>>, out: &mut Vec<u8>) {
    let old = head(old, major);
    let is_open = old.as_ref().is_some_and(|old| old.info == INDEFINITE);
    out.extend(is_open.then_some(major << 5 | INDEFINITE));
    let closed = old.as_ref().filter(|_| !is_open);
    write_head(major, content.len() as u64, closed, out);
    out.extend(content);
    out.extend(is_open.then_some(BREAK));
}

fn write_number(
    new: &Item,
    digits: &str,
    old: Option<Guide<'_>>,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let old = old.filter(|old| matches!(old.item.value, Value::Number(_)));
    let old_first = old.map_or(0, Guide::first);
    if old_first == 0xc4
        && let Some((exponent, mantissa)) = decimal_fraction(digits)
    {
        out.extend([0xc4, 0x82]);
        write_integer(&exponent, None, out);
        write_integer(&mantissa, None, out);
        return Ok(());
    }
    let is_float = matches!(old_first, 0xf9..=0xfb);
    let Some(Ok(_)) = integer(digits).filter(|_| !is_float) else {
        if integer(digits).is_some() && !is_float {
            return write_big(new, digits, out);
        }
        return write_float(new, digits, old_first, out);
    };
    if matches!(old_first, 0xc2 | 0xc3) {
        return write_big(new, digits, out);
    }
    let number: BigInt = digits.parse().unwrap_or_default();
    write_integer(&number, old, out);
    Ok(())
}

/// Writes an integer of any size, as a bignum if it needs more than 64 bits.
fn write_integer(number: &BigInt, old: Option<Guide<'_>>, out: &mut Vec<u8>) {
    if let Ok(number) = u64::try_from(number) {
        return write_head(0, number, head(old, 0).as_ref(), out);
    }
    if let Ok(number) = u64::try_from(-1 - number) {
        return write_head(1, number, head(old, 1).as_ref(), out);
    }
    write_bignum(number, out);
}

fn write_big(new: &Item, digits: &str, out: &mut Vec<u8>) -> Result<(), Wrong> {
    // The time to convert digits grows quadratically.
    if digits.len() > 600 {
        return new.wrong("integer out of range: at most 600 digits");
    }
    let number: BigInt = digits.parse().unwrap_or_default();
    write_bignum(&number, out);
    Ok(())
}

fn write_bignum(number: &BigInt, out: &mut Vec<u8>) {
    let is_negative = number.sign() == num_bigint::Sign::Minus;
    let magnitude: BigInt = if is_negative {
        -1 - number
    } else {
        number.clone()
    };
    let (_, bytes) = magnitude.to_bytes_be();
    out.push(if is_negative { 0xc3 } else { 0xc2 });
    write_string(2, &bytes, None, out);
}

/// Splits a number into its exponent and its mantissa: `1.25` into -2 and 125.
fn decimal_fraction(digits: &str) -> Option<(BigInt, BigInt)> {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i64 = exponent.parse().ok()?;
    let exponent = exponent.checked_sub(i64::try_from(part.len()).ok()?)?;
    let mantissa: BigInt = [whole, part].concat().parse().ok()?;
    (digits.len() <= 600).then_some((exponent.into(), mantissa))
}

/// Writes a float in the size of the old one, with this first byte, if it is shown with the same
/// digits.
fn write_float(new: &Item, digits: &str, old_first: u8, out: &mut Vec<u8>) -> Result<(), Wrong> {
    let (double, single) = float(new, digits)?;
    let short = single.filter(|_| old_first == 0xf9).and_then(half_bits);
    match (short, single) {
        (Some(bits), _) => {
            out.push(0xf9);
            out.extend(bits.to_be_bytes());
        }
        (None, Some(single)) if matches!(old_first, 0xf9 | 0xfa) => {
            out.push(0xfa);
            out.extend(single.to_be_bytes());
        }
        _ => {
            out.push(0xfb);
            out.extend(double.to_be_bytes());
        }
    }
    Ok(())
}

/// Returns a number as a float of half precision (binary16), if it is one exactly.
fn half_bits(number: f32) -> Option<u16> {
    const INFINITE: u16 = 0x7c00;
    if number.is_nan() {
        return Some(0x7e00);
    }
    let sign = u16::from(number.is_sign_negative()) << 15;
    let of = |bits: u16| half(bits.into());
    let (mut low, mut high) = (0, INFINITE);
    while low < high {
        let middle = low.midpoint(high);
        if of(middle) < number.abs() {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let is_exact = of(low).to_bits() == number.abs().to_bits();
    is_exact.then_some(sign | low)
}

/// Writes a tag with its content, or a simple value.
fn write_call(
    new: &Item,
    (name, items): (&str, &[Item]),
    old: Option<Guide<'_>>,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let number = match items {
        [
            Item {
                value: Value::Number(number),
                ..
            },
        ] if name == "simple" => number,
        _ => name,
    };
    match (number.parse::<u64>(), items) {
        (Ok(number @ (0..20 | 32..256)), _) if name == "simple" => {
            write_head(7, number, None, out);
            Ok(())
        }
        (Ok(tag), [content]) if name != "simple" => {
            let old_head = head(old, 6);
            write_head(6, tag, old_head.as_ref(), out);
            let inner = old.and_then(|old| match &old.item.value {
                Value::Call(_, items) => Some(old.at(items.first()?)),
                _ => None,
            });
            write(content, inner, out)
        }
        _ => new.wrong(format!(
            "{name}(…) is not a CBOR value: write a tag as 32(\"…\"), a simple value as simple(99)"
        )),
    }
}
