//! Recognition of the messages that this session published.
//!
//! Pub/Sub does not identify the publisher. A row counts as the session's own if it is the first to
//! arrive with the same channel and the same bytes while its PUBLISH was in flight or shortly after
//! the answer. The same message from another publisher within that time cannot be told apart.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::log::{Content, MessageLog};
use crate::message::{ChannelId, RowId, Time};

/// How long after the answer to its PUBLISH a message may still arrive on another connection.
const AFTER_ANSWER: Duration = Duration::from_secs(2);

/// How long to wait for the answer to a PUBLISH.
const WITHOUT_ANSWER: Duration = Duration::from_secs(30);

/// The maximum number of messages in flight, and of rows to remember. The newest are kept.
const MAX_IN_FLIGHT: usize = 64;
const MAX_ROWS: usize = 10_000;

/// The messages that this session published.
#[derive(Debug, Default)]
pub struct OwnMessages {
    in_flight: Vec<InFlight>,
    rows: BTreeSet<RowId>,
}

/// A message that was sent and has not arrived yet.
#[derive(Debug)]
struct InFlight {
    id: u64,
    channel: Box<[u8]>,
    payload: Box<[u8]>,
    until: Time,
}

impl OwnMessages {
    /// Returns whether `row` is a message that this session published, as far as that can be known.
    pub fn contains(&self, row: RowId) -> bool {
        self.rows.contains(&row)
    }

    /// Records that the PUBLISH `id` was sent.
    pub(crate) fn note_sent(&mut self, id: u64, channel: &[u8], payload: &[u8], now: Time) {
        if self.in_flight.len() == MAX_IN_FLIGHT {
            self.in_flight.remove(0);
        }
        self.in_flight.push(InFlight {
            id,
            channel: channel.into(),
            payload: payload.into(),
            until: now.after(WITHOUT_ANSWER),
        });
    }

    /// Records the answer to the PUBLISH `id`. Even after an error, the message may arrive.
    pub(crate) fn note_answer(&mut self, id: u64, now: Time) {
        let mut in_flight = self.in_flight.iter_mut();
        if let Some(sent) = in_flight.find(|sent| sent.id == id) {
            sent.until = now.after(AFTER_ANSWER);
        }
    }

    /// Looks for the messages in flight among the rows of `log` from `first` on.
    pub(crate) fn note_arrived(&mut self, log: &MessageLog, first: RowId) {
        if self.in_flight.is_empty() {
            return;
        }
        if let Some(row) = log.row(first) {
            self.in_flight.retain(|sent| row.time <= sent.until);
        }
        let channels = log.channels();
        let sent = self.in_flight.iter();
        let mut awaited: Vec<Option<ChannelId>> =
            sent.map(|sent| channels.find(&sent.channel)).collect();
        if awaited.iter().all(Option::is_none) {
            return;
        }
        for id in (first.0..log.end().0).map(RowId) {
            let Some(row) = log.row(id) else { continue };
            let Content::Message {
                channel, payload, ..
            } = row.content
            else {
                continue;
            };
            let mut pairs = self.in_flight.iter().zip(&awaited);
            let same = pairs.position(|(sent, awaited)| {
                *awaited == Some(channel) && row.time <= sent.until && *sent.payload == *payload
            });
            if let Some(index) = same {
                self.in_flight.remove(index);
                awaited.remove(index);
                self.rows.insert(id);
            }
            if self.in_flight.is_empty() {
                break;
            }
        }
        while self.rows.len() > MAX_ROWS {
            self.rows.pop_first();
        }
    }
}
