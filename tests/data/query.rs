//! The query language through its public interface.

use std::sync::Arc;

use subscope::log::RowKind;
use subscope::message::{SubscriptionId, Time};
use subscope::query::{self, Flags, Matcher, Moment, Query, QueryError, Row};

mod composing;
mod errors;
mod formats;
mod generated;
mod jq;
mod json;
mod language;
mod other_syntaxes;

/// 1970-01-01 10:00:00 UTC, which is 12:00:00 in the query's time zone.
const MOMENT: Moment = Moment {
    now: Time(10 * 3_600_000_000),
    ahead: 7_200_000_000,
};

fn parse(text: &str) -> Query {
    Query::parse(text, &MOMENT).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn parse_error(text: &str) -> QueryError {
    match Query::parse(text, &MOMENT) {
        Ok(_) => panic!("{text} parses"),
        Err(error) => error,
    }
}

/// Returns a message on the channel `orders.created`, received through the subscription `orders.*`.
fn message(payload: &[u8]) -> Row<'_> {
    Row {
        time: MOMENT.now,
        kind: RowKind::Message,
        channel: 1,
        payload,
        may_differ: subscope::payload::format::may_differ(payload),
        size: payload.len() as u64,
        via: &[SubscriptionId(0)],
        flags: Flags::default(),
    }
}

fn matcher(query: Query) -> Matcher {
    query::set_executable(env!("CARGO_BIN_EXE_subscope"));
    let mut matcher = Matcher::new(Arc::new(query));
    matcher.set_subscriptions(&[Arc::from(&b"orders.*"[..]), Arc::from(&b"logs"[..])]);
    matcher.enter([&b"logs"[..], b"orders.created", b"#"]);
    matcher
}

fn matches_row(text: &str, row: &Row<'_>) -> bool {
    matcher(parse(text)).matches(row)
}

/// Returns whether a message with this payload matches, on a channel whose name appears in no
/// query.
fn matches(text: &str, payload: &str) -> bool {
    let row = Row {
        channel: 2,
        ..message(payload.as_bytes())
    };
    matches_row(text, &row)
}
