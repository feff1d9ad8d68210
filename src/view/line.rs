//! Lines put together from parts, within a given number of columns.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::theme;
use crate::payload::escape::{self, Ends, Text};
use crate::payload::ranges::Ranges;

/// Columns of what has changed that are shown before it.
const LEAD: usize = 8;

/// A line that knows how many columns are left of it.
#[derive(Debug)]
pub struct LineBuilder {
    spans: Vec<Span<'static>>,
    left: usize,
}

impl LineBuilder {
    /// An empty line of `columns`.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        Self {
            spans: Vec::new(),
            left: columns,
        }
    }

    /// An empty line of `columns`, of which one at either side stays free.
    #[must_use]
    pub fn padded(columns: usize) -> Self {
        let mut line = Self::new(columns.saturating_sub(1));
        line.space(1);
        line
    }

    /// How many columns are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }

    /// Adds words of our own, if they fit whole. Says whether they did.
    pub fn word(&mut self, text: impl Into<String>, style: Style) -> bool {
        let text = text.into();
        let columns = text.width();
        let fits = columns <= self.left;
        if fits {
            self.left -= columns;
            self.spans.push(Span::styled(text, style));
        }
        fits
    }

    /// Adds words of our own, cut where the line ends.
    pub fn words(&mut self, text: &str, style: Style) {
        self.text(escape::words(text, self.left), style);
    }

    /// Adds words of our own; where the line ends too soon they are cut, and a `…` says so.
    pub fn cut_words(&mut self, text: &str, style: Style) {
        self.words_within(self.left, text, style);
    }

    /// The same, within the next `columns`.
    pub fn words_within(&mut self, columns: usize, text: &str, style: Style) {
        let columns = columns.min(self.left);
        let whole = escape::words(text, columns);
        if !whole.cut {
            self.text(whole, style);
        } else if columns > 0 {
            self.text(escape::words(text, columns - 1), style);
            self.word("…", style);
        }
    }

    /// Adds text made from untrusted bytes, its escapes and marks set apart. It must fit.
    pub fn text(&mut self, text: Text, style: Style) {
        self.marked_text(text, style, theme::MATCH);
    }

    /// The same, with the marks in a style of their own.
    pub fn marked_text(&mut self, text: Text, style: Style, marked: Style) {
        self.left = self.left.saturating_sub(text.columns);
        if text.escapes.is_empty() && text.marks.is_empty() {
            self.spans.push(Span::styled(text.string, style));
            return;
        }
        for part in text.parts() {
            let style = match (part.is_escape, part.is_marked) {
                (false, false) => style,
                (true, false) => style.patch(theme::ESCAPE),
                (false, true) => style.patch(marked),
                (true, true) => style.patch(theme::marked_escape(marked)),
            };
            self.spans.push(Span::styled(part.text.to_owned(), style));
        }
    }

    /// Adds untrusted bytes within the next `columns`, if they do not fit whole from a little before
    /// the byte at `from` on; a `…` says what is cut.
    pub fn part(&mut self, bytes: &[u8], from: usize, columns: usize, style: Style) {
        let columns = columns.min(self.left);
        let whole = escape::one_line(bytes, columns);
        if !whole.cut {
            self.text(whole, style);
            return;
        }
        let mut start = from.saturating_sub(LEAD);
        while start > 0 && bytes.get(start).is_some_and(|byte| byte & 0xc0 == 0x80) {
            start -= 1;
        }
        let mut room = columns;
        if start > 0 {
            self.word("…", theme::QUIET);
            room = room.saturating_sub(1);
        }
        let ends = Ends {
            start: start == 0,
            end: true,
        };
        let line = |room| escape::part_of_line(&bytes[start..], room, Ranges::default(), ends);
        let rest = line(room);
        if rest.cut {
            self.text(line(room.saturating_sub(1)), style);
            self.word("…", theme::QUIET);
        } else {
            self.text(rest, style);
        }
    }

    /// Adds what another line holds, cut where this one ends: it must fit.
    pub fn append(&mut self, other: Self, columns: usize) {
        self.left = self.left.saturating_sub(columns);
        self.spans.extend(other.spans);
    }

    /// Adds untrusted bytes in exactly `columns`, padded with spaces, a long name cut with a mark.
    pub fn name(&mut self, name: &[u8], columns: usize, style: Style) {
        let columns = columns.min(self.left);
        let text = escape::name(name, columns);
        let pad = columns - text.columns;
        self.text(text, style);
        self.space(pad);
    }

    /// Adds spaces, as many as fit.
    pub fn space(&mut self, columns: usize) {
        let columns = columns.min(self.left);
        self.left -= columns;
        self.spans.push(Span::raw(" ".repeat(columns)));
    }

    /// Adds words of our own at the right end, if they fit.
    pub fn word_at_end(&mut self, text: &str, style: Style) {
        let columns = text.width();
        if columns <= self.left {
            self.space(self.left - columns);
            self.word(text, style);
        }
    }

    /// The line.
    #[must_use]
    pub fn build(self) -> Line<'static> {
        Line::from(self.spans)
    }

    /// Draws the line at the `row` of `area`, over its whole width in `style`.
    pub fn draw(mut self, area: Rect, row: u16, style: Style, buffer: &mut Buffer) {
        let place = Rect {
            y: area.y + row,
            height: 1,
            ..area
        }
        .intersection(area);
        if style.add_modifier.contains(Modifier::REVERSED) {
            // Colours under a reversed line would be blocks of colour. What has a background of
            // its own keeps it.
            let plain = self.spans.iter_mut().filter(|span| span.style.bg.is_none());
            plain.for_each(|span| span.style.fg = None);
        }
        if !style.add_modifier.is_empty() {
            // What is quiet elsewhere is part of the selection here.
            let quiet = self.spans.iter_mut();
            quiet.for_each(|span| span.style.add_modifier.remove(Modifier::DIM));
        }
        buffer.set_style(place, style);
        self.build().render(place, buffer);
    }
}
