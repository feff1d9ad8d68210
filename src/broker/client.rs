//! What the broker knows of one client, and the bytes that wait for it.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::settings::Limits;

/// A client's number, counted from 1 and never reused.
pub type ClientId = u64;

/// The three kinds of name that a client can listen to, which Redis keeps apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// SUBSCRIBE
    Channel,
    /// PSUBSCRIBE
    Pattern,
    /// SSUBSCRIBE
    Shard,
}

/// One connection, as everyone but its own task sees it.
#[derive(Debug)]
pub struct Client {
    /// Its number.
    pub id: ClientId,
    /// Its end of the connection.
    pub peer: SocketAddr,
    /// The name that it gave itself, or nothing.
    pub name: Vec<u8>,
    /// The library that it says it uses, and that library's version.
    pub library: (Vec<u8>, Vec<u8>),
    /// The database that it selected, which means nothing here.
    pub database: i64,
    /// Whether it has given the password, if there is one.
    pub authenticated: bool,
    /// The last command that it sent.
    pub last_command: &'static str,
    /// The bytes of a command that has not all arrived.
    pub query_bytes: usize,
    /// When it last sent a command.
    pub last_heard: Instant,
    /// The transaction that MULTI has opened.
    pub transaction: Option<Transaction>,
    connected: Instant,
    subscriptions: [BTreeSet<Arc<[u8]>>; 3],
    subscription_bytes: usize,
    output: Output,
    /// Wakes the client's task when there is something to write, or when the client is gone.
    wake: Arc<Notify>,
}

/// Commands that wait for EXEC.
///
/// `Debug` shows how many there are: one may be AUTH with its password.
#[derive(Default)]
pub struct Transaction {
    commands: Vec<Vec<Vec<u8>>>,
    bytes: usize,
    is_doomed: bool,
}

impl Transaction {
    /// Queues a command. False, and the transaction is doomed, if all of them are larger than
    /// `limit`.
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

    /// Makes EXEC fail: one of its commands was refused.
    pub fn doom(&mut self) {
        self.is_doomed = true;
        self.commands = Vec::new();
    }

    /// Whether EXEC is to fail.
    pub fn is_doomed(&self) -> bool {
        self.is_doomed
    }

    /// What EXEC carries out, each with its arguments.
    pub fn commands(&self) -> &[Vec<Vec<u8>>] {
        &self.commands
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transaction({} commands)", self.commands.len())
    }
}

/// The bytes that wait for a client.
#[derive(Debug, Default)]
struct Output {
    waiting: Vec<u8>,
    /// Bytes that the client's task has taken but not yet written.
    in_flight: usize,
    /// Since when there has been more than the soft limit.
    over_soft: Option<Instant>,
    /// Whether to close the connection once all is written.
    closing: bool,
}

/// What a client's task is to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Write these bytes.
    Write(Vec<u8>),
    /// Nothing to write for now.
    Wait,
    /// Everything is written and the connection is to be closed.
    Close,
}

impl Client {
    /// A client that has just connected.
    pub fn new(id: ClientId, peer: SocketAddr, authenticated: bool, wake: Arc<Notify>) -> Self {
        let now = Instant::now();
        Self {
            id,
            peer,
            name: Vec::new(),
            library: (Vec::new(), Vec::new()),
            database: 0,
            authenticated,
            last_command: "NULL",
            query_bytes: 0,
            last_heard: now,
            transaction: None,
            connected: now,
            subscriptions: [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()],
            subscription_bytes: 0,
            output: Output::default(),
            wake,
        }
    }

    /// What it listens to, of one kind.
    pub fn subscriptions(&self, family: Family) -> &BTreeSet<Arc<[u8]>> {
        &self.subscriptions[family as usize]
    }

    /// How many subscriptions of this kind Redis says it has: channels and patterns together,
    /// shard channels apart.
    pub fn count(&self, family: Family) -> usize {
        let of = |family| self.subscriptions(family).len();
        match family {
            Family::Channel | Family::Pattern => of(Family::Channel) + of(Family::Pattern),
            Family::Shard => of(Family::Shard),
        }
    }

    /// Whether it listens to anything, which forbids it most commands.
    pub fn is_subscribed(&self) -> bool {
        self.subscriptions.iter().any(|names| !names.is_empty())
    }

    /// Whether one more subscription is within its limits.
    pub fn may_subscribe(&self, name: &[u8], limits: &Limits) -> bool {
        let count: usize = self.subscriptions.iter().map(BTreeSet::len).sum();
        count < limits.subscriptions
            && self.subscription_bytes + name.len() <= limits.subscription_bytes
    }

    /// Notes a subscription; false if it had it already.
    pub fn subscribe(&mut self, family: Family, name: &Arc<[u8]>) -> bool {
        let is_new = self.subscriptions[family as usize].insert(Arc::clone(name));
        if is_new {
            self.subscription_bytes += name.len();
        }
        is_new
    }

    /// Forgets a subscription; false if it did not have it.
    pub fn unsubscribe(&mut self, family: Family, name: &[u8]) -> bool {
        let had = self.subscriptions[family as usize].remove(name);
        if had {
            self.subscription_bytes -= name.len();
        }
        had
    }

    /// Queues bytes for it; false if that is more than it may leave waiting.
    pub fn queue(&mut self, bytes: &[u8], limits: &Limits) -> bool {
        if self.output.closing {
            return true;
        }
        if self.output.size() + bytes.len() > limits.output_hard {
            return false;
        }
        self.output.waiting.extend_from_slice(bytes);
        self.output.note_soft(limits);
        self.wake.notify_one();
        !self.is_overdue(limits)
    }

    /// Closes the connection once what waits is written; nothing more is queued.
    pub fn close(&mut self) {
        self.output.closing = true;
        self.wake.notify_one();
    }

    /// Whether it is to be closed, so that nothing more is read from it.
    pub fn is_closing(&self) -> bool {
        self.output.closing
    }

    /// What its task is to do once it has written what it took before.
    pub fn next(&mut self) -> Next {
        if !self.output.waiting.is_empty() {
            let bytes = std::mem::take(&mut self.output.waiting);
            self.output.in_flight = bytes.len();
            return Next::Write(bytes);
        }
        if self.output.closing {
            Next::Close
        } else {
            Next::Wait
        }
    }

    /// Notes that its task has written `count` bytes.
    pub fn wrote(&mut self, count: usize, limits: &Limits) {
        self.output.in_flight = self.output.in_flight.saturating_sub(count);
        self.output.note_soft(limits);
    }

    /// When it will have been over the soft limit for too long, if it is over it.
    pub fn deadline(&self, limits: &Limits) -> Option<Instant> {
        self.output
            .over_soft
            .map(|since| since + limits.output_soft_for)
    }

    /// Whether it has been over the soft limit for too long.
    pub fn is_overdue(&self, limits: &Limits) -> bool {
        self.deadline(limits)
            .is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Wakes its task to see that it is gone.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Its line in CLIENT LIST (<https://redis.io/docs/latest/commands/client-list/>).
    pub fn describe(&self, local: SocketAddr) -> Vec<u8> {
        let now = Instant::now();
        let seconds = |since: Instant| now.saturating_duration_since(since).as_secs();
        let omem = self.output.size();
        let transaction = self.transaction.as_ref();
        let multi = transaction.map_or(-1, |open| open.commands.len().cast_signed());
        let multi_bytes = transaction.map_or(0, |open| open.bytes);
        let mut line = format!(
            "id={} addr={} laddr={local} fd=-1 name=",
            self.id, self.peer
        )
        .into_bytes();
        line.extend_from_slice(&self.name);
        let mut rest = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            rest,
            " age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={} qbuf={} qbuf-free=0 \
             argv-mem=0 multi-mem={} rbs=0 rbp=0 obl=0 oll={} omem={omem} tot-mem={} events={} \
             cmd={} user=default redir=-1 resp=2 lib-name=",
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
        );
        line.extend_from_slice(rest.as_bytes());
        line.extend_from_slice(&self.library.0);
        line.extend_from_slice(b" lib-ver=");
        line.extend_from_slice(&self.library.1);
        line
    }

    /// What CLIENT LIST says that it is: a subscriber, amid a transaction, or neither.
    fn flags(&self) -> &'static str {
        match (self.is_subscribed(), self.transaction.is_some()) {
            (true, true) => "Px",
            (true, false) => "P",
            (false, true) => "x",
            (false, false) => "N",
        }
    }

    /// Back to how it was when it connected, but for its subscriptions (RESET).
    pub fn reset(&mut self, authenticated: bool) {
        self.name.clear();
        self.transaction = None;
        self.database = 0;
        self.authenticated = authenticated;
    }
}

impl Output {
    fn size(&self) -> usize {
        self.waiting.len() + self.in_flight
    }

    fn note_soft(&mut self, limits: &Limits) {
        if self.size() <= limits.output_soft {
            self.over_soft = None;
        } else if self.over_soft.is_none() {
            self.over_soft = Some(Instant::now());
        }
    }
}
