//! The protocol of the subscriber's connection as a sans-I/O state machine: requests and their
//! answers, messages, and unsolicited frames. It reads no clock: each input comes with its time.

mod answers;
mod commands;
mod counts;
mod deliveries;

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::time::Instant;
use zeroize::Zeroizing;

use self::counts::Counts;
use super::delivery::Delivery;
use super::feed_queue::FeedQueue;
use super::freshness::{Freshness, Read};
use super::greeting::Progress;
use super::now::Now;
use super::subscription_set::{State, SubscriptionSet};
use super::unexpected::{SHOWN_BYTES, UnexpectedFrames, describe};
use super::{Command, Connection, Endpoint, Feed, NodeHandle, Report, without_arguments};
use crate::message::{
    Awaited, ConnectionError, GapCause, Notice, Subscription, SubscriptionId, SubscriptionKind,
    Time, Topic, Unexpected,
};
use crate::wire::{Frame, Part, put_command};

/// If a timer fires this late, the program must have been suspended.
const LAPSE: Duration = Duration::from_secs(1);

/// Interval between PINGs while incoming data may be old. The answer shows whether the data is old.
const FAST_PING_INTERVAL: Duration = Duration::from_millis(500);

/// Interval between PINGs while their answers decide whether channels are silent.
const OFTEN_PING_INTERVAL: Duration = Duration::from_secs(1);

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// The server, or a proxy in front of it, closed the connection for this reason.
    Closed(ConnectionError),
    /// The connection became unusable for this reason.
    Lost(ConnectionError),
    /// The server refused the connection or the login, with this error.
    Refused(ConnectionError),
    /// There are no subscriptions left.
    Over,
    /// The event loop is gone.
    Stopped,
}

/// A request that the server has to answer. Requests are answered in order.
#[derive(Debug)]
enum Request {
    Auth,
    SetName,
    Subscribe(Subscription),
    /// Repeats a live subscription, which some servers may have ended together with its twin.
    Repeat(Subscription),
    Unsubscribe {
        subscription: Subscription,
        /// Whether the end of the subscription was already reported.
        is_reported: bool,
    },
    Ping,
}

#[derive(Debug)]
struct PendingRequest {
    request: Request,
    asked: Now,
}

/// The protocol state of one connection. Not `Debug`, since `out` may contain a password.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent facts about the connection"
)]
pub(super) struct SubscriberProtocol<'a> {
    pub(super) subscriptions: &'a mut SubscriptionSet,
    pub(super) feed_queue: &'a mut FeedQueue,
    pub(super) handle: &'a NodeHandle,
    pub(super) until: Option<&'a [u8]>,
    /// Bytes to be written.
    pub(super) out: Zeroizing<Vec<u8>>,
    /// When the current input arrived.
    now: Now,
    freshness: Freshness,
    unexpected: UnexpectedFrames,
    /// When this server was last known to be the right one, and the cause of the gap since then.
    /// Set when another server has replaced it, which ends the connection.
    pub(super) replaced: Option<(Time, GapCause)>,
    last_read: Instant,
    last_ping: Option<Instant>,
    pings_often: bool,
    pending: VecDeque<PendingRequest>,
    /// When the server accepted the connection, if it has.
    pub(super) live_since: Option<Instant>,
    pub(super) progress: Progress,
    /// Whether the server closed the connection.
    pub(super) has_hung_up: bool,
    /// When the end of the connection was noticed, if the socket was empty between the last bytes
    /// and the end.
    pub(super) waited_until: Option<Time>,
    /// Whether to wait for the first answer before subscribing.
    is_careful: bool,
    /// Whether the last PING was refused.
    is_ping_refused: bool,
    counts: Counts,
}

impl<'a> SubscriberProtocol<'a> {
    /// Creates the state of a new connection.
    pub(super) fn new(
        subscriptions: &'a mut SubscriptionSet,
        feed_queue: &'a mut FeedQueue,
        handle: &'a NodeHandle,
        now: Now,
    ) -> Self {
        Self {
            subscriptions,
            feed_queue,
            handle,
            until: handle.shared.config.until.as_deref(),
            out: Zeroizing::default(),
            now,
            freshness: Freshness::new(now.time),
            unexpected: UnexpectedFrames::new(now.instant),
            replaced: None,
            last_read: now.instant,
            last_ping: None,
            pings_often: handle.shared.pings_often.load(Relaxed),
            pending: VecDeque::new(),
            live_since: None,
            progress: Progress::Silent,
            has_hung_up: false,
            waited_until: None,
            is_careful: false,
            is_ping_refused: false,
            counts: Counts::default(),
        }
    }

    /// Sends the handshake and all subscriptions, each in its own command, so that the refusal of
    /// one does not affect the others. If `is_careful` is set, commands that make some servers
    /// close the connection are sent only after the server has answered.
    pub(super) fn greet(&mut self, endpoint: &Endpoint, client_name: &str, is_careful: bool) {
        if let Some(credentials) = endpoint.credentials() {
            let arguments: Vec<&str> = ["AUTH"].into_iter().chain(credentials).collect();
            self.ask(Request::Auth, &arguments);
        }
        // Some servers accept subscriptions that they cannot serve. The answer to PING reveals
        // this.
        self.ping();
        self.is_careful = is_careful;
        if !is_careful {
            self.ask(Request::SetName, &["CLIENT", "SETNAME", client_name]);
            self.subscribe_to_all();
        }
    }

    /// Removes bytes that were written. They may contain a password.
    pub(super) fn note_written(&mut self, length: usize) {
        if length == self.out.len() {
            self.out = Zeroizing::default();
        } else {
            self.out.drain(..length);
        }
    }

    /// Records a read that returned at `now`, which becomes the time of all frames that it
    /// returned.
    pub(super) fn note_read(&mut self, mut read: Read, now: Now) {
        self.now = now;
        read.is_backlog |= self.has_slept(read.begun);
        self.freshness.note_read(read);
        self.last_read = now.instant;
    }

    /// Returns the time up to which everything that was sent was received. Called after the
    /// connection has ended. The server may have closed the connection long before the last bytes
    /// were read, and anything published after the closing is lost.
    pub(super) fn heard_until_end(&self, end: &End) -> Time {
        match end {
            End::Closed(_) => self.freshness.heard_until_close(self.waited_until),
            _ => self.freshness.heard_until(),
        }
    }

    /// Returns whether the computer slept between the last read and `time`. Only the wall clock
    /// advances while the computer sleeps.
    fn has_slept(&self, time: Time) -> bool {
        let awake = self.now.instant - self.last_read;
        time.since(self.freshness.last_read) > awake + LAPSE
    }

    /// Handles one frame, which was decoded from the start of `bytes`.
    #[inline]
    pub(super) fn handle_frame(&mut self, frame: &Frame<'_>, bytes: &[u8]) -> Result<(), End> {
        if let [before @ .., Part::Bulk(payload)] = frame.parts
            && let Some(delivery) = Delivery::announced_by(before, bytes)
        {
            self.handle_message(&delivery, &bytes[payload.clone()]);
            return Ok(());
        }
        self.handle_other(frame, bytes)
    }

    /// Returns whether there are no subscriptions and no pending unsubscriptions left.
    pub(super) fn is_over(&self) -> bool {
        let ends_one =
            |pending: &PendingRequest| matches!(pending.request, Request::Unsubscribe { .. });
        self.subscriptions.is_over() && !self.pending.iter().any(ends_one)
    }

    /// Returns when [`Self::tick`] has to be called next.
    pub(super) fn due(&self) -> Instant {
        let heartbeat = self.heartbeat_due();
        let report = self.unexpected.due();
        report.map_or(heartbeat, |due| due.min(heartbeat))
    }

    fn heartbeat_due(&self) -> Instant {
        let timing = &self.handle.shared.config.timing;
        match (self.pending.front(), self.last_ping) {
            // Any incoming data proves that the peer is alive; an answer may be queued behind a
            // long payload.
            (Some(oldest), _) => oldest.asked.instant.max(self.last_read) + timing.answer_within,
            (None, Some(last)) if self.freshness.is_behind() => {
                last + timing.ping_every.min(FAST_PING_INTERVAL)
            }
            (None, Some(last)) if self.pings_often => {
                last + timing.ping_every.min(OFTEN_PING_INTERVAL)
            }
            (None, Some(last)) => last + timing.ping_every,
            (None, None) => self.last_read,
        }
    }

    /// Reports the unsolicited frames that have not been reported yet.
    pub(super) fn report_unexpected(&mut self, now: Now) {
        self.now = now;
        if let Some(notice) = self.unexpected.take(now.instant) {
            self.push_notice(notice);
        }
    }

    /// Counts an unsolicited frame.
    fn note_unexpected(&mut self, frame: impl FnOnce() -> Unexpected) {
        if let Some(notice) = self.unexpected.note(frame, self.now.instant) {
            self.push_notice(notice);
        }
    }

    /// Sends heartbeats, and gives up on a peer that is silent for too long.
    pub(super) fn tick(&mut self, now: Now) -> Result<(), End> {
        self.now = now;
        let due = self.due();
        if now.instant < due {
            return Ok(());
        }
        if now.instant > due + LAPSE {
            self.resume_after_lapse();
        }
        if self.unexpected.due().is_some_and(|due| due <= now.instant) {
            self.report_unexpected(now);
        }
        if now.instant < self.heartbeat_due() {
            return Ok(());
        }
        if self.pending.is_empty() {
            self.ping();
            return Ok(());
        }
        let waited = self.handle.shared.config.timing.answer_within;
        Err(End::Lost(ConnectionError::NoAnswer(Awaited::Reply, waited)))
    }

    pub(super) fn ping(&mut self) {
        self.last_ping = Some(self.now.instant);
        self.ask(Request::Ping, &["PING"]);
    }

    /// Continues after the program was suspended. Incoming data may be old, and the peer's silence
    /// counts only from now on.
    fn resume_after_lapse(&mut self) {
        self.freshness.note_lag();
        if let Some(oldest) = self.pending.front_mut() {
            oldest.asked = self.now;
        }
    }

    /// Records that the server answered the handshake.
    fn note_greeted(&mut self) {
        self.progress = self.progress.max(Progress::Greeted);
        if std::mem::take(&mut self.is_careful) {
            self.subscribe_to_all();
        }
    }

    /// Records that the server accepted the connection.
    fn go_live(&mut self) {
        if self.live_since.is_none() {
            self.live_since = Some(self.now.instant);
            let live = Feed::Connection(self.handle.node, Connection::Live);
            self.feed_queue.push(live);
            self.handle.report(|node| Report::Live { node });
            self.handle.shared.answering.notify_one();
        }
    }

    /// Ends a subscription whose `--until` message arrived.
    fn end(&mut self, id: SubscriptionId) {
        if let Some(subscription) = self.subscriptions.end(id) {
            self.ask_to_unsubscribe(subscription.clone(), true);
            self.push_notice(Notice::Ended(subscription));
            self.give_up(id);
        }
    }

    fn notify_unsubscribed(&mut self, subscription: Subscription, asked: bool) {
        let id = subscription.id;
        let notice = Notice::Unsubscribed {
            subscription,
            count: self.counts.all(),
            server: self.handle.name_among_others(),
            asked,
        };
        self.push_notice(notice);
        self.give_up(id);
    }

    /// Records the server's count of subscriptions from a confirmation.
    fn note_count(&mut self, kind: SubscriptionKind, count: i64) {
        // Besides the confirmed ones, it may have counted the one that it confirms.
        let sharded = self.subscriptions.confirmed(SubscriptionKind::Shard) + 1;
        self.counts.note(kind, count, sharded);
    }

    /// Gives up a subscription, and closes the gaps that waited only for it.
    fn give_up(&mut self, id: SubscriptionId) {
        let (node, now) = (self.handle.node, self.now.time);
        let closed = self.handle.gaps().give_up(id, node, now);
        self.feed_queue.push_notices(now, closed);
    }

    fn push_notice(&mut self, notice: Notice) {
        self.feed_queue.push_notice(self.now.time, notice);
    }
}

#[cfg(test)]
mod tests;
