//! Decoding fields by a message type.

use std::collections::HashMap;
use std::ops::Range;

use prost_reflect::{FieldDescriptor, Kind as Type, MessageDescriptor};

use super::framing::{Frame, Framing};
use super::raw;
use super::sink::Sink;
use super::wire::{self, Field, Wire};
use crate::payload::reading::{Cursor, Stop};
use crate::payload::tree::{Kind, MAX_NODES, Text};

pub(in crate::payload) mod scalars;
mod well_known;

use scalars::Scalar;
pub(super) use well_known::camel_case;

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// For display: every field with its name in the schema, numbers as numbers.
    Shown,
    /// As the JSON form of Protobuf: names in lowerCamelCase, 64-bit numbers as strings, no unknown
    /// fields, and the last value of a field that is not repeated.
    Json,
}

/// A decoder of messages into a tree.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    pub(super) sink: Sink,
    style: Style,
    /// Whether the outermost message has a field that the message type knows.
    pub(super) knows_any: bool,
    /// Whether every field of every message is known.
    pub(super) knows_all: bool,
    /// The number of containers around the outermost message.
    root_depth: usize,
    /// The number of fields read; `cut_at` is where reading stopped if there were too many.
    read: usize,
    cut_at: Option<usize>,
}

/// The description of a field in a message type.
pub(in crate::payload) struct FieldType {
    /// The name as in the Protobuf text format.
    pub name: String,
    /// The name in JSON.
    pub json_name: String,
    pub kind: Type,
    pub is_list: bool,
    /// The types of the keys and values, if the field is a map.
    pub entry: Option<Entry>,
}

/// The key and value types of a map.
pub(in crate::payload) struct Entry {
    pub key: Type,
    pub value: Type,
}

impl FieldType {
    pub fn of(message: &MessageDescriptor, number: u32) -> Option<Self> {
        if let Some(field) = message.get_field(number) {
            return Some(Self {
                name: field.name().to_owned(),
                json_name: field.json_name().to_owned(),
                kind: field.kind(),
                is_list: field.is_list(),
                entry: Entry::of(&field),
            });
        }
        let extension = message.get_extension(number)?;
        Some(Self {
            name: format!("[{}]", extension.full_name()),
            json_name: format!("[{}]", extension.full_name()),
            kind: extension.kind(),
            is_list: extension.is_list(),
            entry: None,
        })
    }

    /// Returns whether the field may have this wire type.
    pub fn fits(&self, field: &Field) -> bool {
        scalars::fits(&self.kind, &field.wire) || self.is_packed(field)
    }

    pub fn is_packed(&self, field: &Field) -> bool {
        let is_packable = !matches!(self.kind, Type::String | Type::Bytes | Type::Message(_));
        self.is_list && is_packable && matches!(field.wire, Wire::Stretch(_))
    }
}

impl Entry {
    fn of(field: &FieldDescriptor) -> Option<Self> {
        let Type::Message(entry) = field.kind() else {
            return None;
        };
        if !field.is_map() {
            return None;
        }
        let (key, value) = (entry.get_field(1)?.kind(), entry.get_field(2)?.kind());
        (!matches!(key, Type::Message(_))).then_some(Self { key, value })
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], style: Style) -> Self {
        Self {
            bytes,
            sink: Sink::new(),
            style,
            knows_any: false,
            knows_all: true,
            root_depth: 0,
            read: 0,
            cut_at: None,
        }
    }

    /// Adds the message that is all of the bytes.
    pub(super) fn root(&mut self, descriptor: &MessageDescriptor) -> Result<(), Stop> {
        let whole = 0..self.bytes.len();
        self.message(descriptor, whole.clone(), &whole)?;
        self.cut_at.map_or(Ok(()), |at| Err(Stop::Full(at)))
    }

    /// Adds the message in the only one of `frames`, or an array of the messages.
    pub(super) fn framed(
        &mut self,
        descriptor: &MessageDescriptor,
        framing: Framing,
        frames: &[Frame],
    ) -> Result<(), Stop> {
        self.root_depth = if frames.len() > 1 { 2 } else { 1 };
        framing.add(
            frames,
            self,
            |reader| &mut reader.sink,
            |reader, content| reader.message(descriptor, content.clone(), &content),
        )?;
        self.cut_at.map_or(Ok(()), |at| Err(Stop::Full(at)))
    }

    /// Adds a message. Its fields are at `range`, and the whole message is at `source`.
    fn message(
        &mut self,
        descriptor: &MessageDescriptor,
        range: Range<usize>,
        source: &Range<usize>,
    ) -> Result<(), Stop> {
        if self.well_known(descriptor, &range, source)? {
            return Ok(());
        }
        self.sink.open(Kind::Object, source.start)?;
        self.members(descriptor, range)?;
        self.sink.close(source.end);
        Ok(())
    }

    /// Adds the fields at `range` to the open object of their message.
    fn members(&mut self, descriptor: &MessageDescriptor, range: Range<usize>) -> Result<(), Stop> {
        let fields = self.fields(range)?;
        for of_number in fields.chunk_by(|one, next| one.number == next.number) {
            self.fields_of_number(descriptor, of_number)?;
        }
        Ok(())
    }

    /// Returns the fields at `range`, grouped by number, in the order of their first occurrence.
    fn fields(&mut self, range: Range<usize>) -> Result<Vec<Field>, Stop> {
        let mut cursor = Cursor::within(self.bytes, range);
        let mut fields: Vec<Field> = Vec::new();
        let mut ranks = HashMap::new();
        while cursor.left() > 0 {
            // The tree has no room for more fields.
            if self.read == MAX_NODES {
                self.cut_at.get_or_insert(cursor.at());
                break;
            }
            self.read += 1;
            let field = wire::field(&mut cursor)?;
            let rank = ranks.len();
            ranks.entry(field.number).or_insert(rank);
            fields.push(field);
        }
        fields.sort_by_key(|field| ranks.get(&field.number));
        Ok(fields)
    }

    fn fields_of_number(
        &mut self,
        message: &MessageDescriptor,
        fields: &[Field],
    ) -> Result<(), Stop> {
        let number = fields.first().map_or(0, |field| field.number);
        let Some(known) = FieldType::of(message, number) else {
            return self.raw(fields.iter());
        };
        let fitting: Vec<&Field> = fields.iter().filter(|field| known.fits(field)).collect();
        self.knows_any |= self.sink.depth() == self.root_depth + 1 && !fitting.is_empty();
        if let (Some(first), Some(last)) = (fitting.first(), fitting.last()) {
            // A field whose occurrences are not adjacent has no single position.
            let is_whole = fitting
                .windows(2)
                .all(|pair| pair[0].source.end == pair[1].source.start);
            let start = first.source.start;
            let end = if is_whole { last.source.end } else { start };
            self.known(&known, &fitting, start..end)?;
        }
        self.raw(fields.iter().filter(|field| !known.fits(field)))
    }

    /// Adds all fields that have the same number; they are at `source`.
    fn known(
        &mut self,
        known: &FieldType,
        fields: &[&Field],
        source: Range<usize>,
    ) -> Result<(), Stop> {
        let name = match self.style {
            Style::Shown => &known.name,
            Style::Json => &known.json_name,
        };
        if known.entry.is_none() && !known.is_list {
            let skipped = match self.style {
                Style::Shown => 0,
                Style::Json => fields.len().saturating_sub(1),
            };
            for field in &fields[skipped..] {
                self.name(name, field.source.start)?;
                self.value(&known.kind, &field.wire, field.source.clone())?;
            }
            return Ok(());
        }
        let kind = known.entry.as_ref().map_or(Kind::Array, |_| Kind::Object);
        self.name(name, source.start)?;
        self.sink.open(kind, source.start)?;
        for field in fields {
            match &known.entry {
                Some(entry) => self.map_entry(entry, field)?,
                None => self.elements(known, field)?,
            }
        }
        self.sink.close(source.end);
        Ok(())
    }

    /// Adds the array elements that a field contains: a single value, or several packed ones.
    fn elements(&mut self, known: &FieldType, field: &Field) -> Result<(), Stop> {
        let range = match &field.wire {
            Wire::Stretch(range) if known.is_packed(field) => range,
            wire => return self.value(&known.kind, wire, field.source.clone()),
        };
        let mut cursor = Cursor::within(self.bytes, range.clone());
        while cursor.left() > 0 {
            let start = cursor.at();
            let wire = scalars::packed(&known.kind, &mut cursor)?;
            self.value(&known.kind, &wire, start..cursor.at())?;
        }
        Ok(())
    }

    /// Adds a map entry; a missing key or value gets its default.
    fn map_entry(&mut self, entry: &Entry, field: &Field) -> Result<(), Stop> {
        let start = field.source.start;
        let (Wire::Stretch(range) | Wire::Group(range)) = &field.wire else {
            return Ok(());
        };
        let mut parts = [None, None];
        let mut cursor = Cursor::within(self.bytes, range.clone());
        while cursor.left() > 0 {
            let part = wire::field(&mut cursor)?;
            let index = match part.number {
                1 if scalars::fits(&entry.key, &part.wire) => 0,
                2 if scalars::fits(&entry.value, &part.wire) => 1,
                _ => continue,
            };
            parts[index] = Some(part.wire);
        }
        let empty = range.end..range.end;
        let [key, value] = parts;
        let key = key.unwrap_or_else(|| scalars::default(&entry.key, &empty));
        let value = value.unwrap_or_else(|| scalars::default(&entry.value, &empty));
        self.key(&entry.key, &key, start)?;
        self.value(&entry.value, &value, field.source.clone())
    }

    fn key(&mut self, kind: &Type, wire: &Wire, start: usize) -> Result<(), Stop> {
        match scalars::read(kind, wire) {
            Scalar::Written(_, range) => self.sink.name(Text::InPayload(range), start),
            Scalar::Words(_, words) => self.sink.other_key(&words, start),
            // The key of a map is never a message.
            Scalar::Message(..) => Ok(()),
        }
    }

    fn value(&mut self, kind: &Type, wire: &Wire, source: Range<usize>) -> Result<(), Stop> {
        match scalars::read(kind, wire) {
            Scalar::Message(descriptor, range) => self.message(&descriptor, range, &source),
            Scalar::Written(kind, range) => self.sink.scalar(kind, Text::InPayload(range), source),
            Scalar::Words(found, words) => {
                let is_string =
                    self.style == Style::Json && scalars::is_string_in_json(kind, &words);
                let kind = if is_string { Kind::String } else { found };
                let text = Text::Bytes(words.as_bytes());
                self.sink.scalar(kind, text, source)
            }
        }
    }

    /// Adds fields that the schema does not know.
    fn raw<'f>(&mut self, fields: impl Iterator<Item = &'f Field>) -> Result<(), Stop> {
        for field in fields {
            self.knows_all = false;
            if self.style == Style::Shown {
                raw::field(self.bytes, &mut self.sink, field)?;
            }
        }
        Ok(())
    }

    fn name(&mut self, name: &str, start: usize) -> Result<(), Stop> {
        self.sink.name(Text::Bytes(name.as_bytes()), start)
    }
}
