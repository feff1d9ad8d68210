//! Merging of deliveries: how another delivery of the same publish finds the row to join.

use super::{Batch, offset};
use crate::log::large::LargePayload;
use crate::log::record::{Join, Record};
use crate::message::SubscriptionId;

/// The last row of a batch, which the first delivery of the next batch may join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    channel: Box<[u8]>,
    payload: TailPayload,
    subscriptions: Vec<SubscriptionId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum TailPayload {
    Copied(Box<[u8]>),
    Large(LargePayload),
}

impl Tail {
    /// Returns the memory use of this copy of a row, in bytes.
    pub(super) fn size(&self) -> usize {
        let copied = match &self.payload {
            TailPayload::Copied(bytes) => bytes.len(),
            TailPayload::Large(_) => 0,
        };
        self.channel.len() + copied + size_of_val(self.subscriptions.as_slice())
    }

    fn payload(&self) -> BatchPayload<'_> {
        match &self.payload {
            TailPayload::Copied(bytes) => BatchPayload::Plain(bytes),
            TailPayload::Large(large) => BatchPayload::Large(large),
        }
    }
}

/// A payload in a batch.
#[derive(Clone, Copy, Debug)]
pub enum BatchPayload<'a> {
    /// Stored whole in the arena.
    Plain(&'a [u8]),
    /// Stored outside of the arena.
    Large(&'a LargePayload),
}

impl BatchPayload<'_> {
    /// Returns the bytes that are kept.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Plain(bytes) => bytes,
            Self::Large(large) => &large.bytes,
        }
    }

    /// Returns the original size, in bytes.
    #[inline]
    pub fn size(&self) -> u64 {
        match self {
            Self::Plain(bytes) => bytes.len() as u64,
            Self::Large(large) => large.size,
        }
    }
}

impl PartialEq for BatchPayload<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(one), Self::Plain(other)) => one == other,
            (Self::Large(one), Self::Large(other)) => one == other,
            (Self::Plain(plain), Self::Large(large)) | (Self::Large(large), Self::Plain(plain)) => {
                large.is(plain)
            }
        }
    }
}

impl Batch {
    /// Returns the last row, if it is a message, for the next batch.
    pub fn tail(&self) -> Option<Tail> {
        let Some(last) = self.records.last() else {
            let mut tail = self.tail_before.clone()?;
            tail.subscriptions.extend(&self.continues);
            return Some(tail);
        };
        let first = last.subscription()?;
        Some(Tail {
            channel: self.channel_name(last.channel).into(),
            payload: match self.last_payload(last) {
                BatchPayload::Plain(bytes) => TailPayload::Copied(bytes.into()),
                BatchPayload::Large(large) => TailPayload::Large(large.clone()),
            },
            subscriptions: std::iter::once(first)
                .chain(self.joins_of_last_row().map(|join| join.subscription))
                .collect(),
        })
    }

    /// Returns the large payload of the last row, or of the row before this batch, if a message
    /// with this `channel`, `size` and `subscription` may be another delivery of it.
    pub fn large_before(
        &self,
        channel: &[u8],
        size: u64,
        subscription: SubscriptionId,
    ) -> Option<&LargePayload> {
        let (name, payload, is_new) = match (self.records.last(), &self.tail_before) {
            (Some(last), _) if last.is_notice() => return None,
            (Some(last), _) => (
                self.channel_name(last.channel),
                self.last_payload(last),
                !self.has_delivered_last(last, subscription),
            ),
            (None, Some(tail)) => (
                &*tail.channel,
                tail.payload(),
                !self.has_delivered_tail(tail, subscription),
            ),
            (None, None) => return None,
        };
        match payload {
            BatchPayload::Large(large) if is_new && large.size == size && name == channel => {
                Some(large)
            }
            _ => None,
        }
    }

    fn last_payload(&self, last: &Record) -> BatchPayload<'_> {
        self.payload(offset(self.records.len() - 1), last)
    }

    /// Joins a delivery to the row before it if both are the same publish. Returns whether they
    /// are.
    pub(super) fn join_row_before(
        &mut self,
        channel: &[u8],
        payload: BatchPayload<'_>,
        subscription: SubscriptionId,
    ) -> bool {
        let Some(last) = self.records.last() else {
            return self.join_batch_before(channel, payload, subscription);
        };
        // The cheapest check comes first: it suffices if there is only one subscription, or if the
        // subscriptions alternate.
        if last.is_notice()
            || self.has_delivered_last(last, subscription)
            || self.last_payload(last) != payload
            || self.channel_name(last.channel) != channel
        {
            return false;
        }
        let row = offset(self.records.len() - 1);
        self.joins.push(Join { row, subscription });
        true
    }

    fn join_batch_before(
        &mut self,
        channel: &[u8],
        payload: BatchPayload<'_>,
        subscription: SubscriptionId,
    ) -> bool {
        let joins = self.tail_before.as_ref().is_some_and(|tail| {
            !self.has_delivered_tail(tail, subscription)
                && tail.payload() == payload
                && *tail.channel == *channel
        });
        if joins {
            self.continues.push(subscription);
        }
        joins
    }

    /// Returns whether `subscription` has delivered the last row.
    #[inline]
    fn has_delivered_last(&self, last: &Record, subscription: SubscriptionId) -> bool {
        last.subscription() == Some(subscription)
            || self
                .joins_of_last_row()
                .any(|join| join.subscription == subscription)
    }

    /// Returns whether `subscription` has delivered the row before this batch.
    fn has_delivered_tail(&self, tail: &Tail, subscription: SubscriptionId) -> bool {
        tail.subscriptions.contains(&subscription) || self.continues.contains(&subscription)
    }

    fn joins_of_last_row(&self) -> impl Iterator<Item = &Join> {
        let last = offset(self.records.len().saturating_sub(1));
        let joins = self.joins.iter().rev();
        joins.take_while(move |join| join.row == last)
    }
}
