//! The configuration of the server tasks.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::connect::{AddressMap, Dial, LoginRetries, Resolver, Target, Tls, UrlSettings, Via};
use crate::log::PayloadLimit;
use crate::message::Subscription;

/// Configuration of the server tasks.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server, or how to find it.
    pub target: Target,
    /// TLS settings. Required if an endpoint uses TLS; ignored otherwise.
    pub tls: Option<Tls>,
    /// The command that connections over TCP go through, if any. Host names are then not resolved
    /// here.
    pub via: Option<Via>,
    /// Where the servers that a cluster or sentinels announce can be reached.
    pub address_map: AddressMap,
    /// How host names are resolved to addresses.
    pub resolver: Resolver,
    /// The initial subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// A message whose whole payload equals this ends the subscription that delivered it.
    pub until: Option<Box<[u8]>>,
    /// Whether to refuse writes instead of sending them.
    pub read_only: bool,
    /// The name of the connections in `CLIENT LIST`.
    pub client_name: Box<str>,
    /// How many bytes of messages may be queued for the event loop before the oldest are dropped.
    pub pending_bytes: usize,
    /// How much of each payload the log keeps. The rest is discarded as it arrives.
    pub payload_limit: PayloadLimit,
    /// How a login that has worked before is retried after a refusal.
    pub login_retries: LoginRetries,
    /// Timeouts and intervals.
    pub timing: Timing,
}

impl Config {
    /// Creates a configuration with default settings and no subscriptions.
    pub fn new(target: impl Into<Target>) -> Self {
        Self {
            target: target.into(),
            tls: None,
            via: None,
            address_map: AddressMap::default(),
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

    /// Applies the settings of a URL, except for those of TLS.
    pub fn apply(&mut self, settings: UrlSettings) {
        if let Some(name) = settings.client_name {
            self.client_name = name.into();
        }
        if let Some(family) = settings.family {
            self.resolver = Resolver::Preferring(family);
        }
        if let Some(time) = settings.connect_within {
            self.timing.connect_within = time;
        }
    }

    /// Returns the settings for connecting to one of several servers. The timeouts are short, so
    /// that the next server is asked soon if one does not answer.
    pub(super) fn short_dial(&self) -> Dial<'_> {
        Dial {
            connect_within: Duration::from_secs(1),
            answer_within: Duration::from_secs(2),
            ..self.dial()
        }
    }

    /// Returns the settings for the command connections.
    pub(super) fn dial(&self) -> Dial<'_> {
        Dial {
            target: &self.target,
            tls: self.tls.as_ref(),
            resolver: &self.resolver,
            via: self.via.as_ref(),
            address_map: &self.address_map,
            client_name: &self.client_name,
            connect_within: self.timing.connect_within,
            answer_within: self.timing.answer_within,
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
    /// A server that sends nothing for this long after a request is considered dead.
    pub answer_within: Duration,
    /// The upper bound of the wait before the first retry; see
    /// [`Reconnecting`](super::Connection::Reconnecting).
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

/// Counters of all subscribers, for the program's statistics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Bytes read from the subscribers' connections.
    pub bytes_received: AtomicU64,
    /// Number of reads that returned data.
    pub reads: AtomicU64,
    /// Number of batches sent to the event loop.
    pub batches: AtomicU64,
    /// Messages dropped because the event loop fell too far behind.
    pub dropped: AtomicU64,
}
