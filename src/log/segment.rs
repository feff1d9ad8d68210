//! A stretch of the log in the form in which it was received: one arena, fixed-size records.

use super::record::{Join, Record};
use crate::message::{RowId, SubscriptionId};

/// Consecutive rows. While it is the log's last one it grows; then it is sealed and shared.
#[derive(Debug, Default)]
pub(super) struct Segment {
    pub(super) first: RowId,
    pub(super) records: Vec<Record>,
    arena: Vec<u8>,
    joins: Vec<Join>,
}

impl Segment {
    /// An empty segment that follows `self`, with room for as much, within `limit` bytes.
    pub(super) fn next(&self, limit: usize) -> Self {
        Self {
            first: self.end(),
            records: Vec::with_capacity(self.records.len().min(limit / size_of::<Record>())),
            arena: Vec::with_capacity(self.arena.len().min(limit)),
            joins: Vec::new(),
        }
    }

    /// The bytes it takes, records counted.
    pub(super) fn size(&self) -> usize {
        self.arena.len() + size_of_val(&*self.records) + size_of_val(&*self.joins)
    }

    /// Whether one more row with `payload_bytes` fits into a segment of `limit` bytes. A message
    /// larger than that has a segment of its own.
    pub(super) fn has_room(&self, payload_bytes: usize, limit: usize) -> bool {
        self.records.is_empty() || self.size() + payload_bytes + size_of::<Record>() <= limit
    }

    /// The id of the row behind its last.
    pub(super) fn end(&self) -> RowId {
        RowId(self.first.0 + self.records.len() as u64)
    }

    /// Appends a message whose channel is renumbered to `channel`.
    pub(super) fn push(&mut self, record: &Record, channel: u32, payload: &[u8]) {
        let start = offset(self.arena.len());
        self.records.push(record.moved(channel, start));
        self.arena.extend_from_slice(payload);
    }

    /// Appends a row that has no payload here.
    pub(super) fn push_notice(&mut self, record: &Record) {
        self.records.push(*record);
    }

    /// Says that its last row was delivered by `subscription` too.
    pub(super) fn join_last(&mut self, subscription: SubscriptionId) {
        let row = offset(self.records.len().saturating_sub(1));
        self.joins.push(Join { row, subscription });
    }

    /// Gives back the room that growing had reserved.
    pub(super) fn seal(mut self) -> Self {
        self.arena.shrink_to_fit();
        self.records.shrink_to_fit();
        self.joins.shrink_to_fit();
        self
    }

    pub(super) fn record(&self, row: RowId) -> Option<&Record> {
        self.records.get(self.index(row)?)
    }

    pub(super) fn payload(&self, record: &Record) -> &[u8] {
        record.payload(&self.arena)
    }

    /// The subscriptions that delivered `row`, in the order in which they did.
    pub(super) fn subscriptions(&self, row: RowId) -> impl Iterator<Item = SubscriptionId> {
        let index = self.index(row).and_then(|index| u32::try_from(index).ok());
        let first = self.record(row).and_then(Record::subscription);
        let start = index.map_or(0, |index| {
            self.joins.partition_point(|join| join.row < index)
        });
        let later = self.joins[start..]
            .iter()
            .take_while(move |join| Some(join.row) == index)
            .map(|join| join.subscription);
        first.into_iter().chain(later)
    }

    fn index(&self, row: RowId) -> Option<usize> {
        usize::try_from(row.0.checked_sub(self.first.0)?).ok()
    }
}

fn offset(value: usize) -> u32 {
    u32::try_from(value).expect("a segment holds one batch's message at most beyond its size")
}
