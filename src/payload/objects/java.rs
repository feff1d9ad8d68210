//! Decoding Java object streams (Java Object Serialization Specification, chapter 6).
//!
//! Boxed values are shown as what they box, and the collections, times and large numbers of the
//! Java library as their content. Any other object is shown with its fields; what its class has
//! written besides is in `(data)`.

mod class;
mod known;

use std::ops::Range;

use self::class::Class;
use super::graph::{Graph, Id, Shape, Stored};
use super::layout;
use crate::payload::decimal::{decimal, decimal_f32};
use crate::payload::reading::{Cursor, Stop, Unreadable};
use crate::payload::tree::{Kind, MAX_DEPTH, Tree};

/// The name of the format.
pub const NAME: &str = "Java serialization";

/// `STREAM_MAGIC` and `STREAM_VERSION`, with which every stream begins.
pub const START: [u8; 4] = [0xac, 0xed, 0, 5];

/// The handle of the first class or value of a stream.
const FIRST_HANDLE: u32 = 0x007e_0000;

/// The end of what a class has written besides the fields of an object.
const END_OF_DATA: u8 = 0x78;

/// Decodes a stream, which must be all of `bytes`.
pub fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    let mut reader = Reader {
        cursor: Cursor::new(bytes),
        graph: Graph::new(bytes),
        classes: Vec::new(),
        handles: Vec::new(),
    };
    let root = reader.root();
    layout::tree(&reader.graph, root, NAME)
}

/// What a later part of a stream may refer to.
#[derive(Clone, Copy)]
enum Handle {
    /// The index of a class.
    Class(usize),
    Value(Id),
}

/// What an object consists of, by the class in its hierarchy that it belongs to.
struct Part {
    class: usize,
    fields: Vec<(Id, Id)>,
    /// What the class has written besides the fields.
    data: Vec<Id>,
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    graph: Graph<'a>,
    classes: Vec<Class>,
    handles: Vec<Handle>,
}

impl Reader<'_> {
    fn root(&mut self) -> Result<Id, Stop> {
        if self.cursor.array::<4>()? != START {
            return Err(Stop::wrong("expected the header of a stream", 0));
        }
        let mut values = Vec::new();
        while self.cursor.left() > 0 {
            let start = self.cursor.at();
            match self.cursor.byte()? {
                // TC_RESET
                0x79 => self.handles.clear(),
                kind => values.push(self.content_of(kind, start, 0)?),
            }
        }
        match &values[..] {
            [only] => Ok(*only),
            [] => Err(Stop::early(self.cursor.at())),
            _ => self.graph.list(b"stream", values, 0..self.cursor.at()),
        }
    }

    fn content(&mut self, depth: usize) -> Result<Id, Stop> {
        let start = self.cursor.at();
        let kind = self.cursor.byte()?;
        self.content_of(kind, start, depth)
    }

    /// Takes what follows a type code.
    fn content_of(&mut self, kind: u8, start: usize, depth: usize) -> Result<Id, Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::too_deep(start));
        }
        match kind {
            0x70 => self.graph.words(Kind::Null, "null", self.since(start)),
            0x71 => match self.handle(start)? {
                Handle::Value(id) => Ok(id),
                Handle::Class(class) => self.class_name(class, start),
            },
            0x72 | 0x7d => {
                let class = self.new_class(kind, start, depth)?;
                self.class_name(class, start)
            }
            0x73 => self.object(start, depth),
            0x74 => self.string(1, start),
            0x75 => self.array(start, depth),
            0x76 => {
                let class = self.class_at(start, depth)?;
                let id = self.class_name(class, start)?;
                self.handles.push(Handle::Value(id));
                Ok(id)
            }
            0x77 | 0x7a => {
                let length = self.cursor.number(if kind == 0x77 { 0 } else { 2 })?;
                let range = self.cursor.stretch(length, start)?;
                self.graph.written(Kind::Bytes, range, self.since(start))
            }
            0x7b => Err(Stop::wrong("exception while writing", start)),
            0x7c => self.string(3, start),
            0x7e => self.constant(start, depth),
            _ => Err(Stop::wrong(format!("unknown type {kind:#04x}"), start)),
        }
    }

    fn since(&self, start: usize) -> Range<usize> {
        start..self.cursor.at()
    }

    /// Takes a handle.
    fn handle(&mut self, start: usize) -> Result<Handle, Stop> {
        let handle = u32::from_be_bytes(self.cursor.array()?);
        let index = handle.checked_sub(FIRST_HANDLE);
        let index = index.and_then(|index| usize::try_from(index).ok());
        let handle = index.and_then(|index| self.handles.get(index));
        handle.copied().ok_or(Stop::wrong("no such handle", start))
    }

    fn class_name(&mut self, class: usize, start: usize) -> Result<Id, Stop> {
        let class = &mut self.classes[class];
        if let Some(id) = class.value {
            return Ok(id);
        }
        let stored = self.graph.store(&class.name);
        let shape = Shape::Scalar(Kind::Other, stored);
        let id = self.graph.add(shape, start..self.cursor.at())?;
        class.value = Some(id);
        Ok(id)
    }

    /// Takes a string whose length takes 2 or 8 bytes; see [`Cursor::number`].
    fn string(&mut self, width: u8, start: usize) -> Result<Id, Stop> {
        let length = self.cursor.number(width)?;
        let range = self.cursor.stretch(length, start)?;
        let stored = self.text(range);
        let shape = Shape::Scalar(Kind::String, stored);
        let id = self.graph.add(shape, self.since(start))?;
        self.handles.push(Handle::Value(id));
        Ok(id)
    }

    /// Returns a text in Java's modified UTF-8: zeros and the characters beyond the basic plane
    /// differ from UTF-8.
    fn text(&mut self, range: Range<usize>) -> Stored {
        let text = self.cursor.slice(range.clone());
        if str::from_utf8(text).is_ok() {
            return Stored::InPayload(range);
        }
        match class::modified_utf_8(text) {
            Some(text) => self.graph.store(text.as_bytes()),
            None => Stored::InPayload(range),
        }
    }

    fn array(&mut self, start: usize, depth: usize) -> Result<Id, Stop> {
        let class = self.class_at(start, depth)?;
        let kind = self.classes[class].name.get(1).copied();
        let id = self.graph.add(Shape::Array(Vec::new()), start..start)?;
        self.handles.push(Handle::Value(id));
        let count = self.cursor.number(2)?;
        let shape = if kind == Some(b'B') {
            let range = self.cursor.stretch(count, start)?;
            Shape::Scalar(Kind::Bytes, Stored::InPayload(range))
        } else {
            let kind = kind.ok_or(Stop::wrong("invalid array", start))?;
            let mut values = Vec::new();
            for _ in 0..count {
                values.push(self.value(kind, depth + 1)?);
            }
            Shape::Array(values)
        };
        *self.graph.shape_mut(id) = shape;
        self.graph.extend(id, self.cursor.at());
        Ok(id)
    }

    /// Takes a value of a type, as in the name of a field's class: `I` is `int`.
    fn value(&mut self, kind: u8, depth: usize) -> Result<Id, Stop> {
        let start = self.cursor.at();
        let cursor = &mut self.cursor;
        let words = match kind {
            b'B' => i8::from_be_bytes(cursor.array()?).to_string(),
            b'S' => i16::from_be_bytes(cursor.array()?).to_string(),
            b'I' => i32::from_be_bytes(cursor.array()?).to_string(),
            b'J' => i64::from_be_bytes(cursor.array()?).to_string(),
            b'F' => decimal_f32(f32::from_be_bytes(cursor.array()?)),
            b'D' => decimal(f64::from_be_bytes(cursor.array()?)),
            b'Z' => {
                let words = if cursor.byte()? == 0 { "false" } else { "true" };
                return self.graph.words(Kind::Bool, words, self.since(start));
            }
            b'C' => {
                let unit = u16::from_be_bytes(cursor.array()?);
                let letter = String::from_utf16_lossy(&[unit]);
                return self.graph.words(Kind::String, &letter, self.since(start));
            }
            b'L' | b'[' => return self.content(depth),
            _ => return Err(Stop::wrong("unknown type of a field", start)),
        };
        self.graph.words(Kind::Number, &words, self.since(start))
    }

    /// Takes a constant of an enumeration: its class and its name.
    fn constant(&mut self, start: usize, depth: usize) -> Result<Id, Stop> {
        let class = self.class_at(start, depth)?;
        let id = self.graph.add(Shape::Array(Vec::new()), start..start)?;
        self.handles.push(Handle::Value(id));
        let name = self.content(depth + 1)?;
        let content = match self.graph.shape(name) {
            Shape::Scalar(Kind::String, name) => Shape::Scalar(Kind::Other, name.clone()),
            _ => return Err(Stop::wrong("constant without a name", start)),
        };
        let content = self
            .graph
            .add(content, self.graph.item(name).source.clone())?;
        let mark = self.graph.mark(&self.classes[class].name);
        *self.graph.shape_mut(id) = Shape::Tag(mark, content);
        self.graph.extend(id, self.cursor.at());
        Ok(id)
    }

    fn object(&mut self, start: usize, depth: usize) -> Result<Id, Stop> {
        let class = self.class_at(start, depth)?;
        let id = self.graph.add(Shape::Array(Vec::new()), start..start)?;
        self.handles.push(Handle::Value(id));
        let mut parts = Vec::new();
        for class in self.hierarchy(class) {
            parts.push(self.part(class, depth + 1)?);
        }
        self.graph.extend(id, self.cursor.at());
        let name = self.classes[class].name.clone();
        let shape = known::shape(
            &mut self.graph,
            &self.classes,
            &name,
            &parts,
            self.cursor.at(),
        )?;
        let shape = match shape {
            Some(shape) => shape,
            None => self.fields(&name, parts)?,
        };
        *self.graph.shape_mut(id) = shape;
        Ok(id)
    }

    /// Takes the fields of an object that belong to a class, and what the class has written besides.
    fn part(&mut self, class: usize, depth: usize) -> Result<Part, Stop> {
        let start = self.cursor.at();
        let flags = self.classes[class].flags;
        let mut part = Part {
            class,
            fields: Vec::new(),
            data: Vec::new(),
        };
        if flags.is_serializable() {
            for index in 0..self.classes[class].fields.len() {
                let (kind, name) = self.classes[class].fields[index];
                part.fields.push((name, self.value(kind, depth)?));
            }
        }
        if flags.has_data() {
            part.data = self.data(depth)?;
        } else if !flags.is_serializable() && flags.is_externalizable() {
            let why = format!("contents of {} have no length", self.classes[class].words());
            return Err(Stop::wrong(why, start));
        }
        Ok(part)
    }

    /// Takes contents up to their end.
    fn data(&mut self, depth: usize) -> Result<Vec<Id>, Stop> {
        let mut values = Vec::new();
        loop {
            let start = self.cursor.at();
            match self.cursor.byte()? {
                END_OF_DATA => return Ok(values),
                kind => values.push(self.content_of(kind, start, depth)?),
            }
        }
    }

    /// Returns how an object is shown that is not known: with its fields.
    fn fields(&mut self, name: &[u8], parts: Vec<Part>) -> Result<Shape, Stop> {
        let at = self.cursor.at();
        let (mut members, mut data) = (Vec::new(), Vec::new());
        for part in parts {
            members.extend(part.fields);
            data.extend(part.data);
        }
        let shape = if members.is_empty() && !data.is_empty() {
            Shape::Array(data)
        } else {
            if !data.is_empty() {
                let data = self.graph.list(b"", data, at..at)?;
                members.push((self.graph.words(Kind::String, "(data)", at..at)?, data));
            }
            Shape::Object(members)
        };
        let content = self.graph.add(shape, at..at)?;
        Ok(Shape::Tag(self.graph.mark(name), content))
    }
}
