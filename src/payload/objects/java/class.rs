//! The descriptions of classes in Java object streams.

use super::{Handle, Reader};
use crate::payload::objects::graph::{Id, Shape};
use crate::payload::reading::Stop;
use crate::payload::tree::{Kind, MAX_DEPTH};

/// The maximum number of interfaces whose names are shown for a proxy.
const MAX_INTERFACES: usize = 4;

/// The maximum length of the name of a class.
const MAX_NAME: usize = 256;

/// A class.
pub(super) struct Class {
    pub name: Vec<u8>,
    pub flags: Flags,
    /// The type and the name of each field.
    pub fields: Vec<(u8, Id)>,
    parent: Option<usize>,
    /// The class as a value.
    pub value: Option<Id>,
}

impl Class {
    /// Returns the name for an error.
    pub fn words(&self) -> String {
        String::from_utf8_lossy(&self.name)
            .escape_default()
            .to_string()
    }
}

/// How the objects of a class are written (`SC_…` in the specification).
#[derive(Clone, Copy, Default)]
pub(super) struct Flags(u8);

impl Flags {
    pub fn is_serializable(self) -> bool {
        self.0 & 0x02 != 0
    }

    pub fn is_externalizable(self) -> bool {
        self.0 & 0x04 != 0
    }

    /// Returns whether the class writes data besides the fields, up to a mark.
    pub fn has_data(self) -> bool {
        if self.is_serializable() {
            self.0 & 0x01 != 0
        } else {
            self.is_externalizable() && self.0 & 0x08 != 0
        }
    }
}

impl Reader<'_> {
    /// Takes the description of the class of a value that starts at `start`.
    pub(super) fn class_at(&mut self, start: usize, depth: usize) -> Result<usize, Stop> {
        let class = self.class(depth)?;
        class.ok_or(Stop::wrong("value without a class", start))
    }

    fn class(&mut self, depth: usize) -> Result<Option<usize>, Stop> {
        let start = self.cursor.at();
        match self.cursor.byte()? {
            0x70 => Ok(None),
            0x71 => match self.handle(start)? {
                Handle::Class(class) => Ok(Some(class)),
                Handle::Value(_) => Err(Stop::wrong("expected a class", start)),
            },
            kind @ (0x72 | 0x7d) => self.new_class(kind, start, depth).map(Some),
            _ => Err(Stop::wrong("expected a class", start)),
        }
    }

    /// Takes what follows the type code of a new class or proxy.
    pub(super) fn new_class(
        &mut self,
        kind: u8,
        start: usize,
        depth: usize,
    ) -> Result<usize, Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::too_deep(start));
        }
        let mut class = Class {
            name: Vec::new(),
            flags: Flags(0x02),
            fields: Vec::new(),
            parent: None,
            value: None,
        };
        let index = self.classes.len();
        if kind == 0x72 {
            class.name = self.name()?;
            // The version of the class.
            self.cursor.array::<8>()?;
        }
        self.classes.push(class);
        self.handles.push(Handle::Class(index));
        if kind == 0x72 {
            self.classes[index].flags = Flags(self.cursor.byte()?);
            self.class_fields(index, depth)?;
        } else {
            self.classes[index].name = self.interfaces()?;
        }
        self.data(depth + 1)?;
        let parent = self.class(depth + 1)?;
        // A class cannot inherit from itself.
        let is_older = parent.is_none_or(|parent| !self.hierarchy(parent).contains(&index));
        if !is_older {
            return Err(Stop::wrong("class inherits from itself", start));
        }
        self.classes[index].parent = parent;
        Ok(index)
    }

    fn class_fields(&mut self, class: usize, depth: usize) -> Result<(), Stop> {
        let count = self.cursor.number(1)?;
        for _ in 0..count {
            let start = self.cursor.at();
            let kind = self.cursor.byte()?;
            let length = self.cursor.number(1)?;
            let name = self.cursor.stretch(length, start)?;
            let name = self.text(name);
            let shape = Shape::Scalar(Kind::String, name);
            let name = self.graph.add(shape, self.since(start))?;
            if matches!(kind, b'L' | b'[') {
                // The name of the field's class.
                self.content(depth + 1)?;
            }
            self.classes[class].fields.push((kind, name));
        }
        Ok(())
    }

    fn name(&mut self) -> Result<Vec<u8>, Stop> {
        let start = self.cursor.at();
        let length = self.cursor.number(1)?;
        let range = self.cursor.stretch(length, start)?;
        let name = self.cursor.slice(range);
        Ok(name[..name.len().min(MAX_NAME)].to_vec())
    }

    /// Takes the interfaces of a proxy.
    fn interfaces(&mut self) -> Result<Vec<u8>, Stop> {
        let count = self.cursor.number(2)?;
        let mut names = b"proxy of".to_vec();
        for index in 0..count {
            let name = self.name()?;
            if index < MAX_INTERFACES as u64 {
                names.push(b' ');
                names.extend(name);
            }
        }
        if count > MAX_INTERFACES as u64 {
            names.extend(" …".as_bytes());
        }
        Ok(names)
    }

    /// Returns a class and those it inherits from, the most general first.
    pub(super) fn hierarchy(&self, class: usize) -> Vec<usize> {
        let mut classes: Vec<usize> =
            std::iter::successors(Some(class), |class| self.classes[*class].parent)
                .take(MAX_DEPTH)
                .collect();
        classes.reverse();
        classes
    }
}

/// Decodes modified UTF-8: UTF-8 of UTF-16 units, in which zero has two bytes.
pub(super) fn modified_utf_8(text: &[u8]) -> Option<String> {
    let mut units = Vec::with_capacity(text.len());
    let mut rest = text.iter().map(|byte| u16::from(*byte));
    let tail = |rest: &mut dyn Iterator<Item = u16>| {
        let byte = rest.next()?;
        (byte & 0xc0 == 0x80).then_some(byte & 0x3f)
    };
    while let Some(first) = rest.next() {
        units.push(match first {
            0..0x80 => first,
            0xc0..0xe0 => (first & 0x1f) << 6 | tail(&mut rest)?,
            0xe0..0xf0 => (first & 0x0f) << 12 | tail(&mut rest)? << 6 | tail(&mut rest)?,
            _ => return None,
        });
    }
    String::from_utf16(&units).ok()
}
