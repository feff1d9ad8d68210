//! The table of plotted series and their figures.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use super::unit::Unit;
use super::{Drawn, beyond};
use crate::app::{App, Focus, PlotRoom, Quantity};
use crate::payload::{escape, figures};
use crate::view::line::LineBuilder;
use crate::view::{frame, theme};

/// The columns of figures and their widths, the most important first: if not all fit, those at the
/// end are left out.
const COLUMNS: [(&str, usize); 6] = [
    ("last", 9),
    ("max", 9),
    ("min", 9),
    ("mean", 9),
    ("count", 9),
    ("no number", 11),
];

/// The order in which the columns are shown, as indexes of [`COLUMNS`].
const ORDER: [usize; 6] = [2, 3, 1, 0, 4, 5];

/// Maximum width of a channel's name, in columns.
const MOST_NAME: usize = 60;

/// Minimum width of a name, in columns, and a larger minimum for a table at least `WIDE` columns
/// wide, which leaves room for all notes above the names.
const LEAST_NAME: usize = 16;
const WIDE: usize = 100;
const WIDE_NAME: usize = 38;

/// Draws the table. `shown` holds the indices of the series with a chart, and `is_cut` tells
/// whether any values are beyond an axis.
pub fn draw(
    app: &App,
    drawn: &[Drawn<'_>],
    shown: &[usize],
    is_cut: bool,
    room: &PlotRoom,
    buffer: &mut Buffer,
) {
    let area = room.table;
    if area.is_empty() {
        return;
    }
    let width = usize::from(area.width);
    let columns = columns(app, width, drawn);
    let figures: usize = columns.iter().map(|index| COLUMNS[*index].1).sum();
    let wanted = drawn.iter().map(name_columns).max().unwrap_or(0);
    let name = width.saturating_sub(figures + 2);
    let least = if width < WIDE { LEAST_NAME } else { WIDE_NAME };
    let name = name.min(wanted.max(least));
    if room.has_headings() {
        let words = notes(app, is_cut, room.series_rows(), name + 1);
        heading(&words, name, &columns, area, buffer);
    }
    let selected = app.plot().selected;
    let first = room.first_series(selected);
    let rows = drawn.iter().enumerate().skip(first);
    let rows = rows.take(room.series_rows());
    for ((index, one), row) in rows.zip(u16::from(room.has_headings())..) {
        let is_selected = index == selected && drawn.len() > 1;
        let style = frame::selection(is_selected, app.focus() == Focus::Plot);
        let mut line = LineBuilder::new(width);
        let mark = if shown.contains(&index) { "━ " } else { "  " };
        line.word(mark, theme::series(one.series.slot));
        self::name(one, name, &mut line);
        self::figures(app, one, shown.contains(&index), &columns, &mut line);
        line.draw(area, row, style, buffer);
        // The mark keeps its colour in the selected line.
        let mark = Rect::new(area.x, area.y + row, 1.min(area.width), 1);
        buffer.set_style(mark, theme::series(one.series.slot));
    }
}

/// Returns the columns of figures that fit, in order.
fn columns(app: &App, width: usize, drawn: &[Drawn<'_>]) -> Vec<usize> {
    let mut left = width.saturating_sub(LEAST_NAME + 2);
    let lacks_some = drawn.iter().any(|one| without_number(app, one) > 0);
    let mut fitting = Vec::new();
    for (index, (heading, columns)) in COLUMNS.iter().enumerate() {
        if *columns > left || *heading == "no number" && !lacks_some {
            break;
        }
        left -= columns;
        fitting.push(index);
    }
    let order = ORDER.into_iter();
    order.filter(|index| fitting.contains(index)).collect()
}

/// Returns notes about all series: values beyond an axis, series that do not fit, and the time over
/// which rates are averaged. Notes that do not fit into `columns` are left out, except the first.
fn notes(app: &App, is_cut: bool, room: usize, columns: usize) -> String {
    let series = &app.plot().series;
    let beyond = is_cut.then(|| format!("{} beyond the axis", beyond::MARK));
    let hidden = (series.len() > room).then(|| format!("{room} of {} series", series.len()));
    let rate = series.iter().find(|one| one.quantity == Quantity::Rate);
    let over = rate.and_then(|rate| app.plot().rate_over(rate));
    let over = over.map(|over| format!("rates over {}", figures::duration(over)));
    let notes = [beyond, hidden, over].into_iter().flatten();
    let joined = notes.reduce(|all, note| {
        let longer = format!("{all} · {note}");
        let fits = longer.width() <= columns;
        if fits { longer } else { all }
    });
    joined.unwrap_or_default()
}

fn heading(words: &str, name: usize, columns: &[usize], area: Rect, buffer: &mut Buffer) {
    let mut line = LineBuilder::new(usize::from(area.width));
    line.words_within(name + 1, words, theme::QUIET);
    line.space((name + 2).saturating_sub(line.used()));
    for index in columns {
        let (heading, width) = COLUMNS[*index];
        line.word(format!("{heading:>width$}"), theme::QUIET);
    }
    line.draw(area, 0, Style::new(), buffer);
}

/// Returns the width of a channel's name and its quantity.
fn name_columns(one: &Drawn<'_>) -> usize {
    let channel = escape::one_line(&one.series.channel, MOST_NAME).columns;
    channel + 1 + one.series.quantity.label().width()
}

/// Adds the channel and its quantity, in exactly `columns` columns.
fn name(one: &Drawn<'_>, columns: usize, line: &mut LineBuilder) {
    let label = one.series.quantity.label();
    let label = escape::name(label.as_bytes(), columns * 2 / 3).string;
    let used = label.width();
    let channel = escape::name(&one.series.channel, columns.saturating_sub(used + 1));
    let pad = columns.saturating_sub(channel.columns + 1 + used);
    line.text(channel, Style::new());
    line.space(1);
    line.word(label, theme::STRONG);
    line.space(pad);
}

/// Returns how many messages have no number.
fn without_number(app: &App, one: &Drawn<'_>) -> u64 {
    let report = app.plot().report(one.series);
    report.map_or(0, |report| report.without_number)
}

/// Adds the figures of a series, or why there are none.
fn figures(app: &App, one: &Drawn<'_>, is_shown: bool, columns: &[usize], line: &mut LineBuilder) {
    let without = without_number(app, one);
    let Some(of) = one.curve.figures else {
        let words = format!("  {}", one.empty_reason.words());
        return line.cut_words(&words, theme::WATCH);
    };
    // The figures of a series without a chart are dimmed.
    let style = if is_shown { Style::new() } else { theme::QUIET };
    for index in columns {
        let (heading, width) = COLUMNS[*index];
        let words = match heading {
            "min" => one.unit.write(of.min),
            "mean" => one.unit.write(of.mean),
            "max" => one.unit.write(of.max),
            "last" => one.unit.write(of.last),
            "count" => figures::short_count(of.count),
            _ if one.unit != Unit::Plain => String::new(),
            _ => figures::short_count(without),
        };
        let is_warning = heading == "no number" && without > 0;
        let style = if is_warning { theme::WATCH } else { style };
        line.word(format!("{words:>width$}"), style);
    }
}
