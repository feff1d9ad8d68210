//! The order of the channel list, computed in parts so that a million channels do not delay a key.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use super::Sort;
use crate::log::{Channel, ChannelTable};
use crate::message::{ChannelId, Time};

/// The maximum number of channels in the list: those that come first in its order.
pub const MOST_LISTED: usize = 10_000;

/// Channels processed in one pass, which takes a few milliseconds.
const PART: usize = 16_384;

/// A channel with its sort key.
#[derive(Debug)]
pub(crate) struct Ranked {
    /// The sort key: higher keys come first.
    key: f64,
    /// Shared, because the channel may be forgotten while the order is being computed.
    pub(crate) name: Arc<[u8]>,
    pub(crate) id: ChannelId,
}

impl Ranked {
    fn compare(&self, key: f64, name: &[u8]) -> Ordering {
        key.total_cmp(&self.key)
            .then_with(|| (*self.name).cmp(name))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other.key, &other.name)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

/// An order being computed.
#[derive(Debug)]
pub(crate) struct Pass {
    sort: Sort,
    /// The slots of the table that have not been processed.
    left: Range<usize>,
    /// The channels that come first so far, with the last of them on top.
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

    /// Processes some more channels. Returns whether all have been processed.
    pub(crate) fn go_on(&mut self, channels: &ChannelTable, now: Time) -> bool {
        let end = self.left.end.min(self.left.start + PART);
        for (id, channel) in channels.within(self.left.start..end) {
            let key = key(self.sort, channel, now);
            if self.first.len() >= MOST_LISTED {
                let Some(mut last) = self.first.peek_mut() else {
                    continue;
                };
                if last.compare(key, channel.name()) == Ordering::Greater {
                    *last = Ranked {
                        key,
                        name: channel.shared_name(),
                        id,
                    };
                }
            } else {
                self.first.push(Ranked {
                    key,
                    name: channel.shared_name(),
                    id,
                });
            }
        }
        self.left.start = end;
        self.left.is_empty()
    }

    /// Returns the channels that come first, in order.
    pub(crate) fn finish(self) -> Vec<Ranked> {
        self.first.into_sorted_vec()
    }
}

fn key(sort: Sort, channel: &Channel, now: Time) -> f64 {
    match sort {
        Sort::Name => 0.0,
        Sort::Rate => channel.rate(now),
        #[expect(
            clippy::cast_precision_loss,
            reason = "an order of counts, near enough"
        )]
        Sort::Count => channel.messages as f64,
        #[expect(clippy::cast_precision_loss, reason = "microseconds fit for 285 years")]
        Sort::LastHeard => channel.last_received.0 as f64,
    }
}
