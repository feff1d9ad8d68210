//! Values copied from the screen, as operands of a comparison.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use subscope::log::RowKind;
use subscope::message::glob::ByGlob;
use subscope::message::{SubscriptionId, Time};
use subscope::payload::decoder_choices::{DecoderChoices, ReadAs};
use subscope::payload::format::{Format, may_differ};
use subscope::payload::message_type::MessageType;
use subscope::payload::tree::{Kind, NodeId};
use subscope::query::{Flags, Matcher, Moment, Query, Row, operand, pasted_operand};

use super::{bytes, hex, read_as};
use crate::formats::protobuf::schema;
use crate::formats::round_trips::{any_value, as_cbor, as_msgpack};
use crate::support::cases;

const MOMENT: Moment = Moment {
    now: Time(0),
    ahead: 0,
};

fn matches(text: &str, payload: &[u8], format: Format) -> bool {
    let message_type = schema().message_type("demo.All");
    let choice = ReadAs {
        format,
        message_type: message_type
            .filter(|_| format == Format::Protobuf)
            .map(MessageType::Protobuf),
    };
    matches_read(text, payload, Some(choice))
}

/// Returns whether a query finds a message, which is read by `choice`.
pub fn matches_read(text: &str, payload: &[u8], choice: Option<ReadAs>) -> bool {
    let query = Query::parse(text, &MOMENT).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut choices = DecoderChoices::new(ByGlob::default());
    choices.choose(b"c"[..].into(), choice);
    let mut matcher = Matcher::new(Arc::new(query));
    matcher.set_decoder_choices(&Arc::new(choices));
    matcher.enter([&b"c"[..]]);
    matcher.matches(&Row {
        time: MOMENT.now,
        kind: RowKind::Message,
        channel: 0,
        payload,
        may_differ: may_differ(payload),
        size: payload.len() as u64,
        via: &[SubscriptionId(0)],
        flags: Flags::default(),
    })
}

/// Copies every value of `payload` and pastes it behind `==`. Returns the number of values.
fn copy_all(payload: &[u8], format: Format) -> usize {
    let message_type = schema().message_type("demo.All");
    let message_type = message_type.as_ref().filter(|_| format == Format::Protobuf);
    let decoded = read_as(payload, format, message_type).unwrap();
    let (tree, bytes) = (decoded.tree.as_ref().unwrap(), decoded.bytes(payload));
    let mut count = 0;
    for index in 0..tree.len() {
        let id = NodeId(u32::try_from(index).unwrap());
        let value = tree.value(id, bytes).unwrap();
        let Some(path) = tree.path(id, bytes) else {
            continue;
        };
        let Some(copied) = operand(&value) else {
            continue;
        };
        count += 1;
        let query = format!("{path} == {copied}");
        assert!(
            matches(&query, payload, format),
            "{query} of {}",
            hex(payload)
        );
        assert!(
            !matches(&format!("{path} != {copied}"), payload, format),
            "{query}"
        );
        // The same without knowing what was copied, for text that is clearly no number or word.
        let text = String::from_utf8_lossy(&tree.copy_text(id, bytes)).into_owned();
        let before = format!("{path} == ");
        let is_exact = str::from_utf8(value.text).is_ok() && !text.contains(['\r', '\n']);
        if value.kind == Kind::String
            && is_exact
            && let Some(quoted) = pasted_operand(&before, &text)
        {
            let query = before + &quoted;
            assert!(
                matches(&query, payload, format),
                "{query} of {}",
                hex(payload)
            );
        }
    }
    count
}

#[test]
fn what_is_shown_matches_when_it_is_pasted() {
    for (format, hex, path, pasted) in [
        (Format::MessagePack, "91 c402 00ff", ".[0]", "h'00ff'"),
        (Format::MessagePack, "91 c402 00ff", ".[0]", "00ff"),
        (
            Format::MessagePack,
            "91 d6ff 00000001",
            ".[0]",
            "\"1970-01-01T00:00:01Z\"",
        ),
        (
            Format::MessagePack,
            "91 cf ffffffffffffffff",
            ".[0]",
            "18446744073709551615",
        ),
        (Format::MessagePack, "91 cb 7ff8000000000000", ".[0]", "NaN"),
        (Format::MessagePack, "91 ca ff800000", ".[0]", "-Infinity"),
        (Format::MessagePack, "91 ca 3dcccccd", ".[0]", "0.1"),
        (Format::MessagePack, "91 c0", ".[0]", "nil"),
        (Format::MessagePack, "91 a2 61ff", ".[0]", r#""a\xff""#),
        (
            Format::Cbor,
            "81 c2 49 010000000000000000",
            ".[0]",
            "18446744073709551616",
        ),
        (Format::Cbor, "81 c1 1a 514b67b0", ".[0]", "1363896240"),
        (Format::Cbor, "81 c0 61 78", ".[0]", "\"x\""),
        (Format::Cbor, "81 d825 42 00ff", ".[0]", "h'00ff'"),
        (Format::Cbor, "81 f7", ".[0]", "undefined"),
        (Format::Cbor, "81 f8ff", ".[0]", "\"simple(255)\""),
        (Format::Protobuf, "800101", ".colour", "\"GREEN\""),
        (Format::Protobuf, "800101", ".colour", "1"),
        (
            Format::Protobuf,
            "8a01 0b 8001 ffffffffffffffffff01 ".trim(),
            ".nested.colour",
            "-1",
        ),
        (Format::Protobuf, "800107", ".colour", "7"),
    ] {
        if hex.starts_with("8a01") {
            let inner = bytes("8001 ffffffffffffffffff01");
            let payload = [
                &[0x8a, 0x01, u8::try_from(inner.len()).unwrap()],
                &inner[..],
            ]
            .concat();
            assert!(matches(&format!("{path} == {pasted}"), &payload, format));
            continue;
        }
        let payload = bytes(hex);
        let query = format!("{path} == {pasted}");
        assert!(matches(&query, &payload, format), "{query} of {hex}");
        let other = format!("{path} != {pasted}");
        assert!(!matches(&other, &payload, format), "{other} of {hex}");
    }
    let green = bytes("800101");
    assert!(!matches(".colour == 2", &green, Format::Protobuf));
    assert!(matches(".colour != 2", &green, Format::Protobuf));
    assert!(matches(".colour in (\"RED\", 1)", &green, Format::Protobuf));
    assert!(!matches(
        ".[0] == h'00'",
        &bytes("91 a130"),
        Format::MessagePack
    ));
    assert!(!matches(
        ".[0] == h'00fe'",
        &bytes("91 c402 00ff"),
        Format::MessagePack
    ));
    assert!(matches(
        ".[0] ~ /^00/",
        &bytes("91 c402 00ff"),
        Format::MessagePack
    ));
    assert!(
        copy_all(
            br#"{"a":"x\"\\\u00fc\n","b":[1E5,-0,null],"c":"\ud800"}"#,
            Format::Json
        ) == 5
    );
}

proptest! {
    #![proptest_config(cases::config(60))]

    #[test]
    fn every_copied_value_matches(value in any_value()) {
        let mut payload = Vec::new();
        rmpv::encode::write_value(&mut payload, &as_msgpack(&value)).unwrap();
        copy_all(&payload, Format::MessagePack);
        let mut payload = Vec::new();
        ciborium::into_writer(&as_cbor(&value), &mut payload).unwrap();
        copy_all(&payload, Format::Cbor);
    }

    #[test]
    fn every_copied_value_of_json_matches(
        texts in vec(".{0,20}", 0..5),
        number in any::<f64>(),
        whole in any::<i64>(),
    ) {
        let json = serde_json::json!({"t": texts, "n": number, "i": whole, "z": null, "b": true});
        copy_all(json.to_string().as_bytes(), Format::Json);
    }

    #[test]
    fn every_copied_value_of_protobuf_matches(
        text in "[ -~]{0,20}",
        single in any::<f32>(),
        whole in any::<u64>(),
        raw in vec(any::<u8>(), 0..20),
        colour in -1_i32..3,
    ) {
        use prost_reflect::prost::Message as _;
        use prost_reflect::{DescriptorPool, DynamicMessage, Value};
        let set = crate::formats::protobuf::descriptor_set();
        let pool = DescriptorPool::decode(&set[..]).unwrap();
        let mut message = DynamicMessage::new(pool.get_message_by_name("demo.All").unwrap());
        message.set_field_by_name("string", Value::String(text));
        message.set_field_by_name("float", Value::F32(single));
        message.set_field_by_name("uint64", Value::U64(whole));
        message.set_field_by_name("bytes", Value::Bytes(raw.into()));
        message.set_field_by_name("colour", Value::EnumNumber(colour));
        let payload = message.encode_to_vec();
        if !payload.is_empty() {
            copy_all(&payload, Format::Protobuf);
        }
        if (-1..2).contains(&colour) && colour != 0 {
            let query = format!(".colour == {colour}");
            prop_assert!(matches(&query, &payload, Format::Protobuf));
        }
    }
}
