//! Rates, counted from series that have a point for every message.

use std::time::Duration;

use super::curve::{Curve, Dot, Figures};
use super::window::PlotWindow;
use crate::message::Time;
use crate::workers::analysis::SeriesReport;

/// The usual length of a bucket in microseconds: the same as for rates in the channel list. Buckets
/// are shorter in a window that is too short for several of this length.
const USUAL_BUCKET: i64 = 5_000_000;

/// The minimum number of buckets in the requested window, the first of which may be hidden.
const MIN_BUCKETS: i64 = 21;

/// The time range in which all messages on a channel were received and checked.
#[derive(Clone, Copy, Debug)]
pub struct Coverage {
    /// The start, after which silence means a rate of zero; `None` if it is unknown.
    pub since: Option<Time>,
    /// The end.
    pub until: Time,
}

/// Returns the length of a bucket, over which a rate is averaged, in microseconds: a multiple of
/// the length of a part, so that all messages of a point fall into the same bucket.
pub fn bucket(asked: &PlotWindow) -> i64 {
    let wanted = USUAL_BUCKET.min(asked.part.saturating_mul(asked.parts) / MIN_BUCKETS);
    let parts = wanted / asked.part + i64::from(wanted % asked.part > 0);
    asked.part.saturating_mul(parts.max(1))
}

/// Returns how long before the first message a window must begin in order to show the rate at that
/// message: at least half a bucket. `age` is how long ago the message arrived.
pub fn lead(age: Duration) -> Duration {
    (age / 10).min(Duration::from_micros(USUAL_BUCKET.unsigned_abs()))
}

/// Returns the messages per second in each complete bucket within `heard`. Messages may have been
/// lost in a gap, so no rate is known there or in the buckets around it.
pub fn curve(
    report: &SeriesReport,
    asked: &PlotWindow,
    window: &PlotWindow,
    heard: Coverage,
) -> Curve {
    let Some(summary) = report.summary else {
        return Curve::default();
    };
    let length = bucket(asked);
    let bucket_of = |time: Time| time.0.div_euclid(length);
    let whole_from = |time: Time| bucket_of(Time(time.0.saturating_sub(1))) + 1;
    let since = heard.since.filter(|since| *since <= summary.from);
    let first_heard = since.map_or(bucket_of(summary.from) + 1, whole_from);
    let first = first_heard.max(whole_from(asked.from));
    let end = bucket_of(heard.until.min(asked.to().max(window.to())));
    let mut points = report.points.iter().peekable();
    let mut before = None;
    let mut after_gap = false;
    let mut dots = Vec::new();
    // Compute no more rates than a chart has room for.
    for index in first..end.min(first.saturating_add(2 * asked.parts)) {
        let mut count = 0;
        let mut is_known = true;
        while let Some(point) = points.next_if(|point| bucket_of(point.time) <= index) {
            is_known &= !point.after_gap || bucket_of(point.time) < index;
            if bucket_of(point.time) == index {
                count += point.count;
            }
            before = Some(bucket_of(point.time));
        }
        // The gap lies between the last message and the next.
        let next_is_behind_gap = points.peek().is_some_and(|next| next.after_gap);
        is_known &= !next_is_behind_gap || before.is_none_or(|before| before > index);
        if !is_known {
            after_gap = true;
            continue;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate for display")]
        let rate = count as f64 * 1e6 / length as f64;
        let middle = index.saturating_mul(length).saturating_add(length / 2);
        dots.push(Dot {
            time: Time(middle),
            low: rate,
            high: rate,
            mean: rate,
            count,
            after_gap: std::mem::take(&mut after_gap),
        });
    }
    let figures = figures(&dots, window);
    Curve { dots, figures }
}

fn figures(dots: &[Dot], window: &PlotWindow) -> Option<Figures> {
    let dots = dots.iter();
    let visible: Vec<&Dot> = dots.filter(|dot| window.contains(dot.time)).collect();
    let last = visible.last()?.mean;
    let rates = || visible.iter().map(|dot| dot.mean);
    #[expect(clippy::cast_precision_loss, reason = "a mean for display")]
    Some(Figures {
        min: rates().fold(f64::INFINITY, f64::min),
        mean: rates().sum::<f64>() / visible.len() as f64,
        max: rates().fold(0.0, f64::max),
        last,
        count: visible.iter().map(|dot| dot.count).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workers::analysis::{Point, Summary};

    const SECOND: i64 = 1_000_000;

    /// Returns the rates for points given as second, message count, and whether they follow a gap.
    /// Each part lasts a second, and everything was received since `since`, in milliseconds.
    fn rates_since(
        since: Option<i64>,
        points: &[(i64, u64, bool)],
        until: i64,
    ) -> Vec<(i64, f64, bool)> {
        let points: Vec<Point> = points
            .iter()
            .map(|(second, count, after_gap)| Point {
                time: Time(second * SECOND + 1),
                count: *count,
                after_gap: *after_gap,
                ..Point::default()
            })
            .collect();
        let summary = Summary {
            from: points[0].time,
            ..Summary::default()
        };
        let window = PlotWindow {
            from: Time(0),
            part: SECOND,
            parts: 20,
        };
        let report = SeriesReport {
            summary: Some(summary),
            points,
            ..SeriesReport::default()
        };
        let heard = Coverage {
            since: since.map(|millis| Time(millis * 1_000)),
            until: Time(until * SECOND),
        };
        let curve = curve(&report, &window, &window, heard);
        let rate = |dot: &Dot| (dot.time.0 / SECOND, dot.mean, dot.after_gap);
        curve.dots.iter().map(rate).collect()
    }

    #[test]
    fn silence_before_the_first_message_counts_as_far_back_as_it_is_known() {
        let points = [(3, 40, false), (4, 2, false)];
        let whole = |second| (second, 0.0, false);
        let burst = [(3, 40.0, false), (4, 2.0, false)];
        assert_eq!(rates_since(None, &points, 5), burst[1..]);
        assert_eq!(rates_since(Some(3_001), &points, 5), burst[1..]);
        // Coverage starts after the first message, so what came right before that is unknown.
        assert_eq!(rates_since(Some(4_000), &points, 5), burst[1..]);
        assert_eq!(rates_since(Some(3_000), &points, 5), burst);
        assert_eq!(rates_since(Some(2_001), &points, 5), burst);
        let both = [vec![whole(1), whole(2)], burst.to_vec()].concat();
        assert_eq!(rates_since(Some(700), &points, 5), both);
        let all = rates_since(Some(i64::MIN / 1_000), &points, 5);
        assert_eq!((all.len(), all[0]), (5, whole(0)));
    }

    #[test]
    fn seconds_without_messages_count_as_far_as_they_are_known() {
        let expected = [
            (2, 0.0, false),
            (3, 6.0, false),
            (4, 0.0, false),
            (5, 2.0, false),
            (6, 0.0, false),
        ];
        let points = [(1, 1, false), (3, 4, false), (3, 2, false), (5, 2, false)];
        assert_eq!(rates_since(None, &points, 7), expected);
        assert_eq!(rates_since(None, &points, 6), expected[..4]);
    }

    #[test]
    fn no_rate_is_known_where_messages_may_have_been_lost() {
        let points = [
            (1, 1, false),
            (2, 1, false),
            (3, 1, false),
            (6, 5, true),
            (7, 2, false),
        ];
        assert_eq!(
            rates_since(None, &points, 9),
            [(2, 1.0, false), (7, 2.0, true), (8, 0.0, false)]
        );
    }

    #[test]
    fn a_rate_is_a_mean_over_whole_parts() {
        let of = |part| PlotWindow {
            from: Time(0),
            part,
            parts: 90,
        };
        assert_eq!(bucket(&of(10)), 50);
        assert_eq!(bucket(&of(600_000)), 3_000_000);
        assert_eq!(bucket(&of(2_000_000)), 6_000_000);
        assert_eq!(bucket(&of(7 * SECOND)), 7 * SECOND);
        assert_eq!(bucket(&of(i64::MAX)), i64::MAX);
    }
}
