//! Passes over the channel table in portions: a million channels must not delay a key.

use std::ops::Range;

use crate::log::{Channel, ChannelTable};
use crate::message::ChannelId;

/// The maximum work in a portion. A unit takes about a nanosecond.
const PORTION: usize = 2_000_000;

/// The maximum number of slots in a portion, many of which may be empty.
const SLOTS: usize = 16_384;

/// The slots of the table that a pass has not visited.
#[derive(Debug, Default)]
pub(super) struct Unvisited(Range<usize>);

impl Unvisited {
    pub(super) fn all(channels: &ChannelTable) -> Self {
        Self(0..channels.slots())
    }

    /// Passes the next channels to `visit`, which returns how much work each was. Returns whether all
    /// have been visited.
    pub(super) fn visit(
        &mut self,
        channels: &ChannelTable,
        mut visit: impl FnMut(ChannelId, &Channel) -> usize,
    ) -> bool {
        let end = self.0.end.min(self.0.start + SLOTS);
        let mut work = 0;
        for (id, channel) in channels.within(self.0.start..end) {
            work += visit(id, channel);
            if work >= PORTION {
                self.0.start = id.0 as usize + 1;
                return self.0.is_empty();
            }
        }
        self.0.start = end;
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Batch, MessageLog};
    use crate::message::{SubscriptionId, Time};

    #[test]
    fn a_portion_ends_with_its_work_and_every_channel_is_visited_once() {
        let mut log = MessageLog::new(1 << 30);
        let mut batch = Batch::default();
        for number in 0..1_000 {
            let name = format!("channel:{number}");
            batch.push_message(Time(1), name.as_bytes(), b"x", SubscriptionId(0));
        }
        log.append(batch);
        for (work, expected) in [(1, 1), (PORTION / 100, 10), (2 * PORTION, 1_000)] {
            let mut unvisited = Unvisited::all(log.channels());
            let (mut visited, mut portions, mut is_done) = (Vec::new(), 0, false);
            while !is_done {
                portions += 1;
                is_done = unvisited.visit(log.channels(), |id, _| {
                    visited.push(id);
                    work
                });
            }
            assert_eq!(portions, expected);
            visited.dedup();
            assert_eq!(visited.len(), 1_000);
        }
    }
}
