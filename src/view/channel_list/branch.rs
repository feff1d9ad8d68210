//! The line of a branch, which shows its totals or how many channels it stands for.

use ratatui::style::Style;

use super::entry::{Label, MUTED, is_muted, only_mark};
use crate::app::{App, Branch, INDENT};
use crate::payload::escape;
use crate::payload::figures;
use crate::view::line::{LineBuilder, fitting};
use crate::view::theme;

/// Minimum width of a branch's name, in columns.
const MIN_FOR_NAME: usize = 10;

/// Adds a branch to an empty line, its name with the indent in exactly `columns` columns. For a group
/// of channels, there are no columns, since it fills the line.
pub(super) fn draw(
    app: &App,
    branch: &Branch,
    label: &Label<'_>,
    columns: Option<usize>,
    line: &mut LineBuilder,
) {
    let only = only_mark(app, &branch.target().scope());
    let (mark, style) = only.unwrap_or((" ", Style::new()));
    line.word(format!("{mark} "), style);
    line.space(label.indent.min(line.left()));
    let fold = if branch.is_open { "▾ " } else { "▸ " };
    line.word(fold, theme::QUIET);
    let is_muted = is_muted(app, branch);
    let style = if is_muted {
        theme::QUIET
    } else {
        theme::STRONG
    };
    let Some(columns) = columns else {
        return group(branch, label, is_muted, style, line);
    };
    let taken = label.indent + usize::from(INDENT);
    let room = columns.saturating_sub(taken);
    name(label, count(branch), room, style, line);
}

/// Returns the number of channels in a branch, as it follows the name.
pub(super) fn count(branch: &Branch) -> String {
    format!(" ({})", figures::short_count(branch.sums.channels))
}

/// Adds the name and the number of channels, in exactly `columns` columns.
fn name(label: &Label<'_>, count: String, columns: usize, style: Style, line: &mut LineBuilder) {
    let before = line.left();
    let room = columns.saturating_sub(count.len());
    line.text(label.within(room.max(1).min(columns)), style);
    if room >= 4 {
        line.word(count, theme::QUIET);
    }
    line.space(columns.saturating_sub(before - line.left()));
}

/// Adds a group of channels.
fn group(branch: &Branch, label: &Label<'_>, is_muted: bool, style: Style, line: &mut LineBuilder) {
    let channels = figures::counted(branch.sums.channels, "channel");
    let count = figures::short_count(branch.sums.channels);
    let forms = if is_muted {
        let muted = MUTED.words;
        [
            format!("{channels}, {muted}"),
            format!("{count}, {muted}"),
            muted.to_owned(),
        ]
    } else if branch.sums.messages == branch.sums.channels {
        [
            format!("{channels}, 1 message each"),
            format!("{count} × 1 message"),
            format!("{count} × 1"),
        ]
    } else {
        let messages = branch.sums.messages;
        let short = figures::short_count(messages);
        [
            format!("{channels}, {}", figures::counted(messages, "message")),
            format!("{channels}, {short}"),
            format!("{count}, {short}"),
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
