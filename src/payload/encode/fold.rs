//! Encoding a value, and those within its strings and bytes.

use super::item::{Guide, Item, Member, Value, Wrong};
use super::json::Style;
use super::layer::{Encoding, Inner, Layer, is_tag};
use super::pairing::{pair_elements, pair_members};
use super::{avro, bson, cbor, form, json, lenient, msgpack, protobuf, wrap};
use crate::payload::figures;

/// Encodes `new`. `like` is the value that it takes the place of, if that has the same encoding.
pub(super) fn encode(
    new: &Item,
    encoding: &Encoding,
    like: Option<&Layer>,
    notes: &mut Vec<String>,
) -> Result<Vec<u8>, Wrong> {
    if let Some(like) = like.filter(|like| like.item == *new) {
        return Ok(like.payload.clone());
    }
    let folded = match encoding.format {
        Inner::Text(_) => new.clone(),
        _ => fold(new, like.map(|like| (&like.item, &like.plain)), like, notes)?,
    };
    let guide = like.map(|like| Guide {
        item: &like.plain,
        bytes: &like.content,
    });
    let mut bytes = Vec::new();
    match &encoding.format {
        Inner::Json => {
            let style = Style::of(like.map_or(&[][..], |like| &like.content));
            json::write(&folded, guide, &style, &mut bytes)?;
        }
        Inner::JsonLines => {
            let style = Style::of(like.map_or(&[][..], |like| &like.content));
            json::write_lines(&folded, guide, &style, &mut bytes)?;
        }
        Inner::LenientJson => lenient::write(&folded, guide, &mut bytes)?,
        Inner::Form => form::write(&folded, guide, &mut bytes)?,
        Inner::Bson => bson::write(&folded, guide, &mut bytes)?,
        Inner::Avro(schema) => avro::write(&folded, guide, schema, &mut bytes)?,
        Inner::MessagePack => msgpack::write(&folded, guide, &mut bytes)?,
        Inner::Cbor => cbor::write(&folded, guide, &mut bytes)?,
        Inner::Protobuf(descriptor) => {
            let old = like.map(|like| &*like.content);
            bytes = protobuf::write(&folded, old, descriptor)?;
        }
        Inner::Text(_) => match folded.as_string() {
            Some(text) => bytes.extend(text),
            None => return new.wrong("this is text: write it in quotes"),
        },
    }
    for (index, wrapping) in encoding.wrappings.iter().enumerate().rev() {
        let old = like.map_or(&[][..], |like| &like.wrapped[index]);
        let packed = match wrap::wrap(*wrapping, &bytes, old) {
            Ok(packed) => packed,
            Err(why) => return new.wrong(why),
        };
        if !wrap::is_exact(*wrapping) && !old.is_empty() {
            let (size, before) = (packed.len() as u64, old.len() as u64);
            let (size, before) = (figures::size(size), figures::size(before));
            let name = wrapping.name();
            notes.push(format!("{name} packed anew: {size} instead of {before}"));
        }
        bytes = packed;
    }
    Ok(bytes)
}

/// Encodes the values in `new` that a string or bytes hold. `old` is the value that it takes the
/// place of, with and without the values that its strings and bytes hold; `layer` is what holds it.
fn fold(
    new: &Item,
    old: Option<(&Item, &Item)>,
    layer: Option<&Layer>,
    notes: &mut Vec<String>,
) -> Result<Item, Wrong> {
    if let Some((_, plain)) = old.filter(|(item, _)| *item == new) {
        return Ok(Item::new(plain.value.clone(), new.range.clone()));
    }
    let value = match &new.value {
        Value::Array(items) => Value::Array(fold_all(items, old, layer, notes)?),
        Value::Call(name, items) if is_tag(name) => {
            Value::Call(name.clone(), fold_all(items, old, layer, notes)?)
        }
        Value::Object(members) => {
            let olds = old.map_or((&[][..], &[][..]), |(item, plain)| {
                (members_of(item), members_of(plain))
            });
            let mut folded = Vec::new();
            for ((key, value), index) in members.iter().zip(pair_members(members, olds.0)) {
                let like = index.map(|index| (&olds.0[index].1, &olds.1[index].1));
                let key = fold(key, None, None, notes)?;
                folded.push((key, fold(value, like, layer, notes)?));
            }
            Value::Object(folded)
        }
        Value::Nested(mark, inner) => {
            let Some(encoding) = Encoding::of_mark(mark) else {
                return new.wrong(format!(
                    "{mark} is not known: write json, msgpack, cbor, bson, form or text, after \
                     base64, gzip, zlib, zstd or lz4"
                ));
            };
            let held = old.zip(layer).and_then(|((_, plain), layer)| {
                Layer::within(&plain.value, layer.levels, layer.max_size)
            });
            let like = held.filter(|held| held.encoding == encoding);
            let content = encode(inner, &encoding, like.as_ref(), notes)?;
            let was_bytes = old.is_some_and(|(_, plain)| matches!(plain.value, Value::Bytes(_)));
            if was_bytes || str::from_utf8(&content).is_err() {
                Value::Bytes(content)
            } else {
                Value::String(content)
            }
        }
        value => value.clone(),
    };
    Ok(Item::new(value, new.range.clone()))
}

fn fold_all(
    items: &[Item],
    old: Option<(&Item, &Item)>,
    layer: Option<&Layer>,
    notes: &mut Vec<String>,
) -> Result<Vec<Item>, Wrong> {
    let olds = old.map_or((&[][..], &[][..]), |(item, plain)| {
        (items_of(item), items_of(plain))
    });
    let pairs = items.iter().zip(pair_elements(items, olds.0));
    let folded = pairs.map(|(item, index)| {
        let like = index.map(|index| (&olds.0[index], &olds.1[index]));
        fold(item, like, layer, notes)
    });
    folded.collect()
}

fn items_of(item: &Item) -> &[Item] {
    match &item.value {
        Value::Array(items) | Value::Call(_, items) => items,
        _ => &[],
    }
}

fn members_of(item: &Item) -> &[Member] {
    match &item.value {
        Value::Object(members) => members,
        _ => &[],
    }
}
