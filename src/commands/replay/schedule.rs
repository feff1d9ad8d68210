//! When each message is due.

use std::time::Duration;

use subscope::message::Time;
use tokio::time::Instant;

use crate::cli::Speed;

/// How much too early a message may be. The timer wakes up to 2 ms too late.
const EARLY: Duration = Duration::from_micros(500);

/// The timing of a replay.
pub struct Schedule {
    /// How many times as fast as it was recorded; `None` for as fast as possible.
    times: Option<f64>,
    /// The time of the first message, and when it was published.
    start: Option<(Time, Instant)>,
    /// The time of the last message.
    last: Time,
    /// How late messages were, at most: since this was last taken, and ever.
    lag: Duration,
    worst_lag: Duration,
}

impl Schedule {
    pub fn new(speed: Speed) -> Self {
        Self {
            times: match speed {
                Speed::Times(times) => Some(times),
                Speed::Max => None,
            },
            start: None,
            last: Time::default(),
            lag: Duration::ZERO,
            worst_lag: Duration::ZERO,
        }
    }

    /// Lets the next message be due at once.
    pub fn restart(&mut self) {
        self.start = None;
    }

    /// Returns until when to wait before a message of this time is published; `None` if it is due.
    pub fn wait_for(&mut self, time: Time) -> Option<Instant> {
        self.last = time;
        let Some(times) = self.times else {
            self.start.get_or_insert_with(|| (time, Instant::now()));
            return None;
        };
        let now = Instant::now();
        let (first, started) = *self.start.get_or_insert((time, now));
        let due = started + time.since(first).div_f64(times);
        let wake = due - EARLY;
        if wake > now {
            return Some(wake);
        }
        let lag = now.saturating_duration_since(due);
        self.lag = self.lag.max(lag);
        self.worst_lag = self.worst_lag.max(lag);
        None
    }

    /// Makes everything else due later.
    pub fn shift(&mut self, by: Duration) {
        if let Some((_, started)) = &mut self.start {
            *started += by;
        }
    }

    /// Returns how far into the recording the last message was.
    pub fn position(&self) -> Duration {
        let first = self.start.map_or(self.last, |(first, _)| first);
        self.last.since(first)
    }

    /// Returns how late messages were since this was last asked, at most.
    pub fn take_lag(&mut self) -> Duration {
        std::mem::take(&mut self.lag)
    }

    /// Returns how late messages were, at most; `None` if none is late.
    pub fn worst_lag(&self) -> Option<Duration> {
        self.times.map(|_| self.worst_lag)
    }
}
