//! The subscriptions, their states, and the periods in which nothing was missed.

mod listening_periods;

use std::collections::HashMap;
use std::sync::Arc;

use self::listening_periods::ListeningPeriods;
use crate::message::{
    Gap, GapEnd, Notice, RedisError, Subscription, SubscriptionId, SubscriptionKind, Time, Topic,
};

/// The state of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    /// Requested, not confirmed yet.
    Pending,
    /// Confirmed by Redis.
    Live,
    /// Refused, with the error from Redis.
    Denied(RedisError),
    /// Ended by the message that `--until` waits for, or by the server; the text says which.
    Ended(&'static str),
    /// Unsubscribed by the user. Kept only so that old rows can still refer to it.
    Unsubscribed,
}

impl SubscriptionState {
    /// Returns whether the subscription has ended, by unsubscribing or otherwise.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Unsubscribed)
    }
}

#[derive(Debug)]
struct Entry {
    topic: Topic,
    state: SubscriptionState,
    listening: ListeningPeriods,
}

/// All subscriptions of the session. The id of each is its index.
#[derive(Debug, Default)]
pub struct Subscriptions {
    entries: Vec<Entry>,
    /// The subscriptions by name, of any kind.
    by_name: HashMap<Arc<[u8]>, Vec<SubscriptionId>>,
    /// The length in bytes of the longest name. Longer names are not looked up, because each row
    /// drawn would have to hash all of its name.
    longest_name: usize,
    /// The pattern subscriptions.
    patterns: Vec<SubscriptionId>,
    /// The number of live subscriptions. `wanted` is the number that are listed and have not ended.
    live: usize,
    wanted: usize,
    /// Changes whenever a subscription is added or changes its state.
    generation: u64,
}

impl Subscriptions {
    /// Adds a subscription to `topic`. Returns `None` if there already is one that has not ended.
    pub fn add(&mut self, topic: Topic) -> Option<Subscription> {
        let known = self.find(&topic).and_then(|id| self.state(id));
        if known.is_some_and(|state| !state.is_over()) {
            return None;
        }
        // Replace ended subscriptions to the same topic.
        let same: Vec<SubscriptionId> = self.to_topic(&topic).collect();
        for id in same {
            self.entries[id.0 as usize].state = SubscriptionState::Unsubscribed;
        }
        let id = SubscriptionId(u32::try_from(self.entries.len()).ok()?);
        self.longest_name = self.longest_name.max(topic.name.len());
        let of_name = self.by_name.entry(Arc::clone(&topic.name));
        of_name.or_default().push(id);
        if !topic.names_one() {
            self.patterns.push(id);
        }
        self.entries.push(Entry {
            topic: topic.clone(),
            state: SubscriptionState::Pending,
            listening: ListeningPeriods::default(),
        });
        self.wanted += 1;
        self.generation += 1;
        Some(Subscription { id, topic })
    }

    /// Adds a subscription that delivered rows of a recording, which has all of them.
    pub(crate) fn add_recorded(&mut self, topic: Topic) {
        if let Some(subscription) = self.add(topic) {
            self.set_state(subscription.id, SubscriptionState::Live, Time::default());
            if let Some(entry) = self.entries.last_mut() {
                entry.listening.begin(Time::default());
            }
        }
    }

    /// Records that the user unsubscribed.
    pub fn unsubscribe(&mut self, id: SubscriptionId, now: Time) {
        self.set_state(id, SubscriptionState::Unsubscribed, now);
    }

    /// Records what a notice of this `time` says about subscriptions.
    pub fn note(&mut self, notice: &Notice, time: Time) {
        let (subscription, state) = match notice {
            Notice::Subscribed { subscription, .. } | Notice::Discovered { subscription, .. } => {
                (subscription, SubscriptionState::Live)
            }
            Notice::Denied {
                subscription,
                reason,
            } => (subscription, SubscriptionState::Denied(reason.clone())),
            Notice::Unsubscribed {
                subscription,
                asked: false,
                ..
            } => (subscription, SubscriptionState::Ended("by the server")),
            Notice::Ended(subscription) => (
                subscription,
                SubscriptionState::Ended("by its last message"),
            ),
            Notice::Gap(gap) => return self.note_gap(gap),
            Notice::Dropped(dropped) => {
                let entries = self.entries.iter_mut();
                return entries.for_each(|entry| entry.listening.miss(dropped.from, dropped.to));
            }
            _ => return,
        };
        self.set_state(subscription.id, state, time);
        // If several servers confirm the subscription, coverage starts with the last confirmation.
        if matches!(notice, Notice::Subscribed { .. })
            && let Some(entry) = self.entries.get_mut(subscription.id.0 as usize)
            && entry.state == SubscriptionState::Live
        {
            entry.listening.begin(time);
        }
    }

    /// Records a gap for every subscription, since the gap does not say which ones it affects.
    fn note_gap(&mut self, gap: &Gap) {
        for entry in &mut self.entries {
            entry.listening.end(gap.last_heard);
            if let GapEnd::Restored(end) = gap.end
                && entry.state == SubscriptionState::Live
            {
                entry.listening.resume(end);
            }
        }
    }

    /// Marks the subscriptions `ids` as pending again if they are live.
    pub fn await_confirmation(&mut self, ids: &[SubscriptionId], now: Time) {
        for id in ids {
            if self.state(*id) == Some(&SubscriptionState::Live) {
                self.set_state(*id, SubscriptionState::Pending, now);
            }
        }
    }

    /// Returns whether `topic` was ever subscribed to in this session.
    pub fn ever_had(&self, topic: &Topic) -> bool {
        self.to_topic(topic).next().is_some()
    }

    /// Returns the listed subscriptions: all except those that the user unsubscribed from.
    pub fn listed(&self) -> impl Iterator<Item = (SubscriptionId, &Topic, &SubscriptionState)> {
        (0..)
            .zip(&self.entries)
            .filter(|(_, entry)| entry.state != SubscriptionState::Unsubscribed)
            .map(|(id, entry)| (SubscriptionId(id), &entry.topic, &entry.state))
    }

    /// Returns the newest listed subscription to `topic`, preferably one that has not ended.
    pub fn find(&self, topic: &Topic) -> Option<SubscriptionId> {
        let state = |id: &SubscriptionId| &self.entries[id.0 as usize].state;
        self.to_topic(topic)
            .filter(|id| *state(id) != SubscriptionState::Unsubscribed)
            .max_by_key(|id| (!state(id).is_over(), *id))
    }

    /// Returns the listed subscription to exactly the channel `name`, if there is one.
    pub fn find_channel(&self, name: &[u8]) -> Option<SubscriptionId> {
        // This is called for each row drawn, so a long name must not be copied.
        (name.len() <= self.longest_name).then(|| self.find(&Topic::channel(name)))?
    }

    /// Returns the topic of a subscription.
    pub fn topic(&self, id: SubscriptionId) -> Option<&Topic> {
        Some(&self.entries.get(id.0 as usize)?.topic)
    }

    /// Returns the topics of all subscriptions of the session, in the order of their ids.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.entries.iter().map(|entry| &entry.topic)
    }

    /// Returns the names of all subscriptions of the session, in the order of their ids.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &Arc<[u8]>> {
        self.entries.iter().map(|entry| &entry.topic.name)
    }

    /// Returns the state of a subscription.
    pub fn state(&self, id: SubscriptionId) -> Option<&SubscriptionState> {
        Some(&self.entries.get(id.0 as usize)?.state)
    }

    /// Returns the number of live subscriptions, and the number that are listed and have not ended.
    pub fn counts(&self) -> (usize, usize) {
        (self.live, self.wanted)
    }

    /// Returns the topics of the live subscriptions.
    pub fn live(&self) -> impl Iterator<Item = &Topic> {
        let live = |state: &SubscriptionState| *state == SubscriptionState::Live;
        self.listed()
            .filter_map(move |(_, topic, state)| live(state).then_some(topic))
    }

    /// Returns whether any live subscription can deliver messages. Searches for channels deliver
    /// none.
    pub fn can_receive(&self) -> bool {
        self.live().any(|topic| !topic.is_searched())
    }

    /// Returns the refused topic whose error says best what to do, with the error: a pattern is
    /// refused before the search that replaces it.
    pub fn main_denial(&self) -> Option<(&Topic, &RedisError)> {
        let is_search = |(topic, _): &(&Topic, &RedisError)| topic.is_searched();
        self.denied()
            .find(is_search)
            .or_else(|| self.denied().next())
    }

    /// Returns the topics that Redis refuses, each with the error.
    pub fn denied(&self) -> impl Iterator<Item = (&Topic, &RedisError)> {
        self.listed().filter_map(|(_, topic, state)| match state {
            SubscriptionState::Denied(reason) => Some((topic, reason)),
            _ => None,
        })
    }

    /// Returns whether any channel that `search` may have found was ever subscribed to in this
    /// session.
    pub fn ever_had_found(&self, search: &Topic) -> bool {
        let is_found = |topic: &Topic| *topic == search.found(&topic.name);
        self.topics().any(is_found)
    }

    /// Returns the patterns whose channels are searched for, and whether the channels of each have
    /// been searched for yet.
    pub fn discovery_patterns(&self) -> impl Iterator<Item = (&Topic, bool)> {
        self.listed().filter_map(|(_, topic, state)| match state {
            _ if !topic.is_searched() => None,
            SubscriptionState::Pending => Some((topic, false)),
            SubscriptionState::Live => Some((topic, true)),
            _ => None,
        })
    }

    /// Returns whether a message on the channel `name` would be received now.
    pub fn receives(&self, name: &[u8]) -> bool {
        self.of_channel(name)
            .any(|entry| entry.state == SubscriptionState::Live)
    }

    /// Returns the start of the period up to `time` in which everything on the channel `name` was
    /// received; `None` if something may be missing right before `time`.
    pub fn covered_since(&self, name: &[u8], time: Time) -> Option<Time> {
        self.of_channel(name)
            .filter_map(|entry| entry.listening.since(time))
            .min()
    }

    /// Returns whether a subscription that has not ended, live or not, includes the channel `name`.
    pub fn include(&self, name: &[u8]) -> bool {
        self.of_channel(name).any(|entry| !entry.state.is_over())
    }

    /// Returns whether the channel `name` is subscribed to by name, but only as a sharded channel.
    pub fn include_only_sharded(&self, name: &[u8]) -> bool {
        let of_name = self.of_channel(name);
        let mut kinds = of_name
            .filter(|entry| !entry.state.is_over() && entry.topic.names_one())
            .map(|entry| entry.topic.kind)
            .peekable();
        kinds.peek().is_some() && kinds.all(|kind| kind == SubscriptionKind::Shard)
    }

    /// Returns whether there are listed subscriptions and all of them have ended.
    pub fn have_all_ended(&self) -> bool {
        let mut listed = self.listed().peekable();
        listed.peek().is_some()
            && listed.all(|(.., state)| matches!(state, SubscriptionState::Ended(_)))
    }

    /// Returns a number that changes whenever a subscription is added or changes its state.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns the subscriptions to `topic` in any state, oldest first.
    fn to_topic<'a>(&'a self, topic: &'a Topic) -> impl Iterator<Item = SubscriptionId> + 'a {
        let of_name = self.named(&topic.name);
        of_name.filter(|id| self.entries[id.0 as usize].topic == *topic)
    }

    /// Returns the subscriptions to `name`, of any kind and in any state, oldest first.
    fn named(&self, name: &[u8]) -> impl Iterator<Item = SubscriptionId> {
        let is_known = name.len() <= self.longest_name;
        let ids = is_known.then(|| self.by_name.get(name)).flatten();
        ids.into_iter().flatten().copied()
    }

    /// Returns the subscriptions that match the channel `name`, in any state.
    fn of_channel<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a Entry> {
        let entry = |id: SubscriptionId| &self.entries[id.0 as usize];
        let by_name = self.named(name).map(entry);
        let by_name = by_name.filter(|entry| entry.topic.names_one());
        let patterns = self.patterns.iter().copied().map(entry);
        by_name.chain(patterns.filter(|entry| entry.topic.matches(name)))
    }

    fn set_state(&mut self, id: SubscriptionId, state: SubscriptionState, time: Time) {
        let entry = self.entries.get_mut(id.0 as usize);
        // If the user unsubscribed before the reply arrived, that takes precedence.
        if let Some(entry) = entry.filter(|entry| entry.state != SubscriptionState::Unsubscribed) {
            if state != SubscriptionState::Live {
                entry.listening.end(time);
            }
            let before = std::mem::replace(&mut entry.state, state);
            let is_live = |state: &SubscriptionState| *state == SubscriptionState::Live;
            let now = &entry.state;
            self.live = self.live + usize::from(is_live(now)) - usize::from(is_live(&before));
            self.wanted =
                self.wanted + usize::from(!now.is_over()) - usize::from(!before.is_over());
            self.generation += 1;
        }
    }
}
