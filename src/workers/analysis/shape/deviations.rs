//! Counts of the messages in which each kind of deviation has occurred at a place.

use crate::workers::analysis::types::TYPES;

/// The number of ways to deviate: one per type, at the index of the type, and one for presence or
/// absence, since only one of the two is possible at a place.
const WAYS: usize = TYPES + 1;

/// The index for presence or absence.
pub const PRESENCE: usize = TYPES;

/// For each way to deviate, the number of messages in which a place has done so.
#[derive(Debug, Default)]
pub struct Deviations {
    /// The number of the last message with a deviation, and the ways in which it deviated, as bits.
    message: u64,
    ways: u8,
    /// In how many messages each way has occurred; saturates at 255.
    messages: [u8; WAYS],
}

impl Deviations {
    /// Records that the place deviates in this way in the message with this number. Returns whether
    /// this is the first such deviation in that message.
    pub fn note(&mut self, way: usize, message: u64) -> bool {
        if self.message != message {
            (self.message, self.ways) = (message, 0);
        }
        let is_first = self.ways & 1 << way == 0;
        if is_first {
            self.ways |= 1 << way;
            self.messages[way] = self.messages[way].saturating_add(1);
        }
        is_first
    }

    /// Returns in how many messages the place deviated in this way.
    pub fn messages(&self, way: usize) -> u64 {
        self.messages[way].into()
    }
}
