//! `subscope doctor`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::piped::Piped;
use crate::support::pty::{Launch, Pty};
use crate::support::redis::Redis;

/// Creates a folder with a program that a shell runs.
fn folder_with(name: &str, script: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    add_program(folder.path(), name, script);
    folder
}

/// Adds a program that a shell runs.
pub fn add_program(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Returns the value of a row.
fn row<'a>(report: &'a str, name: &str) -> &'a str {
    let mut lines = report.lines().map(str::trim);
    let found = lines.find_map(|line| {
        let value = line.strip_prefix(name)?;
        value.starts_with("  ").then(|| value.trim())
    });
    found.unwrap_or_else(|| panic!("no {name} in {report}"))
}

#[test]
fn a_server_is_examined_and_nothing_is_changed() {
    let redis = Redis::start();
    redis.cli(&["config", "resetstat"]);
    let done = Piped::run(&["doctor", "-u", &redis.url()], b"");
    assert_eq!((done.code(), done.stderr.as_str()), (Some(0), ""));
    let report = done.text();
    for section in ["program", "terminal", "config", "environment", "server"] {
        assert!(report.lines().any(|line| line == section), "{report}");
    }
    assert!(row(report, "version").starts_with(env!("CARGO_PKG_VERSION")));
    assert_eq!(row(report, "address"), redis.url());
    assert!(row(report, "connection").contains("ssh"));
    assert_eq!(row(report, "mode"), "standalone");
    assert_eq!(row(report, "role"), "master");
    assert_eq!(row(report, "user"), "default");
    let may = row(report, "may");
    for command in ["SUBSCRIBE", "PSUBSCRIBE *", "PUBLISH", "CLIENT", "INFO"] {
        assert!(may.split(", ").any(|one| one == command), "{may}");
    }
    assert!(row(report, "keyspace events").starts_with("off"));
    assert!(row(report, "subscriber output").starts_with("at most 32.0 MiB"));
    assert!(row(report, "latency").contains("fastest"));
    let stats = redis.cli(&["info", "commandstats"]);
    for command in [
        "publish",
        "subscribe",
        "psubscribe",
        "exec",
        "set",
        "config|set",
    ] {
        assert!(
            !stats.contains(&format!("cmdstat_{command}:calls")),
            "{stats}"
        );
    }
}

#[test]
fn what_a_user_may_not_do_is_said_with_the_remedy_and_without_the_password() {
    let redis = Redis::start();
    let url = |user: &str| format!("redis://{user}:hush@127.0.0.1:{}", redis.port());
    redis.cli(&[
        "acl", "setuser", "reader", "on", ">hush", "+@all", "-publish", "&*",
    ]);
    let done = Piped::run(&["doctor", "-u", &url("reader")], b"");
    let report = done.text();
    assert_eq!(done.code(), Some(0));
    assert!(!report.contains("hush"), "{report}");
    assert_eq!(row(report, "may not"), "PUBLISH");
    assert!(report.contains("- publishing: NOPERM"), "{report}");
    assert!(
        report.contains("grant it: ACL SETUSER reader +publish"),
        "{report}"
    );
    // Without transactions, subscriptions are tried, and nothing is published.
    let rules = ["+subscribe", "+psubscribe", "resetchannels", "&orders"];
    redis.cli(&[&["acl", "setuser", "tight", "on", ">hush"], &rules[..]].concat());
    let done = Piped::run(&["doctor", "-u", &url("tight")], b"");
    let report = done.text();
    assert_eq!(row(report, "user"), "tight");
    assert_eq!(row(report, "untested"), "PUBLISH");
    assert!(row(report, "may not").contains("PSUBSCRIBE *"), "{report}");
    assert!(report.contains("ACL SETUSER tight allchannels"), "{report}");
    assert!(!report.contains("hush"), "{report}");
    assert_eq!(redis.cli(&["pubsub", "numpat"]).trim(), "0");
}

#[test]
fn limits_of_the_server_are_explained() {
    let redis = Redis::start_with(&["--client-output-buffer-limit", "pubsub", "1mb", "0", "0"]);
    redis.cli(&["config", "set", "notify-keyspace-events", "KEA"]);
    let done = Piped::run(&["doctor", "-u", &redis.url()], b"");
    let report = done.text();
    assert_eq!(row(report, "subscriber output"), "at most 1.0 MiB");
    assert!(report.contains("- bursts of messages: "), "{report}");
    assert_ne!(row(report, "keyspace events"), "off");
}

#[test]
fn a_server_that_cannot_be_reached_is_exit_code_1() {
    let done = Piped::run(&["doctor", "-u", "redis://me:hush@127.0.0.1:1"], b"");
    assert_eq!(done.code(), Some(1));
    assert!(
        done.text()
            .contains("- everything that needs a server: connection refused")
    );
    assert!(!done.text().contains("hush"));
    let done = Piped::run(&["doctor", "-u", "http://me:hush@127.0.0.1"], b"");
    assert_eq!(done.code(), Some(2));
    assert!(done.text().contains("unknown scheme"), "{}", done.text());
    assert!(!done.text().contains("hush"));
}

#[test]
fn mistakes_in_the_config_file_and_the_variables_are_listed() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(
        &file,
        "[profile.one]\nurl = \"redis://:hush@h\"\ncolour = \"red\"\n",
    )
    .unwrap();
    let path = file.to_str().unwrap();
    let pty = Launch::subscope(&["doctor", "-u", &redis.url()])
        .env("SUBSCOPE_CONFIG", path)
        .env("SUBSCOPE_READONLY", "true")
        .env("SUBSCOPE_PASSWORD", "")
        .env("REDISCLI_AUTH", "")
        .env("SUBSCOPE_FILTER", "private")
        .size(200, 80)
        .start();
    answer(pty, b"\x1b[?1;2c", |pty| {
        let report = pty.text();
        assert!(row(&report, "file").ends_with("1 mistake"), "{report}");
        assert!(report.contains("- a part of the config file: "), "{report}");
        assert!(
            report.contains("did you mean 'SUBSCOPE_READ_ONLY'?"),
            "{report}"
        );
        assert_eq!(row(&report, "SUBSCOPE_FILTER"), "set");
        assert_eq!(row(&report, "SUBSCOPE_CONFIG"), path);
        assert!(
            !report.contains("hush") && !report.contains("private"),
            "{report}"
        );
    });
}

/// Gives the terminal's answers once it is asked, and checks the report.
fn answer(mut pty: Pty, answers: &[u8], check: impl Fn(&Pty)) {
    let asked = Instant::now();
    while !pty.raw().windows(3).any(|bytes| bytes == b"\x1b[c") {
        assert!(asked.elapsed() < Duration::from_secs(30), "it does not ask");
        thread::sleep(Duration::from_millis(5));
    }
    pty.send_at_once(answers);
    pty.wait_for_text("what will not work");
    assert_eq!(pty.wait_for_exit().exit_code(), 0);
    check(&pty);
}

#[test]
fn the_terminal_is_asked_and_its_settings_are_explained() {
    let redis = Redis::start();
    let script = "case $1 in -V) echo tmux 9.9 ;; show) echo external ;; esac";
    let folder = folder_with("tmux", script);
    add_program(folder.path(), "xclip", "exit 0");
    let start = |name: &str, value: &str| {
        Launch::subscope(&["doctor", "-u", &redis.url()])
            .env("PATH", folder.path().to_str().unwrap())
            .env("DISPLAY", ":0")
            .env(name, value)
            .size(160, 80)
            .start()
    };
    let answers =
        b"\x1b[?2004;2$y\x1bP>|box 1.2\x1b\\\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?0u\x1b[?62;52c";
    answer(start("LANG", "C"), answers, |pty| {
        let report = pty.text();
        assert_eq!(row(&report, "name"), "box 1.2");
        assert_eq!(row(&report, "size"), "160x80");
        assert_eq!(row(&report, "colours"), "256 (theme light)");
        assert_eq!(row(&report, "background"), "light (#ffffff)");
        assert_eq!(row(&report, "characters"), "ASCII (LANG=C)");
        assert_eq!(row(&report, "pastes"), "marked (bracketed paste)");
        assert!(row(&report, "keyboard").contains("kitty"));
        assert_eq!(row(&report, "multiplexer"), "none");
        assert_eq!(row(&report, "clipboard tools"), "xclip");
        assert!(row(&report, "clipboard").starts_with("OSC 52, which the terminal says"));
        assert!(report.contains("- characters beyond ASCII: "), "{report}");
    });
    answer(start("TMUX", "/tmp/x,1,0"), b"\x1b[?1;2c", |pty| {
        let report = pty.text();
        assert_eq!(
            row(&report, "multiplexer"),
            "tmux 9.9, set-clipboard external"
        );
        assert_eq!(row(&report, "clipboard tools"), "xclip, tmux buffer");
        let words = "xclip (tmux drops OSC 52: set -g set-clipboard on)";
        assert_eq!(row(&report, "clipboard"), words);
    });
}
