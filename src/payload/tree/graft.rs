//! Putting trees of nested values into the tree of the payload that contains them.

use std::collections::BTreeSet;

use super::{Kind, MAX_DEPTH, MAX_NODES, Node, NodeId, NodeKey, Piece, Tree};

/// The tree of a value that is encoded within a string or bytes.
#[derive(Debug)]
pub struct Graft {
    /// The string or bytes.
    pub at: NodeId,
    /// How the value is encoded: `⟨base64 json⟩`.
    pub mark: String,
    /// The value.
    pub tree: Tree,
    /// The bytes that the tree refers to.
    pub bytes: Vec<u8>,
}

/// A tag that stands for a string or bytes in which a value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nested {
    /// The index of the tag.
    index: u32,
    /// The kind of the original value.
    kind: Kind,
    /// The original text.
    text: Piece,
}

impl Tree {
    /// Returns the string or bytes in which the value tagged by `id` was found, with its kind;
    /// `None` if `id` is not such a tag.
    pub fn original<'a>(&'a self, id: NodeId, payload: &'a [u8]) -> Option<(Kind, &'a [u8])> {
        let found = self
            .nested
            .binary_search_by_key(&id.0, |nested| nested.index);
        let nested = self.nested.get(found.ok()?)?;
        Some((nested.kind, self.bytes(nested.text, payload)))
    }

    /// Returns whether any value was found within a string or bytes.
    pub fn has_nested(&self) -> bool {
        !self.nested.is_empty()
    }

    /// Returns whether any value below `id` was found within a string or bytes.
    pub fn has_nested_in(&self, id: NodeId) -> bool {
        let end = self.node(id).map_or(0, |node| node.end);
        let next = self.nested.partition_point(|nested| nested.index <= id.0);
        self.nested
            .get(next)
            .is_some_and(|nested| nested.index < end)
    }

    /// Replaces strings and bytes by tags whose content is the tree of a graft. `grafts` are in the
    /// order of their places. Those that do not fit in the tree are left out.
    #[must_use]
    pub fn grafted(self, grafts: Vec<Graft>) -> Self {
        let grafts = self.fitting(grafts);
        if grafts.is_empty() {
            return self;
        }
        let Self {
            nodes: old,
            arena,
            nested: _,
            ..
        } = &self;
        // Each entry tells how many nodes have been added before the nodes after `at`.
        let mut added = Vec::with_capacity(grafts.len());
        let mut total = 0;
        for graft in &grafts {
            total += graft.tree.nodes.len();
            added.push((graft.at.0, total));
        }
        let moved = |index: u32| {
            let before = added.partition_point(|(at, _)| *at < index);
            let shift = before.checked_sub(1).map_or(0, |last| added[last].1);
            index + u32::try_from(shift).unwrap_or(u32::MAX)
        };
        let mut nodes = Vec::with_capacity(old.len() + total);
        let mut arena = arena.clone();
        let mut nested = Vec::with_capacity(grafts.len());
        let mut grafts = grafts.into_iter().peekable();
        for (index, node) in (0..).zip(old) {
            let mut node = node.clone();
            node.parent = moved(node.parent);
            node.end = moved(node.end);
            let Some(graft) = grafts.next_if(|graft| graft.at.0 == index) else {
                nodes.push(node);
                continue;
            };
            let tag = end_of(&nodes);
            nested.push(Nested {
                index: tag,
                kind: node.kind,
                text: node.text,
            });
            node.kind = Kind::Tag;
            node.text = put(&mut arena, graft.mark.as_bytes());
            let outer = (tag, node.depth, node.source.0);
            nodes.push(node);
            plant(graft, outer, (&mut nodes, &mut arena, &mut nested));
        }
        Self {
            nodes,
            arena,
            nested,
            ..self
        }
    }

    /// Removes the values that were found within the strings and bytes at `places`, which appear
    /// again in their stead.
    #[must_use]
    pub fn ungrafted(self, places: &BTreeSet<Box<str>>, payload: &[u8]) -> Self {
        // The tags, each with how many nodes have been removed up to its end.
        let mut cuts: Vec<(Nested, u32)> = Vec::new();
        let (mut end, mut removed) = (0, 0);
        for nested in &self.nested {
            let id = NodeId(nested.index);
            if nested.index >= end && places.contains(&*self.place(id, payload)) {
                end = self.node(id).map_or(end, |node| node.end);
                removed += end.saturating_sub(nested.index + 1);
                cuts.push((*nested, removed));
            }
        }
        let moved = |index: u32| {
            let before = cuts.partition_point(|(nested, _)| nested.index < index);
            index - before.checked_sub(1).map_or(0, |last| cuts[last].1)
        };
        let mut nodes = Vec::with_capacity(self.nodes.len());
        let mut remaining = cuts.iter().peekable();
        let mut skipped_to = 0;
        for (index, node) in (0..).zip(&self.nodes) {
            if index < skipped_to {
                continue;
            }
            let mut new = node.clone();
            if let Some((nested, _)) = remaining.next_if(|(nested, _)| nested.index == index) {
                skipped_to = node.end;
                (new.kind, new.text) = (nested.kind, nested.text);
            }
            (new.parent, new.end) = (moved(node.parent), moved(node.end));
            nodes.push(new);
        }
        let is_cut = |index: u32| {
            let before = cuts.partition_point(|(nested, _)| nested.index <= index);
            let end = before
                .checked_sub(1)
                .and_then(|last| self.node(NodeId(cuts[last].0.index)).map(|node| node.end));
            end.is_some_and(|end| index < end)
        };
        let kept = self.nested.iter().filter(|nested| !is_cut(nested.index));
        let nested = kept.map(|nested| Nested {
            index: moved(nested.index),
            ..*nested
        });
        Self {
            nested: nested.collect(),
            nodes,
            ..self
        }
    }

    /// Returns the nearest string or bytes in which `id` was found, as the id of its tag.
    pub fn nested_around(&self, id: NodeId, payload: &[u8]) -> Option<NodeId> {
        let mut around = std::iter::successors(Some(id), |id| self.parent(*id));
        around.find(|id| self.original(*id, payload).is_some())
    }

    /// Returns the grafts that fit in the tree.
    fn fitting(&self, grafts: Vec<Graft>) -> Vec<Graft> {
        let mut nodes = self.nodes.len();
        let mut bytes = self.arena.len();
        let mut fits = |graft: &Graft| {
            let deepest = graft.tree.nodes.iter().map(|node| node.depth).max();
            let depth = self.node(graft.at).map(|node| node.depth);
            let depth = usize::from(depth.unwrap_or(u8::MAX)) + usize::from(deepest.unwrap_or(0));
            let all_nodes = nodes + graft.tree.nodes.len();
            let all_bytes = bytes + graft.bytes.len() + graft.tree.arena.len() + graft.mark.len();
            let fits =
                depth < MAX_DEPTH && all_nodes <= MAX_NODES && u32::try_from(all_bytes).is_ok();
            if fits {
                (nodes, bytes) = (all_nodes, all_bytes);
            }
            fits
        };
        grafts.into_iter().filter(|graft| fits(graft)).collect()
    }
}

/// Appends the nodes of `graft` below the tag `(index, depth, start in the payload)`.
fn plant(
    graft: Graft,
    (tag, depth, start): (u32, u8, u32),
    (nodes, arena, nested): (&mut Vec<Node>, &mut Vec<u8>, &mut Vec<Nested>),
) {
    let base = end_of(nodes);
    let in_bytes = put(arena, &graft.bytes).start;
    let in_arena = put(arena, &graft.tree.arena).start;
    let moved = |piece: Piece| Piece {
        start: piece.start
            + if piece.is_in_arena {
                in_arena
            } else {
                in_bytes
            },
        is_in_arena: true,
        ..piece
    };
    for inner in graft.tree.nested {
        nested.push(Nested {
            index: inner.index + base,
            text: moved(inner.text),
            ..inner
        });
    }
    for (index, node) in graft.tree.nodes.into_iter().enumerate() {
        nodes.push(Node {
            depth: node.depth + depth + 1,
            parent: if index == 0 { tag } else { node.parent + base },
            end: node.end + base,
            key: match node.key {
                NodeKey::Name(piece) => NodeKey::Name(moved(piece)),
                NodeKey::Other(piece) => NodeKey::Other(moved(piece)),
                key => key,
            },
            text: match node.kind {
                Kind::Array | Kind::Object => node.text,
                _ => moved(node.text),
            },
            // Its bytes are not in the payload.
            source: (start, 0),
            ..node
        });
    }
}

/// Appends `bytes` to the arena and returns where they are.
fn put(arena: &mut Vec<u8>, bytes: &[u8]) -> Piece {
    let small = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    let start = small(arena.len());
    arena.extend_from_slice(bytes);
    Piece {
        start,
        length: small(bytes.len()),
        is_in_arena: true,
    }
}

fn end_of(nodes: &[Node]) -> u32 {
    u32::try_from(nodes.len()).unwrap_or(u32::MAX)
}
