//! The checks and the channels they watch.

use std::sync::Arc;

use super::json_schema::JsonSchema;
use crate::message::{RowId, glob};
use crate::payload::decoder_choices::DecoderChoices;
use crate::query::Path;

/// The id of a check. Never reused within a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(pub u32);

/// The channels that match a glob by the rules of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channels(Arc<[u8]>);

impl Channels {
    /// Creates the set of channels that match `glob`.
    pub fn new(glob: &[u8]) -> Self {
        Self(glob.into())
    }

    /// Returns the glob.
    pub fn glob(&self) -> &[u8] {
        &self.0
    }

    /// Returns whether the channel `name` matches.
    pub fn contains(&self, name: &[u8]) -> bool {
        glob::matches(&self.0, name)
    }
}

/// A check to run on every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Learns the fields of JSON messages on these channels, and flags messages that deviate.
    Shape(Channels),
    /// Flags messages on these channels that violate a JSON Schema.
    Schema(Channels, JsonSchema),
    /// Verifies that sequence numbers are consecutive.
    Sequence {
        /// The channels to check. Each has its own sequence.
        channels: Channels,
        /// The path of the number: a whole number, or a string of digits.
        number: Path,
        /// The path of a key that distinguishes several sequences on a channel.
        key: Option<Path>,
    },
    /// Matches replies to requests and measures their latency.
    Pair {
        /// The request channels and the path of the id.
        request: (Channels, Path),
        /// The reply channels and the path of the id of the answered request.
        reply: (Channels, Path),
    },
    /// Measures message delays from the sender's clock to ours.
    Delay {
        /// The channels to check.
        channels: Channels,
        /// The path of the time at which the message was sent.
        sent: Path,
    },
    /// Plots a number from every message over time.
    Series {
        /// The channels to plot. Each has its own series.
        channels: Channels,
        /// The number to plot.
        what: Plotted,
    },
}

/// What to plot for each message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plotted {
    /// The number at a path, or at the start of a string at that path: `"20.0 °C"` is 20.
    Path(Path),
    /// The size of the message, in bytes.
    Size,
    /// The time since the previous message on the channel, in milliseconds.
    Interval,
}

/// The role of a message in a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A message to check; for a pair, a request.
    First,
    /// A reply.
    Reply,
}

impl Check {
    /// Returns whether the check watches the channel `name`.
    pub fn watches(&self, name: &[u8]) -> bool {
        self.roles(name).next().is_some()
    }

    /// Returns the roles of messages on the channel `name`; for a pair, they may have both.
    pub(super) fn roles(&self, name: &[u8]) -> impl Iterator<Item = Role> {
        let (first, reply) = match self {
            Self::Shape(channels)
            | Self::Schema(channels, _)
            | Self::Sequence { channels, .. }
            | Self::Delay { channels, .. }
            | Self::Series { channels, .. } => (channels, None),
            Self::Pair { request, reply } => (&request.0, Some(&reply.0)),
        };
        // The reply role comes first, so that a message with both roles does not answer itself.
        let reply = reply.is_some_and(|channels| channels.contains(name));
        let first = first.contains(name);
        let reply = reply.then_some(Role::Reply);
        reply.into_iter().chain(first.then_some(Role::First))
    }
}

/// A check in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id of the check.
    pub id: CheckId,
    /// The check.
    pub check: Check,
    /// The first row to check. Rows before it are checked only by [`super::Request::kept`].
    pub from: RowId,
}

/// All active checks. Plain data: the owner sends a copy whenever it changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The checks, in the order in which they were added.
    pub entries: Vec<Entry>,
    next: u32,
    /// The decoder choices of channels.
    pub decoder_choices: Arc<DecoderChoices>,
}

impl Plan {
    /// Adds `check`, starting at the row `from`, usually the end of the log.
    pub fn add(&mut self, check: Check, from: RowId) -> CheckId {
        let id = CheckId(self.next);
        self.next += 1;
        self.entries.push(Entry { id, check, from });
        id
    }

    /// Removes a check. Returns whether there was one.
    pub fn remove(&mut self, id: CheckId) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.id != id);
        self.entries.len() < before
    }

    /// Returns the check with this id.
    pub fn check(&self, id: CheckId) -> Option<&Check> {
        let entry = self.entries.iter().find(|entry| entry.id == id)?;
        Some(&entry.check)
    }

    /// Returns whether there are no checks.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
