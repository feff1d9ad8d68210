//! The values of an open message, as a tree with folding.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::{OutlineRow, Page, Reader};
use crate::payload::ranges::Ranges;
use crate::payload::tree::{Key, Kind, Value};
use crate::payload::{escape, figures, rows};
use crate::query::Literal;
use crate::view::line::LineBuilder;
use crate::view::{frame, theme};

/// Maximum number of bytes of a name or string to search for matches to highlight.
const MOST_SOUGHT: usize = 4 << 10;

pub fn draw(reader: &Reader, page: &Page<'_>, has_focus: bool, area: Rect, buffer: &mut Buffer) {
    let painter = Painter { reader, page };
    for (row, place) in (0..area.height).zip(reader.outline.rows(page)) {
        let Some(value) = page.value(place.node) else {
            continue;
        };
        let is_selected = place.node == reader.outline.cursor;
        let style = frame::selection(is_selected, has_focus);
        painter.row(&value, place).draw(area, row, style, buffer);
    }
}

struct Painter<'a> {
    reader: &'a Reader,
    page: &'a Page<'a>,
}

impl Painter<'_> {
    fn row(&self, value: &Value<'_>, place: OutlineRow) -> LineBuilder {
        let mut line = LineBuilder::new(self.page.columns);
        let columns = self.page.columns_of(value);
        line.space(columns.indent);
        if place.offset > 0 {
            // Aligns the rest of the string with its first character, after the quote.
            let before = columns.indent + columns.text + 1;
            line.space(self.page.columns.saturating_sub(before));
            self.text_row(value, place.offset, &mut line);
            return line;
        }
        let outline = &self.reader.outline;
        let is_folded = outline.is_folded(value, self.page);
        let sign = match (value.count > 0 || self.page.is_long(value), is_folded) {
            (false, _) => "  ",
            (true, true) => "▸ ",
            (true, false) => "▾ ",
        };
        line.word(sign, theme::QUIET);
        self.name(value, columns.name, &mut line);
        self.content(value, is_folded, &mut line);
        line
    }

    fn name(&self, value: &Value<'_>, columns: usize, line: &mut LineBuilder) {
        match value.key {
            Key::None => return,
            Key::Index(index) => line.word(format!("[{index}]"), theme::QUIET),
            Key::Name(name) => {
                let marks = self.marks_in(name, self.page.tree.written(value.id).1, 0);
                let text = if name.is_empty() || escape::one_line(name, columns).cut {
                    escape::name(name, columns)
                } else {
                    escape::one_line_marked(name, columns, Ranges::of(&marks))
                };
                line.text(text, theme::FOCUS);
            }
            Key::Other(name) => line.text(escape::name(name, columns), theme::ESCAPE),
        }
        line.word(": ", theme::QUIET);
    }

    fn content(&self, value: &Value<'_>, is_folded: bool, line: &mut LineBuilder) {
        // If only part of the message is decoded, the values still open at the end of that part may
        // contain more.
        let cut = self.page.tree.cut_at();
        let end = self.page.tree.source(value.id).map(|range| range.end);
        let more = if cut.is_some() && cut == end { "+" } else { "" };
        let count = format!("{}{more}", figures::count(value.count as u64));
        match value.kind {
            Kind::Array => line.word(format!("[{count}]"), theme::QUIET),
            Kind::Object => line.word(format!("{{{count}}}"), theme::QUIET),
            Kind::String if self.page.is_long(value) && !is_folded => {
                line.word("\"", theme::GOOD);
                self.text_row(value, 0, line);
            }
            Kind::String => self.string(value, line),
            Kind::Bytes => bytes(value.text, line),
            Kind::Number => self.one_line(value, theme::WATCH, line),
            Kind::Tag | Kind::Null | Kind::Bool | Kind::Other => {
                self.one_line(value, theme::ESCAPE, line);
            }
        }
    }

    /// Adds a string on one line, with its size if it is cut off.
    fn string(&self, value: &Value<'_>, line: &mut LineBuilder) {
        line.word("\"", theme::GOOD);
        let marks = self.marks(value, 0);
        let marks = Ranges::of(&marks);
        let room = line.left().saturating_sub(1);
        let whole = escape::one_line_marked(value.text, room, marks);
        if !whole.cut {
            line.text(whole, theme::GOOD);
            line.word("\"", theme::GOOD);
            return;
        }
        let size = format!("… {}", figures::size(value.text.len() as u64));
        let room = line.left().saturating_sub(size.chars().count());
        let text = escape::one_line_marked(value.text, room, marks);
        line.text(text, theme::GOOD);
        line.word_at_end(&size, theme::QUIET);
    }

    /// Adds the row of a string that starts at `offset`, with the closing quote if the string ends
    /// in that row.
    fn text_row(&self, value: &Value<'_>, offset: usize, line: &mut LineBuilder) {
        let columns = self.page.columns_of(value).text;
        let marks = self.marks(value, offset);
        let mut rows = rows::rows_marked(value.text, columns, offset, Ranges::of(&marks));
        if let Some(row) = rows.next() {
            line.text(row.text, theme::GOOD);
            if row.next.is_none() {
                line.word("\"", theme::GOOD);
            }
        }
    }

    fn one_line(&self, value: &Value<'_>, style: Style, line: &mut LineBuilder) {
        let marks = self.marks(value, 0);
        line.cut_bytes(value.text, Ranges::of(&marks), style);
    }

    /// Returns the matches in the visible part of a value's text, which starts at `offset`.
    fn marks(&self, value: &Value<'_>, offset: usize) -> Vec<Range<usize>> {
        self.marks_in(value.text, self.page.tree.written(value.id).0, offset)
    }

    /// Returns the matches in the visible part of `text`, which starts at `offset`. `written` is
    /// the range of the text in the payload, if the payload contains it verbatim.
    fn marks_in(
        &self,
        text: &[u8],
        written: Option<Range<usize>>,
        offset: usize,
    ) -> Vec<Range<usize>> {
        if let Some(sought) = self.reader.search_text() {
            return sought_in(text, sought, offset);
        }
        let Some(written) = written else {
            return Vec::new();
        };
        let marks = self.reader.marks();
        let first = marks.partition_point(|mark| mark.end <= written.start);
        let inside = marks[first..].iter();
        let inside = inside.take_while(|mark| mark.start < written.end);
        let moved = inside.map(|mark| {
            let start = mark.start.max(written.start) - written.start;
            start..mark.end.min(written.end) - written.start
        });
        moved.collect()
    }
}

/// Returns the matches of `sought` in the visible part of `text`, which starts at `offset`.
fn sought_in(text: &[u8], sought: &Literal, offset: usize) -> Vec<Range<usize>> {
    // A match may start before the row and continue in it.
    let start = offset.saturating_sub(sought.text().len());
    let end = text.len().min(offset + MOST_SOUGHT);
    let found = sought.find_iter(&text[start..end]);
    found
        .map(|found| start + found.start..start + found.end)
        .collect()
}

fn bytes(text: &[u8], line: &mut LineBuilder) {
    line.word("h'", theme::ESCAPE);
    let size = format!(" {}", figures::size(text.len() as u64));
    // The closing quote and the `…` take a column each.
    let room = line.left().saturating_sub(size.chars().count() + 2) / 2;
    for byte in text.iter().take(room) {
        line.word(format!("{byte:02x}"), theme::ESCAPE);
    }
    if text.len() > room {
        line.word("…", theme::QUIET);
    }
    line.word("'", theme::ESCAPE);
    line.word(size, theme::QUIET);
}
