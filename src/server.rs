//! Talks to Redis over TCP, TLS or a Unix socket. The subscriber reads messages from connections of
//! its own and turns them into batches; the commander publishes and runs queries on a separate
//! connection.
//!
//! Both are tasks on the current tokio runtime. They report to the event loop over a single channel
//! of [`Feed`]s.

mod backoff;
mod bounded;
mod cluster;
mod commander;
mod complaint;
mod contacts;
mod coordinator;
mod endpoint;
mod gaps;
mod kind;
mod link;
mod login;
mod master_watcher;
mod node;
mod nodes;
mod password;
mod poller;
mod refusal;
mod resolver;
mod rights;
mod sentinel;
mod subscriber;
mod succession;
mod target;
mod tls;
mod topology;
mod transport;
mod upstream;
mod url;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::mpsc::{Sender, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use self::complaint::EndpointError;
pub use self::endpoint::{Address, DEFAULT_URL, Endpoint};
pub use self::login::LoginRetries;
pub use self::password::Password;
pub use self::refusal::Refusal;
pub use self::resolver::{Lookup, Resolver};
pub use self::rights::MAX_UNNAMED;
pub use self::target::{ParsedUrl, Sentinels, Target, UrlRemark};
pub use self::tls::{Tls, TlsError, TlsSettings};
pub use self::topology::Health;

use self::commander::Commander;
use self::coordinator::Coordinator;
use self::node::NodeLocation;
use self::topology::Owners;
use crate::log::{Batch, PayloadLimit};
use crate::message::{Allowed, NodeId, Subscription, SubscriptionId, Time};

/// How long [`Server::stop`] waits for a task to end before aborting it.
const PATIENCE: Duration = Duration::from_millis(400);

/// Configuration of the server tasks.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server, or how to find it.
    pub target: Target,
    /// TLS settings. Required if an endpoint uses TLS; ignored otherwise.
    pub tls: Option<Tls>,
    /// How host names are resolved to addresses.
    pub resolver: Resolver,
    /// The initial subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// A message whose whole payload equals this ends the subscription that delivered it.
    pub until: Option<Box<[u8]>>,
    /// Whether writes are refused before they are sent.
    pub read_only: bool,
    /// The name of the connections in `CLIENT LIST`.
    pub client_name: Box<str>,
    /// How many bytes of messages may be queued for the event loop before the oldest are dropped.
    pub pending_bytes: usize,
    /// How much of each payload the log keeps. The rest is discarded as it arrives.
    pub payload_limit: PayloadLimit,
    /// How a login that worked before is retried after it is refused.
    pub login_retries: LoginRetries,
    /// Timeouts and intervals.
    pub timing: Timing,
}

impl Config {
    /// Creates a configuration with default settings and no subscriptions.
    #[must_use]
    pub fn new(target: impl Into<Target>) -> Self {
        Self {
            target: target.into(),
            tls: None,
            resolver: Resolver::System,
            subscriptions: Vec::new(),
            until: None,
            read_only: false,
            client_name: "subscope".into(),
            pending_bytes: 40 << 20,
            payload_limit: PayloadLimit::NONE,
            login_retries: LoginRetries::default(),
            timing: Timing::default(),
        }
    }
}

/// Timeouts and intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Timeout for establishing a connection.
    pub connect_within: Duration,
    /// The interval between two PINGs.
    pub ping_every: Duration,
    /// A server that sends nothing at all for this long after a request is considered dead.
    pub answer_within: Duration,
    /// The upper bound of the wait before the first retry; see [`Connection::Reconnecting`].
    pub first_wait: Duration,
    /// The upper bound of the wait before any retry.
    pub longest_wait: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect_within: Duration::from_secs(5),
            ping_every: Duration::from_secs(5),
            answer_within: Duration::from_secs(15),
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(5),
        }
    }
}

/// Counters of the subscriber, for the program's statistics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Bytes read from the subscriber's connections.
    pub bytes_received: AtomicU64,
    /// Number of reads that returned data.
    pub reads: AtomicU64,
    /// Number of batches sent to the event loop.
    pub batches: AtomicU64,
    /// Messages dropped because the event loop fell too far behind.
    pub dropped: AtomicU64,
}

/// The running server tasks.
#[derive(Debug)]
pub struct Server {
    command_tx: UnboundedSender<Command>,
    ask_tx: UnboundedSender<Ask>,
    counters: Arc<Counters>,
    tasks: [JoinHandle<()>; 2],
}

/// Starts the tasks on the current tokio runtime. They report through `feed_tx`.
///
/// # Panics
///
/// Panics if called outside of a tokio runtime.
#[must_use]
pub fn start(config: Config, feed_tx: Sender<Feed>) -> Server {
    let config = Arc::new(config);
    let counters = Arc::<Counters>::default();
    let answering = Arc::<Notify>::default();
    let (command_tx, command_rx) = unbounded_channel();
    let (ask_tx, ask_rx) = unbounded_channel();
    let (report_tx, report_rx) = unbounded_channel();
    let (home_tx, home_rx) = watch::channel(None);
    let owners = Owners::default();
    let commander = Commander::new(
        Arc::clone(&config),
        NodeLocation::Home(home_rx),
        feed_tx.clone(),
        (report_tx.clone(), owners.clone()),
        ask_rx,
        Arc::clone(&answering),
    );
    let coordinator = Coordinator::new(
        config,
        feed_tx,
        command_rx,
        (report_tx, report_rx),
        (home_tx, owners),
        Arc::clone(&counters),
        answering,
    );
    Server {
        command_tx,
        ask_tx,
        counters,
        tasks: [
            tokio::spawn(coordinator.run()),
            tokio::spawn(commander.run()),
        ],
    }
}

impl Server {
    /// Sends a command to the subscriber without waiting.
    pub fn command(&self, command: Command) {
        // Sending fails only once the event loop, which receives the feeds, is gone.
        let _ = self.command_tx.send(command);
    }

    /// Sends a request to the commander without waiting. The answer arrives as a [`Feed`].
    pub fn ask(&self, ask: Ask) {
        let _ = self.ask_tx.send(ask);
    }

    /// Returns the subscriber's counters. They stay readable after [`Server::stop`].
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Stops all tasks and waits for them to end, aborting those that take too long.
    pub async fn stop(self) {
        drop((self.command_tx, self.ask_tx));
        for mut task in self.tasks {
            if timeout(PATIENCE, &mut task).await.is_err() {
                task.abort();
                let _ = task.await;
            }
        }
    }
}

/// What the server tasks report to the event loop.
#[derive(Debug)]
pub enum Feed {
    /// Rows for the log.
    Batch(Box<Batch>),
    /// The subscriber connection to a server changed its state.
    Connection(NodeId, Connection),
    /// A server answered a PING after this time.
    RoundTrip(NodeId, Duration),
    /// These subscriptions were live and must be confirmed again.
    Unconfirmed(Vec<SubscriptionId>),
    /// The nodes of the cluster.
    Nodes(Vec<NodeFacts>),
    /// The existing sharded channels that match a pattern.
    ShardChannels {
        /// The pattern.
        subscription: Subscription,
        /// The names of the channels, sorted.
        names: Vec<Box<[u8]>>,
    },
    /// Product and version of the server, such as "Redis 7.0.15".
    ServerVersion(Box<str>),
    /// The server turned out to be a sentinel. Contains the names of the masters it monitors.
    Sentinel(Vec<Box<str>>),
    /// The server refused a request of the heartbeat or the command connection: its error message
    /// and the consequence. `None` once it answers again.
    Trouble(Option<Box<str>>),
    /// Some subscriptions cannot be received, or not permanently: what is affected, then after a
    /// colon the reason and the remedy. `None` once everything is received.
    Partial(Option<Box<str>>),
    /// The answer to [`Ask::Allowed`].
    Allowed {
        /// The user that the connections are logged in as.
        user: Box<str>,
        /// The channels that the user may receive.
        channels: Allowed,
    },
    /// The answer to [`Ask::Publish`].
    Published {
        /// The id from the request.
        id: u64,
        /// How many clients received the message, or why it was not published.
        receivers: Result<i64, Box<str>>,
        /// The cluster node that counted the receivers. It counts only its own clients, not those
        /// of the other nodes it forwarded the message to. `None` if the count covers all clients.
        counted_at: Option<Box<str>>,
    },
}

/// State of the subscriber's connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The first attempt is in progress.
    Connecting,
    /// Connected. Each subscription has its own state.
    Live,
    /// Lost or never established. The next attempt starts at `retry_at`.
    Reconnecting {
        /// The reason, as text.
        reason: Box<str>,
        /// When the next attempt starts.
        retry_at: Time,
        /// How many attempts have failed since the connection was last live.
        attempts: u32,
    },
    /// The login was refused, for example because of a wrong password.
    Refused {
        /// The error message of the server.
        reason: Box<str>,
        /// When the login is retried; `None` if only on request.
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
    /// The node's address.
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
    /// Round-trip time of the last answer, if the node was queried.
    pub round_trip: Option<Duration>,
}

/// The role of a server among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A standalone server, or the role is unknown.
    Single,
    /// Serves slots.
    Primary,
    /// Replicates a primary.
    Replica,
    /// Monitors a master.
    Sentinel,
}

/// A command from the event loop to the subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Drop a subscription that another server takes over. Sent only by the server tasks.
    Yield(SubscriptionId),
    /// Reconnect, because another server replaced this one. Sent only by the server tasks.
    Leave {
        /// Until when this was certainly the right server.
        last_served: Time,
        /// What happened.
        event: Box<str>,
        /// The reason, as text.
        reason: Box<str>,
    },
    /// Subscribe.
    Subscribe(Subscription),
    /// Unsubscribe.
    Unsubscribe(SubscriptionId),
    /// Reconnect immediately, without waiting for the retry time.
    Reconnect,
}

/// A request from the event loop to the commander.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Publish a message (PUBLISH or SPUBLISH).
    Publish {
        /// Returned with the answer.
        id: u64,
        /// The channel's name.
        channel: Box<[u8]>,
        /// The message.
        payload: Box<[u8]>,
        /// Whether the channel is sharded.
        is_sharded: bool,
    },
    /// Query which channels the user may receive (ACL GETUSER).
    Allowed,
}
