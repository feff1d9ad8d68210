//! Reading and writing Avro by a schema.

mod logical;
mod read;

pub(super) use self::read::read;
use self::read::{Reader, name_of};
use super::item::{Guide, Item, Member, Value, Wrong, unchanged};
use super::number::{float, integer};
use super::pairing::{pair_elements, pair_members};
use crate::payload::avro::{Branch, Schema, Type, TypeId};
use crate::payload::reading::Cursor;

/// Writes a value, after the header of the old one. What is the same in `old` keeps its bytes.
pub(super) fn write(
    new: &Item,
    old: Option<Guide<'_>>,
    schema: &Schema,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    if let Some(old) = old {
        out.extend(&old.bytes[..old.item.range.start]);
    }
    Writer(schema.types()).value(0, new, old, out)
}

/// A writer of values of these types.
#[derive(Clone, Copy)]
struct Writer<'a>(&'a [Type]);

impl Writer<'_> {
    fn value(
        self,
        id: TypeId,
        new: &Item,
        old: Option<Guide<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        if let Some(raw) = unchanged(new, old) {
            out.extend(raw);
            return Ok(());
        }
        match (&self.0[id], &new.value) {
            (Type::Null, Value::Word("null")) => {}
            (Type::Boolean, Value::Word(word @ ("true" | "false"))) => {
                out.push(u8::from(*word == "true"));
            }
            (Type::Int, Value::Number(digits)) => {
                long(whole(new, digits, i32::MIN.into(), i32::MAX.into())?, out);
            }
            (Type::Long, Value::Number(digits)) => {
                long(whole(new, digits, i64::MIN, i64::MAX)?, out);
            }
            (Type::Float, Value::Number(digits)) => match float(new, digits)? {
                (_, Some(single)) => out.extend(single.to_le_bytes()),
                _ => return new.wrong("too many digits for a float"),
            },
            (Type::Double, Value::Number(digits)) => {
                out.extend(float(new, digits)?.0.to_le_bytes());
            }
            (Type::Bytes, Value::Bytes(bytes)) => sized(bytes, out),
            (Type::String, Value::String(text)) if str::from_utf8(text).is_ok() => sized(text, out),
            (Type::Fixed(size), Value::Bytes(bytes)) if bytes.len() as u64 == *size => {
                out.extend(bytes);
            }
            (Type::Enum(symbols), Value::String(text)) => {
                let known = symbols.iter().position(|symbol| symbol.as_bytes() == text);
                let Some(index) = known else {
                    return new.wrong(format!("write one of {}", symbols.join(", ")));
                };
                long(number_of(index), out);
            }
            (Type::Union(branches), _) => self.union(branches, new, old, out)?,
            (Type::Array(inner), Value::Array(items)) => {
                self.array(*inner, items, old, out)?;
            }
            (Type::Map(inner), Value::Object(members)) => self.map(*inner, members, old, out)?,
            (Type::Record(fields), Value::Object(members)) => {
                self.record(fields, (new, members), old, out)?;
            }
            (Type::Logical(kind), _) => logical::write(*kind, new, out)?,
            (other, _) => return new.wrong(expected(other)),
        }
        Ok(())
    }

    /// Writes a value of the old branch, if that fits, else of the first one that does.
    fn union(
        self,
        branches: &[Branch],
        new: &Item,
        old: Option<Guide<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        let old = old.and_then(|old| OldBranch::of(old, branches));
        let old_index = old.as_ref().map(|old| old.index);
        let like = |index: usize| {
            let old = old.as_ref().filter(|old| old.index == index)?;
            Some(Guide {
                item: &old.item,
                bytes: old.bytes,
            })
        };
        if let Value::Object(members) = &new.value
            && let [(key, value)] = &members[..]
            && let Some(index) = branches.iter().position(|branch| {
                name_of(branch).is_some_and(|name| key.as_string() == Some(name.as_bytes()))
            })
        {
            long(number_of(index), out);
            return self.value(branches[index].type_id, value, like(index), out);
        }
        let others = (0..branches.len()).filter(|index| Some(*index) != old_index);
        let mut wrongs = Vec::new();
        for index in old_index.into_iter().chain(others) {
            let branch = &branches[index];
            if branch.mark.is_some() {
                continue;
            }
            let mut content = Vec::new();
            match self.value(branch.type_id, new, like(index), &mut content) {
                Ok(()) => {
                    long(number_of(index), out);
                    out.extend(content);
                    return Ok(());
                }
                Err(wrong) if self.0[branch.type_id] != Type::Null => wrongs.push(wrong),
                Err(_) => {}
            }
        }
        match (wrongs.pop(), wrongs.is_empty()) {
            (Some(wrong), true) => Err(wrong),
            _ => new.wrong("this value is of no type of the union"),
        }
    }

    fn array(
        self,
        inner: TypeId,
        items: &[Item],
        old: Option<Guide<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        let olds = old.and_then(Guide::elements).unwrap_or_default();
        let mut content = Vec::new();
        for (item, like) in items.iter().zip(pair_elements(items, olds)) {
            let like = old.zip(like.and_then(|index| olds.get(index)));
            let like = like.map(|(old, like)| old.at(like));
            self.value(inner, item, like, &mut content)?;
        }
        block(items.len(), &content, old, out);
        Ok(())
    }

    fn map(
        self,
        inner: TypeId,
        members: &[Member],
        old: Option<Guide<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        let olds = old.and_then(Guide::members).unwrap_or_default();
        let mut content = Vec::new();
        for ((key, value), like) in members.iter().zip(pair_members(members, olds)) {
            let like = old.zip(like.and_then(|index| olds.get(index)));
            match (like, key.as_string()) {
                (Some((old, (key, _))), _) => content.extend(old.at(key).raw()),
                (None, Some(text)) if str::from_utf8(text).is_ok() => sized(text, &mut content),
                (None, _) => return key.wrong("keys of a map are strings: write it in quotes"),
            }
            let like = like.map(|(old, (_, like))| old.at(like));
            self.value(inner, value, like, &mut content)?;
        }
        block(members.len(), &content, old, out);
        Ok(())
    }

    fn record(
        self,
        fields: &[(String, TypeId)],
        (new, members): (&Item, &[Member]),
        old: Option<Guide<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        let olds = old.and_then(Guide::members).unwrap_or_default();
        for (index, (name, id)) in fields.iter().enumerate() {
            let named = |(key, _): &&Member| key.as_string() == Some(name.as_bytes());
            let mut found = members.iter().filter(named);
            let (Some((_, value)), None) = (found.next(), found.next()) else {
                return new.wrong(format!("the schema requires one \"{name}\""));
            };
            let like = old
                .zip(olds.get(index))
                .map(|(old, (_, like))| old.at(like));
            self.value(*id, value, like, out)?;
        }
        let is_known = |key: &Item| {
            let mut names = fields.iter().map(|(name, _)| Some(name.as_bytes()));
            names.any(|name| name == key.as_string())
        };
        match members.iter().find(|(key, _)| !is_known(key)) {
            Some((key, _)) => key.wrong("the schema has no such field"),
            None => Ok(()),
        }
    }
}

/// The old value of a union.
struct OldBranch<'a> {
    index: usize,
    item: Item,
    bytes: &'a [u8],
}

impl<'a> OldBranch<'a> {
    fn of(old: Guide<'a>, branches: &[Branch]) -> Option<Self> {
        let mut reader = Reader::new(&[], Cursor::within(old.bytes, old.item.range.clone()));
        let index = reader.index().ok()?;
        let value = match (&old.item.value, name_of(branches.get(index)?)) {
            (Value::Object(members), Some(_)) => &members.first()?.1.value,
            (value, _) => value,
        };
        Some(Self {
            index,
            item: Item::new(value.clone(), reader.at()..old.item.range.end),
            bytes: old.bytes,
        })
    }
}

/// Returns what a value of a type is written as.
fn expected(found: &Type) -> String {
    match found {
        Type::Null => "this value is null",
        Type::Boolean => "this value is true or false",
        Type::Int | Type::Long | Type::Float | Type::Double => "this value is a number",
        Type::Bytes => "this value is bytes: write h'00ff'",
        Type::Fixed(size) => return format!("this value is {size} bytes: write h'00ff'"),
        Type::String => "this value is a string: write it in quotes",
        Type::Enum(_) => "this value is a name: write it in quotes",
        Type::Array(_) => "this value is an array",
        Type::Map(_) | Type::Record(_) => "this value is an object",
        Type::Union(_) | Type::Logical(_) => "this value is of another type",
    }
    .to_owned()
}

fn whole(new: &Item, digits: &str, least: i64, most: i64) -> Result<i64, Wrong> {
    let Some(Ok(number)) = integer(digits) else {
        return new.wrong("this value is an integer");
    };
    let number = i64::try_from(number).ok();
    match number.filter(|number| (least..=most).contains(number)) {
        Some(number) => Ok(number),
        None => new.wrong(format!("out of range: {least} to {most}")),
    }
}

/// Writes items as one block, which states its size if the first of the old ones did.
fn block(count: usize, content: &[u8], old: Option<Guide<'_>>, out: &mut Vec<u8>) {
    if count > 0 {
        // In the zigzag encoding, negative numbers are odd.
        let has_size = old.is_some_and(|old| old.first() & 1 == 1);
        if has_size {
            long(-number_of(count), out);
            long(number_of(content.len()), out);
        } else {
            long(number_of(count), out);
        }
        out.extend(content);
    }
    out.push(0);
}

fn sized(content: &[u8], out: &mut Vec<u8>) {
    long(number_of(content.len()), out);
    out.extend(content);
}

fn number_of(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Writes a number in the variable-length zigzag encoding.
fn long(number: i64, out: &mut Vec<u8>) {
    let mut rest = (number << 1 ^ number >> 63).cast_unsigned();
    while rest >= 0x80 {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}
