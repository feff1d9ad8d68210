//! The channels with messages: their names, counts and rates.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::batch::BatchChannel;
use super::history::History;
use crate::message::{ChannelId, RowId, Time};

/// The maximum number of channels without rows in the list; the one that has been silent the
/// longest is removed first. This way, a quiet channel outlives a flood of others, and one-off
/// channels use bounded memory.
const MAX_IDLE: usize = 10_000;

/// The overhead of a shared name, in bytes: its two reference counts.
const NAME_HEADER: usize = 16;

/// The state of a channel.
#[derive(Debug)]
pub struct Channel {
    name: Arc<[u8]>,
    /// Messages received, each publish counted once.
    pub messages: u64,
    /// Payload bytes received.
    pub bytes: u64,
    /// When the last message arrived.
    pub last_received: Time,
    /// The row of the last message; it may have been evicted.
    pub last_row: RowId,
    row_before: RowId,
    /// Number of rows still in the log.
    pub kept: u64,
    /// Number of cleared rows that can be restored.
    pub(super) cleared: u64,
    /// The value of `last_received` when the channel joined the queue of idle channels, if it did.
    queued: Option<Time>,
    /// The message rates, absent until the second message to keep one-off channels small.
    history: Option<Box<History>>,
}

impl Channel {
    /// Returns the name as raw bytes.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Returns the name, which may outlive the channel.
    pub fn shared_name(&self) -> Arc<[u8]> {
        Arc::clone(&self.name)
    }

    /// Returns the row of the second-to-last message, if there was one; it may have been evicted.
    pub fn row_before(&self) -> Option<RowId> {
        (self.messages > 1).then_some(self.row_before)
    }

    /// Returns the messages per second at `now`; see [`History::rate`].
    pub fn rate(&self, now: Time) -> f64 {
        match &self.history {
            Some(history) => history.rate(now),
            None => History::rate_of_one(self.last_received, now),
        }
    }

    /// Returns whether the rate at `now` covers the last seconds in full, rather than only those since
    /// the first message.
    pub fn has_full_rate(&self, now: Time) -> bool {
        match &self.history {
            Some(history) => history.has_full_rate(now),
            None => History::of_one(self.last_received).has_full_rate(now),
        }
    }

    /// Returns the message counts of the last minute in `cells` cells; see [`History::cells`].
    pub fn cells(&self, now: Time, cells: usize) -> Vec<Option<u32>> {
        match &self.history {
            Some(history) => history.cells(now, cells),
            None => History::of_one(self.last_received).cells(now, cells),
        }
    }

    /// Adds the messages of the last minute to `sum`.
    pub fn add_to(&self, sum: &mut History) {
        match &self.history {
            Some(history) => sum.absorb(history),
            None => sum.absorb_one(self.last_received),
        }
    }

    /// Returns whether the channel has neither kept nor cleared rows left.
    fn is_idle(&self) -> bool {
        self.kept + self.cleared == 0
    }

    fn size(&self) -> usize {
        let history = self.history.as_ref();
        let history = history.map_or(0, |_| allocated(size_of::<History>()));
        let name = allocated(NAME_HEADER + self.name.len());
        size_of::<Option<Channel>>() + size_of::<Indexed>() + name + history
    }

    fn record(&mut self, batch: &BatchChannel, time: Time) {
        if self.messages > 0 && self.history.is_none() {
            self.history = Some(Box::new(History::of_one(self.last_received)));
        }
        if self.history.is_none() && batch.messages > 1 {
            self.history = Some(Box::new(History::starting_at(time)));
        }
        if let Some(history) = &mut self.history {
            history.add(time, batch.messages);
        }
        self.messages += u64::from(batch.messages);
        self.kept += u64::from(batch.messages);
        self.bytes += batch.bytes;
        self.last_received = time;
    }
}

/// Returns how much memory a typical allocator uses for `bytes`: 8 bytes more, rounded up to a
/// multiple of 16.
fn allocated(bytes: usize) -> usize {
    (bytes + 8).next_multiple_of(16)
}

/// An entry of the name index. It stores the hash, so that the index can grow without reading names
/// scattered in memory. With a million channels, reading them would delay key presses.
#[derive(Clone, Copy, Debug)]
struct Indexed {
    hash: u32,
    id: u32,
}

impl Indexed {
    /// Returns the hash in both halves of 64 bits, since the hash table uses the lowest and the
    /// highest bits.
    fn wide_hash(self) -> u64 {
        u64::from(self.hash) << 32 | u64::from(self.hash)
    }
}

/// All known channels, by id and by name.
#[derive(Debug, Default)]
pub struct ChannelTable {
    slots: Vec<Option<Channel>>,
    free: Vec<u32>,
    index: HashTable<Indexed>,
    hasher: DefaultHashBuilder,
    /// Channels queued for removal, oldest first, without duplicates. Some may have received
    /// messages since.
    queue: VecDeque<u32>,
    /// The number of idle channels.
    idle: usize,
    /// The bytes used by idle channels.
    idle_bytes: usize,
    bytes: usize,
    /// Incremented whenever a channel is added or removed.
    generation: u64,
}

impl ChannelTable {
    /// Returns the channel with this id, unless it has been removed.
    pub fn by_id(&self, id: ChannelId) -> Option<&Channel> {
        self.slots.get(id.0 as usize)?.as_ref()
    }

    /// Returns an empty table, in which everything has changed.
    pub(super) fn emptied(&self) -> Self {
        Self {
            generation: self.generation + 1,
            ..Self::default()
        }
    }

    /// Returns the id of the channel called `name`, if it is known.
    pub fn find(&self, name: &[u8]) -> Option<ChannelId> {
        let wanted = self.indexed(name, 0);
        let is_it = |one: &Indexed| one.hash == wanted.hash && self.name(one.id) == name;
        let found = self.index.find(wanted.wide_hash(), is_it)?;
        Some(ChannelId(found.id))
    }

    /// Returns all channels, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (ChannelId, &Channel)> {
        self.within(0..self.slots.len())
    }

    /// Returns the number of slots for channels; some may be free.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Returns the channels in this range of the table.
    pub fn within(&self, slots: Range<usize>) -> impl Iterator<Item = (ChannelId, &Channel)> {
        let ids = (0..self.slots.len()).skip(slots.start);
        let slots = self.slots.get(slots).unwrap_or_default();
        slots.iter().zip(ids).filter_map(|(slot, index)| {
            Some((ChannelId(u32::try_from(index).ok()?), slot.as_ref()?))
        })
    }

    /// Returns the number of channels.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Returns the number of channels that have kept or cleared rows.
    pub fn with_rows(&self) -> usize {
        self.len() - self.idle
    }

    /// Returns whether there are no channels.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Returns a number that changes whenever a channel is added or removed.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns the memory use of the table in bytes, including free slots.
    pub(super) fn size(&self) -> usize {
        let indexed = self.index.len() * size_of::<Indexed>();
        let index = self.index.allocation_size().saturating_sub(indexed);
        let free = self.free.len() * (size_of::<Option<Channel>>() + size_of::<u32>());
        self.bytes + index + free + self.queue.capacity() * size_of::<u32>()
    }

    /// Adds the totals of a batch to the channel `name`, whose last message arrived at `time`.
    /// Returns the channel's id.
    pub(super) fn record(&mut self, name: &[u8], batch: &BatchChannel, time: Time) -> ChannelId {
        let id = self.find(name).unwrap_or_else(|| self.add(name));
        if let Some(channel) = &mut self.slots[id.0 as usize] {
            if channel.is_idle() {
                self.idle -= 1;
                self.idle_bytes -= channel.size();
            }
            self.bytes -= channel.size();
            channel.record(batch, time);
            self.bytes += channel.size();
        }
        id
    }

    /// Returns the shared name of the channel `id`; empty if it is unknown.
    pub(super) fn shared_name(&self, id: ChannelId) -> Arc<[u8]> {
        self.by_id(id).map(Channel::shared_name).unwrap_or_default()
    }

    /// Records `row` as the channel's newest message. For each batch, only its last two rows on the
    /// channel need to be recorded, in order.
    pub(super) fn note_row(&mut self, id: ChannelId, row: RowId) {
        if let Some(channel) = &mut self.slots[id.0 as usize]
            && channel.last_row != row
        {
            channel.row_before = channel.last_row;
            channel.last_row = row;
        }
    }

    /// Changes the counts of kept and cleared rows of a channel that has rows, and queues the
    /// channel for removal if it has none left.
    pub(super) fn recount_rows(&mut self, id: ChannelId, change: impl FnOnce(&mut Channel)) {
        let Some(channel) = &mut self.slots[id.0 as usize] else {
            return;
        };
        change(channel);
        if !channel.is_idle() {
            return;
        }
        self.idle += 1;
        self.idle_bytes += channel.size();
        if channel.queued.is_none() {
            channel.queued = Some(channel.last_received);
            self.queue.push_back(id.0);
        }
    }

    /// Removes the channels that have been idle the longest, until at most [`MAX_IDLE`] idle
    /// channels are left and they use at most `room` bytes.
    pub(super) fn forget_idle(&mut self, room: usize) {
        while self.idle > MAX_IDLE || self.idle_bytes > room {
            let Some(id) = self.queue.pop_front() else {
                return;
            };
            let Some(channel) = &mut self.slots[id as usize] else {
                continue;
            };
            if !channel.is_idle() {
                channel.queued = None;
            } else if channel
                .queued
                .is_some_and(|queued| queued < channel.last_received)
            {
                // The channel has received messages since it was queued.
                channel.queued = Some(channel.last_received);
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
            last_received: Time::default(),
            last_row: RowId::default(),
            row_before: RowId::default(),
            kept: 0,
            cleared: 0,
            queued: None,
            history: None,
        };
        self.bytes += channel.size();
        self.idle += 1;
        self.idle_bytes += channel.size();
        let id = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).expect("memory runs out before 4 billion channels")
        });
        self.slots[id as usize] = Some(channel);
        let entry = self.indexed(name, id);
        self.index
            .insert_unique(entry.wide_hash(), entry, |entry| entry.wide_hash());
        self.generation += 1;
        ChannelId(id)
    }

    fn forget(&mut self, id: u32) {
        let hash = self.indexed(self.name(id), id).wide_hash();
        if let Ok(entry) = self.index.find_entry(hash, |other| other.id == id) {
            entry.remove();
        }
        if let Some(channel) = &self.slots[id as usize] {
            self.bytes -= channel.size();
            self.idle_bytes -= channel.size();
        }
        self.slots[id as usize] = None;
        self.free.push(id);
        self.idle -= 1;
        self.generation += 1;
    }

    fn indexed(&self, name: &[u8], id: u32) -> Indexed {
        let hash = self.hasher.hash_one(name) >> 32;
        Indexed {
            hash: u32::try_from(hash).expect("the upper half fits into 32 bits"),
            id,
        }
    }

    fn name(&self, id: u32) -> &[u8] {
        let channel = self.slots[id as usize].as_ref();
        channel.map_or(&[], |channel| &channel.name)
    }
}
