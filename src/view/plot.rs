//! The plot: charts, one below the other where scales differ, and below them what is plotted.
//!
//! ```text
//! ╭ Plot ────────────────────── last 1m · following ▼ ╮
//! │    40 │      ⢀⠔⠢⡀                                 │
//! │    20 │⠒⠒⠒⠒⠁    ⠈⠒⠒⠒  (a gap)  ⠒⠒⠒⠒⠒⠒⠒⠒           │
//! │     0 └────────────────────────────────────────── │
//! │       14:02:22          14:02:52         14:03:22 │
//! │                       min   mean    max  last     │
//! │ ━ metrics:cpu .value   12     24     38    31     │
//! ╰───────────────────────────────────────────────────╯
//! ```

mod chart;
mod histogram;
mod scale;
mod table;
mod unit;

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};

use self::chart::Panel;
use self::unit::Unit;
use super::line::LineBuilder;
use super::{frame, theme};
use crate::analysis::SeriesReport;
use crate::app::{App, Curve, Face, Focus, PlotWindow, Series, inside, padded};
use crate::payload::figures;

/// Within so long after the last message there may be no whole stretch to count a rate in.
const YOUNG: Duration = Duration::from_secs(10);

/// The least rows of a chart that is one of several.
const LEAST_ROWS: u16 = 5;

/// Series differ too much for one chart where one is so many times as large as the other.
const MOST_RATIO: f64 = 100.0;

/// A series with what is to be drawn of it.
struct Drawn<'a> {
    series: &'a Series,
    curve: Curve,
    unit: Unit,
    /// How large its numbers are; 0 if that is not known.
    magnitude: f64,
}

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    Clear.render(area, buffer);
    let window = app.plot_window();
    border(app, &window, area, buffer);
    let inner = padded(inside(area));
    if inner.is_empty() {
        return;
    }
    if app.plot().face() == Face::Histogram {
        histogram::draw(app, inner, buffer);
        return;
    }
    let drawn = drawn(app, &window);
    let groups = grouped(&drawn);
    let rows = table::rows(drawn.len(), inner.height);
    let (charts, below) = cut(inner, rows);
    let shown = fitting(&groups, app.plot().selected(), charts.height);
    table::draw(app, &drawn, &shown.concat(), below, buffer);
    stack(app, &drawn, &shown, &window, charts, buffer);
}

fn border(app: &App, window: &PlotWindow, area: Rect, buffer: &mut Buffer) {
    let plot = app.plot();
    let accent = (app.focus() == Focus::Plot).then(|| frame::accent(app));
    if plot.face() == Face::Histogram {
        let title = " Intervals ";
        frame::draw(area, accent, title, (" H: plot ", theme::QUIET), buffer);
        return;
    }
    let span = figures::duration(window.span());
    let span = span.trim_end_matches(" 00s").trim_end_matches(" 00m");
    let (words, style) = match (plot.is_following(), plot.is_of_all()) {
        (true, true) => (format!(" all {span} · following ▼ "), theme::GOOD),
        (true, false) => (format!(" last {span} · following ▼ "), theme::GOOD),
        (false, _) => (format!(" {span} · G follows again "), theme::WATCH),
    };
    frame::draw(area, accent, " Plot ", (&words, style), buffer);
}

fn drawn<'a>(app: &'a App, window: &PlotWindow) -> Vec<Drawn<'a>> {
    let plot = app.plot();
    let series = plot.series().iter();
    let drawn = series.map(|series| {
        let unit = Unit::of(&series.quantity);
        let report = plot.report(series);
        let summary = report.and_then(|report| report.summary);
        let magnitude = summary.map_or(0.0, |of| match unit {
            Unit::Rate => unit::mean_rate(&of),
            _ => of.min.abs().max(of.max.abs()),
        });
        Drawn {
            series,
            curve: plot.curve(series, window, app.plot_known_of(&series.channel)),
            unit,
            magnitude,
        }
    });
    drawn.collect()
}

/// The series by their indices, those together that can share a chart: of one unit and of a like
/// size. Which these are follows from all that is known, so that it does not change with the view.
fn grouped(drawn: &[Drawn<'_>]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, new) in drawn.iter().enumerate() {
        let fits = |group: &&mut Vec<usize>| {
            let mut others = group.iter().map(|index| &drawn[*index]);
            others.all(|other| other.unit == new.unit && are_like(other.magnitude, new.magnitude))
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
}

fn are_like(one: f64, other: f64) -> bool {
    let (low, high) = (one.min(other), one.max(other));
    low == 0.0 || high / low <= MOST_RATIO
}

/// The groups that there is room for: that of the selected series, and those around it.
fn fitting(groups: &[Vec<usize>], selected: usize, rows: u16) -> Vec<Vec<usize>> {
    if rows == 0 {
        return Vec::new();
    }
    let most = usize::from(rows / LEAST_ROWS).max(1);
    let of_selected = groups.iter().position(|group| group.contains(&selected));
    let last = groups.len().saturating_sub(most);
    let first = (of_selected.unwrap_or(0) + 1)
        .saturating_sub(most)
        .min(last);
    groups.iter().skip(first).take(most).cloned().collect()
}

/// Charts one below the other; the lowest has the times.
fn stack(
    app: &App,
    drawn: &[Drawn<'_>],
    groups: &[Vec<usize>],
    window: &PlotWindow,
    area: Rect,
    buffer: &mut Buffer,
) {
    let count = u16::try_from(groups.len()).unwrap_or(1).max(1);
    let mut top = area.y;
    for (group, left) in groups.iter().zip((1..=count).rev()) {
        let height = (area.bottom() - top) / left;
        let place = Rect {
            y: top,
            height,
            ..area
        };
        top += height;
        let series: Vec<&Drawn<'_>> = group.iter().map(|index| &drawn[*index]).collect();
        match nothing_to_draw(app, &series) {
            Some(words) => say(&words, place, buffer),
            None => Panel {
                series: &series,
                window,
                form: app.messages().time_form,
                now: app.now(),
                is_lowest: left == 1,
            }
            .draw(place, buffer),
        }
    }
}

/// Whether messages have come so lately that no rate is known of them yet.
fn is_young(app: &App, report: Option<&SeriesReport>) -> bool {
    let summary = report.and_then(|report| report.summary);
    summary.is_some_and(|summary| app.now().since(summary.to) < YOUNG)
}

/// Why a chart would be empty, if it would be.
fn nothing_to_draw(app: &App, series: &[&Drawn<'_>]) -> Option<String> {
    if series.iter().any(|one| !one.curve.dots.is_empty()) {
        return None;
    }
    let plot = app.plot();
    let words = series.iter().map(|one| {
        let report = plot.report(one.series);
        match report.map(|report| (report.summary.is_some(), report.without_number)) {
            Some((false, messages)) if messages > 0 => {
                unit::no_number(&one.series.quantity, messages)
            }
            Some((true, _)) if one.unit == Unit::Rate && is_young(app, report) => {
                "no rate yet: it is a mean over some seconds".to_owned()
            }
            Some((true, _)) => "nothing came in this time: 0 shows all".to_owned(),
            _ => "no message yet".to_owned(),
        }
    });
    let mut words: Vec<String> = words.collect();
    words.dedup();
    Some(words.join(" · "))
}

/// Words in the middle of a chart's place.
fn say(words: &str, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let mut line = LineBuilder::new(usize::from(area.width));
    line.cut_words(words, theme::QUIET);
    line.draw(area, (area.height - 1) / 2, Style::new(), buffer);
}

/// What lies above the lowest `rows`, and these.
fn cut(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    let above = Rect {
        height: area.height - rows,
        ..area
    };
    let below = Rect {
        y: above.bottom(),
        height: rows,
        ..area
    };
    (above, below)
}
