//! What keys act on: the current message and the current channel.

use std::sync::Arc;

use super::{App, Entry, Focus, MessageSnapshot, Session};
use crate::log::{Channel, Content};
use crate::message::RowId;
use crate::message::names::same;

impl Session {
    /// Returns a copy of a row that remains valid after the row leaves the log.
    pub(super) fn snapshot(&self, id: RowId) -> Option<MessageSnapshot> {
        let row = self.log.row(id)?;
        let (channel, payload, size) = match row.content {
            Content::Message { channel, size, .. } => {
                let name = self.log.channels().by_id(channel).map(Channel::shared_name);
                (name, self.log.share_payload(id)?, size)
            }
            Content::Notice(notice) => {
                let words = super::notice_words(notice, &self.clock()).into_bytes();
                let size = words.len() as u64;
                (None, words.into(), size)
            }
        };
        let topics = self
            .log
            .subscriptions(id)
            .filter_map(|id| self.subscriptions.topic(id));
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
    pub(super) fn channel_of(&self, row: RowId) -> Option<Arc<[u8]>> {
        match self.log.row(row)?.content {
            Content::Message { channel, .. } => {
                Some(self.log.channels().by_id(channel)?.shared_name())
            }
            Content::Notice(_) => None,
        }
    }
}

impl App {
    /// Returns the message that keys act on: the open one, the selected one, or the last of the
    /// selected channel.
    pub(super) fn current_message(&self) -> Option<MessageSnapshot> {
        let snapshot = match &self.open {
            Some(open) if self.focus == Focus::Message => open.reader.snapshot().clone(),
            _ if self.focus == Focus::Channels => {
                self.session.snapshot(self.selected_channel()?.last_row)?
            }
            _ => self
                .session
                .snapshot(self.messages.selected(&self.session.shown)?)?,
        };
        snapshot.channel.is_some().then_some(snapshot)
    }

    /// Returns the channel that keys act on: the selected one, or that of the selected message.
    pub(super) fn current_channel(&self) -> Option<Arc<[u8]>> {
        if self.focus == Focus::Channels {
            let topic = self.channels.selected()?;
            return topic.names_one().then(|| Arc::clone(&topic.name));
        }
        if let Some(open) = self.open.as_ref().filter(|_| self.focus == Focus::Message) {
            return open.reader.snapshot().channel.clone();
        }
        self.session
            .channel_of(self.messages.selected(&self.session.shown)?)
    }

    /// Returns the channel selected in the list, if it has received messages.
    #[must_use]
    pub fn selected_channel(&self) -> Option<&Channel> {
        let topic = self.channels.selected().filter(|topic| topic.names_one())?;
        let channels = self.session.log.channels();
        // Its line leads to the channel without a lookup by name.
        let entries = self.channels.entries();
        if let Some(Entry::Channel(id)) = entries.get(self.channels.selected_line())
            && let Some(channel) = channels.by_id(*id)
            && same(channel.name(), &topic.name)
        {
            return Some(channel);
        }
        channels.by_id(channels.find(&topic.name)?)
    }
}
