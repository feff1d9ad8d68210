//! `subscope completions` in real shells, and `subscope man`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};
use std::time::Duration;

use crate::support::piped::Piped;
use crate::support::pty::{Launch, SUBSCOPE};
use crate::support::redis::{Redis, pack};

/// Runs `script` in a shell in which `subscope` is the built program.
fn shell(name: &str, script: &str) -> Output {
    let folder = SUBSCOPE.rsplit_once('/').unwrap().0;
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let output = Command::new(name)
        .args(["-c", script])
        .env("PATH", path)
        .env("SUBSCOPE_CONFIG", "/dev/null")
        .output();
    output.unwrap_or_else(|error| panic!("{name} (tests/run.sh installs it): {error}"))
}

fn text(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    assert!(error.is_empty(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn bash_completes_subcommands_options_and_profiles() {
    let completed = |line: &str| {
        let script = format!(
            "source <(subscope completions bash)
             COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_TYPE=9
             COMP_LINE='{line}'
             compopt() {{ :; }}
             _subscope subscope \"${{COMP_WORDS[COMP_CWORD]}}\"
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        text(&shell("bash", &script))
    };
    assert!(
        completed("subscope rec")
            .lines()
            .any(|word| word.trim() == "record")
    );
    assert!(completed("subscope tail --fail").contains("--fail-on"));
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    fs::write(
        &config,
        "[profile.staging]\n[profile.stage2]\n[profile.other]\n",
    )
    .unwrap();
    let line = format!("subscope --config {} --profile st", config.display());
    let profiles = completed(&line);
    assert!(
        profiles.contains("staging") && profiles.contains("stage2"),
        "{profiles}"
    );
    assert!(!profiles.contains("other"), "{profiles}");
}

#[test]
fn zsh_and_fish_load_their_scripts() {
    let script = "autoload -U compinit && compinit -u -D && source <(subscope completions zsh) \
                  && print -r -- $_comps[subscope]";
    assert!(!text(&shell("zsh", script)).trim().is_empty());
    let script = "subscope completions fish | source; and complete -C 'subscope exp'";
    assert!(text(&shell("fish", script)).starts_with("expect"));
}

/// A server with subscribers of the channels `orders:eu`, `orders:us`, `jobs` and some with names
/// that no shell should see.
fn server_with_channels() -> (Redis, TcpStream) {
    let redis = Redis::start();
    let mut subscriber = redis.connect();
    let names: [&[u8]; 8] = [
        b"SUBSCRIBE",
        b"orders:eu",
        b"orders:us",
        b"jobs",
        b"orders:$(reboot)",
        b"orders: two",
        b"orders:\n",
        b"orders:\xff",
    ];
    subscriber.write_all(&pack(&names)).unwrap();
    // The last confirmation.
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n:7\r\n") {
        let mut byte = [0];
        subscriber.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    (redis, subscriber)
}

/// Returns what fish offers for the last word of `line`, without options and subcommands.
fn offered(line: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let words = line.split(' ');
    let output = Command::new(SUBSCOPE)
        .arg("--")
        .args(words)
        .env("SUBSCOPE_COMPLETE", "fish")
        .env("SUBSCOPE_CONFIG", "/dev/null")
        .envs(variables.iter().copied())
        .output();
    let text = text(&output.unwrap());
    let words = text.lines().filter(|line| !line.contains('\t'));
    words.map(str::to_owned).collect()
}

/// The server has little time to answer, and a busy machine may need several attempts.
#[track_caller]
fn assert_offered(line: &str, variables: &[(&str, &str)], expected: &[&str]) {
    let mut found = Vec::new();
    for _ in 0..200 {
        found = offered(line, variables);
        if found == expected {
            return;
        }
    }
    panic!("{line}: {found:?}");
}

#[test]
fn channels_of_the_server_are_completed() {
    let (redis, _subscriber) = server_with_channels();
    let url = redis.url();
    let orders = &["orders:eu", "orders:us"];
    for command in ["", "tail", "record x", "expect x", "publish", "channels"] {
        let line = format!("subscope {command} -u {url} orders").replace("  ", " ");
        assert_offered(&line, &[], orders);
    }
    assert_offered("subscope tail j", &[("SUBSCOPE_URL", &url)], &["jobs"]);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let port = redis.port();
    fs::write(&config, format!("[profile.local]\nport = {port}\n[profile.slow]\nport = {port}\npassword-command = \"touch {}\"\n", folder.path().join("run").display())).unwrap();
    let config = config.to_str().unwrap();
    let line = format!("subscope tail --config {config} --profile local jobs orders:e");
    assert_offered(&line, &[], &["orders:eu"]);
    let variables = [("SUBSCOPE_CONFIG", config), ("SUBSCOPE_PROFILE", "local")];
    assert_offered("subscope publish j", &variables, &["jobs"]);
    // One question is enough for names.
    let questions = redis.cli(&["info", "commandstats"]);
    assert!(!questions.contains("pubsub|numsub"), "{questions}");
    // No command runs only because Tab is pressed, and nothing is asked.
    let ran = folder.path().join("run");
    let touch = folder.path().join("touch.sh");
    fs::write(&touch, format!("#!/bin/sh\ntouch {}\n", ran.display())).unwrap();
    fs::set_permissions(&touch, fs::Permissions::from_mode(0o700)).unwrap();
    let touch = touch.display();
    for line in [
        format!("subscope tail --config {config} --profile slow or"),
        format!("subscope tail -u {url} --askpass or"),
        format!("subscope tail -u {url} --via {touch} or"),
        "subscope tail -u redis://127.0.0.1:1 or".to_owned(),
        "subscope tail -u nonsense://x or".to_owned(),
    ] {
        assert_eq!(offered(&line, &[]), [""; 0], "{line}");
    }
    assert!(!ran.exists());
    // A server that does not answer.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let line = format!("subscope tail -p {port} or");
    assert_eq!(offered(&line, &[]), [""; 0]);
}

#[test]
fn shells_complete_channels_with_colons() {
    let (redis, _subscriber) = server_with_channels();
    let folder = SUBSCOPE.rsplit_once('/').unwrap().0;
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let zsh = "autoload -U compinit && compinit -u -D; source <(subscope completions zsh)";
    for (shell, options, setup) in [
        (
            "bash",
            &["--norc", "-i"][..],
            "source <(subscope completions bash)",
        ),
        ("zsh", &["-f", "-i"], zsh),
        ("fish", &["--private"], "subscope completions fish | source"),
    ] {
        let found = path.split(':').map(|folder| format!("{folder}/{shell}"));
        let found = found.into_iter().find(|path| fs::exists(path).unwrap());
        let found = found.unwrap_or_else(|| panic!("{shell}: tests/run.sh installs it"));
        let mut pty = Launch::program(found, options)
            .env("PATH", &path)
            .env("SUBSCOPE_CONFIG", "/dev/null")
            .env("SUBSCOPE_URL", &redis.url())
            .start();
        pty.send(format!("{setup}; echo rea''dy\r"));
        pty.wait_for_text("ready");
        pty.send("subscope tail jobs orders:e");
        let is_complete = (0..200).any(|_| {
            pty.send("\t");
            pty.wait_up_to(Duration::from_millis(500), |screen| {
                screen.contents().contains("jobs orders:eu")
            })
        });
        assert!(is_complete, "{shell}: {}", pty.text());
    }
}

#[test]
fn every_subcommand_and_topic_has_a_man_page() {
    let program = Piped::run(&["man"], b"");
    assert_eq!(program.code(), Some(0));
    assert!(program.text().contains("\\fBsubscope\\-queries\\fR(7)"));
    let unknown = Piped::run(&["man", "quereis"], b"");
    assert_eq!(unknown.code(), Some(2));
    let (_, names) = unknown.stderr.trim_end().split_once("Pages: ").unwrap();
    assert!(
        unknown.stderr.contains("did you mean 'queries'"),
        "{}",
        unknown.stderr
    );
    for name in names.split(", ") {
        let page = Piped::run(&["man", name], b"");
        assert_eq!(page.code(), Some(0), "{name}");
        assert!(page.text().contains(".SH NAME"), "{name}");
        assert!(
            page.text().contains(&format!("subscope\\-{name} \\- "))
                || page.text().contains(&format!("subscope-{name} \\- ")),
            "{name}"
        );
    }
}
