//! The bytes of an open message: the offset, the bytes in hexadecimal in groups of eight, and the
//! characters.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::Reader;
use crate::payload::hex;
use crate::payload::ranges::Ranges;
use crate::view::line::LineBuilder;
use crate::view::theme;

pub fn draw(reader: &Reader, area: Rect, buffer: &mut Buffer) {
    let columns = usize::from(area.width);
    let marks = Ranges::of(reader.marks());
    let rows = (reader.line..).map_while(|line| hex::row(reader.bytes(), line, columns));
    for (row, range) in (0..area.height).zip(rows) {
        let styled = range.clone().map(|index| {
            let byte = reader.bytes()[index];
            (byte, style(byte, marks.from(index).covers_first()))
        });
        let bytes: Vec<_> = styled.collect();
        row_of(range.start, &bytes, columns).draw(area, row, Style::new(), buffer);
    }
}

fn row_of(offset: usize, bytes: &[(u8, Style)], columns: usize) -> LineBuilder {
    let mut line = LineBuilder::new(columns);
    line.word(format!("{offset:08x}  "), theme::QUIET);
    for index in 0..hex::bytes_in_row(columns) {
        match bytes.get(index) {
            Some((byte, style)) => line.word(format!("{byte:02x}"), *style),
            None => line.space(2),
        }
        line.space(if index % 8 == 7 { 2 } else { 1 });
    }
    for (byte, style) in bytes {
        let character = hex::character(*byte);
        line.word(character.to_string(), *style);
    }
    line
}

fn style(byte: u8, is_marked: bool) -> Style {
    let style = match byte {
        0 => theme::QUIET,
        b' '..=b'~' => Style::new(),
        b'\t' | b'\n' | b'\r' => theme::GOOD,
        0x80.. => theme::WATCH,
        _ => theme::ESCAPE,
    };
    if is_marked {
        style.patch(theme::MATCH)
    } else {
        style
    }
}
