//! The list of formats that a channel's messages can be read as.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::{App, inside};
use crate::payload::escape;
use crate::view::line::LineBuilder;
use crate::view::{frame, theme};

/// The preferred width of the list, in columns.
const COLUMNS: u16 = 48;

pub(super) fn draw(app: &App, selected: usize, area: Rect, buffer: &mut Buffer) {
    let Some(open) = app.open() else { return };
    let channel = open.reader.snapshot.channel.as_deref().unwrap_or_default();
    let options = app.session().decoder_options();
    let room = usize::from(COLUMNS.min(area.width)).saturating_sub(16);
    let title = format!(" Read {} as ", escape::name(channel, room).string);
    let size = (COLUMNS, options.len());
    let place = frame::popup(area, size, frame::accent(app), &title, buffer);
    let lines = inside(place);
    let line = |index: usize| {
        let option = options[index].as_ref();
        let is_chosen = option == app.session().decoder_choices.chosen(channel);
        let mut line = LineBuilder::padded(usize::from(lines.width));
        line.word(if is_chosen { "● " } else { "  " }, theme::GOOD);
        if let Some(option) = option {
            let words = option.words();
            line.text(escape::name(words.as_bytes(), line.left()), Style::new());
        } else {
            line.word("Automatic", Style::new());
            line.word_at_end("detected per message", theme::QUIET);
        }
        line
    };
    let top = frame::list(lines, selected, options.len(), line, buffer);
    let height = usize::from(lines.height).max(1);
    frame::scroll_bar(place, top, height, options.len(), buffer);
}
