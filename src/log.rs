//! The messages that are kept, and the counts of those that are not.
//!
//! The subscriber appends to a [`Batch`]; the log takes whole batches. Both have the same form,
//! one arena of bytes and one vector of fixed-size records, so that keeping a message costs no
//! allocation. The log is a queue of such segments, bounded by bytes: the oldest goes first. A
//! row is known by an id that is never reused, so that eviction moves nothing. Names of channels
//! are interned. Rows that are not messages, the notices, stand in the same order.

mod batch;
mod channels;
mod clearing;
mod eviction;
mod history;
mod large;
mod pieces;
mod record;
mod rows;
mod segment;
mod selection;
mod shared;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

pub use batch::{BATCH_BYTES, Batch, Tail};
pub use channels::{Channel, ChannelTable};
pub use clearing::Cleared;
pub use history::{HISTORY_SECONDS, History, RATE_SECONDS};
pub use large::{LARGE_PAYLOAD, LargePayload, PayloadLimit};
pub use pieces::Piece;
pub use record::RowKind;
pub use rows::{Found, RowSet};
pub use segment::{Segment, SegmentRow};
pub use selection::Selection;
pub use shared::SharedBytes;

use crate::message::{ChannelId, Gap, GapEnd, NodeId, Notice, RowId, SubscriptionId, Time};
use batch::BatchPayload;
use channels::ChannelBatch;
use clearing::ClearedRows;
use record::Record;
use segment::{OpenSegment, SegmentChannel};

/// A segment is sealed at this size at the most, whatever the budget.
const MAX_SEGMENT_BYTES: usize = 1 << 20;

/// A segment is sealed at this size at the least.
const MIN_SEGMENT_BYTES: usize = 4 << 10;

/// What a notice takes beside its row, roughly: a map entry, names and words.
const NOTICE_BYTES: usize = 256;

/// What has been counted since the start. `received = kept + evicted + cleared + dropped`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages that arrived, each publish counted once.
    pub received: u64,
    /// Messages that are in the log.
    pub kept: u64,
    /// Messages that were in the log and went, to stay within its size.
    pub evicted: u64,
    /// Messages that were in the log until it was cleared, and have not been restored since.
    pub cleared: u64,
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
        /// Its bytes; only the first of them if there were more than the log has room for.
        payload: &'a [u8],
        /// How many bytes it had.
        size: u64,
    },
    /// Something that happened to the listening itself.
    Notice(&'a Notice),
}

/// The log: rows in the order of their arrival, within a budget of bytes.
#[derive(Debug)]
pub struct MessageLog {
    sealed: VecDeque<Arc<Segment>>,
    open: OpenSegment,
    /// Segments older than those of `sealed` that stay because they hold wanted rows.
    held: Vec<Arc<Segment>>,
    /// The stretches that are to be held when their turn to go comes.
    wanted: Vec<Range<RowId>>,
    /// The row that is to be held before all others.
    must_hold: Option<RowId>,
    /// The rows in whose place rows have gone behind held ones: when the first of these came, and
    /// how many messages they were.
    seams: BTreeMap<RowId, (Time, u64)>,
    /// Rows that were cleared and can still be restored.
    cleared: ClearedRows,
    /// The bytes of `sealed`, `held` and `cleared`.
    sealed_bytes: usize,
    notices: BTreeMap<RowId, Notice>,
    channels: ChannelTable,
    counters: Counters,
    total: Option<History>,
    /// When the last gap that was counted was noticed. No two are noticed at the same time.
    last_gap: Option<Time>,
    /// The server that the last row came from.
    last_source: NodeId,
    keep: usize,
    /// The part of it that others take.
    beside: usize,
    limit: PayloadLimit,
}

impl MessageLog {
    /// An empty log that keeps at most `keep` bytes, everything counted.
    #[must_use]
    pub fn new(keep: usize) -> Self {
        Self {
            sealed: VecDeque::new(),
            open: OpenSegment::default(),
            held: Vec::new(),
            wanted: Vec::new(),
            must_hold: None,
            seams: BTreeMap::new(),
            cleared: ClearedRows::default(),
            sealed_bytes: 0,
            notices: BTreeMap::new(),
            channels: ChannelTable::default(),
            counters: Counters::default(),
            total: None,
            last_gap: None,
            last_source: NodeId::default(),
            keep,
            beside: 0,
            limit: PayloadLimit::within(keep),
        }
    }

    /// Takes over the rows of `batch`, then lets go of the oldest rows beyond the budget. Of a
    /// payload that does not fit into the budget the head is taken; see [`PayloadLimit::within`].
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
        let ids = self.hear_channels(&batch);
        if batch.is_worth_adopting(self.segment_bytes()) {
            self.adopt(batch, &ids);
        } else {
            self.copy(&batch, &ids);
        }
        self.evict();
    }

    /// Whether `batch` starts with a further delivery of the last row. A row that another server's
    /// rows have come behind is left as it is.
    #[must_use]
    pub fn continues_last_row(&self, batch: &Batch) -> bool {
        batch.continues_row_before() && batch.source == self.last_source
    }

    /// Makes a full batch a segment as it is: its bytes are not copied once more.
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
        let (arena, records, joins) = batch.into_parts();
        self.open.adopt(arena, records, joins, channels);
    }

    /// Copies the rows of `batch` behind those of the open segment.
    fn copy(&mut self, batch: &Batch, ids: &[ChannelId]) {
        let mut numbers = vec![None; ids.len()];
        for (index, record) in (0..).zip(&batch.records) {
            if record.is_notice() {
                if self.append_notice(record, &batch.notices[record.start() as usize]) {
                    numbers.fill(None);
                }
                continue;
            }
            let local = record.channel() as usize;
            let payload = batch.payload(index, record);
            let kept = self.limit.kept(payload.bytes().len());
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

    /// Adds a row that is not a message, and that no batch brought.
    pub fn push_notice(&mut self, time: Time, notice: Notice) {
        let mut batch = Batch::default();
        batch.push_notice(time, notice);
        self.append(batch);
    }

    /// The row with this id, if it is kept.
    #[must_use]
    pub fn row(&self, id: RowId) -> Option<Row<'_>> {
        if let Some((time, _)) = self.seams.get(&id) {
            return Some(Row {
                id,
                time: *time,
                content: Content::Notice(self.notices.get(&id)?),
            });
        }
        let segment = self.segment_of(id)?;
        let record = segment.record(id)?;
        let content = if record.is_notice() {
            Content::Notice(self.notices.get(&id)?)
        } else {
            Content::Message {
                channel: segment.channel_of(record),
                payload: segment.payload(record),
                size: segment.size_at(segment.index(id)?),
            }
        };
        Some(Row {
            id,
            time: record.time,
            content,
        })
    }

    /// The message before the one with this id on the same channel, if it is kept.
    #[must_use]
    pub fn message_before(&self, id: RowId) -> Option<RowId> {
        let segment = self.segment_of(id)?;
        let record = segment.record(id).filter(|record| !record.is_notice())?;
        let channel = segment.channel_of(record);
        let older = self.held.iter().chain(&self.sealed).rev();
        let older = older.map(|segment| &**segment);
        std::iter::once(self.open.segment())
            .chain(older)
            .filter(|segment| segment.first < id)
            .find_map(|segment| segment.last_on(channel, id))
    }

    /// The payload of the message with this id, to be held beyond its time here. One that is large
    /// is not copied for that.
    #[must_use]
    pub fn share_payload(&self, id: RowId) -> Option<SharedBytes> {
        let segment = self.segment_of(id)?;
        let record = segment.record(id)?;
        (!record.is_notice()).then(|| segment.share_payload(record))
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
            .map_or(self.open.segment().first, |segment| segment.first)
    }

    /// The id that the next row will have.
    #[must_use]
    pub fn end(&self) -> RowId {
        self.open.segment().end()
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
            + self.open.segment().size()
            + self.channels.size()
            + (self.notices.len() + self.cleared.notices()) * NOTICE_BYTES
    }

    /// Leaves so many bytes of the budget to others, but never more than half of it. Says whether
    /// rows have gone for that.
    pub fn leave_room(&mut self, bytes: usize) -> bool {
        let bytes = bytes.min(self.keep / 2);
        if self.beside == bytes {
            return false;
        }
        self.beside = bytes;
        let sealed = self.sealed.len();
        self.evict();
        self.sealed.len() < sealed
    }

    /// The most bytes that it may take.
    #[must_use]
    pub fn budget(&self) -> usize {
        self.keep
    }

    /// The rows of `rows` that are notices.
    pub fn notices_in(&self, rows: Range<RowId>) -> impl Iterator<Item = RowId> {
        self.notices.range(rows).map(|(row, _)| *row)
    }

    /// The notices kept, oldest first, each with its row.
    #[must_use]
    pub fn notices(&self) -> impl DoubleEndedIterator<Item = (RowId, &Notice)> {
        self.notices.iter().map(|(row, notice)| (*row, notice))
    }

    fn segment_of(&self, id: RowId) -> Option<&Segment> {
        let open = self.open.segment();
        if id >= open.first {
            return Some(open);
        }
        if id < self.first() {
            let mut held = self.held.iter();
            return held
                .find(|segment| segment.rows().contains(&id))
                .map(|segment| &**segment);
        }
        let index = self.sealed.partition_point(|segment| segment.end() <= id);
        self.sealed.get(index).map(|segment| &**segment)
    }

    /// Counts what `batch` brought on each of its channels. Gives the ids of these channels, by
    /// the batch's own numbers.
    fn hear_channels(&mut self, batch: &Batch) -> Vec<ChannelId> {
        let mut messages = 0;
        let ids = (0..).zip(&batch.channels).map(|(local, channel)| {
            messages += channel.messages;
            let heard = ChannelBatch {
                messages: channel.messages,
                bytes: channel.bytes,
                time: batch.records[channel.last as usize].time,
            };
            self.channels.hear(batch.channel_name(local), &heard)
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

    /// Says whether that has sealed the open segment.
    fn append_notice(&mut self, record: &Record, notice: &Notice) -> bool {
        if let Notice::Gap(gap) = notice
            && self.rewrite_gap(gap)
        {
            return false;
        }
        match notice {
            // A gap whose row has gone since gets another row, but stays one gap.
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
            | Notice::Ended { .. }
            | Notice::AllEnded => RowKind::Break,
            _ => RowKind::Notice,
        };
        self.open.push_notice(record.time, kind);
        is_sealed
    }

    /// Writes news of a gap into the row that it already has. Says whether there was one.
    fn rewrite_gap(&mut self, news: &Gap) -> bool {
        // One that was cleared is told as well, in case it is restored, but is not on the screen.
        self.cleared.rewrite_gap(news);
        rewrite_gap(&mut self.notices, news)
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
            .segment()
            .records
            .last()
            .is_some_and(|record| !record.is_notice());
        for subscription in subscriptions {
            if is_message {
                self.open.join_last(*subscription);
            }
        }
    }

    /// Makes room for one more row in the open segment. Says whether that had to be sealed.
    fn make_room(&mut self, payload_bytes: usize) -> bool {
        let is_full = !self.open.has_room(payload_bytes, self.segment_bytes());
        if is_full {
            self.seal();
        }
        is_full
    }

    /// The size at which a segment is sealed: small beside the budget, so that little goes at once.
    fn segment_bytes(&self) -> usize {
        (self.keep / 16).clamp(MIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES)
    }

    /// Seals the open segment. Its last row can then no longer be joined by a later delivery, so
    /// this happens only when a row follows it.
    fn seal(&mut self) {
        if self.open.segment().records.is_empty() {
            return;
        }
        let sealed = self.open.seal(self.segment_bytes());
        self.sealed_bytes += sealed.size();
        self.sealed.push_back(Arc::new(sealed));
    }
}

/// Writes news of a gap into its row among `notices`. Says whether it has one.
fn rewrite_gap(notices: &mut BTreeMap<RowId, Notice>, news: &Gap) -> bool {
    let row = notices.values_mut().rev().find_map(|notice| match notice {
        Notice::Gap(gap) if gap.noticed == news.noticed => Some(gap),
        _ => None,
    });
    row.is_some_and(|gap| {
        // News of several servers may cross; an end is the last.
        if gap.end == GapEnd::Open || news.end != GapEnd::Open {
            gap.clone_from(news);
        }
        true
    })
}
