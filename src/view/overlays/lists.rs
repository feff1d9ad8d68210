//! The list of filters and the list of breakpoints.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use crate::app::{App, Attention, Breakpoint, Filter, inside, wrapped};
use crate::payload::{escape, figures};
use crate::view::line::LineBuilder;
use crate::view::{frame, theme};

/// The preferred width of a list, in columns.
const COLUMNS: u16 = 90;

/// Columns of a query that the text to its right must leave free.
const QUERY_COLUMNS: usize = 16;

pub(super) fn filters(app: &App, selected: usize, area: Rect, buffer: &mut Buffer) {
    let lines = app.filters().list().iter().map(filter_line);
    let empty = "No saved filters · a add · Alt-Enter in the filter box saves one";
    list(
        " Filters ",
        empty,
        &lines.collect::<Vec<_>>(),
        selected,
        frame::accent(app),
        area,
        buffer,
    );
}

pub(super) fn breakpoints(app: &App, selected: usize, area: Rect, buffer: &mut Buffer) {
    let list_of = app.breakpoints().list();
    let lines = list_of.iter().map(breakpoint_line);
    let empty = "No breakpoints · a add";
    list(
        " Breakpoints ",
        empty,
        &lines.collect::<Vec<_>>(),
        selected,
        frame::accent(app),
        area,
        buffer,
    );
}

/// Columns before a query: whether it is on, and a word for what it does.
const BEFORE_QUERY: usize = 11;

/// A line of a list: the query, and the text at its right in a long form and a short one.
struct Entry {
    is_on: bool,
    word: &'static str,
    word_style: Style,
    query: String,
    right: [String; 2],
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
        right: Default::default(),
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
    let hits = format!("{hits} hit{plural}");
    Entry {
        is_on: breakpoint.is_on(),
        word,
        word_style,
        query: breakpoint.query().text().to_owned(),
        right: [format!("{every}{attention}{hits}"), hits],
        trouble: trouble_of(breakpoint),
    }
}

/// Returns what keeps a breakpoint from seeing every message.
fn trouble_of(breakpoint: &Breakpoint) -> Option<String> {
    let missed = match breakpoint.missed() {
        0 => None,
        missed => Some(format!(
            "{} rows evicted before they were searched",
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
    accent: Style,
    area: Rect,
    buffer: &mut Buffer,
) {
    let columns = usize::from(COLUMNS.min(area.width).saturating_sub(2));
    let (words, style) = match entries.get(selected) {
        Some(entry) => (trouble_below(entry, columns), theme::BAD),
        None => (empty, theme::QUIET),
    };
    let below = match words {
        "" => Vec::new(),
        words => wrapped(words, columns.saturating_sub(2)),
    };
    let rows = u16::try_from(entries.len() + below.len()).unwrap_or(u16::MAX);
    let place = frame::popup(area, COLUMNS, rows.saturating_add(2));
    Clear.render(place, buffer);
    frame::draw(place, Some(accent), title, ("", Style::new()), buffer);
    let lines = inside(place);
    // The selected line stays in view, however many lines of text are below the list.
    let height = usize::from(lines.height).saturating_sub(below.len()).max(1);
    let top = (selected + 1).saturating_sub(height);
    let shown = entries.iter().enumerate().skip(top).take(height);
    for (row, (index, entry)) in (0..lines.height).zip(shown) {
        let style = frame::selection(index == selected, true);
        entry_line(entry, usize::from(lines.width)).draw(lines, row, style, buffer);
    }
    let used = u16::try_from(entries.len().min(height)).unwrap_or(u16::MAX);
    for (row, words) in (used..lines.height).zip(below) {
        let mut line = LineBuilder::padded(usize::from(lines.width));
        line.cut_words(words, style);
        line.draw(lines, row, Style::new(), buffer);
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
    let room = room_at_right(&entry.query, line.left());
    let (right, right_style) = right_words(entry, room);
    let query_room = line.left().saturating_sub(right.width() + 1);
    line.text(escape::name(entry.query.as_bytes(), query_room), style);
    line.word_at_end(&right, right_style);
    line
}

/// Returns the columns at the right of a query, which it leaves free or must leave free, in a line
/// with `left` columns left.
fn room_at_right(query: &str, left: usize) -> usize {
    let query = escape::name(query.as_bytes(), left).columns;
    left.saturating_sub(query.min(QUERY_COLUMNS) + 1)
}

/// Returns the text at the right of a line: the longest form that fits into `room` columns.
fn right_words(entry: &Entry, room: usize) -> (String, Style) {
    let [long, short] = entry.right.clone();
    let (forms, style) = match &entry.trouble {
        Some(trouble) => (vec![format!("{trouble} · {short}"), short], theme::BAD),
        None => (vec![long, short], theme::QUIET),
    };
    let fitting = forms.into_iter().find(|words| words.width() <= room);
    (fitting.unwrap_or_default(), style)
}

/// Returns the trouble of an entry if its line of `columns` has no room for it.
fn trouble_below(entry: &Entry, columns: usize) -> &str {
    let room = room_at_right(&entry.query, columns.saturating_sub(2 + BEFORE_QUERY));
    let trouble = entry.trouble.as_deref().unwrap_or_default();
    let (right, _) = right_words(entry, room);
    if right.starts_with(trouble) {
        ""
    } else {
        trouble
    }
}
