//! Borders with titles, popups, lists and scroll bars, shared by the regions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::line::LineBuilder;
use super::theme;
use crate::app::{self, App};

/// An empty right title.
pub(super) const NO_TITLE: (&str, Style) = ("", Style::new());

/// Returns the style of a focused pane's border: the colour of the profile, if it has one.
pub(super) fn accent(app: &App) -> Style {
    let profile = app.session().settings.profile.as_ref();
    theme::accent(profile.and_then(|badge| badge.colour))
}

/// Draws a border with a title on the left and, if there is room, one on the right. `accent` is the
/// border's style if the pane has the focus.
pub(super) fn draw(
    area: Rect,
    accent: Option<Style>,
    title: &str,
    right: (&str, Style),
    buffer: &mut Buffer,
) {
    let room = usize::from(area.width.saturating_sub(4));
    let fits_both = title.width() + right.0.width() <= room;
    // The right title says more about the current state than the left one.
    let is_right_only =
        !fits_both && !right.0.is_empty() && title.width() > room / 2 && right.0.width() <= room;
    let mut block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(accent.unwrap_or(theme::QUIET));
    if !is_right_only {
        let style = accent.unwrap_or_default().patch(theme::STRONG);
        block = block.title(Line::styled(title.to_owned(), style));
    }
    if fits_both || is_right_only {
        block = block.title(Line::styled(right.0.to_owned(), right.1).right_aligned());
    }
    block.render(area, buffer);
}

/// What the title of a zoomed pane adds.
const ZOOMED: &str = " full screen ";

/// Marks the title of a pane as zoomed: after the left title or, where the titles leave no room, in
/// the bottom border.
pub(super) fn mark_zoomed(area: Rect, buffer: &mut Buffer) {
    let columns = u16::try_from(ZOOMED.width()).unwrap_or(0);
    let is_free = |y: u16, x: u16| {
        let mut cells = (x..=x + columns).map(|x| buffer.cell((x, y)));
        cells.all(|cell| cell.is_some_and(|cell| cell.symbol() == "─"))
    };
    let places = area.x + 1..area.right().saturating_sub(columns + 1);
    let rows = [area.y, area.bottom().saturating_sub(1)];
    let mut places = rows
        .into_iter()
        .flat_map(|y| places.clone().map(move |x| (x, y)));
    if let Some((x, y)) = places.find(|(x, y)| is_free(*y, *x)) {
        buffer.set_string(x + 1, y, ZOOMED, theme::FOCUS);
    }
}

/// Clears `area` and draws a border as [`draw`] does.
pub(super) fn draw_over(
    area: Rect,
    accent: Option<Style>,
    title: &str,
    right: (&str, Style),
    buffer: &mut Buffer,
) {
    Clear.render(area, buffer);
    draw(area, accent, title, right, buffer);
}

/// Draws an empty popup a little above the middle of `area`, `columns` wide including the border,
/// with room for `lines`. Returns its region with the border.
pub(super) fn popup(
    area: Rect,
    (columns, lines): (u16, usize),
    accent: Style,
    title: &str,
    buffer: &mut Buffer,
) -> Rect {
    let place = app::popup(area, columns, lines);
    draw_over(place, Some(accent), title, NO_TITLE, buffer);
    place
}

/// Draws the lines of a list that fit into `area`, with the selected one in view. Returns the index
/// of the first visible line.
pub(super) fn list(
    area: Rect,
    selected: usize,
    count: usize,
    line: impl Fn(usize) -> LineBuilder,
    buffer: &mut Buffer,
) -> usize {
    let top = (selected + 1).saturating_sub(usize::from(area.height).max(1));
    for (row, index) in (0..area.height).zip(top..count) {
        let style = selection(index == selected, true);
        line(index).draw(area, row, style, buffer);
    }
    top
}

/// Draws trusted text in the bottom border if it fits.
pub(super) fn footer(area: Rect, words: &str, buffer: &mut Buffer) {
    let columns = words.width();
    if area.height > 1 && columns > 0 && columns + 4 <= usize::from(area.width) {
        let x = area.right() - 2 - u16::try_from(columns).unwrap_or(0);
        buffer.set_string(x, area.bottom() - 1, words, theme::QUIET);
    }
}

/// Returns the first `rows` lines of `lines`, or all if there are fewer.
pub(super) fn first(lines: Rect, rows: u16) -> Rect {
    Rect {
        height: lines.height.min(rows),
        ..lines
    }
}

/// Returns the part of `lines` below its first `used` lines.
pub(super) fn below(lines: Rect, used: usize) -> Rect {
    let used = u16::try_from(used).unwrap_or(u16::MAX).min(lines.height);
    Rect {
        y: lines.y + used,
        height: lines.height - used,
        ..lines
    }
}

/// Returns the style of a line, depending on whether it is selected and its pane has the focus.
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
