//! A warning about Socket.IO, where watching has a side effect: Socket.IO takes each subscriber of
//! its channels for one of its servers, and waits for an answer from each.

use super::Session;
use crate::log::Batch;
use crate::message::{Notice, Topic};

/// Substrings of the names of channels whose subscribers Socket.IO counts.
const COUNTED: [&[u8]; 2] = [b"socket.io#", b"socket.io-request#"];

impl Session {
    /// Returns a notice, once per session, that a subscription confirmed in `batch` is counted.
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

/// Returns whether Socket.IO counts a topic's subscribers. It cannot count those of patterns.
fn is_counted(topic: &Topic) -> bool {
    let contains = |part: &&[u8]| topic.name.windows(part.len()).any(|window| window == *part);
    topic.names_one() && COUNTED.iter().any(contains)
}
