//! The messages that are kept, and the counts of those that are not.
//!
//! The subscriber appends to a [`Batch`]; the log takes whole batches. Both have the same form,
//! one arena of bytes and one vector of fixed-size records, so that keeping a message costs no
//! allocation. The log is a queue of such segments, bounded by bytes: the oldest goes first. A
//! row is known by an id that is never reused, so that eviction moves nothing. Names of channels
//! are interned. Rows that are not messages, the notices, stand in the same order.

mod batch;
mod channels;
mod history;
mod record;
mod segment;
mod selection;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub use batch::{BATCH_BYTES, Batch, Tail};
pub use channels::{Channel, ChannelTable};
pub use history::{HISTORY_SECONDS, History, RATE_SECONDS};
pub use selection::{ChannelFilter, Selection, UNHEARD};

use crate::message::{ChannelId, Gap, Notice, RowId, SubscriptionId, Time};
use channels::Heard;
use record::Record;
use segment::Segment;

/// A segment is sealed at this size at the most, whatever the budget.
const MAX_SEGMENT_BYTES: usize = 1 << 20;

/// A segment is sealed at this size at the least.
const MIN_SEGMENT_BYTES: usize = 4 << 10;

/// What a notice takes beside its row, roughly: a map entry, names and words.
const NOTICE_BYTES: usize = 256;

/// What has been counted since the start. `received = kept + evicted + dropped`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages that arrived, each publish counted once.
    pub received: u64,
    /// Messages that are in the log.
    pub kept: u64,
    /// Messages that were in the log and went, to stay within its size or because it was cleared.
    pub evicted: u64,
    /// Messages that arrived while there was no room to take them in.
    pub dropped: u64,
    /// Deliveries beyond the first of a publish, for other subscriptions that it matched.
    pub merged: u64,
    /// Times at which the connection was lost.
    pub gaps: u64,
    /// Rows that are not messages.
    pub notices: u64,
}

/// A row of the log.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Its id.
    pub id: RowId,
    /// When it arrived.
    pub time: Time,
    /// What it says.
    pub content: Content<'a>,
}

/// What a row says.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// A message.
    Message {
        /// The channel it was published to.
        channel: ChannelId,
        /// Its bytes.
        payload: &'a [u8],
    },
    /// Something that happened to the listening itself.
    Notice(&'a Notice),
}

/// The log: rows in the order of their arrival, within a budget of bytes.
#[derive(Debug)]
pub struct MessageLog {
    sealed: VecDeque<Arc<Segment>>,
    open: Segment,
    sealed_bytes: usize,
    notices: BTreeMap<RowId, Notice>,
    channels: ChannelTable,
    counters: Counters,
    total: Option<History>,
    /// When the last gap that was counted was noticed.
    last_gap: Option<Time>,
    keep: usize,
}

impl MessageLog {
    /// An empty log that keeps at most `keep` bytes, everything counted.
    #[must_use]
    pub fn new(keep: usize) -> Self {
        Self {
            sealed: VecDeque::new(),
            open: Segment::default(),
            sealed_bytes: 0,
            notices: BTreeMap::new(),
            channels: ChannelTable::default(),
            counters: Counters::default(),
            total: None,
            last_gap: None,
            keep,
        }
    }

    /// Takes over the rows of `batch`, then lets go of the oldest rows beyond the budget.
    pub fn append(&mut self, batch: &Batch) {
        self.join_last_row(&batch.continues);
        self.counters.merged += batch.merged();
        self.counters.received += batch.messages();
        self.counters.kept += batch.messages();
        let ids = self.hear_channels(batch);
        for (index, record) in (0..).zip(&batch.records) {
            if record.is_notice() {
                self.append_notice(record, &batch.notices[record.start() as usize]);
                continue;
            }
            let id = ids[record.channel() as usize];
            self.append_message(record, id, batch);
            self.note_joins(batch, index);
            if batch.channels[record.channel() as usize].last == index {
                self.channels.note_last_row(id, RowId(self.end().0 - 1));
            }
        }
        self.evict();
    }

    /// The row with this id, if it is kept.
    #[must_use]
    pub fn row(&self, id: RowId) -> Option<Row<'_>> {
        let segment = self.segment_of(id)?;
        let record = segment.record(id)?;
        let content = if record.is_notice() {
            Content::Notice(self.notices.get(&id)?)
        } else {
            Content::Message {
                channel: ChannelId(record.channel()),
                payload: segment.payload(record),
            }
        };
        Some(Row {
            id,
            time: record.time,
            content,
        })
    }

    /// The subscriptions that delivered a row, in the order in which they did.
    pub fn subscriptions(&self, id: RowId) -> impl Iterator<Item = SubscriptionId> {
        self.segment_of(id)
            .into_iter()
            .flat_map(move |segment| segment.subscriptions(id))
    }

    /// The id of the oldest row that is kept; that of the next row if none is.
    #[must_use]
    pub fn first(&self) -> RowId {
        self.sealed
            .front()
            .map_or(self.open.first, |segment| segment.first)
    }

    /// The id that the next row will have.
    #[must_use]
    pub fn end(&self) -> RowId {
        self.open.end()
    }

    /// The channels heard.
    #[must_use]
    pub fn channels(&self) -> &ChannelTable {
        &self.channels
    }

    /// What has been counted.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Messages a second on all channels together; `None` before the first.
    #[must_use]
    pub fn history(&self) -> Option<&History> {
        self.total.as_ref()
    }

    /// How many of the rows kept are notices.
    #[must_use]
    pub fn kept_notices(&self) -> u64 {
        self.notices.len() as u64
    }

    /// The bytes that the log takes, everything counted.
    #[must_use]
    pub fn size(&self) -> usize {
        self.sealed_bytes
            + self.open.size()
            + self.channels.size()
            + self.notices.len() * NOTICE_BYTES
    }

    /// The most bytes that it may take.
    #[must_use]
    pub fn budget(&self) -> usize {
        self.keep
    }

    /// Lets go of every row. The counts and the channels stay.
    pub fn clear(&mut self) {
        self.seal();
        while self.evict_oldest() {}
    }

    /// The records of the rows from `from` on, for a scan.
    fn records_from(&self, from: RowId) -> impl Iterator<Item = (RowId, &Record)> {
        let start = self.sealed.partition_point(|segment| segment.end() <= from);
        let segments = self.sealed.range(start..).map(|segment| &**segment);
        segments.chain([&self.open]).flat_map(move |segment| {
            let skip = from.0.saturating_sub(segment.first.0);
            let skip = usize::try_from(skip).unwrap_or(usize::MAX);
            let records = segment.records.get(skip..).unwrap_or_default();
            ((segment.first.0 + skip as u64)..).map(RowId).zip(records)
        })
    }

    fn segment_of(&self, id: RowId) -> Option<&Segment> {
        if id >= self.open.first {
            return Some(&self.open);
        }
        let index = self.sealed.partition_point(|segment| segment.end() <= id);
        self.sealed.get(index).map(|segment| &**segment)
    }

    /// Counts what `batch` brought on each of its channels. Gives the ids of these channels, by
    /// the batch's own numbers.
    fn hear_channels(&mut self, batch: &Batch) -> Vec<u32> {
        let mut messages = 0;
        let ids = (0..).zip(&batch.channels).map(|(local, channel)| {
            messages += channel.messages;
            let heard = Heard {
                messages: channel.messages,
                bytes: channel.bytes,
                time: batch.records[channel.last as usize].time,
            };
            self.channels.hear(batch.channel_name(local), &heard).0
        });
        let ids = ids.collect();
        if let Some(last) = batch.records.iter().rfind(|record| !record.is_notice()) {
            let start = || History::starting_at(last.time);
            self.total
                .get_or_insert_with(start)
                .add(last.time, messages);
        }
        ids
    }

    fn append_message(&mut self, record: &Record, channel: u32, batch: &Batch) {
        let payload = record.payload(&batch.arena);
        self.make_room(payload.len());
        self.open.push(record, channel, payload);
    }

    fn append_notice(&mut self, record: &Record, notice: &Notice) {
        if let Notice::Gap(gap) = notice
            && self.rewrite_gap(gap)
        {
            return;
        }
        match notice {
            // A gap whose row has gone since gets another row, but stays one gap.
            Notice::Gap(gap) if self.last_gap != Some(gap.noticed) => {
                self.last_gap = Some(gap.noticed);
                self.counters.gaps += 1;
            }
            Notice::Dropped(dropped) => {
                self.counters.received += dropped.count;
                self.counters.dropped += dropped.count;
            }
            _ => {}
        }
        self.make_room(0);
        self.counters.notices += 1;
        self.notices.insert(self.open.end(), notice.clone());
        self.open.push_notice(record);
    }

    /// Writes news of a gap into the row that it already has. Says whether there was one.
    fn rewrite_gap(&mut self, news: &Gap) -> bool {
        let row = self
            .notices
            .values_mut()
            .rev()
            .find_map(|notice| match notice {
                Notice::Gap(gap) if gap.noticed == news.noticed => Some(gap),
                _ => None,
            });
        row.is_some_and(|gap| {
            gap.clone_from(news);
            true
        })
    }

    /// Notes the other subscriptions that delivered the row of `batch` just appended.
    fn note_joins(&mut self, batch: &Batch, index: u32) {
        let start = batch.joins.partition_point(|join| join.row < index);
        for join in batch.joins[start..]
            .iter()
            .take_while(|join| join.row == index)
        {
            self.open.join_last(join.subscription);
        }
    }

    fn join_last_row(&mut self, subscriptions: &[SubscriptionId]) {
        let is_message = self
            .open
            .records
            .last()
            .is_some_and(|record| !record.is_notice());
        for subscription in subscriptions {
            if is_message {
                self.open.join_last(*subscription);
            }
        }
    }

    fn make_room(&mut self, payload_bytes: usize) {
        if !self.open.has_room(payload_bytes, self.segment_bytes()) {
            self.seal();
        }
    }

    /// The size at which a segment is sealed: small beside the budget, so that little goes at once.
    fn segment_bytes(&self) -> usize {
        (self.keep / 16).clamp(MIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES)
    }

    /// Seals the open segment. Its last row can then no longer be joined by a later delivery, so
    /// this happens only when a row follows it.
    fn seal(&mut self) {
        if self.open.records.is_empty() {
            return;
        }
        let next = self.open.next(self.segment_bytes());
        let sealed = std::mem::replace(&mut self.open, next).seal();
        self.sealed_bytes += sealed.size();
        self.sealed.push_back(Arc::new(sealed));
    }

    /// Lets go of channels that nothing kept is of, then of whole sealed segments. The open one
    /// stays, since a later delivery may still join its last row; it is small beside the budget,
    /// or one message larger than that.
    fn evict(&mut self) {
        // Idle channels may take a part of the budget, so that they do not push out the messages.
        let idle_room = self.keep / 8;
        self.channels.forget_idle(idle_room);
        while self.size() > self.keep && self.evict_oldest() {
            self.channels.forget_idle(idle_room);
        }
    }

    fn evict_oldest(&mut self) -> bool {
        let Some(oldest) = self.sealed.pop_front() else {
            return false;
        };
        self.sealed_bytes -= oldest.size();
        for record in &oldest.records {
            if !record.is_notice() {
                self.channels.release_row(record.channel());
                self.counters.kept -= 1;
                self.counters.evicted += 1;
            }
        }
        self.notices = self.notices.split_off(&oldest.end());
        true
    }
}
