//! The command palette.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Cell;
use ratatui::style::Color;
use subscope::app::{
    Choice, Context, Effect, Event, Focus, Overlay, Palette, PaletteLine, Position, Question,
};
use subscope::message::Topic;
use subscope::server::Command;

use crate::support::stage::Stage;

fn stage() -> Stage {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[
        ("orders:created", b"{\"id\":1}"),
        ("orders:paid", b"{\"id\":2}"),
        ("payments", b"3"),
        ("jobs:high", b"4"),
    ]);
    stage
}

fn palette(stage: &Stage) -> &Palette {
    match stage.app.overlay() {
        Some(Overlay::Palette(palette)) => palette,
        other => panic!("{other:?}"),
    }
}

fn chosen(stage: &Stage) -> &PaletteLine {
    palette(stage).chosen().unwrap()
}

/// Opens the palette, types `text` and runs the best match.
fn run(stage: &mut Stage, text: &str) -> Vec<Effect> {
    stage.keys(&format!(":{text}"));
    stage.code(KeyCode::Enter)
}

fn only(stage: &Stage) -> Option<&str> {
    let only = stage.session().filters.only.as_ref();
    only.map(|scope| std::str::from_utf8(scope.bytes()).unwrap())
}

#[test]
fn it_lists_every_action_of_its_context_with_its_key() {
    let mut stage = stage();
    stage.keys(":");
    assert_eq!(stage.app.context(), Context::Palette);
    let lines = &palette(&stage).lines;
    for (text, key) in [
        ("mute the channel, branch or pattern, or show it again", "m"),
        ("clear the log; Z undoes it", "c"),
        ("suspend; fg in the shell resumes", "Ctrl-Z"),
        ("open the selected message", "Enter"),
    ] {
        let line = lines.iter().find(|line| line.text == text);
        assert_eq!(line.map(|line| line.right.as_str()), Some(key), "{text}");
    }
    // Another context, other actions.
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::BackTab);
    stage.keys(":");
    let lines = &palette(&stage).lines;
    let has = |text: &str| lines.iter().any(|line| line.text.contains(text));
    assert!(has("plot the channel's rate") && !has("open the selected message"));
}

#[test]
fn typing_finds_actions_by_some_of_their_letters_and_lights_them() {
    let mut stage = stage();
    stage.keys(":tmfrm");
    stage.code(KeyCode::Esc);
    assert!(stage.app.overlay().is_none());
    stage.keys(":mutbra");
    assert_eq!(chosen(&stage).right, "m");
    assert!(stage.screen().contains(":mutbra"));
    let buffer = stage.buffer();
    let lit = buffer
        .content
        .iter()
        .filter(|cell| cell.bg == Color::Yellow);
    let lit: String = lit.map(Cell::symbol).collect();
    assert!(lit.starts_with("mutbra"), "{lit}");
    // A key, typed exactly, finds its action.
    for key in ["Z", "]", "c", "Ctrl-D"] {
        stage.code(KeyCode::Esc);
        stage.keys(&format!(":{key}"));
        assert_eq!(chosen(&stage).right, key);
    }
}

#[test]
fn enter_runs_the_action_where_the_palette_was_opened() {
    let mut stage = stage();
    run(&mut stage, "breakpoints: freeze");
    assert_eq!(stage.app.context(), Context::Query);
    stage.keys("error");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Breakpoints);
    // In a list, on the selected entry of the list.
    assert!(!stage.session().breakpoints.list[0].logs_only);
    run(&mut stage, "only count");
    assert_eq!(stage.app.context(), Context::Breakpoints);
    assert!(stage.session().breakpoints.list[0].logs_only);
    stage.code(KeyCode::Esc);
    run(&mut stage, "next pane");
    assert_eq!(stage.app.focus(), Focus::Channels);
}

#[test]
fn an_action_on_a_moving_row_highlights_it_first() {
    let mut stage = stage();
    run(&mut stage, "mute the chan");
    assert!(
        stage.toast().contains("m again to mute its channel"),
        "{}",
        stage.toast()
    );
    assert_eq!(stage.session().filters.muted.len(), 1);
    stage.keys("m");
    assert_eq!(stage.session().filters.muted.len(), 2);
}

#[test]
fn a_dangerous_action_still_asks() {
    let mut stage = Stage::new(&["*"]);
    stage.numbered("a", 1_001);
    assert_eq!(run(&mut stage, "quit"), []);
    let is_asked = |stage: &Stage| {
        matches!(
            stage.app.overlay(),
            Some(Overlay::Confirm(Question::Quit { kept: 1_001 }))
        )
    };
    assert!(is_asked(&stage));
    stage.code(KeyCode::Esc);
    assert_eq!(run(&mut stage, "close the message, plot"), []);
    assert!(is_asked(&stage));
    let mut stage = Stage::new(&["*"]);
    assert_eq!(run(&mut stage, "quit"), [Effect::Quit]);
    // What is refused stays refused.
    let mut stage = Stage::with(&["*"], |settings| settings.read_only = true);
    run(&mut stage, "publish to");
    assert!(stage.toast().contains("read-only"));
}

#[test]
fn what_was_run_last_comes_first() {
    let mut stage = stage();
    run(&mut stage, "times: local");
    run(&mut stage, "sort the channels");
    stage.keys(":");
    let first: Vec<&str> = palette(&stage)
        .lines
        .iter()
        .map(|line| line.right.as_str())
        .collect();
    assert_eq!(first[..2], ["s", "t"]);
    stage.code(KeyCode::Esc);
    run(&mut stage, "open paid");
    run(&mut stage, "filter id");
    stage.keys(":");
    let texts: Vec<&str> = palette(&stage)
        .lines
        .iter()
        .map(|line| line.text.as_str())
        .collect();
    assert_eq!(texts[..2], ["filter id", "open orders:paid"]);
    // Enter runs it again.
    stage.code(KeyCode::Down);
    stage.code(KeyCode::Enter);
    assert_eq!(only(&stage), Some("orders:paid"));
}

#[test]
fn open_completes_names_and_shows_only_that_channel() {
    let mut stage = stage();
    stage.keys(":open ordpd");
    assert_eq!(chosen(&stage).text, "orders:paid");
    stage.code(KeyCode::Tab);
    assert_eq!(palette(&stage).typed(), "open orders:paid");
    stage.code(KeyCode::Enter);
    assert_eq!(only(&stage), Some("orders:paid"));
    assert_eq!(stage.channel_selected(), "orders:paid");
    assert_eq!(stage.shown(), 1);
    // An exact name comes before longer ones.
    stage.messages(&[("orders", b"5")]);
    stage.keys(":open orders");
    assert_eq!(chosen(&stage).choice, Choice::Open(b"orders"[..].into()));
    stage.code(KeyCode::Esc);
    // The latest values make room for the log.
    stage.keys("v");
    run(&mut stage, "open payments");
    assert_eq!(only(&stage), Some("payments"));
    assert_eq!(stage.app.context(), Context::Messages);
    // An unknown name changes nothing.
    run(&mut stage, "open nosuchchannel");
    assert!(stage.toast().contains("nosuchchannel"), "{}", stage.toast());
    assert_eq!(only(&stage), Some("payments"));
    assert_eq!(stage.app.context(), Context::Palette);
}

#[test]
fn open_finds_channels_in_folded_branches() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("beat:one", b"1"), ("beat:two", b"2"), ("other", b"3")]);
    stage.code(KeyCode::Tab);
    stage.keys("T");
    let listed = stage.app.channels().entries.len();
    assert_eq!(
        listed, 3,
        "the pattern, the folded branch, and the other channel"
    );
    run(&mut stage, "open beat:two");
    assert_eq!(only(&stage), Some("beat:two"));
    assert_eq!(stage.shown(), 1);
    stage.keys(":open bone");
    assert_eq!(chosen(&stage).text, "beat:one");
}

#[test]
fn a_name_with_escapes_is_opened_as_it_is_listed() {
    let mut stage = Stage::new(&["*"]);
    stage.messages(&[("odd\u{1b}[31m name", b"1"), ("other", b"2")]);
    stage.keys(":open oddnm");
    assert!(!stage.screen().contains('\u{1b}'));
    stage.code(KeyCode::Tab);
    stage.code(KeyCode::Enter);
    assert_eq!(only(&stage), Some("odd\u{1b}[31m name"));
}

#[test]
fn filter_and_find_take_a_query() {
    let mut stage = stage();
    run(&mut stage, "filter .id = 2");
    assert_eq!(stage.shown(), 1);
    assert_eq!(
        stage.session().filters.typed.as_ref().unwrap().text(),
        ".id = 2"
    );
    run(&mut stage, "find paid");
    assert_eq!(
        stage.session().find.as_ref().unwrap().watch.query().text(),
        "paid"
    );
    // A query with an error says what is wrong, and the palette stays open.
    run(&mut stage, "filter size>");
    assert_eq!(stage.app.context(), Context::Palette);
    assert!(matches!(chosen(&stage).choice, Choice::Refuse(_)));
    assert!(stage.session().toast().unwrap().is_error);
    assert_eq!(
        stage.session().filters.typed.as_ref().unwrap().text(),
        ".id = 2"
    );
    stage.code(KeyCode::Esc);
    // Without a query, the box opens.
    stage.keys(":filter ");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Query);
}

#[test]
fn subscribe_says_what_it_subscribes_to() {
    let mut stage = stage();
    for (typed, kind, topic) in [
        ("subscribe jobs:*", "pattern", Topic::pattern(b"jobs:*")),
        ("subscribe jobs:low", "channel", Topic::channel(b"jobs:low")),
    ] {
        stage.keys(&format!(":{typed}"));
        assert!(
            chosen(&stage).text.contains(kind),
            "{}",
            chosen(&stage).text
        );
        let effects = stage.code(KeyCode::Enter);
        let [Effect::Command(Command::Subscribe(subscription))] = &effects[..] else {
            panic!("{effects:?}");
        };
        assert_eq!(subscription.topic, topic);
    }
    stage.keys(":subscribe ");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Prompt);
}

#[test]
fn export_writes_the_rows_shown_or_asks_for_the_file() {
    let mut stage = stage();
    stage.keys(":export rows.csv");
    assert_eq!(chosen(&stage).text, "write the rows shown to rows.csv");
    let effects = stage.code(KeyCode::Enter);
    assert!(matches!(effects[..], [Effect::Export(_)]), "{effects:?}");
    stage.keys(":export ");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.context(), Context::Export);
}

#[test]
fn a_command_without_its_argument_is_begun() {
    let mut stage = stage();
    for key in [KeyCode::Enter, KeyCode::Tab] {
        stage.keys(":open");
        assert!(
            chosen(&stage).text.starts_with("open NAME"),
            "{}",
            chosen(&stage).text
        );
        stage.code(key);
        assert_eq!(palette(&stage).input.text(), "open ");
        assert_eq!(palette(&stage).lines[0].right, "show only this channel");
        stage.code(KeyCode::Esc);
    }
}

#[test]
fn a_paste_never_runs_anything() {
    let mut stage = stage();
    stage.keys(":");
    stage.send(Event::Paste("quit\n".to_owned()));
    for letter in "quit".chars() {
        stage.send(Event::Burst(KeyEvent::from(KeyCode::Char(letter))));
    }
    let effects = stage.send(Event::Burst(KeyEvent::from(KeyCode::Enter)));
    assert_eq!(effects, []);
    assert_eq!(stage.app.context(), Context::Palette);
    assert!(palette(&stage).input.text().starts_with("quitquit"));
}

#[test]
fn nothing_runs_if_nothing_matches() {
    let mut stage = stage();
    run(&mut stage, "qqqqzzzz");
    assert_eq!(stage.app.context(), Context::Palette);
    assert!(stage.toast().contains("nothing matches"));
    assert!(stage.screen().contains("no command matches"));
}

#[test]
fn it_is_usable_at_every_size() {
    for (width, height) in [(200, 50), (120, 40), (80, 24), (60, 15), (40, 12)] {
        let mut stage = stage();
        stage.send(Event::Resize(width, height));
        stage.keys(":mute");
        let screen = stage.screen();
        assert!(
            screen.contains(":mute") && screen.contains("mute the chan"),
            "{screen}"
        );
        assert!(stage.caret().is_some());
        // The selection stays in view.
        stage.code(KeyCode::Esc);
        stage.keys(":");
        for _ in 0..200 {
            stage.code(KeyCode::Down);
            let height = usize::from(stage.app.areas().palette_lines().height);
            let palette = palette(&stage);
            assert!((palette.top..palette.top + height).contains(&palette.selected));
        }
        let last = palette(&stage).lines.len() - 1;
        assert_eq!(palette(&stage).selected, last);
    }
}

#[test]
fn the_log_follows_behind_it() {
    let mut stage = stage();
    stage.keys(":");
    stage.messages(&[("a", b"new")]);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.messages().position, Position::Following);
    assert_eq!(stage.shown(), 5);
}
