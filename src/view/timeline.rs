//! The timeline of a recording: where the selected row is in its time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::line::LineBuilder;
use super::theme;
use crate::app::App;

/// Draws the line in place of the publish box.
pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(timeline) = app.timeline() else {
        return;
    };
    let clock = app.session().clock();
    let (first, last) = timeline.ends;
    let mut line = LineBuilder::new(usize::from(area.width));
    line.word(format!(" {} ", clock.seconds(first)), theme::QUIET);
    line.draw(area, 0, Style::new(), buffer);
    let track = timeline.track;
    let last_column = f64::from(track.width.saturating_sub(1));
    for column in 0..track.width {
        let is_before = f64::from(column) <= (timeline.fraction() * last_column).round();
        let is_at =
            is_before && f64::from(column + 1) > (timeline.fraction() * last_column).round();
        let (symbol, style) = match (is_at, is_before) {
            (true, _) => ("●", theme::STRONG),
            (false, true) => ("━", theme::BARS),
            (false, false) => ("─", theme::QUIET),
        };
        if let Some(cell) = buffer.cell_mut((track.x + column, track.y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    }
    let end = clock.seconds(last);
    buffer.set_string(track.right() + 1, track.y, end, theme::QUIET);
}
