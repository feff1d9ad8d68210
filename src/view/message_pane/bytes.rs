//! The bytes of an open message: offset, hexadecimal bytes in groups of eight, characters.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::line::LineBuilder;
use super::super::theme;
use crate::app::Reader;
use crate::payload::hex;
use crate::payload::ranges::Ranges;

pub fn draw(reader: &Reader, area: Rect, buffer: &mut Buffer) {
    let columns = usize::from(area.width);
    let marks = Ranges::of(reader.marks());
    for row in 0..area.height {
        let line = reader.line + usize::from(row);
        let Some(range) = hex::row(reader.bytes(), line, columns) else {
            break;
        };
        let bytes = &reader.bytes()[range.clone()];
        let is_marked: Vec<bool> = (0..bytes.len())
            .map(|index| marks.from(range.start + index).covers_first())
            .collect();
        let width = hex::bytes_in_row(columns);
        row_of(range.start, bytes, &is_marked, width, columns).draw(
            area,
            row,
            Style::new(),
            buffer,
        );
    }
}

fn row_of(
    offset: usize,
    bytes: &[u8],
    is_marked: &[bool],
    width: usize,
    columns: usize,
) -> LineBuilder {
    let mut line = LineBuilder::new(columns);
    line.word(format!("{offset:08x}  "), theme::QUIET);
    let marked = bytes.iter().zip(is_marked).map(Some);
    let places = marked.chain(std::iter::repeat(None));
    for (index, place) in places.take(width).enumerate() {
        match place {
            Some((byte, is_marked)) => {
                line.word(format!("{byte:02x}"), style(*byte, *is_marked));
            }
            None => line.space(2),
        }
        let gap = if index % 8 == 7 { 2 } else { 1 };
        line.space(gap);
    }
    for (byte, is_marked) in bytes.iter().zip(is_marked) {
        line.word(hex::character(*byte).to_string(), style(*byte, *is_marked));
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
