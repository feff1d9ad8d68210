//! A page: the values of a message with the room to show them in.

use crate::payload::escape;
use crate::payload::tree::{Key, Kind, NodeId, Tree, Value};

/// Columns of indentation per level.
const INDENT: usize = 2;

/// Columns of the fold sign before the name of a value.
const SIGN: usize = 2;

/// The minimum number of columns for a value's text, however long its name is.
const MIN_TEXT_COLUMNS: usize = 8;

/// The structures of trees with more values than this are not compared.
const MAX_COMPARED: usize = 4096;

/// A tree with its bytes and the room in which it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The values.
    pub tree: &'a Tree,
    /// The bytes that they were decoded from.
    pub bytes: &'a [u8],
    /// The number of columns.
    pub columns: usize,
    /// The number of rows.
    pub height: usize,
}

/// The widths of the parts of a value, in columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The width of the space before the fold sign.
    pub indent: usize,
    /// The width of the name.
    pub name: usize,
    /// The width of the text in each row, not including a quote before it.
    pub text: usize,
}

impl<'a> Page<'a> {
    /// Returns the value at `id`.
    pub fn value(&self, id: NodeId) -> Option<Value<'a>> {
        self.tree.value(id, self.bytes)
    }

    /// Returns the columns of the parts of `value`.
    pub fn columns_of(&self, value: &Value<'_>) -> Columns {
        let indent = (value.depth * INDENT).min(self.columns / 3);
        let name = match value.key {
            Key::None => 0,
            Key::Index(index) => index.to_string().len() + 2,
            Key::Name(name) | Key::Other(name) => {
                let most = (self.columns / 3).max(1);
                escape::name(name, most).columns
            }
        };
        // A colon and a space follow the name, and the text has a quote at either end.
        let before = indent + SIGN + name + if name > 0 { 2 } else { 0 };
        let text = self.columns.saturating_sub(before + 2);
        Columns {
            indent,
            name,
            text: text.max(MIN_TEXT_COLUMNS),
        }
    }

    /// Returns whether the text of a value takes more than one row.
    pub fn is_long(&self, value: &Value<'_>) -> bool {
        if value.kind != Kind::String {
            return false;
        }
        let columns = self.columns_of(value).text;
        value.text.len() > escape::longest_prefix(columns)
            || value.text.contains(&b'\n')
            || escape::one_line(value.text, columns).cut
    }

    pub(super) fn can_fold(&self, value: &Value<'_>) -> bool {
        value.count > 0 || self.is_long(value)
    }

    /// Returns the values that contain the value at `id`, innermost first.
    pub(super) fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(self.tree.parent(id), |at| self.tree.parent(*at))
    }

    /// Returns the keys on the path to a value.
    pub(super) fn steps_to(&self, id: NodeId) -> Vec<Key<'a>> {
        let path = std::iter::once(id).chain(self.ancestors(id));
        let keys = path.filter_map(|id| self.value(id).map(|value| value.key));
        let mut steps: Vec<_> = keys.filter(|key| *key != Key::None).collect();
        steps.reverse();
        steps
    }

    /// Returns whether both trees have the same structure: the same keys, depths and containers.
    pub(super) fn has_structure_of(&self, other: &Page<'_>) -> bool {
        let count = self.tree.len();
        count == other.tree.len()
            && count <= MAX_COMPARED
            && (0..count).all(|index| {
                let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
                match (self.value(id), other.value(id)) {
                    (Some(one), Some(other)) => {
                        (one.kind.is_container(), one.key, one.depth)
                            == (other.kind.is_container(), other.key, other.depth)
                    }
                    _ => false,
                }
            })
    }
}
