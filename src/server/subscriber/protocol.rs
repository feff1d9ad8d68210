//! What is said on the subscriber's connection, without the connection: questions and their
//! answers, messages, and what Redis says unasked.

mod answers;
mod deliveries;

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::delivery::Delivery;
use super::feed_queue::FeedQueue;
use super::freshness::{Freshness, Read};
use super::greeting::Progress;
use super::subscription_set::{State, SubscriptionSet};
use super::unexpected::{SHOWN_BYTES, UnexpectedFrames, describe};
use super::{
    Command, Config, Connection, Endpoint, Feed, NodeHandle, Refusal, Report, Timing,
    name_among_others, say, without_arguments,
};
use crate::message::{
    Notice, Subscription, SubscriptionId, SubscriptionKind, Time, Topic, Unexpected,
};
use crate::wire::{Frame, Part, put_command};

/// A timer that is later than this was halted with the program.
const LAPSE: Duration = Duration::from_secs(1);

/// The time between two PINGs while what comes may be old: an answer tells.
const FAST_PING_INTERVAL: Duration = Duration::from_millis(500);

/// How a connection came to its end.
#[derive(Debug)]
pub(super) enum End {
    /// The server, or something on the way, has closed it, for this reason.
    Closed(Box<str>),
    /// It is of no use any more, for this reason.
    Lost(Box<str>),
    /// Redis refused it for good, in these words.
    Refused(Box<str>),
    /// There is nothing left to listen to.
    Over,
    /// The program wants no more.
    Stopped,
}

/// Something that Redis has to answer, in the order of asking.
#[derive(Debug)]
enum Question {
    Auth,
    SetName,
    Subscribe(Subscription),
    Unsubscribe {
        subscription: Subscription,
        /// Whether its end has been told already.
        is_told: bool,
    },
    Ping,
}

#[derive(Debug)]
struct Awaited {
    question: Question,
    asked: Instant,
    /// The same on the wall clock, which goes on while a laptop sleeps.
    at: Time,
}

/// That another server has taken the place of this.
#[derive(Debug)]
pub(super) struct Left {
    /// Until when this was certainly the right one.
    pub(super) last_heard: Time,
    /// What has happened.
    pub(super) event: Box<str>,
}

/// One connection's talk. It cannot be printed, since `out` may hold a password.
pub(super) struct SubscriberProtocol<'a> {
    pub(super) subscriptions: &'a mut SubscriptionSet,
    pub(super) feed_queue: &'a mut FeedQueue,
    pub(super) handle: &'a NodeHandle,
    config: &'a Config,
    pub(super) until: Option<&'a [u8]>,
    pub(super) timing: &'a Timing,
    /// Woken when the server answers.
    pub(super) answering: &'a Notify,
    /// What is to be written.
    pub(super) out: Zeroizing<Vec<u8>>,
    freshness: Freshness,
    unexpected: UnexpectedFrames,
    /// What has happened, once the server is not the right one any more.
    pub(super) left: Option<Left>,
    /// Why the connection is to end.
    pub(super) leaving: Option<Box<str>>,
    last_read: Instant,
    last_ping: Option<Instant>,
    awaited: VecDeque<Awaited>,
    /// Since when Redis has accepted this connection.
    pub(super) live_since: Option<Instant>,
    pub(super) progress: Progress,
    /// Whether the server has closed the connection.
    pub(super) has_hung_up: bool,
    /// When the connection's end was noticed, if there was nothing to be read between the last bytes
    /// and that.
    pub(super) waited_until: Option<Time>,
    /// Whether the subscriptions are asked for only once the greeting is answered.
    is_careful: bool,
    /// Whether the last PING was refused.
    is_ping_refused: bool,
    /// How many subscriptions this connection has.
    counts: Counts,
}

/// How many subscriptions the server says that it has of ours. It counts sharded ones apart.
#[derive(Default)]
struct Counts {
    sharded: i64,
    others: i64,
}

impl Counts {
    /// Takes note of what an answer says that is about a subscription of this kind.
    fn note(&mut self, kind: SubscriptionKind, count: i64) {
        match kind {
            SubscriptionKind::Shard => self.sharded = count,
            _ => self.others = count,
        }
    }

    fn all(&self) -> i64 {
        self.sharded.saturating_add(self.others)
    }
}

impl<'a> SubscriberProtocol<'a> {
    /// A talk that has yet to begin.
    pub(super) fn new(
        subscriptions: &'a mut SubscriptionSet,
        feed_queue: &'a mut FeedQueue,
        handle: &'a NodeHandle,
        config: &'a Config,
        answering: &'a Notify,
    ) -> Self {
        Self {
            subscriptions,
            feed_queue,
            handle,
            config,
            until: config.until.as_deref(),
            timing: &config.timing,
            answering,
            out: Zeroizing::default(),
            freshness: Freshness::new(Time::now()),
            unexpected: UnexpectedFrames::new(Instant::now()),
            left: None,
            leaving: None,
            last_read: Instant::now(),
            last_ping: None,
            awaited: VecDeque::new(),
            live_since: None,
            progress: Progress::Silent,
            has_hung_up: false,
            waited_until: None,
            is_careful: false,
            is_ping_refused: false,
            counts: Counts::default(),
        }
    }

    /// Says who is there, and asks for all that is wanted: each by a command of its own, so that
    /// the refusal of one does not refuse the others. If `is_careful` the server has to answer
    /// before anything is asked for that some close the connection for.
    pub(super) fn greet(&mut self, endpoint: &Endpoint, client_name: &str, is_careful: bool) {
        if let Some(credentials) = endpoint.credentials() {
            let arguments: Vec<&str> = ["AUTH"].into_iter().chain(credentials).collect();
            self.ask(Question::Auth, &arguments);
        }
        // Some servers let us subscribe though they cannot serve: then PING says so.
        self.ping(Instant::now());
        self.is_careful = is_careful;
        if !is_careful {
            self.ask(Question::SetName, &["CLIENT", "SETNAME", client_name]);
            self.ask_for_all();
        }
    }

    fn ask_for_all(&mut self) {
        let is_pending =
            |of: &&Subscription| self.subscriptions.state(of.id) == Some(State::Pending);
        let wanted = self.subscriptions.iter().filter(is_pending);
        let wanted: Vec<Subscription> = wanted.cloned().collect();
        for subscription in wanted {
            self.ask_to_subscribe(subscription);
        }
        self.feed_queue.expect_deliveries(self.subscriptions.len());
    }

    /// Bytes have come.
    pub(super) fn note_read(&mut self, mut read: Read) {
        read.is_backlog |= self.has_slept(read.begun);
        self.freshness.note_read(read);
        self.last_read = Instant::now();
    }

    /// Until when all has been heard that was sent, on a connection that has ended now. Redis may
    /// have hung up long before the last bytes were read, and have lost what came behind them.
    pub(super) fn heard_until_end(&self, end: &End) -> Time {
        match end {
            End::Closed(_) => self.freshness.heard_until_close(self.waited_until),
            _ => self.freshness.heard_until(),
        }
    }

    /// Whether the computer has slept since the last bytes came: then only the wall clock went on.
    fn has_slept(&self, time: Time) -> bool {
        time.since(self.freshness.last_read()) > self.last_read.elapsed() + LAPSE
    }

    /// Takes in one frame, cut from the start of `bytes`.
    #[inline]
    pub(super) fn hear(&mut self, frame: &Frame<'_>, bytes: &[u8], now: Time) -> Result<(), End> {
        if let [before @ .., Part::Bulk(payload)] = frame.parts
            && let Some(delivery) = Delivery::announced_by(before, bytes)
        {
            self.hear_message(&delivery, &bytes[payload.clone()], now);
            return Ok(());
        }
        self.hear_other(frame, bytes, now)
    }

    /// Does what the user asks for.
    pub(super) fn obey(&mut self, command: Command, now: Time) {
        match command {
            Command::Subscribe(subscription) => {
                if let Some(replaced) = self.subscriptions.add(subscription.clone()) {
                    self.tell_unsubscribed(replaced, true, now);
                }
                self.feed_queue.expect_deliveries(self.subscriptions.len());
                // Else it is asked for with the others.
                if !self.is_careful {
                    self.ask_to_subscribe(subscription);
                }
            }
            Command::Unsubscribe(id) => self.unsubscribe(id, now),
            Command::Yield(id) => self.yield_it(id),
            Command::Leave {
                last_served,
                event,
                reason,
            } => {
                let last_heard = last_served.min(self.freshness.heard_until());
                self.left = Some(Left { last_heard, event });
                self.leaving = Some(reason);
            }
            Command::Reconnect => {
                // The command connection may have given up.
                self.answering.notify_one();
                let denied: Vec<Subscription> = self
                    .subscriptions
                    .iter()
                    .filter(|wanted| self.subscriptions.state(wanted.id) == Some(State::Denied))
                    .cloned()
                    .collect();
                for subscription in denied {
                    self.subscriptions.set(subscription.id, State::Pending);
                    self.ask_to_subscribe(subscription);
                }
            }
        }
    }

    /// Whether there is nothing left to listen to and to wait for.
    pub(super) fn is_over(&self) -> bool {
        let leaves = |awaited: &Awaited| matches!(awaited.question, Question::Unsubscribe { .. });
        self.subscriptions.is_over() && !self.awaited.iter().any(leaves)
    }

    /// When [`Self::keep_time`] has something to do.
    pub(super) fn due(&self) -> Instant {
        let heartbeat = self.heartbeat_due();
        let to_tell = self.unexpected.due();
        to_tell.map_or(heartbeat, |due| due.min(heartbeat))
    }

    fn heartbeat_due(&self) -> Instant {
        match (self.awaited.front(), self.last_ping) {
            // Whatever comes proves life: an answer may stand in line behind a long payload.
            (Some(oldest), _) => oldest.asked.max(self.last_read) + self.timing.answer_within,
            (None, Some(last)) if self.freshness.is_behind() => {
                last + self.timing.ping_every.min(FAST_PING_INTERVAL)
            }
            (None, Some(last)) => last + self.timing.ping_every,
            (None, None) => self.last_read,
        }
    }

    /// Tells of the frames that nobody asked for and that are not told of yet.
    pub(super) fn tell_unexpected(&mut self, now: Time) {
        if let Some(notice) = self.unexpected.take(Instant::now()) {
            self.feed_queue.push_notice(now, notice);
        }
    }

    /// Counts a frame that nobody asked for.
    fn note_unexpected(&mut self, frame: impl FnOnce() -> Unexpected, now: Time) {
        if let Some(notice) = self.unexpected.note(frame, Instant::now()) {
            self.feed_queue.push_notice(now, notice);
        }
    }

    /// Sends the heartbeat, and gives a silent peer up for dead.
    pub(super) fn keep_time(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let due = self.due();
        if now < due {
            return Ok(());
        }
        if now > due + LAPSE {
            self.go_on_after_a_lapse(now);
        }
        if self.unexpected.due().is_some_and(|due| due <= now) {
            self.tell_unexpected(Time::now());
        }
        if now < self.heartbeat_due() {
            return Ok(());
        }
        if self.awaited.is_empty() {
            self.ping(now);
            return Ok(());
        }
        let waited: Duration = self.timing.answer_within;
        Err(End::Lost(format!("no answer for {}", say(waited)).into()))
    }

    fn ping(&mut self, now: Instant) {
        self.last_ping = Some(now);
        self.ask(Question::Ping, &["PING"]);
    }

    /// This program was halted. What the server says may have come long ago, and its silence is
    /// only counted from now on.
    fn go_on_after_a_lapse(&mut self, now: Instant) {
        self.freshness.note_lag();
        if let Some(oldest) = self.awaited.front_mut() {
            oldest.asked = now;
        }
    }

    /// The server has answered the greeting.
    fn note_greeted(&mut self) {
        self.progress = self.progress.max(Progress::Greeted);
        if std::mem::take(&mut self.is_careful) {
            self.ask_for_all();
        }
    }

    /// Redis has accepted the connection.
    fn go_live(&mut self) {
        if self.live_since.is_none() {
            self.live_since = Some(Instant::now());
            let live = Feed::Connection(self.handle.node, Connection::Live);
            self.feed_queue.push(live);
            self.handle.report(|node| Report::Live { node });
            self.answering.notify_one();
        }
    }

    /// The message that ends a subscription has come.
    fn end(&mut self, id: SubscriptionId, now: Time) {
        if let Some(subscription) = self.subscriptions.end(id) {
            self.ask_to_unsubscribe(subscription.clone(), true);
            self.feed_queue
                .push_notice(now, Notice::Ended { subscription });
            self.give_up(id, now);
        }
    }

    /// Another server is to bring this from now on.
    fn yield_it(&mut self, id: SubscriptionId) {
        let subscription = self.subscriptions.subscription(id).cloned();
        let state = self.subscriptions.state(id);
        let was_live = state == Some(State::Live);
        let last_served = was_live.then(|| {
            self.subscriptions
                .last_served(id)
                .unwrap_or(self.freshness.heard_until())
        });
        self.lose(id, last_served, "another server brings it now".into());
        // What was refused has no end here.
        if let Some(subscription) = subscription
            && state != Some(State::Denied)
        {
            self.ask_to_unsubscribe(subscription, true);
        }
    }

    /// This server does not bring a subscription any more. Another may.
    fn lose(&mut self, subscription: SubscriptionId, last_served: Option<Time>, reason: Box<str>) {
        self.subscriptions.remove(subscription);
        self.handle.let_go(subscription);
        self.feed_queue.push(Feed::Unconfirmed(vec![subscription]));
        let heard_until = Some(self.freshness.heard_until());
        self.handle.report(|node| Report::Moved {
            node,
            subscription,
            last_served,
            heard_until,
            reason,
        });
    }

    fn unsubscribe(&mut self, id: SubscriptionId, now: Time) {
        match self.subscriptions.state(id) {
            Some(State::Pending | State::Live) => {
                self.subscriptions.set(id, State::Leaving);
                if let Some(subscription) = self.subscriptions.subscription(id).cloned() {
                    self.ask_to_unsubscribe(subscription, false);
                }
                self.give_up(id, now);
            }
            Some(State::Denied) => {
                if let Some(subscription) = self.subscriptions.remove(id) {
                    self.tell_unsubscribed(subscription, true, now);
                }
            }
            Some(State::Leaving) | None => (),
        }
    }

    fn tell_unsubscribed(&mut self, subscription: Subscription, asked: bool, now: Time) {
        let id = subscription.id;
        let notice = Notice::Unsubscribed {
            subscription,
            count: self.counts.all(),
            server: name_among_others(self.handle, self.config),
            asked,
        };
        self.feed_queue.push_notice(now, notice);
        self.give_up(id, now);
    }

    /// Closes the holes that waited for nothing but this subscription, which is back.
    fn settle(&mut self, id: SubscriptionId, now: Time) {
        let closed = self.handle.gaps.lock().find(id, self.handle.node, now);
        for notice in closed {
            self.feed_queue.push_notice(now, notice);
        }
    }

    /// The same of a subscription that does not come back.
    fn give_up(&mut self, id: SubscriptionId, now: Time) {
        let closed = self.handle.gaps.lock().give_up(id, self.handle.node, now);
        for notice in closed {
            self.feed_queue.push_notice(now, notice);
        }
    }

    fn ask_to_subscribe(&mut self, subscription: Subscription) {
        let Topic { kind, name } = subscription.topic.clone();
        let command: &[u8] = match kind {
            SubscriptionKind::Channel => b"SUBSCRIBE",
            SubscriptionKind::Pattern | SubscriptionKind::Sentinel => b"PSUBSCRIBE",
            SubscriptionKind::Shard | SubscriptionKind::ShardPattern => b"SSUBSCRIBE",
        };
        self.ask(Question::Subscribe(subscription), &[command, &name]);
    }

    fn ask_to_unsubscribe(&mut self, subscription: Subscription, is_told: bool) {
        let Topic { kind, name } = subscription.topic.clone();
        let command: &[u8] = match kind {
            SubscriptionKind::Channel => b"UNSUBSCRIBE",
            SubscriptionKind::Pattern | SubscriptionKind::Sentinel => b"PUNSUBSCRIBE",
            SubscriptionKind::Shard | SubscriptionKind::ShardPattern => b"SUNSUBSCRIBE",
        };
        let question = Question::Unsubscribe {
            subscription,
            is_told,
        };
        self.ask(question, &[command, &name]);
    }

    fn ask<A: AsRef<[u8]>>(&mut self, question: Question, command: &[A]) {
        put_command(&mut self.out, command);
        self.awaited.push_back(Awaited {
            question,
            asked: Instant::now(),
            at: Time::now(),
        });
    }

    fn take_question(&mut self, is_it: impl Fn(&Question) -> bool) -> Option<Awaited> {
        let index = self.awaited.iter().position(|a| is_it(&a.question))?;
        self.awaited.remove(index)
    }
}
