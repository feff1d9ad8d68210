//! Editing messages in their decoded form and sending them again.

use std::io::Write as _;
use std::time::Duration;

use crossterm::event::KeyCode;
use flate2::Compression;
use flate2::write::GzEncoder;
use subscope::app::{EditRequest, EditorClosed, Effect, Event};

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
    assert_eq!(text.toast(), "no decoded form: text or binary data");
}

#[test]
fn a_message_that_is_only_read_is_edited_as_bytes_with_the_reason() {
    let mut stage = editing(b"a:1:{s:1:\"a\";i:1;}");
    assert_eq!(stage.box_texts().1, "a:1:{s:1:\"a\";i:1;}");
    let toast = stage.toast();
    assert!(toast.contains("only read, never written"), "{toast}");
    stage.ctrl('t');
    assert!(stage.toast().contains("only read, never written"));
    let token = editing(b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl");
    assert!(token.toast().contains("need a new signature"));
}

#[test]
fn forms_lenient_json_and_other_charsets_are_edited_decoded() {
    for (payload, text, label) in [
        (
            &b"a=1&b=x+y"[..],
            "{\"a\": \"1\", \"b\": \"x y\"}",
            "as URL-encoded form",
        ),
        (b"{'a': True}", "{\"a\": true}", "as Lenient JSON"),
        (
            b"Caf\xe9 au lait, bien s\xfbr",
            "Café au lait, bien sûr",
            "as Windows-1252 text",
        ),
        (b"\x0c\0\0\0\x10a\0\x01\0\0\0\0", "{\"a\": 1}", "as BSON"),
    ] {
        let mut stage = editing(payload);
        assert_eq!(stage.box_texts().1, text);
        assert!(stage.screen().contains(label), "{}", stage.screen());
        assert_eq!(stage.code(KeyCode::Enter), published(1, "orders", payload));
    }
}

#[test]
fn text_formats_are_edited_as_they_are_written() {
    for payload in [
        "<a>\n  <b>1</b>\n</a>",
        "---\na: 1\nb:\n  - 2\n",
        "level=info msg=\"a b\" n=1",
    ] {
        let mut stage = editing(payload.as_bytes());
        assert_eq!(stage.box_texts().1, payload);
        assert_eq!(
            stage.code(KeyCode::Enter),
            published(1, "orders", payload.as_bytes())
        );
    }
}

/// Opens the editor, and returns the text and the extension of its file.
fn open_editor(stage: &mut Stage) -> (String, &'static str) {
    let effects = stage.ctrl('g');
    let [Effect::EditText(EditRequest { text, extension })] = &effects[..] else {
        panic!("{effects:?}");
    };
    (text.clone(), *extension)
}

/// Ends the editor with this content of the file, or this error.
fn close_editor(stage: &mut Stage, outcome: Result<&[u8], &str>) {
    let closed = EditorClosed {
        outcome: outcome.map(<[u8]>::to_vec).map_err(str::to_owned),
        had_terminal: true,
    };
    let effects = stage.send(Event::EditorClosed(closed));
    assert_eq!(effects, [Effect::TakeTerminal]);
}

#[test]
fn an_editor_changes_the_text_and_sends_nothing() {
    let mut stage = editing(ORDER);
    let (text, extension) = open_editor(&mut stage);
    assert_eq!(
        (&*text, extension),
        ("{\"id\": 7, \"raw\": h'00ff'}\n", "json")
    );
    // Keys are the editor's, and messages go on arriving.
    assert_eq!(stage.keys("x"), []);
    stage.messages(&[("later", b"1")]);
    close_editor(&mut stage, Ok(b"{\n  \"id\": 8,\n  \"raw\": h''\n}\n"));
    assert!(stage.screen().contains("later"));
    let text = "{\n  \"id\": 8,\n  \"raw\": h''\n}";
    assert_eq!(stage.box_texts(), ("orders".to_owned(), text.to_owned()));
    let sent = stage.code(KeyCode::Enter);
    assert_eq!(
        sent,
        published(1, "orders", b"\x82\xa2id\x08\xa3raw\xc4\x00")
    );
}

#[test]
fn an_editor_that_fails_or_changes_nothing_leaves_the_text() {
    let mut stage = editing(b"{\"plain\": true }");
    let (text, extension) = open_editor(&mut stage);
    assert_eq!((&*text, extension), ("{\"plain\": true }\n", "json"));
    close_editor(&mut stage, Err("vi: exit status 1"));
    assert_eq!(stage.toast(), "vi: exit status 1 · text unchanged");
    assert_eq!(stage.box_texts().1, "{\"plain\": true }");
    stage.wait(SECOND);
    open_editor(&mut stage);
    close_editor(&mut stage, Ok(b"{\"plain\": true }\n"));
    assert_eq!(stage.toast(), "text unchanged in the editor");
    stage.wait(SECOND);
    open_editor(&mut stage);
    close_editor(&mut stage, Ok(&vec![b'a'; 300 << 10]));
    assert_eq!(
        stage.toast(),
        "the edited text is too long: 300 KiB, at most 256 KiB · text unchanged"
    );
    assert_eq!(stage.box_texts().1, "{\"plain\": true }");
    // Without an editor, nothing had the terminal.
    stage.wait(SECOND);
    open_editor(&mut stage);
    let none = EditorClosed {
        outcome: Err("no editor: vi is not installed; set $EDITOR to the one to use".to_owned()),
        had_terminal: false,
    };
    assert_eq!(stage.send(Event::EditorClosed(none)), []);
    assert!(stage.toast().starts_with("no editor"), "{}", stage.toast());
    stage.keys("x");
    assert_eq!(stage.box_texts().1, "{\"plain\": true }x");
}

#[test]
fn what_an_editor_writes_is_taken_as_if_it_were_pasted() {
    // Bytes that are not text become escapes.
    let mut stage = editing(b"text");
    assert_eq!(open_editor(&mut stage), ("text\n".to_owned(), "txt"));
    close_editor(&mut stage, Ok(b"te\xffxt\n"));
    assert_eq!(stage.box_texts().1, r"te\xffxt");
    assert!(stage.screen().contains("are escapes"));
    stage.wait(SECOND);
    open_editor(&mut stage);
    close_editor(&mut stage, Ok(b"a\xfe\\n\n"));
    assert_eq!(stage.box_texts().1, r"a\xfe\n");
    assert_eq!(
        stage.code(KeyCode::Enter),
        published(1, "orders", b"a\xfe\n")
    );

    // Line breaks of Windows, and characters that cannot be seen.
    let mut stage = editing(b"text");
    open_editor(&mut stage);
    close_editor(&mut stage, Ok(b"a\r\nb\r\n"));
    assert_eq!(stage.box_texts().1, "a\nb");
    stage.wait(SECOND);
    open_editor(&mut stage);
    close_editor(&mut stage, Ok("a\u{200b}".as_bytes()));
    assert_eq!(
        stage.code(KeyCode::Enter),
        published(1, "orders", "a\u{200b}".as_bytes())
    );

    let mut stage = editing(ORDER);
    let text = stage.box_texts().1;
    open_editor(&mut stage);
    close_editor(&mut stage, Ok(b"{\n\xff}\n"));
    assert_eq!(
        stage.toast(),
        "the edited text is not UTF-8: see line 2 · text unchanged"
    );
    assert_eq!(stage.box_texts().1, text);
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
    // Packed text has no escapes.
    let mut stage = editing(&gzip(b"two words"));
    retype(&mut stage, "words", "\u{200b}");
    stage.ctrl('t');
    stage.wait(SECOND);
    stage.ctrl('t');
    assert_eq!(stage.box_texts().1, "\"two \\u200b\"");
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
