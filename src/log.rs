//! The messages that are kept, and the counts of those that are not.
//!
//! The subscriber appends to a [`Batch`]; the log takes whole batches. Both have the same layout,
//! one arena of bytes and one vector of fixed-size records, so that keeping a message costs no
//! allocation. The log is a queue of such segments with a limit in bytes: the oldest is evicted
//! first. A row is identified by an id that is never reused, so that eviction moves nothing.
//! Channel names are interned. Rows that are not messages, the notices, are kept in the same order.

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

pub use batch::Batch;
pub use channels::{Channel, ChannelTable};
pub use clearing::Cleared;
pub use history::History;
pub use large::{LARGE_PAYLOAD, LargePayload, PayloadLimit};
pub use pieces::Piece;
pub use record::RowKind;
pub use rows::{Matches, RowSet};
pub use segment::{Segment, SegmentRow};
pub use selection::Selection;
pub use shared::SharedBytes;

use crate::message::{ChannelId, Gap, GapEnd, NodeId, Notice, RowId, SubscriptionId, Time};
use batch::BatchPayload;
use channels::ChannelBatch;
use clearing::ClearedRows;
use record::Record;
use segment::{OpenSegment, SegmentChannel};

/// The upper bound on the size at which a segment is sealed, whatever the budget.
const MAX_SEGMENT_BYTES: usize = 1 << 20;

/// The lower bound on the size at which a segment is sealed.
const MIN_SEGMENT_BYTES: usize = 4 << 10;

/// The approximate memory use of a notice beyond its row: a map entry, names and text.
const NOTICE_BYTES: usize = 256;

/// Counts since the start. `received = kept + evicted + cleared + dropped` always holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages that arrived, each publish counted once.
    pub received: u64,
    /// Messages that are in the log.
    pub kept: u64,
    /// Messages evicted from the log to stay within its budget.
    pub evicted: u64,
    /// Messages cleared from the log and not restored since.
    pub cleared: u64,
    /// Messages that arrived while there was no room for them.
    pub dropped: u64,
    /// Deliveries of a publish beyond the first, for other subscriptions that it matched.
    pub merged: u64,
    /// How often the connection was lost.
    pub gaps: u64,
    /// Rows that are not messages.
    pub notices: u64,
}

/// A row of the log.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The id of the row.
    pub id: RowId,
    /// When the row arrived.
    pub time: Time,
    /// The content of the row.
    pub content: Content<'a>,
}

/// The content of a row.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// A message.
    Message {
        /// The channel it was published to.
        channel: ChannelId,
        /// The payload; only its head if the log has no room for all of it.
        payload: &'a [u8],
        /// The original size of the payload, in bytes.
        size: u64,
    },
    /// An event that concerns the subscriptions or the connection.
    Notice(&'a Notice),
}

/// The log: rows in order of arrival, within a budget of bytes.
#[derive(Debug)]
pub struct MessageLog {
    sealed: VecDeque<Arc<Segment>>,
    open: OpenSegment,
    /// Segments older than those in `sealed`, kept because they contain wanted rows.
    held: Vec<Arc<Segment>>,
    /// The ranges of rows to hold when they are due for eviction.
    wanted: Vec<Range<RowId>>,
    /// The row to hold with priority over all others.
    must_hold: Option<RowId>,
    /// Rows that stand for evicted rows after held ones: the time of the first evicted row and how
    /// many messages were evicted.
    seams: BTreeMap<RowId, (Time, u64)>,
    /// Cleared rows that can still be restored.
    cleared: ClearedRows,
    /// The bytes used by `sealed`, `held` and `cleared`.
    sealed_bytes: usize,
    notices: BTreeMap<RowId, Notice>,
    channels: ChannelTable,
    counters: Counters,
    total: Option<History>,
    /// When the last counted gap was noticed. No two gaps are noticed at the same time.
    last_gap: Option<Time>,
    /// The node that the last row came from.
    last_source: NodeId,
    keep: usize,
    /// The part of `keep` left to other users of memory.
    other_bytes: usize,
    limit: PayloadLimit,
}

impl MessageLog {
    /// Creates an empty log that uses at most `keep` bytes, including all overhead.
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
            other_bytes: 0,
            limit: PayloadLimit::within(keep),
        }
    }

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

    /// Whether `batch` starts with another delivery of the last row. A row followed by rows from
    /// another node is left unchanged.
    #[must_use]
    pub fn continues_last_row(&self, batch: &Batch) -> bool {
        batch.continues_row_before() && batch.source == self.last_source
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
        let (arena, records, joins) = batch.into_parts();
        self.open.adopt(arena, records, joins, channels);
    }

    /// Copies the rows of `batch` to the end of the open segment.
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

    /// Appends a row that is not a message and did not come in a batch.
    pub fn push_notice(&mut self, time: Time, notice: Notice) {
        let mut batch = Batch::default();
        batch.push_notice(time, notice);
        self.append(batch);
    }

    /// Returns the row with this id, if it is kept.
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

    /// Returns the previous message on the same channel as the one with this id, if it is kept.
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

    /// Returns the payload of the message with this id, which may outlive its row. A large payload
    /// is shared instead of copied.
    #[must_use]
    pub fn share_payload(&self, id: RowId) -> Option<SharedBytes> {
        let segment = self.segment_of(id)?;
        let record = segment.record(id)?;
        (!record.is_notice()).then(|| segment.share_payload(record))
    }

    /// Returns the subscriptions that delivered a row, in order of delivery.
    pub fn subscriptions(&self, id: RowId) -> impl Iterator<Item = SubscriptionId> {
        self.segment_of(id)
            .into_iter()
            .flat_map(move |segment| segment.subscriptions(id))
    }

    /// Returns the id of the oldest row, apart from held ones, or of the next row if there is none.
    #[must_use]
    pub fn first(&self) -> RowId {
        self.sealed
            .front()
            .map_or(self.open.segment().first, |segment| segment.first)
    }

    /// Returns the id of the next row.
    #[must_use]
    pub fn end(&self) -> RowId {
        self.open.segment().end()
    }

    /// Returns the channels that have received messages.
    #[must_use]
    pub fn channels(&self) -> &ChannelTable {
        &self.channels
    }

    /// Returns the counters.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Returns the messages per second on all channels together; `None` before the first message.
    #[must_use]
    pub fn history(&self) -> Option<&History> {
        self.total.as_ref()
    }

    /// Returns how many of the kept rows are notices.
    #[must_use]
    pub fn kept_notices(&self) -> u64 {
        self.notices.len() as u64
    }

    /// Returns the memory use of the log in bytes, including all overhead.
    #[must_use]
    pub fn size(&self) -> usize {
        self.sealed_bytes
            + self.open.segment().size()
            + self.channels.size()
            + (self.notices.len() + self.cleared.notices()) * NOTICE_BYTES
    }

    /// Leaves this many bytes of the budget to others, but never more than half of it. Returns
    /// whether rows were evicted for that.
    pub fn leave_room(&mut self, bytes: usize) -> bool {
        let bytes = bytes.min(self.keep / 2);
        if self.other_bytes == bytes {
            return false;
        }
        self.other_bytes = bytes;
        let sealed = self.sealed.len();
        self.evict();
        self.sealed.len() < sealed
    }

    /// Returns the memory budget, in bytes.
    #[must_use]
    pub fn budget(&self) -> usize {
        self.keep
    }

    /// Returns the notices among `rows`.
    pub fn notices_in(&self, rows: Range<RowId>) -> impl Iterator<Item = RowId> {
        self.notices.range(rows).map(|(row, _)| *row)
    }

    /// Returns the kept notices with their rows, oldest first.
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

    /// Adds the messages of `batch` to the counts of its channels. Returns the ids of these
    /// channels, indexed by their numbers in the batch.
    fn count_by_channel(&mut self, batch: &Batch) -> Vec<ChannelId> {
        let mut messages = 0;
        let ids = (0..).zip(&batch.channels).map(|(local, channel)| {
            messages += channel.messages;
            let batch_of_channel = ChannelBatch {
                messages: channel.messages,
                bytes: channel.bytes,
                time: batch.records[channel.last as usize].time,
            };
            self.channels
                .record(batch.channel_name(local), &batch_of_channel)
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

    /// Appends a notice. Returns whether that sealed the open segment.
    fn append_notice(&mut self, record: &Record, notice: &Notice) -> bool {
        if let Notice::Gap(gap) = notice
            && self.rewrite_gap(gap)
        {
            return false;
        }
        match notice {
            // A gap whose row has been evicted gets another row, but is counted once.
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

    /// Updates the existing row of a gap. Returns whether there is one.
    fn rewrite_gap(&mut self, news: &Gap) -> bool {
        // Also update a cleared gap, in case it is restored, although it is not displayed.
        self.cleared.rewrite_gap(news);
        rewrite_gap(&mut self.notices, news)
    }

    /// Records the other subscriptions that delivered the row of `batch` that was just appended.
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

    /// Makes room for one more row in the open segment. Returns whether the segment was sealed for
    /// that.
    fn make_room(&mut self, payload_bytes: usize) -> bool {
        let is_full = !self.open.has_room(payload_bytes, self.segment_bytes());
        if is_full {
            self.seal();
        }
        is_full
    }

    /// Returns the size at which a segment is sealed: a small part of the budget, so that few rows
    /// are evicted at once.
    fn segment_bytes(&self) -> usize {
        (self.keep / 16).clamp(MIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES)
    }

    /// Seals the open segment. A later delivery can then no longer join its last row, so this
    /// happens only when another row follows.
    fn seal(&mut self) {
        if self.open.segment().records.is_empty() {
            return;
        }
        let sealed = self.open.seal(self.segment_bytes());
        self.sealed_bytes += sealed.size();
        self.sealed.push_back(Arc::new(sealed));
    }
}

/// Updates the row of a gap among `notices`. Returns whether there is one.
fn rewrite_gap(notices: &mut BTreeMap<RowId, Notice>, news: &Gap) -> bool {
    let row = notices.values_mut().rev().find_map(|notice| match notice {
        Notice::Gap(gap) if gap.noticed == news.noticed => Some(gap),
        _ => None,
    });
    row.is_some_and(|gap| {
        // Updates from several nodes may arrive out of order; an end is final.
        if gap.end == GapEnd::Open || news.end != GapEnd::Open {
            gap.clone_from(news);
        }
        true
    })
}
