//! A decoded payload as a tree, whatever its format: what the message pane folds and walks.
//!
//! The nodes lie in one vector in the order in which they are read, each with the index behind its
//! last descendant, so that a folded node is passed in one step. A text that reads as it stands in
//! the payload is a range of it; one that had to be unescaped or spelt out lies in the tree's own
//! arena. Nothing is rounded: a number keeps the digits that it came with, keys that come twice
//! stay two. All texts are untrusted bytes: draw them through [`crate::payload::escape`].

mod build;
mod path;
mod saying;
mod writing;

use std::ops::Range;

pub use build::{Builder, Refusal, Said};
pub use path::path_step;

/// The deepest nesting that any format is decoded to.
pub const MAX_DEPTH: usize = 127;

/// The most values that a payload is laid out in; of one with more the first are.
pub const MAX_NODES: usize = 1 << 21;

/// A value of a tree, by its place in reading order; the root is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeId(pub u32);

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nothing: null, nil, undefined.
    Null,
    /// True or false.
    Bool,
    /// A number, in the digits that it came with.
    Number,
    /// A string, as what it says.
    String,
    /// Bytes that claim to be no text; the text of the node is these bytes.
    Bytes,
    /// Something else, in words: a point in time, a simple value of CBOR.
    Other,
    /// Values in order.
    Array,
    /// Named values in order.
    Object,
    /// One value with a mark on it, such as a tag of CBOR; the text of the node is that mark.
    Tag,
}

impl Kind {
    /// Whether it has values within it.
    #[must_use]
    pub fn is_container(self) -> bool {
        matches!(self, Self::Array | Self::Object | Self::Tag)
    }
}

/// By what a value is known within the one that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'a> {
    /// It is the root, or what a tag is on.
    None,
    /// The element of this index, from 0.
    Index(u32),
    /// The member of this name, as what the name says.
    Name(&'a [u8]),
    /// A member whose key is no string, such as `1` in `MessagePack`, in words.
    Odd(&'a [u8]),
}

/// A value of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    /// Its place.
    pub id: NodeId,
    /// What it is.
    pub kind: Kind,
    /// By what it is known.
    pub key: Key<'a>,
    /// What it says: nothing for arrays and objects.
    pub text: &'a [u8],
    /// How many values it holds itself.
    pub count: usize,
    /// How deep it lies, from 0.
    pub depth: usize,
}

/// Bytes of the payload or of the arena.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Piece {
    start: u32,
    length: u32,
    is_in_arena: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NodeKey {
    None,
    Index(u32),
    Name(Piece),
    Odd(Piece),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    kind: Kind,
    depth: u8,
    parent: u32,
    /// The index behind the last value within it.
    end: u32,
    key: NodeKey,
    /// Of a container that is no tag the count instead.
    text: Piece,
    /// Where it is written in the payload, if it is: first byte and length.
    source: (u32, u32),
}

/// The values of a payload, to be used with that payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Node>,
    arena: Vec<u8>,
    /// How many bytes of the payload are laid out, if that is not all of it.
    cut_at: Option<usize>,
    /// Whether the payload is no JSON, however its bytes look.
    is_binary: bool,
    /// Whether it is known that no object of many members has a name twice.
    has_distinct_names: bool,
}

impl Tree {
    /// How many values there are, at least one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none, which no decoder gives.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many bytes of the payload are laid out, if it had more than [`MAX_NODES`] values.
    #[must_use]
    pub fn cut_at(&self) -> Option<usize> {
        self.cut_at
    }

    /// The bytes that it takes beside the payload.
    #[must_use]
    pub fn size(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.arena.capacity()
    }

    /// The value at `id`, decoded from `payload`.
    #[must_use]
    pub fn value<'a>(&'a self, id: NodeId, payload: &'a [u8]) -> Option<Value<'a>> {
        let node = self.node(id)?;
        let is_text = !matches!(node.kind, Kind::Array | Kind::Object);
        Some(Value {
            id,
            kind: node.kind,
            key: match node.key {
                NodeKey::None => Key::None,
                NodeKey::Index(index) => Key::Index(index),
                NodeKey::Name(piece) => Key::Name(self.bytes(piece, payload)),
                NodeKey::Odd(piece) => Key::Odd(self.bytes(piece, payload)),
            },
            text: if is_text {
                self.bytes(node.text, payload)
            } else {
                b""
            },
            count: match node.kind {
                Kind::Array | Kind::Object => node.text.length as usize,
                Kind::Tag => 1,
                _ => 0,
            },
            depth: usize::from(node.depth),
        })
    }

    /// Where the value is written in the payload; `None` if it is not written as it is read.
    #[must_use]
    pub fn source(&self, id: NodeId) -> Option<Range<usize>> {
        let (start, length) = self.node(id)?.source;
        let start = start as usize;
        Some(start..start + length as usize).filter(|range| !range.is_empty())
    }

    /// Where what it says stands in the payload, if it is written there as it is read: its text,
    /// and its name.
    #[must_use]
    pub fn written(&self, id: NodeId) -> (Option<Range<usize>>, Option<Range<usize>>) {
        let range = |piece: Piece| {
            let start = piece.start as usize;
            (!piece.is_in_arena).then(|| start..start + piece.length as usize)
        };
        let Some(node) = self.node(id) else {
            return (None, None);
        };
        let text = match node.kind {
            Kind::Array | Kind::Object => None,
            _ => range(node.text),
        };
        let name = match node.key {
            NodeKey::Name(piece) | NodeKey::Odd(piece) => range(piece),
            _ => None,
        };
        (text, name)
    }

    /// The value that holds this one.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        let node = self.node(id)?;
        (id.0 > 0).then_some(NodeId(node.parent))
    }

    /// The value behind this one and all within it, whatever holds it.
    #[must_use]
    pub fn behind(&self, id: NodeId) -> Option<NodeId> {
        let end = self.node(id)?.end;
        ((end as usize) < self.nodes.len()).then_some(NodeId(end))
    }

    /// The next value in reading order.
    #[must_use]
    pub fn next(&self, id: NodeId) -> Option<NodeId> {
        let next = id.0 + 1;
        ((next as usize) < self.nodes.len()).then_some(NodeId(next))
    }

    /// The values that this one holds itself.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let end = self.node(id).map_or(0, |node| node.end);
        let mut next = id.0 + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(NodeId(next))?;
            next = self.node(child)?.end;
            Some(child)
        })
    }

    /// The innermost value that the byte of the payload at `offset` belongs to.
    #[must_use]
    pub fn at_offset(&self, offset: usize) -> NodeId {
        // Values are read in the order in which they are written.
        let starts_before = |node: &Node| node.source.0 as usize <= offset;
        let behind = self.nodes.partition_point(starts_before);
        NodeId(u32::try_from(behind.saturating_sub(1)).unwrap_or(0))
    }

    fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    fn bytes<'a>(&'a self, piece: Piece, payload: &'a [u8]) -> &'a [u8] {
        let bytes = if piece.is_in_arena {
            &self.arena
        } else {
            payload
        };
        let start = piece.start as usize;
        bytes
            .get(start..start + piece.length as usize)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
