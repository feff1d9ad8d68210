//! Editing payloads as text, and encoding them again.

use proptest::collection::vec;
use proptest::prelude::*;
use prost_reflect::prost::Message;
use subscope::payload::avro::Schema;
use subscope::payload::decoder_choices::DecoderChoice;
use subscope::payload::encode::{Document, Encoded, NotEdited};
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
    let document = Document::new(payload, &choice, MAX_SIZE);
    document.unwrap_or_else(|reason| panic!("{reason}: {}", hex(payload)))
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
            "line 1, column 1: ⟨yaml⟩ is not known: write json, msgpack, cbor, bson, form or text, after base64, gzip, zlib, zstd or lz4",
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

fn refusal(payload: &[u8]) -> Option<NotEdited> {
    Document::new(payload, &DecoderChoice::default(), MAX_SIZE).err()
}

#[test]
fn a_payload_without_a_form_to_edit_says_why() {
    for payload in [
        &b"plain text"[..],
        b"",
        b"\x00\x01",
        b"{\"a\":",
        b"<a>\n  <b/>\n</a>",
    ] {
        assert_eq!(refusal(payload), Some(NotEdited::NoValues));
    }
    for (payload, format) in [
        (&b"\x80\x04K\x01."[..], Format::Pickle),
        (b"a:1:{s:1:\"a\";i:1;}", Format::Php),
        (b"\xac\xed\x00\x05t\x00\x01a", Format::Java),
        (b"\x04\x08[\x06i\x06", Format::Ruby),
        (b"\x83h\x01a\x01", Format::Erlang),
    ] {
        let found = refusal(payload);
        assert_eq!(
            found,
            Some(NotEdited::Serialized(format)),
            "{}",
            hex(payload)
        );
    }
    let reason = NotEdited::Serialized(Format::Php).to_string();
    assert!(
        reason.contains("publish from the program that writes it"),
        "{reason}"
    );
    let token = b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    assert_eq!(refusal(token), Some(NotEdited::Token));
    let choice = DecoderChoice {
        format: Some(Format::Protobuf),
        ..DecoderChoice::default()
    };
    let untyped = Document::new(b"\x08\x01", &choice, MAX_SIZE).err();
    assert_eq!(untyped, Some(NotEdited::Untyped));
}

fn edited_text(payload: &str, old: &str, new: &str) -> String {
    let edited = edit(payload.as_bytes(), None, old, new);
    assert_eq!(edited.notes, Vec::<String>::new());
    String::from_utf8(edited.bytes).unwrap()
}

#[test]
fn edited_json_lines_keep_their_lines() {
    let lines = "{\"a\":1}\r\n\n{\"a\": 2}\n[3]\n";
    let document = open(lines.as_bytes(), None);
    assert_eq!(document.text(), "[{\"a\": 1}, {\"a\": 2}, [3]]");
    assert_eq!(document.label(), "JSON lines");
    assert!(document.is_plain_json());
    let edited = |old, new| edited_text(lines, old, new);
    assert_eq!(edited("2", "20"), "{\"a\":1}\r\n\n{\"a\": 20}\n[3]\n");
    assert_eq!(
        edited("[3]]", "[3], 4]"),
        "{\"a\":1}\r\n\n{\"a\": 2}\n[3]\n4\n"
    );
    assert_eq!(
        error(lines.as_bytes(), None, "{}"),
        "line 1, column 1: JSON lines are an array, with a value for each line"
    );
    let packed = pack(Wrapping::Gzip, &b"{\"a\":1}\n{\"a\":2}\n"[..]);
    assert_eq!(open(&packed, None).label(), "gzip JSON lines");
    let edited = edit(&packed, None, "2", "3");
    assert_eq!(open(&edited.bytes, None).text(), "[{\"a\": 1}, {\"a\": 3}]");
}

#[test]
fn edited_lenient_json_keeps_its_dialect() {
    // Python.
    let python = "{'id': 1, 'ok': True, 'none': None, 't': (1, 2), 'b': b'\\x00'}";
    let document = open(python.as_bytes(), None);
    assert_eq!(document.label(), "Lenient JSON");
    assert_eq!(
        document.text(),
        "{\"id\": 1, \"ok\": true, \"none\": null, \"t\": [1, 2], \"b\": h'00'}"
    );
    for (old, new, expected) in [
        (
            "1,",
            "false,",
            "{'id': False, 'ok': True, 'none': None, 't': (1, 2), 'b': b'\\x00'}",
        ),
        (
            "null",
            "\"it's\"",
            "{'id': 1, 'ok': True, 'none': 'it\\'s', 't': (1, 2), 'b': b'\\x00'}",
        ),
        (
            "[1, 2]",
            "[1, 2, 3]",
            "{'id': 1, 'ok': True, 'none': None, 't': (1, 2, 3), 'b': b'\\x00'}",
        ),
        (
            "h'00'",
            "h'41ff27'",
            "{'id': 1, 'ok': True, 'none': None, 't': (1, 2), 'b': b'A\\xff\\''}",
        ),
        (
            "\"id\"",
            "\"key\"",
            "{'key': 1, 'ok': True, 'none': None, 't': (1, 2), 'b': b'\\x00'}",
        ),
    ] {
        assert_eq!(edited_text(python, old, new), expected);
    }
    // JSON5, with comments and a trailing comma.
    let json5 = "{a: 0xff, // why\n \"b\": [1, 2,], c: NaN,}";
    let edited = |old, new| edited_text(json5, old, new);
    assert_eq!(
        edited("255", "254"),
        "{a: 254, // why\n \"b\": [1, 2,], c: NaN,}"
    );
    assert_eq!(
        edited("2]", "true]"),
        "{a: 0xff, // why\n \"b\": [1, true,], c: NaN,}"
    );
    assert_eq!(
        edited("NaN", "\"x\""),
        "{a: 0xff, // why\n \"b\": [1, 2,], c: \"x\",}"
    );
    // What is around the value.
    let signalr = "{\"type\":1,\"target\":\"x\"}\u{1e}";
    assert_eq!(
        edited_text(signalr, "1", "3"),
        "{\"type\":3,\"target\":\"x\"}\u{1e}"
    );
    assert_eq!(edited_text("\u{feff}[1]\0", "1", "2"), "\u{feff}[2]\0");
}

#[test]
fn edited_forms_keep_their_escapes() {
    let form = "user%5Bname%5D=J%C3%BCrgen&q=a+b%21&q=&u=http://a/";
    let document = open(form.as_bytes(), None);
    assert_eq!(document.label(), "URL-encoded form");
    assert_eq!(
        document.text(),
        "{\"user[name]\": \"Jürgen\", \"q\": \"a b!\", \"q\": \"\", \"u\": \"http://a/\"}"
    );
    let edited = |old, new| edited_text(form, old, new);
    assert_eq!(
        edited("a b!", "ä & b/c"),
        "user%5Bname%5D=J%C3%BCrgen&q=%C3%A4+%26+b/c&q=&u=http://a/"
    );
    assert_eq!(
        edited("\"q\": \"\"", "\"a/b\": \"1\""),
        "user%5Bname%5D=J%C3%BCrgen&q=a+b%21&a%2Fb=1&u=http://a/"
    );
    assert_eq!(
        edited_text("a=x%2fy%20z&b=1", "1", "; ü"),
        "a=x%2fy%20z&b=%3b%20%c3%bc"
    );
    assert_eq!(
        error(form.as_bytes(), None, "{\"a\": 1}"),
        "line 1, column 7: names and values of a form are strings: write it in quotes"
    );
    let json = r#"{"body":"a=1&b=2","n":1}"#;
    assert_eq!(
        open(json.as_bytes(), None).text(),
        r#"{"body": ⟨form⟩ {"a": "1", "b": "2"}, "n": 1}"#
    );
    assert_eq!(
        edited_json(json, "\"2\"", "\"3 4\""),
        r#"{"body":"a=1&b=3+4","n":1}"#
    );
}

#[test]
fn text_keeps_its_encoding() {
    let latin = b"Caf\xe9 au lait, bien s\xfbr";
    let document = open(latin, None);
    assert_eq!(
        (document.text(), &*document.label()),
        ("Café au lait, bien sûr", "Windows-1252 text")
    );
    assert_eq!(
        edit(latin, None, "lait", "cr\u{e8}me \u{20ac}").bytes,
        b"Caf\xe9 au cr\xe8me \x80, bien s\xfbr"
    );
    assert_eq!(
        error(latin, None, "Łódź"),
        "line 1, column 1: Windows-1252 has no Ł"
    );
    let utf16 = |text: &str, mark: &[u8]| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [mark, &units.collect::<Vec<u8>>()].concat()
    };
    for mark in [&b"\xff\xfe"[..], b""] {
        let json = utf16("{\"name\": \"J\u{fc}rgen\"}", mark);
        assert_eq!(open(&json, None).label(), "UTF-16LE JSON");
        let edited = edit(&json, None, "rgen", "rgen \u{1f600}");
        assert_eq!(
            edited.bytes,
            utf16("{\"name\": \"J\u{fc}rgen \u{1f600}\"}", mark)
        );
        assert_eq!(edited.notes, Vec::<String>::new());
    }
}

#[test]
fn packed_text_in_a_format_is_edited_as_text() {
    for (text, label, extension) in [
        ("<a>\n  <b>1</b>\n</a>", "gzip XML", "xml"),
        ("---\na: 1\nb:\n  - 2\n", "gzip YAML", "yaml"),
        ("level=info msg=\"a b\" n=1", "gzip logfmt", "txt"),
    ] {
        let document = open(&pack(Wrapping::Gzip, text.as_bytes()), None);
        assert_eq!((document.text(), &*document.label()), (text, label));
        assert_eq!(document.extension(), extension);
    }
}

#[test]
fn bson_has_the_names_of_the_shell() {
    let part = |hex: &str| {
        let elements = bytes(hex);
        let length = u32::try_from(elements.len() + 5).unwrap();
        [&length.to_le_bytes()[..], &elements, &[0]].concat()
    };
    for (hex_text, text) in [
        ("01 6400 000000000000f03f", "{\"d\": 1.0}"),
        ("02 7300 02000000 6100", "{\"s\": \"a\"}"),
        (
            "04 6100 10000000 10 3000 01000000 08 3100 01 00",
            "{\"a\": [1, true]}",
        ),
        ("05 6200 02000000 00 00ff", "{\"b\": h'00ff'}"),
        ("05 6200 01000000 80 ff", "{\"b\": binary(128, h'ff')}"),
        (
            "05 7500 10000000 04 00112233445566778899aabbccddeeff",
            "{\"u\": UUID(\"00112233-4455-6677-8899-aabbccddeeff\")}",
        ),
        ("06 7500 0a 6e00", "{\"u\": undefined, \"n\": null}"),
        (
            "07 6900 0102030405060708090a0b0c",
            "{\"i\": ObjectId(\"0102030405060708090a0b0c\")}",
        ),
        (
            "09 7400 e803000000000000",
            "{\"t\": ISODate(\"1970-01-01T00:00:01Z\")}",
        ),
        (
            "09 7400 ffffffffffffff7f",
            "{\"t\": ISODate(9223372036854775807)}",
        ),
        ("0b 7200 5e6100 6900", "{\"r\": regex(\"^a\", \"i\")}"),
        ("0d 6300 02000000 6100", "{\"c\": code(\"a\")}"),
        ("0e 7300 02000000 6100", "{\"s\": symbol(\"a\")}"),
        (
            "0f 6300 16000000 02000000 6100 0c000000 10 6200 01000000 00",
            "{\"c\": code(\"a\", {\"b\": 1})}",
        ),
        (
            "10 6900 07000000 12 6c00 0700000000000000",
            "{\"i\": 7, \"l\": 7}",
        ),
        ("11 7400 02000000 01000000", "{\"t\": Timestamp(1, 2)}"),
        (
            "13 6400 0f000000000000000000000000003e30",
            "{\"d\": NumberDecimal(\"1.5\")}",
        ),
        ("ff 6100 7f 6200", "{\"a\": MinKey(), \"b\": MaxKey()}"),
    ] {
        let payload = part(hex_text);
        let document = open(&payload, Some(Format::Bson));
        assert_eq!(document.text(), text);
        // Written anew, values have the same bytes, except for the width of numbers.
        let anew = open(&part("0a 7800"), Some(Format::Bson))
            .encode(text)
            .unwrap();
        if !text.contains("\"l\"") {
            assert_eq!(hex(&anew.bytes), hex(&payload), "{text}");
        }
    }
    let edited =
        |hex_text: &str, old, new| hex(&edit(&part(hex_text), Some(Format::Bson), old, new).bytes);
    let expected = |hex_text: &str| hex(&part(hex_text));
    assert_eq!(
        edited("12 6c00 0700000000000000", "7", "8"),
        expected("12 6c00 0800000000000000")
    );
    assert_eq!(
        edited("10 6900 07000000", "7", "4294967296"),
        expected("12 6900 0000000001000000")
    );
    assert_eq!(
        edited("01 6400 000000000000f03f", "1.0", "2"),
        expected("01 6400 0000000000000040")
    );
    assert_eq!(
        edited("04 6100 10000000 12 3000 0100000000000000 00", "1", "0, 1"),
        expected("04 6100 1b000000 12 3000 0000000000000000 12 3100 0100000000000000 00"),
    );
    assert_eq!(
        error(&part("0a 6e00"), Some(Format::Bson), "[]"),
        "line 1, column 1: BSON is an object"
    );
    let wrong = error(
        &part("0a 6e00"),
        Some(Format::Bson),
        "{\"a\": ObjectId(\"12\")}",
    );
    assert!(
        wrong.starts_with("line 1, column 7: not a BSON value: write ObjectId"),
        "{wrong}"
    );
}

/// Opens a payload of this Avro schema.
fn open_avro(payload: &[u8], schema: &str) -> Document {
    let schema = Schema::read("file.avsc", schema.as_bytes()).unwrap();
    let choice = DecoderChoice {
        format: Some(Format::Avro),
        message_type: Some(MessageType::Avro(schema)),
        ..DecoderChoice::default()
    };
    Document::new(payload, &choice, MAX_SIZE).unwrap_or_else(|reason| panic!("{reason}"))
}

fn edited_avro(schema: &str, payload: &str, old: &str, new: &str) -> String {
    let document = open_avro(&bytes(payload), schema);
    assert!(document.text().contains(old), "{}", document.text());
    let edited = document.encode(&document.text().replacen(old, new, 1));
    edited.map_or_else(|error| error.to_string(), |edited| hex(&edited.bytes))
}

#[test]
fn an_edited_avro_value_follows_its_schema() {
    let order = r#"{"type": "record", "name": "Order", "fields": [
        {"name": "id", "type": "long"},
        {"name": "note", "type": ["null", "string"]}
    ]}"#;
    let edited = |payload, old, new| edited_avro(order, payload, old, new);
    assert_eq!(edited("0e 02 0a68656c6c6f", "7", "8"), "10020a68656c6c6f");
    assert_eq!(edited("0e 02 0a68656c6c6f", "\"hello\"", "null"), "0e00");
    assert_eq!(edited("0e 00", "null", "\"a\""), "0e020261");
    // The id of a registry, and a number in more bytes than needed.
    assert_eq!(
        edited("00 0000002a 8e00 00", "null", "\"a\""),
        "000000002a8e00020261"
    );
    assert_eq!(
        edited("0e 00", "\"id\": 7, ", ""),
        "line 1, column 1: the schema requires one \"id\""
    );
    assert_eq!(
        edited("0e 00", "null}", "null, \"x\": 1}"),
        "line 1, column 25: the schema has no such field"
    );
    assert_eq!(
        edited("0e 00", "null", "1"),
        "line 1, column 19: this value is a string: write it in quotes"
    );
    assert_eq!(
        edited("0e 00", "7", "1.5"),
        "line 1, column 8: this value is an integer"
    );

    // A block that states its size, and one that does not.
    let list = r#"{"type": "array", "items": "int"}"#;
    assert_eq!(
        edited_avro(list, "03 04 02 04 00", "2", "2, 3"),
        "050602040600"
    );
    assert_eq!(edited_avro(list, "02 02 02 04 00", "1", "5"), "040a0400");
    assert_eq!(edited_avro(list, "02 02 00", "1", ""), "00");
    let named = r#"[{"type": "enum", "name": "A", "symbols": ["X", "Y"]},
        {"type": "fixed", "name": "B", "size": 2}, "null"]"#;
    assert_eq!(
        edited_avro(named, "00 02", "{\"A\": \"Y\"}", "{\"B\": h'0102'}"),
        "020102"
    );
    assert_eq!(
        edited_avro(named, "00 02", "\"Y\"", "\"Z\""),
        "line 1, column 7: write one of X, Y"
    );
    assert_eq!(edited_avro(named, "04", "null", "{\"A\": \"X\"}"), "0000");
    let date = r#"{"type": "int", "logicalType": "date"}"#;
    assert_eq!(edited_avro(date, "02", "1970-01-02", "1970-01-03"), "04");
    let price = r#"{"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}"#;
    assert_eq!(edited_avro(price, "02 7b", "1.23", "-1.5"), "04ff6a");
    assert_eq!(
        edited_avro(price, "02 7b", "1.23", "1.234"),
        "line 1, column 1: this value has at most 2 digits after the point"
    );
}

#[test]
fn avro_values_by_fastavro_are_written_the_same() {
    let cases: serde_json::Value = serde_json::from_str(include_str!("avro.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let schema = case["schema"].to_string();
        let values = case["values"].as_array().unwrap().iter();
        let values: Vec<Vec<u8>> = values
            .map(|value| bytes(value["hex"].as_str().unwrap()))
            .collect();
        for value in &values {
            let document = open_avro(value, &schema);
            let text = document.text();
            assert_eq!(&document.encode(text).unwrap().bytes, value, "{text}");
            // In place of the other values of the schema.
            for other in &values {
                let anew = open_avro(other, &schema).encode(text).unwrap();
                // A number in a union keeps the type of the old one.
                let read = open_avro(&anew.bytes, &schema).text().replace(".0", "");
                assert_eq!(read, text.replace(".0", ""));
            }
        }
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
        format in 0_usize..7,
        cut in any::<prop::sample::Index>(),
    ) {
        let format = [
            Format::Json,
            Format::JsonLines,
            Format::LenientJson,
            Format::MessagePack,
            Format::Cbor,
            Format::Bson,
            Format::Protobuf,
        ][format];
        let choice = DecoderChoice {
            format: Some(format),
            message_type: schema()
                .message_type("demo.All")
                .map(MessageType::Protobuf)
                .filter(|_| format == Format::Protobuf),
            ..DecoderChoice::default()
        };
        if let Ok(document) = Document::new(&payload, &choice, MAX_SIZE) {
            prop_assert_eq!(document.encode(document.text()).unwrap().bytes, payload);
            let mut text: Vec<char> = document.text().chars().collect();
            if !text.is_empty() {
                text.remove(cut.index(text.len()));
            }
            let _ = document.encode(&text.into_iter().collect::<String>());
        }
    }

    #[test]
    fn forms_and_text_are_the_same_unedited_and_read_back_edited(
        names in vec("[a-z.]{1,4}", 2..5),
        value in "[ -~éü\\u{1f600}]{0,12}",
        latin in "[a-z ]{12,20}é[ -~]{0,3}",
    ) {
        let form = names.iter().map(|name| format!("{name}=%41+b/"));
        let form = form.collect::<Vec<_>>().join("&").into_bytes();
        let document = open(&form, None);
        prop_assert_eq!(&document.encode(document.text()).unwrap().bytes, &form);
        let quoted = serde_json::to_string(&value).unwrap();
        let text = document.text().replacen("\"A b/\"", &quoted, 1);
        let edited = document.encode(&text).unwrap();
        prop_assert_eq!(open(&edited.bytes, None).encode(&text).unwrap().bytes, edited.bytes);

        let payload: Vec<u8> = latin.chars().map(|letter| u8::try_from(letter).unwrap()).collect();
        if let Ok(document) = Document::new(&payload, &DecoderChoice::default(), MAX_SIZE) {
            prop_assert_eq!(document.text(), &latin);
            prop_assert_eq!(document.encode(&latin).unwrap().bytes, payload);
        }
    }

    #[test]
    fn lenient_json_is_unchanged_beside_an_edited_value(
        text in "[ -&(-\\[\\]-~éü]{0,12}",
        words in vec(prop::sample::select(vec!["True", "None", "NaN", "0x1f", ".5", "'b'", "\"c\"", "(1,)"]), 1..5),
    ) {
        let with = |number: i32| {
            format!("{{'x': {number}, 'v': [{}], 't': '{text}',}}", words.join(", "))
        };
        let document = open(with(1).as_bytes(), Some(Format::LenientJson));
        prop_assert_eq!(document.encode(document.text()).unwrap().bytes, with(1).into_bytes());
        let edited = edit(with(1).as_bytes(), Some(Format::LenientJson), "\"x\": 1", "\"x\": 2");
        prop_assert_eq!(String::from_utf8(edited.bytes).unwrap(), with(2));
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
