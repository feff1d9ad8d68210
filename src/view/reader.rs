//! An open message: what it is in three lines, and its text below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::line::LineBuilder;
use super::{frame, theme};
use crate::app::{Areas, Letter, MAX_MARKED, Reader, inside, padded, topic_words};
use crate::message::Topic;
use crate::payload::figures::{self, Clock, Zone};
use crate::payload::ranges::Ranges;
use crate::payload::{escape, rows};
use crate::query::MOST_MARKS;

pub(super) fn draw(open: &Reader, zone: Zone, areas: &Areas, accent: Style, buffer: &mut Buffer) {
    let area = areas.overlay;
    Clear.render(area, buffer);
    let title = if open.letter().channel.is_some() {
        " Message "
    } else {
        " Notice "
    };
    let room = usize::from(area.width.saturating_sub(4));
    let room = room.saturating_sub(title.width());
    let forms = standing(open);
    let fitting = forms.iter().find(|words| words.width() <= room);
    let words = fitting.map_or("", String::as_str);
    frame::draw(area, Some(accent), title, (words, theme::QUIET), buffer);
    header(open.letter(), zone, padded(inside(area)), buffer);
    let text = areas.reader_text();
    plain(open, text, buffer);
    sign(open, text, buffer);
}

/// At which match the person is, of how many, and how the text is laid out; the longest form first.
fn standing(open: &Reader) -> Vec<String> {
    let form = "as it came";
    let Some(current) = open.current_mark() else {
        return vec![format!(" {form} ")];
    };
    let current = figures::count(current as u64 + 1);
    let count = open.marks().len();
    let more = if count < MOST_MARKS { "" } else { "+" };
    let (of, plural) = match count {
        1 => (String::new(), ""),
        _ => (format!("{current} of "), "es"),
    };
    let count = figures::count(count as u64);
    let part = if open.letter().payload.len() > MAX_MARKED {
        " in the first 4 MiB"
    } else {
        ""
    };
    vec![
        format!(" {of}{count}{more} match{plural}{part} · {form} "),
        format!(" {of}{count}{more} match{plural}{part} "),
        format!(" {of}{count}{more} match{plural} "),
        format!(" {current}/{count}{more} "),
    ]
}

/// Shows in the margin where the match is that the person is at.
fn sign(open: &Reader, text: Rect, buffer: &mut Buffer) {
    let (columns, height) = (usize::from(text.width), usize::from(text.height));
    let row = open.row_of_mark(columns, height);
    let row = row.and_then(|row| u16::try_from(row).ok());
    if let Some((row, x)) = row.zip(text.x.checked_sub(1))
        && let Some(cell) = buffer.cell_mut((x, text.y + row))
    {
        cell.set_symbol(theme::FOUND).set_style(theme::WATCH);
    }
}

fn header(letter: &Letter, zone: Zone, area: Rect, buffer: &mut Buffer) {
    let columns = usize::from(area.width);
    let size = figures::size(letter.size);
    let bytes = figures::count(letter.size);
    let time = Clock::new(zone).date_and_time(letter.time);
    let mut first = LineBuilder::new(columns);
    if let Some(name) = &letter.channel {
        first.text(
            escape::name(name, columns),
            theme::channel(name).patch(theme::STRONG),
        );
    }
    first.draw(area, 0, Style::new(), buffer);
    let mut second = LineBuilder::new(columns);
    let figures = if letter.is_cut() {
        let kept = figures::size(letter.payload.len() as u64);
        format!("the first {kept} of {size} ({bytes} B) were kept")
    } else if letter.size < 1024 {
        size
    } else {
        format!("{size} ({bytes} B)")
    };
    second.cut_words(&format!("{time} · {figures}"), theme::QUIET);
    second.draw(area, 1, Style::new(), buffer);
    let mut third = LineBuilder::new(columns);
    third.cut_words(&via(&letter.topics), theme::QUIET);
    third.draw(area, 2, Style::new(), buffer);
}

fn via(topics: &[Topic]) -> String {
    let names: Vec<String> = topics.iter().map(topic_words).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!("brought by {one}"),
        several => format!(
            "brought by {} subscriptions: {}",
            several.len(),
            several.join(", ")
        ),
    }
}

fn plain(open: &Reader, area: Rect, buffer: &mut Buffer) {
    let payload = &open.letter().payload;
    let columns = usize::from(area.width);
    if payload.is_empty() {
        let mut line = LineBuilder::new(columns);
        line.words("(empty)", theme::QUIET);
        line.draw(area, 0, Style::new(), buffer);
        return;
    }
    let rows = rows::rows(payload, columns, open.offset()).marked(Ranges::of(open.marks()));
    for (row, content) in (0..area.height).zip(rows) {
        let mut line = LineBuilder::new(columns);
        line.text(content.text, Style::new());
        line.draw(area, row, Style::new(), buffer);
    }
}
