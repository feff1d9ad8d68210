//! Malicious payloads. The result must be bounded, and nothing in it may affect a terminal.

use std::io::{Read, Write};
use std::sync::LazyLock;

use flate2::Compression;
use flate2::read::{DeflateEncoder, GzEncoder, ZlibEncoder};
use prost_reflect::prost::Message;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
};

use subscope::payload::avro;
use subscope::payload::change::change;
use subscope::payload::diff::{self, Side};
use subscope::payload::escape::{one_line, whole};
use subscope::payload::format::unpack::MAX_SIZE;
use subscope::payload::format::{Decoded, Format, MAX_WRAPPINGS, read_as, recognise};
use subscope::payload::json;
use subscope::payload::lookup::Lookup;
use subscope::payload::message_type::MessageType;
use subscope::payload::protobuf::Schema;
use subscope::payload::tree::{Key, MAX_DEPTH, MAX_NODES, NodeId, Tree};
use subscope::query::Path;

use crate::escapes::{assert_drawn_harmless, assert_harmless};
use crate::mutation::mutated;
use crate::random::attack;
use crate::support::cases;

/// Maximum size after decompression.
const MAX_UNPACKED: usize = 256 << 10;

/// Maximum number of bytes per tree node, not counting its text.
const BYTES_PER_NODE: usize = 128;

/// Number of bytes that any decoded payload may take, in addition to those that depend on its size.
const FIXED_BYTES: usize = 64 << 10;

/// Maximum number of values checked in a tree.
const CHECKED_NODES: usize = 40;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    let at = |index| u8::from_str_radix(&digits[index..index + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(at).collect()
}

fn field(name: &str, number: i32, kind: Type, label: Label) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        r#type: Some(kind.into()),
        label: Some(label.into()),
        type_name: (kind == Type::Message).then(|| ".demo.All".to_owned()),
        ..Default::default()
    }
}

/// Returns the descriptor set of `demo.All`, which contains itself.
fn descriptor_set() -> Vec<u8> {
    let message = DescriptorProto {
        name: Some("All".to_owned()),
        field: vec![
            field("name", 1, Type::String, Label::Optional),
            field("count", 2, Type::Int64, Label::Optional),
            field("ratio", 3, Type::Double, Label::Optional),
            field("small", 4, Type::Float, Label::Optional),
            field("flag", 5, Type::Bool, Label::Optional),
            field("raw", 6, Type::Bytes, Label::Optional),
            field("inner", 7, Type::Message, Label::Optional),
            field("list", 8, Type::Message, Label::Repeated),
            field("packed", 9, Type::Sint32, Label::Repeated),
            field("fixed", 10, Type::Fixed64, Label::Optional),
        ],
        ..Default::default()
    };
    let file = FileDescriptorProto {
        name: Some("demo.proto".to_owned()),
        package: Some("demo".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![message],
        ..Default::default()
    };
    FileDescriptorSet { file: vec![file] }.encode_to_vec()
}

/// An Avro schema with a value of each kind.
static AVRO: LazyLock<MessageType> = LazyLock::new(|| {
    let schema = br#"{"type": "record", "name": "R", "fields": [
        {"name": "u", "type": ["null", "R", {"type": "enum", "name": "E", "symbols": ["A", "B"]}]},
        {"name": "a", "type": {"type": "array", "items": ["null", "string", "long", "double"]}},
        {"name": "m", "type": {"type": "map", "values": {"type": "array", "items": "null"}}},
        {"name": "t", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "scale": 3}}
    ]}"#;
    MessageType::Avro(avro::Schema::read("r.avsc", schema).unwrap())
});

static DEMO: LazyLock<MessageType> = LazyLock::new(|| {
    let schema = Schema::read(&descriptor_set()).unwrap();
    MessageType::Protobuf(schema.message_type("demo.All").unwrap())
});

fn read_all(mut reader: impl Read) -> Vec<u8> {
    let mut out = Vec::new();
    reader.read_to_end(&mut out).unwrap();
    out
}

fn lz4(inner: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(inner).unwrap();
    encoder.finish().unwrap()
}

fn base64(inner: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .encode(inner)
        .into_bytes()
}

/// Returns `inner` in each of the wrappings.
fn wrapped(inner: &[u8]) -> Vec<Vec<u8>> {
    let best = Compression::best();
    vec![
        read_all(GzEncoder::new(inner, best)),
        read_all(ZlibEncoder::new(inner, best)),
        read_all(DeflateEncoder::new(inner, best)),
        zstd::stream::encode_all(inner, 3).unwrap(),
        lz4(inner),
        base64(inner),
    ]
}

/// Returns one payload of every kind, unwrapped.
fn plain() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"a":[1,"x\n",null,true,{"b":-1.5e3}],"id":"\u00e9\ud83d\ude00","a":2}"#,
        r#"[[[[[]]]],{"k":{"k":{"k":1}}},12345678901234567890,0.1]"#,
        "{\"a\":1}\n[2]\n\"three\"\n",
        "\"just a string with a \\\" in it\"",
        "-12.5e-3",
        "plain words, \u{4f60}\u{597d}, and a tab\t",
        "a:2:{i:0;s:3:\"abc\";s:1:\"k\";O:8:\"stdClass\":1:{s:1:\"a\";d:1.5;}}",
        "(dp0\nS'a'\np1\nI1\ns.",
    ];
    let texts = texts.iter().map(|text| text.as_bytes().to_vec());
    let binary = [
        "85a161 01 a162 93c0c3cb3fb999999999999a 01c4020001 c3d6ff5a4af6a5 9101 c703050a0b0c",
        "de0002 a16b dd00000003 010203 a16c d9057468657265",
        "a4 6161 c249010000000000000000 8101 f93c00 c1 1a514b67b0 5f42010243030405ff 20 bf61 61 9f01ffff",
        "d9d9f7 a2 6161 fa47c35000 6162 fb7ff8000000000000",
        "08 9601 12 07 74657374696e67 1a 03 089601 0b 1001 0c 0d 0000803f 09 000000000000f83f",
        "0a 03 616263 10 07 19 000000000000f03f 25 cdcc8c3f 28 01 32 02 00ff 3a 05 0a0161 1002 42 02 1005 4a 03 010203 51 0100000000000000",
        "8004 95 0b00000000000000 7d 94 8c 01 61 94 4b 01 73 2e",
        "aced0005 7400 03 616263",
        "00 04 02 0278 04 0a 00 02 026b 04 00 00 8280f28183898506 04 04d2",
        "8004 5d 94 28 8c03616263 94 4b01 4e 88 6801 8f 94 28 4b02 90 85 86 65 2e",
        "0408 5b08 3a0661 7b06 4922 0661 063a0645 54 6906 6f3a064106 3a0740616c2b073039",
        "83 74 00000002 770161 6c00000002 6101 6d00000002 6869 6a 770162 6803 770174 6b0002 0102 460000000000000000",
        "1b000000 10 6100 01000000 04 6200 0c000000 10 3000 02000000 00 00",
    ];
    texts.chain(binary.map(bytes)).collect()
}

/// Returns one payload of every kind, unwrapped, wrapped once and wrapped twice.
pub fn samples() -> Vec<Vec<u8>> {
    let plain = plain();
    let mut samples = plain.clone();
    for inner in [&plain[0], &plain[8], &plain[12], &vec![0; 10_000]] {
        let once = wrapped(inner);
        samples.extend(wrapped(&once[0]));
        samples.extend(once);
    }
    samples.push(zstd::stream::encode_all(&vec![b'['; MAX_UNPACKED + 1][..], 3).unwrap());
    samples
}

/// Checks the invariants of a decoded payload.
fn check(payload: &[u8], decoded: &Decoded) {
    assert!(decoded.wrappings.len() <= MAX_WRAPPINGS);
    let inner = decoded.bytes(payload);
    if let Some(unwrapped) = &decoded.unwrapped {
        assert!(
            unwrapped.len() <= MAX_UNPACKED,
            "{} B unpacked",
            unwrapped.len()
        );
    }
    let most = MAX_UNPACKED * 2 + inner.len() * BYTES_PER_NODE + FIXED_BYTES;
    assert!(decoded.size() <= most, "{} B of {most}", decoded.size());
    if let Some(note) = &decoded.note {
        assert!(note.len() < 1000, "{note}");
        assert_harmless(&whole(note.as_bytes()));
    }
    if let Some(tree) = &decoded.tree {
        check_tree(tree, inner);
    }
}

fn check_tree(tree: &Tree, payload: &[u8]) {
    assert!(!tree.is_empty() && tree.len() <= MAX_NODES);
    let mut latest = 0;
    for index in 0..tree.len().min(CHECKED_NODES) {
        let id = NodeId(u32::try_from(index).unwrap());
        let value = tree.value(id, payload).unwrap();
        assert!(value.depth <= MAX_DEPTH);
        assert_eq!(value.count, tree.children(id).count());
        if let Some(source) = tree.source(id) {
            assert!(latest <= source.start && source.end <= payload.len());
            latest = source.start;
        }
        if let Key::Name(key) | Key::Other(key) = value.key {
            assert_harmless(&one_line(key, 60).string);
        }
        assert_harmless(&one_line(value.text, 60).string);
        assert_harmless(&one_line(&tree.copy_text(id, payload), 60).string);
        assert_harmless(&one_line(&tree.in_brief(id, payload, 0), 60).string);
        if let Some(path) = tree.path(id, payload) {
            let read = Path::parse(&path);
            assert!(read.is_ok(), "{path}: {read:?}");
        }
    }
    if payload.len() < 4000 {
        assert!(json::is_json(&tree.to_json(NodeId(0), payload)));
    }
}

#[test]
fn every_payload_is_decoded_within_bounds() {
    let samples = samples();
    attack(
        "payloads",
        cases::count(1200),
        |random| mutated(random, &samples),
        |payload| {
            for message_type in [None, Some(&*DEMO), Some(&*AVRO)] {
                check(payload, &recognise(payload, message_type, MAX_UNPACKED));
                for format in Format::ALL {
                    match read_as(payload, format, message_type, MAX_UNPACKED) {
                        Ok(decoded) => check(payload, &decoded),
                        Err(why) => {
                            assert!(why.len() < 1000, "{why}");
                            assert_harmless(&whole(why.as_bytes()));
                        }
                    }
                }
            }
            assert_drawn_harmless(&payload[..payload.len().min(2000)], payload.len() % 70);
        },
    );
}

#[test]
fn nothing_is_unpacked_beyond_the_limit() {
    let samples = samples();
    attack(
        "payloads, unbounded",
        cases::count(300),
        |random| mutated(random, &samples),
        |payload| {
            let decoded = recognise(payload, None, MAX_SIZE);
            assert!(decoded.bytes(payload).len() <= MAX_SIZE);
        },
    );
}

#[test]
fn any_two_payloads_can_be_compared() {
    let samples = samples();
    attack(
        "payloads compared",
        cases::count(700),
        |random| {
            let old = mutated(random, &samples);
            let new = if random.one_in(2) {
                mutated(random, std::slice::from_ref(&old))
            } else {
                mutated(random, &samples)
            };
            vec![old, new]
        },
        |pair| {
            let [old, new] = pair else { return };
            let decoded = [old, new].map(|payload| recognise(payload, None, MAX_UNPACKED));
            let side = |index: usize| Side {
                bytes: decoded[index].bytes(&pair[index]),
                tree: decoded[index].tree.as_ref(),
            };
            let found = diff::compare(side(0), side(1));
            let most = (old.len() + new.len() + FIXED_BYTES) * BYTES_PER_NODE;
            assert!(found.size() <= most, "{} B of {most}", found.size());
            assert!(diff::compare(side(0), side(0)).is_same());
            for has_values in [false, true] {
                let _ = change(old, new, has_values);
            }
        },
    );
}

#[test]
fn values_can_be_looked_up_in_any_payload() {
    let samples = samples();
    let paths = [
        ".a",
        ".a[0]",
        ".a[4].b",
        ".[0]",
        ".inner.name",
        ".\"\"",
        ".id",
    ];
    let paths = paths.map(|path| Path::parse(path).unwrap());
    attack(
        "values looked up",
        cases::count(1200),
        |random| mutated(random, &samples),
        |payload| {
            for path in &paths {
                let lookup = Lookup::new(payload, None).unpacking(MAX_UNPACKED);
                if let Ok(shown) = lookup.shown(path.steps()) {
                    assert_harmless(&one_line(&shown.text, 60).string);
                }
                let has = lookup.has(path.steps(), |_| true, |_, _| true);
                assert!(!has || lookup.value(path.steps()).is_some());
            }
        },
    );
}

#[test]
fn a_mutated_schema_is_accepted_or_refused() {
    let descriptor_set = [descriptor_set()];
    let payload = plain()[13].clone();
    attack(
        "schemas",
        cases::count(1500),
        |random| mutated(random, &descriptor_set),
        |bytes| match Schema::read(bytes) {
            Ok(schema) => {
                for name in schema.message_types() {
                    let known = schema.message_type(&name);
                    let _ = known.map(|known| known.decode(&payload));
                }
            }
            Err(why) => assert!(why.len() < 4000, "{why}"),
        },
    );
}
