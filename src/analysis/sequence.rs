//! Whether numbers follow one another: what is missing, what comes again, what comes late.
//!
//! Each channel has a sequence; with a key, each of its values on a channel has one. A number is
//! expected to be one above the highest before it. What a gap row of the log lies in, or rows that
//! were not looked at, is told as explained: we, and not the sender, may have lost it. A number
//! that fills a hole is no longer missing.
//!
//! A jump back to 0 or 1, and any behind a gap that fills no hole, is told as a restart of the
//! sender, or else as that number once more or late: the next number decides. Behind a gap it is a
//! restart if that follows; at 0 or 1 also unless the numbers before go on. If not, it is counted
//! as the other and those before are followed as if nothing had been.

mod counts;
mod holes;
mod track;

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

use super::finding::FindingKind;
use super::plan::Role;
use super::value;
use super::watched::{Message, Verdict, Watched};
use crate::payload::lookup::Lookup;
use crate::query::Path;
use holes::Holes;
use track::Track;

pub use counts::Counts;

/// The most channels that a check of sequences watches.
const MOST_CHANNELS: usize = 1_000;

/// The most sequences that a check follows, keys counted.
pub const MOST_SEQUENCES: usize = 100_000;

/// The most holes that a check remembers in all, to know what fills them.
const MOST_HOLES: usize = 100_000;

/// How the sequences of a channel do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelCounts {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// How many keys it has; 0 if none are asked for.
    pub keys: u64,
    /// The highest number, if it has no keys.
    pub last: Option<i128>,
    /// What has been counted.
    pub counts: Counts,
}

/// How the sequences of a check do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceReport {
    /// All channels together.
    pub counts: Counts,
    /// The channels, those with most that is missing first.
    pub channels: Vec<ChannelCounts>,
    /// Whether a key is asked for.
    pub has_key: bool,
    /// Whether there was no room for some channels or keys.
    pub is_full: bool,
}

/// The sequences of a check.
#[derive(Debug)]
pub struct Sequences {
    number: Path,
    key: Option<Path>,
    channels: Watched<OfChannel>,
    keys: usize,
    holes: usize,
}

/// The sequences of a channel.
#[derive(Debug, Default)]
struct OfChannel {
    counts: Counts,
    whole: Track,
    by_key: HashMap<Vec<u8>, Track>,
}

impl Sequences {
    /// No channel yet.
    pub fn new(number: Path, key: Option<Path>) -> Self {
        Self {
            number,
            key,
            channels: Watched::new(MOST_CHANNELS),
            keys: 0,
            holes: 0,
        }
    }

    /// See [`Watched::place`].
    pub fn place(&mut self, name: &Arc<[u8]>, _: Role) -> Option<u32> {
        self.channels.place(name, OfChannel::default)
    }

    /// Looks at a message of the channel at `place`.
    pub fn look(&mut self, place: u32, message: &Message<'_>) -> Verdict {
        let Some(of_channel) = self.channels.at(place) else {
            return Verdict::Skipped;
        };
        of_channel.counts.messages += 1;
        let Some((number, key)) = read(&self.number, self.key.as_ref(), message.lookup) else {
            of_channel.counts.without_number += 1;
            return Verdict::Skipped;
        };
        let track = match key {
            None => &mut of_channel.whole,
            Some(key) => match of_channel.by_key.entry_ref(&*key) {
                EntryRef::Occupied(known) => known.into_mut(),
                EntryRef::Vacant(_) if self.keys >= MOST_SEQUENCES => {
                    of_channel.counts.unfollowed += 1;
                    return Verdict::Skipped;
                }
                EntryRef::Vacant(new) => {
                    self.keys += 1;
                    new.insert(Track::default())
                }
            },
        };
        let holes = track.holes();
        let has_room = self.holes < MOST_HOLES;
        let step = track.next(number, message.breaks, has_room, &mut of_channel.counts);
        self.holes = self.holes + track.holes() - holes;
        step.map(|step| FindingKind::Sequence(Box::new(step)))
            .into()
    }

    /// How they do, of at most `most` channels: of `channel` in any case, if it is among them.
    pub fn report(&self, channel: Option<&[u8]>, most: usize) -> SequenceReport {
        let mut channels: Vec<ChannelCounts> = self
            .channels
            .iter()
            .map(|(name, channel)| ChannelCounts {
                channel: Arc::clone(name),
                keys: channel.by_key.len() as u64,
                last: channel.whole.last(),
                counts: channel.counts,
            })
            .collect();
        let is_asked = |one: &ChannelCounts| channel == Some(&*one.channel);
        channels.sort_by_key(|one| (!is_asked(one), std::cmp::Reverse(one.counts.missing)));
        let all = channels.iter().map(|channel| &channel.counts);
        let counts = all.fold(Counts::default(), Counts::plus);
        channels.truncate(most);
        SequenceReport {
            has_key: self.key.is_some(),
            is_full: self.channels.is_full() || counts.unfollowed > 0,
            counts,
            channels,
        }
    }

    /// Whether there was no room for some channels.
    pub fn is_full(&self) -> bool {
        self.channels.is_full()
    }

    /// The bytes that they take.
    pub fn size(&self) -> usize {
        let tracks = self.channels.size(|channel| {
            let entry = size_of::<(Vec<u8>, Track)>();
            let keys = channel.by_key.keys().map(Vec::len);
            channel.by_key.capacity() * entry + keys.sum::<usize>()
        });
        tracks + self.holes * Holes::HOLE_BYTES
    }
}

/// The number in a message, and the key if one is asked for.
#[inline]
fn read<'a>(
    number: &Path,
    key: Option<&Path>,
    lookup: &Lookup<'a, '_>,
) -> Option<(i128, Option<Cow<'a, [u8]>>)> {
    let number = value::integer(&lookup.figure(number.steps())?)?;
    let Some(key) = key else {
        return Some((number, None));
    };
    let key = match lookup.value(key.steps())? {
        Cow::Borrowed(key) => value::name(key)?,
        Cow::Owned(key) => value::name(&key)?.into_owned().into(),
    };
    Some((number, Some(key)))
}
