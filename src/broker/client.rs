//! The state of one client, and its output buffer.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::settings::{Limits, Settings};

/// A client's id, counted from 1 and never reused.
pub type ClientId = u64;

/// The three namespaces of subscriptions, which Redis keeps separate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Channels (SUBSCRIBE).
    Channel,
    /// Patterns (PSUBSCRIBE).
    Pattern,
    /// Shard channels (SSUBSCRIBE).
    Shard,
}

/// The version of RESP that a client has chosen with HELLO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Messages are arrays, and a client with subscriptions may send only a few commands.
    #[default]
    Resp2,
    /// Messages are pushes, which cannot be confused with replies.
    Resp3,
}

impl Protocol {
    /// Returns the version's number in HELLO.
    pub fn number(self) -> u8 {
        match self {
            Self::Resp2 => 2,
            Self::Resp3 => 3,
        }
    }

    /// Returns the first byte of a message or a confirmation.
    pub fn push_mark(self) -> u8 {
        match self {
            Self::Resp2 => b'*',
            Self::Resp3 => b'>',
        }
    }
}

/// The state of one connection that is shared between tasks.
#[derive(Debug)]
pub struct Client {
    pub id: ClientId,
    limits: Limits,
    pub peer: SocketAddr,
    /// The name set by the client, or empty.
    pub name: Vec<u8>,
    /// The name and version of the client's library, as set by the client.
    pub library: (Vec<u8>, Vec<u8>),
    /// The version of RESP, which decides the form of replies and messages.
    pub protocol: Protocol,
    /// The selected database, which has no effect here.
    pub database: i64,
    /// Whether the client is authenticated. Always true if there is no password.
    pub authenticated: bool,
    /// The last command that the client sent.
    pub last_command: &'static str,
    /// Number of buffered bytes of an incomplete command.
    pub query_bytes: usize,
    /// When the client last sent a command.
    pub last_heard: Instant,
    /// The transaction opened by MULTI.
    pub transaction: Option<Transaction>,
    connected: Instant,
    subscriptions: [BTreeSet<Arc<[u8]>>; 3],
    subscription_bytes: usize,
    output: Output,
    /// Wakes the client's task when there is something to write, or when the client was removed.
    pub wake: Arc<Notify>,
}

/// Commands queued for EXEC.
///
/// `Debug` shows only the number of commands, since one may be AUTH with a password.
#[derive(Default)]
pub struct Transaction {
    /// The queued commands with their arguments.
    pub commands: Vec<Vec<Vec<u8>>>,
    bytes: usize,
    /// Whether EXEC will fail.
    pub is_doomed: bool,
}

impl Transaction {
    /// Queues a command. Returns `false` and dooms the transaction if the total size of the
    /// commands exceeds `limit`.
    pub fn push(&mut self, arguments: &[Vec<u8>], limit: usize) -> bool {
        let size = |argument: &Vec<u8>| argument.len() + size_of::<Vec<u8>>();
        self.bytes += arguments.iter().map(size).sum::<usize>();
        if self.bytes > limit {
            self.doom();
            return false;
        }
        if !self.is_doomed {
            self.commands.push(arguments.to_vec());
        }
        true
    }

    /// Makes EXEC fail because a command was refused.
    pub fn doom(&mut self) {
        self.is_doomed = true;
        self.commands = Vec::new();
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transaction({} commands)", self.commands.len())
    }
}

/// The output buffer of a client.
#[derive(Debug, Default)]
struct Output {
    waiting: Vec<u8>,
    /// Messages that wait until the client's current command is answered, while it is executed.
    held: Option<Vec<u8>>,
    /// Bytes that the client's task has taken but not yet written.
    in_flight: usize,
    /// When the size last rose above the soft limit, if it is still above it.
    over_soft: Option<Instant>,
    /// Whether to close the connection once everything is written.
    closing: bool,
}

impl Client {
    /// Creates the state of a new connection.
    pub fn new(id: ClientId, peer: SocketAddr, settings: &Settings, wake: Arc<Notify>) -> Self {
        let now = Instant::now();
        Self {
            id,
            limits: settings.limits,
            peer,
            name: Vec::new(),
            library: (Vec::new(), Vec::new()),
            protocol: Protocol::default(),
            database: 0,
            authenticated: settings.password.is_none(),
            last_command: "NULL",
            query_bytes: 0,
            last_heard: now,
            transaction: None,
            connected: now,
            subscriptions: Default::default(),
            subscription_bytes: 0,
            output: Output::default(),
            wake,
        }
    }

    /// Returns the subscriptions of one family.
    pub fn subscriptions(&self, family: Family) -> &BTreeSet<Arc<[u8]>> {
        &self.subscriptions[family as usize]
    }

    /// Returns the subscription count that Redis reports for this family: channels and patterns
    /// together, shard channels separately.
    pub fn count(&self, family: Family) -> usize {
        let of = |family| self.subscriptions(family).len();
        match family {
            Family::Channel | Family::Pattern => of(Family::Channel) + of(Family::Pattern),
            Family::Shard => of(Family::Shard),
        }
    }

    /// Returns whether the client has any subscriptions.
    pub fn is_subscribed(&self) -> bool {
        self.subscriptions.iter().any(|names| !names.is_empty())
    }

    /// Returns whether the client may send only the commands that RESP2 allows with subscriptions.
    pub fn is_restricted(&self) -> bool {
        self.protocol == Protocol::Resp2 && self.is_subscribed()
    }

    /// Returns whether a subscription to `name` would stay within the limits.
    pub fn may_subscribe(&self, name: &[u8]) -> bool {
        let count: usize = self.subscriptions.iter().map(BTreeSet::len).sum();
        count < self.limits.subscriptions
            && self.subscription_bytes + name.len() <= self.limits.subscription_bytes
    }

    /// Adds a subscription. Returns `false` if it already exists.
    pub fn subscribe(&mut self, family: Family, name: &Arc<[u8]>) -> bool {
        let is_new = self.subscriptions[family as usize].insert(Arc::clone(name));
        if is_new {
            self.subscription_bytes += name.len();
        }
        is_new
    }

    /// Removes a subscription. Returns `false` if it does not exist.
    pub fn unsubscribe(&mut self, family: Family, name: &[u8]) -> bool {
        let had = self.subscriptions[family as usize].remove(name);
        if had {
            self.subscription_bytes -= name.len();
        }
        had
    }

    /// Queues bytes to be written. Returns `false` if this exceeds a limit.
    pub fn queue(&mut self, bytes: &[u8]) -> bool {
        if self.output.closing {
            return true;
        }
        if self.output.size() + bytes.len() > self.limits.output_hard {
            return false;
        }
        self.output.waiting.extend_from_slice(bytes);
        self.output.update_soft_limit(&self.limits);
        self.wake.notify_one();
        !self.is_overdue()
    }

    /// Queues a message. Like [`Self::queue`], but the message waits for the answer of the command
    /// that is being executed: inside of an answer, clients do not expect messages.
    pub fn queue_message(&mut self, bytes: &[u8]) -> bool {
        let is_within = self.output.size() + bytes.len() <= self.limits.output_hard;
        match &mut self.output.held {
            Some(held) if is_within && !self.output.closing => held.extend_from_slice(bytes),
            _ => return self.queue(bytes),
        }
        true
    }

    /// Holds back messages until [`Self::release_messages`].
    pub fn hold_messages(&mut self) {
        self.output.held = Some(Vec::new());
    }

    /// Queues the messages held back. Returns `false` if a limit is exceeded.
    pub fn release_messages(&mut self) -> bool {
        let held = self.output.held.take().unwrap_or_default();
        held.is_empty() || self.queue(&held)
    }

    /// Closes the connection after the queued bytes have been written. No more bytes are queued.
    pub fn close(&mut self) {
        self.output.closing = true;
        self.wake.notify_one();
    }

    /// Returns whether the connection is being closed, so that nothing more is read from it.
    pub fn is_closing(&self) -> bool {
        self.output.closing
    }

    /// Takes the queued bytes, if any, for the client's task to write. The task must have written
    /// all bytes taken earlier. Returns `None` if the connection should be closed instead.
    pub fn take_output(&mut self) -> Option<Vec<u8>> {
        let bytes = std::mem::take(&mut self.output.waiting);
        self.output.in_flight = bytes.len();
        (!bytes.is_empty() || !self.output.closing).then_some(bytes)
    }

    /// Records that the client's task has written `count` bytes.
    pub fn wrote(&mut self, count: usize) {
        self.output.in_flight = self.output.in_flight.saturating_sub(count);
        self.output.update_soft_limit(&self.limits);
    }

    /// Returns when the client will have exceeded the soft limit for too long, or `None` if the
    /// limit is not exceeded.
    pub fn deadline(&self) -> Option<Instant> {
        let since = self.output.over_soft?;
        Some(since + self.limits.output_soft_for)
    }

    /// Returns whether the soft limit has been exceeded for too long.
    pub fn is_overdue(&self) -> bool {
        let deadline = self.deadline();
        deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Returns the client's line in CLIENT LIST, with its line break
    /// (<https://redis.io/docs/latest/commands/client-list/>).
    pub fn describe(&self, local: SocketAddr) -> Vec<u8> {
        let now = Instant::now();
        let seconds = |since: Instant| now.saturating_duration_since(since).as_secs();
        let omem = self.output.size();
        let transaction = self.transaction.as_ref();
        let multi = transaction.map_or(-1, |open| open.commands.len().cast_signed());
        let multi_bytes = transaction.map_or(0, |open| open.bytes);
        let (id, peer) = (self.id, self.peer);
        let start = format!("id={id} addr={peer} laddr={local} fd=-1 name=");
        let mut line = start.into_bytes();
        line.extend_from_slice(&self.name);
        // Writing to a vector cannot fail.
        let _ = write!(
            line,
            " age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={} qbuf={} qbuf-free=0 \
             argv-mem=0 multi-mem={} rbs=0 rbp=0 obl=0 oll={} omem={omem} tot-mem={} events={} \
             cmd={} user=default redir=-1 resp={} lib-name=",
            seconds(self.connected),
            seconds(self.last_heard),
            self.flags(),
            self.database,
            self.subscriptions(Family::Channel).len(),
            self.subscriptions(Family::Pattern).len(),
            self.subscriptions(Family::Shard).len(),
            multi,
            self.query_bytes,
            multi_bytes,
            u8::from(omem > 0),
            omem + multi_bytes + self.query_bytes + self.subscription_bytes + size_of::<Self>(),
            if omem > 0 { "rw" } else { "r" },
            self.last_command,
            self.protocol.number(),
        );
        line.extend_from_slice(&self.library.0);
        line.extend_from_slice(b" lib-ver=");
        line.extend_from_slice(&self.library.1);
        line.push(b'\n');
        line
    }

    /// Returns the client's flags in CLIENT LIST: `P` for a subscriber, `x` in a transaction, or
    /// `N` for neither.
    fn flags(&self) -> &'static str {
        match (self.is_subscribed(), self.transaction.is_some()) {
            (true, true) => "Px",
            (true, false) => "P",
            (false, true) => "x",
            (false, false) => "N",
        }
    }

    /// Restores the initial state except for the subscriptions (RESET).
    pub fn reset(&mut self, authenticated: bool) {
        self.name.clear();
        self.protocol = Protocol::default();
        self.transaction = None;
        self.database = 0;
        self.authenticated = authenticated;
    }
}

impl Output {
    fn size(&self) -> usize {
        self.waiting.len() + self.in_flight + self.held.as_ref().map_or(0, Vec::len)
    }

    fn update_soft_limit(&mut self, limits: &Limits) {
        if self.size() <= limits.output_soft {
            self.over_soft = None;
        } else if self.over_soft.is_none() {
            self.over_soft = Some(Instant::now());
        }
    }
}
