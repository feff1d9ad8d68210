//! Recordings, by `subscope record` and from the screen: files that survive what happens to the
//! program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::piped::Piped;
use crate::support::pty::{Launch, Pty, SUBSCOPE, signal};
use crate::support::redis::Redis;

/// Starts `subscope record` and waits until it is subscribed.
fn record(redis: &Redis, path: &Path, options: &[&str]) -> Piped {
    let (url, path) = (redis.url(), path.to_str().unwrap());
    let mut program = Piped::start(&[&["record", path, "-u", &url], options].concat());
    program.wait_for_note("subscribed to");
    program
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns the payloads in a recording, as `subscope tail` reads them.
fn payloads(path: &Path) -> Vec<u8> {
    let ended = Piped::run(
        &["tail", "--from", path.to_str().unwrap(), "-o", "raw"],
        b"",
    );
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    ended.stdout
}

/// Waits until the recording contains `text`.
fn wait_for(path: &Path, text: &str) {
    while !fs::read_to_string(path).unwrap_or_default().contains(text) {
        std::thread::yield_now();
    }
}

#[test]
fn a_recording_is_a_private_file_of_json_lines() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.ndjson");
    let url = redis.url().replace("redis://", "redis://default:secret@");
    redis.cli(&["config", "set", "requirepass", "secret"]);
    let mut program = Piped::start(&["record", path.to_str().unwrap(), "-u", &url, "a*"]);
    program.wait_for_note("subscribed to");
    redis.send(&[b"AUTH", b"secret"]);
    let publish =
        |text: &str| redis.cli(&["-a", "secret", "--no-auth-warning", "publish", "a", text]);
    publish("one");
    publish("two");
    wait_for(&path, "two");
    program.signal(Signal::INT);
    let ended = program.finish();
    assert_eq!(ended.code(), Some(130));
    assert!(
        ended.stderr.contains("recorded 2 messages"),
        "{}",
        ended.stderr
    );
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let lines = lines(&path);
    assert_eq!(lines[0]["recording"], 1);
    assert!(!fs::read_to_string(&path).unwrap().contains("secret"));
    assert_eq!(lines[1]["notice"], "subscribed");
    assert_eq!(
        (&lines[2]["payload"], &lines[3]["payload"]),
        (&"one".into(), &"two".into())
    );
    let exists = Piped::run(&["record", path.to_str().unwrap(), "-u", &url], b"");
    assert_eq!(exists.code(), Some(2));
    assert!(exists.stderr.contains("--force"), "{}", exists.stderr);
}

#[test]
fn payloads_come_back_byte_for_byte_plain_and_compressed() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let all_bytes: Vec<u8> = (0..=255).collect();
    let large = vec![b'"'; 2 << 20];
    for name in ["r.ndjson", "r.ndjson.zst"] {
        let path = folder.path().join(name);
        let mut program = record(&redis, &path, &["--until", "END", "a"]);
        let payloads_sent = [
            &b""[..],
            b"\xff\x00",
            &all_bytes,
            &large,
            "é\u{202e}\n\r".as_bytes(),
            b"END",
        ];
        for payload in payloads_sent {
            redis.send(&[b"PUBLISH", b"a", payload]);
        }
        program.wait_for_note("recorded 6 messages");
        assert_eq!(program.finish().code(), Some(0));
        let mut expected = payloads_sent.join(&b'\n');
        expected.push(b'\n');
        assert!(payloads(&path) == expected, "{name}");
    }
}

#[test]
fn what_was_written_before_a_crash_can_be_read() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    for name in ["r.ndjson", "r.ndjson.zst"] {
        let path = folder.path().join(name);
        let program = record(&redis, &path, &["a"]);
        for number in 0..1000 {
            redis.cli(&["publish", "a", &format!("message {number}")]);
        }
        // It takes at most half a second until everything so far is in the file.
        let is_begun = || fs::metadata(&path).is_ok_and(|found| found.len() > 0);
        while !is_begun() || !payloads(&path).ends_with(b"message 999\n") {
            std::thread::yield_now();
        }
        program.signal(Signal::KILL);
        assert_eq!(program.finish().code(), None);
        assert_eq!(payloads(&path).split(|byte| *byte == b'\n').count(), 1001);
    }
}

#[test]
fn a_filter_decides_what_is_recorded() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.ndjson");
    let program = record(
        &redis,
        &path,
        &["--until", "END", "--filter", ".id > 1", "a"],
    );
    for payload in [r#"{"id":1}"#, r#"{"id":2}"#, "END"] {
        redis.cli(&["publish", "a", payload]);
    }
    assert_eq!(program.finish().code(), Some(0));
    assert_eq!(payloads(&path), b"{\"id\":2}\n");
}

#[test]
fn a_full_file_makes_room_for_the_next() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.ndjson");
    let options = [
        "--rotate",
        "1MiB",
        "--keep-files",
        "2",
        "--until",
        "END",
        "a",
    ];
    let program = record(&redis, &path, &options);
    let payload = "x".repeat(400 << 10);
    for _ in 0..20 {
        redis.send(&[b"PUBLISH", b"a", payload.as_bytes()]);
    }
    redis.cli(&["publish", "a", "END"]);
    let ended = program.finish();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 3, "{names:?}");
    for entry in names {
        let lines = lines(&entry.unwrap().path());
        assert_eq!(lines[0]["recording"], 1, "every file has a header");
    }
    let wrong = Piped::run(&["record", "x", "--rotate", "1KiB"], b"");
    assert_eq!(wrong.code(), Some(2));
}

#[test]
fn a_failed_write_ends_the_recording_with_the_reason() {
    let redis = Redis::start();
    let ended = {
        let mut program = Piped::start(&["record", "/dev/full", "--force", "-u", &redis.url()]);
        program.stdin.take();
        program.finish()
    };
    assert_eq!(ended.code(), Some(1));
    assert!(
        ended.stderr.contains("/dev/full: No space left"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_million_messages_are_recorded_in_order() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.ndjson");
    let program = record(&redis, &path, &["--until", "END", "a"]);
    let flood = "for i = 1, 10000 do redis.call('publish', 'a', ARGV[1] + i) end";
    for start in 0..100 {
        let start = (start * 10_000).to_string();
        redis.cli(&["eval", flood, "0", &start]);
    }
    redis.cli(&["publish", "a", "END"]);
    let ended = program.finish();
    assert!(
        ended.stderr.contains("recorded 1,000,001 messages"),
        "{}",
        ended.stderr
    );
    let text = fs::read_to_string(&path).unwrap();
    let lines = text.lines();
    let payloads = lines.filter_map(|line| line.split_once("\"payload\":")?.1.strip_suffix('}'));
    let mut count = 0;
    for (payload, number) in payloads.zip(1..) {
        count = number;
        let expected = match number {
            1_000_001 => "\"END\"".to_owned(),
            _ => format!("\"{number}\""),
        };
        assert_eq!(payload, expected);
    }
    assert_eq!(count, 1_000_001);
}

/// Starts the screen and records to `path` from now on.
fn record_on_screen(redis: &Redis, path: &Path) -> Pty {
    let mut pty = Launch::subscope(&["-u", &redis.url()]).start();
    pty.wait_for_text("subscribed to pattern *");
    start_recording(&mut pty, path);
    pty
}

fn start_recording(pty: &mut Pty, path: &Path) {
    open_prompt(pty, path);
    pty.send("\r");
    pty.wait_for_text("● REC");
}

/// Opens the prompt and types `path` in place of the suggested name.
fn open_prompt(pty: &mut Pty, path: &Path) {
    pty.send("R");
    pty.wait_for_text(" Record to ");
    pty.send("\x15");
    pty.send(path.to_str().unwrap());
}

#[test]
fn the_screen_records_what_arrives_until_it_quits() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    for name in ["r.ndjson", "r.ndjson.zst"] {
        let path = folder.path().join(name);
        let mut pty = record_on_screen(&redis, &path);
        redis.cli(&["publish", "orders", "one"]);
        pty.wait_for_text("REC 1 msgs");
        redis.send(&[b"PUBLISH", b"orders", b"\xff\x00"]);
        redis.cli(&["publish", "orders", "three"]);
        pty.wait_for_text("three");
        pty.send("q");
        assert!(pty.wait_for_exit().success());
        assert!(pty.text().contains("recorded 3 messages"), "{}", pty.text());
        assert_eq!(payloads(&path), b"one\n\xff\x00\nthree\n", "{name}");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn the_screen_records_kept_rows_and_only_what_the_filter_shows() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.ndjson");
    let mut pty = Launch::subscope(&["-u", &redis.url()]).start();
    pty.wait_for_text("subscribed to pattern *");
    for payload in [r#"{"id":1,"is":"old"}"#, r#"{"id":2,"is":"kept"}"#] {
        redis.cli(&["publish", "a", payload]);
    }
    pty.wait_for_text("kept");
    pty.send("/.id > 1\r");
    pty.wait_for("only what the filter shows", |screen| {
        let text = screen.contents();
        text.contains("kept") && !text.contains("old")
    });
    open_prompt(&mut pty, &path);
    pty.send("\x0f");
    pty.wait_for_text("including the messages that are kept");
    pty.send("\r");
    pty.wait_for_text("REC 1 msgs");
    redis.cli(&["publish", "a", r#"{"id":0}"#]);
    redis.cli(&["publish", "a", r#"{"id":3}"#]);
    pty.wait_for_text("REC 2 msgs");
    pty.send("R");
    pty.wait_for_text("recorded 2 messages to");
    let expected = b"{\"id\":2,\"is\":\"kept\"}\n{\"id\":3}\n";
    assert_eq!(payloads(&path), expected);
    open_prompt(&mut pty, &path);
    pty.send("\r");
    pty.wait_for_text("Replace?");
    assert_eq!(payloads(&path), expected);
    pty.send("y");
    pty.wait_for_text("REC 0 msgs");
}

#[test]
fn what_the_screen_recorded_before_a_crash_can_be_read() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    for name in ["r.ndjson", "r.ndjson.zst"] {
        let path = folder.path().join(name);
        let pty = record_on_screen(&redis, &path);
        for number in 0..1000 {
            redis.cli(&["publish", "a", &format!("message {number}")]);
        }
        pty.wait_for_text("REC 1,000 msgs");
        signal(pty.pid(), "KILL");
        assert!(!pty.wait_for_exit().success());
        let payloads = payloads(&path);
        assert!(payloads.ends_with(b"message 999\n"), "{name}");
        assert_eq!(payloads.split(|byte| *byte == b'\n').count(), 1001);
    }
}

#[test]
fn a_full_disk_ends_the_recording_and_the_screen_goes_on() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.ndjson");
    // A limit on the size of files, in units of 512 B, has the effect of a full disk.
    let script = format!("ulimit -f 64; exec {SUBSCOPE} -u {}", redis.url());
    let mut pty = Launch::program("/bin/sh", &["-c", &script]).start();
    pty.wait_for_text("subscribed to pattern *");
    start_recording(&mut pty, &path);
    let payload = "x".repeat(10_000);
    for _ in 0..100 {
        redis.cli(&["publish", "a", &payload]);
    }
    pty.wait_for_text("ended: File too large");
    redis.cli(&["publish", "a", "the screen goes on"]);
    pty.wait_for_text("the screen goes on");
    assert!(!pty.text().contains("REC"), "{}", pty.text());
    pty.send("q");
    assert!(pty.wait_for_exit().success());
    let before = payloads(&path);
    assert!(before.starts_with(payload.as_bytes()), "{}", before.len());
}
