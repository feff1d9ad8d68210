//! Well-known Protobuf types, frames, and the JSON form, which `prost-reflect` writes as well.

use std::sync::LazyLock;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use prost_reflect::prost::Message;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, MessageOptions,
};
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};
use subscope::payload::decoder_choices::DecoderChoice;
use subscope::payload::format::{Format, Wrapping};
use subscope::payload::json::locate::PathStep;
use subscope::payload::lookup::Lookup;
use subscope::payload::message_type;
use subscope::payload::protobuf::{MessageType, Schema};

use super::packed::{base64, pack};
use super::{assert_sound, bytes, read_as, recognise, shown};
use crate::support::cases;

/// The fields of `known.Known` that are messages, by number.
const MESSAGES: [(&str, &str); 16] = [
    ("created_at", "Timestamp"),
    ("time_to_live", "Duration"),
    ("mask", "FieldMask"),
    ("meta", "Struct"),
    ("any_value", "Value"),
    ("values", "ListValue"),
    ("double", "DoubleValue"),
    ("float", "FloatValue"),
    ("int64", "Int64Value"),
    ("uint64", "UInt64Value"),
    ("int32", "Int32Value"),
    ("uint32", "UInt32Value"),
    ("bool", "BoolValue"),
    ("string", "StringValue"),
    ("bytes", "BytesValue"),
    ("packed_any", "Any"),
];

fn field(name: &str, number: i32, kind: Type, type_name: Option<&str>) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        r#type: Some(kind.into()),
        label: Some(Label::Optional.into()),
        type_name: type_name.map(str::to_owned),
        ..Default::default()
    }
}

fn repeated(field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto {
        label: Some(Label::Repeated.into()),
        ..field
    }
}

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let google = |name: &str| format!(".google.protobuf.{name}");
    let mut fields: Vec<_> = (1..)
        .zip(MESSAGES)
        .map(|(number, (name, kind))| field(name, number, Type::Message, Some(&google(kind))))
        .collect();
    let times = Some(".known.Known.TimesEntry");
    fields.extend([
        field("user_id", 17, Type::Int64, None),
        repeated(field("times", 18, Type::Message, times)),
        repeated(field("many", 19, Type::Message, Some(&google("Value")))),
        field("number", 20, Type::Double, None),
        repeated(field("big", 21, Type::Fixed64, None)),
        field("nested_one", 22, Type::Message, Some(".known.Known")),
    ]);
    let times_entry = DescriptorProto {
        name: Some("TimesEntry".to_owned()),
        field: vec![
            field("key", 1, Type::Sint64, None),
            field("value", 2, Type::Message, Some(&google("Timestamp"))),
        ],
        options: Some(MessageOptions {
            map_entry: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    };
    let known = DescriptorProto {
        name: Some("Known".to_owned()),
        field: fields,
        nested_type: vec![times_entry],
        ..Default::default()
    };
    let mut pool = DescriptorPool::global();
    let dependency = pool.files().map(|file| file.name().to_owned()).collect();
    let file = FileDescriptorProto {
        name: Some("known.proto".to_owned()),
        package: Some("known".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![known],
        dependency,
        ..Default::default()
    };
    pool.add_file_descriptor_proto(file).unwrap();
    pool
});

fn message_type(name: &str) -> MessageType {
    let schema = Schema::read(&POOL.encode_to_vec()).unwrap();
    schema.message_type(name).unwrap()
}

fn known() -> MessageType {
    static KNOWN: LazyLock<MessageType> = LazyLock::new(|| message_type("known.Known"));
    KNOWN.clone()
}

/// Encodes the JSON form of a message.
fn encode(name: &str, json: Value) -> (DynamicMessage, Vec<u8>) {
    let descriptor = POOL.get_message_by_name(name).unwrap();
    let message = DynamicMessage::deserialize(descriptor, json).unwrap();
    let bytes = message.encode_to_vec();
    (message, bytes)
}

/// Decodes the message with this JSON form and returns the text.
fn text(json: Value) -> String {
    let (_, payload) = encode("known.Known", json);
    let tree = known().decode(&payload).unwrap();
    assert_sound(&tree, &payload);
    shown(&tree, &payload)
}

#[test]
fn well_known_types_are_shown_in_their_json_form() {
    for (json, expected) in [
        (
            json!({"createdAt": "2023-11-14T22:13:20.5Z"}),
            r#"{"created_at": 2023-11-14T22:13:20.500Z}"#,
        ),
        (
            json!({"createdAt": "0001-01-01T00:00:00Z"}),
            r#"{"created_at": 0001-01-01T00:00:00Z}"#,
        ),
        (
            json!({"timeToLive": "-1.000000001s"}),
            r#"{"time_to_live": -1.000000001s}"#,
        ),
        (
            json!({"mask": "user.displayName,photo"}),
            r#"{"mask": user.displayName,photo}"#,
        ),
        (
            json!({"meta": {"a": [1, "x", null, true, {"b": {}}]}}),
            r#"{"meta": {"a": [1.0, "x", null, true, {"b": {}}]}}"#,
        ),
        (json!({"anyValue": null}), r#"{"any_value": null}"#),
        (json!({"values": [[], 2]}), r#"{"values": [[], 2.0]}"#),
        (json!({"double": 1.5}), r#"{"double": 1.5}"#),
        (json!({"int64": "0"}), r#"{"int64": 0}"#),
        (json!({"bytes": "aGk="}), r#"{"bytes": h'6869'}"#),
        (json!({"userId": "7"}), r#"{"user_id": 7}"#),
        (
            json!({"packedAny": {"@type": "x.y/known.Known", "userId": "7"}}),
            r#"{"packed_any": {"@type": "x.y/known.Known", "user_id": 7}}"#,
        ),
        (
            json!({"packedAny": {"@type": "x/google.protobuf.Duration", "value": "1s"}}),
            r#"{"packed_any": {"@type": "x/google.protobuf.Duration", "value": 1s}}"#,
        ),
    ] {
        assert_eq!(text(json), expected);
    }
}

#[test]
fn what_is_not_as_its_type_prescribes_is_shown_as_it_is() {
    for (payload, expected) in [
        // The year 10000, negative nanoseconds, an unknown field, seconds twice.
        (
            "0a 07 08 8083d1ffaf07",
            r#"{"created_at": {"seconds": 253402300800}}"#,
        ),
        (
            "0a 0b 10 ffffffffffffffffff01",
            r#"{"created_at": {"nanos": -1}}"#,
        ),
        ("0a 02 1801", r#"{"created_at": {3: 1}}"#),
        (
            "0a 04 0801 0802",
            r#"{"created_at": {"seconds": 1, "seconds": 2}}"#,
        ),
        // Parts of a duration that differ in sign.
        (
            "12 0d 0801 10 ffffffffffffffffff01",
            r#"{"time_to_live": {"seconds": 1, "nanos": -1}}"#,
        ),
        ("1a 04 0a02 6142", r#"{"mask": {"paths": ["aB"]}}"#),
        ("2a 00", r#"{"any_value": {}}"#),
        (
            "2a 04 2000 0800",
            r#"{"any_value": {"bool_value": false, "null_value": null}}"#,
        ),
        ("82 01 00", r#"{"packed_any": {}}"#),
        (
            "82 01 08 0a03 782f79 1201 07",
            r#"{"packed_any": {"@type": "x/y", "value": h'07'}}"#,
        ),
    ] {
        let payload = bytes(payload);
        let tree = known().decode(&payload).unwrap();
        assert_sound(&tree, &payload);
        assert_eq!(shown(&tree, &payload), expected);
    }
}

#[test]
fn a_message_type_may_itself_be_well_known() {
    let (_, payload) = encode("google.protobuf.Struct", json!({"a": {"b": 1}}));
    let decoded = recognise(&payload, Some(&message_type("google.protobuf.Struct")));
    assert_eq!(decoded.format, Format::Protobuf);
    let tree = decoded.tree.unwrap();
    assert_eq!(shown(&tree, &payload), r#"{"a": {"b": 1.0}}"#);
    let (_, payload) = encode("google.protobuf.Timestamp", json!("2000-01-01T00:00:00Z"));
    let decoded = recognise(&payload, Some(&message_type("google.protobuf.Timestamp")));
    assert_eq!(
        shown(&decoded.tree.unwrap(), &payload),
        "2000-01-01T00:00:00Z"
    );
}

/// Puts a message into a gRPC frame.
fn grpc(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], message].concat()
}

/// Puts a message of less than 128 bytes after its length.
fn delimited(message: &[u8]) -> Vec<u8> {
    [&[u8::try_from(message.len()).unwrap()], message].concat()
}

#[test]
fn messages_in_frames_are_recognised() {
    let (_, seven) = encode("known.Known", json!({"userId": "7"}));
    let (_, time) = encode("known.Known", json!({"createdAt": "1970-01-01T00:00:01Z"}));
    let time_text = r#"{"created_at": 1970-01-01T00:00:01Z}"#;
    for (payload, expected) in [
        (grpc(&seven), r#"⟨grpc⟩({"user_id": 7})"#.to_owned()),
        (
            [grpc(&seven), grpc(&time), grpc(b"")].concat(),
            format!(r#"⟨grpc⟩([{{"user_id": 7}}, {time_text}, {{}}])"#),
        ),
        (
            delimited(&seven),
            r#"⟨length-delimited⟩({"user_id": 7})"#.to_owned(),
        ),
        (
            [delimited(&time), delimited(&seven)].concat(),
            format!(r#"⟨length-delimited⟩([{time_text}, {{"user_id": 7}}])"#),
        ),
        // Compressed.
        (
            bytes("01 00000002 1f8b"),
            "⟨grpc⟩(⟨compressed⟩(h'1f8b'))".to_owned(),
        ),
    ] {
        let decoded = recognise(&payload, Some(&known()));
        assert_eq!((decoded.format, &decoded.note), (Format::Protobuf, &None));
        let tree = decoded.tree.as_ref().unwrap();
        assert_sound(tree, &payload);
        assert_eq!(shown(tree, &payload), expected);
        let by_hand = read_as(&payload, Format::Protobuf, Some(&known())).unwrap();
        assert_eq!(by_hand.tree, decoded.tree);
    }
    // What does not consist of whole frames, or of messages of the type.
    for payload in [
        &grpc(&seven)[..7],
        &[&grpc(&seven)[..], b"\0"].concat(),
        &delimited(&seven)[..3],
        &delimited(b"\xf8\x06\x05"),
        b"\0\0\0",
        b"{\"a\":1}",
        b"plain text",
    ] {
        let decoded = recognise(payload, Some(&known()));
        assert_ne!(decoded.format, Format::Protobuf, "{payload:x?}");
    }
}

#[test]
fn a_compressed_message_in_a_frame_is_unpacked() {
    let (_, message) = encode("known.Known", json!({"userId": "7"}));
    let packed = pack(Wrapping::Gzip, &message[..]);
    let mut payload = grpc(&packed);
    payload[0] = 1;
    let text = r#"⟨grpc⟩(⟨compressed⟩(⟨gzip protobuf⟩({"user_id": 7})))"#;
    let decoded = recognise(&payload, Some(&known()));
    let tree = decoded.tree.as_ref().unwrap();
    assert_sound(tree, &payload);
    assert_eq!(shown(tree, &payload), text);
    let by_hand = read_as(&payload, Format::Protobuf, Some(&known())).unwrap();
    assert_eq!(by_hand.tree, decoded.tree);
    // Only what a frame says is compressed is taken for a message of the type.
    let (_, bare) = encode(
        "known.Known",
        json!({"bytes": String::from_utf8(base64(&packed)).unwrap()}),
    );
    let decoded = recognise(&bare, Some(&known()));
    let text = shown(decoded.tree.as_ref().unwrap(), &bare);
    assert!(text.starts_with("{\"bytes\": h'1f8b"), "{text}");
}

#[test]
fn without_a_type_frames_are_read_by_choice() {
    let both = [grpc(b"\x08\x01"), grpc(b"\x10\x02")].concat();
    assert_eq!(recognise(&both, None).format, Format::Binary);
    for (payload, expected) in [
        (both, "⟨grpc⟩([{1: 1}, {2: 2}])"),
        (delimited(b"\x08\x01"), "⟨length-delimited⟩({1: 1})"),
        (bytes("01 00000001 1f"), "⟨grpc⟩(⟨compressed⟩(h'1f'))"),
    ] {
        let tree = read_as(&payload, Format::Protobuf, None)
            .unwrap()
            .tree
            .unwrap();
        assert_sound(&tree, &payload);
        assert_eq!(shown(&tree, &payload), expected);
    }
}

#[test]
fn paths_go_through_frames_and_take_the_names_of_json_too() {
    let (_, payload) = encode(
        "known.Known",
        json!({"userId": "7", "nestedOne": {"createdAt": "1970-01-01T00:00:01Z"}}),
    );
    let choice = DecoderChoice {
        message_type: Some(message_type::MessageType::Protobuf(known())),
        ..DecoderChoice::default()
    };
    for payload in [payload.clone(), grpc(&payload), delimited(&payload)] {
        let lookup = Lookup::new(&payload, Some(&choice));
        let value = |path: &str| {
            let steps = path
                .split('.')
                .map(|name| PathStep::Key(name.as_bytes().into()));
            let value = lookup.value(&steps.collect::<Vec<_>>());
            value.map(|value| String::from_utf8(value.into_owned()).unwrap())
        };
        for path in ["user_id", "userId"] {
            assert_eq!(value(path).as_deref(), Some("7"), "{path}");
        }
        for path in ["nested_one.created_at", "nestedOne.createdAt"] {
            let expected = Some(r#""1970-01-01T00:00:01Z""#);
            assert_eq!(value(path).as_deref(), expected, "{path}");
        }
        assert_eq!(value("userid"), None);
        assert_eq!(value("user__id"), None);
    }
}

#[test]
fn the_json_form_leaves_out_what_json_cannot_say() {
    // An unknown field, and a number twice, of which the last counts.
    let payload = bytes("8801 05 f806 05 8801 06");
    assert_eq!(known().to_json(&payload).unwrap(), br#"{"userId":"6"}"#);
    let nan = bytes("a101 000000000000f87f");
    assert_eq!(known().to_json(&nan).unwrap(), br#"{"number":"NaN"}"#);
    let (_, one) = encode("known.Known", json!({"big": ["18446744073709551615"]}));
    let both = [grpc(&one), grpc(&one)].concat();
    assert_eq!(
        known().to_json(&both).unwrap(),
        br#"[{"big":["18446744073709551615"]},{"big":["18446744073709551615"]}]"#
    );
    assert_eq!(known().to_json(b"\x08"), None);
}

/// Returns whether two values are equal, however their numbers are written.
fn are_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let bits = |number: &serde_json::Number| number.as_f64().map(f64::to_bits);
            // A `float` may have more digits than are needed to identify it.
            let single = |number: &serde_json::Number| {
                let number: Option<f32> = number.to_string().parse().ok();
                number.filter(|number| number.is_finite()).map(f32::to_bits)
            };
            bits(one) == bits(other) || single(one).is_some() && single(one) == single(other)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| are_equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let is_same = |(name, one): (&String, &Value)| {
                other.get(name).is_some_and(|other| are_equal(one, other))
            };
            one.len() == other.len() && one.iter().all(is_same)
        }
        _ => one == other,
    }
}

/// Generates a value of `google.protobuf.Value`.
fn dynamic() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        ".{0,5}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map("[a-z_]{0,4}", inner, 0..4)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

proptest! {
    #![proptest_config(cases::config(200))]

    #[test]
    fn the_json_form_is_that_of_prost(
        seconds in -62_135_596_800_i64..253_402_300_800,
        nanos in prop_oneof![Just(0), Just(500_000_000), Just(1_000), 0..1_000_000_000_i32],
        value in dynamic(),
        members in btree_map("[a-z]{0,4}", dynamic(), 0..4),
        numbers in (1_i64.., 1_u64.., any::<i32>(), any::<f32>(), prop::num::f64::NORMAL),
        data in vec(any::<u8>(), 0..9),
        keys in vec(any::<i64>(), 0..3),
    ) {
        use base64::Engine as _;
        let data = base64::engine::general_purpose::STANDARD.encode(data);
        let time = prost_reflect::prost_types::Timestamp { seconds, nanos }.to_string();
        let (whole, positive, small, float, number) = numbers;
        let times: Value = keys.iter().map(|key| (key.to_string(), json!(time))).collect();
        let float = if float.is_finite() { json!(f64::from(float)) } else { json!("Infinity") };
        let fields = json!({
            "createdAt": time, "mask": "aB,c.d", "meta": members, "anyValue": value,
            "values": [value], "many": [value], "int64": whole.to_string(),
            "uint64": positive.to_string(), "int32": small, "float": float, "number": number,
            "bytes": data, "userId": whole.to_string(), "big": [positive.to_string()],
            "times": times,
        });
        let mut outer = fields.clone();
        outer["nestedOne"] = fields.clone();
        let any = prost_reflect::prost_types::Any {
            type_url: "type.googleapis.com/known.Known".to_owned(),
            value: encode("known.Known", fields).1,
        };
        let mut payload = encode("known.Known", outer).1;
        payload.extend(b"\x82\x01");
        prost_reflect::prost::encoding::encode_varint(any.encoded_len() as u64, &mut payload);
        any.encode(&mut payload).unwrap();
        let descriptor = POOL.get_message_by_name("known.Known").unwrap();
        let message = DynamicMessage::decode(descriptor, &payload[..]).unwrap();
        let tree = known().decode(&payload).unwrap();
        assert_sound(&tree, &payload);
        let expected = serde_json::to_value(&message).unwrap();
        for payload in [payload.clone(), grpc(&payload)] {
            let json = known().to_json(&payload).unwrap();
            let found: Value = serde_json::from_slice(&json).unwrap();
            prop_assert!(are_equal(&found, &expected), "{found}\n{expected}");
        }
    }

    #[test]
    fn any_bytes_are_read_as_well_known_types_or_refused(
        number in 1..22_u8,
        content in vec(prop_oneof![0..0x30_u8, any::<u8>()], 0..60),
    ) {
        let tag = u16::from(number) << 3 | 2;
        let tag = if tag < 128 { vec![number << 3 | 2] } else {
            vec![u8::try_from(tag & 0x7f).unwrap() | 0x80, u8::try_from(tag >> 7).unwrap()]
        };
        let length = u8::try_from(content.len()).unwrap();
        let payload = [&tag[..], &[length], &content].concat();
        for payload in [grpc(&payload), delimited(&payload), payload] {
            if let Ok(tree) = known().decode(&payload) {
                assert_sound(&tree, &payload);
            }
            if let Some(json) = known().to_json(&payload) {
                prop_assert!(serde_json::from_slice::<Value>(&json).is_ok());
            }
        }
    }
}

#[test]
fn nesting_is_bounded_and_hostile_messages_are_read_in_time() {
    // Values within values, and messages within `Any`, each within the next.
    let wrap = |inner: &[u8], tags: &[&[u8]]| {
        tags.iter().fold(inner.to_vec(), |inner, tag| {
            let mut length = inner.len();
            let mut payload = tag.to_vec();
            while length > 127 {
                payload.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
                length >>= 7;
            }
            payload.push(u8::try_from(length).unwrap());
            [payload, inner].concat()
        })
    };
    let mut list = Vec::new();
    let mut any = Vec::new();
    for _ in 0..500 {
        list = wrap(&list, &[b"\x32", b"\x0a"]);
        let url = b"\x0a\x0d/known.Known\0";
        any = wrap(&[&url[..14], b"\x62"].concat(), &[]);
        any = wrap(&any, &[b"\x12", b"\x82\x01"]);
    }
    let list = wrap(&list, &[b"\x32"]);
    let wrong = known().decode(&list).unwrap_err().to_string();
    assert!(wrong.contains("nested too deeply"), "{wrong}");
    let _ = known().decode(&any);
    let mut nested = Vec::new();
    for _ in 0..500 {
        let url = b"\x0a\x0c/known.Known";
        let inner = wrap(&nested, &[b"\x12"]);
        nested = wrap(&[&url[..], &inner].concat(), &[b"\x82\x01"]);
    }
    let wrong = known().decode(&nested).unwrap_err().to_string();
    assert!(wrong.contains("nested too deeply"), "{wrong}");
    // Many empty frames.
    let zeros = vec![0; 1 << 16];
    assert_ne!(recognise(&zeros, Some(&known())).format, Format::Protobuf);
}
