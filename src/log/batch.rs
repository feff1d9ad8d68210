//! What the subscriber hands over: rows as they came, in one arena, with channel names interned
//! for this batch only.

mod dropping;
mod joining;

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

pub use joining::Tail;

pub(super) use joining::BatchPayload;

use super::large::LargePayload;
use super::record::{Join, Record};
use crate::message::{Allowed, NodeId, Notice, SubscriptionId, Time, Unexpected};

/// A batch of this many bytes is handed over even while more is to be read.
pub const BATCH_BYTES: usize = 256 << 10;

/// Records beyond those of a full batch that the next one has room for.
const RECORDS_TO_SPARE: usize = 16;

/// A channel as this batch knows it: its name and what this batch holds of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchChannel {
    name_start: u32,
    name_length: u32,
    pub(super) messages: u32,
    pub(super) bytes: u64,
    /// Its last row here.
    pub(super) last: u32,
    /// The one before; the same as the last if there is none.
    pub(super) before: u32,
}

/// Rows in the order of their arrival, on their way to the log.
///
/// Redis delivers one publish once for every subscription that it matches, one right after the
/// other. Such frames make one row here; see [`Batch::push_message`].
#[derive(Debug, Default)]
pub struct Batch {
    arena: Vec<u8>,
    /// Payloads that do not lie in the arena, by their rows.
    large: Vec<(u32, LargePayload)>,
    pub(super) records: Vec<Record>,
    pub(super) joins: Vec<Join>,
    /// The server that it came from.
    pub(super) source: NodeId,
    /// Subscriptions that delivered the row before this batch, of the same server, once more.
    pub(super) continues: Vec<SubscriptionId>,
    pub(super) channels: Vec<BatchChannel>,
    pub(super) notices: Vec<Notice>,
    names: Vec<u8>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    merged: u64,
    /// The bytes that the notices hold.
    notice_bytes: usize,
    /// The row before this batch, for as long as a delivery may still join it: until there is a
    /// row here.
    tail_before: Option<Tail>,
}

impl Batch {
    /// An empty batch that follows a batch which ended in `tail`.
    #[must_use]
    pub fn following(tail: Option<Tail>) -> Self {
        Self {
            tail_before: tail,
            ..Self::default()
        }
    }

    /// The same batch, but from `source`.
    #[must_use]
    pub fn from_node(self, source: NodeId) -> Self {
        Self { source, ..self }
    }

    /// The server that it came from.
    #[must_use]
    pub fn source(&self) -> NodeId {
        self.source
    }

    /// An empty batch that follows `full` from the same server, of which it is to know the last row if `with_tail`. It
    /// has room for as much if that was at least half full: in a burst the next is as large.
    #[must_use]
    pub fn after(full: &Self, with_tail: bool) -> Self {
        let tail = with_tail.then(|| full.tail()).flatten();
        let mut next = Self::following(tail).from_node(full.source);
        if full.own_size() >= BATCH_BYTES / 2 {
            // Two batches of the same traffic differ by less than one message.
            let longest = full.records.iter().map(|record| record.range().len()).max();
            // A large payload does not lie in the arena.
            let spare = longest.unwrap_or(0).min(full.arena.len());
            next.arena.reserve_exact(full.arena.len() + spare);
            next.records
                .reserve_exact(full.records.len() + RECORDS_TO_SPARE);
        }
        next
    }

    /// Adds one delivery: the message `payload` on `channel`, brought by `subscription`.
    ///
    /// It joins the row before it if channel and payload are equal and `subscription` has not yet
    /// brought that row: then it is the same publish, delivered for another subscription.
    pub fn push_message(
        &mut self,
        time: Time,
        channel: &[u8],
        payload: &[u8],
        subscription: SubscriptionId,
    ) {
        let plain = BatchPayload::Plain(payload);
        if self.joins_row_before(channel, plain, subscription) {
            self.merged += 1;
            return;
        }
        self.push_record(time, channel, plain, subscription);
        self.arena.extend_from_slice(payload);
    }

    /// The same for a payload that is to stay where it is.
    pub fn push_large(
        &mut self,
        time: Time,
        channel: &[u8],
        payload: LargePayload,
        subscription: SubscriptionId,
    ) {
        let large = BatchPayload::Large(&payload);
        if self.joins_row_before(channel, large, subscription) {
            self.merged += 1;
            return;
        }
        self.push_record(time, channel, large, subscription);
        let row = offset(self.records.len() - 1);
        self.large.push((row, payload));
    }

    /// Adds a row that is not a message.
    pub fn push_notice(&mut self, time: Time, notice: Notice) {
        self.records
            .push(Record::notice(time, offset(self.notices.len())));
        self.notice_bytes += notice_bytes(&notice);
        self.notices.push(notice);
        self.tail_before = None;
    }

    /// Whether it holds nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.continues.is_empty()
    }

    /// Whether it has reached the size at which it is handed over.
    #[must_use]
    pub fn is_full(&self) -> bool {
        // A large row before it is no reason to hand it over: the next batch would have to know
        // that row as well.
        self.own_size() >= BATCH_BYTES
    }

    /// Whether it can be a segment of the log as it is, and is large enough to be one beside
    /// segments of `segment_bytes`.
    pub(super) fn is_worth_adopting(&self, segment_bytes: usize) -> bool {
        (BATCH_BYTES / 2..=segment_bytes).contains(&self.own_size())
            && self.large.is_empty()
            && self.notices.is_empty()
    }

    /// Its payloads, its records, and which rows were delivered more than once.
    pub(super) fn into_parts(self) -> (Vec<u8>, Vec<Record>, Vec<Join>) {
        (self.arena, self.records, self.joins)
    }

    /// The bytes that it takes: everything counted, the room that it has not used yet, and its
    /// copy of the row before it.
    #[must_use]
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

    /// The bytes that it holds, but for its copy of the row before it.
    fn own_size(&self) -> usize {
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

    /// How many messages it holds, each publish counted once.
    #[must_use]
    pub fn messages(&self) -> u64 {
        (self.records.len() - self.notices.len()) as u64
    }

    /// How many deliveries joined a row instead of making one.
    #[must_use]
    pub fn merged(&self) -> u64 {
        self.merged
    }

    /// The notices that it holds, oldest first.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The same, with when they were noted.
    pub fn timed_notices(&self) -> impl Iterator<Item = (Time, &Notice)> {
        // Mostly there are none.
        let records = if self.notices.is_empty() {
            &[][..]
        } else {
            &self.records[..]
        };
        let noted = records.iter().filter(|record| record.is_notice());
        noted
            .zip(&self.notices)
            .map(|(record, notice)| (record.time, notice))
    }

    /// The names of the channels that it holds messages of, each once.
    pub fn channel_names(&self) -> impl Iterator<Item = &[u8]> {
        (0..)
            .zip(&self.channels)
            .map(|(local, _)| self.channel_name(local))
    }

    /// The payload of the message whose `record` is that of `row`.
    #[inline]
    pub(super) fn payload(&self, row: u32, record: &Record) -> BatchPayload<'_> {
        // Mostly there is none that is large.
        let large = self.large.iter().find(|(of, _)| *of == row);
        match large {
            Some((_, payload)) => BatchPayload::Large(payload),
            None => BatchPayload::Plain(record.payload(&self.arena)),
        }
    }

    pub(super) fn channel_name(&self, local: u32) -> &[u8] {
        let channel = &self.channels[local as usize];
        let start = channel.name_start as usize;
        &self.names[start..start + channel.name_length as usize]
    }

    #[inline]
    fn push_record(
        &mut self,
        time: Time,
        channel: &[u8],
        payload: BatchPayload<'_>,
        subscription: SubscriptionId,
    ) {
        let local = self.intern(channel);
        let row = offset(self.records.len());
        self.records.push(Record::message(
            time,
            local,
            offset(self.arena.len()),
            offset(payload.bytes().len()),
            subscription,
        ));
        self.tail_before = None;
        let entry = &mut self.channels[local as usize];
        entry.before = if entry.messages == 0 { row } else { entry.last };
        entry.messages += 1;
        entry.bytes += payload.size();
        entry.last = row;
    }

    fn intern(&mut self, name: &[u8]) -> u32 {
        // Bursts come channel by channel, so the last one is worth a look before hashing.
        if let Some(last) = self.records.last()
            && !last.is_notice()
            && self.channel_name(last.channel()) == name
        {
            return last.channel();
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
            messages: 0,
            bytes: 0,
            last: 0,
            before: 0,
        });
        self.names.extend_from_slice(name);
        let (channels, names, hasher) = (&self.channels, &self.names, &self.hasher);
        let rehash = |&local: &u32| {
            let channel = &channels[local as usize];
            let start = channel.name_start as usize;
            hasher.hash_one(&names[start..start + channel.name_length as usize])
        };
        self.index.insert_unique(hash, local, rehash);
        local
    }
}

/// The bytes that a notice holds. The names of topics are shared, and not counted.
fn notice_bytes(notice: &Notice) -> usize {
    let words = match notice {
        Notice::Denied { reason, .. } => reason.len(),
        Notice::Gap(gap) => gap.reason.len(),
        Notice::Partial(words)
        | Notice::Resp3Refused { library: words }
        | Notice::Unexpected {
            first: Unexpected::Error(words) | Unexpected::Frame(words),
            ..
        } => words.len(),
        Notice::Allowed { user, channels } => user.len() + allowed_bytes(channels),
        _ => 0,
    };
    size_of::<Notice>() + words
}

fn allowed_bytes(allowed: &Allowed) -> usize {
    match allowed {
        Allowed::Only { names, .. } => {
            let names = names.iter();
            names.map(|name| size_of_val(name) + name.len()).sum()
        }
        Allowed::Secret(words) | Allowed::Unknown(words) => words.len(),
    }
}

/// An offset within a batch. A batch ends soon after [`BATCH_BYTES`], and one message adds at
/// most 512 MiB and its name as much, so that offsets fit.
fn offset(value: usize) -> u32 {
    u32::try_from(value).expect("a batch stays below 4 GiB")
}
