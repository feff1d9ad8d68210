//! What has changed between two decoded payloads, whatever their formats.
//!
//! Members of objects are matched by their names, in any order, those of the same name one after
//! the other; the elements of an array as `elements` says. Numbers are equal if they are
//! worth the same.

use super::align::Effort;
use super::digest::Digester;
use super::elements::Matches;
use super::half::Half;
use crate::payload::tree::{Key, Kind, NodeId, Tree};

/// What has changed between the values of two trees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// Both trees in one, as far as they differ, in reading order: what has changed, the way to
    /// it, and how much beside it has not. Members stand in the order of the new tree, and those
    /// that are gone where they were. Empty if nothing has changed.
    pub lines: Vec<Line>,
    /// How many lines there are of each kind of change.
    pub counts: Counts,
    /// Whether arrays were too long, with too many equal values, to find the fewest changes.
    /// Those that are told are true.
    pub is_coarse: bool,
}

/// How many changes there are; an added or removed value counts once with all that it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Values that only the new tree has.
    pub added: usize,
    /// Values that only the old tree has.
    pub removed: usize,
    /// Values that became others.
    pub changed: usize,
    /// Elements that stand elsewhere in their array.
    pub moved: usize,
}

/// One line of the merged tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// How deep the value lies, as in its tree.
    pub depth: usize,
    /// What has become of it.
    pub change: Change,
}

/// What has become of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is a container on both sides, and the lines below it that are deeper tell what has
    /// changed within.
    Within {
        /// In the old tree.
        old: NodeId,
        /// In the new tree.
        new: NodeId,
    },
    /// It has come, with all within it.
    Added(NodeId),
    /// It has gone, with all within it.
    Removed(NodeId),
    /// It was something else: another scalar, or a value of another kind.
    Changed {
        /// In the old tree.
        old: NodeId,
        /// In the new tree.
        new: NodeId,
    },
    /// An element that is what it was, but elsewhere in the array. The line stands where it is now.
    Moved {
        /// In the old tree.
        old: NodeId,
        /// In the new tree.
        new: NodeId,
        /// The index that it had.
        from: usize,
        /// The index that it has.
        to: usize,
    },
    /// Values that follow one another in the new tree and have not changed.
    Same {
        /// The first of them, in the new tree.
        first: NodeId,
        /// How many there are, not counting what they hold.
        count: usize,
    },
}

impl Change {
    /// The value in the old tree; `None` if it has come, and of those that are the same.
    #[must_use]
    pub fn in_old(&self) -> Option<NodeId> {
        match *self {
            Self::Within { old, .. } | Self::Changed { old, .. } | Self::Moved { old, .. } => {
                Some(old)
            }
            Self::Removed(old) => Some(old),
            Self::Added(_) | Self::Same { .. } => None,
        }
    }

    /// The value in the new tree, of those that are the same the first; `None` if it has gone. A
    /// line goes by its key and its path, or else by those of the old value.
    #[must_use]
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
    /// Whether both trees say the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.lines.is_empty()
    }
}

/// Compares two trees, each with its payload.
#[must_use]
pub fn compare(old: (&Tree, &[u8]), new: (&Tree, &[u8])) -> Structure {
    compare_with(Effort::new(), old, new)
}

/// The same in a time that hardly depends on what the arrays hold: in some with many equal values
/// more changes are told than there need be.
#[must_use]
pub fn compare_quickly(old: (&Tree, &[u8]), new: (&Tree, &[u8])) -> Structure {
    compare_with(Effort::least(), old, new)
}

fn compare_with(effort: Effort, old: (&Tree, &[u8]), new: (&Tree, &[u8])) -> Structure {
    let digester = Digester::new();
    let (old, new) = (Half::of(old, &digester), Half::of(new, &digester));
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

/// Two trees on the way. It goes no deeper than they do.
struct Comparison<'a> {
    old: Half<'a>,
    new: Half<'a>,
    effort: Effort,
    found: Structure,
}

impl Comparison<'_> {
    /// Compares two values that go by the same key, or stand at the same place.
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
        let gone = self.gone(old, &partners);
        let mut gone = gone.iter().peekable();
        // By the new value, to be met in the order of the new tree.
        let mut by_new = partners;
        by_new.sort_unstable_by_key(|(_, new)| *new);
        let mut by_new = by_new.iter().peekable();
        while let Some((_, id)) = gone.next_if(|(behind, _)| behind.is_none()) {
            self.removed(*id, depth);
        }
        for child in self.new.tree.children(new).collect::<Vec<_>>() {
            match by_new.next_if(|(_, new)| *new == child) {
                Some((old, _)) => self.value(*old, child, depth),
                None => self.added(child, depth),
            }
            while let Some((_, id)) = gone.next_if(|(behind, _)| *behind == Some(child)) {
                self.removed(*id, depth);
            }
        }
    }

    /// The members of `old` that have no partner, each with the new value behind which it is
    /// told, in the order of those: the partner of the last member before it that has one.
    fn gone(&self, old: NodeId, partners: &[(NodeId, NodeId)]) -> Vec<(Option<NodeId>, NodeId)> {
        let mut by_old = partners.to_vec();
        by_old.sort_unstable();
        let mut by_old = by_old.iter().peekable();
        let mut behind = None;
        let mut gone = Vec::new();
        for child in self.old.tree.children(old) {
            match by_old.next_if(|(old, _)| *old == child) {
                Some((_, new)) => behind = Some(*new),
                None => gone.push((behind, child)),
            }
        }
        gone.sort_unstable();
        gone
    }

    fn elements(&mut self, old: NodeId, new: NodeId, depth: usize) {
        let before: Vec<NodeId> = self.old.tree.children(old).collect();
        let after: Vec<NodeId> = self.new.tree.children(new).collect();
        let rows = ((&self.old, &before[..]), (&self.new, &after[..]));
        let matches = Matches::of(rows.0, rows.1, &mut self.effort);
        let end = (before.len(), after.len());
        let mut at = (0, 0);
        for (old, new) in matches.pairs.iter().copied().chain([end]) {
            // What stands between two pairs goes together by its place.
            let mut stayed = (at.0..old).filter(|old| !matches.is_gone[*old]);
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
        let change = Change::Moved { old, new, from, to };
        self.push(depth, change);
    }

    /// Tells that a value is the same, with those before it if they are too.
    fn same(&mut self, new: NodeId, depth: usize) {
        // The last line of this depth is of a sibling: a container before would stand between.
        match self.found.lines.last_mut() {
            Some(Line {
                depth: last,
                change: Change::Same { count, .. },
            }) if *last == depth => *count += 1,
            _ => self.push(
                depth,
                Change::Same {
                    first: new,
                    count: 1,
                },
            ),
        }
    }

    fn push(&mut self, depth: usize, change: Change) {
        self.found.lines.push(Line { depth, change });
    }
}

/// The members of two objects that go by the same name, old and new, both sorted by it.
fn partners(old: &[(Key<'_>, NodeId)], new: &[(Key<'_>, NodeId)]) -> Vec<(NodeId, NodeId)> {
    let mut partners = Vec::with_capacity(old.len().min(new.len()));
    let (mut at, mut over) = (0, 0);
    while let (Some((ours, left)), Some((theirs, right))) = (old.get(at), new.get(over)) {
        let order = ours.cmp(theirs);
        at += usize::from(order.is_le());
        over += usize::from(order.is_ge());
        if order.is_eq() {
            partners.push((*left, *right));
        }
    }
    partners
}
