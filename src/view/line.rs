//! Builds lines from parts, within a given number of columns.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::theme;
use crate::payload::escape::{self, Ends, Text};
use crate::payload::ranges::Ranges;

/// The number of columns of unchanged text to show before a change.
const LEAD: usize = 8;

/// Builds a line and tracks how many columns are left.
#[derive(Debug)]
pub struct LineBuilder {
    spans: Vec<Span<'static>>,
    columns: usize,
    left: usize,
}

impl LineBuilder {
    /// Creates an empty line of `columns` columns.
    pub fn new(columns: usize) -> Self {
        Self {
            spans: Vec::new(),
            columns,
            left: columns,
        }
    }

    /// Creates an empty line of `columns` columns with one column of padding on either side.
    pub fn padded(columns: usize) -> Self {
        let mut line = Self::new(columns.saturating_sub(1));
        line.space(1);
        line
    }

    /// Returns how many columns are left.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Returns how many columns are used.
    pub fn used(&self) -> usize {
        self.columns - self.left
    }

    /// Adds trusted text if all of it fits.
    pub fn word(&mut self, text: impl Into<String>, style: Style) {
        let text = text.into();
        if let Some(left) = self.left.checked_sub(text.width()) {
            self.left = left;
            self.spans.push(Span::styled(text, style));
        }
    }

    /// Adds the program's words, cut off at the end of the line. What they quote is escaped.
    pub fn words(&mut self, text: &str, style: Style) {
        self.text(escape::words(text, self.left), style);
    }

    /// Adds words as [`LineBuilder::words`] does. If they are cut off at the end of the line, they
    /// end in `…`.
    pub fn cut_words(&mut self, text: &str, style: Style) {
        self.words_within(self.left, text, style);
    }

    /// Adds words as [`LineBuilder::words`] does, within the next `columns`. If they are cut off,
    /// they end in `…`.
    pub fn words_within(&mut self, columns: usize, text: &str, style: Style) {
        let columns = columns.min(self.left);
        if columns > 0 {
            self.fit(columns, style, style, |columns| {
                escape::words(text, columns)
            });
        }
    }

    /// Adds untrusted bytes with their `marks` highlighted. If they are cut off at the end of the
    /// line, they end in `…`.
    pub fn cut_bytes(&mut self, bytes: &[u8], marks: Ranges<'_>, style: Style) {
        self.fit(self.left, style, theme::QUIET, |columns| {
            escape::one_line_marked(bytes, columns, marks)
        });
    }

    /// Adds the text that `text` returns for a width of `columns`. If the text is cut off, it ends
    /// in `…`, which has the style `cut`.
    fn fit(&mut self, columns: usize, style: Style, cut: Style, text: impl Fn(usize) -> Text) {
        let whole = text(columns);
        if whole.cut {
            self.text(text(columns.saturating_sub(1)), style);
            self.word("…", cut);
        } else {
            self.text(whole, style);
        }
    }

    /// Adds text made from untrusted bytes, highlighting its escapes and marks. It must fit.
    pub fn text(&mut self, text: Text, style: Style) {
        self.marked_text(text, style, theme::MATCH);
    }

    /// Adds text as [`LineBuilder::text`] does, with its marks in the style `marked`.
    pub fn marked_text(&mut self, text: Text, style: Style, marked: Style) {
        if text.escapes.is_empty() && text.marks.is_empty() {
            self.left = self.left.saturating_sub(text.columns);
            self.spans.push(Span::styled(text.string, style));
            return;
        }
        self.styled_text(&text, &[(text.string.len(), style)], marked);
    }

    /// Adds text in several styles: each entry of `styles` gives the end and the style of a part.
    pub fn styled_text(&mut self, text: &Text, styles: &[(usize, Style)], marked: Style) {
        self.left = self.left.saturating_sub(text.columns);
        let mut styles = styles.iter();
        let (mut edge, mut style) = styles.next().copied().unwrap_or_default();
        let mut start = 0;
        for part in text.parts() {
            let end = start + part.text.len();
            while start < end {
                while edge <= start
                    && let Some(next) = styles.next()
                {
                    (edge, style) = *next;
                }
                let stop = if edge > start { end.min(edge) } else { end };
                let shown = match (part.is_escape, part.is_marked) {
                    (false, false) => style,
                    (true, false) => style.patch(theme::ESCAPE),
                    (false, true) => style.patch(marked),
                    (true, true) => style.patch(theme::marked_escape(marked)),
                };
                let text = text.string[start..stop].to_owned();
                self.spans.push(Span::styled(text, shown));
                start = stop;
            }
        }
    }

    /// Adds untrusted bytes within the next `columns`. If not all fit, the part shown starts a
    /// little before the byte at `from`, with `…` at each end where something is left out.
    pub fn part(&mut self, bytes: &[u8], from: usize, columns: usize, style: Style) {
        let columns = columns.min(self.left);
        let whole = escape::one_line(bytes, columns);
        if !whole.cut {
            return self.text(whole, style);
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
        self.fit(room, style, theme::QUIET, |columns| {
            escape::part_of_line(&bytes[start..], columns, Ranges::default(), ends)
        });
    }

    /// Adds the content of another line. It must fit.
    pub fn append(&mut self, other: Self) {
        self.left = self.left.saturating_sub(other.used());
        self.spans.extend(other.spans);
    }

    /// Adds a name in exactly `columns` columns, padded with spaces or shortened.
    pub fn name(&mut self, name: &[u8], columns: usize, style: Style) {
        let columns = columns.min(self.left);
        self.padded_text(escape::name(name, columns), columns, style);
    }

    /// Adds text made from untrusted bytes in exactly `columns` columns, into which it must fit.
    pub fn padded_text(&mut self, text: Text, columns: usize, style: Style) {
        let pad = columns.min(self.left).saturating_sub(text.columns);
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

    /// Draws the line at `row` of `area`, with `style` over its whole width.
    pub fn draw(mut self, area: Rect, row: u16, style: Style, buffer: &mut Buffer) {
        let place = Rect::new(area.x, area.y + row, area.width, 1).intersection(area);
        if style.add_modifier.contains(Modifier::REVERSED) {
            // In a reversed line, foreground colours would become blocks of colour. Spans with a
            // background of their own keep theirs.
            for span in self.spans.iter_mut().filter(|span| span.style.bg.is_none()) {
                span.style.fg = None;
            }
        }
        if !style.add_modifier.is_empty() {
            // In a selected line, no text is dim.
            for span in &mut self.spans {
                span.style.add_modifier.remove(Modifier::DIM);
            }
        }
        buffer.set_style(place, style);
        let mut left = place;
        for span in &self.spans {
            let width = draw_span(span, left, buffer);
            left.x = left.x.saturating_add(width).min(place.right());
            left.width = place.right() - left.x;
        }
    }
}

/// Draws a span at the start of `place`. Returns its width. Most spans are printable ASCII, for
/// which there is no need to find grapheme clusters and their widths.
fn draw_span(span: &Span<'_>, place: Rect, buffer: &mut Buffer) -> u16 {
    let text = &*span.content;
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        span.render(place, buffer);
        return u16::try_from(span.width()).unwrap_or(u16::MAX);
    }
    for (x, at) in (place.left()..place.right()).zip(0..text.len()) {
        if let Some(cell) = buffer.cell_mut((x, place.y)) {
            cell.set_symbol(&text[at..=at]).set_style(span.style);
        }
    }
    u16::try_from(text.len()).unwrap_or(u16::MAX)
}

/// Draws the program's words at `row` of `area`. What they quote is escaped. If they are cut off,
/// they end in `…`.
pub fn draw_words(text: &str, style: Style, area: Rect, row: u16, buffer: &mut Buffer) {
    let mut line = LineBuilder::new(usize::from(area.width));
    line.cut_words(text, style);
    line.draw(area, row, Style::new(), buffer);
}

/// Returns the first of the `forms` that fits into `columns`.
pub fn fitting(forms: &[String], columns: usize) -> Option<&str> {
    let mut forms = forms.iter().map(String::as_str);
    forms.find(|words| words.width() <= columns)
}
