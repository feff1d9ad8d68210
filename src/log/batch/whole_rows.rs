//! Adding rows whose subscriptions are all known, as those of a recording.

use super::{Batch, BatchPayload, offset};
use crate::log::large::LargePayload;
use crate::log::record::Join;
use crate::message::{SubscriptionId, Time};

impl Batch {
    /// Adds a message with the subscriptions that delivered it. Unlike with
    /// [`Self::push_message`], it is always a row of its own. `size` is the original size of the
    /// payload, if only its start is known.
    pub fn push_row(
        &mut self,
        time: Time,
        channel: &[u8],
        (payload, size): (&[u8], Option<u64>),
        subscriptions: &[SubscriptionId],
    ) {
        let Some((first, others)) = subscriptions.split_first() else {
            return;
        };
        match size {
            Some(size) if size > payload.len() as u64 => {
                let large = LargePayload {
                    size,
                    ..LargePayload::whole(payload.to_vec())
                };
                self.add_record(time, channel, BatchPayload::Large(&large), *first);
                self.large.push((offset(self.records.len() - 1), large));
            }
            _ => {
                self.add_record(time, channel, BatchPayload::Plain(payload), *first);
                self.arena.extend_from_slice(payload);
            }
        }
        let row = offset(self.records.len() - 1);
        let joins = others.iter();
        self.joins.extend(joins.map(|subscription| Join {
            row,
            subscription: *subscription,
        }));
        self.merged += others.len() as u64;
    }
}
