//! Fields without a schema.

use std::ops::Range;

use super::wire::{self, Field, Wire};
use crate::payload::decimal::{decimal, decimal_f32};
use crate::payload::reading::{Cursor, Stop};
use crate::payload::tree::{Builder, Kind, MAX_DEPTH, Said};

/// Reads fields into a tree.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    pub(super) builder: Builder,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            builder: Builder::of_binary(),
        }
    }

    pub(super) fn root(&mut self) -> Result<(), Stop> {
        let whole = 0..self.bytes.len();
        message(self.bytes, &mut self.builder, &whole, &whole, 0)
    }
}

/// Lays out a message as an object: its fields stand at `range`, it is written at `source`, and
/// `depth` values are open.
fn message(
    bytes: &[u8],
    builder: &mut Builder,
    range: &Range<usize>,
    source: &Range<usize>,
    depth: usize,
) -> Result<(), Stop> {
    let opened = builder.open(Kind::Object, b"", source.start);
    opened.map_err(|refusal| Stop::refused(refusal, source.start))?;
    let mut cursor = Cursor::within(bytes, range.clone());
    while cursor.left() > 0 {
        field(bytes, builder, &wire::field(&mut cursor)?, depth + 1)?;
    }
    builder.close(source.end);
    Ok(())
}

/// Lays out one field of the innermost open object; `depth` values are open.
pub(super) fn field(
    bytes: &[u8],
    builder: &mut Builder,
    field: &Field,
    depth: usize,
) -> Result<(), Stop> {
    let source = field.source.clone();
    let start = source.start;
    let key = field.number.to_string();
    let named = builder.odd_key(key.as_bytes());
    named.map_err(|refusal| Stop::refused(refusal, start))?;
    let (kind, words) = match &field.wire {
        Wire::Varint(number) => (Kind::Number, number.to_string()),
        Wire::Fixed64(bits) => (Kind::Other, either(*bits, &decimal(f64::from_bits(*bits)))),
        Wire::Fixed32(bits) => {
            let float = decimal_f32(f32::from_bits(*bits));
            (Kind::Other, either((*bits).into(), &float))
        }
        Wire::Stretch(range) => return stretch(bytes, builder, range, source, depth),
        Wire::Group(range) => return message(bytes, builder, range, &source, depth),
    };
    let added = builder.scalar(kind, Said::Spelt(words.as_bytes()), source);
    added.map_err(|refusal| Stop::refused(refusal, start))
}

/// What a number of fixed size can mean: `1 or 1.4e-45`.
fn either(whole: u64, float: &str) -> String {
    format!("{whole} or {float}")
}

/// Lays out what may be a text, a message or just bytes.
fn stretch(
    bytes: &[u8],
    builder: &mut Builder,
    range: &Range<usize>,
    source: Range<usize>,
    depth: usize,
) -> Result<(), Stop> {
    let start = source.start;
    let content = bytes.get(range.clone()).unwrap_or_default();
    let text = str::from_utf8(content).ok();
    // Words are seldom a message, and a message is seldom without control characters.
    let is_plain = text.is_some_and(|text| !text.contains(char::is_control));
    if !is_plain && depth < MAX_DEPTH && wire::is_message(bytes, range.clone()) {
        return message(bytes, builder, range, &source, depth);
    }
    let kind = match text {
        Some(_) => Kind::String,
        None => Kind::Bytes,
    };
    let added = builder.scalar(kind, Said::Written(range.clone()), source);
    added.map_err(|refusal| Stop::refused(refusal, start))
}
