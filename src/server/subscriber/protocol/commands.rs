//! Executes commands and sends requests.

use super::{
    Command, Left, PendingRequest, Request, State, SubscriberProtocol, Subscription,
    SubscriptionId, SubscriptionKind, Time, Topic, put_command,
};
use crate::server::feed::Feed;
use crate::server::report::Report;
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
                // Otherwise it is sent with the others after the handshake.
                if !self.is_careful {
                    self.ask_to_subscribe(subscription);
                }
            }
            Command::Unsubscribe(id) => self.unsubscribe(id),
            Command::Yield(id) => self.yield_subscription(id),
            Command::Leave { last_served, cause } => {
                let last_heard = last_served.min(self.freshness.heard_until());
                self.left = Some(Left { last_heard, cause });
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

    pub(super) fn subscribe_to_all(&mut self) {
        let is_pending =
            |of: &&Subscription| self.subscriptions.state(of.id) == Some(State::Pending);
        let wanted = self.subscriptions.iter().filter(is_pending);
        let wanted: Vec<Subscription> = wanted.cloned().collect();
        for subscription in wanted {
            self.ask_to_subscribe(subscription);
        }
        self.feed_queue.expect_deliveries(self.subscriptions.len());
    }

    /// Drops a subscription that another server takes over.
    fn yield_subscription(&mut self, id: SubscriptionId) {
        let subscription = self.subscriptions.subscription(id).cloned();
        let state = self.subscriptions.state(id);
        let was_live = state == Some(State::Live);
        let last_served = was_live.then(|| {
            self.subscriptions
                .last_served(id)
                .unwrap_or(self.freshness.heard_until())
        });
        self.lose(id, last_served);
        // A refused subscription cannot be unsubscribed.
        if let Some(subscription) = subscription
            && state != Some(State::Denied)
        {
            self.ask_to_unsubscribe(subscription, true);
        }
    }

    /// Records that this server no longer delivers a subscription. Another one may.
    pub(super) fn lose(&mut self, subscription: SubscriptionId, last_served: Option<Time>) {
        self.subscriptions.remove(subscription);
        self.handle.release(subscription);
        self.feed_queue.push(Feed::Unconfirmed(vec![subscription]));
        let last = last_served.map(|at| (at, self.freshness.heard_until()));
        self.handle.report(|node| Report::Moved {
            node,
            subscription,
            last,
        });
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
        let command: &[u8] = match kind {
            SubscriptionKind::Channel => b"SUBSCRIBE",
            SubscriptionKind::Pattern | SubscriptionKind::Sentinel => b"PSUBSCRIBE",
            SubscriptionKind::Shard | SubscriptionKind::ShardPattern => b"SSUBSCRIBE",
        };
        self.ask(Request::Subscribe(subscription), &[command, &name]);
    }

    pub(super) fn ask_to_unsubscribe(&mut self, subscription: Subscription, is_reported: bool) {
        let Topic { kind, name } = subscription.topic.clone();
        let command: &[u8] = match kind {
            SubscriptionKind::Channel => b"UNSUBSCRIBE",
            SubscriptionKind::Pattern | SubscriptionKind::Sentinel => b"PUNSUBSCRIBE",
            SubscriptionKind::Shard | SubscriptionKind::ShardPattern => b"SUNSUBSCRIBE",
        };
        let request = Request::Unsubscribe {
            subscription,
            is_reported,
        };
        self.ask(request, &[command, &name]);
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
        is_it: impl Fn(&Request) -> bool,
    ) -> Option<PendingRequest> {
        let index = self
            .pending
            .iter()
            .position(|pending| is_it(&pending.request))?;
        self.pending.remove(index)
    }
}
