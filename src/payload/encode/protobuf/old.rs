//! Messages as they were received.

use std::collections::HashMap;
use std::ops::Range;

use prost_reflect::{Kind as Type, MessageDescriptor};

use crate::payload::encode::item::{Item, Member, Value};
use crate::payload::protobuf::typed::scalars::{self, Scalar};
use crate::payload::protobuf::typed::{Entry, FieldType};
use crate::payload::protobuf::wire::{self, Field, Wire};
use crate::payload::reading::Cursor;
use crate::payload::tree::Kind;

/// A message as it was received.
pub(super) struct OldMessage<'a> {
    bytes: &'a [u8],
    /// The fields, in the order in which they are written.
    pub fields: Vec<Field>,
    /// The members, in the order in which they are shown.
    pub members: Vec<Member>,
    /// What each member is made of.
    pub sources: Vec<Source>,
}

/// What a member is made of.
#[derive(Default)]
pub(super) struct Source {
    /// The indexes of its fields.
    pub fields: Vec<usize>,
    /// The positions of its elements, if it is an array: of whole fields or of packed values.
    pub elements: Vec<Range<usize>>,
    pub is_packed: bool,
    /// Whether some fields have one element, and others several packed ones.
    pub is_mixed: bool,
}

impl<'a> OldMessage<'a> {
    pub fn read(bytes: &'a [u8], descriptor: &MessageDescriptor) -> Option<Self> {
        let mut message = Self {
            bytes,
            fields: Vec::new(),
            members: Vec::new(),
            sources: Vec::new(),
        };
        let mut cursor = Cursor::new(bytes);
        let mut order = Vec::new();
        let mut by_number: HashMap<u32, Vec<usize>> = HashMap::new();
        while cursor.left() > 0 {
            let field = wire::field(&mut cursor).ok()?;
            let indexes = by_number.entry(field.number).or_insert_with(|| {
                order.push(field.number);
                Vec::new()
            });
            indexes.push(message.fields.len());
            message.fields.push(field);
        }
        for number in order {
            let known = FieldType::of(descriptor, number);
            let indexes = by_number.remove(&number).unwrap_or_default();
            let fits = |index: &usize| {
                let known = known.as_ref();
                known.is_some_and(|known| known.fits(&message.fields[*index]))
            };
            let (fitting, others): (Vec<_>, Vec<_>) = indexes.into_iter().partition(fits);
            if let Some(known) = known.filter(|_| !fitting.is_empty()) {
                message.add_known(&known, fitting)?;
            }
            for index in others {
                let value = message.raw_value(index);
                message.add(number_item(number.to_string()), value, Source::of(index));
            }
        }
        Some(message)
    }

    pub fn raw(&self, range: &Range<usize>) -> &'a [u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    fn add(&mut self, key: Item, value: Value, source: Source) {
        self.members.push((key, Item::new(value, 0..0)));
        self.sources.push(source);
    }

    fn add_known(&mut self, known: &FieldType, indexes: Vec<usize>) -> Option<()> {
        let key = || Item::new(Value::String(known.name.clone().into_bytes()), 0..0);
        if let Some(entry) = &known.entry {
            let entries = indexes.iter().map(|index| self.entry(entry, *index));
            let entries: Vec<Member> = entries.collect::<Option<_>>()?;
            let elements = indexes
                .iter()
                .map(|index| self.fields[*index].source.clone());
            let elements = elements.collect();
            let source = Source {
                fields: indexes,
                elements,
                ..Source::default()
            };
            self.add(key(), Value::Object(entries), source);
        } else if known.is_list {
            let mut items = Vec::new();
            let mut source = Source::default();
            for index in indexes {
                self.elements(known, index, &mut items, &mut source)?;
                source.fields.push(index);
            }
            self.add(key(), Value::Array(items), source);
        } else {
            for index in indexes {
                let value = self.value(&known.kind, &self.fields[index].wire)?;
                self.add(key(), value, Source::of(index));
            }
        }
        Some(())
    }

    /// Adds the elements of an array that are in one field.
    fn elements(
        &self,
        known: &FieldType,
        index: usize,
        items: &mut Vec<Item>,
        source: &mut Source,
    ) -> Option<()> {
        let field = &self.fields[index];
        let is_packed = known.is_packed(field) && !scalars::fits(&known.kind, &field.wire);
        source.is_mixed |= source.is_packed != is_packed && !source.fields.is_empty();
        source.is_packed = is_packed;
        let (Wire::Stretch(range), true) = (&field.wire, is_packed) else {
            items.push(Item::new(self.value(&known.kind, &field.wire)?, 0..0));
            source.elements.push(field.source.clone());
            return Some(());
        };
        let mut cursor = Cursor::within(self.bytes, range.clone());
        while cursor.left() > 0 {
            let start = cursor.at();
            let wire = scalars::packed(&known.kind, &mut cursor).ok()?;
            items.push(Item::new(self.value(&known.kind, &wire)?, 0..0));
            source.elements.push(start..cursor.at());
        }
        Some(())
    }

    fn entry(&self, entry: &Entry, index: usize) -> Option<Member> {
        let [key, value] = self.entry_wires(entry, &self.fields[index]);
        let item = |kind: &Type, wire: &Wire| Some(Item::new(self.value(kind, wire)?, 0..0));
        Some((item(&entry.key, &key)?, item(&entry.value, &value)?))
    }

    /// Returns the key and the value of a map entry, or their defaults.
    pub fn entry_wires(&self, entry: &Entry, field: &Field) -> [Wire; 2] {
        let mut parts = [None, None];
        let mut end = field.source.end;
        if let Wire::Stretch(range) | Wire::Group(range) = &field.wire {
            end = range.end;
            let mut cursor = Cursor::within(self.bytes, range.clone());
            while cursor.left() > 0
                && let Ok(part) = wire::field(&mut cursor)
            {
                match part.number {
                    1 if scalars::fits(&entry.key, &part.wire) => parts[0] = Some(part.wire),
                    2 if scalars::fits(&entry.value, &part.wire) => parts[1] = Some(part.wire),
                    _ => {}
                }
            }
        }
        let [key, value] = parts;
        let empty = end..end;
        [
            key.unwrap_or_else(|| scalars::default(&entry.key, &empty)),
            value.unwrap_or_else(|| scalars::default(&entry.value, &empty)),
        ]
    }

    fn value(&self, kind: &Type, wire: &Wire) -> Option<Value> {
        Some(match scalars::read(kind, wire) {
            Scalar::Written(Kind::String, range) => Value::String(self.raw(&range).to_vec()),
            Scalar::Written(_, range) => Value::Bytes(self.raw(&range).to_vec()),
            Scalar::Words(Kind::Bool, word) => {
                Value::Word(if word == "true" { "true" } else { "false" })
            }
            Scalar::Words(Kind::String, name) => Value::String(name.into_bytes()),
            Scalar::Words(_, digits) => Value::Number(digits),
            Scalar::Message(descriptor, range) => {
                Value::Object(OldMessage::read(self.raw(&range), &descriptor)?.members)
            }
        })
    }

    /// Returns a field that the type does not know.
    fn raw_value(&self, index: usize) -> Value {
        let call = |name: &str, value| Value::Call(name.to_owned(), vec![Item::new(value, 0..0)]);
        match &self.fields[index].wire {
            Wire::Varint(number) => Value::Number(number.to_string()),
            Wire::Fixed64(bits) => call("fixed64", Value::Number(bits.to_string())),
            Wire::Fixed32(bits) => call("fixed32", Value::Number(bits.to_string())),
            Wire::Stretch(range) => Value::Bytes(self.raw(range).to_vec()),
            Wire::Group(range) => call("group", Value::Bytes(self.raw(range).to_vec())),
        }
    }
}

impl Source {
    fn of(index: usize) -> Self {
        Self {
            fields: vec![index],
            ..Self::default()
        }
    }
}

fn number_item(digits: String) -> Item {
    Item::new(Value::Number(digits), 0..0)
}
