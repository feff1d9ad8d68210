//! The command palette: the typed text, and the lines that match it.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::app::{App, Choice, Palette, PaletteLine, padded, wrapped};
use crate::payload::ranges::Ranges;
use crate::payload::{escape, figures};
use crate::view::line::{LineBuilder, draw_words};
use crate::view::{frame, theme};

/// Minimum width, in columns, that the text on the right must leave for a line's main text.
const MIN_TEXT: usize = 24;

/// The prompt before the typed text.
const PROMPT: &str = ":";

/// Draws the palette. Returns the position of its caret.
pub(super) fn draw(app: &App, palette: &Palette, buffer: &mut Buffer) -> Option<Position> {
    let place = app.areas().palette();
    let accent = Some(frame::accent(app));
    let found = palette.channels_found().map(|(count, is_done)| {
        let so_far = if is_done { "" } else { " so far" };
        format!(" {}{so_far} ", figures::counted(count, "channel"))
    });
    let right = (found.as_deref().unwrap_or_default(), theme::QUIET);
    frame::draw_over(place, accent, " Commands ", right, buffer);
    let caret = super::typed_line(&palette.input, PROMPT, place, buffer);
    let lines = app.areas().palette_lines();
    if palette.lines.is_empty() {
        draw_words("no command matches", theme::QUIET, padded(lines), 0, buffer);
    }
    if let [
        PaletteLine {
            choice: Choice::Refuse(why) | Choice::Edit(_, _, why),
            ..
        },
    ] = &palette.lines[..]
    {
        // The remedy is at the end of the error.
        let area = padded(lines);
        for (row, part) in (0..area.height).zip(wrapped(why, usize::from(area.width))) {
            draw_words(part, theme::BAD, area, row, buffer);
        }
        return caret;
    }
    let shown = palette.lines.iter().enumerate().skip(palette.top);
    for (row, (index, content)) in (0..lines.height).zip(shown) {
        let style = frame::selection(index == palette.selected, true);
        line(content, usize::from(lines.width)).draw(lines, row, style, buffer);
    }
    let height = usize::from(lines.height);
    frame::scroll_bar(place, palette.top, height, palette.lines.len(), buffer);
    caret
}

fn line(content: &PaletteLine, columns: usize) -> LineBuilder {
    let mut line = LineBuilder::padded(columns);
    let right = content.right.as_str();
    let room = line.left().saturating_sub(right.width() + 2);
    let has_right = room >= MIN_TEXT.min(content.text.width());
    let room = if has_right { room } else { line.left() };
    let marks = Ranges::of(&content.marks);
    let mut text = escape::one_line_marked(content.text.as_bytes(), room, marks);
    if text.cut {
        text = escape::one_line_marked(content.text.as_bytes(), room.saturating_sub(1), marks);
        line.text(text, Style::new());
        line.word("…", Style::new());
    } else {
        line.text(text, Style::new());
    }
    if has_right {
        line.word_at_end(right, key_style(&content.choice));
    }
    line
}

/// Returns the style of the text on the right: keys stand out.
fn key_style(choice: &Choice) -> Style {
    match choice {
        Choice::Act(..) => theme::STRONG,
        _ => theme::QUIET,
    }
}
