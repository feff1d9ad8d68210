//! `subscope help`: the manual, listed, printed and paged.

use std::fs;
use std::process::{Command, Output, Stdio};

use crate::support::pty::{Launch, SUBSCOPE};

fn help(topics: &[&str]) -> Output {
    Command::new(SUBSCOPE)
        .arg("help")
        .args(topics)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

/// Returns the names and texts of the manual's pages.
fn pages() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/manual");
    let files = fs::read_dir(folder).unwrap();
    let pages = files.map(|file| {
        let path = file.unwrap().path();
        let topic = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (topic, fs::read_to_string(&path).unwrap())
    });
    pages.collect()
}

#[test]
fn every_page_of_the_manual_is_a_listed_topic() {
    let list = help(&[]);
    assert_eq!(list.status.code(), Some(0));
    assert!(stdout(&list).contains("subscope --help"));
    let pages = pages();
    assert!(pages.len() > 10);
    for (topic, page) in pages {
        let line = format!("\n  {topic} ");
        assert!(stdout(&list).contains(&line), "{topic} is not listed");
        let shown = help(&[&topic]);
        let words = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with("!["));
            let lines = lines.filter(|line| !line.is_empty());
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(words(stdout(&shown)), words(&page), "{topic}");
        assert!(!stdout(&shown).contains("\n\n\n"), "{topic}");
    }
}

#[test]
fn an_unknown_topic_suggests_one_and_lists_all() {
    for (topic, hint) in [
        (
            "querys",
            "no help topic 'querys', did you mean 'queries'? Topics: watching, ",
        ),
        (
            "perf",
            "no help topic 'perf', did you mean 'performance'? Topics: watching, ",
        ),
        (
            "zebra\x1b[2J",
            "no help topic 'zebra\\x1b[2J'. Topics: watching, ",
        ),
    ] {
        let output = help(&[topic]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(hint), "{error}");
        assert!(error.ends_with(", changelog\n"), "{error}");
    }
}

#[test]
fn a_page_is_shown_in_the_pager_on_a_terminal() {
    let launch = Launch::subscope(&["help", "servers"]);
    let pty = launch.env("PAGER", "sed 's/^# /paged: /'").start();
    pty.wait_for_text("paged: Tested servers");
    assert_eq!(pty.wait_for_exit().exit_code(), 0);
}

#[test]
fn a_page_is_printed_if_there_is_no_pager() {
    for (name, value) in [("PAGER", ""), ("PATH", "/nonexistent")] {
        let pty = Launch::subscope(&["help", "servers"])
            .env(name, value)
            .start();
        pty.wait_for_text("# Tested servers");
        assert_eq!(pty.wait_for_exit().exit_code(), 0, "{name}");
    }
}

#[test]
fn quitting_the_pager_early_is_not_an_error() {
    let launch = Launch::subscope(&["help", "performance"]);
    let pty = launch.env("PAGER", "head -n 1").start();
    pty.wait_for_text("# Performance");
    assert_eq!(pty.wait_for_exit().exit_code(), 0);
}
