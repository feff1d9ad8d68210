//! Decoding fields without a schema.

use std::ops::Range;

use super::sink::Sink;
use super::wire::{self, Field, Wire};
use crate::payload::decimal::{decimal, decimal_f32};
use crate::payload::reading::{Cursor, Stop};
use crate::payload::tree::{Kind, MAX_DEPTH, Text};

/// Adds a message as an object. Its fields are at `range`, and the whole message is at `source`.
pub(super) fn message(
    bytes: &[u8],
    sink: &mut Sink,
    range: Range<usize>,
    source: &Range<usize>,
) -> Result<(), Stop> {
    sink.open(Kind::Object, source.start)?;
    fields(bytes, sink, range)?;
    sink.close(source.end);
    Ok(())
}

/// Adds a message as an object whose first field is the prefix before it.
pub(super) fn message_after(
    bytes: &[u8],
    sink: &mut Sink,
    prefix: Range<usize>,
    content: Range<usize>,
) -> Result<(), Stop> {
    sink.open(Kind::Object, 0)?;
    sink.other_key("prefix", 0)?;
    sink.scalar(Kind::String, Text::InPayload(prefix.clone()), prefix)?;
    fields(bytes, sink, content)?;
    sink.close(bytes.len());
    Ok(())
}

/// Adds the fields at `range` to the innermost open object.
fn fields(bytes: &[u8], sink: &mut Sink, range: Range<usize>) -> Result<(), Stop> {
    let mut cursor = Cursor::within(bytes, range);
    while cursor.left() > 0 {
        field(bytes, sink, &wire::field(&mut cursor)?)?;
    }
    Ok(())
}

/// Adds one field of the innermost open object.
pub(super) fn field(bytes: &[u8], sink: &mut Sink, field: &Field) -> Result<(), Stop> {
    let source = field.source.clone();
    sink.other_key(&field.number.to_string(), source.start)?;
    let (kind, words) = match &field.wire {
        Wire::Varint(number) => (Kind::Number, number.to_string()),
        Wire::Fixed64(bits) => (Kind::Other, either(*bits, &decimal(f64::from_bits(*bits)))),
        Wire::Fixed32(bits) => {
            let float = decimal_f32(f32::from_bits(*bits));
            (Kind::Other, either((*bits).into(), &float))
        }
        Wire::Stretch(range) => return stretch(bytes, sink, range, source),
        Wire::Group(range) => return message(bytes, sink, range.clone(), &source),
    };
    sink.scalar(kind, Text::Bytes(words.as_bytes()), source)
}

/// Formats both values that a fixed-size number may stand for: `1065353216 or 1.0`.
fn either(whole: u64, float: &str) -> String {
    format!("{whole} or {float}")
}

/// Adds a length-delimited field, which may be text, a message or bytes.
fn stretch(
    bytes: &[u8],
    sink: &mut Sink,
    range: &Range<usize>,
    source: Range<usize>,
) -> Result<(), Stop> {
    let content = bytes.get(range.clone()).unwrap_or_default();
    let text = str::from_utf8(content).ok();
    // Text is rarely a valid message, and most messages contain control characters, so content
    // without any is shown as text.
    let is_plain = text.is_some_and(|text| !text.contains(char::is_control));
    if !is_plain && sink.depth() < MAX_DEPTH && wire::is_message(bytes, range.clone()) {
        return message(bytes, sink, range.clone(), &source);
    }
    let kind = match text {
        Some(_) => Kind::String,
        None => Kind::Bytes,
    };
    sink.scalar(kind, Text::InPayload(range.clone()), source)
}
