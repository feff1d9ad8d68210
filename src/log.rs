//! The messages that are kept, and counts of those that are not.
//!
//! The subscriber appends to a [`Batch`]; the log takes whole batches. Both have the same layout,
//! one arena of bytes and one vector of fixed-size records, so that keeping a message costs no
//! allocation. The log is a queue of segments, each with this layout, and has a limit in bytes: the
//! oldest segment is evicted first. A row is identified by an id that is never reused, so that
//! eviction moves nothing. Channel names are interned. Notices, which are rows but not messages,
//! are kept in the same sequence.

mod append;
mod batch;
mod channels;
mod clearing;
mod eviction;
mod excerpt;
mod history;
mod large;
mod pieces;
mod record;
mod rows;
mod segment;
mod selection;
mod shared;
mod tap;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

pub use batch::{BATCH_BYTES, Batch, BatchMessage, BatchRow};
pub use channels::{Channel, ChannelTable};
pub use clearing::Cleared;
pub use excerpt::{Excerpt, ExcerptContent, ExcerptRow};
pub use history::History;
pub use large::{LARGE_PAYLOAD, LargePayload, PayloadLimit};
pub use pieces::Piece;
pub use record::RowKind;
pub use rows::{Matches, RowSet};
pub use segment::{Segment, SegmentRow};
pub use selection::Selection;
pub use shared::SharedBytes;

use crate::message::{ChannelId, NodeId, Notice, RowId, SubscriptionId, Time};
use clearing::ClearedRows;
use segment::OpenSegment;
use tap::Tap;

/// The upper bound on the size at which a segment is sealed, regardless of the budget.
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
    /// Messages cleared from the log and not restored.
    pub cleared: u64,
    /// Messages that arrived while there was no room for them.
    pub dropped: u64,
    /// Deliveries of a publish beyond the first, for other subscriptions that it matched.
    pub merged: u64,
    /// Number of times the connection was lost.
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
#[derive(Debug, Default)]
pub struct MessageLog {
    sealed: VecDeque<Arc<Segment>>,
    open: OpenSegment,
    /// Segments older than those in `sealed`, kept because they contain wanted rows.
    held: Vec<Arc<Segment>>,
    /// The ranges of rows to keep when they are due for eviction.
    wanted: Vec<Range<RowId>>,
    /// The row that takes precedence over all other rows to keep.
    must_hold: Option<RowId>,
    /// The rows that represent evicted rows after held ones, each with the time of the first
    /// evicted row and the number of evicted messages.
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
    /// The part of `keep` reserved for other uses.
    other_bytes: usize,
    /// Collects the rows that arrive, if a reader wants them.
    tap: Option<Tap>,
}

impl MessageLog {
    /// Creates an empty log that uses at most `keep` bytes, including all overhead.
    pub fn new(keep: usize) -> Self {
        Self {
            keep,
            ..Self::default()
        }
    }

    /// Returns the row with this id, if it is kept.
    pub fn row(&self, id: RowId) -> Option<Row<'_>> {
        if let Some(&(time, _)) = self.seams.get(&id) {
            let content = Content::Notice(self.notices.get(&id)?);
            return Some(Row { id, time, content });
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
        let time = record.time;
        Some(Row { id, time, content })
    }

    /// Returns the previous message on the same channel as the one with this id, if it is kept.
    pub fn message_before(&self, id: RowId) -> Option<RowId> {
        let segment = self.segment_of(id)?;
        let record = segment.record(id).filter(|record| !record.is_notice())?;
        let channel = segment.channel_of(record);
        let older = self.held.iter().chain(&self.sealed).rev();
        std::iter::once(&self.open.segment)
            .chain(older.map(|segment| &**segment))
            .filter(|segment| segment.first < id)
            .find_map(|segment| segment.last_on(channel, id))
    }

    /// Returns the payload of a message, which may outlive the row. A large payload is not copied.
    pub fn share_payload(&self, id: RowId) -> Option<SharedBytes> {
        let segment = self.segment_of(id)?;
        let record = segment.record(id)?;
        (!record.is_notice()).then(|| segment.share_payload(record))
    }

    /// Returns the subscriptions that delivered a row, in order of delivery.
    pub fn subscriptions(&self, id: RowId) -> impl Iterator<Item = SubscriptionId> {
        let segment = self.segment_of(id).into_iter();
        segment.flat_map(move |segment| segment.subscriptions(id))
    }

    /// Returns the id of the oldest row, not counting held ones, or of the next row if there is
    /// none.
    pub fn first(&self) -> RowId {
        let oldest = self.sealed.front().map(|segment| &**segment);
        oldest.unwrap_or(&self.open.segment).first
    }

    /// Returns the id of the next row.
    pub fn end(&self) -> RowId {
        self.open.segment.end()
    }

    /// Returns the channels that have received messages.
    pub fn channels(&self) -> &ChannelTable {
        &self.channels
    }

    /// Returns the counters.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Returns the messages per second on all channels together; `None` before the first message.
    pub fn history(&self) -> Option<&History> {
        self.total.as_ref()
    }

    /// Returns how many of the kept rows are notices.
    pub fn kept_notices(&self) -> u64 {
        self.notices.len() as u64
    }

    /// Returns the memory use of the log in bytes, including all overhead.
    pub fn size(&self) -> usize {
        self.sealed_bytes
            + self.open.segment.size()
            + self.channels.size()
            + (self.notices.len() + self.cleared.notices.len()) * NOTICE_BYTES
    }

    /// Reserves up to half of the budget for other uses. Returns whether rows were evicted for
    /// this.
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
    pub fn budget(&self) -> usize {
        self.keep
    }

    /// Returns the notices among `rows`.
    pub fn notices_in(&self, rows: Range<RowId>) -> impl Iterator<Item = RowId> {
        self.notices.range(rows).map(|(row, _)| *row)
    }

    /// Returns the kept notices with their rows, oldest first.
    pub fn notices(&self) -> impl DoubleEndedIterator<Item = (RowId, &Notice)> {
        self.notices.iter().map(|(row, notice)| (*row, notice))
    }

    fn segment_of(&self, id: RowId) -> Option<&Segment> {
        if id >= self.open.segment.first {
            return Some(&self.open.segment);
        }
        let segment = if id < self.first() {
            let mut held = self.held.iter();
            held.find(|segment| segment.rows().contains(&id))
        } else {
            let index = self.sealed.partition_point(|segment| segment.end() <= id);
            self.sealed.get(index)
        };
        segment.map(|segment| &**segment)
    }
}
