//! Through trouble: networks that cut and lose, servers that cannot serve, passwords that change.
//! Whatever happens, the log tells the truth about what is missing, and listening goes on.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

mod support;

use std::time::Duration;

use subscope::log::{Batch, MessageLog};
use subscope::message::{Gap, GapEnd, Notice, SubscriptionId, Time};

use support::truth::{Sent, check};

/// A log in which number 1 of 0 to 2 is missing, with a gap from `last_heard` to `restored`.
fn log_without_one(last_heard: i64, restored: i64) -> MessageLog {
    let mut batch = Batch::default();
    batch.push_message(Time(0), b"a", b"0", SubscriptionId(0));
    let gap = Gap {
        last_heard: Time(last_heard),
        noticed: Time(restored),
        end: GapEnd::Restored(Time(restored)),
        event: "connection lost".into(),
        reason: "closed by the server".into(),
    };
    batch.push_notice(Time(restored), Notice::Gap(gap));
    batch.push_message(Time(2_000_000), b"a", b"2", SubscriptionId(0));
    let mut log = MessageLog::new(1 << 20);
    log.append(batch);
    log
}

/// Three numbers, a second apart.
fn three() -> Vec<Sent> {
    let second = |number: i64| Time(number * 1_000_000);
    (0_i64..3)
        .map(|number| Sent {
            channel: b"a"[..].into(),
            number: number.unsigned_abs(),
            from: second(number),
            to: Some(second(number).after(Duration::from_millis(1))),
        })
        .collect()
}

#[test]
fn a_number_that_is_missing_must_lie_in_a_gap() {
    assert_eq!(check(&log_without_one(0, 1_000_000), &three()), 1);
    for (last_heard, restored) in [(0, 999_999), (1_100_000, 2_000_000)] {
        let log = log_without_one(last_heard, restored);
        let checked = std::panic::catch_unwind(|| check(&log, &three()));
        assert!(checked.is_err(), "{last_heard} to {restored}");
    }
}

#[test]
#[should_panic(expected = "nobody sent these")]
fn a_number_that_nobody_sent_is_no_truth() {
    check(&log_without_one(0, 1_000_000), &three()[..2]);
}
