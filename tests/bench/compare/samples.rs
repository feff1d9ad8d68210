//! Statistics over repeated measurements.

use std::time::Duration;

/// Durations in ascending order.
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Sorts the durations, given in any order.
    pub fn new(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        Self(samples)
    }

    /// Returns the number of samples.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the smallest duration that at least `percent` % of the samples do not exceed, or
    /// zero if there are none.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        let sample = self.0.get(rank.saturating_sub(1));
        sample.copied().unwrap_or_default()
    }

    /// Returns the longest duration, or zero if there are none.
    pub fn max(&self) -> Duration {
        self.percentile(100)
    }
}

/// Formats a duration in milliseconds.
pub fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// Returns the median, the minimum and the maximum of `figures`, which must not be empty.
pub fn median(mut figures: Vec<f64>) -> (f64, f64, f64) {
    figures.sort_unstable_by(f64::total_cmp);
    (
        figures[figures.len() / 2],
        figures[0],
        figures[figures.len() - 1],
    )
}

/// Pauses of irregular length, so that measurements fall into every phase of a frame.
pub struct Pauses {
    state: u64,
    least: u64,
    most: u64,
}

impl Pauses {
    /// Creates pauses between `least` and `most` milliseconds.
    pub fn between(least: u64, most: u64) -> Self {
        Self {
            state: 1,
            least,
            most,
        }
    }

    /// Returns the next pause.
    pub fn next(&mut self) -> Duration {
        // The multiplier comes from Knuth's MMIX generator, whose upper bits are the most random.
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let span = (self.most - self.least) * 1_000 + 1;
        Duration::from_micros(self.least * 1_000 + (self.state >> 33) % span)
    }
}
