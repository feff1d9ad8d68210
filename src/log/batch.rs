//! What the subscriber hands over: rows as they came, in one arena, with channel names interned
//! for this batch only.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

use super::large::LargePayload;
use super::record::{Join, Record};
use crate::message::{Dropped, Notice, SubscriptionId, Time};

/// A batch of this many bytes is handed over even while more is to be read.
pub const BATCH_BYTES: usize = 256 << 10;

/// A channel as this batch knows it: its name and what this batch holds of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchChannel {
    name_start: u32,
    name_length: u32,
    pub(super) messages: u32,
    pub(super) bytes: u64,
    pub(super) last: u32,
}

/// The last row of a batch, remembered so that the next batch can tell whether its first frame is
/// another delivery of the same publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    channel: Box<[u8]>,
    payload: TailPayload,
    subscriptions: Vec<SubscriptionId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum TailPayload {
    Copied(Box<[u8]>),
    Large(LargePayload),
}

impl Tail {
    /// The bytes that this copy holds.
    fn size(&self) -> usize {
        let copied = match &self.payload {
            TailPayload::Copied(bytes) => bytes.len(),
            TailPayload::Large(_) => 0,
        };
        self.channel.len() + copied + size_of_val(self.subscriptions.as_slice())
    }

    fn payload(&self) -> BatchPayload<'_> {
        match &self.payload {
            TailPayload::Copied(bytes) => BatchPayload::Plain(bytes),
            TailPayload::Large(large) => BatchPayload::Large(large),
        }
    }
}

/// A payload as a batch has it.
#[derive(Clone, Copy, Debug)]
pub(super) enum BatchPayload<'a> {
    /// Whole, among the others.
    Plain(&'a [u8]),
    /// By itself.
    Large(&'a LargePayload),
}

impl BatchPayload<'_> {
    /// What there is of it.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Plain(bytes) => bytes,
            Self::Large(large) => &large.bytes,
        }
    }

    /// How many bytes it had.
    #[inline]
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Plain(bytes) => bytes.len() as u64,
            Self::Large(large) => large.size,
        }
    }
}

impl PartialEq for BatchPayload<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(one), Self::Plain(other)) => one == other,
            (Self::Large(one), Self::Large(other)) => one == other,
            (Self::Plain(plain), Self::Large(large)) | (Self::Large(large), Self::Plain(plain)) => {
                large.is(plain)
            }
        }
    }
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
    /// Subscriptions that delivered the row before this batch once more.
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

    /// Whether it starts with a further delivery of the row before it.
    #[must_use]
    pub fn continues_row_before(&self) -> bool {
        !self.continues.is_empty()
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

    /// The names of the channels that it holds messages of, each once.
    pub fn channel_names(&self) -> impl Iterator<Item = &[u8]> {
        (0..)
            .zip(&self.channels)
            .map(|(local, _)| self.channel_name(local))
    }

    /// The last row, if it is a message, for the batch that follows.
    #[must_use]
    pub fn tail(&self) -> Option<Tail> {
        let Some(last) = self.records.last() else {
            let mut tail = self.tail_before.clone()?;
            tail.subscriptions.extend(&self.continues);
            return Some(tail);
        };
        let first = last.subscription()?;
        Some(Tail {
            channel: self.channel_name(last.channel()).into(),
            payload: match self.last_payload(last) {
                BatchPayload::Plain(bytes) => TailPayload::Copied(bytes.into()),
                BatchPayload::Large(large) => TailPayload::Large(large.clone()),
            },
            subscriptions: std::iter::once(first)
                .chain(self.joins_of_last_row().map(|join| join.subscription))
                .collect(),
        })
    }

    /// The payload of the last row, or of that before this batch, if it is large and what comes
    /// next may be another delivery of it: on the same `channel`, with `size` bytes, and brought
    /// by a `subscription` that has not brought it yet.
    #[must_use]
    pub fn large_before(
        &self,
        channel: &[u8],
        size: u64,
        subscription: SubscriptionId,
    ) -> Option<&LargePayload> {
        let (name, payload, is_new) = match (self.records.last(), &self.tail_before) {
            (Some(last), _) if last.is_notice() => return None,
            (Some(last), _) => (
                self.channel_name(last.channel()),
                self.last_payload(last),
                !self.has_brought_last(last, subscription),
            ),
            (None, Some(tail)) => (
                &*tail.channel,
                tail.payload(),
                !self.has_brought_tail(tail, subscription),
            ),
            (None, None) => return None,
        };
        match payload {
            BatchPayload::Large(large) if is_new && large.size == size && name == channel => {
                Some(large)
            }
            _ => None,
        }
    }

    /// Drops the messages and keeps the notices, since these say what state the listening is in.
    /// Says what was dropped.
    pub fn drop_messages(&mut self) -> Dropped {
        let mut messages = self.records.iter().filter(|record| !record.is_notice());
        let dropped = messages
            .next()
            .map_or_else(Dropped::default, |first| Dropped {
                count: self.messages(),
                bytes: self.channels.iter().map(|channel| channel.bytes).sum(),
                from: first.time,
                to: messages.next_back().unwrap_or(first).time,
            });
        self.records.retain(Record::is_notice);
        self.arena = Vec::new();
        self.large = Vec::new();
        self.joins.clear();
        self.channels.clear();
        self.names.clear();
        self.index.clear();
        self.forget_row_before();
        dropped
    }

    /// Forgets that this batch continues the row before it, because that row is gone.
    pub fn forget_row_before(&mut self) {
        self.continues.clear();
        self.tail_before = None;
    }

    /// Puts the notices of `earlier` before everything else here, and a notice of `dropped`
    /// messages behind them. The deliveries that `earlier` merged are counted here from now on.
    pub fn prepend(&mut self, earlier: &Self, dropped: Dropped) {
        let mut dropped = dropped;
        let mut before = earlier.records.as_slice();
        // What is dropped piece by piece is told as one.
        if let (Some(Notice::Dropped(first)), [rest @ .., _]) = (earlier.notices.last(), before) {
            dropped = first.and_then(dropped);
            before = rest;
        }
        let mut records = Vec::with_capacity(before.len() + 1 + self.records.len());
        let mut notices = Vec::with_capacity(before.len() + 1 + self.notices.len());
        for (record, notice) in before.iter().zip(&earlier.notices) {
            records.push(Record::notice(record.time, offset(notices.len())));
            notices.push(notice.clone());
        }
        records.push(Record::notice(dropped.to, offset(notices.len())));
        notices.push(Notice::Dropped(dropped));
        let shift_rows = offset(records.len());
        let shift_notices = offset(notices.len());
        records.extend(
            self.records
                .iter()
                .map(|record| record.with_later_notice(shift_notices)),
        );
        notices.append(&mut self.notices);
        for join in &mut self.joins {
            join.row += shift_rows;
        }
        for (row, _) in &mut self.large {
            *row += shift_rows;
        }
        for channel in &mut self.channels {
            channel.last += shift_rows;
        }
        self.records = records;
        self.notices = notices;
        self.notice_bytes = self.notices.iter().map(notice_bytes).sum();
        self.merged += earlier.merged;
        self.tail_before = None;
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
        entry.messages += 1;
        entry.bytes += payload.size();
        entry.last = row;
    }

    fn last_payload(&self, last: &Record) -> BatchPayload<'_> {
        self.payload(offset(self.records.len() - 1), last)
    }

    fn joins_row_before(
        &mut self,
        channel: &[u8],
        payload: BatchPayload<'_>,
        subscription: SubscriptionId,
    ) -> bool {
        let Some(last) = self.records.last() else {
            return self.joins_batch_before(channel, payload, subscription);
        };
        // The cheap question first: with one subscription, or in step, it ends the matter.
        if last.is_notice()
            || self.has_brought_last(last, subscription)
            || self.last_payload(last) != payload
            || self.channel_name(last.channel()) != channel
        {
            return false;
        }
        let row = offset(self.records.len() - 1);
        self.joins.push(Join { row, subscription });
        true
    }

    fn joins_batch_before(
        &mut self,
        channel: &[u8],
        payload: BatchPayload<'_>,
        subscription: SubscriptionId,
    ) -> bool {
        let joins = self.tail_before.as_ref().is_some_and(|tail| {
            !self.has_brought_tail(tail, subscription)
                && tail.payload() == payload
                && *tail.channel == *channel
        });
        if joins {
            self.continues.push(subscription);
        }
        joins
    }

    /// Whether `subscription` has delivered the last row.
    #[inline]
    fn has_brought_last(&self, last: &Record, subscription: SubscriptionId) -> bool {
        last.subscription() == Some(subscription)
            || self
                .joins_of_last_row()
                .any(|join| join.subscription == subscription)
    }

    /// The same of the row before this batch.
    fn has_brought_tail(&self, tail: &Tail, subscription: SubscriptionId) -> bool {
        tail.subscriptions.contains(&subscription) || self.continues.contains(&subscription)
    }

    fn joins_of_last_row(&self) -> impl Iterator<Item = &Join> {
        let last = offset(self.records.len().saturating_sub(1));
        self.joins
            .iter()
            .rev()
            .take_while(move |join| join.row == last)
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
        Notice::ServerSaid(words) => words.len(),
        _ => 0,
    };
    size_of::<Notice>() + words
}

/// An offset within a batch. A batch ends soon after [`BATCH_BYTES`], and one message adds at
/// most 512 MiB and its name as much, so that offsets fit.
fn offset(value: usize) -> u32 {
    u32::try_from(value).expect("a batch stays below 4 GiB")
}
