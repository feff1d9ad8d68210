//! Protobuf, with and without a schema.

use std::sync::LazyLock;

use prost_reflect::prost::Message;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FieldOptions, FileDescriptorProto, FileDescriptorSet, MessageOptions,
};
use subscope::payload::decoder_choices::DecoderChoice;
use subscope::payload::format::{Format, Wrapping};
use subscope::payload::lookup::Lookup;
use subscope::payload::protobuf::{self, Schema};
use subscope::payload::tree::NodeId;
use subscope::query::Path;

use super::{assert_sound, bytes, read_as, recognise, shown};
use crate::formats::packed::{base64, pack};

/// Scalar fields of `demo.All`, by number.
const SCALARS: [(&str, Type); 15] = [
    ("double", Type::Double),
    ("float", Type::Float),
    ("int32", Type::Int32),
    ("int64", Type::Int64),
    ("uint32", Type::Uint32),
    ("uint64", Type::Uint64),
    ("sint32", Type::Sint32),
    ("sint64", Type::Sint64),
    ("fixed32", Type::Fixed32),
    ("fixed64", Type::Fixed64),
    ("sfixed32", Type::Sfixed32),
    ("sfixed64", Type::Sfixed64),
    ("bool", Type::Bool),
    ("string", Type::String),
    ("bytes", Type::Bytes),
];

fn field(name: &str, number: i32, kind: Type, label: Label) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        r#type: Some(kind.into()),
        label: Some(label.into()),
        ..Default::default()
    }
}

fn of_type(field: FieldDescriptorProto, name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto {
        type_name: Some(name.to_owned()),
        ..field
    }
}

fn entry(name: &str, key: Type, value: FieldDescriptorProto) -> DescriptorProto {
    DescriptorProto {
        name: Some(name.to_owned()),
        field: vec![field("key", 1, key, Label::Optional), value],
        options: Some(MessageOptions {
            map_entry: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Returns a schema as protoc would write it: `demo.All`, which contains itself.
pub fn schema() -> Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::read(&descriptor_set()).unwrap());
    SCHEMA.clone()
}

/// Returns the descriptor set of the schema.
pub fn descriptor_set() -> Vec<u8> {
    let mut fields: Vec<_> = (1..)
        .zip(SCALARS)
        .map(|(number, (name, kind))| field(name, number, kind, Label::Optional))
        .collect();
    let unpacked = FieldDescriptorProto {
        options: Some(FieldOptions {
            packed: Some(false),
            ..Default::default()
        }),
        ..field("unpacked", 22, Type::Int32, Label::Repeated)
    };
    fields.extend([
        of_type(
            field("colour", 16, Type::Enum, Label::Optional),
            ".demo.Colour",
        ),
        of_type(
            field("nested", 17, Type::Message, Label::Optional),
            ".demo.All",
        ),
        of_type(
            field("list", 18, Type::Message, Label::Repeated),
            ".demo.All",
        ),
        field("packed", 19, Type::Sint32, Label::Repeated),
        of_type(
            field("names", 20, Type::Message, Label::Repeated),
            ".demo.All.NamesEntry",
        ),
        of_type(
            field("by_id", 21, Type::Message, Label::Repeated),
            ".demo.All.ByIdEntry",
        ),
        unpacked,
        field("words", 23, Type::String, Label::Repeated),
    ]);
    let nested_value = field("value", 2, Type::Message, Label::Optional);
    let all = DescriptorProto {
        name: Some("All".to_owned()),
        field: fields,
        nested_type: vec![
            entry(
                "NamesEntry",
                Type::String,
                field("value", 2, Type::Int32, Label::Optional),
            ),
            entry("ByIdEntry", Type::Int64, of_type(nested_value, ".demo.All")),
        ],
        ..Default::default()
    };
    let value = |(name, number): (&str, i32)| EnumValueDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        ..Default::default()
    };
    let colour = EnumDescriptorProto {
        name: Some("Colour".to_owned()),
        value: [("RED", 0), ("GREEN", 1), ("NONE", -1)].map(value).to_vec(),
        ..Default::default()
    };
    let file = FileDescriptorProto {
        name: Some("demo.proto".to_owned()),
        package: Some("demo".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![all],
        enum_type: vec![colour],
        ..Default::default()
    };
    FileDescriptorSet { file: vec![file] }.encode_to_vec()
}

/// Decodes these bytes as `demo.All` and returns the text.
fn typed(hex: &str) -> String {
    let payload = bytes(hex);
    let all = schema().message_type("demo.All").unwrap();
    let tree = all.decode(&payload).unwrap();
    assert_sound(&tree, &payload);
    shown(&tree, &payload)
}

fn raw(hex: &str) -> String {
    let payload = bytes(hex);
    let tree = protobuf::read_raw(&payload).unwrap_or_else(|error| panic!("{hex}: {error}"));
    assert_sound(&tree, &payload);
    shown(&tree, &payload)
}

#[test]
fn bare_fields_are_named_by_number() {
    for (hex, expected) in [
        ("", "{}"),
        ("089601", "{1: 150}"),
        ("08ffffffffffffffffff01", "{1: 18446744073709551615}"),
        ("120774657374696e67", "{2: \"testing\"}"),
        ("1a03089601", "{3: {1: 150}}"),
        ("0801 0802", "{1: 1, 1: 2}"),
        ("0d 0000803f", "{1: 1065353216 or 1.0}"),
        ("09 000000000000f83f", "{1: 4609434218613702656 or 1.5}"),
        ("0a00", "{1: \"\"}"),
        ("0a02 3031", "{1: \"01\"}"),
        ("0a03 80ff80", "{1: h'80ff80'}"),
        ("0a02 00ff", "{1: h'00ff'}"),
        ("0a01 0a", "{1: \"\\n\"}"),
        ("0a04 0a02 0801", "{1: {1: {1: 1}}}"),
        ("0b 0801 0c", "{1: {1: 1}}"),
        ("0b 13 1801 14 0c 1001", "{1: {2: {3: 1}}, 2: 1}"),
        ("f8ffffff0f 01", "{536870911: 1}"),
    ] {
        assert_eq!(raw(hex), expected, "{hex}");
    }
}

#[test]
fn invalid_protobuf_is_refused_with_place_and_reason() {
    for (hex, why) in [
        ("00", "invalid field number 0 at byte 0"),
        ("8080808010 01", "invalid field number 536870912 at byte 0"),
        ("08", "unexpected end at byte 1"),
        ("0880", "unexpected end at byte 2"),
        ("08ffffffffffffffffff02", "varint over 64 bits at byte 1"),
        ("08ffffffffffffffffffff01", "varint over 64 bits at byte 1"),
        ("0a05 00", "header says 5 bytes, but only 1 left at byte 0"),
        (
            "0affffffff0f",
            "header says 4294967295 bytes, but only 0 left at byte 0",
        ),
        ("0b 0801", "unexpected end at byte 3"),
        ("0b 14", "end of a different group at byte 1"),
        ("0c", "end of a group that was not started at byte 0"),
        ("0e", "unknown wire type 6 at byte 0"),
        ("09 00", "unexpected end at byte 2"),
    ] {
        let error = protobuf::read_raw(&bytes(hex)).unwrap_err();
        assert_eq!(error.to_string(), format!("not Protobuf: {why}"), "{hex}");
    }
}

#[test]
fn a_schema_supplies_names_types_and_signs() {
    for (hex, expected) in [
        ("", "{}"),
        (
            "f806 05 6801 fa06 06 0801 1202 0801 6800",
            "{111: 5, 111: {1: 1, 2: {1: 1}}, \"bool\": true, \"bool\": false}",
        ),
        ("09 000000000000f83f", "{\"double\": 1.5}"),
        ("15 cdcccc3d", "{\"float\": 0.1}"),
        ("18 ffffffffffffffffff01", "{\"int32\": -1}"),
        (
            "20 80808080808080808001",
            "{\"int64\": -9223372036854775808}",
        ),
        ("28 ffffffff0f", "{\"uint32\": 4294967295}"),
        (
            "30 ffffffffffffffffff01",
            "{\"uint64\": 18446744073709551615}",
        ),
        ("38 01", "{\"sint32\": -1}"),
        (
            "40 ffffffffffffffffff01",
            "{\"sint64\": -9223372036854775808}",
        ),
        ("4d ffffffff", "{\"fixed32\": 4294967295}"),
        ("51 ffffffffffffffff", "{\"fixed64\": 18446744073709551615}"),
        ("5d ffffffff", "{\"sfixed32\": -1}"),
        ("61 ffffffffffffffff", "{\"sfixed64\": -1}"),
        ("68 01", "{\"bool\": true}"),
        ("72 02 6869", "{\"string\": \"hi\"}"),
        ("7a 02 6869", "{\"bytes\": h'6869'}"),
        ("8001 01", "{\"colour\": \"GREEN\"}"),
        ("8001 ffffffffffffffffff01", "{\"colour\": \"NONE\"}"),
        ("8001 07", "{\"colour\": 7}"),
        ("8a01 02 6801", "{\"nested\": {\"bool\": true}}"),
        ("8a01 00", "{\"nested\": {}}"),
        ("9201 02 6801 9201 00", "{\"list\": [{\"bool\": true}, {}]}"),
        ("9a01 03 010203", "{\"packed\": [-1, 1, -2]}"),
        ("9801 01 9a01 01 02", "{\"packed\": [-1, 1]}"),
        ("b001 05 b001 06", "{\"unpacked\": [5, 6]}"),
        ("b201 02 0506", "{\"unpacked\": [5, 6]}"),
        ("ba01 01 61 ba01 00", "{\"words\": [\"a\", \"\"]}"),
        ("a201 05 0a01 61 1001", "{\"names\": {\"a\": 1}}"),
        (
            "a201 00 a201 03 0a01 62",
            "{\"names\": {\"\": 0, \"b\": 0}}",
        ),
        (
            "aa01 06 0805 1202 6801",
            "{\"by_id\": {5: {\"bool\": true}}}",
        ),
        ("aa01 00", "{\"by_id\": {0: {}}}"),
        ("6801 6800", "{\"bool\": true, \"bool\": false}"),
        ("f806 05", "{111: 5}"),
        ("6a 02 6869", "{13: \"hi\"}"),
        (
            "b001 05 6801 b001 06",
            "{\"unpacked\": [5, 6], \"bool\": true}",
        ),
    ] {
        assert_eq!(typed(hex), expected, "{hex}");
    }
}

#[test]
fn an_invalid_schema_says_what_is_wrong() {
    let error = Schema::read(b"\xff\xff").unwrap_err();
    assert!(
        error.starts_with("not a Protobuf descriptor set: "),
        "{error}"
    );
    let schema = schema();
    assert_eq!(schema.message_types().collect::<Vec<_>>(), ["demo.All"]);
    assert!(schema.message_type("demo.None").is_none());
    let all = schema.message_type("demo.All").unwrap();
    assert_eq!(all.name(), "demo.All");
    assert_eq!(
        all.decode(b"\x68").unwrap_err().to_string(),
        "not Protobuf: unexpected end at byte 1"
    );
    let cut_packed = bytes("9a01 01 80");
    assert_eq!(
        all.decode(&cut_packed).unwrap_err().to_string(),
        "not Protobuf: unexpected end at byte 4"
    );
}

#[test]
fn files_of_every_syntax_are_read() {
    let set = FileDescriptorSet::decode(&descriptor_set()[..]).unwrap();
    for syntax in [
        None,
        Some("proto2"),
        Some("editions"),
        Some("of the future"),
    ] {
        let mut set = set.clone();
        set.file[0].syntax = syntax.map(str::to_owned);
        let schema = Schema::read(&set.encode_to_vec()).unwrap();
        let all = schema.message_type("demo.All").unwrap();
        let tree = all.decode(&bytes("6801")).unwrap();
        assert_eq!(shown(&tree, &bytes("6801")), "{\"bool\": true}");
    }
    let mut importing = set;
    importing.file[0].dependency = vec!["other.proto".to_owned()];
    let error = Schema::read(&importing.encode_to_vec()).unwrap_err();
    assert!(error.contains("other.proto"), "{error}");
}

#[test]
fn a_string_field_knows_its_position_in_the_payload() {
    let payload = bytes("72 02 6869");
    let all = schema().message_type("demo.All").unwrap();
    let tree = all.decode(&payload).unwrap();
    assert_eq!(tree.written(NodeId(1)).0, Some(2..4));
    assert_eq!(tree.source(NodeId(1)), Some(0..4));
    assert_eq!(tree.path(NodeId(1), &payload).as_deref(), Some(".string"));
}

#[test]
fn protobuf_is_recognised_where_its_type_is_given() {
    let all = schema().message_type("demo.All").unwrap();
    let payload = bytes("72 02 6869 6801");
    assert_eq!(recognise(&payload, None).format, Format::Binary);
    let decoded = recognise(&payload, Some(&all));
    assert_eq!((decoded.format, &decoded.note), (Format::Protobuf, &None));
    let packed = pack(Wrapping::Gzip, &payload[..]);
    let decoded = recognise(&packed, Some(&all));
    assert_eq!(decoded.wrappings, [Wrapping::Gzip]);
    assert_eq!(decoded.format, Format::Protobuf);
    let by_hand = read_as(&packed, Format::Protobuf, Some(&all)).unwrap();
    assert_eq!(by_hand.tree, decoded.tree);
    let bare = read_as(&packed, Format::Protobuf, None).unwrap();
    let inner = bare.bytes(&packed);
    assert_eq!(
        shown(bare.tree.as_ref().unwrap(), inner),
        "{14: \"hi\", 13: 1}"
    );
    for (payload, format, note) in [
        (
            &b"{\"a\":1}"[..],
            Format::Json,
            "not a demo.All: not Protobuf: header says 97 bytes, but only 4 left at byte 1",
        ),
        (
            b"words",
            Format::Text,
            "not a demo.All: not Protobuf: unknown wire type 7 at byte 0",
        ),
        (
            b"\xf8\x06\x05",
            Format::Binary,
            "not a demo.All: no known fields",
        ),
    ] {
        let decoded = recognise(payload, Some(&all));
        assert_eq!(decoded.format, format);
        assert_eq!(decoded.note.as_deref(), Some(note));
    }
}

#[test]
fn protobuf_in_base64_is_recognised_where_its_type_is_given() {
    let all = schema().message_type("demo.All").unwrap();
    let payload = bytes("72 0b 68656c6c6f20776f726c64 6801");
    for (encoded, wrappings) in [
        (base64(&payload), vec![Wrapping::Base64]),
        (
            pack(Wrapping::Gzip, &base64(&payload)[..]),
            vec![Wrapping::Gzip, Wrapping::Base64],
        ),
        (
            base64(&pack(Wrapping::Gzip, &payload[..])),
            vec![Wrapping::Base64, Wrapping::Gzip],
        ),
    ] {
        let decoded = recognise(&encoded, Some(&all));
        assert_eq!(decoded.wrappings, wrappings);
        assert_eq!((decoded.format, &decoded.note), (Format::Protobuf, &None));
        assert_eq!(decoded.bytes(&encoded), payload);
        let by_hand = read_as(&encoded, Format::Protobuf, Some(&all)).unwrap();
        assert_eq!(by_hand, decoded);
    }
    let encoded = base64(&payload);
    assert_eq!(recognise(&encoded, None).format, Format::Text);
}

#[test]
fn base64_that_decodes_to_noise_stays_text() {
    let all = schema().message_type("demo.All").unwrap();
    // The second string decodes to a field that the type has (`h`, with the value 1) and one that
    // it lacks.
    let partly = base64(&bytes("6801 f206 0b 68656c6c6f20776f726c64"));
    for text in [&b"5f3c0e9a7b1d4c2e8f6a0b9d3e7c1a54"[..], &partly] {
        let decoded = recognise(text, Some(&all));
        assert_eq!(decoded.format, Format::Text);
        assert!(decoded.note.unwrap().starts_with("not a demo.All: "));
    }
}

#[test]
fn a_field_without_a_name_is_found_by_its_number_and_a_prefix_of_centrifugo_by_its_name() {
    let choice = DecoderChoice {
        format: Some(Format::Protobuf),
        ..DecoderChoice::default()
    };
    let value = |payload: &[u8], path: &str| {
        let lookup = Lookup::new(payload, Some(&choice));
        let path = Path::parse(path).unwrap();
        let shown = lookup.shown(path.steps()).ok()?;
        Some(String::from_utf8(shown.text.to_vec()).unwrap())
    };
    let publication = b"\"\x07{\"v\":1}";
    for prefix in ["", "__p1:2:xKzW__", "__j__", "__l__"] {
        let payload = [prefix.as_bytes(), publication].concat();
        assert_eq!(
            value(&payload, ".\"4\".v").as_deref(),
            Some("1"),
            "{prefix}"
        );
        let found = value(&payload, ".prefix").unwrap_or_default();
        assert_eq!(found, prefix);
    }
    let delta = b"__d1:2:xKzW:9:\"\x07{\"v\":0}:9:\"\x07{\"v\":1}";
    assert_eq!(value(delta, ".\"4\".v").as_deref(), Some("1"));
    assert_eq!(value(delta, ".prefix").as_deref(), Some("__d1:2:xKzW"));
    for wrong in [
        &b"__d1:2:xKzW:9:\"\x07{\"v\":0}:99:x"[..],
        b"__d1:2",
        b"__d1:2:x:18446744073709551615:",
        b"__p1:2",
        b"__x__",
    ] {
        assert_eq!(value(wrong, ".prefix"), None, "{}", wrong.escape_ascii());
    }
}
