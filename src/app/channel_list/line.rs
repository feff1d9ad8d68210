//! The lines of the list, and what they stand for.

use std::cmp::{Ordering, Reverse};
use std::ops::Deref;
use std::sync::Arc;

use crate::app::session::scope::Scope;
use crate::log::{Channel, History};
use crate::message::{ChannelId, SubscriptionId, Time, Topic};

/// The sort key of a line. The highest value comes first.
pub(super) type Key = Reverse<u64>;

/// Number of bytes at the start of a name that determine its place. Names may be megabytes long.
const ORDERED: usize = 512;

/// Returns the start of a name, which determines its place.
pub(super) fn ordered(name: &[u8]) -> &[u8] {
    &name[..name.len().min(ORDERED)]
}

/// A name that compares with others by its start.
#[derive(Clone, Debug)]
pub(super) struct Name(pub(super) Arc<[u8]>);

impl Deref for Name {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        ordered(self).cmp(ordered(other))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Name {}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// A subscription to a pattern.
    Pattern(SubscriptionId),
    /// A channel that has received messages.
    Channel(ChannelId),
    /// A subscription to a channel that has not received any messages.
    NotReceiving(SubscriptionId),
    /// Several channels in one line: an index into the list's branches.
    Branch(usize),
}

/// The position of a line in the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Number of branches that contain the line.
    pub depth: u16,
    /// Number of bytes at the start of the line's name that the lines of these branches already
    /// show.
    pub shown_above: usize,
}

/// Why channels share a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// They are in the same branch of the tree.
    Branch,
    /// They have had only one message each, and their names are alike.
    OneShots,
    /// A recipe collapses them.
    Recipe,
}

impl Sharing {
    /// Returns how many channels it takes to share a line.
    pub(super) fn least(self) -> usize {
        match self {
            Self::Branch | Self::Recipe => 2,
            Self::OneShots => 20,
        }
    }
}

/// Several channels that share a line.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The prefix that the names of the channels share.
    pub prefix: Arc<[u8]>,
    /// Why the channels share a line.
    pub(super) sharing: Sharing,
    /// Whether the channels are listed below this line.
    pub is_open: bool,
    /// The totals of the channels.
    pub sums: Sums,
}

impl Branch {
    /// Returns whether this is a group, which need not include every channel with its prefix.
    pub fn is_group(&self) -> bool {
        self.sharing != Sharing::Branch
    }

    /// Returns whether this is, or has become, the line for `target`.
    pub(super) fn is(&self, target: &Target) -> bool {
        match target {
            Target::Group(prefix) => self.is_group() && self.prefix == *prefix,
            // A folded branch takes the longest prefix that all its channels share, so its prefix
            // may have grown.
            Target::Branch(prefix) => {
                let is_longer = !self.is_open && self.prefix.starts_with(prefix);
                !self.is_group() && (is_longer || self.prefix == *prefix)
            }
            Target::Topic(_) => false,
        }
    }

    /// Returns the target that the branch stands for.
    pub fn target(&self) -> Target {
        let prefix = Arc::clone(&self.prefix);
        if self.is_group() {
            Target::Group(prefix)
        } else {
            Target::Branch(prefix)
        }
    }
}

/// The totals of several channels.
#[derive(Clone, Debug)]
pub struct Sums {
    /// Number of channels.
    pub channels: u64,
    /// Messages received.
    pub messages: u64,
    /// Payload bytes received.
    pub bytes: u64,
    /// When the last message arrived.
    pub last_received: Time,
    /// The messages per second over the last minute.
    pub history: History,
}

impl Sums {
    pub(super) fn new(now: Time) -> Self {
        Self {
            channels: 0,
            messages: 0,
            bytes: 0,
            last_received: Time::default(),
            history: History::starting_at(now),
        }
    }

    pub(super) fn add(&mut self, channel: &Channel) {
        self.channels += 1;
        self.messages += channel.messages;
        self.bytes += channel.bytes;
        self.last_received = self.last_received.max(channel.last_received);
        channel.add_to(&mut self.history);
    }
}

/// The target that a line stands for. It is identified by name, because an id may be reused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A channel or a pattern.
    Topic(Topic),
    /// The channels whose names start with a prefix.
    Branch(Arc<[u8]>),
    /// The channels whose names start with a prefix and that a recipe collapses, or that have had
    /// only one message each.
    Group(Arc<[u8]>),
}

impl Target {
    /// Returns the channel or pattern, or `None` for a branch.
    pub fn topic(&self) -> Option<&Topic> {
        match self {
            Self::Topic(topic) => Some(topic),
            Self::Branch(_) | Self::Group(_) => None,
        }
    }

    /// Returns the name of the channel, or `None` if the target is not a channel.
    pub fn channel(&self) -> Option<&Arc<[u8]>> {
        let topic = self.topic().filter(|topic| topic.names_one())?;
        Some(&topic.name)
    }

    /// Returns the messages that the target stands for.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Topic(topic) => Scope::of(topic.clone()),
            Self::Branch(prefix) | Self::Group(prefix) => Scope::Branch(Arc::clone(prefix)),
        }
    }
}

/// A line in a branch, while the lines are put in order. Those that compare as less come first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    pub(super) key: Key,
    pub(super) name: Name,
    pub(super) is: Is,
    /// The branch that it is in.
    pub(super) parent: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Is {
    Branch(usize),
    Leaf(Entry),
}

/// The lines of the list, with their positions and branches.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) entries: Vec<Entry>,
    pub(super) places: Vec<Place>,
    pub(super) branches: Vec<Branch>,
    /// Whether there are more channels than the list shows.
    pub(super) is_cut: bool,
}
