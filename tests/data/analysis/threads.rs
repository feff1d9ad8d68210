//! The worker thread: it receives rows and sends answers.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use subscope::log::{Batch, MessageLog};
use subscope::message::{RowId, SubscriptionId, Time};
use subscope::workers::Worker;
use subscope::workers::analysis::{
    self, Answer, Check, CheckedRows, Engine, Finding, Follower, Plan, Report, Request,
};

use crate::analysis::checked_log::{ask, sequence};

fn start() -> (Worker<Request>, Receiver<Answer>) {
    let (answer_tx, answer_rx) = channel();
    let worker = analysis::start(move |answer| answer_tx.send(answer).is_ok()).unwrap();
    (worker, answer_rx)
}

/// Appends `count` messages, leaving out every tenth number.
fn append(log: &mut MessageLog, from: u64, count: u64) {
    let mut batch = Batch::default();
    for number in (from..from + count).filter(|number| number % 10 != 0) {
        let payload = format!("{{\"n\":{number},\"pad\":\"{}\"}}", "x".repeat(100));
        batch.push_message(Time(0), b"a", payload.as_bytes(), SubscriptionId(0));
    }
    log.append(batch);
}

/// Returns all rows examined until a request is done.
fn looked(answer_rx: &Receiver<Answer>) -> Vec<CheckedRows> {
    let mut all = Vec::new();
    loop {
        if let Answer::Checked(looked) = answer_rx.recv().unwrap() {
            let is_done = looked.is_done;
            all.push(looked);
            if is_done {
                return all;
            }
        }
    }
}

fn note(follower: &mut Follower, looked: &[CheckedRows]) {
    for one in looked {
        follower.note(one);
    }
}

fn found(looked: &[CheckedRows]) -> Vec<&Finding> {
    looked.iter().flat_map(|one| &one.found).collect()
}

#[test]
fn arriving_rows_are_checked_in_order_and_only_after_the_check_began() {
    let (worker, answer_rx) = start();
    let mut log = MessageLog::new(64 << 20);
    append(&mut log, 1, 5_000);
    let mut follower = Follower::new(&log);
    let mut plan = Plan::default();
    let check = plan.add(sequence(), log.end());
    worker.ask(Request::Plan(Arc::new(plan)));
    assert_eq!(follower.ask(&log), None);
    append(&mut log, 5_001, 20_000);
    let mut all = Vec::new();
    while let Some(request) = follower.ask(&log) {
        assert_eq!(follower.ask(&log), None, "one request at a time");
        worker.ask(request);
        let looked = looked(&answer_rx);
        note(&mut follower, &looked);
        all.extend(looked);
    }
    assert_eq!(all.iter().map(|one| one.rows).sum::<u64>(), 18_000);
    assert_eq!(found(&all).len(), 1_999);
    assert!(found(&all).iter().all(|one| one.check == check));
    assert!(found(&all).is_sorted_by_key(|one| one.row));
    assert_eq!(follower.missed, 0);
}

#[test]
fn kept_rows_are_checked_on_request_followed_by_newer_ones() {
    let (worker, answer_rx) = start();
    let mut log = MessageLog::new(64 << 20);
    append(&mut log, 1, 50_000);
    let mut follower = Follower::new(&log);
    let mut plan = Plan::default();
    let check = plan.add(sequence(), log.end());
    worker.ask(Request::Plan(Arc::new(plan)));
    worker.ask(Request::kept(check, &log));
    append(&mut log, 50_001, 1_000);
    worker.ask(follower.ask(&log).unwrap());
    let kept = looked(&answer_rx);
    assert!(kept.iter().all(|one| one.only == Some(check)));
    assert_eq!(found(&kept).len(), 4_999);
    let arrived = looked(&answer_rx);
    assert_eq!(arrived.iter().map(|one| one.rows).sum::<u64>(), 900);
    assert_eq!(found(&arrived).len(), 100);
    worker.ask(Request::Report(ask(check)));
    let Answer::Report(request, Some(report)) = answer_rx.recv().unwrap() else {
        panic!("no report");
    };
    assert_eq!(request, ask(check));
    let Report::Sequence(report) = *report else {
        panic!("{report:?}");
    };
    assert_eq!(report.counts.missing, 5_099);
    assert_eq!(report.counts.messages, 45_900);
}

#[test]
fn rows_evicted_before_they_were_checked_are_missed_and_explain_the_hole() {
    let (worker, answer_rx) = start();
    let mut log = MessageLog::new(1 << 20);
    let mut follower = Follower::new(&log);
    let mut plan = Plan::default();
    let check = plan.add(Check::parse_sequence("a=.n").unwrap(), log.end());
    worker.ask(Request::Plan(Arc::new(plan)));
    append(&mut log, 1, 9);
    worker.ask(follower.ask(&log).unwrap());
    note(&mut follower, &looked(&answer_rx));
    for round in 0..100 {
        append(&mut log, 10 + round * 1_000, 1_000);
    }
    let mut all = Vec::new();
    while let Some(request) = follower.ask(&log) {
        worker.ask(request);
        let looked = looked(&answer_rx);
        note(&mut follower, &looked);
        all.extend(looked);
    }
    let rows = all.iter().map(|one| one.rows).sum::<u64>();
    assert!(follower.missed > 0);
    assert_eq!(rows + follower.missed, log.end().0 - 9);
    worker.ask(Request::Report(ask(check)));
    let Answer::Report(_, Some(report)) = answer_rx.recv().unwrap() else {
        panic!("no report");
    };
    let Report::Sequence(report) = *report else {
        panic!("{report:?}");
    };
    assert!(report.counts.explained >= follower.missed);
    assert!(
        found(&all)[0]
            .what
            .to_string()
            .ends_with("in the preceding gap")
    );
}

#[test]
fn removing_a_check_ends_its_work_but_not_that_of_others() {
    let (worker, answer_rx) = start();
    let mut log = MessageLog::new(64 << 20);
    append(&mut log, 1, 50_000);
    let mut plan = Plan::default();
    let removed = plan.add(sequence(), log.end());
    let stays = plan.add(sequence(), RowId(0));
    assert_ne!(removed, stays);
    worker.ask(Request::Plan(Arc::new(plan.clone())));
    worker.ask(Request::kept(removed, &log));
    assert!(plan.remove(removed) && !plan.remove(removed));
    worker.ask(Request::Plan(Arc::new(plan.clone())));
    looked(&answer_rx);
    worker.ask(Request::kept(stays, &log));
    assert_eq!(found(&looked(&answer_rx)).len(), 4_999);
    for check in [removed, stays] {
        worker.ask(Request::Report(ask(check)));
        let Answer::Report(request, report) = answer_rx.recv().unwrap() else {
            panic!("no report");
        };
        assert_eq!((request.check, report.is_some()), (check, check == stays));
    }
    drop(worker);
    assert!(answer_rx.recv().is_err());
}

#[test]
fn an_engine_without_a_thread_gives_the_same_answers() {
    let mut log = MessageLog::new(64 << 20);
    append(&mut log, 1, 50_000);
    let mut engine = Engine::default();
    let mut plan = Plan::default();
    let check = plan.add(sequence(), log.end());
    assert_eq!(engine.answer(Request::Plan(Arc::new(plan))), None);
    let Some(Answer::Checked(looked)) = engine.answer(Request::kept(check, &log)) else {
        panic!("no row was checked");
    };
    assert_eq!(
        (looked.found.len(), looked.rows, looked.gone),
        (4_999, 45_000, 0)
    );
    assert!(looked.is_done && looked.size > 0);
    let nothing = engine.answer(Request::Arrived(Vec::new()));
    assert!(matches!(nothing, Some(Answer::Checked(looked)) if looked.is_done));
}

/// A request that is still being worked on when other rows take the place of its own ends with it.
#[test]
fn checks_start_anew_when_the_log_does() {
    let (worker, answer_rx) = start();
    let mut log = MessageLog::new(64 << 20);
    let mut follower = Follower::new(&log);
    let mut plan = Plan::default();
    let check = plan.add(sequence(), log.end());
    worker.ask(Request::Plan(Arc::new(plan.clone())));
    append(&mut log, 50_001, 50_000);
    worker.ask(follower.ask(&log).unwrap());
    log.restart();
    follower.restart(&log);
    plan.entries[0].from = log.end();
    worker.ask(Request::Restart(Arc::new(plan)));
    append(&mut log, 1, 1_000);
    assert_eq!(follower.ask(&log), None, "one request at a time");
    note(&mut follower, &looked(&answer_rx));
    let mut all = Vec::new();
    while let Some(request) = follower.ask(&log) {
        worker.ask(request);
        let looked = looked(&answer_rx);
        note(&mut follower, &looked);
        all.extend(looked);
    }
    assert_eq!(found(&all).len(), 99, "{:?}", found(&all).first());
    assert_eq!((follower.missed, follower.checked), (0, log.end()));
    worker.ask(Request::Report(ask(check)));
    let Answer::Report(_, Some(report)) = answer_rx.recv().unwrap() else {
        panic!("no report");
    };
    let Report::Sequence(report) = *report else {
        panic!("{report:?}");
    };
    assert_eq!(report.counts.messages, 900);
}
