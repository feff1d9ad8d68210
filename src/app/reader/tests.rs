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
