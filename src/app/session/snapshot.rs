//! Copies of messages that remain valid after their row leaves the log.

use std::sync::Arc;

use super::Session;
use super::notices::notice_words;
use crate::log::{Channel, Content, SharedBytes};
use crate::message::{RowId, Time, Topic};

/// A copy of a message, taken when it was opened.
#[derive(Clone, Debug, Default)]
pub struct MessageSnapshot {
    /// The row of the log.
    pub row: RowId,
    /// When the message arrived.
    pub time: Time,
    /// The channel it was published to; `None` for a notice.
    pub channel: Option<Arc<[u8]>>,
    /// The subscriptions that delivered it.
    pub topics: Vec<Topic>,
    /// The payload, possibly truncated; for a notice, its text.
    pub payload: SharedBytes,
    /// The full size in bytes.
    pub size: u64,
}

impl MessageSnapshot {
    /// Returns whether the payload is truncated.
    pub fn is_cut(&self) -> bool {
        self.size > self.payload.len() as u64
    }
}

impl Session {
    /// Returns a copy of a row that remains valid after the row leaves the log.
    pub(crate) fn snapshot(&self, id: RowId) -> Option<MessageSnapshot> {
        let row = self.log.row(id)?;
        let (channel, payload, size) = match row.content {
            Content::Message { channel, size, .. } => {
                let name = self.log.channels().by_id(channel).map(Channel::shared_name);
                (name, self.log.share_payload(id)?, size)
            }
            Content::Notice(notice) => {
                let words = notice_words(notice, &self.clock(), &self.settings.keymap).into_bytes();
                let size = words.len() as u64;
                (None, words.into(), size)
            }
        };
        let ids = self.log.subscriptions(id);
        let topics = ids.filter_map(|id| self.subscriptions.topic(id));
        Some(MessageSnapshot {
            row: id,
            time: row.time,
            channel,
            topics: topics.cloned().collect(),
            payload,
            size,
        })
    }

    /// Returns the channel of a row, if the row is a message.
    pub(crate) fn channel_of(&self, row: RowId) -> Option<Arc<[u8]>> {
        match self.log.row(row)?.content {
            Content::Message { channel, .. } => {
                Some(self.log.channels().by_id(channel)?.shared_name())
            }
            Content::Notice(_) => None,
        }
    }

    /// Returns whether `snapshot` shares its payload with the log.
    pub(crate) fn is_shared(&self, snapshot: &MessageSnapshot) -> bool {
        let row = self.log.row(snapshot.row);
        row.is_some_and(|row| match row.content {
            Content::Message { payload, .. } => {
                payload.as_ptr_range() == snapshot.payload.as_ptr_range()
            }
            Content::Notice(_) => false,
        })
    }
}
