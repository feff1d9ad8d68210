//! Distributions of values in microseconds: percentiles accurate to one percent, in limited memory.

use hdrhistogram::Histogram;

/// Values beyond twelve days are counted as twelve days, to limit the histogram to 80 kB; of these,
/// only the minimum and the maximum are exact.
const LONGEST: u64 = 1 << 40;

/// Percentiles of values in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Percentiles {
    /// The number of values.
    pub count: u64,
    /// The minimum, exact.
    pub min: i64,
    /// The median, within one percent.
    pub p50: i64,
    /// The 90th percentile, within one percent.
    pub p90: i64,
    /// The 99th percentile, within one percent.
    pub p99: i64,
    /// The maximum, exact.
    pub max: i64,
}

/// A distribution of values, which may be negative.
#[derive(Debug)]
pub struct Spread {
    positive: Histogram<u64>,
    /// The absolute values of the negative values.
    negative: Option<Box<Histogram<u64>>>,
    min: i64,
    max: i64,
}

impl Default for Spread {
    fn default() -> Self {
        Self {
            positive: histogram(),
            negative: None,
            min: i64::MAX,
            max: i64::MIN,
        }
    }
}

impl Spread {
    /// Adds a value.
    #[inline]
    pub fn add(&mut self, micros: i64) {
        self.min = self.min.min(micros);
        self.max = self.max.max(micros);
        let half = if micros < 0 {
            self.negative.get_or_insert_with(|| Box::new(histogram()))
        } else {
            &mut self.positive
        };
        let distance = micros.unsigned_abs().min(LONGEST);
        // The histogram grows as needed. If it cannot, the value counts as the histogram's current
        // maximum.
        if half.record(distance).is_err() {
            half.saturating_record(distance);
        }
    }

    /// Returns how many values are negative.
    pub fn negative(&self) -> u64 {
        self.negative.as_ref().map_or(0, |half| half.len())
    }

    /// Returns the maximum; `None` before the first value.
    pub fn max(&self) -> Option<i64> {
        (self.max >= self.min).then_some(self.max)
    }

    /// Returns the percentiles; `None` before the first value.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let count = self.positive.len() + self.negative();
        (count > 0).then(|| Percentiles {
            count,
            min: self.min,
            p50: self.percentile(count, 50),
            p90: self.percentile(count, 90),
            p99: self.percentile(count, 99),
            max: self.max,
        })
    }

    /// Returns the smallest value that at least `percent` percent of the `count` values do not exceed.
    fn percentile(&self, count: u64, percent: u64) -> i64 {
        let share = u128::from(count) * u128::from(percent);
        let rank = u64::try_from(share.div_ceil(100)).unwrap_or(count).max(1);
        let negative = self.negative();
        let value = match &self.negative {
            // The lowest negative values are the farthest from zero.
            Some(half) if rank <= negative => {
                let distance = nth(half, negative - rank + 1);
                i64::try_from(distance).map_or(i64::MIN, |distance| -distance)
            }
            _ => i64::try_from(nth(&self.positive, rank - negative)).unwrap_or(i64::MAX),
        };
        value.clamp(self.min, self.max)
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        let halves = [Some(&self.positive), self.negative.as_deref()];
        let cells = halves.into_iter().flatten().map(Histogram::distinct_values);
        size_of::<Self>() + cells.sum::<usize>() * size_of::<u64>()
    }
}

/// Returns the value at `rank` in `half`, counted from 1.
fn nth(half: &Histogram<u64>, rank: u64) -> u64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rank among more than 2^53 values may be off by a few"
    )]
    let quantile = rank as f64 / half.len() as f64;
    half.value_at_quantile(quantile)
}

/// Creates an auto-resizing histogram with two significant digits.
fn histogram() -> Histogram<u64> {
    Histogram::new(2).expect("two digits are between zero and five")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_one_percent() {
        let mut spread = Spread::default();
        assert_eq!(spread.percentiles(), None);
        for value in -500..=500 {
            spread.add(value * 1_000);
        }
        let percentiles = spread.percentiles().expect("values");
        assert_eq!((percentiles.min, percentiles.max), (-500_000, 500_000));
        assert_eq!(percentiles.count, 1_001);
        for (value, exact) in [
            (percentiles.p50, 0),
            (percentiles.p90, 400_000),
            (percentiles.p99, 490_000),
        ] {
            assert!((value - exact).abs() <= 5_000, "{value} {exact}");
        }
        assert_eq!(spread.negative(), 500);
    }

    #[test]
    fn extreme_values_do_not_panic() {
        let mut spread = Spread::default();
        for value in [i64::MIN, i64::MAX, 0, -1, 1] {
            spread.add(value);
        }
        let percentiles = spread.percentiles().expect("values");
        assert_eq!((percentiles.min, percentiles.max), (i64::MIN, i64::MAX));
        assert_eq!(percentiles.p50, 0);
        assert!(spread.size() < 80_000, "{}", spread.size());
    }
}
