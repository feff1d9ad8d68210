//! Java: the samples are the output of `ObjectOutputStream` of Java 17.

use super::*;
use subscope::payload::objects::java;

pub(super) const SAMPLES: &str = include_str!("java.tsv");

#[test]
fn objects_written_by_java_are_read() {
    for sample in samples(SAMPLES) {
        assert_sample(&sample, |format| format == Format::Java);
    }
}

#[test]
fn a_stream_that_cannot_be_read_says_why() {
    for (hex, why) in [
        ("aced0005", "unexpected end at byte 4"),
        (
            "aced0005 74 0003 6162",
            "header says 3 bytes, but only 2 left at byte 4",
        ),
        ("aced0005 71 007e0000", "no such handle at byte 4"),
        ("aced0005 73 70", "value without a class at byte 4"),
        (
            "aced0005 73 72 0001 41 0000000000000000 04 0000 78 70",
            "contents of A have no length at byte 22",
        ),
        ("aced0005 7b", "exception while writing at byte 4"),
        (
            "aced0005 72 0001 41 0000000000000000 02 0000 78 71 007e0000",
            "class inherits from itself at byte 4",
        ),
    ] {
        let payload = bytes(hex);
        let decoded = recognise(&payload, None);
        assert_eq!(
            (decoded.format, &decoded.tree),
            (Format::Java, &None),
            "{hex}"
        );
        assert_eq!(decoded.note, Some(format!("not Java serialization: {why}")));
    }
}

#[test]
fn a_stream_may_hold_several_values() {
    for (hex, expected) in [
        ("aced0005 77 04 00000007", "h'00000007'"),
        (
            "aced0005 70 74 0001 61 79 70",
            "⟨stream⟩([null, \"a\", null])",
        ),
        ("aced0005 7c 0000000000000001 61", "\"a\""),
        ("aced0005 74 0002 c080", "\"\\0\""),
        ("aced0005 74 0006 eda0bdedb88d", "\"😍\""),
    ] {
        let payload = bytes(hex);
        let tree = java::read(&payload).unwrap_or_else(|error| panic!("{hex}: {error}"));
        assert_eq!(shown(&tree, &payload), expected, "{hex}");
        assert_sound(&tree, &payload);
    }
}
