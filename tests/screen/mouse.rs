//! Double clicks, and clicks on hints, headings and titles.

use std::time::Duration;

use crossterm::event::{KeyCode, MouseButton, MouseEventKind};
use subscope::app::{Context, Effect, Event, Focus, Overlay, Scope, Sort};
use subscope::server::Connection;

use crate::support::stage::Stage;

const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

fn stage() -> Stage {
    let mut stage = Stage::sized((120, 24), &["*"], |_| {});
    stage.messages(&[("a", b"{\"n\":1}"), ("b", b"2"), ("c", b"3")]);
    stage
}

/// Clicks twice, 200 ms apart.
fn double(stage: &mut Stage, column: u16, row: u16) {
    stage.mouse(CLICK, column, row);
    stage.wait(Duration::from_millis(200));
    stage.mouse(CLICK, column, row);
}

/// Returns the position of `text` on the screen.
fn place(stage: &Stage, text: &str) -> (u16, u16) {
    let screen = stage.screen();
    for (row, line) in screen.lines().enumerate() {
        if let Some(at) = line.find(text) {
            let column = line[..at].chars().count();
            return (u16::try_from(column).unwrap(), u16::try_from(row).unwrap());
        }
    }
    panic!("no {text} in\n{screen}");
}

fn click_on(stage: &mut Stage, text: &str) {
    let (column, row) = place(stage, text);
    stage.mouse(CLICK, column, row);
}

fn only(stage: &Stage) -> Option<&[u8]> {
    stage.session().filters.only.as_ref().map(Scope::bytes)
}

#[test]
fn a_double_click_is_enter() {
    let mut stage = stage();
    let channels = stage.app.areas().channels;
    let row = channels.y + 3;
    double(&mut stage, 5, row);
    assert_eq!(only(&stage), Some(&b"b"[..]));
    assert_eq!(stage.shown(), 1);
    stage.wait(Duration::from_secs(1));
    double(&mut stage, 5, row);
    assert_eq!(only(&stage), None);
    // In the log, a double click opens the row.
    let messages = stage.app.areas().messages;
    double(&mut stage, messages.x + 3, messages.y + 1);
    assert_eq!(stage.snapshot().channel.as_deref(), Some(&b"a"[..]));
    // In the latest values, a double click goes back to the log.
    let mut stage = self::stage();
    stage.keys("v");
    let (column, row) = place(&stage, " c ");
    double(&mut stage, column, row);
    assert_eq!(only(&stage), Some(&b"c"[..]));
    assert_eq!(stage.app.context(), Context::Messages);
}

#[test]
fn slow_clicks_and_clicks_on_two_places_are_single_ones() {
    let mut stage = stage();
    let row = stage.app.areas().channels.y + 3;
    stage.mouse(CLICK, 5, row);
    stage.wait(Duration::from_millis(401));
    stage.mouse(CLICK, 5, row);
    assert_eq!(only(&stage), None);
    stage.mouse(CLICK, 6, row);
    assert_eq!(only(&stage), None);
    // A third click is not another double click.
    stage.mouse(CLICK, 6, row);
    stage.mouse(CLICK, 6, row);
    assert_eq!(only(&stage), Some(&b"b"[..]));
    // A click does not pair with one from before a key press.
    stage.wait(Duration::from_secs(1));
    stage.mouse(CLICK, 5, row);
    stage.keys("k");
    stage.mouse(CLICK, 5, row);
    assert_eq!(only(&stage), Some(&b"b"[..]));
}

#[test]
fn a_row_that_moved_between_two_clicks_is_only_selected() {
    let mut stage = stage();
    let channels = stage.app.areas().channels;
    let row = channels.y + 3;
    stage.mouse(CLICK, 5, row);
    assert_eq!(stage.channel_selected(), "b");
    // Another channel moves to the place that was clicked.
    stage.messages(&[("aa", b"1")]);
    stage.mouse(CLICK, 5, row);
    assert_eq!(stage.channel_selected(), "aa");
    assert_eq!(only(&stage), None);
}

#[test]
fn a_click_on_a_hint_presses_its_key() {
    let mut stage = stage();
    click_on(&mut stage, "/ filter");
    assert_eq!(stage.app.context(), Context::Query);
    stage.keys("2");
    stage.wait(Duration::from_secs(1));
    click_on(&mut stage, "keep");
    assert_eq!(stage.app.context(), Context::Messages);
    assert_eq!(stage.shown(), 1);
    stage.wait(Duration::from_secs(1));
    click_on(&mut stage, "Tab pane");
    assert_eq!(stage.app.focus(), Focus::Channels);
    stage.wait(Duration::from_secs(1));
    click_on(&mut stage, "/ narrow");
    assert_eq!(stage.app.context(), Context::Narrow);
    stage.code(KeyCode::Esc);
    // A click between two hints, or beyond the last one, does nothing.
    let row = stage.app.areas().hints.y;
    stage.mouse(CLICK, 0, row);
    stage.mouse(CLICK, 119, row);
    assert_eq!(stage.app.context(), Context::Channels);
}

#[test]
fn a_double_click_on_a_hint_presses_its_key_once() {
    let mut stage = stage();
    let (column, row) = place(&stage, "Space freeze");
    double(&mut stage, column, row);
    assert!(!stage.is_following());
    let (column, row) = place(&stage, "/ filter");
    double(&mut stage, column, row);
    assert_eq!(stage.app.context(), Context::Query);
}

#[test]
fn a_click_on_a_toast_dismisses_it_and_presses_nothing() {
    let mut stage = stage();
    let (column, row) = place(&stage, "/ filter");
    stage.keys("c");
    assert!(stage.toast().contains("log cleared"));
    stage.mouse(CLICK, column, row);
    assert_eq!(
        (stage.toast(), stage.app.context()),
        ("", Context::Messages)
    );
    stage.wait(Duration::from_secs(1));
    stage.mouse(CLICK, column, row);
    assert_eq!(stage.app.context(), Context::Query);
}

#[test]
fn a_click_on_the_sort_heading_sorts() {
    let mut stage = stage();
    stage.send(Event::Resize(120, 40));
    for sort in [Sort::Rate, Sort::Count, Sort::LastHeard, Sort::Name] {
        click_on(&mut stage, "by ");
        assert_eq!(stage.app.channels().sort, sort);
        stage.wait(Duration::from_secs(1));
    }
    click_on(&mut stage, "Channels 3");
    assert_eq!(stage.app.channels().sort, Sort::Name);
}

#[test]
fn a_click_on_the_title_of_the_log_edits_the_filter() {
    let mut stage = stage();
    stage.keys("/2");
    stage.code(KeyCode::Enter);
    click_on(&mut stage, "Messages");
    let Some(Overlay::Query(query_box)) = stage.app.overlay() else {
        panic!("no box");
    };
    assert_eq!(query_box.input.text(), "2");
}

#[test]
fn a_click_on_the_right_of_the_title_freezes_and_resumes() {
    let mut stage = stage();
    stage.connection(Connection::Live);
    stage.confirm(0);
    click_on(&mut stage, "following");
    assert!(stage.app.overlay().is_none());
    assert!(!stage.is_following());
    stage.wait(Duration::from_secs(1));
    click_on(&mut stage, "Space resumes");
    assert!(stage.app.overlay().is_none());
    assert!(stage.is_following());
    stage.wait(Duration::from_secs(1));
    // The second click of a double click does not undo the first.
    let (column, row) = place(&stage, "following");
    double(&mut stage, column, row);
    assert!(!stage.is_following());
}

#[test]
fn a_click_on_the_publish_box_without_a_channel_asks_for_it_first() {
    let mut stage = Stage::new(&["*"]);
    let publish = stage.app.areas().publish;
    stage.mouse(CLICK, publish.x + 4, publish.y);
    assert_eq!(stage.app.focus(), Focus::PublishChannel);
    stage.keys("jobs");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.focus(), Focus::PublishPayload);
    stage.code(KeyCode::Esc);
    stage.mouse(CLICK, publish.x + 4, publish.y);
    assert_eq!(stage.app.focus(), Focus::PublishPayload);
}

#[test]
fn a_click_selects_a_command_and_a_double_click_runs_it() {
    let mut stage = stage();
    stage.keys(":times");
    let (column, row) = place(&stage, "times: local");
    stage.mouse(CLICK, column, row + 1);
    let Some(Overlay::Palette(palette)) = stage.app.overlay() else {
        panic!("no palette");
    };
    assert_eq!(palette.selected, 1.min(palette.lines.len() - 1));
    stage.wait(Duration::from_secs(1));
    double(&mut stage, column, row);
    assert!(stage.app.overlay().is_none());
    assert!(stage.screen().contains("UTC"), "{}", stage.screen());
}

#[test]
fn no_click_sends_a_message_by_accident() {
    let mut stage = stage();
    stage.keys("g");
    stage.keys("p");
    stage.keys("text");
    let text = stage.app.areas().publish;
    double(&mut stage, text.x + 3, text.y + 1);
    assert_eq!(stage.box_texts().1, "text");
    assert_eq!(stage.send(Event::Tick), Vec::<Effect>::new());
}

#[test]
fn a_click_selects_an_entry_of_a_list_and_a_double_click_edits_it() {
    let mut stage = stage();
    for (key, text) in [("f", "alpha"), ("a", "beta"), ("a", "gamma")] {
        stage.keys(key);
        stage.keys(text);
        stage.code(KeyCode::Enter);
    }
    click_on(&mut stage, "include  alpha");
    stage.wait(Duration::from_secs(1));
    stage.keys(" ");
    let list = &stage.session().filters.list;
    assert_eq!([list[0].is_on, list[2].is_on], [false, true]);
    let (column, row) = place(&stage, "include  beta");
    double(&mut stage, column, row);
    let Some(Overlay::Query(query_box)) = stage.app.overlay() else {
        panic!("no box");
    };
    assert_eq!(query_box.input.text(), "beta");
    // In a narrowed list, a double click edits the entry under the pointer.
    stage.code(KeyCode::Esc);
    stage.keys("/gm");
    let (column, row) = place(&stage, "include  gamma");
    double(&mut stage, column, row);
    let Some(Overlay::Query(query_box)) = stage.app.overlay() else {
        panic!("no box");
    };
    assert_eq!(query_box.input.text(), "gamma");
    // A click beside the list does nothing.
    stage.code(KeyCode::Esc);
    stage.mouse(CLICK, 1, 1);
    assert_eq!(stage.app.context(), Context::Filters);
}

#[test]
fn a_double_click_chooses_a_format() {
    let mut stage = stage();
    stage.keys("g");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    stage.keys("f");
    let (column, row) = place(&stage, "Text");
    double(&mut stage, column, row);
    assert_eq!(stage.toast(), "a: format Text");
}

#[test]
fn a_double_click_on_a_value_folds_it_once() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", br#"{"n":{"x":1},"m":2}"#)]);
    stage.keys("g");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    for is_folded in [true, false, true] {
        let (column, row) = place(&stage, "n: {");
        double(&mut stage, column, row);
        assert_eq!(
            !stage.screen().contains("x: 1"),
            is_folded,
            "{}",
            stage.screen()
        );
        stage.wait(Duration::from_secs(1));
    }
}
