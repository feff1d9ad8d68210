//! The data that the channel list shows.

use super::line::Entry;
use crate::app::session::Session;
use crate::app::session::subscriptions::Subscriptions;
use crate::log::{Channel, ChannelTable};
use crate::message::names::same;
use crate::message::{Time, Topic};

/// The data that the channel list shows, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    /// The channels that have received messages.
    pub channels: &'a ChannelTable,
    /// The subscriptions.
    pub subscriptions: &'a Subscriptions,
    /// The time that rates refer to.
    pub present: Time,
}

impl<'a> Lists<'a> {
    /// Borrows the data from `session`.
    pub fn of(session: &'a Session) -> Self {
        Self {
            channels: session.log.channels(),
            subscriptions: &session.subscriptions,
            present: session.present(),
        }
    }

    /// Returns the topic of an entry, or `None` if it is a branch or has just disappeared.
    pub fn topic(&self, entry: Entry) -> Option<Topic> {
        match entry {
            Entry::Pattern(id) | Entry::NotReceiving(id) => self.subscriptions.topic(id).cloned(),
            Entry::Channel(id) => {
                let name = self.channels.by_id(id)?.shared_name();
                Some(Topic::shared_channel(name))
            }
            Entry::Branch(_) => None,
        }
    }

    /// Returns whether [`Self::topic`] would return `topic` for `entry`, without copying a name.
    pub(super) fn is_at(&self, entry: Entry, topic: &Topic) -> bool {
        match entry {
            Entry::Pattern(id) | Entry::NotReceiving(id) => {
                self.subscriptions.topic(id) == Some(topic)
            }
            Entry::Channel(id) => {
                let is_named = |channel: &Channel| same(channel.name(), &topic.name);
                topic.names_one() && self.channels.by_id(id).is_some_and(is_named)
            }
            Entry::Branch(_) => false,
        }
    }

    pub(super) fn generation(&self) -> (u64, u64) {
        (self.channels.generation(), self.subscriptions.generation())
    }
}
