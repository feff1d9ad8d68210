//! XML as a tree: an element is an object of its attributes (`@name`), its elements by name, and its
//! text (`#text`); elements of the same name form an array; an element with nothing but text is a
//! string. These are the rules of Python's `xmltodict`.
//!
//! Entities other than the predefined ones are not expanded, and nothing external is loaded.

use std::collections::HashMap;

use quick_xml::XmlVersion;
use quick_xml::errors::Error;
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use crate::payload::reading::{Stop, Unreadable, finish};
use crate::payload::tree::{Builder, Kind, MAX_NODES, Refusal, Text, Tree};

/// The name of the format.
pub(super) const NAME: &str = "XML";

/// The maximum nesting depth of elements. Each takes up to two levels of the tree.
const MAX_ELEMENT_DEPTH: usize = 60;

/// Returns whether `bytes` may be XML, judged by the first ones.
pub(super) fn may_be(bytes: &[u8]) -> bool {
    let text = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start();
    matches!(
        text,
        [
            b'<',
            b'?' | b'!' | b'_' | b':' | b'a'..=b'z' | b'A'..=b'Z' | 0x80..=0xff,
            ..,
        ]
    )
}

/// Reads `bytes` if they have an XML declaration, or are an element with attributes or content.
pub(super) fn detect(bytes: &[u8]) -> Option<Tree> {
    let may_be = may_be(bytes) && bytes.trim_ascii_end().ends_with(b">");
    let document = may_be.then(|| Document::read(bytes).ok())??;
    let root = document.elements.first()?;
    let has_content =
        !root.attributes.is_empty() || !root.children.is_empty() || !root.text.trim().is_empty();
    (document.is_declared || has_content).then(|| document.tree(bytes).ok())?
}

/// Reads one document.
pub(super) fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    match Document::read(bytes) {
        Ok(document) => document.tree(bytes),
        Err(stop) => finish(Builder::default(), Err(stop), NAME),
    }
}

struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    /// The indexes of the elements in it.
    children: Vec<usize>,
}

/// The elements of a document, the root first.
struct Document {
    elements: Vec<Element>,
    is_declared: bool,
    /// The number of values in the tree, at most.
    values: usize,
}

impl Document {
    fn read(bytes: &[u8]) -> Result<Self, Stop> {
        let text = str::from_utf8(bytes)
            .map_err(|wrong| Stop::wrong("invalid UTF-8", wrong.valid_up_to()))?;
        let mut reader = Reader::from_str(text);
        let mut document = Self {
            elements: Vec::new(),
            is_declared: false,
            values: 0,
        };
        let mut open: Vec<usize> = Vec::new();
        loop {
            let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader.read_event().map_err(|wrong| {
                let at = usize::try_from(reader.error_position()).unwrap_or(at);
                Stop::wrong(wrong.to_string(), at)
            })?;
            match event {
                Event::Start(start) => {
                    let index = document.element(&start, open.last().copied(), at)?;
                    open.push(index);
                    if open.len() > MAX_ELEMENT_DEPTH {
                        return Err(Stop::too_deep(at));
                    }
                }
                Event::Empty(start) => drop(document.element(&start, open.last().copied(), at)?),
                Event::End(_) => drop(open.pop()),
                Event::Text(text) => {
                    document.text(&text.xml10_content(), open.last().copied(), at)?;
                }
                Event::CData(text) => {
                    document.text(&text.xml10_content(), open.last().copied(), at)?;
                }
                Event::GeneralRef(reference) => {
                    document.text(&resolved(&reference, at)?, open.last().copied(), at)?;
                }
                Event::Decl(_) => document.is_declared = true,
                Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
                Event::Eof if !open.is_empty() => return Err(Stop::early(bytes.len())),
                Event::Eof if document.elements.is_empty() => {
                    return Err(Stop::wrong("no element", bytes.len()));
                }
                Event::Eof => return Ok(document),
            }
        }
    }

    /// Adds an element to its parent. Returns its index.
    fn element(
        &mut self,
        start: &BytesStart<'_>,
        parent: Option<usize>,
        at: usize,
    ) -> Result<usize, Stop> {
        let name = start.name().into_inner().to_owned();
        if !name.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | ':')) {
            return Err(Stop::wrong("invalid name", at));
        }
        let index = self.elements.len();
        match parent.and_then(|parent| self.elements.get_mut(parent)) {
            Some(parent) => parent.children.push(index),
            None if index > 0 => return Err(Stop::wrong("second element at the top", at)),
            None => {}
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|wrong| {
                let why = match wrong {
                    AttrError::Duplicated(..) => "duplicate attribute",
                    _ => "malformed attribute",
                };
                Stop::wrong(why, at)
            })?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.unwrap_or_else(|_| attribute.value.clone());
            let name = format!("@{}", attribute.key.into_inner());
            attributes.push((name, value.into_owned()));
        }
        // The element, an array around it, and its text.
        self.values += 3 + attributes.len();
        if self.values > MAX_NODES {
            return Err(Stop::wrong("too many elements", at));
        }
        self.elements.push(Element {
            name,
            attributes,
            text: String::new(),
            children: Vec::new(),
        });
        Ok(index)
    }

    /// Adds text to the open element.
    fn text(&mut self, text: &str, open: Option<usize>, at: usize) -> Result<(), Stop> {
        match open.and_then(|open| self.elements.get_mut(open)) {
            Some(element) => element.text.push_str(text),
            None if text
                .trim_matches(['\u{feff}', ' ', '\t', '\n', '\r'])
                .is_empty() => {}
            None => return Err(Stop::wrong("text outside of an element", at)),
        }
        Ok(())
    }

    /// Builds the tree: an object with the root.
    fn tree(&self, bytes: &[u8]) -> Result<Tree, Unreadable> {
        let mut builder = Builder::of_binary();
        let built = self.build(bytes.len(), &mut builder);
        finish(builder, built.map_err(Stop::refused(0)), NAME)
    }

    fn build(&self, length: usize, builder: &mut Builder) -> Result<(), Refusal> {
        builder.open(Kind::Object, b"", 0)?;
        if let Some(root) = self.elements.first() {
            builder.name(Text::Bytes(root.name.as_bytes()))?;
            self.add(root, builder)?;
        }
        builder.close(length);
        Ok(())
    }

    /// Adds an element. The recursion is limited by [`MAX_ELEMENT_DEPTH`].
    fn add(&self, element: &Element, builder: &mut Builder) -> Result<(), Refusal> {
        let text = element.text.trim();
        if element.attributes.is_empty() && element.children.is_empty() {
            return match text {
                "" => builder.scalar(Kind::Null, Text::Bytes(b"null"), 0..0),
                text => builder.scalar(Kind::String, Text::Bytes(text.as_bytes()), 0..0),
            };
        }
        builder.open(Kind::Object, b"", 0)?;
        for (name, value) in &element.attributes {
            builder.name(Text::Bytes(name.as_bytes()))?;
            builder.scalar(Kind::String, Text::Bytes(value.as_bytes()), 0..0)?;
        }
        for group in self.groups(element) {
            builder.name(Text::Bytes(group[0].name.as_bytes()))?;
            let is_array = group.len() > 1;
            if is_array {
                builder.open(Kind::Array, b"", 0)?;
            }
            for child in group {
                self.add(child, builder)?;
            }
            if is_array {
                builder.close(0);
            }
        }
        if !text.is_empty() {
            builder.name(Text::Bytes(b"#text"))?;
            builder.scalar(Kind::String, Text::Bytes(text.as_bytes()), 0..0)?;
        }
        builder.close(0);
        Ok(())
    }

    /// Returns the elements in `element` by name, in the order of their first occurrences.
    fn groups(&self, element: &Element) -> Vec<Vec<&Element>> {
        let mut groups: Vec<Vec<&Element>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for child in element
            .children
            .iter()
            .filter_map(|index| self.elements.get(*index))
        {
            let place = *places.entry(&child.name).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push(child),
                None => groups.push(vec![child]),
            }
        }
        groups
    }
}

/// Returns what a reference stands for. A reference to an entity that is not predefined stays as
/// it is written.
fn resolved(reference: &BytesRef<'_>, at: usize) -> Result<String, Stop> {
    let refused = |wrong: Error| Stop::wrong(wrong.to_string(), at);
    if let Some(letter) = reference.resolve_char_ref().map_err(refused)? {
        return Ok(letter.to_string());
    }
    let name = reference.xml10_content();
    Ok(match &*name {
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "amp" => "&".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        other => format!("&{other};"),
    })
}
