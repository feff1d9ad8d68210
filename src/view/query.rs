//! The box that a query is written in, with what is wrong with it or what it has found below; and
//! the syntax above it when it is asked for.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::line::LineBuilder;
use super::{frame, theme};
use crate::app::{App, Progress, Purpose, QueryBox, inside, padded};
use crate::payload::figures;
use crate::query::{QueryError, SYNTAX};

/// The rows of the box: its border, what is written, what is said about it.
const ROWS: u16 = 4;

/// The columns of a form and of an example in the list of the syntax.
const FORM_COLUMNS: usize = 20;
const EXAMPLE_COLUMNS: usize = 31;

/// A narrower list leaves the forms out, since the examples tell as much.
const MIN_FOR_FORMS: usize = 100;

pub(super) fn draw(app: &App, query_box: &QueryBox, area: Rect, buffer: &mut Buffer) {
    let rows = ROWS.min(area.height);
    let place = Rect {
        y: area.bottom() - rows,
        height: rows,
        ..area
    };
    Clear.render(place, buffer);
    let title = match query_box.purpose {
        Purpose::Filter | Purpose::ListedFilter(_) => " Filter ",
        Purpose::Find => " Find ",
        Purpose::Breakpoint(_) => " Breakpoint: freeze where this matches ",
    };
    frame::draw(place, true, title, ("", Style::new()), buffer);
    let text = padded(inside(place));
    let line = Rect {
        height: text.height.min(1),
        ..text
    };
    query_box.input.widget().render(line, buffer);
    if text.height > 1 {
        said(app, query_box, usize::from(text.width)).draw(text, 1, Style::new(), buffer);
    }
    if query_box.shows_syntax {
        let above = Rect {
            height: area.height - rows,
            ..area
        };
        syntax(above, buffer);
    }
}

/// What is wrong, or else what has been found.
fn said(app: &App, query_box: &QueryBox, columns: usize) -> LineBuilder {
    let mut line = LineBuilder::new(columns);
    if let Some(error) = query_box.error() {
        wrong(query_box, error, &mut line);
        return line;
    }
    let (trouble, progress) = match query_box.purpose {
        Purpose::Filter => (app.filters().trouble(), app.filters().progress()),
        Purpose::Find => {
            let find = app.find();
            (
                find.and_then(crate::app::Find::trouble),
                find.map(crate::app::Find::progress),
            )
        }
        Purpose::ListedFilter(_) | Purpose::Breakpoint(_) => (None, None),
    };
    let count = match (query_box.purpose, app.find()) {
        (Purpose::Filter, _) if app.filters().is_new() => "searching …".to_owned(),
        (Purpose::Filter, _) if app.filters().progress().is_some() => {
            let (shown, kept) = (app.shown().messages(), app.log().counters().kept);
            format!("{} of {}", figures::count(shown), figures::count(kept))
        }
        (Purpose::Find, Some(find)) => format!("{} found", figures::count(find.rows().len())),
        _ => "F1 lists the syntax, with examples".to_owned(),
    };
    line.words(&count, theme::GOOD);
    if let Some(words) = scanning(progress) {
        line.words(&format!(" · {words}"), theme::WATCH);
    }
    if let Some(trouble) = trouble {
        line.words(&format!(" · {trouble}"), theme::BAD);
    }
    line
}

/// What is wrong, below the place where it is.
fn wrong(query_box: &QueryBox, error: &QueryError, line: &mut LineBuilder) {
    let text = query_box.input.text();
    let before = text.get(..error.at.start).map_or(0, str::width);
    let words = error.message.width() + 2;
    let room = line.left();
    if before + words <= room {
        line.space(before);
        line.words("▲ ", theme::BAD);
        line.words(&error.message, theme::BAD);
    } else if before < room && before >= words {
        // Near the right end they stand before the mark.
        line.space(before - words + 1);
        line.words(&error.message, theme::BAD);
        line.words(" ▲", theme::BAD);
    } else {
        line.words("▲ ", theme::BAD);
        line.words(&error.message, theme::BAD);
    }
}

/// How far a scan has got, unless it is through.
pub(super) fn scanning(progress: Option<Progress>) -> Option<String> {
    let progress = progress.filter(|progress| !progress.is_done())?;
    Some(format!("{} % searched", progress.percent()))
}

fn syntax(area: Rect, buffer: &mut Buffer) {
    let rows = u16::try_from(SYNTAX.len() + 2).unwrap_or(u16::MAX);
    let rows = rows.min(area.height);
    let place = Rect {
        y: area.bottom() - rows,
        height: rows,
        ..area
    };
    Clear.render(place, buffer);
    frame::draw(place, false, " Syntax ", ("", Style::new()), buffer);
    let lines = padded(inside(place));
    for (row, syntax) in (0..lines.height).zip(SYNTAX) {
        let mut line = LineBuilder::new(usize::from(lines.width));
        if line.left() >= MIN_FOR_FORMS {
            line.words(&format!("{:<FORM_COLUMNS$} ", syntax.form), theme::FOCUS);
        }
        line.words(
            &format!("{:<EXAMPLE_COLUMNS$} ", syntax.example),
            theme::GOOD,
        );
        line.words(syntax.meaning, Style::new());
        line.draw(lines, row, Style::new(), buffer);
    }
}
