//! Decoding values by field type (<https://protobuf.dev/programming-guides/encoding/>).

use std::ops::Range;

use prost_reflect::{Kind as Type, MessageDescriptor};

use crate::payload::decimal::{decimal, decimal_f32};
use crate::payload::protobuf::wire::{self, Wire};
use crate::payload::reading::{Cursor, Stop};
use crate::payload::tree::Kind;

/// The enum whose only value stands for null.
const NULL_VALUE: &str = "google.protobuf.NullValue";

/// The value of a field.
pub(in crate::payload) enum Scalar {
    /// A value whose text is in the payload.
    Written(Kind, Range<usize>),
    /// A value with this text, which is not in the payload.
    Words(Kind, String),
    /// Not a scalar: a message whose fields are at this range.
    Message(MessageDescriptor, Range<usize>),
}

/// The encoding of a type.
enum Shape {
    Varint,
    Fixed64,
    Fixed32,
    Stretch,
    Message,
}

fn shape(kind: &Type) -> Shape {
    match kind {
        Type::Double | Type::Fixed64 | Type::Sfixed64 => Shape::Fixed64,
        Type::Float | Type::Fixed32 | Type::Sfixed32 => Shape::Fixed32,
        Type::String | Type::Bytes => Shape::Stretch,
        Type::Message(_) => Shape::Message,
        _ => Shape::Varint,
    }
}

/// Returns whether a value of this type may have this wire type.
pub(in crate::payload) fn fits(kind: &Type, wire: &Wire) -> bool {
    matches!(
        (shape(kind), wire),
        (Shape::Varint, Wire::Varint(_))
            | (Shape::Fixed64, Wire::Fixed64(_))
            | (Shape::Fixed32, Wire::Fixed32(_))
            | (Shape::Stretch | Shape::Message, Wire::Stretch(_))
            | (Shape::Message, Wire::Group(_))
    )
}

/// Takes the next value from a sequence of packed values of this type.
pub(in crate::payload) fn packed(kind: &Type, cursor: &mut Cursor<'_>) -> Result<Wire, Stop> {
    match shape(kind) {
        Shape::Fixed64 => Ok(Wire::Fixed64(u64::from_le_bytes(cursor.array()?))),
        Shape::Fixed32 => Ok(Wire::Fixed32(u32::from_le_bytes(cursor.array()?))),
        _ => wire::varint(cursor).map(Wire::Varint),
    }
}

/// Returns the default of a type, for absent values; `empty` is an empty range.
pub(in crate::payload) fn default(kind: &Type, empty: &Range<usize>) -> Wire {
    match (shape(kind), kind) {
        (Shape::Fixed64, _) => Wire::Fixed64(0),
        (Shape::Fixed32, _) => Wire::Fixed32(0),
        (Shape::Stretch | Shape::Message, _) => Wire::Stretch(empty.clone()),
        (Shape::Varint, Type::Enum(values)) => {
            Wire::Varint(i64::from(values.default_value().number()).cast_unsigned())
        }
        (Shape::Varint, _) => Wire::Varint(0),
    }
}

/// Returns the value of a field of this type. The wire type must be possible for this type; see
/// [`fits`].
pub(in crate::payload) fn read(kind: &Type, wire: &Wire) -> Scalar {
    match wire {
        Wire::Varint(number) => of_varint(kind, *number),
        Wire::Fixed64(bits) => number(match kind {
            Type::Double => decimal(f64::from_bits(*bits)),
            Type::Sfixed64 => bits.cast_signed().to_string(),
            _ => bits.to_string(),
        }),
        Wire::Fixed32(bits) => number(match kind {
            Type::Float => decimal_f32(f32::from_bits(*bits)),
            Type::Sfixed32 => bits.cast_signed().to_string(),
            _ => bits.to_string(),
        }),
        Wire::Stretch(range) | Wire::Group(range) => match kind {
            Type::Message(message) => Scalar::Message(message.clone(), range.clone()),
            Type::String => Scalar::Written(Kind::String, range.clone()),
            _ => Scalar::Written(Kind::Bytes, range.clone()),
        },
    }
}

fn of_varint(kind: &Type, written: u64) -> Scalar {
    let [a, b, c, d, ..] = written.to_le_bytes();
    let lower = u32::from_le_bytes([a, b, c, d]);
    match kind {
        Type::Bool => Scalar::Words(Kind::Bool, (written != 0).to_string()),
        Type::Enum(values) if written == 0 && values.full_name() == NULL_VALUE => {
            Scalar::Words(Kind::Null, "null".to_owned())
        }
        Type::Enum(values) => match values.get_value(lower.cast_signed()) {
            Some(value) => Scalar::Words(Kind::String, value.name().to_owned()),
            None => number(lower.cast_signed().to_string()),
        },
        Type::Int32 => number(lower.cast_signed().to_string()),
        Type::Uint32 => number(lower.to_string()),
        Type::Sint32 => number(zigzag(lower.into()).to_string()),
        Type::Sint64 => number(zigzag(written).to_string()),
        Type::Int64 => number(written.cast_signed().to_string()),
        _ => number(written.to_string()),
    }
}

/// Returns whether a number of this type, written as `words`, is a string in JSON.
pub(super) fn is_string_in_json(kind: &Type, words: &str) -> bool {
    match kind {
        Type::Int64 | Type::Sint64 | Type::Sfixed64 | Type::Uint64 | Type::Fixed64 => true,
        Type::Double | Type::Float => words.ends_with(['N', 'y']),
        _ => false,
    }
}

/// Decodes a zigzag-encoded signed number.
fn zigzag(written: u64) -> i64 {
    (written >> 1).cast_signed() ^ -(written & 1).cast_signed()
}

fn number(digits: String) -> Scalar {
    Scalar::Words(Kind::Number, digits)
}
