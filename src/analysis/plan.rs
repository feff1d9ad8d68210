//! What is watched: checks, each on the channels of its globs.

use std::fmt;
use std::sync::Arc;

use crate::message::{RowId, glob};
use crate::payload::decoder_choices::DecoderChoices;
use crate::query::Path;

/// A check of a plan. Never given to another one of the same plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(pub u32);

/// The channels that a glob matches, as Redis judges it.
#[derive(Clone, PartialEq, Eq)]
pub struct Channels(Arc<[u8]>);

impl Channels {
    /// Those that `glob` matches.
    #[must_use]
    pub fn new(glob: &[u8]) -> Self {
        Self(glob.into())
    }

    /// The glob.
    #[must_use]
    pub fn glob(&self) -> &[u8] {
        &self.0
    }

    /// Whether the channel `name` is among them.
    #[must_use]
    pub fn contain(&self, name: &[u8]) -> bool {
        glob::matches(&self.0, name)
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channels({:?})", String::from_utf8_lossy(&self.0))
    }
}

/// Something to be checked of every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Which fields the JSON has, of which types; a message that deviates is flagged.
    Shape {
        /// Where.
        channels: Channels,
    },
    /// Whether numbers follow one another.
    Sequence {
        /// Where. Each channel has a sequence of its own.
        channels: Channels,
        /// The number: a whole number, or a string of digits.
        number: Path,
        /// What tells sequences on one channel apart, if there are several.
        key: Option<Path>,
    },
    /// Which reply answers which request, and how long that takes.
    Pair {
        /// Where requests are, and the path of their id.
        request: (Channels, Path),
        /// Where replies are, and the path of the id of the request that they answer.
        reply: (Channels, Path),
    },
    /// How long messages take from the clock of who sends them to ours.
    Delay {
        /// Where.
        channels: Channels,
        /// When the message was sent; see [`super::sent_time`].
        sent: Path,
    },
    /// A number of every message, to be plotted over time.
    Series {
        /// Where. Each channel has a series of its own.
        channels: Channels,
        /// Which number.
        what: Plotted,
    },
}

/// A number of every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plotted {
    /// The number at a path, or that the string there starts with: `"20.0 °C"` is 20.
    Path(Path),
    /// How many bytes the message has.
    Size,
    /// How many milliseconds after the one before on its channel it came.
    Interval,
}

/// What a message on a channel is to a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One of those that are checked; of a pair, a request.
    First,
    /// A reply.
    Reply,
}

impl Check {
    /// What messages on the channel `name` are to it: for a pair, they may be both.
    pub(super) fn roles(&self, name: &[u8]) -> impl Iterator<Item = Role> {
        let (first, reply) = match self {
            Self::Shape { channels }
            | Self::Sequence { channels, .. }
            | Self::Delay { channels, .. }
            | Self::Series { channels, .. } => (channels, None),
            Self::Pair { request, reply } => (&request.0, Some(&reply.0)),
        };
        // The reply first: a message that is both does not answer itself.
        let reply = reply.is_some_and(|channels| channels.contain(name));
        let first = first.contain(name);
        let reply = reply.then_some(Role::Reply);
        reply.into_iter().chain(first.then_some(Role::First))
    }
}

/// A check of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which one.
    pub id: CheckId,
    /// What is checked.
    pub check: Check,
    /// The first of the rows that it is made of. Rows before it are looked at only by
    /// [`super::Request::kept`].
    pub from: RowId,
}

/// All checks that are made. Plain data: whoever holds it sends a copy when it has changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    entries: Vec<Entry>,
    next: u32,
    decoder_choices: Arc<DecoderChoices>,
}

impl Plan {
    /// Adds `check`, which is made of the rows from `from` on: mostly the log's end.
    pub fn add(&mut self, check: Check, from: RowId) -> CheckId {
        let id = CheckId(self.next);
        self.next += 1;
        self.entries.push(Entry { id, check, from });
        id
    }

    /// Has the messages of channels read so from now on.
    pub fn read_by(&mut self, decoder_choices: Arc<DecoderChoices>) {
        self.decoder_choices = decoder_choices;
    }

    /// How the messages of channels are read.
    #[must_use]
    pub fn decoder_choices(&self) -> &Arc<DecoderChoices> {
        &self.decoder_choices
    }

    /// Ends a check. Says whether there was one.
    pub fn remove(&mut self, id: CheckId) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.id != id);
        self.entries.len() < before
    }

    /// The check with this id.
    #[must_use]
    pub fn check(&self, id: CheckId) -> Option<&Check> {
        let entry = self.entries.iter().find(|entry| entry.id == id)?;
        Some(&entry.check)
    }

    /// All checks, in the order in which they were added.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether nothing is checked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
