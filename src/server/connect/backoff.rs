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
    /// Returns numbers from 0 to 1.
    random: Box<dyn FnMut() -> f64 + Send>,
}

impl Backoff {
    /// Creates a backoff whose bound starts at `first` and doubles up to `longest`.
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        // The standard library's only source of randomness: every `RandomState` has its own keys.
        Self::with_random(first, longest, || {
            let bits = RandomState::new().hash_one(0_u8) >> 32;
            u32::try_from(bits).map_or(0.5, |bits| f64::from(bits) / f64::from(u32::MAX))
        })
    }

    /// Like [`Backoff::new`], with the given source of numbers from 0 to 1.
    pub(crate) fn with_random(
        first: Duration,
        longest: Duration,
        random: impl FnMut() -> f64 + Send + 'static,
    ) -> Self {
        Self {
            first,
            longest,
            attempts: 0,
            random: Box::new(random),
        }
    }

    /// Returns how long to wait before the next attempt.
    pub(crate) fn next_wait(&mut self) -> Duration {
        let doubled = 2_u32.checked_pow(self.attempts).unwrap_or(u32::MAX);
        self.attempts = self.attempts.saturating_add(1);
        let bound = self.first.saturating_mul(doubled).min(self.longest);
        bound.mul_f64((self.random)().clamp(0.0, 1.0))
    }

    /// Restarts from the shortest wait.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(5);

    fn waits(backoff: &mut Backoff, count: usize) -> Vec<u128> {
        (0..count)
            .map(|_| backoff.next_wait().as_millis())
            .collect()
    }

    #[test]
    fn waits_double_up_to_the_maximum() {
        let mut backoff = Backoff::with_random(FIRST, LONGEST, || 1.0);
        assert_eq!(
            waits(&mut backoff, 8),
            [100, 200, 400, 800, 1600, 3200, 5000, 5000]
        );
        assert_eq!(waits(&mut backoff, 100).last(), Some(&5000));
    }

    #[test]
    fn a_reset_starts_over_with_the_shortest_wait() {
        let mut backoff = Backoff::with_random(FIRST, LONGEST, || 1.0);
        waits(&mut backoff, 5);
        backoff.reset();
        assert_eq!(waits(&mut backoff, 2), [100, 200]);
    }

    #[test]
    fn jitter_shortens_the_wait() {
        let mut numbers = [0.0, 0.5, 0.25].into_iter();
        let mut backoff =
            Backoff::with_random(FIRST, LONGEST, move || numbers.next().unwrap_or(1.0));
        assert_eq!(waits(&mut backoff, 4), [0, 100, 100, 800]);
    }

    #[test]
    fn the_default_jitter_varies_within_bounds() {
        let mut backoff = Backoff::new(LONGEST, LONGEST);
        let mut waits = waits(&mut backoff, 50);
        assert!(waits.iter().all(|&wait| wait <= LONGEST.as_millis()));
        waits.sort_unstable();
        waits.dedup();
        assert!(waits.len() > 10, "{waits:?}");
    }
}
