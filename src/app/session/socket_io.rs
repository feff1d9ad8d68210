//! Warnings about a side effect of subscribing to Socket.IO's channels: Socket.IO mistakes each
//! subscriber for one of its own servers, and waits for it to answer.

use super::{Once, Session};
use crate::log::Batch;
use crate::message::{Notice, SubscriptionKind, Topic, glob};

/// Substrings of the names of channels whose subscribers Socket.IO counts.
const COUNTED: [&[u8]; 2] = [b"socket.io#", b"socket.io-request#"];

impl Session {
    /// Returns a notice, once per session, if Socket.IO counts a subscription confirmed in `batch`.
    pub(crate) fn counted_by_socket_io(&mut self, batch: &Batch) -> Option<Notice> {
        if self.told.once.contains(&Once::SocketIo) {
            return None;
        }
        let confirmed = batch.notices().iter().filter_map(|notice| match notice {
            Notice::Subscribed { subscription, .. } => Some(&subscription.topic),
            _ => None,
        });
        let topic = confirmed
            .into_iter()
            .find(|topic| topic.names_one() && is_counted(topic))?;
        self.told.once.insert(Once::SocketIo);
        Some(Notice::CountedBySocketIo(topic.clone()))
    }
}

/// Returns whether Socket.IO counts a topic's subscribers. It cannot count subscribers to patterns,
/// but each channel that a search finds is subscribed to by name.
pub(crate) fn is_counted(topic: &Topic) -> bool {
    let contains = |part: &&[u8]| topic.name.windows(part.len()).any(|window| window == *part);
    let is_by_name = topic.names_one() || topic.is_searched();
    is_by_name && COUNTED.iter().any(contains)
}

/// Returns the pattern that receives the messages of `topic` without being counted. Sharded channels
/// have none.
pub fn uncounted_pattern(topic: &Topic) -> Option<Vec<u8>> {
    let is_channel = topic.kind == SubscriptionKind::Channel;
    is_channel.then(|| [&*glob::literal(&topic.name), b"*"].concat())
}
