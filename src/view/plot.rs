//! The plot: one or more charts, one below the other, each with its own scale, and a table of the
//! series.
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

mod beyond;
mod chart;
mod histogram;
mod readout;
mod scale;
mod table;
mod unit;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use self::chart::Panel;
use self::unit::Unit;
use super::line::{draw_words, fitting};
use super::state::not_receiving;
use super::{frame, theme};
use crate::app::{
    App, Context, Curve, Dot, EmptyReason, Focus, PlotMode, PlotWindow, Series, inside, padded,
};
use crate::payload::figures;

/// Minimum height of each chart, in rows, if there are several.
const LEAST_ROWS: u16 = 5;

/// Maximum ratio between the magnitudes of two series in one chart.
const MOST_RATIO: f64 = 100.0;

/// A series and what is needed to draw it.
struct Drawn<'a> {
    series: &'a Series,
    curve: Curve,
    /// Why there is nothing to draw, if that is the case.
    empty_reason: EmptyReason,
    unit: Unit,
    /// The magnitude of its values; 0 if unknown.
    magnitude: f64,
}

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    if app.plot().mode == PlotMode::Histogram {
        let right = frame::keyed_in(app, Context::Plot, " {toggle-histogram}: plot ");
        border(app, " Intervals ", (&right, theme::QUIET), area, buffer);
        return histogram::draw(app, padded(inside(area)), buffer);
    }
    let window = app.plot_window();
    let room = app.plot_room();
    let drawn = drawn(app, &window);
    let groups = grouped(&drawn);
    let shown = groups_in_view(&groups, app.plot().selected, room.charts.height);
    let (periods, style) = period(app, &window);
    let columns = usize::from(area.width.saturating_sub(4));
    let keys = frame::keyed_in(app, Context::Chart, "{down} {up}");
    let title = |room: usize| title(shown.len(), groups.len(), &keys, room);
    let right = fitting(&periods, columns.saturating_sub(title(0).width())).unwrap_or_default();
    let title = title(columns.saturating_sub(right.width()));
    border(app, &title, (right, style), area, buffer);
    let selected = drawn.get(app.plot().selected);
    let read = selected.and_then(|one| {
        let dot = app.plot().nearest_dot(&one.curve, &window)?;
        Some((one.series.slot, *dot))
    });
    let is_cut = stack(app, &drawn, &shown, &window, read, room.charts, buffer);
    if let Some(one) = selected {
        let dot = read.map(|(_, dot)| dot);
        readout::draw(app, one, dot.as_ref(), &window, room.reading, buffer);
    }
    table::draw(app, &drawn, &shown.concat(), is_cut, &room, buffer);
}

fn border(app: &App, title: &str, right: (&str, Style), area: Rect, buffer: &mut Buffer) {
    let accent = (app.focus() == Focus::Plot).then(|| frame::accent(app));
    frame::draw_over(area, accent, title, right, buffer);
}

/// Returns the title, which says how many charts are shown and how to reach the others, in the
/// longest form that fits into `room` columns.
fn title(shown: usize, all: usize, keys: &str, room: usize) -> String {
    if shown == all {
        return " Plot ".to_owned();
    }
    let forms = [
        format!(" Plot · {shown} of {all} charts, {keys} to see others "),
        format!(" Plot · {shown} of {all} charts · {keys} "),
        format!(" Plot · {shown} of {all} · {keys} "),
        format!(" Plot {shown} of {all} "),
    ];
    fitting(&forms, room).unwrap_or(&forms[3]).to_owned()
}

/// Describes the period that is shown, and whether the plot follows new data: the longest form
/// first.
fn period(app: &App, window: &PlotWindow) -> ([String; 2], Style) {
    let plot = app.plot();
    let span = figures::duration(window.span());
    let span = span.trim_end_matches(" 00s").trim_end_matches(" 00m");
    let (state, style) = match not_receiving(app) {
        _ if !plot.is_following() => {
            let keys = frame::keyed_in(app, Context::Chart, "{follow-newest} follows again");
            (keys, theme::WATCH)
        }
        Some((_, style)) => ("not receiving".to_owned(), style),
        None => ("following ▼".to_owned(), theme::GOOD),
    };
    let period = match (plot.is_following(), plot.shows_all()) {
        (true, true) => format!("all {span}"),
        (true, false) => format!("last {span}"),
        (false, _) => span.to_owned(),
    };
    (
        [format!(" {period} · {state} "), format!(" {state} ")],
        style,
    )
}

fn drawn<'a>(app: &'a App, window: &PlotWindow) -> Vec<Drawn<'a>> {
    let plot = app.plot();
    let series = plot.series.iter();
    let drawn = series.map(|series| {
        let unit = Unit::of(&series.quantity);
        let report = plot.report(series);
        let summary = report.and_then(|report| report.summary);
        let magnitude = summary.map_or(0.0, |of| match unit {
            Unit::Rate => unit::mean_rate(&of),
            // A single long interval is not representative, so the maximum is not used.
            Unit::Milliseconds => report.map_or(0.0, |report| histogram::usual(&report.histogram)),
            _ => of.min.abs().max(of.max.abs()),
        });
        Drawn {
            series,
            curve: plot.curve(series, window, app.session()),
            empty_reason: plot.empty_reason(series, window, app.session().present()),
            unit,
            magnitude,
        }
    });
    drawn.collect()
}

/// Groups the series, by index, that can share a chart: those of the same unit and a similar
/// magnitude. Grouping uses all known values, so that it does not change with the view.
fn grouped(drawn: &[Drawn<'_>]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, new) in drawn.iter().enumerate() {
        let fits = |group: &&mut Vec<usize>| {
            let mut others = group.iter().map(|index| &drawn[*index]);
            others.all(|other| other.unit == new.unit && are_close(other.magnitude, new.magnitude))
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
}

fn are_close(one: f64, other: f64) -> bool {
    let (low, high) = (one.min(other), one.max(other));
    low == 0.0 || high / low <= MOST_RATIO
}

/// Returns the groups that fit: the group of the selected series and those around it.
fn groups_in_view(groups: &[Vec<usize>], selected: usize, rows: u16) -> Vec<Vec<usize>> {
    if rows == 0 {
        return Vec::new();
    }
    let most = usize::from(rows / LEAST_ROWS).max(1);
    let of_selected = groups.iter().position(|group| group.contains(&selected));
    let last = groups.len().saturating_sub(most);
    let first = (of_selected.unwrap_or(0) + 1).saturating_sub(most);
    let first = first.min(last);
    groups.iter().skip(first).take(most).cloned().collect()
}

/// Draws the charts from the top down; the lowest has the time labels. Returns whether any values
/// are beyond an axis.
fn stack(
    app: &App,
    drawn: &[Drawn<'_>],
    groups: &[Vec<usize>],
    window: &PlotWindow,
    read: Option<(usize, Dot)>,
    area: Rect,
    buffer: &mut Buffer,
) -> bool {
    let mut is_cut = false;
    let count = u16::try_from(groups.len()).unwrap_or(1).max(1);
    let mut top = area.y;
    let clock = app.session().clock();
    for (group, left) in groups.iter().zip((1..=count).rev()) {
        let height = (area.bottom() - top) / left;
        let place = Rect::new(area.x, top, area.width, height);
        top += height;
        let series: Vec<&Drawn<'_>> = group.iter().map(|index| &drawn[*index]).collect();
        if let Some(words) = nothing_to_draw(app, &series) {
            draw_reason(&words, place, buffer);
            continue;
        }
        let panel = Panel {
            series: &series,
            window,
            form: app.session().time_form,
            clock: &clock,
            now: app.session().present(),
            is_lowest: left == 1,
            read,
        };
        is_cut |= panel.draw(place, buffer);
    }
    is_cut
}

/// Returns why a chart would be empty; `None` if it would not.
fn nothing_to_draw(app: &App, series: &[&Drawn<'_>]) -> Option<String> {
    if series.iter().any(|one| !one.curve.dots.is_empty()) {
        return None;
    }
    let shows_all = app.plot().shows_all();
    let keymap = &app.session().settings.keymap;
    let reason = |one: &&Drawn<'_>| one.empty_reason.sentence(shows_all, keymap);
    let mut words: Vec<String> = series.iter().map(reason).collect();
    words.dedup();
    Some(words.join(" · "))
}

/// Draws, in the middle of the area, the reason why there is no chart.
fn draw_reason(words: &str, area: Rect, buffer: &mut Buffer) {
    let middle = area.height.saturating_sub(1) / 2;
    draw_words(words, theme::QUIET, area, middle, buffer);
}
