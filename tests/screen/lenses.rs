//! Lenses with several values, from the settings or written in the prompt.

use crossterm::event::KeyCode;
use subscope::app::Context;
use subscope::query::Template;

use crate::support::stage::Stage;

const ORDER: &[u8] = br#"{"id":7,"user":{"name":"Jo\u001b"},"lines":[1,2]}"#;

fn stage_with(lens: &str) -> Stage {
    Stage::with(&["*"], |settings| {
        let lens = Template::parse(lens).unwrap();
        settings.lenses = [(b"orders*".as_slice().into(), lens)].into_iter().collect();
    })
}

fn row(stage: &Stage) -> String {
    let screen = stage.screen();
    let mut rows = screen
        .lines()
        .filter(|line| line.contains(':') && line.starts_with('│'))
        .filter_map(|line| line.split_once(" orders "));
    let (_, row) = rows.next_back().unwrap();
    row.trim_end_matches(['│', ' ', '█']).trim().to_owned()
}

#[test]
fn a_row_shows_several_values_and_the_text_between_them() {
    for (lens, expected) in [
        (".id .user.name", r"7 · Jo\x1b"),
        (
            "{.id} by {.user.name}, {.lines | length} lines",
            r"7 by Jo\x1b, 2 lines",
        ),
        ("{.id} {.none}", "7 –"),
        (".none .nil", "no .none, .nil"),
    ] {
        let mut stage = stage_with(lens);
        stage.messages(&[("orders", ORDER)]);
        assert_eq!(row(&stage), expected, "{lens}");
    }
}

#[test]
fn a_long_summary_ends_in_a_mark_and_scrolls() {
    let mut stage = stage_with("{.a} {.b} {.c}");
    let (a, b) = ("a".repeat(40), "b".repeat(60));
    let message = format!(r#"{{"a":"{a}","b":"{b}","c":"the end"}}"#);
    stage.messages(&[("orders", message.as_bytes())]);
    let shown = row(&stage);
    assert!(
        shown.starts_with(&format!("{a} b")) && shown.ends_with("b…"),
        "{shown}"
    );
    for _ in 0..3 {
        stage.keys(">");
    }
    let shown = row(&stage);
    assert!(
        shown.starts_with('…') && shown.ends_with("the end"),
        "{shown}"
    );
}

#[test]
fn the_latest_values_and_the_export_show_the_same() {
    let mut stage = stage_with("{.id} by {.user.name}");
    stage.messages(&[("orders", ORDER)]);
    stage.keys("v");
    assert!(
        stage.screen().contains(r"7 by Jo\x1b"),
        "{}",
        stage.screen()
    );
}

#[test]
fn a_match_outside_of_the_lens_is_shown_after_its_value() {
    let mut stage = stage_with(".id");
    stage.messages(&[("orders", ORDER)]);
    stage.keys("/name");
    assert_eq!(
        row(&stage),
        r#"7  {"id":7,"user":{"name":"Jo\x1b"},"lines":[1,2]}"#
    );
    stage.ctrl('u');
    stage.keys("7");
    assert_eq!(row(&stage), "7");
}

#[test]
fn a_match_beyond_the_end_of_a_summary_is_shown() {
    let mut stage = stage_with("{.a} {.b}");
    let message = format!(r#"{{"a":"{}","b":"the end"}}"#, "a".repeat(200));
    stage.messages(&[("orders", message.as_bytes())]);
    assert!(!row(&stage).contains("the end"), "{}", row(&stage));
    stage.keys("/the end");
    assert!(row(&stage).ends_with("the end"), "{}", row(&stage));
}

#[test]
fn a_lens_is_written_in_a_prompt() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("orders", ORDER)]);
    stage.keys("kH");
    assert_eq!(stage.app.context(), Context::Lens);
    assert!(
        stage.screen().contains("Rows of orders show"),
        "{}",
        stage.screen()
    );
    stage.keys("{.id");
    assert!(
        stage.screen().contains("a brace is not closed"),
        "{}",
        stage.screen()
    );
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Lens);
    stage.keys("} by {.user.name}");
    stage.code(KeyCode::Enter);
    assert_eq!(row(&stage), r"7 by Jo\x1b");
    // The prompt contains the lens that is set, and removes it once it is empty.
    stage.keys("H");
    assert!(
        stage.screen().contains("{.id} by {.user.name}"),
        "{}",
        stage.screen()
    );
    stage.ctrl('u');
    stage.code(KeyCode::Enter);
    assert!(stage.session().lenses.of(b"orders").is_none());
}
