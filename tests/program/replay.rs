//! `subscope replay`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::piped::{Ended, Piped};
use crate::support::pty::Launch;
use crate::support::redis::Redis;
use crate::support::subscriber::Subscriber;

/// A recording of a server at `redis://db:6379`: six messages in two seconds, and a notice.
const RECORDING: &str = r#"{"recording":1,"program":"subscope 0.1.0","server":"redis://db:6379","start":"2026-11-23T11:00:00Z"}
{"time":"2026-11-23T11:00:00.1Z","channel":"orders:new","via":["*"],"payload":"{\"id\":1}"}
{"time":"2026-11-23T11:00:00.2Z","channel":"blobs","via":["*"],"payload":"AP8=","encoding":"base64"}
{"time":"2026-11-23T11:00:00.2Z","notice":"gap","text":"connection lost"}
{"time":"2026-11-23T11:00:00.3Z","channel":"orders:paid","via":["*","orders:*"],"payload":"{\"id\":2}"}
{"time":"2026-11-23T11:00:01.3Z","channel":"__sentinel__:hello","via":["*"],"payload":"forged"}
{"time":"2026-11-23T11:00:01.4Z","channel":"big","via":["*"],"payload":"start","size":1000}
not JSON
{"time":"2026-11-23T11:00:02Z","channel":"orders:new","via":["*"],"payload":"{\"id\":3}"}
"#;

fn file(folder: &TempDir, content: &str) -> PathBuf {
    let path = folder.path().join("recording.ndjson");
    fs::write(&path, content).unwrap();
    path
}

fn replay(redis: &Redis, path: &Path, options: &[&str]) -> Ended {
    let url = redis.url();
    let arguments = ["replay", path.to_str().unwrap(), "-u", &url];
    Piped::run(&[&arguments[..], options].concat(), b"")
}

/// Returns the channels and payloads of the messages up to one that is published now.
fn published(redis: &Redis, heard: &Subscriber) -> Vec<(String, Vec<u8>)> {
    redis.cli(&["publish", "end", "end"]);
    let mut found = Vec::new();
    loop {
        let (channel, payload) = heard.next();
        let channel = String::from_utf8(channel).unwrap();
        if channel == "end" {
            return found;
        }
        found.push((channel, payload));
    }
}

fn channels(found: &[(String, Vec<u8>)]) -> Vec<&str> {
    found.iter().map(|(channel, _)| channel.as_str()).collect()
}

#[test]
fn messages_are_published_once_in_order_and_others_are_reported() {
    let redis = Redis::start();
    let heard = Subscriber::start(&redis, "*");
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, RECORDING);
    for speed in ["max", "20"] {
        let done = replay(&redis, &path, &["--speed", speed]);
        assert_eq!((done.code(), done.text()), (Some(0), ""), "{}", done.stderr);
        for words in [
            "replayed 4 messages",
            "4 receivers",
            "1 on special",
            "1 of which",
            "1 unreadable",
        ] {
            assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
        }
        let found = published(&redis, &heard);
        assert_eq!(
            channels(&found),
            ["orders:new", "blobs", "orders:paid", "orders:new"]
        );
        assert_eq!(found[1].1, b"\x00\xff");
        assert_eq!(found[3].1, b"{\"id\":3}");
    }
}

#[test]
fn a_part_can_be_selected_and_goes_to_other_channels() {
    let redis = Redis::start();
    let heard = Subscriber::start(&redis, "*");
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, RECORDING);
    for (options, expected) in [
        (
            &["--only", ".id >= 2"][..],
            &["orders:paid", "orders:new"][..],
        ),
        (
            &["--only", ".id >= 2", "--only", ".id < 3"],
            &["orders:paid"],
        ),
        (&["--from", "1s"], &["orders:new"]),
        (&["--to", "150ms"], &["orders:new"]),
        (
            &[
                "--from",
                "2026-11-23T11:00:00.2Z",
                "--to",
                "2026-11-23T11:00:00.3Z",
            ],
            &["blobs", "orders:paid"],
        ),
        (
            &["--map", "orders:=test:", "--map", "=x:"],
            &[
                "test:new",
                "x:blobs",
                "test:paid",
                "x:__sentinel__:hello",
                "test:new",
            ],
        ),
        (
            &["--special", "--from", "1s"],
            &["__sentinel__:hello", "orders:new"],
        ),
    ] {
        let done = replay(&redis, &path, &[&["--speed", "max"], options].concat());
        assert_eq!(done.code(), Some(0), "{}", done.stderr);
        let found = published(&redis, &heard);
        assert_eq!(channels(&found), expected, "{options:?}");
    }
    let done = replay(
        &redis,
        &path,
        &["--dry-run", "--map", "orders:=test:", "--read-only"],
    );
    assert_eq!(done.code(), Some(0), "{}", done.stderr);
    let listed = ["1 blobs", "2 test:new", "1 test:paid"].map(|line| format!("{line:>18}"));
    for (line, expected) in done.text().lines().zip(listed) {
        assert_eq!(line.trim(), expected.trim());
    }
    assert!(
        done.stderr.contains("4 messages on 3 channels"),
        "{}",
        done.stderr
    );
    assert_eq!(published(&redis, &heard), []);
}

#[test]
fn the_channels_and_the_server_it_came_from_are_spared() {
    let redis = Redis::start();
    let heard = Subscriber::start(&redis, "*");
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, &RECORDING.replace("redis://db:6379", &redis.url()));
    let done = replay(&redis, &path, &["--speed", "max"]);
    assert_eq!((done.code(), done.text()), (Some(2), ""));
    for words in ["was recorded at this server", "--map", "--same-server"] {
        assert!(done.stderr.contains(words), "{}", done.stderr);
    }
    assert_eq!(published(&redis, &heard), []);
    let done = replay(&redis, &path, &["--speed", "max", "--map", "orders:=test:"]);
    assert_eq!(done.code(), Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("--same-server"), "{}", done.stderr);
    let found = published(&redis, &heard);
    assert_eq!(channels(&found), ["test:new", "test:paid", "test:new"]);
    let done = replay(&redis, &path, &["--speed", "max", "--same-server"]);
    assert_eq!(done.code(), Some(0), "{}", done.stderr);
    assert_eq!(published(&redis, &heard).len(), 4);
    let done = replay(&redis, &path, &["--same-server", "--read-only"]);
    assert_eq!(done.code(), Some(2));
    assert!(done.stderr.contains("read-only"), "{}", done.stderr);
    assert_eq!(published(&redis, &heard), []);
}

#[test]
fn the_user_is_asked_first_on_a_terminal() {
    let redis = Redis::start();
    let heard = Subscriber::start(&redis, "*");
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, RECORDING);
    let url = redis.url();
    for (answer, code, count) in [("n\r", 1, 0), ("y\r", 0, 4)] {
        let arguments = [
            "replay",
            path.to_str().unwrap(),
            "-u",
            &url,
            "--speed",
            "max",
        ];
        let mut pty = Launch::subscope(&arguments).start();
        pty.wait_for_text("[y/N]");
        pty.send_at_once(answer);
        assert_eq!(pty.wait_for_exit().exit_code(), code);
        assert_eq!(published(&redis, &heard).len(), count);
    }
}

#[test]
fn it_repeats_until_it_is_interrupted() {
    let redis = Redis::start();
    let heard = Subscriber::start(&redis, "*");
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, RECORDING);
    let url = redis.url();
    let child = Piped::start(&[
        "replay",
        path.to_str().unwrap(),
        "-u",
        &url,
        "--loop",
        "--speed",
        "50",
    ]);
    for _ in 0..3 {
        for channel in ["orders:new", "blobs", "orders:paid", "orders:new"] {
            assert_eq!(heard.next().0, channel.as_bytes());
        }
    }
    child.signal(Signal::INT);
    let done = child.finish();
    assert_eq!(done.code(), Some(130), "{}", done.stderr);
    assert!(done.stderr.contains("replayed"), "{}", done.stderr);
}

#[test]
fn the_rest_is_published_after_a_lost_connection() {
    let mut redis = Redis::start();
    let heard = Subscriber::start(&redis, "*");
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, RECORDING);
    let url = redis.url();
    let mut child = Piped::start(&["replay", path.to_str().unwrap(), "-u", &url, "--loop"]);
    assert_eq!(heard.next().0, b"orders:new");
    redis.kill();
    child.wait_for_note("trying again");
    redis.restart();
    let heard = Subscriber::start(&redis, "*");
    child.wait_for_note("connected again");
    assert!(!heard.next().0.is_empty());
    child.signal(Signal::INT);
    let done = child.finish();
    assert_eq!(done.code(), Some(130), "{}", done.stderr);
}

#[test]
fn a_refused_message_or_a_missing_file_is_exit_code_1() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, RECORDING);
    redis.cli(&["acl", "setuser", "default", "resetchannels", "&orders:*"]);
    let done = replay(&redis, &path, &["--speed", "max"]);
    assert_eq!(done.code(), Some(1));
    assert!(done.stderr.contains("NOPERM"), "{}", done.stderr);
    assert!(done.stderr.contains("1 refused"), "{}", done.stderr);
    let done = replay(&redis, Path::new("-"), &["--loop"]);
    assert_eq!(done.code(), Some(2), "{}", done.stderr);
    let missing = folder.path().join("missing");
    let done = replay(&redis, &missing, &[]);
    assert_eq!(done.code(), Some(1));
    assert!(done.stderr.contains("No such file"), "{}", done.stderr);
}

#[test]
fn payloads_are_the_same_after_recording_and_replaying_them() {
    let [original, copy] = [Redis::start(), Redis::start()];
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a.ndjson", "b.ndjson.zst"].map(|name| folder.path().join(name));
    let payloads: Vec<Vec<u8>> = vec![
        Vec::new(),
        (0..=255).collect(),
        b"\xff\xfe{\"a\":\x00}\r\n".to_vec(),
        "{\"a\":\"\\u0000é漢\u{1b}\u{202e}\"}".into(),
        vec![0xc3; 300_000],
        b"\"\\\\".to_vec(),
        b"same".to_vec(),
        b"same".to_vec(),
    ];
    let record = |redis: &Redis, path: &Path, publish: &dyn Fn()| {
        let url = redis.url();
        let child = Piped::start(&["record", path.to_str().unwrap(), "-u", &url]);
        while redis.cli(&["pubsub", "numpat"]) != "1" {}
        publish();
        // What is published last is recorded last.
        loop {
            redis.cli(&["publish", "end", "end"]);
            if Piped::run(&["replay", path.to_str().unwrap(), "--dry-run"], b"")
                .text()
                .contains(" end")
            {
                break;
            }
        }
        child.signal(Signal::INT);
        let done = child.finish();
        assert_eq!(done.code(), Some(130), "{}", done.stderr);
    };
    record(&original, &paths[0], &|| {
        for (number, payload) in payloads.iter().enumerate() {
            let channel = [b"c\xff".as_slice(), &[u8::try_from(number).unwrap()]].concat();
            original.send(&[b"PUBLISH", &channel, payload]);
        }
    });
    record(&copy, &paths[1], &|| {
        let done = replay(
            &copy,
            &paths[0],
            &["--speed", "max", "--only", "-channel:end"],
        );
        assert_eq!(done.code(), Some(0), "{}", done.stderr);
    });
    let last = Redis::start();
    let heard = Subscriber::start(&last, "*");
    let done = replay(&last, &paths[1], &["--speed", "max"]);
    assert_eq!(done.code(), Some(0), "{}", done.stderr);
    for (number, payload) in payloads.iter().enumerate() {
        let channel = [b"c\xff".as_slice(), &[u8::try_from(number).unwrap()]].concat();
        assert_eq!(heard.next(), (channel, payload.clone()));
    }
}

#[test]
fn a_recording_of_its_own_replay_is_not_replayed() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "");
    let mut text = RECORDING.lines().next().unwrap().to_owned() + "\n";
    for number in 0..2000 {
        let _ = writeln!(
            text,
            r#"{{"time":"2026-11-23T11:00:00Z","channel":"a","payload":"{number}"}}"#
        );
    }
    fs::write(&path, &text).unwrap();
    let heard = Subscriber::start(&redis, "*");
    // As a recording of this server does, the file grows while it is replayed.
    let url = redis.url();
    let child = Piped::start(&[
        "replay",
        path.to_str().unwrap(),
        "-u",
        &url,
        "--speed",
        "max",
    ]);
    assert_eq!(heard.next().1, b"0");
    fs::write(&path, text.repeat(2)).unwrap();
    assert_eq!(child.finish().code(), Some(0));
    assert_eq!(published(&redis, &heard).len(), 1999);
}

#[test]
fn output_of_other_programs_is_replayed() {
    let redis = Redis::start();
    let heard = Subscriber::start(&redis, "*");
    let url = redis.url();
    let monitor = b"1700000000.000000 [0 127.0.0.1:1] \"publish\" \"orders\" \"one\"\n\
                    1700000000.100000 [0 127.0.0.1:1] \"publish\" \"orders\" \"two\"\n";
    for options in [&[][..], &["--from-format", "monitor"]] {
        let arguments = ["replay", "-", "-u", &url, "--yes"];
        let ended = Piped::run(&[&arguments[..], options].concat(), monitor);
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        assert_eq!(channels(&published(&redis, &heard)), ["orders"; 2]);
    }
    let wrong = [
        "replay",
        "-",
        "-u",
        &url,
        "--from-format",
        "mqttui",
        "--dry-run",
    ];
    let ended = Piped::run(&wrong, monitor);
    assert!(
        ended.stderr.contains("2 unreadable lines"),
        "{}",
        ended.stderr
    );
}
