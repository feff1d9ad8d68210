//! What is to be drawn of a series.

use super::window::PlotWindow;
use crate::analysis::{Point, SeriesReport};
use crate::message::Time;

/// The numbers of one message, or of several one right after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// When the first came.
    pub time: Time,
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
    /// Their mean.
    pub mean: f64,
    /// How many messages they are of.
    pub count: u64,
    /// Whether messages may have been lost right before: no line leads here.
    pub after_gap: bool,
}

/// What is to be said of the numbers that are seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The lowest.
    pub min: f64,
    /// Their mean.
    pub mean: f64,
    /// The highest.
    pub max: f64,
    /// The last.
    pub last: f64,
    /// How many messages they are of.
    pub count: u64,
}

/// A series within a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Its numbers, oldest first, and those right before and behind the window.
    pub dots: Vec<Dot>,
    /// Of those within the window; `None` if there are none.
    pub figures: Option<Figures>,
}

impl Curve {
    /// A series as its points are.
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
    let last = seen.last()?;
    let count: u64 = seen.iter().map(|one| one.count).sum();
    let sum: f64 = seen.iter().map(|one| one.sum).sum();
    #[expect(clippy::cast_precision_loss, reason = "a mean for people")]
    Some(Figures {
        min: seen.iter().map(|one| one.low).fold(f64::INFINITY, f64::min),
        mean: sum / count as f64,
        max: seen
            .iter()
            .map(|one| one.high)
            .fold(f64::NEG_INFINITY, f64::max),
        last: last.last,
        count,
    })
}
