//! The screen on a recording: its parts, its timeline, and what needs a server.

use std::ops::Range;

use crossterm::event::{KeyCode, MouseButton, MouseEventKind};
use subscope::app::{Effect, Event, Origin};
use subscope::log::Batch;
use subscope::message::{RowId, SubscriptionId, Time, Topic};
use subscope::query::{Moment, Path, Query};
use subscope::workers::analysis::{Channels, Check, Engine};
use subscope::workers::loading::{Extent, News, RecordingPlace, Request};

use crate::analysis::analyse;
use crate::support::stage::{START, Stage};

/// The times of rows are this far apart, in microseconds.
const STEP: i64 = 1_000_000;

fn time(number: u64) -> Time {
    Time(START.0 + i64::try_from(number).unwrap() * STEP)
}

/// Returns the rows with these numbers.
fn rows(numbers: Range<u64>) -> Box<Batch> {
    let mut batch = Box::<Batch>::default();
    for number in numbers {
        let payload = format!("row {number}");
        let content = (payload.as_bytes(), None);
        batch.push_row(time(number), b"orders", content, &[SubscriptionId(0)]);
    }
    batch
}

impl Stage {
    fn news(&mut self, news: News) -> Vec<Effect> {
        self.send(Event::Loaded(news))
    }

    /// Loads the part with these rows, which was asked for with this serial number.
    fn part(&mut self, serial: u64, numbers: Range<u64>, is_end: bool) {
        let first = numbers.start;
        self.news(News::Began { serial, first });
        self.more(serial, numbers, is_end);
    }

    /// Loads more rows of the part.
    fn more(&mut self, serial: u64, numbers: Range<u64>, is_end: bool) {
        self.news(News::Rows {
            serial,
            batch: rows(numbers),
            topics: if serial == 0 {
                vec![Topic::pattern(b"*")]
            } else {
                Vec::new()
            },
        });
        self.news(News::Loaded {
            serial,
            is_end,
            skipped: Vec::new(),
        });
    }
}

/// Opens a recording that is still to be loaded.
fn opened() -> Stage {
    let mut stage = Stage::with(&[], |settings| {
        settings.origin = Origin::Recording;
        "today.ndjson".clone_into(&mut settings.address);
    });
    // The recording is old.
    stage.now = time(1_000_000);
    stage
}

/// Opens a recording of 100 rows, all of which are loaded.
fn whole() -> Stage {
    let mut stage = opened();
    stage.part(0, 0..100, true);
    stage
}

/// Opens a recording of 1000 rows, of which the first 100 are loaded.
fn large() -> Stage {
    let mut stage = opened();
    stage.part(0, 0..100, false);
    stage.news(News::Indexed(Extent {
        rows: 1000,
        first: time(0),
        last: time(999),
    }));
    stage
}

#[test]
fn a_recording_opens_at_its_start() {
    let stage = whole();
    assert_eq!(stage.selected(), "row 0");
    let screen = stage.screen();
    for text in [
        "today.ndjson",
        "■ recording",
        "0 %",
        "100 rows",
        "row 0",
        "●",
    ] {
        assert!(screen.contains(text), "{text}\n{screen}");
    }
    for text in [
        "Publish",
        "subscription",
        "following",
        "frozen",
        "publish",
        "freeze",
    ] {
        assert!(!screen.contains(text), "{text}\n{screen}");
    }
}

#[test]
fn an_empty_recording_says_so() {
    let mut stage = opened();
    assert!(stage.screen().contains("Reading today.ndjson"));
    stage.news(News::Began {
        serial: 0,
        first: 0,
    });
    stage.news(News::Loaded {
        serial: 0,
        is_end: true,
        skipped: Vec::new(),
    });
    assert!(stage.screen().contains("today.ndjson contains no messages"));
    stage.news(News::Failed("Input/output error".into()));
    let screen = stage.screen();
    assert!(screen.contains("today.ndjson cannot be read"), "{screen}");
    assert!(screen.contains("Input/output error"), "{screen}");
}

#[test]
fn time_stands_still_at_the_end() {
    let mut stage = whole();
    assert_eq!(stage.app.next_tick(), None);
    assert_eq!(stage.session().present(), time(99));
    for _ in 0..4 {
        stage.keys("t");
    }
    let screen = stage.screen();
    assert!(screen.contains("      1m orders row 0"), "{screen}");
    stage.code(KeyCode::Esc);
    stage.wait(std::time::Duration::from_secs(60));
    assert_eq!(stage.app.next_tick(), None);
}

#[test]
fn what_needs_a_server_says_so() {
    for key in ["p", "a", "S", "r", "u", "C", "e"] {
        let mut stage = whole();
        let effects = stage.keys(key);
        assert_eq!(effects, [], "{key}");
        assert_eq!(
            stage.toast(),
            "needs a server · this is a recording",
            "{key}"
        );
    }
    let mut stage = whole();
    stage.keys(" ");
    assert_eq!(stage.toast(), "nothing moves in a recording");
    stage.keys(":subscribe x");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.toast(), "needs a server · this is a recording");
}

#[test]
fn rows_that_are_loaded_later_do_not_move_the_view() {
    let mut stage = opened();
    stage.news(News::Began {
        serial: 0,
        first: 0,
    });
    stage.news(News::Rows {
        serial: 0,
        batch: rows(0..50),
        topics: vec![Topic::pattern(b"*")],
    });
    stage.keys("jj");
    let before = stage.app.window().rows;
    stage.more(0, 50..100, true);
    assert_eq!(stage.app.window().rows, before);
    assert_eq!(stage.selected(), "row 2");
    stage.keys("G");
    assert_eq!(stage.selected(), "row 99");
    stage.keys("g");
    assert_eq!(stage.selected(), "row 0");
}

#[test]
fn the_last_row_is_loaded_with_the_part_around_it() {
    let mut stage = large();
    assert!(
        stage.screen().contains("rows 1–100 of 1"),
        "{}",
        stage.screen()
    );
    let effects = stage.keys("G");
    let around = |serial, place| Effect::Load(Request::Around(serial, place));
    assert_eq!(effects, [around(1, RecordingPlace::End)]);
    assert!(stage.screen().contains("◌ loading"));
    assert_eq!(stage.keys("G"), [], "it is already being loaded");
    stage.part(1, 900..1000, true);
    assert_eq!(stage.selected(), "row 999");
    assert!(stage.screen().contains("100 %"), "{}", stage.screen());
    assert_eq!(stage.keys("g"), [around(2, RecordingPlace::Start)]);
    // What was loaded for the request before is no longer wanted.
    stage.news(News::Rows {
        serial: 1,
        batch: rows(0..5),
        topics: Vec::new(),
    });
    assert_eq!(stage.session().log.counters().kept, 100);
    stage.part(2, 0..100, false);
    assert_eq!(stage.selected(), "row 0");
}

/// `G` while the recording still loads is not forgotten, unless the user moves elsewhere.
#[test]
fn the_end_is_shown_once_it_is_loaded() {
    let loading = || {
        let mut stage = opened();
        stage.news(News::Began {
            serial: 0,
            first: 0,
        });
        stage.news(News::Rows {
            serial: 0,
            batch: rows(0..50),
            topics: vec![Topic::pattern(b"*")],
        });
        assert_eq!(stage.keys("G"), []);
        stage
    };
    let rest = |stage: &mut Stage, is_end| {
        stage.news(News::Rows {
            serial: 0,
            batch: rows(50..100),
            topics: Vec::new(),
        });
        stage.news(News::Loaded {
            serial: 0,
            is_end,
            skipped: vec!["1 line skipped".into(), "line 7: not JSON".into()],
        })
    };
    let mut stage = loading();
    assert_eq!(rest(&mut stage, true), []);
    assert_eq!(stage.session().log.end().0, 101);
    assert!(
        stage.screen().contains("1 line skipped"),
        "{}",
        stage.screen()
    );
    assert!(stage.screen().contains("100 %"), "{}", stage.screen());

    let mut stage = loading();
    let end = Effect::Load(Request::Around(1, RecordingPlace::End));
    assert_eq!(rest(&mut stage, false), [end]);
    stage.part(1, 900..1000, true);
    assert_eq!(stage.selected(), "row 999");

    let mut stage = loading();
    stage.keys("g");
    assert_eq!(rest(&mut stage, false), []);
    assert_eq!(stage.selected(), "row 0");
}

/// Going back in time is no jump of the numbers, and what came later is not what came before.
#[test]
fn checks_and_breakpoints_start_anew_with_each_part() {
    let mut stage = Stage::with(&[], |settings| {
        settings.origin = Origin::Recording;
        settings.checks = vec![Check::Sequence {
            channels: Channels::new(b"orders"),
            number: Path::parse(".n").unwrap(),
            key: None,
        }];
        let moment = Moment::default();
        settings.breakpoints = vec![Query::parse_breakpoint("enters(.n > 150)", &moment).unwrap()];
    });
    stage.now = time(1_000_000);
    let mut engine = Engine::default();
    let part = |stage: &mut Stage, serial, numbers: Range<u64>| {
        let first = numbers.start;
        let mut effects = stage.news(News::Began { serial, first });
        let mut batch = Box::<Batch>::default();
        for number in numbers {
            let payload = format!("{{\"n\":{number}}}");
            let content = (payload.as_bytes(), None);
            batch.push_row(time(number), b"orders", content, &[SubscriptionId(0)]);
        }
        let topics = vec![Topic::pattern(b"*")];
        let rows = News::Rows {
            serial,
            batch,
            topics: topics.into_iter().filter(|_| serial == 0).collect(),
        };
        effects.extend(stage.news(rows));
        effects.extend(stage.news(News::Loaded {
            serial,
            is_end: false,
            skipped: Vec::new(),
        }));
        effects
    };
    let jumps = |stage: &Stage| {
        let findings = &stage.session().checks.findings;
        findings.out_of_sequence_in(RowId(0)..RowId(u64::MAX)).len()
    };
    let effects = part(&mut stage, 0, 100..200);
    analyse(&mut stage.app, &mut engine, effects, stage.now);
    stage.keys("g");
    let effects = part(&mut stage, 1, 0..100);
    analyse(&mut stage.app, &mut engine, effects, stage.now);
    assert_eq!(jumps(&stage), 0);
    assert_eq!(stage.session().breakpoints.list[0].hits, 0);
    // The rows of a part that is left before they are checked are not missed.
    let mut effects = part(&mut stage, 1, 300..400);
    effects.extend(part(&mut stage, 1, 160..260));
    analyse(&mut stage.app, &mut engine, effects, stage.now);
    let checks = &stage.session().checks;
    assert_eq!((jumps(&stage), checks.missed()), (0, 0));
    assert_eq!(stage.session().breakpoints.list[0].hits, 1);
}

#[test]
fn moving_past_the_edge_loads_what_is_beyond() {
    let mut stage = large();
    let mut effects = Vec::new();
    while effects.is_empty() {
        effects = stage.keys("j");
    }
    assert_eq!(effects, [Effect::Load(Request::More)]);
    let before = stage.selected();
    stage.more(0, 100..200, false);
    assert_eq!(stage.selected(), before);
    stage.keys(":goto 90%");
    let effects = stage.code(KeyCode::Enter);
    let place = RecordingPlace::At(Time(START.0 + 999 * STEP * 9 / 10));
    assert_eq!(effects, [Effect::Load(Request::Around(1, place))]);
    stage.part(1, 850..950, false);
    assert_eq!(stage.selected(), "row 900");
    let mut effects = Vec::new();
    while effects.is_empty() {
        effects = stage.keys("k");
    }
    let [Effect::Load(Request::Around(2, RecordingPlace::Row(number)))] = effects[..] else {
        panic!("{effects:?}");
    };
    let (top, selected) = (stage.app.window().rows[0], stage.selected());
    assert_eq!(stage.payload_of(top), format!("row {number}"));
    stage.part(2, 800..900, false);
    let top = stage.app.window().rows[0];
    assert_eq!(stage.payload_of(top), format!("row {number}"));
    assert_eq!(stage.selected(), selected);
}

#[test]
fn keys_and_clicks_move_through_the_time() {
    let mut stage = whole();
    stage.keys("}}");
    // Twice a twentieth of 99 seconds, each rounded up to a row.
    assert_eq!(stage.selected(), "row 10");
    stage.keys("{{{");
    assert_eq!(stage.selected(), "row 0");
    stage.keys(":goto 50%");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.selected(), "row 50");
    let middle = stage.session().clock().seconds(time(70));
    stage.keys(&format!(":goto {middle}"));
    stage.code(KeyCode::Enter);
    assert_eq!(stage.selected(), "row 70");
    let track = stage.app.timeline().unwrap().track;
    let click = MouseEventKind::Down(MouseButton::Left);
    stage.mouse(click, track.right() - 1, track.y);
    assert_eq!(stage.selected(), "row 99");
    stage.mouse(click, track.x, track.y);
    assert_eq!(stage.selected(), "row 0");
    stage.keys(":goto soon");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.toast(), "a time such as 11:05 or 11:05:30, or 50%");
}

#[test]
fn a_filter_says_which_rows_it_searches() {
    let mut stage = large();
    stage.keys("/row 7");
    stage.code(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("searched: rows 1–100 of 1"), "{screen}");
    assert_eq!(stage.shown(), 19);
    stage.keys("G");
    stage.part(1, 900..1000, true);
    assert_eq!(stage.selected(), "row 997");
}

#[test]
fn marks_come_back_with_their_rows() {
    let mut stage = large();
    stage.keys("jjx");
    stage.keys("G");
    stage.part(1, 900..1000, true);
    assert!(stage.session().marked.is_empty());
    stage.keys("g");
    stage.part(2, 0..100, false);
    let marked: Vec<String> = stage
        .session()
        .marked
        .iter()
        .map(|row| stage.payload_of(*row))
        .collect();
    assert_eq!(marked, ["row 2"]);
}

#[test]
fn skipped_lines_are_a_notice() {
    let mut stage = opened();
    stage.news(News::Began {
        serial: 0,
        first: 0,
    });
    stage.news(News::Rows {
        serial: 0,
        batch: rows(0..3),
        topics: vec![Topic::pattern(b"*")],
    });
    stage.news(News::Loaded {
        serial: 0,
        is_end: true,
        skipped: vec!["2 lines skipped".into(), "line 17: not JSON".into()],
    });
    let screen = stage.screen();
    assert!(
        screen.contains("2 lines skipped: line 17: not JSON"),
        "{screen}"
    );
}
