//! How long messages take from the clock of who sends them to ours.
//!
//! The two clocks differ, so that a delay is the way's time plus the difference. The least delay
//! of a channel hints at that: below zero, the sender's clock is ahead by at least as much.

mod sent;

use std::sync::Arc;

use super::finding::FindingKind;
use super::plan::Role;
use super::spread::{Percentiles, Spread};
use super::watched::{Message, Watched};
use crate::query::Path;

pub use sent::sent_time;

/// The most channels that a check of delays watches.
const MOST_CHANNELS: usize = 1_000;

/// How late the messages of a channel are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelDelay {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// Messages looked at.
    pub messages: u64,
    /// Of these, the ones that say no time at the path.
    pub without_time: u64,
    /// Of these, the ones that were sent later than they were received, by the two clocks.
    pub ahead: u64,
    /// The delays; `None` before the first. The least of them hints at how the clocks differ.
    pub delay: Option<Percentiles>,
}

/// How late messages are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelayReport {
    /// The channels, in the order in which they came.
    pub channels: Vec<ChannelDelay>,
    /// Whether there was no room for some channels.
    pub is_full: bool,
}

/// The delays of a check.
#[derive(Debug)]
pub struct Delays {
    sent: Path,
    channels: Watched<OfChannel>,
}

#[derive(Debug, Default)]
struct OfChannel {
    messages: u64,
    without_time: u64,
    spread: Spread,
}

impl Delays {
    /// No channel yet.
    pub fn new(sent: Path) -> Self {
        Self {
            sent,
            channels: Watched::new(MOST_CHANNELS),
        }
    }

    /// See [`Watched::place`].
    pub fn place(&mut self, name: &Arc<[u8]>, _: Role) -> Option<u32> {
        self.channels.place(name, OfChannel::default)
    }

    /// Looks at a message of the channel at `place`.
    pub fn look(&mut self, place: u32, message: &Message<'_>) -> Option<FindingKind> {
        let of_channel = self.channels.at(place)?;
        of_channel.messages += 1;
        let figure = message.lookup.figure(self.sent.steps());
        let Some(sent) = figure.and_then(|figure| sent_time(&figure)) else {
            of_channel.without_time += 1;
            return None;
        };
        let delay = message.time.0.saturating_sub(sent.0);
        of_channel.spread.add(delay);
        Some(FindingKind::Delay(delay))
    }

    /// How late messages are, on at most `most` channels: on `channel` in any case, if it is among
    /// them.
    pub fn report(&self, channel: Option<&[u8]>, most: usize) -> DelayReport {
        let is_asked = |name: &[u8]| channel == Some(name);
        let asked = self.channels.iter().filter(|(name, _)| is_asked(name));
        let others = self.channels.iter().filter(|(name, _)| !is_asked(name));
        let channels = asked.chain(others).take(most);
        let channels = channels.map(|(name, channel)| ChannelDelay {
            channel: Arc::clone(name),
            messages: channel.messages,
            without_time: channel.without_time,
            ahead: channel.spread.negative(),
            delay: channel.spread.percentiles(),
        });
        DelayReport {
            channels: channels.collect(),
            is_full: self.channels.is_full(),
        }
    }

    /// The bytes that they take.
    pub fn size(&self) -> usize {
        self.channels.size(|channel| channel.spread.size())
    }
}
