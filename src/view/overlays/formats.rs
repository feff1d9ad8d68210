//! The format picker of the open message's channel.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};

use crate::app::{App, inside};
use crate::payload::decoder_choices::ReadAs;
use crate::payload::escape;
use crate::view::line::LineBuilder;
use crate::view::{frame, theme};

/// The preferred width of the list, in columns.
const COLUMNS: u16 = 48;

pub(super) fn draw(app: &App, selected: usize, area: Rect, buffer: &mut Buffer) {
    let Some(open) = app.open() else { return };
    let channel = open
        .reader
        .snapshot()
        .channel
        .as_deref()
        .unwrap_or_default();
    let ways = app.session().decoder_options();
    let rows = u16::try_from(ways.len()).unwrap_or(u16::MAX);
    let place = frame::popup(area, COLUMNS, rows.saturating_add(2));
    Clear.render(place, buffer);
    let accent = frame::accent(app);
    let room = usize::from(place.width).saturating_sub(16);
    let title = format!(" Read {} as ", escape::name(channel, room).string);
    frame::draw(place, Some(accent), &title, ("", Style::new()), buffer);
    let lines = inside(place);
    let height = usize::from(lines.height).max(1);
    let top = (selected + 1).saturating_sub(height);
    let shown = ways.iter().enumerate().skip(top);
    for (row, (index, way)) in (0..lines.height).zip(shown) {
        let is_now = way.as_ref() == app.session().chosen_decoder(channel);
        let style = frame::selection(index == selected, true);
        line(way.as_ref(), is_now, usize::from(lines.width)).draw(lines, row, style, buffer);
    }
    frame::scroll_bar(place, top, height, ways.len(), buffer);
}

fn line(way: Option<&ReadAs>, is_now: bool, columns: usize) -> LineBuilder {
    let mut line = LineBuilder::padded(columns);
    line.word(if is_now { "● " } else { "  " }, theme::GOOD);
    match way {
        None => {
            line.word("Automatic", Style::new());
            line.word_at_end("what each looks like", theme::QUIET);
        }
        Some(way) => line.text(
            escape::name(way.words().as_bytes(), line.left()),
            Style::new(),
        ),
    }
    line
}
