//! The queue of feeds that the event loop has not taken yet.
//!
//! The subscriber never stops reading, so the queue grows up to a limit while the event loop lags.
//! Beyond the limit, the oldest messages are dropped and counted. Notices and state changes are
//! always kept.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;

use tokio::sync::mpsc::error::TrySendError;

use super::{Feed, Shared, Stopped};
use crate::log::{Batch, LargePayload};
use crate::message::{NodeId, Notice, SubscriptionId, Time};

/// A queue of feeds whose last batch is still growing.
pub(super) struct FeedQueue {
    shared: Shared,
    /// Feeds waiting for the event loop, oldest first.
    waiting: VecDeque<Feed>,
    /// Total size of the batches in `waiting`.
    waiting_bytes: usize,
    /// The batch of the newest rows, which is not in `waiting` yet.
    pub(super) growing: Box<Batch>,
    /// Whether each batch carries the last row of the previous one, because one publish may be
    /// delivered more than once.
    carries_tail: bool,
}

impl FeedQueue {
    /// Creates a queue for the rows from `node`.
    pub(super) fn new(node: NodeId, shared: Shared) -> Self {
        Self {
            shared,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            growing: Box::new(Batch::default().from_node(node)),
            carries_tail: false,
        }
    }

    /// Sets the number of subscriptions. One publish can be delivered more than once only if there
    /// are several.
    pub(super) fn expect_deliveries(&mut self, subscriptions: usize) {
        self.carries_tail = subscriptions > 1;
    }

    /// Adds one delivery of a message.
    #[inline]
    pub(super) fn push_message(
        &mut self,
        time: Time,
        channel: &[u8],
        payload: &[u8],
        subscription: SubscriptionId,
    ) {
        self.growing
            .push_message(time, channel, payload, subscription);
        self.seal_if_full();
    }

    /// Adds one delivery of a large message.
    pub(super) fn push_large(
        &mut self,
        time: Time,
        channel: &[u8],
        payload: LargePayload,
        subscription: SubscriptionId,
    ) {
        self.growing
            .push_large(time, channel, payload, subscription);
        self.seal_if_full();
    }

    /// Adds a notice.
    pub(super) fn push_notice(&mut self, time: Time, notice: Notice) {
        self.growing.push_notice(time, notice);
        self.seal_if_full();
    }

    /// Adds several notices.
    pub(super) fn push_notices(&mut self, time: Time, notices: impl IntoIterator<Item = Notice>) {
        for notice in notices {
            self.push_notice(time, notice);
        }
    }

    /// Adds a feed that is not a batch of rows, after all rows received so far.
    pub(super) fn push(&mut self, feed: Feed) {
        self.seal();
        // Keep only the newest round trip, since older ones would pile up.
        if let (Feed::RoundTrip(..), Some(last @ Feed::RoundTrip(..))) =
            (&feed, self.waiting.back_mut())
        {
            *last = feed;
            return;
        }
        self.waiting.push_back(feed);
    }

    /// Returns whether the queue is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.growing.is_empty()
    }

    /// Hands over as much as the event loop has room for, without waiting: full batches, and the
    /// growing one if `all` is set.
    pub(super) fn hand_over(&mut self, all: bool) -> Result<(), Stopped> {
        // Clone the sender, because a permit of `self`'s own sender would borrow `self`.
        let feed_tx = self.shared.feed_tx.clone();
        while !self.waiting.is_empty() || (all && !self.growing.is_empty()) {
            match feed_tx.try_reserve() {
                Ok(permit) => permit.send(self.take_first()),
                Err(TrySendError::Full(())) => return Ok(()),
                Err(TrySendError::Closed(())) => return Err(Stopped),
            }
        }
        Ok(())
    }

    /// Hands over everything, waiting for room. Cancel-safe.
    pub(super) async fn flush(&mut self) -> Result<(), Stopped> {
        let feed_tx = self.shared.feed_tx.clone();
        while !self.is_empty() {
            let permit = feed_tx.reserve().await.map_err(|_| Stopped)?;
            permit.send(self.take_first());
        }
        Ok(())
    }

    /// Removes and returns the oldest feed. The queue must not be empty.
    fn take_first(&mut self) -> Feed {
        if self.waiting.is_empty() {
            self.seal();
        }
        let feed = self.waiting.pop_front().expect("the queue is not empty");
        if let Feed::Batch(batch) = &feed {
            self.waiting_bytes -= batch.size();
            self.shared.counters.batches.fetch_add(1, Relaxed);
        }
        feed
    }

    #[inline]
    fn seal_if_full(&mut self) {
        if self.growing.is_full() {
            self.seal();
        }
    }

    /// Finishes the growing batch and starts the next one.
    fn seal(&mut self) {
        if self.growing.is_empty() {
            return;
        }
        let next = Batch::after(&self.growing, self.carries_tail);
        let full = std::mem::replace(&mut self.growing, Box::new(next));
        self.waiting_bytes += full.size();
        self.waiting.push_back(Feed::Batch(full));
        while self.is_over() && self.drop_oldest() {}
    }

    /// Returns whether the queue exceeds its limit. The largest batch is not counted, so that a
    /// large message is not dropped just because something arrived right after it.
    fn is_over(&self) -> bool {
        let limit = self.shared.config.pending_bytes;
        if self.waiting_bytes <= limit {
            return false;
        }
        self.waiting_bytes - self.sizes().max().unwrap_or(0) > limit
    }

    /// Returns the sizes of the waiting feeds.
    fn sizes(&self) -> impl Iterator<Item = usize> {
        self.waiting.iter().map(|feed| match feed {
            Feed::Batch(batch) => batch.size(),
            _ => 0,
        })
    }

    /// Drops the messages of the oldest batch that has any, except the newest batch. Returns
    /// whether there was such a batch.
    fn drop_oldest(&mut self) -> bool {
        let has_messages = |feed: &Feed| matches!(feed, Feed::Batch(batch) if batch.messages() > 0);
        let mut older = self.waiting.iter().take(self.waiting.len() - 1);
        let Some(oldest) = older.position(has_messages) else {
            return false;
        };
        let Some(Feed::Batch(mut emptied)) = self.waiting.remove(oldest) else {
            return false;
        };
        let dropped = emptied.drop_messages();
        let counters = &self.shared.counters;
        counters.dropped.fetch_add(dropped.count, Relaxed);
        let mut later = self.waiting.range_mut(oldest..);
        let next_batch = later.find_map(|feed| match feed {
            Feed::Batch(batch) => Some(batch),
            _ => None,
        });
        if let Some(batch) = next_batch {
            batch.forget_row_before();
        }
        // The notices of the dropped batch move to the next batch if it follows directly, or else
        // to a new batch, so that they keep their position among the state changes.
        if let Some(Feed::Batch(next)) = self.waiting.get_mut(oldest) {
            next.prepend(&emptied, dropped);
        } else {
            let mut notices = Box::new(Batch::default().from_node(emptied.source));
            notices.prepend(&emptied, dropped);
            self.waiting.insert(oldest, Feed::Batch(notices));
        }
        self.waiting_bytes = self.sizes().sum();
        true
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;

    use super::*;
    use crate::message::{Dropped, Subscription, Topic, Unexpected};
    use crate::server::config::Config;
    use crate::server::connect::Endpoint;

    const FIRST: SubscriptionId = SubscriptionId(0);
    const SECOND: SubscriptionId = SubscriptionId(1);

    fn subscribed(count: i64) -> Notice {
        Notice::Subscribed {
            subscription: Subscription {
                id: FIRST,
                topic: Topic::channel(b"channel"),
            },
            count,
            server: None,
        }
    }

    const NODE: NodeId = NodeId(3);

    fn feed_queue(room: usize, limit: usize) -> (FeedQueue, mpsc::Receiver<Feed>) {
        let (feed_tx, feed_rx) = mpsc::channel(room);
        let mut config = Config::new(Endpoint::default());
        config.pending_bytes = limit;
        let (shared, _) = Shared::new(config, feed_tx);
        (FeedQueue::new(NODE, shared), feed_rx)
    }

    /// Drains the queue through the channel.
    fn drain(feed_queue: &mut FeedQueue, feed_rx: &mut mpsc::Receiver<Feed>) -> Vec<Feed> {
        let mut feeds = Vec::new();
        loop {
            feed_queue.hand_over(true).unwrap();
            match feed_rx.try_recv() {
                Ok(feed) => feeds.push(feed),
                Err(_) => return feeds,
            }
        }
    }

    fn batches(feeds: &[Feed]) -> impl Iterator<Item = &Batch> {
        feeds.iter().filter_map(|feed| match feed {
            Feed::Batch(batch) => Some(&**batch),
            _ => None,
        })
    }

    fn kept(feeds: &[Feed]) -> u64 {
        batches(feeds).map(Batch::messages).sum()
    }

    fn notices(feeds: &[Feed]) -> Vec<Notice> {
        batches(feeds)
            .flat_map(|batch| batch.notices().iter().cloned())
            .collect()
    }

    fn dropped(feeds: &[Feed]) -> Dropped {
        let notices = notices(feeds).into_iter();
        let dropped = notices.filter_map(|notice| match notice {
            Notice::Dropped(dropped) => Some(dropped),
            _ => None,
        });
        dropped.reduce(Dropped::and_then).unwrap_or_default()
    }

    #[test]
    fn many_notices_fill_batches() {
        let (mut feed_queue, mut feed_rx) = feed_queue(1, usize::MAX);
        for _ in 0..1000 {
            let first = Unexpected::Frame("x".repeat(1000).into());
            let notice = Notice::Unexpected { first, count: 1 };
            feed_queue.push_notice(Time(1), notice);
        }
        let feeds = drain(&mut feed_queue, &mut feed_rx);
        assert_eq!(notices(&feeds).len(), 1000);
        assert!(batches(&feeds).all(|batch| batch.size() < 300 << 10));
        assert_eq!(feed_queue.waiting_bytes, 0);
    }

    #[test]
    fn the_copied_tail_counts_as_queued() {
        let (mut feed_queue, mut feed_rx) = feed_queue(1, usize::MAX);
        feed_queue.expect_deliveries(2);
        feed_queue.push_message(Time(0), b"channel", &vec![7; 300 << 10], FIRST);
        feed_queue.push_message(Time(0), b"channel", &vec![7; 300 << 10], SECOND);
        feed_queue.push(Feed::Trouble(None));
        let waiting = feed_queue.waiting_bytes;
        assert!(waiting > 600 << 10, "{waiting}");
        drain(&mut feed_queue, &mut feed_rx);
        assert_eq!(feed_queue.waiting_bytes, 0);
    }

    #[test]
    fn rows_keep_their_order() {
        let (mut feed_queue, mut feed_rx) = feed_queue(1, usize::MAX);
        feed_queue.push_notice(Time(1), subscribed(1));
        feed_queue.push_message(Time(2), b"channel", b"payload", FIRST);
        feed_queue.push(Feed::Trouble(None));
        feed_queue.push_message(Time(3), b"channel", b"payload", FIRST);
        let feeds = drain(&mut feed_queue, &mut feed_rx);
        assert!(
            matches!(&feeds[..], [Feed::Batch(first), Feed::Trouble(None), Feed::Batch(second)]
                if first.messages() == 1 && first.notices().len() == 1 && second.messages() == 1),
            "{feeds:?}"
        );
        assert!(feed_queue.is_empty());
    }

    #[test]
    fn a_growing_batch_is_kept_while_reading_continues() {
        let (mut feed_queue, mut feed_rx) = feed_queue(1, usize::MAX);
        feed_queue.push_message(Time(2), b"channel", b"payload", FIRST);
        feed_queue.hand_over(false).unwrap();
        assert!(feed_rx.try_recv().is_err());
        feed_queue.hand_over(true).unwrap();
        assert!(feed_rx.try_recv().is_ok());
    }

    #[test]
    fn received_is_kept_plus_dropped_and_no_notice_is_lost() {
        const MESSAGES: i64 = 20_000;
        let (mut feed_queue, mut feed_rx) = feed_queue(1, 2 << 20);
        let payload = [b'x'; 500];
        for count in 0..MESSAGES {
            feed_queue.push_message(Time(count), b"channel", &payload, FIRST);
            match count {
                0 | 5_000 | 12_345 | 19_999 => feed_queue.push_notice(Time(0), subscribed(count)),
                7_000 | 15_000 => feed_queue.push(Feed::Trouble(None)),
                _ => (),
            }
            assert!(feed_queue.waiting_bytes <= (2 << 20) + (600 << 10));
        }
        let feeds = drain(&mut feed_queue, &mut feed_rx);
        let dropped = dropped(&feeds);
        assert!(dropped.count > 10_000);
        assert_eq!(kept(&feeds) + dropped.count, MESSAGES.cast_unsigned());
        assert_eq!(dropped.bytes, dropped.count * payload.len() as u64);
        let last = Time(dropped.count.cast_signed() - 1);
        assert_eq!((dropped.from, dropped.to), (Time(0), last));
        let mut kept_notices = notices(&feeds);
        kept_notices.retain(|notice| matches!(notice, Notice::Subscribed { .. }));
        assert_eq!(kept_notices, [0, 5_000, 12_345, 19_999].map(subscribed));
        let troubles = feeds.iter().filter(|feed| matches!(feed, Feed::Trouble(_)));
        assert_eq!(troubles.count(), 2);
        assert_eq!((feed_queue.waiting_bytes, feed_queue.is_empty()), (0, true));
        let counters = &feed_queue.shared.counters;
        assert_eq!(counters.dropped.load(Relaxed), dropped.count);
    }

    #[test]
    fn consecutive_drops_are_reported_as_one() {
        let (mut feed_queue, mut feed_rx) = feed_queue(1, 1 << 20);
        for _ in 0..10_000 {
            feed_queue.push_message(Time(0), b"channel", &[0; 500], FIRST);
        }
        let feeds = drain(&mut feed_queue, &mut feed_rx);
        assert_eq!(notices(&feeds).len(), 1);
    }

    #[test]
    fn the_newest_batch_is_kept_however_large() {
        let (mut feed_queue, mut feed_rx) = feed_queue(1, 1 << 20);
        feed_queue.push_message(Time(0), b"channel", &vec![0; 3 << 20], FIRST);
        let feeds = drain(&mut feed_queue, &mut feed_rx);
        assert_eq!((kept(&feeds), notices(&feeds).len()), (1, 0));
    }

    #[test]
    fn a_large_message_is_kept_until_newer_ones_exceed_the_limit() {
        let (mut feed_queue, mut feed_rx) = feed_queue(1, 2 << 20);
        let large = LargePayload::whole(vec![0; 8 << 20]);
        feed_queue.push_large(Time(0), b"channel", large.clone(), FIRST);
        for _ in 0..1 << 20 >> 10 {
            feed_queue.push_message(Time(1), b"channel", &[0; 1 << 10], FIRST);
        }
        let feeds = drain(&mut feed_queue, &mut feed_rx);
        assert_eq!((kept(&feeds), notices(&feeds).len()), (1025, 0));
        feed_queue.push_large(Time(0), b"channel", large, FIRST);
        for _ in 0..3 << 20 >> 10 {
            feed_queue.push_message(Time(1), b"channel", &[0; 1 << 10], FIRST);
        }
        let feeds = drain(&mut feed_queue, &mut feed_rx);
        assert!(dropped(&feeds).bytes >= 8 << 20);
        assert!(kept(&feeds) > 2000);
    }

    #[test]
    fn a_publish_across_two_batches_is_one_row() {
        let (mut feed_queue, mut feed_rx) = feed_queue(4, usize::MAX);
        feed_queue.expect_deliveries(2);
        feed_queue.push_message(Time(0), b"channel", b"payload", FIRST);
        feed_queue.hand_over(true).unwrap();
        feed_queue.push_message(Time(0), b"channel", b"payload", SECOND);
        let feeds = drain(&mut feed_queue, &mut feed_rx);
        assert_eq!(kept(&feeds), 1);
        assert_eq!(batches(&feeds).map(Batch::merged).sum::<u64>(), 1);
    }

    #[test]
    fn a_delivery_does_not_join_a_row_that_was_dropped() {
        let (mut feed_queue, mut feed_rx) = feed_queue(1, 256 << 10);
        feed_queue.expect_deliveries(2);
        feed_queue.push_message(Time(0), b"channel", &vec![7; 300 << 10], FIRST);
        feed_queue.push_message(Time(0), b"channel", &vec![7; 300 << 10], SECOND);
        feed_queue.push_message(Time(0), b"channel", &vec![8; 300 << 10], FIRST);
        let feeds = drain(&mut feed_queue, &mut feed_rx);
        assert_eq!((kept(&feeds), dropped(&feeds).count), (1, 1));
        assert_eq!(batches(&feeds).count(), 1);
    }

    #[test]
    fn the_notices_of_a_dropped_batch_come_from_the_same_node() {
        let (mut feed_queue, mut feed_rx) = feed_queue(1, 256 << 10);
        for _ in 0..2 {
            feed_queue.push_message(Time(0), b"channel", &vec![7; 300 << 10], FIRST);
            feed_queue.push(Feed::Trouble(None));
        }
        let feeds = drain(&mut feed_queue, &mut feed_rx);
        assert_eq!((kept(&feeds), dropped(&feeds).count), (1, 1));
        assert_eq!(batches(&feeds).count(), 2);
        assert!(batches(&feeds).all(|batch| batch.source == NODE));
    }

    #[test]
    fn only_the_newest_round_trip_is_queued() {
        let (mut feed_queue, mut feed_rx) = feed_queue(1, usize::MAX);
        for millis in 0..5 {
            feed_queue.push(Feed::RoundTrip(
                NodeId(0),
                Time(0),
                Duration::from_millis(millis),
            ));
        }
        let feeds = drain(&mut feed_queue, &mut feed_rx);
        assert!(
            matches!(&feeds[..], [Feed::RoundTrip(.., trip)] if trip.as_millis() == 4),
            "{feeds:?}"
        );
    }

    #[test]
    fn a_gone_event_loop_is_noticed() {
        let (mut feed_queue, feed_rx) = feed_queue(1, usize::MAX);
        drop(feed_rx);
        feed_queue.push_message(Time(0), b"channel", b"payload", FIRST);
        assert!(feed_queue.hand_over(true).is_err());
    }
}
