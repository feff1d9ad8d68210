//! The two clocks, which are read once for each input.

use tokio::time::Instant;

use crate::message::Time;

/// A reading of both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// The clock of the timers. It stands still while the computer sleeps.
    pub(super) instant: Instant,
    /// The clock of the log. It advances while the computer sleeps.
    pub(super) time: Time,
}

impl Now {
    pub(super) fn read() -> Self {
        Self {
            instant: Instant::now(),
            time: Time::now(),
        }
    }
}
