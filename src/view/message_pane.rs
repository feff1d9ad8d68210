//! The open message: its properties in the border, its tabs, and the active tab below them.
//!
//! ```text
//! ╭ orders:created ─────────────────── 14:03:22.123 · 312 B ╮
//! │ value  diff  bytes  channel                              JSON │
//! │ ▾ user: {2}                                             │
//! ╰ .user.tags[0] ──────────────────────────── 1 of 3 found ╯
//! ```

mod bytes;
mod changes;
mod channel_tab;
mod values;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use super::line::{LineBuilder, draw_words, fitting};
use super::{ansi, frame, theme};
use crate::app::{App, Focus, Form, MessageSnapshot, Reader, Room, TAB_SPACE, Tab};
use crate::payload::figures::{self, Clock};
use crate::payload::format::Format;
use crate::payload::ranges::Ranges;
use crate::payload::{escape, rows};
use crate::query::MOST_MARKS;
use crate::workers::decode::MAX_MARKED;

pub(super) fn draw(app: &App, buffer: &mut Buffer) {
    let areas = app.areas();
    let Some(open) = app.open() else { return };
    let reader = &open.reader;
    let has_focus = app.focus() == Focus::Message;
    border(app, reader, has_focus, areas.message, buffer);
    tabs(app, reader, areas.message_tabs(), buffer);
    let text = app.message_text();
    notes(reader, areas.message_text(), text, buffer);
    let room = Room {
        columns: usize::from(text.width),
        height: usize::from(text.height),
    };
    match (reader.page(room), reader.form()) {
        (Some(page), _) => values::draw(reader, &page, has_focus, text, buffer),
        (None, Form::Hex) => bytes::draw(reader, text, buffer),
        (None, Form::Changes) => changes::draw(app, reader, text, buffer),
        (None, Form::Channel) => channel_tab::draw(app, reader, text, buffer),
        (None, Form::Values | Form::Text) => plain(reader, text, buffer),
    }
    mark_current(reader, room, text, buffer);
}

fn border(app: &App, reader: &Reader, has_focus: bool, area: Rect, buffer: &mut Buffer) {
    let snapshot = &reader.snapshot;
    let room = usize::from(area.width.saturating_sub(4));
    let right = right_forms(snapshot, &app.session().clock());
    let right = fitting(&right, room.saturating_sub(12)).unwrap_or_default();
    let columns = room.saturating_sub(right.width() + 2);
    let title = match &snapshot.channel {
        Some(name) => format!(" {} ", escape::name(name, columns).string),
        None => " Notice ".to_owned(),
    };
    let accent = has_focus.then(|| frame::accent(app));
    frame::draw_over(area, accent, &title, (right, theme::QUIET), buffer);
    let area = frame::beside_zoom_mark(app, area);
    let room = usize::from(area.width.saturating_sub(4));
    let matches = match_forms(reader);
    let used = matches.first().map_or(0, |words| words.width());
    let path = reader.path();
    let path = path.map(|path| escape::name(path.as_bytes(), room).string);
    let path = path.filter(|path| area.height > 1 && path.width() + 2 + used <= room);
    if let Some(path) = path {
        let style = if has_focus {
            theme::FOCUS
        } else {
            theme::QUIET
        };
        buffer.set_string(area.x + 2, area.bottom() - 1, format!(" {path} "), style);
    }
    if let Some(words) = fitting(&matches, room) {
        frame::footer(area, words, buffer);
    }
}

/// Returns when the message arrived and its size, longest form first.
fn right_forms(snapshot: &MessageSnapshot, clock: &Clock) -> Vec<String> {
    let size = figures::size(snapshot.size);
    let time = clock.time_of_day(snapshot.time);
    let date = clock.date_and_time(snapshot.time);
    if snapshot.channel.is_none() {
        return vec![format!(" {date} "), format!(" {time} ")];
    }
    if snapshot.is_cut() {
        return vec![
            format!(" {date} · first part of {size} "),
            format!(" {time} · first part of {size} "),
            format!(" first part of {size} "),
        ];
    }
    let exact = match snapshot.size {
        0..1024 => size.clone(),
        bytes => format!("{size} ({} B)", figures::count(bytes)),
    };
    vec![
        format!(" {date} · {exact} "),
        format!(" {time} · {exact} "),
        format!(" {time} · {size} "),
        format!(" {size} "),
    ]
}

/// Describes the current match and the number of matches, longest form first.
fn match_forms(reader: &Reader) -> Vec<String> {
    let Some(current) = reader.current_mark() else {
        return match reader.search_text() {
            Some(_) if reader.is_searching() => vec![" searching … ".to_owned()],
            Some(_) => vec![" not found ".to_owned()],
            None => Vec::new(),
        };
    };
    let current = figures::count(current as u64 + 1);
    let count = reader.mark_count();
    let more = if count < MOST_MARKS { "" } else { "+" };
    let plural = if count == 1 { "" } else { "es" };
    let count = figures::count(count as u64);
    let is_long = reader.search_text().is_none() && reader.snapshot.payload.len() > MAX_MARKED;
    let part = if is_long { " in the first 4 MiB" } else { "" };
    vec![
        format!(" {current} of {count}{more} match{plural}{part} "),
        format!(" {current}/{count}{more} "),
    ]
}

/// Draws the tabs and the detected format of the message.
fn tabs(app: &App, reader: &Reader, area: Rect, buffer: &mut Buffer) {
    let mut line = LineBuilder::new(usize::from(area.width));
    if reader.snapshot.channel.is_none() {
        return;
    }
    for tab in Tab::ALL {
        let is_open = tab == reader.tab();
        let style = if is_open { theme::STRONG } else { theme::QUIET };
        line.word(tab.name(), style);
        line.space(TAB_SPACE);
    }
    let forms = format_forms(app, reader);
    let format = fitting(&forms, line.left()).unwrap_or_default();
    line.word_at_end(format, theme::QUIET);
    line.draw(area, 0, Style::new(), buffer);
}

/// Describes the detected format of the message, longest form first.
fn format_forms(app: &App, reader: &Reader) -> Vec<String> {
    let snapshot = &reader.snapshot;
    let Some(decoded) = reader.decoded() else {
        return vec!["decoding …".to_owned()];
    };
    let format = decoded.format.name();
    let mut forms = vec![format.to_owned()];
    if !decoded.wrappings.is_empty() {
        let names = decoded.wrappings.iter().rev();
        let names: Vec<_> = names.map(|one| one.name()).collect();
        let sizes = [snapshot.payload.len(), reader.bytes().len()];
        let [packed, plain] = sizes.map(|size| figures::size(size as u64));
        forms.push(format!("{format} in {}", names.join(" in ")));
        forms.push(format!("{} ({packed} → {plain})", forms[1]));
    }
    let channel = snapshot.channel.as_deref().unwrap_or_default();
    if let Some(chosen) = app.session().decoder_choices.chosen(channel) {
        let note = match chosen.format {
            format if format == decoded.format => "chosen".to_owned(),
            Format::Wrapped(wrapping) if decoded.wrappings.first() == Some(&wrapping) => {
                "chosen".to_owned()
            }
            other => format!("not the chosen {}", other.name()),
        };
        let noted = forms.iter().map(|form| format!("{form} · {note}"));
        let noted: Vec<_> = noted.collect();
        forms.extend(noted);
    }
    forms.reverse();
    forms
}

/// Draws notes about the content between the tabs and the content.
fn notes(reader: &Reader, area: Rect, text: Rect, buffer: &mut Buffer) {
    let rows = text.y.saturating_sub(area.y);
    for (row, words) in (0..rows).zip(reader.notes(area.width)) {
        draw_words(&words, theme::WATCH, area, row, buffer);
    }
}

/// Marks the current match in the margin.
fn mark_current(reader: &Reader, room: Room, text: Rect, buffer: &mut Buffer) {
    let row = reader.row_of_mark(room);
    let row = row.and_then(|row| u16::try_from(row).ok());
    if let Some((row, x)) = row.zip(text.x.checked_sub(1))
        && let Some(cell) = buffer.cell_mut((x, text.y + row))
    {
        cell.set_symbol(theme::FOUND).set_style(theme::WATCH);
    }
}

fn plain(reader: &Reader, area: Rect, buffer: &mut Buffer) {
    let columns = usize::from(area.width);
    if reader.bytes().is_empty() {
        return draw_words("(empty)", theme::QUIET, area, 0, buffer);
    }
    let marks = Ranges::of(reader.marks());
    let colours = reader.decoded().map_or(&[][..], |decoded| &decoded.colours);
    let rows = rows::rows_marked(reader.bytes(), columns, reader.offset, marks);
    for (row, content) in (0..area.height).zip(rows) {
        let mut line = LineBuilder::new(columns);
        let text = &content.text;
        let styles = ansi::styles(colours, reader.bytes(), content.start, text);
        line.styled_text(text, &styles, theme::MATCH);
        line.draw(area, row, Style::new(), buffer);
    }
}
