//! Gaps in the received messages and the causes of gaps and connection failures, as data that `app`
//! puts into words. Errors from the operating system, libraries and servers keep their own text.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use super::Time;
use super::redis_error::RedisError;
use super::tls_failure::TlsFailure;
use super::tunnel_error::TunnelError;

/// A period during which messages may have been lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The time up to which every message was certainly received, or, in a cluster, the last time
    /// at which the server was known to be the right one. Later messages may be missing.
    pub last_heard: Time,
    /// When the loss was noticed.
    pub noticed: Time,
    /// Whether and how the gap ended.
    pub end: GapEnd,
    /// The event that opened the gap.
    pub cause: GapCause,
    /// The most recent reason for the loss.
    pub reason: GapReason,
}

/// How a gap ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapEnd {
    /// The gap has not ended: messages are still being lost.
    Open,
    /// By this time, all subscriptions were confirmed again.
    Restored(Time),
    /// The connection was not restored; from this time on, there were no subscriptions left.
    GivenUp(Time),
}

/// The event that opened a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GapCause {
    /// The connection to the server was lost. The server is named if there are several.
    ConnectionLost(Option<Box<str>>),
    /// The login was refused.
    LoginRefused,
    /// Another server became the master.
    Failover {
        /// The address of the previous master.
        from: Box<str>,
        /// The address of the new master.
        to: Box<str>,
    },
    /// The previous master, at this address, still accepts messages.
    PreviousMasterServes(Box<str>),
    /// The replica lost its primary.
    ReplicaCutOff,
    /// This slot moved away from the named node.
    SlotLeft(u16, Box<str>),
    /// The named node acquired slots.
    SlotsAcquired(Box<str>),
    /// The named node no longer delivers key events.
    NoKeyEvents(Box<str>),
    /// The named node is cut off from its cluster.
    NodeCutOff(Box<str>),
}

/// Why messages are lost in a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// There is no connection.
    Connection(ConnectionError),
    /// The replica's primary restarted, or another server took its place.
    PrimaryChanged,
    /// The replica's link to its primary is down.
    PrimaryLinkDown,
    /// The session receives nothing from the server on which messages are published.
    NotReceived,
    /// These topics have to move to other servers.
    Moved(Vec<MovedTopic>),
}

impl From<ConnectionError> for GapReason {
    fn from(error: ConnectionError) -> Self {
        Self::Connection(error)
    }
}

/// A topic that its server no longer delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedTopic {
    /// The name of the channel or the pattern, shared with its subscription.
    pub name: Arc<[u8]>,
    /// Why the topic has to move.
    pub reason: MoveReason,
}

/// Why a topic has to move to another server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveReason {
    /// The slot of the sharded channel has moved.
    SlotMoved,
    /// Another server took the topic over.
    TakenOver,
    /// The session had no subscriptions on the topic's new server before.
    NotSubscribedBefore,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionError {
    /// The server replied with an error.
    Redis(RedisError),
    /// The network failed in a known way.
    Network(ErrorKind),
    /// Any other error from the operating system or a library, as text.
    Io(Box<str>),
    /// The server closed the connection.
    Closed(Closing),
    /// The server did not answer for this long.
    NoAnswer(Awaited, Duration),
    /// The name of this host could not be resolved.
    HostNotFound(Box<str>, LookupError),
    /// There is no socket at this path.
    NoSuchSocket(Box<str>),
    /// What is at the path of the socket is not a socket.
    NotASocket {
        /// The path.
        path: Box<str>,
        /// Whether a directory is at the path.
        is_directory: bool,
    },
    /// TLS failed.
    Tls(TlsFailure),
    /// The stream failed during the TLS handshake.
    Handshake(Box<Self>),
    /// The command that the connection goes through failed.
    Tunnel(TunnelError),
    /// There is no connection to this address, which a cluster or a sentinel announces. It may be
    /// another one from here.
    Announced(Box<str>, Box<Self>),
    /// The peer is not a Redis server.
    NotRedis(Stranger),
    /// The server sent something other than RESP; this is the decoder's error.
    NotResp(Box<str>),
    /// The reply to the named command cannot be used.
    Reply(&'static str, Box<Self>),
    /// No sentinel gave a usable answer.
    Sentinels(SentinelErrors),
    /// The sentinels have not named a master yet.
    NoMasterYet,
    /// The sentinels have named another master.
    MasterReplaced,
    /// There is no connection at the moment.
    NotConnected,
    /// The user's password command gave no password.
    PasswordCommand(PasswordCommandError),
}

/// Why the user's password command gave no password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordCommandError {
    /// What went wrong.
    pub failure: PasswordCommandFailure,
    /// The end of what the command wrote to standard error, on one line; it may be empty.
    pub stderr: Box<str>,
}

/// What went wrong with the user's password command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordCommandFailure {
    /// It could not be run; this is the system's error.
    NotStarted(Box<str>),
    /// It ended with this exit status.
    Exited(i32),
    /// It was ended by this signal.
    Signalled(i32),
    /// It took longer than this, and was ended.
    TooLong(Duration),
    /// Its first line is empty.
    NoPassword,
    /// Its first line is not UTF-8.
    NotText,
}

impl ConnectionError {
    /// Returns the error reply, if the server sent one.
    pub fn redis(&self) -> Option<&RedisError> {
        match self {
            Self::Redis(error) => Some(error),
            _ => None,
        }
    }

    /// Returns whether the server was reached but refused the request or could not be understood.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Redis(_) | Self::Reply(..) | Self::PasswordCommand(_) => true,
            Self::Tunnel(TunnelError::SshLogin { is_refused, .. }) => *is_refused,
            Self::Sentinels(errors) => errors.outcome() == SentinelOutcome::LoginRefused,
            _ => false,
        }
    }

    /// Returns whether nothing answers at the address, so that another address could help.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Network(kind) => *kind != ErrorKind::ConnectionReset,
            Self::NoAnswer(Awaited::Connect, _) | Self::HostNotFound(..) => true,
            Self::Tunnel(error) => matches!(error, TunnelError::Ended { .. }),
            _ => false,
        }
    }

    /// Returns whether a different user or password could help.
    pub fn is_about_login(&self) -> bool {
        match self {
            Self::Redis(error) => error.code.is_about_login(),
            Self::PasswordCommand(_) => true,
            _ => false,
        }
    }
}

/// Returns the text of an I/O error, without the operating system's error number.
pub fn io_reason(error: &io::Error) -> String {
    let mut words = error.to_string();
    words.truncate(words.find(" (os error").unwrap_or(words.len()));
    words
}

/// The point at which a server closed the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// After the server had answered.
    Later,
    /// Before the server answered anything.
    Unanswered,
    /// Before the server sent a single byte over a stream of this kind.
    Silent(StreamKind),
    /// After the server's first answer.
    AfterFirstAnswer,
    /// When the server was asked to subscribe.
    OnSubscribe,
    /// After the time for which cloud services let a connection use an expiring login.
    AtLoginLimit,
}

/// Kinds of streams to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// TCP without TLS.
    Tcp,
    /// TLS.
    Tls,
    /// A Unix socket.
    Unix,
    /// A command.
    Tunnel,
}

/// What a server did not respond to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The connection attempt.
    Connect,
    /// The TLS handshake.
    Handshake,
    /// A request.
    Reply,
}

/// Why a host's name could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupError {
    /// The resolver's error.
    Resolver(Box<str>),
    /// The resolver did not answer for this long.
    NoAnswer(Duration),
    /// The name has no address.
    NoAddress,
}

/// A peer that does not speak unencrypted RESP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// A TLS server.
    Tls,
    /// An HTTP server.
    Http,
    /// Something else, with the start of its answer.
    Other(Box<str>),
}

/// The reasons why sentinels could not be used, by address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentinelErrors(pub Vec<(Box<str>, SentinelError)>);

impl SentinelErrors {
    /// Returns the outcome of the sentinel that got furthest.
    pub fn outcome(&self) -> SentinelOutcome {
        let outcomes = self.0.iter().map(|(_, error)| error.outcome());
        outcomes.max().unwrap_or(SentinelOutcome::Unreachable)
    }
}

/// The outcome of asking sentinels for the master, in order of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SentinelOutcome {
    /// No answer.
    Unreachable,
    /// The login was refused.
    LoginRefused,
    /// No master was named, or the named server is not a master.
    NoMaster,
}

/// Why a sentinel could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentinelError {
    /// There is no connection to the sentinel.
    Connection(ConnectionError),
    /// The sentinel did not name a master.
    NoAnswer(ConnectionError),
    /// The sentinel does not know the master.
    UnknownMaster {
        /// The master's name.
        master: Box<str>,
        /// The names of masters that the sentinel knows.
        known: Vec<Box<str>>,
        /// Whether the sentinel knows more masters.
        has_more: bool,
    },
    /// The master named by the sentinel, at this address, cannot be reached.
    MasterUnreachable(Box<str>, ConnectionError),
    /// The master named by the sentinel, at this address, is a replica.
    MasterIsReplica(Box<str>),
}

impl SentinelError {
    fn outcome(&self) -> SentinelOutcome {
        match self {
            Self::Connection(error) if error.is_about_login() => SentinelOutcome::LoginRefused,
            Self::Connection(_) => SentinelOutcome::Unreachable,
            _ => SentinelOutcome::NoMaster,
        }
    }
}

/// Messages that cannot be received, or may stop arriving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partial {
    /// The server may belong to a cluster, but refuses to say.
    PossiblyCluster(RedisError),
    /// The nodes refuse to list the cluster.
    NodesUnknown(RedisError),
    /// No sentinel can be asked, so a failover would go unnoticed.
    FailoversUnnoticed(SentinelErrors),
    /// The database cannot be selected.
    Database(DatabaseError),
    /// Keyspace events arrive only from the named node of a cluster.
    KeysOfOneNode(Box<str>),
    /// The server does not send keyspace events.
    KeyEventsOff,
    /// The number of channels that were found but left out.
    ChannelsLeftOut(u64),
    /// The server is a sentinel and delivers only its own events; the named command follows its
    /// master.
    OnlySentinelEvents(Box<str>),
}

/// A server's refusal to select a database. Pub/Sub does not depend on the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseError {
    /// The number of the database.
    pub db: i64,
    /// Redis's error.
    pub error: RedisError,
}
