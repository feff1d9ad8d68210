//! The recipes that come with the program, on traffic of the real libraries.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use subscope::config::Config;
use subscope::payload::decoder_choices::DecoderChoice;
use subscope::payload::lookup::Lookup;
use subscope::recipes::{self, Recipe, Recipes};

/// A channel and a payload of a file with captured traffic.
fn message(line: &str) -> (Vec<u8>, Vec<u8>) {
    let object: Value = serde_json::from_str(line).unwrap();
    let text = |key: &str| object[key].as_str().unwrap().to_owned();
    let payload = match object["encoding"].as_str() {
        Some("base64") => BASE64_STANDARD.decode(text("payload")).unwrap(),
        _ => text("payload").into_bytes(),
    };
    (text("channel").into_bytes(), payload)
}

/// Returns what a row shows: the summary, or `=` and the start of a message that is shown whole.
fn row(recipe: &Recipe, payload: &[u8]) -> String {
    let choice = recipe.format.map(|format| DecoderChoice {
        format: Some(format),
        ..DecoderChoice::default()
    });
    let lookup = Lookup::new(payload, choice.as_ref()).unpacking(64 << 10);
    let summary = recipe.summary.as_ref();
    match summary.and_then(|summary| summary.show(&lookup).ok()) {
        Some(summary) if summary.has_first => String::from_utf8_lossy(&summary.shown.text)
            .chars()
            .take(300)
            .collect(),
        _ => format!(
            "= {}",
            payload
                .escape_ascii()
                .to_string()
                .chars()
                .take(40)
                .collect::<String>()
        ),
    }
}

/// Describes, for each channel of a file, its recipe, and what each of its rows shows.
fn described(text: &str) -> String {
    let recipes = Recipes::with_shipped(Vec::new());
    let mut channels: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    for (channel, payload) in text.lines().map(message) {
        channels.entry(channel).or_default().push(payload);
    }
    let mut described = String::new();
    for (channel, payloads) in &channels {
        let candidates = recipes.candidates(channel);
        let find = |payload: &Vec<u8>| recipes.find(&candidates, channel, payload, 64 << 10);
        let recipe = payloads
            .iter()
            .find_map(find)
            .and_then(|index| recipes.get(index));
        let name = recipe.map_or("no recipe", |recipe| &recipe.name);
        writeln!(described, "{}: {name}", String::from_utf8_lossy(channel)).unwrap();
        for payload in payloads.iter().filter(|_| recipe.is_some()) {
            let row = recipe
                .map(|recipe| row(recipe, payload))
                .unwrap_or_default();
            writeln!(described, "    {}", row.escape_debug()).unwrap();
        }
    }
    described
}

/// For each file of traffic there is one that says what is shown. `SUBSCOPE_DESCRIBE=1` writes them
/// anew, to be read before they are committed.
#[test]
fn each_channel_has_its_recipe_and_each_row_its_summary() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/recipes");
    let files = fs::read_dir(&folder).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let mut count = 0;
    for file in files.filter(|file| file.extension().is_some_and(|name| name == "ndjson")) {
        let described = described(&fs::read_to_string(&file).unwrap());
        let expected = file.with_extension("txt");
        if std::env::var_os("SUBSCOPE_DESCRIBE").is_some() {
            fs::write(&expected, &described).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(described, expected, "{}", file.display());
        count += 1;
    }
    assert!(count > 10, "{count}");
}

#[test]
fn the_shipped_recipes_are_valid() {
    let text = include_str!("../../assets/recipes.toml");
    let config = Config::parse(Path::new("recipes.toml"), text).unwrap();
    assert_eq!(config.errors, []);
    assert_eq!(config.recipes.errors(), []);
    let (recipes, errors) = recipes::read(config.recipes.rest());
    assert_eq!(errors, []);
    assert_eq!(recipes.len(), text.matches("[[recipe]]").count());
}

fn own(text: &str) -> Result<Vec<Recipe>, String> {
    let config = Config::parse(Path::new("c.toml"), text).unwrap();
    let errors = config.recipes.errors().first();
    let (recipes, wrong) = recipes::read(config.recipes.rest());
    let error = errors.or(wrong.first());
    error.map_or(Ok(recipes), |error| Err(error.to_string()))
}

#[test]
fn the_users_recipes_come_first_and_tests_decide() {
    let text = r#"
        [[recipe]]
        name = "mine"
        channels = "orders:*"
        test = '.kind == "order"'
        summary = "{.id}"
        [[recipe]]
        name = "any"
        channels = ["x", "orders:*", "celery-task-meta-*"]
    "#;
    let recipes = Recipes::with_shipped(own(text).unwrap());
    let name = |channel: &str, payload: &str| {
        let candidates = recipes.candidates(channel.as_bytes());
        let found = recipes.find(
            &candidates,
            channel.as_bytes(),
            payload.as_bytes(),
            64 << 10,
        );
        found
            .and_then(|index| recipes.get(index))
            .map(|recipe| recipe.name.clone())
    };
    assert_eq!(
        name("orders:1", r#"{"kind":"order"}"#).as_deref(),
        Some("mine")
    );
    assert_eq!(name("orders:1", r#"{"kind":"x"}"#).as_deref(), Some("any"));
    assert_eq!(name("celery-task-meta-1", "").as_deref(), Some("any"));
    assert_eq!(name("plain", r#"{"kind":"order"}"#), None);
}

#[test]
fn mistakes_in_a_recipe_name_the_line_and_the_key() {
    let recipe = "[[recipe]]\nname = \"x\"\nchannels = \"a\"\n";
    for (line, words) in [
        (
            "test = '.a =='",
            "c.toml:4: recipe.test: a value is missing",
        ),
        ("test = 'jq(.a)'", "c.toml:4: recipe.test: cannot run jq"),
        (
            "format = 'jason'",
            "c.toml:4: recipe.format: must be one of JSON, ",
        ),
        (
            "summary = '{.a'",
            "c.toml:4: recipe.summary: a brace is not closed",
        ),
        ("pair = 'a -> b'", "c.toml:4: recipe.pair: "),
        (
            "pair = 'ab=.id -> a=.id'",
            "c.toml:4: recipe.pair: the requests on ab are not covered by the recipe: add ab to channels",
        ),
        ("seq = 'a'", "c.toml:4: recipe.seq: "),
        (
            "sent = 'a'",
            "c.toml:4: recipe.sent: a path starts with a dot",
        ),
        (
            "summery = '.a'",
            "c.toml:4: recipe.summery: no such key, did you mean 'summary'?",
        ),
        ("note = ''", "c.toml:4: recipe.note: must be printable text"),
        (
            "collapse = ['reply:*', '*']",
            "c.toml:4: recipe.collapse: needs text and then a * for the part that differs",
        ),
        ("key-of-channel = 1", "c.toml:4: recipe.key-of-channel: "),
        (
            "[[recipe]]\nname = \"x\"\nchannels = \"b\"",
            "c.toml:5: recipe.name: the recipe in line 2 has this name",
        ),
    ] {
        let error = own(&format!("{recipe}{line}\n")).unwrap_err();
        assert!(error.starts_with(words), "{error}");
    }
    assert!(
        own("[[recipe]]\nchannels = \"a\"\n")
            .unwrap_err()
            .contains("needs a name")
    );
    assert!(
        own("[[recipe]]\nname = \"a\"\n")
            .unwrap_err()
            .contains("needs channels")
    );
}
