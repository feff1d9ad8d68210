//! Composing queries: the text of the result must mean the same as the queries combined.

use proptest::prelude::*;
use subscope::query::Query;

use super::{MOMENT, matcher, message};
use crate::support::cases;

/// Query fragments, most of which parse differently when followed by other text.
const PARTS: [&str; 42] = [
    "/orders",
    "/api/users",
    "/or",
    "/is:json",
    "/in",
    "/OR",
    "a b",
    "/a b/",
    "/x",
    "'a",
    "b'",
    ".a == 'b",
    ".a == 'b c'",
    ".path == \"a/b\"",
    ".a ~ /b/",
    "a =~ b",
    "level=error",
    "level:error",
    "a:\"b",
    "a=\"b",
    "a:'b",
    "a:'b'",
    "a:",
    "a:b:c",
    "a",
    "in",
    "(a)",
    "size",
    ">5",
    "size>5",
    "==",
    "=5",
    "NOT",
    "OR",
    "or",
    "not",
    "-",
    "||",
    "a/",
    "channel:orders",
    "/\"x",
    "\"a / b\"",
];

/// Payloads that distinguish these queries.
const PAYLOADS: [&str; 11] = [
    "orders",
    "/api/users a",
    "or in is:json",
    "OR NOT",
    "size >5 == =5",
    r#"{"a":"b","path":"a/b"}"#,
    r#"{"a":"'b","level":"error"}"#,
    r#"{"a":"b c"}"#,
    r#"a:"b a="b a:'b a:b:c a:"#,
    "'a b' a / b",
    "",
];

fn query() -> impl Strategy<Value = Query> {
    let parts = prop::collection::vec(prop::sample::select(&PARTS[..]), 1..4);
    parts.prop_filter_map("it is no query", |parts| {
        Query::parse(&parts.join(" "), &MOMENT).ok()
    })
}

proptest! {
    #![proptest_config(cases::config(2000))]

    #[test]
    fn combined_queries_match_where_each_of_them_matches(
        queries in prop::collection::vec((query(), any::<bool>()), 1..4),
    ) {
        let parts = queries.into_iter().map(|(query, is_negated)| if is_negated {
            query.negate()
        } else {
            query
        });
        let parts: Vec<Query> = parts.collect();
        let all = Query::all(parts.clone());
        let read = Query::parse(all.text(), &MOMENT);
        prop_assert!(read.is_ok(), "{parts:?}: {}", all.text());
        let mut read = matcher(read.unwrap());
        let mut parts: Vec<_> = parts.into_iter().map(matcher).collect();
        for payload in PAYLOADS {
            let row = message(payload.as_bytes());
            let expected = parts.iter_mut().all(|part| part.matches(&row));
            prop_assert_eq!(read.matches(&row), expected, "{} on {}", all.text(), payload);
        }
    }
}
