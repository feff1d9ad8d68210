//! The values of serialized objects, each of which may occur in several places.

use std::ops::Range;

use crate::payload::reading::Stop;
use crate::payload::tree::{Kind, MAX_NODES};

/// The maximum length of a mark in bytes. Each object of a class gets a copy of the mark.
pub(super) const MAX_MARK: usize = 120;

/// The index of a value in a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(u32);

/// The location of a text: a range of the payload or of the graph's own text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    InPayload(Range<usize>),
    Own(Range<usize>),
}

/// The contents of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Scalar(Kind, Stored),
    Array(Vec<Id>),
    /// Keys and values.
    Object(Vec<(Id, Id)>),
    /// A mark, and the value that has it.
    Tag(Stored, Id),
}

/// A value.
#[derive(Debug)]
pub(super) struct Item {
    pub shape: Shape,
    /// Where the value is written in the payload.
    pub source: Range<usize>,
}

/// The values of one payload.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    bytes: &'a [u8],
    own: Vec<u8>,
    items: Vec<Item>,
    /// The number of bytes copied from other values.
    copied: usize,
}

impl<'a> Graph<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            own: Vec::new(),
            items: Vec::new(),
            copied: 0,
        }
    }

    /// Returns the payload.
    pub fn payload(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn item(&self, id: Id) -> &Item {
        &self.items[id.index()]
    }

    pub fn shape(&self, id: Id) -> &Shape {
        &self.item(id).shape
    }

    pub fn shape_mut(&mut self, id: Id) -> &mut Shape {
        &mut self.items[id.index()].shape
    }

    /// Moves the end of a value to `end`.
    pub fn extend(&mut self, id: Id, end: usize) {
        self.items[id.index()].source.end = end;
    }

    /// Returns the text at `stored`.
    pub fn text(&self, stored: &Stored) -> &[u8] {
        let (bytes, range) = match stored {
            Stored::InPayload(range) => (self.bytes, range),
            Stored::Own(range) => (&self.own[..], range),
        };
        bytes.get(range.clone()).unwrap_or_default()
    }

    /// Returns the kind and the text of a value without children.
    pub fn scalar(&self, id: Id) -> Option<(Kind, &[u8])> {
        match self.shape(id) {
            Shape::Scalar(kind, stored) => Some((*kind, self.text(stored))),
            _ => None,
        }
    }

    /// Returns the text of a string or of bytes.
    pub fn string(&self, id: Id) -> Option<&[u8]> {
        let (kind, text) = self.scalar(id)?;
        matches!(kind, Kind::String | Kind::Bytes).then_some(text)
    }

    /// Stores a text that is not in the payload.
    pub fn store(&mut self, text: &[u8]) -> Stored {
        let start = self.own.len();
        self.own.extend_from_slice(text);
        Stored::Own(start..self.own.len())
    }

    /// Returns whether `size` bytes may be copied from other values. All copies together may be
    /// twice as long as the payload.
    pub fn may_copy(&mut self, size: usize) -> bool {
        self.copied = self.copied.saturating_add(size);
        self.copied / 2 <= self.bytes.len()
    }

    /// Stores a mark, `⟨name⟩`; a long name is cut.
    pub fn mark(&mut self, name: &[u8]) -> Stored {
        let name = String::from_utf8_lossy(name);
        let mark = match name.char_indices().find(|(at, _)| *at >= MAX_MARK) {
            Some((end, _)) => format!("⟨{}…⟩", &name[..end]),
            None => format!("⟨{name}⟩"),
        };
        self.store(mark.as_bytes())
    }

    /// Adds a value.
    pub fn add(&mut self, shape: Shape, source: Range<usize>) -> Result<Id, Stop> {
        if self.items.len() == MAX_NODES {
            let why = format!("more than {MAX_NODES} values");
            return Err(Stop::limit(why, source.start));
        }
        let id = Id(u32::try_from(self.items.len()).unwrap_or(u32::MAX));
        self.items.push(Item { shape, source });
        Ok(id)
    }

    /// Adds a value without children whose text is not in the payload.
    pub fn words(&mut self, kind: Kind, words: &str, source: Range<usize>) -> Result<Id, Stop> {
        let stored = self.store(words.as_bytes());
        self.add(Shape::Scalar(kind, stored), source)
    }

    /// Adds a value without children whose text is at `text` in the payload.
    pub fn written(
        &mut self,
        kind: Kind,
        text: Range<usize>,
        source: Range<usize>,
    ) -> Result<Id, Stop> {
        self.add(Shape::Scalar(kind, Stored::InPayload(text)), source)
    }

    /// Adds bytes of which it is unknown whether they are text: a string if they are UTF-8.
    pub fn text_or_bytes(&mut self, text: Range<usize>, source: Range<usize>) -> Result<Id, Stop> {
        let stored = Stored::InPayload(text);
        let kind = match str::from_utf8(self.text(&stored)) {
            Ok(_) => Kind::String,
            Err(_) => Kind::Bytes,
        };
        self.add(Shape::Scalar(kind, stored), source)
    }

    /// Adds a tag on `content`, with the mark `⟨name⟩`.
    pub fn tag(&mut self, name: &[u8], content: Id, source: Range<usize>) -> Result<Id, Stop> {
        let mark = self.mark(name);
        self.add(Shape::Tag(mark, content), source)
    }

    /// Adds an array or, if `name` is not empty, a tag `⟨name⟩` on an array.
    pub fn list(&mut self, name: &[u8], values: Vec<Id>, source: Range<usize>) -> Result<Id, Stop> {
        let array = self.add(Shape::Array(values), source.clone())?;
        if name.is_empty() {
            return Ok(array);
        }
        self.tag(name, array, source)
    }

    /// Adds an integer that is too large to be converted to digits, as the bytes of its magnitude.
    pub fn large_integer(
        &mut self,
        is_negative: bool,
        magnitude: Range<usize>,
        source: Range<usize>,
    ) -> Result<Id, Stop> {
        let sign = if is_negative { "negative " } else { "" };
        let name = format!("{sign}integer, little-endian");
        let bytes = self.written(Kind::Bytes, magnitude, source.clone())?;
        self.tag(name.as_bytes(), bytes, source)
    }

    /// Adds an object with these members.
    pub fn members(&mut self, members: Vec<(&str, Id)>, source: Range<usize>) -> Result<Id, Stop> {
        let mut pairs = Vec::new();
        for (name, value) in members {
            pairs.push((self.words(Kind::String, name, source.clone())?, value));
        }
        self.add(Shape::Object(pairs), source)
    }

    /// Puts a tag with the mark `⟨name⟩` on a value; references to the value refer to the tag.
    pub fn wrap(&mut self, id: Id, name: &[u8]) -> Result<(), Stop> {
        let content = self.moved(id)?;
        *self.shape_mut(id) = Shape::Tag(self.mark(name), content);
        Ok(())
    }

    /// Moves the contents of a value to a new one, so that the old one can get others.
    pub fn moved(&mut self, id: Id) -> Result<Id, Stop> {
        let Item { shape, source } = &mut self.items[id.index()];
        let shape = std::mem::replace(shape, Shape::Array(Vec::new()));
        let source = source.clone();
        self.add(shape, source)
    }

    /// Returns the content of a tag, or else the value itself.
    pub fn untagged(&self, id: Id) -> Id {
        match self.shape(id) {
            Shape::Tag(_, content) => *content,
            _ => id,
        }
    }

    /// Returns the elements of an array, tagged or not.
    pub fn elements(&self, id: Id) -> Option<&[Id]> {
        match self.shape(self.untagged(id)) {
            Shape::Array(values) => Some(values),
            _ => None,
        }
    }
}

impl Id {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
