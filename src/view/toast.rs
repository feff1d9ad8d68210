//! A toast: a short message on the hint line, and on the line above it if it is long.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget as _};

use super::line::draw_words;
use super::theme;
use crate::app::{Toast, padded};
use crate::payload::escape;

/// Separates the message from its remedy, which is never cut.
const REMEDY: &str = " · ";

/// Draws a toast in the last line of `area` and, if it is long, also in the line above.
pub(super) fn draw(toast: &Toast, area: Rect, buffer: &mut Buffer) {
    let style = if toast.is_error {
        theme::BAD
    } else {
        theme::WATCH
    };
    let columns = usize::from(area.width).saturating_sub(2);
    let (first, rest) = break_line(&toast.text, columns);
    let lines = match rest {
        Some(rest) if area.height > 1 => vec![first.to_owned(), fitted(rest, columns)],
        _ => vec![fitted(&toast.text, columns)],
    };
    for (row, text) in area.rows().rev().zip(lines.iter().rev()) {
        Clear.render(row, buffer);
        draw_words(text, style, padded(row), 0, buffer);
    }
}

/// Breaks `text` after the last word that fits into `columns`. The rest is `None` if everything
/// fits.
fn break_line(text: &str, columns: usize) -> (&str, Option<&str>) {
    let fitting = escape::words(text, columns);
    if !fitting.cut {
        return (text, None);
    }
    let end = escape::truncated(text, fitting.consumed).len();
    // A space right after the cut also ends a word.
    let blanks = text.match_indices(' ').map(|(at, _)| at);
    match blanks.take_while(|at| *at <= end).last() {
        Some(at) if at > 0 => (&text[..at], Some(&text[at + 1..])),
        _ => (&text[..end], Some(&text[end..])),
    }
}

/// Fits `text` into `columns`. If it is too long, the part before the remedy is shortened.
fn fitted(text: &str, columns: usize) -> String {
    if !escape::words(text, columns).cut {
        return text.to_owned();
    }
    let Some(at) = text.rfind(REMEDY) else {
        return text.to_owned();
    };
    let (what, remedy) = text.split_at(at);
    let kept = escape::words(remedy, usize::MAX).columns + 1;
    match columns.checked_sub(kept) {
        Some(columns) => format!("{}…{remedy}", escape::words(what, columns).string),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "a text of some words, too many for a line · Z undoes it";

    #[test]
    fn a_long_text_breaks_between_words() {
        assert_eq!(break_line("a text", 6), ("a text", None));
        assert_eq!(break_line("a text", 5), ("a", Some("text")));
        assert_eq!(break_line("a text of", 6), ("a text", Some("of")));
        assert_eq!(break_line("wordswords", 5), ("words", Some("words")));
    }

    #[test]
    fn a_shortened_text_keeps_its_remedy() {
        assert_eq!(fitted(LONG, 80), LONG);
        assert_eq!(fitted(LONG, 25), "a text of … · Z undoes it");
        assert_eq!(fitted(LONG, 16), "a… · Z undoes it");
        assert_eq!(fitted(LONG, 10), LONG);
    }
}
