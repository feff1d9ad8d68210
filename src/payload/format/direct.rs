//! Writing common payloads on one line without building their tree.
//!
//! A filter on messages that must be decoded needs only their text or one value of each, and a row
//! only the text. Here, JSON, `MessagePack` and CBOR, compressed or not, with the JSON and base64
//! that their strings hold, are written while they are read, which takes a fraction of the time.
//! Whatever is rarer is left to the tree, and so is everything that detection might take for
//! something else: the result is always what the tree would give.

use std::ops::Range;

use memchr::memchr2;

use super::guess::{is_words, may_encode, may_hold_values};
use super::unpack::{packed_by, unpack};
use super::{MAX_WRAPPINGS, Wrapping, encoded, jwt, named, urlencoded};
use crate::payload::assembly::Sink;
use crate::payload::json::text::{has_escape, push_quoted, unescaped};
use crate::payload::json::{self, Flaw, Parser, Visitor};
use crate::payload::tree::{Kind, Refusal, Text};
use crate::payload::{cbor, msgpack};

/// The maximum size of the content, as a fraction of the limit on unpacking. A value may be counted
/// once for each value that it is nested in, so the limit cannot be reached.
const PART_OF_LIMIT: usize = 8;

/// The maximum number of arrays and objects that are nested within one another. It is low enough
/// that no limit on the depth of trees is reached.
const MAX_OPEN: usize = 32;

/// The maximum number of values within strings that are nested within one another.
const MAX_LEVELS: usize = 3;

/// What the line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::payload) enum Style {
    /// For searching: as [`Tree::one_line`](crate::payload::tree::Tree::one_line) writes it.
    Search,
    /// For display: the same, with quotes and backslashes in strings escaped.
    Display,
    /// For looking up values: as JSON, in which the value that a string holds replaces the string.
    Values,
}

/// A payload on one line.
#[derive(Debug)]
pub(in crate::payload) struct Line {
    /// The text.
    pub text: Vec<u8>,
    /// Whether rows show the payload as it is written.
    pub is_as_written: bool,
}

/// Writes `payload` on one line. Returns `None` if that needs the tree. Nothing is unpacked to more
/// than `max_size` bytes.
pub(in crate::payload) fn write(payload: &[u8], style: Style, max_size: usize) -> Option<Line> {
    let mut writer = Writer {
        out: Vec::new(),
        style,
        open: 0,
        level: 0,
        has_nested: false,
    };
    let wrappings = writer.content(payload, max_size, 0)?;
    let is_as_written =
        wrappings == 0 && is_json_start(payload) && !writer.has_nested && !has_escape(payload);
    (writer.out.len() <= max_size).then_some(Line {
        text: writer.out,
        is_as_written,
    })
}

/// Returns whether bytes begin like a JSON object, array or string.
fn is_json_start(bytes: &[u8]) -> bool {
    let start = json::skip_space(bytes, 0);
    matches!(bytes.get(start), Some(b'{' | b'[' | b'"'))
}

/// A writer of the values that a reader passes to it.
struct Writer {
    /// What has been written.
    out: Vec<u8>,
    style: Style,
    /// The number of open arrays and objects, including those around the string being read.
    open: usize,
    /// The number of strings that hold the value being read.
    level: usize,
    /// Whether any string held a value.
    has_nested: bool,
}

impl Writer {
    /// Writes the values in `bytes` and returns how many wrappings had to be removed.
    fn content(&mut self, bytes: &[u8], max_size: usize, wrappings: usize) -> Option<usize> {
        if bytes.len() > max_size / PART_OF_LIMIT {
            return None;
        }
        if is_json_start(bytes) {
            self.json(bytes)?;
            return Some(wrappings);
        }
        // Other formats are recognised in the order of `guess::look`.
        if let [0x81..=0x9f | 0xa1..=0xbf | 0xdc..=0xdf, ..] = bytes {
            let is_other =
                named::named(bytes).is_some() || is_words(bytes) || packed_by(bytes).is_some();
            (!is_other).then(|| self.binary(bytes))??;
            return Some(wrappings);
        }
        let wrapping = packed_by(bytes)?;
        let is_certain = (wrapping.has_magic() || wrapping == Wrapping::Zlib)
            && wrappings < MAX_WRAPPINGS
            && !named::may_be_named(bytes)
            && !is_words(bytes);
        let max_inner = max_size / PART_OF_LIMIT;
        let inner = is_certain.then(|| unpack(wrapping, bytes, max_inner).ok())??;
        self.content(&inner, max_size, wrappings + 1)
    }

    /// Writes an array or map in `MessagePack` or CBOR.
    fn binary(&mut self, bytes: &[u8]) -> Option<()> {
        self.make_room(bytes);
        let is_msgpack = !matches!(bytes, [0xa0..=0xbf, ..]);
        let read = if is_msgpack {
            msgpack::read_to(self, bytes)
        } else {
            cbor::read_to(self, bytes)
        };
        read.ok()?;
        match self.out[..] {
            [b'{', b'}'] | [b'[', b']'] => None,
            // Its keys are words: see `Sink::name`.
            [b'{', ..] => Some(()),
            // Printable bytes may be text in a legacy encoding.
            _ => {
                let mut rest = bytes.iter().skip(1);
                (!rest.all(|byte| matches!(byte, b' '..=b'~'))).then_some(())
            }
        }
    }

    /// Writes a JSON value.
    fn json(&mut self, bytes: &[u8]) -> Option<()> {
        self.make_room(bytes);
        let is_text = str::from_utf8(bytes).is_ok();
        let mut parser = Parser { bytes, at: 0 };
        let mut visitor = JsonVisitor {
            bytes,
            writer: self,
        };
        (is_text && parser.parse(&mut visitor).is_ok()).then_some(())
    }

    /// Makes room for the values in `bytes`: binary formats are shorter than text.
    fn make_room(&mut self, bytes: &[u8]) {
        self.out.reserve(bytes.len() + bytes.len() / 2);
    }

    /// Writes a comma, unless the next value is the first one.
    fn separate(&mut self) {
        // Strings end with a quote, so any other byte is what the writer put there.
        if !matches!(
            self.out.last(),
            None | Some(b'{' | b'[' | b':' | b',' | b' ')
        ) {
            self.out.push(b',');
        }
    }

    fn push_open(&mut self, bracket: u8) -> Option<()> {
        self.open += 1;
        if self.open > MAX_OPEN {
            return None;
        }
        self.separate();
        self.out.push(bracket);
        Some(())
    }

    fn push_close(&mut self, bracket: u8) {
        self.open -= 1;
        self.out.push(bracket);
    }

    fn push_name(&mut self, name: &[u8]) {
        self.separate();
        self.push_string(name);
        self.out.push(b':');
    }

    /// Writes a value as it is.
    #[expect(clippy::unnecessary_wraps, reason = "other values may be refused")]
    fn push_word(&mut self, word: &[u8]) -> Option<()> {
        self.separate();
        self.out.extend_from_slice(word);
        Some(())
    }

    fn push_string(&mut self, text: &[u8]) {
        if self.style == Style::Search {
            self.out.push(b'"');
            self.out.extend_from_slice(text);
            self.out.push(b'"');
        } else {
            push_quoted(text, &mut self.out);
        }
    }

    /// Writes a string or the value that it holds, as `nested::within` finds it.
    fn value_of_string(&mut self, text: &[u8]) -> Option<()> {
        self.separate();
        let may_be_form = urlencoded::may_be(text);
        let may_be_token = jwt::may_be(text) && text.contains(&b'.');
        let is_possible = text.len() > 2;
        match text {
            _ if is_possible && (may_be_form || may_be_token) => None,
            _ if !is_possible || !may_hold_values(text) => {
                self.push_string(text);
                Some(())
            }
            _ if self.level == MAX_LEVELS => None,
            [b'{', .., b'}'] | [b'[', .., b']'] => self.nested("⟨json⟩ ", text),
            _ => self.base64(text),
        }
    }

    /// Writes what a string of base64 on one line holds. It can only be that or a number.
    fn base64(&mut self, text: &[u8]) -> Option<()> {
        if memchr2(b'\r', b'\n', text).is_some() || text.trim_ascii().len() < text.len() {
            return None;
        }
        let inner = encoded::decode(text, text.len())?;
        let head = inner.get(..encoded::HEAD)?;
        let may_be_number = matches!(text, [b'-' | b'0'..=b'9', ..]);
        if may_be_number && json::is_json(text) || !may_encode(head, false) {
            self.push_string(text);
            return Some(());
        }
        let is_json = matches!(inner[..], [b'{' | b'[', ..]);
        is_json.then(|| self.nested("⟨base64 json⟩ ", &inner))?
    }

    /// Writes the JSON object or array that a string holds.
    fn nested(&mut self, mark: &str, json: &[u8]) -> Option<()> {
        if self.style != Style::Values {
            self.out.extend_from_slice(mark.as_bytes());
        }
        let start = self.out.len();
        self.level += 1;
        self.json(json)?;
        self.level -= 1;
        self.has_nested = true;
        // An empty array or object in a string may be just text.
        (self.out.len() > start + 2).then_some(())
    }
}

impl Sink for Writer {
    fn name(&mut self, _: Text<'_>, text: &[u8]) -> Result<(), Refusal> {
        if self.open == 1 && !is_words(text) {
            return Err(Refusal::Full);
        }
        self.push_name(text);
        Ok(())
    }

    fn other_key(&mut self, _: &[u8]) -> Result<(), Refusal> {
        Err(Refusal::Full)
    }

    fn scalar(
        &mut self,
        kind: Kind,
        _: Text<'_>,
        text: &[u8],
        _: Range<usize>,
    ) -> Result<(), Refusal> {
        let is_json = self.style == Style::Values;
        // Numbers that are not finite are words.
        let is_word = || !text.last().is_some_and(u8::is_ascii_digit);
        let written = match kind {
            Kind::String => self.value_of_string(text),
            Kind::Number if is_json && is_word() => None,
            Kind::Null if is_json => self.push_word(b"null"),
            Kind::Number | Kind::Bool | Kind::Null => self.push_word(text),
            _ => None,
        };
        written.ok_or(Refusal::Full)
    }

    fn open(&mut self, kind: Kind, _: &[u8], _: usize) -> Result<(), Refusal> {
        let opened = match kind {
            Kind::Object => self.push_open(b'{'),
            Kind::Array => self.push_open(b'['),
            _ => None,
        };
        opened.ok_or(Refusal::Full)
    }

    fn close(&mut self, kind: Kind, _: usize) {
        self.push_close(if kind == Kind::Object { b'}' } else { b']' });
    }
}

/// A visitor that writes JSON.
struct JsonVisitor<'a, 'w> {
    bytes: &'a [u8],
    writer: &'w mut Writer,
}

impl Visitor for JsonVisitor<'_, '_> {
    fn open(&mut self, is_object: bool, _: usize) -> Result<(), Flaw> {
        let bracket = if is_object { b'{' } else { b'[' };
        self.writer.push_open(bracket).ok_or(Flaw::Refused)
    }

    fn close(&mut self, end: usize) {
        self.writer.push_close(self.bytes[end - 1]);
    }

    fn key(&mut self, raw: Range<usize>) -> Result<(), Flaw> {
        self.writer.push_name(&unescaped(&self.bytes[raw]));
        Ok(())
    }

    fn scalar(&mut self, first: u8, raw: Range<usize>) -> Result<(), Flaw> {
        let written = &self.bytes[raw];
        if first == b'"' {
            let text = unescaped(written);
            return self.writer.value_of_string(&text).ok_or(Flaw::Refused);
        }
        self.writer.push_word(written).ok_or(Flaw::Refused)
    }
}
