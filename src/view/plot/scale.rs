//! The scale of an axis: equally spaced round numbers.

/// Values are clamped to this magnitude so that the distances between them stay finite.
const LARGEST: f64 = 1e300;

/// The number of dots, one above the other, in each row of a chart.
const DOTS_A_ROW: f64 = 4.0;

/// The bounds of an axis, and the distance between its marks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
    pub step: f64,
}

impl Scale {
    /// Returns a scale for numbers from `low` to `high`, with at most `marks` marks.
    pub fn around(low: f64, high: f64, starts_at_zero: bool, marks: u16) -> Self {
        let (mut low, mut high) = (clamped(low), clamped(high));
        // If the values come near zero, the axis starts at zero. A constant series is centred.
        if low >= 0.0 && (starts_at_zero || low <= high / 2.0) {
            low = 0.0;
        } else if low >= high {
            let about = low.abs() / 10.0;
            (low, high) = (low - about, high + about);
        }
        if low >= high {
            high = low + 1.0;
        }
        // Zero is always a mark, so numbers on both sides of it need three marks.
        let least = if low < 0.0 && high > 0.0 { 3 } else { 2 };
        let steps = f64::from(marks.max(least) - 1);
        let mut step = round_step((high - low) / steps);
        loop {
            let (from, to) = ((low / step).floor() * step, (high / step).ceil() * step);
            if ((to - from) / step).round() <= steps {
                return Self {
                    low: from,
                    high: to,
                    step,
                };
            }
            // Tries the next round number.
            step = round_step(step * 1.5);
        }
    }

    /// Returns the row of a value, counted from the top, in a chart of `rows` rows; a value beyond
    /// the axis is in the nearest row.
    pub fn row_of(&self, value: f64, rows: u16) -> u16 {
        let dots = f64::from(rows) * DOTS_A_ROW - 1.0;
        let down = (self.high - value) / (self.high - self.low) * dots;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the rows of a screen"
        )]
        let row = (down.round().clamp(0.0, dots.max(0.0)) / DOTS_A_ROW) as u16;
        row
    }

    /// Returns the values at the marks.
    pub fn marks(&self) -> impl Iterator<Item = f64> {
        let count = ((self.high - self.low) / self.step).round();
        let (low, step) = (self.low, self.step);
        std::iter::successors(Some(0.0_f64), move |at| Some(at + 1.0))
            .take_while(move |at| *at <= count)
            .map(move |at| low + at * step)
    }
}

fn clamped(value: f64) -> f64 {
    value.clamp(-LARGEST, LARGEST)
}

/// Returns the smallest number that is at least `least` and is 1, 2 or 5 times a power of ten.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor()).max(f64::MIN_POSITIVE);
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    let next = steps.into_iter().find(|step| *step >= least);
    next.unwrap_or(power * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_numbers_around_all_values() {
        let marks = |low, high, marks| {
            let scale = Scale::around(low, high, false, marks);
            scale.marks().collect::<Vec<_>>()
        };
        assert_eq!(marks(12.0, 38.0, 5), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(marks(91.0, 99.0, 3), [90.0, 95.0, 100.0]);
        assert_eq!(marks(-3.0, 4.0, 4), [-5.0, 0.0, 5.0]);
        assert_eq!(marks(0.0, 0.0, 3), [0.0, 0.5, 1.0]);
        assert_eq!(marks(20.0, 20.0, 2), [0.0, 50.0]);
        assert_eq!(marks(1e9, 1e9 + 1.0, 2).len(), 2);
    }

    #[test]
    fn a_value_beyond_the_axis_is_in_the_nearest_row() {
        let scale = Scale::around(0.0, 30.0, true, 4);
        let rows = [30.0, 29.0, 15.0, 0.0, -1.0, 1e300].map(|value| scale.row_of(value, 10));
        assert_eq!(rows, [0, 0, 5, 9, 9, 0]);
        assert_eq!(scale.row_of(7.0, 0), 0);
    }

    #[test]
    fn any_numbers_have_a_scale_with_few_marks() {
        let max = f64::MAX;
        let numbers = [
            0.0, -0.0, 5e-324, 1e-300, 0.1, 1.0, -7.0, 1e16, 1e308, -1e308, max,
        ];
        for low in numbers {
            for high in numbers.into_iter().filter(|high| *high >= low) {
                for most in 0..12 {
                    let scale = Scale::around(low, high, false, most);
                    let marks = scale.marks().count();
                    assert!((2..=usize::from(most.max(3))).contains(&marks), "{scale:?}");
                    // Allows for rounding errors.
                    let (low, high) = (clamped(low), clamped(high));
                    let little = scale.step / 1e3;
                    assert!(scale.low <= low + little && scale.high >= high - little);
                }
            }
        }
    }
}
