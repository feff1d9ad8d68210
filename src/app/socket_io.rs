//! A watcher that changes what it watches: Socket.IO counts the subscribers of its channels to know
//! how many servers there are, and waits for an answer from each.

use super::App;
use crate::log::Batch;
use crate::message::{Notice, Topic};

/// What the names of the channels hold whose subscribers are counted, behind a prefix if there is
/// one.
const COUNTED: [&[u8]; 2] = [b"socket.io#", b"socket.io-request#"];

impl App {
    /// That a subscription confirmed in `batch` is counted, to be said once.
    pub(super) fn counted_by_socket_io(&mut self, batch: &Batch) -> Option<Notice> {
        if self.has_said_counted {
            return None;
        }
        let confirmed = batch.notices().iter().filter_map(|notice| match notice {
            Notice::Subscribed { subscription, .. } => Some(&subscription.topic),
            _ => None,
        });
        let topic = confirmed
            .into_iter()
            .find(|topic| is_counted(topic))?
            .clone();
        self.has_said_counted = true;
        Some(Notice::CountedBySocketIo { topic })
    }
}

/// Whether Socket.IO counts the subscribers of a topic. Those of patterns nobody can count.
fn is_counted(topic: &Topic) -> bool {
    let holds = |part: &&[u8]| topic.name.windows(part.len()).any(|of| *of == **part);
    topic.names_one() && COUNTED.iter().any(holds)
}
