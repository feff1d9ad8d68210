//! Paths, rows and searches in serialized objects, and serialized objects inside other values.

use super::*;
use crate::formats::lookup::assert_agrees;
use crate::formats::packed::base64;
use subscope::payload::lookup::Lookup;
use subscope::query::Path;

/// Returns the value at `path`, as JSON.
fn value(payload: &[u8], path: &str) -> Option<String> {
    let path = Path::parse(path).unwrap();
    let value = Lookup::new(payload, None).value(path.steps())?.into_owned();
    Some(String::from_utf8(value).unwrap())
}

/// Returns the row of a payload, if it differs from the payload.
fn row(payload: &[u8]) -> Option<String> {
    let lookup = Lookup::new(payload, None);
    let text = lookup.text().map(<[u8]>::to_vec);
    text.map(|text| String::from_utf8(text).unwrap())
}

/// Returns samples of all formats.
fn all() -> Vec<Vec<u8>> {
    let files = [
        pickle::SAMPLES,
        php::SAMPLES,
        ruby::SAMPLES,
        erlang::SAMPLES,
        java::SAMPLES,
        bson::SAMPLES,
    ];
    let samples = files.into_iter().flat_map(samples);
    samples.map(|sample| sample.payload).collect()
}

#[test]
fn a_path_leads_to_the_value_that_the_tree_shows() {
    for payload in all() {
        assert_agrees(&payload, None);
    }
}

#[test]
fn paths_and_rows_go_through_the_objects() {
    for (payload, path, found, shown) in [
        (
            &b"O:9:\"App\\Order\":2:{s:13:\"\0App\\Order\0id\";i:7;s:4:\"tags\";a:1:{i:0;s:3:\"new\";}}"[..],
            ".tags[0]",
            "\"new\"",
            "⟨App\\Order⟩ {\"id\":7,\"tags\":[\"new\"]}",
        ),
        (
            b"\x80\x02cshop\nOrder\nq\0)\x81q\x01}q\x02X\x02\0\0\0idq\x03K\x07sb.",
            ".id",
            "7",
            "⟨shop.Order⟩ {\"id\":7}",
        ),
        (b"(dp0\nVid\np1\nI7\ns.", ".id", "7", "{\"id\":7}"),
        (
            b"\x83t\0\0\0\x01d\0\x02idh\x02a\x07d\0\x02ok",
            ".id[1]",
            "\"ok\"",
            "{\"id\":⟨tuple⟩ [7,ok]}",
        ),
        (
            b"\x04\x08o:\nOrder\x06:\x08@idi\x0c",
            ".id",
            "7",
            "⟨Order⟩ {\"id\":7}",
        ),
        (b"\x0d\0\0\0\x10id\0\x07\0\0\0\0", ".id", "7", "{\"id\":7}"),
        (
            b"\xac\xed\0\x05sr\0\x05Order\0\0\0\0\0\0\0\0\x02\0\x01I\0\x02idxp\0\0\0\x07",
            ".id",
            "7",
            "⟨Order⟩ {\"id\":7}",
        ),
    ] {
        assert_eq!(value(payload, path).as_deref(), Some(found), "{shown}");
        assert_eq!(row(payload).as_deref(), Some(shown));
    }
}

/// The first byte of a document belongs to its length. It may be that of JSON.
#[test]
fn a_document_of_any_length_is_searched() {
    for length in 15..300_usize {
        let text = "x".repeat(length - 13);
        let size = u32::try_from(length).unwrap().to_le_bytes();
        let text_size = u32::try_from(length - 12).unwrap().to_le_bytes();
        let payload = [&size, &b"\x02a\0"[..], &text_size, text.as_bytes(), b"\0\0"].concat();
        assert_eq!(payload.len(), length);
        assert_eq!(recognise(&payload, None).format, Format::Bson, "{length}");
        assert_eq!(value(&payload, ".a"), Some(format!("\"{text}\"")));
        let path = Path::parse(".a").unwrap();
        assert!(
            Lookup::new(&payload, None).has(path.steps(), |_| true, |_, _| true),
            "{length}"
        );
    }
}

#[test]
fn objects_inside_json_are_unfolded() {
    let laravel = serde_json::json!({"data": {"command":
        "O:8:\"App\\Mail\":1:{s:2:\"to\";a:1:{i:0;s:3:\"ada\";}}"}});
    let protocol_0 = serde_json::json!({"body": "(dp0\nVid\np1\nI7\ns."});
    for (payload, path, found) in [
        (laravel.to_string(), ".data.command.to[0]", "\"ada\""),
        (protocol_0.to_string(), ".body.id", "7"),
    ] {
        let payload = payload.as_bytes();
        assert!(format::may_differ(payload));
        assert_eq!(value(payload, path).as_deref(), Some(found));
    }
    for sample in [
        &b"\x80\x02}q\0(X\x02\0\0\0idq\x01K\x07X\x04\0\0\0nameq\x02X\x03\0\0\0adaq\x03u."[..],
        b"a:2:{s:2:\"id\";i:7;s:4:\"name\";s:3:\"ada\";}",
        b"\x83t\0\0\0\x02d\0\x02ida\x07d\0\x04namem\0\0\0\x03ada",
        b"\x04\x08{\x07:\x07idi\x0c:\x09nameI\"\x08ada\x06:\x06ET",
        b"\x18\0\0\0\x10id\0\x07\0\0\0\x02n\0\x04\0\0\0ada\0\0",
    ] {
        let encoded = String::from_utf8(base64(sample)).unwrap();
        let payload = serde_json::json!({"body": encoded}).to_string();
        let found = value(payload.as_bytes(), ".body.id");
        assert_eq!(found.as_deref(), Some("7"), "{sample:?}");
        // The whole payload may be base64, too.
        assert_eq!(value(encoded.as_bytes(), ".id").as_deref(), Some("7"));
    }
}

#[test]
fn plain_text_costs_nothing() {
    for text in [
        "The order was placed.",
        "Very well.",
        "(see below).",
        "Some words",
        "Tea.",
        "Undo.",
        "cat.",
        "a: b",
        "s: 5",
        "{\"a\":1}",
        "[1,2]",
        "42",
        "O:thing",
        "Status.",
        "user:1",
    ] {
        assert!(!format::may_differ(text.as_bytes()), "{text}");
        assert_eq!(row(text.as_bytes()), None);
    }
}

#[test]
fn text_that_resembles_objects_stays_text() {
    for text in [
        "The first line\nand the second.",
        "Updated:\n- a\n- b.",
        "a:1:{i:0;i:1;",
        "s:100:\"short\";",
        "O:8:\"stdClass\":1:{}",
        "a:2:{i:0;i:1;}",
        "X\n.",
        "c\n\n.",
        "(lp0\n(lp0\n.x",
        "S'a'\n.",
    ] {
        let decoded = recognise(text.as_bytes(), None);
        assert_eq!(
            (decoded.format, decoded.tree),
            (Format::Text, None),
            "{text}"
        );
    }
}
