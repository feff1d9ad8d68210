//! Opening, closing, and moving from message to message.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::style::Color;
use subscope::app::{Effect, Event, Focus, Tab};
use subscope::message::{ConnectionError, Gap, GapCause, GapEnd, Notice};
use subscope::workers::decode;

use super::{answer, cursor, long_json, open, opened, path, reader, tab};
use crate::support::stage::Stage;

/// Returns whether a message is open, whether it fills the screen, and what has the focus.
fn state(stage: &Stage) -> (bool, bool, Focus) {
    let open = stage.app.open();
    let is_whole = open.is_some_and(|open| open.is_whole);
    (open.is_some(), is_whole, stage.app.focus())
}

fn orders(count: usize) -> Stage {
    let mut stage = Stage::new(&["*"]);
    for id in 0..count {
        let payload = format!(r#"{{"id":{id},"user":{{"name":"u{id}","tags":["a","b{id}"]}}}}"#);
        stage.messages(&[("orders", payload.as_bytes())]);
    }
    stage
}

#[test]
fn enter_opens_a_message_beside_the_log_and_again_moves_the_focus() {
    let mut stage = orders(3);
    stage.code(KeyCode::Enter);
    assert_eq!(state(&stage), (true, false, Focus::Messages));
    assert!(!stage.is_following(), "the log no longer follows");
    stage.code(KeyCode::Enter);
    assert_eq!(state(&stage), (true, false, Focus::Message));
    stage.code(KeyCode::Esc);
    assert_eq!(state(&stage), (true, false, Focus::Messages));
    stage.code(KeyCode::Esc);
    assert_eq!(state(&stage), (false, false, Focus::Messages));
    assert!(
        stage.is_following(),
        "the log is as it was before the message was opened"
    );
}

#[test]
fn closing_the_message_keeps_the_log_frozen_if_the_user_has_moved() {
    let mut stage = orders(3);
    stage.code(KeyCode::Enter);
    stage.keys("k");
    stage.code(KeyCode::Esc);
    assert_eq!(state(&stage), (false, false, Focus::Messages));
    assert!(!stage.is_following());
    let mut stage = orders(3);
    stage.keys("k");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    assert!(!stage.is_following());
}

#[test]
fn q_closes_the_open_message_and_quits_from_the_log() {
    let mut stage = orders(1);
    open(&mut stage);
    assert_eq!(stage.keys("q"), []);
    assert_eq!(state(&stage), (false, false, Focus::Messages));
    stage.wait(Duration::from_secs(1));
    assert_eq!(stage.keys("q"), [Effect::Quit]);
}

#[test]
fn tab_passes_through_the_open_message_in_both_directions() {
    let mut stage = orders(1);
    stage.code(KeyCode::Enter);
    let walk = |stage: &mut Stage, key| {
        [(); 3].map(|()| {
            stage.code(key);
            stage.app.focus()
        })
    };
    let (channels, messages, message) = (Focus::Channels, Focus::Messages, Focus::Message);
    let there = walk(&mut stage, KeyCode::Tab);
    assert_eq!(there, [message, channels, messages]);
    let back = walk(&mut stage, KeyCode::BackTab);
    assert_eq!(back, [channels, message, messages]);
}

#[test]
fn z_zooms_from_the_log_and_from_the_message_and_back() {
    let mut stage = orders(2);
    stage.keys("z");
    assert_eq!(state(&stage), (false, false, Focus::Messages));
    assert!(stage.app.areas().is_zoomed, "the log");
    stage.code(KeyCode::Enter);
    assert!(!stage.app.areas().is_zoomed, "the message is on the screen");
    stage.code(KeyCode::Enter);
    stage.keys("z");
    assert_eq!(state(&stage), (true, true, Focus::Message));
    assert!(stage.app.areas().messages.is_empty());
    stage.keys("K");
    assert_eq!(cursor(&stage).1, stage.selected(), "K moves the selection");
    stage.keys("z");
    assert_eq!(state(&stage), (true, false, Focus::Message));
    stage.keys("zq");
    assert_eq!(state(&stage), (false, false, Focus::Messages));
    stage.code(KeyCode::Enter);
    assert_eq!(state(&stage), (true, false, Focus::Messages));
}

#[test]
fn leaving_for_another_pane_ends_full_screen() {
    let mut stage = orders(2);
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    stage.keys("z");
    stage.code(KeyCode::Tab);
    assert_eq!(stage.app.focus(), Focus::Channels);
    assert!(!stage.app.areas().messages.is_empty());
    assert!(!stage.app.areas().publish.is_empty());
    stage.code(KeyCode::BackTab);
    assert_eq!(state(&stage), (true, true, Focus::Message));
}

#[test]
fn the_open_message_follows_the_selection() {
    let mut stage = orders(5);
    stage.code(KeyCode::Enter);
    for (keys, id) in [("k", 3), ("k", 2), ("j", 3), ("g", 0)] {
        stage.keys(keys);
        let opened = cursor(&stage).1;
        assert_eq!(opened, stage.selected());
        assert!(opened.starts_with(&format!("{{\"id\":{id},")), "{opened}");
    }
    open(&mut stage);
    stage.keys("JJ");
    assert!(cursor(&stage).1.starts_with("{\"id\":2,"));
    stage.keys("K");
    assert!(cursor(&stage).1.starts_with("{\"id\":1,"));
    assert_eq!(stage.selected(), cursor(&stage).1);
    stage.keys("KKK");
    assert!(cursor(&stage).1.starts_with("{\"id\":0,"), "no further");
}

#[test]
fn an_open_message_follows_the_newest_a_few_times_a_second() {
    let mut stage = orders(2);
    stage.code(KeyCode::Enter);
    stage.keys("G");
    assert!(stage.is_following());
    stage.wait(Duration::from_millis(100));
    stage.messages(&[("orders", b"one")]);
    assert_eq!(&*stage.snapshot().payload, b"one");
    stage.messages(&[("orders", b"two")]);
    assert_eq!(&*stage.snapshot().payload, b"one", "not immediately");
    let due = stage.app.next_tick().unwrap();
    assert!(due <= stage.now.after(Duration::from_millis(34)));
    stage.now = due;
    stage.send(Event::Tick);
    assert_eq!(&*stage.snapshot().payload, b"two");
    stage.keys("k");
    assert_eq!(&*stage.snapshot().payload, b"one", "a key acts at once");
}

#[test]
fn the_position_is_kept_from_message_to_message() {
    let mut stage = orders(4);
    open(&mut stage);
    stage.keys("jjjjjj");
    assert_eq!(path(&stage), ".user.tags[1]");
    stage.keys("K");
    assert_eq!(cursor(&stage), (".user.tags[1]".into(), "\"b2\"".into()));
    stage.keys("hhhhK");
    assert_eq!(path(&stage), ".user");
    let screen = stage.screen();
    let (_, message) = screen.split_once(" value  diff ").unwrap();
    assert!(!message.contains("tags"), "the value stays folded");
    stage.messages(&[("orders", br#"{"user":[1,2],"more":3}"#)]);
    stage.keys("JJJ");
    assert_eq!(path(&stage), ".user", "also in another structure");
}

#[test]
fn the_position_and_tab_survive_a_slowly_decoded_message() {
    let mut stage = Stage::new(&["*"]);
    let long = long_json(100 << 10);
    stage.messages(&[("a", br#"{"first":1,"items":[],"last":"x"}"#), ("a", &long)]);
    stage.keys("k");
    open(&mut stage);
    stage.keys("G");
    assert_eq!(path(&stage), ".last");
    let requests = stage.keys("J");
    assert!(matches!(&requests[..], [Effect::Decode(_)]), "{requests:?}");
    assert!(reader(&stage).decoded().is_none());
    assert!(stage.screen().contains("decoding …"));
    assert_eq!(answer(&mut stage, requests), []);
    assert_eq!(cursor(&stage), (".last".into(), "\"the needle\"".into()));
    let requests = stage.keys("]]");
    assert_eq!(answer(&mut stage, requests), []);
    stage.keys("K");
    assert_eq!(tab(&stage), Tab::Bytes);
}

#[test]
fn an_answer_about_another_message_is_ignored() {
    let mut stage = Stage::new(&["*"]);
    let long = long_json(100 << 10);
    stage.messages(&[("a", &long), ("a", &long), ("a", b"[1]")]);
    stage.keys("gj");
    let first = stage.code(KeyCode::Enter);
    let second = stage.keys("k");
    let [Effect::Decode(first)] = &first[..] else {
        panic!("{first:?}");
    };
    stage.send(Event::Decoded(decode::answer(first)));
    assert!(
        reader(&stage).decoded().is_none(),
        "the answer was for another message"
    );
    answer(&mut stage, second);
    assert!(reader(&stage).decoded().is_some());
    stage.keys("G");
    stage.wait(Duration::from_millis(40));
    stage.send(Event::Decoded(decode::answer(first)));
    assert_eq!(cursor(&stage).1, "[1]");
    stage.code(KeyCode::Esc);
    assert!(stage.app.open().is_none());
    assert_eq!(stage.send(Event::Decoded(decode::answer(first))), []);
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

#[test]
fn only_what_takes_less_than_a_frame_is_decoded_at_once() {
    for (payload, is_soon) in [
        (long_json(50 << 10), true),
        (long_json(70 << 10), false),
        (crate::open_message::gzip(&long_json(24 << 10)), true),
        (crate::open_message::gzip(&vec![7; 4 << 20]), false),
        // A few hundred bytes that decompress to more than can be decoded in the time of a frame.
        (crate::open_message::gzip(&long_json(100 << 10)), false),
        (zstd(&zstd(&vec![0; 62 << 20])), false),
        (zstd(&zstd(b"{\"a\":1}")), true),
        (vec![0xff; 2 << 10], true),
        (vec![b'A'; 2 << 10], false),
    ] {
        let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 20);
        stage.messages(&[("a", &payload)]);
        let requests = stage.code(KeyCode::Enter);
        let is_requested = matches!(requests[..], [Effect::Decode(_)]);
        assert_eq!(is_requested, !is_soon, "{} bytes", payload.len());
    }
}

#[test]
fn folding_hides_and_shows_nested_values() {
    let mut stage = orders(1);
    open(&mut stage);
    let shows = |stage: &Stage, words: &[&str]| {
        let screen = stage.screen();
        // Skips the log, which shows the message too.
        let (_, pane) = screen.split_once("value").unwrap();
        words
            .iter()
            .map(|word| pane.contains(word))
            .collect::<Vec<_>>()
    };
    let words = ["id:", "name:", "[1]:"];
    assert_eq!(shows(&stage, &words), [true, true, true]);
    stage.keys("jj");
    assert_eq!(path(&stage), ".user");
    stage.keys("h");
    assert_eq!(shows(&stage, &words), [true, false, false]);
    stage.keys("l");
    assert_eq!(shows(&stage, &words), [true, true, true]);
    stage.keys("l");
    assert_eq!(path(&stage), ".user.name");
    stage.keys("h");
    assert_eq!(path(&stage), ".user");
    stage.code(KeyCode::Enter);
    assert_eq!(shows(&stage, &words), [true, false, false]);
    stage.code(KeyCode::Right);
    stage.code(KeyCode::Left);
    assert_eq!(shows(&stage, &words), [true, false, false]);
    stage.keys("o");
    assert_eq!(shows(&stage, &words), [true, true, true]);
    stage.keys("O");
    assert_eq!(shows(&stage, &words), [true, false, false]);
    stage.keys("g");
    stage.keys("h");
    assert_eq!(shows(&stage, &words), [false, false, false]);
}

#[test]
fn tabs_cycle_and_stay_from_message_to_message() {
    let mut stage = orders(2);
    open(&mut stage);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(tab(&stage));
        stage.keys("]");
    }
    assert_eq!(seen, [Tab::Value, Tab::Diff, Tab::Bytes, Tab::Channel]);
    stage.keys("[");
    assert_eq!(tab(&stage), Tab::Channel);
    assert!(stage.screen().contains("matched by"));
    stage.keys("[");
    assert!(stage.screen().contains("7b 22 69 64"));
    stage.keys("K");
    assert_eq!(tab(&stage), Tab::Bytes);
}

#[test]
fn a_notice_opens_as_plain_text_without_tabs() {
    let mut stage = Stage::new(&["*"]);
    stage.notice(Notice::Gap(Gap {
        last_heard: stage.now,
        noticed: stage.now,
        end: GapEnd::Open,
        cause: GapCause::ConnectionLost(None),
        reason: ConnectionError::Io("Redis closed the connection".into()).into(),
    }));
    open(&mut stage);
    assert!(stage.screen().contains("Notice"));
    for key in "]]dDfiyYPh=lxnN".chars() {
        stage.keys(&key.to_string());
        assert!(stage.app.open().is_some(), "{key}");
        assert_eq!(tab(&stage), Tab::Value, "{key}");
        stage.screen();
    }
    stage.keys("f");
    assert_eq!(stage.toast(), "a notice has no format");
}

#[test]
fn an_evicted_row_stays_open_until_another_is_selected() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 10);
    stage.messages(&[("orders", br#"{"old":true}"#)]);
    open(&mut stage);
    while stage.session().log.counters().evicted == 0 {
        stage.numbered("b", 100);
    }
    assert_eq!(cursor(&stage).1, r#"{"old":true}"#);
    assert_eq!(stage.keys("y").len(), 1);
    stage.keys("]]]");
    stage.screen();
    stage.keys("]d");
    assert!(stage.screen().contains("no earlier message"));
    stage.code(KeyCode::Esc);
    stage.keys("k");
    assert_ne!(&*stage.snapshot().payload, br#"{"old":true}"#);
}

#[test]
fn clicking_a_tab_shows_it() {
    let mut stage = opened(br#"{"a":{"b":1},"c":2}"#);
    let tabs = stage.app.areas().message_tabs();
    let line = row_of(&stage, tabs.y);
    let click = crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left);
    for tab in [Tab::Bytes, Tab::Channel, Tab::Diff, Tab::Value] {
        let name = line.find(tab.name()).unwrap();
        // Count characters instead of bytes, since borders are not ASCII.
        let column = u16::try_from(line[..name].chars().count()).unwrap();
        stage.mouse(click, column, tabs.y);
        assert_eq!(stage.app.open().unwrap().reader.tab(), tab);
        let last = column + u16::try_from(tab.name().len()).unwrap() - 1;
        stage.mouse(click, last + 1, tabs.y);
        assert_eq!(
            stage.app.open().unwrap().reader.tab(),
            tab,
            "a click beside the name changes nothing"
        );
    }
}

fn row_of(stage: &Stage, y: u16) -> String {
    let screen = stage.screen();
    screen.lines().nth(usize::from(y)).unwrap().to_owned()
}

#[test]
fn the_key_that_opens_a_message_does_not_fold_it_when_pressed_twice() {
    for size in [(60, 15), (80, 24), (120, 40)] {
        let mut stage = Stage::sized(size, &["*"], |_| {});
        stage.messages(&[("orders", br#"{"a":1,"unlike":2}"#)]);
        stage.keys("k");
        for _ in 0..3 {
            stage.code(KeyCode::Enter);
            assert!(stage.screen().contains("unlike: 2"), "{}", stage.screen());
        }
        // A folded one is unfolded.
        stage.keys("h");
        assert!(!stage.screen().contains("unlike: 2"), "{}", stage.screen());
        stage.code(KeyCode::Enter);
        assert!(stage.screen().contains("unlike: 2"), "{}", stage.screen());
    }
}

#[test]
fn the_value_selected_in_an_unfocused_message_has_a_dim_background_and_no_mark() {
    let mut stage = Stage::sized((120, 40), &["*"], |_| {});
    stage.messages(&[("orders", br#"{"a":1}"#)]);
    stage.keys("k");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.focus(), Focus::Messages);
    let text = stage.app.message_text();
    let buffer = stage.buffer();
    assert_eq!(buffer[(text.x, text.y)].bg, Color::DarkGray);
    assert_eq!(buffer[(text.x - 1, text.y)].symbol(), " ");
}

#[test]
fn a_click_selects_a_value_and_another_folds_it() {
    let mut stage = opened(br#"{"a":{"b":1},"c":2}"#);
    let text = stage.app.message_text();
    let click = crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left);
    stage.mouse(click, text.x + 3, text.y + 1);
    assert_eq!(path(&stage), ".a");
    stage.mouse(click, text.x + 3, text.y + 1);
    assert!(!stage.screen().contains("b: 1"));
    stage.mouse(click, text.x + 3, text.y + 2);
    assert_eq!(path(&stage), ".c");
    stage.chord(KeyModifiers::CONTROL, KeyCode::Char('u'));
    assert_eq!(path(&stage), ".");
}
