//! Ranking of changes by how informative they are.

use super::Decoded;
use crate::payload::diff::structure::Change as Step;
use crate::payload::tree::{Key, Kind, Value};

/// Lowercase names of values that change with every message: clocks, counters and ids. Names that
/// end in one of these after `_` or `-` count too.
const VOLATILE: [&str; 12] = [
    "seq",
    "sequence",
    "ts",
    "time",
    "timestamp",
    "at",
    "date",
    "id",
    "uuid",
    "offset",
    "nonce",
    "uptime",
];

/// Longer numbers are probably times or ids, and longer strings are probably ids or prose.
const LONG_NUMBER: usize = 10;
const LONG_TEXT: usize = 24;

/// The rank of a change; lower is more informative. Within a rank, the order is that of the
/// payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Values were added or removed or are of another type: the payload's shape has changed.
    Shape,
    /// A value has changed.
    Value,
    /// A value that probably changes with every message has changed.
    Volatile,
}

pub(super) fn rank(step: Step, old: Decoded<'_>, new: Decoded<'_>) -> Rank {
    let was = step.in_old().and_then(|id| old.0.value(id, old.1));
    let is = step.in_new().and_then(|id| new.0.value(id, new.1));
    // An array may grow or shrink without a change of shape.
    let is_element = |value: Value<'_>| matches!(value.key, Key::Index(_));
    match (step, was, is) {
        (Step::Moved { .. }, ..) => Rank::Volatile,
        (Step::Changed { .. }, Some(was), Some(is)) if was.kind == is.kind => {
            if is_volatile(&is) {
                Rank::Volatile
            } else {
                Rank::Value
            }
        }
        (_, was, is) if was.or(is).is_some_and(is_element) => Rank::Value,
        _ => Rank::Shape,
    }
}

fn is_volatile(value: &Value<'_>) -> bool {
    let is_long = match value.kind {
        Kind::Number => value.text.len() >= LONG_NUMBER && !value.text.contains(&b'.'),
        _ => value.text.len() > LONG_TEXT,
    };
    is_long || matches!(value.key, Key::Name(name) if is_volatile_name(name))
}

fn is_volatile_name(name: &[u8]) -> bool {
    let is_volatile = |word: &[u8]| {
        let mut names = VOLATILE.iter();
        names.any(|name| name.as_bytes().eq_ignore_ascii_case(word))
    };
    let last = name.rsplit(|byte| matches!(byte, b'_' | b'-')).next();
    // Camel case, such as `createdAt` and `orderId`.
    let ends = [b"At", b"Id", b"Ts"];
    is_volatile(last.unwrap_or(name)) || ends.iter().any(|end| name.ends_with(*end))
}
