//! Differences between text payloads and between binary payloads.

use std::ops::Range;

use subscope::payload::diff::bytes::{Ends, MAX_STRETCHES};
use subscope::payload::diff::{Diff, changed_within, compare, lines};

use super::drawing::{drawn_text, marked};
use super::plain;

#[test]
fn texts_are_compared_line_by_line() {
    let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no";
    let new = "a\nb\nc\nd\nE\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\n";
    assert_eq!(
        drawn_text(old, new),
        [
            "    a", // A single line is not folded.
            "    b",
            "    c",
            "    d",
            "-   e",
            "+   E",
            "    f",
            "    g",
            "    h",
            "    … 4 unchanged",
            "    m",
            "    n",
            "    o",
            "+   p",
            "+   ",
        ]
    );
}

#[test]
fn the_changed_part_of_a_line_is_marked() {
    assert_eq!(
        drawn_text(
            "start\nlevel=info took 120 ms by größe\nend",
            "start\nlevel=warn took 125 ms by größte!\nend"
        ),
        [
            "    start",
            "-   level=[info] took 12[0] ms by größ[e]",
            "+   level=[warn] took 12[5] ms by größ[te!]",
            "    end",
        ]
    );
    assert_eq!(drawn_text("abc", "xyz"), ["-   abc", "+   xyz"]);
    assert_eq!(
        drawn_text("ab\r\ncd", "ab\ncd"),
        ["-   ab[\r]", "+   ab", "    cd"]
    );
}

#[test]
fn the_changed_characters_of_a_string_are_marked() {
    let within = |old: &str, new: &str| {
        let (removed, added) = changed_within(old, new);
        [
            marked(old, 0..old.len(), &removed),
            marked(new, 0..new.len(), &added),
        ]
    };
    assert_eq!(within("à", "á"), ["[à]", "[á]"]);
    assert_eq!(within("", ""), ["", ""]);
    assert_eq!(within("", "x"), ["", "[x]"]);
    assert_eq!(
        within("2026-11-26T10:59:00Z", "2026-11-26T11:01:00Z"),
        ["2026-11-26T1[0]:[59]:00Z", "2026-11-26T1[1]:[01]:00Z"]
    );
    assert_eq!(within("one two", "two one"), ["[one ]two", "two[ one]"]);
}

#[test]
fn empty_payloads_are_text() {
    assert!(compare(plain(b""), plain(b"")).is_same());
    assert_eq!(drawn_text("", "x"), ["-   ", "+   [x]"]);
    assert_eq!(drawn_text("x\n", ""), ["-   x", "    "]);
    assert!(!compare(plain(b""), plain(b"\n")).is_same());
    assert!(!compare(plain(b""), plain(b"\xff")).is_same());
}

#[test]
fn overlong_texts_are_compared_only_at_their_ends() {
    let long = |middle: &str| format!("é{}{middle}{}", "x\n".repeat(600_000), "y".repeat(9));
    let diff = compare(plain(long("ä").as_bytes()), plain(long("öü").as_bytes()));
    assert_eq!(
        diff,
        Diff::LongTexts(Ends {
            old: 1_200_002..1_200_004,
            new: 1_200_002..1_200_006,
        })
    );
    let many = "\n".repeat(lines::MAX_LINES);
    let diff = compare(plain(many.as_bytes()), plain(b"a"));
    assert!(matches!(diff, Diff::LongTexts(_)));
    let as_many = "\n".repeat(lines::MAX_LINES - 1);
    let diff = compare(plain(as_many.as_bytes()), plain(b"a"));
    assert!(matches!(diff, Diff::Lines(_)));
}

/// Compares two payloads, at least one of which is not text.
fn stretches(old: &[u8], new: &[u8]) -> Vec<Ends> {
    match compare(plain(old), plain(new)) {
        Diff::Bytes(bytes) => bytes.stretches,
        other => panic!("{other:?}"),
    }
}

#[test]
fn payloads_of_equal_length_are_compared_at_each_offset() {
    let both = |range: Range<usize>| Ends {
        old: range.clone(),
        new: range,
    };
    assert_eq!(stretches(b"\xff", b"\xff"), []);
    assert_eq!(
        stretches(b"\xff0123456789abcdef", b"\xff0x23y56789abCDef"),
        [both(2..6), both(13..15)]
    );
    assert_eq!(stretches(b"\xffa...b", b"\xffA...B"), [both(1..6)]);
    assert_eq!(
        stretches(b"\xffa....b", b"\xffA....B"),
        [both(1..2), both(6..7)]
    );
    let (old, mut new) = (vec![0xff; 100_000], vec![0xff; 100_000]);
    (new[5000], new[99_999]) = (1, 1);
    assert_eq!(
        stretches(&old, &new),
        [both(5000..5001), both(99_999..100_000)]
    );
}

#[test]
fn payloads_of_different_lengths_are_compared_at_their_ends() {
    assert_eq!(
        stretches(b"\xffaab", b"\xffab"),
        [Ends {
            old: 2..3,
            new: 2..2
        }]
    );
    assert_eq!(
        stretches(b"", b"\xff\xfe"),
        [Ends {
            old: 0..0,
            new: 0..2
        }]
    );
}

#[test]
fn the_start_of_the_omitted_differences_is_reported() {
    let old = vec![0xff; 5 * MAX_STRETCHES + 7];
    let sprinkled = |count: usize| {
        let mut new = old.clone();
        for index in 0..count {
            new[5 * index] = 0;
        }
        match compare(plain(&old), plain(&new)) {
            Diff::Bytes(bytes) => (bytes.stretches, bytes.cut_at),
            other => panic!("{other:?}"),
        }
    };
    let (stretches, cut_at) = sprinkled(MAX_STRETCHES);
    assert_eq!((stretches.len(), cut_at), (MAX_STRETCHES, None));
    let (stretches, cut_at) = sprinkled(MAX_STRETCHES + 1);
    let start = 5 * (MAX_STRETCHES - 1);
    assert_eq!((stretches.len(), cut_at), (MAX_STRETCHES, Some(start)));
    assert_eq!(stretches[MAX_STRETCHES - 1].old, start..start + 6);
}
