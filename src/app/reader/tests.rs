#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use super::*;
use crate::payload::ranges::Ranges;

const HEIGHT: usize = 5;

fn open(payload: &str) -> Reader {
    Reader::open(Letter {
        row: RowId(0),
        time: Time(0),
        channel: None,
        topics: Vec::new(),
        payload: payload.as_bytes().to_vec().into(),
        size: payload.len() as u64,
    })
}

/// Lines shorter and much longer than a row, with what is wide or escaped where rows break.
fn mixed() -> Reader {
    let long = "ab 你\u{202e}é\\n".repeat(60);
    let reader = open(&format!(
        "{{\"a\":[1,2,{{\"{long}\":\"{long}\"}}],\"b\":\"{long}\",\"c\":{{}}}}"
    ));
    assert!(reader.json().is_some());
    reader
}

/// Every place from the start to the end, row by row.
fn places(reader: &mut Reader, columns: usize) -> Vec<(usize, usize)> {
    reader.go_to_start();
    let mut places = vec![reader.place()];
    loop {
        reader.forward(columns, HEIGHT, 1);
        if places.last() == Some(&reader.place()) {
            return places;
        }
        places.push(reader.place());
    }
}

#[test]
fn every_row_but_those_of_the_last_screen_comes_to_the_top_once() {
    let mut reader = mixed();
    for columns in [1, 2, 7, 30, 200] {
        let Some((document, ..)) = reader.json() else {
            panic!("it is JSON");
        };
        let payload = &reader.letter().payload;
        let mut expected: Vec<_> = (0..document.len())
            .flat_map(|line| {
                let rows = document.rows(line, payload, columns, usize::MAX).len();
                (0..rows).map(move |row| (line, row))
            })
            .collect();
        expected.truncate(expected.len() + 1 - HEIGHT);
        assert_eq!(places(&mut reader, columns), expected, "{columns} columns");
    }
}

#[test]
fn a_page_is_as_many_lines_on_and_back() {
    let mut reader = mixed();
    for columns in [1, 2, 7, 30, 200] {
        let places = places(&mut reader, columns);
        let last = places.len() - 1;
        for page in [1, HEIGHT - 1, HEIGHT, 3 * HEIGHT + 1] {
            reader.go_to_start();
            let mut at = 0;
            while at < last {
                reader.forward(columns, HEIGHT, page);
                at = (at + page).min(last);
                assert_eq!(reader.place(), places[at], "{columns} columns by {page}");
            }
            reader.go_to_end(columns, HEIGHT);
            assert_eq!(reader.place(), places[last]);
            while at > 0 {
                reader.back(columns, page);
                at = at.saturating_sub(page);
                assert_eq!(reader.place(), places[at], "{columns} columns back {page}");
            }
            assert!(reader.is_at_start());
        }
    }
}

#[test]
fn what_is_at_the_top_is_that_row_of_the_line() {
    let mut reader = mixed();
    for columns in [1, 2, 7, 30, 200] {
        for _ in places(&mut reader, columns) {
            let (_, row) = reader.place();
            let payload = &reader.letter().payload;
            let Some((document, line, start)) = reader.json() else {
                panic!("it is JSON");
            };
            let mut rows = document.rows(line, payload, columns, row + HEIGHT);
            assert_eq!(
                document.rows_from(line, start, payload, columns, HEIGHT, Ranges::default()),
                rows.split_off(row),
                "{columns} columns"
            );
            reader.back(columns, 1);
        }
        assert!(reader.is_at_start());
    }
}

#[test]
fn what_fits_whole_does_not_move() {
    let mut reader = open("{\"a\":1}");
    reader.forward(80, HEIGHT, usize::MAX);
    assert!(reader.is_at_start());
    reader.go_to_end(80, HEIGHT);
    assert!(reader.is_at_start());
}

/// The rows of the whole payload: what [`Reader::place`] says of each at the top, and its first
/// byte.
fn all_rows(reader: &Reader, columns: usize) -> Vec<((usize, usize), usize)> {
    let payload = &reader.letter().payload;
    let Some((document, ..)) = reader.json() else {
        let rows = rows::rows(payload, columns, 0);
        return rows.map(|row| ((row.start, 0), row.start)).collect();
    };
    let rows = (0..document.len()).flat_map(|line| {
        let starts = all_starts(document, payload, columns, line);
        let rows = starts.into_iter().enumerate();
        rows.map(move |(row, start)| ((line, row), document.byte_at(line, start)))
    });
    rows.collect()
}

#[test]
fn every_match_comes_into_view_with_rows_above_it_whatever_was_shown_before() {
    let text = open(&"ab 你\u{202e}é\n\n".repeat(60));
    for mut reader in [mixed(), text] {
        let length = reader.letter().payload.len();
        for columns in [1, 7, 30, 200] {
            let rows = all_rows(&reader, columns);
            let row_of = |byte: usize| rows.iter().rposition(|row| row.1 <= byte).unwrap();
            let last_top = rows.len().saturating_sub(HEIGHT);
            let top_of = |reader: &Reader| {
                let place = reader.place();
                rows.iter().position(|row| row.0 == place).unwrap()
            };
            // Far ahead, far back, and by little steps of either kind.
            let jumps = (0..length).map(|step| step * 37 % length).chain(0..length);
            reader.set_marks((0..length).map(|byte| byte..byte + 1).collect());
            reader.go_to_start();
            for byte in jumps {
                let before = top_of(&reader);
                reader.show(byte, columns, HEIGHT);
                let (row, top) = (row_of(byte), top_of(&reader));
                let was_in_view = (before..before + HEIGHT).contains(&row);
                let expected = row.saturating_sub((HEIGHT - 1) / 2).min(last_top);
                let expected = if was_in_view { before } else { expected };
                assert_eq!(top, expected, "byte {byte} in {columns} columns");
                assert_eq!(reader.row_in_view(byte, columns, HEIGHT), Some(row - top));
            }
        }
    }
}

#[test]
fn a_match_between_tokens_is_where_the_next_one_is() {
    let mut reader = open("[1,  \n 2, 3\n  ]  ");
    for (byte, row) in [
        (0, 0),
        (1, 1),
        (4, 2),
        (6, 2),
        (7, 2),
        (8, 2),
        (14, 4),
        (17, 4),
    ] {
        assert_eq!(reader.row_in_view(byte, 80, HEIGHT), Some(row), "{byte}");
    }
    reader.show(17, 80, 1);
    assert_eq!(reader.row_in_view(17, 80, 1), Some(0));
}
