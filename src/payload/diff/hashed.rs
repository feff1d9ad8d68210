//! One of two decoded payloads in a comparison.

use super::digest::{self, Digest, Digester};
use crate::payload::tree::{Key, Kind, NodeId, Tree, Value};

/// Names of members that identify an object across changes, the best first.
const ID_NAMES: [&[u8]; 5] = [b"id", b"_id", b"uuid", b"key", b"name"];

/// A tree with the digests that are needed to compare its values.
pub struct Hashed<'a> {
    pub tree: &'a Tree,
    payload: &'a [u8],
    /// The digests of all values, in order.
    pub digests: Vec<Digest>,
}

impl<'a> Hashed<'a> {
    /// Computes the digests of a tree, comparable with others from the same `digester`.
    pub fn of((tree, payload): (&'a Tree, &'a [u8]), digester: &Digester) -> Self {
        Self {
            tree,
            payload,
            digests: digester.of_tree(tree, payload),
        }
    }

    /// Returns the digest of a value: equal values have equal digests.
    pub fn digest(&self, id: NodeId) -> Option<Digest> {
        self.digests.get(id.0 as usize).copied()
    }

    /// Returns the kind of a container, and its mark if it is a tag.
    pub fn shape(&self, id: NodeId) -> Option<(Kind, &'a [u8])> {
        let Value { kind, text, .. } = self.tree.value(id, self.payload)?;
        kind.is_container().then_some((kind, text))
    }

    /// Returns the members of an object, sorted by name.
    pub fn named(&self, id: NodeId) -> Vec<(Key<'a>, NodeId)> {
        let mut members = Vec::new();
        digest::named(self.tree, self.payload, id, &mut members);
        members
    }

    /// Returns the digest of an object's id, which identifies the object even if its other members
    /// have changed. Returns `None` for a value without an id.
    pub fn id(&self, id: NodeId) -> Option<Digest> {
        if self.shape(id)?.0 != Kind::Object {
            return None;
        }
        let members = self.tree.children(id).filter_map(|child| {
            let Key::Name(name) = self.tree.value(child, self.payload)?.key else {
                return None;
            };
            let rank = ID_NAMES.iter().position(|known| *known == name)?;
            Some((rank, child))
        });
        members.min().and_then(|(_, child)| self.digest(child))
    }
}
