//! Recipes in force: summaries, checks, mutes, and turning them off.

use std::path::Path;

use crossterm::event::KeyCode;
use ratatui::buffer::Cell;
use ratatui::style::Color;
use subscope::app::{Effect, Event};
use subscope::config::Config;
use subscope::log::Batch;
use subscope::message::Notice;
use subscope::recipes::{self, Recipe, Recipes};
use subscope::server::{Ask, Feed};
use subscope::workers::analysis::Check;

use crate::support::stage::Stage;

const JOB: &[u8] = br#"{"kind":"job","id":7,"at":1700000000,"n":1}"#;

fn own(text: &str) -> Vec<Recipe> {
    let config = Config::parse(Path::new("c.toml"), text).unwrap();
    let (recipes, errors) = recipes::read(config.recipes.rest());
    assert_eq!(errors, []);
    recipes
}

fn stage(text: &str) -> Stage {
    Stage::with(&["*"], |settings| {
        settings.recipes = Recipes::with_shipped(own(text));
    })
}

fn jobs() -> Stage {
    stage(
        r#"
        [[recipe]]
        name = "Jobs"
        channels = ["jobs*"]
        test = '.kind == "job"'
        summary = '{.id} is number {.n // "unknown"}'
        seq = ".n"
        sent = ".at"
        note = "one per second"
        "#,
    )
}

fn row(stage: &Stage, channel: &str) -> String {
    let screen = stage.screen();
    let mut rows = screen
        .lines()
        .filter_map(|line| line.split_once(&format!(" {channel} ")));
    let (_, row) = rows.next_back().unwrap();
    row.trim_end_matches(['│', ' ', '█']).trim().to_owned()
}

#[test]
fn a_recipe_is_in_force_once_a_message_passes_its_test() {
    let mut stage = jobs();
    stage.messages(&[("jobs", br#"{"kind":"other"}"#)]);
    assert_eq!(row(&stage, "jobs"), r#"{"kind":"other"}"#);
    stage.messages(&[("jobs", JOB), ("others", JOB)]);
    assert!(
        row(&stage, "jobs").ends_with("7 is number 1"),
        "{}",
        stage.screen()
    );
    assert!(row(&stage, "others").starts_with('{'), "{}", stage.screen());
    assert!(
        stage.toast().contains("jobs: Jobs · one per second"),
        "{}",
        stage.toast()
    );
    // Messages that lack the first value are shown whole.
    stage.messages(&[("jobs", br#"{"kind":"odd","n":2}"#)]);
    assert!(
        row(&stage, "jobs").ends_with(r#"{"kind":"odd","n":2}"#),
        "{}",
        stage.screen()
    );
}

#[test]
fn the_checks_of_a_recipe_run_on_its_channel_until_it_is_turned_off() {
    let mut stage = jobs();
    stage.messages(&[("jobs", JOB)]);
    let checks = |stage: &Stage| {
        let checks = stage.session().checks.of_channel(b"jobs");
        let kinds = checks.map(|(_, check)| match check {
            Check::Sequence { .. } => "sequence",
            Check::Delay { .. } => "delay",
            _ => "other",
        });
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(checks(&stage), ["sequence", "delay"]);
    assert_eq!(stage.session().checks.of_channel(b"jobs:2").count(), 0);
    let effects = stage.keys("kA");
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Analyse(_)))
    );
    assert!(
        stage.toast().contains("recipe Jobs off · A turns it on"),
        "{}",
        stage.toast()
    );
    assert_eq!(checks(&stage), [] as [&str; 0]);
    assert!(row(&stage, "jobs").starts_with('{'), "{}", stage.screen());
    stage.keys("A");
    assert_eq!(checks(&stage), ["sequence", "delay"]);
    assert!(
        row(&stage, "jobs").ends_with("7 is number 1"),
        "{}",
        stage.screen()
    );
}

#[test]
fn the_users_lens_and_checks_win_over_those_of_a_recipe() {
    let mut stage = Stage::with(&["*"], |settings| {
        settings.recipes = jobs().session().settings.recipes.clone();
        settings.checks = vec![Check::parse_sequence("jobs=.id").unwrap()];
        let lens = subscope::query::Template::parse(".kind").unwrap();
        settings.lenses = [(b"jobs".as_slice().into(), lens)].into_iter().collect();
    });
    stage.messages(&[("jobs", JOB)]);
    assert!(row(&stage, "jobs").ends_with("job"), "{}", stage.screen());
    let checks = stage.session().checks.of_channel(b"jobs");
    assert_eq!(
        checks.count(),
        2,
        "the user's sequence and the recipe's delay"
    );
    stage.keys("ki");
    assert!(row(&stage, "jobs").starts_with('{'), "{}", stage.screen());
}

#[test]
fn a_found_row_shows_its_match() {
    let mut stage = jobs();
    stage.messages(&[("jobs", JOB)]);
    let shown = row(&stage, "jobs");
    for (query, is_whole) in [("kind", true), ("7", false), ("1700", true)] {
        stage.keys("F");
        stage.ctrl('u');
        stage.keys(query);
        stage.code(KeyCode::Enter);
        let found = row(&stage, "jobs");
        assert_eq!(found.contains("kind"), is_whole, "{query}: {found}");
    }
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::Esc);
    assert_eq!(row(&stage, "jobs"), shown);
}

/// Returns what is highlighted as a match.
fn lit(stage: &Stage) -> String {
    let buffer = stage.buffer();
    let lit = buffer.content.iter();
    lit.filter(|cell| cell.bg == Color::Yellow)
        .map(Cell::symbol)
        .collect()
}

#[test]
fn a_row_that_passes_the_filter_shows_its_match() {
    for (text, is_whole, marked) in [
        ("kind", true, "kind"),
        ("1700", true, "1700"),
        // In the summary, in the name of the channel, and at a path.
        ("7", false, "7"),
        ("jobs", false, "jobs"),
        (".kind == \"job\"", false, ""),
        // The summary has the word too, but not from the message.
        ("n", true, "nn"),
    ] {
        for is_listed in [false, true] {
            let mut stage = jobs();
            stage.messages(&[("jobs", JOB)]);
            stage.keys(if is_listed { "f" } else { "/" });
            stage.keys(text);
            stage.code(KeyCode::Enter);
            if is_listed {
                stage.code(KeyCode::Esc);
            }
            let shown = row(&stage, "jobs");
            assert_eq!(shown.starts_with('{'), is_whole, "{text}: {shown}");
            assert_eq!(lit(&stage), marked, "{text}: {}", stage.screen());
        }
    }
}

#[test]
fn a_long_note_is_shown_whole_in_the_channel_tab() {
    let mut stage = stage(
        r#"
        [[recipe]]
        name = "Jobs"
        channels = ["jobs*"]
        note = "a subscription to one of its channels by name disturbs the senders; use a pattern instead"
        "#,
    );
    stage.messages(&[("jobs", JOB)]);
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    stage.keys("]]]");
    let screen = stage.screen();
    assert!(
        screen.contains("senders; use a pattern instead"),
        "{screen}"
    );
}

#[test]
fn rows_as_received_have_no_summary() {
    let mut stage = jobs();
    stage.messages(&[("jobs", JOB)]);
    stage.keys("I");
    assert!(row(&stage, "jobs").starts_with('{'), "{}", stage.screen());
}

#[test]
fn the_screen_says_which_recipe_is_in_force() {
    let mut stage = Stage::sized((160, 40), &["*"], |settings| {
        settings.recipes = jobs().session().settings.recipes.clone();
    });
    stage.messages(&[("jobs", JOB)]);
    stage.keys("bj");
    assert!(
        stage.screen().contains(" Jobs · 1 · "),
        "{}",
        stage.screen()
    );
    stage.keys("b");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    stage.keys("]]]");
    let screen = stage.screen();
    assert!(
        screen.contains("recipe        Jobs · A turns it off"),
        "{screen}"
    );
    assert!(screen.contains("one per second"), "{screen}");
    stage.keys("A");
    assert!(
        stage.screen().contains("Jobs · off · A turns it on"),
        "{}",
        stage.screen()
    );
}

#[test]
fn a_recipe_can_mute_and_pair() {
    let mut stage = stage(
        r#"
        [[recipe]]
        name = "Noise"
        channels = "beat"
        mute = true
        [[recipe]]
        name = "Calls"
        channels = ["ask:*", "answer:*"]
        pair = "ask:*=.id -> answer:*=.id"
        "#,
    );
    stage.messages(&[
        ("beat", b"tick"),
        ("ask:1", br#"{"id":1}"#),
        ("answer:1", br#"{"id":1}"#),
    ]);
    assert!(stage.session().filters.muted.contains(b"beat"));
    let pairs = |stage: &Stage| stage.session().checks.plan.entries.len();
    assert_eq!(pairs(&stage), 1);
    // The pair stays while the recipe is on for any of its channels.
    stage.keys(" A");
    assert_eq!(pairs(&stage), 1, "{}", stage.toast());
    stage.keys("kA");
    assert_eq!(pairs(&stage), 0, "{}", stage.toast());
}

#[test]
fn a_subscription_to_keyspace_events_asks_once_whether_there_are_any() {
    let mut stage = Stage::new(&["*", "__keyevent@*__:*"]);
    let notice = |stage: &mut Stage, id| {
        let subscription = stage.subscription(id);
        let mut batch = Batch::default();
        batch.push_notice(
            stage.now,
            Notice::Subscribed {
                subscription,
                count: 1,
                server: None,
            },
        );
        let effects = stage.send(Event::Feed(Feed::Batch(Box::new(batch))));
        effects.contains(&Effect::Ask(Ask::KeyEvents))
    };
    assert_eq!(
        [0, 1, 1].map(|id| notice(&mut stage, id)),
        [false, true, false]
    );
    stage.send(Event::Feed(Feed::KeyEventsOff));
    assert!(
        stage.screen().contains("keyspace events are off"),
        "{}",
        stage.screen()
    );
}

#[test]
fn a_channel_without_a_recipe_says_so() {
    let mut stage = jobs();
    stage.messages(&[("plain", b"text")]);
    stage.keys("kA");
    assert_eq!(stage.toast(), "no recipe applies to plain");
}

#[test]
fn channels_that_a_recipe_collapses_share_a_line_of_the_list() {
    let mut stage = Stage::sized((120, 24), &["*"], |settings| {
        settings.recipes = Recipes::with_shipped(Vec::new());
    });
    let redisson = ["{cart:1}", "{cart:2}", "{stock}"];
    let names = redisson.map(|name| format!("redisson_lock__channel:{name}"));
    let messages = names.each_ref().map(|name| (name.as_str(), &b"0"[..]));
    stage.messages(&messages);
    stage.messages(&messages[..1]);
    stage.wait(std::time::Duration::from_secs(1));
    stage.keys("v");
    let screen = stage.screen();
    let line = screen.lines().find(|line| line.contains("▸ redisson"));
    let line = line.unwrap_or_else(|| panic!("{screen}"));
    assert!(line.contains("redisson_lock__channel:*"), "{line}");
    assert!(line.contains("3 channels, 4 messages"), "{line}");
    stage.keys("gjl");
    let screen = stage.screen();
    assert!(
        screen.contains("▾ redisson") && screen.contains("{stock}"),
        "{screen}"
    );
}

/// Returns the colour of the time in the row with `text`.
fn row_colour(stage: &Stage, text: &str) -> Color {
    let buffer = stage.buffer();
    let mut rows = buffer.content.chunks(usize::from(buffer.area.width));
    let has_text = |row: &&[Cell]| {
        row.iter()
            .map(Cell::symbol)
            .collect::<String>()
            .contains(text)
    };
    let row = rows.find(has_text).unwrap();
    let is_digit = |cell: &&Cell| {
        cell.symbol()
            .starts_with(|letter: char| letter.is_ascii_digit())
    };
    row.iter().find(is_digit).unwrap().fg
}

#[test]
fn an_error_in_a_summary_colours_the_row() {
    let mut stage = Stage::with(&["*"], |settings| {
        settings.recipes = Recipes::with_shipped(Vec::new());
    });
    let far = "x".repeat(600);
    let record = |severity: &str| {
        format!(
            r#"{{"resourceLogs":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}},{{"key":"x","value":{{"stringValue":"{far}"}}}}]}},"scopeLogs":[{{"logRecords":[{{"severityText":"{severity}","body":{{"stringValue":"no stock"}}}}]}}]}}]}}"#
        )
    };
    let colours = |stage: &mut Stage, severity: &str| {
        stage.messages(&[("otel", record(severity).as_bytes())]);
        let expected = format!("shop: {severity} no stock");
        assert!(
            row(stage, "otel").ends_with(&expected),
            "{}",
            stage.screen()
        );
        row_colour(stage, &expected)
    };
    assert_eq!(colours(&mut stage, "ERROR"), Color::Red);
    assert_eq!(colours(&mut stage, "WARN"), Color::Yellow);
    assert_ne!(colours(&mut stage, "INFO"), Color::Yellow);
}
