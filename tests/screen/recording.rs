//! Recording what arrives to a file.

use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::style::Color;

use subscope::app::{
    Context, Effect, Ending, Event, RecordedRows, RecordingNews, RecordingRequest, RecordingScope,
    RecordingSize,
};
use subscope::log::{Batch, Excerpt, ExcerptContent};
use subscope::message::{
    ConnectionError, Dropped, Gap, GapCause, GapEnd, Notice, SubscriptionId, Time,
};
use subscope::server::Feed;

use crate::support::stage::Stage;

const PATH: &str = "/tmp/r.ndjson";

/// Longer than rows wait to be passed on.
const LONG: Duration = Duration::from_millis(300);

fn news(stage: &mut Stage, news: RecordingNews) -> Vec<Effect> {
    stage.send(Event::Recording(news))
}

/// Types [`PATH`] in place of the suggested name and confirms.
fn confirm(stage: &mut Stage) -> Vec<Effect> {
    assert_eq!(stage.app.context(), Context::Record);
    stage.ctrl('u');
    stage.keys(PATH);
    stage.code(KeyCode::Enter)
}

fn request(effects: Vec<Effect>) -> RecordingRequest {
    match effects.into_iter().next() {
        Some(Effect::StartRecording(request)) => *request,
        other => panic!("{other:?}"),
    }
}

/// Starts recording.
fn record(stage: &mut Stage) -> RecordingRequest {
    stage.keys("R");
    let request = request(confirm(stage));
    news(stage, RecordingNews::Started(PATH.to_owned()));
    request
}

/// Returns the payloads of messages, and the names of notices.
fn texts(rows: &Excerpt) -> Vec<String> {
    let mut texts = Vec::new();
    let read = rows.clone().read::<()>(|row| {
        texts.push(match row.content {
            ExcerptContent::Message { row, .. } => String::from_utf8_lossy(row.payload).into(),
            ExcerptContent::Notice(notice) => format!("{notice:?}"),
        });
        Ok(())
    });
    assert_eq!(read, Ok(()));
    texts
}

fn recorded(effects: &[Effect]) -> Vec<String> {
    let rows = effects.iter().filter_map(|effect| match effect {
        Effect::Record(rows) => Some(texts(&rows.rows)),
        _ => None,
    });
    rows.flatten().collect()
}

#[test]
fn the_prompt_suggests_a_compressed_file_and_asks_what_to_record() {
    let mut stage = Stage::new(&["*"]);
    stage.keys("R");
    let screen = stage.screen();
    assert!(screen.contains("~/subscope-2023111"), "{screen}");
    assert!(screen.contains(".ndjson.zst"), "{screen}");
    assert!(screen.contains("NDJSON, compressed"), "{screen}");
    assert!(screen.contains("Ctrl-O  from now on"), "{screen}");
    assert!(
        screen.contains("Ctrl-X  what the filter shows now"),
        "{screen}"
    );
    stage.ctrl('o');
    stage.ctrl('x');
    let screen = stage.screen();
    assert!(
        screen.contains("including the messages that are kept"),
        "{screen}"
    );
    assert!(screen.contains("everything, whatever"), "{screen}");
    let request = request(confirm(&mut stage));
    assert_eq!((&*request.path, request.replaces), (PATH, false));
    assert_eq!(
        request.scope,
        RecordingScope {
            with_kept: true,
            is_filtered: false
        }
    );
    assert_eq!(request.filter, None);
    assert_eq!(&*request.server, "redis://127.0.0.1:6379");
}

#[test]
fn the_kept_rows_come_first_only_if_wanted() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"1"), ("a", b"2")]);
    assert_eq!(record(&mut stage).kept, None);
    news(
        &mut stage,
        RecordingNews::Done {
            path: PATH.to_owned(),
            size: RecordingSize::default(),
        },
    );
    stage.keys("R");
    stage.ctrl('o');
    let Some(RecordedRows { rows, topics }) = request(confirm(&mut stage)).kept else {
        panic!("no rows")
    };
    assert_eq!(texts(&rows), ["1", "2"]);
    assert_eq!(topics.len(), 1);
}

#[test]
fn what_the_filter_shows_includes_mutes_of_channels_without_messages() {
    let mut stage = Stage::new(&["*"]);
    let request = record(&mut stage);
    let filter = request
        .filter
        .expect("the hello messages of sentinels are muted");
    assert!(filter.text().contains("__sentinel__:hello"), "{filter:?}");
}

#[test]
fn a_filter_that_needs_checks_is_refused_unless_everything_is_recorded() {
    let mut stage = Stage::new(&["*"]);
    stage.keys("/is:drift");
    stage.code(KeyCode::Enter);
    stage.keys("R");
    assert_eq!(confirm(&mut stage), []);
    let screen = stage.screen();
    assert!(screen.contains("are not known to a recording"), "{screen}");
    stage.ctrl('x');
    assert!(!stage.screen().contains("are not known to a recording"));
    let request = request(stage.code(KeyCode::Enter));
    assert_eq!(request.filter, None);
}

#[test]
fn rows_are_passed_on_together_once_they_cannot_change() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"before")]);
    record(&mut stage);
    let mut batch = Batch::default();
    batch.push_message(stage.now, b"a", b"1", SubscriptionId(0));
    let effects = stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    assert_eq!(recorded(&effects), [""; 0]);
    let due = stage.app.next_tick().expect("the rows are passed on later");
    assert!(due <= stage.now.after(LONG));
    stage.messages(&[("a", b"2")]);
    stage.now = stage.now.after(LONG);
    assert_eq!(recorded(&stage.send(Event::Tick)), ["1", "2"]);
    assert_eq!(recorded(&stage.send(Event::Tick)), [""; 0]);
    // The last row waits for other subscriptions that may deliver it too.
    stage.messages(&[("a", b"3")]);
    stage.now = stage.now.after(LONG);
    let mut batch = Batch::default();
    batch.push_message(stage.now, b"a", b"4", SubscriptionId(0));
    let effects = stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    assert_eq!(recorded(&effects), ["3"]);
    stage.now = stage.now.after(LONG);
    assert_eq!(recorded(&stage.send(Event::Tick)), ["4"]);
}

#[test]
fn nothing_is_missed_while_the_log_evicts() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 10);
    record(&mut stage);
    let mut all = Vec::new();
    for round in 0..20 {
        let mut batch = Batch::default();
        for number in 0..500 {
            let payload = format!("{}-{}", round * 500 + number, "x".repeat(100));
            batch.push_message(stage.now, b"a", payload.as_bytes(), SubscriptionId(0));
        }
        all.extend(recorded(
            &stage.send(Event::Feed(Feed::Batch(Box::new(batch)))),
        ));
    }
    assert!(stage.session().log.counters().evicted > 5_000);
    let effects = stage.keys("R");
    assert_eq!(effects.last(), Some(&Effect::StopRecording));
    all.extend(recorded(&effects));
    assert_eq!(all.len(), 10_000);
    for (number, text) in all.iter().enumerate() {
        assert!(text.starts_with(&format!("{number}-")), "{number}: {text}");
    }
}

#[test]
fn the_status_line_shows_a_mark_while_it_runs() {
    let mut stage = Stage::sized((120, 24), &["*"], |_| {});
    record(&mut stage);
    assert_eq!(stage.toast(), "recording to /tmp/r.ndjson · R stops it");
    news(
        &mut stage,
        RecordingNews::Progress(RecordingSize {
            messages: 1_234,
            bytes: 5 << 20,
        }),
    );
    let screen = stage.screen();
    assert!(screen.contains("● REC 1,234 msgs 5.0 MiB"), "{screen}");
    let effects = stage.keys("R");
    assert_eq!(effects, [Effect::StopRecording]);
    assert!(stage.toast().contains("finishing the recording"));
    // It ends once everything is written.
    assert_eq!(stage.keys("R"), []);
    assert!(stage.screen().contains("● REC"));
    let size = RecordingSize {
        messages: 1_240,
        bytes: 6 << 20,
    };
    news(
        &mut stage,
        RecordingNews::Done {
            path: PATH.to_owned(),
            size,
        },
    );
    assert_eq!(
        stage.toast(),
        "recorded 1,240 messages to /tmp/r.ndjson, 6.0 MiB"
    );
    assert!(!stage.screen().contains("REC"), "{}", stage.screen());
    stage.messages(&[("a", b"1")]);
    stage.now = stage.now.after(LONG);
    assert_eq!(recorded(&stage.send(Event::Tick)), [""; 0]);
}

#[test]
fn an_existing_file_is_replaced_only_after_a_question() {
    let mut stage = Stage::new(&["*"]);
    stage.keys("R");
    stage.ctrl('x');
    let scope = request(confirm(&mut stage)).scope;
    news(&mut stage, RecordingNews::Exists(PATH.to_owned(), scope));
    assert!(stage.screen().contains("/tmp/r.ndjson exists"));
    stage.keys("n");
    assert_eq!(stage.app.context(), Context::Record);
    assert!(stage.screen().contains("everything, whatever"));
    stage.code(KeyCode::Enter);
    news(&mut stage, RecordingNews::Exists(PATH.to_owned(), scope));
    let request = request(stage.keys("y"));
    assert!(request.replaces && !request.scope.is_filtered);
}

#[test]
fn a_file_that_cannot_be_created_is_asked_about_again() {
    let mut stage = Stage::new(&["*"]);
    stage.keys("R");
    let scope = request(confirm(&mut stage)).scope;
    news(
        &mut stage,
        RecordingNews::Refused {
            path: PATH.to_owned(),
            scope,
            cause: "Permission denied".to_owned(),
        },
    );
    let screen = stage.screen();
    assert!(
        screen.contains("Permission denied · choose another"),
        "{screen}"
    );
    stage.ctrl('u');
    assert_eq!(stage.code(KeyCode::Enter), []);
    assert!(stage.screen().contains("type the name of a file"));
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.context(), Context::Messages);
}

/// Returns the colour of the first letter of `text` on the screen.
fn colour_of(stage: &Stage, text: &str) -> Color {
    let screen = stage.screen();
    let row = screen.lines().position(|line| line.contains(text));
    let row = row.unwrap_or_else(|| panic!("{screen}"));
    let line = screen.lines().nth(row).unwrap_or_default();
    let column = line.split(text).next().unwrap_or_default().chars().count();
    let (x, y) = (column.try_into().unwrap_or(0), row.try_into().unwrap_or(0));
    stage.buffer()[(x, y)].fg
}

#[test]
fn a_failed_write_ends_the_recording_with_a_red_notice_and_nothing_else() {
    let mut stage = Stage::sized((160, 24), &["*"], |_| {});
    record(&mut stage);
    let failed = RecordingNews::Failed {
        path: PATH.to_owned(),
        cause: "No space left on device".to_owned(),
    };
    assert_eq!(recorded(&news(&mut stage, failed)), [""; 0]);
    let words = "recording to /tmp/r.ndjson ended: No space left on device";
    assert_eq!(stage.toast(), words);
    assert_eq!(colour_of(&stage, words), Color::Red);
    assert!(!stage.screen().contains("REC "));
    stage.messages(&[("a", b"goes on")]);
    assert!(stage.screen().contains("goes on"));
    // Another recording may start.
    record(&mut stage);
}

#[test]
fn messages_that_are_not_recorded_are_counted_in_red() {
    let mut stage = Stage::sized((160, 24), &["*"], |_| {});
    record(&mut stage);
    let lost = Dropped {
        count: 4_211,
        bytes: 1 << 20,
        from: stage.now,
        to: stage.now,
    };
    news(&mut stage, RecordingNews::Lost(lost));
    assert_eq!(colour_of(&stage, "4,211 messages not recorded"), Color::Red);
    let counters = stage.session().log.counters();
    assert_eq!((counters.received, counters.dropped), (0, 0));
}

#[test]
fn quitting_passes_the_rest_on() {
    for end in [
        |stage: &mut Stage| stage.keys("q"),
        |stage: &mut Stage| stage.send(Event::End(Ending::Signal(143))),
        |stage: &mut Stage| stage.send(Event::End(Ending::HungUp)),
    ] {
        let mut stage = Stage::new(&["*"]);
        record(&mut stage);
        stage.messages(&[("a", b"last")]);
        let effects = end(&mut stage);
        assert_eq!(recorded(&effects), ["last"]);
        assert_eq!(effects.last(), Some(&Effect::Quit));
    }
}

#[test]
fn the_end_of_a_gap_is_recorded_too() {
    let mut stage = Stage::new(&["*"]);
    record(&mut stage);
    let open = Gap {
        last_heard: Time(1),
        noticed: stage.now,
        end: GapEnd::Open,
        cause: GapCause::ConnectionLost(None),
        reason: ConnectionError::Io("closed".into()).into(),
    };
    stage.notice(Notice::Gap(open.clone()));
    stage.now = stage.now.after(LONG);
    let first = recorded(&stage.send(Event::Tick));
    assert_eq!(first.len(), 1);
    assert!(first[0].contains("Open"), "{first:?}");
    let mut batch = Batch::default();
    let end = GapEnd::Restored(stage.now);
    batch.push_notice(stage.now, Notice::Gap(Gap { end, ..open }));
    let effects = stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
    let second = recorded(&effects);
    assert_eq!(second.len(), 1);
    assert!(second[0].contains("Restored"), "{second:?}");
}

#[test]
fn the_palette_records_to_a_file_unless_a_recording_runs() {
    let mut stage = Stage::new(&["*"]);
    stage.keys(":record /tmp/r.ndjson");
    assert!(
        stage
            .screen()
            .contains("record what the filter shows to /tmp/r.ndjson")
    );
    let request = request(stage.code(KeyCode::Enter));
    assert_eq!(request.scope, RecordingScope::default());
    news(&mut stage, RecordingNews::Started(PATH.to_owned()));
    stage.keys(":record other.ndjson");
    assert_eq!(stage.code(KeyCode::Enter), []);
    assert_eq!(
        stage.toast(),
        "already recording to /tmp/r.ndjson · R stops it"
    );
    stage.keys("R");
    news(
        &mut stage,
        RecordingNews::Done {
            path: PATH.to_owned(),
            size: RecordingSize::default(),
        },
    );
    stage.keys(":record ");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Record);
}
