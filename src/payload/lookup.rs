//! Looking up the value at a path in a payload of any format. All lookups go through here.
//!
//! A value is returned as JSON would write it, so that comparing, tracking and plotting values have
//! to deal with only one notation. A payload whose first byte looks like JSON is searched in place,
//! without decoding it. Any other payload is decoded as in the message pane, but unpacked to no
//! more than [`MOST_UNPACKED`] bytes, and its tree is searched, so a path leads to the same value
//! in both. The decoded payload is cached.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Deref;
use std::sync::Arc;

use memchr::memchr;

use super::decoder_choices::DecoderChoice;
use super::format::{self, Decoded, Format};
use super::hex;
use super::json::locate::{Located, PathStep, locate};
use super::json::{self, text};
use super::tree::{Key, Kind, Tree, Value};

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
    text: OnceCell<Option<Box<[u8]>>>,
}

/// A value for display.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// The contents of a string, bytes in hexadecimal digits, or anything else as it is written.
    pub text: ShownText<'a>,
    /// Whether the text is JSON, as opposed to the contents of a string or other text.
    pub is_json: bool,
}

impl Shown<'_> {
    /// Converts the value into one that owns its text.
    pub fn into_owned(self) -> Shown<'static> {
        Shown {
            text: ShownText::Shared(match self.text {
                ShownText::Borrowed(text) => Arc::new(text.to_vec()),
                ShownText::Shared(text) => text,
            }),
            is_json: self.is_json,
        }
    }
}

/// The text of a value, cheap to clone because its bytes are not copied.
#[derive(Clone, Debug)]
pub enum ShownText<'a> {
    /// A part of the message.
    Borrowed(&'a [u8]),
    /// Text made from the message.
    Shared(Arc<Vec<u8>>),
}

impl Deref for ShownText<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl<'a> From<&'a [u8]> for ShownText<'a> {
    fn from(text: &'a [u8]) -> Self {
        Self::Borrowed(text)
    }
}

impl From<Vec<u8>> for ShownText<'_> {
    fn from(text: Vec<u8>) -> Self {
        Self::Shared(Arc::new(text))
    }
}

/// A value that was found, with its tree and the bytes that the tree refers to.
struct Found<'a> {
    tree: &'a Tree,
    bytes: &'a [u8],
    value: Value<'a>,
    /// The string or bytes that hold the value, and their kind.
    original: Option<(Kind, &'a [u8])>,
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
        match self.payload.get(json::skip_space(self.payload, 0)) {
            Some(b'{' | b'[' | b'"') => true,
            // A bare number or word is JSON too, but much plain text and base64 starts with the
            // same characters.
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => self.is_json(),
            _ => false,
        }
    }

    /// Returns whether the payload is JSON that can be searched in place, without decoding.
    pub fn is_plain_json(&self) -> bool {
        self.looks_like_json() && self.is_json()
    }

    /// Returns whether the payload may be shown differently from how it is written, judged by cheap
    /// checks. `false` is certain.
    pub fn may_differ(&self) -> bool {
        self.choice.is_some() || format::may_differ(self.payload)
    }

    /// Returns the decoded payload on one line, as [`Tree::one_line`] writes it, or the unpacked
    /// text. Returns `None` if the payload is shown as it is written.
    pub fn text(&self) -> Option<&[u8]> {
        let text = self.text.get_or_init(|| {
            let decoded = self.may_differ().then(|| self.decoded())?;
            let bytes = decoded.bytes(self.payload);
            let text = match &decoded.tree {
                Some(tree) if is_as_written(decoded, tree, bytes) => None,
                Some(tree) => Some(tree.one_line(bytes, self.max_unpacked)),
                None => decoded.unwrapped.clone(),
            };
            text.map(Vec::into_boxed_slice)
        });
        text.as_deref()
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

    /// Returns whether there is a value at `steps` for which `test` is true. Whether the payload is
    /// JSON is checked last, since that takes the longest and is needed for few payloads.
    #[inline]
    pub fn has(&self, steps: &[PathStep], test: impl Fn(&[u8]) -> bool) -> bool {
        // If the path starts with a name, there is no need to look for JSON lines first: their
        // values are addressed by index, and the JSON check rejects them.
        let starts_with_name = matches!(steps.first(), Some(PathStep::Key(_)));
        if self.looks_like_json() && (starts_with_name || !self.is_in_lines()) {
            return match locate(self.payload, steps) {
                Located::At(at) => test(&self.payload[at]) && self.is_json(),
                Located::InString => self.find(steps).is_some_and(|found| found.passes(test)),
                Located::Missing => false,
            };
        }
        self.find(steps).is_some_and(|found| found.passes(test))
    }

    /// Returns the value at `steps` for display. The error is `None` if the payload has values but
    /// not this one; otherwise it explains why the payload has no values.
    pub fn shown(&self, steps: &[PathStep]) -> Result<Shown<'a>, Option<String>> {
        if self.is_plain_json() {
            match locate(self.payload, steps) {
                Located::At(at) if !format::may_have_nested(&self.payload[at.clone()]) => {
                    return Ok(shown_json(&self.payload[at]));
                }
                Located::Missing => return Err(None),
                Located::At(_) | Located::InString => {}
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

    /// Returns the value at `steps` as it is written in JSON.
    #[inline]
    fn written_at(&self, steps: &[PathStep]) -> Option<Cow<'a, [u8]>> {
        match locate(self.payload, steps) {
            Located::At(at) if !format::may_have_nested(&self.payload[at.clone()]) => {
                Some(Cow::Borrowed(&self.payload[at]))
            }
            Located::Missing => None,
            Located::At(at) => match self.find(steps) {
                Some(found) if found.is_nested() => Some(found.written().into()),
                _ => Some(Cow::Borrowed(&self.payload[at])),
            },
            Located::InString => self.find(steps).map(|found| found.written().into()),
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
        let may_have_values = self.choice.is_some()
            || self.looks_like_json()
            || format::may_have_values(self.payload);
        let decoded = may_have_values.then(|| self.decoded())?;
        let (tree, bytes) = (decoded.tree.as_ref()?, decoded.bytes(self.payload));
        let keys: Option<Vec<Key<'_>>> = steps.iter().map(key).collect();
        let found = tree.find(&keys?, bytes)?;
        // A tag has the same path as its content.
        let value = tree.value(tree.untagged(found)?, bytes)?;
        Some(Found {
            tree,
            bytes,
            value,
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

impl Found<'_> {
    /// Returns whether the value, or any value in it, was found within a string or bytes.
    fn is_nested(&self) -> bool {
        self.original.is_some() || self.tree.has_nested_in(self.value.id)
    }

    /// Returns whether `test` is true for the value. An array or object within a string is tested
    /// as that string, since no test applies to arrays and objects.
    fn passes(&self, holds: impl Fn(&[u8]) -> bool) -> bool {
        match self.original {
            Some((Kind::String, string)) if self.value.kind.is_container() => {
                holds(&text::quoted(string))
            }
            _ => holds(&self.written()),
        }
    }

    /// Returns the value as JSON, except where JSON cannot express it: non-finite numbers and
    /// strings that are not UTF-8 are kept exactly.
    fn written(&self) -> Vec<u8> {
        let Value { kind, text, id, .. } = self.value;
        match kind {
            Kind::Null => b"null".to_vec(),
            Kind::Bool | Kind::Number => text.to_vec(),
            Kind::String | Kind::Other => text::quoted(text),
            Kind::Bytes | Kind::Array | Kind::Object | Kind::Tag => {
                self.tree.to_json(id, self.bytes)
            }
        }
    }

    fn shown(&self) -> Shown<'static> {
        let Value { kind, text, .. } = self.value;
        let text = match kind {
            Kind::Bytes => [b"h'", &hex::digits(text).collect::<Vec<_>>()[..], b"'"].concat(),
            Kind::Array | Kind::Object | Kind::Tag => self.written(),
            _ => text.to_vec(),
        };
        Shown {
            text: text.into(),
            is_json: !matches!(kind, Kind::String | Kind::Bytes | Kind::Other),
        }
    }
}

/// Returns whether `bytes` are JSON that is read as it is written.
fn is_as_written(decoded: &Decoded, tree: &Tree, bytes: &[u8]) -> bool {
    let is_json = matches!(decoded.format, Format::Json | Format::JsonLines);
    is_json && decoded.unwrapped.is_none() && !tree.has_nested() && !text::has_escape(bytes)
}

fn shown_json(value: &[u8]) -> Shown<'_> {
    match value {
        [b'"', raw @ .., b'"'] => Shown {
            text: text::Unescaped::new(raw).collect::<Vec<u8>>().into(),
            is_json: false,
        },
        other => Shown {
            text: other.into(),
            is_json: true,
        },
    }
}

fn key(step: &PathStep) -> Option<Key<'_>> {
    Some(match step {
        PathStep::Key(name) => Key::Name(name),
        PathStep::Index(index) => Key::Index(u32::try_from(*index).ok()?),
    })
}
