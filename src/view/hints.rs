//! The hint line: the most useful keys in the current context.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::line::LineBuilder;
use super::theme;
use crate::app::{App, Hint};

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let mut line = LineBuilder::new(usize::from(area.width));
    line.space(1);
    keys(&mut line, &app.hints());
    line.draw(area, 0, Style::new(), buffer);
}

/// Adds the hints, which must fit.
pub(super) fn keys(line: &mut LineBuilder, hints: &[Hint]) {
    for hint in hints {
        line.word(hint.key.as_str(), theme::STRONG);
        line.words(&hint.rest(), theme::QUIET);
    }
}
