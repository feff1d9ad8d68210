//! Numbers of messages over time, to be plotted.
//!
//! A series has a bounded number of points. When there are too many, neighbours are merged in
//! pairs: a point then stands for several messages by its lowest and highest number, so that no
//! spike is lost, and the series goes on at half its resolution. A check has a bound over all its
//! series too; the longest is halved first.

mod points;

use std::sync::Arc;

use super::plan::{Plotted, Role};
use super::value;
use super::watched::{Message, Watched};
use crate::message::Time;

use points::Points;
pub use points::{MOST_POINTS, Point, Summary};

/// The most channels that a check of series watches.
const MOST_CHANNELS: usize = 1_000;

/// The most points of all series of a check.
const MOST_IN_ALL: usize = 4 * MOST_POINTS;

/// Where intervals are counted apart, in microseconds: from one to a week.
pub const INTERVAL_BOUNDS: [u64; 35] = {
    const MILLI: u64 = 1_000;
    const SECOND: u64 = 1_000_000;
    const MINUTE: u64 = 60 * SECOND;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    [
        1,
        2,
        5,
        10,
        20,
        50,
        100,
        200,
        500,
        MILLI,
        2 * MILLI,
        5 * MILLI,
        10 * MILLI,
        20 * MILLI,
        50 * MILLI,
        100 * MILLI,
        200 * MILLI,
        500 * MILLI,
        SECOND,
        2 * SECOND,
        5 * SECOND,
        10 * SECOND,
        30 * SECOND,
        MINUTE,
        2 * MINUTE,
        5 * MINUTE,
        10 * MINUTE,
        30 * MINUTE,
        HOUR,
        2 * HOUR,
        6 * HOUR,
        12 * HOUR,
        DAY,
        2 * DAY,
        7 * DAY,
    ]
};

/// Halving shorter series than this would gain little.
const WORTH_HALVING: usize = 256;

/// A series, or a stretch of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesReport {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// Of all its numbers.
    pub summary: Option<Summary>,
    /// Messages without a number.
    pub without_number: u64,
    /// The points within the stretch, oldest first, and the one before and behind it, so that lines
    /// leave the picture. Where there are more than were asked for, each stands for a part of the
    /// stretch, of as many as were asked for; a gap within a part makes two of it.
    pub points: Vec<Point>,
    /// For [`Plotted::Interval`], how many intervals are how long: at index `i` those from the bound
    /// before [`INTERVAL_BOUNDS`]`[i]` on, and below it.
    pub histogram: Vec<u64>,
    /// All channels that the check has a series of, as many as were asked for at most.
    pub channels: Vec<Arc<[u8]>>,
    /// Whether there was no room for some channels.
    pub is_full: bool,
}

/// The series of a check.
#[derive(Debug)]
pub struct AllSeries {
    what: Plotted,
    channels: Watched<Series>,
    /// The points of all series.
    points: usize,
}

#[derive(Debug, Default)]
struct Series {
    points: Points,
    without_number: u64,
    /// When the message before came.
    last: Option<Time>,
    breaks: u64,
    histogram: Vec<u64>,
}

impl AllSeries {
    /// No channel yet.
    pub fn new(what: Plotted) -> Self {
        Self {
            what,
            channels: Watched::new(MOST_CHANNELS),
            points: 0,
        }
    }

    /// See [`Watched::place`].
    pub fn place(&mut self, name: &Arc<[u8]>, _: Role) -> Option<u32> {
        self.channels.place(name, Series::default)
    }

    /// Looks at a message of the channel at `place`.
    pub fn look(&mut self, place: u32, message: &Message<'_>) {
        let Some(series) = self.channels.at(place) else {
            return;
        };
        let before = series.points.len();
        series.add(&self.what, message);
        self.points = self.points + series.points.len() - before;
        if self.points > MOST_IN_ALL {
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

    /// The points of a channel within a stretch of time, at most `most`; of the first channel if
    /// none is named.
    pub fn report(
        &self,
        channel: Option<&[u8]>,
        stretch: Option<(Time, Time)>,
        most: usize,
    ) -> Option<SeriesReport> {
        let (name, series) = match channel {
            Some(name) => self.channels.named(name)?,
            None => self.channels.iter().next()?,
        };
        let channels = self.channels.iter().take(most);
        Some(SeriesReport {
            channel: Arc::clone(name),
            summary: series.points.summary(),
            without_number: series.without_number,
            points: series.points.within(stretch, most),
            histogram: series.histogram.clone(),
            channels: channels.map(|(name, _)| Arc::clone(name)).collect(),
            is_full: self.channels.is_full(),
        })
    }

    /// The bytes that they take.
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
            // A gap is no interval; the points behind it are not joined to those before.
            self.points.interrupt();
            self.breaks = message.breaks;
        }
    }

    /// The milliseconds since the message before, unless others may have been lost in between.
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
