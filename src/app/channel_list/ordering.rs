//! The order of the channel list, computed in parts: a million channels must not delay a key.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::folding::Folding;
use super::line::{Entry, Key, Listing, Sums};
use super::tree::{Leaf, Tree};
use super::{Lists, Sort};
use crate::log::Channel;
use crate::message::{ChannelId, Time};

/// The maximum number of channels in the list: the first ones in the chosen order.
pub const MAX_LISTED: usize = 10_000;

/// Number of channel table slots processed at a time, which takes a few milliseconds.
const PART: usize = 16_384;

/// An order being computed.
#[derive(Debug)]
pub(super) struct Pass {
    sort: Sort,
    /// The slots of the table that have not been processed.
    left: Range<usize>,
    /// The branches so far.
    tree: Tree,
    /// The first channels so far; the last of them is on top of the heap.
    first: BinaryHeap<Leaf>,
    /// Whether there were more.
    is_cut: bool,
    /// Whether the channels are listed in branches.
    is_tree: bool,
}

impl Pass {
    pub(super) fn new(sort: Sort, lists: &Lists, folding: &Folding) -> Self {
        Self {
            sort,
            left: 0..lists.channels.slots(),
            tree: Tree::default(),
            first: BinaryHeap::new(),
            is_cut: false,
            is_tree: folding.separator.is_some(),
        }
    }

    /// Processes the next channels. Returns whether all have been processed.
    pub(super) fn process(&mut self, lists: &Lists, folding: &Folding, now: Time) -> bool {
        let end = self.left.end.min(self.left.start + PART);
        for (id, channel) in lists.channels.within(self.left.start..end) {
            let key = key(self.sort, channel, now);
            let leaf = |parent: usize| Leaf {
                key,
                name: channel.shared_name(),
                entry: Entry::Channel(id),
                parent,
            };
            let Some(parent) = self.tree.place(channel, folding, now, leaf) else {
                continue;
            };
            if self.first.len() < MAX_LISTED {
                self.first.push(leaf(parent));
                continue;
            }
            self.is_cut = true;
            if let Some(mut last) = self.first.peek_mut()
                && (last.key, &*last.name) > (key, channel.name())
            {
                *last = leaf(parent);
            }
        }
        self.left.start = end;
        self.left.is_empty()
    }

    /// Returns the lines, in order: patterns first.
    pub(super) fn finish(self, lists: &Lists, folding: &Folding, now: Time) -> Listing {
        let mut leaves = self.first.into_vec();
        let mut tree = self.tree;
        tree.settle(&mut leaves, lists.channels, folding, now);
        let is_cut = self.is_cut || leaves.len() > MAX_LISTED;
        if leaves.len() > MAX_LISTED {
            leaves.select_nth_unstable(MAX_LISTED);
            leaves.truncate(MAX_LISTED);
        }
        let listed = leaves.iter().filter_map(|leaf| match leaf.entry {
            Entry::Channel(id) => Some(id),
            _ => None,
        });
        let listed: HashSet<ChannelId> = listed.collect();
        let mut patterns = Vec::new();
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
            leaves.push(Leaf {
                key: Reverse(0),
                name: Arc::clone(&topic.name),
                entry,
                parent: tree.open_branch_of(&topic.name, folding),
            });
        }
        let key = |sums: &Sums| {
            key_of(self.sort, sums.messages, sums.last_received, || {
                sums.history.rate(now)
            })
        };
        Listing {
            is_cut,
            ..tree.listing(patterns, leaves, key)
        }
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
