//! Computes how long to wait before the next attempt.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Exponential backoff with full jitter.
///
/// Each wait is random, between zero and the current bound, so that the clients of a restarted
/// server do not all reconnect at the same instant.
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>)
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    attempts: u32,
}

impl Backoff {
    /// Creates a backoff whose bound starts at `first` and doubles up to `longest`.
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            attempts: 0,
        }
    }

    /// Returns how long to wait before the next attempt.
    pub(crate) fn next_wait(&mut self) -> Duration {
        self.next_bound().mul_f64(random())
    }

    /// Returns the upper bound of the next wait.
    fn next_bound(&mut self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.attempts);
        self.attempts = self.attempts.saturating_add(1);
        self.first.saturating_mul(doubled).min(self.longest)
    }

    /// Starts over with the lowest bound.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// Returns a random number from 0 to 1. It is derived from the keys of a new `RandomState`, the
/// only source of randomness in the standard library.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 32;
    u32::try_from(bits).map_or(0.5, |bits| f64::from(bits) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(5);

    fn bounds(backoff: &mut Backoff, count: usize) -> Vec<u128> {
        let bounds = (0..count).map(|_| backoff.next_bound());
        bounds.map(|bound| bound.as_millis()).collect()
    }

    #[test]
    fn waits_double_up_to_the_maximum_until_a_reset() {
        let mut backoff = Backoff::new(FIRST, LONGEST);
        let doubled = [100, 200, 400, 800, 1600, 3200, 5000, 5000];
        assert_eq!(bounds(&mut backoff, 8), doubled);
        assert_eq!(bounds(&mut backoff, 100), [5000; 100]);
        backoff.reset();
        assert_eq!(bounds(&mut backoff, 2), [100, 200]);
    }

    #[test]
    fn waits_vary_below_the_bound() {
        let mut backoff = Backoff::new(LONGEST, LONGEST);
        let mut waits: Vec<Duration> = (0..50).map(|_| backoff.next_wait()).collect();
        waits.sort_unstable();
        assert!(waits[0] < LONGEST / 2 && waits[49] > LONGEST / 2 && waits[49] <= LONGEST);
        waits.dedup();
        assert!(waits.len() > 10, "{waits:?}");
    }
}
