//! The channels heard: their names, counts and rates.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::history::History;
use crate::message::{ChannelId, RowId, Time};

/// Channels of which no row is kept any more stay in the list while they are at most this many;
/// then the one that fell silent first is forgotten. So a quiet channel outlives the flood of
/// another, and millions of one-off channels stay bounded.
const MAX_IDLE: usize = 10_000;

/// What sharing a name takes: its two counts.
const NAME_HEADER: usize = 16;

/// What is known of a channel.
#[derive(Debug)]
pub struct Channel {
    name: Arc<[u8]>,
    /// Messages received on it, each publish counted once.
    pub messages: u64,
    /// Bytes of payload received on it.
    pub bytes: u64,
    /// When its last message came.
    pub last_heard: Time,
    /// The row of its last message; it may have been evicted.
    pub last_row: RowId,
    /// Rows of it that the log still keeps.
    kept: u64,
    /// When it had last been heard when it was put into the queue of idle channels, if it is there.
    queued: Option<Time>,
    /// Absent until the second message, so that one-off channels stay small.
    history: Option<Box<History>>,
}

impl Channel {
    /// Its name as Redis has it.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Messages a second at `now`; see [`History::rate`].
    #[must_use]
    pub fn rate(&self, now: Time) -> f64 {
        match &self.history {
            Some(history) => history.rate(now),
            None => History::rate_of_one(self.last_heard, now),
        }
    }

    /// The last minute in `bars` parts; see [`History::bars`].
    #[must_use]
    pub fn bars(&self, now: Time, bars: usize) -> Vec<u32> {
        match &self.history {
            Some(history) => history.bars(now, bars),
            None => History::of_one(self.last_heard).bars(now, bars),
        }
    }

    fn size(&self) -> usize {
        let history = self.history.as_ref().map_or(0, |_| size_of::<History>());
        size_of::<Slot>() + size_of::<u32>() + NAME_HEADER + self.name.len() + history
    }

    fn hear(&mut self, heard: &Heard) {
        if self.messages > 0 && self.history.is_none() {
            self.history = Some(Box::new(History::of_one(self.last_heard)));
        }
        if self.history.is_none() && heard.messages > 1 {
            self.history = Some(Box::new(History::starting_at(heard.time)));
        }
        if let Some(history) = &mut self.history {
            history.add(heard.time, heard.messages);
        }
        self.messages += u64::from(heard.messages);
        self.kept += u64::from(heard.messages);
        self.bytes += heard.bytes;
        self.last_heard = heard.time;
    }
}

/// What one batch brought on one channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) messages: u32,
    pub(super) bytes: u64,
    pub(super) time: Time,
}

#[derive(Debug)]
enum Slot {
    Taken(Channel),
    Free,
}

/// All channels heard, by id and by name.
#[derive(Debug, Default)]
pub struct ChannelTable {
    slots: Vec<Slot>,
    free: Vec<u32>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Channels that had no kept row when they were put here, oldest first, each once.
    queue: VecDeque<u32>,
    /// How many channels have no kept row.
    idle: usize,
    /// The bytes that these take.
    idle_bytes: usize,
    bytes: usize,
    /// Changes whenever a channel is added or forgotten.
    generation: u64,
}

impl ChannelTable {
    /// The channel with this id, unless it has been forgotten.
    #[must_use]
    pub fn by_id(&self, id: ChannelId) -> Option<&Channel> {
        match self.slots.get(id.0 as usize)? {
            Slot::Taken(channel) => Some(channel),
            Slot::Free => None,
        }
    }

    /// The id of the channel called `name`, if it has been heard.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<ChannelId> {
        let hash = self.hasher.hash_one(name);
        let id = self.index.find(hash, |&id| self.name(id) == name)?;
        Some(ChannelId(*id))
    }

    /// Every channel, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (ChannelId, &Channel)> {
        self.slots
            .iter()
            .zip(0..)
            .filter_map(|(slot, id)| match slot {
                Slot::Taken(channel) => Some((ChannelId(id), channel)),
                Slot::Free => None,
            })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether none has been heard.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// A number that changes whenever a channel is added or forgotten.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The bytes that the table takes.
    pub(super) fn size(&self) -> usize {
        self.bytes
    }

    /// Notes what was heard on the channel `name` and gives its id.
    pub(super) fn hear(&mut self, name: &[u8], heard: &Heard) -> ChannelId {
        let id = self.find(name).unwrap_or_else(|| self.add(name));
        if let Slot::Taken(channel) = &mut self.slots[id.0 as usize] {
            if channel.kept == 0 {
                self.idle -= 1;
                self.idle_bytes -= channel.size();
            }
            self.bytes -= channel.size();
            channel.hear(heard);
            self.bytes += channel.size();
        }
        id
    }

    /// The name of the channel `id`, to be shared; empty if it is not known.
    pub(super) fn shared_name(&self, id: ChannelId) -> Arc<[u8]> {
        match self.slots.get(id.0 as usize) {
            Some(Slot::Taken(channel)) => Arc::clone(&channel.name),
            Some(Slot::Free) | None => Arc::default(),
        }
    }

    /// Notes the row of the channel's last message.
    pub(super) fn note_last_row(&mut self, id: ChannelId, row: RowId) {
        if let Slot::Taken(channel) = &mut self.slots[id.0 as usize] {
            channel.last_row = row;
        }
    }

    /// Notes that so many rows of the channel are no longer kept.
    pub(super) fn release_rows(&mut self, id: ChannelId, rows: u64) {
        let Slot::Taken(channel) = &mut self.slots[id.0 as usize] else {
            return;
        };
        channel.kept -= rows;
        if channel.kept > 0 {
            return;
        }
        self.idle += 1;
        self.idle_bytes += channel.size();
        if channel.queued.is_none() {
            channel.queued = Some(channel.last_heard);
            self.queue.push_back(id.0);
        }
    }

    /// Forgets idle channels beyond [`MAX_IDLE`], and those that take more than `room` bytes
    /// together. The one that fell silent first goes first.
    pub(super) fn forget_idle(&mut self, room: usize) {
        while self.idle > MAX_IDLE || self.idle_bytes > room {
            let Some(id) = self.queue.pop_front() else {
                return;
            };
            let Slot::Taken(channel) = &mut self.slots[id as usize] else {
                continue;
            };
            if channel.kept > 0 {
                channel.queued = None;
            } else if channel
                .queued
                .is_some_and(|queued| queued < channel.last_heard)
            {
                // It has been heard since, and has fallen silent anew.
                channel.queued = Some(channel.last_heard);
                self.queue.push_back(id);
            } else {
                self.forget(id);
            }
        }
    }

    fn add(&mut self, name: &[u8]) -> ChannelId {
        let channel = Channel {
            name: name.into(),
            messages: 0,
            bytes: 0,
            last_heard: Time::default(),
            last_row: RowId::default(),
            kept: 0,
            queued: None,
            history: None,
        };
        self.bytes += channel.size();
        self.idle += 1;
        self.idle_bytes += channel.size();
        let id = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::Free);
            u32::try_from(self.slots.len() - 1).expect("memory ends before 4 billion channels")
        });
        self.slots[id as usize] = Slot::Taken(channel);
        let hash = self.hasher.hash_one(name);
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.index
            .insert_unique(hash, id, |&id| hasher.hash_one(name_in(slots, id)));
        self.generation += 1;
        ChannelId(id)
    }

    fn forget(&mut self, id: u32) {
        let hash = self.hasher.hash_one(self.name(id));
        if let Ok(entry) = self.index.find_entry(hash, |&other| other == id) {
            entry.remove();
        }
        if let Slot::Taken(channel) = &self.slots[id as usize] {
            self.bytes -= channel.size();
            self.idle_bytes -= channel.size();
        }
        self.slots[id as usize] = Slot::Free;
        self.free.push(id);
        self.idle -= 1;
        self.generation += 1;
    }

    fn name(&self, id: u32) -> &[u8] {
        name_in(&self.slots, id)
    }
}

fn name_in(slots: &[Slot], id: u32) -> &[u8] {
    match &slots[id as usize] {
        Slot::Taken(channel) => &channel.name,
        Slot::Free => &[],
    }
}
