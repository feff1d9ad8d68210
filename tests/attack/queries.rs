//! Mistyped queries, run against malicious payloads.

use std::sync::Arc;

use subscope::log::RowKind;
use subscope::message::{SubscriptionId, Time};
use subscope::payload::escape::whole;
use subscope::query::{self, Flags, MOST_MARKS, Matcher, Moment, Path, Query, Row, SYNTAX};

use crate::escapes::assert_harmless;
use crate::mutation::{mutated, mutated_text};
use crate::random::{Random, attack};
use crate::support::cases;
use crate::support::pty::SUBSCOPE;

const MOMENT: Moment = Moment {
    now: Time(10 * 3_600_000_000),
    ahead: 7_200_000_000,
};

/// Maximum length of an error message apart from the part of the query that it quotes.
const MAX_ERROR_LENGTH: usize = 600;

/// Queries in addition to the examples in the help: every kind of literal and nesting.
const QUERIES: &[&str] = &[
    "not (a or -b) and \"c d\" or /e.f/i",
    ".user.id == 42 .level in (\"error\", \"warn\", null, true, -1.5e3)",
    ".a[0].\"odd key\"[12] != \"\\u00e9\\n\"",
    ".a ~ \"^x|y$\" has(.b) has([0])",
    "channel:orders.* via:\"a b\" size>=10k size<1m",
    "last:30s since:12:00:05 until:12:01 is:json is:notice",
    "/(a|b)*c{2,5}\\xff[^\\d]/",
    "(((((a)))))",
    "",
];

/// jq programs, some of which run forever or grow without bound.
const PROGRAMS: &[&str] = &[
    "jq(.items | length > 3)",
    "jq(.a[0] == 1 and (.b | type) == \"object\")",
    "jq([.. | numbers] | add > 10)",
    "jq(def f: if . > 100 then . else . + 1 | f end; 0 | f)",
    "jq(last(repeat(.)))",
    "jq([range(1e9)] | length)",
    "jq(until(false; . + 1))",
    "jq(\"x\" * 1000000000)",
    "jq([limit(100000; repeat(\"a\"))] | join(\",\") | length)",
    "jq(reduce range(1e9) as $i (0; . + $i))",
    "jq([.[]?] | map(tostring) | join(\" \"))",
    "jq(test(\"(a+)+$\"))",
];

const PAYLOADS: &[&str] = &[
    r#"{"user":{"id":42},"level":"error","a":[1,{"odd key":[null]}],"b":{"c":true}}"#,
    r#"{"items":[1,2,3,4,5],"tags":["pay","x"],"error":null}"#,
    "timeout after 5 ms on orders, took 1234 ms",
    "[1,2.50,-3e10,\"\\u00e9\\ud83d\\ude00\"]",
    "plain \u{4f60}\u{597d} \u{e9}\u{c9}",
    "\u{0}\u{1}binary\u{ff}",
];

/// Parses a query. Returns `None` if it is invalid, or if it matches everything, since composed
/// queries leave such a query out.
fn parse(text: &str) -> Option<Query> {
    let query = Query::parse(text, &MOMENT).ok();
    query.filter(|query| !query.is_everything())
}

fn row(payload: &[u8]) -> Row<'_> {
    Row {
        time: MOMENT.now,
        kind: RowKind::Message,
        channel: 0,
        payload,
        may_differ: subscope::payload::format::may_differ(payload),
        size: payload.len() as u64,
        via: &[SubscriptionId(0)],
        flags: Flags::default(),
    }
}

fn matcher(query: &Query) -> Matcher {
    let mut matcher = Matcher::new(Arc::new(query.clone()));
    matcher.set_subscriptions(&[Arc::from(&b"orders.*"[..])]);
    matcher.enter([&b"orders.created"[..]]);
    matcher
}

/// Returns a query made of one or more mutated examples.
fn query_text(random: &mut Random) -> String {
    let samples: Vec<&str> = SYNTAX
        .into_iter()
        .map(|(_, example, _)| example)
        .filter(|example| !example.contains("jq("))
        .chain(QUERIES.iter().copied())
        .collect();
    let mut text = mutated_text(random, &samples);
    for _ in 0..random.below(3) {
        let other = mutated_text(random, &samples);
        let by = *random.pick(&[" ", " or ", " and ", " not ", ") (", ""]);
        text = format!("{text}{by}{other}");
    }
    text
}

fn payload(random: &mut Random) -> Vec<u8> {
    let samples: Vec<Vec<u8>> = PAYLOADS
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect();
    mutated(random, &samples)
}

/// Returns a query and a payload as one sequence of bytes, so that both can be shrunk together.
/// They are separated by a byte that never occurs in UTF-8.
fn query_and_payload(random: &mut Random) -> Vec<u8> {
    let query = query_text(random);
    let mut both = query.into_bytes();
    both.push(0xff);
    both.extend(payload(random));
    both
}

fn split_case(both: &[u8]) -> (String, &[u8]) {
    let at = both.iter().position(|byte| *byte == 0xff);
    let (query, payload) = both.split_at(at.unwrap_or(both.len()));
    let payload = payload.get(1..).unwrap_or_default();
    (String::from_utf8_lossy(query).into_owned(), payload)
}

#[test]
fn any_text_is_parsed_or_refused_with_a_position() {
    attack(
        "queries read",
        cases::count(1500),
        |random| query_text(random).into_bytes(),
        |text| {
            let text = String::from_utf8_lossy(text);
            match Query::parse(&text, &MOMENT) {
                Ok(query) => {
                    assert_eq!(query.text(), text);
                    let all = Query::all([query, Query::channel(b"a\"*\\\x1b")]);
                    let again = Query::parse(all.text(), &MOMENT);
                    assert!(again.is_ok(), "{}: {again:?}", all.text());
                }
                Err(error) => {
                    assert!(text.get(error.at.clone()).is_some(), "{error:?}");
                    let place = error.place(&text).unwrap_or_default();
                    let words = format!("{place}{error}");
                    assert!(words.len() < MAX_ERROR_LENGTH + 3 * text.len(), "{words}");
                    assert_harmless(&whole(words.as_bytes()));
                }
            }
        },
    );
}

#[test]
fn a_composed_query_is_parsed_back_to_itself() {
    attack(
        "queries composed",
        cases::count(1500),
        |random| query_text(random).into_bytes(),
        |text| {
            let text = String::from_utf8_lossy(text);
            // Skip queries with slashes: a slash at the start of a bare word begins a regular
            // expression if another slash follows.
            let Some(query) = parse(&text).filter(|_| !text.contains('/')) else {
                return;
            };
            let composed = Query::all([query.clone().negate(), query]).negate();
            let again = Query::parse(composed.text(), &MOMENT);
            assert_eq!(again, Ok(composed));
        },
    );
}

#[test]
fn matches_agree_with_negation_highlights_and_required_text() {
    attack(
        "queries asked",
        cases::count(1200),
        query_and_payload,
        |both| {
            let (text, payload) = split_case(both);
            let Ok(query) = Query::parse(&text, &MOMENT) else {
                return;
            };
            let row = row(payload);
            let mut asked = matcher(&query);
            let matches = asked.matches(&row);
            assert_eq!(
                asked.matches(&row),
                matches,
                "the second evaluation differs"
            );
            let negated = query.clone().negate();
            assert_ne!(matcher(&negated).matches(&row), matches);
            let twice = Query::all([query.clone(), query.clone()]);
            assert_eq!(matcher(&twice).matches(&row), matches);
            let is_named = asked.named_channels() == [true];
            let literal = asked.required_text();
            let is_there = literal.map(|literal| is_named || literal.find(payload).is_some());
            assert!(
                !matches || is_there != Some(false),
                "the required text is missing"
            );
            if asked.is_only_text() {
                assert_eq!(Some(matches), is_there);
            }
            let marks = query.marks(payload);
            assert!(marks.len() <= MOST_MARKS);
            assert!(
                marks
                    .iter()
                    .all(|mark| mark.start < mark.end && mark.end <= payload.len())
            );
            assert!(marks.windows(2).all(|pair| pair[0].end < pair[1].start));
        },
    );
}

#[test]
fn any_text_is_parsed_as_a_path_or_refused() {
    let samples = [".a.b[0]", ".\"odd \\\" key\"[12].x", ".", "[3]", ".\u{e9}"];
    attack(
        "paths read",
        cases::count(2000),
        |random| mutated_text(random, &samples).into_bytes(),
        |text| {
            let text = String::from_utf8_lossy(text);
            match Path::parse(&text) {
                Ok(path) => assert_eq!(Path::parse(path.text()), Ok(path)),
                Err(error) => assert!(text.get(error.at.clone()).is_some(), "{error:?}"),
            }
        },
    );
}

#[test]
fn every_jq_program_ends() {
    query::set_executable(SUBSCOPE);
    attack(
        "programs",
        cases::count(30),
        |random| {
            let mut both = mutated_text(random, PROGRAMS).into_bytes();
            both.push(0xff);
            both.extend(payload(random));
            both
        },
        |both| {
            let (text, payload) = split_case(both);
            if let Ok(query) = Query::parse(&text, &MOMENT) {
                let mut asked = matcher(&query);
                let matches = asked.matches(&row(payload));
                let trouble = asked.trouble().unwrap_or_default();
                assert!(!matches || trouble.is_empty(), "{trouble}");
                assert!(trouble.len() < MAX_ERROR_LENGTH, "{trouble}");
                assert_harmless(&whole(trouble.as_bytes()));
            }
        },
    );
}
