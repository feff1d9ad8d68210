//! The fixed-size records that batches and segments are made of.

use std::ops::Range;

use crate::message::{SubscriptionId, Time};

/// Stands in [`Record::via`] for a row that is a notice.
const NOTICE: u32 = u32::MAX;

/// Stands in [`Record::via`] for a notice that tells of lost messages.
const GAP: u32 = u32::MAX - 1;

/// In place of a subscription: a notice that not all may have been heard from there on.
const BREAK: u32 = u32::MAX - 2;

/// What kind of row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// A message.
    Message,
    /// Something that happened to the listening itself, but no gap.
    Notice,
    /// A notice that messages may not have been heard from there on, though none was lost: a
    /// subscription has ended or was refused.
    Break,
    /// A time in which messages were lost, or may have been.
    Gap,
}

/// One row: where its payload lies in the arena beside it, and what is said of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) time: Time,
    /// The number of the channel in its batch or segment.
    channel: u32,
    /// Where the payload starts in the arena; for a notice of a batch, its index.
    start: u32,
    length: u32,
    via: u32,
}

/// Says that `row` was delivered by `subscription` too, beside the one in its record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Join {
    /// The row's index in its batch or segment.
    pub(super) row: u32,
    pub(super) subscription: SubscriptionId,
}

/// Says that of the payload of `row` only the head is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// The row's index in its segment.
    pub(super) row: u32,
    /// How many bytes the payload had.
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
        Self {
            time,
            channel,
            start,
            length,
            via: via.0,
        }
    }

    /// A notice of a batch, by its index there.
    pub(super) fn notice(time: Time, index: u32) -> Self {
        Self {
            time,
            channel: NOTICE,
            start: index,
            length: 0,
            via: NOTICE,
        }
    }

    /// A notice of a segment, which stands between the payloads at `start` of the arena.
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

    /// The same record in a batch before whose notices `shift` others were put.
    pub(super) fn with_later_notice(mut self, shift: u32) -> Self {
        if self.is_notice() {
            self.start += shift;
        }
        self
    }

    /// The same record in another arena, where its payload lies in `length` bytes at `start`, its
    /// channel renumbered.
    #[inline]
    pub(super) fn placed(mut self, channel: u32, start: u32, length: u32) -> Self {
        self.channel = channel;
        self.start = start;
        self.length = length;
        self
    }

    /// The same record in an arena that lacks the first `bytes` of its own.
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

    #[inline]
    pub(super) fn channel(&self) -> u32 {
        self.channel
    }

    /// Where the payload starts in the arena; for a notice of a batch, its index.
    #[inline]
    pub(super) fn start(&self) -> u32 {
        self.start
    }

    /// Where the payload ends in the arena.
    #[inline]
    pub(super) fn end(&self) -> usize {
        self.start as usize + self.length as usize
    }

    /// Where the payload lies in the arena.
    #[inline]
    pub(super) fn range(&self) -> Range<usize> {
        self.start as usize..self.end()
    }

    /// The first subscription that delivered it; `None` for a notice.
    #[inline]
    pub(super) fn subscription(&self) -> Option<SubscriptionId> {
        (!self.is_notice()).then_some(SubscriptionId(self.via))
    }

    #[inline]
    pub(super) fn payload<'a>(&self, arena: &'a [u8]) -> &'a [u8] {
        &arena[self.range()]
    }
}
