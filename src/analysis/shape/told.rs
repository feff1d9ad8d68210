//! In how many messages something has deviated at a place.

use crate::analysis::types::TYPES;

/// Each way to deviate, at its index: to have a type, at the index of the type, and to be there or
/// not, of which a place can do only one.
const WAYS: usize = TYPES + 1;

/// The index of being there, or not.
pub const PRESENCE: usize = TYPES;

/// How often it was told of a place that it deviates, by the way in which it does.
#[derive(Debug, Default)]
pub struct Told {
    /// The message in which something deviated last, and what did in it, a bit a way.
    message: u64,
    ways: u8,
    /// In how many messages each deviated; more than a byte can count are not told apart.
    messages: [u8; WAYS],
}

impl Told {
    /// Notes that the place deviates in this way in the message of this number. Says whether it
    /// is the first time in the message.
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

    /// In how many messages it deviated in this way.
    pub fn messages(&self, way: usize) -> u64 {
        self.messages[way].into()
    }
}
