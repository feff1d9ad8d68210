//! Sequence numbers.

use subscope::message::RowId;
use subscope::workers::analysis::{Check, Counts, Findings};

use crate::analysis::checked_log::{CheckedLog, sequence};

#[test]
fn missing_late_and_repeated_numbers_are_reported_and_counted() {
    let (mut checked, check) = CheckedLog::checking(sequence());
    let mut findings = Vec::new();
    for payload in [
        r#"{"n":1}"#,
        r#"{"n":2}"#,
        r#"{"n":"6"}"#,
        r#"{"n":4}"#,
        r#"{"n":4}"#,
        r#"{"n":6.0}"#,
        "no number",
        r#"{"m":7}"#,
        r#"{"n":7}"#,
        r#"{"n":0}"#,
        r#"{"n":1}"#,
    ] {
        findings.extend(checked.words("a", payload));
    }
    assert_eq!(
        findings,
        [
            "3 missing: 3–5",
            "late by 2, fills the gap",
            "4 repeated",
            "restarted at 0 (or late) after 7",
        ]
    );
    let report = checked.sequences(check);
    assert_eq!(
        report.counts,
        Counts {
            messages: 11,
            without_number: 3,
            unfollowed: 0,
            missing: 2,
            explained: 0,
            duplicates: 1,
            late: 1,
            restarts: 1,
        }
    );
    assert_eq!(report.channels[0].last, Some(1));
}

#[test]
fn a_gap_explains_the_hole_right_after_it_on_every_channel_and_no_other() {
    let (mut checked, check) = CheckedLog::checking(sequence());
    for channel in ["a", "b", "c"] {
        assert!(checked.words(channel, r#"{"n":1}"#).is_empty());
    }
    checked.lose_connection();
    assert_eq!(
        checked.words("a", r#"{"n":5}"#),
        ["3 missing: 2–4, in the preceding gap"]
    );
    assert_eq!(checked.words("a", r#"{"n":7}"#), ["1 missing: 6"]);
    assert_eq!(checked.words("b", r#"{"n":2}"#), [""; 0]);
    assert_eq!(checked.words("b", r#"{"n":4}"#), ["1 missing: 3"]);
    assert_eq!(
        checked.words("c", r#"{"n":3}"#),
        ["1 missing: 2, in the preceding gap"]
    );
    let counts = checked.sequences(check).counts;
    assert_eq!((counts.missing, counts.explained), (6, 4));
}

#[test]
fn a_sender_that_restarted_during_a_gap_repeats_nothing() {
    let (mut checked, check) = CheckedLog::checking(sequence());
    for number in 1..=1_000 {
        assert!(
            checked
                .words("a", &format!("{{\"n\":{number}}}"))
                .is_empty()
        );
    }
    checked.lose_connection();
    assert_eq!(
        checked.words("a", r#"{"n":37}"#),
        ["restarted at 37 (or repeated) after 1000 and a gap"]
    );
    for number in 38..=136 {
        assert!(
            checked
                .words("a", &format!("{{\"n\":{number}}}"))
                .is_empty()
        );
    }
    let counts = checked.sequences(check).counts;
    assert_eq!((counts.duplicates, counts.restarts), (0, 1));
    // Without a gap, a number that has been received before is a duplicate. A number that may never
    // have been received is late, unless the next numbers continue from it.
    assert_eq!(checked.words("a", r#"{"n":40}"#), ["40 repeated"]);
    assert_eq!(
        checked.words("a", r#"{"n":36}"#),
        ["late by 100, or restarted"]
    );
}

#[test]
fn each_channel_and_key_has_its_own_sequence() {
    let check = Check::parse_sequence("a*=.n,.user.id").unwrap();
    let (mut checked, check) = CheckedLog::checking(check);
    for (channel, payload) in [
        ("a1", r#"{"n":1,"user":{"id":1}}"#),
        ("a1", r#"{"n":8,"user":{"id":2}}"#),
        ("a2", r#"{"n":5,"user":{"id":1}}"#),
        ("a1", r#"{"n":2,"user":{"id":"1"}}"#),
        ("a1", r#"{"n":9,"user":{"id":2}}"#),
        ("a1", r#"{"n":9,"user":{}}"#),
        ("b", r#"{"n":77,"user":{"id":2}}"#),
    ] {
        assert_eq!(checked.words(channel, payload), [""; 0], "{payload}");
    }
    assert_eq!(
        checked.words("a1", r#"{"n":11,"user":{"id":2}}"#),
        ["1 missing: 10"]
    );
    let report = checked.sequences(check);
    assert_eq!(report.counts.messages, 7);
    assert_eq!(report.counts.without_number, 1);
    let keys: Vec<u64> = report.channels.iter().map(|one| one.keys).collect();
    assert_eq!(keys, [2, 1]);
}

#[test]
fn large_numbers_are_exact() {
    let (mut checked, _) = CheckedLog::checking(sequence());
    assert!(checked.words("a", r#"{"n":9007199254740992}"#).is_empty());
    assert!(checked.words("a", r#"{"n":9007199254740993}"#).is_empty());
    assert_eq!(
        checked.words("a", r#"{"n":18446744073709551615}"#),
        ["18,437,736,874,454,810,621 missing: 9007199254740994–18446744073709551614"]
    );
}

#[test]
fn findings_are_found_by_row_until_the_row_is_forgotten() {
    let (mut checked, check) = CheckedLog::checking(sequence());
    let mut findings = Findings::default();
    for number in [1, 2, 5, 6, 5] {
        let payload = format!("{{\"n\":{number}}}");
        findings.add(checked.receive([("a", payload.as_bytes())]));
    }
    let all = RowId(0)..RowId(5);
    assert_eq!(findings.out_of_sequence_in(all.clone()), [2, 4].map(RowId));
    assert_eq!(findings.drift_in(all.clone()), []);
    assert_eq!(findings.of(RowId(2)).count(), 1);
    assert_eq!(findings.of(RowId(3)).count(), 0);
    let size = findings.size();
    findings.forget(&(RowId(0)..RowId(4)));
    assert_eq!(findings.of(RowId(2)).count(), 0);
    assert_eq!(findings.out_of_sequence_in(all.clone()), [RowId(4)]);
    assert_eq!(findings.of(RowId(4)).count(), 1);
    assert!(findings.size() <= size);
    findings.forget_check(check);
    assert_eq!(findings.of(RowId(4)).count(), 0);
}

#[test]
fn a_repeated_first_message_does_not_count_as_a_restart() {
    let (mut checked, check) = CheckedLog::checking(sequence());
    let mut findings = Vec::new();
    for number in [1, 2, 3, 5, 6, 7, 1, 4, 8, 10] {
        findings.extend(checked.words("a", &format!("{{\"n\":{number}}}")));
    }
    assert_eq!(
        findings,
        [
            "1 missing: 4",
            "restarted at 1 (or repeated) after 7",
            "late by 3, fills the gap",
            "1 missing: 9",
        ]
    );
    let counts = checked.sequences(check).counts;
    assert_eq!((counts.missing, counts.restarts), (1, 0));
    assert_eq!((counts.duplicates, counts.late), (1, 1));
    // After a real restart, numbers are compared with the restarted sequence.
    for (number, words) in [(1, 1), (2, 0), (3, 0), (5, 1), (11, 1)] {
        let findings = checked.words("a", &format!("{{\"n\":{number}}}"));
        assert_eq!(findings.len(), words, "{number}: {findings:?}");
    }
}
