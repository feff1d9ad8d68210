//! Series of numbers from messages, for plotting.
//!
//! A series has a limited number of points. When there are too many, adjacent points are merged in
//! pairs: each point then has the lowest and highest number of several messages, so that no spike
//! is lost, and the series continues at half the resolution. The points of all series of a check
//! together are limited too: the longest series is halved first.

mod points;

use std::sync::Arc;

use super::plan::Plotted;
use super::value;
use super::watched::{Message, Watched};
use crate::message::Time;

use points::Points;
pub use points::{MAX_POINTS, Point, Summary};

/// The maximum number of channels of a series check.
const MAX_CHANNELS: usize = 1_000;

/// The maximum number of points in all series of a check.
const MAX_IN_ALL: usize = 4 * MAX_POINTS;

/// The bucket boundaries of the interval histogram in microseconds: from 1 µs to a week.
#[rustfmt::skip] // One line per unit.
pub const INTERVAL_BOUNDS: [u64; 35] = {
    const MS: u64 = 1_000;
    const SECOND: u64 = 1_000 * MS;
    const MINUTE: u64 = 60 * SECOND;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    [
        1, 2, 5, 10, 20, 50, 100, 200, 500,
        MS, 2 * MS, 5 * MS, 10 * MS, 20 * MS, 50 * MS, 100 * MS, 200 * MS, 500 * MS,
        SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND,
        MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE,
        HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR,
        DAY, 2 * DAY, 7 * DAY,
    ]
};

/// The minimum number of points for which halving a series is worthwhile.
const WORTH_HALVING: usize = 256;

/// A report on a series, or on a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesReport {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// A summary of all its numbers.
    pub summary: Option<Summary>,
    /// Messages without a number.
    pub without_number: u64,
    /// The points within the time range, oldest first, plus one before and one after it, so that
    /// lines extend beyond the plot. If there are more points than requested, the range is divided
    /// into that many equal parts with one point each; a gap within a part splits it in two.
    pub points: Vec<Point>,
    /// For [`Plotted::Interval`], the histogram of intervals: index `i` counts those below
    /// [`INTERVAL_BOUNDS`]`[i]` and not below the bound before it.
    pub histogram: Vec<u64>,
    /// All channels with a series, limited to the requested number.
    pub channels: Vec<Arc<[u8]>>,
    /// Whether some channels were left out because the limit was reached.
    pub is_full: bool,
}

/// The series of a check.
#[derive(Debug)]
pub struct AllSeries {
    what: Plotted,
    pub(super) channels: Watched<Series>,
    /// The number of points in all series.
    points: usize,
}

/// The series of a channel.
#[derive(Debug, Default)]
pub struct Series {
    points: Points,
    without_number: u64,
    /// When the previous message arrived.
    last: Option<Time>,
    breaks: u64,
    histogram: Vec<u64>,
}

impl AllSeries {
    /// Creates an empty set of series.
    pub fn new(what: Plotted) -> Self {
        Self {
            what,
            channels: Watched::new(MAX_CHANNELS),
            points: 0,
        }
    }

    /// Adds a message on the channel in slot `place`.
    pub fn add(&mut self, place: u32, message: &Message<'_>) {
        let Some(series) = self.channels.at(place) else {
            return;
        };
        let before = series.points.len();
        series.add(&self.what, message);
        self.points = self.points + series.points.len() - before;
        if self.points > MAX_IN_ALL {
            self.halve_longest();
        }
    }

    fn halve_longest(&mut self) {
        let series = self.channels.values_mut();
        let longest = series.max_by_key(|series| series.points.len());
        if let Some(longest) = longest.filter(|one| one.points.len() >= WORTH_HALVING) {
            let before = longest.points.len();
            longest.points.halve();
            self.points = self.points + longest.points.len() - before;
        }
    }

    /// Returns a report on a channel, or on the first one if none is given, with about `most`
    /// points within a time range.
    pub fn report(
        &self,
        channel: Option<&[u8]>,
        stretch: Option<(Time, Time)>,
        most: usize,
    ) -> Option<SeriesReport> {
        let (name, series) = self.channels.named(channel)?;
        let channels = self.channels.iter().take(most);
        Some(SeriesReport {
            channel: Arc::clone(name),
            summary: series.points.summary(),
            without_number: series.without_number,
            points: series.points.within(stretch, most),
            histogram: series.histogram.clone(),
            channels: channels.map(|(name, _)| Arc::clone(name)).collect(),
            is_full: self.channels.is_full,
        })
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        self.channels
            .size(|series| series.points.size() + series.histogram.capacity() * size_of::<u64>())
    }
}

impl Series {
    fn add(&mut self, what: &Plotted, message: &Message<'_>) {
        let after_gap = self.breaks != message.breaks;
        let number = match what {
            Plotted::Path(path) => {
                let figure = message.lookup.figure(path.steps());
                let number = figure.and_then(|figure| value::plotted(&figure));
                self.without_number += u64::from(number.is_none());
                number
            }
            #[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^53")]
            Plotted::Size => Some(message.size as f64),
            Plotted::Interval => self.interval(message.time, after_gap),
        };
        self.last = Some(message.time);
        if let Some(number) = number {
            self.points.add(message.time, number, after_gap);
            self.breaks = message.breaks;
        } else if *what == Plotted::Interval {
            // A gap is not an interval; the points after it are not connected to those before.
            self.points.interrupt();
            self.breaks = message.breaks;
        }
    }

    /// Returns the milliseconds since the previous message, unless messages may have been lost in
    /// between.
    fn interval(&mut self, time: Time, after_gap: bool) -> Option<f64> {
        let last = self.last.filter(|_| !after_gap)?;
        let micros = time.since(last).as_micros();
        let index = INTERVAL_BOUNDS.partition_point(|bound| u128::from(*bound) <= micros);
        if self.histogram.len() <= index {
            self.histogram.resize(index + 1, 0);
        }
        self.histogram[index] += 1;
        #[expect(
            clippy::cast_precision_loss,
            reason = "intervals stay far below 2^53 µs"
        )]
        Some(micros as f64 / 1e3)
    }
}
