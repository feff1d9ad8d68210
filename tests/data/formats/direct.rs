//! Payloads that are searched without building their tree: the result is that of the tree.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};
use subscope::payload::format::Wrapping;
use subscope::payload::json::locate::PathStep;
use subscope::payload::lookup::{Lookup, MOST_UNPACKED};
use subscope::payload::tree::{Key, NodeId, Tree};

use super::packed::{base64, pack};
use super::recognise;
use crate::support::cases;

/// Returns JSON whose strings may hold other values, or look as if they did.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..100_i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z \"\\\\{}\\[\\]<>&=.%'\n\t]{0,12}".prop_map(Value::from),
        "[A-Za-z0-9+/]{30,48}={0,2}".prop_map(Value::from),
        "[0-9]{30,40}".prop_map(Value::from),
        "eyJ[A-Za-z0-9]{0,40}(\\.[A-Za-z0-9]{0,8}){0,2}".prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        let text = |value: Value| value.to_string();
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec(("[a-c\"\\\\é\u{1}]{0,3}", inner.clone()), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
            inner.clone().prop_map(move |value| text(value).into()),
            inner.clone().prop_map(|value| format!("{value:#}").into()),
            inner.prop_map(move |value| {
                String::from_utf8(base64(text(value).as_bytes()))
                    .unwrap()
                    .into()
            }),
        ]
    })
}

fn msgpack(value: &Value) -> rmpv::Value {
    match value {
        Value::Null => rmpv::Value::Nil,
        Value::Bool(is) => (*is).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => number.into(),
            (None, number) => number.unwrap_or(f64::NAN).into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(values) => rmpv::Value::Array(values.iter().map(msgpack).collect()),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| (name.as_str().into(), msgpack(value));
            rmpv::Value::Map(members.iter().map(member).collect())
        }
    }
}

/// Returns the value in each encoding.
fn encoded(value: &Value) -> Vec<Vec<u8>> {
    let (json, spaced) = (value.to_string(), format!("{value:#}"));
    let mut packed = Vec::new();
    rmpv::encode::write_value(&mut packed, &msgpack(value)).unwrap();
    let mut cbor = Vec::new();
    ciborium::into_writer(value, &mut cbor).unwrap();
    let pairs = [
        Wrapping::Gzip,
        Wrapping::Zlib,
        Wrapping::Zstd,
        Wrapping::Lz4,
    ]
    .map(|wrapping| pack(wrapping, json.as_bytes()));
    let in_two = pack(Wrapping::Gzip, &pack(Wrapping::Gzip, &packed[..])[..]);
    let others = [json.into_bytes(), spaced.into_bytes(), packed, cbor, in_two];
    others.into_iter().chain(pairs).collect()
}

/// Returns the path of a value, unless a key in it is not a string.
fn steps(tree: &Tree, id: NodeId, bytes: &[u8]) -> Option<Vec<PathStep>> {
    let around = std::iter::successors(Some(id), |id| tree.parent(*id));
    let mut steps = Vec::new();
    for at in around {
        match tree.value(at, bytes)?.key {
            Key::Name(name) => steps.push(PathStep::Key(name.into())),
            Key::Index(index) => steps.push(PathStep::Index(index as usize)),
            Key::Other(_) => return None,
            Key::None => {}
        }
    }
    steps.reverse();
    Some(steps)
}

fn assert_like_the_tree(payload: &[u8]) {
    let shown = payload.escape_ascii().to_string();
    let decoded = recognise(payload, None);
    let Some(tree) = &decoded.tree else { return };
    let bytes = decoded.bytes(payload);
    for is_shown in [false, true] {
        let lookup = Lookup::new(payload, None);
        let (text, row) = (lookup.text().map(<[u8]>::to_vec), lookup.row_text());
        let line = if is_shown { row } else { text };
        if let Some(line) = line {
            let expected = tree.one_line(bytes, MOST_UNPACKED, is_shown);
            assert_eq!(
                line.escape_ascii().to_string(),
                expected.escape_ascii().to_string()
            );
        }
    }
    // A tree that has been built is used.
    let (direct, by_tree) = (Lookup::new(payload, None), Lookup::new(payload, None));
    by_tree.tree();
    assert_eq!(direct.text(), by_tree.text(), "{shown}");
    assert_eq!(direct.row_text(), by_tree.row_text(), "{shown}");
    for index in 0..tree.len() {
        let id = NodeId(u32::try_from(index).unwrap());
        let Some(steps) = steps(tree, id, bytes) else {
            continue;
        };
        let value = |lookup: &Lookup<'_, '_>| {
            let seen = std::cell::RefCell::new(None);
            let exists = lookup.has(
                &steps,
                |_| true,
                |value, other| {
                    seen.replace(Some((value.to_vec(), other.map(<[u8]>::to_vec))));
                    true
                },
            );
            (exists, seen.take())
        };
        assert_eq!(value(&direct), value(&by_tree), "{steps:?} in {shown}");
    }
    let missing = [PathStep::Key((*b"missing").into())];
    assert!(!direct.has(&missing, |_| true, |_, _| true), "{shown}");
}

proptest! {
    #![proptest_config(cases::config(400))]

    #[test]
    fn a_payload_is_searched_like_its_tree(value in any_json()) {
        for payload in encoded(&value) {
            assert_like_the_tree(&payload);
        }
    }

    #[test]
    fn damaged_payloads_are_searched_like_their_trees(
        value in any_json(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        for mut payload in encoded(&value) {
            let at = at.index(payload.len());
            payload[at] = byte;
            assert_like_the_tree(&payload);
            assert_like_the_tree(&payload[..at]);
        }
    }
}

#[test]
fn bytes_that_look_like_several_formats_are_searched_like_their_trees() {
    for payload in [
        &b"\x83\x6d\0\0\0\x02hi"[..],
        b"\x83P\0\0\0\x05x",
        b"\x80\x02N.",
        b"\x82\x18\x64\x18\x65",
        b"\x93\x01\x02\x03",
        b"\x91abc",
        b"\x91\xa3abc",
        b"\xa1\x61a\x61b",
        b"\xbf\x61a\x7f\x61b\x61c\xff\xff",
        b"\xa1\x61a\xf7",
        b"\xa1\x61a\xf9\x7e\x00",
        b"\xa1\x61\x01\x61b",
        b"\x81\xa1a\xc4\x02ab",
        b"\x81\xa1a\xd6\xff\0\0\0\0",
        b"\x81\x01\xa1a",
        b"\xde\0\x01\xa1a\xc0",
        br#"{"a":"{}","b":"[]","c":"[1] [2]"}"#,
        br#"{"a":"a=1&b=2","c":"Tom & Jerry"}"#,
        br#"{"a":"{not json}"}"#,
        br#"{"a":"a:1:{i:0;s:1:\"x\";}"}"#,
        br#"["\u00e9\ud83d\ude00\ud800","a\/b"]"#,
        br#"{"a":1,"a":"\n","a":[2]}"#,
        br#""{\"a\":1}""#,
        b" {\"a\" : [ 1 , \"\\t\" ] } ",
    ] {
        assert_like_the_tree(payload);
    }
}
