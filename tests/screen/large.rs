//! Payloads too large to be copied: received, kept, shown.

use std::io::Write;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use subscope::app::{App, Effect, Event, Settings};
use subscope::log::{Batch, Content, LargePayload, MessageLog, PayloadLimit};
use subscope::message::{RowId, Subscription, SubscriptionId, Time, Topic};
use subscope::server::{Config, Endpoint, Feed, start};
use subscope::view;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::support::redis::{NO_LIMITS, Redis, pack};

const MIB: usize = 1 << 20;
const FIRST: SubscriptionId = SubscriptionId(0);
const SECOND: SubscriptionId = SubscriptionId(1);

/// Timeout far longer than any condition here takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Returns bytes that vary throughout.
fn payload(size: usize) -> Vec<u8> {
    let byte = |index: usize| u8::try_from(index * 31 / 7 % 251).unwrap();
    (0..size).map(byte).collect()
}

fn large(bytes: &[u8]) -> LargePayload {
    LargePayload::whole(bytes.to_vec())
}

/// Returns the head of a payload of 500 MiB.
fn head(bytes: &[u8], rest: u64) -> LargePayload {
    LargePayload {
        size: 500 << 20,
        rest,
        ..large(bytes)
    }
}

fn kept(log: &MessageLog, row: u64) -> (&[u8], u64) {
    match log.row(RowId(row)).unwrap().content {
        Content::Message { payload, size, .. } => (payload, size),
        Content::Notice(notice) => panic!("row {row} is a message: {notice:?}"),
    }
}

#[test]
fn the_log_takes_over_a_large_payload_without_a_copy() {
    let mut log = MessageLog::new(16 * MIB);
    let sent = large(&payload(8 * MIB));
    let place = sent.bytes.as_ptr();
    let mut batch = Batch::default();
    batch.push_message(Time(1), b"c", b"before", FIRST);
    batch.push_large(Time(2), b"c", sent, FIRST);
    batch.push_message(Time(3), b"c", b"behind", FIRST);
    assert!(batch.is_full() && batch.size() > 8 * MIB);
    log.append(batch);

    assert_eq!(kept(&log, 0).0, b"before");
    assert_eq!(kept(&log, 1).0.as_ptr(), place);
    assert_eq!(kept(&log, 2).0, b"behind");
    let held = log.share_payload(RowId(1)).unwrap();
    assert_eq!(held.as_ptr(), place);
    assert!(log.size() > 8 * MIB);
    let bytes = log.channels().iter().next().unwrap().1.bytes;
    assert_eq!(bytes, 8 * MIB as u64 + 12);
    // Scans also get the payload without a copy, both while its row is the last one and later.
    let pieces = log.pieces(RowId(1));
    let segment = pieces[1].segment().unwrap();
    assert_eq!(segment.row(0).unwrap().payload.as_ptr(), place);
}

#[test]
fn a_large_row_that_may_still_be_merged_is_scanned_without_a_copy() {
    let mut log = MessageLog::new(16 * MIB);
    let sent = large(&payload(2 * MIB));
    let mut batch = Batch::default();
    batch.push_large(Time(2), b"c", sent.clone(), FIRST);
    log.append(batch);
    let segment = log.pieces(RowId(0))[0].segment().unwrap();
    let row = segment.row(0).unwrap();
    assert_eq!(row.payload.as_ptr(), sent.bytes.as_ptr());
    assert_eq!(row.size, 2 * MIB as u64);
}

#[test]
fn large_deliveries_of_one_publish_are_merged_and_others_are_not() {
    let sent = large(&payload(2 * MIB));
    let mut other = payload(2 * MIB);
    *other.last_mut().unwrap() += 1;
    for is_handed_over in [false, true] {
        let deliveries = [
            (sent.clone(), FIRST),
            (sent.clone(), SECOND),
            (sent.clone(), FIRST),
            (large(&other), SECOND),
            (head(b"head", 1), FIRST),
            (head(b"head", 1), SECOND),
            (head(b"head", 2), FIRST),
            (head(b"head", 3), SECOND),
        ];
        let mut log = MessageLog::new(64 * MIB);
        let mut batch = Batch::default();
        for (payload, subscription) in deliveries {
            batch.push_large(Time(1), b"c", payload, subscription);
            if is_handed_over {
                let next = Batch::following(batch.tail());
                log.append(std::mem::replace(&mut batch, next));
            }
        }
        // A payload that is complete but stored separately merges with an ordinary message.
        batch.push_large(Time(1), b"c", large(b"small"), FIRST);
        batch.push_message(Time(1), b"c", b"small", SECOND);
        log.append(batch);
        let counters = log.counters();
        assert_eq!((counters.received, counters.merged), (7, 3));
        let sizes: Vec<u64> = (0..7).map(|row| kept(&log, row).1).collect();
        let (two, many) = (2 << 20, 500 << 20);
        assert_eq!(sizes, [two, two, two, many, many, many, 5]);
        let via: Vec<_> = log.subscriptions(RowId(0)).collect();
        assert_eq!(via, [FIRST, SECOND]);
    }
}

#[test]
fn an_oversized_payload_is_truncated_but_counted_in_full() {
    let mut log = MessageLog::new(MIB);
    let sent = payload(MIB);
    let mut batch = Batch::default();
    batch.push_message(Time(1), b"plain", &sent, FIRST);
    batch.push_large(Time(2), b"large", large(&sent), FIRST);
    batch.push_message(Time(3), b"plain", b"behind", FIRST);
    log.append(batch);
    for row in [0, 1] {
        assert_eq!(kept(&log, row), (&sent[..MIB / 8], MIB as u64));
    }
    assert_eq!(kept(&log, 2), (&b"behind"[..], 6));
    assert!(log.size() < MIB);
    for (_, channel) in log.channels().iter() {
        assert!(channel.bytes >= MIB as u64);
    }
}

#[test]
fn a_large_payload_that_fits_evicts_older_rows() {
    let mut log = MessageLog::new(16 * MIB);
    for count in 1..5 {
        let mut batch = Batch::default();
        batch.push_large(Time(count), b"c", large(&payload(10 * MIB)), FIRST);
        log.append(batch);
        assert_eq!(log.counters().kept, 1);
        assert!(log.size() <= log.budget());
    }
    assert_eq!(log.counters().evicted, 3);
}

fn press(app: &mut App, code: KeyCode) -> Vec<Effect> {
    app.update(
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE)),
        app.session().now,
    )
}

fn screen(app: &App) -> String {
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).unwrap();
    terminal.draw(|frame| view::draw(app, frame)).unwrap();
    terminal.backend().to_string()
}

fn app(payload: LargePayload) -> App {
    let settings = Settings {
        keep: 1 << 30,
        ..Settings::default()
    };
    let mut app = App::new(settings, vec![Topic::pattern(b"*")], (100, 24), Time(1));
    let mut batch = Box::<Batch>::default();
    batch.push_large(Time(1), b"c", payload, FIRST);
    app.update(Event::Feed(Feed::Batch(batch)), Time(1));
    app
}

#[test]
fn the_screen_says_that_only_the_head_was_kept() {
    let mut app = app(head(&[b'x'; 2048], 1));
    assert!(screen(&app).contains("x… first part of 500 MiB"));
    press(&mut app, KeyCode::Enter);
    let opened = screen(&app);
    let words = "the first 2.0 KiB of 500 MiB (524,288,000 B) were kept";
    assert!(opened.contains(words), "{opened}");
    let copied = press(&mut app, KeyCode::Char('y'));
    let [Effect::Copy(copy)] = &copied[..] else {
        panic!("{copied:?}")
    };
    assert_eq!(copy.bytes[..], [b'x'; 2048]);
    assert_eq!(copy.what, "the kept part of 500 MiB");
    press(&mut app, KeyCode::Char('e'));
    let refused = "only the first 2.0 KiB of 500 MiB were kept: cannot be sent again";
    assert_eq!(app.session().toast().unwrap().text, refused);
    assert!(app.open().is_some());
}

#[test]
fn opening_and_copying_a_large_message_copies_no_bytes() {
    let sent = large(&vec![b' '; MIB]);
    let mut app = app(sent.clone());
    press(&mut app, KeyCode::Enter);
    let effects = press(&mut app, KeyCode::Char('y'));
    let [Effect::Copy(copied)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(copied.bytes.as_ptr(), sent.bytes.as_ptr());
    let started = Instant::now();
    for code in [KeyCode::End, KeyCode::PageUp, KeyCode::Home, KeyCode::Esc] {
        press(&mut app, code);
        screen(&app);
    }
    // Each key would take far longer if it read the whole payload.
    assert!(started.elapsed() < Duration::from_secs(5));
}

/// Subscribes to each of `patterns` on a real server and publishes `sent`. Returns the log once
/// `small`, published after it, has arrived.
async fn publish(patterns: &[&[u8]], limit: PayloadLimit, keep: usize, sent: &[u8]) -> MessageLog {
    let redis = Redis::start_with(&NO_LIMITS);
    let subscriptions = (0..).zip(patterns).map(|(id, name)| Subscription {
        id: SubscriptionId(id),
        topic: Topic::guess(name),
    });
    let config = Config {
        subscriptions: subscriptions.collect(),
        payload_limit: limit,
        ..Config::new(Endpoint::parse(&redis.url()).unwrap())
    };
    let (feed_tx, mut feed_rx) = mpsc::channel(16);
    let server = start(config, feed_tx);
    let mut log = MessageLog::new(keep);
    let mut is_published = false;
    while log.counters().received < 2 {
        let feed = timeout(TIMEOUT, feed_rx.recv()).await.unwrap().unwrap();
        if let Feed::Batch(batch) = feed {
            log.append(*batch);
        }
        if !is_published && log.counters().notices == patterns.len() as u64 {
            is_published = true;
            let mut stream = redis.connect();
            stream.write_all(&pack(&[b"PUBLISH", b"c", sent])).unwrap();
            stream
                .write_all(&pack(&[b"PUBLISH", b"c", b"small"]))
                .unwrap();
        }
    }
    // The second delivery of the last message may still be under way.
    server.stop().await;
    while let Some(Feed::Batch(batch)) = feed_rx.recv().await {
        log.append(*batch);
    }
    log
}

#[tokio::test]
async fn a_large_payload_arrives_complete_from_a_server() {
    let sent = payload(64 * MIB);
    let log = publish(&[b"*"], PayloadLimit::NONE, 128 * MIB, &sent).await;
    assert!(kept(&log, 1) == (&sent[..], 64 << 20));
    assert_eq!(kept(&log, 2).0, b"small");
}

#[tokio::test]
async fn only_the_head_of_a_payload_beyond_the_limit_arrives() {
    let sent = payload(64 * MIB);
    let limit = PayloadLimit::within(32 * MIB);
    let log = publish(&[b"*"], limit, 32 * MIB, &sent).await;
    assert!(kept(&log, 1) == (&sent[..4 * MIB], 64 << 20));
    assert_eq!(kept(&log, 2).0, b"small");
    assert_eq!(
        log.channels().iter().next().unwrap().1.bytes,
        (64 << 20) + 5
    );
}

#[tokio::test]
async fn a_large_publish_delivered_by_two_subscriptions_is_one_row() {
    let sent = payload(16 * MIB);
    for limit in [PayloadLimit::NONE, PayloadLimit::within(8 * MIB)] {
        let log = publish(&[b"c", b"*"], limit, 64 * MIB, &sent).await;
        assert_eq!(kept(&log, 2).1, 16 << 20);
        let via: Vec<_> = log.subscriptions(RowId(2)).collect();
        assert_eq!(via, [FIRST, SECOND]);
        assert_eq!(kept(&log, 3).0, b"small");
    }
}
