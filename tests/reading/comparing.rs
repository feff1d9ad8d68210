//! What has changed in the open message.

use crossterm::event::KeyCode;
use subscope::app::{Against, Effect, Event, Focus, Tab};

use crate::support::stage::Stage;
use crate::{CBOR, answer, long_json, open, reader, tab};

fn two() -> Stage {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[
        ("a", br#"{"n":1,"s":"same","l":[1,2]}"#),
        ("b", br#"{"n":99}"#),
        ("a", br#"{"s":"same","n":2,"l":[1,2,3]}"#),
    ]);
    stage
}

fn pane(stage: &Stage) -> String {
    let screen = stage.screen();
    screen.split_once("value").unwrap().1.to_owned()
}

#[test]
fn d_compares_with_the_message_before_on_the_channel_and_goes_back() {
    let mut stage = two();
    stage.keys("d");
    assert_eq!(
        (tab(&stage), stage.app.focus()),
        (Tab::Diff, Focus::Messages)
    );
    let shown = pane(&stage);
    for words in [
        "1 changed, 1 added · since the message before",
        "n: 1 → 2",
        "+",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    stage.keys("d");
    assert!(stage.app.open().is_some());
    stage.code(KeyCode::Enter);
    stage.keys("d");
    let first = tab(&stage);
    stage.keys("d");
    assert_ne!(first, tab(&stage));
}

#[test]
fn d_follows_the_selection() {
    let mut stage = two();
    stage.keys("d");
    stage.keys("k");
    assert!(
        pane(&stage).contains("no message before it on its channel"),
        "{}",
        pane(&stage)
    );
    stage.keys("k");
    assert!(pane(&stage).contains("no message before it on its channel"));
    stage.keys("jj");
    assert!(pane(&stage).contains("n: 1 → 2"));
}

#[test]
fn a_marked_message_is_compared_with_whatever_its_channel() {
    let mut stage = two();
    stage.keys("D");
    assert!(
        pane(&stage).contains("no message is marked"),
        "{}",
        pane(&stage)
    );
    stage.keys("kx");
    stage.keys("j");
    let shown = pane(&stage);
    assert!(shown.contains("99 → 2"), "{shown}");
    assert!(
        shown.contains("1 changed, 2 added · since the marked on b"),
        "{shown}"
    );
    assert_eq!(stage.app.open().unwrap().against, Against::Marked);
    stage.code(KeyCode::Enter);
    stage.keys("d");
    assert!(
        pane(&stage).contains("n: 1 → 2"),
        "to the one before, at once"
    );
    stage.keys("D");
    assert!(pane(&stage).contains("99 → 2"));
    stage.keys("D");
    assert_eq!(tab(&stage), Tab::Value);
}

#[test]
fn the_same_in_another_order_or_format_is_no_change() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[
        ("a", br#"{"b":"x","a":1.0}"#),
        ("a", br#"{"a":1,"b":"x"}"#),
        ("a", CBOR),
    ]);
    stage.keys("d");
    assert!(pane(&stage).contains("the same"), "{}", pane(&stage));
    stage.keys("k");
    assert!(pane(&stage).contains("the same"), "{}", pane(&stage));
}

#[test]
fn texts_are_compared_by_line_and_bytes_by_byte() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"one\ntwo\nthree"), ("a", b"one\n2\nthree")]);
    stage.keys("d");
    let shown = pane(&stage);
    assert!(shown.contains("- two") && shown.contains("+ 2"), "{shown}");
    stage.messages(&[("a", &[0, 1, 2, 0xff, 4]), ("a", &[0, 1, 3, 0xff, 4])]);
    stage.keys("jj");
    assert!(pane(&stage).contains("bytes differ"), "{}", pane(&stage));
}

#[test]
fn large_messages_are_compared_apart_from_the_keys() {
    let mut stage = Stage::new(&["*"]);
    let long = long_json(100 << 10);
    stage.messages(&[("a", &long), ("a", b"{\"first\":2}")]);
    let asked = stage.keys("d");
    let [.., Effect::Decode(request)] = &asked[..] else {
        panic!("{asked:?}");
    };
    assert!(request.base.is_some());
    assert!(pane(&stage).contains("comparing …"), "{}", pane(&stage));
    answer(&mut stage, asked);
    assert!(reader(&stage).comparison().is_some());
    assert!(pane(&stage).contains("first: 1 → 2"), "{}", pane(&stage));
}

#[test]
fn of_large_values_that_differ_the_row_says_how_large_they_are() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 20);
    let numbers = format!("[{}]", vec!["1"; 1000].join(","));
    let text = "x".repeat(20 << 10);
    let old = format!(r#"{{"a":1,"b":"{text}","c":{numbers},"":0}}"#);
    let new = format!(r#"{{"a":{numbers},"b":"{text}y","c":null,"d":"{text}","":1}}"#);
    stage.messages(&[("a", old.as_bytes()), ("a", new.as_bytes())]);
    stage.keys("d");
    stage.send(Event::Resize(120, 30));
    let shown = pane(&stage);
    for words in [
        "a: 1 → [1,000]",
        "c: [1,000] → null",
        "xxx",
        "+   d: xxxx",
        "\"\": 0 → 1",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn j_and_g_scroll_what_has_changed() {
    let mut stage = Stage::new(&["*"]);
    let numbers = |from: u32| {
        let numbers: Vec<String> = (from..from + 100)
            .map(|n| format!("\"k{n}\":{from}"))
            .collect();
        format!("{{{}}}", numbers.join(","))
    };
    stage.messages(&[("a", numbers(0).as_bytes()), ("a", numbers(50).as_bytes())]);
    open(&mut stage);
    stage.keys("dj");
    assert_eq!(reader(&stage).change(), 1);
    stage.keys("G");
    let end = reader(&stage).change();
    assert!(end > 50);
    stage.keys("j");
    assert_eq!(reader(&stage).change(), end);
    stage.keys("g");
    assert_eq!(reader(&stage).change(), 0);
}
