//! The list of filters and the list of breakpoints.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};

use super::line::LineBuilder;
use super::overlay::popup;
use super::{frame, theme};
use crate::app::{App, Attention, Breakpoint, Filter, inside};
use crate::payload::{escape, figures};

/// The columns of a list, where the screen has them.
const COLUMNS: u16 = 90;

pub(super) fn filters(app: &App, selected: usize, area: Rect, buffer: &mut Buffer) {
    let lines = app.filters().list().iter().map(filter_line);
    let empty = "No filter is kept here. Press a to add one, or Alt-Enter in the box that / opens.";
    list(
        " Filters ",
        empty,
        &lines.collect::<Vec<_>>(),
        selected,
        area,
        buffer,
    );
}

pub(super) fn breakpoints(app: &App, selected: usize, area: Rect, buffer: &mut Buffer) {
    let list_of = app.breakpoints().list();
    let lines = list_of.iter().map(breakpoint_line);
    let empty = "No breakpoint is set. Press a to set one.";
    list(
        " Breakpoints ",
        empty,
        &lines.collect::<Vec<_>>(),
        selected,
        area,
        buffer,
    );
}

/// A line of a list: what stands at its right, and the query.
struct Entry {
    is_on: bool,
    word: &'static str,
    word_style: Style,
    query: String,
    right: String,
    trouble: Option<String>,
}

fn filter_line(filter: &Filter) -> Entry {
    let (word, word_style) = if filter.is_exclude {
        ("exclude", theme::BAD)
    } else {
        ("include", theme::GOOD)
    };
    Entry {
        is_on: filter.is_on,
        word,
        word_style,
        query: filter.query.text().to_owned(),
        right: String::new(),
        trouble: None,
    }
}

fn breakpoint_line(breakpoint: &Breakpoint) -> Entry {
    let (word, word_style) = if breakpoint.logs_only {
        ("log only", theme::QUIET)
    } else {
        ("stop", theme::BAD)
    };
    let every = match breakpoint.every {
        1 => String::new(),
        every => format!("every {} · ", figures::count(every)),
    };
    let attention = match breakpoint.attention {
        Attention::None => "",
        Attention::Bell => "bell · ",
        Attention::Notification => "notify · ",
    };
    let hits = figures::count(breakpoint.hits());
    let plural = if breakpoint.hits() == 1 { "" } else { "s" };
    Entry {
        is_on: breakpoint.is_on(),
        word,
        word_style,
        query: breakpoint.query().text().to_owned(),
        right: format!("{every}{attention}{hits} hit{plural}"),
        trouble: trouble_of(breakpoint),
    }
}

/// What keeps a breakpoint from seeing every message.
fn trouble_of(breakpoint: &Breakpoint) -> Option<String> {
    let missed = match breakpoint.missed() {
        0 => None,
        missed => Some(format!(
            "{} rows went before it was asked of them",
            figures::count(missed)
        )),
    };
    let trouble = breakpoint.trouble().map(str::to_owned);
    let words = [trouble, missed].into_iter().flatten();
    words.reduce(|one, other| format!("{one} · {other}"))
}

fn list(
    title: &str,
    empty: &str,
    entries: &[Entry],
    selected: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let rows = u16::try_from(entries.len().max(1)).unwrap_or(u16::MAX);
    let place = popup(area, COLUMNS, rows.saturating_add(2));
    Clear.render(place, buffer);
    frame::draw(place, true, title, ("", Style::new()), buffer);
    let lines = inside(place);
    if entries.is_empty() {
        let mut line = LineBuilder::padded(usize::from(lines.width));
        line.words(empty, theme::QUIET);
        line.draw(lines, 0, Style::new(), buffer);
        return;
    }
    let height = usize::from(lines.height.max(1));
    let top = (selected + 1).saturating_sub(height);
    for (row, (index, entry)) in (0..lines.height).zip(entries.iter().enumerate().skip(top)) {
        let style = frame::selection(index == selected, true);
        entry_line(entry, usize::from(lines.width)).draw(lines, row, style, buffer);
    }
    frame::scroll_bar(place, top, height, entries.len(), buffer);
}

fn entry_line(entry: &Entry, columns: usize) -> LineBuilder {
    let mut line = LineBuilder::padded(columns);
    let (mark, style) = if entry.is_on {
        ("● ", theme::GOOD)
    } else {
        ("○ ", theme::QUIET)
    };
    line.word(mark, style);
    line.word(format!("{:<8} ", entry.word), entry.word_style);
    let style = if entry.is_on {
        Style::new()
    } else {
        theme::QUIET
    };
    let right = match &entry.trouble {
        Some(trouble) => format!("{} · {trouble}", entry.right),
        None => entry.right.clone(),
    };
    let room = line.left().saturating_sub(right.chars().count() + 1);
    line.text(escape::name(entry.query.as_bytes(), room), style);
    let right_style = if entry.trouble.is_some() {
        theme::BAD
    } else {
        theme::QUIET
    };
    line.word_at_end(&right, right_style);
    line
}
