//! The paths of values, as written in queries.

use std::collections::HashSet;

use super::{Key, Kind, NodeId, NodeKey, Tree};
use crate::payload::json::text::{Run, runs};

/// The step from an array to its elements in the [place](Tree::place) of a value.
pub const PLACE_OF_ELEMENTS: &str = "[]";

/// An object with at least this many members counts as large.
const MANY_NAMES: u32 = 10_000;

impl Tree {
    /// Returns the path of a value as written in a query: `.user.tags[0]`, or `.` for the root.
    /// Returns `None` if the value has no path: if a key is not a string or cannot be written in
    /// JSON, or if a later member has the same name.
    pub fn path(&self, id: NodeId, payload: &[u8]) -> Option<String> {
        let mut steps = Vec::new();
        let mut next = Some(id);
        while let Some(at) = next {
            let value = self.value(at, payload)?;
            steps.push(match value.key {
                Key::Index(index) => format!("[{index}]"),
                Key::Name(name) if self.is_last_of_name(at, name, payload) => path_step(name)?,
                Key::Name(_) | Key::Other(_) => return None,
                // The content of a tag has the path of the tag.
                Key::None => String::new(),
            });
            next = self.parent(at);
        }
        steps.reverse();
        let path = steps.concat();
        let needs_dot = !path.starts_with('.');
        Some(if needs_dot { format!(".{path}") } else { path })
    }

    /// Returns the place of a value: its path with `[]` for every index, so that all elements of an
    /// array have the same place.
    pub fn place(&self, id: NodeId, payload: &[u8]) -> String {
        let around = std::iter::successors(Some(id), |id| self.parent(*id));
        let mut steps: Vec<String> = around
            .filter_map(|at| self.value(at, payload))
            .map(|value| match value.key {
                Key::Index(_) => PLACE_OF_ELEMENTS.to_owned(),
                Key::Name(name) | Key::Other(name) => place_step(name),
                Key::None => String::new(),
            })
            .collect();
        steps.reverse();
        steps.concat()
    }

    /// Checks whether any large object has duplicate names. If none has any, later calls of
    /// [`Self::path`] do not need to search the members of large objects.
    pub fn compare_names(&mut self, payload: &[u8]) {
        let ids = 0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let mut objects = ids.map(NodeId).filter(|id| self.has_many_names(*id));
        self.has_distinct_names = objects.all(|id| self.are_distinct(id, payload));
    }

    fn has_many_names(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.is_some_and(|node| node.kind == Kind::Object && node.text.length >= MANY_NAMES)
    }

    fn are_distinct(&self, object: NodeId, payload: &[u8]) -> bool {
        let mut seen = HashSet::new();
        let names = self.children(object);
        let mut names = names.filter_map(|id| match self.node(id)?.key {
            NodeKey::Name(piece) => Some(self.bytes(piece, payload)),
            _ => None,
        });
        names.all(|name| seen.insert(name))
    }

    /// Returns whether no later member has the same name.
    fn is_last_of_name(&self, id: NodeId, name: &[u8], payload: &[u8]) -> bool {
        let Some(parent) = self.parent(id) else {
            return true;
        };
        if self.has_distinct_names && self.has_many_names(parent) {
            return true;
        }
        let [start, end] = [id, parent].map(|id| self.node(id).map_or(0, |node| node.end));
        let has_name = |later: NodeId| match self.node(later).map(|node| node.key) {
            Some(NodeKey::Name(piece)) if piece.length as usize == name.len() => {
                self.bytes(piece, payload) == name
            }
            _ => false,
        };
        !self.siblings(start, end).any(has_name)
    }

    /// Returns the value at these keys and indexes; the last one if several members have the same
    /// name.
    pub fn find(&self, steps: &[Key<'_>], payload: &[u8]) -> Option<NodeId> {
        self.find_by(steps, payload, |_, _| false)
    }

    /// Like [`Self::find`]. If no member has the name in a step, the last one is found for whose
    /// name `is_other_name` is true: it gets the name of the member and the name in the step.
    pub fn find_by(
        &self,
        steps: &[Key<'_>],
        payload: &[u8],
        is_other_name: impl Fn(&[u8], &[u8]) -> bool,
    ) -> Option<NodeId> {
        let mut at = NodeId::default();
        for step in steps {
            // A path does not mention tags, so step into their content.
            at = self.untagged(at)?;
            let holds = |child: &NodeId| {
                self.value(*child, payload)
                    .is_some_and(|value| value.key == *step)
            };
            at = match step {
                Key::Index(_) => self.children(at).find(holds),
                _ => self.children(at).filter(holds).last(),
            }
            .or_else(|| self.find_other_name(at, step, payload, &is_other_name))?;
        }
        Some(at)
    }

    /// Returns the last member of `object` for whose name `is_other_name` is true.
    fn find_other_name(
        &self,
        object: NodeId,
        step: &Key<'_>,
        payload: &[u8],
        is_other_name: impl Fn(&[u8], &[u8]) -> bool,
    ) -> Option<NodeId> {
        let Key::Name(wanted) = step else {
            return None;
        };
        let is_meant = |child: &NodeId| match self.value(*child, payload)?.key {
            Key::Name(name) | Key::Other(name) => is_other_name(name, wanted).then_some(()),
            _ => None,
        };
        let members = self.children(object);
        members.filter(|child| is_meant(child).is_some()).last()
    }
}

/// Returns a name as a path step in a query: `.user`, or `."odd key"`. Returns `None` if JSON
/// cannot express the name.
pub fn path_step(name: &[u8]) -> Option<String> {
    let may_start = |letter: char| letter.is_alphabetic() || letter == '_';
    let is_of_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let is_plain = |name: &&str| name.starts_with(may_start) && name.chars().all(is_of_name);
    match str::from_utf8(name).ok().filter(is_plain) {
        Some(name) => Some(format!(".{name}")),
        None => Some(format!(".\"{}\"", quoted_name(name)?)),
    }
}

/// Returns a name as a step of a [place](Tree::place).
pub fn place_step(name: &[u8]) -> String {
    path_step(name).unwrap_or_else(|| format!(".{}", name.escape_ascii()))
}

/// Returns a name in the form in which it is written between quotes in a path.
fn quoted_name(name: &[u8]) -> Option<String> {
    let quoted = runs(name).map(|run| match run {
        Run::Text(text) => Some(text.chars().map(quoted_letter).collect()),
        Run::Surrogate(code) => Some(format!("\\u{code:04x}")),
        Run::Broken => None,
    });
    quoted.collect()
}

fn quoted_letter(letter: char) -> String {
    match letter {
        '"' | '\\' => format!("\\{letter}"),
        control if control.is_control() => format!("\\u{:04x}", u32::from(control)),
        other => other.to_string(),
    }
}
