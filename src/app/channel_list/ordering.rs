//! The order of the channel list, computed in parts: a million channels must not delay a key.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use super::Sort;
use crate::log::{Channel, ChannelTable};
use crate::message::{ChannelId, Time};

/// The maximum number of channels in the list: the first ones in the chosen order.
pub const MAX_LISTED: usize = 10_000;

/// Number of channel table slots processed at a time, which takes a few milliseconds.
const PART: usize = 16_384;

/// A channel with its sort key. Channels that compare as less come first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ranked {
    key: Reverse<u64>,
    /// Shared, because the channel may be forgotten while the order is being computed.
    pub(crate) name: Arc<[u8]>,
    pub(crate) id: ChannelId,
}

/// An order being computed.
#[derive(Debug)]
pub(crate) struct Pass {
    sort: Sort,
    /// The slots of the table that have not been processed.
    left: Range<usize>,
    /// The first channels so far; the last of them is on top of the heap.
    first: BinaryHeap<Ranked>,
}

impl Pass {
    pub(crate) fn new(sort: Sort, channels: &ChannelTable) -> Self {
        Self {
            sort,
            left: 0..channels.slots(),
            first: BinaryHeap::new(),
        }
    }

    /// Processes the next channels. Returns whether all have been processed.
    pub(crate) fn process(&mut self, channels: &ChannelTable, now: Time) -> bool {
        let end = self.left.end.min(self.left.start + PART);
        for (id, channel) in channels.within(self.left.start..end) {
            let key = key(self.sort, channel, now);
            let ranked = || Ranked {
                key,
                name: channel.shared_name(),
                id,
            };
            if self.first.len() < MAX_LISTED {
                self.first.push(ranked());
            } else if let Some(mut last) = self.first.peek_mut()
                && (last.key, &*last.name) > (key, channel.name())
            {
                *last = ranked();
            }
        }
        self.left.start = end;
        self.left.is_empty()
    }

    /// Returns the first channels, in order.
    pub(crate) fn finish(self) -> Vec<Ranked> {
        self.first.into_sorted_vec()
    }
}

/// Returns the sort key of a channel. The highest value comes first.
fn key(sort: Sort, channel: &Channel, now: Time) -> Reverse<u64> {
    Reverse(match sort {
        Sort::Name => 0,
        // Non-negative floats sort in the same order as their bits.
        Sort::Rate => channel.rate(now).to_bits(),
        Sort::Count => channel.messages,
        Sort::LastHeard => u64::try_from(channel.last_received.0).unwrap_or(0),
    })
}
