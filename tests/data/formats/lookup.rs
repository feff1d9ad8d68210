//! Looking up the value at a path, which must be the same in the bytes as in the tree.

use proptest::collection::vec;
use proptest::prelude::*;
use subscope::payload::decoder_choices::DecoderChoice;
use subscope::payload::format::Format;
use subscope::payload::json::locate::PathStep;
use subscope::payload::json::text::Unescaped;
use subscope::payload::lookup::{Lookup, MOST_UNPACKED};
use subscope::payload::message_type::MessageType;
use subscope::payload::tree::{Kind, NodeId, Tree};
use subscope::query::Path;

use crate::support::cases;

use crate::formats::packed::{ALL, base64, pack};
use crate::formats::protobuf::schema;
use crate::formats::recognise;
use crate::formats::round_trips::{Any, any_value, as_cbor, as_msgpack};

fn msgpack(value: &Any) -> Vec<u8> {
    let mut out = Vec::new();
    rmpv::encode::write_value(&mut out, &as_msgpack(value)).unwrap();
    out
}

fn cbor(value: &Any) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(&as_cbor(value), &mut out).unwrap();
    out
}

fn choice(format: Format) -> DecoderChoice {
    DecoderChoice {
        format: Some(format),
        ..DecoderChoice::default()
    }
}

/// Returns the value at `path` as text, with the format detected automatically.
fn value(payload: &[u8], path: &str) -> Option<String> {
    let path = Path::parse(path).unwrap();
    let lookup = Lookup::new(payload, None);
    let value = lookup.value(path.steps())?;
    Some(String::from_utf8_lossy(&value).into_owned())
}

/// Unescapes a string literal.
fn unescaped(written: &[u8]) -> Vec<u8> {
    let raw = written.strip_prefix(b"\"").unwrap();
    Unescaped::new(raw.strip_suffix(b"\"").unwrap()).collect()
}

/// Looks up every value in the tree of `payload` by its path.
pub fn assert_agrees(payload: &[u8], choice: Option<&DecoderChoice>) {
    let decoded = match choice {
        Some(choice) => choice.read(payload, MOST_UNPACKED),
        None => recognise(payload, None),
    };
    let lookup = Lookup::new(payload, choice);
    let Some(tree) = &decoded.tree else {
        // A bare number or word is shown as text, but lookups also accept it as JSON.
        assert!(lookup.is_json() || !lookup.has(&[], |_| true, |_, _| true));
        return;
    };
    let bytes = decoded.bytes(payload);
    for index in 0..tree.len().min(300) {
        let id = NodeId(u32::try_from(index).unwrap());
        let Some(path) = tree.path(id, bytes) else {
            continue;
        };
        let path = Path::parse(&path).unwrap();
        let found = lookup.value(path.steps()).unwrap();
        assert_is(tree, within_tags(tree, id, bytes), bytes, &found);
        assert!(lookup.has(path.steps(), |_| true, |value, _| value == &*found));
        assert!(lookup.shown(path.steps()).is_ok());
    }
}

fn within_tags(tree: &Tree, id: NodeId, bytes: &[u8]) -> NodeId {
    match tree.value(id, bytes).unwrap().kind {
        Kind::Tag => within_tags(tree, tree.next(id).unwrap(), bytes),
        _ => id,
    }
}

fn assert_is(tree: &Tree, id: NodeId, bytes: &[u8], found: &[u8]) {
    let value = tree.value(id, bytes).unwrap();
    match value.kind {
        Kind::Null => assert_eq!(found, b"null"),
        Kind::Bool | Kind::Number => assert_eq!(found, value.text),
        Kind::String | Kind::Other => assert_eq!(unescaped(found), value.text),
        Kind::Bytes => assert_eq!(unescaped(found), base64(value.text)),
        Kind::Array | Kind::Object | Kind::Tag => {
            let written: serde_json::Value = serde_json::from_slice(found).unwrap();
            let json = tree.to_json(id, bytes);
            assert_eq!(
                written,
                serde_json::from_slice::<serde_json::Value>(&json).unwrap()
            );
        }
    }
}

/// Collects the leaf values with their paths. Of members with the same name, only the last is
/// included.
fn leaves(value: &Any, steps: &mut Vec<PathStep>, out: &mut Vec<(Vec<PathStep>, Any)>) {
    match value {
        Any::List(values) => {
            for (index, value) in values.iter().enumerate() {
                steps.push(PathStep::Index(index));
                leaves(value, steps, out);
                steps.pop();
            }
        }
        Any::Map(pairs) => {
            for (index, (name, value)) in pairs.iter().enumerate() {
                if pairs[index + 1..].iter().all(|(later, _)| later != name) {
                    steps.push(PathStep::Key(name.as_bytes().into()));
                    leaves(value, steps, out);
                    steps.pop();
                }
            }
        }
        Any::Pairs(_) => {}
        leaf => out.push((steps.clone(), leaf.clone())),
    }
}

fn assert_leaf(found: &[u8], leaf: &Any) {
    match leaf {
        Any::Null => assert_eq!(found, b"null"),
        Any::Bool(is) => assert_eq!(found, is.to_string().as_bytes()),
        Any::Integer(number) => assert_eq!(found, number.to_string().as_bytes()),
        Any::Text(text) => assert_eq!(unescaped(found), text.as_bytes()),
        Any::Bytes(bytes) => assert_eq!(unescaped(found), base64(bytes)),
        // Only check that it is not a string: the digits depend on the precision of the stored
        // number.
        Any::Float(_) | Any::Single(_) => assert_ne!(found[0], b'"'),
        Any::List(_) | Any::Map(_) | Any::Pairs(_) => {
            unreachable!("only leaves have paths here")
        }
    }
}

proptest! {
    #![proptest_config(cases::config(200))]

    #[test]
    fn a_path_leads_to_the_encoded_value(value in any_value()) {
        let mut all = Vec::new();
        leaves(&value, &mut Vec::new(), &mut all);
        for (payload, format) in [
            (msgpack(&value), Format::MessagePack),
            (cbor(&value), Format::Cbor),
        ] {
            let choice = choice(format);
            let lookup = Lookup::new(&payload, Some(&choice));
            for (steps, leaf) in all.iter().take(100) {
                assert_leaf(&lookup.value(steps).unwrap(), leaf);
            }
        }
    }

    #[test]
    fn a_path_finds_the_same_value_in_the_bytes_as_in_the_tree(value in any_value(), wrapping in 0..5_usize) {
        let binary = [msgpack(&value), cbor(&value)];
        let formats = [Format::MessagePack, Format::Cbor];
        let mut plain = Vec::new();
        for (payload, format) in binary.into_iter().zip(formats) {
            assert_agrees(&payload, Some(&choice(format)));
            let tree = choice(format).read(&payload, MOST_UNPACKED).tree.unwrap();
            plain.push(tree.to_json(NodeId(0), &payload));
            plain.push(payload);
        }
        plain.push(plain[..2].join(&b'\n'));
        for payload in plain {
            assert_agrees(&payload, None);
            let packed = match ALL.get(wrapping) {
                Some(wrapping) => pack(*wrapping, &*payload),
                None => base64(&payload),
            };
            assert_agrees(&packed, None);
        }
    }

    #[test]
    fn lookups_survive_any_bytes(
        payload in vec(any::<u8>(), 0..200),
        first in 0x80..=0xff_u8,
        format in prop::sample::select(Format::ALL.to_vec()),
    ) {
        let all = schema().message_type("demo.All").map(MessageType::Protobuf);
        let typed = DecoderChoice { message_type: all, ..DecoderChoice::default() };
        for payload in [payload.clone(), [&[first][..], &payload].concat()] {
            for choice in [None, Some(&choice(format)), Some(&typed)] {
                let lookup = Lookup::new(&payload, choice);
                for path in [".", ".a", ".[0]", ".[0].a[1]", ".string"] {
                    let path = Path::parse(path).unwrap();
                    let _ = lookup.value(path.steps());
                    let _ = lookup.shown(path.steps());
                    let is_there = lookup.has(path.steps(), |_| true, |_, _| true);
                    prop_assert!(!is_there || lookup.figure(path.steps()).is_some()
                        || lookup.shown(path.steps()).unwrap().text.starts_with(b"h'"));
                }
            }
            assert_agrees(&payload, None);
            assert_agrees(&payload, Some(&typed));
        }
    }
}

#[test]
fn values_that_json_lacks_are_found_as_the_tree_shows_them() {
    // {"t": timestamp, "b": bytes 01 02, "n": nil, "x": NaN, "u": 2^64 - 1, "s": a string of ff}
    let payload = crate::formats::bytes(
        "86 a174 d6ff6553f100 a162 c4020102 a16e c0 a178 cb7ff8000000000000
         a175 cfffffffffffffffff a173 a1ff",
    );
    for (path, expected) in [
        (".t", Some("\"2023-11-14T22:13:20Z\"")),
        (".b", Some("\"AQI=\"")),
        (".n", Some("null")),
        (".x", Some("NaN")),
        (".u", Some("18446744073709551615")),
        (".s", Some("\"\u{fffd}\"")),
        (".none", None),
        (".t.u", None),
        (".[0]", None),
    ] {
        assert_eq!(value(&payload, path).as_deref(), expected, "{path}");
    }
    let lookup = Lookup::new(&payload, None);
    let steps = |path: &str| Path::parse(path).unwrap().steps().to_vec();
    assert_eq!(&*lookup.value(&steps(".s")).unwrap(), b"\"\xff\"");
    assert_eq!(lookup.figure(&steps(".b")), None, "base64 is not a number");
    assert!(lookup.figure(&steps(".t")).is_some());
    assert_eq!(&*lookup.shown(&steps(".b")).unwrap().text, b"h'0102'");
    assert_eq!(&*lookup.shown(&steps(".n")).unwrap().text, b"nil");
}

#[test]
fn a_tagged_value_has_the_path_of_its_tag() {
    // {"at": 1(1700000000), "in": 24({"n": 2(bytes 01 00)})}
    let payload = crate::formats::bytes("a2 626174 c11a6553f100 62696e d818 a1 616e c2420100");
    assert_eq!(value(&payload, ".at").as_deref(), Some("1700000000"));
    assert_eq!(value(&payload, ".in.n").as_deref(), Some("256"));
    assert_eq!(value(&payload, ".in").as_deref(), Some("{\"n\":256}"));
}

#[test]
fn json_lines_are_addressed_by_index() {
    let lines = b"{\"a\":1}\n\n{\"a\":2}\n";
    assert_eq!(value(lines, ".[1].a").as_deref(), Some("2"));
    assert_eq!(value(lines, ".").as_deref(), Some("[{\"a\":1},{\"a\":2}]"));
    assert_eq!(value(lines, ".[2].a"), None);
    assert_eq!(value(b"[1]\n[2]", ".[1][0]").as_deref(), Some("2"));
    assert_eq!(value(b"[1,\n2]", ".[1]").as_deref(), Some("2"));
    let path = Path::parse(".a").unwrap();
    let lookup = Lookup::new(lines, None);
    assert!(!lookup.has(path.steps(), |_| true, |_, _| true));
    assert_eq!(lookup.value(path.steps()), None);
    assert_eq!(lookup.figure(path.steps()), None);
    // A single value that spans several lines is not JSON Lines.
    assert_eq!(value(b"{\n\"a\":\n3}", ".a").as_deref(), Some("3"));
}

#[test]
fn packed_payloads_are_unpacked_only_up_to_the_limit() {
    let many: Vec<String> = (0..MOST_UNPACKED / 4)
        .map(|number| number.to_string())
        .collect();
    let large = format!("{{\"a\":1,\"b\":[{}]}}", many.join(","));
    for wrapping in ALL {
        let packed = pack(wrapping, large.as_bytes());
        assert!(recognise(&packed, None).tree.is_some());
        assert_eq!(value(&packed, ".a"), None);
        let steps = Path::parse(".a").unwrap().steps().to_vec();
        let words = Lookup::new(&packed, None)
            .shown(&steps)
            .unwrap_err()
            .unwrap();
        assert!(
            words.contains("would exceed the limit of 1.0 MiB"),
            "{words}"
        );
        let small = pack(wrapping, &b"{\"a\":1,\"b\":\"yes, it is\"}"[..]);
        assert_eq!(value(&small, ".a").as_deref(), Some("1"));
        let lookup = Lookup::new(&small, None).unpacking(10);
        assert_eq!(lookup.value(&steps), None);
    }
    assert_eq!(value(&base64(large.as_bytes()), ".a"), None);
    // Uncompressed payloads have no such limit.
    assert_eq!(value(large.as_bytes(), ".a").as_deref(), Some("1"));
}

#[test]
fn choosing_text_or_bytes_by_hand_does_not_hide_values() {
    let json = b"{\"a\":1}";
    let steps = Path::parse(".a").unwrap().steps().to_vec();
    for format in [
        Format::Text,
        Format::Binary,
        Format::Cbor,
        Format::JsonLines,
    ] {
        for payload in [json.to_vec(), pack(ALL[0], &json[..])] {
            let choice = choice(format);
            let lookup = Lookup::new(&payload, Some(&choice));
            assert_eq!(
                lookup.value(&steps).as_deref(),
                Some(&b"1"[..]),
                "{format:?}"
            );
        }
    }
    // With MessagePack chosen by hand, even a payload of a single number has a value.
    let choice = choice(Format::MessagePack);
    let lookup = Lookup::new(b"7", Some(&choice));
    assert_eq!(lookup.value(&[]).as_deref(), Some(&b"55"[..]));
    assert_eq!(value(b"7", ".").as_deref(), Some("7"));
}
