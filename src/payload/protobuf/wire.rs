//! The wire format of messages.

use std::ops::Range;

use crate::payload::reading::{Cursor, Stop};
use crate::payload::tree::MAX_DEPTH;

/// The largest field number.
const MAX_NUMBER: u64 = (1 << 29) - 1;

/// The contents of a field, by its wire type.
#[derive(Clone, Debug)]
pub(super) enum Wire {
    /// A varint.
    Varint(u64),
    /// Eight bytes, as a number.
    Fixed64(u64),
    /// Four bytes, as a number.
    Fixed32(u32),
    /// A length-delimited range of bytes: a text, a message, packed numbers.
    Stretch(Range<usize>),
    /// The range of fields between the tags of a group.
    Group(Range<usize>),
}

/// A field of a message.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub number: u32,
    pub wire: Wire,
    /// The position of the field, including its tag.
    pub source: Range<usize>,
}

/// The tag of a field: its number and wire type.
struct Mark {
    number: u32,
    wire_type: u64,
    start: usize,
}

/// Takes the next field.
pub(super) fn field(cursor: &mut Cursor<'_>) -> Result<Field, Stop> {
    let mark = mark(cursor)?;
    let wire = match mark.wire_type {
        0 => Wire::Varint(varint(cursor)?),
        1 => Wire::Fixed64(fixed64(cursor)?),
        2 => {
            let length = varint(cursor)?;
            Wire::Stretch(cursor.stretch(length, mark.start)?)
        }
        3 => Wire::Group(group(cursor, &mark)?),
        4 => {
            return Err(Stop::wrong(
                "end of a group that was not started",
                mark.start,
            ));
        }
        5 => Wire::Fixed32(fixed32(cursor)?),
        other => return Err(no_wire_type(other, mark.start)),
    };
    Ok(Field {
        number: mark.number,
        wire,
        source: mark.start..cursor.at(),
    })
}

/// Returns whether `range` consists of one or more fields.
pub(super) fn is_message(bytes: &[u8], range: Range<usize>) -> bool {
    let mut cursor = Cursor::within(bytes, range);
    let is_empty = cursor.left() == 0;
    while cursor.left() > 0 {
        if field(&mut cursor).is_err() {
            return false;
        }
    }
    !is_empty
}

/// Takes a varint.
pub(super) fn varint(cursor: &mut Cursor<'_>) -> Result<u64, Stop> {
    let start = cursor.at();
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = cursor.byte()?;
        let digit = u64::from(byte & 0x7f);
        if shift == 63 && digit > 1 {
            break;
        }
        number |= digit << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(Stop::wrong("varint over 64 bits", start))
}

/// Takes eight bytes.
pub(super) fn fixed64(cursor: &mut Cursor<'_>) -> Result<u64, Stop> {
    Ok(u64::from_le_bytes(cursor.array()?))
}

/// Takes four bytes.
pub(super) fn fixed32(cursor: &mut Cursor<'_>) -> Result<u32, Stop> {
    Ok(u32::from_le_bytes(cursor.array()?))
}

fn mark(cursor: &mut Cursor<'_>) -> Result<Mark, Stop> {
    let start = cursor.at();
    let both = varint(cursor)?;
    let number = both >> 3;
    match u32::try_from(number) {
        Ok(number) if (1..=MAX_NUMBER).contains(&u64::from(number)) => Ok(Mark {
            number,
            wire_type: both & 7,
            start,
        }),
        _ => Err(Stop::wrong(format!("invalid field number {number}"), start)),
    }
}

/// Takes the rest of a group after its tag. Returns the range of its fields.
fn group(cursor: &mut Cursor<'_>, opened: &Mark) -> Result<Range<usize>, Stop> {
    let start = cursor.at();
    let mut open = vec![opened.number];
    loop {
        let mark = mark(cursor)?;
        match mark.wire_type {
            0 => drop(varint(cursor)?),
            1 => drop(fixed64(cursor)?),
            2 => {
                let length = varint(cursor)?;
                cursor.stretch(length, mark.start)?;
            }
            3 if open.len() == MAX_DEPTH => return Err(Stop::too_deep(mark.start)),
            3 => open.push(mark.number),
            4 if open.pop() != Some(mark.number) => {
                return Err(Stop::wrong("end of a different group", mark.start));
            }
            4 if open.is_empty() => return Ok(start..mark.start),
            4 => {}
            5 => drop(fixed32(cursor)?),
            other => return Err(no_wire_type(other, mark.start)),
        }
    }
}

fn no_wire_type(wire_type: u64, start: usize) -> Stop {
    Stop::wrong(format!("unknown wire type {wire_type}"), start)
}
