//! Editing payloads as text, and encoding them again.

use proptest::collection::vec;
use proptest::prelude::*;
use prost_reflect::prost::Message;
use subscope::payload::decoder_choices::DecoderChoice;
use subscope::payload::encode::{Document, Encoded};
use subscope::payload::format::unpack::MAX_SIZE;
use subscope::payload::format::{Format, Wrapping};
use subscope::payload::message_type::MessageType;

use crate::formats::packed::{ALL, base64, pack};
use crate::formats::protobuf::{descriptor_set, schema};
use crate::formats::round_trips::{any_value, as_cbor, as_msgpack};
use crate::formats::{bytes, hex};
use crate::support::cases;

fn open(payload: &[u8], format: Option<Format>) -> Document {
    let choice = match format {
        Some(Format::Protobuf) => DecoderChoice {
            message_type: schema().message_type("demo.All").map(MessageType::Protobuf),
            ..DecoderChoice::default()
        },
        format => DecoderChoice {
            format,
            message_type: None,
            ..DecoderChoice::default()
        },
    };
    Document::new(payload, &choice, MAX_SIZE).unwrap_or_else(|| panic!("{}", hex(payload)))
}

/// Replaces `old` in the text of `payload` by `new`, and returns the new payload.
fn edit(payload: &[u8], format: Option<Format>, old: &str, new: &str) -> Encoded {
    let document = open(payload, format);
    assert!(document.text().contains(old), "{}", document.text());
    let text = document.text().replacen(old, new, 1);
    document.encode(&text).unwrap()
}

fn edited_hex(format: Format, payload: &str, old: &str, new: &str) -> String {
    hex(&edit(&bytes(payload), Some(format), old, new).bytes)
}

fn edited_json(payload: &str, old: &str, new: &str) -> String {
    let edited = edit(payload.as_bytes(), None, old, new);
    String::from_utf8(edited.bytes).unwrap()
}

fn error(payload: &[u8], format: Option<Format>, text: &str) -> String {
    open(payload, format).encode(text).unwrap_err().to_string()
}

#[test]
fn values_without_a_form_in_json_have_a_notation() {
    for (format, hex, text) in [
        (Format::MessagePack, "c403 00ff10", "h'00ff10'"),
        (
            Format::MessagePack,
            "82 01 a161 92 c0 c3 00",
            "{1: \"a\", [null, true]: 0}",
        ),
        (Format::MessagePack, "d405 0a", "ext(5, h'0a')"),
        (
            Format::MessagePack,
            "d6ff 00000001",
            "timestamp(\"1970-01-01T00:00:01Z\")",
        ),
        (Format::MessagePack, "a2 61ff", "string(h'61ff')"),
        (Format::MessagePack, "cb 7ff8000000000001", "NaN"),
        (
            Format::MessagePack,
            "a6 22 0a e2808b 5c",
            r#""\"\n\u200b\\""#,
        ),
        (Format::Cbor, "c1 1a 5f5e1000", "1(1600000000)"),
        (Format::Cbor, "f7", "undefined"),
        (Format::Cbor, "f8 ff", "simple(255)"),
        (
            Format::Cbor,
            "c2 49 010000000000000000",
            "18446744073709551616",
        ),
        (Format::Cbor, "f9 fc00", "-Infinity"),
        (Format::Cbor, "a1 41 00 f5", "{h'00': true}"),
        (
            Format::Protobuf,
            "f83f 01 10 05",
            "{1023: 1, \"float\": 2.5}",
        ),
    ] {
        if format == Format::Protobuf {
            continue;
        }
        assert_eq!(open(&bytes(hex), Some(format)).text(), text, "{hex}");
    }
}

#[test]
fn an_edited_messagepack_value_keeps_its_form() {
    let edited = |hex, old, new| edited_hex(Format::MessagePack, hex, old, new);
    // A width larger than needed.
    assert_eq!(edited("92 cd0005 a0", "5", "6"), "92cd0006a0");
    assert_eq!(
        edited("92 d30000000000000005 a0", "5", "-6"),
        "92d3fffffffffffffffaa0"
    );
    assert_eq!(edited("92 05 a0", "5", "300"), "92cd012ca0");
    assert_eq!(edited("92 d10200 a0", "512", "513"), "92d10201a0");
    // Single precision, as long as it is shown with the same digits.
    assert_eq!(edited("92 ca3fc00000 a0", "1.5", "0.1"), "92ca3dcccccda0");
    assert_eq!(edited("92 ca3fc00000 a0", "1.5", "2"), "92ca40000000a0");
    assert_eq!(
        edited("92 ca3fc00000 a0", "1.5", "0.123456789"),
        "92cb3fbf9add3739635fa0"
    );
    assert_eq!(
        edited("92 da0001 61 c401 00", "\"a\"", "\"bc\""),
        "92da00026263c40100"
    );
    assert_eq!(
        edited("92 a161 c401 00", "h'00'", "h'0102'"),
        "92a161c4020102"
    );
    assert_eq!(
        edited("92 d6ff00000001 01", "01Z", "02.5Z"),
        "92d7ff773594000000000201"
    );
    assert_eq!(
        edited("de0001 a161 01", "1", "1, \"b\": 2"),
        "de0002a16101a16202"
    );
}

#[test]
fn an_edited_cbor_value_keeps_its_form() {
    let edited = |hex, old, new| edited_hex(Format::Cbor, hex, old, new);
    assert_eq!(edited("82 1805 60", "5", "6"), "82180660");
    assert_eq!(edited("82 1a00000005 60", "5", "70000"), "821a0001117060");
    assert_eq!(edited("9f 01 02 ff", "1, 2", "1, 3, 4"), "9f010304ff");
    assert_eq!(edited("bf 6161 01 ff", "1", "2"), "bf616102ff");
    assert_eq!(
        edited("82 7f 6161 6162 ff 01", "\"ab\"", "\"c\""),
        "827f6163ff01"
    );
    assert_eq!(edited("82 f93e00 01", "1.5", "2.5"), "82f9410001");
    assert_eq!(edited("82 f93e00 01", "1.5", "0.1"), "82fa3dcccccd01");
    assert_eq!(edited("82 fa3fc00000 01", "1.5", "2"), "82fa4000000001");
    assert_eq!(edited("82 c24101 01", "1", "2"), "82c2410201");
    assert_eq!(
        edited("82 01 02", "1", "18446744073709551616"),
        "82c24901000000000000000002"
    );
    assert_eq!(
        edited("82 c48221190111 01", "2.73", "2.7"),
        "82c48220181b01"
    );
    assert_eq!(
        edited("82 c11a5f5e1000 01", "1600000000", "1600000001"),
        "82c11a5f5e100101"
    );
    assert_eq!(edited("82 d818 01 01", "24(1)", "24(2)"), "82d8180201");
}

#[test]
fn edited_json_keeps_its_spaces_and_escapes() {
    assert_eq!(
        edited_json(r#"{ "a" : 1,"b":[ ] }"#, "1", "2"),
        r#"{ "a" : 2,"b":[ ] }"#
    );
    assert_eq!(
        edited_json(r#"{"a": "\u00fc", "b": 1, "c": 1E5}"#, "1,", "\"ö\","),
        r#"{"a": "\u00fc", "b": "\u00f6", "c": 1E5}"#
    );
    assert_eq!(
        edited_json(r#"["http:\/\/a", 1]"#, "1", "\"b/c\""),
        r#"["http:\/\/a", "b\/c"]"#
    );
    assert_eq!(
        edited_json(r#"["\u0022", 1]"#, "1", r#""a\"""#),
        r#"["\u0022", "a\u0022"]"#
    );
    assert_eq!(
        edited_json("[\n  1,\n  2\n]", "2", "2, 3"),
        "[\n  1,\n  2,\n  3\n]"
    );
    assert_eq!(edited_json("[1,2,3]", "2, ", ""), "[1,3]");
    assert_eq!(edited_json("{\"a\":1}", "\"a\": 1", ""), "{}");
    assert_eq!(edited_json("[]", "]", "1, {\"a\": 2}]"), "[1,{\"a\":2}]");
}

#[test]
fn values_within_strings_and_bytes_are_edited_in_place() {
    let python = r#"{"body": "{\"user\": \"J\\u00fcrgen\", \"n\": 1}", "x": 1}"#;
    let document = open(python.as_bytes(), None);
    assert_eq!(
        document.text(),
        r#"{"body": ⟨json⟩ {"user": "Jürgen", "n": 1}, "x": 1}"#
    );
    assert_eq!(
        edited_json(python, "\"n\": 1", "\"n\": 2"),
        r#"{"body": "{\"user\": \"J\\u00fcrgen\", \"n\": 2}", "x": 1}"#
    );
    // Without its mark, it is a value of its own, and the reverse.
    assert_eq!(
        edited_json(python, "⟨json⟩ ", ""),
        r#"{"body": {"user": "J\u00fcrgen", "n": 1}, "x": 1}"#.replace("\\u00fc", "\u{fc}")
    );
    assert_eq!(
        edited_json("[{\"a\":1}]", "{", "<base64 json> {"),
        r#"["eyJhIjoxfQ=="]"#
    );

    let inner = br#"{"task":"a long enough name for base64"}"#;
    let celery = [b"{\"body\":\"", &base64(inner)[..], b"\"}"].concat();
    let edited = edit(&celery, None, "long", "quite long");
    let inner = inner.to_vec();
    let inner = String::from_utf8(inner)
        .unwrap()
        .replace("long", "quite long");
    let expected = [b"{\"body\":\"", &base64(inner.as_bytes())[..], b"\"}"].concat();
    assert_eq!(edited.bytes, expected);

    // {"p": bin of {"a": 1}} in MessagePack.
    let signalr = "81 a170 c404 81a16101";
    let document = open(&bytes(signalr), None);
    assert_eq!(document.text(), "{\"p\": ⟨msgpack⟩ {\"a\": 1}}");
    let edited = edited_hex(Format::MessagePack, signalr, "\"a\": 1", "\"a\": 2");
    assert_eq!(edited, "81a170c40481a16102");
}

#[test]
fn packed_payloads_are_packed_again() {
    let json = br#"{"user":"ada","tags":["a","b","c"]}"#;
    for wrapping in ALL {
        let payload = pack(wrapping, &json[..]);
        let document = open(&payload, None);
        assert_eq!(document.label(), format!("{} JSON", wrapping.name()));
        let same = document.encode(document.text()).unwrap();
        assert_eq!((same.bytes, same.notes.len()), (payload.clone(), 0));
        let edited = edit(&payload, None, "ada", "eve");
        let again = open(&edited.bytes, None);
        assert!(again.text().contains("eve"));
        assert_eq!(edited.notes.len(), 1);
        assert!(edited.notes[0].starts_with(&format!("{} packed anew: ", wrapping.name())));
    }
    let twice = base64(&pack(Wrapping::Gzip, &json[..]));
    assert_eq!(open(&twice, None).label(), "base64 gzip JSON");
    let text = pack(Wrapping::Zstd, &b"line\nline"[..]);
    let edited = edit(&text, None, "line\n", "\"");
    assert_eq!(open(&edited.bytes, None).text(), "\"line");
}

#[test]
fn protobuf_fields_keep_their_bytes_and_order() {
    let edited =
        |hex: &str, old, new| hex_of(&edit(&bytes(hex), Some(Format::Protobuf), old, new).bytes);
    // int32 3, float 2, and an unknown field 99 in between.
    assert_eq!(
        edited("1805 9a0602ffff 15 0000c03f", "1.5", "2"),
        "18059a0602ffff1500000040"
    );
    assert_eq!(
        edited("1805 9a0602ffff", "h'ffff'", "h'00'"),
        "18059a060100"
    );
    assert_eq!(
        edited("800101", "\"GREEN\"", "\"NONE\""),
        "8001ffffffffffffffffff01"
    );
    assert_eq!(edited("800101", "\"GREEN\"", "7"), "800107");
    // Packed and unpacked numbers, the first in two bytes although one would do.
    assert_eq!(
        edited("9a01 03 8200 04", "[1, 2]", "[1, 3]"),
        "9a0103820006"
    );
    assert_eq!(
        edited("b00101 b00102", "[1, 2]", "[1, 2, 3]"),
        "b00101b00102b00103"
    );
    assert_eq!(edited("a201 05 0a0161 1001", "1", "2"), "a201050a01611002");
    assert_eq!(
        edited("8a01 02 1805", "5", "-1"),
        "8a010b18ffffffffffffffffff01"
    );
    assert_eq!(
        edited("1805", "5", "5, \"words\": [\"a\"], \"packed\": [1]"),
        "1805ba0101619a010102"
    );
    let all = schema().message_type("demo.All");
    let empty = DecoderChoice {
        message_type: all.map(MessageType::Protobuf),
        ..DecoderChoice::default()
    };
    let document = Document::new(b"", &empty, MAX_SIZE).unwrap();
    assert_eq!(document.label(), "Protobuf demo.All");
    for (text, problem) in [
        ("{\"no\": 1}", "line 1, column 2: All has no field \"no\""),
        (
            "{\"int32\": 2147483648}",
            "line 1, column 11: out of range: -2147483648 to 2147483647",
        ),
        (
            "{\"colour\": \"PINK\"}",
            "line 1, column 12: Colour has no value \"PINK\"",
        ),
        (
            "{\"string\": 1}",
            "line 1, column 12: this field is a string: write it in quotes",
        ),
        ("[]", "line 1, column 1: All is an object"),
    ] {
        assert_eq!(
            document.encode(text).unwrap_err().to_string(),
            problem,
            "{text}"
        );
    }
}

fn hex_of(bytes: &[u8]) -> String {
    hex(bytes)
}

#[test]
fn errors_name_the_place() {
    for (text, problem) in [
        ("", "line 1, column 1: expected a value"),
        ("{\n  \"a\": 1,\n}", "line 3, column 1: expected a key"),
        ("[1\n 2]", "line 2, column 2: expected a comma or ]"),
        ("[\"ü\" x]", "line 1, column 6: expected a comma or ]"),
        (
            "\"a\\x\"",
            "line 1, column 3: unknown escape: write \\\\ for a backslash",
        ),
        (
            "\"a",
            "line 1, column 1: this string is not closed: add a \"",
        ),
        ("01", "line 1, column 1: invalid number"),
        (
            "h'0'",
            "line 1, column 1: a byte takes two hexadecimal digits",
        ),
        ("[1] 2", "line 1, column 5: text after the value"),
        (
            "[undefined]",
            "line 1, column 2: MessagePack has no undefined: write null",
        ),
        (
            "[5(1)]",
            "line 1, column 2: 5(…) is not a MessagePack value: write ext(5, h'00') or timestamp(\"…Z\")",
        ),
        (
            "[18446744073709551616]",
            "line 1, column 2: integer out of range: MessagePack has 64 bits",
        ),
        (
            "[1e999]",
            "line 1, column 2: number out of range: at most 1.7976931348623157e308",
        ),
        (
            "⟨yaml⟩ 1",
            "line 1, column 1: ⟨yaml⟩ is not known: write json, msgpack, cbor or text, after base64, gzip, zlib, zstd or lz4",
        ),
    ] {
        assert_eq!(
            error(b"\x92\x01\xa0", Some(Format::MessagePack), text),
            problem,
            "{text}"
        );
    }
    for (text, problem) in [
        (
            "[h'00']",
            "line 1, column 2: JSON has no bytes: write a string",
        ),
        ("[NaN]", "line 1, column 2: JSON has no NaN"),
        (
            "{1: 2}",
            "line 1, column 2: keys of JSON are strings: write it in quotes",
        ),
    ] {
        assert_eq!(error(b"[]", None, text), problem, "{text}");
    }
    let deep = "[".repeat(100_000);
    assert!(error(b"[]", None, &deep).ends_with("nested too deeply"));
}

#[test]
fn payloads_without_values_have_no_text_to_edit() {
    let choice = DecoderChoice::default();
    for payload in [
        &b"plain text"[..],
        b"",
        b"\x00\x01",
        b"\xac\xed\x00\x05",
        b"{\"a\":",
    ] {
        assert_eq!(Document::new(payload, &choice, MAX_SIZE), None);
    }
}

fn messagepack(value: &rmpv::Value) -> Vec<u8> {
    let mut payload = Vec::new();
    rmpv::encode::write_value(&mut payload, value).unwrap();
    payload
}

fn cbor(value: &ciborium::Value) -> Vec<u8> {
    let mut payload = Vec::new();
    ciborium::into_writer(value, &mut payload).unwrap();
    payload
}

proptest! {
    #![proptest_config(cases::config(200))]

    #[test]
    fn messagepack_beside_an_edited_value_is_unchanged(value in any_value()) {
        use rmpv::Value;
        let with = |number: i32| {
            let pairs = vec![("x".into(), number.into()), ("v".into(), as_msgpack(&value))];
            messagepack(&Value::Map(pairs))
        };
        let format = Some(Format::MessagePack);
        let document = open(&with(1), format);
        prop_assert_eq!(document.encode(document.text()).unwrap().bytes, with(1));
        prop_assert_eq!(edit(&with(1), format, "\"x\": 1", "\"x\": 2").bytes, with(2));
    }

    #[test]
    fn cbor_beside_an_edited_value_is_unchanged(value in any_value()) {
        use ciborium::Value;
        let with = |number: i32| {
            let pairs = vec![("x".to_owned().into(), number.into()), ("v".to_owned().into(), as_cbor(&value))];
            cbor(&Value::Map(pairs))
        };
        let format = Some(Format::Cbor);
        let document = open(&with(1), format);
        prop_assert_eq!(document.encode(document.text()).unwrap().bytes, with(1));
        prop_assert_eq!(edit(&with(1), format, "\"x\": 1", "\"x\": 2").bytes, with(2));
    }

    #[test]
    fn values_written_anew_are_read_as_the_same(value in any_value()) {
        for (format, payload, null) in [
            (Format::MessagePack, messagepack(&as_msgpack(&value)), &b"\xc0"[..]),
            (Format::Cbor, cbor(&as_cbor(&value)), b"\xf6"),
        ] {
            let text = open(&payload, Some(format)).text().to_owned();
            let anew = open(null, Some(format)).encode(&text).unwrap();
            let again = open(&anew.bytes, Some(format));
            prop_assert_eq!(again.text(), &text);
        }
    }

    #[test]
    fn json_is_unchanged_beside_an_edited_value(text in "[ -~éü\\u{1f600}]{0,20}", is_ascii in any::<bool>()) {
        let mut inner = serde_json::json!({"a": text, "b": [1.5, null, {"c": true}]}).to_string();
        if is_ascii {
            inner = inner.replace('é', "\\u00e9");
        }
        let with = |number: i32| {
            serde_json::json!({"x": number, "body": inner, "t": text}).to_string()
        };
        let document = open(with(1).as_bytes(), None);
        prop_assert_eq!(document.encode(document.text()).unwrap().bytes, with(1).into_bytes());
        prop_assert_eq!(edited_json(&with(1), "\"x\": 1", "\"x\": 2"), with(2));
    }

    #[test]
    fn protobuf_by_prost_is_unchanged_beside_an_edited_value(
        numbers in vec(any::<i32>(), 1..20),
        text in ".{1,20}",
        whole in 10_u64..,
        single in any::<f32>(),
        names in vec("[a-z]{1,5}", 0..5),
    ) {
        use prost_reflect::{DescriptorPool, DynamicMessage, MapKey, Value};
        let pool = DescriptorPool::decode(&descriptor_set()[..]).unwrap();
        let descriptor = pool.get_message_by_name("demo.All").unwrap();
        let with = |number: u32| {
            let mut inner = DynamicMessage::new(descriptor.clone());
            inner.set_field_by_name("string", Value::String(text.clone()));
            inner.set_field_by_name("float", Value::F32(single));
            let mut outer = DynamicMessage::new(descriptor.clone());
            outer.set_field_by_name("uint32", Value::U32(number));
            outer.set_field_by_name("uint64", Value::U64(whole));
            let list = numbers.iter().map(|number| Value::I32(*number)).collect();
            outer.set_field_by_name("packed", Value::List(list));
            outer.set_field_by_name("list", Value::List(vec![Value::Message(inner.clone()); 2]));
            let map = names.iter().take(1).map(|name| (MapKey::String(name.clone()), Value::I32(1)));
            outer.set_field_by_name("names", Value::Map(map.collect()));
            outer.encode_to_vec()
        };
        let format = Some(Format::Protobuf);
        let document = open(&with(1), format);
        prop_assert_eq!(document.encode(document.text()).unwrap().bytes, with(1));
        prop_assert_eq!(edit(&with(1), format, "\"uint32\": 1", "\"uint32\": 2").bytes, with(2));
        let anew = open(b"", format).encode(document.text()).unwrap();
        let again = open(&anew.bytes, format);
        prop_assert_eq!(again.text(), document.text());
    }

    #[test]
    fn any_bytes_are_edited_exactly_or_not_at_all(
        payload in vec(any::<u8>(), 0..60),
        format in 0_usize..4,
        cut in any::<prop::sample::Index>(),
    ) {
        let format = [Format::Json, Format::MessagePack, Format::Cbor, Format::Protobuf][format];
        let choice = DecoderChoice {
            format: Some(format),
            message_type: schema()
                .message_type("demo.All")
                .map(MessageType::Protobuf)
                .filter(|_| format == Format::Protobuf),
            ..DecoderChoice::default()
        };
        if let Some(document) = Document::new(&payload, &choice, MAX_SIZE) {
            prop_assert_eq!(document.encode(document.text()).unwrap().bytes, payload);
            let mut text: Vec<char> = document.text().chars().collect();
            if !text.is_empty() {
                text.remove(cut.index(text.len()));
            }
            let _ = document.encode(&text.into_iter().collect::<String>());
        }
    }
}

#[test]
fn text_in_base64_and_in_bytes_is_edited_as_text() {
    let body = |words: &str| {
        let body = String::from_utf8(base64(words.as_bytes())).unwrap();
        format!(r#"{{"body":"{body}"}}"#)
    };
    let words = "the quick brown fox jumps over the lazy dog";
    assert_eq!(
        edited_json(&body(words), "quick", "slow"),
        body(&words.replace("quick", "slow"))
    );
    // YAML is edited as the text that it is.
    let yaml = "first: 1\nsecond: two words\nthird: [4, 5]\n";
    assert_eq!(
        edited_json(&body(yaml), "[4, 5]", "6"),
        body(&yaml.replace("[4, 5]", "6"))
    );
    let packed = b"\x81\xa4text\xc4\x0chello world!";
    let edited = edit(packed, None, "hello world!", "hello there!");
    assert_eq!(edited.bytes, b"\x81\xa4text\xc4\x0chello there!");
    let edited = edit(packed, None, "hello world!", "");
    assert_eq!(edited.bytes, b"\x81\xa4text\xc4\x00");
}
