//! What is seen of a message through a lens: the value at its path, or why there is none.

use crate::payload::{figures, json};
use crate::query::Path;

/// The longest message that is looked at through a lens: a frame has many rows.
const MOST_LOOKED_AT: usize = 16 << 10;

/// Why nothing is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unseen {
    /// The message has no such value.
    Missing,
    /// It is no JSON: what is found in that means nothing.
    NotJson,
    /// It has so many bytes, or is not kept whole.
    TooLong(u64),
}

impl Unseen {
    /// The same in words.
    pub(super) fn words(self, path: &Path) -> String {
        match self {
            Self::Missing => format!("no {}", path.text()),
            Self::NotJson => format!("no {}: not JSON", path.text()),
            Self::TooLong(size) => format!("{}: too long for a lens", figures::size(size)),
        }
    }
}

/// The value at `path` of a message, of which this is all or the head, and which had so many bytes.
pub(super) fn look<'a>(path: &Path, (payload, size): (&'a [u8], u64)) -> Result<&'a [u8], Unseen> {
    if payload.len() > MOST_LOOKED_AT || size > payload.len() as u64 {
        return Err(Unseen::TooLong(size));
    }
    if !json::is_json(payload) {
        return Err(Unseen::NotJson);
    }
    let found = path.locate(payload).ok_or(Unseen::Missing)?;
    Ok(&payload[found])
}
