//! Equality of values, by digests.
//!
//! A digest has 128 bits: two keyed hashes of the standard library (currently `SipHash` 1-3), with
//! keys drawn anew for each comparison. Equal values have equal digests. The chance that two
//! different values among a billion collide is less than one in 10^20, and an attacker cannot
//! search for collisions without knowing the keys. Equal digests are therefore taken as equality.

use std::collections::hash_map::{DefaultHasher, RandomState};
use std::hash::{BuildHasher, Hash as _, Hasher};

use crate::payload::json::number;
use crate::payload::tree::{Key, Kind, NodeId, Tree};

/// The digest of a value or a string. Equal inputs have equal digests.
pub type Digest = u128;

/// A digest function with its own random keys. Only digests from the same `Digester` can be
/// compared.
#[derive(Debug, Default)]
pub struct Digester {
    low: RandomState,
    high: RandomState,
}

impl Digester {
    /// Returns the digest of a string.
    pub fn of_text(&self, text: &str) -> Digest {
        let mut hash = self.start();
        hash.write(text.as_bytes());
        hash.finish()
    }

    /// Returns the digests of all values of `tree`, in order. The order of an object's members
    /// matters only among those with the same name. Numbers with the same numeric value have equal
    /// digests.
    pub fn of_tree(&self, tree: &Tree, payload: &[u8]) -> Vec<Digest> {
        let mut digests: Vec<Digest> = vec![0; tree.len()];
        let mut members = Vec::new();
        let mut normal = Vec::new();
        let count = u32::try_from(tree.len()).unwrap_or(u32::MAX);
        // Children come after their parent, so in reverse order, their digests are computed first.
        for id in (0..count).rev().map(NodeId) {
            let Some(value) = tree.value(id, payload) else {
                continue;
            };
            let mut hash = self.start();
            hash.write(&[value.kind as u8]);
            match value.kind {
                Kind::Object => {
                    named(tree, payload, id, &mut members);
                    for (key, child) in members.drain(..) {
                        hash.write_key(key);
                        hash.write(&digests[child.0 as usize].to_le_bytes());
                    }
                }
                Kind::Array | Kind::Tag => {
                    for child in tree.children(id) {
                        hash.write(&digests[child.0 as usize].to_le_bytes());
                    }
                    hash.write(value.text);
                }
                Kind::Number => {
                    normal.clear();
                    let is_number = number::write_normal_form(value.text, &mut normal).is_some();
                    hash.write(if is_number { &normal } else { value.text });
                }
                _ => hash.write(value.text),
            }
            digests[id.0 as usize] = hash.finish();
        }
        digests
    }

    fn start(&self) -> Hash {
        Hash {
            low: self.low.build_hasher(),
            high: self.high.build_hasher(),
        }
    }
}

/// Collects the members of an object, sorted by name; those with the same name keep their order.
pub fn named<'a>(
    tree: &'a Tree,
    payload: &'a [u8],
    id: NodeId,
    members: &mut Vec<(Key<'a>, NodeId)>,
) {
    members.extend(
        tree.children(id)
            .filter_map(|child| Some((tree.value(child, payload)?.key, child))),
    );
    members.sort_unstable();
}

/// A digest that is being computed.
struct Hash {
    low: DefaultHasher,
    high: DefaultHasher,
}

impl Hash {
    fn write(&mut self, bytes: &[u8]) {
        self.low.write(bytes);
        self.high.write(bytes);
    }

    /// Writes a key. The length of the key is included, so that its end is unambiguous.
    fn write_key(&mut self, key: Key<'_>) {
        key.hash(&mut self.low);
        key.hash(&mut self.high);
    }

    fn finish(&self) -> Digest {
        Digest::from(self.low.finish()) | Digest::from(self.high.finish()) << 64
    }
}
