//! Builds lines from parts, within a given number of columns.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::theme;
use crate::payload::escape::{self, Ends, Text};
use crate::payload::ranges::Ranges;

/// The columns of unchanged text shown before a change.
const LEAD: usize = 8;

/// Builds a line and tracks how many columns are left.
#[derive(Debug)]
pub struct LineBuilder {
    spans: Vec<Span<'static>>,
    left: usize,
}

impl LineBuilder {
    /// Creates an empty line of `columns` columns.
    pub fn new(columns: usize) -> Self {
        Self {
            spans: Vec::new(),
            left: columns,
        }
    }

    /// Creates an empty line of `columns` columns, with one column of padding on either side.
    pub fn padded(columns: usize) -> Self {
        let mut line = Self::new(columns.saturating_sub(1));
        line.space(1);
        line
    }

    /// Returns how many columns are left.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Adds trusted text if all of it fits. Returns whether it did.
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

    /// Adds trusted text, cut at the end of the line.
    pub fn words(&mut self, text: &str, style: Style) {
        self.text(escape::words(text, self.left), style);
    }

    /// Adds trusted text. If it is cut at the end of the line, a `…` shows it.
    pub fn cut_words(&mut self, text: &str, style: Style) {
        self.words_within(self.left, text, style);
    }

    /// Adds trusted text within the next `columns`. If it is cut, a `…` shows it.
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

    /// Adds text made from untrusted bytes, with its escapes and marks highlighted. It must fit.
    pub fn text(&mut self, text: Text, style: Style) {
        self.marked_text(text, style, theme::MATCH);
    }

    /// Adds text as [`LineBuilder::text`] does, with `marked` as the style of the marks.
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

    /// Adds untrusted bytes within the next `columns`. If they do not fit, the part shown starts a
    /// little before the byte at `from`; a `…` shows what is cut.
    pub fn part(&mut self, bytes: &[u8], from: usize, columns: usize, style: Style) {
        let columns = columns.min(self.left);
        let whole = escape::one_line(bytes, columns);
        if !whole.cut {
            self.text(whole, style);
            return;
        }
        let start = escape::char_start(bytes, from.saturating_sub(LEAD));
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

    /// Adds the content of another line that takes `columns` columns. It must fit.
    pub fn append(&mut self, other: Self, columns: usize) {
        self.left = self.left.saturating_sub(columns);
        self.spans.extend(other.spans);
    }

    /// Adds untrusted bytes in exactly `columns`: padded with spaces, or cut with a mark.
    pub fn name(&mut self, name: &[u8], columns: usize, style: Style) {
        let columns = columns.min(self.left);
        let text = escape::name(name, columns);
        let pad = columns - text.columns;
        self.text(text, style);
        self.space(pad);
    }

    /// Adds as many spaces as fit, up to `columns`.
    pub fn space(&mut self, columns: usize) {
        let columns = columns.min(self.left);
        self.left -= columns;
        self.spans.push(Span::raw(" ".repeat(columns)));
    }

    /// Adds trusted text at the right end, if it fits.
    pub fn word_at_end(&mut self, text: &str, style: Style) {
        let columns = text.width();
        if columns <= self.left {
            self.space(self.left - columns);
            self.word(text, style);
        }
    }

    /// Returns the finished line.
    pub fn build(self) -> Line<'static> {
        Line::from(self.spans)
    }

    /// Draws the line at `row` of `area`, over its whole width in `style`.
    pub fn draw(mut self, area: Rect, row: u16, style: Style, buffer: &mut Buffer) {
        let place = Rect {
            y: area.y + row,
            height: 1,
            ..area
        }
        .intersection(area);
        if style.add_modifier.contains(Modifier::REVERSED) {
            // In a reversed line, foreground colours would become blocks of colour. Spans with a
            // background of their own keep theirs.
            let plain = self.spans.iter_mut().filter(|span| span.style.bg.is_none());
            plain.for_each(|span| span.style.fg = None);
        }
        if !style.add_modifier.is_empty() {
            // Text that is dim elsewhere is part of the selection here.
            let quiet = self.spans.iter_mut();
            quiet.for_each(|span| span.style.add_modifier.remove(Modifier::DIM));
        }
        buffer.set_style(place, style);
        self.build().render(place, buffer);
    }
}
