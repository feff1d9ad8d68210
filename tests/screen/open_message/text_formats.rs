//! Lenient JSON, packings chosen by hand, text in other encodings, and coloured text.

use crossterm::event::KeyCode;
use ratatui::style::Color;
use subscope::app::Form;
use subscope::payload::format::Format;

use super::formats::choose;
use super::{answer, cursor, open, opened, reader};
use crate::support::stage::Stage;

/// A line as a logger writes it, in colour.
const COLOURED: &[u8] = b"\x1b[31;1mERROR\x1b[0m disk \x1b[38;2;0;200;0mfull\x1b[m \x1b[2J";

/// Returns the colour of the first cell of `words` on the screen.
fn colour(stage: &Stage, words: &str) -> Color {
    let buffer = stage.buffer();
    let columns = usize::from(buffer.area.width);
    let lines = buffer.content.chunks(columns);
    let found = lines.rev().find_map(|cells| {
        let line: Vec<&str> = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
        let sought: Vec<String> = words.chars().map(String::from).collect();
        let at = line
            .windows(sought.len())
            .position(|window| window == sought)?;
        Some(cells[at].fg)
    });
    found.unwrap_or_else(|| panic!("no {words} in {}", stage.screen()))
}

#[test]
fn lenient_json_is_shown_as_values_with_what_is_lenient() {
    let stage = opened(b"{'user': 'ada', 'ok': True,}");
    assert_eq!(cursor(&stage).1, r#"{"user":"ada","ok":true}"#);
    let screen = stage.screen();
    assert!(screen.contains("Lenient JSON"), "{screen}");
    let note = "not strict JSON: single quotes at byte 1";
    assert!(screen.contains(note), "{screen}");
    assert!(screen.contains("{'user': 'ada', 'ok': True,}"), "{screen}");
}

#[test]
fn rows_of_lenient_json_pass_filters_by_path() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[
        ("a", b"{'temp': 90}"),
        ("a", b"{'temp': 10}"),
        ("a", b"{temp: 0x5A}"),
        ("a", b"level=warn temp=90"),
        ("a", b"<a temp=\"90\"/>"),
    ]);
    stage.keys("/.temp == 90");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.shown(), 3);
}

#[test]
fn a_packing_can_be_chosen() {
    // {"a":1} in brotli, in an uncompressed part.
    let packed = b"\x0b\x03\x80{\"a\":1}\x03";
    let mut stage = opened(packed);
    assert_eq!(reader(&stage).form(), Form::Hex);
    choose(&mut stage, "brotli");
    assert_eq!(cursor(&stage).1, r#"{"a":1}"#);
    let screen = stage.screen();
    assert!(screen.contains("JSON in brotli"), "{screen}");
    assert!(!screen.contains("not the chosen"), "{screen}");
    choose(&mut stage, "raw deflate");
    let screen = stage.screen();
    assert!(
        screen.contains("raw deflate layer not unpacked: "),
        "{screen}"
    );
}

#[test]
fn text_in_other_encodings_is_readable_in_rows_and_when_open() {
    for (payload, name) in [
        (
            &b"Gr\xfc\xdfe aus K\xf6ln und anderswo"[..],
            "Text in Windows-1252",
        ),
        (
            b"\xff\xfeG\0r\0\xfc\0\xdf\0e\0 \0a\0u\0s\0 \0K\0\xf6\0l\0n\0",
            "Text in UTF-16LE",
        ),
    ] {
        let mut stage = Stage::new(&["*"]);
        stage.messages(&[("a", payload)]);
        let words = "Gr\u{fc}\u{df}e aus K\u{f6}ln";
        assert!(stage.screen().contains(words), "{}", stage.screen());
        stage.keys("I");
        assert!(!stage.screen().contains(words));
        stage.keys("I");
        open(&mut stage);
        let screen = stage.screen();
        assert!(screen.contains(name), "{screen}");
        assert_eq!(screen.matches(words).count(), 2, "{screen}");
    }
}

#[test]
fn colours_of_text_are_drawn_and_its_other_escapes_stay_visible() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", COLOURED), ("a", b"words")]);
    let screen = stage.screen();
    assert!(screen.contains(r"ERROR disk full \x1b[2J"), "{screen}");
    assert_eq!(colour(&stage, "ERROR"), Color::Red);
    assert_eq!(colour(&stage, "disk"), Color::Reset);
    assert_eq!(colour(&stage, "full"), Color::Green);
    stage.keys("L");
    assert_eq!(colour(&stage, "ERROR"), Color::Reset);
    stage.keys("LI");
    let screen = stage.screen();
    assert!(screen.contains(r"\x1b[31;1mERROR\x1b[0m disk"), "{screen}");
    stage.keys("Ik");
    open(&mut stage);
    let screen = stage.screen();
    assert!(screen.contains("Text in ANSI"), "{screen}");
    assert_eq!(
        screen.matches(r"ERROR disk full \x1b[2J").count(),
        2,
        "{screen}"
    );
    assert_eq!(colour(&stage, "ERROR"), Color::Red);
    assert_eq!(colour(&stage, "full"), Color::Green);
    choose(&mut stage, "Text");
    assert_eq!(reader(&stage).decoded().unwrap().format, Format::Text);
    let screen = stage.screen();
    assert_eq!(screen.matches(r"\x1b[31;1mERROR").count(), 2, "{screen}");
}

#[test]
fn coloured_text_is_found_without_its_escapes() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", COLOURED), ("a", b"words")]);
    stage.keys("/\"ERROR disk\"");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.shown(), 1);
    open(&mut stage);
    stage.keys("/disk full");
    stage.code(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("1 of 1"), "{screen}");
}

/// A picture as art for terminals writes it: colours, blocks, cursor movements, line ends of DOS, and
/// a bell.
fn picture() -> Vec<u8> {
    let mut picture = b"\x1b[2J\x1b[H\x07".to_vec();
    for line in 0..64 {
        for column in 0..72 {
            let colour = 31 + (line + column) % 6;
            picture.extend(format!("\x1b[0;1;{colour}m\u{2588}").as_bytes());
        }
        picture.extend(b"\x1b[2C\r\n");
    }
    picture.push(0x1a);
    picture
}

#[test]
fn a_large_picture_for_terminals_is_drawn_in_colour() {
    let picture = picture();
    assert!((48 << 10..64 << 10).contains(&picture.len()));
    let stage = opened(&picture);
    let decoded = reader(&stage).decoded().unwrap();
    assert_eq!(decoded.format, Format::Text);
    assert_eq!(decoded.note, None);
    let screen = stage.screen();
    assert!(screen.contains("Text in ANSI"), "{screen}");
    assert!(screen.contains(r"\x1b[2J\x1b[H\x07█"), "{screen}");
    assert_eq!(colour(&stage, "█"), Color::Magenta, "{screen}");
}

#[test]
fn text_in_base64_is_shown_until_it_is_folded() {
    // "the quick brown fox jumps over the lazy dog"
    let payload = br#"{"note":"dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZw=="}"#;
    let mut stage = opened(payload);
    stage.keys("j");
    let words = "⟨base64 text⟩ \"the quick brown fox";
    let screen = stage.screen();
    assert_eq!(screen.matches(words).count(), 1, "{screen}");
    assert!(screen.contains("note: ⟨base64 text⟩"), "{screen}");
    stage.keys("I");
    let screen = stage.screen();
    assert!(screen.contains("note: \"dGhlIHF1aWNr"), "{screen}");
    assert!(!screen.contains("quick"), "{screen}");
}

#[test]
fn json_in_latin_1_opens_as_json() {
    let mut stage = opened(b"{\"name\":\"J\xfcrgen\"}");
    let screen = stage.screen();
    assert!(screen.contains("JSON in Windows-1252"), "{screen}");
    stage.keys("j");
    assert_eq!(
        cursor(&stage),
        (".name".to_owned(), "\"J\u{fc}rgen\"".to_owned())
    );
}

#[test]
fn layers_beyond_the_limit_are_noted() {
    let mut layers = b"some words that are packed again and again".to_vec();
    for _ in 0..6 {
        layers = crate::open_message::gzip(&layers);
    }
    let stage = opened(&layers);
    let screen = stage.screen();
    let note = "inner gzip layer not unpacked: limit of 4 layers reached";
    assert!(screen.contains(note), "{screen}");
}

#[test]
fn a_small_message_is_unpacked_to_much_only_if_a_format_is_chosen() {
    let json = format!("[{}0]", "0,".repeat(100_000));
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", &crate::open_message::gzip(json.as_bytes()))]);
    let effects = stage.code(KeyCode::Enter);
    answer(&mut stage, effects);
    let note = " B would exceed the limit of 32.0 KiB when";
    let screen = stage.screen();
    assert!(screen.contains(note), "{screen}");
    assert!(
        screen.contains("a format chosen with f unpacks up to"),
        "{screen}"
    );
    stage.code(KeyCode::Tab);
    choose(&mut stage, "JSON");
    let screen = stage.screen();
    assert!(screen.contains("100,001"), "{screen}");
}

#[test]
fn a_row_of_a_packed_message_begins_with_a_tag() {
    let packed = crate::open_message::gzip(br#"{"id":7,"level":"error"}"#);
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("a", &packed), ("a", br#"{"id":8}"#)]);
    let screen = stage.screen();
    assert!(screen.contains(r#"⟨gzip json⟩ {"id":7"#), "{screen}");
    stage.keys("k>");
    let screen = stage.screen();
    assert!(!screen.contains("⟨gzip json⟩"), "{screen}");
    stage.keys("<I");
    let screen = stage.screen();
    assert!(!screen.contains("⟨gzip json⟩"), "{screen}");
}
