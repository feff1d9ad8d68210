//! The units of plotted values.

use std::time::Duration;

use crate::app::Quantity;
use crate::payload::figures;
use crate::workers::analysis::Summary;

/// The unit of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Plain,
    Rate,
    Bytes,
    Milliseconds,
}

impl Unit {
    pub fn of(quantity: &Quantity) -> Self {
        match quantity {
            Quantity::Path(_) => Self::Plain,
            Quantity::Rate => Self::Rate,
            Quantity::Size => Self::Bytes,
            Quantity::Interval => Self::Milliseconds,
        }
    }

    /// Returns whether the axis starts at zero.
    pub fn starts_at_zero(self) -> bool {
        self != Self::Plain
    }

    /// Formats a number briefly, for an axis with marks `step` apart.
    pub fn tick(self, value: f64, step: f64) -> String {
        match self {
            Self::Plain => figures::tick(value, step),
            other => other.write(value),
        }
    }

    /// Formats a number with all known digits.
    pub fn exactly(self, value: f64) -> String {
        match self {
            Self::Plain if value != 0.0 && !(1e-6..1e15).contains(&value.abs()) => {
                format!("{value:e}")
            }
            Self::Plain => value.to_string(),
            Self::Rate => self.write(value),
            Self::Bytes => format!("{} B", figures::count(whole(value))),
            Self::Milliseconds if value < 1e3 => format!("{value:.3} ms"),
            Self::Milliseconds if value < 6e4 => format!("{:.3} s", value / 1e3),
            Self::Milliseconds => format!("{} ({:.3} s)", self.write(value), value / 1e3),
        }
    }

    /// Formats a number briefly.
    pub fn write(self, value: f64) -> String {
        match self {
            Self::Plain => figures::number(value),
            Self::Rate => figures::rate(value),
            Self::Bytes => figures::size(whole(value)),
            Self::Milliseconds => figures::duration(Duration::from_micros(whole(value * 1e3))),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes and times are not negative, and far below 2^64"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// Returns the mean number of messages per second.
pub fn mean_rate(summary: &Summary) -> f64 {
    let seconds = summary.to.since(summary.from).as_secs_f64().max(1.0);
    #[expect(clippy::cast_precision_loss, reason = "a size to compare")]
    let count = summary.count as f64;
    count / seconds
}
