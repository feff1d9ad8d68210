//! The query language, by its public face.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::sync::Arc;

use subscope::message::{SubscriptionId, Time};
use subscope::query::{Kind, Matcher, Moment, Query, QueryError, Row, SYNTAX};

#[path = "query/jq.rs"]
mod jq;

/// 1970-01-01 10:00:00 UTC, which is 12:00:00 where the query is asked.
const MOMENT: Moment = Moment {
    now: Time(10 * 3_600_000_000),
    utc_offset: 7200,
};

fn parse(text: &str) -> Query {
    Query::parse(text, &MOMENT).unwrap_or_else(|wrong| panic!("{text}: {wrong}"))
}

fn wrong(text: &str) -> QueryError {
    Query::parse(text, &MOMENT).unwrap_err()
}

/// A message on the channel `orders.created`, brought by the subscription `orders.*`.
fn message(payload: &[u8]) -> Row<'_> {
    Row {
        time: MOMENT.now,
        kind: Kind::Message,
        channel: 1,
        payload,
        size: payload.len() as u64,
        via: &[SubscriptionId(0)],
    }
}

fn matcher(query: Query) -> Matcher {
    let mut matcher = Matcher::new(Arc::new(query));
    matcher.know_subscriptions(&[Arc::from(&b"orders.*"[..]), Arc::from(&b"logs"[..])]);
    matcher.enter([&b"logs"[..], b"orders.created"]);
    matcher
}

fn asks(text: &str, row: &Row<'_>) -> bool {
    matcher(parse(text)).matches(row)
}

fn matches(text: &str, payload: &str) -> bool {
    asks(text, &message(payload.as_bytes()))
}

#[test]
fn every_example_of_the_syntax_parses() {
    for syntax in SYNTAX {
        parse(syntax.example);
    }
}

#[test]
fn nothing_asked_matches_everything() {
    for text in ["", "  ", "\t\n"] {
        assert!(parse(text).is_everything());
        assert!(matches(text, "x"));
    }
    assert!(!parse("x").is_everything());
    assert!(Query::all([]).is_everything());
    assert!(!matcher(Query::any([])).matches(&message(b"x")));
}

#[test]
fn an_error_says_where_it_is() {
    assert_eq!(wrong("a )").at, 2..3);
}
