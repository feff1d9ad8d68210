//! Describes what has changed in a channel's value.

use ratatui::style::Style;

use super::comparer::News;
use crate::payload::change::{Change, Within};
use crate::payload::{escape, figures};
use crate::view::line::LineBuilder;
use crate::view::theme;

/// Spaces between two changes.
const GAP: usize = 2;

/// Maximum width, in columns, of the old and of the new value in a change within a payload.
const WITHIN: usize = 20;

/// Adds a description of what has changed, using the rest of the line.
pub(super) fn news(news: &News<'_>, is_fresh: bool, line: &mut LineBuilder) {
    let style = if is_fresh { theme::FLASH } else { Style::new() };
    match news {
        News::None => {}
        News::Vanished { old } => previous(old, 0, line),
        News::Appeared { why_not } => {
            line.word("← ", theme::QUIET);
            line.cut_words(why_not, theme::QUIET);
        }
        News::Differs => line.cut_words("changed", theme::QUIET),
        News::Size { old, new } if old == new => line.cut_words("same size", theme::QUIET),
        News::Size { old, new } => {
            line.cut_words(&figures::size(*old), theme::QUIET);
            line.cut_words(" → ", theme::QUIET);
            line.cut_words(&figures::size(*new), style);
        }
        News::Changed { old, change } => match change {
            Change::Same => line.cut_words("same", theme::QUIET),
            Change::Number(difference) => {
                line.cut_words(difference, style);
                line.word(" ", Style::new());
                previous(old, 0, line);
            }
            Change::Other { from, .. } => previous(old, *from, line),
            Change::Within { listed, more, .. } => within(listed, *more, style, line),
        },
    }
}

/// Adds the previous value.
fn previous(old: &[u8], from: usize, line: &mut LineBuilder) {
    if line.left() <= GAP {
        return;
    }
    line.word("← ", theme::QUIET);
    if old.is_empty() {
        line.cut_words("(empty)", theme::QUIET);
    }
    line.part(old, from, line.left(), theme::QUIET);
}

/// Adds as many changes within a payload as fit completely, but at least one, and the number of
/// changes left out.
fn within(listed: &[Within], more: usize, style: Style, line: &mut LineBuilder) {
    let mut left = listed.len() + more;
    for (index, one) in listed.iter().enumerate() {
        // Leaves room for the number of changes that do not fit.
        let rest = (left > 1).then(|| format!(" +{}", left - 1).len());
        let room = line.left().saturating_sub(rest.unwrap_or(0));
        let mut part = LineBuilder::new(room);
        if index > 0 {
            part.space(GAP);
        }
        let fits = change_within(one, style, &mut part);
        if index > 0 && !fits {
            break;
        }
        line.append(part);
        left -= 1;
    }
    if left > 0 {
        line.word(format!(" +{left}"), theme::QUIET);
    }
}

/// Adds a change within a payload. Returns whether its path and both values fit.
fn change_within(one: &Within, style: Style, line: &mut LineBuilder) -> bool {
    let sign = match (&one.old, &one.new) {
        (None, _) => "+",
        (_, None) => "−",
        _ => "",
    };
    line.word(sign, theme::QUIET);
    let path = escape::one_line(&one.path, line.left());
    let mut fits = !path.cut;
    line.text(path, theme::QUIET);
    line.word(" ", Style::new());
    let mut side = |bytes: &[u8], style: Style, line: &mut LineBuilder| {
        let text = escape::one_line(bytes, WITHIN);
        fits &= text.columns <= line.left();
        line.part(bytes, 0, WITHIN, style);
    };
    if let Some(old) = &one.old {
        side(old, theme::QUIET, line);
    }
    if one.old.is_some() && one.new.is_some() {
        line.word("→", theme::QUIET);
    }
    if let Some(new) = &one.new {
        side(new, style, line);
    }
    fits
}
