//! The curve of a series.

use super::window::PlotWindow;
use crate::message::Time;
use crate::workers::analysis::{Point, SeriesReport};

/// The numbers of one message, or of several consecutive ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// When the first message arrived.
    pub time: Time,
    /// The lowest number.
    pub low: f64,
    /// The highest number.
    pub high: f64,
    /// The mean of the numbers.
    pub mean: f64,
    /// The number of messages.
    pub count: u64,
    /// Whether messages may have been lost right before it, so that no line leads to it.
    pub after_gap: bool,
}

/// Statistics of the visible numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The lowest number.
    pub min: f64,
    /// The mean of the numbers.
    pub mean: f64,
    /// The highest number.
    pub max: f64,
    /// The last number.
    pub last: f64,
    /// The number of messages.
    pub count: u64,
}

/// A series within a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Its points, oldest first, including those right before and after the window.
    pub dots: Vec<Dot>,
    /// Statistics of the points within the window; `None` if there are none.
    pub figures: Option<Figures>,
}

impl Curve {
    /// Creates a curve from the points of a series, unchanged.
    pub(super) fn of(report: &SeriesReport, window: &PlotWindow) -> Self {
        let seen = report.points.iter();
        let seen: Vec<&Point> = seen.filter(|one| window.contains(one.time)).collect();
        Self {
            dots: report.points.iter().map(Dot::of).collect(),
            figures: figures(&seen),
        }
    }
}

impl Dot {
    fn of(point: &Point) -> Self {
        Self {
            time: point.time,
            low: point.low,
            high: point.high,
            mean: point.mean(),
            count: point.count,
            after_gap: point.after_gap,
        }
    }
}

fn figures(seen: &[&Point]) -> Option<Figures> {
    let last = seen.last()?.last;
    let count: u64 = seen.iter().map(|one| one.count).sum();
    let sum: f64 = seen.iter().map(|one| one.sum).sum();
    let highs = seen.iter().map(|one| one.high);
    #[expect(clippy::cast_precision_loss, reason = "a mean for display")]
    Some(Figures {
        min: seen.iter().map(|one| one.low).fold(f64::INFINITY, f64::min),
        mean: sum / count as f64,
        max: highs.fold(f64::NEG_INFINITY, f64::max),
        last,
        count,
    })
}
