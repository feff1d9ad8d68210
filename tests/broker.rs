//! The embedded broker, driven by `redis-cli`, by the `redis` crate, and by bare sockets whose
//! bytes are compared with those of a real Redis.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[expect(dead_code, reason = "each test file uses a part of it")]
mod support;

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use futures_util::StreamExt;
use subscope::broker::faults::Victims;
use subscope::broker::traffic::{self, Traffic};
use subscope::broker::{Broker, Limits, Refusal, Settings};
use subscope::wire;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use self::support::redis::RedisServer;

async fn broker() -> Broker {
    Broker::start(Settings::default()).await.unwrap()
}

async fn broker_with(limits: Limits) -> Broker {
    let settings = Settings {
        limits,
        ..Settings::default()
    };
    Broker::start(settings).await.unwrap()
}

/// How long to wait for what should come before the test is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what should come, so that a test that waits in vain fails rather than hangs.
async fn patiently<T>(future: impl Future<Output = T>) -> T {
    let result = tokio::time::timeout(PATIENCE, future).await;
    result.expect("nothing more came")
}

/// A bare connection.
struct Raw(TcpStream);

impl Raw {
    async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads exactly these bytes.
    async fn expect(&mut self, expected: impl AsRef<[u8]>) {
        let expected = expected.as_ref();
        let mut bytes = Vec::new();
        let mut wanted = (&mut self.0).take(expected.len() as u64);
        patiently(wanted.read_to_end(&mut bytes)).await.unwrap();
        let (came, expected) = (bytes.escape_ascii(), expected.escape_ascii());
        assert_eq!(came.to_string(), expected.to_string());
    }

    /// Sends a line and reads exactly these bytes.
    async fn ask(&mut self, line: &str, expected: &str) {
        self.send(format!("{line}\r\n")).await;
        self.expect(expected).await;
    }

    /// Everything up to the end of the connection. A reset is an end as well.
    async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = patiently(self.0.read_to_end(&mut bytes)).await;
        bytes
    }

    /// Everything up to an answer that holds `mark`, or to the end.
    async fn until(&mut self, mark: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(mark.as_bytes()) {
            let read = tokio::time::timeout(PATIENCE, self.0.read_buf(&mut bytes)).await;
            match read
                .unwrap_or_else(|_| panic!("only {:?} came", bytes.escape_ascii().to_string()))
            {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        bytes
    }
}

async fn subscriber(broker: &Broker, channel: &str) -> Raw {
    let mut raw = Raw::connect(broker.address()).await;
    let length = channel.len();
    raw.ask(
        &format!("SUBSCRIBE {channel}"),
        &format!("*3\r\n$9\r\nsubscribe\r\n${length}\r\n{channel}\r\n:1\r\n"),
    )
    .await;
    raw
}

/// What the broker says of itself under INFO.
async fn info(broker: &Broker, field: &str) -> String {
    let mut raw = Raw::connect(broker.address()).await;
    raw.send("INFO\r\nQUIT\r\n").await;
    let text = String::from_utf8(raw.rest().await).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    line.unwrap().trim_start_matches(':').to_owned()
}

fn message(channel: &str, payload: &str) -> String {
    let (channel_length, length) = (channel.len(), payload.len());
    format!("*3\r\n$7\r\nmessage\r\n${channel_length}\r\n{channel}\r\n${length}\r\n{payload}\r\n")
}

/// What is sent to both servers, each on a connection of its own, with the same answer expected.
const SAME: &[&str] = &[
    "PING\r\n",
    "ping hello\r\n",
    "PING a b\r\n",
    "*2\r\n$4\r\nPING\r\n$5\r\na\r\nb\0\r\n",
    "ECHO\r\n",
    "ECHO \"a\\x00\\r\\n\"\r\n",
    "\r\n   \r\nECHO 'it\\'s' \r\n",
    "*0\r\n*-5\r\nPING\r\n",
    "FOO\r\n",
    "foo a 'b c' d\r\n",
    "*2\r\n$3\r\nfoo\r\n$3\r\na\r\n\r\n",
    "*2\r\n$5\r\nf\0o\r\n\r\n$2\r\n\r\n\r\n",
    "*1\r\n$0\r\n\r\n",
    "SELECT 3\r\n",
    "SELECT 16\r\n",
    "SELECT -1\r\n",
    "SELECT x\r\n",
    "SELECT\r\n",
    "AUTH secret\r\n",
    "AUTH default secret\r\n",
    "AUTH nobody secret\r\n",
    "AUTH a b c\r\n",
    "HELLO 4\r\n",
    "HELLO x\r\n",
    "HELLO 2 FOO\r\n",
    "HELLO 2 AUTH default\r\n",
    "HELLO 2 AUTH nobody secret\r\n",
    "HELLO 2 SETNAME \"a b\"\r\n",
    "CLIENT\r\n",
    "CLIENT FOO\r\n",
    "client foo bar\r\n",
    "CLIENT GETNAME\r\n",
    "CLIENT SETNAME me\r\nCLIENT GETNAME\r\nRESET\r\nCLIENT GETNAME\r\n",
    "CLIENT SETNAME \"a b\"\r\n",
    "CLIENT SETNAME\r\n",
    "CLIENT ID 3\r\n",
    "CLIENT LIST TYPE foo\r\n",
    "CLIENT LIST TYPE master\r\n",
    "CLIENT LIST ID x\r\n",
    "CLIENT LIST FOO\r\n",
    "CLIENT KILL\r\n",
    "CLIENT KILL 1.2.3.4:5\r\n",
    "CLIENT KILL ID 0\r\n",
    "CLIENT KILL ID 987654321\r\n",
    "CLIENT KILL TYPE foo\r\n",
    "CLIENT KILL TYPE pubsub SKIPME no\r\n",
    "CLIENT KILL USER nobody\r\n",
    "CLIENT KILL ADDR 1.2.3.4:5 ID\r\n",
    "CONFIG\r\n",
    "CONFIG FOO\r\n",
    "CONFIG GET\r\n",
    "CONFIG GET DATABASE?\r\n",
    "CONFIG GET no-such-thing\r\n",
    "COMMAND FOO\r\n",
    "COMMAND COUNT 1\r\n",
    "COMMAND INFO no-such-command\r\n",
    "COMMAND DOCS no-such-command\r\n",
    "INFO no-such-section\r\n",
    "RESET\r\n",
    "RESET 1\r\n",
    "QUIT\r\nPING\r\n",
    "PUBLISH a\r\n",
    "PUBLISH a b\r\n",
    "PUBLISH \"\" \"\"\r\n",
    "SPUBLISH a b\r\n",
    "SUBSCRIBE\r\n",
    "SUBSCRIBE a b a\r\nPSUBSCRIBE a* b\r\nSSUBSCRIBE a c\r\nSUBSCRIBE d\r\n",
    "SUBSCRIBE a\r\nPING\r\nPING x\r\nPING x y\r\nPUBLISH a b\r\nCLIENT ID\r\nCONFIG GET a\r\n",
    "SSUBSCRIBE a\r\nINFO\r\nFOO\r\nECHO a\r\nPING\r\n",
    "SUBSCRIBE a\r\nUNSUBSCRIBE a\r\nUNSUBSCRIBE a\r\nECHO free\r\n",
    "UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nSUNSUBSCRIBE\r\nUNSUBSCRIBE x y\r\n",
    "SUBSCRIBE a\r\nPSUBSCRIBE a\r\nSSUBSCRIBE a\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nSUNSUBSCRIBE\r\n",
    "SUBSCRIBE a\r\nUNSUBSCRIBE b\r\nPUNSUBSCRIBE\r\n",
    "SUBSCRIBE a\r\nRESET\r\nECHO free\r\n",
    "SUBSCRIBE a\r\nQUIT\r\n",
    "PUBSUB\r\n",
    "PUBSUB FOO\r\n",
    "PUBSUB CHANNELS\r\n",
    "PUBSUB CHANNELS a b\r\n",
    "PUBSUB NUMSUB\r\n",
    "PUBSUB NUMSUB a b\r\n",
    "PUBSUB NUMPAT\r\n",
    "PUBSUB NUMPAT x\r\n",
    "PUBSUB SHARDCHANNELS\r\n",
    "PUBSUB SHARDNUMSUB a\r\n",
    "*1\r\n:4\r\nPING\r\n",
    "*1\r\n\r\n",
    "*x\r\n",
    "*01\r\n",
    "*99999999999\r\n",
    "*1\r\n$-1\r\n",
    "*1\r\n$x\r\n",
    "*1\r\n$99999999999\r\n",
    "*1\r\n$+4\r\nPING\r\n",
    "ECHO \"a\r\n",
    "ECHO \"a\"b\r\n",
    "PING\r\nECHO 'a\r\nPING\r\n",
];

/// What a server answers to `bytes` and the `end`, which brings `the-end`, on a connection of its
/// own. All is sent at once, so that a server that closes has nothing unread, which would make
/// the system throw its last answer away.
async fn answer(address: SocketAddr, bytes: &str, end: &str) -> String {
    let mut raw = Raw::connect(address).await;
    raw.send(format!("{bytes}{end}PING the-end\r\n")).await;
    String::from_utf8_lossy(&raw.until("the-end\r\n").await).into_owned()
}

/// Fails with all the answers in which the broker and Redis differ.
async fn compare(redis: &RedisServer, broker: &Broker, requests: &[&str], end: &str) {
    let mut differences = Vec::new();
    for bytes in requests {
        let of_redis = answer(redis.address(), bytes, end).await;
        let ours = answer(broker.address(), bytes, end).await;
        if ours != of_redis {
            differences.push(format!("{bytes:?}\n  Redis {of_redis:?}\n  here  {ours:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn answers_are_those_of_redis() {
    compare(&RedisServer::start(), &broker().await, SAME, "").await;
}

#[tokio::test]
async fn a_password_is_asked_for_as_redis_does() {
    let redis = RedisServer::start_with(&["--requirepass", "secret"]);
    let settings = Settings {
        password: Some("secret".to_owned()),
        ..Settings::default()
    };
    let broker = Broker::start(settings).await.unwrap();
    let requests = [
        "PING\r\n",
        "FOO\r\n",
        "SUBSCRIBE a\r\n",
        "HELLO 2 AUTH default wrong\r\n",
        "AUTH wrong\r\n",
        "AUTH nobody secret\r\n",
        "AUTH secret\r\nPING\r\nAUTH wrong\r\nPING\r\nRESET\r\nPING\r\n",
        "AUTH default secret\r\nPING\r\n",
        "QUIT\r\n",
        "*11\r\n",
        "*1\r\n$16385\r\n",
    ];
    compare(&redis, &broker, &requests, "AUTH default secret\r\n").await;
    let mut raw = Raw::connect(broker.address()).await;
    raw.ask(
        "HELLO 2",
        "-NOAUTH HELLO must be called with the client already authenticated",
    )
    .await;
    raw.until("\r\n").await;
    raw.ask(
        "HELLO 2 AUTH default secret SETNAME me",
        "*14\r\n$6\r\nserver\r\n",
    )
    .await;
    raw.until("$7\r\nmodules\r\n*0\r\n").await;
    raw.ask("CLIENT GETNAME", "$2\r\nme\r\n").await;
}

#[tokio::test]
async fn resp3_is_refused() {
    let broker = broker().await;
    let mut raw = Raw::connect(broker.address()).await;
    raw.ask("HELLO 3", "-NOPROTO unsupported protocol version\r\n")
        .await;
    raw.ask("PING", "+PONG\r\n").await;
}

#[tokio::test]
async fn a_message_comes_before_those_of_patterns() {
    let broker = broker().await;
    let mut raw = Raw::connect(broker.address()).await;
    raw.send("PSUBSCRIBE news:*\r\nSUBSCRIBE news:a\r\nSSUBSCRIBE news:a\r\n")
        .await;
    raw.until("$10\r\nssubscribe\r\n$6\r\nnews:a\r\n:1\r\n")
        .await;
    assert_eq!(broker.publish(b"news:a", b"1"), 2);
    raw.expect(&message("news:a", "1")).await;
    raw.expect("*4\r\n$8\r\npmessage\r\n$6\r\nnews:*\r\n$6\r\nnews:a\r\n$1\r\n1\r\n")
        .await;
    let mut other = Raw::connect(broker.address()).await;
    other.ask("SPUBLISH news:a 2", ":1\r\n").await;
    raw.expect("*3\r\n$8\r\nsmessage\r\n$6\r\nnews:a\r\n$1\r\n2\r\n")
        .await;
    other.ask("PUBSUB NUMPAT", ":1\r\n").await;
    other
        .ask("PUBSUB CHANNELS n*", "*1\r\n$6\r\nnews:a\r\n")
        .await;
    other
        .ask("PUBSUB SHARDCHANNELS", "*1\r\n$6\r\nnews:a\r\n")
        .await;
    other
        .ask("PUBSUB NUMSUB news:a", "*2\r\n$6\r\nnews:a\r\n:1\r\n")
        .await;
}

#[tokio::test]
async fn redis_cli_subscribes_publishes_and_asks() {
    let broker = broker().await;
    let port = broker.address().port().to_string();
    let cli = |arguments: &[&str]| {
        let mut command = Command::new("redis-cli");
        command
            .args(["-p", &port])
            .args(arguments)
            .kill_on_drop(true);
        command
    };
    for (listen, expected) in [
        (["subscribe", "orders"], "message\norders\nhello \"you\""),
        (
            ["psubscribe", "ord*"],
            "pmessage\nord*\norders\nhello \"you\"",
        ),
        (["ssubscribe", "orders"], "smessage\norders\nhello \"you\""),
    ] {
        let mut child = cli(&listen).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for expected in [listen[0], listen[1], "1"] {
            assert_eq!(lines.next_line().await.unwrap().unwrap(), expected);
        }
        let publish = if listen[0] == "ssubscribe" {
            "spublish"
        } else {
            "publish"
        };
        let output = cli(&[publish, "orders", "hello \"you\""])
            .output()
            .await
            .unwrap();
        assert_eq!(output.stdout, b"1\n");
        let mut seen = Vec::new();
        for _ in expected.lines() {
            seen.push(lines.next_line().await.unwrap().unwrap());
        }
        assert_eq!(seen.join("\n"), expected);
        if listen[0] == "subscribe" {
            for (arguments, expected) in [
                (&["pubsub", "channels"][..], "orders\n"),
                (&["pubsub", "numsub", "orders"], "orders\n1\n"),
                (&["-n", "3", "ping"], "PONG\n"),
                (&["command", "count"], "20\n"),
            ] {
                let output = cli(arguments).output().await.unwrap();
                assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
            }
            let output = cli(&["client", "list", "type", "pubsub"])
                .output()
                .await
                .unwrap();
            let list = String::from_utf8(output.stdout).unwrap();
            assert!(list.contains(" sub=1 psub=0 ssub=0 "), "{list}");
            assert!(list.contains(" flags=P "), "{list}");
        }
        child.kill().await.unwrap();
    }
}

#[tokio::test]
async fn the_redis_crate_subscribes_and_publishes() {
    let broker = broker().await;
    let client = redis::Client::open(format!("redis://{}/2", broker.address())).unwrap();
    let mut pubsub = client.get_async_pubsub().await.unwrap();
    pubsub.subscribe("a").await.unwrap();
    pubsub.psubscribe("b*").await.unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    for channel in ["a", "bb"] {
        let receivers: usize = redis::cmd("PUBLISH")
            .arg(channel)
            .arg(&b"\xff\0"[..])
            .query_async(&mut connection)
            .await
            .unwrap();
        assert_eq!(receivers, 1);
    }
    let mut messages = pubsub.on_message();
    for channel in ["a", "bb"] {
        let message = messages.next().await.unwrap();
        assert_eq!(message.get_channel_name(), channel);
        assert_eq!(message.get_payload_bytes(), b"\xff\0");
    }
    let list: String = redis::cmd("CLIENT")
        .arg("LIST")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert!(list.contains("lib-name=redis-rs"), "{list}");
}

#[tokio::test]
async fn a_killed_client_is_gone_at_once() {
    let broker = broker().await;
    let mut killer = Raw::connect(broker.address()).await;
    let own = killer.0.local_addr().unwrap();
    killer.ask("CLIENT ID", ":1\r\n").await;
    for (filter, answer) in [
        ("ID 2", ":1\r\n"),
        ("TYPE pubsub", ":1\r\n"),
        ("TYPE pubsub USER default LADDR 127.0.0.1:1", ":0\r\n"),
        ("TYPE pubsub ID 3", ":0\r\n"),
        ("SKIPME yes TYPE PUBSUB USER default", ":1\r\n"),
    ] {
        let mut victim = subscriber(&broker, "a").await;
        killer.ask(&format!("CLIENT KILL {filter}"), answer).await;
        if answer == ":1\r\n" {
            assert_eq!(victim.rest().await, b"");
            assert_eq!(broker.publish(b"a", b""), 0);
        }
        killer
            .ask(
                "CLIENT KILL TYPE pubsub",
                if answer == ":1\r\n" {
                    ":0\r\n"
                } else {
                    ":1\r\n"
                },
            )
            .await;
    }
    let mut victim = subscriber(&broker, "a").await;
    let address = victim.0.local_addr().unwrap();
    killer
        .ask(&format!("CLIENT KILL {address}"), "+OK\r\n")
        .await;
    assert_eq!(victim.rest().await, b"");
    killer.send(format!("CLIENT KILL {own}\r\nPING\r\n")).await;
    assert_eq!(killer.rest().await, b"+OK\r\n");
}

#[tokio::test]
async fn a_client_over_the_hard_limit_is_closed_at_once() {
    let broker = broker_with(Limits {
        output_hard: 1 << 20,
        ..Limits::default()
    })
    .await;
    let mut lagging = subscriber(&broker, "a").await;
    let mut reading = subscriber(&broker, "b").await;
    // What does not wait in the broker waits in the sockets' buffers, so it takes some more.
    let payload = vec![b'x'; 64 << 10];
    while broker.publish(b"a", &payload) > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(broker.publish(b"b", b"hello"), 1);
    reading.expect(&message("b", "hello")).await;
    assert!(lagging.rest().await.len() > payload.len());
    assert_eq!(
        info(&broker, "client_output_buffer_limit_disconnections").await,
        "1"
    );
    // A single message above the limit is too much as well.
    let mut one = subscriber(&broker, "c").await;
    assert_eq!(broker.publish(b"c", &vec![0; 1 << 20]), 1);
    assert_eq!(one.rest().await, b"");
}

#[tokio::test]
async fn a_client_over_the_soft_limit_is_closed_after_a_while() {
    let broker = broker_with(Limits {
        output_soft: 1 << 10,
        output_soft_for: Duration::from_millis(50),
        ..Limits::default()
    })
    .await;
    let mut brief = subscriber(&broker, "b").await;
    let mut lagging = subscriber(&broker, "a").await;
    // More than the sockets take, so that it stays over the limit without another message.
    assert_eq!(broker.publish(b"a", &vec![b'x'; 20 << 20]), 1);
    while broker.publish(b"a", b"") > 0 {
        tokio::task::yield_now().await;
    }
    lagging.rest().await;
    assert_eq!(
        info(&broker, "client_output_buffer_limit_disconnections").await,
        "1"
    );
    // Over the limit for as long as it takes to read.
    let payload = "x".repeat(2 << 10);
    for _ in 0..3 {
        assert_eq!(broker.publish(b"b", payload.as_bytes()), 1);
        brief.expect(&message("b", &payload)).await;
    }
}

#[tokio::test]
async fn a_client_may_not_send_or_ask_without_bound() {
    let broker = broker_with(Limits {
        bulk: 100,
        arguments: 10,
        query: 200,
        subscriptions: 3,
        subscription_bytes: 20,
        clients: 2,
        ..Limits::default()
    })
    .await;
    for (bytes, answer) in [
        (
            "*11\r\n",
            "-ERR Protocol error: invalid multibulk length\r\n",
        ),
        (
            "*1\r\n$101\r\n",
            "-ERR Protocol error: invalid bulk length\r\n",
        ),
        (
            &format!(
                "*9\r\n{}$9\r\n",
                "$50\r\n12345678901234567890123456789012345678901234567890\r\n".repeat(4)
            ),
            "",
        ),
    ] {
        let mut raw = Raw::connect(broker.address()).await;
        raw.send(bytes).await;
        assert_eq!(String::from_utf8(raw.rest().await).unwrap(), answer);
    }
    let mut raw = Raw::connect(broker.address()).await;
    let refused = "-ERR max number of subscriptions reached\r\n";
    let confirmed =
        |name: &str, count: u8| format!("*3\r\n$9\r\nsubscribe\r\n$1\r\n{name}\r\n:{count}\r\n");
    raw.ask("SUBSCRIBE a", &confirmed("a", 1)).await;
    raw.ask("PSUBSCRIBE 12345678901234567890", refused).await;
    raw.ask("SUBSCRIBE b", &confirmed("b", 2)).await;
    raw.ask("SUBSCRIBE c", &confirmed("c", 3)).await;
    raw.ask("SUBSCRIBE d", refused).await;
    raw.ask("SUBSCRIBE c", &confirmed("c", 3)).await;
    let mut second = Raw::connect(broker.address()).await;
    second.ask("PING", "+PONG\r\n").await;
    let mut third = Raw::connect(broker.address()).await;
    assert_eq!(
        third.rest().await,
        b"-ERR max number of clients reached\r\n"
    );
}

#[tokio::test]
async fn a_line_without_an_end_is_refused() {
    let broker = broker().await;
    let digits = "1".repeat(64 << 10);
    for (bytes, error) in [
        (format!("x{digits}"), "too big inline request"),
        (format!("*{digits}"), "too big mbulk count string"),
        (format!("*1\r\n${digits}"), "too big bulk count string"),
    ] {
        let mut raw = Raw::connect(broker.address()).await;
        raw.send(bytes).await;
        let answer = String::from_utf8(raw.rest().await).unwrap();
        assert_eq!(answer, format!("-ERR Protocol error: {error}\r\n"));
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_forgotten() {
    let broker = broker().await;
    let gone = subscriber(&broker, "a").await;
    assert_eq!(broker.publish(b"a", b""), 1);
    drop(gone);
    while broker.publish(b"a", b"") > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(info(&broker, "connected_clients").await, "1");
    assert_eq!(info(&broker, "pubsub_channels").await, "0");
}

#[tokio::test]
async fn stopping_closes_every_connection() {
    let broker = broker().await;
    let address = broker.address();
    let publisher = broker.publisher();
    let mut raw = subscriber(&broker, "a").await;
    broker.stop().await;
    assert_eq!(raw.rest().await, b"");
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(publisher.publish(b"a", b""), 0);
}

#[tokio::test]
async fn dropping_closes_every_connection() {
    let broker = broker().await;
    let mut raw = subscriber(&broker, "a").await;
    drop(broker);
    assert_eq!(raw.rest().await, b"");
}

#[tokio::test]
async fn faults_befall_whom_they_should() {
    let broker = broker().await;
    let faults = broker.faults();
    let mut bystander = Raw::connect(broker.address()).await;
    bystander.ask("CLIENT ID", ":1\r\n").await;
    let mut victim = subscriber(&broker, "a").await;
    assert_eq!(
        faults.inject(Victims::Subscribers, b"-ERR out of the blue\r\n"),
        1
    );
    victim.expect("-ERR out of the blue\r\n").await;
    assert_eq!(faults.cut(Victims::Client(2), b"*3\r\n$7\r\nmes"), 1);
    assert_eq!(victim.rest().await, b"*3\r\n$7\r\nmes");
    assert_eq!(faults.cut(Victims::Client(2), b""), 0);
    bystander.ask("PING", "+PONG\r\n").await;
}

#[tokio::test]
async fn a_muted_broker_answers_later() {
    let broker = broker().await;
    let mut raw = subscriber(&broker, "a").await;
    broker.faults().mute();
    raw.send("PING\r\n").await;
    assert_eq!(broker.publish(b"a", b"1"), 1);
    let mut new = Raw::connect(broker.address()).await;
    new.send("PING\r\n").await;
    // Another runtime's worth of turns changes nothing.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert!(raw.0.try_read(&mut [0]).is_err());
    assert!(new.0.try_read(&mut [0]).is_err());
    broker.faults().unmute();
    raw.expect(&message("a", "1")).await;
    raw.expect("*2\r\n$4\r\npong\r\n$0\r\n\r\n").await;
    new.expect("+PONG\r\n").await;
}

#[tokio::test]
async fn commands_are_refused_as_told() {
    let denied = "NOPERM this user has no permissions to access one of the channels";
    let settings = Settings {
        refusals: vec![Refusal::of("SUBSCRIBE", denied).with(b"secret")],
        ..Settings::default()
    };
    let broker = Broker::start(settings).await.unwrap();
    let mut raw = subscriber(&broker, "open").await;
    raw.ask("subscribe a secret", &format!("-{denied}\r\n"))
        .await;
    let loading = "LOADING Redis is loading the dataset in memory";
    broker.faults().refuse(Refusal::of("*", loading));
    raw.ask("PING", &format!("-{loading}\r\n")).await;
    broker.faults().allow_all();
    raw.ask("PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n").await;
}

#[tokio::test]
async fn the_demo_plays_to_whoever_listens() {
    let broker = broker().await;
    let mut raw = Raw::connect(broker.address()).await;
    raw.ask(
        "PSUBSCRIBE *",
        "*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:1\r\n",
    )
    .await;
    let demo = tokio::spawn(traffic::play(broker.publisher(), 7));
    for expected in Traffic::new(7).take(20) {
        raw.expect("*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n").await;
        let mut frame = Vec::new();
        wire::put_bulk(&mut frame, expected.channel.as_bytes());
        wire::put_bulk(&mut frame, &expected.payload);
        raw.expect(frame).await;
    }
    demo.abort();
}
