//! What a breakpoint with a condition remembers about each channel from one message to the next.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use crate::payload::decoder_choices::DecoderChoices;
use crate::payload::diff::Digest;
use crate::query::{Observation, Observer, Query, Row};

/// The maximum number of channels remembered. If there are more, the half that has been without
/// messages for the longest time is forgotten at once.
pub const MOST_CHANNELS: usize = 100_000;

/// The maximum number of bytes of a channel name or a value that are kept for display.
const MOST_SHOWN: usize = 200;

/// What is known about the channels that a condition applies to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelStates {
    /// How many channels are remembered.
    pub channels: u64,
    /// How many of them are in the state, if the condition is about entering or leaving a state.
    pub inside: u64,
    /// How many were forgotten to make room. The next message of such a channel counts as its
    /// first.
    pub forgotten: u64,
    /// The last message that the condition applied to.
    pub last: Option<LastSeen>,
}

/// The last message that a condition applied to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastSeen {
    /// The start of the channel's name.
    pub channel: Box<[u8]>,
    /// The start of the value.
    pub value: Box<[u8]>,
}

/// What is remembered about one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    State { is_in: bool },
    Value(Digest),
}

/// The bounded memory of channels. Names are stored as unpredictable hashes; with so few names, no
/// two hashes are expected to be equal.
#[derive(Default)]
struct Memories {
    recent: HashMap<u64, Memory>,
    /// The channels without messages since `recent` was last full.
    older: HashMap<u64, Memory>,
    inside: u64,
    forgotten: u64,
}

impl Memories {
    /// Records an observation on a channel. Returns whether it is a hit.
    fn note(&mut self, channel: u64, observed: Observation) -> bool {
        let before = match self.recent.get(&channel) {
            Some(memory) => Some(*memory),
            None => self.older.remove(&channel),
        };
        let (memory, is_hit) = match observed {
            Observation::State { is_in, is_hit } => {
                let was_in = before == Some(Memory::State { is_in: true });
                self.inside = self.inside + u64::from(is_in) - u64::from(was_in);
                (Memory::State { is_in }, is_hit && is_in != was_in)
            }
            Observation::Value(digest) => {
                let memory = Memory::Value(digest);
                (memory, before.is_some_and(|before| before != memory))
            }
        };
        if before != Some(memory) || !self.recent.contains_key(&channel) {
            self.recent.insert(channel, memory);
        }
        if self.recent.len() >= MOST_CHANNELS / 2 {
            let gone = std::mem::replace(&mut self.older, std::mem::take(&mut self.recent));
            let inside = gone.values();
            let inside = inside.filter(|memory| **memory == Memory::State { is_in: true });
            self.inside -= inside.count() as u64;
            self.forgotten += gone.len() as u64;
        }
        is_hit
    }
}

/// A condition and what it remembers about each channel.
pub struct Conditional {
    observer: Observer,
    memories: Memories,
    hasher: RandomState,
    /// The hashes of the names of the channels that rows refer to by index.
    channels: Vec<u64>,
    last: Option<LastSeen>,
}

impl Conditional {
    /// Creates the memory for `query`. Returns `None` if it has no condition on messages.
    pub fn new(query: &Arc<Query>) -> Option<Self> {
        Some(Self {
            observer: Observer::new(query)?,
            memories: Memories::default(),
            hasher: RandomState::new(),
            channels: Vec::new(),
            last: None,
        })
    }

    pub fn set_decoder_choices(&mut self, decoder_choices: &Arc<DecoderChoices>) {
        self.observer.set_decoder_choices(decoder_choices);
    }

    /// Sets the channel names that the following rows refer to by index.
    pub fn enter<'n>(&mut self, names: impl Iterator<Item = &'n [u8]> + Clone) {
        self.observer.enter(&names);
        let hashes = names.map(|name| self.hasher.hash_one(name));
        self.channels = hashes.collect();
    }

    /// Processes the next row. Returns whether it is a hit, or `None` if the condition does not
    /// apply to it.
    pub fn take(&mut self, row: &Row<'_>) -> Option<bool> {
        let channel = *self.channels.get(row.channel as usize)?;
        let observed = self.observer.observe(row)?;
        Some(self.memories.note(channel, observed))
    }

    /// Records the last row that the condition applied to.
    pub fn note_last(&mut self, row: &Row<'_>, channel: &[u8]) {
        let start = |bytes: &[u8]| bytes[..bytes.len().min(MOST_SHOWN)].into();
        let mut last = LastSeen {
            channel: start(channel),
            value: Box::default(),
        };
        self.observer
            .with_value(row, &mut |value| last.value = start(value));
        self.last = Some(last);
    }

    /// Returns what is known about the channels.
    pub fn states(&self) -> ChannelStates {
        let Memories {
            recent,
            older,
            inside,
            forgotten,
        } = &self.memories;
        ChannelStates {
            channels: (recent.len() + older.len()) as u64,
            inside: *inside,
            forgotten: *forgotten,
            last: self.last.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(is_in: bool) -> Observation {
        Observation::State {
            is_in,
            is_hit: true,
        }
    }

    #[test]
    fn only_changes_of_a_state_are_hits_and_each_channel_has_its_own() {
        let mut memories = Memories::default();
        let sequence = [(1, false), (1, true), (1, true), (2, true), (1, false)];
        let hits = sequence.map(|(channel, is_in)| memories.note(channel, state(is_in)));
        // The first message is a hit if it is in the state.
        assert_eq!(hits, [false, true, false, true, true]);
        assert_eq!(memories.inside, 1);
    }

    #[test]
    fn a_value_is_a_hit_if_it_differs_from_the_previous_one() {
        let mut memories = Memories::default();
        let sequence = [(1, 5), (1, 5), (2, 6), (1, 6), (1, 5)];
        let hits =
            sequence.map(|(channel, value)| memories.note(channel, Observation::Value(value)));
        assert_eq!(hits, [false, false, false, true, true]);
    }

    #[test]
    fn a_flood_of_channels_is_forgotten_and_counted_but_a_busy_one_is_kept() {
        let mut memories = Memories::default();
        memories.note(0, state(true));
        for channel in 1..1_000_000 {
            memories.note(channel, state(channel % 2 == 0));
            if channel % 1000 == 0 {
                assert!(!memories.note(0, state(true)), "forgotten at {channel}");
            }
        }
        let kept = memories.recent.len() + memories.older.len();
        assert!(kept <= MOST_CHANNELS, "{kept}");
        assert_eq!(memories.forgotten + kept as u64, 1_000_000);
        let values = memories.recent.values().chain(memories.older.values());
        let inside = values.filter(|memory| **memory == Memory::State { is_in: true });
        assert_eq!(memories.inside, inside.count() as u64);
    }
}
