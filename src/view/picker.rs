//! The profile picker, on a screen of its own.
//!
//! ```text
//!       ╭ Profiles 2 ─────────────────────────────────────────────╮
//!       │  local       redis://127.0.0.1:6379                      │
//!       │  production  rediss://app@redis.example:6380   read-only │
//!       ╰──────────────────────────────────────────────────────────╯
//!  Enter choose  j down  k up  / name  Esc quit
//! ```

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::line::{LineBuilder, draw_words};
use super::{frame, hints, text_box, theme};
use crate::app::{Action, Motion, Pickable, Picker, hints_in, inside, padded};
use crate::payload::escape;

/// The preferred width of the list, in columns.
const COLUMNS: u16 = 90;

/// Maximum width of a name, in columns; a narrow list allows less.
const NAME_COLUMNS: usize = 24;

/// Minimum width of the screen, in columns, to show hints for all keys.
const MIN_FOR_ALL_KEYS: u16 = 48;

/// Draws the list, with the keys below it.
pub fn draw(picker: &Picker, frame: &mut Frame<'_>) {
    let screen = frame.area();
    if screen.is_empty() {
        return;
    }
    let hint_row = screen.height - 1;
    let above = frame::first(screen, hint_row);
    let buffer = frame.buffer_mut();
    let caret = (!above.is_empty()).then(|| list(picker, above, buffer));
    let mut line = LineBuilder::padded(usize::from(screen.width));
    let omits_arrows = screen.width < MIN_FOR_ALL_KEYS;
    let hints = hints_in(&picker.keymap, picker.context(), line.left(), |binding| {
        // The arrow keys need no hint: users try them anyway.
        let is_arrow = matches!(binding.action, Action::Move(Motion::Lines(_)));
        binding.hint.filter(|_| !(omits_arrows && is_arrow))
    });
    hints::keys(&mut line, &hints);
    line.draw(screen, hint_row, Style::new(), buffer);
    if let Some(caret) = caret.flatten() {
        frame.set_cursor_position(caret);
    }
}

/// Draws the list. Returns the position of the caret if a name is being typed.
fn list(picker: &Picker, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let listed: Vec<&Pickable> = picker.listed().map(|(_, profile)| profile).collect();
    let selected = listed.get(picker.line);
    let typed_lines = usize::from(picker.name.is_some());
    let size = (COLUMNS, listed.len().max(1) + typed_lines);
    let title = format!(" Profiles {} ", listed.len());
    let accent = frame::Accent::new(selected.and_then(|profile| profile.badge.colour), false);
    let mut lines = inside(frame::popup(area, size, accent, &title, buffer));
    let mut caret = None;
    if let Some(name) = &picker.name {
        caret = text_box::draw(name, frame::first(padded(lines), 1), buffer);
        lines = frame::below(lines, 1);
    }
    if listed.is_empty() {
        draw_words("no profile matches", theme::QUIET, padded(lines), 0, buffer);
    }
    let columns = usize::from(lines.width);
    let name_columns = name_columns(&listed, NAME_COLUMNS.min(columns / 3));
    let line = |index: usize| profile_line(listed[index], name_columns, columns);
    frame::list(lines, picker.line, listed.len(), line, buffer);
    caret
}

/// Returns the width of the widest name, at most `most` columns.
fn name_columns(listed: &[&Pickable], most: usize) -> usize {
    let names = listed.iter().map(|profile| profile.badge.name.as_bytes());
    let widths = names.map(|name| escape::name(name, most).columns);
    widths.max().unwrap_or(0)
}

fn profile_line(profile: &Pickable, name_columns: usize, columns: usize) -> LineBuilder {
    let mut line = LineBuilder::padded(columns);
    let style = theme::badge(profile.badge.colour);
    line.words(" ", style);
    line.name(profile.badge.name.as_bytes(), name_columns, style);
    line.words(" ", style);
    line.space(2);
    let gap = if profile.read_only { 2 } else { 0 };
    let (address, mark) = address_and_mark(profile, line.left().saturating_sub(gap));
    let room = line.left().saturating_sub(mark.len() + gap);
    line.text(escape::name(address.as_bytes(), room), Style::new());
    line.space(gap);
    line.word_at_end(mark, theme::WATCH);
    line
}

/// Returns the address and the read-only mark of a profile, fitted into `columns`: the mark is
/// shortened first, then the address loses its scheme.
fn address_and_mark(profile: &Pickable, columns: usize) -> (&str, &'static str) {
    let full = profile.address.as_str();
    let host = full.split_once("://").map_or(full, |(_, rest)| rest);
    let marks = if profile.read_only {
        ["read-only", "r/o"]
    } else {
        [""; 2]
    };
    let forms = [(full, marks[0]), (full, marks[1]), (host, marks[1])];
    let fits = |(address, mark): &(&str, &str)| {
        !escape::one_line(address.as_bytes(), columns.saturating_sub(mark.len())).cut
    };
    forms.into_iter().find(fits).unwrap_or(forms[2])
}
