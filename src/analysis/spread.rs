//! How values in microseconds are spread: percentiles within one percent, in bounded memory.

use hdrhistogram::Histogram;

/// Values beyond twelve days are all counted as that long, so that it takes 80 kB at most: only
/// the least and the highest are exact there.
const LONGEST: u64 = 1 << 40;

/// Percentiles of values in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Percentiles {
    /// How many values there are.
    pub count: u64,
    /// The lowest, exactly.
    pub min: i64,
    /// Half of them are no higher, within one percent, as are the next two.
    pub p50: i64,
    /// Nine of ten are no higher.
    pub p90: i64,
    /// Ninety-nine of a hundred are no higher.
    pub p99: i64,
    /// The highest, exactly.
    pub max: i64,
}

/// Values, by how many there are of each size. Some may be negative.
#[derive(Debug)]
pub struct Spread {
    positive: Histogram<u64>,
    /// The negative ones, by their distance from zero.
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
    /// Counts a value in.
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
        // It grows with its values.
        if half.record(distance).is_err() {
            half.saturating_record(distance);
        }
    }

    /// How many values are negative.
    pub fn negative(&self) -> u64 {
        self.negative.as_ref().map_or(0, |half| half.len())
    }

    /// The highest value; `None` before the first.
    pub fn max(&self) -> Option<i64> {
        (self.max >= self.min).then_some(self.max)
    }

    /// The percentiles; `None` before the first value.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let count = self.positive.len() + self.negative();
        (count > 0).then(|| Percentiles {
            count,
            min: self.min,
            p50: self.at(count, 50),
            p90: self.at(count, 90),
            p99: self.at(count, 99),
            max: self.max,
        })
    }

    /// The value that `percent` of the `count` values do not exceed.
    fn at(&self, count: u64, percent: u64) -> i64 {
        let share = u128::from(count) * u128::from(percent);
        let rank = u64::try_from(share.div_ceil(100)).unwrap_or(count).max(1);
        let negative = self.negative();
        let value = match &self.negative {
            // The lowest of them are the farthest from zero.
            Some(half) if rank <= negative => {
                let distance = nth(half, negative - rank + 1);
                i64::try_from(distance).map_or(i64::MIN, |distance| -distance)
            }
            _ => i64::try_from(nth(&self.positive, rank - negative)).unwrap_or(i64::MAX),
        };
        value.clamp(self.min, self.max)
    }

    /// The bytes that it takes.
    pub fn size(&self) -> usize {
        let halves = [Some(&self.positive), self.negative.as_deref()];
        let cells = halves.into_iter().flatten().map(Histogram::distinct_values);
        size_of::<Self>() + cells.sum::<usize>() * size_of::<u64>()
    }
}

/// The value at `rank` of all in `half`, counted from 1.
fn nth(half: &Histogram<u64>, rank: u64) -> u64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rank among more than 2^53 values may be off by a few"
    )]
    let quantile = rank as f64 / half.len() as f64;
    half.value_at_quantile(quantile)
}

/// Values with two digits that count, growing with them.
fn histogram() -> Histogram<u64> {
    Histogram::new(2).expect("two digits are between zero and five")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_within_a_percent() {
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
    fn the_largest_values_are_no_panic() {
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
