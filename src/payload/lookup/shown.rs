//! Values for display.

use std::ops::Deref;
use std::sync::Arc;

use crate::payload::json::text;

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

/// Returns a value of JSON for display.
pub(super) fn shown_json(value: &[u8]) -> Shown<'_> {
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
