//! Editing messages in their decoded form and sending them again.

use std::io::Write as _;
use std::time::Duration;

use crossterm::event::KeyCode;
use flate2::Compression;
use flate2::write::GzEncoder;
use subscope::app::Event;

use crate::support::stage::{Stage, published};

/// Long enough that the next key is not taken for a held one.
const SECOND: Duration = Duration::from_secs(1);

/// `{"id": 7, "raw": h'00ff'}` in `MessagePack`.
const ORDER: &[u8] = b"\x82\xa2id\x07\xa3raw\xc4\x02\x00\xff";

/// Returns a stage with this message in the publish box.
fn editing(payload: &[u8]) -> Stage {
    let mut stage = Stage::sized((120, 24), &["*"], |_| {});
    stage.messages(&[("orders", payload)]);
    stage.code(KeyCode::Up);
    stage.keys("e");
    stage
}

/// Replaces `old`, which the text ends with, by `new`.
fn retype(stage: &mut Stage, old: &str, new: &str) {
    assert!(
        stage.box_texts().1.ends_with(old),
        "{}",
        stage.box_texts().1
    );
    for _ in old.chars() {
        stage.code(KeyCode::Backspace);
    }
    stage.send(Event::Paste(new.to_owned()));
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_messagepack_message_is_edited_as_json_and_sent_as_messagepack() {
    let mut stage = editing(ORDER);
    let text = "{\"id\": 7, \"raw\": h'00ff'}";
    assert_eq!(stage.box_texts(), ("orders".to_owned(), text.to_owned()));
    assert!(
        stage.screen().contains("as MessagePack"),
        "{}",
        stage.screen()
    );
    retype(&mut stage, "ff'}", "fe'}");
    let sent = stage.code(KeyCode::Enter);
    assert_eq!(
        sent,
        published(1, "orders", b"\x82\xa2id\x07\xa3raw\xc4\x02\x00\xfe")
    );
    assert!(!stage.screen().contains("as MessagePack"));
}

#[test]
fn an_unedited_message_is_sent_with_the_same_bytes() {
    let escaped = br#"{"body":"{\"a\":\"\\u00fc\"}","n":1E5}"#;
    for payload in [ORDER, &gzip(b"{\"a\": 1}"), escaped, b"{\"plain\": true }"] {
        let mut stage = editing(payload);
        assert_eq!(stage.code(KeyCode::Enter), published(1, "orders", payload));
    }
}

#[test]
fn an_error_names_the_place_and_nothing_is_sent_or_lost() {
    let mut stage = editing(ORDER);
    retype(&mut stage, "}", "");
    let text = stage.box_texts();
    assert!(stage.code(KeyCode::Enter).is_empty());
    assert_eq!(stage.failure(), "line 1, column 25: expected a comma or }");
    assert_eq!(stage.box_texts(), text);
    stage.keys("}");
    assert_eq!(stage.code(KeyCode::Enter), published(1, "orders", ORDER));
}

#[test]
fn the_box_says_what_else_differs_before_sending() {
    let payload = gzip(b"{\"a\": 1}");
    let mut stage = editing(&payload);
    assert!(
        stage.screen().contains(" as gzip JSON ╮"),
        "{}",
        stage.screen()
    );
    retype(&mut stage, "1}", "20}");
    let note = "as gzip JSON · gzip packed anew: ";
    assert!(stage.screen().contains(note), "{}", stage.screen());
    // Back to the original value, and the original bytes.
    retype(&mut stage, "20}", "1}");
    assert!(!stage.screen().contains("packed anew"));
    assert_eq!(stage.code(KeyCode::Enter), published(1, "orders", &payload));
}

#[test]
fn a_key_switches_between_the_decoded_form_and_the_bytes() {
    let mut stage = editing(ORDER);
    let screen = stage.screen();
    assert!(screen.contains(" as MessagePack ╮"), "{screen}");
    assert!(screen.contains("Ctrl-T bytes"), "{screen}");
    retype(&mut stage, "h'00ff'}", "[]}");
    stage.ctrl('t');
    assert!(stage.screen().contains("Ctrl-T decoded"));
    let bytes = r"\x82\xa2id\a\xa3raw\x90";
    assert_eq!(stage.box_texts().1, bytes);
    assert!(stage.screen().contains("are escapes"));
    stage.wait(SECOND);
    stage.ctrl('t');
    assert_eq!(stage.box_texts().1, "{\"id\": 7, \"raw\": []}");
    stage.ctrl('x');
    assert!(stage.toast().starts_with("no escapes here"));
    // Unfinished text stays.
    retype(&mut stage, "]}", "");
    stage.wait(SECOND);
    stage.ctrl('t');
    assert_eq!(stage.box_texts().1, "{\"id\": 7, \"raw\": [");
    assert!(
        stage.failure().contains("expected a value"),
        "{}",
        stage.failure()
    );

    let mut plain = editing(b"{\"a\":{\"b\":1}}");
    assert_eq!(plain.box_texts().1, "{\"a\":{\"b\":1}}");
    plain.ctrl('t');
    assert_eq!(plain.box_texts().1, "{\"a\": {\"b\": 1}}");
    assert!(plain.screen().contains("as JSON"));

    let mut text = editing(b"plain text");
    text.ctrl('t');
    assert_eq!(text.box_texts().1, "plain text");
    assert!(
        text.toast().starts_with("no decoded form"),
        "{}",
        text.toast()
    );
}

#[test]
fn what_cannot_be_seen_is_escaped_also_when_pasted() {
    let mut stage = editing("{\"a\":\"{\\\"b\\\":\\\"\u{200b}\\\"}\"}".as_bytes());
    assert_eq!(stage.box_texts().1, "{\"a\": ⟨json⟩ {\"b\": \"\\u200b\"}}");
    retype(&mut stage, "\"}}", "\u{202e}\"}}");
    assert_eq!(
        stage.box_texts().1,
        "{\"a\": ⟨json⟩ {\"b\": \"\\u200b\\u202e\"}}"
    );
}

#[test]
fn history_brings_back_the_decoded_form() {
    let mut stage = editing(ORDER);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.box_texts().1, "");
    stage.code(KeyCode::Up);
    assert!(stage.screen().contains("as MessagePack"));
    assert_eq!(stage.code(KeyCode::Enter), published(2, "orders", ORDER));
}

#[test]
fn a_read_only_box_stays_closed() {
    let mut stage = Stage::with(&["*"], |settings| settings.read_only = true);
    stage.messages(&[("orders", ORDER)]);
    stage.code(KeyCode::Up);
    stage.keys("e");
    assert!(stage.toast().starts_with("read-only"), "{}", stage.toast());
    assert_eq!(stage.box_texts().1, "");
}
