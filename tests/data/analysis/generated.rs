//! Properties: totals match naive models, nothing panics, and memory stays bounded.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value;
use subscope::message::RowId;
use subscope::workers::analysis::{Channels, Check, FindingKind, Findings, Plotted};

use crate::analysis::checked_log::{CheckedLog, path, sequence, shape};
use crate::support::cases;

/// JSON values with few different names.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1_000..1_000_i64).prop_map(Value::from),
        "[a-c\"\\\\é]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[abc\"\\\\]{1,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Naive counts per path: the number of values, and the number of each type.
type Naive = BTreeMap<String, (u64, BTreeMap<&'static str, u64>)>;

fn count(value: &Value, place: &str, naive: &mut Naive) {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let (values, types) = naive.entry(place.to_owned()).or_default();
    *values += 1;
    *types.entry(name).or_default() += 1;
    match value {
        Value::Array(elements) => elements
            .iter()
            .for_each(|element| count(element, &format!("{place}[]"), naive)),
        Value::Object(members) => members
            .iter()
            .for_each(|(name, member)| count(member, &format!("{place}.{name:?}"), naive)),
        _ => {}
    }
}

/// A sequence that remembers every number since it started.
struct NaiveSequence {
    first: i128,
    last: i128,
    came: BTreeSet<i128>,
    explained: BTreeSet<i128>,
    /// Whether there has been a gap since the last number.
    is_behind_gap: bool,
}

/// The final counts.
#[derive(Debug, Default, PartialEq)]
struct Totals {
    missing: u64,
    explained: u64,
    duplicates: u64,
    late: u64,
    restarts: u64,
}

impl NaiveSequence {
    fn starting_at(number: i128) -> Self {
        Self {
            first: number,
            last: number,
            came: BTreeSet::from([number]),
            explained: BTreeSet::new(),
            is_behind_gap: false,
        }
    }

    /// Returns whether `number`, followed by `next`, is a restart.
    fn is_restart(&self, number: i128, next: Option<i128>) -> bool {
        let is_start = matches!(number, 0 | 1);
        if number >= self.last || self.is_missing(number) || !(is_start || self.is_behind_gap) {
            return false;
        }
        next.is_none_or(|next| {
            let continues = next == self.last + 1 || self.is_missing(next);
            next == number + 1 || is_start && !continues
        })
    }

    fn is_missing(&self, number: i128) -> bool {
        (self.first..self.last).contains(&number) && !self.came.contains(&number)
    }

    fn take(&mut self, number: i128, totals: &mut Totals) {
        if number > self.last {
            if self.is_behind_gap {
                self.explained.extend(self.last + 1..number);
            }
            self.last = number;
            self.is_behind_gap = false;
        } else if number >= self.first && self.came.contains(&number) {
            totals.duplicates += 1;
        } else {
            totals.late += 1;
            self.explained.remove(&number);
        }
        if number >= self.first {
            self.came.insert(number);
        }
    }

    fn end(&self, totals: &mut Totals) {
        let numbers = u64::try_from(self.last - self.first + 1).unwrap();
        totals.missing += numbers - self.came.len() as u64;
        totals.explained += self.explained.len() as u64;
    }
}

/// Computes the expected counts for the numbers of a channel; the flag of a number tells whether a
/// gap precedes it. Judges each number only once the next one is known.
fn count_naively(numbers: &[(i128, bool)]) -> Totals {
    let mut totals = Totals::default();
    let mut known: Option<NaiveSequence> = None;
    for (at, (number, is_behind_gap)) in numbers.iter().enumerate() {
        let next = numbers.get(at + 1).map(|(next, _)| *next);
        let Some(one) = &mut known else {
            known = Some(NaiveSequence::starting_at(*number));
            continue;
        };
        one.is_behind_gap |= is_behind_gap;
        if one.is_restart(*number, next) {
            one.end(&mut totals);
            totals.restarts += 1;
            *one = NaiveSequence::starting_at(*number);
        } else {
            one.take(*number, &mut totals);
        }
    }
    if let Some(one) = known {
        one.end(&mut totals);
    }
    totals
}

/// Single numbers and consecutive runs, each on one of two channels. The flag of a number tells
/// whether a gap precedes it.
fn numbers() -> impl Strategy<Value = Vec<(i128, usize, bool)>> {
    let run = (0..60_i128, 1..5_i128, 0..2_usize, prop::bool::weighted(0.2));
    prop::collection::vec(run, 0..30).prop_map(|runs| {
        let numbers = runs
            .into_iter()
            .flat_map(|(first, count, channel, is_gap)| {
                (first..first + count)
                    .map(move |number| (number, channel, is_gap && number == first))
            });
        numbers.collect()
    })
}

proptest! {
    #![proptest_config(cases::config(128))]

    #[test]
    fn sequence_counts_agree_with_a_naive_model(numbers in numbers()) {
        let (mut checked, check) = CheckedLog::checking(sequence());
        let mut received: [Vec<(i128, bool)>; 2] = Default::default();
        let mut is_behind_gap = [false; 2];
        for (number, channel, is_gap) in numbers {
            if is_gap {
                checked.lose_connection();
                is_behind_gap = [true; 2];
            }
            checked.words(["a", "b"][channel], &format!("{{\"n\":{number}}}"));
            let is_behind_gap = std::mem::take(&mut is_behind_gap[channel]);
            received[channel].push((number, is_behind_gap));
        }
        let report = checked.sequences(check);
        for (name, received) in [&b"a"[..], b"b"].into_iter().zip(&received) {
            let mut channels = report.channels.iter();
            let counts = channels.find(|one| *one.channel == *name).map(|one| one.counts);
            let counts = counts.unwrap_or_default();
            let totals = Totals {
                missing: counts.missing,
                explained: counts.explained,
                duplicates: counts.duplicates,
                late: counts.late,
                restarts: counts.restarts,
            };
            prop_assert_eq!(totals, count_naively(received), "{:?}", received);
        }
    }

    #[test]
    fn pairs_agree_with_a_naive_map(
        messages in prop::collection::vec((0..12_u64, any::<bool>()), 0..100)
    ) {
        let check = Check::parse_pair("q=.id -> r=.id").unwrap();
        let (mut checked, check) = CheckedLog::checking(check);
        let mut waiting: BTreeMap<u64, u64> = BTreeMap::new();
        let mut answered = BTreeSet::new();
        let (mut duplicates, mut unmatched, mut repeated) = (0, 0, 0);
        for (row, (id, is_request)) in (0..).zip(messages) {
            let payload = format!("{{\"id\":{id}}}");
            let channel = if is_request { "q" } else { "r" };
            let found = checked.receive([(channel, payload.as_bytes())]);
            let answers = found.first().map(|found| match found.what {
                FindingKind::Latency { request, .. } => request,
                _ => panic!("{found:?}"),
            });
            let mut expected = None;
            if is_request {
                if let std::collections::btree_map::Entry::Vacant(new) = waiting.entry(id) {
                    new.insert(row);
                } else {
                    repeated += 1;
                }
            } else if let Some(request) = waiting.remove(&id) {
                answered.insert(id);
                expected = Some(RowId(request));
            } else if answered.contains(&id) {
                duplicates += 1;
            } else {
                unmatched += 1;
            }
            prop_assert_eq!(answers, expected);
        }
        let report = checked.pair(check);
        let counts = (report.counts.duplicates, report.counts.unmatched, report.counts.repeated);
        prop_assert_eq!(counts, (duplicates, unmatched, repeated));
        let rows: Vec<RowId> = report.unanswered.iter().map(|one| one.row).collect();
        let mut expected: Vec<RowId> = waiting.values().map(|row| RowId(*row)).collect();
        expected.sort_unstable();
        prop_assert_eq!(rows, expected);
    }

    #[test]
    fn a_shape_counts_the_same_as_a_walk_over_each_message(
        messages in prop::collection::vec(json(), 1..40)
    ) {
        let (mut checked, check) = CheckedLog::checking(shape());
        let mut naive = Naive::new();
        for message in &messages {
            let payload = message.to_string();
            checked.words("a", &payload);
            count(message, "", &mut naive);
        }
        let report = checked.shape(check);
        prop_assert_eq!(report.json, messages.len() as u64);
        prop_assert_eq!(report.fields.len(), naive.len());
        let mut known: Vec<(u64, BTreeMap<&str, u64>)> = report
            .fields
            .iter()
            .map(|field| (field.present, field.types.iter().copied().collect()))
            .collect();
        known.sort();
        let mut expected: Vec<_> = naive.into_values().collect();
        expected.sort();
        prop_assert_eq!(known, expected);
        let paths: BTreeSet<&str> = report.fields.iter().map(|field| &*field.path).collect();
        prop_assert_eq!(paths.len(), report.fields.len());
    }

    #[test]
    fn no_payload_makes_a_check_panic(
        payloads in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                r#"[\[\]{}:,"0-9a.ne\\-]{0,40}"#.prop_map(String::into_bytes),
                (json(), any::<prop::sample::Index>()).prop_map(|(json, at)| {
                    let mut bytes = json.to_string().into_bytes();
                    let at = at.index(bytes.len());
                    bytes[at] ^= 1;
                    bytes
                }),
            ],
            0..40,
        )
    ) {
        let mut checked = CheckedLog::new();
        checked.check(shape());
        for text in ["*=.", "*=.a", "*=.a,.b", "*=.a[0]"] {
            checked.check(Check::parse_sequence(text).unwrap());
        }
        checked.check(Check::parse_pair("*=.a -> *=.").unwrap());
        checked.check(Check::parse_delay("*=.a").unwrap());
        checked.check(Check::parse_delay("*=.").unwrap());
        for what in [Plotted::Path(path(".")), Plotted::Size, Plotted::Interval] {
            checked.check(Check::Series { channels: Channels::new(b"*"), what });
        }
        for payload in &payloads {
            for finding in checked.receive([("a", &payload[..])]) {
                prop_assert!(!finding.what.to_string().is_empty());
            }
        }
        prop_assert!(checked.engine.size() < 4 << 20);
    }
}

#[test]
fn findings_stay_bounded_but_every_flagged_row_is_known() {
    let (mut checked, _) = CheckedLog::checking(sequence());
    let mut findings = Findings::default();
    let rounds = subscope::workers::analysis::MAX_FINDINGS as u64 / 1_000 + 20;
    for round in 0..rounds {
        let payloads: Vec<Vec<u8>> = (0..1_000)
            .map(|number| format!("{{\"n\":{}}}", (round * 1_000 + number) * 2).into_bytes())
            .collect();
        findings.add(checked.receive(payloads.iter().map(|one| ("a", &one[..]))));
    }
    let flagged = findings.out_of_sequence_in(RowId(0)..RowId(rounds * 1_000));
    assert_eq!(flagged.len() as u64, rounds * 1_000 - 1);
    assert_eq!(findings.of(RowId(1)).count(), 0);
    assert_eq!(findings.of(RowId(rounds * 1_000 - 1)).count(), 1);
    assert!(findings.size() < 20 << 20, "{}", findings.size());
    assert!(checked.engine.size() < 1 << 20);
}
