//! Enforces the architecture described in the crate docs: which modules each module may import,
//! which crates it may name, how large files and functions may be, and what belongs at the top
//! level. A failure names the file, the line and the rule.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use subscope::app::BINDINGS;

use crate::house::House;
use crate::rules::{
    Floors, circles, crate_breaches, floor_breaches, grandparent_breach, scattered_app,
    size_breaches,
};
use crate::source::Source;

#[path = "architecture/house.rs"]
mod house;
#[path = "architecture/made_up.rs"]
mod made_up;
#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/texts.rs"]
mod texts;

/// The floors (layers) of the program and of some of its modules. See [`Floors`].
const FLOORS: &[Floors] = &[
    (
        "",
        "message config wire helper
         payload
         log
         query server broker recording
         workers export
         recipes
         app
         view terminal
         runtime
         host
         cli
         commands
         main",
    ),
    (
        "payload",
        "decimal figures hex json ranges severity
         escape
         tree
         diff quoted reading rows
         assembly json_tree protobuf
         avro cbor msgpack objects
         message_type
         format
         decoder_choices
         encode lookup
         change",
    ),
    (
        "workers",
        "worker
         analysis decode loading scan",
    ),
    (
        "server",
        "connect
         feed gaps replication
         cluster config
         report
         sentinel shared
         node_location
         commander route subscriber
         census checkup publisher
         coordinator",
    ),
    (
        "app",
        "copy_request export_request recording_request text_editor user_command user_decoder
         action effect event focus fuzzy input toast
         keymap layout timeline
         causes hints keyboard picker
         settings
         session
         channel_list log_pane plot publish_box
         undo
         message_pane overlays
         self
         update",
    ),
];

/// The crates, or modules of crates, that a module may name besides std. Only `message::clock`
/// reads the clocks, and only `app::input` wraps the text box.
const GRANTS: &str = "
    message::clock: rustix
    config: strsim toml
    wire: memchr
    payload: base64 flate2 jiff lz4_flex memchr num_bigint percent_encoding prost_reflect twox_hash
    payload: brotli_decompressor bzip2 lzma_rust2 quick_xml saphyr_parser snap zstd
    payload::avro: serde_json
    payload: unicode_segmentation unicode_width
    log: hashbrown
    export: base64 csv
    query: jaq_core jaq_json jaq_std memchr regex rustix strsim unicode_normalization
    server: crc16 futures_util hashbrown percent_encoding redis socket2 tokio zeroize
    server: rustls rustls_native_certs tokio_rustls webpki_roots x509_parser
    server::connect::tunnel: rustix signal_hook
    broker: memchr serde_json tokio
    recording: base64 jiff memchr zstd
    workers: hashbrown hdrhistogram jiff jsonschema serde_json
    app: crossterm::event ratatui::layout unicode_width
    app::fuzzy: nucleo_matcher strsim
    app::input: tui_textarea
    view: ratatui unicode_segmentation unicode_width
    terminal: crossterm ratatui rustix signal_hook tokio
    runtime: hdrhistogram ratatui tokio
    host: crossterm etcetera ratatui rustix serde_json signal_hook tokio zeroize
    cli: clap clap_complete etcetera rpassword strsim zeroize
    commands: clap clap_mangen tokio
    main: tokio
";

/// The files (`src/a.rs`) and functions (`src/a.rs name`) that may exceed the limits, and why.
const OVERSIZED: &str = "
    src/app/action.rs: one table of all actions
    src/app/keymap.rs: one table of all keys
    src/app/session/notices.rs notice_words: one match over all notices
    src/wire/any_frame.rs: one state machine over all types of RESP
";

/// The files with the names and labels of keys themselves.
const NAMES_OF_KEYS: [&str; 2] = ["src/app/action/motion.rs", "src/app/keymap/chord.rs"];

/// The texts in which what looks like a key is something else, or a key that cannot be changed.
const NO_KEYS: &str = "
    src/app/overlays/query_box/completion.rs: the first message to match: enters(.temp > 80)
    src/app/overlays/help.rs: The wheel scrolls the pane under the pointer. A click focuses and selects, a double click opens or chooses. Keys in the hint line, the sort order and titles can be clicked too.
    src/app/overlays/help.rs: A rate is the mean over the last 5 seconds, or since the first message; bars show the last minute.
    src/app/overlays/help.rs: A row is shown if it matches every include filter and no exclude filter.
    src/app/overlays/help.rs: A plot series records every message on its channel, whether the plot is shown or closed, until {remove-series} in the plot removes it.
    src/app/overlays/record_prompt.rs: NDJSON · a name that ends in .zst compresses it
    src/view/empty.rs: A channel without subscribers cannot be found: subscribe to it by name.
    src/app/keymap/changes.rs: Ctrl-C
    src/app/keymap/changes.rs: Ctrl-C always interrupts
    src/app/keymap.rs: subscribe; a name with * ? or [ is a pattern
    src/app/keymap.rs: take * ? and [ literally, or as a pattern
    src/app/message_pane/channel_tab.rs: Request and reply: {}={} -> {}={}
    src/app/message_pane/reader.rs: only the first {kept} of {size} ({bytes} B) were kept
    src/app/causes.rs: a cluster has only database 0; messages still arrive
    src/app/user_command.rs: stopped after {seconds} s
    src/app/update/palette.rs: theme {name} · theme = \"{name}\" in the config file keeps it
    src/app/plot/empty_reason.rs: : needs two messages
    src/app/plot/empty_reason.rs: : rates are averaged over several seconds
    src/app/update.rs: the paste has not ended · Esc ends it
    src/view/empty/hidden.rs: 0 of {searched} messages on {channels} match {asked}
    src/app/overlays/query_box/feedback.rs: unfinished · next: == != ~ in > >= < <=
    src/view/overlays.rs: stay · Ctrl-C abandon it
    src/view/overlays.rs: stay · Ctrl-C abandon them
    src/view/state.rs: in less than 1 s
    src/view/state.rs: in {} s
    src/view/overlays.rs: exactly this channel; * ? and [ are literal
    src/view/overlays.rs: channel; with * ? or [, a pattern
    src/view/overlays.rs: sharded channel; with * ? or [, all that match
";

/// The names allowed at the top level of the repository, besides dotfiles.
const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "LICENSE",
    "README.md",
    "src",
    "assets",
    "tests",
];

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    House::new(
        read("src")
            .iter()
            .map(|(path, text)| Source::parse(path, text)),
    )
});

#[test]
fn modules_import_only_from_lower_floors() {
    assert_none(
        FLOORS
            .iter()
            .flat_map(|floors| floor_breaches(&HOUSE, floors)),
    );
}

#[test]
fn modules_without_floors_import_in_one_direction() {
    let imports = HOUSE.imports();
    let parents: BTreeSet<&[String]> = imports.iter().map(|import| import.parent).collect();
    let others = parents.into_iter().filter(|parent| !has_floors(parent));
    assert_none(others.flat_map(|parent| circles(&imports, parent, false)));
}

#[test]
fn a_child_never_imports_from_above_its_parent() {
    let imports = HOUSE.imports();
    let others = imports.iter().filter(|import| !has_floors(import.parent));
    assert_none(others.filter_map(grandparent_breach));
}

#[test]
fn app_is_implemented_in_one_place() {
    assert_none(scattered_app(&HOUSE));
}

#[test]
fn modules_name_only_the_crates_granted_to_them() {
    assert_none(crate_breaches(&HOUSE, GRANTS, &dependencies()));
}

#[test]
fn files_and_functions_are_short() {
    assert_none(size_breaches(&HOUSE, OVERSIZED));
}

#[test]
fn no_module_lies_in_a_file_named_mod() {
    let mods = HOUSE
        .sources()
        .filter(|source| source.path.ends_with("/mod.rs"));
    assert_none(mods.map(|source| source.path.clone()));
}

#[test]
fn nothing_else_lies_at_the_top_level() {
    let names = top_level();
    assert!(names.contains("Cargo.toml"));
    assert_none(strangers(&names));
}

/// The standard print macros panic once the terminal is gone. `host::report` does not.
#[test]
fn nothing_writes_to_the_standard_streams_by_a_macro_that_panics() {
    let macros = ["print!(", "println!(", "eprint!(", "eprintln!(", "dbg!("];
    for (path, text) in read("src") {
        for (number, line) in (1..).zip(text.lines()) {
            let found = macros.iter().find(|name| line.contains(*name));
            assert_eq!(found, None, "{path}:{number}: {line}");
        }
    }
}

#[test]
fn only_one_file_of_the_tests_chooses_the_server() {
    let name = ["\"redis", "-server\""].concat();
    let files = read("tests");
    let choosing = files.iter().filter(|(_, text)| text.contains(&name));
    let paths: Vec<&String> = choosing.map(|(path, _)| path).collect();
    assert_eq!(paths, ["tests/support/redis.rs"], "see `program` there");
}

/// Collects all texts of the program on one page, for a reviewer, a writer or a translator to read.
#[test]
fn all_texts_stand_on_one_page() {
    let mut files = read("src");
    files.sort();
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path("architecture");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("texts", texts::page(&files)));
}

/// The user can change every key, so a text names the action in braces instead: `{undo}`.
#[test]
fn texts_name_no_key_that_the_user_can_change() {
    let labels = BINDINGS.iter().flat_map(|binding| binding.keys.iter());
    let labels: BTreeSet<String> = labels.map(|chord| chord.label()).collect();
    let is_screen = |path: &str| {
        let folders = ["src/app", "src/view"];
        folders.iter().any(|folder| path.starts_with(folder)) && !NAMES_OF_KEYS.contains(&path)
    };
    let files = read("src").into_iter();
    let files: Vec<_> = files.filter(|(path, _)| is_screen(path)).collect();
    let found = texts::naming_keys(&files, &labels).into_iter();
    assert_none(found.filter(|text| !NO_KEYS.lines().any(|line| line.trim() == text)));
}

#[test]
fn a_text_that_names_a_key_is_found() {
    let labels = ["a", "Z", "Esc", "Ctrl-X", "↑", "?"]
        .map(str::to_owned)
        .into();
    for (text, is_found) in [
        ("{} removed · Z undoes it", true),
        ("{} removed · {undo} undoes it", false),
        ("no entry matches · Esc shows all", true),
        ("in the box, press Ctrl-X: again", true),
        ("press a to add one", true),
        ("a filter", false),
        ("(? lists the keys)", true),
        ("Zoom, Escape", false),
    ] {
        let file = (
            "src/app/made_up.rs".to_owned(),
            format!("const A: &str = {text:?};"),
        );
        let found = texts::naming_keys(&[file], &labels);
        assert_eq!(!found.is_empty(), is_found, "{text}");
    }
}

/// A property test that chose its own cases could fail by chance on another machine.
#[test]
fn property_tests_take_their_cases_from_one_place() {
    let count = |text: &str, part: &[&str]| text.matches(&part.concat()).count();
    for (path, text) in read("tests").iter().chain(&read("src")) {
        let blocks = count(text, &["proptest", "! {"]);
        let runners = count(text, &["TestRunner", "::new("]);
        let configured = count(text, &["(cases::", "config("]);
        assert_eq!(blocks + runners, configured, "{path}");
    }
}

#[test]
fn a_stranger_at_the_top_level_is_found() {
    let names = ["src", ".github", "Cargo.toml", "benches", "notes.md"].map(str::to_owned);
    assert_eq!(strangers(&names.into()), ["benches", "notes.md"]);
}

/// Returns whether the floors inside the module `parent` are listed.
fn has_floors(parent: &[String]) -> bool {
    let parent = parent.join("::");
    FLOORS.iter().any(|(inside, _)| *inside == parent)
}

fn assert_none(found: impl IntoIterator<Item = String>) {
    let found: Vec<String> = found.into_iter().collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// Returns the entries of `top_level` that do not belong there.
fn strangers(top_level: &BTreeSet<String>) -> Vec<String> {
    let visible = top_level.iter().filter(|name| !name.starts_with('.'));
    visible
        .filter(|name| !TOP_LEVEL.contains(&name.as_str()))
        .cloned()
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the project-relative path and the text of every source file below `folder`.
fn read(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            files.extend(read(&path));
        } else if entry.path().extension() == Some(OsStr::new("rs")) {
            files.push((path, fs::read_to_string(entry.path()).unwrap()));
        }
    }
    files
}

/// Returns the dependencies in `Cargo.toml`, as spelled in code.
fn dependencies() -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let lines = manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]");
    lines
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| Some(line.split_once('=')?.0.trim().replace('-', "_")))
        .collect()
}

/// Returns the names at the top level of the repository: those that git tracks, or all entries if
/// there is no git.
fn top_level() -> BTreeSet<String> {
    let tracked = Command::new("git")
        .arg("ls-files")
        .current_dir(root())
        .output();
    match tracked {
        Ok(tracked) if tracked.status.success() => {
            let paths = String::from_utf8(tracked.stdout).unwrap();
            let names = paths.lines().filter_map(|path| path.split('/').next());
            names.map(str::to_owned).collect()
        }
        _ => fs::read_dir(root())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "target")
            .collect(),
    }
}
