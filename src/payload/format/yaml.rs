//! YAML 1.2. Aliases of scalars are expanded, in total to no more than the size of the text; those of
//! other nodes are shown as they are written, so that the tree is not much larger than the text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::lenient;
use crate::payload::json;
use crate::payload::reading::{Stop, Unreadable, finish};
use crate::payload::tree::{Builder, Key, Kind, NodeId, Text, Tree};

/// The name of the format.
pub(super) const NAME: &str = "YAML";

/// The maximum length of a key that is not a scalar, in bytes; longer keys are truncated.
const MAX_KEY: usize = 64;

/// The maximum size of text that is detected as YAML, in bytes. Its parser takes ten times as long as
/// that of JSON, and a query may read many messages.
pub(super) const MAX_DETECTED: usize = 4 << 20;

/// Returns whether `bytes` begin a YAML document explicitly: with `---` on a line, or `%YAML`.
pub(super) fn may_be(bytes: &[u8]) -> bool {
    matches!(bytes, [b'-', b'-', b'-', b'\n' | b'\r' | b' ', ..]) || bytes.starts_with(b"%YAML ")
}

/// Reads `bytes` if they begin a YAML document explicitly and are not a single scalar.
pub(super) fn detect(bytes: &[u8]) -> Option<Tree> {
    let may_be = may_be(bytes) && bytes.len() <= MAX_DETECTED;
    let tree = may_be.then(|| read(bytes).ok())??;
    let root = tree.value(NodeId::default(), bytes)?;
    (root.kind.is_container() && root.count > 0).then_some(tree)
}

/// Reads `bytes` if they are evidently YAML, though nothing says so: several lines that form a
/// sequence, or a mapping with several names of one word each.
pub(super) fn detect_unmarked(bytes: &[u8]) -> Option<Tree> {
    let may_be = bytes.len() <= MAX_DETECTED && bytes.trim_ascii().contains(&b'\n');
    let tree = may_be.then(|| read(bytes).ok())??;
    let root = tree.value(NodeId::default(), bytes)?;
    let is_word = |child: NodeId| match tree.value(child, bytes).map(|value| value.key) {
        Some(Key::Name(name)) => !name.iter().any(u8::is_ascii_whitespace),
        _ => true,
    };
    let is_evident = match root.kind {
        Kind::Array => true,
        Kind::Object => tree.len() > 2 && tree.children(root.id).all(is_word),
        _ => false,
    };
    is_evident.then_some(tree)
}

/// Reads one document, or several as an array.
pub(super) fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    let text = str::from_utf8(bytes).map_err(|wrong| Unreadable {
        format: NAME,
        why: "invalid UTF-8".into(),
        at: wrong.valid_up_to(),
        is_limit: false,
    })?;
    let mut reader = Reader::new(text);
    let mut outcome = reader.stream();
    if reader.documents > 1 {
        reader = Reader::new(text);
        outcome = reader.documents();
    }
    finish(reader.builder, outcome, NAME)
}

/// Something that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Sequence,
    /// A mapping, and whether the next node is a key.
    Mapping(bool),
    /// A tag around the next node.
    Tag,
    /// A key that is not a scalar, which starts at this byte and contains this many open nodes.
    Key(usize, usize),
}

struct Reader<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    builder: Builder,
    open: Vec<Open>,
    /// Whether documents are the elements of an array.
    is_array: bool,
    /// How many documents have begun.
    documents: usize,
    /// The scalars with an anchor.
    anchors: HashMap<usize, (Kind, Cow<'a, str>)>,
    /// How many more bytes aliases may be expanded to.
    left: usize,
    /// The last position: in characters, and in bytes.
    position: (usize, usize),
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            parser: Parser::new_from_str(text),
            builder: Builder::of_binary(),
            open: Vec::new(),
            is_array: false,
            documents: 0,
            anchors: HashMap::new(),
            left: text.len(),
            position: (0, 0),
        }
    }

    /// Reads all documents as the elements of an array.
    fn documents(&mut self) -> Result<(), Stop> {
        self.builder
            .open(Kind::Array, b"", 0)
            .map_err(Stop::refused(0))?;
        self.is_array = true;
        self.stream()?;
        self.builder.close(self.text.len());
        Ok(())
    }

    /// Reads all documents into an array, or else the first, up to the start of a second one.
    fn stream(&mut self) -> Result<(), Stop> {
        while let Some(event) = self.parser.next_event() {
            let (event, span) = event.map_err(|wrong| self.stop(&wrong))?;
            let start = self.byte(span.start.index());
            match event {
                Event::DocumentStart(_) => {
                    self.documents += 1;
                    if self.documents > 1 && !self.is_array {
                        return Ok(());
                    }
                }
                _ if self.skip_key(&event, start) => {}
                event => self.node(event, span, start)?,
            }
        }
        Ok(())
    }

    fn node(&mut self, event: Event<'a>, span: Span, start: usize) -> Result<(), Stop> {
        let refused = Stop::refused(start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let (kind, text) = resolved(text, style, tag.as_deref());
                if anchor > 0 {
                    self.anchors.insert(anchor, (kind, text.clone()));
                }
                let end = self.byte(span.end.index()).max(start);
                self.scalar(kind, &text, tag.as_deref(), start..end)?;
            }
            Event::Alias(anchor) => {
                let end = self.byte(span.end.index()).max(start);
                let known = self.anchors.get(&anchor).cloned();
                let rest = known
                    .as_ref()
                    .and_then(|(_, text)| self.left.checked_sub(text.len()));
                let written = self.text.get(start..end).unwrap_or("*").trim_end();
                let (kind, text) = match known.zip(rest) {
                    Some((known, rest)) => {
                        self.left = rest;
                        known
                    }
                    None => (Kind::Other, written.into()),
                };
                self.scalar(kind, &text, None, start..end)?;
            }
            Event::SequenceStart(_, tag) => {
                self.tag(tag.as_deref(), start)?;
                self.builder
                    .open(Kind::Array, b"", start)
                    .map_err(refused)?;
                self.open.push(Open::Sequence);
            }
            Event::MappingStart(_, tag) => {
                self.tag(tag.as_deref(), start)?;
                self.builder
                    .open(Kind::Object, b"", start)
                    .map_err(refused)?;
                self.open.push(Open::Mapping(true));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
                self.builder.close(start);
                self.end_of_node(start);
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds a scalar, or sets it as a key.
    fn scalar(
        &mut self,
        kind: Kind,
        text: &str,
        tag: Option<&Tag>,
        source: Range<usize>,
    ) -> Result<(), Stop> {
        let refused = Stop::refused(source.start);
        if self.takes_key() {
            let added = match kind {
                Kind::String => self.builder.name(Text::Bytes(text.as_bytes())),
                _ => self.builder.other_key(text.as_bytes()),
            };
            return added.map_err(refused);
        }
        self.tag(tag, source.start)?;
        let end = source.end;
        let text = Text::Bytes(text.as_bytes());
        self.builder.scalar(kind, text, source).map_err(refused)?;
        self.end_of_node(end);
        Ok(())
    }

    /// Returns whether the next node is a key, which it then no longer is.
    fn takes_key(&mut self) -> bool {
        match self.open.last_mut() {
            Some(Open::Mapping(is_key)) => std::mem::replace(is_key, false),
            _ => false,
        }
    }

    /// Skips a node within a key that is not a scalar, or at its start. Returns whether it was one.
    fn skip_key(&mut self, event: &Event<'_>, start: usize) -> bool {
        let depth = match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => 1,
            Event::SequenceEnd | Event::MappingEnd => -1,
            _ => 0,
        };
        match self.open.last_mut() {
            Some(Open::Mapping(is_key @ true)) if depth == 1 => {
                *is_key = false;
                self.open.push(Open::Key(start, 1));
            }
            Some(Open::Key(from, nodes)) => {
                *nodes = nodes.saturating_add_signed(depth);
                if *nodes == 0 {
                    let key = self.text.get(*from..start.max(*from)).unwrap_or_default();
                    let key = key.lines().next().unwrap_or_default().trim_end();
                    let key = crate::payload::escape::truncated(key, MAX_KEY);
                    // A key that does not fit is left out, as the value after it will be.
                    let _ = self.builder.other_key(key.as_bytes());
                    self.open.pop();
                }
            }
            _ => return false,
        }
        true
    }

    /// Opens a tag around the next node, unless it is one of YAML's own.
    fn tag(&mut self, tag: Option<&Tag>, start: usize) -> Result<(), Stop> {
        let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) else {
            return Ok(());
        };
        let mark = tag.to_string();
        self.builder
            .open(Kind::Tag, mark.as_bytes(), start)
            .map_err(Stop::refused(start))?;
        self.open.push(Open::Tag);
        Ok(())
    }

    /// Closes the tag around a node that ends at `end`, and expects the next key.
    fn end_of_node(&mut self, end: usize) {
        while self.open.pop_if(|open| *open == Open::Tag).is_some() {
            self.builder.close(end);
        }
        if let Some(Open::Mapping(is_key)) = self.open.last_mut() {
            *is_key = true;
        }
    }

    fn stop(&mut self, wrong: &ScanError) -> Stop {
        Stop::wrong(wrong.info().to_owned(), self.byte(wrong.marker().index()))
    }

    /// Returns the byte position of the character at `index`. Positions only ever increase.
    fn byte(&mut self, index: usize) -> usize {
        let (known, byte) = self.position;
        if let Some(ahead) = index.checked_sub(known) {
            let rest = self.text.get(byte..).unwrap_or_default();
            let length = rest.char_indices().nth(ahead);
            let length = length.map_or(rest.len(), |(length, _)| length);
            self.position = (index, byte + length);
        }
        self.position.1
    }
}

/// Returns the kind and the text of a scalar, by the core schema (YAML 1.2.2, section 10.3.2).
/// Numbers are written as in JSON.
fn resolved<'a>(text: Cow<'a, str>, style: ScalarStyle, tag: Option<&Tag>) -> (Kind, Cow<'a, str>) {
    let is_resolved = match tag {
        Some(tag) => tag.is_yaml_core_schema() && tag.suffix != "str",
        None => style == ScalarStyle::Plain,
    };
    if !is_resolved {
        return (Kind::String, text);
    }
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => return (Kind::Null, "null".into()),
        "true" | "True" | "TRUE" => return (Kind::Bool, "true".into()),
        "false" | "False" | "FALSE" => return (Kind::Bool, "false".into()),
        ".nan" | ".NaN" | ".NAN" => return (Kind::Number, "NaN".into()),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return (Kind::Number, "Infinity".into());
        }
        "-.inf" | "-.Inf" | "-.INF" => return (Kind::Number, "-Infinity".into()),
        _ => {}
    }
    if !text.starts_with([
        '-', '+', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
    ]) {
        return (Kind::String, text);
    }
    if json::is_json(text.as_bytes()) {
        return (Kind::Number, text);
    }
    let octal = text.strip_prefix("0o");
    let octal = octal.and_then(|digits| u128::from_str_radix(digits, 8).ok());
    let number = octal.map(|number| number.to_string());
    match number.or_else(|| lenient::number(&text)) {
        Some(number) => (Kind::Number, number.into()),
        None => (Kind::String, text),
    }
}
