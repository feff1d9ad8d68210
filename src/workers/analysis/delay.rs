//! Message delays, measured from the sender's clock to ours.
//!
//! The two clocks differ, so a measured delay is the transit time plus that difference. The lowest
//! delay on a channel gives a hint: if it is negative, the sender's clock is ahead by at least that
//! much.

mod sent;

use std::sync::Arc;

use super::finding::FindingKind;
use super::spread::{Percentiles, Spread};
use super::watched::{Message, Watched};
use crate::query::Path;

pub use sent::sent_time;

/// The maximum number of channels of a delay check.
const MAX_CHANNELS: usize = 1_000;

/// The delays of the messages on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelDelay {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// Messages checked.
    pub messages: u64,
    /// How many of these have no time at the path.
    pub without_time: u64,
    /// How many of these were sent later than they were received, going by the two clocks.
    pub ahead: u64,
    /// The delays; `None` before the first. The lowest delay hints at the clock difference.
    pub delay: Option<Percentiles>,
}

/// The results of a delay check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelayReport {
    /// The channels, in order of appearance.
    pub channels: Vec<ChannelDelay>,
    /// Whether some channels were left out because the limit was reached.
    pub is_full: bool,
}

/// The state of a delay check.
#[derive(Debug)]
pub struct Delays {
    sent: Path,
    pub(super) channels: Watched<ChannelState>,
}

/// The state of a channel.
#[derive(Debug, Default)]
pub struct ChannelState {
    messages: u64,
    without_time: u64,
    spread: Spread,
}

impl Delays {
    /// Creates a state without channels.
    pub fn new(sent: Path) -> Self {
        Self {
            sent,
            channels: Watched::new(MAX_CHANNELS),
        }
    }

    /// Checks a message on the channel in slot `place`.
    pub fn check(&mut self, place: u32, message: &Message<'_>) -> Option<FindingKind> {
        let channel = self.channels.at(place)?;
        channel.messages += 1;
        let figure = message.lookup.figure(self.sent.steps());
        let Some(sent) = figure.and_then(|figure| sent_time(&figure)) else {
            channel.without_time += 1;
            return None;
        };
        let delay = message.time.0.saturating_sub(sent.0);
        channel.spread.add(delay);
        Some(FindingKind::Delay(delay))
    }

    /// Returns the delays of at most `most` channels, including `channel` if it is watched.
    pub fn report(&self, channel: Option<&[u8]>, most: usize) -> DelayReport {
        let mut channels: Vec<_> = self.channels.iter().collect();
        channels.sort_by_key(|(name, _)| channel != Some(&***name));
        let channels = channels.into_iter().take(most);
        let channels = channels.map(|(name, channel)| ChannelDelay {
            channel: Arc::clone(name),
            messages: channel.messages,
            without_time: channel.without_time,
            ahead: channel.spread.negative(),
            delay: channel.spread.percentiles(),
        });
        DelayReport {
            channels: channels.collect(),
            is_full: self.channels.is_full,
        }
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        self.channels.size(|channel| channel.spread.size())
    }
}
