//! Reading the rows of a batch as they are, without a log.

use super::Batch;
use crate::message::{Notice, SubscriptionId, Time};

/// A row of a batch.
#[derive(Clone, Copy, Debug)]
pub enum BatchRow<'a> {
    /// A message.
    Message(BatchMessage<'a>),
    /// An event that concerns the subscriptions or the connection.
    Notice(Time, &'a Notice),
}

/// A message of a batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchMessage<'a> {
    /// When the message arrived.
    pub time: Time,
    /// The index of the channel among [`Batch::channel_names`].
    pub channel: u32,
    /// The name of the channel.
    pub name: &'a [u8],
    /// The payload; only its head if the rest is not kept.
    pub payload: &'a [u8],
    /// The original size of the payload, in bytes.
    pub size: u64,
    /// Whether the payload may be shown differently from how it is written.
    pub may_differ: bool,
    /// The index of the row in the batch.
    row: u32,
}

impl BatchRow<'_> {
    /// Returns when the row arrived.
    pub fn time(&self) -> Time {
        match self {
            Self::Message(message) => message.time,
            Self::Notice(time, _) => *time,
        }
    }
}

impl Batch {
    /// Returns the rows, oldest first.
    pub fn rows(&self) -> impl Iterator<Item = BatchRow<'_>> {
        (0..self.records.len()).filter_map(|index| self.row(index))
    }

    /// Returns the row at `index`.
    pub fn row(&self, index: usize) -> Option<BatchRow<'_>> {
        let record = self.records.get(index)?;
        if record.is_notice() {
            let notice = &self.notices[record.start as usize];
            return Some(BatchRow::Notice(record.time, notice));
        }
        let row = u32::try_from(index).ok()?;
        let (payload, size) = self.content(row, record);
        Some(BatchRow::Message(BatchMessage {
            time: record.time,
            channel: record.channel,
            name: self.channel_name(record.channel),
            payload,
            size,
            may_differ: record.may_differ(),
            row,
        }))
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Adds a copy of a message of another batch.
    pub fn push_copy(&mut self, from: &Self, message: &BatchMessage<'_>) {
        let large = from.large.iter().find(|(row, _)| *row == message.row);
        for subscription in from.subscriptions(message) {
            let (time, name) = (message.time, message.name);
            match large {
                Some((_, payload)) => self.push_large(time, name, payload.clone(), subscription),
                None => self.push_message(time, name, message.payload, subscription),
            }
        }
    }

    /// Returns the subscriptions that delivered a message of the batch, in order of delivery.
    /// Deliveries in a later batch are not among them.
    pub fn subscriptions(
        &self,
        message: &BatchMessage<'_>,
    ) -> impl Iterator<Item = SubscriptionId> {
        let row = message.row;
        let first = self.records[row as usize].subscription();
        let start = self.joins.partition_point(|join| join.row < row);
        let joins = self.joins[start..].iter();
        let later = joins.take_while(move |join| join.row == row);
        first.into_iter().chain(later.map(|join| join.subscription))
    }
}
