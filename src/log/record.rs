//! The fixed-size records of batches and segments.

use std::ops::Range;

use crate::message::{SubscriptionId, Time};

/// The value of [`Record::via`] for a notice.
const NOTICE: u32 = u32::MAX;

/// The value of [`Record::via`] for a notice about lost messages.
const GAP: u32 = u32::MAX - 1;

/// The value of [`Record::via`] for a notice after which messages may be missing.
const BREAK: u32 = u32::MAX - 2;

/// The bit of [`Record::length`] that tells whether the payload may be shown differently from how
/// it is written. No payload is longer than 2 GiB.
const DIFFERS: u32 = 1 << 31;

/// The kind of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// A message.
    Message,
    /// An event that concerns the subscriptions or the connection, other than a gap.
    Notice,
    /// A notice after which some messages may not be received, although none were lost: a
    /// subscription has ended or was refused.
    Break,
    /// A period in which messages were or may have been lost.
    Gap,
}

/// A row: its metadata and the location of its payload in the arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) time: Time,
    /// The index of the channel in the batch or segment.
    pub(super) channel: u32,
    /// The offset of the payload in the arena; for a notice in a batch, its index among the
    /// notices.
    pub(super) start: u32,
    /// The length of the payload, and [`DIFFERS`].
    length: u32,
    via: u32,
}

/// Another subscription that delivered `row`, in addition to the one in its record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Join {
    /// The index of the row in its batch or segment.
    pub(super) row: u32,
    pub(super) subscription: SubscriptionId,
}

/// A row whose payload is truncated, with the payload's original size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// The index of the row in its segment.
    pub(super) row: u32,
    /// The original size of the payload, in bytes.
    pub(super) size: u64,
}

impl Record {
    #[inline]
    pub(super) fn message(
        time: Time,
        channel: u32,
        start: u32,
        length: u32,
        via: SubscriptionId,
    ) -> Self {
        debug_assert!(length < DIFFERS, "payloads are shorter");
        Self {
            time,
            channel,
            start,
            length,
            via: via.0,
        }
    }

    /// Returns the record with a note of whether its payload may be shown differently from how it
    /// is written.
    #[inline]
    pub(super) fn differing(mut self, may_differ: bool) -> Self {
        self.length |= if may_differ { DIFFERS } else { 0 };
        self
    }

    /// Returns whether the payload may be shown differently from how it is written.
    #[inline]
    pub(super) fn may_differ(&self) -> bool {
        self.length & DIFFERS != 0
    }

    /// Creates the record of a notice in a batch, given its index among the notices.
    pub(super) fn notice(time: Time, index: u32) -> Self {
        Self {
            time,
            channel: NOTICE,
            start: index,
            length: 0,
            via: NOTICE,
        }
    }

    /// Creates the record of a notice in a segment; `start` is the end of the arena so far.
    pub(super) fn row_of_notice(time: Time, kind: RowKind, start: u32) -> Self {
        let via = match kind {
            RowKind::Gap => GAP,
            RowKind::Break => BREAK,
            RowKind::Notice | RowKind::Message => NOTICE,
        };
        Self {
            via,
            ..Self::notice(time, start)
        }
    }

    /// Returns the record for another arena, in which the payload is the `length` bytes at `start`;
    /// `channel` is the new channel index.
    #[inline]
    pub(super) fn placed(mut self, channel: u32, start: u32, length: u32) -> Self {
        self.channel = channel;
        self.start = start;
        self.length = self.length & DIFFERS | length;
        self
    }

    /// Returns the record adjusted to an arena whose first `bytes` bytes have been removed.
    pub(super) fn moved_back(mut self, bytes: u32) -> Self {
        self.start -= bytes;
        self
    }

    #[inline]
    pub(super) fn is_notice(&self) -> bool {
        self.via >= BREAK
    }

    pub(super) fn kind(&self) -> RowKind {
        match self.via {
            NOTICE => RowKind::Notice,
            GAP => RowKind::Gap,
            BREAK => RowKind::Break,
            _ => RowKind::Message,
        }
    }

    /// Returns the end of the payload in the arena.
    #[inline]
    pub(super) fn end(&self) -> usize {
        self.start as usize + (self.length & !DIFFERS) as usize
    }

    /// Returns the range of the payload in the arena.
    #[inline]
    pub(super) fn range(&self) -> Range<usize> {
        self.start as usize..self.end()
    }

    /// Returns the first subscription that delivered the row; `None` for a notice.
    #[inline]
    pub(super) fn subscription(&self) -> Option<SubscriptionId> {
        (!self.is_notice()).then_some(SubscriptionId(self.via))
    }

    #[inline]
    pub(super) fn payload<'a>(&self, arena: &'a [u8]) -> &'a [u8] {
        &arena[self.range()]
    }
}
