//! The unit that the subscriber hands over: rows in one arena, with channel names of its own.

mod dropping;
mod joining;
mod reading;
mod whole_rows;

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

pub use joining::Tail;
pub use reading::{BatchMessage, BatchRow};

pub(super) use joining::BatchPayload;

use super::large::LargePayload;
use super::record::{Join, Record};
use crate::message::{Allowed, GapReason, NodeId, Notice, SubscriptionId, Time, Unexpected};
use crate::payload::format::may_differ;

/// The size in bytes at which a batch is handed over even if there is more to read.
pub const BATCH_BYTES: usize = 256 << 10;

/// The number of records to reserve beyond the length of the previous full batch.
const SPARE_RECORDS: usize = 16;

/// A channel of a batch: its name and totals of its messages in the batch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BatchChannel {
    name_start: u32,
    name_length: u32,
    pub(super) messages: u32,
    pub(super) bytes: u64,
    /// The index of the channel's last row in the batch.
    pub(super) last: u32,
    /// The index of its second-to-last row in the batch, or `last` if there is only one.
    pub(super) before: u32,
}

impl BatchChannel {
    /// Returns the channel's name, which is part of the `names` of the batch.
    fn name<'a>(&self, names: &'a [u8]) -> &'a [u8] {
        let start = self.name_start as usize;
        &names[start..start + self.name_length as usize]
    }
}

/// Rows in order of arrival, on their way to the log. Redis delivers a publish once for every
/// subscription that it matches, one right after the other; the batch merges these into one row.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) arena: Vec<u8>,
    /// Payloads stored outside of the arena, by row.
    large: Vec<(u32, LargePayload)>,
    pub(super) records: Vec<Record>,
    pub(super) joins: Vec<Join>,
    /// The node that the batch came from.
    pub source: NodeId,
    /// The subscriptions that also delivered the last row before this batch, from the same node.
    pub(super) continues: Vec<SubscriptionId>,
    pub(super) channels: Vec<BatchChannel>,
    pub(super) notices: Vec<Notice>,
    names: Vec<u8>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    merged: u64,
    /// The memory use of the notices, in bytes.
    notice_bytes: usize,
    /// The row before this batch, which a delivery may join while this batch is empty.
    tail_before: Option<Tail>,
}

impl Batch {
    /// Creates an empty batch that follows a batch ending in `tail`.
    pub fn following(tail: Option<Tail>) -> Self {
        Self {
            tail_before: tail,
            ..Self::default()
        }
    }

    /// Returns the batch with `source` as its node.
    #[must_use]
    pub fn from_node(self, source: NodeId) -> Self {
        Self { source, ..self }
    }

    /// Creates an empty batch that follows `full` and, if `with_tail`, knows its last row. Reserves
    /// the same capacity if `full` was at least half full, because a burst usually continues.
    pub fn after(full: &Self, with_tail: bool) -> Self {
        let tail = with_tail.then(|| full.tail()).flatten();
        let mut next = Self::following(tail).from_node(full.source);
        if full.own_size() >= BATCH_BYTES / 2 {
            // Consecutive batches of the same traffic differ in size by less than one message.
            let longest = full.records.iter().map(|record| record.range().len()).max();
            // Large payloads are outside of the arena.
            let spare = longest.unwrap_or(0).min(full.arena.len());
            next.arena.reserve_exact(full.arena.len() + spare);
            next.records
                .reserve_exact(full.records.len() + SPARE_RECORDS);
        }
        next
    }

    /// Adds the message `payload` on `channel`, delivered for `subscription`. The delivery joins
    /// the previous row if both have the same channel and payload, but different subscriptions,
    /// since they are then the same publish.
    pub fn push_message(
        &mut self,
        time: Time,
        channel: &[u8],
        payload: &[u8],
        subscription: SubscriptionId,
    ) {
        if self.push_record(time, channel, BatchPayload::Plain(payload), subscription) {
            self.arena.extend_from_slice(payload);
        }
    }

    /// Like [`Self::push_message`], without copying the payload.
    pub fn push_large(
        &mut self,
        time: Time,
        channel: &[u8],
        payload: LargePayload,
        subscription: SubscriptionId,
    ) {
        if self.push_record(time, channel, BatchPayload::Large(&payload), subscription) {
            let row = offset(self.records.len() - 1);
            self.large.push((row, payload));
        }
    }

    /// Adds a notice.
    pub fn push_notice(&mut self, time: Time, notice: Notice) {
        self.records
            .push(Record::notice(time, offset(self.notices.len())));
        self.notice_bytes += notice_bytes(&notice);
        self.notices.push(notice);
        self.tail_before = None;
    }

    /// Returns whether the batch is empty.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.continues.is_empty()
    }

    /// Returns whether the batch has reached the size at which it is handed over.
    pub fn is_full(&self) -> bool {
        // A large row before this batch does not count: the next batch would need a copy of it too.
        self.own_size() >= BATCH_BYTES
    }

    /// Returns whether the batch can become a segment as it is: large, but at most `segment_bytes`.
    pub(super) fn is_worth_adopting(&self, segment_bytes: usize) -> bool {
        (BATCH_BYTES / 2..=segment_bytes).contains(&self.own_size())
            && self.large.is_empty()
            && self.notices.is_empty()
    }

    /// Returns the memory use in bytes, including unused capacity and the copy of the row before
    /// the batch.
    pub fn size(&self) -> usize {
        let large = self.large.iter().map(|(_, payload)| payload.bytes.len());
        self.arena.capacity()
            + large.sum::<usize>()
            + self.notice_bytes
            + self.names.capacity()
            + self.records.capacity() * size_of::<Record>()
            + self.joins.capacity() * size_of::<Join>()
            + self.channels.capacity() * size_of::<BatchChannel>()
            + self.index.allocation_size()
            + size_of_val(self.continues.as_slice())
            + self.tail_before.as_ref().map_or(0, Tail::size)
    }

    /// Returns the bytes in use, without the copy of the row before the batch.
    pub fn own_size(&self) -> usize {
        let large = self.large.iter().map(|(_, payload)| payload.bytes.len());
        self.arena.len()
            + large.sum::<usize>()
            + self.notice_bytes
            + self.names.len()
            + self.records.len() * size_of::<Record>()
            + self.joins.len() * size_of::<Join>()
            + self.channels.len() * size_of::<BatchChannel>()
            + size_of_val(self.continues.as_slice())
    }

    /// Returns how many messages the batch contains, each publish counted once.
    pub fn messages(&self) -> u64 {
        (self.records.len() - self.notices.len()) as u64
    }

    /// Returns how many deliveries joined an existing row.
    pub fn merged(&self) -> u64 {
        self.merged
    }

    /// Returns the notices, oldest first.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Returns the notices with the times at which they were recorded.
    pub fn timed_notices(&self) -> impl Iterator<Item = (Time, &Notice)> {
        // Usually there are none, so the records need not be read.
        let is_empty = self.notices.is_empty();
        let records: &[Record] = if is_empty { &[] } else { &self.records };
        let times = records.iter().filter(|record| record.is_notice());
        times.map(|record| record.time).zip(&self.notices)
    }

    /// Returns the names of the channels with messages in the batch, each once.
    pub fn channel_names(&self) -> impl Iterator<Item = &[u8]> {
        let locals = (0..).zip(&self.channels);
        locals.map(|(local, _)| self.channel_name(local))
    }

    /// Returns the payload of the message at `row`, whose record is `record`.
    #[inline]
    pub(super) fn payload(&self, row: u32, record: &Record) -> BatchPayload<'_> {
        // Usually there are no large payloads.
        match self.large.iter().find(|(of, _)| *of == row) {
            Some((_, payload)) => BatchPayload::Large(payload),
            None => BatchPayload::Plain(record.payload(&self.arena)),
        }
    }

    /// Returns the kept bytes of the payload of the message at `row`, whose record is `record`, and
    /// its original size.
    #[inline]
    fn content<'a>(&'a self, row: u32, record: &Record) -> (&'a [u8], u64) {
        if let Some((_, payload)) = self.large.iter().find(|(of, _)| *of == row) {
            return (&payload.bytes, payload.size);
        }
        let bytes = record.payload(&self.arena);
        (bytes, bytes.len() as u64)
    }

    pub(super) fn channel_name(&self, local: u32) -> &[u8] {
        self.channels[local as usize].name(&self.names)
    }

    /// Joins a delivery to the row before it, or else adds a row. Returns whether it added one; the
    /// caller then stores the payload.
    #[inline]
    fn push_record(
        &mut self,
        time: Time,
        channel: &[u8],
        payload: BatchPayload<'_>,
        subscription: SubscriptionId,
    ) -> bool {
        if self.join_row_before(channel, payload, subscription) {
            self.merged += 1;
            return false;
        }
        self.add_record(time, channel, payload, subscription);
        true
    }

    /// Adds a row; the caller then stores the payload.
    #[inline]
    fn add_record(
        &mut self,
        time: Time,
        channel: &[u8],
        payload: BatchPayload<'_>,
        subscription: SubscriptionId,
    ) {
        let local = self.intern(channel);
        let row = offset(self.records.len());
        let bytes = payload.bytes();
        let (start, length) = (offset(self.arena.len()), offset(bytes.len()));
        let record = Record::message(time, local, start, length, subscription);
        self.records.push(record.differing(may_differ(bytes)));
        self.tail_before = None;
        let entry = &mut self.channels[local as usize];
        entry.before = if entry.messages == 0 { row } else { entry.last };
        entry.messages += 1;
        entry.bytes += payload.size();
        entry.last = row;
    }

    fn intern(&mut self, name: &[u8]) -> u32 {
        // Bursts come channel by channel, so try the last channel before hashing.
        if let Some(last) = self.records.last()
            && !last.is_notice()
            && self.channel_name(last.channel) == name
        {
            return last.channel;
        }
        let hash = self.hasher.hash_one(name);
        let is_same = |&local: &u32| self.channel_name(local) == name;
        if let Some(&local) = self.index.find(hash, is_same) {
            return local;
        }
        let local = offset(self.channels.len());
        self.channels.push(BatchChannel {
            name_start: offset(self.names.len()),
            name_length: offset(name.len()),
            ..BatchChannel::default()
        });
        self.names.extend_from_slice(name);
        let (channels, names, hasher) = (&self.channels, &self.names, &self.hasher);
        let rehash = |&local: &u32| hasher.hash_one(channels[local as usize].name(names));
        self.index.insert_unique(hash, local, rehash);
        local
    }
}

/// Returns the memory use of a notice in bytes, without shared topic names and short strings.
fn notice_bytes(notice: &Notice) -> usize {
    let text = match notice {
        Notice::Denied { reason, .. } => reason.text.len(),
        Notice::Unexpected { first, .. } => match first {
            Unexpected::Error(error) => error.text.len(),
            Unexpected::Frame(text) => text.len(),
        },
        Notice::Allowed {
            channels: Allowed::Only { names, .. },
            ..
        } => names
            .iter()
            .map(|name| size_of_val(name) + name.len())
            .sum(),
        Notice::Gap(gap) => match &gap.reason {
            GapReason::Connection(error) => error.redis().map_or(0, |error| error.text.len()),
            GapReason::Moved(topics) => size_of_val(&topics[..]),
            _ => 0,
        },
        _ => 0,
    };
    size_of::<Notice>() + text
}

/// Converts an offset within a batch or a segment. Both have a size limit that only one message can
/// exceed. Its channel name and payload are at most 512 MiB each, so offsets fit.
pub(super) fn offset(value: usize) -> u32 {
    u32::try_from(value).expect("batches and segments stay below 4 GiB")
}
