#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use super::*;
use crate::message::{RowId, Time};
use crate::payload::format;

const ROOM: Room = Room {
    columns: 40,
    height: 5,
};

fn open(payload: &str) -> Reader {
    let mut reader = Reader::open(MessageSnapshot {
        row: RowId(0),
        time: Time(0),
        channel: Some(b"c".as_slice().into()),
        topics: Vec::new(),
        size: payload.len() as u64,
        payload: payload.as_bytes().to_vec().into(),
    });
    reader.note(DecodedMessage {
        serial: 0,
        decoded: Arc::new(format::recognise(payload.as_bytes(), None, 1 << 20)),
        comparison: None,
    });
    reader
}

fn find(reader: &mut Reader, text: &str) {
    reader.set_search_text(text);
    if let Some(search) = reader.search(0) {
        reader.note_found(search.answer());
    }
}

fn numbered(lines: usize) -> String {
    let lines: Vec<String> = (0..lines).map(|line| format!("line {line}")).collect();
    lines.join("\n")
}

#[test]
fn a_text_scrolls_no_further_than_its_end() {
    let mut reader = open(&numbered(20));
    reader.step(3, ROOM);
    assert_eq!(reader.offset, numbered(3).len() + 1);
    reader.scroll(100, ROOM);
    assert_eq!(reader.offset, numbered(15).len() + 1);
    reader.step(-1, ROOM);
    assert_eq!(reader.offset, numbered(14).len() + 1);
    reader.go_to_start();
    assert_eq!(reader.offset, 0);
    reader.go_to_end(ROOM);
    assert_eq!(reader.offset, numbered(15).len() + 1);
}

#[test]
fn resizing_keeps_the_position_in_a_text() {
    let mut reader = open(&numbered(20));
    reader.step(3, ROOM);
    reader.resize(Room {
        columns: 4,
        height: 5,
    });
    assert_eq!(reader.offset, numbered(3).len() + 1);
    reader.resize(Room {
        columns: 40,
        height: 18,
    });
    assert_eq!(reader.offset, numbered(2).len() + 1);
}

#[test]
fn bytes_scroll_by_rows() {
    let mut reader = open(&"x".repeat(100));
    reader.show_tab(Tab::Bytes);
    reader.step(2, ROOM);
    assert_eq!(reader.line, 2);
    reader.go_to_end(ROOM);
    let rows = hex::row_count(100, ROOM.columns);
    assert_eq!(reader.line, rows - ROOM.height);
    reader.scroll(-1000, ROOM);
    assert_eq!(reader.line, 0);
}

#[test]
fn a_search_finds_names_and_values() {
    let mut reader = open(r#"{"name":"x","other":["a name","b"],"n":{"m":"NAME"}}"#);
    find(&mut reader, "name");
    assert_eq!((reader.mark_count(), reader.current_mark()), (3, Some(0)));
    reader.show_mark(ROOM);
    let mut cursors = vec![reader.outline.cursor];
    while reader.go_to_mark(true, ROOM) {
        cursors.push(reader.outline.cursor);
    }
    assert_eq!(cursors, [1, 3, 6].map(crate::payload::tree::NodeId));
    assert!(reader.go_to_mark(false, ROOM));
    assert_eq!(reader.current_mark(), Some(1));
    find(&mut reader, "nowhere");
    assert_eq!((reader.mark_count(), reader.current_mark()), (0, None));
    assert!(!reader.go_to_mark(true, ROOM));
}

#[test]
fn after_moving_the_next_mark_is_the_nearest() {
    let mut reader = open(r#"["x","a","x","a","x"]"#);
    find(&mut reader, "x");
    reader.show_mark(ROOM);
    reader.step(3, ROOM);
    assert!(reader.go_to_mark(true, ROOM));
    assert_eq!(reader.current_mark(), Some(2));
    reader.step(-1, ROOM);
    assert!(reader.go_to_mark(false, ROOM));
    assert_eq!(reader.current_mark(), Some(1));
}

#[test]
fn matches_in_a_text_come_into_view_one_by_one() {
    let mut reader = open(&numbered(50));
    reader.set_marks(vec![0..4, 200..204, 300..304]);
    reader.show_mark(ROOM);
    assert_eq!(reader.row_of_mark(ROOM), Some(0));
    for mark in 1..3 {
        assert!(reader.go_to_mark(true, ROOM));
        assert_eq!(reader.current_mark(), Some(mark));
        assert!(reader.row_of_mark(ROOM).is_some());
    }
    assert!(!reader.go_to_mark(true, ROOM));
    reader.scroll(-1000, ROOM);
    assert_eq!(reader.row_of_mark(ROOM), None);
    assert!(reader.go_to_mark(true, ROOM));
    assert_eq!(reader.current_mark(), Some(0));
}

#[test]
fn a_search_continues_in_the_next_message() {
    let mut before = open(r#"{"a":1}"#);
    find(&mut before, "b");
    let mut reader = open(r#"{"b":1}"#);
    reader.search_like(&before);
    assert!(!reader.is_searching());
    let search = reader.search(0).unwrap();
    assert!(reader.is_searching());
    reader.note_found(search.answer());
    assert!(!reader.is_searching());
    assert_eq!(reader.mark_count(), 1);
}

#[test]
fn a_notice_has_only_the_value_tab() {
    let mut reader = Reader::open(MessageSnapshot {
        channel: None,
        ..open("words").snapshot
    });
    reader.show_tab(Tab::Bytes);
    assert_eq!(reader.tab(), Tab::Value);
}
