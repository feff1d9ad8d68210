//! Appending batches to the open segment, and sealing it.

use std::sync::Arc;

use super::batch::{Batch, BatchPayload};
use super::clearing::rewrite_gap;
use super::history::History;
use super::record::{Record, RowKind};
use super::segment::SegmentChannel;
use super::{MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES, MessageLog, PayloadLimit};
use crate::message::{ChannelId, Notice, RowId, SubscriptionId, Time};

impl MessageLog {
    /// Appends the rows of `batch`, then evicts the oldest rows beyond the budget. If a payload
    /// does not fit into the budget, only its head is kept; see [`PayloadLimit::within`].
    pub fn append(&mut self, batch: Batch) {
        if self.continues_last_row(&batch) {
            self.join_last_row(&batch.continues);
        }
        if !batch.records.is_empty() {
            self.last_source = batch.source;
        }
        self.counters.merged += batch.merged();
        self.counters.received += batch.messages();
        self.counters.kept += batch.messages();
        let ids = self.count_by_channel(&batch);
        if batch.is_worth_adopting(self.segment_bytes()) {
            self.adopt(batch, &ids);
        } else {
            self.copy(&batch, &ids);
        }
        self.evict();
    }

    /// Returns whether `batch` starts with another delivery of the last row, from the same node.
    pub fn continues_last_row(&self, batch: &Batch) -> bool {
        !batch.continues.is_empty() && batch.source == self.last_source
    }

    /// Turns a full batch into a segment without copying its bytes.
    fn adopt(&mut self, batch: Batch, ids: &[ChannelId]) {
        self.seal();
        let first = self.end();
        for (id, channel) in ids.iter().zip(&batch.channels) {
            for row in [channel.before, channel.last] {
                self.channels.note_row(*id, RowId(first.0 + u64::from(row)));
            }
        }
        let channels = ids.iter().zip(&batch.channels);
        let channels = channels.map(|(id, channel)| SegmentChannel {
            id: *id,
            name: self.channels.shared_name(*id),
            rows: u64::from(channel.messages),
        });
        let channels = channels.collect();
        self.open.adopt(batch, channels);
    }

    /// Copies the rows of `batch` to the end of the open segment.
    fn copy(&mut self, batch: &Batch, ids: &[ChannelId]) {
        let limit = PayloadLimit::within(self.keep);
        let mut numbers = vec![None; ids.len()];
        for (index, record) in (0..).zip(&batch.records) {
            if record.is_notice() {
                if self.append_notice(record, &batch.notices[record.start as usize]) {
                    numbers.fill(None);
                }
                continue;
            }
            let local = record.channel as usize;
            let payload = batch.payload(index, record);
            let kept = limit.kept(payload.bytes().len());
            if self.make_room(kept) {
                numbers.fill(None);
            }
            let channels = &self.channels;
            let number = *numbers[local].get_or_insert_with(|| {
                let id = ids[local];
                self.open.intern(id, &channels.shared_name(id))
            });
            match payload {
                BatchPayload::Large(large) if kept == large.bytes.len() => {
                    self.open.push_shared(record, number, &large.bytes);
                }
                _ => self.open.push(record, number, &payload.bytes()[..kept]),
            }
            if payload.size() > kept as u64 {
                self.open.cut_last(payload.size());
            }
            self.note_joins(batch, index);
            let channel = &batch.channels[local];
            if index == channel.before || index == channel.last {
                let row = RowId(self.end().0 - 1);
                self.channels.note_row(ids[local], row);
            }
        }
    }

    /// Appends a notice that did not come in a batch.
    pub fn push_notice(&mut self, time: Time, notice: Notice) {
        let mut batch = Batch::default();
        batch.push_notice(time, notice);
        self.append(batch);
    }

    /// Adds the messages of `batch` to the counts of its channels. Returns the ids of these
    /// channels, indexed by channel number in the batch.
    fn count_by_channel(&mut self, batch: &Batch) -> Vec<ChannelId> {
        let mut messages = 0;
        let ids = (0..).zip(&batch.channels).map(|(local, channel)| {
            messages += channel.messages;
            let last = batch.records[channel.last as usize].time;
            self.channels
                .record(batch.channel_name(local), channel, last)
        });
        let ids = ids.collect();
        if let Some(last) = batch.records.iter().rfind(|record| !record.is_notice()) {
            let start = || History::starting_at(last.time);
            let total = self.total.get_or_insert_with(start);
            total.add(last.time, messages);
        }
        ids
    }

    /// Appends a notice. Returns whether that sealed the open segment.
    fn append_notice(&mut self, record: &Record, notice: &Notice) -> bool {
        if let Notice::Gap(gap) = notice {
            // Also update a cleared gap: it is not displayed, but may be restored.
            rewrite_gap(&mut self.cleared.notices, gap);
            if rewrite_gap(&mut self.notices, gap) {
                self.tap_rewritten(record.time, notice);
                return false;
            }
        }
        match notice {
            // A gap whose row has been evicted gets a new row, but is counted only once.
            Notice::Gap(gap) if self.last_gap < Some(gap.noticed) => {
                self.last_gap = Some(gap.noticed);
                self.counters.gaps += 1;
            }
            Notice::Dropped(dropped) => {
                self.counters.received += dropped.count;
                self.counters.dropped += dropped.count;
            }
            _ => {}
        }
        let is_sealed = self.make_room(0);
        self.counters.notices += 1;
        self.notices.insert(self.end(), notice.clone());
        let kind = match notice {
            Notice::Gap(_) | Notice::Dropped(_) => RowKind::Gap,
            Notice::Unsubscribed { .. }
            | Notice::Denied { .. }
            | Notice::Ended(_)
            | Notice::AllEnded => RowKind::Break,
            _ => RowKind::Notice,
        };
        self.open.push_notice(record.time, kind);
        is_sealed
    }

    /// Records the other subscriptions that delivered the row of `batch` that was just appended.
    fn note_joins(&mut self, batch: &Batch, index: u32) {
        let start = batch.joins.partition_point(|join| join.row < index);
        let joins = batch.joins[start..].iter();
        for join in joins.take_while(|join| join.row == index) {
            self.open.join_last(join.subscription);
        }
    }

    fn join_last_row(&mut self, subscriptions: &[SubscriptionId]) {
        let last = self.open.segment.records.last();
        if last.is_some_and(|record| !record.is_notice()) {
            for subscription in subscriptions {
                self.open.join_last(*subscription);
            }
        }
    }

    /// Makes room for another row in the open segment. Returns whether that sealed the segment.
    fn make_room(&mut self, payload_bytes: usize) -> bool {
        let is_full = !self.open.has_room(payload_bytes, self.segment_bytes());
        if is_full {
            self.seal();
        }
        is_full
    }

    /// Returns the size at which a segment is sealed: small, so that few rows are evicted at once.
    fn segment_bytes(&self) -> usize {
        (self.keep / 16).clamp(MIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES)
    }

    /// Seals the open segment, after which no later delivery can join its last row.
    pub(super) fn seal(&mut self) {
        if self.open.segment.records.is_empty() {
            return;
        }
        let sealed = self.open.seal(self.segment_bytes());
        self.sealed_bytes += sealed.size();
        let sealed = Arc::new(sealed);
        self.sealed.push_back(Arc::clone(&sealed));
        self.tap_rows(&sealed, sealed.end());
    }
}
