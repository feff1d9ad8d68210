//! The points of a series, which are limited in number.

use crate::message::Time;

/// The maximum number of points of a series.
pub const MAX_POINTS: usize = 100_000;

/// The numbers of one message or of several consecutive ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// When the first message arrived.
    pub time: Time,
    /// The lowest number.
    pub low: f64,
    /// The highest number.
    pub high: f64,
    /// The sum of the numbers.
    pub sum: f64,
    /// The last number.
    pub last: f64,
    /// How many numbers there are.
    pub count: u64,
    /// Whether messages may have been lost right before this point, so that no line leads to it.
    pub after_gap: bool,
}

impl Point {
    /// Returns the mean of the numbers.
    pub fn mean(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a mean for display")]
        let count = self.count as f64;
        self.sum / count
    }

    fn join(&mut self, later: &Self) {
        self.low = self.low.min(later.low);
        self.high = self.high.max(later.high);
        self.sum += later.sum;
        self.last = later.last;
        self.count += later.count;
        self.after_gap |= later.after_gap;
    }
}

/// A summary of all numbers of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// How many numbers there are.
    pub count: u64,
    /// The lowest number.
    pub min: f64,
    /// The highest number.
    pub max: f64,
    /// The mean.
    pub mean: f64,
    /// The last number.
    pub last: f64,
    /// When the first number arrived.
    pub from: Time,
    /// When the last number arrived.
    pub to: Time,
}

/// Points in message order.
#[derive(Debug, Default)]
pub struct Points {
    kept: Vec<Point>,
    /// How many numbers to merge into each point; 0 until points are merged for the first time.
    numbers_each: u64,
    /// All numbers merged into one point.
    all: Option<Point>,
    /// When the last number arrived.
    to: Time,
    /// Whether the next point comes after a gap.
    is_interrupted: bool,
}

impl Points {
    /// Adds a number.
    pub fn add(&mut self, time: Time, number: f64, after_gap: bool) {
        let after_gap = (after_gap || self.is_interrupted) && self.all.is_some();
        self.is_interrupted = false;
        self.to = time;
        let new = Point {
            time,
            low: number,
            high: number,
            sum: number,
            last: number,
            count: 1,
            after_gap,
        };
        match &mut self.all {
            Some(all) => all.join(&new),
            None => self.all = Some(new),
        }
        match self.kept.last_mut() {
            Some(last) if last.count < self.numbers_each && !after_gap => last.join(&new),
            _ => {
                if self.kept.len() >= MAX_POINTS {
                    self.halve();
                }
                self.kept.push(new);
            }
        }
    }

    /// Marks the next number as coming after a gap.
    pub fn interrupt(&mut self) {
        self.is_interrupted = true;
    }

    /// Returns the number of points.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Merges adjacent points in pairs, but not across gaps. If there are so many gaps that this
    /// gains little, drops the older half.
    pub fn halve(&mut self) {
        let before = self.kept.len();
        self.numbers_each = self.numbers_each.max(1).saturating_mul(2);
        merge(&mut self.kept, self.numbers_each);
        if self.kept.len() > before / 4 * 3 {
            self.kept.drain(..self.kept.len() / 2);
        }
    }

    /// Returns a summary of all numbers.
    pub fn summary(&self) -> Option<Summary> {
        let all = self.all?;
        Some(Summary {
            count: all.count,
            min: all.low,
            max: all.high,
            mean: all.mean(),
            last: all.last,
            from: all.time,
            to: self.to,
        })
    }

    /// Returns the points within a time range, plus one on either side. If there are more than
    /// `most`, the range is divided into `most` equal parts and the points in each part are merged.
    /// Points on opposite sides of a gap are not merged, as long as the result has fewer than twice
    /// `most` points.
    pub fn within(&self, stretch: Option<(Time, Time)>, most: usize) -> Vec<Point> {
        let (start, end) = stretch.map_or((0, self.kept.len()), |(from, to)| {
            let start = self.kept.partition_point(|point| point.time < from);
            let end = self.kept.partition_point(|point| point.time <= to);
            let end = (end + 1).min(self.kept.len());
            (start.saturating_sub(1).min(end), end)
        });
        let points = &self.kept[start..end];
        let most = most.max(1);
        if let Some(stretch) = stretch.filter(|_| points.len() > most) {
            return by_parts(points, stretch, most);
        }
        let each = points.len().div_ceil(most).max(1);
        points.chunks(each).map(joined).collect()
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        self.kept.capacity() * size_of::<Point>()
    }
}

/// Divides the range into `most` equal parts and merges the points in each part.
fn by_parts(points: &[Point], (from, to): (Time, Time), most: usize) -> Vec<Point> {
    let length = to.since(from).as_micros() + 1;
    let part = i64::try_from(length.div_ceil(most as u128)).unwrap_or(i64::MAX);
    let part_of = |point: &Point| point.time.0.saturating_sub(from.0).div_euclid(part);
    let mut merged: Vec<Point> = Vec::with_capacity(most + 2);
    let mut current = None;
    for point in points {
        let is_split = point.after_gap && merged.len() < 2 * most;
        match merged.last_mut() {
            Some(last) if current == Some(part_of(point)) && !is_split => last.join(point),
            _ => merged.push(*point),
        }
        current = Some(part_of(point));
    }
    merged
}

/// Merges points into one. `chunk` must not be empty.
fn joined(chunk: &[Point]) -> Point {
    let mut whole = chunk[0];
    for point in &chunk[1..] {
        whole.join(point);
    }
    whole
}

/// Merges each point into the previous one if both together have at most `most` numbers.
fn merge(points: &mut Vec<Point>, most: u64) {
    points.dedup_by(|later, earlier| {
        let fits = earlier.count + later.count <= most && !later.after_gap;
        if fits {
            earlier.join(later);
        }
        fits
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(count: u32) -> Points {
        let mut points = Points::default();
        for number in 0..count {
            let value = if number == 77 { 1e9 } else { f64::from(number) };
            points.add(Time(number.into()), value, number == 50);
        }
        points
    }

    #[test]
    fn too_many_points_are_merged_and_no_spike_is_lost() {
        let points = points(450_000);
        assert!(points.len() <= MAX_POINTS);
        let highest = points.kept.iter().map(|point| point.high);
        assert!(highest.fold(0.0, f64::max) >= 1e9);
        let numbers: u64 = points.kept.iter().map(|point| point.count).sum();
        assert_eq!(numbers, 450_000);
        assert!(points.kept.is_sorted_by_key(|point| point.time));
        assert_eq!(points.kept.iter().filter(|one| one.after_gap).count(), 1);
    }

    #[test]
    fn points_separated_by_gaps_are_limited_too() {
        let mut points = Points::default();
        for number in 0..300_000 {
            points.add(Time(number), 1.0, true);
        }
        assert!(points.len() <= MAX_POINTS);
        assert!(points.size() < 16 << 20);
    }

    #[test]
    fn a_time_range_has_its_points_and_a_neighbour_on_either_side() {
        let points = points(1_000);
        let stretch = points.within(Some((Time(100), Time(200))), 500);
        let ends = (stretch[0].time, stretch[stretch.len() - 1].time);
        assert_eq!(ends, (Time(99), Time(201)));
        assert_eq!(points.within(None, 10).len(), 10);
        assert_eq!(points.within(None, 0).len(), 1);
        assert_eq!(points.within(Some((Time(9), Time(3))), 5).len(), 0);
        assert!(Points::default().within(None, 10).is_empty());
    }

    #[test]
    fn points_are_merged_within_equal_parts_of_a_range_but_not_across_a_gap() {
        let points = points(1_000);
        let counts = |from: i64, to: i64| -> Vec<(i64, u64, bool)> {
            let merged = points.within(Some((Time(from), Time(to))), 4);
            let merged = merged.iter();
            let merged = merged.map(|one| (one.time.0, one.count, one.after_gap));
            merged.collect()
        };
        let around = [
            (99, 1, false),
            (100, 25, false),
            (125, 25, false),
            (150, 25, false),
            (175, 25, false),
            (200, 1, false),
        ];
        assert_eq!(counts(100, 199), around);
        // The gap is right before the number 50.
        let split = [
            (39, 1, false),
            (40, 10, false),
            (50, 10, true),
            (60, 20, false),
        ];
        assert_eq!(counts(40, 119)[..4], split);
    }
}
