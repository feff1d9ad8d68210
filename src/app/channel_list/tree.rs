//! The branches of the channel list, with their sums, and the lines that they make.
//!
//! Only the branches that are on the screen or could be are built: in a folded one, channels are
//! only added up. A branch with a single channel becomes that channel, and a branch whose only
//! member is another branch shares a line with it.

use std::collections::HashMap;
use std::sync::Arc;

use super::folding::{DIVIDED, Folding, stem};
use super::line::{Branch, Entry, Key, Listing, Place, Sums};
use crate::log::{Channel, ChannelTable};
use crate::message::Time;

/// The maximum number of branches. Further channels are listed by themselves.
const MAX_BRANCHES: usize = 10_000;

/// From this number of similar one-shot channels on, they share a line.
const MIN_ONE_SHOTS: usize = 20;

/// The index of the root, which is no line.
const ROOT: usize = 0;

/// A channel, or a subscription without messages, in a line of its own. Those that compare as less
/// come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Leaf {
    pub(super) key: Key,
    /// Shared, because the channel may be forgotten while the order is being computed.
    pub(super) name: Arc<[u8]>,
    pub(super) entry: Entry,
    /// The branch that it is in.
    pub(super) parent: usize,
}

/// A branch.
#[derive(Debug)]
struct Node {
    prefix: Arc<[u8]>,
    is_one_shots: bool,
    parent: usize,
    is_open: bool,
    sums: Sums,
    /// The length of what the names of its channels start with, all of them.
    common: usize,
    /// The first of its channels: all of them as long as they are too few to make a branch.
    kept: Vec<Leaf>,
}

impl Node {
    /// Returns whether it has enough channels for a line.
    fn is_line(&self) -> bool {
        let needed = if self.is_one_shots { MIN_ONE_SHOTS } else { 2 };
        self.sums.channels >= needed as u64
    }

    fn add(&mut self, channel: &Channel, leaf: impl Fn(usize) -> Leaf) {
        self.sums.add(channel);
        let most = if self.is_one_shots {
            MIN_ONE_SHOTS - 1
        } else {
            1
        };
        if self.kept.len() < most {
            self.kept.push(leaf(self.parent));
        }
        if self.is_one_shots || self.is_open {
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
    /// The indexes of the branches, and of the groups of one-shot channels, by prefix.
    branches: HashMap<Arc<[u8]>, usize>,
    one_shots: HashMap<Arc<[u8]>, Vec<usize>>,
}

impl Tree {
    /// Adds `channel` to the branches that it is in. Returns the one to list it in, or `None` if that
    /// is folded. `leaf` returns its line in a branch.
    pub(super) fn place(
        &mut self,
        channel: &Channel,
        folding: &Folding,
        now: Time,
        leaf: impl Fn(usize) -> Leaf,
    ) -> Option<usize> {
        let name = channel.name();
        let (mut parent, mut start) = (ROOT, 0);
        for end in folding.prefixes(name) {
            let index = match self.branches.get(&name[..end]) {
                Some(index) => *index,
                None if self.nodes.len() >= MAX_BRANCHES => break,
                None => self.add_branch(name, end, parent, folding, now),
            };
            let node = &mut self.nodes[index - 1];
            node.add(channel, &leaf);
            if !node.is_open {
                return None;
            }
            (parent, start) = (index, end);
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
        let prefix = &channel.name()[..length];
        let known = self.one_shots.get(prefix).into_iter().flatten();
        let known = known
            .copied()
            .find(|index| self.nodes[index - 1].parent == parent);
        let index = match known {
            Some(index) => index,
            None if self.nodes.len() >= MAX_BRANCHES => return Some(parent),
            None => {
                let prefix: Arc<[u8]> = prefix.into();
                let is_open = folding.one_shots.contains(&prefix);
                let index = self.add_node(Arc::clone(&prefix), true, parent, is_open, 0, now);
                self.one_shots.entry(prefix).or_default().push(index);
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
            false,
            parent,
            is_open,
            name.len().min(DIVIDED),
            now,
        );
        self.branches.insert(prefix, index);
        index
    }

    /// Adds a branch. Returns its index, which is one more than that in `nodes`.
    fn add_node(
        &mut self,
        prefix: Arc<[u8]>,
        is_one_shots: bool,
        parent: usize,
        is_open: bool,
        common: usize,
        now: Time,
    ) -> usize {
        self.nodes.push(Node {
            prefix,
            is_one_shots,
            parent,
            is_open,
            sums: Sums::new(now),
            common,
            kept: Vec::new(),
        });
        self.nodes.len()
    }

    fn is_line(&self, index: usize) -> bool {
        index == ROOT || self.nodes[index - 1].is_line()
    }

    /// Replaces branches that have too few channels with these channels.
    pub(super) fn settle(
        &mut self,
        leaves: &mut Vec<Leaf>,
        channels: &ChannelTable,
        folding: &Folding,
        now: Time,
    ) {
        // A branch with one channel, if that is a one-shot one, may belong to a group.
        for index in 1..=self.nodes.len() {
            let node = &self.nodes[index - 1];
            if node.is_one_shots || node.is_line() || !self.is_line(node.parent) {
                continue;
            }
            let start = match node.parent {
                ROOT => 0,
                parent => self.nodes[parent - 1].prefix.len(),
            };
            let parent = node.parent;
            let Some(leaf) = node.kept.first().cloned() else {
                continue;
            };
            let channel = match leaf.entry {
                Entry::Channel(id) => channels.by_id(id),
                _ => None,
            };
            let is_one_shot = |channel: &&Channel| channel.messages <= 1;
            let parent = match channel.filter(is_one_shot) {
                Some(channel) => {
                    let of = |parent| Leaf {
                        parent,
                        ..leaf.clone()
                    };
                    self.place_one_shot(channel, (parent, start), folding, now, of)
                }
                None => Some(parent),
            };
            leaves.extend(parent.map(|parent| Leaf { parent, ..leaf }));
        }
        leaves.retain(|leaf| self.is_line(leaf.parent));
        for node in self.nodes.iter().filter(|node| node.is_one_shots) {
            if !node.is_line() && self.is_line(node.parent) {
                leaves.extend(node.kept.iter().cloned());
            }
        }
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

    /// Returns the lines: `first`, then the branches and the leaves in the order of their keys and
    /// names. `key` returns the key of a branch.
    pub(super) fn listing(
        self,
        first: Vec<Entry>,
        leaves: Vec<Leaf>,
        key: impl Fn(&Sums) -> Key,
    ) -> Listing {
        let mut members: Vec<Vec<Member>> = Vec::new();
        members.resize_with(self.nodes.len() + 1, Vec::new);
        for (at, node) in self.nodes.iter().enumerate() {
            if node.is_line() && self.is_line(node.parent) {
                members[node.parent].push(Member {
                    key: key(&node.sums),
                    name: Arc::clone(&node.prefix),
                    is: Is::Branch(at + 1),
                });
            }
        }
        for leaf in leaves {
            members[leaf.parent].push(Member {
                key: leaf.key,
                name: leaf.name,
                is: Is::Leaf(leaf.entry),
            });
        }
        for members in &mut members {
            members
                .sort_unstable_by(|one, other| (one.key, &one.name).cmp(&(other.key, &other.name)));
        }
        let mut listing = Listing {
            places: vec![Place::default(); first.len()],
            entries: first,
            branches: Vec::new(),
            is_cut: false,
        };
        self.list(&members, ROOT, Place::default(), &mut listing);
        listing
    }

    /// Adds the lines of a branch.
    fn list(&self, members: &[Vec<Member>], parent: usize, place: Place, listing: &mut Listing) {
        // Names have any number of parts, so the open branches are on a stack of our own.
        let mut stack = vec![(place, members[parent].iter())];
        while let Some((place, rest)) = stack.last_mut() {
            let place = *place;
            let Some(member) = rest.next() else {
                stack.pop();
                continue;
            };
            listing.places.push(place);
            let mut index = match member.is {
                Is::Leaf(entry) => {
                    listing.entries.push(entry);
                    continue;
                }
                Is::Branch(index) => index,
            };
            while let [
                Member {
                    is: Is::Branch(only),
                    ..
                },
            ] = &members[index][..]
            {
                index = *only;
            }
            let branch = self.nodes[index - 1].branch();
            let inside = Place {
                depth: place.depth.saturating_add(1),
                shown_above: branch.prefix.len(),
            };
            listing.entries.push(Entry::Branch(listing.branches.len()));
            listing.branches.push(branch);
            stack.push((inside, members[index].iter()));
        }
    }
}

impl Node {
    /// Returns its line. The prefix of a folded branch is as long as its channels allow.
    fn branch(&self) -> Branch {
        let shared = self.kept.first().map_or(&[][..], |leaf| &leaf.name);
        let shared = &shared[..self.common.min(shared.len())];
        let separator = self.prefix.last();
        let end = shared.iter().rposition(|byte| Some(byte) == separator);
        let end = end.map_or(0, |at| at + 1);
        let is_longer = !self.is_one_shots && !self.is_open && end > self.prefix.len();
        Branch {
            prefix: if is_longer {
                shared[..end].into()
            } else {
                Arc::clone(&self.prefix)
            },
            is_one_shots: self.is_one_shots,
            is_open: self.is_open,
            sums: self.sums.clone(),
        }
    }
}

/// A line in a branch.
#[derive(Debug)]
struct Member {
    key: Key,
    name: Arc<[u8]>,
    is: Is,
}

#[derive(Clone, Copy, Debug)]
enum Is {
    Branch(usize),
    Leaf(Entry),
}
