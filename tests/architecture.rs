//! Enforces the architecture described in the crate docs: which modules may import which, which may
//! name which crates, and which files belong at the top level. A failure names the file, the line
//! and the rule.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::paths::{Named, named_paths};

#[path = "architecture/paths.rs"]
mod paths;

/// A module directly below the crate's root.
struct Module {
    name: &'static str,
    /// The module imports from lower layers only.
    layer: u8,
    /// The crates, or modules of crates, that it may name besides std.
    may_name: &'static [&'static str],
}

/// Stands for every crate that is not reserved for another module.
const ALL: &[&str] = &["*"];

const MODULES: &[Module] = &[
    module("message", 0, &[]),
    module("config", 0, &["strsim", "toml"]),
    module(
        "payload",
        1,
        &[
            "memchr",
            "serde_json",
            "unicode_width",
            "unicode_segmentation",
            "jiff",
            "base64",
            "flate2",
            "lz4_flex",
            "num_bigint",
            "prost_reflect",
            "twox_hash",
            "zstd",
        ],
    ),
    module("log", 1, &["memchr", "hashbrown"]),
    module(
        "query",
        2,
        &[
            "regex", "memchr", "jaq_core", "jaq_json", "jaq_std", "rustix", "strsim",
        ],
    ),
    module("wire", 1, &["memchr"]),
    module(
        "server",
        2,
        &[
            "redis",
            "tokio",
            "rustls",
            "rustls_native_certs",
            "tokio_rustls",
            "crc16",
            "webpki_roots",
            "x509_parser",
            "percent_encoding",
            "socket2",
            "futures_util",
            "hashbrown",
            "zeroize",
        ],
    ),
    module(
        "workers",
        3,
        &["hashbrown", "hdrhistogram", "jiff", "memchr"],
    ),
    module("recording", 2, &["serde", "serde_json"]),
    module("broker", 2, &["tokio", "memchr", "serde_json"]),
    module(
        "app",
        4,
        &["crossterm::event", "ratatui::layout", "unicode_width"],
    ),
    module(
        "view",
        5,
        &["ratatui", "unicode_segmentation", "unicode_width", "jiff"],
    ),
    module(
        "terminal",
        5,
        &[
            "crossterm",
            "ratatui",
            "rustix",
            "signal_hook",
            "tokio",
            "unicode_width",
        ],
    ),
    module("runtime", 6, ALL),
    // The modules of the binary, each building on the previous one.
    module("host", 7, ALL),
    module("cli", 8, ALL),
    module("commands", 9, ALL),
    module("main", 10, ALL),
];

/// Crates that only these modules may name, even where all are allowed.
const RESERVED: &[(&str, &[&str])] = &[
    ("clap", &["cli", "main"]),
    ("rpassword", &["cli"]),
    ("redis", &["server"]),
    ("crc16", &["server"]),
    ("toml", &["config"]),
    ("socket2", &["server"]),
];

/// What a single file may name beyond its module's crates: the text box is wrapped in one place,
/// and the clocks are read in one.
const EXCEPTIONS: &[(&str, &[&str])] = &[
    ("src/app/input.rs", &["tui_textarea"]),
    ("src/message/clock.rs", &["rustix"]),
];

/// What belongs at the top level, besides dot files.
const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "LICENSE",
    "README.md",
    "src",
    "assets",
    "tests",
];

const fn module(name: &'static str, layer: u8, may_name: &'static [&'static str]) -> Module {
    Module {
        name,
        layer,
        may_name,
    }
}

/// A source file: its path from the project's root, with slashes, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Returns the path of the file's module: `["a", "b"]` for `src/a/b.rs`, `[]` for `src/lib.rs`.
    fn module(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        match path {
            "lib" => Vec::new(),
            path => path.split('/').collect(),
        }
    }

    /// Returns whether it is a test file, which may import and name anything.
    fn is_test(&self) -> bool {
        self.module().last() == Some(&"tests")
    }
}

/// Returns every violation of the rules in `sources`, as `file:line: rule`.
fn violations(sources: &[Source], crates: &BTreeSet<String>) -> Vec<String> {
    let modules: BTreeSet<Vec<&str>> = sources.iter().map(Source::module).collect();
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| !source.is_test()) {
        let module = source.module();
        if module.last() == Some(&"mod") {
            found.push(format!(
                "{}:1: a module lies in `x.rs` beside its folder `x/`, never in `mod.rs`",
                source.path
            ));
            continue;
        }
        // The root only declares the modules.
        let Some(top) = module.first() else { continue };
        let Some(own) = MODULES.iter().find(|module| module.name == *top) else {
            found.push(format!(
                "{}:1: module `{top}` has no layer: give it one in tests/architecture.rs",
                source.path
            ));
            continue;
        };
        for named in named_paths(&source.text) {
            let breach = match inside(&module, &named) {
                Some(target) => import_breach(own, &module, &target, &modules),
                None => crate_breach(own, &source.path, &named, crates),
            };
            if let Some(rule) = breach {
                found.push(format!("{}:{}: {rule}", source.path, named.line));
            }
        }
    }
    found
}

/// Returns the path from the crate's root, if `named` is a path inside the crate; `module` is the
/// module that contains it.
fn inside(module: &[&str], named: &Named) -> Option<Vec<String>> {
    let mut segments = named.segments.iter().map(String::as_str).peekable();
    let mut base: Vec<&str> = match *segments.peek()? {
        // The binary names the library by the crate's name.
        "crate" | "subscope" => Vec::new(),
        "self" | "super" => module.to_vec(),
        _ => return None,
    };
    while let Some(&first) = segments.peek() {
        match first {
            "super" => drop(base.pop()),
            "crate" | "self" | "subscope" => {}
            _ => break,
        }
        segments.next();
    }
    base.extend(segments);
    Some(base.into_iter().map(str::to_owned).collect())
}

/// Returns why `module`, which is inside the top-level module `own`, may not import `target`.
fn import_breach(
    own: &Module,
    module: &[&str],
    target: &[String],
    modules: &BTreeSet<Vec<&str>>,
) -> Option<String> {
    let target: Vec<&str> = target.iter().map(String::as_str).collect();
    let top = *target.first()?;
    if top == own.name {
        let owner = (1..=target.len())
            .rev()
            .map(|length| &target[..length])
            .find(|prefix| modules.contains(*prefix))?;
        let above = owner.len() + 2 <= module.len() && module.starts_with(owner);
        return above.then(|| {
            format!(
                "`{}` imports `{}`: a child never imports its parent's parent",
                module.join("::"),
                target.join("::"),
            )
        });
    }
    let Some(other) = MODULES.iter().find(|module| module.name == top) else {
        return Some(format!(
            "`crate::{}` is in no module: the root holds modules only",
            target.join("::")
        ));
    };
    (other.layer >= own.layer).then(|| {
        format!(
            "`{}` (layer {}) imports `{}` (layer {}): only lower layers and own children may be \
             imported",
            own.name, own.layer, other.name, other.layer,
        )
    })
}

/// Returns why the file at `path`, in the top-level module `own`, may not name an external crate.
fn crate_breach(
    own: &Module,
    path: &str,
    named: &Named,
    crates: &BTreeSet<String>,
) -> Option<String> {
    let name = named.segments.first()?;
    if !crates.contains(name) {
        return None;
    }
    if let Some((_, owners)) = RESERVED.iter().find(|(reserved, _)| reserved == name)
        && !owners.contains(&own.name)
    {
        return Some(format!(
            "only {} may name the crate `{name}`",
            owners.join(", ")
        ));
    }
    let full = named.segments.join("::");
    let exceptions = EXCEPTIONS.iter().filter(|(file, _)| *file == path);
    let mut may_name = exceptions.flat_map(|(_, names)| *names).chain(own.may_name);
    let allowed = own.may_name == ALL
        || may_name.any(|name| full == *name || full.starts_with(&format!("{name}::")));
    (!allowed).then(|| {
        format!(
            "`{}` names `{full}`: it may name {}",
            own.name,
            match own.may_name {
                [] => "no crate".to_owned(),
                some => some.join(", "),
            },
        )
    })
}

/// Returns the entries of `top_level` that do not belong there.
fn strangers<'a>(top_level: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    top_level
        .into_iter()
        .filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(name))
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads every source file below `folder`.
fn read_sources(folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root()).unwrap();
            sources.push(Source {
                path: relative.to_str().unwrap().replace('\\', "/"),
                text: fs::read_to_string(&path).unwrap(),
            });
        }
    }
}

/// Returns the dependencies in `Cargo.toml`, as spelled in code.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| Some(line.split_once('=')?.0.trim().replace('-', "_")))
        .filter(|name| !name.starts_with('#'))
        .collect()
}

/// Returns the names at the top level: what git tracks, or all entries if there is no git.
fn top_level() -> BTreeSet<String> {
    let tracked = Command::new("git")
        .args(["ls-files"])
        .current_dir(root())
        .output();
    match tracked {
        Ok(tracked) if tracked.status.success() => String::from_utf8(tracked.stdout)
            .unwrap()
            .lines()
            .filter_map(|path| Some(path.split('/').next()?.to_owned()))
            .collect(),
        _ => fs::read_dir(root())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "target")
            .collect(),
    }
}

#[test]
fn the_layers_hold() {
    let mut sources = Vec::new();
    read_sources(&root().join("src"), &mut sources);
    assert!(sources.iter().any(|source| source.path == "src/lib.rs"));
    let crates = dependencies(&fs::read_to_string(root().join("Cargo.toml")).unwrap());
    assert!(crates.contains("tui_textarea") && crates.contains("redis"));
    let found = violations(&sources, &crates);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn nothing_else_lies_at_the_top_level() {
    let names = top_level();
    assert!(names.contains("Cargo.toml"));
    let strangers = strangers(names.iter().map(String::as_str));
    assert!(
        strangers.is_empty(),
        "{strangers:?} at the top level: only {TOP_LEVEL:?} and dot files belong there",
    );
}

/// Returns the violations in one made-up file among a few others.
fn breaches(path: &str, text: &str) -> Vec<String> {
    let others = [
        "src/lib.rs",
        "src/view.rs",
        "src/app.rs",
        "src/app/log.rs",
        "src/message.rs",
    ];
    let mut sources: Vec<Source> = others
        .into_iter()
        .filter(|other| *other != path)
        .map(|other| source(other, ""))
        .collect();
    sources.push(source(path, text));
    let crates = [
        "tokio",
        "ratatui",
        "crossterm",
        "clap",
        "redis",
        "tui_textarea",
    ];
    violations(&sources, &crates.into_iter().map(str::to_owned).collect())
}

fn source(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn a_breach_is_named_with_file_and_line() {
    let found = breaches(
        "src/view.rs",
        "//! A view.\n\nuse crate::{app::App, terminal::{self, Session}};\n",
    );
    assert_eq!(
        found,
        ["src/view.rs:3: `view` (layer 5) imports `terminal` (layer 5): only lower layers and \
          own children may be imported"; 2]
    );
}

#[test]
fn every_kind_of_breach_is_found() {
    for (path, text, rule) in [
        (
            "src/server.rs",
            "use crate::app::App;",
            "(layer 2) imports `app`",
        ),
        (
            "src/log.rs",
            "use super::app::App;",
            "(layer 1) imports `app`",
        ),
        (
            "src/log.rs",
            "fn f() { crate::app::run() }",
            "(layer 1) imports `app`",
        ),
        (
            "src/app/log/rows.rs",
            "use super::super::App;",
            "parent's parent",
        ),
        (
            "src/app/log/rows.rs",
            "use crate::app::App;",
            "parent's parent",
        ),
        (
            "src/app/log/rows.rs",
            "use crate::app::{log, App};",
            "parent's parent",
        ),
        (
            "src/log.rs",
            "async fn f() { tokio::spawn(g()); }",
            "may name memchr",
        ),
        ("src/message.rs", "use tokio::sync;", "may name no crate"),
        (
            "src/app.rs",
            "use ratatui::widgets::Block;",
            "may name crossterm::event",
        ),
        (
            "src/app/log.rs",
            "use tui_textarea::TextArea;",
            "may name crossterm",
        ),
        ("src/runtime.rs", "use clap::Parser;", "only cli, main"),
        ("src/main.rs", "use redis::Client;", "only server may name"),
        ("src/utils.rs", "", "has no layer"),
        ("src/app/mod.rs", "", "never in `mod.rs`"),
        (
            "src/app.rs",
            "use crate::Thing;",
            "the root holds modules only",
        ),
    ] {
        let found = breaches(path, text);
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
        assert!(found[0].contains(rule), "{rule:?} not in {found:?}");
    }
}

#[test]
fn what_is_allowed_is_no_breach() {
    for (path, text) in [
        (
            "src/app.rs",
            "use crate::message::Time;\nuse crate::app::log::Rows;",
        ),
        (
            "src/app/log.rs",
            "use super::App; use crate::app::App; use crate::app::rows::Row;",
        ),
        (
            "src/app/log/rows.rs",
            "use super::Rows; use crate::app::log::Kept;",
        ),
        ("src/app/input.rs", "use tui_textarea::TextArea;"),
        ("src/app.rs", "use ratatui::layout::{Rect, Size};"),
        (
            "src/runtime.rs",
            "use crate::view; use crate::terminal; use tokio::select;",
        ),
        ("src/main.rs", "use subscope::{cli, commands};"),
        (
            "src/log.rs",
            "// use crate::app::App;\n/* crate::app /* */ tokio::spawn */",
        ),
        (
            "src/log.rs",
            "const A: &str = \"use crate::app\"; const B: &str = r#\"\"tokio::x\"#;",
        ),
        (
            "src/log.rs",
            "const C: char = '\"'; fn f<'a>(x: &'a str) {} // \" crate::app",
        ),
        (
            "src/log.rs",
            "#[cfg(test)]\nmod tests { use crate::app::App; }",
        ),
        ("src/log/tests.rs", "use crate::app::App;"),
    ] {
        assert_eq!(breaches(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn a_stranger_at_the_top_level_is_found() {
    let found = strangers(["src", ".github", "Cargo.toml", "benches", "notes.md"]);
    assert_eq!(found, BTreeSet::from(["benches", "notes.md"]));
}

/// These macros panic once the terminal is gone. `commands::complain` does not.
#[test]
fn nothing_writes_to_the_standard_streams_by_a_macro_that_panics() {
    let mut sources = Vec::new();
    read_sources(&root().join("src"), &mut sources);
    let macros = ["print!(", "println!(", "eprint!(", "eprintln!(", "dbg!("];
    for source in &sources {
        for (number, line) in (1..).zip(source.text.lines()) {
            let found = macros.iter().find(|name| line.contains(*name));
            assert_eq!(found, None, "{}:{number}: {line}", source.path);
        }
    }
}

#[test]
fn only_one_file_of_the_tests_chooses_the_server() {
    let name = ["\"redis", "-server\""].concat();
    let mut files = Vec::new();
    read_sources(&root().join("tests"), &mut files);
    let choosing: Vec<&str> = files
        .iter()
        .filter(|file| file.text.contains(&name))
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(choosing, ["tests/support/redis.rs"], "see `program` there");
}

/// A property test that chose its own cases might fail by chance, on another machine.
#[test]
fn property_tests_take_their_cases_from_one_place() {
    let mut files = Vec::new();
    read_sources(&root().join("tests"), &mut files);
    read_sources(&root().join("src"), &mut files);
    let count = |text: &str, part: &[&str]| text.matches(&part.concat()).count();
    for file in &files {
        let blocks = count(&file.text, &["proptest", "! {"]);
        let runners = count(&file.text, &["TestRunner", "::new("]);
        let configured = count(&file.text, &["(cases::", "config("]);
        assert_eq!(blocks + runners, configured, "{}", file.path);
    }
}
