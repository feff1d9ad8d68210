//! Reports from the server tasks to the event loop, and the event loop's commands and requests to
//! these tasks.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::connect::{LoginAt, Password};
use crate::log::Batch;
use crate::message::{
    Allowed, ConnectionError, DatabaseError, GapCause, NodeId, Partial, RedisError, Subscription,
    SubscriptionId, Time,
};

/// A report from the server tasks to the event loop.
#[derive(Debug)]
pub enum Feed {
    /// Rows for the log.
    Batch(Box<Batch>),
    /// The state of the subscriber connection to a server changed.
    Connection(NodeId, Connection),
    /// A server answered the PING sent at this time, after this duration. Everything it sent before
    /// that time is in earlier feeds.
    RoundTrip(NodeId, Time, Duration),
    /// These subscriptions were live, and need to be confirmed again.
    Unconfirmed(Vec<SubscriptionId>),
    /// The nodes of the cluster.
    Nodes(Vec<NodeFacts>),
    /// The channels that match a pattern, of those with subscribers.
    FoundChannels {
        /// The pattern.
        subscription: Subscription,
        /// The names of the channels, sorted.
        names: Vec<Box<[u8]>>,
    },
    /// Product and version of the server, such as "Redis 7.0.15".
    ServerVersion(Box<str>),
    /// The server turned out to be a sentinel, which monitors the masters with these names.
    Sentinel(Vec<Box<str>>),
    /// The server refused a heartbeat or the command connection. `None` once it answers again.
    Trouble(Option<Trouble>),
    /// The messages of some subscriptions cannot be received, or may soon be missed. `None` once
    /// this is over.
    Partial(Option<Partial>),
    /// The answer to [`Ask::Allowed`].
    Allowed {
        /// The user as whom the connections are logged in.
        user: Box<str>,
        /// The channels that the user may subscribe to.
        channels: Allowed,
    },
    /// The answer to [`Ask::KeyEvents`] if the server sends none. There is no other answer.
    KeyEventsOff,
    /// The answer to [`Ask::Publish`].
    Published {
        /// The id from the request.
        id: u64,
        /// How many clients received the message, or why it was not published.
        receivers: Result<i64, PublishError>,
        /// The cluster node that counted the receivers. It counts only its own clients, not those
        /// of other nodes. `None` if the count covers all clients.
        counted_at: Option<Box<str>>,
    },
}

/// Something that the server refuses, apart from subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server refuses PING, so the round trip is unknown.
    Ping(RedisError),
    /// The server refuses the command connection.
    NoPublishing(ConnectionError),
    /// The server refuses to select the database.
    Database(DatabaseError),
}

/// Why a message was not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishError {
    /// The configuration does not allow writes.
    ReadOnly,
    /// The server refused the message.
    Refused(RedisError),
    /// There is no connection.
    NotPublished(ConnectionError),
    /// The connection failed, perhaps after the server had published the message.
    Unknown(ConnectionError),
}

/// State of a subscriber's connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// The first attempt is in progress.
    #[default]
    Connecting,
    /// Connected. Each subscription has its own state.
    Live,
    /// Lost or never established.
    Reconnecting {
        /// The reason.
        reason: ConnectionError,
        /// When the next attempt starts.
        retry_at: Time,
        /// How many attempts have failed since the connection was last live.
        attempts: u32,
    },
    /// The login was refused, for example because of a wrong password.
    Refused {
        /// The reason, usually the server's error.
        reason: ConnectionError,
        /// When the login is retried, or `None` if it is retried only on request.
        retry_at: Option<Time>,
    },
    /// Not connected, because there are no subscriptions.
    Idle,
}

/// A server as shown to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// The node's id.
    pub node: NodeId,
    /// The node's display name, usually its address.
    pub name: Box<str>,
    /// The node's role.
    pub role: Role,
    /// Health of the node as reported by the other nodes.
    pub health: Health,
    /// The slots that the node serves.
    pub slots: Vec<RangeInclusive<u16>>,
    /// Number of subscriptions that the node delivers.
    pub subscriptions: usize,
    /// Whether ordinary channels and patterns are received from this node.
    pub is_home: bool,
    /// Round-trip time of the latest query, if the node was queried and answered.
    pub round_trip: Option<Duration>,
}

/// The role of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A standalone server, or the role is unknown.
    Single,
    /// A cluster primary, or the master named by the sentinels.
    Primary,
    /// A replica of a primary.
    Replica,
    /// A sentinel, which monitors masters.
    Sentinel,
}

/// The health of a node as seen by the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// The node answers the other nodes.
    #[default]
    Well,
    /// The node does not answer the queried node.
    Suspected,
    /// A majority of the primaries considers the node failed.
    Failed,
}

/// A command to the subscribers, from the event loop unless stated otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Drop a subscription that another server takes over. Sent only by the server tasks.
    Yield(SubscriptionId),
    /// Reconnect, because another server has replaced the connected one. Sent only by the server
    /// tasks.
    Leave {
        /// The time until which the connected server was certainly the right one.
        last_served: Time,
        /// The cause of the gap.
        cause: GapCause,
    },
    /// Subscribe.
    Subscribe(Subscription),
    /// Unsubscribe.
    Unsubscribe(SubscriptionId),
    /// Use this password for all later logins, and reconnect.
    LogIn {
        /// The servers that it is for.
        at: LoginAt,
        /// The password that the user has typed.
        password: Password,
    },
    /// Reconnect immediately, without waiting for the retry time.
    Reconnect,
    /// Send a PING every second, or only as often as needed to notice a dead peer.
    PingOften(bool),
}

/// A request from the event loop to the commander.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Publish a message (PUBLISH or SPUBLISH).
    Publish {
        /// The request's id, which the answer repeats.
        id: u64,
        /// The channel's name.
        channel: Box<[u8]>,
        /// The message.
        payload: Box<[u8]>,
        /// Whether the channel is sharded.
        is_sharded: bool,
    },
    /// Query which channels the user may subscribe to (ACL GETUSER).
    Allowed,
    /// Query whether the server sends keyspace events (CONFIG GET).
    KeyEvents,
}
