//! The readout at the cursor: the exact time and value of a point of the selected series.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use super::Drawn;
use super::unit::Unit;
use crate::app::{App, Dot, PlotWindow, TimeForm};
use crate::message::Time;
use crate::payload::{escape, figures};
use crate::view::line::{LineBuilder, draw_words};
use crate::view::theme;

/// Times at least this far back are shown with their date.
const A_DAY: Duration = Duration::from_secs(86_400);

/// Spaces between two parts.
const GAP: usize = 2;

/// Minimum width of a channel's name, in columns.
const LEAST_NAME: usize = 3;

/// Width of a date and a time with milliseconds, in columns.
const DATE_AND_TIME: usize = 23;

pub fn draw(
    app: &App,
    one: &Drawn<'_>,
    dot: Option<&Dot>,
    window: &PlotWindow,
    area: Rect,
    buffer: &mut Buffer,
) {
    if area.is_empty() {
        return;
    }
    let Some(dot) = dot else {
        let words = "  no data for the selected series in this period";
        return draw_words(words, theme::QUIET, area, 0, buffer);
    };
    let mut line = LineBuilder::new(usize::from(area.width));
    line.word("● ", theme::series(one.series.slot));
    // A point for several messages has the time of the first; a rate has the middle of its period.
    let about = match one.unit {
        Unit::Rate => "around ",
        _ if dot.count > 1 => "from ",
        _ => "",
    };
    let ago = ago(app, dot.time);
    let time = time(app, dot.time, window);
    let value = value(dot, one.unit, app.plot().rate_over(one.series));
    let needed = time.width() + GAP + value.width();
    let mut spare = line.left().saturating_sub(needed);
    // If there is little room, the value has priority over these words.
    let mut fits = |words: &str| {
        let left = spare.checked_sub(words.width());
        spare = left.unwrap_or(spare);
        left.is_some()
    };
    if fits(about) {
        line.word(about, theme::QUIET);
    }
    line.cut_words(&time, Style::new());
    if fits(&ago) {
        line.word(ago, theme::QUIET);
    }
    line.space(GAP);
    line.cut_words(&value, theme::STRONG);
    line.space(GAP);
    name(one, &mut line);
    line.draw(area, 0, Style::new(), buffer);
}

/// Adds the name of the series, if at least the end of its channel's name fits.
fn name(one: &Drawn<'_>, line: &mut LineBuilder) {
    let label = one.series.quantity.label();
    let room = line.left().saturating_sub(label.width() + 1);
    if room < LEAST_NAME {
        return;
    }
    line.text(escape::name(&one.series.channel, room), theme::QUIET);
    line.space(1);
    line.cut_words(&label, theme::QUIET);
}

/// Formats the time of the point, with all known digits.
fn time(app: &App, time: Time, window: &PlotWindow) -> String {
    let clock = app.session().clock();
    if window.span() >= A_DAY || app.session().present().since(time) >= A_DAY {
        let whole = clock.date_and_time(time);
        return whole.chars().take(DATE_AND_TIME).collect();
    }
    clock.time_of_day(time)
}

/// Formats the age of the point, if times are shown as ages.
fn ago(app: &App, time: Time) -> String {
    if app.session().time_form != TimeForm::Age {
        return String::new();
    }
    let ago = figures::duration(app.session().present().since(time));
    format!(", {ago} ago")
}

/// Formats the value of a point: for one message, its number; for several, the mean, the minimum
/// and the maximum.
fn value(dot: &Dot, unit: Unit, over: Option<Duration>) -> String {
    if unit == Unit::Rate {
        let over = over.map(|over| format!(", mean over {}", figures::duration(over)));
        return format!("{}{}", unit.write(dot.mean), over.unwrap_or_default());
    }
    let [low, high, mean] = [dot.low, dot.high, dot.mean].map(|value| unit.exactly(value));
    let count = figures::count(dot.count);
    match dot.count {
        0 | 1 => mean,
        _ if dot.low < dot.high => format!("mean {mean} of {count}: {low} to {high}"),
        _ => format!("{mean} in all {count} messages"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(low: f64, high: f64, count: u64) -> Dot {
        Dot {
            time: Time(0),
            low,
            high,
            mean: f64::midpoint(low, high),
            count,
            after_gap: false,
        }
    }

    #[test]
    fn a_value_is_shown_exactly() {
        use Unit::{Bytes, Milliseconds, Plain};
        for (low, high, count, unit, words) in [
            (12_345.678, 12_345.678, 1, Plain, "12345.678"),
            (12.0, 88.0, 40, Plain, "mean 50 of 40: 12 to 88"),
            (7.0, 7.0, 1_200, Plain, "7 in all 1,200 messages"),
            (1e300, 1e300, 1, Plain, "1e300"),
            (12_345.0, 12_345.0, 1, Bytes, "12,345 B"),
            (0.512, 0.512, 1, Milliseconds, "0.512 ms"),
            (1_500.0, 1_500.0, 1, Milliseconds, "1.500 s"),
            (3.725e6, 3.725e6, 1, Milliseconds, "1h 02m (3725.000 s)"),
        ] {
            assert_eq!(value(&dot(low, high, count), unit, None), words);
        }
        let over = Some(Duration::from_secs(5));
        let rate = value(&dot(1.2, 1.2, 6), Unit::Rate, over);
        assert_eq!(rate, "1.2/s, mean over 5.0 s");
    }
}
