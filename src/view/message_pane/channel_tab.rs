//! Facts about an open message other than its content: facts about its channel, and results of
//! checks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::{App, ChannelTabLine, Reader};
use crate::payload::{escape, figures};
use crate::view::line::LineBuilder;
use crate::view::theme;
use crate::workers::analysis::Field;

/// Width of the labels, in columns.
const LABEL: usize = 14;

/// The number of bars for the last minute.
const BARS: usize = 15;

/// Width, in columns, of a field's types, and of the share of objects that have the field.
const TYPES: usize = 16;
const PRESENT: usize = 7;

pub fn draw(app: &App, reader: &Reader, area: Rect, buffer: &mut Buffer) {
    let lines = reader.channel_tab(app.session());
    let path_columns = path_columns(&lines, usize::from(area.width));
    let lines = lines.iter().skip(reader.fact);
    for (row, content) in (0..area.height).zip(lines) {
        let line = line_of(app, reader, content, path_columns, usize::from(area.width));
        line.draw(area, row, Style::new(), buffer);
    }
}

/// Returns the width of the longest field path, at most half of the line.
fn path_columns(lines: &[ChannelTabLine], columns: usize) -> usize {
    let paths = lines.iter().filter_map(|line| match line {
        ChannelTabLine::Field(field) => Some(field.path.as_bytes()),
        _ => None,
    });
    let widths = paths.map(|path| escape::one_line(path, columns).columns);
    widths.max().unwrap_or(0).min(columns / 2)
}

fn line_of(
    app: &App,
    reader: &Reader,
    content: &ChannelTabLine,
    path_columns: usize,
    columns: usize,
) -> LineBuilder {
    let mut line = LineBuilder::new(columns);
    let label = |line: &mut LineBuilder, words: &str| {
        line.word(format!("{words:<LABEL$}"), theme::QUIET);
    };
    match content {
        ChannelTabLine::Blank => {}
        ChannelTabLine::Heading(words) => line.cut_words(words, theme::STRONG),
        ChannelTabLine::Fact(name, value) => {
            label(&mut line, name);
            let style = match *name {
                "found" => theme::WATCH,
                _ => Style::new(),
            };
            line.cut_words(value, style);
        }
        ChannelTabLine::Received => {
            label(&mut line, "received");
            let clock = app.session().clock();
            let time = clock.date_and_time(reader.snapshot.time);
            line.cut_words(&time, Style::new());
        }
        ChannelTabLine::Rate => {
            label(&mut line, "rate");
            rate(app, reader, &mut line);
        }
        ChannelTabLine::Field(field) => self::field(field, path_columns, &mut line),
    }
    line
}

fn rate(app: &App, reader: &Reader, line: &mut LineBuilder) {
    let channels = app.session().log.channels();
    let name = reader.snapshot.channel.as_deref().unwrap_or_default();
    if !app.session().subscriptions.receives(name) {
        line.word("not receiving", theme::WATCH);
    } else if let Some(channel) = channels.find(name).and_then(|id| channels.by_id(id)) {
        line.word(
            figures::rate(channel.rate(app.session().present())),
            Style::new(),
        );
        line.space(2);
        let cells = channel.cells(app.session().present(), 2 * BARS);
        line.word(figures::sparkline_alone(&cells), theme::BARS);
    }
}

/// Adds a field: its path, its types, how often it is present, and its range or an example.
fn field(field: &Field, path_columns: usize, line: &mut LineBuilder) {
    let path = escape::name(field.path.as_bytes(), path_columns);
    let pad = path_columns.saturating_sub(path.columns) + 2;
    line.text(path, theme::FOCUS);
    line.space(pad);
    let is_mixed = field.types.len() > 1;
    let types: Vec<&str> = field.types.iter().map(|(name, _)| *name).collect();
    let types = types.join("|");
    let style = if is_mixed { theme::WATCH } else { theme::GOOD };
    line.word(format!("{types:<TYPES$}"), style);
    let (present, style) = if field.present == field.of {
        ("always".to_owned(), theme::QUIET)
    } else {
        (percent(field.present, field.of), theme::WATCH)
    };
    line.word(format!("{present:>PRESENT$}"), style);
    line.space(2);
    if let Some((low, high)) = field.range {
        let [low, high] = [low, high].map(number);
        let range = if low == high {
            low
        } else {
            format!("{low}…{high}")
        };
        line.cut_words(&range, Style::new());
    } else if let Some(example) = &field.example {
        line.part(example, 0, line.left(), theme::QUIET);
    }
}

/// Formats a bound of a range. Bounds are stored with 53 bits of precision, so `≈` marks a value
/// that may be inexact.
fn number(value: f64) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let about = if value.abs() >= EXACT { "≈" } else { "" };
    format!("{about}{value}")
}

/// Formats a share as a percentage, rounded down but never 0 for a positive count.
fn percent(count: u64, of: u64) -> String {
    match (count * 100).checked_div(of).unwrap_or(0) {
        0 if count > 0 => "<1 %".to_owned(),
        percent => format!("{percent} %"),
    }
}
