//! The line of a branch, which shows its totals or how many one-shot channels it stands for.

use ratatui::style::Style;

use super::columns::{CELLS_A_COLUMN, Heard, MINUTE_BARS};
use super::entry::{Label, MUTED, only_mark};
use super::tools::Tools;
use crate::app::{App, Branch, INDENT};
use crate::payload::{escape, figures};
use crate::view::line::{LineBuilder, fitting};
use crate::view::theme;

/// Minimum width of a branch's name, in columns.
const MIN_FOR_NAME: usize = 10;

/// Adds a branch to an empty line.
pub(super) fn draw(
    app: &App,
    branch: &Branch,
    label: &Label<'_>,
    tools: &Tools<'_>,
    line: &mut LineBuilder,
) {
    let filters = &app.session().filters;
    let scope = branch.target().scope();
    let (mark, style) = only_mark(app, &scope).unwrap_or((" ", Style::new()));
    line.word(format!("{mark} "), style);
    line.space(label.indent.min(line.left()));
    let fold = if branch.is_open { "▾ " } else { "▸ " };
    line.word(fold, theme::QUIET);
    let is_muted = filters.muted.includes(&scope);
    let style = if is_muted {
        theme::QUIET
    } else {
        theme::STRONG
    };
    if branch.is_one_shots {
        return one_shots(branch, label, is_muted, style, line);
    }
    let columns = tools.columns;
    let now = app.session().now;
    let heard = Heard {
        instead: is_muted.then_some(MUTED),
        messages: branch.sums.messages,
        last_received: branch.sums.last_received,
        rate: branch.sums.history.rate(now),
        cells: branch.sums.history.cells(now, MINUTE_BARS * CELLS_A_COLUMN),
    };
    let taken = label.indent + usize::from(INDENT);
    let count = format!(" ({})", figures::short_count(branch.sums.channels));
    let wanted = label.width(columns.name + columns.activity()) + usize::from(INDENT) + count.len();
    let figures = heard.figures(app, columns, tools.scale, wanted > columns.name);
    let room = (columns.name + figures.blank).saturating_sub(taken);
    name(label, count, room, style, line);
    figures.draw(line);
}

/// Adds the name and the number of channels, in exactly `columns` columns.
fn name(label: &Label<'_>, count: String, columns: usize, style: Style, line: &mut LineBuilder) {
    let before = line.left();
    let room = columns.saturating_sub(count.chars().count());
    let text = label.text(room.max(1).min(columns));
    line.text(text, style);
    if room >= 4 {
        line.word(count, theme::QUIET);
    }
    line.space(columns.saturating_sub(before - line.left()));
}

/// Adds a group of one-shot channels.
fn one_shots(
    branch: &Branch,
    label: &Label<'_>,
    is_muted: bool,
    style: Style,
    line: &mut LineBuilder,
) {
    let channels = figures::counted(branch.sums.channels, "channel");
    let count = figures::short_count(branch.sums.channels);
    let forms = if is_muted {
        let (muted, _) = MUTED;
        [
            format!("{channels}, {muted}"),
            format!("{count}, {muted}"),
            muted.to_owned(),
        ]
    } else {
        [
            format!("{channels}, 1 message each"),
            format!("{count} × 1 message"),
            format!("{count} × 1"),
        ]
    };
    let pattern = [label.name, b"*"].concat();
    let needed = escape::name(&pattern, line.left()).columns + 1;
    let room = line.left().saturating_sub(needed.max(MIN_FOR_NAME));
    let words = fitting(&forms, room).unwrap_or(&forms[2]);
    let columns = line.left().saturating_sub(words.chars().count() + 1);
    let text = escape::name(&pattern, columns);
    line.text(text, style);
    line.word_at_end(words, theme::QUIET);
}
