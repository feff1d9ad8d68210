//! The branches of the channel list, with their sums.
//!
//! Only the branches that are on the screen or could be are built: in a folded one, channels are
//! only added up. A branch with a single channel is shown as that channel, and a branch whose only
//! member is another branch shares a line with it.

use std::collections::HashMap;
use std::sync::Arc;

use super::folding::{DIVIDED, Folding, ends, stem};
use super::line::{Branch, Entry, Is, Key, Member, Name, Sharing, Sums};
use crate::log::{Channel, ChannelTable};
use crate::message::Time;
use crate::message::names::same;

/// The maximum number of branches. Beyond it, channels are listed individually.
const MAX_BRANCHES: usize = 10_000;

/// The work of adding a channel to a branch, beside that for the bytes of its name, and of adding a
/// branch.
const NODE_WORK: usize = 80;
const NEW_WORK: usize = 500;

/// The index of the root, which has no line.
pub(super) const ROOT: usize = 0;

/// A channel, or a subscription without messages, with a line of its own. The order is that of the
/// list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Leaf {
    pub(super) key: Key,
    /// Shared, because the channel may be forgotten while the order is being computed.
    pub(super) name: Name,
    pub(super) entry: Entry,
    /// The index of the branch that contains it.
    pub(super) parent: usize,
}

/// A branch.
#[derive(Debug)]
struct Node {
    prefix: Arc<[u8]>,
    sharing: Sharing,
    parent: usize,
    is_open: bool,
    sums: Sums,
    /// The length of the prefix that the names of all its channels share.
    common: usize,
    /// The first of its channels, or all of them while there are too few for a line.
    kept: Vec<Leaf>,
}

impl Node {
    /// Returns whether it has enough channels for a line.
    fn is_line(&self) -> bool {
        self.sums.channels >= self.sharing.least() as u64
    }

    fn add(&mut self, channel: &Channel, leaf: impl Fn(usize) -> Leaf) {
        self.sums.add(channel);
        if self.kept.len() + 1 < self.sharing.least() {
            self.kept.push(leaf(self.parent));
        }
        if self.sharing != Sharing::Branch || self.is_open {
            return;
        }
        let Some(first) = self.kept.first() else {
            return;
        };
        let (first, name) = (&first.name[..self.common], channel.name());
        let same = first
            .iter()
            .zip(name)
            .take_while(|(one, other)| one == other);
        self.common = same.count();
    }
}

/// The branches. The first one is the root, which is always open.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// The indexes of the branches, and of the groups, by prefix.
    branches: HashMap<Arc<[u8]>, usize>,
    groups: HashMap<Arc<[u8]>, Vec<usize>>,
    /// How much work it has been so far, in the units of [`Unvisited`](super::portions::Unvisited).
    pub(super) work: usize,
}

impl Tree {
    /// Adds `channel` to the branches that contain it. Returns the branch to list it in, or `None`
    /// if that branch is folded. `leaf` creates its line for a given branch.
    pub(super) fn place(
        &mut self,
        channel: &Channel,
        folding: &Folding,
        now: Time,
        leaf: impl Fn(usize) -> Leaf,
    ) -> Option<usize> {
        let name = channel.name();
        let (mut parent, mut start) = (ROOT, 0);
        let collapsed = folding.collapsing.prefix_of(name);
        let deepest = collapsed.unwrap_or(usize::MAX);
        for end in folding.prefixes(name).take_while(|end| *end < deepest) {
            let index = match self.branches.get(&name[..end]) {
                Some(index) => *index,
                None if self.nodes.len() >= MAX_BRANCHES => break,
                None => self.add_branch(name, end, parent, folding, now),
            };
            let node = &mut self.nodes[index - 1];
            node.add(channel, &leaf);
            self.work += NODE_WORK + 2 * end;
            if !node.is_open {
                self.work += node.common;
                return None;
            }
            (parent, start) = (index, end);
        }
        if let Some(length) = collapsed {
            let group = (length, Sharing::Recipe);
            return self.place_in_group(channel, group, parent, folding, now, leaf);
        }
        if channel.messages > 1 {
            return Some(parent);
        }
        self.place_one_shot(channel, (parent, start), folding, now, leaf)
    }

    /// Adds a one-shot channel to its group in the branch `parent`, whose prefix has the length
    /// `start`.
    fn place_one_shot(
        &mut self,
        channel: &Channel,
        (parent, start): (usize, usize),
        folding: &Folding,
        now: Time,
        leaf: impl Fn(usize) -> Leaf,
    ) -> Option<usize> {
        let length = stem(channel.name()).max(start);
        if length == 0 {
            return Some(parent);
        }
        let group = (length, Sharing::OneShots);
        self.place_in_group(channel, group, parent, folding, now, leaf)
    }

    /// Adds a channel to the group in the branch `parent` that has the first `length` bytes of its
    /// name as the prefix.
    fn place_in_group(
        &mut self,
        channel: &Channel,
        (length, sharing): (usize, Sharing),
        parent: usize,
        folding: &Folding,
        now: Time,
        leaf: impl Fn(usize) -> Leaf,
    ) -> Option<usize> {
        self.work += NODE_WORK + channel.name().len().min(DIVIDED);
        let prefix = &channel.name()[..length];
        let known = self.groups.get(prefix).into_iter().flatten();
        let known = known.copied().find(|index| {
            let node = &self.nodes[index - 1];
            node.parent == parent && node.sharing == sharing
        });
        let index = match known {
            Some(index) => index,
            None if self.nodes.len() >= MAX_BRANCHES => return Some(parent),
            None => {
                let prefix: Arc<[u8]> = prefix.into();
                let is_open = folding.groups.contains(&prefix);
                let index = self.add_node(Arc::clone(&prefix), sharing, parent, is_open, 0, now);
                self.groups.entry(prefix).or_default().push(index);
                index
            }
        };
        let node = &mut self.nodes[index - 1];
        node.add(channel, leaf);
        node.is_open.then_some(index)
    }

    fn add_branch(
        &mut self,
        name: &[u8],
        end: usize,
        parent: usize,
        folding: &Folding,
        now: Time,
    ) -> usize {
        let prefix: Arc<[u8]> = name[..end].into();
        let is_open = folding.branches.contains(&prefix);
        let index = self.add_node(
            Arc::clone(&prefix),
            Sharing::Branch,
            parent,
            is_open,
            name.len().min(DIVIDED),
            now,
        );
        self.branches.insert(prefix, index);
        index
    }

    /// Adds a branch. Returns its index, which is one more than its position in `nodes`.
    fn add_node(
        &mut self,
        prefix: Arc<[u8]>,
        sharing: Sharing,
        parent: usize,
        is_open: bool,
        common: usize,
        now: Time,
    ) -> usize {
        self.work += NEW_WORK;
        self.nodes.push(Node {
            prefix,
            sharing,
            parent,
            is_open,
            sums: Sums::new(now),
            common,
            kept: Vec::new(),
        });
        self.nodes.len()
    }

    pub(super) fn is_line(&self, index: usize) -> bool {
        index == ROOT || self.nodes[index - 1].is_line()
    }

    /// Returns the number of branches. Their indexes start at 1.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns the line of the channel that replaces a branch with too few of them.
    pub(super) fn settle(
        &mut self,
        index: usize,
        channels: &ChannelTable,
        folding: &Folding,
        now: Time,
    ) -> Option<Leaf> {
        let node = &self.nodes[index - 1];
        if node.sharing != Sharing::Branch || node.is_line() || !self.is_line(node.parent) {
            return None;
        }
        let (leaf, parent) = (node.kept.first()?.clone(), node.parent);
        let channel = match leaf.entry {
            Entry::Channel(id) => channels.by_id(id),
            _ => None,
        };
        let is_one_shot = |channel: &&Channel| {
            let name = channel.name();
            channel.messages <= 1
                && same(name, &leaf.name)
                && folding.collapsing.prefix_of(name).is_none()
        };
        let Some(channel) = channel.filter(is_one_shot) else {
            return Some(Leaf { parent, ..leaf });
        };
        // A one-shot channel may belong to a group.
        let start = match parent {
            ROOT => 0,
            parent => self.nodes[parent - 1].prefix.len(),
        };
        let of = |parent| Leaf {
            parent,
            ..leaf.clone()
        };
        let parent = self.place_one_shot(channel, (parent, start), folding, now, of)?;
        Some(Leaf { parent, ..leaf })
    }

    /// Returns the lines of the channels of a group with too few of them. They are settled last.
    pub(super) fn settle_group(&mut self, index: usize) -> Vec<Leaf> {
        let node = &self.nodes[index - 1];
        if node.sharing == Sharing::Branch {
            return Vec::new();
        }
        let is_replaced = !node.is_line() && self.is_line(node.parent);
        let kept = std::mem::take(&mut self.nodes[index - 1].kept);
        if is_replaced { kept } else { Vec::new() }
    }

    /// Returns the innermost open branch that a channel called `name` belongs in.
    pub(super) fn open_branch_of(&self, name: &[u8], folding: &Folding) -> usize {
        let mut parent = ROOT;
        for end in folding.prefixes(name) {
            match self.branches.get(&name[..end]) {
                Some(index) if self.nodes[index - 1].is_open && self.is_line(*index) => {
                    parent = *index;
                }
                _ => break,
            }
        }
        parent
    }

    /// Returns the branches that are lines, with the key that `key` returns for their sums.
    pub(super) fn lines(&self, key: impl Fn(&Sums) -> Key) -> impl Iterator<Item = Member> {
        let nodes = self.nodes.iter().zip(1..);
        let lines = nodes.filter(|(node, _)| node.is_line() && self.is_line(node.parent));
        lines.map(move |(node, index)| Member {
            key: key(&node.sums),
            name: Name(Arc::clone(&node.prefix)),
            parent: node.parent,
            is: Is::Branch(index),
        })
    }

    /// Returns the line of a branch.
    pub(super) fn branch(&self, index: usize) -> Branch {
        self.nodes[index - 1].branch()
    }
}

impl Node {
    /// Returns the line of the branch. The prefix of a folded branch is the longest one that all
    /// its channels share.
    fn branch(&self) -> Branch {
        let first = self.kept.first().map_or(&[][..], |leaf| &*leaf.name);
        let shared = ends(first, self.prefix.last().copied()).take_while(|end| *end <= self.common);
        let end = shared.last().unwrap_or(0);
        let is_branch = self.sharing == Sharing::Branch;
        let is_longer = is_branch && !self.is_open && end > self.prefix.len();
        Branch {
            prefix: if is_longer {
                first[..end].into()
            } else {
                Arc::clone(&self.prefix)
            },
            sharing: self.sharing,
            is_open: self.is_open,
            sums: self.sums.clone(),
        }
    }
}
