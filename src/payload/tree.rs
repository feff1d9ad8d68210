//! A decoded payload of any format as a tree, which the message pane folds and walks.
//!
//! The nodes are stored in one vector in reading order, each with the index after its last
//! descendant, so a folded node is skipped in one step. Text that appears unchanged in the payload
//! is stored as a range of the payload; text that had to be unescaped or spelled out is stored in
//! the tree's arena. Nothing is rounded or merged: numbers keep their original digits, and
//! duplicate keys stay separate. All text is untrusted: draw it through [`crate::payload::escape`].

mod brief;
mod build;
mod graft;
mod one_line;
mod path;
mod to_json;

use std::ops::Range;

pub use build::{Builder, Refusal, Text};
pub use graft::Graft;
pub use path::{PLACE_OF_ELEMENTS, path_step, place_step};

use self::graft::Nested;
use crate::payload::json;

/// The maximum nesting depth for all formats.
pub const MAX_DEPTH: usize = json::MAX_DEPTH;

/// The maximum number of values in a tree. If a payload has more, only the first are decoded.
pub const MAX_NODES: usize = 1 << 21;

/// The index of a value in a tree, in reading order; the root is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeId(pub u32);

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The absence of a value: null, nil, undefined.
    Null,
    /// True or false.
    Bool,
    /// A number, in its original digits.
    Number,
    /// A string, after unescaping.
    String,
    /// Binary data; the text of the node is the data.
    Bytes,
    /// Any other value, as text: a timestamp, a simple value of CBOR.
    Other,
    /// A list of values.
    Array,
    /// A list of named values.
    Object,
    /// One value with a mark, such as a CBOR tag; the text of the node is the mark.
    Tag,
}

impl Kind {
    /// Returns whether values of this kind contain other values.
    pub fn is_container(self) -> bool {
        matches!(self, Self::Array | Self::Object | Self::Tag)
    }

    /// Returns the brackets around the children of a container of this kind.
    pub(super) fn brackets(self) -> (&'static str, &'static str) {
        match self {
            Self::Array => ("[", "]"),
            Self::Object => ("{", "}"),
            _ => ("(", ")"),
        }
    }
}

/// The key of a value within its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key<'a> {
    /// No key: the value is the root, or the content of a tag.
    None,
    /// The index of an element, from 0.
    Index(u32),
    /// The name of a member, unescaped.
    Name(&'a [u8]),
    /// A member key that is not a string, such as `1` in `MessagePack`, as text.
    Other(&'a [u8]),
}

/// A value of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    /// The value's id.
    pub id: NodeId,
    /// The value's kind.
    pub kind: Kind,
    /// The value's key within its parent.
    pub key: Key<'a>,
    /// The value's text; empty for arrays and objects.
    pub text: &'a [u8],
    /// The number of direct children.
    pub count: usize,
    /// The nesting depth, from 0.
    pub depth: usize,
}

/// A range of bytes in the payload or the arena.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Piece {
    start: u32,
    length: u32,
    is_in_arena: bool,
}

impl Piece {
    fn range(self) -> Range<usize> {
        let start = self.start as usize;
        start..start + self.length as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NodeKey {
    None,
    Index(u32),
    Name(Piece),
    Other(Piece),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    kind: Kind,
    depth: u8,
    parent: u32,
    /// The index after the last descendant.
    end: u32,
    key: NodeKey,
    /// The value's text. For arrays and objects, the length of the piece is the number of children
    /// instead.
    text: Piece,
    /// Where the value appears in the payload, if it does: the first byte and the length.
    source: (u32, u32),
}

/// The values of a payload. All methods that take a payload expect the one it was built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Node>,
    arena: Vec<u8>,
    /// The tags that stand for strings and bytes in which values were found, in order.
    nested: Vec<Nested>,
    /// The number of payload bytes that were decoded, if not all of them.
    cut_at: Option<usize>,
    /// Whether the payload is in a binary format, so that none of its bytes may be mistaken for
    /// JSON.
    is_binary: bool,
    /// Whether objects with many members are known to have no duplicate names.
    has_distinct_names: bool,
}

impl Tree {
    /// Returns the tree of a text of `length` bytes, as one string.
    pub(super) fn of_text(length: usize) -> Option<Self> {
        let mut builder = Builder::default();
        let text = Text::InPayload(0..length);
        builder.scalar(Kind::String, text, 0..length).ok()?;
        builder.finish()
    }

    /// Returns the number of values, which is at least one.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns whether the tree has no values. No decoder returns such a tree.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Returns the number of payload bytes that were decoded, if the payload has more than
    /// [`MAX_NODES`] values.
    pub fn cut_at(&self) -> Option<usize> {
        self.cut_at
    }

    /// Returns the memory use of the tree in bytes, excluding the payload.
    pub fn size(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
            + self.nested.capacity() * size_of::<Nested>()
            + self.arena.capacity()
    }

    /// Returns the value `id`, decoded from `payload`.
    pub fn value<'a>(&'a self, id: NodeId, payload: &'a [u8]) -> Option<Value<'a>> {
        let node = self.node(id)?;
        let (text, count) = match node.kind {
            Kind::Array | Kind::Object => (&b""[..], node.text.length as usize),
            kind => (
                self.bytes(node.text, payload),
                usize::from(kind == Kind::Tag),
            ),
        };
        Some(Value {
            id,
            kind: node.kind,
            key: match node.key {
                NodeKey::None => Key::None,
                NodeKey::Index(index) => Key::Index(index),
                NodeKey::Name(piece) => Key::Name(self.bytes(piece, payload)),
                NodeKey::Other(piece) => Key::Other(self.bytes(piece, payload)),
            },
            text,
            count,
            depth: usize::from(node.depth),
        })
    }

    /// Returns where the value appears in the payload, or `None` if it does not appear there in one
    /// piece.
    pub fn source(&self, id: NodeId) -> Option<Range<usize>> {
        let (start, length) = self.node(id)?.source;
        let start = start as usize;
        Some(start..start + length as usize).filter(|range| !range.is_empty())
    }

    /// Returns where the value's text and its name appear in the payload. Each is `None` if it does
    /// not appear there unchanged.
    pub fn written(&self, id: NodeId) -> (Option<Range<usize>>, Option<Range<usize>>) {
        let range = |piece: Piece| (!piece.is_in_arena).then(|| piece.range());
        let Some(node) = self.node(id) else {
            return (None, None);
        };
        let text = match node.kind {
            Kind::Array | Kind::Object => None,
            _ => range(node.text),
        };
        let name = match node.key {
            NodeKey::Name(piece) | NodeKey::Other(piece) => range(piece),
            _ => None,
        };
        (text, name)
    }

    /// Returns the parent of a value.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        let node = self.node(id)?;
        (id.0 > 0).then_some(NodeId(node.parent))
    }

    /// Returns the first value after this one that is not its descendant, whatever the parent of
    /// that value.
    pub fn after(&self, id: NodeId) -> Option<NodeId> {
        let end = self.node(id)?.end;
        ((end as usize) < self.nodes.len()).then_some(NodeId(end))
    }

    /// Returns the next value in reading order.
    pub fn next(&self, id: NodeId) -> Option<NodeId> {
        let next = id.0 + 1;
        ((next as usize) < self.nodes.len()).then_some(NodeId(next))
    }

    /// Returns the content of a tag, or, if tags are nested, of the innermost one. Returns the
    /// value itself if it is not a tag.
    pub fn untagged(&self, id: NodeId) -> Option<NodeId> {
        let mut at = id;
        while self.node(at)?.kind == Kind::Tag {
            at = self.next(at)?;
        }
        Some(at)
    }

    /// Returns the direct children of a value.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let end = self.node(id).map_or(0, |node| node.end);
        self.siblings(id.0 + 1, end)
    }

    /// Returns the value at index `next` and its later siblings; `end` is the end of their parent.
    fn siblings(&self, mut next: u32, end: u32) -> impl Iterator<Item = NodeId> {
        std::iter::from_fn(move || {
            let child = (next < end).then_some(NodeId(next))?;
            next = self.node(child)?.end;
            Some(child)
        })
    }

    /// Returns the innermost value that contains the payload byte at `offset`.
    pub fn at_offset(&self, offset: usize) -> NodeId {
        // Values are stored in the order in which they are written.
        let starts_before = |node: &Node| node.source.0 as usize <= offset;
        let after = self.nodes.partition_point(starts_before);
        let mut found = NodeId(u32::try_from(after.saturating_sub(1)).unwrap_or(0));
        // The values within a string have no bytes of their own in the payload.
        while self.source(found).is_none()
            && let Some(parent) = self.parent(found)
        {
            found = parent;
        }
        found
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
        bytes.get(piece.range()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
