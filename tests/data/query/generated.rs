//! Generated queries on generated payloads, checked against a simple evaluator.

use std::cmp::Ordering;
use std::ops::Range;

use proptest::prelude::*;
use serde_json::Value;
use subscope::payload::format::may_differ;
use subscope::payload::format::{Format, recognise};
use subscope::payload::json_tree;
use subscope::payload::lookup::MOST_UNPACKED;

use super::{matcher, message, parse};
use crate::support::cases;

/// A generated query.
#[derive(Clone, Debug)]
enum Expression {
    Text(String),
    Json,
    Exists(Vec<PathStep>),
    Compare(Vec<PathStep>, &'static str, Json),
    In(Vec<PathStep>, Vec<Json>),
    StartsWith(Vec<PathStep>, String),
    Pair(&'static str, Json),
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
}

#[derive(Clone, Debug)]
enum PathStep {
    Key(String),
    Index(usize),
}

/// A JSON value that may have duplicate keys and keeps numbers as written.
#[derive(Clone, Debug)]
enum Json {
    Plain(&'static str),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "id", "odd key", "é", "x\"y", "\\", ""])
        .prop_map(str::to_owned)
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["0", "-0", "1", "1.0", "10e-1", "0.1e1", "-1", "42", "2"]).prop_map(str::to_owned),
        1 => "-?(0|[1-9][0-9]{0,22})(\\.[0-9]{1,22})?([eE][+-]?[0-9]{1,2})?",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "", "a", "A", "b", "aB", "é", "É", "42", "\n\"\\/", "😀"
        ])
        .prop_map(str::to_owned),
        "[a-cA-C0é \"\\\\]{0,4}",
    ]
}

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        prop::sample::select(vec!["null", "true", "false"]).prop_map(Json::Plain),
        number().prop_map(Json::Number),
        text().prop_map(Json::Text),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    scalar().prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Json::List),
            3 => prop::collection::vec((key(), inner), 0..5).prop_map(Json::Object),
        ]
    })
}

fn steps() -> impl Strategy<Value = Vec<PathStep>> {
    let step = prop_oneof![4 => key().prop_map(PathStep::Key), 1 => (0..3_usize).prop_map(PathStep::Index)];
    prop::collection::vec(step, 0..3)
}

fn expression() -> impl Strategy<Value = Expression> {
    let operators = vec!["==", "!=", "<", "<=", ">", ">="];
    let term = prop_oneof![
        1 => text().prop_map(Expression::Text),
        1 => Just(Expression::Json),
        1 => steps().prop_map(Expression::Exists),
        4 => (steps(), prop::sample::select(operators), scalar()).prop_map(|(s, o, v)| Expression::Compare(s, o, v)),
        1 => (steps(), prop::collection::vec(scalar(), 1..4)).prop_map(|(s, v)| Expression::In(s, v)),
        1 => (steps(), "[a-cA-C0é]{0,2}").prop_map(|(s, v)| Expression::StartsWith(s, v)),
        2 => (prop::sample::select(vec!["a", "b", "id"]), scalar()).prop_map(|(k, v)| Expression::Pair(k, v)),
    ];
    term.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Expression::All),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Expression::Any),
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
}

/// Writes JSON in one of several ways; `style` selects escapes and spaces.
fn written(json: &Json, style: u8) -> String {
    let space = ["", " ", "\n\t", ""][usize::from(style % 4)];
    let string = |text: &str| match style / 4 % 3 {
        0 => serde_json::to_string(text).unwrap(),
        1 => {
            let units: Vec<_> = text
                .encode_utf16()
                .map(|unit| format!("\\u{unit:04X}"))
                .collect();
            format!("\"{}\"", units.concat())
        }
        _ => serde_json::to_string(text).unwrap().replace('/', "\\/"),
    };
    match json {
        Json::Plain(word) => (*word).to_owned(),
        Json::Number(number) => number.clone(),
        Json::Text(text) => string(text),
        Json::List(values) => {
            let values: Vec<_> = values.iter().map(|value| written(value, style)).collect();
            format!(
                "[{space}{}{space}]",
                values.join(&format!("{space},{space}"))
            )
        }
        Json::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(key, value)| {
                    format!("{}{space}:{space}{}", string(key), written(value, style))
                })
                .collect();
            format!(
                "{{{space}{}{space}}}",
                members.join(&format!("{space},{space}"))
            )
        }
    }
}

/// Converts the value as a program would pass it to an encoder, with numbers in 64 bits.
fn in_memory(json: &Json) -> Value {
    match json {
        Json::Plain(word) => serde_json::from_str(word).unwrap(),
        Json::Number(number) => match number.parse::<i64>() {
            Ok(whole) => whole.into(),
            Err(_) => number.parse::<f64>().unwrap().into(),
        },
        Json::Text(text) => text.as_str().into(),
        Json::List(values) => values.iter().map(in_memory).collect(),
        Json::Object(members) => {
            let members = members.iter();
            Value::Object(
                members
                    .map(|(key, value)| (key.clone(), in_memory(value)))
                    .collect(),
            )
        }
    }
}

/// A message: its bytes, and its value if this test has encoded it as `MessagePack`.
#[derive(Clone, Debug)]
struct Payload {
    bytes: Vec<u8>,
    packed: Option<Value>,
}

/// The error for a payload that is not JSON and was not encoded by this test.
#[derive(Debug)]
struct CannotTell;

impl Payload {
    /// Returns the value in the payload, if any, or an error if it cannot be determined here.
    fn values(&self) -> Result<Option<Value>, CannotTell> {
        if let Ok(json) = serde_json::from_slice(&self.bytes) {
            return Ok(Some(json));
        }
        // Format recognition has its own tests; this only knows the values of MessagePack messages
        // that this test has encoded.
        let decoded = recognise(&self.bytes, None, MOST_UNPACKED);
        match (decoded.tree, decoded.format) {
            (None, _) => Ok(None),
            (Some(_), Format::MessagePack) if decoded.wrappings.is_empty() => {
                self.packed.clone().map(Some).ok_or(CannotTell)
            }
            (Some(_), _) => Err(CannotTell),
        }
    }
}

fn payload() -> impl Strategy<Value = Payload> {
    let packed = json().prop_map(|json| {
        let value = in_memory(&json);
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &as_msgpack(&value)).unwrap();
        Payload {
            bytes,
            packed: Some(value),
        }
    });
    let plain = text_payload().prop_map(|bytes| Payload {
        bytes,
        packed: None,
    });
    prop_oneof![4 => plain, 1 => packed]
}

fn as_msgpack(value: &Value) -> rmpv::Value {
    match value {
        Value::Null => rmpv::Value::Nil,
        Value::Bool(is) => (*is).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().unwrap().into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(values) => rmpv::Value::Array(values.iter().map(as_msgpack).collect()),
        Value::Object(members) => {
            let members = members.iter();
            rmpv::Value::Map(
                members
                    .map(|(key, value)| (key.as_str().into(), as_msgpack(value)))
                    .collect(),
            )
        }
    }
}

fn text_payload() -> impl Strategy<Value = Vec<u8>> {
    let whole = (json(), any::<u8>()).prop_map(|(json, style)| written(&json, style).into_bytes());
    let edited = (
        whole,
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..2),
    );
    prop_oneof![
        8 => edited.prop_map(|(mut bytes, edits)| {
            for (at, byte) in edits {
                let at = at.index(bytes.len());
                match byte % 4 {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, b"\",:[]{}0\\ "[usize::from(byte / 4 % 10)]),
                    _ if bytes.len() > 1 => drop(bytes.remove(at)),
                    _ => {}
                }
            }
            bytes
        }),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

/// Writes the query as text.
fn query_text(expression: &Expression) -> String {
    let path = |steps: &[PathStep]| {
        let steps = steps.iter().map(|step| match step {
            PathStep::Key(key) if key == "a" || key == "id" => format!(".{key}"),
            PathStep::Key(key) => format!(".{}", serde_json::to_string(key).unwrap()),
            PathStep::Index(index) => format!("[{index}]"),
        });
        let path: String = steps.collect();
        if path.starts_with('.') {
            path
        } else {
            format!(".{path}")
        }
    };
    let joined = |expressions: &[Expression], by: &str| {
        let expressions: Vec<_> = expressions.iter().map(query_text).collect();
        format!("({})", expressions.join(by))
    };
    match expression {
        Expression::Text(text) => serde_json::to_string(text).unwrap(),
        Expression::Json => "is:json".to_owned(),
        Expression::Exists(steps) => format!("has({})", path(steps)),
        Expression::Compare(steps, operator, value) => {
            format!("{} {operator} {}", path(steps), written(value, 0))
        }
        Expression::In(steps, values) => {
            let values: Vec<_> = values.iter().map(|value| written(value, 0)).collect();
            format!("{} in ({})", path(steps), values.join(", "))
        }
        Expression::StartsWith(steps, text) => format!("{} ~ \"^{text}\"", path(steps)),
        Expression::Pair(key, value) => format!("{key}:{}", written(value, 0)),
        Expression::All(expressions) => joined(expressions, " "),
        Expression::Any(expressions) => joined(expressions, " or "),
        Expression::Not(inner) => format!("not {}", query_text(inner)),
    }
}

/// Evaluates the query in the simplest way.
fn answer(expression: &Expression, payload: &[u8], values: Option<&Value>) -> bool {
    let at = |steps: &[PathStep]| values.and_then(|values| value_at(values, steps));
    match expression {
        Expression::Text(text) => {
            // In JSON, only escapes are shown differently from how they are written.
            let is_json = serde_json::from_slice::<Value>(payload).is_ok();
            let differs = !is_json || payload.contains(&b'\\');
            let shown = values.filter(|_| differs).map(shown);
            holds_text(payload, text) || shown.is_some_and(|shown| holds_text(&shown, text))
        }
        Expression::Json => serde_json::from_slice::<Value>(payload).is_ok(),
        Expression::Exists(steps) => at(steps).is_some(),
        Expression::Compare(steps, operator, literal) => {
            at(steps).is_some_and(|value| compares(value, operator, literal))
        }
        Expression::In(steps, literals) => at(steps).is_some_and(|value| {
            literals
                .iter()
                .any(|literal| compares(value, "==", literal))
        }),
        Expression::StartsWith(steps, text) => at(steps)
            .and_then(Value::as_str)
            .is_some_and(|value| value.starts_with(text)),
        Expression::Pair(key, literal) => {
            let steps = [PathStep::Key((*key).to_owned())];
            let written = written(literal, 0);
            let as_string = Json::Text(written.clone());
            let is_equal = at(&steps).is_some_and(|value| {
                let is_string = matches!(literal, Json::Text(_));
                compares(value, "==", literal) || !is_string && compares(value, "==", &as_string)
            });
            is_equal || holds_text(payload, &format!("{key}:{written}"))
        }
        Expression::All(expressions) => expressions
            .iter()
            .all(|expression| answer(expression, payload, values)),
        Expression::Any(expressions) => expressions
            .iter()
            .any(|expression| answer(expression, payload, values)),
        Expression::Not(inner) => !answer(inner, payload, values),
    }
}

fn holds_text(payload: &[u8], text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    if text.chars().any(char::is_uppercase) {
        return payload
            .windows(text.len())
            .any(|window| window == text.as_bytes());
    }
    if text.is_ascii() {
        return payload
            .windows(text.len())
            .any(|window| window.eq_ignore_ascii_case(text.as_bytes()));
    }
    String::from_utf8_lossy(payload)
        .to_lowercase()
        .contains(text)
}

/// Returns the number of values in a value, and itself.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Returns a value on one line with its strings unescaped.
fn shown(value: &Value) -> Vec<u8> {
    let quoted = |text: &str| [b"\"", text.as_bytes(), b"\""].concat();
    match value {
        Value::String(text) => quoted(text),
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(shown).collect();
            [b"[", &values.join(&b","[..])[..], b"]"].concat()
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| [quoted(name), b":".to_vec(), shown(value)].concat());
            [b"{", &members.collect::<Vec<_>>().join(&b","[..])[..], b"}"].concat()
        }
        other => other.to_string().into_bytes(),
    }
}

fn value_at<'a>(json: &'a Value, steps: &[PathStep]) -> Option<&'a Value> {
    steps
        .iter()
        .try_fold(json, |value, step| match (value, step) {
            (Value::Object(members), PathStep::Key(key)) => members.get(key),
            (Value::Array(values), PathStep::Index(index)) => values.get(*index),
            _ => None,
        })
}

fn compares(value: &Value, operator: &str, literal: &Json) -> bool {
    let order = match (value, literal) {
        (Value::Null, Json::Plain("null"))
        | (Value::Bool(true), Json::Plain("true"))
        | (Value::Bool(false), Json::Plain("false")) => return operator == "==",
        (Value::Number(value), Json::Number(literal)) => {
            Some(order_of(&value.to_string(), literal))
        }
        (Value::String(value), Json::Text(literal)) => {
            Some(value.as_bytes().cmp(literal.as_bytes()))
        }
        _ => None,
    };
    match operator {
        "==" => order == Some(Ordering::Equal),
        "!=" => order != Some(Ordering::Equal),
        "<" => order == Some(Ordering::Less),
        ">" => order == Some(Ordering::Greater),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// Number of digits on each side of the decimal point to which all numbers are written out.
const PLACES: i64 = 400;

fn order_of(left: &str, right: &str) -> Ordering {
    let (left, right) = (written_out(left), written_out(right));
    let signed = |(negative, digits): (bool, Vec<u8>)| {
        let is_zero = digits.iter().all(|digit| *digit == 0);
        digits.into_iter().map(move |digit| {
            let digit = i16::from(digit);
            if negative && !is_zero { -digit } else { digit }
        })
    };
    signed(left).cmp(signed(right))
}

fn written_out(number: &str) -> (bool, Vec<u8>) {
    let unsigned = number.trim_start_matches('-');
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent: i64 = exponent.parse().unwrap();
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = vec![0; 2 * usize::try_from(PLACES).unwrap()];
    let first = PLACES - i64::try_from(whole.len()).unwrap() - exponent;
    for (at, digit) in (first..).zip(whole.bytes().chain(fraction.bytes())) {
        if digit != b'0' {
            digits[usize::try_from(at).unwrap()] = digit - b'0';
        }
    }
    (number.starts_with('-'), digits)
}

/// Returns whether an exponent in `payload` may be too large to write the number out.
fn has_large_exponent(payload: &[u8]) -> bool {
    payload.windows(5).any(|window| {
        let [b'e' | b'E', rest @ ..] = window else {
            return false;
        };
        let digits = rest.iter().filter(|byte| byte.is_ascii_digit()).count();
        digits >= 3
    })
}

/// Returns whether `payload` may contain half of a surrogate pair, which subscope accepts as JSON
/// and `serde_json` does not.
fn may_have_surrogate(payload: &[u8]) -> bool {
    payload
        .windows(3)
        .any(|window| window.eq_ignore_ascii_case(b"\\ud"))
}

fn is_in_order(marks: &[Range<usize>], payload: &[u8]) -> bool {
    marks
        .iter()
        .all(|mark| mark.start < mark.end && mark.end <= payload.len())
        && marks.windows(2).all(|pair| pair[0].end < pair[1].start)
}

proptest! {
    #![proptest_config(cases::config(2000))]

    #[test]
    fn matches_agree_with_a_simple_evaluator(expression in expression(), payloads in prop::collection::vec(payload(), 1..8)) {
        let text = query_text(&expression);
        let query = parse(&text);
        let mut matcher = matcher(query.clone());
        for payload in payloads {
            let bytes = payload.bytes.as_slice();
            if may_have_surrogate(bytes) && serde_json::from_slice::<Value>(bytes).is_err()
                || has_large_exponent(bytes)
            {
                continue;
            }
            let Ok(values) = payload.values() else { continue };
            // The simple evaluator sees only one of several members with the same name.
            let tree = json_tree::read(bytes).ok();
            let counts = tree.zip(values.as_ref()).map(|(tree, all)| (tree.len(), count(all)));
            if counts.is_some_and(|(all, distinct)| all != distinct) && may_differ(bytes) {
                continue;
            }
            let matches = matcher.matches(&message(bytes));
            prop_assert_eq!(
                matches,
                answer(&expression, bytes, values.as_ref()),
                "{} on {}", text, bytes.escape_ascii()
            );
            if may_differ(bytes) {
                continue;
            }
            let hit = matcher.required_text().map(|literal| literal.find(bytes));
            prop_assert!(!matches || hit != Some(None), "{} on {}", text, bytes.escape_ascii());
            if matcher.is_only_text() {
                prop_assert_eq!(Some(matches), hit.map(|hit| hit.is_some()));
            }
            let marks = query.marks(bytes);
            prop_assert!(is_in_order(&marks, bytes), "{:?} of {} on {}", marks, text, bytes.escape_ascii());
        }
    }

    #[test]
    fn text_is_found_at_its_position(
        needle in "[a-cA-Cé.0 ]{1,4}",
        haystack in prop::collection::vec(prop::sample::select(b"aAbBcC\xc3\xa9\x89.0 \xff".to_vec()), 0..60),
    ) {
        let matcher = matcher(parse(&serde_json::to_string(&needle).unwrap()));
        let found = matcher.required_text().unwrap().find(&haystack);
        if needle.is_ascii() {
            let exact = needle.chars().any(char::is_uppercase);
            let plain = haystack.windows(needle.len()).position(|window| {
                if exact { window == needle.as_bytes() } else { window.eq_ignore_ascii_case(needle.as_bytes()) }
            });
            prop_assert_eq!(found, plain.map(|start| start..start + needle.len()));
        } else {
            prop_assert_eq!(found.is_some(), holds_text(&haystack, &needle));
        }
    }

    #[test]
    fn text_with_a_long_run_of_symbols_is_found_at_its_first_position(
        needle in "[ab]?[.:]{4,6}[ab]?[.:]{0,5}",
        haystack in "([.:aAb]{0,12}[.:]{4,6}[aAbB]?){0,5}",
    ) {
        let matcher = matcher(parse(&serde_json::to_string(&needle).unwrap()));
        let found = matcher.required_text().unwrap().find(haystack.as_bytes());
        let plain = haystack.to_ascii_lowercase().find(&needle);
        prop_assert_eq!(found, plain.map(|start| start..start + needle.len()));
    }
}
