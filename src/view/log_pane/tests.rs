use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::*;

/// Draws a payload on a line of `columns` in `style`.
fn drawn(
    payload: &[u8],
    marks: impl IntoIterator<Item = Range<usize>>,
    columns: u16,
    style: Style,
) -> Buffer {
    let area = Rect::new(0, 0, columns, 1);
    let mut buffer = Buffer::empty(area);
    let mut line = LineBuilder::new(usize::from(columns));
    let whole = (payload, payload.len() as u64);
    message(whole, |_| marks.into_iter().collect(), &mut line);
    line.draw(area, 0, style, &mut buffer);
    buffer
}

fn symbols(buffer: &Buffer) -> String {
    buffer.content.iter().map(Cell::symbol).collect()
}

/// Returns a `^` under every cell drawn as a match, which is underlined. The second cell of a wide
/// character is drawn with the first.
fn marked(buffer: &Buffer) -> String {
    let is_marked = |cell: &Cell| cell.modifier.contains(Modifier::UNDERLINED);
    let cells = buffer.content.iter();
    let under = cells.map(|cell| if is_marked(cell) { '^' } else { ' ' });
    under.collect::<String>().trim_end().to_owned()
}

#[test]
fn only_the_cells_of_matched_bytes_are_marked() {
    let payload = "ab\t你c\x1bd\u{202e}e\u{301}f".as_bytes();
    let expected = "ab\\t你 c\\x1bd\\u{202e}e\u{301}f";
    for (range, under) in [
        (0..1, "^"),
        (1..2, " ^"),
        (2..3, "  ^^"),
        (3..6, "    ^"),
        (4..5, "    ^"),
        (6..7, "      ^"),
        (7..8, "       ^^^^"),
        (8..9, "           ^"),
        (10..11, "            ^^^^^^^^"),
        (13..14, "                    ^"),
        (14..15, "                    ^"),
        (15..16, "                     ^"),
        (1..9, " ^^^^ ^^^^^^"),
        (0..16, "^^^^^ ^^^^^^^^^^^^^^^^"),
        (16..99, ""),
    ] {
        for style in [Style::new(), theme::SELECTED, theme::SELECTED_QUIETLY] {
            let buffer = drawn(payload, Some(range.clone()), 30, style);
            assert_eq!(symbols(&buffer).trim_end(), expected);
            assert_eq!(marked(&buffer), under, "{range:?} {style:?}");
        }
    }
}

#[test]
fn a_match_looks_the_same_whether_or_not_its_row_is_selected() {
    for style in [Style::new(), theme::SELECTED, theme::SELECTED_QUIETLY] {
        let buffer = drawn(b"abc\x00", Some(1..4), 9, style);
        for (x, background) in [(1, Color::Yellow), (2, Color::Yellow), (3, Color::Magenta)] {
            let cell = &buffer[(x, 0)];
            let look = (cell.fg, cell.bg, cell.modifier);
            assert_eq!(look, (Color::Black, background, Modifier::UNDERLINED));
        }
    }
}

#[test]
fn a_selected_row_is_a_bar_without_colours_around_its_matches() {
    let buffer = drawn(b"ab\x00c", Some(1..2), 9, theme::SELECTED);
    for x in [0, 2, 3, 4, 8] {
        let cell = &buffer[(x, 0)];
        let look = (cell.fg, cell.bg, cell.modifier);
        let bar = (Color::Reset, Color::Reset, Modifier::REVERSED);
        assert_eq!(look, bar, "column {x}");
    }
    let empty = drawn(b"", None, 12, theme::SELECTED);
    let is_reversed = |cell: &Cell| cell.modifier == Modifier::REVERSED;
    assert!(empty.content.iter().all(is_reversed));
}

#[test]
fn a_row_cut_off_is_marked_up_to_the_cut() {
    let buffer = drawn(b"0123456789abcdefghij", Some(8..12), 16, Style::new());
    assert_eq!(symbols(&buffer), "0123456789… 20 B");
    assert_eq!(marked(&buffer), "        ^^");
    let beyond = drawn(b"0123456789abcdefghij", Some(12..14), 16, Style::new());
    assert_eq!(symbols(&beyond), symbols(&buffer));
    assert_eq!(marked(&beyond), "");
}

#[test]
fn only_the_start_of_a_long_payload_is_searched() {
    let payload = vec![b'x'; 1 << 20];
    let mut searched = 0;
    let mut line = LineBuilder::new(40);
    let marks = |bytes: &[u8]| {
        searched = bytes.len();
        Vec::new()
    };
    message((&payload, payload.len() as u64), marks, &mut line);
    assert_eq!(searched, MARKED_WHOLE);
}
