//! Sequence numbers: missing, duplicate and late ones.
//!
//! Each channel has a sequence, or, if the check has a key, one for each value of the key. The
//! expected number is one above the highest so far. Numbers missing across a gap row in the log, or
//! across rows that were not checked, are reported as explained: we, rather than the sender, may
//! have lost them. A late number that fills a hole is no longer missing.
//!
//! A jump back that fills no hole may mean that the sender has restarted, if the number is 0 or 1
//! or comes after a gap. The number is first reported as a restart that may be a duplicate or late
//! number instead. The next number decides: if it is the successor, there was a restart. After a
//! jump to 0 or 1, there was also a restart if the next number does not continue the previous
//! sequence. Otherwise, the number is recounted as a duplicate or late number, and the previous
//! sequence continues unaffected.

mod counts;
mod holes;
mod track;

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

use super::finding::FindingKind;
use super::value;
use super::watched::{Message, Verdict, Watched};
use crate::payload::lookup::Lookup;
use crate::query::Path;
use holes::Holes;
use track::Track;

pub use counts::Counts;

/// The maximum number of channels of a sequence check.
const MAX_CHANNELS: usize = 1_000;

/// The maximum number of keyed sequences of a check.
pub const MAX_SEQUENCES: usize = 100_000;

/// The maximum number of holes that a check remembers in total, to recognise numbers that fill
/// them.
const MAX_HOLES: usize = 100_000;

/// The results for the sequences of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelCounts {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// The number of keys; 0 if the check has no key.
    pub keys: u64,
    /// The highest number, if there are no keys.
    pub last: Option<i128>,
    /// The counts.
    pub counts: Counts,
}

/// The results of a sequence check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceReport {
    /// The totals of all channels.
    pub counts: Counts,
    /// The channels: the requested one first, then those with the most missing numbers.
    pub channels: Vec<ChannelCounts>,
    /// Whether the check has a key.
    pub has_key: bool,
    /// Whether some channels or keys were left out because a limit was reached.
    pub is_full: bool,
}

/// The state of a sequence check.
#[derive(Debug)]
pub struct Sequences {
    number: Path,
    key: Option<Path>,
    pub(super) channels: Watched<ChannelState>,
    keys: usize,
    holes: usize,
}

/// The sequences of a channel.
#[derive(Debug, Default)]
pub struct ChannelState {
    counts: Counts,
    whole: Track,
    by_key: HashMap<Vec<u8>, Track>,
}

impl Sequences {
    /// Creates a state without channels.
    pub fn new(number: Path, key: Option<Path>) -> Self {
        Self {
            number,
            key,
            channels: Watched::new(MAX_CHANNELS),
            keys: 0,
            holes: 0,
        }
    }

    /// Checks a message on the channel in slot `place`.
    pub fn check(&mut self, place: u32, message: &Message<'_>) -> Verdict {
        let Some(channel) = self.channels.at(place) else {
            return Verdict::Skipped;
        };
        channel.counts.messages += 1;
        let Some((number, key)) = read(&self.number, self.key.as_ref(), message.lookup) else {
            channel.counts.without_number += 1;
            return Verdict::Skipped;
        };
        let track = match key {
            None => &mut channel.whole,
            Some(key) => match channel.by_key.entry_ref(&*key) {
                EntryRef::Occupied(known) => known.into_mut(),
                EntryRef::Vacant(_) if self.keys >= MAX_SEQUENCES => {
                    channel.counts.unfollowed += 1;
                    return Verdict::Skipped;
                }
                EntryRef::Vacant(new) => {
                    self.keys += 1;
                    new.insert(Track::default())
                }
            },
        };
        let holes = track.holes();
        let has_room = self.holes < MAX_HOLES;
        let step = track.next(number, message.breaks, has_room, &mut channel.counts);
        self.holes = self.holes + track.holes() - holes;
        let finding = step.map(|step| FindingKind::Sequence(Box::new(step)));
        finding.into()
    }

    /// Returns the results for at most `most` channels, including `channel` if it is watched.
    pub fn report(&self, channel: Option<&[u8]>, most: usize) -> SequenceReport {
        let channels = self.channels.iter();
        let channels = channels.map(|(name, channel)| ChannelCounts {
            channel: Arc::clone(name),
            keys: channel.by_key.len() as u64,
            last: channel.whole.last(),
            counts: channel.counts,
        });
        let mut channels: Vec<ChannelCounts> = channels.collect();
        let is_asked = |one: &ChannelCounts| channel == Some(&*one.channel);
        channels.sort_by_key(|one| (!is_asked(one), std::cmp::Reverse(one.counts.missing)));
        let all = channels.iter().map(|channel| &channel.counts);
        let counts = all.fold(Counts::default(), Counts::plus);
        channels.truncate(most);
        SequenceReport {
            has_key: self.key.is_some(),
            is_full: self.channels.is_full || counts.unfollowed > 0,
            counts,
            channels,
        }
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        let tracks = self.channels.size(|channel| {
            let entry = size_of::<(Vec<u8>, Track)>();
            let keys = channel.by_key.keys().map(Vec::len);
            channel.by_key.capacity() * entry + keys.sum::<usize>()
        });
        tracks + self.holes * Holes::HOLE_BYTES
    }
}

/// Returns the number in a message and its key, if the check has one.
#[inline]
fn read<'a>(
    number: &Path,
    key: Option<&Path>,
    lookup: &Lookup<'a, '_>,
) -> Option<(i128, Option<Cow<'a, [u8]>>)> {
    let number = value::whole_number(&lookup.figure(number.steps())?)?;
    let Some(key) = key else {
        return Some((number, None));
    };
    let key = match lookup.value(key.steps())? {
        Cow::Borrowed(key) => value::key(key)?,
        Cow::Owned(key) => value::key(&key)?.into_owned().into(),
    };
    Some((number, Some(key)))
}
