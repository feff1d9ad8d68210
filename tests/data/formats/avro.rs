//! Avro: values written by fastavro, the framings, hostile bytes and schemas.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use subscope::payload::avro::Schema;
use subscope::payload::decoder_choices::DecoderChoice;
use subscope::payload::format::unpack::MAX_SIZE;
use subscope::payload::format::{self, Decoded, Format, Wrapping};
use subscope::payload::json::locate::PathStep;
use subscope::payload::lookup::Lookup;
use subscope::payload::message_type::MessageType;
use subscope::payload::tree::NodeId;

use super::packed::{base64, pack};
use super::{assert_sound, bytes, hex, shown};
use crate::support::cases;

/// Schemas and values as fastavro 1.13 writes them, and what it reads from them. The fingerprint has
/// its bytes in the order of the single-object encoding.
const WRITTEN: &str = include_str!("avro.json");

fn schema(json: &Value) -> Schema {
    Schema::read("file.avsc", json.to_string().as_bytes()).unwrap()
}

fn order() -> Schema {
    schema(&json!({
        "type": "record", "name": "Order", "namespace": "shop", "fields": [
            { "name": "id", "type": "long" },
            { "name": "note", "type": ["null", "string"] },
        ]
    }))
}

/// An order with the id 7 and the note "hello".
const ORDER: &str = "0e 02 0a 68656c6c6f";
const ORDER_TEXT: &str = r#"{"id": 7, "note": "hello"}"#;

fn recognise(payload: &[u8], schema: &Schema) -> Decoded {
    let message_type = MessageType::Avro(schema.clone());
    format::recognise(payload, Some(&message_type), MAX_SIZE)
}

/// Returns whether `found` is the `expected` value; a decimal number has to have the same digits.
fn is_same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Object(decimal)) => decimal["$decimal"] == found.to_string(),
        (Value::Number(found), Value::Number(expected)) => {
            // Single-precision numbers are shown with the digits that identify them.
            let single = |number: &serde_json::Number| number.to_string().parse::<f32>().ok();
            found.as_f64() == expected.as_f64() || single(found) == single(expected)
        }
        (Value::Array(found), Value::Array(expected)) => {
            let mut pairs = found.iter().zip(expected);
            found.len() == expected.len() && pairs.all(|(found, other)| is_same(found, other))
        }
        (Value::Object(found), Value::Object(expected)) => {
            let mut pairs = found.iter();
            found.len() == expected.len()
                && pairs.all(|(name, found)| {
                    let other = expected.get(name);
                    other.is_some_and(|other| is_same(found, other))
                })
        }
        _ => found == expected,
    }
}

#[test]
fn values_written_by_fastavro_are_read() {
    let cases: Value = serde_json::from_str(WRITTEN).unwrap();
    let mut count = 0;
    for case in cases.as_array().unwrap() {
        let schema = schema(&case["schema"]);
        let fingerprint = hex(&schema.fingerprint().to_le_bytes());
        assert_eq!(case["fingerprint"], fingerprint, "{}", case["canonical"]);
        for value in case["values"].as_array().unwrap() {
            let bare = bytes(value["hex"].as_str().unwrap());
            let single = [&bytes("c301"), &bytes(&fingerprint)[..], &bare].concat();
            let confluent = [&bytes("00 0000002a")[..], &bare].concat();
            for payload in [bare, single, confluent] {
                let tree = schema.decode(&payload);
                let tree = tree.unwrap_or_else(|wrong| panic!("{wrong}: {value}"));
                assert_sound(&tree, &payload);
                let json = tree.to_json(NodeId::default(), &payload);
                let found = serde_json::from_slice(&json).unwrap();
                assert!(is_same(&found, &value["value"]), "{found} is not {value}");
                count += 1;
            }
        }
    }
    assert!(count > 100);
}

#[test]
fn the_fingerprints_are_those_of_the_specification() {
    for (schema_text, expected) in [
        ("\"int\"", 0x7275_d51a_3f39_5c8f),
        ("{\"type\":\"int\"}", 0x7275_d51a_3f39_5c8f),
        ("\"float\"", 0x4d7c_02cb_3ea8_d790),
        ("\"long\"", 0xd054_e144_93f4_1db7),
        ("\"null\"", 0x63dd_24e7_cc25_8f8a),
    ] {
        let schema = Schema::read("f", schema_text.as_bytes()).unwrap();
        assert_eq!(schema.fingerprint(), expected, "{schema_text}");
    }
}

#[test]
fn a_value_is_recognised_where_its_schema_is_given() {
    let payload = bytes(ORDER);
    let fingerprint = hex(&order().fingerprint().to_le_bytes());
    for (payload, expected) in [
        (payload.clone(), ORDER_TEXT.to_owned()),
        (
            bytes(&format!("c301 {fingerprint} {ORDER}")),
            format!("⟨single-object⟩({ORDER_TEXT})"),
        ),
        (
            bytes(&format!("00 00000c22 {ORDER}")),
            format!("⟨schema id 3106⟩({ORDER_TEXT})"),
        ),
        (pack(Wrapping::Gzip, &payload[..]), ORDER_TEXT.to_owned()),
        (
            base64(&bytes(&format!("00 00000c22 {ORDER}"))),
            format!("⟨schema id 3106⟩({ORDER_TEXT})"),
        ),
    ] {
        let decoded = recognise(&payload, &order());
        assert_eq!((decoded.format, &decoded.note), (Format::Avro, &None));
        let tree = decoded.tree.as_ref().unwrap();
        let inner = decoded.bytes(&payload);
        assert_sound(tree, inner);
        assert_eq!(shown(tree, inner), expected);
        let message_type = MessageType::Avro(order());
        let by_hand = format::read_as(&payload, Format::Avro, Some(&message_type), MAX_SIZE);
        assert_eq!(by_hand.unwrap(), decoded);
        let lookup_choice = DecoderChoice {
            message_type: Some(message_type),
            ..DecoderChoice::default()
        };
        let lookup = Lookup::new(&payload, Some(&lookup_choice));
        let note = lookup.value(&[PathStep::Key(b"note"[..].into())]);
        assert_eq!(note.as_deref(), Some(&b"\"hello\""[..]));
    }
    let without = format::read_as(&payload, Format::Avro, None, MAX_SIZE);
    assert_eq!(without.unwrap_err(), "Avro needs a schema");
}

#[test]
fn a_mismatch_is_explained() {
    for (payload, format, note) in [
        (
            b"{\"id\":7}".to_vec(),
            Format::Json,
            "not a shop.Order: not Avro: unknown branch of a union at byte 1",
        ),
        (
            bytes("0e 00 00"),
            Format::Binary,
            "not a shop.Order: not Avro: trailing data at byte 2",
        ),
        (
            bytes("0e 02 0a 6865"),
            Format::Binary,
            "not a shop.Order: not Avro: header says 5 bytes, but only 2 left at byte 2",
        ),
        (
            bytes("0e 02 02 ff"),
            Format::Binary,
            "not a shop.Order: not Avro: string that is not UTF-8 at byte 2",
        ),
        (
            bytes("c301 0000000000000001 0e 00"),
            Format::Binary,
            "not a shop.Order: not Avro: schema fingerprint 0100000000000000, not \
             FINGERPRINT at byte 2",
        ),
    ] {
        let decoded = recognise(&payload, &order());
        assert_eq!(decoded.format, format);
        let fingerprint = format!("{:016x}", order().fingerprint());
        let note = note.replace("FINGERPRINT", &fingerprint);
        assert_eq!(decoded.note, Some(note));
    }
}

#[test]
fn branches_of_a_union_are_named_where_their_types_are_not_clear() {
    let record = |name: &str| json!({ "type": "record", "name": name, "fields": [] });
    let union = schema(&json!(["null", "int", record("s.A"), record("s.B")]));
    for (payload, expected) in [
        ("00", "null"),
        ("02 02", "1"),
        ("04", "⟨s.A⟩({})"),
        ("06", "⟨s.B⟩({})"),
    ] {
        let payload = bytes(payload);
        assert_eq!(shown(&union.decode(&payload).unwrap(), &payload), expected);
    }
}

#[test]
fn values_beyond_the_calendar_are_numbers() {
    for (logical, of, payload, expected) in [
        ("date", "int", "ffffffff0f", "-2147483648"),
        ("time-millis", "int", "80b8996a", "111357440"),
        ("time-millis", "int", "01", "-1"),
        (
            "timestamp-millis",
            "long",
            "feffffffffffffffff01",
            "9223372036854775807",
        ),
        (
            "timestamp-nanos",
            "long",
            "feffffffffffffffff01",
            "2262-04-11T23:47:16.854775807Z",
        ),
        ("timestamp-millis", "string", "0268", "\"h\""),
        ("made-up", "int", "02", "1"),
        ("timestamp-millis", "long", "01", "1969-12-31T23:59:59.999Z"),
    ] {
        let schema = schema(&json!({ "type": of, "logicalType": logical }));
        let payload = bytes(payload);
        let tree = schema.decode(&payload).unwrap();
        assert_eq!(shown(&tree, &payload), expected, "{logical}");
    }
    let duration = schema(&json!({
        "type": "fixed", "name": "d", "size": 12, "logicalType": "duration"
    }));
    let payload = bytes("01000000 02000000 dc050000");
    assert_eq!(
        shown(&duration.decode(&payload).unwrap(), &payload),
        "P1M2DT1.500S"
    );
    let uuid = schema(&json!({
        "type": "fixed", "name": "u", "size": 16, "logicalType": "uuid"
    }));
    let payload = bytes("00112233445566778899aabbccddeeff");
    assert_eq!(
        shown(&uuid.decode(&payload).unwrap(), &payload),
        "00112233-4455-6677-8899-aabbccddeeff"
    );
}

#[test]
fn a_schema_that_cannot_be_used_says_why() {
    for (schema, expected) in [
        ("int", "not JSON: expected value"),
        ("7", "not an Avro schema: 7 is not a type"),
        ("\"strng\"", "not an Avro schema: unknown type \"strng\""),
        ("{}", "not an Avro schema: a type without \"type\""),
        (
            r#"{"type":"array"}"#,
            "not an Avro schema: array without \"items\"",
        ),
        (
            r#"{"type":"record","fields":[]}"#,
            "not an Avro schema: record without a name",
        ),
        (
            r#"{"type":"record","name":"a.B","fields":[{"name":"x","type":"C"}]}"#,
            "not an Avro schema: a.B: field \"x\": unknown type \"C\"",
        ),
        (
            r#"{"type":"fixed","name":"F"}"#,
            "not an Avro schema: F: size is not a number",
        ),
        (
            r#"{"type":"enum","name":"E","symbols":[1]}"#,
            "not an Avro schema: E: symbols is not an array of strings",
        ),
        (
            r#"["int",["int"]]"#,
            "not an Avro schema: a union within a union",
        ),
        (
            r#"[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":1}]"#,
            "not an Avro schema: two types called \"F\"",
        ),
    ] {
        let error = Schema::read("f", schema.as_bytes()).unwrap_err();
        assert!(error.starts_with(expected), "{schema}: {error}");
    }
}

#[test]
fn no_count_or_depth_takes_more_than_the_payload() {
    let nulls = schema(&json!({ "type": "array", "items": "null" }));
    // 2^62 items, and more items in all blocks than bytes.
    for payload in ["80808080808080808001", "04 04 04 04 00"] {
        let wrong = nulls.decode(&bytes(payload)).unwrap_err().to_string();
        assert!(wrong.contains("items, but only"), "{wrong}");
    }
    let wrong = nulls.decode(&bytes("ffffffffffffffffff01 00")).unwrap_err();
    assert!(wrong.to_string().contains("items, but only"), "{wrong}");
    let list = schema(&json!({
        "type": "record", "name": "L", "fields": [{ "name": "next", "type": ["null", "L"] }]
    }));
    let deep = [vec![2; 1_000], vec![0]].concat();
    let wrong = list.decode(&deep).unwrap_err().to_string();
    assert!(wrong.contains("nested too deeply"), "{wrong}");
    // A record that contains itself, whatever the payload.
    let endless = schema(&json!({
        "type": "record", "name": "E",
        "fields": [{ "name": "a", "type": "E" }, { "name": "b", "type": "E" }]
    }));
    let wrong = endless.decode(b"").unwrap_err().to_string();
    assert!(wrong.contains("nested too deeply"), "{wrong}");
    let decimal = schema(&json!({ "type": "bytes", "logicalType": "decimal", "scale": 2 }));
    let long = [&bytes("807d")[..], &[0x7f; 8_000]].concat();
    let tree = decimal.decode(&long).unwrap();
    assert!(shown(&tree, &long).starts_with("h'7f7f"));
}

proptest! {
    #![proptest_config(cases::config(400))]

    #[test]
    fn any_bytes_are_read_or_refused(payload in vec(prop_oneof![0..8_u8, any::<u8>()], 0..80)) {
        let cases: Value = serde_json::from_str(WRITTEN).unwrap();
        for case in cases.as_array().unwrap() {
            if let Ok(tree) = schema(&case["schema"]).decode(&payload) {
                assert_sound(&tree, &payload);
            }
        }
    }
}
