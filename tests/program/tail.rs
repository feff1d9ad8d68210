//! `subscope tail` and `subscope expect` in pipes.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::piped::Piped;
use crate::support::pty::{Launch, SUBSCOPE};
use crate::support::redis::Redis;

/// Starts `subscope tail` with these options and waits until it is subscribed.
fn tail(redis: &Redis, options: &[&str]) -> Piped {
    let url = redis.url();
    let mut program = Piped::start(&[&["tail", "-u", &url], options].concat());
    program.wait_for_note("subscribed to");
    program
}

fn object(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn messages_are_written_as_json_with_the_decoded_value_beside_the_payload() {
    let redis = Redis::start();
    let mut tail = tail(&redis, &["orders", "bin*", "--count", "3"]);
    redis.cli(&["publish", "orders", r#"{"id": 1}"#]);
    redis.cli(&["publish", "other", "not subscribed"]);
    redis.send(&[b"PUBLISH", b"bin", b"\xff\x00"]);
    // {"a":"x"} in CBOR.
    redis.send(&[b"PUBLISH", b"bin", b"\xa1\x61a\x61x"]);
    let order = object(&tail.line());
    assert_eq!(order["channel"], "orders");
    assert_eq!(order["via"], json!(["orders"]));
    assert_eq!(order["payload"], r#"{"id": 1}"#);
    assert_eq!(order["decoded"], json!({"id": 1}));
    let bytes = object(&tail.line());
    assert_eq!(bytes["payload"], "/wA=");
    assert_eq!(bytes["encoding"], "base64");
    assert_eq!(bytes["via"], json!(["bin*"]));
    let cbor = object(&tail.line());
    assert_eq!(
        (&cbor["format"], &cbor["decoded"]),
        (&json!("CBOR"), &json!({"a": "x"}))
    );
    let ended = tail.finish();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn raw_output_is_the_payload_byte_for_byte() {
    let redis = Redis::start();
    let tail = tail(&redis, &["--output", "raw", "--count", "2"]);
    redis.send(&[b"PUBLISH", b"a", b"\xff\x1b[2J\x00"]);
    redis.send(&[b"PUBLISH", b"a", b""]);
    assert_eq!(tail.finish().stdout, b"\xff\x1b[2J\x00\n\n");
}

#[test]
fn a_line_has_fields_and_values_of_the_message() {
    let redis = Redis::start();
    let form = r#"{channel} {size} {.order.id // "none"} {via}{{}}\n"#;
    let tail = tail(&redis, &["--output", form, "--count", "2"]);
    redis.cli(&["publish", "orders", r#"{"order":{"id":7}}"#]);
    redis.cli(&["publish", "orders", "text"]);
    assert_eq!(tail.finish().text(), "orders 18 7 *{}\norders 4 none *{}\n");
    let wrong = Piped::run(&["tail", "--output", "{chanel}"], b"");
    assert_eq!(wrong.code(), Some(2));
    assert!(wrong.stderr.contains("'channel'"), "{}", wrong.stderr);
}

#[test]
fn a_filter_decides_what_is_written_and_counted() {
    let redis = Redis::start();
    let options = [
        "--filter",
        ".id >= 2",
        "--filter",
        "-channel:b",
        "--count",
        "2",
    ];
    let tail = tail(&redis, &[&options[..], &["-o", "{channel}{.id} "]].concat());
    for (channel, id) in [("a", 1), ("a", 2), ("b", 3), ("a", 4), ("a", 5)] {
        redis.cli(&["publish", channel, &format!(r#"{{"id":{id}}}"#)]);
    }
    assert_eq!(tail.finish().text(), "a2 a4 ");
    let drift = Piped::run(&["tail", "-u", &redis.url(), "--filter", "is:drift"], b"");
    assert_eq!(drift.code(), Some(2));
    assert!(drift.stderr.contains("only the screen"), "{}", drift.stderr);
}

#[test]
fn the_exit_code_says_how_it_ended() {
    let redis = Redis::start();
    let failing = tail(&redis, &["--fail-on", "error", "--filter", "ok"]);
    redis.cli(&["publish", "a", "ok"]);
    redis.cli(&["publish", "a", "neither"]);
    redis.cli(&["publish", "a", "an error"]);
    let ended = failing.finish();
    assert_eq!(ended.code(), Some(4));
    assert_eq!(ended.text().lines().count(), 2, "{}", ended.text());

    let url = redis.url();
    let run = |options: &[&str]| Piped::run(&[&["tail", "-u", &url], options].concat(), b"").code();
    assert_eq!(run(&["--for", "10ms"]), Some(3));
    assert_eq!(run(&["--idle", "10ms"]), Some(3));
    assert_eq!(run(&["--for", "10ms", "--fail-on", "error"]), Some(0));

    let until = tail(&redis, &["--until", "END", "one", "two"]);
    redis.cli(&["publish", "one", "END"]);
    redis.cli(&["publish", "two", "END"]);
    assert_eq!(until.finish().code(), Some(0));

    for signal in [Signal::INT, Signal::TERM] {
        let interrupted = tail(&redis, &[]);
        interrupted.signal(signal);
        assert_eq!(interrupted.finish().code(), Some(128 + signal.as_raw()));
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_an_error_at_the_start_and_a_gap_later() {
    let mut redis = Redis::start();
    let mut tail = tail(&redis, &["--count", "1"]);
    redis.kill();
    tail.wait_for_note("connection lost");
    let refused = Piped::run(&["tail", "-u", &redis.url()], b"");
    assert_eq!(refused.code(), Some(1));
    assert!(
        refused.stderr.contains("connection refused"),
        "{}",
        refused.stderr
    );
    assert!(refused.stdout.is_empty());
    redis.restart();
    tail.wait_for_note("back after");
    redis.cli(&["publish", "a", "again"]);
    assert_eq!(tail.finish().code(), Some(0));
}

#[test]
fn a_refused_subscription_is_an_error() {
    let redis = Redis::start();
    redis.cli(&[
        "acl",
        "setuser",
        "bob",
        "on",
        ">pw",
        "+@all",
        "resetchannels",
        "&orders.*",
    ]);
    let url = redis.url().replace("redis://", "redis://bob:pw@");
    let refused = Piped::run(&["tail", "-u", &url, "other"], b"");
    assert_eq!(refused.code(), Some(1));
    assert!(refused.stderr.contains("NOPERM"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("pw@"), "{}", refused.stderr);
    // Instead of everything, what the user may access.
    let mut tail = Piped::start(&["tail", "-u", &url, "--count", "1"]);
    tail.wait_for_note("subscribed to pattern orders.*");
    redis.cli(&["publish", "orders.eu", "hello"]);
    assert_eq!(object(&tail.line())["channel"], "orders.eu");
    assert_eq!(tail.finish().code(), Some(0));
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let redis = Redis::start();
    let command = format!("'{SUBSCOPE}' tail -u {} -o raw | head -n 1", redis.url());
    let mut shell = Command::new("/bin/bash");
    shell.args(["-o", "pipefail", "-c", &command]);
    let mut piped = Piped::launch(&mut shell);
    piped.wait_for_note("subscribed to");
    redis.cli(&["publish", "a", "one"]);
    assert_eq!(piped.line(), "one\n");
    // No further message is needed for that.
    let ended = piped.finish();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn without_a_terminal_the_program_behaves_as_tail_and_says_so() {
    let redis = Redis::start();
    let mut program = Piped::start(&["-u", &redis.url(), "--filter", "wanted"]);
    program.wait_for_note("as subscope tail does");
    program.wait_for_note("subscribed to");
    redis.cli(&["publish", "a", "other"]);
    redis.cli(&["publish", "a", "wanted"]);
    assert_eq!(object(&program.line())["payload"], "wanted");
    program.signal(Signal::INT);
    assert_eq!(program.finish().code(), Some(130));
}

#[test]
fn on_a_terminal_lines_are_readable_and_nothing_acts_on_it() {
    let redis = Redis::start();
    let pty = Launch::subscope(&["tail", "-u", &redis.url(), "--count", "2"]).start();
    pty.wait_for_text("subscribed to");
    redis.send(&[b"PUBLISH", b"or\x1b[2Jders", b"\x1b[2Jtext"]);
    redis.send(&[b"PUBLISH", b"cbor", b"\xa1\x61a\x61x"]);
    pty.wait_for_text(r"or\x1b[2Jders \x1b[2Jtext");
    pty.wait_for_text(r#"cbor {"a":"x"}"#);
}

#[test]
fn the_latest_message_of_each_channel_is_written_at_the_end() {
    let redis = Redis::start();
    let latest = tail(
        &redis,
        &["--latest", "-o", "{channel} {payload}\\n", "--count", "4"],
    );
    for (channel, text) in [("b", "1"), ("a", "2"), ("b", "3"), ("a", "4")] {
        redis.cli(&["publish", channel, text]);
    }
    assert_eq!(latest.finish().text(), "a 4\nb 3\n");
}

#[test]
fn on_a_terminal_the_latest_messages_are_rewritten_in_place() {
    let redis = Redis::start();
    let options = ["tail", "--latest", "--count", "3", "-u"];
    let pty = Launch::subscope(&[&options[..], &[&redis.url()]].concat()).start();
    pty.wait_for_text("subscribed to");
    redis.cli(&["publish", "a", "first"]);
    pty.wait_for_text("a first");
    redis.cli(&["publish", "b", "second"]);
    redis.cli(&["publish", "a", "third"]);
    pty.wait_for_text("a third");
    pty.wait_for("both lines", |screen| {
        let text = screen.contents();
        text.contains("b second") && !text.contains("first")
    });
}

#[test]
fn a_summary_counts_by_channel() {
    let redis = Redis::start();
    let options = ["--summary", "--count", "3", "--sent", "a=.sent"];
    let summary = tail(&redis, &options);
    redis.cli(&["publish", "a", r#"{"sent":1000000000}"#]);
    redis.cli(&["publish", "a", "xx"]);
    redis.cli(&["publish", "b", "x"]);
    let ended = summary.finish();
    let rows: Vec<Vec<&str>> = ended
        .stderr
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let row = |name: &str| rows.iter().find(|row| row[0] == name).unwrap();
    assert_eq!(row("channel")[1], "messages");
    assert_eq!((row("a")[1], row("b")[1]), ("2", "1"), "{}", ended.stderr);
    assert!(row("a").last().unwrap().ends_with('h'), "{}", ended.stderr);
    assert_eq!(*row("b").last().unwrap(), "–");
}

#[test]
fn a_recording_takes_the_place_of_a_server() {
    let recording = concat!(
        r#"{"recording":1,"program":"x","server":"y","start":"2026-11-23T11:00:00Z"}"#,
        "\n",
        r#"{"time":"2026-11-23T11:00:01Z","channel":"a","via":["*"],"payload":"{\"id\":1}"}"#,
        "\nnot a row\n",
        r#"{"time":"2026-11-23T11:00:02Z","notice":"gap","text":"connection lost"}"#,
        "\n",
        r#"{"time":"2026-11-23T11:00:03Z","channel":"b","via":["*"],"payload":"/w==","encoding":"base64"}"#,
        "\n",
        r#"{"time":"2026-11-23T11:00:04Z","channel":"a","pay"#,
    );
    let read = |options: &[&str]| {
        Piped::run(
            &[&["tail", "--from", "-"], options].concat(),
            recording.as_bytes(),
        )
    };
    let all = read(&["-o", "{time} {channel} {payload}\\n"]);
    assert_eq!(all.code(), Some(0));
    let expected =
        b"2026-11-23T11:00:01.000000Z a {\"id\":1}\n2026-11-23T11:00:03.000000Z b \xff\n";
    assert_eq!(all.stdout, expected);
    assert!(all.stderr.contains("connection lost"), "{}", all.stderr);
    assert!(
        all.stderr.contains("2 lines skipped: line 3: not JSON"),
        "{}",
        all.stderr
    );
    let some = read(&["-o", "{channel}", "a*", "--filter", ".id == 1"]);
    assert_eq!(some.text(), "a");
    let missing = Piped::run(&["tail", "--from", "/no/such/file"], b"");
    assert_eq!(missing.code(), Some(1));
    assert!(
        missing.stderr.contains("/no/such/file: No such file"),
        "{}",
        missing.stderr
    );
}

#[test]
fn nothing_is_lost_when_the_reader_is_slower_than_the_server() {
    let redis = Redis::start_with(&crate::support::redis::NO_LIMITS);
    let mut child = Command::new(SUBSCOPE)
        .args(["tail", "-u", &redis.url(), "-o", "raw", "--count", "20000"])
        .env("SUBSCOPE_CONFIG", "/dev/null")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while redis.cli(&["pubsub", "numpat"]).trim() != "1" {}
    let script = "for i = 1, 20000 do redis.call('publish', 'a', i) end";
    redis.cli(&["eval", script, "0"]);
    let output = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    let mut expected = String::new();
    for number in 1..=20_000 {
        writeln!(expected, "{number}").unwrap();
    }
    assert!(output == expected, "{} lines", output.lines().count());
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_expected_message_ends_the_wait() {
    let redis = Redis::start();
    let url = redis.url();
    let expect =
        |arguments: &[&str]| Piped::run(&[&["expect", "-u", &url], arguments].concat(), b"");
    let came = expect(&[".id == 7", "--publish", "orders", r#"{"id":7}"#]);
    assert_eq!(came.code(), Some(0), "{}", came.stderr);
    assert_eq!(object(came.text())["channel"], "orders");

    let options = ["--publish", "orders", r#"{"id":6}"#, "--within", "500ms"];
    let missed = expect(&[&[".id == 7"], &options[..]].concat());
    assert_eq!(missed.code(), Some(3));
    assert!(missed.stdout.is_empty());
    assert!(
        missed.stderr.contains("1 other message came instead"),
        "{}",
        missed.stderr
    );
    assert!(
        missed.stderr.contains(r#"orders {"id":6}"#),
        "{}",
        missed.stderr
    );

    let silent = expect(&["x", "--within", "10ms"]);
    assert_eq!(silent.code(), Some(3));
    assert!(
        silent.stderr.contains("no other messages"),
        "{}",
        silent.stderr
    );
    assert_eq!(expect(&["(", "--within", "10ms"]).code(), Some(2));
}

#[test]
fn a_recording_of_another_program_is_read_from_a_file_or_a_pipe() {
    let csv = b"\"message\",\"orders\",\"one\"\n\"pmessage\",\"o*\",\"orders\",\"two\"\n";
    let found = Piped::run(
        &["tail", "--from", "-", "-o", "{channel} {payload}\\n"],
        csv,
    );
    assert_eq!(found.text(), "orders one\norders two\n", "{}", found.stderr);
    // A line of raw output could be anything.
    let raw = b"message\norders\nsubscribe me\n";
    let options = [
        "tail",
        "--from",
        "-",
        "--from-format",
        "redis-cli-raw",
        "-o",
        "raw",
    ];
    assert_eq!(Piped::run(&options, raw).text(), "subscribe me\n");
    // Its rows are as old as the file.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    fs::write(&path, csv).unwrap();
    let file = fs::File::options().append(true).open(&path).unwrap();
    let time = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    file.set_modified(time).unwrap();
    let path = path.to_str().unwrap();
    let times = Piped::run(&["tail", "--from", path, "-o", "{time}\\n"], b"");
    assert_eq!(
        times.text().lines().next(),
        Some("2026-01-01T00:00:00.000000Z")
    );
    let alone = Piped::run(&["tail", "--from-format", "monitor"], b"");
    assert_eq!(alone.code(), Some(2), "{}", alone.stderr);
}
