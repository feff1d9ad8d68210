//! Terms on values in payloads other than plain JSON.

use std::sync::Arc;

use subscope::message::glob::ByGlob;
use subscope::payload::decoder_choices::DecoderChoices;
use subscope::payload::format::{Format, Wrapping};
use subscope::payload::json::locate::PathStep;
use subscope::payload::lookup::Lookup;
use subscope::query::{Matcher, Template};

use super::{matches_row, message, parse};
use crate::formats::packed::{base64, pack};

fn msgpack(value: &rmpv::Value) -> Vec<u8> {
    let mut out = Vec::new();
    rmpv::encode::write_value(&mut out, value).unwrap();
    out
}

/// Returns the same order in every encoding, with the encoding's name.
fn orders(id: u64, user: &str) -> Vec<(&'static str, Vec<u8>)> {
    let order = serde_json::json!({
        "id": id, "user": {"name": user}, "tags": ["new", null], "price": 12.5, "paid": true,
    });
    let json = order.to_string().into_bytes();
    let pairs = |pairs: Vec<(&str, rmpv::Value)>| {
        let pairs = pairs.into_iter();
        rmpv::Value::Map(pairs.map(|(name, value)| (name.into(), value)).collect())
    };
    let packed = msgpack(&pairs(vec![
        ("id", id.into()),
        ("user", pairs(vec![("name", user.into())])),
        (
            "tags",
            rmpv::Value::Array(vec!["new".into(), rmpv::Value::Nil]),
        ),
        ("price", 12.5.into()),
        ("paid", true.into()),
    ]));
    let map = |pairs: Vec<(&str, ciborium::Value)>| {
        let pairs = pairs.into_iter();
        ciborium::Value::Map(pairs.map(|(name, value)| (name.into(), value)).collect())
    };
    let mut cbor = Vec::new();
    let order = map(vec![
        ("id", id.into()),
        ("user", map(vec![("name", user.into())])),
        (
            "tags",
            ciborium::Value::Array(vec!["new".into(), ciborium::Value::Null]),
        ),
        ("price", 12.5.into()),
        ("paid", true.into()),
    ]);
    ciborium::into_writer(&order, &mut cbor).unwrap();
    let gzip = |bytes: &[u8]| pack(Wrapping::Gzip, bytes);
    vec![
        ("JSON in gzip", gzip(&json)),
        ("JSON in zstd", zstd::encode_all(&*json, 1).unwrap()),
        ("JSON in base64", base64(&json)),
        ("JSON in gzip in base64", base64(&gzip(&json))),
        ("JSON behind space", [b" \n", &json[..]].concat()),
        ("JSON", json),
        ("MessagePack in LZ4", pack(Wrapping::Lz4, &packed[..])),
        ("MessagePack in base64", base64(&packed)),
        ("MessagePack", packed),
        ("CBOR in gzip", gzip(&cbor)),
        ("CBOR", cbor),
    ]
}

/// Returns the same order in other notations of text, with the notation's name.
fn notations(id: u64, user: &str) -> Vec<(&'static str, Vec<u8>)> {
    let user = serde_json::to_string(user).unwrap();
    let python = format!(
        "{{'id': {id}, 'user': {{'name': {user}}}, 'tags': ['new', None], 'price': 12.5, 'paid': True}}"
    );
    let json5 = format!(
        "{{\"id\": +{id}, user: {{name: {user}}}, tags: ['new', null,], price: 12.50, paid: true}} //"
    );
    let mixed = format!(
        "{{\"id\":{id},\"user\":{{'name':{user},}},\"tags\":['new',null],\"price\":12.5,\"paid\":True,}}"
    );
    let yaml =
        format!("---\nid: {id}\nuser: {{name: {user}}}\ntags: [new, ~]\nprice: 12.5\npaid: true\n");
    let utf16: Vec<u8> = yaml.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("Python", python.clone().into_bytes()),
        ("Python in bzip2", pack(Wrapping::Bzip2, python.as_bytes())),
        ("JSON5", json5.into_bytes()),
        ("mixed quotes", mixed.into_bytes()),
        ("YAML", yaml.into_bytes()),
        ("YAML in UTF-16", utf16),
    ]
}

#[test]
fn a_path_matches_in_every_form() {
    for user in ["ada", "a \"q\" \\", "é\n"] {
        let named = format!(".user.name == {}", serde_json::to_string(user).unwrap());
        let id = (1 << 53) + 1;
        for (form, payload) in orders(id, user).into_iter().chain(notations(id, user)) {
            for (text, holds) in [
                (&*named, true),
                (".id == 9007199254740993", true),
                (".id == 9007199254740992", false),
                (".id > 9007199254740992", true),
                (".id == \"9007199254740993\"", false),
                (".id in (1, 9007199254740993)", true),
                (".price == 12.50", true),
                (".paid == true", true),
                (".paid != true", false),
                (".tags[0] == \"new\"", true),
                (".tags[0] ~ \"^n\"", true),
                (".tags[1] == null", true),
                (".tags[2] != 1", false),
                ("has(.user.name)", true),
                ("has(.user.nobody)", false),
                ("has(.)", true),
                ("not .id == 1", true),
                (".id > 1 .price < 13 (.paid == false or has(.tags))", true),
            ] {
                assert_eq!(
                    matches_row(text, &message(&payload)),
                    holds,
                    "{form}: {text}"
                );
            }
        }
    }
}

#[test]
fn text_and_values_are_found_in_every_encoding() {
    for (form, payload) in orders(7, "ada") {
        for (text, holds) in [
            ("ada", true),
            ("ada .id == 7", true),
            ("/\"name\": ?\"a.a\"/", true),
            ("adam", false),
            (".user.name == \"ada\"", true),
            (".id == 7 or nobody", true),
        ] {
            assert_eq!(
                matches_row(text, &message(&payload)),
                holds,
                "{form}: {text}"
            );
        }
    }
}

#[test]
fn values_that_json_lacks_are_compared_as_displayed() {
    let value = rmpv::Value::Map(vec![
        ("b".into(), rmpv::Value::Binary(vec![1, 2])),
        ("x".into(), f64::NAN.into()),
        ("t".into(), rmpv::Value::Ext(-1, vec![0x65, 0x53, 0xf1, 0])),
    ]);
    let payload = msgpack(&value);
    for (text, holds) in [
        (".b == \"AQI=\"", true),
        (".x == null", false),
        (".x != null", true),
        ("has(.x)", true),
        (".t == \"2023-11-14T22:13:20Z\"", true),
        (".t > \"2023-11-14\"", true),
    ] {
        assert_eq!(matches_row(text, &message(&payload)), holds, "{text}");
    }
}

#[test]
fn a_payload_without_values_matches_no_path() {
    for payload in [
        &b"a text"[..],
        b"2026-11-23 10:00:01 INFO {\"a\":1}",
        b"[INFO] a",
        b"",
        b"\x81\xa1a",
        b"\x1f\x8b\x08 no gzip",
        b"eyJhIjoxfQ",
        b"{\"a\":1} {\"a\":1}",
    ] {
        for text in [".a == 1", "has(.a)", "has(.)", "has(.[0])"] {
            assert!(!matches_row(text, &message(payload)), "{text} {payload:?}");
        }
        assert!(matches_row("not .a == 1", &message(payload)));
    }
}

#[test]
fn a_channels_format_applies_to_its_messages_only() {
    let mut decoder_choices = DecoderChoices::new(ByGlob::default());
    decoder_choices.choose(
        b"packed".as_slice().into(),
        Some(Format::MessagePack.into()),
    );
    let mut matcher = Matcher::new(Arc::new(parse(". == 55")));
    matcher.set_decoder_choices(&Arc::new(decoder_choices));
    matcher.enter([&b"plain"[..], b"packed"]);
    // The message is on channel 1, which is named `packed` in this test. If MessagePack was chosen
    // by hand, even a payload that is a single number has a value.
    assert!(matcher.matches(&message(b"7")));
    matcher.enter([&b"packed"[..], b"plain"]);
    assert!(!matcher.matches(&message(b"7")));
}

#[test]
fn a_number_is_found_as_it_is_displayed() {
    let in_msgpack = |hex: &[u8]| [b"\x81\xa1a", hex].concat();
    let in_cbor = |hex: &[u8]| [b"\xa1\x61a", hex].concat();
    let payloads = [
        in_msgpack(b"\xca\x4f\x00\x00\x00"),
        in_msgpack(b"\xca\x3d\xcc\xcc\xcd"),
        in_msgpack(b"\xca\x80\x00\x00\x00"),
        in_msgpack(b"\xca\x7f\x7f\xff\xff"),
        in_msgpack(b"\xca\x7f\xc0\x00\x00"),
        in_msgpack(b"\xca\xff\x80\x00\x00"),
        in_msgpack(b"\xcb\x43\xe0\x00\x00\x00\x00\x00\x00"),
        in_msgpack(b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
        in_msgpack(b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
        in_msgpack(b"\xc0"),
        in_msgpack(b"\xd7\xff\x00\x00\x00\x03\xff\xff\xff\xff"),
        in_msgpack(b"\xc7\x0c\xff\x00\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff"),
        in_cbor(b"\xfa\x4f\x00\x00\x00"),
        in_cbor(b"\xf9\x2e\x66"),
        in_cbor(b"\xf9\x7c\x00"),
        in_cbor(b"\xf9\x7e\x00"),
        in_cbor(b"\xf7"),
        in_cbor(b"\xc2\x5a\x00\x00\x00\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
        in_cbor(b"\xc3\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00"),
        in_cbor(b"\xc4\x82\x21\x19\x6a\xb3"),
    ];
    for payload in &payloads {
        let shown = Lookup::new(payload, None);
        let shown = shown.shown(&[PathStep::Key((*b"a").into())]).unwrap();
        let text = String::from_utf8(shown.text.to_vec()).unwrap();
        let value = if shown.is_text() {
            format!("\"{text}\"")
        } else {
            text.clone()
        };
        let query = format!(".a == {value}");
        assert!(
            matches_row(&query, &message(payload)),
            "{query} on {payload:02x?}"
        );
    }
    for (payload, query) in [
        (0, ".a == 2147483648"),
        (1, ".a == 0.1"),
        (6, ".a == 9223372036854775808"),
        (12, ".a == 2147483648"),
    ] {
        assert!(matches_row(query, &message(&payloads[payload])), "{query}");
    }
}

#[test]
fn a_lens_shows_a_value_as_the_row_does() {
    // {'e': ValueError('boom'), 's': {7}, 't': (1, 'x'), 'b': b'\0\xff', 'd': datetime(…)} of Python.
    let pickle = b"\x80\x04\x95z\0\0\0\0\0\0\0}\x94(\x8c\x01e\x94\x8c\x08builtins\x94\x8c\x0aValueError\
        \x94\x93\x94\x8c\x04boom\x94\x85\x94R\x94\x8c\x01s\x94\x8f\x94(K\x07\x90\x8c\x01t\x94K\x01\x8c\x01x\x94\x86\
        \x94\x8c\x01b\x94C\x02\0\xff\x94\x8c\x01d\x94\x8c\x08datetime\x94\x8c\x08datetime\x94\x93\x94C\x0a\x07\xe8\
        \x05\x06\x07\x08\x09\0\0\0\x94\x85\x94R\x94u.";
    let nested = br#"{"e":"{\"a\":\"\\u00fc\"}","s":["\u00fc\"",{"x":null}]}"#;
    for (payload, names) in [(&pickle[..], "estbd"), (&nested[..], "es")] {
        let lookup = Lookup::new(payload, None);
        let row = String::from_utf8(lookup.row_text().unwrap()).unwrap();
        let shown = names.chars().map(|name| {
            let lens = Template::parse(&format!(".{name}")).unwrap();
            let value = lens.show(&lookup).unwrap().shown.text.to_vec();
            format!("\"{name}\":{}", String::from_utf8(value).unwrap())
        });
        let shown: Vec<String> = shown.collect();
        assert_eq!(format!("{{{}}}", shown.join(",")), row);
    }
    let show = |template: &str| {
        let lens = Template::parse(template).unwrap();
        let lookup = Lookup::new(pickle, None);
        let shown = lens.show(&lookup).unwrap().shown.text.to_vec();
        String::from_utf8(shown).unwrap()
    };
    assert_eq!(
        show("{.s | length} {.t | length} {.b | length}"),
        "1 2 h'00ff'"
    );
    assert_eq!(
        show("{.t[]}; {.s[]}; {.x // .e}"),
        "1, x; 7; ⟨builtins.ValueError(…)⟩ [\"boom\"]"
    );
}

#[test]
fn jq_reads_the_decoded_values() {
    for (encoding, payload) in orders(7, "eva") {
        let holds = |text: &str| matches_row(text, &message(&payload));
        assert!(
            holds("jq(.id == 7 and .user.name == \"eva\")"),
            "{encoding}"
        );
        assert!(!holds("jq(.tags | length == 3)"), "{encoding}");
    }
    assert!(!matches_row("jq(true)", &message(b"plain text")));
}

#[test]
fn characters_match_composed_and_decomposed() {
    let forms = [
        "Caf\u{e9} M\u{fc}nchen \u{ac00}",
        "Cafe\u{301} Mu\u{308}nchen \u{1100}\u{1161}",
    ];
    for payload in forms {
        for query in forms {
            for text in [
                format!("\"{query}\""),
                format!("\"{}\"", query.to_lowercase()),
                format!("/^{query}$/"),
                format!("/{}+/i", query.to_lowercase()),
            ] {
                assert!(matches_row(&text, &message(payload.as_bytes())), "{text}");
            }
        }
    }
    assert!(!matches_row("caf\u{e9}", &message(b"cafe")));
    assert!(!matches_row("/caf\u{e9}/", &message(b"cafe")));
}

#[test]
fn raw_searches_only_the_bytes_that_were_received() {
    // "gr\u00fcn" in JSON, and {"a":"x"} in MessagePack.
    for (payload, finds, does_not) in [
        (
            &br#"{"colour":"gr\u00fcn"}"#[..],
            &["raw:u00fc", "raw:\"\\\\u00fc\"", "raw:/\\\\u00f./"][..],
            &["raw:grün", "raw:/gr.n/"][..],
        ),
        (
            b"\x81\xa1a\xa1x",
            &[
                "raw:\\x81\\xa1",
                "raw:\"\\xa1a\"",
                "raw:/^\\x81/",
                "raw:/a.x/ or \"a\"",
            ],
            &["raw:\":\"", "not raw:\\x81"],
        ),
    ] {
        for text in finds {
            assert!(matches_row(text, &message(payload)), "{text}");
        }
        for text in does_not {
            assert!(!matches_row(text, &message(payload)), "{text}");
        }
    }
}
