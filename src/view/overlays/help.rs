//! The help, in one column or two.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::app::{App, Help, HelpLine, Search, column_offset, inside, padded};
use crate::payload::escape;
use crate::payload::ranges::Ranges;
use crate::view::line::{LineBuilder, draw_words};
use crate::view::{frame, theme};

/// Indentation of a key, in columns.
const INDENT: usize = 2;

/// Draws the help. Returns the position of the caret while a search is typed.
pub(super) fn draw(app: &App, help: &Help, buffer: &mut Buffer) -> Option<Position> {
    let area = app.areas().overlay;
    let accent = Some(frame::accent(app));
    frame::draw_over(area, accent, " Keys ", frame::NO_TITLE, buffer);
    let (caret, lines) = super::search_line(help.search.as_ref(), area, buffer);
    let columns = app.help_columns(help);
    let lines = padded(lines);
    let offset = column_offset(usize::from(padded(inside(area)).width));
    for (side, content) in columns.iter().enumerate() {
        let x = u16::try_from(side * offset).unwrap_or(u16::MAX);
        let place = Rect {
            x: lines.x.saturating_add(x),
            width: lines.width.saturating_sub(x),
            ..lines
        };
        for (row, content) in (0..place.height).zip(content.iter().skip(help.top)) {
            help_line(content, usize::from(place.width)).draw(place, row, Style::new(), buffer);
        }
    }
    let total = columns.iter().map(Vec::len).max().unwrap_or(0);
    if total == 0 && help.search.is_some() {
        let typed = Search::text(help.search.as_ref());
        let typed = escape::whole_name(typed.as_bytes());
        let words = format!("nothing in the help matches {typed}");
        draw_words(&words, theme::QUIET, lines, 0, buffer);
    }
    frame::scroll_bar(area, help.top, usize::from(lines.height), total, buffer);
    caret
}

fn help_line(content: &HelpLine, columns: usize) -> LineBuilder {
    let mut line = LineBuilder::new(columns);
    let marked = |(text, marks): &(String, Vec<_>), columns| {
        escape::one_line_marked(text.as_bytes(), columns, Ranges::of(marks))
    };
    if content.is_heading {
        line.text(marked(&content.text, columns), theme::STRONG);
        return line;
    }
    if !content.keys.0.is_empty() {
        line.space(INDENT);
        line.text(marked(&content.keys, line.left()), theme::FOCUS);
    }
    line.space(content.indent.saturating_sub(line.used()));
    line.text(marked(&content.text, line.left()), Style::new());
    line
}
