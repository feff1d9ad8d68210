//! The core types that all other modules share: times, ids, subscriptions and notices.

mod cause;
pub mod clock;
pub mod glob;
pub mod names;
mod redis_error;
mod tls_failure;
mod topic;
mod tunnel_error;

use std::time::Duration;

pub use self::cause::{
    Awaited, Closing, ConnectionError, DatabaseError, Gap, GapCause, GapEnd, GapReason,
    LookupError, MoveReason, MovedTopic, Partial, PasswordCommandError, PasswordCommandFailure,
    SentinelError, SentinelErrors, SentinelOutcome, Stranger, StreamKind, io_reason,
};
pub use self::redis_error::{ErrorCode, RedisError};
pub use self::tls_failure::{Alert, CertificateFault, Distrust, FaultyCertificate, TlsFailure};
pub use self::topic::{SubscriptionKind, Topic};
pub use self::tunnel_error::TunnelError;

/// The channel of client-side cache invalidations. Each message is a JSON list of keys, or `null`
/// for all keys.
pub const INVALIDATIONS: &[u8] = b"__redis__:invalidate";

/// Returns whether `name` is a channel of keyspace notifications, or a pattern for such channels.
pub fn is_key_event(name: &[u8]) -> bool {
    name.starts_with(b"__key") || name.starts_with(b"__subkey")
}

/// A point in time, in microseconds since the Unix epoch, on a clock that starts at the wall
/// clock's time, never goes back, and keeps running while the computer sleeps. The difference
/// between two times is therefore the elapsed time even if the wall clock is set in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// Reads the clock. Called only at the edges of the program; elsewhere, times come with events.
    pub fn now() -> Self {
        clock::now()
    }

    /// Returns the time elapsed since `earlier`, or zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Returns the time `wait` later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(micros(wait)))
    }

    /// Returns the time `wait` earlier.
    #[must_use]
    pub fn before(self, wait: Duration) -> Self {
        Self(self.0.saturating_sub(micros(wait)))
    }

    /// Returns the number of whole seconds since the Unix epoch.
    pub fn second(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// An interned channel name: an index into the log's channel table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub u32);

/// The id of a row in the log. Ids count from 0 and are never reused, so that references stay
/// valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u64);

/// A subscription of this session, numbered from 0 in the order of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(pub u32);

/// A server that this session talks to, numbered from 0 in the order of discovery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

/// A topic with its id in this session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The id in this session.
    pub id: SubscriptionId,
    /// The channel or pattern that is subscribed to.
    pub topic: Topic,
}

/// A row that is not a message: an event of the subscriptions or the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Redis confirmed a subscription.
    Subscribed {
        /// The subscription.
        subscription: Subscription,
        /// The number of subscriptions that the connection now has, as reported by Redis.
        count: i64,
        /// The server's name, if there are several servers.
        server: Option<Box<str>>,
    },
    /// Redis confirmed the end of a subscription.
    Unsubscribed {
        /// The subscription.
        subscription: Subscription,
        /// The connection's number of remaining subscriptions, as reported by Redis.
        count: i64,
        /// The server's name, if there are several servers.
        server: Option<Box<str>>,
        /// Whether this session requested it; if not, the server ended it on its own.
        asked: bool,
    },
    /// Redis refused a subscription.
    Denied {
        /// The subscription.
        subscription: Subscription,
        /// Redis's error.
        reason: RedisError,
    },
    /// The `--until` message arrived and ended a subscription.
    Ended(Subscription),
    /// The last subscription has ended: no subscriptions are left.
    AllEnded,
    /// All nodes were searched for channels that match a pattern.
    Discovered {
        /// The pattern.
        subscription: Subscription,
        /// The number of channels found.
        count: u64,
    },
    /// The connection was lost, and with it every message published until the connection was
    /// restored.
    ///
    /// The same gap is reported again when it changes: when it ends, or when the connection is lost
    /// again before that (with the newest reason). If a gap's `noticed` equals that of an existing
    /// row, the log updates that row instead of adding one.
    Gap(Gap),
    /// Messages that arrived but were dropped for lack of room.
    Dropped(Dropped),
    /// Redis refused a subscription to all channels, so it was asked which channels the user may
    /// access.
    Allowed {
        /// The user's name.
        user: Box<str>,
        /// The channels that the user may access.
        channels: Allowed,
    },
    /// Some requested messages cannot be received, or may stop arriving.
    Partial(Partial),
    /// The server sent unsolicited frames, or frames that match no request. These frames are not
    /// included in the number of received messages.
    Unexpected {
        /// The first frame.
        first: Unexpected,
        /// The number of frames; a burst is reported in one row.
        count: u64,
    },
    /// A breakpoint matched, and the view stopped there.
    Breakpoint {
        /// The breakpoint's query.
        query: Box<str>,
        /// The row of the matching message.
        row: RowId,
        /// The channel of the matching message.
        channel: Box<[u8]>,
    },
    /// Channels have met the condition of a breakpoint, or no longer meet it.
    Judged {
        /// The breakpoint's query.
        query: Box<str>,
        /// The first few of these channels, all with the same kind of verdict.
        channels: Box<[JudgedChannel]>,
        /// The total number of these channels.
        count: u64,
    },
    /// The wall clock was set forward by this many microseconds, or back if negative. Later rows
    /// show times according to the new setting.
    ClockSet(i64),
    /// Redis confirmed a subscription to this topic. Socket.IO takes every subscriber to the topic
    /// for one of its own servers, so it waits for answers that this session never sends.
    CountedBySocketIo(Topic),
    /// A notice from a recording.
    Recorded {
        /// The name of the kind of notice.
        name: Box<str>,
        /// The text of the notice.
        text: Box<str>,
    },
    /// Messages that are in the log but not in the recording, for lack of room.
    Unrecorded(Dropped),
    /// A recording ended because its file could not be written.
    RecordingFailed {
        /// The path of the file, as the user typed it.
        path: Box<str>,
        /// The cause.
        cause: Box<str>,
    },
    /// This many messages were evicted here, while the rows before them were kept.
    Evicted(u64),
}

/// A channel with the verdict of a breakpoint on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedChannel {
    /// The start of the channel's name.
    pub name: Box<[u8]>,
    /// The verdict.
    pub verdict: Verdict,
}

/// The verdict of a breakpoint on a channel over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The channel has been silent for this long.
    Silent(Duration),
    /// The channel received a message again after this long.
    HeardAgain(Duration),
    /// The channel's rate has met the condition; it is this many messages per 1000 seconds.
    RateMet(u64),
    /// The channel's rate no longer meets the condition; it is this many messages per 1000 seconds.
    RateEnded(u64),
}

/// The channels a user may access, as far as Redis reveals them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Exactly these channels and patterns. A subscription to a pattern is allowed only if that
    /// exact pattern is listed.
    Only {
        /// The first few channels and patterns.
        names: Vec<Box<[u8]>>,
        /// The number of further channels and patterns, which are left out.
        left_out: usize,
    },
    /// The user may not query its permissions; this is Redis's error.
    Denied(RedisError),
    /// Redis could not be asked.
    Unknown(ConnectionError),
    /// The user's name is too long to query its permissions.
    UnusableName,
}

/// An unsolicited frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unexpected {
    /// An error.
    Error(RedisError),
    /// Any other frame, as text that may be truncated.
    Frame(Box<str>),
}

/// Messages that were received and then dropped unread, to keep up with Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The number of messages.
    pub count: u64,
    /// The total size of their payloads, in bytes.
    pub bytes: u64,
    /// The arrival time of the first.
    pub from: Time,
    /// The arrival time of the last.
    pub to: Time,
}

impl Dropped {
    /// Returns the total of these and the `later` dropped messages.
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
