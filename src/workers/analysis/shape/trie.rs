//! The places of values within JSON, as a trie of names.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::payload::json::text;
use crate::workers::analysis::shape::MAX_FIELDS;
use crate::workers::analysis::shape::deviations::Deviations;
use crate::workers::analysis::types::{OBJECT, TYPES, Types};

/// An index that refers to no node.
pub const NONE: u32 = u32::MAX;

/// The index of the root, the place of the whole message.
pub const ROOT: u32 = 0;

/// The longest field name that is tracked, in bytes.
const LONGEST_NAME: usize = 256;

/// How many siblings to compare one by one before hashing the name.
const NEAR: usize = 6;

/// A place and what is known about the values there.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of each other"
)]
pub struct Node {
    /// The unescaped name; empty for an array element and the whole message.
    pub name: Box<[u8]>,
    /// Whether the name contains no backslash, so that it can be compared with raw names.
    is_plain: bool,
    pub is_element: bool,
    pub parent: u32,
    pub first_child: u32,
    last_child: u32,
    pub next: u32,
    /// The sibling that usually comes next.
    follows: u32,
    /// The number of the message in which the place first occurred.
    pub born: u64,
    /// The number of the object in which the place last occurred.
    pub seen: u64,
    /// In how many objects it occurred; counted only for members.
    pub present: u64,
    /// The number of values of each type.
    pub counts: [u64; TYPES],
    /// The types that are not flagged.
    pub known: Types,
    /// In how many messages values at the place have deviated, by kind of deviation.
    pub deviations: Deviations,
    /// Whether its presence is flagged.
    pub is_odd: bool,
    /// Whether its absence is flagged.
    pub is_required: bool,
    /// The number of objects that lacked it while it was required.
    pub missing: u64,
    /// How many of its children are required.
    pub required: u32,
    /// The lowest and highest number.
    pub range: Option<(f64, f64)>,
    /// The length of the shortest and longest string, in bytes.
    pub lengths: Option<(u32, u32)>,
    /// The first value that is not an object or array, cut to a maximum length.
    pub example: Option<Box<[u8]>>,
}

impl Node {
    fn new(name: Box<[u8]>, parent: u32, born: u64) -> Self {
        Self {
            is_plain: !name.contains(&b'\\'),
            name,
            is_element: false,
            parent,
            first_child: NONE,
            last_child: NONE,
            next: NONE,
            follows: NONE,
            born,
            seen: 0,
            present: 0,
            counts: [0; TYPES],
            known: Types::default(),
            deviations: Deviations::default(),
            is_odd: false,
            is_required: false,
            missing: 0,
            required: 0,
            range: None,
            lengths: None,
            example: None,
        }
    }

    /// Returns the number of objects at the place.
    pub fn objects(&self) -> u64 {
        self.counts[OBJECT]
    }

    /// Returns whether this is the place of a member whose name is written as `raw`.
    #[inline]
    fn is_written(&self, raw: &[u8]) -> bool {
        *self.name == *raw && self.is_plain && !self.is_element
    }
}

/// The places of a channel.
#[derive(Debug, Default)]
pub struct Trie {
    nodes: Vec<Node>,
    by_name: HashTable<u32>,
    hasher: DefaultHashBuilder,
    limit: usize,
    is_full: bool,
    /// The number of objects and arrays processed so far.
    pub objects: u64,
    /// The number of messages processed so far.
    pub messages: u64,
}

impl Trie {
    /// Returns the number of places.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns whether places were left out because a limit was reached.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Sets the maximum number of places.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.min(MAX_FIELDS);
    }

    #[inline]
    pub fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    #[inline]
    pub fn node_mut(&mut self, index: u32) -> Option<&mut Node> {
        self.nodes.get_mut(index as usize)
    }

    /// Returns the place of the whole message.
    pub fn root(&mut self) -> u32 {
        if self.nodes.is_empty() {
            return self.add(Box::default(), NONE).unwrap_or(NONE);
        }
        ROOT
    }

    /// Returns the place of the elements of the array at `parent`.
    pub fn element(&mut self, parent: u32) -> u32 {
        let Some(mut child) = self.node(parent).map(|node| node.first_child) else {
            return NONE;
        };
        while let Some(node) = self.node(child) {
            if node.is_element {
                return child;
            }
            child = node.next;
        }
        let Some(index) = self.add(Box::default(), parent) else {
            return NONE;
        };
        if let Some(node) = self.node_mut(index) {
            node.is_element = true;
        }
        index
    }

    /// Returns the place of the member whose name is written as `raw` and which follows the member
    /// at `last`, and whether the place is new.
    #[inline]
    pub fn member(&mut self, parent: u32, last: u32, raw: &[u8]) -> (u32, bool) {
        let guess = match self.node(last) {
            Some(last) => last.follows,
            None => self.node(parent).map_or(NONE, |node| node.first_child),
        };
        if self.node(guess).is_some_and(|node| node.is_written(raw)) {
            return (guess, false);
        }
        let (found, is_new) = self.look_up(parent, guess, raw);
        if let Some(last) = self.node_mut(last) {
            last.follows = found;
        }
        (found, is_new)
    }

    fn look_up(&mut self, parent: u32, near: u32, raw: &[u8]) -> (u32, bool) {
        if self.node(parent).is_none() {
            return (NONE, false);
        }
        let mut sibling = near;
        for _ in 0..NEAR {
            let Some(node) = self.node(sibling) else {
                break;
            };
            if node.is_written(raw) {
                return (sibling, false);
            }
            sibling = node.next;
        }
        self.by_name(parent, &text::unescaped(raw))
    }

    fn by_name(&mut self, parent: u32, name: &[u8]) -> (u32, bool) {
        let hash = self.hasher.hash_one((parent, name));
        let is_it = |index: &u32| {
            let node = &self.nodes[*index as usize];
            node.parent == parent && !node.is_element && *node.name == *name
        };
        if let Some(found) = self.by_name.find(hash, is_it) {
            return (*found, false);
        }
        if name.len() > LONGEST_NAME {
            self.is_full = true;
            return (NONE, false);
        }
        let Some(index) = self.add(name.into(), parent) else {
            return (NONE, false);
        };
        let (nodes, hasher) = (&self.nodes, &self.hasher);
        self.by_name.insert_unique(hash, index, |index| {
            let node = &nodes[*index as usize];
            hasher.hash_one((node.parent, &*node.name))
        });
        (index, true)
    }

    /// Adds a place as the last child of `parent`, if the limit permits.
    fn add(&mut self, name: Box<[u8]>, parent: u32) -> Option<u32> {
        if self.nodes.len() >= self.limit {
            self.is_full = true;
            return None;
        }
        let index = u32::try_from(self.nodes.len()).ok()?;
        self.nodes.push(Node::new(name, parent, self.messages));
        let parent_node = self.node_mut(parent);
        match parent_node.map(|node| std::mem::replace(&mut node.last_child, index)) {
            Some(NONE) => self.nodes[parent as usize].first_child = index,
            Some(last) => {
                let last = &mut self.nodes[last as usize];
                last.next = index;
                last.follows = index;
            }
            None => {}
        }
        Some(index)
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        let texts = self.nodes.iter().map(|node| {
            let example = node.example.as_ref().map_or(0, |example| example.len());
            node.name.len() + example
        });
        self.nodes.capacity() * size_of::<Node>()
            + self.by_name.capacity() * (size_of::<u32>() + 1)
            + texts.sum::<usize>()
    }
}
