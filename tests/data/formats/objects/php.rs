//! PHP: the samples are the output of `serialize` of PHP 8.2.

use super::*;
use subscope::payload::objects::php;

pub(super) const SAMPLES: &str = include_str!("php.tsv");

/// Returns the decoded value in diagnostic notation.
fn read(payload: &[u8]) -> String {
    match php::read(payload) {
        Ok(tree) => {
            assert_sound(&tree, payload);
            shown(&tree, payload)
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn values_written_by_php_are_read() {
    for sample in samples(SAMPLES) {
        assert_sample(&sample, |format| format == Format::Php);
    }
}

#[test]
fn objects_are_tagged_with_their_class() {
    for (payload, expected) in [
        (
            "O:8:\"stdClass\":1:{s:1:\"a\";i:1;}",
            "⟨stdClass⟩({\"a\": 1})",
        ),
        (
            "O:1:\"A\":2:{s:4:\"\0A\0a\";i:1;s:4:\"\0*\0b\";N;}",
            "⟨A⟩({\"a\": 1, \"b\": null})",
        ),
        ("O:1:\"A\":1:{s:4:\"\0B\0a\";i:1;}", "⟨A⟩({\"B::a\": 1})"),
        ("E:11:\"Suit:Hearts\";", "Suit::Hearts"),
        ("C:1:\"A\":3:{abc}", "⟨A⟩(\"abc\")"),
        ("a:1:{s:1:\"x\";S:3:\"\\00a\\ff\";}", "{\"x\": h'0061ff'}"),
        ("a:1:{s:2:\"\0x\";d:.5;}", "{\"\\0x\": 0.5}"),
    ] {
        assert_eq!(read(payload.as_bytes()), expected, "{payload}");
    }
}

#[test]
fn a_reference_is_shown_as_the_value_it_refers_to() {
    for (payload, expected) in [
        ("a:2:{i:0;a:1:{i:0;i:7;}i:1;R:2;}", "[[7], [7]]"),
        (
            "a:3:{i:0;O:1:\"A\":0:{}i:1;r:2;i:2;r:3;}",
            "[⟨A⟩({}), ⟨A⟩({}), ⟨A⟩({})]",
        ),
        (
            "O:1:\"L\":1:{s:1:\"s\";r:1;}",
            "⟨L⟩({\"s\": ⟨cycle, 1 up⟩})",
        ),
        // The data of a class may contain values, which have numbers too.
        (
            "a:3:{i:0;C:1:\"C\":3:{abc}i:1;O:1:\"L\":0:{}i:2;r:3;}",
            "[⟨C⟩(\"abc\"), ⟨L⟩({}), ⟨reference 3⟩]",
        ),
        (
            "a:1:{i:0;r:9;}",
            "not PHP serialized: no such value at byte 11",
        ),
    ] {
        assert_eq!(read(payload.as_bytes()), expected, "{payload}");
    }
}
