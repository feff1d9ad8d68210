//! All that talks to Redis, by TCP, TLS or a unix socket: the subscriber, which listens on a
//! connection of its own and turns what comes into batches, and the commander, which publishes and
//! asks on another.
//!
//! Both are tasks of the current tokio runtime. They tell the loop by one channel of [`Feed`]s.

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

/// A task that does not end by itself within this time is made to.
const PATIENCE: Duration = Duration::from_millis(400);

/// What the server tasks have to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server, or how it is found.
    pub target: Target,
    /// How TLS is spoken. Needed where the endpoint asks for TLS, and unused elsewhere.
    pub tls: Option<Tls>,
    /// How the names of hosts become addresses.
    pub resolver: Resolver,
    /// What to listen to from the start.
    pub subscriptions: Vec<Subscription>,
    /// A message whose whole payload is this ends the subscription that brought it.
    pub until: Option<Box<[u8]>>,
    /// Whether every write is refused before it leaves.
    pub read_only: bool,
    /// The name that the connections carry in Redis's CLIENT LIST.
    pub client_name: Box<str>,
    /// How many bytes of messages may wait for the loop before the oldest are dropped.
    pub pending_bytes: usize,
    /// How much of a payload the log will keep: the rest is not even held while it arrives.
    pub payload_limit: PayloadLimit,
    /// How a login that has worked before is tried again when it is refused.
    pub login_retries: LoginRetries,
    /// How long things may take.
    pub timing: Timing,
}

impl Config {
    /// The settings that a session has unless it says otherwise, with nothing to listen to.
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

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A connection that is not made within this time has failed.
    pub connect_within: Duration,
    /// The time between two PINGs.
    pub ping_every: Duration,
    /// A server that has been asked and says nothing at all for this long is dead.
    pub answer_within: Duration,
    /// The longest wait before the first retry; see [`Connection::Reconnecting`].
    pub first_wait: Duration,
    /// The longest wait before any retry.
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

/// What the subscriber has done so far, for the program's statistics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Bytes read from the subscriber's connections.
    pub bytes_received: AtomicU64,
    /// Reads that brought them.
    pub reads: AtomicU64,
    /// Batches handed over.
    pub batches: AtomicU64,
    /// Messages dropped because the loop lagged too far behind.
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

/// Starts the tasks on the current tokio runtime. They tell what happens through `feed_tx`.
///
/// # Panics
///
/// Outside of a tokio runtime.
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
    /// Asks something of the subscriber. Does not wait.
    pub fn command(&self, command: Command) {
        // The task ends early only when the loop, its listener, is gone.
        let _ = self.command_tx.send(command);
    }

    /// Asks something of the commander. Does not wait; the answer comes as a [`Feed`].
    pub fn ask(&self, ask: Ask) {
        let _ = self.ask_tx.send(ask);
    }

    /// What has been done so far. The counters stay readable after [`Server::stop`].
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Ends all tasks and waits for their end, though not for a server that does not answer.
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

/// What the server tasks tell the loop.
#[derive(Debug)]
pub enum Feed {
    /// Rows for the log.
    Batch(Box<Batch>),
    /// The connection that listens to a server has changed its state.
    Connection(NodeId, Connection),
    /// A server answered a PING after this long.
    RoundTrip(NodeId, Duration),
    /// These were live, and have to be confirmed again.
    Unconfirmed(Vec<SubscriptionId>),
    /// The nodes of the cluster.
    Nodes(Vec<NodeFacts>),
    /// The sharded channels that there are now and that a pattern matches.
    ShardChannels {
        /// The pattern.
        subscription: Subscription,
        /// The channels' names, in order.
        names: Vec<Box<[u8]>>,
    },
    /// What kind of server answers, such as "Redis 7.0.15".
    ServerVersion(Box<str>),
    /// The server is a sentinel, though it was not asked as one, and watches these masters.
    Sentinel(Vec<Box<str>>),
    /// A question of the heartbeat or the command connection was refused, in Redis's own words, and what follows from it;
    /// `None` once it is answered again.
    Trouble(Option<Box<str>>),
    /// Not all that is wanted can be heard, or not for good: what, then after a colon why, and
    /// what to do about it; `None` once all can.
    Partial(Option<Box<str>>),
    /// The answer to [`Ask::Allowed`].
    Allowed {
        /// The name of the user whom the connections belong to.
        user: Box<str>,
        /// What it may hear.
        channels: Allowed,
    },
    /// The answer to [`Ask::Publish`].
    Published {
        /// The id given with the question.
        id: u64,
        /// How many clients received it, or why it was not published.
        receivers: Result<i64, Box<str>>,
        /// The node of a cluster that counted its own clients: those of other nodes, which it has
        /// passed the message to, are not counted. `None` where all are.
        counted_at: Option<Box<str>>,
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
    /// The login was refused, such as for a wrong password.
    Refused {
        /// Redis's own words.
        reason: Box<str>,
        /// When it is tried again; `None` if only when asked.
        retry_at: Option<Time>,
    },
    /// Nothing is subscribed to, so there is no connection.
    Idle,
}

/// A server of a cluster, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// Its id.
    pub node: NodeId,
    /// Where it is.
    pub name: Box<str>,
    /// What it does.
    pub role: Role,
    /// What the others think of it.
    pub health: Health,
    /// The slots that it serves.
    pub slots: Vec<RangeInclusive<u16>>,
    /// How many subscriptions it brings.
    pub subscriptions: usize,
    /// Whether ordinary channels and patterns come by it.
    pub is_home: bool,
    /// How long its last answer took, if it was asked.
    pub round_trip: Option<Duration>,
}

/// What a server does among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It stands alone, or nothing else is known.
    Single,
    /// It serves slots.
    Primary,
    /// It copies a primary.
    Replica,
    /// It watches over a master.
    Sentinel,
}

/// What the loop asks of the subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Let go of this, which another server is to bring. Only the server tasks say so.
    Yield(SubscriptionId),
    /// Connect anew: another server has taken the place of this. Only the server tasks say so.
    Leave {
        /// Until when this was certainly the right one.
        last_served: Time,
        /// What has happened.
        event: Box<str>,
        /// Why, in words.
        reason: Box<str>,
    },
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
        /// Whether the channel is a sharded one.
        is_sharded: bool,
    },
    /// ACL GETUSER: which channels the user may hear.
    Allowed,
}
