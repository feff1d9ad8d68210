//! The fields of a shape as a flat list.

use std::sync::Arc;

use crate::payload::tree::path_step;
use crate::workers::analysis::shape::trie::{NONE, Node, ROOT, Trie};
use crate::workers::analysis::types::NAMES;

/// A field of a shape: its place and what is known about the values there. Its text comes from
/// messages: display it through [`crate::payload::escape`].
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The path in query syntax, but with `[]` for array elements; `.` for the whole message.
    pub path: Arc<str>,
    /// The number of objects and arrays that enclose it.
    pub depth: usize,
    /// How many of the enclosing objects have it; for elements, the number of elements.
    pub present: u64,
    /// The number of enclosing objects; for elements, the number of elements.
    pub of: u64,
    /// Its types with the number of values of each, most frequent first.
    pub types: Vec<(&'static str, u64)>,
    /// The lowest and highest number.
    pub range: Option<(f64, f64)>,
    /// The lengths of the shortest and the longest string as written, in bytes.
    pub lengths: Option<(u32, u32)>,
    /// The first value that is not an object or array, as written (a string without its quotes) and
    /// cut to 64 bytes.
    pub example: Option<Box<[u8]>>,
}

/// Returns the path of a place.
pub fn path(trie: &Trie, place: u32) -> String {
    let mut steps = Vec::new();
    let mut at = place;
    while let Some(node) = trie.node(at).filter(|_| at != ROOT) {
        steps.push(if node.is_element {
            "[]".to_owned()
        } else {
            // Any member name of valid JSON can be written as a path step.
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

/// Returns a field for every path in the trie, parents before children.
pub fn fields(trie: &Trie) -> Vec<Field> {
    let mut fields = Vec::with_capacity(trie.len());
    let mut at = ROOT;
    let mut depth = 0;
    while let Some(node) = trie.node(at) {
        fields.push(field(trie, at, node, depth));
        if node.first_child != NONE {
            at = node.first_child;
            depth += 1;
            continue;
        }
        (at, depth) = after(trie, at, depth);
    }
    fields
}

/// Returns the next place after `at` and everything inside `at`, with the depth of that place.
fn after(trie: &Trie, mut at: u32, mut depth: usize) -> (u32, usize) {
    while let Some(node) = trie.node(at) {
        if node.next != NONE {
            return (node.next, depth);
        }
        at = node.parent;
        depth = depth.saturating_sub(1);
    }
    (NONE, 0)
}

fn field(trie: &Trie, place: u32, node: &Node, depth: usize) -> Field {
    let values = node.counts.iter().sum();
    let parent = trie.node(node.parent).filter(|_| !node.is_element);
    let (present, of) = parent.map_or((values, values), |parent| (node.present, parent.objects()));
    let counts = node.counts.iter().enumerate();
    let mut types: Vec<(&str, u64)> = counts
        .filter(|(_, count)| **count > 0)
        .map(|(index, count)| (NAMES[index], *count))
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
