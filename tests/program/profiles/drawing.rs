//! The list of profiles, the badge and the accent, cell by cell.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;

use subscope::app::{Badge, Event, Keymap, Pickable, Picker};
use subscope::config::Colour;
use subscope::message::ConnectionError;
use subscope::server::Connection;
use subscope::view;

use crate::support::stage::{START, Stage};

const NASTY: &str = "\u{1b}[31m\u{202e}x\r\n\u{200b}漢字";

const LOST: &str = "Connection refused by 10.0.0.1:6379, as it was before, and before that";

fn pickable(name: &str, colour: Option<Colour>, read_only: bool) -> Pickable {
    Pickable {
        badge: Badge {
            name: name.to_owned(),
            colour,
        },
        address: format!("redis://{name}:6379"),
        read_only,
    }
}

fn listing(profiles: Vec<Pickable>) -> Picker {
    Picker::new(profiles, Keymap::default())
}

fn picker() -> Picker {
    listing(vec![
        pickable("local", None, false),
        pickable("production", Some(Colour::Red), true),
        pickable(NASTY, Some(Colour::Blue), false),
    ])
}

fn type_keys(picker: &mut Picker, keys: &str) {
    for letter in keys.chars() {
        let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
        picker.update(Event::Key(key));
    }
}

fn drawn(picker: &Picker, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let draw = |frame: &mut ratatui::Frame<'_>| view::draw_picker(picker, frame);
    terminal.draw(draw).unwrap();
    terminal.backend().buffer().clone()
}

/// Returns the lines of the buffer, without trailing blanks.
fn lines(buffer: &Buffer) -> Vec<String> {
    let columns = usize::from(buffer.area.width).max(1);
    let rows = buffer.content.chunks(columns);
    let text = |row: &[Cell]| row.iter().map(Cell::symbol).collect();
    rows.map(|row| {
        let line: String = text(row);
        line.trim_end().to_owned()
    })
    .collect()
}

/// Returns the background of the first letter of `text` in the first line that contains it.
fn background_of(text: &str, buffer: &Buffer) -> Color {
    let lines = lines(buffer);
    let row = lines.iter().position(|line| line.contains(text)).unwrap();
    let column = lines[row].split(text).next().unwrap().chars().count();
    buffer.content[row * usize::from(buffer.area.width) + column].bg
}

#[test]
fn every_profile_has_a_line_with_its_colour() {
    let mut picker = picker();
    type_keys(&mut picker, "j");
    let buffer = drawn(&picker, 60, 6);
    let expected = [
        "╭ Profiles 3 ──────────────────────────────────────────────╮",
        "│  local           redis://local:6379                      │",
        "│  production      redis://production:6379       read-only │",
    ];
    let lines = lines(&buffer);
    assert_eq!(&lines[..3], expected, "{lines:#?}");
    assert_eq!(background_of("production", &buffer), Color::Red);
    assert!(lines[5].contains("Enter choose") && lines[5].contains("Esc quit"));
    // The frame has the colour of the selected profile.
    assert_eq!(buffer.content[0].fg, Color::Red);
}

#[test]
fn a_typed_name_appears_above_the_profiles_it_matches() {
    let mut picker = picker();
    type_keys(&mut picker, "prod");
    let shown = lines(&drawn(&picker, 60, 5));
    let expected = [
        "╭ Profiles 1 ──────────────────────────────────────────────╮",
        "│ prod                                                     │",
        "│  production   redis://production:6379          read-only │",
        "╰──────────────────────────────────────────────────────────╯",
        " Enter choose  Esc all",
    ];
    assert_eq!(shown, expected, "{shown:#?}");
    type_keys(&mut picker, "xx");
    let shown = lines(&drawn(&picker, 60, 5));
    assert!(shown[2].contains("no profile matches"), "{shown:#?}");
}

#[test]
fn a_narrow_list_shows_whole_addresses_and_how_to_search() {
    let mut first = pickable("production", None, true);
    first.address = "redis://127.0.0.1:7100".to_owned();
    let mut second = pickable("staging", None, false);
    second.address = "redis://127.0.0.1:7101".to_owned();
    let shown = lines(&drawn(&listing(vec![first, second]), 40, 12)).join("\n");
    assert!(shown.contains("127.0.0.1:7100     r/o"), "{shown}");
    assert!(shown.contains("127.0.0.1:7101"), "{shown}");
    assert!(shown.contains("/ name"), "{shown}");
    assert!(shown.contains("Esc quit"), "{shown}");
}

#[test]
fn the_selected_profile_stays_in_view_on_a_low_screen() {
    let profiles = (0..50).map(|number| pickable(&format!("p{number}"), None, false));
    let mut picker = listing(profiles.collect());
    type_keys(&mut picker, "G");
    let shown = lines(&drawn(&picker, 60, 6)).join("\n");
    assert!(shown.contains("p49") && !shown.contains("p10"), "{shown}");
}

#[test]
fn the_list_is_drawn_at_every_size_and_never_affects_the_terminal() {
    for width in [0, 1, 2, 3, 10, 40, 80, 200] {
        for height in [0, 1, 2, 3, 4, 24] {
            for keys in ["", "j", "jj", "x", "xyz"] {
                let mut picker = picker();
                type_keys(&mut picker, keys);
                let text = lines(&drawn(&picker, width, height)).concat();
                let is_bad =
                    |letter: char| letter.is_control() || matches!(letter, '\u{202e}' | '\u{200b}');
                assert!(!text.contains(is_bad), "{text:?}");
            }
            drawn(&listing(Vec::new()), width, height);
        }
    }
}

/// Returns the screen of a profile called `name`, with a lost connection.
fn stage(name: &str, colour: Option<Colour>, is_insecure: bool) -> Stage {
    let mut stage = Stage::with(&["*"], |settings| {
        settings.profile = Some(Badge {
            name: name.to_owned(),
            colour,
        });
        settings.is_insecure = is_insecure;
    });
    stage.connection(Connection::Reconnecting {
        reason: ConnectionError::Io(LOST.into()),
        retry_at: START,
        attempts: 1,
    });
    stage
}

fn status(stage: &mut Stage, width: u16) -> String {
    stage.send(Event::Resize(width, 24));
    lines(&stage.buffer()).swap_remove(0)
}

#[test]
fn the_badge_and_insecure_tls_are_shown_from_a_width_of_40() {
    for name in ["p", "production", "a-name-that-is-much-too-long-for-it"] {
        let mut stage = stage(name, Some(Colour::Red), true);
        for width in 40..=220 {
            let line = status(&mut stage, width);
            let start = &name[..name.len().min(6)];
            assert!(line.starts_with(&format!(" {start}")), "{width}: {line}");
            assert!(line.contains("INSECURE TLS"), "{width}: {line}");
            assert!(line.contains("○ reco"), "{width}: {line}");
        }
        let line = status(&mut stage, 220);
        assert!(line.contains(LOST), "{line}");
        assert!(line.contains("redis://127.0.0.1:6379"), "{line}");
    }
}

#[test]
fn a_long_reason_is_truncated_with_an_ellipsis() {
    let mut stage = stage("production", Some(Colour::Red), true);
    let line = status(&mut stage, 60);
    let expected = " production INSECURE TLS  ○ reconnecting now: Connection re…";
    assert_eq!(line, expected);
}

#[test]
fn the_badge_and_the_state_are_both_shown_where_they_fit() {
    let mut stage = stage("production", Some(Colour::Red), false);
    for width in 1..=40 {
        let line = status(&mut stage, width);
        if width >= 14 {
            assert!(line.starts_with(" prod"), "{width}: {line}");
        }
        if width >= 8 {
            assert!(line.contains("○ reco"), "{width}: {line}");
        }
    }
}

#[test]
fn the_badge_and_the_focused_frame_have_the_profiles_colour() {
    for (colour, badge, accent) in [
        (Some(Colour::Red), Color::Red, Color::Red),
        (Some(Colour::Blue), Color::Blue, Color::LightBlue),
        (Some(Colour::White), Color::White, Color::White),
        (None, Color::Reset, Color::Cyan),
    ] {
        let mut stage = stage("it", colour, false);
        let buffer = stage.buffer();
        assert_eq!(background_of("it", &buffer), badge);
        let frames = |stage: &Stage| {
            let buffer = stage.buffer();
            let corners = buffer.content.iter().filter(|cell| cell.symbol() == "╭");
            corners.filter(|cell| cell.fg == accent).count()
        };
        assert_eq!(frames(&stage), 1);
        for keys in ["?", "a", "/", "f", "B", "C", "p"] {
            let mut stage = self::stage("it", colour, false);
            stage.keys(keys);
            assert!(frames(&stage) >= 1, "{keys}");
        }
        stage.code(KeyCode::BackTab);
        assert_eq!(frames(&stage), 1);
    }
}

#[test]
fn a_profile_name_is_escaped_on_the_screen() {
    let mut stage = stage(NASTY, None, false);
    for width in [14, 40, 80] {
        let line = status(&mut stage, width);
        assert!(
            !line.contains(['\u{1b}', '\u{202e}', '\r', '\u{200b}']),
            "{line:?}"
        );
        assert!(line.starts_with(r" \x1b"), "{line}");
    }
}
