//! The open message's share of the log's memory budget.

use crossterm::event::KeyCode;
use subscope::app::Event;
use subscope::log::{Batch, LARGE_PAYLOAD, LargePayload};
use subscope::message::{RowId, SubscriptionId};
use subscope::server::Feed;

use super::{answer, gzip, open, reader};
use crate::support::stage::Stage;

const KEEP: usize = 16 << 20;

/// Returns a stage with an almost full log, followed by these messages.
fn full_before(payloads: &[&[u8]]) -> Stage {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = KEEP);
    let filler = [b'x'; 1000];
    while stage.session().log.counters().evicted == 0 {
        stage.messages(&[("filler", &filler[..]); 100]);
    }
    for payload in payloads {
        stage.messages(&[("orders", payload)]);
    }
    stage
}

/// Returns JSON with `count` numbers, whose tree takes many times as much memory as the text.
fn numbers(count: usize) -> Vec<u8> {
    format!("[{}]", vec!["1"; count].join(",")).into_bytes()
}

/// Returns numbers that hardly repeat, so that packing them is no bomb.
fn different_numbers(count: u32) -> Vec<u8> {
    let numbers = (0..count).map(|number| number.wrapping_mul(2_654_435_761) >> 22);
    let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
    format!("[{}]", numbers.join(",")).into_bytes()
}

/// Presses a key that opens the selected message or shows its diff, and waits for the result.
fn press(stage: &mut Stage, key: KeyCode) {
    let requests = stage.code(key);
    answer(stage, requests);
}

#[track_caller]
fn assert_in_budget(stage: &Stage) {
    let log = &stage.session().log;
    let reserved = stage.app.beside_log().min(KEEP / 2);
    assert!(log.size() + reserved <= KEEP, "{} {reserved}", log.size());
    assert!(log.size() > KEEP / 3, "{}", log.size());
    assert_eq!(
        log.counters().received,
        log.counters().kept + log.counters().evicted
    );
}

#[test]
fn the_log_makes_room_for_an_open_message_until_it_is_closed() {
    let mut stage = full_before(&[&numbers(50_000)]);
    let before = stage.session().log.size();
    assert_eq!(stage.app.beside_log(), 0);
    press(&mut stage, KeyCode::Enter);
    let tree = reader(&stage).decoded().unwrap().tree.as_ref().unwrap();
    let size = tree.size();
    assert!(size > 2 << 20, "{size}");
    assert!(stage.app.beside_log() >= size);
    assert!(stage.session().log.size() < before);
    assert_in_budget(&stage);
    // Evicted rows are no longer shown.
    let shown = &stage.session().shown;
    let oldest = stage.session().log.first();
    assert!(shown.keeps(oldest) && !shown.keeps(RowId(oldest.0 - 1)));
    assert_eq!(shown.len(), stage.session().log.counters().kept);
    stage.screen();
    press(&mut stage, KeyCode::Enter);
    press(&mut stage, KeyCode::Char('q'));
    assert_eq!(stage.app.beside_log(), 0);
    while stage.session().log.size() < before - (1 << 20) {
        stage.messages(&[("filler", &[b'x'; 1000][..]); 100]);
    }
}

#[test]
fn evictions_caused_by_an_open_message_are_reported_once() {
    let mut stage = full_before(&[b"{\"small\":1}", &numbers(50_000)]);
    let evicted = stage.session().log.counters().evicted;
    press(&mut stage, KeyCode::Enter);
    let newly_evicted = stage.session().log.counters().evicted - evicted;
    assert!(newly_evicted > 1000, "{newly_evicted}");
    let words = format!(
        "{},{:03} older messages evicted: the open message takes ",
        newly_evicted / 1000,
        newly_evicted % 1000
    );
    let toast = stage.toast().to_owned();
    assert!(toast.starts_with(&words), "{toast}");
    assert!(toast.ends_with(" MiB of --keep"), "{toast}");
    for key in ['z', 'z', 'q'] {
        press(&mut stage, KeyCode::Char(key));
        assert_eq!(stage.toast(), "", "{key}");
    }
}

#[test]
fn opening_a_small_message_reports_nothing() {
    let mut stage = full_before(&[b"{\"small\":1}"]);
    press(&mut stage, KeyCode::Enter);
    assert!(reader(&stage).decoded().is_some());
    assert_eq!(stage.toast(), "");
}

#[test]
fn unpacked_bytes_and_diffs_count_as_well() {
    let [old, new] = [40_000, 40_001].map(|count| gzip(&different_numbers(count)));
    let mut stage = full_before(&[&old, &new]);
    press(&mut stage, KeyCode::Enter);
    let alone = stage.app.beside_log();
    let unpacked = reader(&stage)
        .decoded()
        .unwrap()
        .unwrapped
        .as_ref()
        .unwrap();
    assert!(alone > unpacked.len() + (2 << 20));
    press(&mut stage, KeyCode::Char('d'));
    let comparison = reader(&stage).comparison().unwrap();
    assert!(comparison.size >= comparison.old.size());
    assert!(stage.app.beside_log() > alone + (2 << 20));
    assert_in_budget(&stage);
}

#[test]
fn a_message_larger_than_the_budget_leaves_half_of_it_to_the_log() {
    let mut stage = full_before(&[&numbers(500_000)]);
    press(&mut stage, KeyCode::Enter);
    assert!(stage.app.beside_log() > KEEP);
    let toast = stage.toast();
    assert!(
        toast.ends_with(" MiB (counts as half of --keep)"),
        "{toast}"
    );
    assert_in_budget(&stage);
    // The log keeps receiving messages within the budget.
    let newest = stage.session().log.end();
    for _ in 0..10 {
        stage.messages(&[("filler", &[b'x'; 1000][..]); 100]);
    }
    assert!(stage.session().log.row(newest).is_some());
    assert_in_budget(&stage);
}

#[test]
fn an_open_payload_counts_separately_only_after_its_row_is_evicted() {
    let large = vec![b'x'; LARGE_PAYLOAD + 1];
    let mut stage = full_before(&[]);
    let mut batch = Batch::default();
    let payload = LargePayload::whole(large.clone());
    batch.push_large(stage.now, b"orders", payload, SubscriptionId(0));
    stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    open(&mut stage);
    let row = stage.snapshot().row;
    assert!(stage.app.beside_log() < large.len());
    while stage.session().log.row(row).is_some() {
        stage.messages(&[("filler", &[b'x'; 1000][..]); 100]);
    }
    assert!(stage.app.beside_log() > large.len());
    assert_in_budget(&stage);
}
