//! The pane with the output of a user's command.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::{App, CommandOutput, inside};
use crate::payload::escape::{self, Ends};
use crate::payload::figures;
use crate::payload::ranges::Ranges;
use crate::view::line::LineBuilder;
use crate::view::{frame, theme};

/// Maximum width of a command's name in the title, in columns.
const NAME_COLUMNS: usize = 30;

pub(super) fn draw(app: &App, output: &CommandOutput, area: Rect, buffer: &mut Buffer) {
    let name = escape::name(output.name.as_bytes(), NAME_COLUMNS).string;
    let (state, style) = match &output.end {
        None => {
            let words = frame::keyed(app, " running · {back} stops it ");
            (words, theme::WATCH)
        }
        Some(end) => {
            let lines = || figures::counted(output.lines.len() as u64, "line");
            end.trouble().map_or_else(
                || (format!(" {} ", lines()), theme::QUIET),
                |trouble| (format!(" {trouble} "), theme::BAD),
            )
        }
    };
    let title = format!(" {name} ");
    let accent = Some(frame::accent(app));
    frame::draw_over(area, accent, &title, (&state, style), buffer);
    let lines = inside(area);
    let shown = output.lines.iter().skip(output.top);
    for (row, text) in (0..lines.height).zip(shown) {
        line(text, output.left, usize::from(lines.width)).draw(lines, row, Style::new(), buffer);
    }
    if output.lines.is_empty() && output.end.is_some() {
        let mut line = LineBuilder::padded(usize::from(lines.width));
        line.words("(no output)", theme::QUIET);
        line.draw(lines, 0, Style::new(), buffer);
    }
    let (height, total) = (usize::from(lines.height), output.lines.len());
    frame::scroll_bar(area, output.top, height, total, buffer);
}

/// Builds a line of the output, starting at the byte at `left`.
fn line(text: &[u8], left: usize, columns: usize) -> LineBuilder {
    let mut line = LineBuilder::padded(columns);
    let start = escape::char_start(text, left.min(text.len()));
    let rest = &text[start..];
    let part = |columns| escape::part_of_line(rest, columns, Ranges::default(), Ends::default());
    let whole = part(line.left());
    if whole.cut {
        let cut = part(line.left().saturating_sub(1));
        line.text(cut, Style::new());
        line.word("…", theme::QUIET);
    } else {
        line.text(whole, Style::new());
    }
    line
}
