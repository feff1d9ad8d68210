//! Borders with titles, popups, lists and scroll bars, shared by the regions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::line::LineBuilder;
use super::theme;
use crate::app::{self, App, Context};
use crate::config::Colour;
use crate::payload::figures;

/// An empty right title.
pub(super) const NO_TITLE: (&str, Style) = ("", Style::new());

/// Returns `text` with the key of each action in braces, such as `{undo} undoes it`, as it is where
/// the focus is.
pub(super) fn keyed(app: &App, text: &'static str) -> String {
    keyed_in(app, app.context(), text)
}

/// Returns `text` with the key of each action in braces, as it is in `context`.
pub(super) fn keyed_in(app: &App, context: Context, text: &'static str) -> String {
    app.session().settings.keymap.text(context, text)
}

/// How the border of a focused pane looks.
#[derive(Clone, Copy)]
pub(super) struct Accent {
    style: Style,
    border: BorderType,
}

impl Accent {
    /// Returns the look in the colour of a profile, if it has one. `by_form` doubles the border, for
    /// themes without colours.
    pub(super) fn new(colour: Option<Colour>, by_form: bool) -> Self {
        Self {
            style: theme::accent(colour),
            border: if by_form {
                BorderType::Double
            } else {
                BorderType::Rounded
            },
        }
    }
}

/// Returns the look of a focused pane's border.
pub(super) fn accent(app: &App) -> Accent {
    let session = app.session();
    let profile = session.settings.profile.as_ref();
    let colour = profile.and_then(|badge| badge.colour);
    Accent::new(colour, !session.theme().tells_focus())
}

/// Draws a border with a title on the left and, if there is room for both, one on the right.
/// `accent` is the border's look if the pane has the focus.
pub(super) fn draw(
    area: Rect,
    accent: Option<Accent>,
    title: &str,
    right: (&str, Style),
    buffer: &mut Buffer,
) {
    let room = usize::from(area.width.saturating_sub(4));
    let (border, style) = match accent {
        Some(accent) => (accent.border, accent.style),
        None => (BorderType::Rounded, theme::QUIET),
    };
    // Only the focused pane has a bold title, so that the focus shows without colours too.
    let title_style = accent.map_or(Style::new(), |accent| accent.style.patch(theme::STRONG));
    let mut block = Block::bordered()
        .border_type(border)
        .border_style(style)
        .title(Line::styled(title.to_owned(), title_style));
    if title.width() + right.0.width() <= room {
        block = block.title(Line::styled(right.0.to_owned(), right.1).right_aligned());
    }
    block.render(area, buffer);
}

/// What the bottom border of a zoomed pane says at its right end.
const ZOOMED: &str = " full screen ";

/// Marks a pane as zoomed.
pub(super) fn mark_zoomed(area: Rect, buffer: &mut Buffer) {
    right_words(area, ZOOMED, theme::FOCUS, buffer);
}

/// Returns the region of a pane whose bottom border is free for other words: narrower than the pane
/// while that is zoomed.
pub(super) fn beside_zoom_mark(app: &App, area: Rect) -> Rect {
    let taken = u16::try_from(ZOOMED.width() + 1).unwrap_or(0);
    let taken = if app.areas().is_zoomed { taken } else { 0 };
    Rect {
        width: area.width.saturating_sub(taken),
        ..area
    }
}

/// Clears `area` and draws a border as [`draw`] does.
pub(super) fn draw_over(
    area: Rect,
    accent: Option<Accent>,
    title: &str,
    right: (&str, Style),
    buffer: &mut Buffer,
) {
    Clear.render(area, buffer);
    draw(area, accent, title, right, buffer);
}

/// Draws an empty popup a little above the middle of `area`, `columns` wide including the border,
/// with room for `lines`. Returns the area of the popup, including the border.
pub(super) fn popup(
    area: Rect,
    (columns, lines): (u16, usize),
    accent: Accent,
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
    right_words(area, words, theme::QUIET, buffer);
}

/// Draws trusted text at the right end of the bottom border if it fits.
fn right_words(area: Rect, words: &str, style: Style, buffer: &mut Buffer) {
    let columns = words.width();
    if area.height > 1 && columns > 0 && columns + 4 <= usize::from(area.width) {
        let x = area.right() - 2 - u16::try_from(columns).unwrap_or(0);
        buffer.set_string(x, area.bottom() - 1, words, style);
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

/// Returns a note on the first visible column, if the rows are scrolled sideways.
pub(super) fn column_words(app: &App) -> Option<String> {
    let skipped = app.messages().columns_skipped;
    (skipped > 0).then(|| format!("from column {}", figures::count(skipped as u64 + 1)))
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
