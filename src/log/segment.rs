//! A part of the log in the layout in which it was received: one arena, fixed-size records.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::batch::{Batch, offset};
use super::record::{Cut, Join, Record, RowKind};
use super::shared::{Arena, SharedBytes, shrink};
use crate::message::{ChannelId, RowId, SubscriptionId, Time};

/// A channel of a segment, with its name, so that other threads can read the segment without the
/// channel table.
#[derive(Clone, Debug)]
pub(super) struct SegmentChannel {
    pub(super) id: ChannelId,
    pub(super) name: Arc<[u8]>,
    /// How many rows of the segment are messages on the channel.
    pub(super) rows: u64,
}

/// Consecutive rows. The last segment of the log grows until it is sealed and shared.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    pub(super) first: RowId,
    pub(super) records: Vec<Record>,
    pub(super) channels: Vec<SegmentChannel>,
    arena: Arena,
    joins: Vec<Join>,
    /// The rows whose payloads are truncated, in order.
    cuts: Vec<Cut>,
    may_differ: bool,
}

/// A row of a segment.
#[derive(Clone, Copy, Debug)]
pub struct SegmentRow<'a> {
    /// When the row arrived.
    pub time: Time,
    /// The kind of the row.
    pub kind: RowKind,
    /// The index of the channel in [`Segment::channels`]; meaningless for a notice.
    pub channel: u32,
    /// The payload of the message or its head; empty for a notice.
    pub payload: &'a [u8],
    /// The original size of the payload, in bytes.
    pub size: u64,
    /// Whether the payload may be shown differently from how it is written.
    pub may_differ: bool,
}

impl Segment {
    /// Returns the rows of the segment.
    pub fn rows(&self) -> Range<RowId> {
        self.first..self.end()
    }

    /// Returns the channel names, which rows refer to by index.
    pub fn channels(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        self.channels.iter().map(|channel| &*channel.name)
    }

    /// Returns the name of the channel at `index`.
    pub fn channel_name(&self, index: u32) -> Option<&Arc<[u8]>> {
        let channel = self.channels.get(index as usize)?;
        Some(&channel.name)
    }

    /// Returns all payloads, concatenated in row order.
    pub fn arena(&self) -> &[u8] {
        &self.arena
    }

    /// Returns the row at `index`, counted from 0 within the segment.
    pub fn row(&self, index: usize) -> Option<SegmentRow<'_>> {
        let record = self.records.get(index)?;
        Some(SegmentRow {
            time: record.time,
            kind: record.kind(),
            channel: record.channel,
            payload: self.payload(record),
            size: self.size_at(index),
            may_differ: record.may_differ(),
        })
    }

    /// Returns whether any payload may be shown differently from how it is written.
    pub fn may_differ(&self) -> bool {
        self.may_differ
    }

    /// Returns whether the payload of the row at `index` may be shown differently from how it is
    /// written.
    pub fn row_may_differ(&self, index: usize) -> bool {
        self.records.get(index).is_some_and(Record::may_differ)
    }

    /// Returns the original payload size of the message at `index`.
    pub(super) fn size_at(&self, index: usize) -> u64 {
        let cuts = &self.cuts;
        match cuts.binary_search_by_key(&index, |cut| cut.row as usize) {
            Ok(cut) => cuts[cut].size,
            Err(_) => self.records[index].range().len() as u64,
        }
    }

    /// Returns the end offset in the arena of the payload of the row at `index`.
    pub fn payload_end(&self, index: usize) -> usize {
        self.records.get(index).map_or(0, Record::end)
    }

    /// Returns the index of the row whose payload contains the arena byte at `offset`, searching
    /// from the row at index `from`.
    pub fn row_of_byte(&self, offset: usize, from: usize) -> usize {
        // The row is usually close to `from`, because a scan finds its hits in order.
        let is_before = |record: &Record| record.end() <= offset;
        let mut step = 1;
        let mut low = from;
        while self.records.get(low + step).is_some_and(is_before) {
            low += step;
            step *= 2;
        }
        let high = (low + step + 1).min(self.records.len());
        low + self.records[low..high].partition_point(is_before)
    }

    /// Returns the subscriptions that delivered `row`, in order of delivery.
    pub fn subscriptions(&self, row: RowId) -> impl Iterator<Item = SubscriptionId> {
        let index = self.index(row).and_then(|index| u32::try_from(index).ok());
        let first = self.record(row).and_then(Record::subscription);
        let start = index.map_or(0, |index| {
            self.joins.partition_point(|join| join.row < index)
        });
        let joins = self.joins[start..].iter();
        let later = joins.take_while(move |join| Some(join.row) == index);
        first.into_iter().chain(later.map(|join| join.subscription))
    }

    /// Returns a copy of the rows from `from` on.
    pub(super) fn copy_from(&self, from: RowId) -> Self {
        let skip = self.index(from).unwrap_or(0).min(self.records.len());
        let start = skip.checked_sub(1).map_or(0, |last| self.payload_end(last));
        let records = self.records[skip..].iter();
        let records = records.map(|record| record.moved_back(offset(start)));
        let joins = self.joins.iter().filter_map(|join| {
            let row = join.row.checked_sub(offset(skip))?;
            Some(Join { row, ..*join })
        });
        let cuts = self.cuts.iter().filter_map(|cut| {
            let row = cut.row.checked_sub(offset(skip))?;
            Some(Cut { row, ..*cut })
        });
        Self {
            first: RowId(self.first.0 + skip as u64),
            records: records.collect(),
            channels: self.channels.clone(),
            arena: self.arena.copy_from(start),
            joins: joins.collect(),
            cuts: cuts.collect(),
            may_differ: self.may_differ,
        }
    }

    /// Returns the bytes used by the rows.
    fn used(&self) -> usize {
        self.arena.len()
            + size_of_val(&*self.records)
            + size_of_val(&*self.joins)
            + size_of_val(&*self.cuts)
            + size_of_val(&*self.channels)
    }

    /// Returns the memory use in bytes, including overhead and unused capacity.
    pub(super) fn size(&self) -> usize {
        self.arena.size()
            + self.records.capacity() * size_of::<Record>()
            + self.joins.capacity() * size_of::<Join>()
            + self.cuts.capacity() * size_of::<Cut>()
            + self.channels.capacity() * size_of::<SegmentChannel>()
    }

    /// Returns the id after the last row.
    pub(super) fn end(&self) -> RowId {
        RowId(self.first.0 + self.records.len() as u64)
    }

    pub(super) fn record(&self, row: RowId) -> Option<&Record> {
        self.records.get(self.index(row)?)
    }

    /// Returns the last row before `end` that is a message on `channel`.
    pub(super) fn last_on(&self, channel: ChannelId, end: RowId) -> Option<RowId> {
        let mut channels = self.channels.iter();
        let local = channels.position(|known| known.id == channel && known.rows > 0)?;
        let rows = self.index(end).unwrap_or(self.records.len());
        let records = &self.records[..rows.min(self.records.len())];
        let is_on = |record: &Record| !record.is_notice() && record.channel as usize == local;
        let index = records.iter().rposition(is_on)?;
        Some(RowId(self.first.0 + index as u64))
    }

    pub(super) fn payload(&self, record: &Record) -> &[u8] {
        record.payload(&self.arena)
    }

    /// Returns the payload of `record` as shared bytes.
    pub(super) fn share_payload(&self, record: &Record) -> SharedBytes {
        self.arena.share(record.range())
    }

    /// Returns the channel of a message's record.
    pub(super) fn channel_of(&self, record: &Record) -> ChannelId {
        self.channels[record.channel as usize].id
    }

    pub(super) fn index(&self, row: RowId) -> Option<usize> {
        usize::try_from(row.0.checked_sub(self.first.0)?).ok()
    }
}

/// The last segment of the log, which grows.
#[derive(Debug, Default)]
pub(super) struct OpenSegment {
    pub(super) segment: Segment,
    /// The index of each channel in the segment.
    index: HashMap<ChannelId, u32>,
    /// Whether the segment was adopted from a batch. Such a segment does not grow, since growing
    /// would copy it.
    is_adopted: bool,
}

impl OpenSegment {
    /// Returns whether another row with `payload_bytes` fits into a segment of `limit` bytes. A
    /// message that is larger than the limit gets its own segment.
    pub(super) fn has_room(&self, payload_bytes: usize, limit: usize) -> bool {
        let size = self.segment.used() + payload_bytes + size_of::<Record>();
        self.segment.records.is_empty() || (size <= limit && !self.is_adopted)
    }

    /// Takes over the rows of `batch` unchanged. The segment must be empty.
    pub(super) fn adopt(&mut self, batch: Batch, channels: Vec<SegmentChannel>) {
        debug_assert!(self.segment.records.is_empty(), "its rows would be lost");
        self.is_adopted = true;
        self.segment = Segment {
            first: self.segment.first,
            may_differ: batch.records.iter().any(Record::may_differ),
            records: batch.records,
            channels,
            arena: Arena::Own(batch.arena),
            joins: batch.joins,
            cuts: Vec::new(),
        };
    }

    /// Returns the index of the channel `id` in the segment, adding the channel as `name` if
    /// needed.
    pub(super) fn intern(&mut self, id: ChannelId, name: &Arc<[u8]>) -> u32 {
        let channels = &mut self.segment.channels;
        *self.index.entry(id).or_insert_with(|| {
            channels.push(SegmentChannel {
                id,
                name: Arc::clone(name),
                rows: 0,
            });
            offset(channels.len() - 1)
        })
    }

    /// Appends a message on the channel at index `channel` of the segment.
    #[inline]
    pub(super) fn push(&mut self, record: &Record, channel: u32, payload: &[u8]) {
        self.push_record(record, channel, payload.len());
        self.segment.arena.push(payload);
    }

    /// Like [`Self::push`], but shares the payload if the segment is empty.
    pub(super) fn push_shared(&mut self, record: &Record, channel: u32, payload: &SharedBytes) {
        self.push_record(record, channel, payload.len());
        self.segment.arena.push_shared(payload);
    }

    #[inline]
    fn push_record(&mut self, record: &Record, channel: u32, length: usize) {
        let segment = &mut self.segment;
        let start = offset(segment.arena.len());
        let record = record.placed(channel, start, offset(length));
        segment.may_differ |= record.may_differ();
        segment.records.push(record);
        segment.channels[channel as usize].rows += 1;
    }

    /// Records that the payload of the last row was truncated from `size` bytes.
    pub(super) fn cut_last(&mut self, size: u64) {
        let row = offset(self.segment.records.len().saturating_sub(1));
        self.segment.cuts.push(Cut { row, size });
    }

    /// Appends a row without a payload.
    pub(super) fn push_notice(&mut self, time: Time, kind: RowKind) {
        let end = offset(self.segment.arena.len());
        let record = Record::row_of_notice(time, kind, end);
        self.segment.records.push(record);
    }

    /// Records that the last row was also delivered by `subscription`.
    pub(super) fn join_last(&mut self, subscription: SubscriptionId) {
        let row = offset(self.segment.records.len().saturating_sub(1));
        self.segment.joins.push(Join { row, subscription });
    }

    /// Seals and returns the segment. The next segment reserves the same capacity, up to `limit`
    /// bytes.
    pub(super) fn seal(&mut self, limit: usize) -> Segment {
        let old = &self.segment;
        // Reserve nothing after an adopted batch: it is usually followed by another one.
        let limit = if self.is_adopted { 0 } else { limit };
        let records = old.records.len().min(limit / size_of::<Record>());
        let next = Segment {
            first: old.end(),
            records: Vec::with_capacity(records),
            arena: Arena::Own(Vec::with_capacity(old.arena.len().min(limit))),
            ..Segment::default()
        };
        self.is_adopted = false;
        let mut sealed = std::mem::replace(&mut self.segment, next);
        self.index.clear();
        sealed.arena.shrink();
        shrink(&mut sealed.records);
        shrink(&mut sealed.joins);
        sealed.cuts.shrink_to_fit();
        sealed.channels.shrink_to_fit();
        sealed
    }
}
