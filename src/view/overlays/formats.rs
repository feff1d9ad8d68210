//! The list of formats that a channel's messages can be read as.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::lists::NO_MATCH;
use crate::app::{App, List, ListView, Listed, padded};
use crate::payload::escape;
use crate::payload::ranges::Ranges;
use crate::view::line::{LineBuilder, draw_words};
use crate::view::{frame, theme};

/// Draws the list. Returns the position of the caret while a search is typed.
pub(super) fn draw(app: &App, view: &ListView, buffer: &mut Buffer) -> Option<Position> {
    let open = app.open()?;
    let channel = open.reader.snapshot.channel.as_deref().unwrap_or_default();
    let options = app.session().decoder_options();
    let place = app.list_place(List::Formats, view);
    let room = usize::from(place.width).saturating_sub(16);
    let title = format!(" Read {} as ", escape::name(channel, room).string);
    let accent = Some(frame::accent(app));
    frame::draw_over(place, accent, &title, frame::NO_TITLE, buffer);
    let (caret, lines) = super::search_line(view.search.as_ref(), place, buffer);
    let listed = app.listed(List::Formats, view);
    let line = |index: usize| {
        let Listed { index, marks } = &listed[index];
        let option = options[*index].as_ref();
        let is_chosen = option == app.session().decoder_choices.chosen(channel);
        let mut line = LineBuilder::padded(usize::from(lines.width));
        line.word(if is_chosen { "● " } else { "  " }, theme::GOOD);
        if let Some(option) = option {
            let words = option.words();
            line.cut_bytes(words.as_bytes(), Ranges::of(marks), Style::new());
        } else {
            line.cut_bytes(b"Automatic", Ranges::of(marks), Style::new());
            line.word_at_end("detected per message", theme::QUIET);
        }
        line
    };
    if listed.is_empty() {
        draw_words(
            &frame::keyed(app, NO_MATCH),
            theme::QUIET,
            padded(lines),
            0,
            buffer,
        );
    }
    let selected = listed.iter().position(|entry| entry.index == view.line);
    let top = frame::list(lines, selected.unwrap_or(0), listed.len(), line, buffer);
    let height = usize::from(lines.height).max(1);
    frame::scroll_bar(place, top, height, listed.len(), buffer);
    caret
}
