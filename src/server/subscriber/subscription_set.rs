//! The subscriptions of a subscriber and their states.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::{Equivalent, HashMap};

use crate::message::{Subscription, SubscriptionId, SubscriptionKind, Time, Topic};

/// State of a subscription on this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Requested, or to be requested on the next connection.
    Pending,
    /// Confirmed.
    Live,
    /// Refused; requested again on the next connection.
    Denied,
    /// Dropped, but the server has not confirmed this yet.
    Leaving,
}

#[derive(Debug)]
struct Entry {
    subscription: Subscription,
    state: State,
}

/// A key for looking up the topic of one channel without copying the name. It has the same hash as
/// the equivalent [`Topic`].
#[derive(Hash)]
struct TopicKey<'a>(SubscriptionKind, &'a [u8]);

impl Equivalent<Topic> for TopicKey<'_> {
    fn equivalent(&self, topic: &Topic) -> bool {
        topic.kind == self.0 && *topic.name == *self.1
    }
}

/// The subscriptions, with an index for finding the subscription that receives a frame.
#[derive(Debug, Default)]
pub(super) struct SubscriptionSet {
    known: BTreeMap<SubscriptionId, Entry>,
    /// The subscription for each topic, except subscriptions that are being dropped.
    topics: HashMap<Topic, SubscriptionId>,
    /// Known subscriptions that may match more than one channel.
    globs: BTreeSet<SubscriptionId>,
    /// Number of refused subscriptions.
    denied: usize,
    /// For each of the frames `message`, `pmessage` and `smessage`, the subscription that receives
    /// it, by the channel or pattern in the frame.
    receivers: [HashMap<Arc<[u8]>, SubscriptionId>; 3],
    /// When each sharded subscription was last known to be served by this server.
    served: HashMap<SubscriptionId, Time>,
    /// Whether any subscription has been ended by its `--until` message since the last idle period.
    pub(super) has_ended: bool,
}

impl SubscriptionSet {
    pub(super) fn new(subscriptions: Vec<Subscription>) -> Self {
        let mut set = Self::default();
        for subscription in subscriptions {
            set.add(subscription);
        }
        set
    }

    /// Adds a subscription. Returns the one it replaces, if the topic was already subscribed.
    pub(super) fn add(&mut self, subscription: Subscription) -> Option<Subscription> {
        let id = subscription.id;
        let same = self.topics.insert(subscription.topic.clone(), id);
        let replaced = same.and_then(|same| self.forget(same));
        if !subscription.topic.names_one() {
            self.globs.insert(id);
        }
        let entry = Entry {
            subscription,
            state: State::Pending,
        };
        self.known.insert(id, entry);
        replaced
    }

    /// Removes a subscription, which then receives no more frames.
    pub(super) fn remove(&mut self, id: SubscriptionId) -> Option<Subscription> {
        self.served.remove(&id);
        let removed = self.forget(id)?;
        self.release_topic(&removed);
        let Topic { kind, name } = &removed.topic;
        let receivers = &mut self.receivers[frame_index(*kind)];
        if receivers.get(name) == Some(&id) {
            receivers.remove(name);
        }
        Some(removed)
    }

    /// Removes a subscription whose `--until` message arrived, and records that one has ended.
    pub(super) fn end(&mut self, id: SubscriptionId) -> Option<Subscription> {
        let ended = self.remove(id)?;
        self.has_ended = true;
        Some(ended)
    }

    /// Sets the state of a subscription, if it is known.
    pub(super) fn set(&mut self, id: SubscriptionId, state: State) {
        let Some(entry) = self.known.get_mut(&id) else {
            return;
        };
        let before = std::mem::replace(&mut entry.state, state);
        let is_denied = |state| usize::from(state == State::Denied);
        self.denied = self.denied + is_denied(state) - is_denied(before);
        if state == State::Leaving {
            let leaving = entry.subscription.clone();
            self.release_topic(&leaving);
        }
    }

    /// Returns the state of a subscription, if it is known.
    pub(super) fn state(&self, id: SubscriptionId) -> Option<State> {
        Some(self.known.get(&id)?.state)
    }

    pub(super) fn subscription(&self, id: SubscriptionId) -> Option<&Subscription> {
        Some(&self.known.get(&id)?.subscription)
    }

    /// Records that a subscription is confirmed. It receives the frames of its topic from now on.
    pub(super) fn confirm(&mut self, subscription: &Subscription) {
        match self.state(subscription.id) {
            Some(State::Pending) => self.set(subscription.id, State::Live),
            Some(_) => (),
            None => return,
        }
        let Topic { kind, name } = &subscription.topic;
        self.receivers[frame_index(*kind)].insert(Arc::clone(name), subscription.id);
    }

    /// Returns the subscription that receives frames of this kind and name.
    #[inline]
    pub(super) fn receiver(&self, kind: SubscriptionKind, name: &[u8]) -> Option<SubscriptionId> {
        self.receivers[frame_index(kind)].get(name).copied()
    }

    /// Returns the number of confirmed subscriptions of this kind.
    pub(super) fn confirmed(&self, kind: SubscriptionKind) -> usize {
        self.receivers[frame_index(kind)].len()
    }

    /// Returns a subscription that matches this channel, confirmed or not: the one with its name,
    /// or else the oldest one with a matching pattern.
    pub(super) fn matching(&self, channel: &[u8]) -> Option<SubscriptionId> {
        let by_name = [SubscriptionKind::Channel, SubscriptionKind::Shard]
            .into_iter()
            .filter_map(|kind| self.topics.get(&TopicKey(kind, channel)).copied());
        by_name.chain(self.globs.iter().copied()).find(|id| {
            self.known.get(id).is_some_and(|entry| {
                entry.state != State::Denied && entry.subscription.topic.matches(channel)
            })
        })
    }

    /// Returns whether a subscription is for a sharded channel.
    pub(super) fn is_sharded(&self, id: SubscriptionId) -> bool {
        let subscription = self.subscription(id);
        subscription.is_some_and(|of| of.topic.kind == SubscriptionKind::Shard)
    }

    /// Records that a sharded subscription was served by this server at this time.
    pub(super) fn note_served(&mut self, id: SubscriptionId, at: Time) {
        self.served.insert(id, at);
    }

    /// Returns when a sharded subscription was last known to be served by this server, if ever.
    pub(super) fn last_served(&self, id: SubscriptionId) -> Option<Time> {
        self.served.get(&id).copied()
    }

    /// Returns whether there are no subscriptions in any state.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Returns the number of subscriptions.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Returns whether there is no reason to be connected: there are no subscriptions, or the only
    /// ones left after others have ended were refused.
    pub(super) fn is_over(&self) -> bool {
        let only_denied = self.known.len() == self.denied;
        self.known.is_empty() || (only_denied && self.has_ended)
    }

    /// Starts over after an idle period: forgets that subscriptions have ended, and requests
    /// refused ones again.
    pub(super) fn begin_again(&mut self) {
        self.has_ended = false;
        self.restart();
    }

    /// Resets the states after the connection is lost: all subscriptions become pending, unless
    /// only refused ones are left after others have ended. Returns the subscriptions whose
    /// unsubscription was not confirmed; it is complete now.
    pub(super) fn restart(&mut self) -> Vec<Subscription> {
        for receivers in &mut self.receivers {
            receivers.clear();
        }
        let known = std::mem::take(&mut self.known).into_iter();
        let (leaving, wanted): (Vec<_>, Vec<_>) =
            known.partition(|(_, entry)| entry.state == State::Leaving);
        self.known = wanted.into_iter().collect();
        self.globs.retain(|id| self.known.contains_key(id));
        if !self.is_over() {
            self.denied = 0;
            for entry in self.known.values_mut() {
                entry.state = State::Pending;
            }
        }
        let leaving = leaving.into_iter();
        leaving.map(|(_, entry)| entry.subscription).collect()
    }

    /// Returns all subscriptions in `state`, oldest first.
    pub(super) fn in_state(&self, state: State) -> impl Iterator<Item = &Subscription> {
        let entries = self.known.values();
        let entries = entries.filter(move |entry| entry.state == state);
        entries.map(|entry| &entry.subscription)
    }

    /// Removes a subscription from the known subscriptions, but not from `topics` and `receivers`.
    fn forget(&mut self, id: SubscriptionId) -> Option<Subscription> {
        let entry = self.known.remove(&id)?;
        self.globs.remove(&id);
        self.denied -= usize::from(entry.state == State::Denied);
        Some(entry.subscription)
    }

    /// Removes the topic of a subscription, unless another subscription has taken it.
    fn release_topic(&mut self, subscription: &Subscription) {
        if self.topics.get(&subscription.topic) == Some(&subscription.id) {
            self.topics.remove(&subscription.topic);
        }
    }
}

/// Returns the index in `receivers` of the frames that subscriptions of this kind receive.
#[inline]
fn frame_index(kind: SubscriptionKind) -> usize {
    match kind {
        SubscriptionKind::Channel => 0,
        SubscriptionKind::Pattern | SubscriptionKind::Polled | SubscriptionKind::Sentinel => 1,
        SubscriptionKind::Shard | SubscriptionKind::ShardPattern => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(id: u32, name: &[u8]) -> Subscription {
        Subscription {
            id: SubscriptionId(id),
            topic: Topic::channel(name),
        }
    }

    fn receiver(subscriptions: &SubscriptionSet, name: &[u8]) -> Option<u32> {
        let receiver = subscriptions.receiver(SubscriptionKind::Channel, name);
        receiver.map(|id| id.0)
    }

    #[test]
    fn frames_belong_to_the_subscription_that_was_confirmed_last() {
        let (old, new) = (channel(0, b"a"), channel(1, b"a"));
        let mut subscriptions = SubscriptionSet::new(vec![old.clone()]);
        assert_eq!(receiver(&subscriptions, b"a"), None);
        subscriptions.confirm(&old);
        assert_eq!(receiver(&subscriptions, b"a"), Some(0));
        subscriptions.set(old.id, State::Leaving);
        assert_eq!(subscriptions.add(new.clone()), None);
        assert_eq!(receiver(&subscriptions, b"a"), Some(0));
        subscriptions.remove(old.id);
        assert_eq!(receiver(&subscriptions, b"a"), None);
        subscriptions.confirm(&new);
        assert_eq!(receiver(&subscriptions, b"a"), Some(1));
        subscriptions.remove(old.id);
        assert_eq!(receiver(&subscriptions, b"a"), Some(1));
    }

    #[test]
    fn a_topic_subscribed_twice_is_kept_once() {
        let mut subscriptions = SubscriptionSet::new(vec![channel(0, b"a")]);
        assert_eq!(subscriptions.add(channel(1, b"a")), Some(channel(0, b"a")));
        assert_eq!(subscriptions.len(), 1);
    }

    #[test]
    fn a_channel_matches_by_name_or_else_by_the_oldest_pattern() {
        let topics = [
            (0, Topic::pattern(b"a*")),
            (1, Topic::pattern(b"*")),
            (2, Topic::channel(b"a")),
            (3, Topic::shard(b"s")),
        ];
        let subscriptions = topics.map(|(id, topic)| Subscription {
            id: SubscriptionId(id),
            topic,
        });
        let mut subscriptions = SubscriptionSet::new(subscriptions.to_vec());
        let matching = |subscriptions: &SubscriptionSet, name: &[u8]| {
            subscriptions.matching(name).map(|id| id.0)
        };
        assert_eq!(matching(&subscriptions, b"a"), Some(2));
        assert_eq!(matching(&subscriptions, b"s"), Some(3));
        assert_eq!(matching(&subscriptions, b"ab"), Some(0));
        subscriptions.set(SubscriptionId(2), State::Denied);
        assert_eq!(matching(&subscriptions, b"a"), Some(0));
        subscriptions.remove(SubscriptionId(0));
        assert_eq!(matching(&subscriptions, b"a"), Some(1));
        subscriptions.set(SubscriptionId(1), State::Leaving);
        assert_eq!(matching(&subscriptions, b"b"), Some(1));
        subscriptions.restart();
        assert_eq!(matching(&subscriptions, b"b"), None);
        // After a restart, refused subscriptions are pending again.
        assert_eq!(matching(&subscriptions, b"a"), Some(2));
    }

    #[test]
    fn the_set_is_over_when_only_refused_subscriptions_are_left_after_an_end() {
        let mut subscriptions = SubscriptionSet::new(vec![channel(0, b"a"), channel(1, b"b")]);
        subscriptions.set(SubscriptionId(1), State::Denied);
        assert!(!subscriptions.is_over());
        subscriptions.end(SubscriptionId(0));
        assert!(subscriptions.is_over());
        // A restart after the connection is lost does not change this.
        assert_eq!(subscriptions.restart(), []);
        assert!(subscriptions.is_over() && subscriptions.has_ended);
        subscriptions.begin_again();
        assert!(!subscriptions.is_over() && !subscriptions.has_ended);
        assert_eq!(subscriptions.state(SubscriptionId(1)), Some(State::Pending));
        subscriptions.remove(SubscriptionId(1));
        assert!(subscriptions.is_over());
    }

    #[test]
    fn a_restart_resubscribes_all_but_those_that_were_leaving() {
        let mut subscriptions =
            SubscriptionSet::new(vec![channel(0, b"a"), channel(1, b"b"), channel(2, b"c")]);
        subscriptions.confirm(&channel(0, b"a"));
        subscriptions.set(SubscriptionId(1), State::Leaving);
        subscriptions.set(SubscriptionId(2), State::Denied);
        assert_eq!(subscriptions.restart(), [channel(1, b"b")]);
        assert_eq!(subscriptions.state(SubscriptionId(0)), Some(State::Pending));
        assert_eq!(subscriptions.state(SubscriptionId(2)), Some(State::Pending));
        assert_eq!(receiver(&subscriptions, b"a"), None);
    }
}
