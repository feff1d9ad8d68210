//! How often the intervals between the messages of a channel are how long.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::line::{self, LineBuilder};
use super::super::theme;
use crate::app::App;
use crate::payload::escape;
use crate::payload::figures::{self, Clock};

/// Columns of the bounds of a bar.
const BOUNDS: usize = 18;

/// Columns of percents and counts.
const FIGURES: usize = 14;

/// A bar's end in eighths of a column.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A bar: of intervals from 2^(`from`-1) up to 2^(`to`-1) microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bar {
    from: usize,
    to: usize,
    count: u64,
}

pub fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let plot = app.plot();
    let Some(series) = plot.intervals() else {
        return;
    };
    let report = plot.report(series);
    let histogram = report.map_or(&[][..], |report| &report.histogram[..]);
    let clock = Clock::new(line::zone(app.messages().time_form));
    let since = report.and_then(|report| report.summary).map(|of| of.from);
    let since = since.map_or_else(String::new, |from| {
        format!(" since {}", clock.seconds(from))
    });
    let total: u64 = histogram.iter().sum();
    let width = usize::from(area.width);
    let mut line = LineBuilder::new(width);
    let words = format!(" {} intervals{since}", figures::count(total));
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
        let percent = percent(bar.count, total);
        line.word_at_end(
            &format!("{percent:>6} {:>5}", figures::short_count(bar.count)),
            Style::new(),
        );
        line.draw(area, row, Style::new(), buffer);
    }
}

/// The bars from the first that has intervals to the last; neighbours become one until all fit into
/// so many rows.
fn bars(histogram: &[u64], rows: usize) -> Vec<Bar> {
    let (Some(first), Some(last)) = (
        histogram.iter().position(|count| *count > 0),
        histogram.iter().rposition(|count| *count > 0),
    ) else {
        return Vec::new();
    };
    let each = (last + 1 - first).div_ceil(rows.max(1));
    let chunks = histogram[first..=last].chunks(each).enumerate();
    let bars = chunks.map(|(index, counts)| {
        let from = first + index * each;
        Bar {
            from,
            to: from + counts.len(),
            count: counts.iter().sum(),
        }
    });
    bars.collect()
}

/// From where to where a bar goes, in words.
fn bounds(bar: &Bar) -> String {
    match bar.from {
        0 => format!("< {}", power(bar.to)),
        from => format!("{} – {}", power(from), power(bar.to)),
    }
}

/// The lower bound at an index of the histogram.
fn power(index: usize) -> String {
    let shift = u32::try_from(index.saturating_sub(1)).unwrap_or(u32::MAX);
    let micros = 1_u64.checked_shl(shift).unwrap_or(u64::MAX);
    match micros {
        0..1_000 => format!("{micros} µs"),
        _ => figures::duration(Duration::from_micros(micros)),
    }
}

fn bar(count: u64, most: u64, columns: usize) -> String {
    let full = columns as u64 * 8;
    // What is there at all is seen.
    let eighths = (u128::from(count) * u128::from(full)).div_ceil(u128::from(most.max(1)));
    let eighths = usize::try_from(eighths).unwrap_or(0);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// A share in percent; not 0 if there are any.
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
        let told = |from: usize, to: usize| bounds(&Bar { from, to, count: 1 });
        assert_eq!(told(0, 1), "< 1 µs");
        assert_eq!(told(1, 2), "1 µs – 2 µs");
        assert_eq!(told(10, 11), "512 µs – 1.0 ms");
        assert_eq!(told(20, 22), "524 ms – 2.1 s");
        assert_eq!(told(64, 200).chars().next(), Some('1'));
    }

    #[test]
    fn neighbours_become_one_where_rows_are_few() {
        let counts = [0, 0, 1, 2, 3, 0, 4, 0];
        let told = |rows| -> Vec<(usize, usize, u64)> {
            let bars = bars(&counts, rows).into_iter();
            bars.map(|bar| (bar.from, bar.to, bar.count)).collect()
        };
        assert_eq!(told(9).len(), 5);
        assert_eq!(told(3), [(2, 4, 3), (4, 6, 3), (6, 7, 4)]);
        assert_eq!(told(0), [(2, 7, 10)]);
        assert_eq!(bars(&[0, 0], 3), []);
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_and_never_nothing() {
        assert_eq!(bar(8, 8, 4), "████");
        assert_eq!(bar(4, 8, 1), "▌");
        assert_eq!(bar(1, 1_000_000, 4), "▏");
        assert_eq!(bar(0, 0, 4), "");
        assert_eq!(percent(1, 3), "33 %");
        assert_eq!(percent(1, 30_000), "<0.1 %");
        assert_eq!(percent(0, 0), "0.0 %");
    }
}
