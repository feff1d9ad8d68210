#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use super::*;
use crate::message::{Dropped, Gap, GapCause, GapEnd, GapReason};
use crate::payload::figures::Zone;

/// 2026-11-23 11:00:01.123456 UTC
const TIME: Time = Time(1_795_431_601_123_456);

fn message(payload: &[u8]) -> Message<'_> {
    Message {
        time: TIME,
        channel: b"orders",
        topics: &[],
        payload,
        size: payload.len() as u64,
        choice: None,
        lens: None,
    }
}

fn written(format: Format, message: &Message<'_>) -> String {
    let mut out = Vec::new();
    let mut writer = Writer::new(format, &mut out, Clock::new(Zone::Utc)).unwrap();
    writer.message(message).unwrap();
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}

fn noticed(format: Format, notice: &Notice) -> String {
    let mut out = Vec::new();
    let mut writer = Writer::new(format, &mut out, Clock::new(Zone::Utc)).unwrap();
    writer.notice(TIME, notice, "words, of it").unwrap();
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}

/// Returns the line as JSON.
fn object(message: &Message<'_>) -> serde_json::Value {
    serde_json::from_str(&written(Format::Ndjson, message)).unwrap()
}

#[test]
fn the_extension_decides_the_format() {
    for (path, format) in [
        ("~/a.ndjson", Format::Ndjson),
        ("a.b/c.JSON", Format::Ndjson),
        ("a.jsonl", Format::Ndjson),
        ("/tmp/a.txt", Format::Text),
        ("a.log", Format::Text),
        ("a.csv", Format::Csv),
    ] {
        assert_eq!(Format::of(path), Ok(format), "{path}");
    }
    for path in ["", "a", "a.xml", "a.csv/b", "csv", "a."] {
        assert!(Format::of(path).unwrap_err().contains(".ndjson"), "{path}");
    }
}

#[test]
fn ndjson_has_every_fact_about_a_message() {
    let (pattern, shard) = (Topic::pattern(b"ord*"), Topic::shard(b"orders"));
    let whole = Message {
        topics: &[&pattern, &shard],
        ..message(br#"{"id": 1}"#)
    };
    assert_eq!(
        written(Format::Ndjson, &whole),
        "{\"time\":\"2026-11-23T11:00:01.123456Z\",\"channel\":\"orders\",\
         \"via\":[\"ord*\",\"orders\"],\"sharded\":true,\
         \"payload\":\"{\\\"id\\\": 1}\",\"decoded\":{\"id\": 1}}\n"
    );
}

#[test]
fn ndjson_keeps_bytes_exactly_and_says_what_is_cut() {
    let binary = Message {
        channel: b"\xff",
        size: 1 << 20,
        ..message(b"\x00\xff")
    };
    let line = object(&binary);
    assert_eq!(line["payload"], "AP8=");
    assert_eq!(line["encoding"], "base64");
    assert_eq!(line["channel"], "/w==");
    assert_eq!(line["channel_encoding"], "base64");
    assert_eq!(line["size"], 1 << 20, "the payload is cut");
    assert_eq!(object(&message(b"a")).get("size"), None);
}

#[test]
fn ndjson_has_nothing_that_a_terminal_acts_on_and_the_same_value() {
    let text = "\u{1b}[31m\u{9b}\u{202e}\u{200b}\u{e0001}é\u{7f}\n\"\\";
    let line = written(Format::Ndjson, &message(text.as_bytes()));
    assert!(line.trim_end().chars().all(|c| !c.is_control()), "{line:?}");
    assert!(!line.contains('\u{202e}') && line.contains('é'), "{line:?}");
    assert_eq!(object(&message(text.as_bytes()))["payload"], text);
}

#[test]
fn structured_payloads_are_decoded() {
    // {"a":"x"} in CBOR.
    let line = object(&message(b"\xa1\x61a\x61x"));
    assert_eq!(line["decoded"], serde_json::json!({"a": "x"}));
    assert_eq!(line["format"], "CBOR");
    for plain in [&b"text"[..], b"\x00\x01", b"{\"a\":1}\n{\"a\":2}\n"] {
        assert_eq!(object(&message(plain)).get("decoded"), None);
    }
    let line = written(Format::Ndjson, &message(b" {\n\t\"a\": \"\xc2\x9b\"}\n"));
    assert!(
        line.ends_with("\"decoded\":{  \"a\": \"\\u009b\"}}\n"),
        "{line}"
    );
    let table = written(Format::Csv, &message(b"\xa1\x61a\x61x"));
    assert!(
        table.contains("oWFhYXg=,base64,\"{\"\"a\"\":\"\"x\"\"}\""),
        "{table}"
    );
}

#[test]
fn text_is_what_the_screen_shows() {
    assert_eq!(
        written(Format::Text, &message(b"\x1b[31m a\n")),
        "2026-11-23 11:00:01.123456 +00:00  orders  \\x1b[31m a\\n\n"
    );
    let cut = Message {
        size: 1 << 20,
        ..message(b"head")
    };
    assert!(written(Format::Text, &cut).ends_with("head… first part of 1.0 MiB\n"));
    assert!(written(Format::Text, &message(b"")).ends_with("(empty)\n"));
    for (value, shown) in [(Some(&b"7"[..]), "  7\n"), (None, "  (no .id)\n")] {
        let lens = Message {
            lens: Some(Lens { path: ".id", value }),
            ..message(br#"{"id": 7}"#)
        };
        let text = written(Format::Text, &lens);
        assert!(text.ends_with(shown), "{text}");
        assert_eq!(object(&lens)["path"], ".id");
        assert_eq!(object(&lens)["payload"], r#"{"id": 7}"#);
    }
}

#[test]
fn csv_quotes_what_it_must_and_has_no_control_characters() {
    let line = |payload| {
        let table = written(Format::Csv, &message(payload));
        table.split_once('\n').unwrap().1.to_owned()
    };
    assert_eq!(
        line(b"a,\"b\"\nc"),
        "2026-11-23T11:00:01.123456Z,orders,,7,,\"a,\"\"b\"\"\nc\",,,,,\n"
    );
    assert!(line(b"\x1b[31m").contains(",G1szMW0=,base64,"));
    assert!(line("\u{202e}".as_bytes()).contains(",4oCu,base64,"));
    assert!(line("日本\u{3000}語".as_bytes()).contains(",日本\u{3000}語,"));
}

#[test]
fn gaps_and_other_notices_are_rows_of_their_own() {
    let gap = Notice::Gap(Gap {
        last_heard: TIME,
        noticed: TIME,
        end: GapEnd::Open,
        cause: GapCause::ConnectionLost(None),
        reason: GapReason::NotReceived,
    });
    assert_eq!(
        noticed(Format::Ndjson, &gap),
        "{\"time\":\"2026-11-23T11:00:01.123456Z\",\"notice\":\"gap\",\"text\":\"words, of it\",\
         \"from\":\"2026-11-23T11:00:01.123456Z\",\"to\":null}\n"
    );
    let dropped = Notice::Dropped(Dropped {
        count: 5,
        ..Dropped::default()
    });
    assert!(noticed(Format::Ndjson, &dropped).contains("\"missing\":5"));
    assert!(noticed(Format::Text, &gap).ends_with("+00:00  ── words, of it\n"));
    assert!(noticed(Format::Csv, &gap).ends_with(",,,,,,,,,,\"words, of it\"\n"));
}
