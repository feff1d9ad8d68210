//! The fixed-size records that batches and segments are made of.

use crate::message::{SubscriptionId, Time};

/// Stands in [`Record::via`] for a row that is a notice.
const NOTICE: u32 = u32::MAX;

/// One row: where its payload lies in the arena beside it, and what is said of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) time: Time,
    /// In a batch the batch's own number of the channel, in the log the channel's id.
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

    pub(super) fn notice(time: Time, index: u32) -> Self {
        Self {
            time,
            channel: NOTICE,
            start: index,
            length: 0,
            via: NOTICE,
        }
    }

    /// The same record in a batch before whose notices `shift` others were put.
    pub(super) fn with_later_notice(mut self, shift: u32) -> Self {
        if self.is_notice() {
            self.start += shift;
        }
        self
    }

    /// The same record in an arena where its payload lies elsewhere, its channel renumbered.
    #[inline]
    pub(super) fn moved(mut self, channel: u32, start: u32) -> Self {
        self.channel = channel;
        self.start = start;
        self
    }

    #[inline]
    pub(super) fn is_notice(&self) -> bool {
        self.via == NOTICE
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

    /// The first subscription that delivered it; `None` for a notice.
    #[inline]
    pub(super) fn subscription(&self) -> Option<SubscriptionId> {
        (!self.is_notice()).then_some(SubscriptionId(self.via))
    }

    #[inline]
    pub(super) fn payload<'a>(&self, arena: &'a [u8]) -> &'a [u8] {
        let start = self.start as usize;
        &arena[start..start + self.length as usize]
    }
}
