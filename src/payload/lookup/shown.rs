//! Values for display.

use std::ops::Deref;
use std::sync::Arc;

use crate::payload::json::text;
use crate::payload::tree::Kind;

/// A value for display.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// The contents of a string, or any other value as a row shows it.
    pub text: ShownText<'a>,
    /// The kind of the value, without its tags.
    pub kind: Kind,
}

impl Shown<'_> {
    /// Returns whether the value is text, as opposed to one of the values that JSON has besides.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::String | Kind::Bytes | Kind::Other)
    }

    /// Converts the value into one that owns its text.
    pub fn into_owned(self) -> Shown<'static> {
        Shown {
            text: ShownText::Shared(match self.text {
                ShownText::Borrowed(text) => Arc::new(text.to_vec()),
                ShownText::Shared(text) => text,
            }),
            kind: self.kind,
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

/// Returns a value of JSON for display, as it is written. It is an array or object only if nothing
/// in it has to be decoded.
pub(super) fn shown_json(value: &[u8]) -> Shown<'_> {
    let (text, kind) = match value {
        [b'"', raw @ .., b'"'] if text::has_escape(raw) => {
            let text: Vec<u8> = text::Unescaped::new(raw).collect();
            (text.into(), Kind::String)
        }
        [b'"', raw @ .., b'"'] => (raw.into(), Kind::String),
        other => (other.into(), kind_of(other)),
    };
    Shown { text, kind }
}

/// Returns the kind of a value of JSON that is not a string.
fn kind_of(value: &[u8]) -> Kind {
    match value.first() {
        Some(b'[') => Kind::Array,
        Some(b'{') => Kind::Object,
        Some(b'n') => Kind::Null,
        Some(b't' | b'f') => Kind::Bool,
        _ => Kind::Number,
    }
}
