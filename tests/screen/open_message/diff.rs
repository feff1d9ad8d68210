//! Differences in the open message.

use crossterm::event::KeyCode;
use subscope::app::{Against, Effect, Event, Focus, Tab};

use super::{CBOR, answer, long_json, open, reader, tab};
use crate::support::stage::Stage;

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
fn d_toggles_the_diff_with_the_previous_message_on_the_channel() {
    let mut stage = two();
    stage.keys(" d");
    assert_eq!(
        (tab(&stage), stage.app.focus()),
        (Tab::Diff, Focus::Messages)
    );
    let shown = pane(&stage);
    for words in [
        "1 changed, 1 added · compared with the previous message",
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
    stage.keys(" d");
    stage.keys("k");
    assert!(
        pane(&stage).contains("no earlier message on this channel"),
        "{}",
        pane(&stage)
    );
    stage.keys("k");
    assert!(pane(&stage).contains("no earlier message on this channel"));
    stage.keys("jj");
    assert!(pane(&stage).contains("n: 1 → 2"));
}

#[test]
fn capital_d_compares_with_a_marked_message_on_any_channel() {
    let mut stage = two();
    stage.keys(" D");
    assert!(
        pane(&stage).contains("no marked message"),
        "{}",
        pane(&stage)
    );
    stage.keys("kx");
    stage.keys("j");
    let shown = pane(&stage);
    assert!(shown.contains("99 → 2"), "{shown}");
    assert!(
        shown.contains("1 changed, 2 added · compared with the marked message on b"),
        "{shown}"
    );
    assert_eq!(stage.app.open().unwrap().against, Against::Marked);
    stage.code(KeyCode::Enter);
    stage.keys("d");
    assert!(
        pane(&stage).contains("n: 1 → 2"),
        "d compares with the previous message at once"
    );
    stage.keys("D");
    assert!(pane(&stage).contains("99 → 2"));
    stage.keys("D");
    assert_eq!(tab(&stage), Tab::Value);
}

#[test]
fn the_same_values_in_another_order_or_format_are_unchanged() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[
        ("a", br#"{"b":"x","a":1.0}"#),
        ("a", br#"{"a":1,"b":"x"}"#),
        ("a", CBOR),
    ]);
    stage.keys(" d");
    assert!(pane(&stage).contains("no changes"), "{}", pane(&stage));
    stage.keys("k");
    assert!(pane(&stage).contains("no changes"), "{}", pane(&stage));
}

#[test]
fn texts_are_compared_by_line_and_bytes_by_byte() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", b"one\ntwo\nthree"), ("a", b"one\n2\nthree")]);
    stage.keys(" d");
    let shown = pane(&stage);
    assert!(shown.contains("- two") && shown.contains("+ 2"), "{shown}");
    stage.messages(&[("a", &[0, 1, 2, 0xff, 4]), ("a", &[0, 1, 3, 0xff, 4])]);
    stage.keys("jj");
    assert!(
        pane(&stage).contains("1 byte range differs"),
        "{}",
        pane(&stage)
    );
}

#[test]
fn large_messages_are_compared_in_the_background() {
    let mut stage = Stage::new(&["*"]);
    let long = long_json(100 << 10);
    stage.messages(&[("a", &long), ("a", b"{\"first\":2}")]);
    let requests = stage.keys(" d");
    let [.., Effect::Decode(request)] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert!(request.base.is_some());
    assert!(pane(&stage).contains("comparing …"), "{}", pane(&stage));
    answer(&mut stage, requests);
    assert!(reader(&stage).comparison().is_some());
    assert!(pane(&stage).contains("first: 1 → 2"), "{}", pane(&stage));
}

#[test]
fn large_values_that_differ_show_their_sizes() {
    let mut stage = Stage::with(&["*"], |settings| settings.keep = 64 << 20);
    let numbers = format!("[{}]", vec!["1"; 1000].join(","));
    let text = "x".repeat(20 << 10);
    let old = format!(r#"{{"a":1,"b":"{text}","c":{numbers},"":0}}"#);
    let new = format!(r#"{{"a":{numbers},"b":"{text}y","c":null,"d":"{text}","":1}}"#);
    stage.messages(&[("a", old.as_bytes()), ("a", new.as_bytes())]);
    stage.keys(" d");
    stage.send(Event::Resize(120, 30));
    let shown = pane(&stage);
    for words in [
        "a: 1 → [1,000]",
        "c: [1,000] → null",
        "xxx",
        "+   d: \"xxxx",
        "\"\": 0 → 1",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn j_and_g_scroll_the_diff() {
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
    assert_eq!(reader(&stage).change, 1);
    stage.keys("G");
    let end = reader(&stage).change;
    assert!(end > 50);
    stage.keys("j");
    assert_eq!(reader(&stage).change, end);
    stage.keys("g");
    assert_eq!(reader(&stage).change, 0);
}

/// Returns the rows of the diff between two payloads, without the header.
fn changes(old: &[u8], new: &[u8]) -> Vec<String> {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", old), ("a", new)]);
    stage.keys(" d");
    stage.send(Event::Resize(160, 40));
    let shown = pane(&stage);
    let rows = shown
        .lines()
        .skip_while(|row| !row.contains("previous message"));
    let rows = rows.skip(1).map(|row| row.trim_matches(['│', ' ']));
    rows.take_while(|row| !row.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn values_that_json_lacks_look_as_in_the_value_tab() {
    assert_eq!(
        changes(
            b"\x82\xa1x\xcb\x7f\xf8\0\0\0\0\0\0\xa1y\xcb\x3f\xf0\0\0\0\0\0\0",
            b"\x82\xa1x\xcb\x7f\xf0\0\0\0\0\0\0\xa1y\xcb\x7f\xf8\0\0\0\0\0\0",
        ),
        [
            "(whole message):",
            "~   x: NaN → Infinity",
            "~   y: 1.0 → NaN"
        ]
    );
    assert_eq!(
        changes(
            b"\xa4\x61a\xd8\x20\x68http://x\x61n\xf9\x7e\x00\x61u\xf7\x61b\x41\x00",
            b"\xa4\x61a\xd8\x21\x68http://x\x61n\xf9\x3e\x00\x61u\xf6\x61b\x64AA==",
        ),
        [
            "(whole message):",
            r#"~   a: 32 URI "http://x" → 33 base64url "http://x""#,
            "~   n: NaN → 1.5",
            "~   u: undefined → null",
            r#"~   b: h'00' → "AA==""#,
        ]
    );
}

#[test]
fn a_tagged_value_appears_below_its_tag() {
    assert_eq!(
        changes(
            b"\xa1\x61a\xd8\x20\x68http://x",
            b"\xa1\x61a\xd8\x20\x68http://y"
        ),
        [
            "(whole message):",
            "a: 32 URI",
            r#"~     "http://x" → "http://y""#
        ]
    );
}

#[test]
fn strings_are_shown_unescaped() {
    let russian = |word: &str| {
        let escaped = word.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        escaped.collect::<String>()
    };
    let (hello, world, other) = (russian("Привет"), russian("мир"), russian("Мир!"));
    assert_eq!(
        changes(
            format!(r#"{{"msg":"{hello}, {world}","n":1}}"#).as_bytes(),
            format!(r#"{{"msg":"{other}","n":1,"k":{{"{world}":["a\"b\\{world}"]}}}}"#).as_bytes(),
        ),
        [
            "(whole message):",
            r#"~   msg: "Привет, мир" → "Мир!""#,
            "… 1 unchanged",
            r#"+   k: {"мир":["a\"b\\мир"]}"#,
        ]
    );
}

#[test]
fn the_differing_part_of_long_texts_is_shown() {
    let text = "x".repeat(20 << 10);
    assert_eq!(
        changes(
            format!(r#"{{"s":"{text}"}}"#).as_bytes(),
            format!(r#"{{"s":"{text}y"}}"#).as_bytes(),
        ),
        [
            "(whole message):",
            r#"~   s: …xxxxxxxx" 20.0 KiB → …xxxxxxxxy" 20.0 KiB"#
        ]
    );
}
