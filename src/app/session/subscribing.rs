//! Subscribing: at the user's request, to discovered channels, or again after unsubscribing.

use super::socket_io::is_counted;
use super::subscriptions::SubscriptionState;
use super::{Once, Session};
use crate::app::effect::Effect;
use crate::message::{Notice, Partial, Subscription, SubscriptionId, Topic};
use crate::payload::escape::whole_name;
use crate::server::{Command, MAX_UNNAMED};

impl Session {
    /// Subscribes to `topic`, or retries if the server has refused it.
    pub(crate) fn subscribe(&mut self, topic: Topic) -> Vec<Effect> {
        let name = whole_name(&topic.name);
        let known = self.subscriptions.find(&topic);
        let state = known.and_then(|id| self.subscriptions.state(id));
        if matches!(state, Some(SubscriptionState::Denied(_))) {
            return vec![Effect::Command(Command::Reconnect)];
        }
        match self.subscriptions.add(topic) {
            Some(subscription) => vec![Effect::Command(Command::Subscribe(subscription))],
            None => self.tell(format!("already subscribed to {name}")),
        }
    }

    /// Subscribes to newly found channels. The first time, logs how many were found.
    pub(crate) fn note_found_channels(
        &mut self,
        search: Subscription,
        names: &[Box<[u8]>],
    ) -> Vec<Effect> {
        let is_first = matches!(
            self.subscriptions.state(search.id),
            Some(SubscriptionState::Pending | SubscriptionState::Denied(_))
        );
        let topic = search.topic.clone();
        if is_first {
            let notice = Notice::Discovered {
                subscription: search,
                count: names.len() as u64,
            };
            self.subscriptions.note(&notice, self.now);
            self.log.push_notice(self.now, notice);
        }
        let mut effects = Vec::new();
        let (_, wanted) = self.subscriptions.counts();
        let room = MAX_UNNAMED.saturating_sub(wanted);
        let mut left_out = 0;
        for name in names {
            let topic = topic.found(name);
            // Channels that the user has unsubscribed from stay unsubscribed.
            if self.subscriptions.ever_had(&topic) {
                continue;
            }
            // Socket.IO would wait for answers from a subscriber that nobody asked for.
            if effects.len() == room || is_counted(&topic) {
                left_out += 1;
                continue;
            }
            let added = self.subscriptions.add(topic);
            effects.extend(added.map(|of| Effect::Command(Command::Subscribe(of))));
        }
        self.tell_left_out(left_out);
        if is_first || !effects.is_empty() {
            effects.extend(self.refresh_shown());
        }
        effects
    }

    /// Logs, once per session, that some of the channels found are not subscribed to.
    fn tell_left_out(&mut self, count: u64) {
        if count > 0 && self.told.once.insert(Once::LeftOut) {
            let partial = Partial::ChannelsLeftOut(count);
            self.log.push_notice(self.now, Notice::Partial(partial));
        }
    }

    /// Returns the subscription to `topic`, preferring one that has not ended.
    pub(crate) fn subscription_to(&self, topic: &Topic) -> Option<SubscriptionId> {
        // A line of the channel list represents both the ordinary and the sharded channel of the
        // same name.
        let is_meant = |of: &Topic| {
            of == topic || (topic.names_one() && of.names_one() && of.name == topic.name)
        };
        self.subscriptions
            .listed()
            .filter(|(_, of, _)| is_meant(of))
            .max_by_key(|(_, _, state)| !matches!(state, SubscriptionState::Ended(_)))
            .map(|(id, ..)| id)
    }

    pub(crate) fn subscribe_again(&mut self, topic: Topic) -> Vec<Effect> {
        let name = whole_name(&topic.name);
        let Some(subscription) = self.subscriptions.add(topic) else {
            return self.tell(format!("already subscribed to {name}"));
        };
        self.tell(format!("subscribed to {name} again"));
        vec![Effect::Command(Command::Subscribe(subscription))]
    }
}
