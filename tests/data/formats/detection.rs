//! Which payloads are recognised, and which remain plain text.

use proptest::prelude::*;
use subscope::payload::format::{Format, Wrapping};
use subscope::payload::json;
use subscope::payload::tree::NodeId;

use crate::support::cases;

use super::{bytes, recognise, shown};
use crate::formats::packed::{base64, pack};

/// Returns the detected wrappings and format.
fn found(payload: &[u8]) -> (Vec<Wrapping>, Format) {
    let decoded = recognise(payload, None);
    assert_eq!(decoded.unwrapped.is_some(), !decoded.wrappings.is_empty());
    (decoded.wrappings, decoded.format)
}

fn bare(payload: &[u8]) -> Format {
    let (wrappings, format) = found(payload);
    assert_eq!(wrappings, [], "{}", String::from_utf8_lossy(payload));
    format
}

#[test]
fn words_stay_text() {
    for text in [
        "",
        " ",
        "hello",
        "hello world",
        "set",
        "del",
        "expired",
        "OK",
        "test",
        "abcdefghijklmnop",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "AAAAAAAAAAAAAAAAAAAAAAAA",
        "oneHundredTwentyThousand",
        "internationalization",
        "gggggggggggggggggggg",
        "HelloWorldThisIsCamelCase",
        "user_created_event_v2_final",
        "0x1f8b08",
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "6f1d2c3b-4a5e-6f70-8192-a3b4c5d6e7f8",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRoaXMtdG9rZW4",
        "https://example.com/a/b?c=d&e=f#g",
        "/var/log/redis/redis-server.log",
        "192.168.0.1:6379",
        "key=value;other=thing",
        "2024-01-02T03:04:05.678Z INFO [main] started in 1.2 s",
        "[2024-01-02 03:04:05] ERROR: something {bad} happened",
        "{not json}",
        "{{ mustache }}",
        "[section]\nkey = value\n",
        "a,b,c\n1,2,3\n4,5,6\n",
        "\"a\",\"b\"\n\"1\",\"2\"\n",
        "1\n2\n3\n",
        "a:b:c",
        "a:1:nothing of PHP",
        "s:5:\"four\";",
        "i:5;",
        "b:1;",
        "O:thing",
        "\u{1b}[2Jcleared",
        "\u{1b}[31m \u{1b}[0m",
        "tab\tand\r\nline",
        "gr\u{fc}\u{df}e \u{4f60}\u{597d} \u{1f44d}",
        "x\u{9c}y",
        "x^2",
        "<xml/>",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "xpto+/xpto+/xpto+/xpto+/",
    ] {
        assert_eq!(bare(text.as_bytes()), Format::Text, "{text}");
    }
}

#[test]
fn a_single_byte_is_text_or_binary() {
    for byte in 0..=u8::MAX {
        let decoded = recognise(&[byte], None);
        let is_word = matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | 0x1b | 0x20..=0x7e);
        let expected = match byte {
            b'0'..=b'9' => Format::Json,
            _ if is_word => Format::Text,
            _ => Format::Binary,
        };
        assert_eq!(decoded.format, expected, "{byte:02x}");
        assert_eq!(decoded.tree.is_some(), expected == Format::Json);
        assert_eq!(decoded.note, None);
    }
}

#[test]
fn two_bytes_are_rarely_a_structured_value() {
    let mut claimed = 0;
    for both in 0..=u16::MAX {
        let payload = both.to_be_bytes();
        let decoded = recognise(&payload, None);
        match decoded.format {
            Format::Text | Format::Binary => {}
            Format::Json => {
                assert!(json::is_json(&payload));
                continue;
            }
            // An array of one number or of one empty value.
            Format::MessagePack => assert_eq!(payload[0], 0x91),
            Format::Cbor => assert!(matches!(payload[0], 0x81 | 0x9f | 0xbf)),
            other => panic!("{payload:02x?} is {other:?}"),
        }
        claimed += usize::from(!matches!(decoded.format, Format::Text | Format::Binary));
    }
    assert!(claimed < 450, "{claimed}");
}

#[test]
fn json_comes_first() {
    for json in [
        "{}",
        "[]",
        "{\"a\":1}",
        " [1,2]\n",
        "\"a string\"",
        "\"{\\\"a\\\":1}\"",
        "{\n  \"a\": [\n    1\n  ]\n}\n",
    ] {
        assert_eq!(bare(json.as_bytes()), Format::Json, "{json}");
    }
    for lines in ["{\"a\":1}\n{\"a\":2}\n", "[1]\r\n[2]", "{}\n\n{}"] {
        assert_eq!(bare(lines.as_bytes()), Format::JsonLines, "{lines}");
    }
    for text in ["{\"a\":1}{\"a\":2}", "{\"a\":1}\nnot", "{\"a\":", "[1"] {
        assert_eq!(bare(text.as_bytes()), Format::Text, "{text}");
    }
}

#[test]
fn maps_and_arrays_of_binary_formats_are_distinguished() {
    for (hex, format, expected) in [
        (
            "82a161 01 a162 02",
            Format::MessagePack,
            "{\"a\": 1, \"b\": 2}",
        ),
        ("93 01 02 03", Format::MessagePack, "[1, 2, 3]"),
        ("83 01 02 03", Format::Cbor, "[1, 2, 3]"),
        ("82 1864 1865", Format::Cbor, "[100, 101]"),
        ("82 01 18 02 64", Format::MessagePack, "{1: 24, 2: 100}"),
        ("a1 6161 01", Format::Cbor, "{\"a\": 1}"),
        (
            "a1 646e616d65 63626f62",
            Format::Cbor,
            "{\"name\": \"bob\"}",
        ),
        ("bf 6161 01 ff", Format::Cbor, "{\"a\": 1}"),
        ("9f 01 ff", Format::Cbor, "[1]"),
        ("dc0001 c0", Format::MessagePack, "[nil]"),
        ("de0001 a161 01", Format::MessagePack, "{\"a\": 1}"),
        ("a2 01 02 03 04", Format::Cbor, "{1: 2, 3: 4}"),
        ("81 01 c0", Format::MessagePack, "{1: nil}"),
        ("d9d9f7 01", Format::Cbor, "55799 self-described CBOR(1)"),
    ] {
        let payload = bytes(hex);
        let decoded = recognise(&payload, None);
        assert_eq!(decoded.format, format, "{hex}");
        assert_eq!(shown(&decoded.tree.unwrap(), &payload), expected);
    }
}

#[test]
fn an_incomplete_map_or_array_is_binary() {
    for hex in [
        "00 01 02",
        "82 a161 01 a162",
        "93 01 02 03 04",
        "a1 6161 01 00",
        "c0 c0",
        "ca 00 00 00 00",
        "80 90",
        // Text in an old encoding: a quotation mark, then letters.
        "92 61 62",
        "91 61",
        "a1 41 42 43",
        "ff fe 01 00",
    ] {
        assert_eq!(bare(&bytes(hex)), Format::Binary, "{hex}");
    }
}

#[test]
fn serialised_objects_are_recognised() {
    let pickles = [
        &b"\x80\x02}q\0X\x01\0\0\0aq\x01K\x01s."[..],
        b"\x80\x04\x95\n\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s.",
    ];
    for (payload, format) in [
        (pickles[0], Format::Pickle),
        (pickles[1], Format::Pickle),
        (b"a:0:{}", Format::Php),
        (b"a:2:{i:0;s:1:\"a\";i:1;b:1;}", Format::Php),
        (b"O:8:\"stdClass\":1:{s:1:\"a\";i:1;}", Format::Php),
        (b"O:3:\"Foo\":1:{s:6:\"\0Foo\0a\";a:0:{}}", Format::Php),
        (b"s:5:\"hello\";", Format::Php),
    ] {
        let decoded = recognise(payload, None);
        assert_eq!(decoded.format, format, "{payload:?}");
        assert!(decoded.tree.is_some());
        assert_eq!((decoded.note, decoded.unwrapped), (None, None));
    }
    assert_eq!(bare(b"\x80\x02}q\0"), Format::Binary);
}

#[test]
fn pickles_without_a_protocol_number_are_recognised_by_opcodes() {
    // Written by `pickle.dumps(.., 0)` of Python 3 and of Python 2.
    let of_protocol_0: [&[u8]; 10] = [
        b"(dp0\nS'a'\np1\nI1\ns.",
        b"(dp0\nVn\np1\nL1180591620717411303424L\nsVf\np2\nF1.5\nsVl\np3\n(lp4\n(dp5\nV\xe9\np6\nVzeile\\u000a\np7\nsas.",
        b"(lp0\nI1\naI2\na.",
        b"(lp1\n.",
        b"Vabc\np0\n.",
        b"V\np0\n.",
        b"(Vx\np0\nNI01\ntp1\n.",
        b"c__builtin__\nset\np0\n((lp1\nI1\natp2\nRp3\n.",
        b"ccopy_reg\n_reconstructor\np0\n(c__main__\nA\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n.",
        b"(i__main__\nOld\np0\n(dp1\nS'x'\np2\nI1\nsb.",
    ];
    for payload in of_protocol_0 {
        let text = String::from_utf8_lossy(payload);
        assert_eq!(bare(payload), Format::PickleText, "{text}");
        assert!(recognise(payload, None).tree.is_some(), "{text}");
    }
    let of_protocol_1: [&[u8]; 6] = [
        b"}q\0X\x01\0\0\0aq\x01K\x01s.",
        b"]q\0(K\x01K\x02e.",
        b"}q\0(U\x01aq\x01M\0\x01U\x01bq\x02G?\xf8\0\0\0\0\0\0u.",
        b"X\x03\0\0\0abcq\0.",
        b"ccollections\nOrderedDict\nq\0)Rq\x01X\x01\0\0\0aq\x02K\x01s.",
        b"cdecimal\nDecimal\nq\0(X\x03\0\0\x001.5q\x01tq\x02Rq\x03.",
    ];
    for payload in of_protocol_1 {
        assert_eq!(bare(payload), Format::Pickle, "{payload:?}");
    }
}

#[test]
fn text_that_begins_or_ends_like_a_pickle_stays_text() {
    for text in [
        "I42\n.",
        "N.",
        "(t.",
        "(see below)\np0\n.",
        "(dp0\nS'a'\np1\nI1\ns",
        "(dp0\nS'a'\np1\nI1\ns. ",
        "(dp0\nS'a'\np1\nI1\ns.\n",
        "(dpx\nS'a'\np1\nI1\ns.",
        "(d.",
        "cat\ndog\n.",
        "cat and dog\nset\np0\n.",
        "Very well.",
        "Some\np\n.",
        "(.",
        "(p99999999999999999999",
    ] {
        assert_eq!(bare(text.as_bytes()), Format::Text, "{text}");
    }
}

#[test]
fn php_and_java_serialisation_is_named() {
    // Follows PHP's own description of `serialize`, and the grammar in chapter 6 of the Java Object
    // Serialization Specification.
    for text in [
        "a:1:{s:4:\"user\";a:2:{s:2:\"id\";i:7;s:4:\"tags\";a:0:{}}}",
        "O:4:\"User\":2:{s:4:\"name\";s:3:\"Ada\";s:6:\"parent\";N;}",
        "O:8:\"DateTime\":3:{s:4:\"date\";s:26:\"2024-01-02 00:00:00.000000\";s:13:\"timezone_type\";i:3;s:8:\"timezone\";s:3:\"UTC\";}",
        "C:11:\"ArrayObject\":21:{x:i:0;a:0:{};m:a:0:{}}",
        "C:1:\"A\":3:{abc}",
        "E:11:\"Suit:Hearts\";",
        "s:6:\"caf\u{e9}!\";",
        "a:1:{i:0;d:0.5;}",
    ] {
        assert_eq!(bare(text.as_bytes()), Format::Php, "{text}");
    }
    for text in [
        "a:1",
        "a:1:{x}",
        "C:1:\"A\":4:{abc}",
        "s:5:\"cafe\";",
        "s:3:\"abc\"",
        "O:4:\"User\"",
    ] {
        assert_eq!(bare(text.as_bytes()), Format::Text, "{text}");
    }
    // A `java.lang.Long`: its class, serial number, field, parent, and value.
    let long = [
        b"\xac\xed\0\x05sr\0\x0ejava.lang.Long\x3b\x8b\xe4\x90\xcc\x8f\x23\xdf\x02\0\x01J\0\x05valuexr\0\x10java.lang.Number\x86\xac\x95\x1d\x0b\x94\xe0\x8b\x02\0\0xp",
        &[0, 0, 0, 0, 0, 0, 0, 7][..],
    ]
    .concat();
    assert_eq!(bare(&long), Format::Java);
    assert_eq!(bare(b"\xac\xed\0\x05p"), Format::Java);
    assert_eq!(bare(b"\xac\xed\0\x04p"), Format::Binary);
}

#[test]
fn base64_is_decoded_if_its_content_is_recognised() {
    let json = br#"{"user":"ada","id":12}"#;
    let encoded = base64(json);
    assert_eq!(found(&encoded), (vec![Wrapping::Base64], Format::Json));
    let with_line = [&encoded[..], b"\n"].concat();
    assert_eq!(found(&with_line), (vec![Wrapping::Base64], Format::Json));
    // The header of a JSON web token: the URL-safe alphabet without padding.
    let head = b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
    assert_eq!(found(head), (vec![Wrapping::Base64], Format::Json));
    let gzip = base64(&pack(Wrapping::Gzip, &json[..]));
    let both = vec![Wrapping::Base64, Wrapping::Gzip];
    assert_eq!(found(&gzip), (both, Format::Json));
    let msgpack = base64(&bytes("82a4757365 72a3616461a26964 0c"));
    assert_eq!(
        found(&msgpack),
        (vec![Wrapping::Base64], Format::MessagePack)
    );
    let cbor = base64(&bytes("a2647573657263616461 62696 40c"));
    assert_eq!(found(&cbor), (vec![Wrapping::Base64], Format::Cbor));
    let pickle = base64(b"\x80\x02}q\0X\x01\0\0\0aq\x01K\x01s.");
    assert_eq!(found(&pickle), (vec![Wrapping::Base64], Format::Pickle));
    for (payload, format) in [
        (&b"(dp0\nVid\np1\nI7\ns."[..], Format::PickleText),
        (b"}q\0X\x02\0\0\0idq\x01K\x07s.", Format::Pickle),
        (b"ccopy_reg\n_reconstructor\np0\n.", Format::PickleText),
        (b"a:1:{s:2:\"id\";i:7;}", Format::Php),
        (b"O:8:\"stdClass\":1:{s:1:\"a\";i:1;}", Format::Php),
        (b"s:10:\"some words\";", Format::Php),
    ] {
        assert_eq!(found(&base64(payload)), (vec![Wrapping::Base64], format));
    }
    for text in [
        &b"(see below)\np0\n."[..],
        b"a:1:nothing of PHP",
        b"Some words.",
    ] {
        assert_eq!(bare(&base64(text)), Format::Text);
    }
}

#[test]
fn a_tree_refers_to_the_unwrapped_bytes() {
    let encoded = base64(br#"{"user":"ada","id":12}"#);
    let decoded = recognise(&encoded, None);
    let tree = decoded.tree.as_ref().unwrap();
    let inner = decoded.bytes(&encoded);
    assert_eq!(tree.value(NodeId(1), inner).unwrap().text, b"ada");
}

/// A payload opens as JSON exactly when it matches the query `is:json`.
#[test]
fn a_lone_number_or_keyword_is_json_as_in_queries() {
    for (text, format) in [
        ("42", Format::Json),
        (" 42\n", Format::Json),
        ("-0.5e3", Format::Json),
        ("true", Format::Json),
        ("false ", Format::Json),
        ("null", Format::Json),
        ("\"words\"", Format::Json),
        ("1700000000000000", Format::Json),
        ("007", Format::Text),
        ("+1", Format::Text),
        (".5", Format::Text),
        ("1 2", Format::Text),
        ("True", Format::Text),
        ("nul", Format::Text),
        ("nullable", Format::Text),
        ("NaN", Format::Text),
        ("\u{a0}42", Format::Text),
        ("4 2", Format::Text),
        ("", Format::Text),
    ] {
        let decoded = recognise(text.as_bytes(), None);
        assert_eq!(decoded.format, format, "{text:?}");
        assert_eq!(decoded.tree.is_some(), format == Format::Json, "{text:?}");
        assert_eq!(
            json::is_json(text.as_bytes()),
            format == Format::Json,
            "{text:?}"
        );
    }
}

proptest! {
    #![proptest_config(cases::config(2000))]

    #[test]
    fn letters_and_digits_are_text(text in "[a-zA-Z0-9]{0,80}") {
        prop_assume!(!json::is_json(text.as_bytes()));
        prop_assert_eq!(bare(text.as_bytes()), Format::Text);
    }

    #[test]
    fn hexadecimal_digits_are_text(text in "[0-9a-f]{0,128}|[0-9A-F]{0,128}") {
        prop_assume!(!json::is_json(text.as_bytes()));
        prop_assert_eq!(bare(text.as_bytes()), Format::Text);
    }

    #[test]
    fn noise_in_base64_is_text(noise in proptest::collection::vec(any::<u8>(), 12..60)) {
        let is_plain = !matches!(noise[0], 0x80..=0x8f | 0xa0..=0xbf | 0xde | 0xdf);
        prop_assume!(is_plain);
        prop_assert_eq!(bare(&base64(&noise)), Format::Text);
    }

    #[test]
    fn arrays_of_numbers_are_distinguished(numbers in proptest::collection::vec(any::<u8>(), 3..12)) {
        // Add a number above 127, which the two formats encode differently.
        let numbers: Vec<u64> = numbers.into_iter().map(u64::from).chain([300]).collect();
        let words = format!("{numbers:?}");
        let mut cbor = Vec::new();
        ciborium::into_writer(&numbers, &mut cbor).unwrap();
        let mut msgpack = Vec::new();
        let values = numbers.iter().map(|number| rmpv::Value::from(*number)).collect();
        rmpv::encode::write_value(&mut msgpack, &rmpv::Value::Array(values)).unwrap();
        for (payload, format) in [(cbor, Format::Cbor), (msgpack, Format::MessagePack)] {
            let decoded = recognise(&payload, None);
            prop_assert_eq!(decoded.format, format);
            prop_assert_eq!(shown(&decoded.tree.unwrap(), &payload), words.clone());
        }
    }

    #[test]
    fn printable_text_is_json_or_text(text in "[ -~]{0,100}") {
        let format = bare(text.as_bytes());
        prop_assert!(matches!(format, Format::Text | Format::Json | Format::Php), "{:?}", format);
    }
}

#[test]
fn malformed_json_says_why() {
    for (text, why) in [
        (r#"{"a":1,"b":[1,2"#, "not JSON: unexpected end at byte 15"),
        (r#"[{"a":NaN]"#, "not JSON: expected a value at byte 6"),
        (
            "{\"a\":1}\n{\"a\":2\n",
            "not JSON lines: unexpected end at byte 14, line 2",
        ),
        (
            "{\"a\":1}\n\n{\"a\":2}\nwords\n{}\n",
            "not JSON lines: expected a value at byte 17, line 4",
        ),
        (
            "{\"a\":1}\nwords",
            "not JSON lines: expected a value at byte 8, line 2",
        ),
        ("{\"a\":1,}\n{}", "not JSON: expected a key at byte 7"),
        (
            "{\n  \"a\": 1,\n  \"b\": tru\n}\n",
            "not JSON: expected a value at byte 19",
        ),
        ("\u{feff}{\"a\":1", "not JSON: expected a value at byte 0"),
    ] {
        let decoded = recognise(text.as_bytes(), None);
        assert_eq!(decoded.format, Format::Text, "{text}");
        assert_eq!(decoded.note.as_deref(), Some(why), "{text}");
    }
    for log in ["[INFO] started", "[12:00:01] x", "{not json}", "{", "["] {
        assert_eq!(recognise(log.as_bytes(), None).note, None, "{log}");
    }
}
