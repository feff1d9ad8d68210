//! Editing payloads: the decoded value as text, and the edited text encoded the same way again.
//!
//! The text is JSON, extended where JSON has no form for a value; see the page on publishing of the
//! manual. A value that was not edited keeps its bytes, and an edited one is encoded in the form of
//! the one that it replaces: the size of numbers, the kind of strings, the order of fields, the
//! escapes and spaces of JSON, the alphabet of base64. So an unedited text gives the same payload.

mod avro;
mod bson;
mod cbor;
mod fold;
mod form;
mod item;
mod json;
mod layer;
mod lenient;
mod msgpack;
mod notation;
mod number;
mod pairing;
mod parse;
mod protobuf;
mod refusal;
mod time;
mod wrap;

use std::fmt::{self, Display, Formatter};

use self::fold::encode;
use self::item::{Item, Value, Wrong};
use self::layer::{Encoding, Inner, Layer};
pub use self::refusal::NotEdited;
use super::decoder_choices::DecoderChoice;
use super::escape::is_plain;
use super::format::{Format, unpack};

/// The maximum number of values that are nested within one another in strings and bytes.
const MAX_LEVELS: usize = 8;

/// A payload that is edited as text.
#[derive(Clone, Debug)]
pub struct Document {
    layer: Layer,
    text: String,
    /// Whether the text is the content itself, not the notation of a value.
    is_verbatim: bool,
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.layer.payload == other.layer.payload && self.text == other.text
    }
}

impl Eq for Document {}

/// An edited payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// The payload.
    pub bytes: Vec<u8>,
    /// What differs from the original besides the edited values.
    pub notes: Vec<String>,
}

/// An error in an edited text, and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in the line, in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub why: String,
}

impl Display for EditError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { line, column, why } = self;
        write!(formatter, "line {line}, column {column}: {why}")
    }
}

impl EditError {
    fn new(wrong: &Wrong, text: &str) -> Self {
        let before = text.get(..wrong.at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            why: wrong.why.clone().into_owned(),
        }
    }
}

/// Escapes what the screen would show as an escape, for text that is pasted into a string.
pub fn visible(text: &str) -> String {
    let mut out = String::new();
    notation::write_text(text.as_bytes(), true, &mut out);
    out
}

impl Document {
    /// Returns the decoded form of `payload`, to be edited. Nothing is unpacked to more than
    /// `max_size` bytes.
    ///
    /// # Errors
    ///
    /// Returns the reason if it has none that can be encoded again exactly.
    pub fn new(payload: &[u8], choice: &DecoderChoice, max_size: usize) -> Result<Self, NotEdited> {
        let max_size = max_size.min(unpack::limit(payload.len()));
        let decoded = choice.read(payload, max_size);
        let encoding = Encoding::of(&decoded, payload, choice.message_type.as_ref(), false)?;
        let inexact = NotEdited::Inexact(decoded.format);
        let layer = Layer::new(payload, encoding, MAX_LEVELS, max_size).ok_or(inexact)?;
        let is_text = matches!(layer.encoding.format, Inner::Text(_));
        let is_verbatim = is_text && is_plain(&layer.content);
        let text = if is_verbatim {
            String::from_utf8_lossy(&layer.content).into_owned()
        } else {
            notation::pretty(&layer.item)
        };
        let is_exact = is_verbatim || parse::parse(&text).is_ok_and(|item| item == layer.item);
        let document = Self {
            layer,
            text,
            is_verbatim,
        };
        is_exact.then_some(document).ok_or(inexact)
    }

    /// Returns the text to edit.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether the text is the content itself, in which escapes mean nothing.
    pub fn is_verbatim(&self) -> bool {
        self.is_verbatim
    }

    /// Returns the extension of a file with the text.
    pub fn extension(&self) -> &'static str {
        match self.layer.encoding.format {
            Inner::Text(Format::Xml) if self.is_verbatim => "xml",
            Inner::Text(Format::Yaml) if self.is_verbatim => "yaml",
            Inner::Text(_) if self.is_verbatim => "txt",
            _ => "json",
        }
    }

    /// Returns what the text is encoded as: `gzip JSON`.
    pub fn label(&self) -> String {
        let Encoding { wrappings, format } = &self.layer.encoding;
        let names = wrappings.iter().map(|wrapping| wrapping.name().to_owned());
        let names: Vec<String> = names.chain([format.label()]).collect();
        names.join(" ")
    }

    /// Returns whether the payload is JSON as it is written: one value, or one for each line.
    pub fn is_plain_json(&self) -> bool {
        let Encoding { wrappings, format } = &self.layer.encoding;
        let is_json = matches!(format, Inner::Json | Inner::JsonLines);
        is_json && wrappings.is_empty() && self.layer.item == self.layer.plain
    }

    /// Encodes an edited text.
    pub fn encode(&self, text: &str) -> Result<Encoded, EditError> {
        let failed = |wrong: Wrong| EditError::new(&wrong, text);
        let item = if self.is_verbatim {
            Item::new(Value::String(text.into()), 0..text.len())
        } else {
            parse::parse(text).map_err(failed)?
        };
        let mut notes = Vec::new();
        let like = Some(&self.layer);
        let bytes = encode(&item, &self.layer.encoding, like, &mut notes).map_err(failed)?;
        Ok(Encoded { bytes, notes })
    }
}
