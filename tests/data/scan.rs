//! Scans: queries that run over the log's rows on a separate thread.

use crate::support::cases;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use proptest::prelude::*;

use subscope::log::{Batch, Content, Matches, MessageLog};
use subscope::message::{Notice, RowId, SubscriptionId, Time};
use subscope::query::{self, Moment, Query};
use subscope::workers::scan::{self, Answer, Engine, Purpose, Request, Scanner, WatchId};

const WATCH: WatchId = WatchId(0);

fn query(text: &str) -> Arc<Query> {
    let moment = Moment {
        now: Time(0),
        ahead: 0,
    };
    Arc::new(Query::parse(text, &moment).unwrap())
}

fn request(log: &MessageLog, text: &str, serial: u64, from: RowId, purpose: Purpose) -> Request {
    let mut pieces = log.pieces(from);
    if purpose == Purpose::Arrived {
        pieces.reverse();
    }
    let names = ["a*", "b*", "*"].map(|name| Arc::from(name.as_bytes()));
    Request {
        watch: WATCH,
        serial,
        query: query(text),
        subscriptions: Arc::new(names),
        flagged: Arc::default(),
        decoder_choices: Arc::default(),
        pieces,
        purpose,
    }
}

/// Returns the rows of the answers in ascending order.
fn rows(answers: &[Answer]) -> Vec<u64> {
    let found = answers.iter().flat_map(|answer| &answer.found);
    let mut rows: Vec<u64> = found.flat_map(Matches::rows).map(|row| row.0).collect();
    rows.sort_unstable();
    rows
}

/// Returns a log of about 20 segments with messages on 50 channels and occasional notices.
fn log() -> MessageLog {
    let mut log = MessageLog::new(32 << 20);
    for round in 0..100 {
        let mut batch = Batch::default();
        for number in 0..1_000 {
            let id = round * 1_000 + number;
            let name = format!("{}:{}", ["a", "b"][number % 2], number % 50);
            let payload = format!(r#"{{"id":{id},"word":"{}"}}"#, "x".repeat(number % 120));
            let via = SubscriptionId(u32::try_from(number % 2).unwrap());
            batch.push_message(Time(0), name.as_bytes(), payload.as_bytes(), via);
        }
        batch.push_notice(Time(0), Notice::AllEnded);
        log.append(batch);
    }
    log
}

fn start() -> (Scanner, Receiver<Answer>) {
    let (answer_tx, answer_rx) = channel();
    let tell = move |answer| answer_tx.send(answer).is_ok();
    (scan::start(tell).unwrap(), answer_rx)
}

/// Returns the answers to the query `serial` up to the last, ignoring answers to others.
fn answers_to(answer_rx: &Receiver<Answer>, serial: u64) -> Vec<Answer> {
    let mut answers = Vec::new();
    while !answers.last().is_some_and(|last: &Answer| last.is_done) {
        let answer = answer_rx.recv().unwrap();
        if answer.serial == serial {
            answers.push(answer);
        }
    }
    answers
}

#[test]
fn a_path_finds_every_form_among_json_rows() {
    let mut log = MessageLog::new(64 << 20);
    let forms: [&[u8]; 4] = [
        br#"{"id":7,"note":"seven"}"#,
        b"\x82\xa2id\x07\xa4note\xa5seven",
        b"\xa2bid\x07dnoteeseven",
        b"eyJpZCI6Nywibm90ZSI6InNldmVuIn0=",
    ];
    let mut batch = Batch::default();
    for row in 0..400 {
        let payload = match row % 100 {
            at @ (10..14) => forms[at - 10].to_vec(),
            _ => format!(r#"{{"id":{},"note":"seven"}}"#, row + 1000).into_bytes(),
        };
        batch.push_message(Time(0), b"c", &payload, SubscriptionId(0));
    }
    log.append(batch);
    let mut engine = Engine::default();
    let all = (0..4).flat_map(|hundred| (10..14).map(move |at| hundred * 100 + at));
    let all: Vec<u64> = all.collect();
    for (serial, text) in (1..).zip([
        ".id == 7",
        ".note == \"seven\" .id < 1000",
        "seven .id == 7",
        "(seven or x) .id == 7",
        "nothing or .id == 7",
    ]) {
        let answer = engine.answer(request(&log, text, serial, RowId(0), Purpose::Kept));
        let found = rows(&[answer]);
        assert_eq!(found, all, "{text}");
    }
}

proptest! {
    #![proptest_config(cases::config(64))]

    #[test]
    fn a_scan_finds_the_same_rows_as_a_linear_search(
        messages in prop::collection::vec(("[abE]{0,6}", 0..4u32), 0..300),
        text in "[abE]{1,3}",
        keep in 8_000..40_000usize,
        from in 0..200u64,
    ) {
        let mut log = MessageLog::new(keep);
        for chunk in messages.chunks(7) {
            let mut batch = Batch::default();
            for (payload, channel) in chunk {
                let payload = payload.repeat(20);
                let name = ["c0", "c1ab", "c2E", "C3BA"][*channel as usize];
                batch.push_message(Time(0), name.as_bytes(), payload.as_bytes(), SubscriptionId(0));
            }
            batch.push_notice(Time(0), Notice::AllEnded);
            log.append(batch);
        }
        let is_exact = text.contains('E');
        let has_text = |payload: &[u8]| {
            let payload = String::from_utf8_lossy(payload).into_owned();
            if is_exact { payload.contains(&text) } else { payload.to_lowercase().contains(&text) }
        };
        let mut engine = Engine::default();
        for (serial, (query_text, on, by_name)) in (1..).zip([
            (text.clone(), "", true),
            (format!("\"{text}\""), "", false),
            (format!("{text} channel:c1"), "c1", true),
            (format!("channel:C and {text}"), "C", true),
        ]) {
            let expected: Vec<u64> = (from..log.end().0)
                .filter(|row| match log.row(RowId(*row)).map(|row| row.content) {
                    Some(Content::Message { channel, payload, .. }) => {
                        let name = log.channels().by_id(channel).unwrap().name();
                        let is_on = String::from_utf8_lossy(name).contains(on);
                        is_on && (has_text(payload) || by_name && has_text(name))
                    }
                    _ => false,
                })
                .collect();
            for purpose in [Purpose::Kept, Purpose::Arrived, Purpose::Trial] {
                let answer = engine.answer(request(&log, &query_text, serial, RowId(from), purpose));
                prop_assert_eq!(rows(&[answer]), expected.clone());
            }
        }
    }
}

#[test]
fn every_message_is_counted_as_searched_once() {
    let log = log();
    let (scanner, answer_rx) = start();
    for (serial, text) in [
        (1, "xxx"),
        (2, ".id == 77"),
        (3, "channel:a:4*"),
        (4, "zzz"),
    ] {
        scanner.ask(request(&log, text, serial, RowId(0), Purpose::Kept));
        let answers = answers_to(&answer_rx, serial);
        let messages: u64 = answers.iter().map(|answer| answer.scanned).sum();
        assert_eq!(messages, log.counters().kept, "{text}");
    }
}

#[test]
fn kept_rows_are_found_newest_first_and_new_ones_in_order() {
    let log = log();
    let (scanner, answer_rx) = start();
    let firsts = |answers: &[Answer]| -> Vec<RowId> {
        let found = answers.iter().flat_map(|answer| &answer.found);
        found.map(|found| found.first).collect()
    };
    scanner.ask(request(&log, "channel:a:*", 1, RowId(0), Purpose::Kept));
    assert!(firsts(&answers_to(&answer_rx, 1)).is_sorted_by(|one, other| one > other));
    scanner.ask(request(&log, "channel:a:*", 2, RowId(0), Purpose::Arrived));
    assert!(firsts(&answers_to(&answer_rx, 2)).is_sorted());
}

#[test]
fn a_newer_query_for_the_same_purpose_supersedes_the_older_one() {
    let log = log();
    let (scanner, answer_rx) = start();
    for serial in 1..50 {
        scanner.ask(request(&log, "/[ab]+y/", serial, RowId(0), Purpose::Kept));
    }
    scanner.ask(request(
        &log,
        "channel:\"a:4\"",
        50,
        RowId(0),
        Purpose::Kept,
    ));
    let answers = answers_to(&answer_rx, 50);
    assert_eq!(rows(&answers).len(), 2_000);
    drop(scanner);
    // The thread ends, and no more answers arrive for the superseded queries.
    assert_eq!(answer_rx.iter().filter(|answer| answer.is_done).count(), 0);
}

#[test]
fn new_rows_do_not_wait_for_a_scan_and_keep_their_channels() {
    let mut log = log();
    let (scanner, answer_rx) = start();
    scanner.ask(request(
        &log,
        "channel:new or channel:\"a:2\"",
        1,
        RowId(0),
        Purpose::Kept,
    ));
    let from = log.end();
    let mut batch = Batch::default();
    batch.push_message(Time(0), b"new", b"1", SubscriptionId(0));
    log.append(batch);
    scanner.ask(request(
        &log,
        "channel:new or channel:\"a:2\"",
        1,
        from,
        Purpose::Arrived,
    ));
    let mut answers: Vec<Answer> = Vec::new();
    while answers.iter().filter(|answer| answer.is_done).count() < 2 {
        answers.push(answer_rx.recv().unwrap());
    }
    let arrived = answers.iter().filter(|one| one.purpose == Purpose::Arrived);
    assert_eq!(rows(&arrived.cloned().collect::<Vec<_>>()), [from.0]);
    assert_eq!(rows(&answers).len(), 2_001);
}

#[test]
fn a_trial_waits_for_other_scans() {
    let log = log();
    let (scanner, answer_rx) = start();
    scanner.ask(request(&log, "/[ab]+y/", 1, RowId(0), Purpose::Kept));
    let trial = request(&log, "zzz", 1, RowId(0), Purpose::Trial);
    scanner.ask(Request {
        watch: WatchId(1),
        ..trial
    });
    let last = answer_rx.iter().filter(|answer| answer.is_done).take(2);
    let last: Vec<Purpose> = last.map(|answer| answer.purpose).collect();
    assert_eq!(last, [Purpose::Kept, Purpose::Trial]);
}

#[test]
fn a_subscription_is_matched_by_its_name() {
    let log = log();
    let mut engine = Engine::default();
    let answer = engine.answer(request(&log, "via:a*", 1, RowId(0), Purpose::Kept));
    assert_eq!(rows(&[answer]).len(), 50_000);
    let answer = engine.answer(request(&log, "via:c*", 2, RowId(0), Purpose::Kept));
    assert_eq!(rows(&[answer]).len(), 0);
}

#[test]
fn a_jq_program_finds_the_same_rows_as_a_path() {
    query::set_executable(env!("CARGO_BIN_EXE_subscope"));
    let log = log();
    let from = RowId(log.end().0 - 3_000);
    for purpose in [Purpose::Kept, Purpose::Arrived, Purpose::Trial] {
        for (program, path) in [
            ("jq(.id >= 98000)", ".id >= 98000"),
            ("not jq(.id >= 98000)", "not .id >= 98000"),
            ("via:a* jq(.id >= 98000)", "via:a* .id >= 98000"),
            ("9 jq(.id >= 98000)", "9 .id >= 98000"),
        ] {
            let mut engine = Engine::default();
            let by_program = engine.answer(request(&log, program, 1, from, purpose));
            let by_path = engine.answer(request(&log, path, 2, from, purpose));
            assert_eq!(by_program.scanned, by_path.scanned);
            assert_eq!(by_program.trouble, None);
            assert!(rows(&[by_program]) == rows(&[by_path]), "{program}");
        }
    }
}

#[test]
fn an_endless_program_is_cut_off_and_reported_and_the_thread_continues() {
    query::set_executable(env!("CARGO_BIN_EXE_subscope"));
    let log = log();
    let (scanner, answer_rx) = start();
    let endless = "jq(range(infinite) | select(false))";
    let newest = RowId(log.end().0 - 3);
    scanner.ask(request(&log, endless, 1, newest, Purpose::Kept));
    let answers = answers_to(&answer_rx, 1);
    assert!(rows(&answers).is_empty());
    assert!(answers.last().unwrap().trouble.is_some());
    scanner.ask(request(&log, "jq(.id == 99999)", 2, newest, Purpose::Kept));
    let answers = answers_to(&answer_rx, 2);
    assert_eq!(rows(&answers).len(), 1);
    assert_eq!(answers.last().unwrap().trouble, None);
}
