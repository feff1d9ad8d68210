//! subscope's glob matching compared with a real Redis.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use redis::Connection;
use subscope::message::glob;

use crate::support::cases;
use crate::support::redis::Redis;

/// Patterns of only a few letters, so that they often match, and of all special characters.
fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab*?\\[\\]\\\\^-]{0,8}",
        "[ab]{0,2}\\*{1,2}[ab?]{0,3}\\*?[ab]{0,2}",
        "[ab*?]{0,2}\\[\\^?[a-c\\\\\\]^-]{0,5}\\]?[ab*?]{0,3}",
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab]{0,6}", 2 => "[abc*?\\[\\]\\\\^-]{0,5}", 1 => Just(String::new())]
}

/// Returns the subscribed channels that match each pattern according to `PUBSUB CHANNELS` of Redis.
/// Unlike `KEYS`, it has no shortcut for `*`.
fn ask(redis: &mut Connection, patterns: &[Vec<u8>]) -> Vec<BTreeSet<Vec<u8>>> {
    let mut queries = redis::pipe();
    for pattern in patterns {
        queries.cmd("PUBSUB").arg("CHANNELS").arg(pattern);
    }
    queries.query(redis).unwrap()
}

/// Subscribes to `names` and compares which of them each pattern matches in Redis and here.
fn compare(
    listener: &mut Connection,
    client: &mut Connection,
    patterns: &[Vec<u8>],
    names: &[Vec<u8>],
) -> Result<(), TestCaseError> {
    let mut pubsub = listener.as_pubsub();
    for name in names {
        pubsub.subscribe(name.as_slice()).unwrap();
    }
    for (pattern, of_redis) in patterns.iter().zip(ask(client, patterns)) {
        let ours: BTreeSet<Vec<u8>> = names
            .iter()
            .filter(|name| glob::matches(pattern, name))
            .cloned()
            .collect();
        prop_assert_eq!(
            &ours,
            &of_redis,
            "pattern \"{}\", here first, Redis second",
            pattern.escape_ascii()
        );
    }
    // End the subscriptions, so that the next case starts without any.
    drop(pubsub);
    Ok(())
}

fn two_connections(redis: &Redis) -> (RefCell<Connection>, RefCell<Connection>) {
    let client = redis::Client::open(redis.url()).unwrap();
    let connection = || RefCell::new(client.get_connection().unwrap());
    (connection(), connection())
}

#[test]
fn patterns_match_as_in_redis() {
    let redis = Redis::start();
    let (listener, asking) = two_connections(&redis);
    let bytes = |texts: Vec<String>| {
        texts
            .into_iter()
            .map(String::into_bytes)
            .collect::<Vec<_>>()
    };
    let cases = (vec(pattern(), 20), vec(name(), 20));
    TestRunner::new(cases::config(200))
        .run(&cases, |(patterns, names)| {
            compare(
                &mut listener.borrow_mut(),
                &mut asking.borrow_mut(),
                &bytes(patterns),
                &bytes(names),
            )
        })
        .unwrap();
}

#[test]
fn bytes_that_are_not_text_match_as_in_redis() {
    let redis = Redis::start();
    let (listener, asking) = two_connections(&redis);
    let patterns: [&[u8]; 9] = [
        b"*",
        b"\xff*",
        b"[\xf0-\xff]",
        b"[a-\xff]",
        b"[\x00-\x7f]",
        b"[\x7f-\x80]",
        b"?",
        b"\xe6\x97?",
        b"\0*",
    ];
    let names: [&[u8]; 9] = [
        b"",
        b"\xff",
        b"\xf5",
        b"a",
        b"A",
        b"\x80",
        b"\xe6\x97\xa5",
        b"\0",
        b"\0\n",
    ];
    compare(
        &mut listener.borrow_mut(),
        &mut asking.borrow_mut(),
        &patterns.map(<[u8]>::to_vec),
        &names.map(<[u8]>::to_vec),
    )
    .unwrap();
}
