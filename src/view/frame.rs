//! Borders with titles, the selected line and scroll bars, shared by the regions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::theme;
use crate::app::App;

/// Returns the style of a focused frame, which the profile determines.
pub(super) fn accent(app: &App) -> Style {
    let profile = app.session().settings.profile.as_ref();
    theme::accent(profile.and_then(|badge| badge.colour))
}

/// Draws a border with a title at the left and, if there is room beside it, one at the right; in
/// `accent` if it has the focus.
pub(super) fn draw(
    area: Rect,
    accent: Option<Style>,
    title: &str,
    right: (&str, Style),
    buffer: &mut Buffer,
) {
    let style = accent.unwrap_or(theme::QUIET);
    let mut block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(style);
    let room = usize::from(area.width.saturating_sub(4));
    let title_style = accent.unwrap_or_default().patch(theme::STRONG);
    block = block.title(Line::styled(title.to_owned(), title_style));
    if title.width() + right.0.width() <= room {
        block = block.title(Line::styled(right.0.to_owned(), right.1).right_aligned());
    } else if !right.0.is_empty() && title.width() > room / 2 && right.0.width() <= room {
        // The right title says more about the current state than the left one.
        block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(style)
            .title(Line::styled(right.0.to_owned(), right.1).right_aligned());
    }
    block.render(area, buffer);
}

/// Draws trusted text in the bottom border, if it fits.
pub(super) fn footer(area: Rect, words: &str, buffer: &mut Buffer) {
    let columns = words.width();
    if area.height > 1 && columns > 0 && columns + 4 <= usize::from(area.width) {
        let x = area.right() - 2 - u16::try_from(columns).unwrap_or(0);
        buffer.set_string(x, area.bottom() - 1, words, theme::QUIET);
    }
}

/// Returns a centred region of at most this size; it is a little above the middle of `area`.
pub(super) fn popup(area: Rect, columns: u16, rows: u16) -> Rect {
    let width = columns.min(area.width);
    let height = rows.min(area.height);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 3,
        width,
        height,
    }
}

/// Returns the rest of `lines` below the first `used` lines.
pub(super) fn below(lines: Rect, used: u16) -> Rect {
    let used = used.min(lines.height);
    Rect {
        y: lines.y + used,
        height: lines.height - used,
        ..lines
    }
}

/// Returns the style of a line, by whether it is selected and its pane has the focus.
pub(super) fn selection(is_selected: bool, has_focus: bool) -> Style {
    match (is_selected, has_focus) {
        (false, _) => Style::new(),
        (true, true) => theme::SELECTED,
        (true, false) => theme::SELECTED_QUIETLY,
    }
}

/// Draws a mark on the right border of `area` that shows which part of `total` lines is visible.
pub(super) fn scroll_bar(area: Rect, top: usize, height: usize, total: usize, buffer: &mut Buffer) {
    if total <= height || height == 0 || area.width == 0 {
        return;
    }
    let length = (height * height / total).max(1);
    let start = top * (height - length) / (total - height).max(1);
    for line in start..(start + length).min(height) {
        let y = area.y + 1 + u16::try_from(line).unwrap_or(u16::MAX);
        if let Some(cell) = buffer.cell_mut((area.right() - 1, y)) {
            cell.set_symbol("┃").set_style(theme::QUIET);
        }
    }
}
