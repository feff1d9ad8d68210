//! A histogram of the intervals between the messages of a channel.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::unit::Unit;
use crate::app::{App, Context};
use crate::payload::{escape, figures};
use crate::view::line::LineBuilder;
use crate::view::{frame, theme};
use crate::workers::analysis::INTERVAL_BOUNDS;

/// Shown if the intervals of the selected channel are not, or no longer, plotted.
const NOT_PLOTTED: &str =
    "the intervals of this channel are not plotted · {toggle-interval} plots them";

/// Width of the bounds of a bar, in columns.
const BOUNDS: usize = 16;

/// Width of the percentage and the count together, in columns.
const FIGURES: usize = 14;

/// The end of a bar, in eighths of a column.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// The minimum percentage of intervals to show at the best possible resolution; the others are
/// merged.
const FINELY_SHOWN: u64 = 98;

/// A bar, which counts the intervals from index `from` of the histogram up to, but not including,
/// index `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bar {
    from: usize,
    to: usize,
    count: u64,
}

pub fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let plot = app.plot();
    let Some(series) = plot.intervals() else {
        let words = frame::keyed_in(app, Context::Plot, NOT_PLOTTED);
        return super::draw_reason(&words, area, buffer);
    };
    let report = plot.report(series);
    let histogram = report.map_or(&[][..], |report| &report.histogram[..]);
    let about = match report.and_then(|report| report.summary) {
        Some(of) => {
            let longest = Unit::Milliseconds.write(of.max);
            let since = app.session().clock().seconds(of.from);
            format!(" since {since}, the longest {longest}")
        }
        None => String::new(),
    };
    let total: u64 = histogram.iter().sum();
    let width = usize::from(area.width);
    let mut line = LineBuilder::new(width);
    let words = format!(" {}{about}", figures::counted(total, "interval"));
    let channel = escape::name(&series.channel, width.saturating_sub(words.len()).max(8));
    line.text(channel, theme::series(series.slot));
    line.cut_words(&words, theme::QUIET);
    line.draw(area, 0, Style::new(), buffer);
    let bars = bars(histogram, usize::from(area.height.saturating_sub(1)));
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0);
    for (bar, row) in bars.iter().zip(1..area.height) {
        let mut line = LineBuilder::new(width);
        line.words_within(BOUNDS, &format!("{:>BOUNDS$}", bounds(bar)), theme::QUIET);
        line.space(1);
        let room = line.left().saturating_sub(FIGURES);
        line.word(self::bar(bar.count, most, room), theme::series(series.slot));
        let (percent, count) = (percent(bar.count, total), figures::short_count(bar.count));
        line.word_at_end(&format!("{percent:>6} {count:>5}"), Style::new());
        line.draw(area, row, Style::new(), buffer);
    }
}

/// Returns the bars from the first to the last non-empty index. If there are more than `rows`, most
/// of the intervals are shown at the best resolution that fits, and the few below and above are
/// merged into one bar each.
fn bars(histogram: &[u64], rows: usize) -> Vec<Bar> {
    let is_counted = |count: &u64| *count > 0;
    let Some(first) = histogram.iter().position(is_counted) else {
        return Vec::new();
    };
    let end = histogram.iter().rposition(is_counted).unwrap_or(first) + 1;
    let bar = |from: usize, to: usize| Bar {
        from,
        to,
        count: histogram[from..to].iter().sum(),
    };
    let between = |from: usize, to: usize, each: usize| {
        let starts = (from..to).step_by(each);
        starts.map(move |from| bar(from, to.min(from + each)))
    };
    let rows = rows.max(1);
    let total = bar(first, end).count;
    for each in 1..(end - first).div_ceil(rows) {
        let wide = each * rows.saturating_sub(2);
        // If several ranges have the most intervals, the first is chosen.
        let starts = (first..=end - wide).rev();
        let most = starts.max_by_key(|start| bar(*start, start + wide).count);
        let Some(start) = most.filter(|_| wide > 0) else {
            break;
        };
        let inner = bar(start, start + wide);
        if u128::from(inner.count) * 100 >= u128::from(total) * u128::from(FINELY_SHOWN) {
            let below = (first < start).then(|| bar(first, start));
            let above = (inner.to < end).then(|| bar(inner.to, end));
            let inner = between(start, inner.to, each);
            return below.into_iter().chain(inner).chain(above).collect();
        }
    }
    between(first, end, (end - first).div_ceil(rows)).collect()
}

/// Returns the 90th percentile of the intervals, in milliseconds; 0 if there are none.
pub fn usual(histogram: &[u64]) -> f64 {
    let total: u64 = histogram.iter().sum();
    let mut below = 0;
    let index = histogram.iter().position(|count| {
        below += count;
        u128::from(below) * 10 >= u128::from(total) * 9 && below > 0
    });
    let bound = |index: usize| INTERVAL_BOUNDS.get(index).copied().unwrap_or(u64::MAX);
    #[expect(clippy::cast_precision_loss, reason = "a size to compare")]
    let micros = index.map_or(0, bound) as f64;
    micros / 1e3
}

/// Formats the bounds of a bar.
fn bounds(bar: &Bar) -> String {
    let from = bar.from.checked_sub(1).map(|index| INTERVAL_BOUNDS[index]);
    let to = INTERVAL_BOUNDS.get(bar.to - 1).copied();
    match (from, to) {
        (None, Some(to)) => format!("< {}", bound(to)),
        (Some(from), Some(to)) => format!("{} – {}", bound(from), bound(to)),
        (Some(from), None) => format!("≥ {}", bound(from)),
        (None, None) => "all".to_owned(),
    }
}

/// Formats a bound, which is a whole number of its unit.
fn bound(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{} ms", micros / 1_000),
        1_000_000..10_000_000 => format!("{} s", micros / 1_000_000),
        _ => {
            let words = figures::duration(Duration::from_micros(micros));
            let zeros = [" 00s", " 00m", " 0h"];
            let whole = zeros.iter().find_map(|zero| words.strip_suffix(zero));
            whole.unwrap_or(&words).to_owned()
        }
    }
}

fn bar(count: u64, most: u64, columns: usize) -> String {
    let full = columns as u64 * 8;
    // A bar that is not empty is always visible.
    let eighths = (u128::from(count) * u128::from(full)).div_ceil(u128::from(most.max(1)));
    let eighths = usize::try_from(eighths).unwrap_or(0);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// Formats a share as a percentage, which is never 0 for a positive count.
fn percent(count: u64, of: u64) -> String {
    let (count_of, of) = (u128::from(count) * 1_000, u128::from(of));
    let tenths = (count_of + of / 2).checked_div(of).unwrap_or(0);
    match tenths {
        0 if count > 0 => "<0.1 %".to_owned(),
        0..100 => format!("{}.{} %", tenths / 10, tenths % 10),
        _ => format!("{} %", (tenths + 5) / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_readable_bounds() {
        let written = |from: usize, to: usize| bounds(&Bar { from, to, count: 1 });
        assert_eq!(written(0, 1), "< 1 µs");
        assert_eq!(written(1, 2), "1 µs – 2 µs");
        assert_eq!(written(9, 10), "500 µs – 1 ms");
        assert_eq!(written(18, 19), "500 ms – 1 s");
        assert_eq!(written(19, 35), "1 s – 7d");
        assert_eq!(written(22, 23), "10s – 30s");
        assert_eq!(written(35, 36), "≥ 7d");
        assert_eq!(written(0, 36), "all");
        let widest = (0..35).map(|from| written(from, from + 1).chars().count());
        assert!(widest.max() <= Some(BOUNDS));
        assert!(INTERVAL_BOUNDS.is_sorted());
    }

    fn parts(counts: &[u64], rows: usize) -> Vec<(usize, usize, u64)> {
        let bars = bars(counts, rows).into_iter();
        bars.map(|bar| (bar.from, bar.to, bar.count)).collect()
    }

    #[test]
    fn neighbouring_bars_are_merged_if_rows_are_few() {
        let counts = [0, 0, 1, 2, 3, 0, 4, 0];
        assert_eq!(parts(&counts, 9).len(), 5);
        assert_eq!(parts(&counts, 3), [(2, 4, 3), (4, 6, 3), (6, 7, 4)]);
        assert_eq!(parts(&counts, 0), [(2, 7, 10)]);
        assert_eq!(bars(&[0, 0], 3), []);
    }

    #[test]
    fn a_single_long_interval_does_not_merge_all_others_into_one_bar() {
        let mut counts = vec![0; 32];
        counts[10..14].copy_from_slice(&[10, 500, 400, 80]);
        counts[31] = 1;
        let apart = [
            (10, 11, 10),
            (11, 12, 500),
            (12, 13, 400),
            (13, 14, 80),
            (14, 32, 1),
        ];
        assert_eq!(parts(&counts, 6), apart);
        // Adds a short interval.
        counts[1] = 2;
        let with_short = parts(&counts, 6);
        assert_eq!(with_short.first(), Some(&(1, 10, 2)));
        assert_eq!(with_short[1..], apart);
    }

    #[test]
    fn every_interval_is_in_a_bar_and_the_bars_fit() {
        for seed in 1..200_u64 {
            let counts: Vec<u64> = (0..36)
                .map(|index| seed.wrapping_mul(0x9e37_79b9).rotate_left(index) % 7)
                .map(|count| count.saturating_sub(3))
                .collect();
            for rows in 1..40 {
                let bars = bars(&counts, rows);
                assert!(bars.len() <= rows);
                let sum: u64 = bars.iter().map(|bar| bar.count).sum();
                assert_eq!(sum, counts.iter().sum::<u64>());
                assert!(bars.windows(2).all(|pair| pair[0].to == pair[1].from));
            }
        }
    }

    #[test]
    fn a_single_long_interval_does_not_change_the_usual_one() {
        let mut counts = vec![0; 36];
        counts[10] = 20;
        assert!((usual(&counts) - 2.0).abs() < 1e-9);
        counts[35] = 1;
        assert!((usual(&counts) - 2.0).abs() < 1e-9);
        assert!(usual(&[]).abs() < 1e-9);
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_and_never_invisible() {
        assert_eq!(bar(8, 8, 4), "████");
        assert_eq!(bar(4, 8, 1), "▌");
        assert_eq!(bar(1, 1_000_000, 4), "▏");
        assert_eq!(bar(0, 0, 4), "");
        assert_eq!(percent(1, 3), "33 %");
        assert_eq!(percent(1, 30_000), "<0.1 %");
        assert_eq!(percent(0, 0), "0.0 %");
    }
}
