//! What a payload is: recognised, or chosen by hand.

use crate::payload::json;
use crate::payload::tree::Tree;

/// A format that payloads are read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One value of JSON.
    Json,
    /// Text.
    Text,
    /// Bytes.
    Binary,
}

impl Format {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Text => "text",
            Self::Binary => "binary",
        }
    }
}

/// A payload understood.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// What it is.
    pub format: Format,
    /// Its bytes, if something wraps them.
    pub unwrapped: Option<Vec<u8>>,
    /// Its values, if it has a structure.
    pub tree: Option<Tree>,
}

impl Decoded {
    /// The bytes that are read.
    #[must_use]
    pub fn bytes<'a>(&'a self, payload: &'a [u8]) -> &'a [u8] {
        self.unwrapped.as_deref().unwrap_or(payload)
    }
}

/// What `payload` is.
#[must_use]
pub fn recognise(payload: &[u8]) -> Decoded {
    let tree = json::read(payload).ok();
    let format = match &tree {
        Some(_) => Format::Json,
        None if str::from_utf8(payload).is_ok() => Format::Text,
        None => Format::Binary,
    };
    Decoded {
        format,
        unwrapped: None,
        tree,
    }
}
