//! The order of the channel list, made in parts, so that a million channels do not hold up a key.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use super::Sort;
use crate::log::{Channel, ChannelTable};
use crate::message::{ChannelId, Time};

/// The list shows at most so many channels: those that come first in its order.
pub const MOST_LISTED: usize = 10_000;

/// Channels that are looked at in one go: a few milliseconds.
const PART: usize = 16_384;

/// A channel and what its place in the order follows from.
#[derive(Debug)]
pub(super) struct Ranked {
    /// The higher, the further up.
    key: f64,
    /// Held, because the channel may be forgotten while the order is being made.
    pub(super) name: Arc<[u8]>,
    pub(super) id: ChannelId,
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

/// An order in the making.
#[derive(Debug)]
pub(super) struct Pass {
    sort: Sort,
    /// The slots of the table that have not been looked at.
    left: Range<usize>,
    /// Those that come first so far, the last of them on top.
    first: BinaryHeap<Ranked>,
}

impl Pass {
    pub(super) fn new(sort: Sort, channels: &ChannelTable) -> Self {
        Self {
            sort,
            left: 0..channels.slots(),
            first: BinaryHeap::new(),
        }
    }

    /// Looks at some more channels. Says whether all have been looked at.
    pub(super) fn go_on(&mut self, channels: &ChannelTable, now: Time) -> bool {
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

    /// The channels that come first, in their order.
    pub(super) fn finish(self) -> Vec<Ranked> {
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
        Sort::LastHeard => channel.last_heard.0 as f64,
    }
}
