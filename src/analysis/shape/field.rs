//! A shape laid out in lines.

use std::sync::Arc;

use crate::analysis::shape::trie::{NONE, Node, ROOT, Trie};
use crate::analysis::types::{self, TYPES, Types};
use crate::payload::tree::path_step;

/// A line of a shape: a place, and what is known of the values there. Its texts come from
/// messages: show them through [`crate::payload::escape`].
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The path as a query writes it, but with `[]` for the elements of arrays; `.` for all.
    pub path: Arc<str>,
    /// How many objects and arrays it lies in.
    pub depth: usize,
    /// In how many of the objects around it it came; for elements, how many there are.
    pub present: u64,
    /// How many objects around it there are; for elements, how many there are.
    pub of: u64,
    /// Its types, each with how many values have it, the most frequent first.
    pub types: Vec<(&'static str, u64)>,
    /// The lowest and the highest number.
    pub range: Option<(f64, f64)>,
    /// The shortest and the longest string in bytes, as they are escaped.
    pub lengths: Option<(u32, u32)>,
    /// The first value, as it is written (a string without its quotes), cut to 64 bytes; of an
    /// object or array none.
    pub example: Option<Box<[u8]>>,
}

impl Field {
    /// The types as a set.
    #[must_use]
    pub fn type_set(&self) -> Types {
        let indexes = (0..TYPES).filter(|index| {
            let mut types = self.types.iter();
            types.any(|(name, _)| *name == types::name(*index))
        });
        indexes.fold(Types::default(), |set, index| set.with(Types::one(index)))
    }
}

/// The path of a place.
pub fn path(trie: &Trie, place: u32) -> String {
    let mut steps = Vec::new();
    let mut at = place;
    while let Some(node) = trie.node(at).filter(|_| at != ROOT) {
        steps.push(if node.is_element {
            "[]".to_owned()
        } else {
            // A name within JSON is one that a path can have.
            path_step(&node.name).unwrap_or_default()
        });
        at = node.parent;
    }
    steps.reverse();
    let path = steps.concat();
    if path.starts_with('.') {
        path
    } else {
        format!(".{path}")
    }
}

/// All places, each before those within it.
pub fn fields(trie: &Trie) -> Vec<Field> {
    let mut fields = Vec::with_capacity(trie.len());
    let mut at = ROOT;
    let mut depth = 0;
    while let Some(node) = trie.node(at) {
        fields.push(line(trie, at, node, depth));
        if node.first_child != NONE {
            at = node.first_child;
            depth += 1;
            continue;
        }
        (at, depth) = behind(trie, at, depth);
    }
    fields
}

/// The place that comes next once `at` and all within it have been told, and its depth.
fn behind(trie: &Trie, mut at: u32, mut depth: usize) -> (u32, usize) {
    while let Some(node) = trie.node(at) {
        if node.next != NONE {
            return (node.next, depth);
        }
        at = node.parent;
        depth = depth.saturating_sub(1);
    }
    (NONE, 0)
}

fn line(trie: &Trie, place: u32, node: &Node, depth: usize) -> Field {
    let values = node.counts.iter().sum();
    let around = trie.node(node.parent).filter(|_| !node.is_element);
    let (present, of) = around.map_or((values, values), |around| (node.present, around.objects()));
    let counts = node.counts.iter().enumerate();
    let mut types: Vec<(&str, u64)> = counts
        .filter(|(_, count)| **count > 0)
        .map(|(index, count)| (types::name(index), *count))
        .collect();
    types.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Field {
        path: path(trie, place).into(),
        depth,
        present,
        of,
        types,
        range: node.range,
        lengths: node.lengths,
        example: node.example.clone(),
    }
}
