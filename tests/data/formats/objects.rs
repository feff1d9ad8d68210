//! Serialized objects, against values that the languages themselves wrote.
//!
//! The files in `objects/` have one sample per line: its name, the version of the format, the
//! payload in base64, and the value as JSON. They were written by a script in each language, which
//! serializes a list of values and writes the JSON from the values, not from the serialized form, by
//! the rules of `Tree::to_json`: bytes as base64, keys that are not strings as text, objects as
//! their state.

use serde_json::Value;
use subscope::payload::format::{self, Format};
use subscope::payload::tree::NodeId;

use super::{assert_sound, bytes, recognise, shown};

mod bson;
mod erlang;
mod hostile;
mod java;
mod php;
mod pickle;
mod ruby;
mod within;

/// A sample of a format.
struct Sample<'a> {
    name: &'a str,
    payload: Vec<u8>,
    expected: Value,
}

/// Returns the samples in a file.
fn samples(file: &str) -> Vec<Sample<'_>> {
    file.lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            Sample {
                name: fields[0],
                payload: unbase64(fields[2]),
                expected: serde_json::from_str(fields[3]).unwrap(),
            }
        })
        .collect()
}

/// Asserts that a sample is recognised as `format`, and decoded to the expected value.
fn assert_sample(sample: &Sample<'_>, format: impl Fn(Format) -> bool) {
    let Sample { name, payload, .. } = sample;
    let decoded = recognise(payload, None);
    let (tree, bytes) = match decoded.tree {
        Some(_) => (
            decoded.tree.clone().unwrap(),
            decoded.bytes(payload).to_vec(),
        ),
        None => panic!("{name}: {:?} {:?}", decoded.format, decoded.note),
    };
    assert!(format(decoded.format), "{name}: {:?}", decoded.format);
    assert_sound(&tree, &bytes);
    let json = tree.to_json(NodeId(0), &bytes);
    let value: Value = serde_json::from_slice(&json).unwrap();
    assert!(
        is_same(&value, &sample.expected),
        "{name}: {value}\n instead of {}",
        sample.expected
    );
    assert!(format::may_differ(payload), "{name}");
}

/// Compares values; numbers are equal if their digits are, or if they are the same float.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let [left, right] = [left, right].map(ToString::to_string);
            let is_float = |text: &String| text.contains(['.', 'e', 'E']);
            left == right
                || is_float(&left)
                    && is_float(&right)
                    && left.parse::<f64>() == right.parse::<f64>()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|((name, left), (other, right))| name == other && is_same(left, right))
        }
        (left, right) => left == right,
    }
}

fn unbase64(text: &str) -> Vec<u8> {
    use ::base64::Engine;
    let engine = ::base64::engine::general_purpose::STANDARD;
    engine.decode(text).unwrap()
}
