//! Writing fields and their values.

use prost_reflect::Kind as Type;

use crate::payload::encode::item::{Item, Value, Wrong};
use crate::payload::encode::number::{float, integer};

pub(super) fn wire_type(kind: &Type) -> u64 {
    match kind {
        Type::Double | Type::Fixed64 | Type::Sfixed64 => 1,
        Type::Float | Type::Fixed32 | Type::Sfixed32 => 5,
        _ => 0,
    }
}

/// Writes a number, a boolean or an enum value.
pub(super) fn scalar(kind: &Type, value: &Item, out: &mut Vec<u8>) -> Result<(), Wrong> {
    match (kind, &value.value) {
        (Type::Bool, Value::Word(word @ ("true" | "false"))) => out.push(u8::from(*word == "true")),
        (Type::Bool, _) => return value.wrong("this field is true or false"),
        (Type::Enum(values), Value::String(name)) => {
            let name = String::from_utf8_lossy(name);
            let Some(known) = values.get_value_by_name(&name) else {
                return value.wrong(format!("{} has no value \"{name}\"", values.name()));
            };
            varint(i64::from(known.number()).cast_unsigned(), out);
        }
        (Type::Double, Value::Number(digits)) => {
            out.extend(float(value, digits)?.0.to_le_bytes());
        }
        (Type::Float, Value::Number(digits)) => match float(value, digits)? {
            (_, Some(single)) => out.extend(single.to_le_bytes()),
            _ => return value.wrong("too many digits for a float"),
        },
        (_, Value::Number(digits)) => whole(kind, value, digits, out)?,
        (Type::Enum(_), _) => {
            return value.wrong("this field is an enum: write a name or a number");
        }
        _ => return value.wrong("this field is a number"),
    }
    Ok(())
}

/// Writes an integer.
fn whole(kind: &Type, value: &Item, digits: &str, out: &mut Vec<u8>) -> Result<(), Wrong> {
    let Some(Ok(number)) = integer(digits) else {
        return value.wrong("this field is an integer");
    };
    let (least, most) = match kind {
        Type::Uint32 | Type::Fixed32 => (0, i128::from(u32::MAX)),
        Type::Uint64 | Type::Fixed64 => (0, i128::from(u64::MAX)),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => (i64::MIN.into(), i64::MAX.into()),
        _ => (i32::MIN.into(), i32::MAX.into()),
    };
    if !(least..=most).contains(&number) {
        return value.wrong(format!("out of range: {least} to {most}"));
    }
    let bytes = number.to_le_bytes();
    let (four, eight) = (&bytes[..4], &bytes[..8]);
    match kind {
        Type::Fixed32 | Type::Sfixed32 => out.extend(four),
        Type::Fixed64 | Type::Sfixed64 => out.extend(eight),
        _ => {
            let mut bits = [0; 8];
            bits.copy_from_slice(eight);
            let signed = i64::from_le_bytes(bits);
            let is_zigzag = matches!(kind, Type::Sint32 | Type::Sint64);
            let coded = if is_zigzag {
                signed << 1 ^ signed >> 63
            } else {
                signed
            };
            varint(coded.cast_unsigned(), out);
        }
    }
    Ok(())
}

pub(super) fn tag(number: u32, wire_type: u64, out: &mut Vec<u8>) {
    varint(u64::from(number) << 3 | wire_type, out);
}

pub(super) fn stretch(number: u32, content: &[u8], out: &mut Vec<u8>) {
    tag(number, 2, out);
    varint(content.len() as u64, out);
    out.extend(content);
}

pub(super) fn group(number: u32, content: &[u8], out: &mut Vec<u8>) {
    tag(number, 3, out);
    out.extend(content);
    tag(number, 4, out);
}

pub(super) fn varint(mut number: u64, out: &mut Vec<u8>) {
    loop {
        let [lowest, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return out.push(lowest & 0x7f);
        }
        out.push(lowest | 0x80);
    }
}
