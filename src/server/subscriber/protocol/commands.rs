//! Executes commands and sends requests.

use super::answers::twin;
use super::{
    Command, PendingRequest, Request, State, SubscriberProtocol, Subscription, SubscriptionId,
    SubscriptionKind, Time, Topic, put_command,
};
use crate::server::feed::Feed;
use crate::server::subscriber::now::Now;

impl SubscriberProtocol<'_> {
    /// Executes a command.
    pub fn execute(&mut self, command: Command, now: Now) {
        self.now = now;
        match command {
            Command::Subscribe(subscription) => {
                if let Some(replaced) = self.subscriptions.add(subscription.clone()) {
                    self.notify_unsubscribed(replaced, true);
                }
                self.feed_queue.expect_deliveries(self.subscriptions.len());
                // During a careful handshake, subscriptions are not sent yet; all of them are sent
                // after it.
                if !self.is_careful {
                    self.ask_to_subscribe(subscription);
                }
            }
            Command::Unsubscribe(id) => self.unsubscribe(id),
            Command::Yield(id) => self.yield_subscription(id),
            Command::Leave { last_served, cause } => {
                let last_heard = last_served.min(self.freshness.heard_until());
                self.replaced = Some((last_heard, cause));
            }
            Command::PingOften(is_often) => {
                self.pings_often = is_often;
                // The next regular PING may be overdue by the shorter interval.
                if is_often && self.pending.is_empty() {
                    self.ping();
                }
            }
            // The coordinator has set the password, and sends the next command.
            Command::LogIn { .. } => (),
            Command::Reconnect => {
                // Wake the commander, which may have given up connecting.
                self.handle.shared.answering.notify_one();
                let denied = self.subscriptions.in_state(State::Denied);
                for subscription in denied.cloned().collect::<Vec<_>>() {
                    self.subscriptions.set(subscription.id, State::Pending);
                    self.ask_to_subscribe(subscription);
                }
            }
        }
    }

    pub(super) fn subscribe_to_all(&mut self) {
        let pending = self.subscriptions.in_state(State::Pending);
        for subscription in pending.cloned().collect::<Vec<_>>() {
            self.ask_to_subscribe(subscription);
        }
        self.feed_queue.expect_deliveries(self.subscriptions.len());
    }

    /// Drops a subscription that another server takes over.
    fn yield_subscription(&mut self, id: SubscriptionId) {
        let subscription = self.subscriptions.subscription(id).cloned();
        let state = self.subscriptions.state(id);
        let last_served = (state == Some(State::Live)).then(|| {
            let last_served = self.subscriptions.last_served(id);
            last_served.unwrap_or(self.freshness.heard_until())
        });
        self.lose(id, last_served);
        // A refused subscription cannot be unsubscribed.
        if let Some(subscription) = subscription
            && state != Some(State::Denied)
        {
            self.ask_to_unsubscribe(subscription, true);
        }
    }

    /// Records that this server no longer delivers a subscription. Another server may deliver it
    /// instead.
    pub(super) fn lose(&mut self, subscription: SubscriptionId, last_served: Option<Time>) {
        self.subscriptions.remove(subscription);
        self.feed_queue.push(Feed::Unconfirmed(vec![subscription]));
        let last = last_served.map(|at| (at, self.freshness.heard_until()));
        self.handle.hand_over(subscription, last);
    }

    fn unsubscribe(&mut self, id: SubscriptionId) {
        match self.subscriptions.state(id) {
            Some(State::Pending | State::Live) => {
                self.subscriptions.set(id, State::Leaving);
                if let Some(subscription) = self.subscriptions.subscription(id).cloned() {
                    self.ask_to_unsubscribe(subscription, false);
                }
                self.give_up(id);
            }
            Some(State::Denied) => {
                if let Some(subscription) = self.subscriptions.remove(id) {
                    self.notify_unsubscribed(subscription, true);
                }
            }
            Some(State::Leaving) | None => (),
        }
    }

    fn ask_to_subscribe(&mut self, subscription: Subscription) {
        let Topic { kind, name } = subscription.topic.clone();
        let (command, _) = command_names(kind);
        self.ask(Request::Subscribe(subscription), &[command, &name]);
    }

    pub(super) fn ask_to_unsubscribe(&mut self, subscription: Subscription, is_reported: bool) {
        let Topic { kind, name } = subscription.topic.clone();
        let (_, command) = command_names(kind);
        let request = Request::Unsubscribe {
            subscription,
            is_reported,
        };
        self.ask(request, &[command, &name]);
        // On servers with one namespace for ordinary and sharded channels, such as Dragonfly, this
        // also ends the other subscription to the same name.
        let twin = twin(kind).and_then(|twin| self.subscriptions.receiver(twin, &name));
        if let Some(id) = twin
            && self.subscriptions.state(id) == Some(State::Live)
            && let Some(twin) = self.subscriptions.subscription(id).cloned()
        {
            let (command, _) = command_names(twin.topic.kind);
            self.ask(Request::Repeat(twin), &[command, &name]);
        }
    }

    pub(super) fn ask<A: AsRef<[u8]>>(&mut self, request: Request, command: &[A]) {
        put_command(&mut self.out, command);
        self.pending.push_back(PendingRequest {
            request,
            asked: self.now,
        });
    }

    pub(super) fn take_request(
        &mut self,
        is_match: impl Fn(&Request) -> bool,
    ) -> Option<PendingRequest> {
        let mut pending = self.pending.iter();
        let index = pending.position(|pending| is_match(&pending.request))?;
        self.pending.remove(index)
    }
}

/// Returns the commands that begin and end a subscription.
fn command_names(kind: SubscriptionKind) -> (&'static [u8], &'static [u8]) {
    let (subscribe, unsubscribe) = match kind {
        SubscriptionKind::Channel => ("SUBSCRIBE", "UNSUBSCRIBE"),
        SubscriptionKind::Pattern | SubscriptionKind::Polled | SubscriptionKind::Sentinel => {
            ("PSUBSCRIBE", "PUNSUBSCRIBE")
        }
        SubscriptionKind::Shard | SubscriptionKind::ShardPattern => ("SSUBSCRIBE", "SUNSUBSCRIBE"),
    };
    (subscribe.as_bytes(), unsubscribe.as_bytes())
}
