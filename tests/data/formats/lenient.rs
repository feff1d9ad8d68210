//! Lenient JSON: JSON5, what Python prints, and other deviations from RFC 8259.

use proptest::prelude::*;
use serde_json::Value;
use subscope::payload::decoder_choices::DecoderChoice;
use subscope::payload::format::{Decoded, Format};
use subscope::payload::json;
use subscope::payload::json::locate::PathStep;
use subscope::payload::lookup::Lookup;
use subscope::payload::tree::NodeId;

use super::{assert_sound, read_as, recognise, shown};
use crate::formats::packed::base64;
use crate::support::cases;

/// The tests of <https://github.com/json5/json5-tests>, with the values that Python's `json5` reads.
const JSON5: &str = include_str!("samples/json5.json");

/// Values as Python's `repr` prints them, which `ast.literal_eval` reads back.
const PYTHON: &str = include_str!("samples/python.json");

fn samples(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn value(decoded: &Decoded, payload: &[u8]) -> Value {
    let tree = decoded.tree.as_ref().unwrap();
    assert_sound(tree, decoded.bytes(payload));
    serde_json::from_slice(&tree.to_json(NodeId(0), decoded.bytes(payload))).unwrap()
}

/// Returns a value in which equal numbers are written alike.
fn normalised(value: &Value) -> Value {
    match value {
        // Negative zero equals zero.
        Value::Number(number) => Value::String(format!("{:e}", number.as_f64().unwrap() + 0.0)),
        Value::Array(values) => values.iter().map(normalised).collect(),
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, value)| (name.clone(), normalised(value)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

#[test]
fn json5_is_read_as_its_own_tests_require() {
    for sample in samples(JSON5) {
        let name = sample["name"].as_str().unwrap();
        let text = sample["text"].as_str().unwrap();
        let read = read_as(text.as_bytes(), Format::LenientJson, None);
        // Escapes in names without quotes are not read.
        let is_valid = sample["is_valid"].as_bool().unwrap()
            && name != "todo/unicode-escaped-unquoted-key.json5";
        assert_eq!(read.is_ok(), is_valid, "{name}: {read:?}");
        if let Ok(decoded) = read {
            let found = value(&decoded, text.as_bytes());
            assert_eq!(normalised(&found), normalised(&sample["value"]), "{name}");
        }
    }
}

#[test]
fn what_python_prints_is_read_as_python_reads_it() {
    for sample in samples(PYTHON) {
        let text = sample["repr"].as_str().unwrap();
        let decoded = recognise(text.as_bytes(), None);
        if !json::is_json(text.as_bytes()) {
            assert_eq!(decoded.format, Format::LenientJson, "{text}");
        }
        let decoded = read_as(text.as_bytes(), Format::LenientJson, None).unwrap();
        let found = value(&decoded, text.as_bytes());
        assert_eq!(normalised(&found), normalised(&sample["value"]), "{text}");
    }
}

#[test]
fn each_deviation_is_noted_with_its_position() {
    for (text, expected, note) in [
        ("{\"a\":1,}", "{\"a\": 1}", "trailing comma at byte 6"),
        (
            "[{\"a\":NaN}, -Infinity]",
            "[{\"a\": NaN}, -Infinity]",
            "NaN or Infinity at byte 6",
        ),
        (
            "\u{feff}{\"a\":1}",
            "{\"a\": 1}",
            "byte order mark at byte 0",
        ),
        ("{\"a\":1}\n\0", "{\"a\": 1}", "trailing NUL at byte 8"),
        (
            "{\"a\":1}\x1e",
            "{\"a\": 1}",
            "trailing record separator at byte 7",
        ),
        (
            "{'ok': True, 'of': (1, None)}",
            "{\"ok\": true, \"of\": [1, null]}",
            "single quotes at byte 1, True, False or None at byte 7, tuple at byte 19",
        ),
        (
            "{b'id': b'1-0', 'raw': b'\\xff'}",
            "{\"id\": \"1-0\", \"raw\": h'ff'}",
            "string prefix at byte 1, single quotes at byte 2, escape not as in JSON at byte 25",
        ),
        (
            "// x\n{a: 0xFF, b: [.5, +2., -0x10]}",
            "{\"a\": 255, \"b\": [0.5, 2, -16]}",
            "comment at byte 0, unquoted key at byte 6, hexadecimal number at byte 9, number not \
             as in JSON at byte 19",
        ),
        (
            "{1: 'a', -2: 'b'}",
            "{1: \"a\", -2: \"b\"}",
            "number as key at byte 1, single quotes at byte 4",
        ),
        (
            "[\"\\x41\\u00e9\\\n\", \"tab\there\"]",
            "[\"A\u{e9}\", \"tab\\there\"]",
            "escape not as in JSON at byte 2, control character in a string at byte 21",
        ),
        ("\u{a0}[1]", "[1]", "space not as in JSON at byte 0"),
    ] {
        let decoded = read_as(text.as_bytes(), Format::LenientJson, None).unwrap();
        assert_eq!(
            shown(decoded.tree.as_ref().unwrap(), text.as_bytes()),
            expected
        );
        let note = format!("not strict JSON: {note}");
        assert_eq!(decoded.note.as_deref(), Some(&*note), "{text}");
    }
    let strict = read_as(b"{\"a\":[1]}", Format::LenientJson, None).unwrap();
    assert_eq!((strict.format, strict.note), (Format::LenientJson, None));
}

#[test]
fn an_error_says_where_it_is() {
    for (text, why) in [
        ("{'a' 1}", "expected a colon at byte 5"),
        ("[1 2]", "expected a comma or ] at byte 3"),
        ("(1 2)", "expected a comma or ) at byte 3"),
        ("{'a': 'b}", "unterminated string at byte 6"),
        ("[\"a\nb\"]", "line break in a string at byte 3"),
        ("{'a': x}", "expected a value at byte 6"),
        ("{,}", "expected a key at byte 1"),
        ("[,]", "expected a value at byte 1"),
        ("[1] [2]", "trailing data at byte 4"),
        ("[/* x", "unterminated comment at byte 1"),
        ("[010]", "invalid number at byte 1"),
        ("['\\7']", "invalid escape at byte 2"),
        ("['a'", "unexpected end at byte 4"),
        ("{'a'", "unexpected end at byte 4"),
    ] {
        let error = read_as(text.as_bytes(), Format::LenientJson, None).unwrap_err();
        assert_eq!(error, format!("not lenient JSON: {why}"), "{text}");
    }
    let digits = format!("[0x{}]", "f".repeat(33));
    let error = read_as(digits.as_bytes(), Format::LenientJson, None).unwrap_err();
    assert!(error.contains("hexadecimal number too long"), "{error}");
}

#[test]
fn ordinary_text_in_brackets_is_not_lenient_json() {
    for text in [
        "[INFO] started",
        "[main] True story",
        "[2024-01-02 03:04:05] ERROR: x",
        "[12:00:01] x",
        "{not json}",
        "{{ mustache }}",
        "{0}",
        "{12:30}",
        "[0xdeadbeef]",
        "[+1]",
        "[section]\nkey = value\n",
        "{name}",
        "{name: value}",
        "[1] first\n[2] second",
        "{% if x %}",
        "[]()",
        "[link](http://a)",
        "[' unterminated",
        "('a', 1)",
        "NaN",
        "'a'",
        "0xff",
    ] {
        let decoded = recognise(text.as_bytes(), None);
        assert_eq!(decoded.format, Format::Text, "{text}");
        assert_eq!(decoded.tree, None, "{text}");
    }
}

#[test]
fn lenient_json_is_found_within_packings() {
    let text = b"{'user': 'ada', 'ids': (1, 2)}";
    let decoded = recognise(&base64(text), None);
    assert_eq!(decoded.format, Format::LenientJson);
    assert_eq!(decoded.bytes(b""), text);
}

fn keys(path: &str) -> Vec<PathStep> {
    let steps = path.split('.').skip(1);
    let steps = steps.map(|step| match step.parse() {
        Ok(index) => PathStep::Index(index),
        Err(_) => PathStep::Key(step.as_bytes().into()),
    });
    steps.collect()
}

#[test]
fn paths_lead_to_the_values_that_are_shown() {
    for (text, path, expected) in [
        ("{'temp': 90, 'of': {'x': [1, 'a']}}", ".temp", "90"),
        ("{'temp': 90, 'of': {'x': [1, 'a']}}", ".of.x.1", "\"a\""),
        ("{temp: 0x50}", ".temp", "80"),
        ("{\"temp\": 0x50}", ".temp", "80"),
        ("{\"temp\": -0x50}", ".temp", "-80"),
        ("{\"temp\": .5}", ".temp", "0.5"),
        ("{\"temp\": 5., }", ".temp", "5"),
        ("{\"temp\": True}", ".temp", "true"),
        ("{\"temp\": NaN}", ".temp", "NaN"),
        ("{\"temp\": 'a\\'b'}", ".temp", "\"a'b\""),
        ("{\"a\": NaN, \"temp\": 7,}", ".temp", "7"),
        ("[1, {'k': 2}]", ".1.k", "2"),
        ("[1, 'a']", ".1", "\"a\""),
        ("\u{feff}{\"temp\": 7}", ".temp", "7"),
        ("{\"temp\": 7}\0", ".temp", "7"),
        ("[True, 5]", ".1", "5"),
        ("[('a', 1)]", ".0.1", "1"),
        ("{\"kwargs\":\"{'k': 2}\"}", ".kwargs.k", "2"),
        ("{ // it's \"x\"\n \"temp\": 7 }", ".temp", "7"),
    ] {
        let lookup = Lookup::new(text.as_bytes(), None);
        let steps = keys(path);
        let found = lookup.value(&steps);
        assert_eq!(found.as_deref(), Some(expected.as_bytes()), "{text} {path}");
        assert!(
            lookup.has(&steps, |_| true, |value, _| value == expected.as_bytes()),
            "{text} {path}"
        );
        assert!(!lookup.has(&steps, |_| true, |value, _| value == b"\"other\""));
        assert!(
            !lookup.has(&keys(".missing"), |_| true, |_, _| true),
            "{text}"
        );
        assert!(lookup.shown(&steps).is_ok());
    }
    let choice = DecoderChoice {
        format: Some(Format::LenientJson),
        ..DecoderChoice::default()
    };
    let tuple = Lookup::new(b"('a', 7)", Some(&choice));
    assert_eq!(tuple.value(&keys(".1")).as_deref(), Some(&b"7"[..]));
}

#[test]
fn hostile_text_takes_no_time() {
    for unit in [
        "[", "{a:", "{'a':[", "(", "/*", "//\n", "'", "a", "0x", "\\u", "\u{a0}", "-",
    ] {
        let text = unit.repeat(200_000 / unit.len());
        assert!(read_as(text.as_bytes(), Format::LenientJson, None).is_err());
        let text = format!("[{text}");
        assert!(read_as(text.as_bytes(), Format::LenientJson, None).is_err());
    }
    let names = format!("{{{}}}", "a:1,".repeat(50_000));
    let decoded = read_as(names.as_bytes(), Format::LenientJson, None).unwrap();
    assert_eq!(decoded.tree.unwrap().len(), 50_001);
    for depth in [127, 128] {
        let text = [b"[".repeat(depth), b",".repeat(0), b"]".repeat(depth)].concat();
        let read = read_as(&text, Format::LenientJson, None);
        assert_eq!(read.is_ok(), depth == 127);
    }
}

proptest! {
    #![proptest_config(cases::config(1500))]

    #[test]
    fn strict_json_is_read_alike(text in "[\\[\\]{},:\"a1 .eE+\\-tfn\\\\u0]{0,24}") {
        if json::is_json(text.as_bytes()) {
            let strict = read_as(text.as_bytes(), Format::Json, None).unwrap();
            let lenient = read_as(text.as_bytes(), Format::LenientJson, None).unwrap();
            prop_assert_eq!(value(&strict, text.as_bytes()), value(&lenient, text.as_bytes()));
            prop_assert_eq!(lenient.note, None);
        }
    }

    #[test]
    fn anything_can_be_read(text in "[\\[\\](){},:'\"ab1 .xeE+\\-TNuU/*\n\\\\\0\u{feff}\u{a0}]{0,40}") {
        let payload = text.as_bytes();
        if let Ok(decoded) = read_as(payload, Format::LenientJson, None) {
            let written = decoded.tree.as_ref().unwrap().to_json(NodeId(0), payload);
            prop_assert!(json::is_json(&written));
            prop_assert_eq!(decoded.note.is_none(), json::is_json(payload));
        }
    }
}
