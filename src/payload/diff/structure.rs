//! A diff of two decoded payloads of any format.
//!
//! Object members are matched by name, whatever their order; those with the same name are matched
//! in order. Array elements are matched as described in `elements`. Numbers are equal if their
//! numeric values are.

use super::align::Effort;
use super::digest::Digester;
use super::elements::Matches;
use super::hashed::Hashed;
use crate::payload::tree::{Key, Kind, NodeId, Tree};

/// The differences between the values of two trees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// The changes between both trees in reading order, with the containers around each change and
    /// the numbers of unchanged siblings. Members are in the order of the new tree; removed members
    /// are where they used to be. Empty if nothing has changed.
    pub lines: Vec<Line>,
    /// The number of changes of each kind.
    pub counts: Counts,
    /// Whether arrays had too many equal values to find the smallest diff. The listed changes are
    /// still correct.
    pub is_coarse: bool,
}

/// The numbers of changes; an added or removed value counts once, including everything in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Values only in the new tree.
    pub added: usize,
    /// Values only in the old tree.
    pub removed: usize,
    /// Values that were replaced.
    pub changed: usize,
    /// Elements that moved within their array.
    pub moved: usize,
}

/// One line of the merged tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The depth of the value in its tree.
    pub depth: usize,
    /// What happened to the value.
    pub change: Change,
}

/// What happened to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A container in both trees; the deeper lines after it are the changes within it.
    Within {
        /// The container in the old tree.
        old: NodeId,
        /// The container in the new tree.
        new: NodeId,
    },
    /// The value was added, including everything in it.
    Added(NodeId),
    /// The value was removed, including everything in it.
    Removed(NodeId),
    /// The value was replaced: by another scalar, or by a value of another kind.
    Changed {
        /// The value in the old tree.
        old: NodeId,
        /// The value in the new tree.
        new: NodeId,
    },
    /// An array element that is unchanged but moved. The line is at its new position.
    Moved {
        /// The element in the old tree.
        old: NodeId,
        /// The element in the new tree.
        new: NodeId,
        /// The old index.
        from: usize,
        /// The new index.
        to: usize,
    },
    /// Unchanged values that are adjacent in the new tree.
    Same {
        /// The first of these values in the new tree.
        first: NodeId,
        /// The number of these values, not counting values inside them.
        count: usize,
    },
}

impl Change {
    /// Returns the value in the old tree, or `None` for added and unchanged values.
    pub fn in_old(&self) -> Option<NodeId> {
        match *self {
            Self::Within { old, .. } | Self::Changed { old, .. } | Self::Moved { old, .. } => {
                Some(old)
            }
            Self::Removed(old) => Some(old),
            Self::Added(_) | Self::Same { .. } => None,
        }
    }

    /// Returns the value in the new tree, or `None` if it was removed; for unchanged values, the
    /// first of them. The key and path of the line are those of this value, or of the old one if
    /// there is no new one.
    pub fn in_new(&self) -> Option<NodeId> {
        match *self {
            Self::Within { new, .. } | Self::Changed { new, .. } | Self::Moved { new, .. } => {
                Some(new)
            }
            Self::Added(new) | Self::Same { first: new, .. } => Some(new),
            Self::Removed(_) => None,
        }
    }
}

impl Structure {
    /// Returns whether both trees are equal.
    pub fn is_same(&self) -> bool {
        self.lines.is_empty()
    }
}

/// Compares two trees, each with its payload.
pub fn compare(old: (&Tree, &[u8]), new: (&Tree, &[u8])) -> Structure {
    compare_with(Effort::new(), old, new)
}

/// Like [`compare`], but takes time that hardly depends on the contents of arrays. In return, the
/// diff of arrays with many equal values may be larger than necessary.
pub fn compare_quickly(old: (&Tree, &[u8]), new: (&Tree, &[u8])) -> Structure {
    compare_with(Effort::default(), old, new)
}

fn compare_with(effort: Effort, old: (&Tree, &[u8]), new: (&Tree, &[u8])) -> Structure {
    let digester = Digester::default();
    let (old, new) = (Hashed::of(old, &digester), Hashed::of(new, &digester));
    let root = NodeId::default();
    if old.digest(root) == new.digest(root) {
        return Structure::default();
    }
    let mut comparison = Comparison {
        old,
        new,
        effort,
        found: Structure::default(),
    };
    comparison.value(root, root, 0);
    comparison.found.is_coarse = comparison.effort.is_spent;
    comparison.found
}

/// A comparison in progress. Its recursion is no deeper than the trees.
struct Comparison<'a> {
    old: Hashed<'a>,
    new: Hashed<'a>,
    effort: Effort,
    found: Structure,
}

impl Comparison<'_> {
    /// Compares two values with the same key or at the same position.
    fn value(&mut self, old: NodeId, new: NodeId, depth: usize) {
        if self.old.digest(old) == self.new.digest(new) {
            self.same(new, depth);
            return;
        }
        let shape = self.new.shape(new);
        if shape.is_none() || self.old.shape(old) != shape {
            self.found.counts.changed += 1;
            self.push(depth, Change::Changed { old, new });
            return;
        }
        self.push(depth, Change::Within { old, new });
        match shape {
            Some((Kind::Object, _)) => self.members(old, new, depth + 1),
            _ => self.elements(old, new, depth + 1),
        }
    }

    fn members(&mut self, old: NodeId, new: NodeId, depth: usize) {
        let (before, after) = (self.old.named(old), self.new.named(new));
        let partners = partners(&before, &after);
        let removed = self.without_partner(old, &partners);
        let mut removed = removed.iter().peekable();
        // Sort by the new value, to match the order of the new tree.
        let mut by_new = partners;
        by_new.sort_unstable_by_key(|(_, new)| *new);
        let mut by_new = by_new.iter().peekable();
        while let Some((_, id)) = removed.next_if(|(after, _)| after.is_none()) {
            self.removed(*id, depth);
        }
        for child in self.new.tree.children(new).collect::<Vec<_>>() {
            match by_new.next_if(|(_, new)| *new == child) {
                Some((old, _)) => self.value(*old, child, depth),
                None => self.added(child, depth),
            }
            while let Some((_, id)) = removed.next_if(|(after, _)| *after == Some(child)) {
                self.removed(*id, depth);
            }
        }
    }

    /// Returns the members of `old` without a partner, each with the new value after which to list
    /// it: the partner of the nearest earlier member that has one. The result is sorted by that new
    /// value.
    fn without_partner(
        &self,
        old: NodeId,
        partners: &[(NodeId, NodeId)],
    ) -> Vec<(Option<NodeId>, NodeId)> {
        let mut by_old = partners.to_vec();
        by_old.sort_unstable();
        let mut by_old = by_old.iter().peekable();
        let mut after = None;
        let mut removed = Vec::new();
        for child in self.old.tree.children(old) {
            match by_old.next_if(|(old, _)| *old == child) {
                Some((_, new)) => after = Some(*new),
                None => removed.push((after, child)),
            }
        }
        removed.sort_unstable();
        removed
    }

    fn elements(&mut self, old: NodeId, new: NodeId, depth: usize) {
        let before: Vec<NodeId> = self.old.tree.children(old).collect();
        let after: Vec<NodeId> = self.new.tree.children(new).collect();
        let rows = ((&self.old, &before[..]), (&self.new, &after[..]));
        let matches = Matches::of(rows.0, rows.1, &mut self.effort);
        let end = (before.len(), after.len());
        let mut at = (0, 0);
        for (old, new) in matches.pairs.iter().copied().chain([end]) {
            // Elements between two pairs are matched by position.
            let mut stayed = (at.0..old).filter(|old| !matches.has_moved[*old]);
            for (to, id) in after.iter().enumerate().take(new).skip(at.1) {
                if let Some(from) = matches.origins[to] {
                    self.moved((before[from], from), (*id, to), depth);
                } else if let Some(from) = stayed.next() {
                    self.value(before[from], *id, depth);
                } else {
                    self.added(*id, depth);
                }
            }
            for from in stayed {
                self.removed(before[from], depth);
            }
            if let (Some(old), Some(new)) = (before.get(old), after.get(new)) {
                self.value(*old, *new, depth);
            }
            at = (old + 1, new + 1);
        }
    }

    fn added(&mut self, id: NodeId, depth: usize) {
        self.found.counts.added += 1;
        self.push(depth, Change::Added(id));
    }

    fn removed(&mut self, id: NodeId, depth: usize) {
        self.found.counts.removed += 1;
        self.push(depth, Change::Removed(id));
    }

    fn moved(&mut self, (old, from): (NodeId, usize), (new, to): (NodeId, usize), depth: usize) {
        self.found.counts.moved += 1;
        self.push(depth, Change::Moved { old, new, from, to });
    }

    /// Adds an unchanged value to the line of unchanged siblings directly before it, or as a new
    /// line if there is none.
    fn same(&mut self, new: NodeId, depth: usize) {
        // If the last line is at this depth, it is a sibling: a container in between would have
        // added its own line.
        let last = self.found.lines.last_mut();
        let sibling = last.filter(|line| line.depth == depth);
        if let Some(Change::Same { count, .. }) = sibling.map(|line| &mut line.change) {
            *count += 1;
        } else {
            let (first, count) = (new, 1);
            self.push(depth, Change::Same { first, count });
        }
    }

    fn push(&mut self, depth: usize, change: Change) {
        self.found.lines.push(Line { depth, change });
    }
}

/// Returns the pairs of an old and a new member with the same name. Both lists must be sorted.
fn partners(old: &[(Key<'_>, NodeId)], new: &[(Key<'_>, NodeId)]) -> Vec<(NodeId, NodeId)> {
    let mut partners = Vec::with_capacity(old.len().min(new.len()));
    let (mut left_at, mut right_at) = (0, 0);
    while let (Some((ours, left)), Some((theirs, right))) = (old.get(left_at), new.get(right_at)) {
        let order = ours.cmp(theirs);
        left_at += usize::from(order.is_le());
        right_at += usize::from(order.is_ge());
        if order.is_eq() {
            partners.push((*left, *right));
        }
    }
    partners
}
