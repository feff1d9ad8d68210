//! Values written by other encoders.

use proptest::collection::vec;
use proptest::prelude::*;
use prost_reflect::prost::Message;
use subscope::payload::{cbor, msgpack};

use crate::support::cases;

use super::{assert_sound, hex, shown};
use crate::formats::protobuf::{descriptor_set, schema};

/// A value that both formats can represent.
#[derive(Clone, Debug)]
pub enum Any {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Single(f32),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Any>),
    Map(Vec<(String, Any)>),
    Pairs(Vec<(i64, Any)>),
}

pub fn any_value() -> impl Strategy<Value = Any> {
    let leaf = prop_oneof![
        Just(Any::Null),
        any::<bool>().prop_map(Any::Bool),
        any::<i64>().prop_map(|number| Any::Integer(number.into())),
        any::<u64>().prop_map(|number| Any::Integer(number.into())),
        (-200_i128..200).prop_map(Any::Integer),
        any::<f64>().prop_map(Any::Float),
        any::<f32>().prop_map(Any::Single),
        ".{0,40}".prop_map(Any::Text),
        vec(any::<u8>(), 0..300).prop_map(Any::Bytes),
    ];
    leaf.prop_recursive(6, 120, 20, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..20).prop_map(Any::List),
            vec(("[a-z]{0,40}", inner.clone()), 0..20).prop_map(Any::Map),
            vec((any::<i64>(), inner), 0..5).prop_map(Any::Pairs),
        ]
    })
}

/// Returns how the value should be displayed.
fn expected(value: &Any, null: &str, is_single_known: bool) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    let of = |inner: &Any| expected(inner, null, is_single_known);
    match value {
        Any::Null => null.to_owned(),
        Any::Bool(is) => is.to_string(),
        Any::Integer(number) => number.to_string(),
        Any::Float(number) => double(*number),
        Any::Single(number) if is_single_known && number.fract() != 0.0 => format!("{number:?}"),
        Any::Single(number) => double((*number).into()),
        Any::Text(text) => format!("{text:?}"),
        Any::Bytes(bytes) => format!("h'{}'", hex(bytes)),
        Any::List(values) => format!("[{}]", list(values.iter().map(of).collect())),
        Any::Map(pairs) => {
            let pair = |(name, value): &(String, Any)| format!("{name:?}: {}", of(value));
            format!("{{{}}}", list(pairs.iter().map(pair).collect()))
        }
        Any::Pairs(pairs) => {
            let pair = |(key, value): &(i64, Any)| format!("{key}: {}", of(value));
            format!("{{{}}}", list(pairs.iter().map(pair).collect()))
        }
    }
}

/// Formats whole numbers below 1e21 with all digits, and others with as few as possible.
fn double(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e21 {
        return format!("{number:.1}");
    }
    format!("{number:?}")
}

pub fn as_msgpack(value: &Any) -> rmpv::Value {
    use rmpv::Value;
    match value {
        Any::Null => Value::Nil,
        Any::Bool(is) => Value::Boolean(*is),
        Any::Integer(number) => match (u64::try_from(*number), i64::try_from(*number)) {
            (Ok(number), _) => Value::from(number),
            (_, number) => Value::from(number.unwrap()),
        },
        Any::Float(number) => Value::F64(*number),
        Any::Single(number) => Value::F32(*number),
        Any::Text(text) => Value::from(text.as_str()),
        Any::Bytes(bytes) => Value::Binary(bytes.clone()),
        Any::List(values) => Value::Array(values.iter().map(as_msgpack).collect()),
        Any::Map(pairs) => {
            let pair = |(name, value): &(String, Any)| (Value::from(&**name), as_msgpack(value));
            Value::Map(pairs.iter().map(pair).collect())
        }
        Any::Pairs(pairs) => {
            let pair = |(key, value): &(i64, Any)| (Value::from(*key), as_msgpack(value));
            Value::Map(pairs.iter().map(pair).collect())
        }
    }
}

pub fn as_cbor(value: &Any) -> ciborium::Value {
    use ciborium::Value;
    match value {
        Any::Null => Value::Null,
        Any::Bool(is) => Value::Bool(*is),
        Any::Integer(number) => Value::Integer((*number).try_into().unwrap()),
        Any::Float(number) => Value::Float(*number),
        Any::Single(number) => Value::Float(f64::from(*number)),
        Any::Text(text) => Value::Text(text.clone()),
        Any::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Any::List(values) => Value::Array(values.iter().map(as_cbor).collect()),
        Any::Map(pairs) => {
            let pair = |(name, value): &(String, Any)| (Value::Text(name.clone()), as_cbor(value));
            Value::Map(pairs.iter().map(pair).collect())
        }
        Any::Pairs(pairs) => {
            let pair = |(key, value): &(i64, Any)| (Value::Integer((*key).into()), as_cbor(value));
            Value::Map(pairs.iter().map(pair).collect())
        }
    }
}

/// Replaces floats with null: their shortest digits depend on their precision.
fn without_floats(value: &Any) -> Any {
    match value {
        Any::Float(_) | Any::Single(_) => Any::Null,
        Any::List(values) => Any::List(values.iter().map(without_floats).collect()),
        Any::Map(pairs) => {
            let pair = |(name, value): &(String, Any)| (name.clone(), without_floats(value));
            Any::Map(pairs.iter().map(pair).collect())
        }
        Any::Pairs(pairs) => {
            let pair = |(key, value): &(i64, Any)| (*key, without_floats(value));
            Any::Pairs(pairs.iter().map(pair).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn a_large_single_precision_number_is_not_shown_with_all_digits() {
    let value = Any::Map(vec![(String::new(), Any::Single(-6.636_085_6e36))]);
    let mut payload = Vec::new();
    rmpv::encode::write_value(&mut payload, &as_msgpack(&value)).unwrap();
    let tree = msgpack::read(&payload).unwrap();
    assert_eq!(shown(&tree, &payload), expected(&value, "nil", true));
}

proptest! {
    #![proptest_config(cases::config(400))]

    #[test]
    fn messagepack_encoded_by_rmpv_is_read(value in any_value()) {
        let mut payload = Vec::new();
        rmpv::encode::write_value(&mut payload, &as_msgpack(&value)).unwrap();
        let tree = msgpack::read(&payload).unwrap();
        prop_assert_eq!(shown(&tree, &payload), expected(&value, "nil", true));
        assert_sound(&tree, &payload);
    }

    #[test]
    fn cbor_encoded_by_ciborium_is_read(value in any_value()) {
        let value = without_floats(&value);
        let mut payload = Vec::new();
        ciborium::into_writer(&as_cbor(&value), &mut payload).unwrap();
        let tree = cbor::read(&payload).unwrap();
        prop_assert_eq!(shown(&tree, &payload), expected(&value, "null", false));
        assert_sound(&tree, &payload);
    }

    #[test]
    fn floats_encoded_by_ciborium_are_exact(number in any::<f64>()) {
        let mut payload = Vec::new();
        ciborium::into_writer(&ciborium::Value::Float(number), &mut payload).unwrap();
        let digits = shown(&cbor::read(&payload).unwrap(), &payload);
        let is_same = match payload[0] {
            0xfb => digits.parse::<f64>().unwrap().to_bits() == number.to_bits(),
            _ => f64::from(digits.parse::<f32>().unwrap()).to_bits() == number.to_bits(),
        };
        prop_assert!(is_same, "{} of {}", digits, number);
    }

    #[test]
    fn half_floats_are_exact(bits in any::<u16>()) {
        let [high, low] = bits.to_be_bytes();
        let payload = [0xf9, high, low];
        let digits = shown(&cbor::read(&payload).unwrap(), &payload);
        let ciborium::Value::Float(number) = ciborium::from_reader(&payload[..]).unwrap() else {
            panic!("no float");
        };
        if number.is_nan() {
            prop_assert_eq!(digits, "NaN");
        } else {
            let digits = digits.replace("Infinity", "inf");
            let shown = f64::from(digits.parse::<f32>().unwrap());
            prop_assert_eq!(shown.to_bits(), number.to_bits());
        }
    }

    #[test]
    fn bignums_are_exact(magnitude in any::<u128>(), is_negative in any::<bool>()) {
        let mut payload = vec![if is_negative { 0xc3 } else { 0xc2 }, 0x50];
        payload.extend(magnitude.to_be_bytes());
        let digits = shown(&cbor::read(&payload).unwrap(), &payload);
        let expected = match magnitude.checked_add(1) {
            Some(next) if is_negative => format!("-{next}"),
            None if is_negative => "-340282366920938463463374607431768211456".to_owned(),
            _ => magnitude.to_string(),
        };
        prop_assert_eq!(digits, expected);
    }

    #[test]
    fn protobuf_encoded_by_prost_is_read(
        numbers in vec(any::<i32>(), 1..20),
        text in ".{1,20}",
        whole in 1_u64..,
        names in vec("[a-z]{1,5}", 0..5),
    ) {
        use prost_reflect::{DescriptorPool, DynamicMessage, MapKey, Value};
        let pool = DescriptorPool::decode(&descriptor_set()[..]).unwrap();
        let descriptor = pool.get_message_by_name("demo.All").unwrap();
        let mut inner = DynamicMessage::new(descriptor.clone());
        inner.set_field_by_name("string", Value::String(text.clone()));
        let mut outer = DynamicMessage::new(descriptor);
        outer.set_field_by_name("uint64", Value::U64(whole));
        let list = numbers.iter().map(|number| Value::I32(*number)).collect();
        outer.set_field_by_name("packed", Value::List(list));
        outer.set_field_by_name("list", Value::List(vec![Value::Message(inner.clone()); 2]));
        let map = names.iter().map(|name| (MapKey::String(name.clone()), Value::I32(1)));
        outer.set_field_by_name("names", Value::Map(map.collect()));
        let payload = outer.encode_to_vec();
        let all = schema().message_type("demo.All").unwrap();
        let tree = all.decode(&payload).unwrap();
        assert_sound(&tree, &payload);
        let words = shown(&tree, &payload);
        let digits: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let nested = format!("{{\"string\": {text:?}}}");
        let number = format!("\"uint64\": {whole}");
        prop_assert!(words.contains(&number));
        let packed = format!("\"packed\": [{}]", digits.join(", "));
        prop_assert!(words.contains(&packed));
        let list = format!("\"list\": [{nested}, {nested}]");
        prop_assert!(words.contains(&list));
        for name in &names {
            let pair = format!("{name:?}: 1");
            prop_assert!(words.contains(&pair));
        }
    }
}
