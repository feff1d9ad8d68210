//! Recipes in force: summaries, checks, mutes, and turning them off.

use std::path::Path;

use crossterm::event::KeyCode;
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
    let effects = stage.keys("kR");
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
    stage.keys(" R");
    assert_eq!(pairs(&stage), 1, "{}", stage.toast());
    stage.keys("kR");
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
    stage.keys("kR");
    assert_eq!(stage.toast(), "no recipe applies to plain");
}
