//! Figures of several measurements.

use std::time::Duration;

/// Durations, sorted.
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Durations in any order.
    pub fn new(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        Self(samples)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The least duration that this many parts of 100 do not exceed. Zero without any.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        let sample = self.0.get(rank.saturating_sub(1));
        sample.copied().unwrap_or_default()
    }

    /// The longest. Zero without any.
    pub fn max(&self) -> Duration {
        self.percentile(100)
    }
}

/// Milliseconds, for people.
pub fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// The median, the least and the greatest of `figures`, of which there must be one.
pub fn median(mut figures: Vec<f64>) -> (f64, f64, f64) {
    figures.sort_unstable_by(f64::total_cmp);
    (
        figures[figures.len() / 2],
        figures[0],
        figures[figures.len() - 1],
    )
}

/// Waits of irregular length, so that what is measured falls into every phase of a frame.
pub struct Pauses {
    state: u64,
    least: u64,
    most: u64,
}

impl Pauses {
    /// Pauses between `least` and `most` milliseconds.
    pub fn between(least: u64, most: u64) -> Self {
        Self {
            state: 1,
            least,
            most,
        }
    }

    /// The next pause.
    pub fn next(&mut self) -> Duration {
        // The multiplier of Knuth's MMIX; the upper bits are the random ones.
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let span = (self.most - self.least) * 1_000 + 1;
        Duration::from_micros(self.least * 1_000 + (self.state >> 33) % span)
    }
}
