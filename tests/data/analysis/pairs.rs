//! Requests and replies, and delays between sending and receiving.

use std::time::Duration;

use subscope::message::RowId;
use subscope::workers::analysis::{Ask, Check, FindingKind, PairCounts, Report};

use crate::analysis::checked_log::{CheckedLog, SECOND, START, ask};

fn pair(text: &str) -> Check {
    Check::parse_pair(text).unwrap()
}

#[test]
fn a_reply_shows_its_latency_and_open_requests_are_listed() {
    let (mut checked, check) = CheckedLog::checking(pair("req:*=.id -> rep=.corr"));
    checked.receive([
        ("req:a", &br#"{"id":1}"#[..]),
        ("req:b", br#"{"id":"x"}"#),
        ("req:b", br#"{"id":2}"#),
        ("req:b", br#"{"id":null}"#),
        ("other", br#"{"id":3}"#),
    ]);
    let found = checked.receive([
        ("rep", &br#"{"corr":"1"}"#[..]),
        ("rep", br#"{"corr":7}"#),
        ("rep", br#"{"corr":1}"#),
        ("rep", br#"{"corr":"\u0078"}"#),
    ]);
    let remarks: Vec<_> = found
        .iter()
        .map(|one| (one.row, one.what.clone()))
        .collect();
    let latency = |request, millis| FindingKind::Latency {
        request: RowId(request),
        after: Duration::from_millis(millis),
    };
    assert_eq!(
        remarks,
        [(RowId(5), latency(0, 5)), (RowId(8), latency(1, 7))]
    );
    assert_eq!(remarks[0].1.to_string(), "↩ 5.0 ms");
    let report = checked.pair(check);
    assert_eq!(
        report.counts,
        PairCounts {
            requests: 3,
            repeated: 0,
            answered: 2,
            waiting: 1,
            waiting_before_gap: 0,
            forgotten: 0,
            duplicates: 1,
            unmatched: 1,
            unmatched_behind_gap: 0,
            without_id: 1,
        }
    );
    assert_eq!(report.unanswered.len(), 1);
    assert_eq!(report.unanswered[0].row, RowId(2));
    assert_eq!(&*report.unanswered[0].id, b"2");
    let latency = report.latency.unwrap();
    assert_eq!((latency.count, latency.min, latency.max), (2, 5_000, 7_000));
}

#[test]
fn requests_and_replies_may_share_a_channel_and_reuse_ids() {
    let (mut checked, check) = CheckedLog::checking(pair("rpc=.id -> rpc=.id"));
    assert!(checked.words("rpc", r#"{"id":1}"#).is_empty());
    assert_eq!(checked.words("rpc", r#"{"id":1}"#), ["↩ 1.0 ms"]);
    assert!(checked.words("rpc", r#"{"id":2}"#).is_empty());
    assert_eq!(checked.words("rpc", r#"{"id":2}"#), ["↩ 1.0 ms"]);
    let counts = checked.pair(check).counts;
    assert_eq!(
        (counts.answered, counts.waiting, counts.requests),
        (2, 0, 2)
    );
}

#[test]
fn a_repeated_request_waits_once_from_its_first_occurrence() {
    let (mut checked, check) = CheckedLog::checking(pair("q=.id -> r=.id"));
    checked.receive([("q", &br#"{"id":1}"#[..]), ("q", br#"{"id":1}"#)]);
    assert_eq!(checked.words("r", r#"{"id":1}"#), ["↩ 2.0 ms"]);
    let counts = checked.pair(check).counts;
    assert_eq!(
        (counts.requests, counts.repeated, counts.waiting),
        (2, 1, 0)
    );
}

#[test]
fn a_request_followed_by_a_gap_says_that_its_reply_may_be_lost() {
    let (mut checked, check) = CheckedLog::checking(pair("q=.id -> r=.id"));
    checked.receive([("q", &br#"{"id":1}"#[..]), ("q", br#"{"id":2}"#)]);
    checked.lose_connection();
    checked.receive([("q", &br#"{"id":3}"#[..]), ("r", br#"{"id":2}"#)]);
    let report = checked.pair(check);
    let waiting = report.unanswered.iter();
    let waiting: Vec<_> = waiting.map(|one| (&*one.id, one.is_before_gap)).collect();
    assert_eq!(waiting, [(&b"1"[..], true), (b"3", false)]);
    let counts = report.counts;
    assert_eq!((counts.waiting, counts.waiting_before_gap), (2, 1));
    // Now, the gap is still open when the last message arrives.
    let ask = Ask {
        gap_until: Some(checked.now),
        ..ask(check)
    };
    let Some(Report::Pair(report)) = checked.engine.report(&ask) else {
        panic!("no pair");
    };
    assert_eq!(report.counts.waiting_before_gap, 2);
}

#[test]
fn a_reply_soon_after_a_gap_may_answer_a_request_lost_in_it() {
    let (mut checked, check) = CheckedLog::checking(pair("q=.id -> r=.id"));
    let unmatched = |checked: &CheckedLog| {
        let counts = checked.pair(check).counts;
        (counts.unmatched, counts.unmatched_behind_gap)
    };
    checked.receive([("r", &br#"{"id":"before"}"#[..])]);
    assert_eq!(unmatched(&checked), (1, 0));
    // The slowest reply takes two milliseconds, since messages arrive one millisecond apart.
    checked.receive([
        ("q", &br#"{"id":1}"#[..]),
        ("q", br#"{"id":2}"#),
        ("r", br#"{"id":1}"#),
    ]);
    checked.lose_connection();
    for number in 0..3 {
        checked.words("r", &format!("{{\"id\":\"behind {number}\"}}"));
    }
    assert_eq!(unmatched(&checked), (4, 3));
    checked.words("r", r#"{"id":"late"}"#);
    assert_eq!(unmatched(&checked), (5, 3));
}

#[test]
fn delays_are_signed_and_the_minimum_reveals_clock_skew() {
    let check = Check::parse_delay("m=.sent").unwrap();
    let (mut checked, check) = CheckedLog::checking(check);
    // The clock advances by a millisecond before each message.
    let sent = START.0 / 1_000;
    assert_eq!(
        checked.words("m", &format!("{{\"sent\":{sent}}}")),
        ["1.0 ms after sending"]
    );
    assert_eq!(
        checked.words("m", &format!("{{\"sent\":{}}}", sent + 252)),
        ["sender's clock ahead by at least 250 ms"]
    );
    assert_eq!(
        checked.words("m", r#"{"sent":"2023-11-14T22:13:00Z"}"#),
        ["20s after sending"]
    );
    assert!(checked.words("m", r#"{"sent":"soon"}"#).is_empty());
    let Report::Delay(report) = checked.report(check) else {
        panic!("no delays");
    };
    let channel = &report.channels[0];
    assert_eq!(
        (channel.messages, channel.without_time, channel.ahead),
        (4, 1, 1)
    );
    let delay = channel.delay.unwrap();
    assert_eq!((delay.count, delay.min), (3, -250_000));
    assert_eq!(delay.max, 20 * SECOND + 3_000);
}
