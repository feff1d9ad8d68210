//! The subscriptions of this session, and how far each has come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::{Equivalent, HashMap};

use crate::message::{Subscription, SubscriptionId, SubscriptionKind, Time, Topic};

/// How far a wanted subscription has come on this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Asked for, or to be asked for on the next connection.
    Pending,
    /// Confirmed.
    Live,
    /// Refused; asked for again on the next connection.
    Denied,
    /// No longer wanted, but not yet confirmed to be over.
    Leaving,
}

#[derive(Debug)]
struct Want {
    subscription: Subscription,
    state: State,
}

/// The topic of one channel, by which it is looked up: it has the hash of a [`Topic`].
#[derive(Hash)]
struct Exact<'a>(SubscriptionKind, &'a [u8]);

impl Equivalent<Topic> for Exact<'_> {
    fn equivalent(&self, topic: &Topic) -> bool {
        topic.kind == self.0 && *topic.name == *self.1
    }
}

/// The wanted subscriptions, and which of them brings a frame.
#[derive(Debug, Default)]
pub(super) struct SubscriptionSet {
    known: BTreeMap<SubscriptionId, Want>,
    /// The subscription to each topic that is still wanted.
    topics: HashMap<Topic, SubscriptionId>,
    /// Those that are known and may ask for more than one channel.
    globs: BTreeSet<SubscriptionId>,
    /// How many are refused.
    denied: usize,
    /// The subscription that brings a `message` of this channel.
    channels: HashMap<Arc<[u8]>, SubscriptionId>,
    /// The subscription that brings a `pmessage` of this pattern.
    patterns: HashMap<Arc<[u8]>, SubscriptionId>,
    /// The subscription that brings an `smessage` of this channel.
    shards: HashMap<Arc<[u8]>, SubscriptionId>,
    /// When each sharded subscription was last known to be served here.
    served: HashMap<SubscriptionId, Time>,
    /// Whether any has ended since the last rest was over.
    has_ended: bool,
}

impl SubscriptionSet {
    pub(super) fn new(subscriptions: Vec<Subscription>) -> Self {
        let mut set = Self::default();
        for subscription in subscriptions {
            set.add(subscription);
        }
        set
    }

    /// Adds `subscription`. Gives back the one that it takes the place of, if the same topic was
    /// wanted before.
    pub(super) fn add(&mut self, subscription: Subscription) -> Option<Subscription> {
        let id = subscription.id;
        let same = self.topics.insert(subscription.topic.clone(), id);
        let replaced = same.and_then(|same| self.forget(same));
        let want = Want {
            subscription,
            state: State::Pending,
        };
        if !want.subscription.topic.names_one() {
            self.globs.insert(id);
        }
        self.known.insert(id, want);
        replaced
    }

    /// Ends a subscription for good: it brings nothing any more.
    pub(super) fn remove(&mut self, id: SubscriptionId) -> Option<Subscription> {
        self.served.remove(&id);
        let removed = self.forget(id)?;
        self.give_topic_up(&removed);
        let Topic { kind, name } = &removed.topic;
        let map = self.map_mut(*kind);
        if map.get(name) == Some(&id) {
            map.remove(name);
        }
        Some(removed)
    }

    /// The same because of its last message.
    pub(super) fn end(&mut self, id: SubscriptionId) -> Option<Subscription> {
        let ended = self.remove(id)?;
        self.has_ended = true;
        Some(ended)
    }

    /// Sets the state of a subscription, if it is still known.
    pub(super) fn set(&mut self, id: SubscriptionId, state: State) {
        let Some(want) = self.known.get_mut(&id) else {
            return;
        };
        let before = std::mem::replace(&mut want.state, state);
        let is_denied = |state| usize::from(state == State::Denied);
        self.denied = self.denied + is_denied(state) - is_denied(before);
        if state == State::Leaving {
            let leaving = want.subscription.clone();
            self.give_topic_up(&leaving);
        }
    }

    /// The state of a subscription, if it is still known.
    pub(super) fn state(&self, id: SubscriptionId) -> Option<State> {
        Some(self.known.get(&id)?.state)
    }

    pub(super) fn subscription(&self, id: SubscriptionId) -> Option<&Subscription> {
        Some(&self.known.get(&id)?.subscription)
    }

    /// Frames of its topic are brought by this subscription from now on.
    pub(super) fn confirm(&mut self, subscription: &Subscription) {
        match self.state(subscription.id) {
            Some(State::Pending) => self.set(subscription.id, State::Live),
            Some(_) => (),
            None => return,
        }
        let Topic { kind, name } = &subscription.topic;
        self.map_mut(*kind)
            .insert(Arc::clone(name), subscription.id);
    }

    /// The subscription that brings a frame of this kind and name.
    #[inline]
    pub(super) fn bringer(&self, kind: SubscriptionKind, name: &[u8]) -> Option<SubscriptionId> {
        let map = match kind {
            SubscriptionKind::Channel => &self.channels,
            SubscriptionKind::Pattern | SubscriptionKind::Sentinel => &self.patterns,
            SubscriptionKind::Shard | SubscriptionKind::ShardPattern => &self.shards,
        };
        map.get(name).copied()
    }

    /// A subscription that asks for this channel, whether confirmed or not: by its name, else the
    /// oldest whose pattern it matches.
    pub(super) fn matching(&self, channel: &[u8]) -> Option<SubscriptionId> {
        let by_name = [SubscriptionKind::Channel, SubscriptionKind::Shard]
            .into_iter()
            .filter_map(|kind| self.topics.get(&Exact(kind, channel)).copied());
        by_name.chain(self.globs.iter().copied()).find(|id| {
            self.known.get(id).is_some_and(|want| {
                want.state != State::Denied && want.subscription.topic.matches(channel)
            })
        })
    }

    /// Whether a subscription is to a sharded channel.
    pub(super) fn is_sharded(&self, id: SubscriptionId) -> bool {
        let subscription = self.subscription(id);
        subscription.is_some_and(|of| of.topic.kind == SubscriptionKind::Shard)
    }

    /// Notes that a sharded subscription was served here at a time.
    pub(super) fn note_served(&mut self, id: SubscriptionId, at: Time) {
        self.served.insert(id, at);
    }

    /// When a sharded subscription was last known to be served here, if ever.
    pub(super) fn last_served(&self, id: SubscriptionId) -> Option<Time> {
        self.served.get(&id).copied()
    }

    /// Whether nothing is wanted, live or refused.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// How many are wanted.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is nothing to be connected for: none is left, or none but refused ones after
    /// the others have ended.
    pub(super) fn is_over(&self) -> bool {
        let only_denied = self.known.len() == self.denied;
        self.known.is_empty() || (only_denied && self.has_ended)
    }

    /// Whether any has ended since the last rest was over.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// A rest is over: what has ended before it no longer matters, and what was refused is asked
    /// for once more.
    pub(super) fn begin_again(&mut self) {
        self.has_ended = false;
        self.restart();
    }

    /// Forgets what the lost connection had confirmed: all that is wanted has to be asked for
    /// again, but not for the sake of refused ones alone once the others have ended. Gives back
    /// those whose end had not been confirmed, since they are over now.
    pub(super) fn restart(&mut self) -> Vec<Subscription> {
        self.channels.clear();
        self.patterns.clear();
        self.shards.clear();
        let (leaving, wanted) = std::mem::take(&mut self.known)
            .into_iter()
            .partition(|(_, want)| want.state == State::Leaving);
        self.known = wanted;
        self.globs.retain(|id| self.known.contains_key(id));
        if !self.is_over() {
            self.denied = 0;
            for want in self.known.values_mut() {
                want.state = State::Pending;
            }
        }
        let leaving: BTreeMap<SubscriptionId, Want> = leaving;
        leaving
            .into_values()
            .map(|want| want.subscription)
            .collect()
    }

    /// The ids of all that are in `state`.
    pub(super) fn in_state(&self, state: State) -> impl Iterator<Item = SubscriptionId> {
        self.known
            .values()
            .filter(move |want| want.state == state)
            .map(|want| want.subscription.id)
    }

    /// All that are known, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Subscription> {
        self.known.values().map(|want| &want.subscription)
    }

    /// Removes one from those that are known.
    fn forget(&mut self, id: SubscriptionId) -> Option<Subscription> {
        let Want {
            subscription,
            state,
        } = self.known.remove(&id)?;
        self.globs.remove(&id);
        self.denied -= usize::from(state == State::Denied);
        Some(subscription)
    }

    /// Its topic is no longer wanted for its sake.
    fn give_topic_up(&mut self, subscription: &Subscription) {
        if self.topics.get(&subscription.topic) == Some(&subscription.id) {
            self.topics.remove(&subscription.topic);
        }
    }

    fn map_mut(&mut self, kind: SubscriptionKind) -> &mut HashMap<Arc<[u8]>, SubscriptionId> {
        match kind {
            SubscriptionKind::Channel => &mut self.channels,
            SubscriptionKind::Pattern | SubscriptionKind::Sentinel => &mut self.patterns,
            SubscriptionKind::Shard | SubscriptionKind::ShardPattern => &mut self.shards,
        }
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

    fn brings(subscriptions: &SubscriptionSet, name: &[u8]) -> Option<u32> {
        subscriptions
            .bringer(SubscriptionKind::Channel, name)
            .map(|id| id.0)
    }

    #[test]
    fn frames_belong_to_the_subscription_that_was_confirmed_last() {
        let (old, new) = (channel(0, b"a"), channel(1, b"a"));
        let mut subscriptions = SubscriptionSet::new(vec![old.clone()]);
        assert_eq!(brings(&subscriptions, b"a"), None);
        subscriptions.confirm(&old);
        assert_eq!(brings(&subscriptions, b"a"), Some(0));
        subscriptions.set(old.id, State::Leaving);
        assert_eq!(subscriptions.add(new.clone()), None);
        assert_eq!(brings(&subscriptions, b"a"), Some(0));
        subscriptions.remove(old.id);
        assert_eq!(brings(&subscriptions, b"a"), None);
        subscriptions.confirm(&new);
        assert_eq!(brings(&subscriptions, b"a"), Some(1));
        subscriptions.remove(old.id);
        assert_eq!(brings(&subscriptions, b"a"), Some(1));
    }

    #[test]
    fn a_topic_asked_for_twice_is_wanted_once() {
        let mut subscriptions = SubscriptionSet::new(vec![channel(0, b"a")]);
        assert_eq!(subscriptions.add(channel(1, b"a")), Some(channel(0, b"a")));
        assert_eq!(subscriptions.len(), 1);
    }

    #[test]
    fn a_channel_is_asked_for_by_its_name_else_by_the_oldest_pattern() {
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
        // What was refused is asked for again.
        assert_eq!(matching(&subscriptions, b"a"), Some(2));
    }

    #[test]
    fn it_is_over_when_none_is_left_or_only_refused_ones_after_an_end() {
        let mut subscriptions = SubscriptionSet::new(vec![channel(0, b"a"), channel(1, b"b")]);
        subscriptions.set(SubscriptionId(1), State::Denied);
        assert!(!subscriptions.is_over());
        subscriptions.end(SubscriptionId(0));
        assert!(subscriptions.is_over());
        // The end of the connection changes nothing in that.
        assert_eq!(subscriptions.restart(), []);
        assert!(subscriptions.is_over() && subscriptions.has_ended());
        subscriptions.begin_again();
        assert!(!subscriptions.is_over() && !subscriptions.has_ended());
        assert_eq!(subscriptions.state(SubscriptionId(1)), Some(State::Pending));
        subscriptions.remove(SubscriptionId(1));
        assert!(subscriptions.is_over());
    }

    #[test]
    fn a_restart_asks_for_all_but_what_was_leaving() {
        let mut subscriptions =
            SubscriptionSet::new(vec![channel(0, b"a"), channel(1, b"b"), channel(2, b"c")]);
        subscriptions.confirm(&channel(0, b"a"));
        subscriptions.set(SubscriptionId(1), State::Leaving);
        subscriptions.set(SubscriptionId(2), State::Denied);
        assert_eq!(subscriptions.restart(), [channel(1, b"b")]);
        assert_eq!(subscriptions.state(SubscriptionId(0)), Some(State::Pending));
        assert_eq!(subscriptions.state(SubscriptionId(2)), Some(State::Pending));
        assert_eq!(brings(&subscriptions, b"a"), None);
    }
}
