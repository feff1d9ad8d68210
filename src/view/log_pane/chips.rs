//! The line of chips above the log.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::{App, Chip};
use crate::view::line::LineBuilder;
use crate::view::theme;

pub fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let chips = app.chips();
    let mut line = LineBuilder::new(usize::from(area.width));
    for chip in &chips.chips {
        line.space(chip.x.saturating_sub(line.used()));
        let label = match chip.chip {
            // In the selection bar, colours would become solid blocks.
            _ if chip.is_chosen => theme::SELECTED,
            Chip::Stop => theme::BAD,
            Chip::Filter | Chip::Listed(_) | Chip::Only | Chip::Muted(_) => theme::WATCH,
        };
        let (text, cross) = if chip.is_chosen {
            (theme::SELECTED, theme::SELECTED)
        } else {
            (Style::new(), theme::QUIET)
        };
        line.word(format!("{} ", chip.label), label);
        line.text(chip.text.clone(), text);
        line.word(" ×", cross);
    }
    if chips.hidden > 0 {
        line.space(chips.end.saturating_sub(line.used()));
        line.word(format!("+{}", chips.hidden), theme::WATCH);
    }
    line.draw(area, 0, Style::new(), buffer);
}
