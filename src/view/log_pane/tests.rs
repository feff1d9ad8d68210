use std::cell::RefCell;
use std::iter;
use std::ops::Range;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::excerpt::{Excerpt, MARKED_FAR, MARKED_NEAR};
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
    let marks: Vec<_> = marks.into_iter().collect();
    whole(payload).draw(|_| marks.clone(), &mut line);
    line.draw(area, 0, style, &mut buffer);
    buffer
}

/// Returns an excerpt from the start of a payload.
fn whole(payload: &[u8]) -> Excerpt<'_> {
    Excerpt {
        payload,
        size: payload.len() as u64,
        is_head: false,
        columns_skipped: 0,
        own_colours: None,
        is_coloured: true,
        sought: None,
    }
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
    for (sought, expected) in [
        (None, vec![MARKED_NEAR]),
        (Some(MARKED_NEAR), vec![MARKED_NEAR]),
        (Some(MARKED_FAR), vec![MARKED_NEAR, MARKED_FAR]),
    ] {
        let searched = RefCell::new(Vec::new());
        let mut line = LineBuilder::new(40);
        let marks = |bytes: &[u8]| {
            searched.borrow_mut().push(bytes.len());
            Vec::new()
        };
        let excerpt = Excerpt {
            sought,
            ..whole(&payload)
        };
        excerpt.draw(marks, &mut line);
        assert_eq!(searched.into_inner(), expected);
    }
}

/// Returns the text of an excerpt of `columns` columns, with the matches in brackets.
fn excerpt(payload: &str, range: Range<usize>, skipped: usize, columns: u16) -> String {
    let area = Rect::new(0, 0, columns, 1);
    let mut buffer = Buffer::empty(area);
    let mut line = LineBuilder::new(usize::from(columns));
    let excerpt = Excerpt {
        columns_skipped: skipped,
        sought: (skipped == 0).then_some(MARKED_FAR),
        ..whole(payload.as_bytes())
    };
    excerpt.draw(|_| vec![range.clone()], &mut line);
    line.draw(area, 0, Style::new(), &mut buffer);
    let (symbols, marks) = (symbols(&buffer), marked(&buffer));
    let mut text = String::new();
    let mut was_marked = false;
    for (symbol, mark) in symbols.chars().zip(marks.chars().chain(iter::repeat(' '))) {
        let is_marked = mark == '^';
        if is_marked != was_marked {
            text.push(if is_marked { '[' } else { ']' });
        }
        was_marked = is_marked;
        text.push(symbol);
    }
    if was_marked {
        text.push(']');
    }
    text.trim_end().to_owned()
}

#[test]
fn a_match_beyond_the_end_moves_the_excerpt_and_marks_the_cut() {
    let text = "0123456789abcdefghijklmnopqrstuvwxyz";
    assert_eq!(excerpt(text, 2..4, 0, 24), "01[23]456789abcdefgh… 36 B");
    // The match is at the end, in the middle, or across the edge of the visible part.
    assert_eq!(excerpt(text, 34..36, 0, 24), "…defghijklmnopqrstuvwx[yz]");
    assert_eq!(excerpt(text, 20..22, 0, 24), "…cdefghij[kl]mnopqrs… 36 B");
    assert_eq!(excerpt(text, 17..19, 0, 24), "…9abcdefg[hi]jklmnop… 36 B");
    // A match that is longer than the row shows its start.
    assert_eq!(excerpt(text, 20..36, 0, 20), "…efghij[klmnopq]… 36 B");
    // If everything fits, the text does not move.
    assert_eq!(excerpt(text, 34..36, 0, 36).len(), 38);
    // Escapes before the match take more columns than bytes.
    let escapes = "\u{1}".repeat(40) + "here";
    assert_eq!(excerpt(&escapes, 40..44, 0, 20), "…\\x01[here]");
}

#[test]
fn scrolled_rows_mark_what_is_cut_at_either_end() {
    let text = "0123456789abcdefghijklmnopqrstuvwxyz";
    assert_eq!(excerpt(text, 0..2, 8, 20), "…89abcdefghijk… 36 B");
    assert_eq!(excerpt(text, 10..12, 8, 20), "…89[ab]cdefghijk… 36 B");
    assert_eq!(excerpt(text, 0..2, 30, 20), "…uvwxyz");
    assert_eq!(excerpt(text, 0..2, 36, 20), "…");
    assert_eq!(excerpt(text, 0..2, 99, 20), "…");
    assert_eq!(excerpt("é你好x", 0..1, 2, 20), "…你 好 x");
}
