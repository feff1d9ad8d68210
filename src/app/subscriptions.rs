//! What is subscribed to, how that stands, and since when all was heard.

mod listening_periods;

use std::collections::HashMap;
use std::sync::Arc;

use self::listening_periods::ListeningPeriods;
use crate::message::{
    Dropped, Gap, GapEnd, Notice, Subscription, SubscriptionId, SubscriptionKind, Time, Topic,
};

/// How a subscription stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    /// Asked for, not yet confirmed.
    Pending,
    /// Confirmed by Redis.
    Live,
    /// Refused, in Redis's own words.
    Denied(Box<str>),
    /// Over: by the message that `--until` waits for, or by the server; the words say which.
    Ended(&'static str),
    /// Given up by the person. Kept only so that old rows can still name it.
    Left,
}

impl SubscriptionState {
    /// Whether nothing will come of it any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Left)
    }
}

#[derive(Debug)]
struct Entry {
    topic: Topic,
    state: SubscriptionState,
    heard: ListeningPeriods,
}

/// Every subscription of the session; its id is its place.
#[derive(Debug, Default)]
pub struct Subscriptions {
    entries: Vec<Entry>,
    /// The subscriptions to each name, of any kind.
    by_name: HashMap<Arc<[u8]>, Vec<SubscriptionId>>,
    /// The bytes of the longest of these names: a longer one needs no looking up, which would read
    /// all of it for each row drawn.
    longest_name: usize,
    /// The patterns.
    patterns: Vec<SubscriptionId>,
    /// How many are live, and how many are wanted: listed, and not over.
    live: usize,
    wanted: usize,
    /// Changes whenever a subscription comes, goes or changes its state.
    generation: u64,
}

impl Subscriptions {
    /// Notes that `topic` is asked for. `None` if it is subscribed to already.
    pub fn add(&mut self, topic: Topic) -> Option<Subscription> {
        let known = self.find(&topic).and_then(|id| self.state(id));
        if known.is_some_and(|state| !state.is_over()) {
            return None;
        }
        // Those to the same topic that are over make room for the new one.
        let same: Vec<SubscriptionId> = self.to_topic(&topic).collect();
        for id in same {
            self.entries[id.0 as usize].state = SubscriptionState::Left;
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
            heard: ListeningPeriods::default(),
        });
        self.wanted += 1;
        self.generation += 1;
        Some(Subscription { id, topic })
    }

    /// Notes that the person gave up a subscription.
    pub fn leave(&mut self, id: SubscriptionId, now: Time) {
        self.set_state(id, SubscriptionState::Left, now);
    }

    /// Notes what a notice of `time` says of subscriptions.
    pub fn note(&mut self, notice: &Notice, time: Time) {
        match notice {
            Notice::Subscribed { subscription, .. } => {
                self.set_state(subscription.id, SubscriptionState::Live, time);
                // Where several servers confirm it, all is heard from the last on.
                let entry = self.entries.get_mut(subscription.id.0 as usize);
                if let Some(entry) = entry.filter(|one| one.state == SubscriptionState::Live) {
                    entry.heard.begin(time);
                }
            }
            Notice::Discovered { subscription, .. } => {
                self.set_state(subscription.id, SubscriptionState::Live, time);
            }
            Notice::Denied {
                subscription,
                reason,
            } => {
                let denied = SubscriptionState::Denied(reason.clone());
                self.set_state(subscription.id, denied, time);
            }
            Notice::Unsubscribed {
                subscription,
                asked: false,
                ..
            } => {
                let ended = SubscriptionState::Ended("by the server");
                self.set_state(subscription.id, ended, time);
            }
            Notice::Ended { subscription } => {
                let ended = SubscriptionState::Ended("by its last message");
                self.set_state(subscription.id, ended, time);
            }
            Notice::Gap(gap) => self.note_gap(gap),
            Notice::Dropped(dropped) => self.note_dropped(dropped),
            _ => {}
        }
    }

    /// Which subscriptions a gap concerns is not told: it may be any.
    fn note_gap(&mut self, gap: &Gap) {
        for entry in &mut self.entries {
            entry.heard.end(gap.last_heard);
            if let GapEnd::Restored(end) = gap.end
                && entry.state == SubscriptionState::Live
            {
                entry.heard.resume(end);
            }
        }
    }

    fn note_dropped(&mut self, dropped: &Dropped) {
        for entry in &mut self.entries {
            entry.heard.miss(dropped.from, dropped.to);
        }
    }

    /// Notes that these, if they were live, must be confirmed again.
    pub fn lose(&mut self, ids: &[SubscriptionId], now: Time) {
        for id in ids {
            if self.state(*id) == Some(&SubscriptionState::Live) {
                self.set_state(*id, SubscriptionState::Pending, now);
            }
        }
    }

    /// Whether `topic` was ever subscribed to in this session.
    #[must_use]
    pub fn was_ever(&self, topic: &Topic) -> bool {
        self.to_topic(topic).next().is_some()
    }

    /// Those that are listed: all but the ones that the person gave up.
    pub fn listed(&self) -> impl Iterator<Item = (SubscriptionId, &Topic, &SubscriptionState)> {
        (0..)
            .zip(&self.entries)
            .filter(|(_, entry)| entry.state != SubscriptionState::Left)
            .map(|(id, entry)| (SubscriptionId(id), &entry.topic, &entry.state))
    }

    /// The listed subscription to `topic`: the one that is not over, or else the last that is.
    #[must_use]
    pub fn find(&self, topic: &Topic) -> Option<SubscriptionId> {
        let state = |id: &SubscriptionId| &self.entries[id.0 as usize].state;
        let listed = self.to_topic(topic);
        let listed = listed.filter(|id| *state(id) != SubscriptionState::Left);
        listed.max_by_key(|id| (!state(id).is_over(), *id))
    }

    /// The subscription to exactly the channel `name`, if it is listed.
    #[must_use]
    pub fn find_channel(&self, name: &[u8]) -> Option<SubscriptionId> {
        // Whoever asks draws rows: a long name is not copied for each.
        (name.len() <= self.longest_name).then(|| self.find(&Topic::channel(name)))?
    }

    /// What a subscription asked for.
    #[must_use]
    pub fn topic(&self, id: SubscriptionId) -> Option<&Topic> {
        Some(&self.entries.get(id.0 as usize)?.topic)
    }

    /// The names of all there ever were, by their ids.
    pub fn names(&self) -> impl Iterator<Item = &Arc<[u8]>> {
        self.entries.iter().map(|entry| &entry.topic.name)
    }

    /// How a subscription stands.
    #[must_use]
    pub fn state(&self, id: SubscriptionId) -> Option<&SubscriptionState> {
        Some(&self.entries.get(id.0 as usize)?.state)
    }

    /// How many are live, and how many are wanted: listed, and not over.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.live, self.wanted)
    }

    /// What is listened to.
    pub fn live(&self) -> impl Iterator<Item = &Topic> {
        let live = self.listed();
        live.filter(|(.., state)| **state == SubscriptionState::Live)
            .map(|(_, topic, _)| topic)
    }

    /// Whether any message can arrive. A pattern of sharded channels brings none by itself.
    #[must_use]
    pub fn can_receive(&self) -> bool {
        self.live()
            .any(|topic| topic.kind != SubscriptionKind::ShardPattern)
    }

    /// What Redis refuses, with its words.
    pub fn denied(&self) -> impl Iterator<Item = (&Topic, &str)> {
        self.listed().filter_map(|(_, topic, state)| match state {
            SubscriptionState::Denied(reason) => Some((topic, &**reason)),
            _ => None,
        })
    }

    /// Whether any sharded channel was ever subscribed to in this session.
    #[must_use]
    pub fn was_any_sharded(&self) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| entry.topic.kind == SubscriptionKind::Shard)
    }

    /// Patterns of sharded channels that are looked for, though none that matches may be found
    /// yet; and whether they were looked for once.
    pub fn sought(&self) -> impl Iterator<Item = (&Topic, bool)> {
        let patterns = self.listed();
        let patterns = patterns.filter(|(_, of, _)| of.kind == SubscriptionKind::ShardPattern);
        patterns.filter_map(|(_, topic, state)| match state {
            SubscriptionState::Pending => Some((topic, false)),
            SubscriptionState::Live => Some((topic, true)),
            _ => None,
        })
    }

    /// Whether a message on the channel `name` would be heard now.
    #[must_use]
    pub fn hear(&self, name: &[u8]) -> bool {
        let mut of_channel = self.of_channel(name);
        of_channel.any(|one| one.state == SubscriptionState::Live)
    }

    /// Since when all on the channel `name` was heard that came before `time`; `None` if something
    /// may be missing right before it.
    #[must_use]
    pub fn heard_since(&self, name: &[u8], time: Time) -> Option<Time> {
        let of_channel = self.of_channel(name);
        of_channel.filter_map(|one| one.heard.since(time)).min()
    }

    /// Whether messages on the channel `name` are asked for, live or not.
    #[must_use]
    pub fn want(&self, name: &[u8]) -> bool {
        self.of_channel(name).any(|one| !one.state.is_over())
    }

    /// Whether the channel `name` is asked for by its name, and only as a sharded one.
    #[must_use]
    pub fn want_only_sharded(&self, name: &[u8]) -> bool {
        let of_name = self.of_channel(name);
        let mut kinds = of_name
            .filter(|one| !one.state.is_over() && one.topic.names_one())
            .map(|one| one.topic.kind)
            .peekable();
        kinds.peek().is_some() && kinds.all(|kind| kind == SubscriptionKind::Shard)
    }

    /// Whether there were subscriptions and every one of them is over.
    #[must_use]
    pub fn have_all_ended(&self) -> bool {
        let mut listed = self.listed().peekable();
        listed.peek().is_some()
            && listed.all(|(.., state)| matches!(state, SubscriptionState::Ended(_)))
    }

    /// A number that changes whenever anything here does.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Those to `topic`, oldest first, in any state.
    fn to_topic<'a>(&'a self, topic: &'a Topic) -> impl Iterator<Item = SubscriptionId> + 'a {
        let of_name = self.named(&topic.name);
        of_name.filter(|id| self.entries[id.0 as usize].topic == *topic)
    }

    /// Those to the name `name`, of any kind, oldest first, in any state.
    fn named(&self, name: &[u8]) -> impl Iterator<Item = SubscriptionId> {
        let is_known = name.len() <= self.longest_name;
        let ids = is_known.then(|| self.by_name.get(name)).flatten();
        ids.into_iter().flatten().copied()
    }

    /// Those that ask for messages on the channel `name`, in any state.
    fn of_channel<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a Entry> {
        let entry = |id: SubscriptionId| &self.entries[id.0 as usize];
        let by_name = self.named(name).map(entry);
        let by_name = by_name.filter(|one| one.topic.names_one());
        let patterns = self.patterns.iter().copied().map(entry);
        by_name.chain(patterns.filter(|one| one.topic.matches(name)))
    }

    fn set_state(&mut self, id: SubscriptionId, state: SubscriptionState, time: Time) {
        let entry = self.entries.get_mut(id.0 as usize);
        // News may cross with giving the subscription up, which stands.
        if let Some(entry) = entry.filter(|entry| entry.state != SubscriptionState::Left) {
            if state != SubscriptionState::Live {
                entry.heard.end(time);
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
