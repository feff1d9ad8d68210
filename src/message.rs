//! The vocabulary that every other module speaks: times, ids, subscriptions, and the notices
//! that stand between messages.

pub mod clock;
pub mod glob;
pub mod names;

use std::sync::Arc;
use std::time::Duration;

/// The channel on which Redis says which keys a client is to forget that it has cached: a JSON list
/// of them in a row of the log, or `null` for all.
pub const INVALIDATIONS: &[u8] = b"__redis__:invalidate";

/// A point in time, in microseconds since the Unix epoch, by a clock that starts with the wall
/// clock and then only runs forward, also while the computer sleeps.
///
/// So the difference of two times is what has passed, even if somebody sets the wall clock in
/// between. [`clock::WallClock`] knows what the wall clock showed at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Reads the clock. Only the edges of the program call this; inside, times arrive with events.
    #[must_use]
    pub fn now() -> Self {
        clock::now()
    }

    /// How long after `earlier` this is; zero if it is before.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The time `wait` later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// The time `wait` earlier.
    #[must_use]
    pub fn before(self, wait: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// The whole second that this lies in, since the Unix epoch.
    #[must_use]
    pub fn second(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
}

/// An interned channel name: an index into the log's channel table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub u32);

/// A row of the log, counted from 0 and never reused, so that whatever points into the log
/// still points at the same row after older rows have gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u64);

/// A subscription of this session, counted from 0 in the order in which they were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(pub u32);

/// A server of those that this session talks to, counted from 0 in the order in which it got to
/// know them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

/// How Redis matches a subscription's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubscriptionKind {
    /// SUBSCRIBE: exactly this channel.
    Channel,
    /// PSUBSCRIBE: every channel that this glob matches.
    Pattern,
    /// SSUBSCRIBE: exactly this sharded channel, at the owner of its slot.
    Shard,
    /// Every sharded channel that this glob matches and that somebody listens to. Redis knows no
    /// such subscription: the channels are asked for again and again, and each is subscribed to.
    ShardPattern,
    /// PSUBSCRIBE at a sentinel, whose channels tell of what it does.
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
    /// Exactly the channel `name`.
    #[must_use]
    pub fn channel(name: &[u8]) -> Self {
        Self {
            kind: SubscriptionKind::Channel,
            name: name.into(),
        }
    }

    /// The same, of a name that is shared: nothing of it is copied.
    #[must_use]
    pub fn shared_channel(name: Arc<[u8]>) -> Self {
        Self {
            kind: SubscriptionKind::Channel,
            name,
        }
    }

    /// Every channel that the glob `name` matches.
    #[must_use]
    pub fn pattern(name: &[u8]) -> Self {
        Self {
            kind: SubscriptionKind::Pattern,
            name: name.into(),
        }
    }

    /// Exactly the sharded channel `name`.
    #[must_use]
    pub fn shard(name: &[u8]) -> Self {
        Self {
            kind: SubscriptionKind::Shard,
            name: name.into(),
        }
    }

    /// Every sharded channel that the glob `name` matches and that somebody listens to.
    #[must_use]
    pub fn shard_pattern(name: &[u8]) -> Self {
        Self {
            kind: SubscriptionKind::ShardPattern,
            name: name.into(),
        }
    }

    /// The sentinels' own channels that the glob `name` matches.
    #[must_use]
    pub fn sentinel(name: &[u8]) -> Self {
        Self {
            kind: SubscriptionKind::Sentinel,
            name: name.into(),
        }
    }

    /// A sharded channel, or several if `name` holds one of the glob characters `* ? [`.
    #[must_use]
    pub fn guess_shard(name: &[u8]) -> Self {
        if Self::is_glob(name) {
            Self::shard_pattern(name)
        } else {
            Self::shard(name)
        }
    }

    /// A pattern if `name` holds one of the glob characters `* ? [`, else a channel.
    #[must_use]
    pub fn guess(name: &[u8]) -> Self {
        if Self::is_glob(name) {
            Self::pattern(name)
        } else {
            Self::channel(name)
        }
    }

    fn is_glob(name: &[u8]) -> bool {
        name.iter().any(|byte| b"*?[".contains(byte))
    }

    /// Whether a name of its kind of channel is one that it asks for.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        if self.names_one() {
            *self.name == *name
        } else {
            glob::matches(&self.name, name)
        }
    }

    /// Whether it asks for exactly one channel.
    #[must_use]
    pub fn names_one(&self) -> bool {
        matches!(
            self.kind,
            SubscriptionKind::Channel | SubscriptionKind::Shard
        )
    }
}

/// A topic together with the id that this session knows it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id in this session.
    pub id: SubscriptionId,
    /// What it asks for.
    pub topic: Topic,
}

/// A row that is not a message: something that happened to the listening itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Redis confirmed a subscription.
    Subscribed {
        /// Which one.
        subscription: Subscription,
        /// How many this connection then had, as Redis counts them.
        count: i64,
        /// The server's name, where several are listened to.
        server: Option<Box<str>>,
    },
    /// Redis confirmed that a subscription is over.
    Unsubscribed {
        /// Which one.
        subscription: Subscription,
        /// How many this connection then had left, as Redis counts them.
        count: i64,
        /// The server's name, where several are listened to.
        server: Option<Box<str>>,
        /// Whether this session had asked for it; if not, the server ended it by itself.
        asked: bool,
    },
    /// Redis refused a subscription.
    Denied {
        /// Which one.
        subscription: Subscription,
        /// Redis's own words.
        reason: Box<str>,
    },
    /// The message given by `--until` came and ended a subscription.
    Ended {
        /// Which one.
        subscription: Subscription,
    },
    /// The last subscription has ended: nothing is listened to any more.
    AllEnded,
    /// Sharded channels that a pattern matches were looked for, on all nodes.
    Discovered {
        /// The pattern.
        subscription: Subscription,
        /// How many were found.
        count: u64,
    },
    /// The connection was lost, and with it every message published until it was back.
    ///
    /// The same gap is told again when it changes: when it comes to its end, or
    /// when the connection is lost once more before that (with the newest reason). The log takes
    /// a gap whose `noticed` equals that of a row it has as news of that row, and makes no other.
    Gap(Gap),
    /// Messages that arrived but that this program had no room for.
    Dropped(Dropped),
    /// Redis refused to let us hear all channels, and was asked what the user may hear instead.
    Allowed {
        /// The user's name.
        user: Box<str>,
        /// What it may hear.
        channels: Allowed,
    },
    /// Not all that is wanted can be heard, or not for good: what, why, and what to do about it.
    Partial(Box<str>),
    /// The server sent frames that nobody asked for, or that answer nothing. They are no messages:
    /// the rows of messages alone add up to what was received.
    Unexpected {
        /// What the first of them said.
        first: Unexpected,
        /// How many they were: those of a flood are told together.
        count: u64,
    },
    /// A client of the demo wanted to speak RESP3, which the demo does not.
    Resp3Refused {
        /// The library that it says it uses; empty if it has not said which.
        library: Box<str>,
    },
    /// A breakpoint matched, and the view stopped there.
    Breakpoint {
        /// The breakpoint's query.
        query: Box<str>,
        /// The row that it matched.
        row: RowId,
        /// The channel that its message came on.
        channel: Box<[u8]>,
    },
    /// The wall clock was set: times from here on are shown by the new one.
    ClockSet {
        /// By how many microseconds; back if negative.
        by: i64,
    },
    /// Redis confirmed a subscription that Socket.IO takes for one of its servers: to it this
    /// session is one more, which never answers.
    CountedBySocketIo {
        /// What is subscribed to.
        topic: Topic,
    },
    /// Messages that stood here were let go of, while what is before them was held.
    Evicted {
        /// How many.
        count: u64,
    },
}

/// What a user may hear, as far as it may be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// These channels and patterns, and no others. A pattern must be subscribed to as it is.
    Only {
        /// The first of them.
        names: Vec<Box<[u8]>>,
        /// How many more there are.
        left_out: usize,
    },
    /// The user may not know, in Redis's own words.
    Secret(Box<str>),
    /// Redis could not be asked, for this reason.
    Unknown(Box<str>),
}

/// A frame that nobody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unexpected {
    /// An error, in the server's own words.
    Error(Box<str>),
    /// Any other frame, as a text that may be cut.
    Frame(Box<str>),
}

/// A time in which messages may have been lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Until when all that was sent has certainly been heard, or, in a cluster, when the server was
    /// last certainly the right one: messages may be missing from here.
    pub last_heard: Time,
    /// When the loss was noticed.
    pub noticed: Time,
    /// How it came to its end, if it has.
    pub end: GapEnd,
    /// What happened, such as "connection lost".
    pub event: Box<str>,
    /// Why, in words.
    pub reason: Box<str>,
}

/// How a gap came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapEnd {
    /// Not yet: messages are being lost.
    Open,
    /// The last subscription was confirmed again at this time.
    Restored(Time),
    /// Nothing came back: from this time on nothing was listened to, so that nothing more was
    /// lost.
    GivenUp(Time),
}

/// Messages that were received and then dropped unread, to go on reading from Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// How many messages.
    pub count: u64,
    /// How many bytes of payload they had.
    pub bytes: u64,
    /// When the first of them came.
    pub from: Time,
    /// When the last of them came.
    pub to: Time,
}

impl Dropped {
    /// These and then `later`, told as one.
    #[must_use]
    pub fn and_then(self, later: Self) -> Self {
        Self {
            count: self.count + later.count,
            bytes: self.bytes + later.bytes,
            from: self.from,
            to: later.to,
        }
    }
}
