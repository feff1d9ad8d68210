//! `subscope publish`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use crate::servers::cluster::Cluster;
use crate::servers::sentinel::MonitoredMaster;
use crate::support::peer::command;
use crate::support::piped::Piped;
use crate::support::pty::{Launch, SUBSCOPE};
use crate::support::redis::Redis;
use crate::support::subscriber::Subscriber;

#[test]
fn a_message_is_published_as_it_is_and_its_receivers_are_printed() {
    let redis = Redis::start();
    let url = redis.url();
    let heard = Subscriber::start(&redis, "*");
    let publish = |more: &[&str], input: &[u8]| {
        let done = Piped::run(&[&["publish", "-u", &url], more].concat(), input);
        assert_eq!((done.code(), done.stderr.as_str()), (Some(0), ""));
        (done.text().to_owned(), heard.next())
    };
    let message = |channel: &str, payload: &[u8]| (channel.as_bytes().to_vec(), payload.to_vec());
    let (stdout, found) = publish(&["orders", "{\"id\":1}"], b"");
    assert_eq!(stdout, "1\n");
    assert_eq!(found, message("orders", b"{\"id\":1}"));
    let binary = b"\x00\xff{{seq}}\r\n";
    let (_, found) = publish(&["b", "-", "--literal"], binary);
    assert_eq!(found, message("b", binary));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payload");
    fs::write(&file, "{{seq}} \n").unwrap();
    let (_, found) = publish(&["c", "--file", file.to_str().unwrap()], b"");
    assert_eq!(found, message("c", b"1 \n"));
    let (_, found) = publish(&["d", ""], b"");
    assert_eq!(found, message("d", b""));
    let (_, found) = publish(&["e", "-1"], b"");
    assert_eq!(found, message("e", b"-1"));
}

#[test]
fn messages_are_repeated_with_values_filled_in_and_in_order() {
    let redis = Redis::start();
    let heard = Subscriber::start(&redis, "*");
    let options = ["publish", "-u", &redis.url(), "--rate", "1000/s"];
    let done = Piped::run(
        &[
            &options[..],
            &["a", "{{seq}}:{{env TZ}}", "--repeat", "600"],
        ]
        .concat(),
        b"",
    );
    assert_eq!(
        (done.code(), done.text()),
        (Some(0), "1\n".repeat(600).as_str())
    );
    for number in 1..=600 {
        let payload = format!("{number}:UTC").into_bytes();
        assert_eq!(heard.next(), (b"a".to_vec(), payload));
    }
    let done = Piped::run(&[&options[..], &["a", "{{uid}}"]].concat(), b"");
    assert_eq!((done.code(), done.text()), (Some(2), ""));
    assert!(
        done.stderr.contains("did you mean 'uuid'?"),
        "{}",
        done.stderr
    );
}

#[test]
fn lines_are_published_as_they_arrive() {
    let redis = Redis::start();
    let heard = Subscriber::start(&redis, "*");
    let mut child = Piped::start(&["publish", "-u", &redis.url(), "a", "--lines"]);
    let mut input = child.stdin.take().unwrap();
    for line in ["one", "{{seq}}", ""] {
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
        assert_eq!(heard.next(), (b"a".to_vec(), line.into()));
        assert_eq!(child.line(), "1\n");
    }
    input.write_all(b"no line end").unwrap();
    drop(input);
    assert_eq!(heard.next().1, b"no line end");
    assert_eq!(child.finish().code(), Some(0));
}

#[test]
fn json_lines_name_the_channel_and_other_lines_are_reported() {
    let redis = Redis::start();
    let heard = Subscriber::start(&redis, "*");
    let input = br#"{"recording":1,"program":"x","server":"y","start":"2026-11-23T11:00:00Z"}
{"time":"2026-11-23T11:00:01Z","channel":"a","via":["*"],"payload":"{{seq}}"}
{"channel":"/w==","channel_encoding":"base64","payload":"AP8=","encoding":"base64"}
{"time":"2026-11-23T11:00:02Z","notice":"gap","text":"lost"}
oops
{"channel":"b","payload":"start","size":100}
"#;
    let arguments = ["publish", "-u", &redis.url(), "--json-lines"];
    let done = Piped::run(&arguments, input);
    assert_eq!((done.code(), done.text()), (Some(1), "1\n1\n"));
    assert!(done.stderr.contains("line 5: not JSON"), "{}", done.stderr);
    assert_eq!(heard.next(), (b"a".to_vec(), b"{{seq}}".to_vec()));
    assert_eq!(heard.next(), (b"\xff".to_vec(), b"\x00\xff".to_vec()));
    let special = br#"{"channel":"a","payload":"1"}
{"channel":"__sentinel__:hello","payload":"forged"}"#;
    let done = Piped::run(&arguments, special);
    assert_eq!((done.code(), done.text()), (Some(2), "1\n"));
    assert!(done.stderr.contains("--yes"), "{}", done.stderr);
}

#[test]
fn nothing_is_published_that_must_not_be() {
    let redis = Redis::start();
    let url = redis.url();
    let heard = Subscriber::start(&redis, "*");
    for (arguments, problem) in [
        (&["a", "x", "--read-only"][..], "read-only"),
        (&["__keyevent@0__:set", "x"], "--yes"),
        (&["__sentinel__:hello", "x"], "--yes"),
        (&["", "x"], "empty"),
        (&["a"], "payload is missing"),
        (&[], "CHANNEL"),
        (&["redis://me:secret@h/1", "x"], "URL"),
        (&["a", "x", "--lines"], "cannot be used with"),
        (&["a", "x", "--rate", "often"], "--rate"),
    ] {
        let done = Piped::run(&[&["publish", "-u", &url], arguments].concat(), b"");
        assert_eq!((done.code(), done.text()), (Some(2), ""), "{arguments:?}");
        assert!(
            done.stderr.contains(problem),
            "{arguments:?}: {}",
            done.stderr
        );
        assert!(!done.stderr.contains("secret"), "{}", done.stderr);
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(
        &file,
        format!("[profile.p]\nurl = \"{url}\"\nread-only = true\n"),
    )
    .unwrap();
    let profile = ["publish", "--profile", "p", "a", "x"];
    let config = ["--config", file.to_str().unwrap()];
    let done = Piped::run(&[&profile[..], &config].concat(), b"");
    assert_eq!(done.code(), Some(2));
    assert!(done.stderr.contains("config file"), "{}", done.stderr);
    let done = Piped::run(
        &[&profile[..], &config, &["--read-only=false"]].concat(),
        b"",
    );
    assert_eq!((done.code(), done.text()), (Some(0), "1\n"));
    assert_eq!(
        heard.next(),
        (b"a".to_vec(), b"x".to_vec()),
        "the only one published"
    );
}

#[test]
fn a_dangerous_channel_is_asked_about_on_a_terminal() {
    let redis = Redis::start();
    let url = redis.url();
    let heard = Subscriber::start(&redis, "*");
    for (answer, code) in [("\r", 1), ("n\r", 1), ("y\r", 0)] {
        let mut pty = Launch::subscope(&["publish", "-u", &url, "__keyspace@0__:k", "set"]).start();
        pty.wait_for_text("real change to a key");
        pty.wait_for_text("[y/N]");
        pty.send_at_once(answer);
        assert_eq!(pty.wait_for_exit().exit_code(), code, "{answer:?}");
    }
    let done = Piped::run(
        &["publish", "-u", &url, "__keyspace@0__:k", "yes", "--yes"],
        b"",
    );
    assert_eq!(done.code(), Some(0));
    assert_eq!(heard.next().1, b"set");
    assert_eq!(heard.next().1, b"yes");
}

#[test]
fn failures_are_exit_code_1_on_one_line() {
    let mut redis = Redis::start();
    let url = redis.url();
    let done = Piped::run(&["publish", "-u", &url, "a", "x"], b"");
    assert_eq!((done.code(), done.text()), (Some(0), "0\n"));
    let done = Piped::run(&["publish", "-u", &url, "a", "x", "--fail-if-unheard"], b"");
    assert_eq!((done.code(), done.text()), (Some(1), "0\n"));
    assert_eq!(done.stderr, "subscope: nobody received the message\n");
    redis.cli(&["acl", "setuser", "me", "on", ">secret", "+publish", "&a"]);
    let me = ["publish", "-u", &url, "--user", "me"];
    let denied = Command::new(SUBSCOPE)
        .args([&me[..], &["b", "x"]].concat())
        .env("SUBSCOPE_CONFIG", "/dev/null")
        .env("SUBSCOPE_PASSWORD", "secret")
        .output()
        .unwrap();
    let stderr = String::from_utf8(denied.stderr).unwrap();
    assert_eq!(denied.status.code(), Some(1));
    assert!(
        stderr.contains("NOPERM") && stderr.lines().count() == 1,
        "{stderr}"
    );
    redis.kill();
    let done = Piped::run(&["publish", "-u", &url, "a", "x"], b"");
    assert_eq!((done.code(), done.text()), (Some(1), ""));
    assert!(done.stderr.contains("refused"), "{}", done.stderr);
}

#[test]
fn a_lost_connection_is_reported_and_the_rest_is_published() {
    let mut redis = Redis::start();
    let mut child = Piped::start(&["publish", "-u", &redis.url(), "a", "--lines"]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"one\n").unwrap();
    assert_eq!(child.line(), "0\n");
    redis.kill();
    redis.restart();
    let heard = Subscriber::start(&redis, "*");
    input.write_all(b"two\n").unwrap();
    assert_eq!(heard.next().1, b"two");
    drop(input);
    assert_eq!(child.finish().code(), Some(0));
}

#[test]
fn a_message_without_an_answer_may_have_been_published() {
    let has_hung_up = Arc::new(AtomicBool::new(false));
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let has_hung_up = Arc::clone(&has_hung_up);
            thread::spawn(move || {
                let mut reader = BufReader::new(&stream);
                while let Some(words) = command(&mut reader) {
                    let answer = match words[0].as_str() {
                        "PUBLISH" if !has_hung_up.swap(true, SeqCst) => return,
                        "PUBLISH" => ":3\r\n",
                        "CLIENT" => "+OK\r\n",
                        _ => "-ERR unknown command\r\n",
                    };
                    (&stream).write_all(answer.as_bytes()).unwrap();
                }
            });
        }
    });
    let mut child = Piped::start(&["publish", "-u", &url, "a", "--lines"]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"one\n").unwrap();
    child.wait_for_note("unknown whether");
    input.write_all(b"two\n").unwrap();
    assert_eq!(child.line(), "3\n");
    drop(input);
    assert_eq!(child.finish().code(), Some(1));
}

#[test]
fn messages_go_to_the_master_that_the_sentinels_name() {
    let mut monitored = MonitoredMaster::start();
    let mut child = Piped::start(&["publish", "-u", &monitored.url(), "a", "--lines"]);
    let mut input = child.stdin.take().unwrap();
    let heard = Subscriber::start(&monitored.servers[0], "a");
    input.write_all(b"one\n").unwrap();
    assert_eq!(heard.next().1, b"one");
    assert_eq!(child.line(), "1\n");
    monitored.servers[0].kill();
    let master = monitored.wait_for_new_master();
    let heard = Subscriber::start(&monitored.servers[master], "a");
    input.write_all(b"two\n").unwrap();
    assert_eq!(heard.next().1, b"two");
    assert_eq!(child.line(), "1\n");
    drop(input);
    assert_eq!(child.finish().code(), Some(0));
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let redis = Redis::start();
    let arguments = [
        "publish",
        "-u",
        &redis.url(),
        "a",
        "x",
        "--repeat",
        "1000000000",
    ];
    let mut child = Command::new(SUBSCOPE)
        .args(arguments)
        .env("SUBSCOPE_CONFIG", "/dev/null")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    drop(output);
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), &*done.stderr), (Some(0), &b""[..]));
}

#[test]
fn sharded_messages_go_to_the_owner_of_their_slot() {
    let cluster = Cluster::start();
    let url = format!("redis+cluster://{}", cluster.nodes[0].address());
    let channels = ["a", "b", "c", "d", "e"];
    let mut input = String::new();
    for number in 0..200 {
        let channel = channels[number % channels.len()];
        let line = format!(r#"{{"channel":"{channel}","payload":"{number}","sharded":true}}"#);
        input += &(line + "\n");
    }
    let done = Piped::run(&["publish", "-u", &url, "--json-lines"], input.as_bytes());
    assert_eq!(
        (done.code(), done.text()),
        (Some(0), "0\n".repeat(200).as_str()),
        "{}",
        done.stderr
    );
    // A channel that moves while messages are published is followed.
    let mut child = Piped::start(&["publish", "-u", &url, "a", "--lines", "--shard"]);
    let mut input = child.stdin.take().unwrap();
    let mut publish = || {
        input.write_all(b"x\n").unwrap();
        child.line()
    };
    assert_eq!(publish(), "0\n");
    let to = (cluster.owner(0, "a") + 1) % 3;
    cluster.move_slot("a", to);
    assert_eq!(publish(), "0\n");
    drop(input);
    assert_eq!(child.finish().code(), Some(0));
    let done = Piped::run(&["publish", "-u", &url, "a", "x", "--fail-if-unheard"], b"");
    assert_eq!((done.code(), done.text()), (Some(2), ""));
    assert!(done.stderr.contains("cluster"), "{}", done.stderr);
}
