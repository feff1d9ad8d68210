//! What a subscription asks for.

use std::sync::Arc;

use super::glob;

/// How Redis matches a subscription's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubscriptionKind {
    /// SUBSCRIBE: exactly this channel.
    Channel,
    /// PSUBSCRIBE: every channel that this glob matches.
    Pattern,
    /// SSUBSCRIBE: exactly this sharded channel, on the node that owns its slot.
    Shard,
    /// Every sharded channel that this glob matches and that has a subscriber. Redis has no such
    /// command: the session polls the list of channels and subscribes to each.
    ShardPattern,
    /// Every channel that this glob matches and that has a subscriber, on a server that refuses
    /// PSUBSCRIBE: the session polls the list of channels and subscribes to each.
    Polled,
    /// PSUBSCRIBE on a sentinel, which publishes its own events.
    Sentinel,
}

/// What a subscription asks for: a channel or a pattern. Names are bytes, as in Redis.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic {
    /// How the name is matched.
    pub kind: SubscriptionKind,
    /// The channel's name or the glob.
    pub name: Arc<[u8]>,
}

impl Topic {
    fn new(kind: SubscriptionKind, name: impl Into<Arc<[u8]>>) -> Self {
        let name = name.into();
        Self { kind, name }
    }

    /// Returns the topic for exactly the channel `name`.
    pub fn channel(name: &[u8]) -> Self {
        Self::new(SubscriptionKind::Channel, name)
    }

    /// Like [`Self::channel`], but shares `name` instead of copying it.
    pub fn shared_channel(name: Arc<[u8]>) -> Self {
        Self::new(SubscriptionKind::Channel, name)
    }

    /// Returns the topic for every channel that the glob `name` matches.
    pub fn pattern(name: &[u8]) -> Self {
        Self::new(SubscriptionKind::Pattern, name)
    }

    /// Returns the topic for exactly the sharded channel `name`.
    pub fn shard(name: &[u8]) -> Self {
        Self::new(SubscriptionKind::Shard, name)
    }

    /// Returns the topic for every sharded channel that the glob `name` matches and that has a
    /// subscriber.
    pub fn shard_pattern(name: &[u8]) -> Self {
        Self::new(SubscriptionKind::ShardPattern, name)
    }

    /// Returns the topic for every channel that the glob `name` matches and that has a subscriber,
    /// on a server that refuses PSUBSCRIBE.
    pub fn polled(name: &[u8]) -> Self {
        Self::new(SubscriptionKind::Polled, name)
    }

    /// Returns the topic for the sentinels' own channels that the glob `name` matches.
    pub fn sentinel(name: &[u8]) -> Self {
        Self::new(SubscriptionKind::Sentinel, name)
    }

    /// Returns a sharded pattern if `name` contains one of `* ? [`, else a sharded channel.
    pub fn guess_shard(name: &[u8]) -> Self {
        if Self::is_glob(name) {
            Self::shard_pattern(name)
        } else {
            Self::shard(name)
        }
    }

    /// Returns a pattern if `name` contains one of the glob characters `* ? [`, else a channel.
    pub fn guess(name: &[u8]) -> Self {
        if Self::is_glob(name) {
            Self::pattern(name)
        } else {
            Self::channel(name)
        }
    }

    /// Returns the topic for a name in an ACL rule. A name with a backslash is always a pattern.
    pub fn guess_in_acl(name: &[u8]) -> Self {
        if name.contains(&b'\\') {
            Self::pattern(name)
        } else {
            Self::guess(name)
        }
    }

    fn is_glob(name: &[u8]) -> bool {
        name.iter().any(|byte| b"*?[".contains(byte))
    }

    /// Returns whether this topic covers the channel `name`, assuming that the channel is of the
    /// topic's kind.
    pub fn matches(&self, name: &[u8]) -> bool {
        if self.names_one() {
            *self.name == *name
        } else {
            glob::matches(&self.name, name)
        }
    }

    /// Returns whether the topic is about sharded channels.
    pub fn is_sharded(&self) -> bool {
        matches!(
            self.kind,
            SubscriptionKind::Shard | SubscriptionKind::ShardPattern
        )
    }

    /// Returns whether no server delivers the topic: the matching channels are searched for, and
    /// each is subscribed to by name.
    pub fn is_searched(&self) -> bool {
        matches!(
            self.kind,
            SubscriptionKind::ShardPattern | SubscriptionKind::Polled
        )
    }

    /// Returns the topic for a channel that a search for this topic found.
    #[must_use]
    pub fn found(&self, name: &[u8]) -> Self {
        if self.is_sharded() {
            Self::shard(name)
        } else {
            Self::channel(name)
        }
    }

    /// Returns whether the topic names exactly one channel.
    pub fn names_one(&self) -> bool {
        matches!(
            self.kind,
            SubscriptionKind::Channel | SubscriptionKind::Shard
        )
    }
}
