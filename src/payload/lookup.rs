//! Looking up the value at a path in a payload of any format. All lookups go through here.
//!
//! A value is returned as JSON would write it, so that comparing, tracking and plotting values have
//! to deal with only one notation. A payload whose first byte looks like JSON is searched in place,
//! without decoding it. Any other payload is decoded as in the message pane, but unpacked to no
//! more than [`MOST_UNPACKED`] bytes, and its tree is searched, so a path leads to the same value
//! in both. The decoded payload is cached.

mod found;
mod shown;

use std::borrow::Cow;
use std::cell::OnceCell;

use memchr::memchr;

use self::found::Found;
use self::shown::shown_json;
pub use self::shown::{Shown, ShownText};
use super::decoder_choices::DecoderChoice;
use super::format::direct::{self, Line, Style};
use super::format::{self, Decoded, Format};
use super::json::locate::{Located, PathStep, is_lenient, locate};
use super::json::{self, text};
use super::message_type::MessageType;
use super::objects::bson;
use super::protobuf;
use super::tree::{Key, Kind, NodeId, Tree, Value};

/// The maximum unpacked size, in bytes, of compressed payloads that are searched.
pub const MOST_UNPACKED: usize = 1 << 20;

/// A payload in which values are looked up.
#[derive(Debug)]
pub struct Lookup<'a, 'r> {
    payload: &'a [u8],
    choice: Option<&'r DecoderChoice>,
    max_unpacked: usize,
    is_json: OnceCell<bool>,
    decoded: OnceCell<Box<Decoded>>,
    text: OnceCell<Option<Vec<u8>>>,
    values: OnceCell<Option<Vec<u8>>>,
    json: OnceCell<Result<Cow<'a, [u8]>, NoJson>>,
}

/// Why there is no JSON of a whole payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoJson {
    /// The payload has no values.
    NoValues,
    /// The payload was not decoded completely.
    NotWhole,
}

impl<'a, 'r> Lookup<'a, 'r> {
    /// Creates a lookup in `payload`; `choice` is the decoder chosen for its channel.
    #[inline]
    pub fn new(payload: &'a [u8], choice: Option<&'r DecoderChoice>) -> Self {
        Self {
            payload,
            choice,
            max_unpacked: MOST_UNPACKED,
            is_json: OnceCell::new(),
            decoded: OnceCell::new(),
            text: OnceCell::new(),
            values: OnceCell::new(),
            json: OnceCell::new(),
        }
    }

    /// Limits the unpacking of compressed bytes to `max_size` bytes.
    #[must_use]
    pub fn unpacking(mut self, max_size: usize) -> Self {
        self.max_unpacked = max_size;
        self
    }

    /// Returns whether the whole payload is one JSON value, without any unwrapping.
    pub fn is_json(&self) -> bool {
        *self.is_json.get_or_init(|| json::is_json(self.payload))
    }

    /// Returns whether the payload is to be read as JSON or JSON lines. It may still turn out to be
    /// neither.
    #[inline]
    pub fn looks_like_json(&self) -> bool {
        if self.choice.is_some_and(DecoderChoice::may_differ_from_json) {
            return false;
        }
        let start = json::skip_space(self.payload, 0);
        match self.payload.get(start) {
            // The first byte of BSON belongs to a length, and may be any.
            Some(b'{' | b'[' | b'"') if bson::may_be(self.payload) => false,
            Some(b'"') => true,
            // Otherwise it is certain to be something else, such as lenient JSON.
            Some(b'{') => matches!(self.byte_after(start), None | Some(b'"' | b'}')),
            Some(b'[') => matches!(
                self.byte_after(start),
                None | Some(b'"' | b'{' | b'[' | b']' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
            ),
            // A bare number or word is JSON too, but much plain text and base64 starts with the
            // same characters.
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => self.is_json(),
            _ => false,
        }
    }

    /// Returns the first byte after the one at `at` that is not whitespace.
    #[inline]
    fn byte_after(&self, at: usize) -> Option<u8> {
        let next = json::skip_space(self.payload, at + 1);
        self.payload.get(next).copied()
    }

    /// Returns whether the payload is JSON that can be searched in place, without decoding.
    pub fn is_plain_json(&self) -> bool {
        self.looks_like_json() && self.is_json()
    }

    /// Returns whether the payload may be shown differently from how it is written, judged by cheap
    /// checks. `false` is certain.
    pub fn may_differ(&self) -> bool {
        self.choice.is_some()
            || format::may_differ(self.payload)
            || format::may_be_windows_1252(self.payload)
    }

    /// Returns the decoded payload on one line, as [`Tree::one_line`] writes it, or the unpacked
    /// text. Returns `None` if the payload is shown as it is written.
    pub fn text(&self) -> Option<&[u8]> {
        let text = self.text.get_or_init(|| {
            if !self.may_differ() {
                return None;
            }
            if let Some(line) = self.line(Style::Search) {
                return (!line.is_as_written).then_some(line.text);
            }
            let by_choice = self.choice.filter(|choice| choice.hides_values());
            let by_choice = by_choice.map(|choice| choice.read(self.payload, self.max_unpacked));
            let decoded = by_choice.as_ref().unwrap_or_else(|| self.decoded());
            let bytes = decoded.bytes(self.payload);
            match &decoded.tree {
                Some(tree) if is_as_written(decoded, tree, bytes) => None,
                Some(tree) => Some(tree.one_line(bytes, self.max_unpacked, false)),
                None => decoded.unwrapped.clone(),
            }
        });
        text.as_deref()
    }

    /// Returns the payload on one line if that is possible without its tree.
    fn line(&self, style: Style) -> Option<Line> {
        let is_detected = self.choice.is_none() && self.decoded.get().is_none();
        is_detected.then(|| direct::write(self.payload, style, self.max_unpacked))?
    }

    /// Returns the values as JSON if that is possible without the tree. What a string holds takes
    /// its place.
    fn direct_values(&self) -> Option<&[u8]> {
        let values = self.values.get_or_init(|| {
            let line = self.line(Style::Values);
            line.map(|line| line.text)
        });
        values.as_deref()
    }

    /// Returns the text of a row, which is like [`Self::text`], but keeps quotes and backslashes in
    /// strings escaped.
    pub fn row_text(&self) -> Option<Vec<u8>> {
        if self.may_differ()
            && let Some(line) = self.line(Style::Display)
        {
            return (!line.is_as_written).then_some(line.text);
        }
        let text = self.text()?;
        match self.tree().filter(|_| !self.hides_values()) {
            Some((tree, bytes)) => Some(tree.one_line(bytes, self.max_unpacked, true)),
            None => Some(text.to_vec()),
        }
    }

    /// Returns how the payload is packed, as a tag: `⟨gzip json⟩`. Returns `None` if it is not packed
    /// or was not unpacked.
    pub fn packing(&self) -> Option<String> {
        (!self.hides_values()).then(|| self.decoded().packing())?
    }

    fn hides_values(&self) -> bool {
        self.choice.is_some_and(DecoderChoice::hides_values)
    }

    /// Returns the decoded values, if there are any, with the bytes that they refer to.
    pub fn tree(&self) -> Option<(&Tree, &[u8])> {
        let decoded = self.decoded();
        Some((decoded.tree.as_ref()?, decoded.bytes(self.payload)))
    }

    /// Returns the value at `steps` in JSON notation; for bytes, this is their base64 as a string.
    /// Does not check that a payload that looks like JSON is JSON: if it is not, the result is
    /// arbitrary.
    #[inline]
    pub fn value(&self, steps: &[PathStep]) -> Option<Cow<'a, [u8]>> {
        if self.looks_like_json() && !self.is_in_lines() {
            return self.written_at(steps);
        }
        self.find(steps).map(|found| found.written().into())
    }

    /// Like [`Self::value`], but excludes bytes, which cannot be a number or a time even if their
    /// base64 looks like one.
    #[inline]
    pub fn figure(&self, steps: &[PathStep]) -> Option<Cow<'a, [u8]>> {
        if self.looks_like_json() && !self.is_in_lines() {
            return self.written_at(steps);
        }
        let found = self.find(steps)?;
        (found.value.kind != Kind::Bytes).then(|| found.written().into())
    }

    /// Returns whether there is a value at `steps` for which `test` is true. Besides the value, the
    /// test gets another notation of it, if it has one: `h'00ff'` for bytes, the number of an enum
    /// value. Whether the payload is JSON is checked last, since that takes the longest and is
    /// needed for few payloads. `may_be_in` tells whether JSON may have such a value at all; it gets
    /// JSON in which the values that strings hold replace the strings.
    #[inline]
    pub fn has(
        &self,
        steps: &[PathStep],
        may_be_in: impl Fn(&[u8]) -> bool,
        test: impl Fn(&[u8], Option<&[u8]>) -> bool,
    ) -> bool {
        // If the path starts with a name, there is no need to look for JSON lines first: their
        // values are addressed by index, and the JSON check rejects them.
        let starts_with_name = matches!(steps.first(), Some(PathStep::Key(_)));
        if self.looks_like_json() && (starts_with_name || !self.is_in_lines()) {
            match self.locate(steps) {
                Located::At(at)
                    if format::may_hold_scalar(&self.payload[at.clone()])
                        && let Some(found) = self.find(steps).filter(Found::is_nested) =>
                {
                    return found.passes(None, test);
                }
                Located::At(at) if !test(&self.payload[at.clone()], None) => return false,
                Located::At(_) if self.is_json() => return true,
                Located::At(_) | Located::Encoded => {}
                Located::Missing => return false,
            }
        }
        if let Some(values) = self.direct_values() {
            if !may_be_in(values) {
                return false;
            }
            match locate(values, steps) {
                // A string that holds an array or object is tested as that string.
                Located::At(at) if !matches!(values[at.start], b'{' | b'[') => {
                    return test(&values[at], None);
                }
                Located::Missing => return false,
                Located::At(_) | Located::Encoded => {}
            }
        }
        self.find(steps).is_some_and(|found| {
            let number = self.enum_number(steps, &found);
            found.passes(number, test)
        })
    }

    /// Returns the number of an enum value of Protobuf, which is shown by its name.
    fn enum_number(&self, steps: &[PathStep], found: &Found<'_>) -> Option<i32> {
        let Some(MessageType::Protobuf(message_type)) = &self.choice?.message_type else {
            return None;
        };
        let is_possible =
            found.value.kind == Kind::String && self.decoded().format == Format::Protobuf;
        is_possible.then(|| message_type.enum_number(steps, found.value.text))?
    }

    /// Returns the whole value as JSON. A value found within a string or bytes takes their place
    /// only if they are the whole payload.
    pub fn json(&self) -> Result<&[u8], NoJson> {
        let json = self.json.get_or_init(|| {
            let is_string = self.payload.trim_ascii_start().starts_with(b"\"");
            if !is_string && self.is_plain_json() {
                return Ok(Cow::Borrowed(self.payload));
            }
            if !self.may_have_values() {
                return Err(NoJson::NoValues);
            }
            let decoded = self.decoded();
            match &decoded.tree {
                Some(tree) if tree.cut_at().is_none() => {
                    let root = tree.untagged(NodeId::default()).unwrap_or_default();
                    let bytes = decoded.bytes(self.payload);
                    Ok(Cow::Owned(tree.to_json_as_sent(root, bytes)))
                }
                None if !decoded.is_too_large => Err(NoJson::NoValues),
                _ => Err(NoJson::NotWhole),
            }
        });
        json.as_deref().map_err(|why| *why)
    }

    /// Returns whether the payload may have values, judged by cheap checks. `false` is certain.
    fn may_have_values(&self) -> bool {
        self.choice.is_some() || self.looks_like_json() || format::may_have_values(self.payload)
    }

    /// Returns the value at `steps` for display. The error is `None` if the payload has values but
    /// not this one; otherwise it explains why the payload has no values.
    pub fn shown(&self, steps: &[PathStep]) -> Result<Shown<'a>, Option<String>> {
        if self.is_plain_json() {
            match locate(self.payload, steps) {
                Located::At(at) if is_shown_as_written(&self.payload[at.clone()]) => {
                    return Ok(shown_json(&self.payload[at]));
                }
                Located::Missing => return Err(None),
                Located::At(_) | Located::Encoded => {}
            }
        }
        if let Some(found) = self.find(steps) {
            return Ok(found.shown());
        }
        let decoded = self.decoded();
        match (&decoded.tree, &decoded.note) {
            (Some(_), _) => Err(None),
            (None, Some(note)) => Err(Some(note.clone())),
            (None, None) => Err(Some("no values in it".to_owned())),
        }
    }

    /// Returns the kind of the array or object at `steps`, and the number of values in it.
    pub fn list(&self, steps: &[PathStep]) -> Option<(Kind, usize)> {
        let Value { kind, count, .. } = self.find(steps)?.value;
        kind.is_container().then_some((kind, count))
    }

    /// Returns whether the payload has been decoded for any of the calls so far.
    pub fn has_decoded(&self) -> bool {
        self.decoded.get().is_some()
    }

    /// Returns the value at `steps` of JSON: as it is written, unless something in it was found
    /// within a string.
    #[inline]
    fn written_at(&self, steps: &[PathStep]) -> Option<Cow<'a, [u8]>> {
        match self.locate(steps) {
            Located::At(at) if !format::may_have_nested(&self.payload[at.clone()]) => {
                Some(Cow::Borrowed(&self.payload[at]))
            }
            Located::Missing => None,
            Located::At(at) => match self.find(steps) {
                Some(found) if found.is_nested() => Some(found.written().into()),
                _ => Some(Cow::Borrowed(&self.payload[at])),
            },
            Located::Encoded => self.find(steps).map(|found| found.written().into()),
        }
    }

    /// Returns where the value at `steps` is. The place may be wrong if the payload is not JSON,
    /// unless it is lenient JSON that is written like JSON elsewhere.
    #[inline]
    fn locate(&self, steps: &[PathStep]) -> Located {
        match locate(self.payload, steps) {
            Located::At(at) if is_lenient(&self.payload[at.clone()]) => Located::Encoded,
            // Text that is not UTF-8 may be Windows-1252.
            Located::At(at) if str::from_utf8(&self.payload[at.clone()]).is_err() => {
                Located::Encoded
            }
            Located::Missing if may_be_named_otherwise(steps, self.payload) => Located::Encoded,
            // Python writes its strings and names with single quotes.
            Located::Missing if memchr(b'\'', self.payload).is_some() && !self.is_json() => {
                Located::Encoded
            }
            located => located,
        }
    }

    /// Returns whether a payload that looks like JSON can only be JSON lines, in which values are
    /// addressed by the index of their line.
    #[inline]
    fn is_in_lines(&self) -> bool {
        memchr(b'\n', self.payload).is_some() && !self.is_json()
    }

    #[cold]
    fn find(&self, steps: &[PathStep]) -> Option<Found<'_>> {
        let decoded = self.may_have_values().then(|| self.decoded())?;
        let (tree, bytes) = (decoded.tree.as_ref()?, decoded.bytes(self.payload));
        let keys: Option<Vec<Key<'_>>> = steps.iter().map(key).collect();
        let is_protobuf = decoded.format == Format::Protobuf;
        let found = tree.find_by(&keys?, bytes, |name, wanted| {
            // A field that no type knows has its number as the name.
            is_protobuf && (name == wanted || protobuf::is_json_name(name, wanted))
        })?;
        // A tag has the same path as its content.
        let value = tree.value(tree.untagged(found)?, bytes)?;
        Some(Found {
            tree,
            bytes,
            value,
            outermost: found,
            original: tree.original(found, bytes),
        })
    }

    fn decoded(&self) -> &Decoded {
        let (payload, max_size) = (self.payload, self.max_unpacked);
        self.decoded.get_or_init(|| {
            Box::new(match self.choice {
                Some(choice) => choice.read_values(payload, max_size),
                None => format::recognise(payload, None, max_size),
            })
        })
    }
}

/// Returns whether a path has names that are not ASCII, and `payload` is not UTF-8, so that it may
/// write them differently.
fn may_be_named_otherwise(steps: &[PathStep], payload: &[u8]) -> bool {
    let is_foreign = |step: &PathStep| matches!(step, PathStep::Key(name) if !name.is_ascii());
    steps.iter().any(is_foreign) && format::may_be_windows_1252(payload)
}

/// Returns whether `bytes` are text that is shown in rows as it is written.
fn is_as_written(decoded: &Decoded, tree: &Tree, bytes: &[u8]) -> bool {
    let is_text = match decoded.format {
        Format::Json | Format::JsonLines => !text::has_escape(bytes),
        Format::LenientJson | Format::Xml | Format::Yaml | Format::Logfmt => true,
        _ => false,
    };
    is_text && decoded.unwrapped.is_none() && !tree.has_nested()
}

/// Returns whether a value of JSON is shown as it is written, except for the escapes of a string.
fn is_shown_as_written(value: &[u8]) -> bool {
    let is_list = matches!(value.first(), Some(b'[' | b'{'));
    !(is_list && text::has_escape(value) || format::may_have_nested(value))
}

fn key(step: &PathStep) -> Option<Key<'_>> {
    Some(match step {
        PathStep::Key(name) => Key::Name(name),
        PathStep::Index(index) => Key::Index(u32::try_from(*index).ok()?),
    })
}
