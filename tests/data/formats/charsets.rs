//! Text in UTF-16 and Windows-1252.

use proptest::collection::vec;
use proptest::prelude::*;
use subscope::payload::format::{Format, Wrapping};
use subscope::payload::lookup::Lookup;

use super::copied::matches_read;
use super::{read_as, recognise};
use crate::support::cases;

fn utf16(text: &str, is_big: bool, has_mark: bool) -> Vec<u8> {
    let mark = has_mark.then_some(0xfeff);
    let units = mark.into_iter().chain(text.encode_utf16());
    let bytes = |unit: u16| {
        if is_big {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    };
    units.flat_map(bytes).collect()
}

#[test]
fn utf16_is_read_as_text_or_what_the_text_is() {
    for (is_big, wrapping) in [(false, Wrapping::Utf16Le), (true, Wrapping::Utf16Be)] {
        for has_mark in [true, false] {
            for (text, format) in [
                ("some words", Format::Text),
                ("Gr\u{fc}\u{df}e aus K\u{f6}ln", Format::Text),
                ("smile \u{1f44d} twice", Format::Text),
                ("{\"user\":\"J\u{fc}rgen\"}", Format::Json),
            ] {
                let payload = utf16(text, is_big, has_mark);
                let decoded = recognise(&payload, None);
                assert_eq!(decoded.wrappings, [wrapping], "{text}");
                assert_eq!((decoded.format, decoded.note.as_deref()), (format, None));
                assert_eq!(decoded.bytes(&payload), text.as_bytes());
                let lookup = Lookup::new(&payload, None);
                assert_eq!(lookup.text(), Some(text.as_bytes()));
                let chosen = read_as(&payload, Format::Wrapped(wrapping), None).unwrap();
                assert_eq!(chosen, decoded);
            }
        }
        // With a mark, a text need not be ASCII.
        let payload = utf16("\u{4f60}\u{597d}", is_big, true);
        assert_eq!(
            recognise(&payload, None).bytes(&payload),
            "\u{4f60}\u{597d}".as_bytes()
        );
        let payload = utf16("\u{4f60}\u{597d}", is_big, false);
        assert_eq!(recognise(&payload, None).wrappings, []);
        let chosen = read_as(&payload, Format::Wrapped(wrapping), None).unwrap();
        assert_eq!(chosen.bytes(&payload), "\u{4f60}\u{597d}".as_bytes());
    }
}

#[test]
fn other_bytes_are_not_taken_for_utf16() {
    for payload in [
        &b"\xff\xfe"[..],
        b"\xff\xfea",
        b"\xff\xfe\0\0a\0\0\0",
        b"\xff\xfe\x00\xd8",
        b"a\0",
        b"a\0b\0c\0",
        b"\0a\0b",
        b"a\0b\0c\0d\0e",
        b"1\0\0\0\0\0\0\0\0\0",
        b"\0\x01\0\x02\0\x03\0\x04",
        b"\0a\x12\x34\x56\x78\x9a\xbc",
    ] {
        let decoded = recognise(payload, None);
        assert_eq!(
            (decoded.format, &decoded.wrappings[..]),
            (Format::Binary, &[][..]),
            "{payload:?}"
        );
    }
}

#[test]
fn text_in_an_old_encoding_is_read() {
    for (payload, text) in [
        (
            &b"Viele Gr\xfc\xdfe aus K\xf6ln"[..],
            "Viele Gr\u{fc}\u{df}e aus K\u{f6}ln",
        ),
        (b"caf\xe9 au lait, 5 \x80", "caf\u{e9} au lait, 5 \u{20ac}"),
        (
            b"it\x92s \x93quoted\x94 here \x96 and more",
            "it\u{2019}s \u{201c}quoted\u{201d} here \u{2013} and more",
        ),
    ] {
        let decoded = recognise(payload, None);
        assert_eq!(decoded.wrappings, [Wrapping::Windows1252], "{text}");
        assert_eq!(decoded.format, Format::Text);
        assert_eq!(decoded.bytes(payload), text.as_bytes());
        assert_eq!(Lookup::new(payload, None).text(), Some(text.as_bytes()));
    }
    // All bytes, as the WHATWG Encoding Standard maps them.
    let all: Vec<u8> = (0..=255).collect();
    let chosen = read_as(&all, Format::Wrapped(Wrapping::Windows1252), None).unwrap();
    let text = str::from_utf8(chosen.bytes(&all)).unwrap();
    let letters: Vec<char> = text.chars().collect();
    assert_eq!(letters.len(), 256);
    assert_eq!(letters[0x41], 'A');
    assert_eq!((letters[0x80], letters[0x81]), ('\u{20ac}', '\u{81}'));
    assert_eq!(
        (letters[0x9f], letters[0xa0], letters[0xff]),
        ('\u{178}', '\u{a0}', '\u{ff}')
    );
}

#[test]
fn json_in_an_old_encoding_is_json() {
    for (payload, json, format) in [
        (&b"{\"a\":\"\xfc\"}"[..], "{\"a\":\"\u{fc}\"}", Format::Json),
        (
            b"[{\"id\":1,\"a\":\"\xe9\"},\n{\"id\":2}]",
            "[{\"id\":1,\"a\":\"\u{e9}\"},\n{\"id\":2}]",
            Format::Json,
        ),
        (
            b"{\"a\":1}\n{\"a\":\"\xdf\"}",
            "{\"a\":1}\n{\"a\":\"\u{df}\"}",
            Format::JsonLines,
        ),
        (b"{'a':'\xdf',}", "{'a':'\u{df}',}", Format::LenientJson),
        (b"<a b=\"1\">\xe4</a>", "<a b=\"1\">\u{e4}</a>", Format::Xml),
    ] {
        let decoded = recognise(payload, None);
        assert_eq!(decoded.wrappings, [Wrapping::Windows1252], "{json}");
        assert_eq!(decoded.format, format, "{json}");
        assert_eq!(decoded.bytes(payload), json.as_bytes());
    }
    let payload = b"{\"name\":\"J\xfcrgen\",\"gr\xf6\xdfe\":7}";
    for (query, is_match) in [
        (".name == \"J\u{fc}rgen\"", true),
        (".name == \"Jurgen\"", false),
        (".name ~ /^J.rgen$/", true),
        (".gr\u{f6}\u{df}e == 7", true),
    ] {
        assert_eq!(matches_read(query, payload, None), is_match, "{query}");
    }
    // Broken JSON, and JSON with some UTF-8 in it.
    for payload in [
        &b"{\"a\":\"\xfc\""[..],
        b"{\"a\":\"\xfc\",\"b\":\"\xc3\xbc\"}",
        b"{\"a\":\"\x81\"}",
    ] {
        assert_eq!(
            recognise(payload, None).format,
            Format::Binary,
            "{payload:?}"
        );
    }
}

#[test]
fn other_bytes_are_not_taken_for_an_old_encoding() {
    for payload in [
        // Too short, too many, no letters, control characters, or undefined.
        &b"Gr\xfc\xdfe"[..],
        b"\xfc\xdf\xe4\xf6 \xe9\xe8\xe0 abc",
        b"1.2.3.4:\xff:/-//-/",
        b"some words\xfc\0",
        b"some words\xfc\x01",
        b"some words \x81 here",
        // UTF-8 that is truncated or partly wrong.
        b"gr\xc3\xbc\xdfe und mehr davon",
        b"many words and one cut \xc3",
        b"many words and one cut \xf0\x9f\x91",
    ] {
        let decoded = recognise(payload, None);
        assert_eq!(
            (decoded.format, &decoded.wrappings[..]),
            (Format::Binary, &[][..]),
            "{payload:?}"
        );
    }
}

proptest! {
    #![proptest_config(cases::config(2000))]

    #[test]
    fn random_bytes_are_not_text(payload in vec(any::<u8>(), 12..64)) {
        let decoded = recognise(&payload, None);
        prop_assert!(!matches!(
            decoded.wrappings[..],
            [Wrapping::Windows1252 | Wrapping::Utf16Le | Wrapping::Utf16Be, ..]
        ));
    }

    #[test]
    fn valid_utf8_keeps_its_encoding(text in "[ -~\u{a0}-\u{ff}\u{4e00}-\u{4eff}]{0,40}") {
        let decoded = recognise(text.as_bytes(), None);
        prop_assert_eq!(decoded.wrappings, []);
    }
}
