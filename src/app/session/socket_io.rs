//! A warning about a side effect of subscribing to Socket.IO's channels: Socket.IO mistakes each
//! subscriber for one of its own servers, and waits for it to answer.

use super::Session;
use crate::log::Batch;
use crate::message::{Notice, Topic};

/// Substrings of the names of channels whose subscribers Socket.IO counts.
const COUNTED: [&[u8]; 2] = [b"socket.io#", b"socket.io-request#"];

impl Session {
    /// Returns a notice, once per session, if Socket.IO counts a subscription confirmed in `batch`.
    pub(crate) fn counted_by_socket_io(&mut self, batch: &Batch) -> Option<Notice> {
        if self.told.of_socket_io {
            return None;
        }
        let confirmed = batch.notices().iter().filter_map(|notice| match notice {
            Notice::Subscribed { subscription, .. } => Some(&subscription.topic),
            _ => None,
        });
        let topic = confirmed.into_iter().find(|topic| is_counted(topic))?;
        self.told.of_socket_io = true;
        Some(Notice::CountedBySocketIo(topic.clone()))
    }
}

/// Returns whether Socket.IO counts a topic's subscribers. It cannot count subscribers to patterns.
fn is_counted(topic: &Topic) -> bool {
    let contains = |part: &&[u8]| topic.name.windows(part.len()).any(|window| window == *part);
    topic.names_one() && COUNTED.iter().any(contains)
}
