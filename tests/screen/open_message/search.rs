//! Searching in the open message.

use crossterm::event::KeyCode;
use subscope::app::{Context, Effect, Event};

use super::{answer, cursor, long_json, opened, path, reader};
use crate::support::stage::Stage;

#[test]
fn a_search_finds_text_as_it_is_typed_and_n_continues() {
    let mut stage = opened(br#"{"a":"x1","b":{"x":2},"c":["y","X"]}"#);
    stage.keys("/x");
    assert_eq!(stage.app.context(), Context::SearchMessage);
    assert_eq!(path(&stage), ".a");
    assert!(stage.screen().contains("3 matches"), "{}", stage.screen());
    stage.keys("1");
    assert!(stage.screen().contains("1 match "));
    stage.code(KeyCode::Backspace);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Message);
    assert!(
        stage.screen().contains("1 of 3 matches"),
        "{}",
        stage.screen()
    );
    stage.keys("n");
    assert_eq!(path(&stage), ".b.x");
    stage.keys("n");
    assert_eq!(path(&stage), ".c[1]");
    stage.keys("n");
    assert_eq!(
        (path(&stage).as_str(), stage.toast()),
        (".c[1]", "no later match in this message")
    );
    stage.keys("NN");
    assert_eq!(path(&stage), ".a");
    stage.keys("N");
    assert_eq!(stage.toast(), "no earlier match in this message");
}

#[test]
fn a_match_unfolds_the_values_around_it() {
    let mut stage = opened(br#"{"a":{"b":{"c":"deep"}},"z":1}"#);
    stage.keys("gh");
    stage.keys("/deep");
    assert_eq!(path(&stage), ".a.b.c");
}

#[test]
fn a_search_without_matches_says_so() {
    let mut stage = opened(b"[1,2]");
    stage.keys("/nowhere");
    assert!(stage.screen().contains("not found"));
    stage.code(KeyCode::Enter);
    assert_eq!(stage.toast(), "not found in this message");
    assert!(stage.screen().contains("not found"));
    stage.keys("n");
    assert_eq!(stage.toast(), "no marked match in this message");
    stage.keys("/");
    stage.code(KeyCode::Esc);
    assert!(reader(&stage).search_text().is_none());
    assert!(!stage.screen().contains("not found"));
}

#[test]
fn the_search_continues_in_the_next_message_and_in_the_bytes() {
    let mut stage = opened(br#"{"a":"needle"}"#);
    stage.messages(&[("orders", br#"{"a":1,"b":"a needle, a needle"}"#)]);
    stage.keys("/needle");
    stage.code(KeyCode::Enter);
    stage.keys("J");
    assert_eq!(path(&stage), ".a", "the position is kept");
    assert_eq!(reader(&stage).mark_count(), 1);
    stage.keys("n");
    assert_eq!(path(&stage), ".b");
    stage.keys("]]");
    assert_eq!(reader(&stage).mark_count(), 2, "every match in the bytes");
    stage.keys("[[/");
    assert!(stage.screen().contains("needle"), "the text can be edited");
}

#[test]
fn a_match_in_text_scrolls_into_view() {
    let text = format!(
        "{}the needle\n{}",
        "line\n".repeat(200),
        "line\n".repeat(200)
    );
    let mut stage = opened(text.as_bytes());
    stage.keys("/NEEDLE");
    assert!(
        stage.screen().contains("not found"),
        "a capital letter makes the search case-sensitive"
    );
    for _ in 0..6 {
        stage.code(KeyCode::Backspace);
    }
    stage.keys("needle");
    stage.code(KeyCode::Enter);
    assert!(stage.screen().contains("the needle"));
}

#[test]
fn pasted_text_is_searched() {
    let mut stage = opened(br#"{"a":"some words"}"#);
    stage.keys("/");
    stage.send(Event::Paste("some words\n".into()));
    assert_eq!(path(&stage), ".a");
}

#[test]
fn a_large_message_is_searched_in_the_background() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 20);
    stage.messages(&[("a", &long_json(2 << 20))]);
    let requests = stage.code(KeyCode::Enter);
    answer(&mut stage, requests);
    stage.code(KeyCode::Enter);
    let first = stage.keys("/the needl");
    assert!(matches!(first[..], [Effect::Search(_)]), "{first:?}");
    let second = stage.keys("e");
    assert!(stage.screen().contains("searching …"), "{}", stage.screen());
    assert_eq!(stage.code(KeyCode::Enter), []);
    assert_eq!(stage.toast(), "", "a match may still be found");
    assert!(stage.screen().contains("searching …"));
    answer(&mut stage, first);
    assert!(
        reader(&stage).is_searching(),
        "that answer was for the previous search"
    );
    answer(&mut stage, second);
    assert!(!reader(&stage).is_searching());
    assert_eq!(cursor(&stage), (".last".into(), "\"the needle\"".into()));
    let ended = stage.keys("/");
    assert_eq!(ended, []);
    stage.code(KeyCode::Esc);
    assert_eq!(reader(&stage).mark_count(), 0);
    assert!(!reader(&stage).is_searching());
}

#[test]
fn a_search_typed_during_decoding_selects_its_match_afterwards() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 20);
    stage.messages(&[("a", &long_json(100 << 10))]);
    let requests = stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    let searches = stage.keys("/needle");
    answer(&mut stage, searches);
    stage.code(KeyCode::Enter);
    answer(&mut stage, requests);
    assert_eq!(reader(&stage).mark_count(), 1);
    stage.keys("N");
    stage.keys("n");
    assert_eq!(path(&stage), ".last");
}

#[test]
fn text_matched_by_the_filter_is_highlighted_and_shown_first() {
    let mut stage = Stage::new(&["*"]);
    let items: Vec<String> = (0..100).map(|item| format!("\"item {item}\"")).collect();
    stage.messages(&[("a", format!("[{}]", items.join(",")).as_bytes())]);
    stage.keys("/\"item 77\"");
    stage.code(KeyCode::Enter);
    crate::open_message::open(&mut stage);
    assert_eq!(path(&stage), ".[77]");
    assert!(stage.screen().contains("item 77"));
}

#[test]
fn half_a_surrogate_pair_is_found_as_it_is_displayed() {
    let mut stage = opened(br#"{"s":"x\uD800z","\udc00":1,"other":"ud"}"#);
    assert!(stage.screen().contains(r"x\ud800z"), "{}", stage.screen());
    stage.keys(r"/\ud800z");
    assert_eq!(path(&stage), ".s");
    assert!(stage.screen().contains("1 match"), "{}", stage.screen());
    stage.code(KeyCode::Esc);
    stage.keys("/udc00");
    assert_eq!(path(&stage), r#"."\udc00""#);
}

#[test]
fn an_open_message_says_that_only_its_first_4_mib_are_searched() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 20);
    let mut payload = b"needle straw ".repeat(2);
    payload.resize(5 << 20, b'x');
    payload.extend(b"needle");
    stage.messages(&[("big", &payload)]);
    stage.send(Event::Resize(100, 24));
    stage.keys("Fneedle");
    stage.code(KeyCode::Enter);
    let requests = stage.code(KeyCode::Enter);
    answer(&mut stage, requests);
    let screen = stage.screen();
    assert!(
        screen.contains(" 1 of 2 matches in the first 4 MiB "),
        "{screen}"
    );
    stage.code(KeyCode::Enter);
    stage.keys("nn");
    assert_eq!(
        stage.toast(),
        "no later match in the first 4 MiB of this message"
    );
}
