//! One of two decoded payloads that are compared.

use super::digest::{self, Digest, Digester};
use crate::payload::tree::{Key, Kind, NodeId, Tree};

/// The members by which an object is known again although it has changed, the best first.
const NAMES_OF_IDS: [&[u8]; 5] = [b"id", b"_id", b"uuid", b"key", b"name"];

/// A tree with what is needed to compare its values.
pub struct Half<'a> {
    /// The tree.
    pub tree: &'a Tree,
    payload: &'a [u8],
    /// Of all its values, in their order.
    pub digests: Vec<Digest>,
}

impl<'a> Half<'a> {
    /// With digests by which it can be compared to others of the same `digester`.
    pub fn of((tree, payload): (&'a Tree, &'a [u8]), digester: &Digester) -> Self {
        Self {
            tree,
            payload,
            digests: digester.of_tree(tree, payload),
        }
    }

    /// Equal for values that are.
    pub fn digest(&self, id: NodeId) -> Option<Digest> {
        self.digests.get(id.0 as usize).copied()
    }

    /// What a container is, and its mark if it is a tag.
    pub fn shape(&self, id: NodeId) -> Option<(Kind, &'a [u8])> {
        let value = self.tree.value(id, self.payload)?;
        value
            .kind
            .is_container()
            .then_some((value.kind, value.text))
    }

    /// The members of an object by their names.
    pub fn named(&self, id: NodeId) -> Vec<(Key<'a>, NodeId)> {
        let mut members = Vec::new();
        digest::named(self.tree, self.payload, id, &mut members);
        members
    }

    /// Equal for objects that have the same id, whatever else has changed; of others nothing.
    pub fn id(&self, id: NodeId) -> Option<Digest> {
        if self.shape(id)?.0 != Kind::Object {
            return None;
        }
        let members = self.tree.children(id).filter_map(|child| {
            let Key::Name(name) = self.tree.value(child, self.payload)?.key else {
                return None;
            };
            let rank = NAMES_OF_IDS.iter().position(|known| *known == name)?;
            Some((rank, child))
        });
        members.min().and_then(|(_, child)| self.digest(child))
    }
}
