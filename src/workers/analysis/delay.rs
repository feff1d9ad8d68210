//! Message delays, measured from the sender's clock to ours.
//!
//! The two clocks differ, so a measured delay is the transit time plus that difference. The lowest
//! delay of a channel is a hint: if it is negative, the sender's clock is ahead by at least as
//! much.

mod sent;

use std::sync::Arc;

use super::finding::FindingKind;
use super::plan::Role;
use super::spread::{Percentiles, Spread};
use super::watched::{Message, Watched};
use crate::query::Path;

pub use sent::sent_time;

/// The maximum number of channels of a delay check.
const MOST_CHANNELS: usize = 1_000;

/// The delays of the messages on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelDelay {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// Messages checked.
    pub messages: u64,
    /// How many of these have no time at the path.
    pub without_time: u64,
    /// How many of these were sent later than received, going by the two clocks.
    pub ahead: u64,
    /// The delays; `None` before the first. The lowest is a hint at the clock difference.
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
    channels: Watched<OfChannel>,
}

#[derive(Debug, Default)]
struct OfChannel {
    messages: u64,
    without_time: u64,
    spread: Spread,
}

impl Delays {
    /// Creates the state without channels.
    pub fn new(sent: Path) -> Self {
        Self {
            sent,
            channels: Watched::new(MOST_CHANNELS),
        }
    }

    /// Returns the place of the channel `name`; see [`Watched::place`].
    pub fn place(&mut self, name: &Arc<[u8]>, _: Role) -> Option<u32> {
        self.channels.place(name, OfChannel::default)
    }

    /// Checks a message on the channel at `place`.
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

    /// Returns the delays of at most `most` channels, including `channel` if it is watched.
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

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        self.channels.size(|channel| channel.spread.size())
    }
}
