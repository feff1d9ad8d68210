//! What is equal to what, told by digests.
//!
//! A digest has 128 bits: twice the keyed hash of the standard library (`SipHash` 1-3 today), with
//! keys that are drawn anew for each comparison. Equal values have equal digests; that two others
//! among a billion do is less likely than one in 10^20, and whoever sends payloads cannot look for
//! such two, not knowing the keys. So equality is not looked at again.

use std::collections::hash_map::{DefaultHasher, RandomState};
use std::hash::{BuildHasher, Hasher};

use crate::payload::json::number;
use crate::payload::tree::{Key, Kind, NodeId, Tree};

/// Stands for all values, or all texts, that are equal to one.
pub type Digest = u128;

/// Gives digests that can be compared to one another.
#[derive(Debug)]
pub struct Digester {
    low: RandomState,
    high: RandomState,
}

impl Digester {
    /// With new keys.
    pub fn new() -> Self {
        Self {
            low: RandomState::new(),
            high: RandomState::new(),
        }
    }

    /// The digest of a text.
    pub fn of_text(&self, text: &str) -> Digest {
        let mut hash = self.start();
        hash.write(text.as_bytes());
        hash.finish()
    }

    /// The digests of all values of `tree`, in their order. Keys of objects count in any order,
    /// those of the same name among themselves in theirs; numbers count by their worth.
    pub fn of_tree(&self, tree: &Tree, payload: &[u8]) -> Vec<Digest> {
        let mut digests: Vec<Digest> = vec![0; tree.len()];
        let mut members = Vec::new();
        let mut worth = Vec::new();
        let count = u32::try_from(tree.len()).unwrap_or(u32::MAX);
        // What a value holds is read behind it, so that from the end on it is known already.
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
                    worth.clear();
                    let is_number = number::write_worth(value.text, &mut worth).is_some();
                    hash.write(if is_number { &worth } else { value.text });
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

/// The members of an object by their names, those of the same name in their order.
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

/// A digest on the way.
struct Hash {
    low: DefaultHasher,
    high: DefaultHasher,
}

impl Hash {
    fn write(&mut self, bytes: &[u8]) {
        self.low.write(bytes);
        self.high.write(bytes);
    }

    /// Writes a key so that it cannot be taken for another with something behind it.
    fn write_key(&mut self, key: Key<'_>) {
        let (kind, name) = match key {
            Key::None => (0, &[][..]),
            // Objects have none of these.
            Key::Index(_) => (1, &[][..]),
            Key::Name(name) => (2, name),
            Key::Odd(words) => (3, words),
        };
        self.write(&[kind]);
        self.write(&name.len().to_le_bytes());
        self.write(name);
    }

    fn finish(&self) -> Digest {
        Digest::from(self.low.finish()) | Digest::from(self.high.finish()) << 64
    }
}
