//! The wire format of messages.

use std::ops::Range;

use crate::payload::reading::{Cursor, Stop};
use crate::payload::tree::MAX_DEPTH;

/// The largest field number.
const MAX_NUMBER: u32 = (1 << 29) - 1;

/// The contents of a field, by its wire type.
#[derive(Clone, Debug)]
pub(in crate::payload) enum Wire {
    /// A varint.
    Varint(u64),
    /// A value of eight bytes, as a number.
    Fixed64(u64),
    /// A value of four bytes, as a number.
    Fixed32(u32),
    /// A length-delimited range of bytes: text, a message, or packed numbers.
    Stretch(Range<usize>),
    /// The range of fields between the tags of a group.
    Group(Range<usize>),
}

/// A field of a message.
#[derive(Clone, Debug)]
pub(in crate::payload) struct Field {
    pub number: u32,
    pub wire: Wire,
    /// The position of the field, including its tag.
    pub source: Range<usize>,
}

/// The tag of a field: its number and wire type, and where it starts.
struct Tag {
    number: u32,
    wire_type: u64,
    start: usize,
}

/// Takes the next field.
pub(in crate::payload) fn field(cursor: &mut Cursor<'_>) -> Result<Field, Stop> {
    let tag = tag(cursor)?;
    let Tag { number, start, .. } = tag;
    let wire = match tag.wire_type {
        3 => Wire::Group(group(cursor, number)?),
        4 => return Err(Stop::wrong("end of a group that was not started", start)),
        _ => ungrouped(cursor, &tag)?,
    };
    Ok(Field {
        number,
        wire,
        source: start..cursor.at(),
    })
}

/// Takes the contents of a field that neither starts nor ends a group.
fn ungrouped(cursor: &mut Cursor<'_>, tag: &Tag) -> Result<Wire, Stop> {
    Ok(match tag.wire_type {
        0 => Wire::Varint(varint(cursor)?),
        1 => Wire::Fixed64(u64::from_le_bytes(cursor.array()?)),
        2 => {
            let length = varint(cursor)?;
            Wire::Stretch(cursor.stretch(length, tag.start)?)
        }
        5 => Wire::Fixed32(u32::from_le_bytes(cursor.array()?)),
        other => return Err(Stop::wrong(format!("unknown wire type {other}"), tag.start)),
    })
}

/// Returns whether `range` consists of one or more fields.
pub(in crate::payload) fn is_message(bytes: &[u8], range: Range<usize>) -> bool {
    let mut cursor = Cursor::within(bytes, range);
    let has_any = cursor.left() > 0;
    while cursor.left() > 0 {
        if field(&mut cursor).is_err() {
            return false;
        }
    }
    has_any
}

/// Takes a varint.
pub(in crate::payload) fn varint(cursor: &mut Cursor<'_>) -> Result<u64, Stop> {
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

fn tag(cursor: &mut Cursor<'_>) -> Result<Tag, Stop> {
    let start = cursor.at();
    let both = varint(cursor)?;
    let number = both >> 3;
    match u32::try_from(number) {
        Ok(number) if (1..=MAX_NUMBER).contains(&number) => Ok(Tag {
            number,
            wire_type: both & 7,
            start,
        }),
        _ => Err(Stop::wrong(format!("invalid field number {number}"), start)),
    }
}

/// Takes the rest of the group with this field number, whose start tag has already been taken.
/// Returns the range of its fields.
fn group(cursor: &mut Cursor<'_>, number: u32) -> Result<Range<usize>, Stop> {
    let start = cursor.at();
    let mut open = vec![number];
    loop {
        let tag = tag(cursor)?;
        match tag.wire_type {
            3 if open.len() == MAX_DEPTH => return Err(Stop::too_deep(tag.start)),
            3 => open.push(tag.number),
            4 if open.pop() != Some(tag.number) => {
                return Err(Stop::wrong("end of a different group", tag.start));
            }
            4 if open.is_empty() => return Ok(start..tag.start),
            4 => {}
            _ => ungrouped(cursor, &tag).map(drop)?,
        }
    }
}
