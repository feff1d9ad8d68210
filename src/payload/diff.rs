//! What has changed from one payload to another, as data that a view draws.
//!
//! Two decoded payloads are compared by what they say ([`structure`]), two texts line by line
//! ([`lines`]), all else byte by byte ([`bytes`]). The work is near-linear in the sizes whatever
//! comes, without a clock: where the shortest answer would cost too much a longer one is given,
//! which is as true, and says so.
//!
//! ```text
//! digest  what is equal to what ─┬─► half, elements ─► structure   two trees
//! align   a common subsequence  ─┴─► marks ─► lines                two texts
//!                                    bytes                         anything
//! ```

mod align;
pub mod bytes;
mod digest;
mod elements;
mod half;
pub mod lines;
mod marks;
pub mod structure;

use bytes::{Bytes, Ends};
use lines::Lines;
use structure::Structure;

use crate::payload::tree::{NodeId, Tree};

pub use marks::{changed_quickly, changed_within};

/// One of two payloads to compare.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The payload.
    pub bytes: &'a [u8],
    /// What it says, if it could be decoded.
    pub tree: Option<&'a Tree>,
}

impl Side<'_> {
    /// The path of a value on this side, as a query writes it; see [`Tree::path`].
    #[must_use]
    pub fn path(&self, id: NodeId) -> Option<String> {
        self.tree?.path(id, self.bytes)
    }
}

/// What has changed from one payload to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diff {
    /// Of two that are decoded: the values.
    Structure(Structure),
    /// Of two texts: the lines.
    Lines(Lines),
    /// Of two texts that are too long to be compared line by line: from where to where they
    /// differ.
    LongTexts(Ends),
    /// Of anything else: the bytes.
    Bytes(Bytes),
}

impl Diff {
    /// Whether nothing has changed. Decoded payloads may still be written differently: `1` and
    /// `1.0` are the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        match self {
            Self::Structure(structure) => structure.is_same(),
            Self::Lines(lines) => lines.is_same(),
            Self::LongTexts(ends) => ends.is_same(),
            Self::Bytes(bytes) => bytes.is_same(),
        }
    }

    /// The bytes that it takes beside the payloads.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Structure(structure) => structure.lines.capacity() * size_of::<structure::Line>(),
            Self::Lines(lines) => lines.size(),
            Self::LongTexts(_) => 0,
            Self::Bytes(bytes) => bytes.stretches.capacity() * size_of::<Ends>(),
        }
    }
}

/// Compares two payloads in the way that says most. A tree that holds only the first values of
/// its payload is not made use of: its end is no end.
#[must_use]
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
