//! Handles messages and finds their subscriptions. Some servers deliver the messages of ordinary
//! subscriptions as sharded messages or vice versa. Redis sends the invalidation messages of
//! client-side caching to any connection that a client has chosen for them.

use super::answers::twin;
use super::{
    Delivery, Request, SHOWN_BYTES, SubscriberProtocol, SubscriptionId, SubscriptionKind,
    Unexpected, describe, put_command,
};
use crate::log::LargePayload;

impl SubscriberProtocol<'_> {
    /// Returns the last payload, if the payload of `size` bytes announced by `delivery` may be the
    /// same (see `Batch::large_before`). The last payload is known only if there are several
    /// subscriptions.
    pub fn large_before(&self, delivery: &Delivery<'_>, size: usize) -> Option<&LargePayload> {
        let id = self.subscriptions.receiver(delivery.kind, delivery.name)?;
        let batch = &self.feed_queue.growing;
        batch.large_before(delivery.channel, size as u64, id)
    }

    /// Handles a delivery with a large payload.
    pub fn handle_large(&mut self, delivery: &Delivery<'_>, payload: LargePayload) {
        let receiver = self.subscriptions.receiver(delivery.kind, delivery.name);
        let owner = receiver.or_else(|| self.owner_of_stray(delivery, &payload.bytes));
        let Some(id) = owner else {
            return;
        };
        let is_last = self.until.is_some_and(|until| payload.is(until));
        self.feed_queue
            .push_large(self.now.time, delivery.channel, payload, id);
        if is_last {
            self.end(id);
        }
    }

    /// Handles a delivery of a message.
    #[inline]
    pub fn handle_message(&mut self, delivery: &Delivery<'_>, payload: &[u8]) {
        let Some(id) = self.subscriptions.receiver(delivery.kind, delivery.name) else {
            return self.handle_stray(delivery, payload);
        };
        if delivery.kind == SubscriptionKind::Shard {
            self.subscriptions
                .note_served(id, self.freshness.heard_until());
        }
        self.push_message(id, delivery, payload);
    }

    /// Handles a stray delivery: no subscription has exactly its kind and name.
    #[cold]
    fn handle_stray(&mut self, delivery: &Delivery<'_>, payload: &[u8]) {
        if let Some(id) = self.owner_of_stray(delivery, payload) {
            self.push_message(id, delivery, payload);
        }
    }

    #[inline]
    fn push_message(&mut self, id: SubscriptionId, delivery: &Delivery<'_>, payload: &[u8]) {
        self.feed_queue
            .push_message(self.now.time, delivery.channel, payload, id);
        if self.until.is_some_and(|until| until == payload) {
            self.end(id);
        }
    }

    /// Returns whether a delivery may belong to any subscription.
    pub fn is_for_us(&self, delivery: &Delivery<'_>) -> bool {
        let receiver = self.subscriptions.receiver(delivery.kind, delivery.name);
        receiver.is_some() || self.likely_owner(delivery).is_some()
    }

    /// Returns the subscription that a stray delivery belongs to. If there is none, the delivery is
    /// reported as an unsolicited frame, unless it was in flight while its subscription was
    /// dropped.
    fn owner_of_stray(&mut self, delivery: &Delivery<'_>, head: &[u8]) -> Option<SubscriptionId> {
        if self.is_being_ended(delivery) {
            return None;
        }
        let owner = self.likely_owner(delivery);
        match owner {
            None => self.note_unexpected(|| Unexpected::Frame(stray_text(delivery, head))),
            Some(id) if self.subscriptions.is_sharded(id) => {
                self.subscriptions
                    .note_served(id, self.freshness.heard_until());
            }
            Some(_) => (),
        }
        owner
    }

    /// Returns the most likely subscription of a stray delivery: the subscription with the same
    /// name, or else one that matches the channel.
    fn likely_owner(&self, delivery: &Delivery<'_>) -> Option<SubscriptionId> {
        let twin = twin(delivery.kind)?;
        let receiver = self.subscriptions.receiver(twin, delivery.name);
        receiver.or_else(|| self.subscriptions.matching(delivery.channel))
    }

    /// Returns whether a delivery belongs to a subscription whose unsubscription is not confirmed
    /// yet.
    fn is_being_ended(&self, delivery: &Delivery<'_>) -> bool {
        let is_pattern =
            |kind| !matches!(kind, SubscriptionKind::Channel | SubscriptionKind::Shard);
        self.pending.iter().any(|pending| {
            matches!(&pending.request, Request::Unsubscribe { subscription, .. }
                if *subscription.topic.name == *delivery.name
                    && is_pattern(subscription.topic.kind) == is_pattern(delivery.kind))
        })
    }
}

/// Formats a stray delivery with the first bytes of its payload.
fn stray_text(delivery: &Delivery<'_>, head: &[u8]) -> Box<str> {
    // Keep more bytes than are shown, so that the truncation is visible.
    let head = &head[..head.len().min(2 * SHOWN_BYTES)];
    let channel = delivery.channel;
    let parts = match delivery.kind {
        SubscriptionKind::Pattern => vec![b"pmessage".as_slice(), delivery.name, channel, head],
        SubscriptionKind::Shard => vec![b"smessage".as_slice(), channel, head],
        _ => vec![b"message".as_slice(), channel, head],
    };
    let mut frame = Vec::new();
    put_command(&mut frame, &parts);
    describe(&frame)
}
