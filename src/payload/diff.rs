//! The differences between two payloads, as data for a view to draw.
//!
//! Two decoded payloads are compared by their values ([`structure`]), text is compared line by line
//! ([`lines`]), and anything else byte by byte ([`bytes`]). The work is always near-linear in the
//! sizes. There is no time limit: where the smallest diff would cost too much, a larger one is
//! returned, which is just as correct but marked as coarse.
//!
//! ```text
//! digest  which values are equal ─┬─► hashed, elements ─► structure   two trees
//! align   a common subsequence   ─┴─► marks ─► lines                two texts
//!                                     bytes                         anything
//! ```

mod align;
pub mod bytes;
mod digest;
mod elements;
mod hashed;
pub mod lines;
mod marks;
pub mod structure;

use bytes::{Bytes, Ends};
use lines::Lines;
use structure::Structure;

use crate::payload::tree::Tree;

pub use digest::{Digest, Digester};
pub use marks::{changed_quickly, changed_within};

/// One of two payloads to compare.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The payload.
    pub bytes: &'a [u8],
    /// The decoded payload, if it could be decoded.
    pub tree: Option<&'a Tree>,
}

/// The differences between two payloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diff {
    /// The changed values of two decoded payloads.
    Structure(Structure),
    /// The changed lines of text.
    Lines(Lines),
    /// The differing range of text that is too long to be compared line by line.
    LongTexts(Ends),
    /// The changed bytes of payloads that are neither decoded nor text.
    Bytes(Bytes),
}

impl Diff {
    /// Returns whether nothing has changed. Equal values may be written differently, such as `1`
    /// and `1.0`.
    pub fn is_same(&self) -> bool {
        match self {
            Self::Structure(structure) => structure.is_same(),
            Self::Lines(lines) => lines.is_same(),
            Self::LongTexts(ends) => ends.is_same(),
            Self::Bytes(bytes) => bytes.ends.is_same(),
        }
    }

    /// Returns the memory use of the differences in bytes, excluding the payloads.
    pub fn size(&self) -> usize {
        match self {
            Self::Structure(structure) => structure.lines.capacity() * size_of::<structure::Line>(),
            Self::Lines(lines) => lines.size(),
            Self::LongTexts(_) => 0,
            Self::Bytes(bytes) => bytes.stretches.capacity() * size_of::<Ends>(),
        }
    }
}

/// Compares two payloads in the most informative way. A tree that contains only the first values of
/// its payload is ignored, since it says nothing about the rest of the payload.
pub fn compare(old: Side<'_>, new: Side<'_>) -> Diff {
    let whole = |tree: &&Tree| tree.cut_at().is_none();
    if let (Some(old_tree), Some(new_tree)) = (old.tree.filter(whole), new.tree.filter(whole)) {
        let old = (old_tree, old.bytes);
        return Diff::Structure(structure::compare(old, (new_tree, new.bytes)));
    }
    let (Ok(old_text), Ok(new_text)) = (str::from_utf8(old.bytes), str::from_utf8(new.bytes))
    else {
        return Diff::Bytes(bytes::compare(old.bytes, new.bytes));
    };
    match lines::compare(old_text, new_text) {
        Some(lines) => Diff::Lines(lines),
        None => Diff::LongTexts(Ends::of_texts(old_text, new_text)),
    }
}
