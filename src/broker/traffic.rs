//! What the demo shows: the traffic of a small made-up shop, the same for the same seed.
//!
//! Besides everyday messages of many forms it holds, each at its time, the oddities that one
//! opens such a tool for: bursts, a sequence number that skips, a field that changes its type, a
//! channel that falls silent. [`Traffic`] is the sequence, which knows no clock; [`play`]
//! publishes it in time.

mod random;
mod services;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use self::services::{Shop, Step, Task};
use super::Publisher;

/// How late a message may be and still be caught up with. Later, the program was stopped, and
/// what would have been published meanwhile should not come all at once.
const CATCH_UP: Duration = Duration::from_millis(500);

/// Publishes the traffic of this seed, each message at its time, for ever.
///
/// # Panics
///
/// Panics outside a tokio runtime with timers.
pub async fn play(publisher: Publisher, seed: u64) {
    let mut start = Instant::now();
    for publication in Traffic::new(seed) {
        start = start_after_pause(start, publication.at, Instant::now());
        sleep_until(start + publication.at).await;
        publisher.publish(publication.channel.as_bytes(), &publication.payload);
    }
}

/// When to count the traffic's times from: as before, or later if it was held up for long.
fn start_after_pause(start: Instant, at: Duration, now: Instant) -> Instant {
    let late = now.saturating_duration_since(start + at);
    if late > CATCH_UP { start + late } else { start }
}

/// A message of the sample traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// When it is published, counted from the start of the traffic.
    pub at: Duration,
    /// Where it is published.
    pub channel: &'static str,
    /// What it says.
    pub payload: Vec<u8>,
}

/// The sample traffic of one seed, in order of time. It has no end.
#[derive(Debug)]
pub struct Traffic {
    shop: Shop,
    /// What is to be done, by when; the number keeps apart what is due at the same time.
    due: BTreeMap<(Duration, u64), Task>,
    scheduled: u64,
}

impl Traffic {
    /// The traffic of this seed, from its start.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut shop = Shop::new(seed);
        let tasks = shop.open();
        let mut traffic = Self {
            shop,
            due: BTreeMap::new(),
            scheduled: 0,
        };
        for (at, task) in tasks {
            traffic.schedule(at, task);
        }
        traffic
    }

    fn schedule(&mut self, at: Duration, task: Task) {
        self.due.insert((at, self.scheduled), task);
        self.scheduled += 1;
    }
}

impl Iterator for Traffic {
    type Item = Publication;

    fn next(&mut self) -> Option<Publication> {
        let ((at, _), task) = self.due.pop_first()?;
        let Step {
            channel,
            payload,
            next,
        } = self.shop.carry_out(task, at);
        for (delay, task) in next {
            self.schedule(at + delay, task);
        }
        Some(Publication {
            at,
            channel,
            payload,
        })
    }
}
