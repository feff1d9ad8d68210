//! The changes of a payload since the previous one, summarised in one line.
//!
//! The time taken grows with the size of the payloads and hardly depends on their contents. Nothing
//! is unpacked, so decompression bombs do no harm even if many payloads are compared for one frame.

mod difference;
mod rank;

use std::cmp::Ordering;
use std::ops::Range;

use super::diff::bytes::Ends;
use super::diff::structure::{self, Structure};
use super::diff::{changed_quickly, structure::Change as Step};
use super::format;
use super::json::{self, number::Number};
use super::lookup::Lookup;
use super::tree::{Key, NodeId, Tree};

pub use self::difference::difference;

/// The maximum number of changed values listed.
const MAX_LISTED: usize = 8;

/// The maximum size of text that is compared word by word, in bytes.
const MAX_BY_WORD: usize = 1 << 10;

/// How a payload changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The values are the same.
    Same,
    /// A number has changed by this difference, given with its sign.
    Number(String),
    /// The text or the bytes are different.
    Other {
        /// The offset of the first difference in the old payload.
        from: usize,
        /// The ranges of the new payload that are not in the old one, ascending and not adjacent.
        marks: Vec<Range<usize>>,
    },
    /// Values within the payload have changed.
    Within {
        /// The listed values, the most informative first.
        listed: Vec<Within>,
        /// The number of further changed values.
        more: usize,
        /// The ranges of the changed values in the new payload, ascending and not adjacent.
        marks: Vec<Range<usize>>,
    },
}

/// How a value within a payload changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    /// The path of the value, as untrusted bytes.
    pub path: Vec<u8>,
    /// The old value, as formatted by [`Tree::in_brief`]; `None` if the value was added.
    pub old: Option<Vec<u8>>,
    /// The new value; `None` if the value was removed.
    pub new: Option<Vec<u8>>,
}

/// Describes the changes from `old` to `new`. Compares their values (see [`format::values`]) if
/// `has_values` is set and both have values, otherwise their text or bytes.
pub fn change(old: &[u8], new: &[u8], has_values: bool) -> Change {
    if old == new || (has_values && is_same_number(old, new)) {
        return Change::Same;
    }
    let strings = between_quotes(old).zip(between_quotes(new));
    let (old_text, new_text) = strings.unwrap_or((old, new));
    if let Some(difference) = difference(old_text, new_text) {
        return Change::Number(difference);
    }
    let trees = has_values.then(|| format::values(old).zip(format::values(new)));
    match trees.flatten() {
        Some((old_tree, new_tree)) => within((&old_tree, old), (&new_tree, new)),
        None => other(old, new),
    }
}

/// A message with the text that shows it decoded.
pub type Shown<'a> = (&'a Lookup<'a, 'a>, &'a [u8]);

/// Like [`change`], for messages that are shown decoded. The offset and the marks refer to the
/// texts.
pub fn change_of_shown(old: Shown<'_>, new: Shown<'_>) -> Change {
    let ((old, old_text), (new, new_text)) = (old, new);
    if old_text == new_text {
        return Change::Same;
    }
    let by_text = change(old_text, new_text, true);
    let Change::Other { marks, .. } = &by_text else {
        return by_text;
    };
    match old
        .tree()
        .zip(new.tree())
        .map(|(old, new)| within(old, new))
    {
        Some(Change::Within { listed, more, .. }) => Change::Within {
            listed,
            more,
            marks: marks.clone(),
        },
        Some(Change::Same) => Change::Same,
        _ => by_text,
    }
}

/// Returns whether both are JSON numbers of equal value (`007` is not a JSON number).
fn is_same_number(old: &[u8], new: &[u8]) -> bool {
    let [old, new] = [old, new].map(<[u8]>::trim_ascii);
    let number = Number::new(str::from_utf8(old).unwrap_or_default());
    let is_equal = number.order_of(new) == Some(Ordering::Equal);
    is_equal && json::is_json(old) && json::is_json(new)
}

fn between_quotes(value: &[u8]) -> Option<&[u8]> {
    value.trim_ascii().strip_prefix(b"\"")?.strip_suffix(b"\"")
}

fn other(old: &[u8], new: &[u8]) -> Change {
    let texts = str::from_utf8(old).ok().zip(str::from_utf8(new).ok());
    let ends = match texts {
        Some((old, new)) => Ends::of_texts(old, new),
        None => Ends::of(old, new),
    };
    let from = ends.old.start;
    let marks = match texts {
        Some((old, new)) if old.len().max(new.len()) <= MAX_BY_WORD => changed_quickly(old, new).1,
        _ if ends.new.is_empty() => Vec::new(),
        _ => vec![ends.new],
    };
    Change::Other { from, marks }
}

/// A tree with its payload.
type Decoded<'a> = (&'a Tree, &'a [u8]);

fn within(old: Decoded<'_>, new: Decoded<'_>) -> Change {
    let structure = structure::compare_quickly(old, new);
    if structure.is_same() {
        return Change::Same;
    }
    let is_root = |step: &Step| matches!(step, Step::Changed { new, .. } if new.0 == 0);
    if structure.lines.iter().any(|line| is_root(&line.change)) {
        return other(old.1, new.1);
    }
    let marks = marks(&structure, new.0);
    let mut steps: Vec<Step> = structure
        .lines
        .into_iter()
        .map(|line| line.change)
        .filter(|step| !matches!(step, Step::Within { .. } | Step::Same { .. }))
        .collect();
    steps.sort_by_cached_key(|step| rank::rank(*step, old, new));
    let listed = steps.iter().take(MAX_LISTED);
    Change::Within {
        listed: listed.map(|step| within_of(*step, old, new)).collect(),
        more: steps.len().saturating_sub(MAX_LISTED),
        marks,
    }
}

fn within_of(step: Step, old: Decoded<'_>, new: Decoded<'_>) -> Within {
    let (side, id) = match (step.in_new(), step.in_old()) {
        (Some(id), _) => (new, id),
        (None, id) => (old, id.unwrap_or_default()),
    };
    let brief = |(tree, bytes): Decoded<'_>, id: Option<NodeId>| Some(tree.in_brief(id?, bytes, 0));
    let at_index = |index: usize| Some(format!("[{index}]").into_bytes());
    let (was, is) = match step {
        Step::Moved { from, to, .. } => (at_index(from), at_index(to)),
        _ => (brief(old, step.in_old()), brief(new, step.in_new())),
    };
    Within {
        path: path_of(side, id),
        old: was,
        new: is,
    }
}

/// Returns the path of a value, or an ellipsis and the name if the path cannot be written in a
/// query.
fn path_of((tree, bytes): Decoded<'_>, id: NodeId) -> Vec<u8> {
    if let Some(path) = tree.path(id, bytes) {
        return path.into_bytes();
    }
    match tree.value(id, bytes).map(|value| value.key) {
        Some(Key::Name(name) | Key::Other(name)) => [b"\xe2\x80\xa6.", name].concat(),
        _ => "…".into(),
    }
}

/// Returns the ranges of the added, changed and moved values in the new payload.
fn marks(structure: &Structure, new: &Tree) -> Vec<Range<usize>> {
    let ranges = structure.lines.iter().filter_map(|line| match line.change {
        Step::Added(id) | Step::Changed { new: id, .. } | Step::Moved { new: id, .. } => {
            new.source(id)
        }
        Step::Removed(_) | Step::Within { .. } | Step::Same { .. } => None,
    });
    let mut marks: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        if marks.last().is_none_or(|last| last.end <= range.start) {
            marks.push(range);
        }
    }
    marks
}

#[cfg(test)]
mod tests;
