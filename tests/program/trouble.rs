//! Trouble of all kinds: networks that cut connections and lose data, servers that cannot serve,
//! passwords that change. In every case, the log tells the truth about what is missing, and the
//! subscriptions are restored.

use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command as Process, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use subscope::app::gap_reason_words;
use subscope::log::{Batch, Content, MessageLog};
use subscope::message::{
    Closing, ConnectionError, Gap, GapCause, GapEnd, GapReason, INVALIDATIONS, Notice, RowId,
    Subscription, SubscriptionId, Time, Topic, Unexpected,
};
use subscope::server::{
    Ask, Command, Config, Connection, Endpoint, LoginRetries, Resolver, Timing,
};

use crate::support::listener::{Listener, TIMEOUT};
use crate::support::proxy::Proxy;
use crate::support::pty::Launch;
use crate::support::redis::{Redis, pack};
use crate::support::truth::{Publisher, Sent, check, log_of};

/// Returns a log of messages 0 and 2, without message 1, and with a gap from `last_heard` to
/// `restored`.
fn log_without_one(last_heard: i64, restored: i64) -> MessageLog {
    let mut batch = Batch::default();
    batch.push_message(Time(0), b"a", b"0", SubscriptionId(0));
    let gap = Gap {
        last_heard: Time(last_heard),
        noticed: Time(restored),
        end: GapEnd::Restored(Time(restored)),
        cause: GapCause::ConnectionLost(None),
        reason: ConnectionError::Closed(Closing::Later).into(),
    };
    batch.push_notice(Time(restored), Notice::Gap(gap));
    batch.push_message(Time(2_000_000), b"a", b"2", SubscriptionId(0));
    let mut log = MessageLog::new(1 << 20);
    log.append(batch);
    log
}

/// Returns three numbers sent one second apart.
fn three_sent() -> Vec<Sent> {
    let second = |number: i64| Time(number * 1_000_000);
    (0_i64..3)
        .map(|number| Sent {
            channel: b"a"[..].into(),
            number: number.unsigned_abs(),
            from: second(number),
            to: Some(second(number).after(Duration::from_millis(1))),
        })
        .collect()
}

#[test]
fn a_missing_number_must_lie_in_a_gap() {
    assert_eq!(check(&log_without_one(0, 1_000_000), &three_sent()), 1);
    for (last_heard, restored) in [(0, 999_999), (1_100_000, 2_000_000)] {
        let log = log_without_one(last_heard, restored);
        let checked = std::panic::catch_unwind(|| check(&log, &three_sent()));
        assert!(checked.is_err(), "{last_heard} to {restored}");
    }
}

#[test]
#[should_panic(expected = "received twice or never sent")]
fn a_number_that_nobody_sent_fails_the_check() {
    check(&log_without_one(0, 1_000_000), &three_sent()[..2]);
}

/// Heartbeats and retries quick enough for tests.
const QUICK: Timing = Timing {
    connect_within: Duration::from_secs(5),
    ping_every: Duration::from_millis(100),
    answer_within: Duration::from_secs(20),
    first_wait: Duration::from_millis(10),
    longest_wait: Duration::from_millis(100),
};

/// How soon the subscriptions must be restored once the server can serve them.
const SOON: Duration = Duration::from_secs(5);

fn config(url: &str, topic: Topic) -> Config {
    Config {
        subscriptions: vec![Subscription {
            id: SubscriptionId(0),
            topic,
        }],
        timing: QUICK,
        ..Config::new(Endpoint::parse(url).unwrap())
    }
}

fn all(url: &str) -> Config {
    config(url, Topic::pattern(b"*"))
}

/// Starts a publisher of numbers on the channel `name`.
fn publisher(address: SocketAddr, name: &str) -> Publisher {
    Publisher::start("PUBLISH", name, move || TcpStream::connect(address))
}

fn publish_one(listener: &Listener) {
    listener.server.ask(Ask::Publish {
        id: 0,
        channel: b"from us"[..].into(),
        payload: b"hello"[..].into(),
        is_sharded: false,
    });
}

/// A connection that stays open whatever happens to other connections.
struct Admin(TcpStream);

impl Admin {
    fn send(&mut self, words: &[&str]) -> String {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        self.0.write_all(&pack(&words)).unwrap();
        let mut answer = vec![0; 64 << 10];
        let length = self.0.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }
}

#[tokio::test]
async fn frequent_heartbeats_keep_a_connection_that_is_cut_when_idle() {
    let redis = Redis::start();
    let idle = Some(Duration::from_secs(2));
    let proxy = Proxy::cutting_idle(redis.address(), idle);
    let mut listener = Listener::listening(all(&proxy.url())).await;
    // These heartbeats take more than twice as long as the proxy's idle limit.
    listener
        .until("many heartbeats", |listener| listener.pongs > 45)
        .await;
    assert_eq!(listener.gaps(), []);
    let publisher = publisher(redis.address(), "a");
    listener
        .until("messages", |listener| listener.messages() > 20)
        .await;
    assert_eq!(listener.check(&publisher.stop()).await, 0);
    assert_eq!(proxy.connections(), 2);
    listener.server.stop().await;
}

#[tokio::test]
async fn rare_heartbeats_lose_an_idle_connection_and_a_gap_covers_the_loss() {
    let redis = Redis::start();
    let idle = Some(Duration::from_millis(300));
    let proxy = Proxy::cutting_idle(redis.address(), idle);
    let mut listener = Listener::listening(Config {
        timing: Timing {
            ping_every: Duration::from_secs(600),
            ..QUICK
        },
        ..all(&proxy.url())
    })
    .await;
    let first = publisher(redis.address(), "a");
    listener
        .until("messages", |listener| listener.messages() > 20)
        .await;
    let mut sent = first.stop();
    listener
        .until("the connection was cut and is back", Listener::is_restored)
        .await;
    let [gap, ..] = &listener.gaps()[..] else {
        panic!("no gap");
    };
    assert!(gap.noticed.since(gap.last_heard) >= Duration::from_millis(200));
    let before = listener.messages();
    let second = publisher(redis.address(), "b");
    listener
        .until("more messages", |listener| {
            listener.messages() > before + 20
        })
        .await;
    sent.extend(second.stop());
    listener.check(&sent).await;
    listener.server.stop().await;
}

#[tokio::test]
async fn a_network_that_drops_a_connection_silently_is_noticed() {
    let redis = Redis::start();
    let proxy = Proxy::start(redis.address());
    let answer_within = Duration::from_millis(700);
    let mut listener = Listener::listening(Config {
        timing: Timing {
            answer_within,
            ..QUICK
        },
        ..all(&proxy.url())
    })
    .await;
    let publisher = publisher(redis.address(), "a");
    listener
        .until("messages", |listener| listener.messages() > 50)
        .await;
    let before = Time::now();
    proxy.forget();
    let after = Time::now();
    listener
        .until("a gap", |listener| !listener.gaps().is_empty())
        .await;
    let [gap] = &listener.gaps()[..] else {
        panic!("one gap: {:?}", listener.gaps());
    };
    assert_eq!(gap_reason_words(&gap.reason), "no answer for 700 ms");
    let tolerance = Duration::from_millis(500);
    assert!(before.since(gap.last_heard) < tolerance, "{gap:?}");
    assert!(gap.last_heard.since(after) < tolerance, "{gap:?}");
    assert!(
        gap.noticed.since(gap.last_heard) < answer_within + SOON,
        "{gap:?}"
    );
    listener
        .within(SOON, "the connection is back", Listener::is_restored)
        .await;
    let received = listener.messages();
    listener
        .until("more messages", |listener| {
            listener.messages() > received + 50
        })
        .await;
    let missing = listener.check(&publisher.stop()).await;
    assert!(missing > 50, "{missing}");
    listener.server.stop().await;
}

/// This test blocks the thread that also runs the server tasks, so that they make no progress, as
/// on a sleeping laptop.
#[tokio::test]
async fn messages_discarded_while_we_slept_lie_in_the_gap() {
    let redis = Redis::start();
    redis.cli(&[
        "CONFIG",
        "SET",
        "client-output-buffer-limit",
        "pubsub 1mb 0 0",
    ]);
    let mut listener = Listener::listening(all(&redis.url())).await;
    let publisher = publisher(redis.address(), "a");
    listener
        .until("messages and a heartbeat", |listener| {
            listener.messages() > 50 && listener.pongs > 5
        })
        .await;
    let asleep = Time::now();
    let mut admin = Admin(redis.connect());
    let noise = "x".repeat(100 << 10);
    while admin.send(&["PUBLISH", "noise", &noise]) != ":0\r\n" {}
    let killed = publisher.published();
    while publisher.published() < killed + 50 {
        thread::yield_now();
    }
    listener
        .until("the connection is back", Listener::is_restored)
        .await;
    let [gap] = &listener.gaps()[..] else {
        panic!("one gap: {:?}", listener.gaps());
    };
    assert!(
        gap.last_heard <= asleep.after(Duration::from_millis(50)),
        "{gap:?}"
    );
    let received = listener.messages();
    listener
        .until("more messages", |listener| {
            listener.messages() > received + 50
        })
        .await;
    let missing = listener.check(&publisher.stop()).await;
    assert!(missing >= 50, "{missing}");
    listener.server.stop().await;
}

#[test]
fn a_halted_program_reports_the_gap_and_responds_to_keys_at_once() {
    let redis = Redis::start();
    redis.cli(&[
        "CONFIG",
        "SET",
        "client-output-buffer-limit",
        "pubsub 1mb 0 0",
    ]);
    let mut pty = Launch::subscope(&["-u", &redis.url()])
        .size(160, 40)
        .start();
    pty.wait_for_text("1 subscription live");
    let mut admin = Admin(redis.connect());
    let halted = Instant::now();
    pty.signal("STOP");
    let noise = "x".repeat(100 << 10);
    while admin.send(&["PUBLISH", "noise", &noise]) != ":0\r\n" {}
    // Long enough for the next heartbeat to be overdue.
    let pause = Duration::from_secs(7);
    thread::sleep(pause.saturating_sub(halted.elapsed()));
    let length = halted.elapsed();
    pty.signal("CONT");
    pty.send("?");
    pty.wait_for_text("Channels and messages");
    pty.send("\x1b");
    pty.wait_for_text("back after");
    let text = pty.text();
    let duration = text.split("back after ").nth(1).unwrap();
    let seconds: f64 = duration.split(' ').next().unwrap().parse().unwrap();
    assert!(seconds + 0.1 >= length.as_secs_f64(), "{length:?}: {text}");
    redis.cli(&["PUBLISH", "a", "after the sleep"]);
    pty.wait_for_text("after the sleep");
}

/// Client-side caching with invalidations redirected to us: Redis sends them to subscribers as
/// messages whose payload is not a string.
#[tokio::test]
async fn redirected_invalidations_are_messages_that_list_the_keys() {
    for topic in [
        Topic::pattern(b"*"),
        Topic::channel(INVALIDATIONS),
        Topic::channel(b"a"),
    ] {
        let redis = Redis::start();
        let is_asked_for = topic.matches(INVALIDATIONS);
        let mut listener = Listener::listening(config(&redis.url(), topic)).await;
        let mut admin = Admin(redis.connect());
        let clients = admin.send(&["CLIENT", "LIST", "TYPE", "pubsub"]);
        let id = clients.split_once("id=").unwrap().1;
        let id = id.split(' ').next().unwrap();
        let on = admin.send(&["CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST"]);
        assert_eq!(on, "+OK\r\n");
        assert_eq!(admin.send(&["SET", "user:1", "x"]), "+OK\r\n");
        assert_eq!(admin.send(&["MSET", "a", "1", "b", "2"]), "+OK\r\n");
        assert_eq!(admin.send(&["FLUSHALL"]), "+OK\r\n");
        let (messages, unexpected) = if is_asked_for { (3, 0) } else { (0, 3) };
        listener
            .until("the invalidations", |listener| {
                let notices = listener.notices();
                let is_unexpected = |notice: &&Notice| matches!(notice, Notice::Unexpected { .. });
                listener.messages() == messages
                    && notices.iter().filter(is_unexpected).count() == unexpected
            })
            .await;
        let rows = (0..listener.log.end().0).filter_map(|id| listener.log.row(RowId(id)));
        let texts = rows.filter_map(|row| match row.content {
            Content::Message { payload, .. } => Some(String::from_utf8_lossy(payload).into_owned()),
            Content::Notice(Notice::Unexpected {
                first: Unexpected::Frame(text),
                count: 1,
            }) => text
                .strip_prefix(r#"["message","__redis__:invalidate","#)
                .map(str::to_owned),
            Content::Notice(_) => None,
        });
        let texts: Vec<String> = texts.collect();
        assert_eq!(texts.len(), 3, "{texts:?}");
        assert!(texts[0].starts_with(r#"["user:1"]"#), "{texts:?}");
        // The order of the keys is not defined.
        assert!(
            texts[1].contains(r#""a""#) && texts[1].contains(r#""b""#),
            "{texts:?}"
        );
        assert!(texts[2].starts_with("null"), "{texts:?}");
        assert_eq!(listener.gaps(), []);
        let counters = *listener.log.counters();
        assert_eq!(counters.received, counters.kept);
        listener.server.stop().await;
    }
}

/// Environment variable with the URL for a process that only subscribes, so that a test can halt
/// it.
const LISTEN_TO: &str = "SUBSCOPE_TEST_LISTEN_TO";

/// Environment variable with the file to which such a process writes what it received.
const WRITE_TO: &str = "SUBSCOPE_TEST_WRITE_TO";

/// The channel of the message that ends the process.
const END: &str = "end";

/// This is not a test but the process that the test below starts. It receives messages up to the
/// last one, then writes the numbers and the gaps to the file.
#[tokio::test]
async fn listener_process() {
    let (Ok(url), Ok(path)) = (env::var(LISTEN_TO), env::var(WRITE_TO)) else {
        return;
    };
    let mut listener = Listener::listening(all(&url)).await;
    let is_over = |listener: &Listener| listener.log.channels().find(END.as_bytes()).is_some();
    listener.until("the last message", is_over).await;
    let mut lines = String::new();
    for id in 0..listener.log.end().0 {
        let row = listener.log.row(RowId(id)).unwrap();
        let line = match row.content {
            Content::Message { payload, .. } => String::from_utf8_lossy(payload).into_owned(),
            Content::Notice(Notice::Gap(gap)) => {
                let GapEnd::Restored(end) = gap.end else {
                    panic!("the gap is open: {gap:?}")
                };
                format!("gap {} {} {}", gap.last_heard.0, gap.noticed.0, end.0)
            }
            Content::Notice(_) => continue,
        };
        lines.push_str(&line);
        lines.push('\n');
    }
    fs::write(path, lines).unwrap();
}

/// Rebuilds the log from what such a process has written.
fn written_log(lines: &str) -> MessageLog {
    let mut batch = Batch::default();
    for line in lines.lines() {
        let numbers = line.strip_prefix("gap ").map(|numbers| {
            let numbers = numbers.split(' ').map(|number| number.parse().unwrap());
            numbers.map(Time).collect::<Vec<Time>>()
        });
        match numbers.as_deref() {
            Some(&[last_heard, noticed, end]) => {
                let gap = Gap {
                    last_heard,
                    noticed,
                    end: GapEnd::Restored(end),
                    cause: GapCause::ConnectionLost(None),
                    reason: ConnectionError::Closed(Closing::Later).into(),
                };
                batch.push_notice(noticed, Notice::Gap(gap));
            }
            _ => batch.push_message(Time(0), b"a", line.as_bytes(), SubscriptionId(0)),
        }
    }
    log_of([batch])
}

#[test]
fn each_message_lost_while_the_program_was_halted_lies_in_a_gap() {
    let redis = Redis::start();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("received");
    let mut process = Process::new(env::current_exe().unwrap())
        .args(["--exact", "trouble::listener_process"])
        .env(LISTEN_TO, redis.url())
        .env(WRITE_TO, &path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let signal = |name: &str| {
        let arguments = [name, &process.id().to_string()];
        let status = Process::new("kill").args(arguments).status().unwrap();
        assert!(status.success());
    };
    let wait = |condition: &dyn Fn() -> bool| {
        let deadline = Instant::now() + TIMEOUT;
        while !condition() {
            assert!(Instant::now() < deadline, "no message arrived");
            thread::yield_now();
        }
    };
    let is_subscribed = || redis.cli(&["PUBSUB", "NUMPAT"]) == "1";
    wait(&is_subscribed);
    // Slow enough to build up no backlog while the process is halted.
    let address = redis.address();
    let publisher = Publisher::start_at(100, "PUBLISH", "a", move || TcpStream::connect(address));
    let publish = |count: usize| {
        let before = publisher.published();
        wait(&|| publisher.published() >= before + count);
    };
    // Halt for 0.2 to 2.2 seconds and cut the connection in the middle.
    let halves = [10, 50, 110];
    for half in halves {
        publish(20);
        signal("-STOP");
        publish(half);
        assert_eq!(redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]), "1");
        publish(half);
        signal("-CONT");
        wait(&is_subscribed);
    }
    publish(20);
    let sent = publisher.stop();
    assert_eq!(redis.cli(&["PUBLISH", END, "over"]), "1");
    assert!(process.wait().unwrap().success());
    let written = fs::read_to_string(&path).unwrap();
    let (received, last) = written.rsplit_once("over\n").unwrap();
    assert_eq!(last, "");
    let missing = check(&written_log(received), &sent);
    assert!(missing >= halves.iter().sum(), "{missing}");
}

#[tokio::test]
async fn each_attempt_resolves_the_name_and_tries_every_address() {
    let (mut old, new) = (Redis::start(), Redis::start());
    let nobody = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let closed = nobody.local_addr().unwrap();
    drop(nobody);
    let addresses = Arc::new(Mutex::new(vec![closed, old.address()]));
    let lookup = {
        let addresses = Arc::clone(&addresses);
        move |host: &str, port: u16| {
            assert_eq!((host, port), ("redis.example", 6379));
            Ok(addresses.lock().unwrap().clone())
        }
    };
    let mut listener = Listener::listening(Config {
        resolver: Resolver::Of(Arc::new(lookup)),
        ..all("redis://redis.example")
    })
    .await;
    let (first, second) = (
        publisher(old.address(), "old"),
        publisher(new.address(), "new"),
    );
    listener
        .until("messages", |listener| listener.messages() > 50)
        .await;
    let mut sent = first.stop();
    old.kill();
    *addresses.lock().unwrap() = vec![closed, new.address()];
    listener
        .within(SOON, "the new server is found", Listener::is_restored)
        .await;
    let received = listener.messages();
    listener
        .until("messages of the new one", |listener| {
            listener.messages() > received + 50
        })
        .await;
    // Messages that were published on the new server before we subscribed to it do not count as
    // missing.
    let [gap] = &listener.gaps()[..] else {
        panic!("one gap: {:?}", listener.gaps());
    };
    let later = second.stop();
    sent.extend(later.into_iter().filter(|sent| sent.from >= gap.last_heard));
    listener.check(&sent).await;
    listener.server.stop().await;
}

#[tokio::test]
async fn a_server_on_the_ipv6_loopback_is_reachable() {
    TcpListener::bind(("::1", 0)).expect("this machine has no IPv6 loopback address ::1");
    let redis = Redis::start_with(&["--bind", "127.0.0.1", "::1"]);
    for host in ["[::1]", "localhost"] {
        let url = format!("redis://{host}:{}", redis.port());
        let mut listener = Listener::listening(all(&url)).await;
        let address = SocketAddr::from((Ipv6Addr::LOCALHOST, redis.port()));
        let publisher = publisher(address, "a");
        listener
            .until("messages", |listener| listener.messages() > 20)
            .await;
        assert_eq!(listener.check(&publisher.stop()).await, 0);
        listener.server.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_is_loading_is_waited_for() {
    // While it loads, a server handles events only every 2 MiB, and this delay makes each key take
    // a while.
    let mut redis = Redis::start_with(&["--key-load-delay", "50000", "--rdbcompression", "no"]);
    let value = vec![b'x'; 512 << 10];
    for key in 0..60 {
        redis.send(&[b"SET", key.to_string().as_bytes(), &value]);
    }
    assert_eq!(redis.cli(&["SAVE"]), "OK");
    let mut listener = Listener::listening(all(&redis.url())).await;
    let publisher = publisher(redis.address(), "a");
    listener
        .until("messages", |listener| listener.messages() > 50)
        .await;
    redis.kill();
    redis.restart();
    listener
        .until("the server reports that it is loading", |listener| {
            listener.has_failed("LOADING")
        })
        .await;
    redis.cli(&["CONFIG", "SET", "key-load-delay", "0"]);
    while redis.cli(&["PING"]) != "PONG" {
        thread::yield_now();
    }
    listener
        .within(SOON, "the connection is back", Listener::is_restored)
        .await;
    let received = listener.messages();
    listener
        .until("more messages", |listener| {
            listener.messages() > received + 50
        })
        .await;
    listener.check(&publisher.stop()).await;
    listener.server.stop().await;
}

/// Starts a server that accepts replicas without delay.
fn primary() -> Redis {
    Redis::start_with(&["--repl-diskless-sync-delay", "0"])
}

/// Starts a replica of `primary`. `answers` says whether it answers while the primary is down.
fn replica_of(primary: &Redis, answers: bool) -> Redis {
    let port = primary.port().to_string();
    let answers = if answers { "yes" } else { "no" };
    let replica = Redis::start_with(&[
        "--replicaof",
        "127.0.0.1",
        &port,
        "--replica-serve-stale-data",
        answers,
    ]);
    wait_for_link(&replica);
    replica
}

fn wait_for_link(replica: &Redis) {
    let is_up = || {
        replica
            .cli(&["INFO", "replication"])
            .contains("master_link_status:up")
    };
    while !is_up() {
        thread::yield_now();
    }
}

#[tokio::test]
async fn a_replica_without_its_primary_is_a_gap_until_they_are_linked_again() {
    for answers in [true, false] {
        let mut primary = primary();
        let replica = replica_of(&primary, answers);
        let mut listener = Listener::listening(all(&replica.url())).await;
        let publisher = publisher(primary.address(), "a");
        listener
            .until("messages", |listener| listener.messages() > 50)
            .await;
        primary.kill();
        listener
            .until("the primary is reported as down", |listener| {
                let mut reasons = listener.gaps().into_iter().map(|gap| gap.reason);
                reasons.any(|reason| reason == GapReason::PrimaryLinkDown)
            })
            .await;
        // Not all servers answer PING with this error.
        if replica.cli(&["PING"]).starts_with("MASTERDOWN") {
            listener
                .until("the reason is reported in the server's words", |listener| {
                    listener.has_failed("MASTERDOWN")
                })
                .await;
        }
        primary.restart();
        wait_for_link(&replica);
        listener
            .within(SOON, "the connection is back", Listener::is_restored)
            .await;
        let received = listener.messages();
        listener
            .until("more messages", |listener| {
                listener.messages() > received + 50
            })
            .await;
        listener.check(&publisher.stop()).await;
        listener.server.stop().await;
    }
}

/// The server tasks make no progress between the death of the primary and the moment when the
/// replica is connected to it again.
#[tokio::test]
async fn a_primary_restarted_between_two_heartbeats_is_a_gap() {
    let mut primary = primary();
    let replica = replica_of(&primary, true);
    let mut listener = Listener::listening(all(&replica.url())).await;
    let publisher = publisher(primary.address(), "a");
    listener
        .until("messages and heartbeats", |listener| {
            listener.messages() > 50 && listener.pongs > 5
        })
        .await;
    primary.kill();
    let up = || {
        replica
            .cli(&["INFO", "replication"])
            .contains("master_link_status:up")
    };
    while up() {
        thread::yield_now();
    }
    primary.restart();
    wait_for_link(&replica);
    listener
        .within(SOON, "a closed gap", Listener::is_restored)
        .await;
    let received = listener.messages();
    listener
        .until("more messages", |listener| {
            listener.messages() > received + 50
        })
        .await;
    let missing = listener.check(&publisher.stop()).await;
    assert!(missing > 0);
    listener.server.stop().await;
}

#[tokio::test]
async fn a_server_without_room_for_another_client_is_retried() {
    let redis = Redis::start();
    let mut admin = Admin(redis.connect());
    let mut listener = Listener::listening(all(&redis.url())).await;
    let publisher = publisher(redis.address(), "a");
    listener
        .until("messages", |listener| listener.messages() > 50)
        .await;
    assert_eq!(admin.send(&["CONFIG", "SET", "maxclients", "1"]), "+OK\r\n");
    assert_eq!(admin.send(&["CLIENT", "KILL", "TYPE", "pubsub"]), ":1\r\n");
    listener
        .until("the connection is refused", |listener| {
            listener.has_failed("max number of clients")
        })
        .await;
    assert_eq!(
        admin.send(&["CONFIG", "SET", "maxclients", "100"]),
        "+OK\r\n"
    );
    listener
        .within(SOON, "the connection is back", Listener::is_restored)
        .await;
    let received = listener.messages();
    listener
        .until("more messages", |listener| {
            listener.messages() > received + 50
        })
        .await;
    listener.check(&publisher.stop()).await;
    listener.server.stop().await;
}

#[tokio::test]
async fn a_changed_password_is_a_refusal_and_an_open_gap_until_it_is_changed_back() {
    let redis = Redis::start();
    redis.cli(&[
        "ACL",
        "SETUSER",
        "app",
        "on",
        ">old",
        "allchannels",
        "+@all",
    ]);
    let url = format!("redis://app:old@{}", redis.address());
    let mut listener = Listener::listening(Config {
        login_retries: LoginRetries {
            give_up_after: Duration::ZERO,
            ..LoginRetries::default()
        },
        ..all(&url)
    })
    .await;
    publish_one(&listener);
    listener
        .until("the answer", |listener| listener.published.len() == 1)
        .await;
    let publisher = publisher(redis.address(), "a");
    listener
        .until("messages", |listener| listener.messages() > 50)
        .await;
    redis.cli(&["ACL", "SETUSER", "app", "resetpass", ">new"]);
    assert_eq!(redis.cli(&["CLIENT", "KILL", "USER", "app"]), "2");
    listener
        .until("both connections are refused", |listener| {
            let trouble = listener.troubles.last().and_then(Option::as_deref);
            listener.refusal().is_some() && trouble.is_some()
        })
        .await;
    let refusal = listener.refusal().unwrap();
    assert!(refusal.starts_with("WRONGPASS"), "{refusal}");
    let trouble = listener.troubles.last().unwrap().clone().unwrap();
    assert!(
        trouble.contains("WRONGPASS") && trouble.contains("r to retry"),
        "{trouble}"
    );
    assert_eq!(listener.gaps().len(), 1);
    assert_eq!(listener.gaps()[0].end, GapEnd::Open);
    // Redis logs each refused attempt, so its log shows whether there are more.
    let attempts = redis.cli(&["ACL", "LOG"]);
    let before = publisher.published();
    while publisher.published() < before + 200 {
        thread::yield_now();
    }
    let count = |log: &str| {
        log.lines()
            .skip_while(|line| *line != "count")
            .nth(1)
            .map(str::to_owned)
    };
    assert_eq!(count(&redis.cli(&["ACL", "LOG"])), count(&attempts));
    redis.cli(&["ACL", "SETUSER", "app", "resetpass", ">old"]);
    listener.server.command(Command::Reconnect);
    listener
        .within(SOON, "the connection is back without trouble", |listener| {
            listener.is_restored() && listener.troubles.last() == Some(&None)
        })
        .await;
    publish_one(&listener);
    listener
        .until("another answer", |listener| listener.published.len() == 2)
        .await;
    assert!(listener.published[1].is_ok(), "{:?}", listener.published);
    let received = listener.messages();
    listener
        .until("more messages", |listener| {
            listener.messages() > received + 50
        })
        .await;
    let missing = listener.check(&publisher.stop()).await;
    assert!(missing >= 200, "{missing}");
    listener.server.stop().await;
}

#[tokio::test]
async fn a_restarted_server_that_loads_its_users_late_is_waited_for() {
    let mut redis = Redis::start();
    let add_user = |redis: &Redis| {
        let user = [
            "ACL",
            "SETUSER",
            "app",
            "on",
            ">secret",
            "allchannels",
            "+@all",
        ];
        assert_eq!(redis.cli(&user), "OK");
    };
    add_user(&redis);
    let url = format!("redis://app:secret@{}", redis.address());
    let mut listener = Listener::listening(Config {
        login_retries: LoginRetries {
            first_wait: Duration::from_millis(10),
            longest_wait: Duration::from_millis(100),
            give_up_after: Duration::from_secs(60),
        },
        ..all(&url)
    })
    .await;
    redis.kill();
    redis.restart();
    let refusals = |listener: &Listener| {
        let is_it = |of: &&Connection| {
            matches!(
                of,
                Connection::Refused {
                    retry_at: Some(_),
                    ..
                }
            )
        };
        listener.connections.iter().filter(is_it).count()
    };
    listener
        .until("the login is refused repeatedly", |listener| {
            refusals(listener) > 3
        })
        .await;
    let [open] = &listener.gaps()[..] else {
        panic!("one gap: {:?}", listener.gaps());
    };
    assert_eq!(
        (&open.cause, open.end),
        (&GapCause::LoginRefused, GapEnd::Open)
    );
    let reason = gap_reason_words(&open.reason);
    assert!(reason.starts_with("WRONGPASS"), "{open:?}");
    add_user(&redis);
    listener
        .within(
            SOON,
            "the connection is back by itself",
            Listener::is_restored,
        )
        .await;
    let [closed] = &listener.gaps()[..] else {
        panic!("one gap: {:?}", listener.gaps());
    };
    assert_eq!(closed.last_heard, open.last_heard);
    assert_eq!(closed.cause, GapCause::LoginRefused);
    publish_one(&listener);
    listener
        .until("the commander's login is accepted too", |listener| {
            listener.published.last().is_some_and(Result::is_ok)
        })
        .await;
    listener.server.stop().await;
}

#[tokio::test]
async fn a_newly_required_password_is_a_refusal_too() {
    let redis = Redis::start();
    let mut admin = Admin(redis.connect());
    let mut listener = Listener::listening(Config {
        login_retries: LoginRetries {
            give_up_after: Duration::ZERO,
            ..LoginRetries::default()
        },
        ..all(&redis.url())
    })
    .await;
    assert_eq!(
        admin.send(&["CONFIG", "SET", "requirepass", "new"]),
        "+OK\r\n"
    );
    admin.send(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    assert_eq!(admin.send(&["CLIENT", "KILL", "TYPE", "pubsub"]), ":1\r\n");
    listener
        .until("both connections are refused", |listener| {
            let trouble = listener.troubles.last().and_then(Option::as_deref);
            listener.refusal().is_some() && trouble.is_some()
        })
        .await;
    assert!(listener.refusal().unwrap().starts_with("NOAUTH"));
    assert_eq!(listener.gaps()[0].end, GapEnd::Open);
    assert_eq!(admin.send(&["CONFIG", "SET", "requirepass", ""]), "+OK\r\n");
    listener.server.command(Command::Reconnect);
    listener
        .within(SOON, "the connection is back without trouble", |listener| {
            listener.is_restored() && listener.troubles.last() == Some(&None)
        })
        .await;
    listener.server.stop().await;
}
