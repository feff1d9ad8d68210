//! The whole program on a terminal, against a real Redis.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::flood::Flood;
use crate::support::pty::{Launch, Pty, SUBSCOPE};
use crate::support::redis::{NO_LIMITS, Redis, pack};

const PASSWORD: &str = "s3cret-of-the-test";

/// Prepares `subscope` on a wide terminal, with `redis` as its server.
fn launch(redis: &Redis, arguments: &[&str]) -> Launch {
    let url = redis.url();
    let arguments = [&["-u", url.as_str()], arguments].concat();
    Launch::subscope(&arguments).size(160, 40)
}

/// Starts `subscope` and waits until all its subscriptions are live.
fn watch(redis: &Redis, arguments: &[&str], subscriptions: usize) -> Pty {
    let pty = launch(redis, arguments).start();
    wait_for_subscriptions(&pty, subscriptions);
    pty
}

/// Waits until the status line shows a live connection with this many subscriptions.
#[track_caller]
pub fn wait_for_subscriptions(pty: &Pty, count: usize) {
    let plural = if count == 1 { "" } else { "s" };
    let live = format!("  {count} subscription{plural}  ");
    pty.wait_for("live subscriptions", |screen| {
        let text = screen.contents();
        // Append blanks, because `contents` drops those at the end of a line.
        let status = format!("{}  ", text.lines().next().unwrap_or_default());
        status.contains("● live") && status.contains(&live)
    });
}

fn publish(redis: &Redis, channel: &[u8], payload: &[u8]) {
    let answer = redis.send(&[b"PUBLISH", channel, payload]);
    assert_eq!(answer.first(), Some(&b':'), "published");
}

/// The tabs of an open message.
const TABS: &str = "value  diff  bytes  channel";

/// Opens the last message in full screen.
fn open_last(pty: &mut Pty) {
    focus_messages(pty);
    pty.send("G\r\rz");
    pty.wait_for_text(TABS);
}

/// Closes the open message.
fn close(pty: &mut Pty) {
    pty.send("q");
    pty.wait_for("the message is closed", |screen| {
        !screen.contents().contains(TABS)
    });
}

/// Focuses the messages from anywhere, by a click on their first line.
fn focus_messages(pty: &mut Pty) {
    pty.send("\x1b[<0;130;4M\x1b[<0;130;4m");
}

/// Quits, regardless of how many messages are kept.
fn quit(pty: &mut Pty) {
    pty.send("\x03\x03");
    assert_eq!(pty.wait_for_exit().exit_code(), 0);
}

/// Quits and returns the object written by `--stats`.
fn quit_with_stats(pty: &mut Pty, directory: &TempDir) -> Value {
    quit(pty);
    let stats = fs::read_to_string(stats_path(directory)).unwrap();
    serde_json::from_str(&stats).unwrap()
}

fn stats_path(directory: &TempDir) -> String {
    let path = directory.path().join("stats.json");
    path.to_str().unwrap().to_owned()
}

/// Runs the program without a terminal.
fn run(arguments: &[&str]) -> Output {
    Command::new(SUBSCOPE)
        .args(arguments)
        .env_remove("SUBSCOPE_URL")
        .env_remove("REDIS_URL")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn ten_channels_from_several_publishers_are_shown() {
    let redis = Redis::start();
    let pty = watch(&redis, &[], 1);
    thread::scope(|scope| {
        for publisher in 0..3 {
            let redis = &redis;
            scope.spawn(move || {
                for channel in 0..10 {
                    let name = format!("service:{channel}");
                    let payload = format!("{{\"publisher\":{publisher}}}");
                    publish(redis, name.as_bytes(), payload.as_bytes());
                }
            });
        }
    });
    pty.wait_for_text("30 received");
    pty.wait_for_text("Channels 10");
    for channel in 0..10 {
        pty.wait_for_text(&format!("service:{channel}"));
    }
    for publisher in 0..3 {
        pty.wait_for_text(&format!("{{\"publisher\":{publisher}}}"));
    }
}

#[test]
fn a_missing_database_is_reported_while_messages_arrive() {
    let redis = Redis::start();
    let url = format!("{}/99", redis.url());
    let pty = Launch::subscope(&["-u", &url, "one"]).size(160, 24).start();
    pty.wait_for_text("── database 99 does not exist: choose another with -n or in the URL");
    pty.wait_for_text("database 99 does not exist  ");
    publish(&redis, b"one", b"heard all the same");
    pty.wait_for_text("heard all the same");
}

#[test]
fn sharded_subscriptions_are_counted_with_the_others() {
    let redis = Redis::start();
    let pty = watch(&redis, &["one", "--shard", "news"], 2);
    pty.wait_for_text("· 2 subscriptions now");
}

#[test]
fn an_unwritable_stats_file_is_reported_at_the_start() {
    let output = Command::new(SUBSCOPE)
        .args(["demo", "--stats", "/nonexistent/stats.json"])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    let words = "--stats: /nonexistent/stats.json cannot be written: No such file or directory";
    assert!(error.contains(words), "{error}");
}

#[test]
fn subscriptions_can_be_added_and_removed_while_it_runs() {
    let redis = Redis::start();
    let mut pty = watch(&redis, &["one"], 1);
    pty.send("a");
    pty.send("two*\r");
    pty.wait_for_text("subscribed to pattern two* · 2 subscriptions now");
    publish(&redis, b"two:b", b"by the new pattern");
    pty.wait_for_text("by the new pattern");

    // Click on the first line of the channel list, which starts with the patterns.
    pty.send("\x1b[<0;10;3M\x1b[<0;10;3m");
    pty.send("gu");
    pty.wait_for_text("unsubscribed from pattern two* · 1 subscription now");
    assert_eq!(redis.cli(&["pubsub", "numpat"]), "0");
    publish(&redis, b"two:b", b"nobody hears this");
    publish(&redis, b"one", b"this is heard");
    pty.wait_for_text("this is heard");
    assert!(!pty.text().contains("nobody hears this"), "{}", pty.text());
}

#[test]
fn a_publish_from_the_box_reaches_redis_cli_and_is_counted() {
    let redis = Redis::start();
    let mut pty = watch(&redis, &["box"], 1);
    let mut listener = Command::new("redis-cli")
        .args(["-p", &redis.port().to_string(), "subscribe", "box"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(listener.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with('1')), "subscribed");

    focus_messages(&mut pty);
    pty.send("p");
    pty.wait_for_text("Publish to box ");
    pty.send("hello from the box\r");
    pty.wait_for_text("last publish: 2 receivers");
    let has_arrived = lines.any(|line| line.unwrap().contains("hello from the box"));
    listener.kill().unwrap();
    listener.wait().unwrap();
    assert!(has_arrived);
}

#[test]
fn a_killed_server_leaves_a_gap_that_closes_once_every_subscription_is_back() {
    let mut redis = Redis::start();
    let pty = watch(&redis, &["one", "two", "many:*"], 3);
    publish(&redis, b"one", b"before the loss");
    pty.wait_for_text("before the loss");
    redis.kill();
    pty.wait_for_text("losing messages since");
    assert!(
        pty.text().contains("closed by the server"),
        "{}",
        pty.text()
    );
    redis.restart();
    pty.wait_for_text("back after");
    assert!(!pty.text().contains("losing messages"), "{}", pty.text());
    wait_for_subscriptions(&pty, 3);
    for (channel, payload) in [("one", "first"), ("two", "second"), ("many:x", "third")] {
        let payload = format!("{payload} after the loss");
        publish(&redis, channel.as_bytes(), payload.as_bytes());
        pty.wait_for_text(&payload);
    }
}

#[test]
fn a_killed_client_leaves_a_gap_and_comes_back() {
    let redis = Redis::start();
    let pty = watch(&redis, &["one", "many:*"], 2);
    redis.cli(&["client", "kill", "type", "pubsub"]);
    pty.wait_for_text("back after");
    wait_for_subscriptions(&pty, 2);
    publish(&redis, b"many:x", b"still heard");
    pty.wait_for_text("still heard");
}

#[test]
fn a_briefly_halted_server_leaves_no_gap() {
    let redis = Redis::start();
    let mut pty = watch(&redis, &[], 1);
    redis.pause();
    // The message waits in the halted server's socket.
    let mut stream = redis.connect();
    std::io::Write::write_all(&mut stream, &pack(&[b"PUBLISH", b"one", b"it was late"])).unwrap();
    pty.send("?");
    pty.wait_for_text("Channels and messages");
    pty.send("?");
    redis.resume();
    pty.wait_for_text("it was late");
    assert!(!pty.text().contains("connection lost"), "{}", pty.text());
}

#[test]
fn one_publish_on_three_subscriptions_is_one_row_that_names_them_all() {
    let redis = Redis::start();
    let directory = tempfile::tempdir().unwrap();
    let stats = stats_path(&directory);
    let arguments = ["--stats", &stats, "news:a", "news:*", "n*"];
    let mut pty = watch(&redis, &arguments, 3);
    publish(&redis, b"news:a", b"only once");
    pty.wait_for_text("1 received");
    pty.wait_for_text("only once");
    open_last(&mut pty);
    pty.send("[");
    pty.wait_for_text("matched by");
    for name in ["channel news:a", "pattern news:*", "pattern n*"] {
        pty.wait_for_text(name);
    }
    close(&mut pty);
    let stats = quit_with_stats(&mut pty, &directory);
    assert_eq!(
        (&stats["received"], &stats["merged"]),
        (&1.into(), &2.into())
    );
}

#[test]
fn the_until_text_ends_subscriptions_and_the_screen_stays() {
    let redis = Redis::start();
    let mut pty = watch(&redis, &["--until", "END", "one", "two"], 2);
    publish(&redis, b"one", b"END");
    pty.wait_for_text("ended: channel one");
    publish(&redis, b"two", b"still on");
    pty.wait_for_text("still on");
    publish(&redis, b"two", b"END");
    pty.wait_for_text("all subscriptions have ended");
    assert_eq!(
        redis.cli(&["pubsub", "numsub", "one", "two"]),
        "one\n0\ntwo\n0"
    );
    pty.send("?");
    pty.wait_for_text("Channels and messages");
}

#[test]
fn without_a_server_the_screen_gives_hints_until_it_goes_live() {
    let mut redis = Redis::start();
    redis.kill();
    let pty = launch(&redis, &["one"]).start();
    let address = redis.url();
    for text in [address.as_str(), "onnection refused", "subscope demo"] {
        pty.wait_for_text(text);
    }
    redis.restart();
    wait_for_subscriptions(&pty, 1);
    publish(&redis, b"one", b"now it is there");
    pty.wait_for_text("now it is there");
    assert!(!pty.text().contains("connection lost"), "{}", pty.text());
}

#[test]
fn a_wrong_password_is_reported_in_the_words_of_redis() {
    let redis = Redis::start_with(&["--requirepass", PASSWORD]);
    let url = format!("redis://:wrong-{PASSWORD}@127.0.0.1:{}", redis.port());
    let pty = Launch::subscope(&["-u", &url]).size(160, 40).start();
    pty.wait_for_text("WRONGPASS invalid username-password pair");
    pty.wait_for_text("SUBSCOPE_PASSWORD");
    assert_no_password(&pty);

    let pty = launch(&redis, &[]).start();
    pty.wait_for_text("NOAUTH");
}

#[test]
fn a_password_comes_from_the_url_the_environment_or_the_keyboard_and_is_never_shown() {
    let redis = Redis::start_with(&["--requirepass", PASSWORD]);
    let url = format!("redis://:{PASSWORD}@127.0.0.1:{}", redis.port());
    let pty = Launch::subscope(&["-u", &url]).size(160, 40).start();
    wait_for_subscriptions(&pty, 1);
    pty.wait_for_text(&redis.url());
    assert_no_password(&pty);

    let pty = launch(&redis, &[])
        .env("SUBSCOPE_PASSWORD", PASSWORD)
        .start();
    wait_for_subscriptions(&pty, 1);
    assert_no_password(&pty);

    let mut pty = launch(&redis, &["--askpass"]).start();
    pty.wait_for_text("Password:");
    wait_until_nothing_is_echoed(&pty);
    pty.send(format!("{PASSWORD}\r"));
    wait_for_subscriptions(&pty, 1);
    assert_no_password(&pty);
    let arguments = fs::read(format!("/proc/{}/cmdline", pty.pid())).unwrap();
    assert!(!contains(&arguments, PASSWORD.as_bytes()));
}

#[test]
fn a_password_on_the_command_line_works_with_a_warning() {
    let redis = Redis::start_with(&["--requirepass", PASSWORD]);
    let port = redis.port().to_string();
    let pty = Launch::subscope(&["-h", "127.0.0.1", "-p", &port, "-a", PASSWORD])
        .size(160, 40)
        .start();
    wait_for_subscriptions(&pty, 1);
    let raw = String::from_utf8(pty.raw()).unwrap();
    let (before, screen) = raw.split_once("\x1b[?1049h").unwrap();
    for text in [before, screen] {
        assert!(text.contains("SUBSCOPE_PASSWORD or --askpass"), "{text}");
    }
    assert_no_password(&pty);
}

/// Waits until typed text is no longer echoed: the prompt appears a moment before the terminal
/// turns echo off.
pub fn wait_until_nothing_is_echoed(pty: &Pty) {
    let terminal = format!("/proc/{}/fd/0", pty.pid());
    let is_echoing = || {
        let output = Command::new("stty").args(["-a", "-F", &terminal]).output();
        !String::from_utf8_lossy(&output.unwrap().stdout).contains(" -echo ")
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    while is_echoing() {
        assert!(Instant::now() < deadline, "typed text is still echoed");
    }
}

#[track_caller]
fn assert_no_password(pty: &Pty) {
    assert!(!contains(&pty.raw(), PASSWORD.as_bytes()), "{}", pty.text());
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn one_denied_channel_leaves_the_others_live() {
    let redis = Redis::start();
    redis.cli(&["acl", "setuser", "default", "resetchannels", "&open:*"]);
    let pty = launch(&redis, &["open:1", "secret:1", "open:2"]).start();
    pty.wait_for_text("denied: channel secret:1 · Redis says: NOPERM");
    pty.wait_for_text("2 of 3 subscriptions live");
    publish(&redis, b"open:1", b"the first open one");
    publish(&redis, b"open:2", b"the second open one");
    pty.wait_for_text("the first open one");
    pty.wait_for_text("the second open one");
}

#[test]
fn bad_input_gives_a_one_line_error_and_exit_code_2() {
    for (arguments, named) in [
        (&["-u", "http://localhost"][..], "-u has an unknown scheme"),
        (&["-u", "redis://localhost:notaport"], "-u has a port"),
        (&["-u", "redis://localhost/notadb"], "-u has a database"),
        (&["--keep", "lots"], "lots"),
        (&["--keep", "1KiB"], "1KiB"),
        (&["--keep"], "--keep"),
        (&["--nonsense"], "--nonsense"),
        (&["-u", "redis://x", "-h", "y", "-p", "1"], "--port"),
        (&["-u", "redis+sentinel://h"], "-u has no master"),
        (
            &["-u", "redis://h", "--sentinel-events"],
            "--sentinel-events",
        ),
        (&["demo", "--host", "x"], "--host"),
        (&["demo", "--seed", "x"], "--seed <N>"),
    ] {
        let output = run(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(named), "{arguments:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{arguments:?}: {error}");
        assert_eq!(output.stdout, b"");
    }
}

/// Sequences that affect a terminal, none of which `subscope` itself sends.
const HOSTILE: &[&[u8]] = &[
    b"\x1b]0;pwned\x07",
    b"\x1b]52;c;cHduZWQ=\x1b\\",
    b"\x1b[6n",
    b"\x1b[3;9H\x1b[5m",
    b"\x1bc",
    b"\x1bP1$r\x1b\\",
    b"\x9b31m",
    "\u{9b}31m \u{202e}desrever \u{2066}x\u{2069} \u{200b}".as_bytes(),
    b"\x00\x07\x08\x0b\x0c\x0e\x7f\r\n\t",
    b"\xff\xfe\xc3",
];

#[test]
fn no_control_sequence_in_a_name_or_payload_reaches_the_terminal() {
    let redis = Redis::start();
    // In Redis, the pattern * does not match the empty name, so subscribe to it separately.
    let mut pty = watch(&redis, &["*", ""], 2);
    for (index, hostile) in HOSTILE.iter().enumerate() {
        let payload = [hostile, format!(" mark-{index}-").as_bytes()].concat();
        publish(&redis, hostile, &payload);
        pty.wait_for_text(&format!("mark-{index}-"));
        open_last(&mut pty);
        close(&mut pty);
    }
    for name in [&b""[..], b"a space", b"new\nline", b"esc\x1b[31m"] {
        publish(&redis, name, b"");
    }
    let big: Vec<u8> = HOSTILE
        .concat()
        .into_iter()
        .cycle()
        .take(100 << 10)
        .collect();
    publish(&redis, b"big", &big);
    let received = format!("{} received", HOSTILE.len() + 5);
    pty.wait_for_text(&received);
    pty.wait_for_text("a space");
    open_last(&mut pty);
    pty.wait_for_text("100 KiB");
    pty.send("G");
    // Wait for the response to a later key, so that everything before it has been drawn.
    pty.send("?");
    pty.wait_for_text("Open message");

    let raw = pty.raw();
    let text = String::from_utf8(raw).expect("the output is UTF-8");
    // Remove the query for the background colour, which the program sends once.
    let text = text.replacen("\x1b]11;?\x1b\\", "", 1);
    for sequence in HOSTILE.iter().filter(|bytes| bytes.starts_with(b"\x1b")) {
        let sequence = std::str::from_utf8(sequence).unwrap();
        assert!(!text.contains(sequence), "{sequence:?} came through");
    }
    let odd: Vec<char> = text
        .chars()
        .filter(|letter| {
            let is_control = letter.is_control() && *letter != '\x1b';
            is_control || "\u{202e}\u{2066}\u{2069}\u{200b}".contains(*letter)
        })
        .collect();
    assert!(odd.is_empty(), "control characters came through: {odd:?}");
    // The last read may end in the middle of a sequence.
    let whole = text.strip_suffix('\x1b').unwrap_or(&text);
    let unknown = whole
        .split('\x1b')
        .skip(1)
        .find(|rest| !rest.starts_with('['));
    assert_eq!(unknown, None, "only CSI sequences are sent while it runs");
}

#[test]
fn a_message_of_100_megabytes_is_received_and_opened() {
    let redis = Redis::start_with(&NO_LIMITS);
    let mut pty = watch(&redis, &["big"], 1);
    let mut payload = vec![b'x'; 100 << 20];
    payload.extend_from_slice(b" the very end");
    publish(&redis, b"big", &payload);
    pty.wait_for_text("1 received");
    open_last(&mut pty);
    pty.wait_for_text("100 MiB");
    pty.send("G");
    pty.wait_for_text("the very end");
    close(&mut pty);
    publish(&redis, b"big", b"and a small one");
    pty.wait_for_text("and a small one");
}

#[test]
fn the_stats_are_exactly_those_documented_and_add_up() {
    let redis = Redis::start();
    let directory = tempfile::tempdir().unwrap();
    let stats = stats_path(&directory);
    let mut pty = watch(&redis, &["--keep", "1MiB", "--stats", &stats], 1);
    Flood {
        port: redis.port(),
        messages: 20_000,
        channels: 3,
        payload: 200,
        connections: 1,
    }
    .run();
    pty.wait_for_text("20,000 received");
    let stats = quit_with_stats(&mut pty, &directory);
    let names: Vec<&str> = stats
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let promised = "received kept evicted cleared dropped merged gaps notices bytes_received log_bytes \
                    frames draw_us_p50 draw_us_p99 draw_cpu_us_p50 draw_cpu_us_p99 terminal_bytes \
                    terminal_writes ingest_batches uptime_ms";
    assert_eq!(names, promised.split_whitespace().collect::<Vec<_>>());
    let figure = |name: &str| stats[name].as_u64().unwrap();
    assert_eq!(figure("received"), 20_000);
    assert!(figure("evicted") > 0);
    assert_eq!(
        figure("received"),
        figure("kept") + figure("evicted") + figure("dropped")
    );
    assert!(figure("log_bytes") <= 1 << 20);
    assert!(figure("bytes_received") > 20_000 * 200);
    assert_eq!((figure("gaps"), figure("notices")), (0, 1));
    assert!(figure("terminal_writes") <= figure("frames") + 2);
}

#[test]
fn no_color_is_honoured() {
    let redis = Redis::start();
    let coloured = |pty: &Pty| {
        publish(&redis, b"a", b"{\"json\":1}");
        pty.wait_for_text("{\"json\":1}");
        let raw = String::from_utf8(pty.raw()).unwrap();
        raw.split("\x1b[")
            .skip(1)
            .filter_map(|rest| {
                let end = rest.find(|letter: char| letter.is_ascii_alphabetic())?;
                rest[end..].starts_with('m').then(|| rest[..end].to_owned())
            })
            .flat_map(|list| {
                list.split([';', ':'])
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .filter_map(|number| number.parse::<u16>().ok())
            .any(|number| matches!(number, 30..=38 | 40..=48 | 90..=97 | 100..=107))
    };
    assert!(coloured(&watch(&redis, &[], 1)));
    let plain = launch(&redis, &[]).env("NO_COLOR", "1").start();
    wait_for_subscriptions(&plain, 1);
    assert!(!coloured(&plain));
}

#[test]
fn every_size_is_drawn_while_messages_flow() {
    let redis = Redis::start();
    let mut pty = watch(&redis, &[], 1);
    let is_over = Arc::new(AtomicBool::new(false));
    let publisher = {
        let (is_over, port) = (Arc::clone(&is_over), redis.port());
        thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                Flood {
                    port,
                    messages: 1_000,
                    channels: 5,
                    payload: 80,
                    connections: 1,
                }
                .run();
            }
        })
    };
    for (columns, rows) in [
        (1, 1),
        (2, 2),
        (1, 60),
        (200, 1),
        (5, 3),
        (40, 12),
        (80, 24),
        (200, 60),
    ] {
        pty.resize(columns, rows);
        // After a size too small to read anything, resize to a readable one.
        if columns < 40 || rows < 12 {
            // Send Esc in its long form: its last byte and the next Tab, read together, would be
            // Alt-Tab.
            pty.send("\t?\x1b[27u");
            pty.resize(60, 20);
        }
        pty.wait_for_text("burst:");
    }
    is_over.store(true, Ordering::Relaxed);
    publisher.join().unwrap();
    quit(&mut pty);
}

#[test]
fn a_burst_is_received_in_full_while_keys_respond() {
    let redis = Redis::start();
    let directory = tempfile::tempdir().unwrap();
    let stats = stats_path(&directory);
    let mut pty = watch(&redis, &["--stats", &stats], 1);
    let publishers = Flood {
        port: redis.port(),
        messages: 200_000,
        channels: 16,
        payload: 120,
        connections: 2,
    }
    .start();
    pty.wait_for_text("burst:15");
    pty.send(" ");
    pty.wait_for_text("frozen");
    pty.send(" ");
    pty.wait_for_text("following");
    for publisher in publishers {
        publisher.join().unwrap();
    }
    pty.wait_for_text("200,000 received");
    let stats = quit_with_stats(&mut pty, &directory);
    for (name, value) in [("received", 200_000), ("dropped", 0), ("gaps", 0)] {
        assert_eq!(stats[name], value, "{name} in {stats}");
    }
}
