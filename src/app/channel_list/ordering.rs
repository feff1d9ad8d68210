//! The order of the channel list, computed in portions: even a million channels must not delay a
//! key press.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::sync::Arc;

use super::folding::Folding;
use super::line::{Entry, Is, Key, Listing, Member, Name, Sums, ordered};
use super::lines::Lines;
use super::portions::Unvisited;
use super::tree::{Leaf, Tree};
use super::{Lists, Sort};
use crate::log::Channel;
use crate::message::{ChannelId, Time};

/// The maximum number of channels in the list. Those that sort first are kept.
pub const MAX_LISTED: usize = 10_000;

/// The work of visiting a channel, of considering it for the list, and of listing it, beside that for
/// the bytes of its name.
const VISIT_WORK: usize = 100;
const CONSIDER_WORK: usize = 50;
const LIST_WORK: usize = 200;

/// Number of branches, or of channels of groups, that are settled at a time.
const SETTLED: usize = 4_096;

/// A sort in progress.
#[derive(Debug)]
pub(super) struct Pass {
    sort: Sort,
    /// The branches found so far.
    tree: Tree,
    /// The first channels so far.
    first: First,
    /// Whether the channels are listed in branches.
    is_tree: bool,
    step: Step,
}

/// What is done in portions, one after the other.
#[derive(Debug)]
enum Step {
    /// All channels are visited.
    Visit(Unvisited),
    /// Branches with too few channels are replaced, from this index on.
    Settle(usize),
    /// Groups with too few channels are replaced, from this index on.
    SettleGroups(usize),
    /// The lines are sorted: patterns come first.
    Sort(Vec<Entry>, Lines),
}

/// The first channels in the chosen order.
#[derive(Debug, Default)]
struct First {
    /// The last of them is on top of the heap.
    leaves: BinaryHeap<Leaf>,
    /// Whether some channels have been left out of `first`.
    is_cut: bool,
}

impl First {
    /// Adds a channel, if it is among the first. Returns how much work that was.
    fn consider(&mut self, key: Key, name: &[u8], leaf: impl FnOnce() -> Leaf) -> usize {
        let name = ordered(name);
        if self.leaves.len() < MAX_LISTED {
            self.leaves.push(leaf());
            return LIST_WORK + 2 * name.len();
        }
        self.is_cut = true;
        let work = CONSIDER_WORK + 3 * name.len();
        if let Some(mut last) = self.leaves.peek_mut()
            && (last.key, ordered(&last.name)) > (key, name)
        {
            *last = leaf();
            return work + LIST_WORK + 4 * name.len();
        }
        work
    }

    fn consider_leaf(&mut self, leaf: Leaf) {
        let name = leaf.name.clone();
        self.consider(leaf.key, &name, || leaf);
    }
}

impl Pass {
    pub(super) fn new(sort: Sort, lists: &Lists, folding: &Folding) -> Self {
        Self {
            sort,
            tree: Tree::default(),
            first: First::default(),
            is_tree: folding.separator.is_some(),
            step: Step::Visit(Unvisited::all(lists.channels)),
        }
    }

    /// Does the next portion. Returns the lines once they are complete.
    pub(super) fn process(
        &mut self,
        lists: &Lists,
        folding: &Folding,
        now: Time,
    ) -> Option<Listing> {
        if !self.visit(lists, folding, now) {
            return None;
        }
        if let Step::Settle(start) = &mut self.step {
            let end = *start + SETTLED;
            // More groups may be added meanwhile.
            while *start <= self.tree.len() {
                if *start == end {
                    return None;
                }
                let leaf = self.tree.settle(*start, lists.channels, folding, now);
                if let Some(leaf) = leaf {
                    self.first.consider_leaf(leaf);
                }
                *start += 1;
            }
            // Settling a branch may have added the channel that makes a group a line.
            let tree = &self.tree;
            self.first.leaves.retain(|leaf| tree.is_line(leaf.parent));
            self.step = Step::SettleGroups(1);
        }
        if let Step::SettleGroups(start) = &mut self.step {
            let mut settled = 0;
            while *start <= self.tree.len() {
                if settled >= SETTLED {
                    return None;
                }
                let leaves = self.tree.settle_group(*start);
                settled += 1 + leaves.len();
                for leaf in leaves {
                    self.first.consider_leaf(leaf);
                }
                *start += 1;
            }
            let (patterns, lines) = self.collect_lines(lists, folding, now);
            let are_many = lines.are_many();
            self.step = Step::Sort(patterns, lines);
            if are_many {
                return None;
            }
        }
        let Step::Sort(patterns, lines) = &mut self.step else {
            return None;
        };
        lines.sort().then(|| Listing {
            is_cut: self.first.is_cut,
            ..lines.listing(std::mem::take(patterns), &self.tree)
        })
    }

    /// Visits the next channels. Returns whether all have been visited.
    fn visit(&mut self, lists: &Lists, folding: &Folding, now: Time) -> bool {
        let Step::Visit(unvisited) = &mut self.step else {
            return true;
        };
        let (sort, tree, first) = (self.sort, &mut self.tree, &mut self.first);
        let is_done = unvisited.visit(lists.channels, |id, channel| {
            let before = tree.work;
            let key = key(sort, channel, now);
            let leaf = |parent: usize| Leaf {
                key,
                name: Name(channel.shared_name()),
                entry: Entry::Channel(id),
                parent,
            };
            let parent = tree.place(channel, folding, now, leaf);
            let work = parent.map_or(0, |parent| {
                first.consider(key, channel.name(), || leaf(parent))
            });
            VISIT_WORK + work + (tree.work - before)
        });
        if !is_done {
            return false;
        }
        self.step = Step::Settle(1);
        true
    }

    /// Collects the patterns, which come first, and the other lines.
    fn collect_lines(
        &mut self,
        lists: &Lists,
        folding: &Folding,
        now: Time,
    ) -> (Vec<Entry>, Lines) {
        let leaves = std::mem::take(&mut self.first.leaves).into_vec();
        let ids = leaves.iter().filter_map(|leaf| match leaf.entry {
            Entry::Channel(id) if !self.is_tree => Some(id),
            _ => None,
        });
        let listed: HashSet<ChannelId> = ids.collect();
        let mut patterns = Vec::new();
        let mut lines: Vec<Member> = leaves.into_iter().map(Member::from).collect();
        for (id, topic, _) in lists.subscriptions.listed() {
            if !topic.names_one() {
                patterns.push(Entry::Pattern(id));
                continue;
            }
            let entry = match lists.channels.find(&topic.name) {
                None => Entry::NotReceiving(id),
                // In a flat list, a channel that is subscribed to by name is always listed.
                Some(id) if !self.is_tree && !listed.contains(&id) => Entry::Channel(id),
                Some(_) => continue,
            };
            lines.push(Member {
                key: Reverse(0),
                name: Name(Arc::clone(&topic.name)),
                is: Is::Leaf(entry),
                parent: self.tree.open_branch_of(&topic.name, folding),
            });
        }
        let key = |sums: &Sums| {
            key_of(self.sort, sums.messages, sums.last_received, || {
                sums.history.rate(now)
            })
        };
        lines.extend(self.tree.lines(key));
        (patterns, Lines::new(lines, &self.tree))
    }
}

/// Returns the sort key of a channel.
fn key(sort: Sort, channel: &Channel, now: Time) -> Key {
    key_of(sort, channel.messages, channel.last_received, || {
        channel.rate(now)
    })
}

fn key_of(sort: Sort, messages: u64, last: Time, rate: impl Fn() -> f64) -> Key {
    Reverse(match sort {
        Sort::Name => 0,
        // Non-negative floats sort in the same order as their bits.
        Sort::Rate => rate().to_bits(),
        Sort::Count => messages,
        Sort::LastHeard => u64::try_from(last.0).unwrap_or(0),
    })
}
