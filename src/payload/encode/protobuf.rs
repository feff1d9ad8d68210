//! Reading and writing Protobuf messages of a known type.

mod old;
mod scalar;

use prost_reflect::{Kind as Type, MessageDescriptor};

use self::old::{OldMessage, Source};
use self::scalar::{group, scalar, stretch, tag, varint, wire_type};
use super::item::{Item, Member, Value, Wrong};
use super::pairing::{pair_elements, pair_members};
use crate::payload::protobuf::typed::{Entry, FieldType};
use crate::payload::protobuf::wire::Wire;

const UNKNOWN_FIELD: &str =
    "a field without a name is a number, h'00', fixed32(0), fixed64(0) or group(h'00')";

/// Reads a message. `bytes` are known to be one; its depth is limited.
pub(super) fn read(bytes: &[u8], descriptor: &MessageDescriptor) -> Option<Item> {
    let members = OldMessage::read(bytes, descriptor)?.members;
    Some(Item::new(Value::Object(members), 0..bytes.len()))
}

/// Writes a message. The fields of what is the same in `old` keep their bytes and their order.
pub(super) fn write(
    new: &Item,
    old: Option<&[u8]>,
    descriptor: &MessageDescriptor,
) -> Result<Vec<u8>, Wrong> {
    let Value::Object(members) = &new.value else {
        return new.wrong(format!("{} is an object", descriptor.name()));
    };
    let old = old.and_then(|old| OldMessage::read(old, descriptor));
    let olds = old.as_ref().map_or(&[][..], |old| &old.members);
    let fields = old.as_ref().map_or(0, |old| old.fields.len());
    // The bytes in place of each old field, and those after the last one.
    let mut places: Vec<Vec<u8>> = vec![Vec::new(); fields + 1];
    for ((key, value), like) in members.iter().zip(pair_members(members, olds)) {
        let like = old.as_ref().zip(like);
        let like = like.map(|(old, index)| (old, &old.members[index].1, &old.sources[index]));
        match like {
            Some((old, same, source)) if same == value => {
                for index in &source.fields {
                    places[*index].extend(old.raw(&old.fields[*index].source));
                }
            }
            Some((_, _, source)) => {
                let place = source.fields.first().copied().unwrap_or(fields);
                places[place].extend(member((key, value), like, descriptor)?);
            }
            None => places[fields].extend(member((key, value), None, descriptor)?),
        }
    }
    Ok(places.concat())
}

/// An old member: its message, its value and what it is made of.
type Like<'a> = Option<(&'a OldMessage<'a>, &'a Item, &'a Source)>;

/// Encodes one member: all its fields.
fn member(
    (key, value): (&Item, &Item),
    like: Like<'_>,
    descriptor: &MessageDescriptor,
) -> Result<Vec<u8>, Wrong> {
    if let Value::Number(number) = &key.value {
        let Some(number) = number
            .parse()
            .ok()
            .filter(|number| (1..1 << 29).contains(number))
        else {
            return key.wrong("a field number is 1 to 536870911");
        };
        return raw_field(number, value);
    }
    let name = key.as_string().map(String::from_utf8_lossy);
    let number = name.as_ref().and_then(|name| number_of(descriptor, name));
    let known = number.and_then(|number| Some((number, FieldType::of(descriptor, number)?)));
    let Some((number, known)) = known else {
        let name = name.unwrap_or_default();
        return key.wrong(format!("{} has no field \"{name}\"", descriptor.name()));
    };
    let mut out = Vec::new();
    if let Some(entry) = &known.entry {
        let Value::Object(entries) = &value.value else {
            return value.wrong("this field is a map: write an object");
        };
        map(number, entry, entries, like, &mut out)?;
    } else if known.is_list {
        let Value::Array(items) = &value.value else {
            return value.wrong("this field is repeated: write an array");
        };
        list(number, &known.kind, items, like, &mut out)?;
    } else {
        let old = like.and_then(|(old, _, source)| {
            let index = source.fields.first()?;
            Some((old, &old.fields[*index].wire))
        });
        field(number, &known.kind, value, old, &mut out)?;
    }
    Ok(out)
}

/// Returns the number of the field or extension with this name.
fn number_of(descriptor: &MessageDescriptor, name: &str) -> Option<u32> {
    if let Some(name) = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
    {
        let mut extensions = descriptor.extensions();
        return Some(extensions.find(|one| one.full_name() == name)?.number());
    }
    Some(descriptor.get_field_by_name(name)?.number())
}

fn list(
    number: u32,
    kind: &Type,
    items: &[Item],
    like: Like<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let is_packable = !matches!(kind, Type::String | Type::Bytes | Type::Message(_));
    let is_packed = is_packable && like.is_none_or(|(_, _, source)| source.is_packed);
    let olds = like.and_then(|(_, value, _)| match &value.value {
        Value::Array(items) => Some(items.as_slice()),
        _ => None,
    });
    let olds = olds.unwrap_or_default();
    let like = like.filter(|(_, _, source)| !source.is_mixed);
    let mut content = Vec::new();
    for (item, index) in items.iter().zip(pair_elements(items, olds)) {
        let same = index.filter(|index| olds[*index] == *item);
        if let (Some((old, _, source)), Some(index)) = (like, same) {
            content.extend(old.raw(&source.elements[index]));
        } else if is_packed {
            scalar(kind, item, &mut content)?;
        } else {
            let old = like.zip(index).map(|((old, _, source), index)| {
                let index = source.fields[index];
                (old, &old.fields[index].wire)
            });
            field(number, kind, item, old, &mut content)?;
        }
    }
    if !is_packed {
        out.extend(content);
    } else if !items.is_empty() {
        stretch(number, &content, out);
    }
    Ok(())
}

fn map(
    number: u32,
    entry: &Entry,
    entries: &[Member],
    like: Like<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let olds = like.and_then(|(_, value, _)| match &value.value {
        Value::Object(members) => Some(members.as_slice()),
        _ => None,
    });
    let olds = olds.unwrap_or_default();
    for ((key, value), index) in entries.iter().zip(pair_members(entries, olds)) {
        let source = like
            .zip(index)
            .map(|((old, _, source), index)| (old, &old.fields[source.fields[index]]));
        if let (Some((old, field)), Some(index)) = (source, index)
            && olds[index].1 == *value
        {
            out.extend(old.raw(&field.source));
            continue;
        }
        let wires = source.map(|(old, field)| (old, old.entry_wires(entry, field)));
        let old_value = wires.as_ref().map(|(old, wires)| (*old, &wires[1]));
        let mut content = Vec::new();
        field(1, &entry.key, key, None, &mut content)?;
        field(2, &entry.value, value, old_value, &mut content)?;
        stretch(number, &content, out);
    }
    Ok(())
}

/// Writes a field with one value.
fn field(
    number: u32,
    kind: &Type,
    value: &Item,
    old: Option<(&OldMessage<'_>, &Wire)>,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    match kind {
        Type::Message(descriptor) => {
            let range = old.and_then(|(old, wire)| match wire {
                Wire::Stretch(range) | Wire::Group(range) => Some(old.raw(range)),
                _ => None,
            });
            let content = write(value, range, descriptor)?;
            if matches!(old, Some((_, Wire::Group(_)))) {
                group(number, &content, out);
            } else {
                stretch(number, &content, out);
            }
        }
        Type::String | Type::Bytes => match (kind, &value.value) {
            (Type::String, Value::String(content)) | (Type::Bytes, Value::Bytes(content)) => {
                stretch(number, content, out);
            }
            (Type::String, _) => return value.wrong("this field is a string: write it in quotes"),
            _ => return value.wrong("this field is bytes: write h'00ff'"),
        },
        _ => {
            tag(number, wire_type(kind), out);
            scalar(kind, value, out)?;
        }
    }
    Ok(())
}

/// Writes a field that the type does not know.
fn raw_field(number: u32, value: &Item) -> Result<Vec<u8>, Wrong> {
    let mut out = Vec::new();
    let (name, inner) = match &value.value {
        Value::Call(name, items) => match &items[..] {
            [item] => (&**name, &item.value),
            _ => ("", &value.value),
        },
        _ => ("", &value.value),
    };
    let bits: Option<u64> = match inner {
        Value::Number(digits) => digits.parse().ok(),
        _ => None,
    };
    match (
        name,
        inner,
        bits,
        bits.and_then(|bits| u32::try_from(bits).ok()),
    ) {
        ("", _, Some(bits), _) => {
            tag(number, 0, &mut out);
            varint(bits, &mut out);
        }
        ("fixed64", _, Some(bits), _) => {
            tag(number, 1, &mut out);
            out.extend(bits.to_le_bytes());
        }
        ("fixed32", _, _, Some(bits)) => {
            tag(number, 5, &mut out);
            out.extend(bits.to_le_bytes());
        }
        ("", Value::String(content) | Value::Bytes(content), ..) => {
            stretch(number, content, &mut out);
        }
        ("group", Value::Bytes(content), ..) => group(number, content, &mut out),
        _ => return value.wrong(UNKNOWN_FIELD),
    }
    Ok(out)
}
