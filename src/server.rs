//! All that talks to Redis.

use std::time::Duration;

use crate::log::Batch;
use crate::message::{Subscription, SubscriptionId, Time};

/// What the server tasks tell the loop.
#[derive(Debug)]
pub enum Feed {
    /// Rows for the log.
    Batch(Box<Batch>),
    /// The subscriber's connection has changed its state.
    Connection(Connection),
    /// Redis answered a PING after this long.
    RoundTrip(Duration),
    /// What kind of server answers, such as "Redis 7.0.15".
    ServerVersion(Box<str>),
    /// A question of the heartbeat or the command connection was refused, in Redis's own words, and what follows from it;
    /// `None` once it is answered again.
    Trouble(Option<Box<str>>),
    /// The answer to [`Ask::Publish`].
    Published {
        /// The id given with the question.
        id: u64,
        /// How many clients received it, or why it was not published.
        receivers: Result<i64, Box<str>>,
    },
}

/// The state of the subscriber's connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The first attempt is under way.
    Connecting,
    /// Connected; each subscription has its own state.
    Live,
    /// Lost or never had; the next attempt starts at `retry_at`.
    Reconnecting {
        /// Why, in words.
        reason: Box<str>,
        /// When the next attempt starts.
        retry_at: Time,
        /// How many attempts have failed since the connection was last live.
        attempts: u32,
    },
    /// Refused for good (a wrong password): tried again only when asked.
    Refused {
        /// Redis's own words.
        reason: Box<str>,
    },
    /// Nothing is subscribed to, so there is no connection.
    Idle,
}

/// What the loop asks of the subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Listen to this from now on.
    Subscribe(Subscription),
    /// Listen to this no more.
    Unsubscribe(SubscriptionId),
    /// Try again now, whatever the wait.
    Reconnect,
}

/// What the loop asks of the commander.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// PUBLISH.
    Publish {
        /// Comes back with the answer.
        id: u64,
        /// The channel's name.
        channel: Box<[u8]>,
        /// The message.
        payload: Box<[u8]>,
    },
}
