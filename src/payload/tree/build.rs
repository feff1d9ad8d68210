//! Building a tree in a decoder.

use std::ops::Range;

use super::{Kind, MAX_DEPTH, MAX_NODES, Node, NodeKey, Piece, Tree};

/// The reason why a tree does not accept a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The value would be nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// There are more than [`MAX_NODES`] values; only the first of these are kept.
    Full,
    /// The payload exceeds 4 GiB, the address range of a tree.
    TooLong,
}

/// The location of a text's bytes.
#[derive(Clone, Debug)]
pub enum Text<'a> {
    /// In this range of the payload.
    InPayload(Range<usize>),
    /// These bytes, which are not in the payload.
    Bytes(&'a [u8]),
}

/// A builder of a tree from values that arrive in reading order. It refuses values that do not fit
/// in the tree.
#[derive(Debug, Default)]
pub struct Builder {
    tree: Tree,
    /// The open containers, the innermost last.
    open: Vec<u32>,
    key: Option<NodeKey>,
}

impl Builder {
    /// Creates a builder for a payload in a binary format, none of whose bytes are taken for JSON.
    pub fn of_binary() -> Self {
        let mut builder = Self::default();
        builder.tree.is_binary = true;
        builder
    }

    /// Sets the name of the next value.
    pub fn name(&mut self, text: Text<'_>) -> Result<(), Refusal> {
        self.key = Some(NodeKey::Name(self.piece(text)?));
        Ok(())
    }

    /// Sets the key of the next value, as text, if the key is not a string.
    pub fn other_key(&mut self, words: &[u8]) -> Result<(), Refusal> {
        self.key = Some(NodeKey::Other(self.piece(Text::Bytes(words))?));
        Ok(())
    }

    /// Adds a value without children, located at `source`.
    pub fn scalar(
        &mut self,
        kind: Kind,
        text: Text<'_>,
        source: Range<usize>,
    ) -> Result<(), Refusal> {
        debug_assert!(!kind.is_container());
        let text = self.piece(text)?;
        self.push(kind, text, source)
    }

    /// Opens a container, which starts at `start`: the following values become its children until
    /// it is closed. `mark` is the mark of a tag.
    pub fn open(&mut self, kind: Kind, mark: &[u8], start: usize) -> Result<(), Refusal> {
        debug_assert!(kind.is_container());
        if self.open.len() == MAX_DEPTH {
            return Err(Refusal::TooDeep);
        }
        let text = match kind {
            Kind::Tag => self.piece(Text::Bytes(mark))?,
            _ => Piece::default(),
        };
        let index = self.end();
        self.push(kind, text, start..start)?;
        self.open.push(index);
        Ok(())
    }

    /// Closes the innermost open container, which ends before `end`.
    pub fn close(&mut self, end: usize) {
        let Some(index) = self.open.pop() else { return };
        let after = self.end();
        let node = &mut self.tree.nodes[index as usize];
        node.end = after;
        let length = end.saturating_sub(node.source.0 as usize);
        node.source.1 = u32::try_from(length).unwrap_or(u32::MAX);
    }

    /// Returns the tree if it has a value and all containers are closed.
    pub fn finish(self) -> Option<Tree> {
        (self.open.is_empty() && !self.tree.is_empty()).then_some(self.tree)
    }

    /// Returns the tree built so far, from the first `cut_at` bytes of the payload.
    pub fn finish_cut(mut self, cut_at: usize) -> Option<Tree> {
        while !self.open.is_empty() {
            self.close(cut_at);
        }
        self.tree.cut_at = Some(cut_at);
        self.finish()
    }

    fn push(&mut self, kind: Kind, text: Piece, source: Range<usize>) -> Result<(), Refusal> {
        if self.tree.nodes.len() == MAX_NODES {
            return Err(Refusal::Full);
        }
        let start = u32::try_from(source.start).map_err(|_| Refusal::TooLong)?;
        let length = u32::try_from(source.len()).map_err(|_| Refusal::TooLong)?;
        let (key, parent) = self.place();
        let index = self.end();
        self.tree.nodes.push(Node {
            kind,
            depth: u8::try_from(self.open.len()).unwrap_or(u8::MAX),
            parent,
            end: index + 1,
            key,
            text,
            source: (start, length),
        });
        Ok(())
    }

    /// Returns the key of the next value, and the index of its parent.
    fn place(&mut self) -> (NodeKey, u32) {
        let key = self.key.take();
        let Some(parent) = self.open.last().copied() else {
            return (NodeKey::None, 0);
        };
        let holder = &mut self.tree.nodes[parent as usize];
        let key = match holder.kind {
            Kind::Array => NodeKey::Index(holder.text.length),
            Kind::Object => key.unwrap_or(NodeKey::None),
            _ => return (NodeKey::None, parent),
        };
        holder.text.length += 1;
        (key, parent)
    }

    fn piece(&mut self, text: Text<'_>) -> Result<Piece, Refusal> {
        let small = |size: usize| u32::try_from(size).map_err(|_| Refusal::TooLong);
        let (start, length, is_in_arena) = match text {
            Text::InPayload(range) => (range.start, range.len(), false),
            Text::Bytes(bytes) => {
                let start = self.tree.arena.len();
                small(start + bytes.len())?;
                self.tree.arena.extend_from_slice(bytes);
                (start, bytes.len(), true)
            }
        };
        Ok(Piece {
            start: small(start)?,
            length: small(length)?,
            is_in_arena,
        })
    }

    fn end(&self) -> u32 {
        u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX)
    }
}
