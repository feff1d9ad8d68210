//! For any two values, the reported differences turn one into the other.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::cases;
use serde_json::{Map, Value};

use subscope::payload::diff::structure::Change;
use subscope::payload::diff::{Diff, changed_within, compare, lines};

use super::apply::Apply;
use super::{counts, plain, read, structure};

/// Values with few kinds and names, so that two of them have much in common.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..5).prop_map(Value::from),
        "[ab\"\\\\é\n]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            vec(("[a-e\"é]|id", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A value and a copy of it with a few edits.
fn edited_pair() -> impl Strategy<Value = (Value, Value)> {
    let edits = vec((any::<prop::sample::Index>(), 0..5_u8, any_value()), 1..5);
    (any_value(), edits).prop_map(|(old, edits)| {
        let mut new = old.clone();
        for (place, kind, value) in edits {
            let mut left = place.index(size(&new));
            edit(&mut new, &mut left, kind, &value);
        }
        (old, new)
    })
}

/// Returns the number of values.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum::<usize>(),
        _ => 0,
    }
}

/// Edits the value that is `left` values after this one. Returns whether there is such a value.
fn edit(value: &mut Value, left: &mut usize, kind: u8, put: &Value) -> bool {
    if *left == 0 {
        match (kind, value) {
            (0, Value::Array(elements)) => elements.insert(elements.len() / 2, put.clone()),
            (1, Value::Array(elements)) if !elements.is_empty() => drop(elements.remove(0)),
            (2, Value::Array(elements)) if !elements.is_empty() => elements.rotate_left(1),
            (0, Value::Object(members)) => drop(members.insert("new".to_owned(), put.clone())),
            (1, Value::Object(members)) => drop(members.remove("a")),
            (_, value) => *value = put.clone(),
        }
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(elements) => elements
            .iter_mut()
            .any(|inner| edit(inner, left, kind, put)),
        Value::Object(members) => members
            .values_mut()
            .any(|inner| edit(inner, left, kind, put)),
        _ => false,
    }
}

/// Writes the same value differently: members reversed, numbers and letters spelt differently.
fn respelt(value: &Value) -> String {
    match value {
        Value::Number(number) => match number.as_i64().unwrap() {
            0 => "-0.0e5".to_owned(),
            whole => format!("{whole}0.0E-1"),
        },
        Value::String(text) => text_respelt(text),
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(respelt).collect();
            format!("[ {} ]", elements.join(" ,"))
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                format!("{}: {}", text_respelt(name), respelt(value))
            };
            let members: Vec<String> = members.iter().rev().map(member).collect();
            format!("{{{}}}", members.join(",\n"))
        }
        other => other.to_string(),
    }
}

fn text_respelt(text: &str) -> String {
    let units = text.encode_utf16();
    let units: Vec<String> = units.map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{}\"", units.concat())
}

/// Asserts that the reported differences turn `old` into `new` and agree with their counts.
pub fn assert_diff_is_right(old: &Value, new: &Value) {
    let (before, after) = (old.to_string(), new.to_string());
    let found = structure(&before, &after);
    let (old_tree, new_tree) = (read(&before), read(&after));
    if found.is_same() {
        assert_eq!(old, new);
        return;
    }
    let mut apply = Apply {
        old: (&old_tree, &before),
        new: (&new_tree, &after),
        lines: found.lines.iter().peekable(),
    };
    assert_eq!(apply.apply(old), *new);
    assert!(apply.lines.next().is_none());
    let count = |is: fn(&Change) -> bool| {
        let changes = found.lines.iter().map(|line| line.change);
        changes.filter(is).count()
    };
    let totals = (
        count(|change| matches!(change, Change::Added(_))),
        count(|change| matches!(change, Change::Removed(_))),
        count(|change| matches!(change, Change::Changed { .. })),
        count(|change| matches!(change, Change::Moved { .. })),
    );
    assert_eq!(totals, counts(&found));
    assert_ne!(totals, (0, 0, 0, 0));
}

proptest! {
    #![proptest_config(cases::config(256))]

    #[test]
    fn a_value_equals_itself_however_it_is_spelt(value in any_value()) {
        let text = value.to_string();
        prop_assert!(structure(&text, &text).is_same());
        prop_assert!(structure(&text, &respelt(&value)).is_same());
        prop_assert!(structure(&respelt(&value), &text).is_same());
    }

    #[test]
    fn the_reported_differences_turn_the_old_value_into_the_new_one(
        (old, new) in prop_oneof![
            2 => edited_pair(),
            1 => (any_value(), any_value()),
            1 => (vec(any_value(), 0..9), vec(any_value(), 0..9))
                .prop_map(|(old, new)| (Value::from(old), Value::from(new))),
            1 => (vec(0..4_u8, 0..20), vec(0..4_u8, 0..20))
                .prop_map(|(old, new)| (Value::from(old), Value::from(new))),
        ]
    ) {
        assert_diff_is_right(&old, &new);
        assert_diff_is_right(&new, &old);
    }

    #[test]
    fn the_reported_lines_turn_the_old_text_into_the_new_one(
        old in "([ab]{0,2}\n){0,12}[ab]?",
        new in "([ab]{0,2}\n){0,12}[ab]?",
    ) {
        let found = lines::compare(&old, &new).unwrap();
        prop_assert_eq!(found.is_same(), old == new);
        let (before, after): (Vec<_>, Vec<_>) = (old.split('\n').collect(), new.split('\n').collect());
        let (mut at, mut made) = (0, Vec::new());
        for line in &found.lines {
            match line {
                lines::Line::Same { old: written, new: now } => {
                    prop_assert_eq!((written.number, now.number), (at, made.len()));
                    made.push(before[at]);
                    at += 1;
                }
                lines::Line::Removed { old: written, .. } => {
                    prop_assert_eq!(written.number, at);
                    prop_assert_eq!(&old[written.range.clone()], before[at]);
                    at += 1;
                }
                lines::Line::Added { new: now, .. } => made.push(&new[now.range.clone()]),
                lines::Line::Folded { count, old: number, new: now } => {
                    prop_assert_eq!((*number, *now), (at, made.len()));
                    prop_assert!(*count > 1);
                    made.extend(&before[at..at + count]);
                    at += count;
                }
            }
        }
        if !found.is_same() {
            prop_assert_eq!(made, after);
            prop_assert_eq!(at, before.len());
        }
    }

    #[test]
    fn unmarked_parts_are_equal(old in "[ab é,]{0,20}", new in "[ab é,]{0,20}") {
        let unmarked = |text: &str, marks: &[std::ops::Range<usize>]| {
            let mut rest = text.to_owned();
            for mark in marks.iter().rev() {
                rest.replace_range(mark.clone(), "");
            }
            rest
        };
        let (removed, added) = changed_within(&old, &new);
        prop_assert_eq!(unmarked(&old, &removed), unmarked(&new, &added));
        prop_assert_eq!(removed.is_empty() && added.is_empty(), old == new);
    }

    #[test]
    fn the_reported_bytes_turn_the_old_payload_into_the_new_one(
        old in vec(254..=255_u8, 0..40),
        new in vec(254..=255_u8, 0..40),
    ) {
        let diff = compare(plain(&old), plain(&new));
        prop_assert_eq!(diff.is_same(), old == new);
        if let Diff::Bytes(bytes) = diff {
            let mut made = old.clone();
            for stretch in bytes.stretches.iter().rev() {
                made.splice(stretch.old.clone(), new[stretch.new.clone()].iter().copied());
            }
            prop_assert_eq!(made, new);
        }
    }
}
