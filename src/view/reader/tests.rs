#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::ops::Range;

use ratatui::style::{Color, Modifier};

use super::*;
use crate::message::{RowId, Time};

/// The rows of an open message's text, and a `^` under each cell that is drawn as a match.
fn drawn(
    payload: &str,
    marks: impl IntoIterator<Item = Range<usize>>,
    size: (u16, u16),
) -> Vec<(String, String)> {
    let buffer = buffer(payload, marks, size);
    let rows = buffer.content.chunks(usize::from(size.0)).map(|row| {
        let text: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        let marks = row.iter().map(|cell| {
            let is_marked = cell.modifier.contains(Modifier::UNDERLINED);
            if is_marked { '^' } else { ' ' }
        });
        let marks: String = marks.collect();
        (text.trim_end().to_owned(), marks.trim_end().to_owned())
    });
    rows.filter(|row| !row.0.is_empty()).collect()
}

fn buffer(
    payload: &str,
    marks: impl IntoIterator<Item = Range<usize>>,
    size: (u16, u16),
) -> Buffer {
    let mut open = Reader::open(Letter {
        row: RowId(0),
        time: Time(0),
        channel: Some(b"c".as_slice().into()),
        topics: Vec::new(),
        size: payload.len() as u64,
        payload: payload.as_bytes().to_vec().into(),
    });
    open.set_marks(marks.into_iter().collect());
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buffer = Buffer::empty(area);
    match open.json() {
        Some((document, line, start)) => json(&open, document, (line, start), area, &mut buffer),
        None => plain(&open, area, &mut buffer),
    }
    buffer
}

fn rows(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |row: &(&str, &str)| (row.0.to_owned(), row.1.to_owned());
    expected.iter().map(owned).collect()
}

#[test]
fn a_match_goes_on_over_the_rows_of_a_text() {
    assert_eq!(
        drawn(
            "one two\nthree\n\nfo\u{1b}r",
            [4..11, 16..17, 17..18],
            (6, 9)
        ),
        rows(&[
            ("one tw", "    ^^"),
            ("o", "^"),
            ("three", "^^^"),
            ("fo\\x1b", " ^^^^^"),
            ("r", ""),
        ])
    );
}

#[test]
fn what_is_too_wide_for_a_row_is_marked_by_the_sign_in_its_place() {
    assert_eq!(
        drawn("a你b你", Some(2..3), (1, 9)),
        rows(&[("a", ""), ("…", "^"), ("b", ""), ("…", "")])
    );
}

#[test]
fn a_match_goes_on_over_the_lines_of_indented_json() {
    let payload = r#"{"key":"a你", "n":[10,2]}"#;
    let from = payload.find("y\"").unwrap();
    let to = payload.find("0,2").unwrap() + 1;
    assert_eq!(
        drawn(payload, Some(from..to), (15, 9)),
        rows(&[
            ("{", ""),
            ("  \"key\": \"a你 \",", "     ^^^^^^^ ^^"),
            ("  \"n\": [", "  ^^^^^^"),
            ("    10,", "    ^^"),
            ("    2", ""),
            ("  ]", ""),
            ("}", ""),
        ])
    );
}

#[test]
fn a_match_goes_on_over_the_rows_of_a_long_json_string() {
    let payload = r#"["abcdefghijkl"]"#;
    assert_eq!(
        drawn(payload, Some(5..12), (8, 9)),
        rows(&[
            ("[", ""),
            ("  \"abcde", "      ^^"),
            ("    fghi", "    ^^^^"),
            ("    jkl\"", "    ^"),
            ("]", ""),
        ])
    );
}

#[test]
fn the_space_behind_a_colon_is_marked_only_between_what_is() {
    let payload = r#"{"a":1}"#;
    let under = |range: Range<usize>| drawn(payload, Some(range), (9, 9))[1].1.clone();
    assert_eq!(drawn(payload, None, (9, 9))[1].0, "  \"a\": 1");
    assert_eq!(under(4..5), "     ^");
    assert_eq!(under(5..6), "       ^");
    assert_eq!(under(4..6), "     ^^^");
    assert_eq!(under(1..5), "  ^^^^");
}

#[test]
fn a_token_keeps_its_colour_beside_a_match() {
    let buffer = buffer("[\"ab\"]", Some(2..3), (9, 3));
    let look = |x| (buffer[(x, 1)].fg, buffer[(x, 1)].bg);
    assert_eq!(look(2), (Color::Green, Color::Reset));
    assert_eq!(look(3), (Color::Black, Color::Yellow));
    assert_eq!(look(4), (Color::Green, Color::Reset));
}
