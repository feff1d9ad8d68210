//! Servers and proxies that refuse a part of Pub/Sub, or all of it.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::peer::Peer;
use crate::support::piped::Piped;
use crate::support::pty::{Launch, Pty};
use crate::support::redis::{Redis, pack};

/// Starts a server without these commands.
fn redis_without(commands: &[&str]) -> Redis {
    let options = commands.iter().flat_map(|of| ["--rename-command", of, ""]);
    Redis::start_with(&options.collect::<Vec<_>>())
}

fn screen_at(url: &str, channels: &[&str]) -> Pty {
    Launch::subscope(&[&["-u", url], channels].concat())
        .size(180, 40)
        .start()
}

/// Opens a connection that is subscribed to a channel.
fn subscribed_to(redis: &Redis, channel: &str) -> TcpStream {
    let mut stream = redis.connect();
    stream
        .write_all(&pack(&[b"SUBSCRIBE", channel.as_bytes()]))
        .unwrap();
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).unwrap();
    assert_eq!(line, "*3\r\n");
    stream
}

#[test]
fn without_psubscribe_the_listed_channels_are_received() {
    let redis = redis_without(&["PSUBSCRIBE"]);
    let _early = subscribed_to(&redis, "orders:1");
    let _other = subscribed_to(&redis, "logs");
    let pty = screen_at(&redis.url(), &["orders:*"]);
    pty.wait_for_text("denied: pattern orders:* · Redis says: ERR unknown command 'PSUBSCRIBE'");
    pty.wait_for_text("looking for channels like orders:* · 1 found · the list is polled");
    pty.wait_for_text("polled: only channels with subscribers");
    pty.wait_for_text("subscribed to channel orders:1");
    redis.cli(&["PUBLISH", "orders:1", "an order"]);
    pty.wait_for_text("an order");
    let _late = subscribed_to(&redis, "orders:2");
    pty.wait_for_text("subscribed to channel orders:2");
    redis.cli(&["PUBLISH", "orders:2", "a late one"]);
    pty.wait_for_text("a late one");
    assert!(!pty.text().contains("channel logs"), "{}", pty.text());
}

#[test]
fn a_search_that_has_found_nothing_says_so() {
    let redis = redis_without(&["PSUBSCRIBE"]);
    let pty = screen_at(&redis.url(), &[]);
    pty.wait_for_text("Looking for channels like *; none found yet");
    pty.wait_for_text("A channel without subscribers cannot be found: subscribe to it by name.");
}

#[test]
fn a_user_without_psubscribe_polls_until_it_is_granted() {
    let redis = Redis::start();
    let user = ["ACL", "SETUSER", "app", "on", ">secret", "+@all"];
    redis.cli(&[&user[..], &["-psubscribe", "allchannels"]].concat());
    let _subscriber = subscribed_to(&redis, "orders");
    let url = format!("redis://app:secret@{}", redis.address());
    // Wide enough that the row reporting the refusal is not truncated.
    let mut pty = Launch::subscope(&["-u", &url]).size(300, 40).start();
    pty.wait_for_text("This user may not use PSUBSCRIBE: grant +psubscribe");
    pty.wait_for_text("subscribed to channel orders");
    redis.cli(&["ACL", "SETUSER", "app", "+psubscribe"]);
    pty.send("r");
    pty.wait_for_text("subscribed to pattern *");
    pty.wait_for("no search", |screen| {
        !screen.contents().contains("polled: only channels")
    });
    redis.cli(&["PUBLISH", "orders", "once only"]);
    redis.cli(&["PUBLISH", "unlisted", "the last one"]);
    pty.wait_for_text("the last one");
    assert_eq!(pty.text().matches("once only").count(), 1, "{}", pty.text());
}

#[test]
fn without_psubscribe_and_pubsub_the_user_is_asked_for_names() {
    let redis = redis_without(&["PSUBSCRIBE", "PUBSUB"]);
    let mut pty = screen_at(&redis.url(), &[]);
    pty.wait_for_text("name channels: ERR");
    pty.wait_for_text("Subscription denied: channels like *");
    pty.wait_for_text("does not list channels either (PUBSUB CHANNELS): press a and name");
    pty.send("a");
    pty.wait_for_text("Subscribe to");
    pty.send("orders\r");
    pty.wait_for_text("subscribed to channel orders");
    redis.cli(&["PUBLISH", "orders", "an order"]);
    pty.wait_for_text("an order");
}

#[test]
fn a_user_who_may_not_list_channels_is_asked_for_names() {
    let redis = Redis::start();
    let rules = ["-psubscribe", "-pubsub", "allchannels"];
    let user = ["ACL", "SETUSER", "app", "on", ">secret", "+@all"];
    redis.cli(&[&user[..], &rules].concat());
    let pty = screen_at(&format!("redis://app:secret@{}", redis.address()), &[]);
    pty.wait_for_text("This user may not list channels either: press a and name the channels");
}

#[test]
fn a_server_with_nothing_but_subscribe_and_publish_delivers_named_channels() {
    let missing = ["PSUBSCRIBE", "PUBSUB", "PING", "HELLO", "CLIENT", "INFO"];
    let redis = redis_without(&missing);
    let pty = screen_at(&redis.url(), &["orders"]);
    pty.wait_for_text("subscribed to channel orders");
    pty.wait_for_text("PING refused, round trip unknown: ERR unknown command 'PING'");
    let publisher = pack(&[b"PUBLISH", b"orders", b"an order"]);
    redis.connect().write_all(&publisher).unwrap();
    pty.wait_for_text("an order");
    // Without PING, a silent server cannot be told from a dead one, but this one is alive.
    assert!(!pty.text().contains("reconnecting"), "{}", pty.text());
}

#[test]
fn without_subscribe_the_server_is_said_to_have_no_pubsub() {
    let redis = redis_without(&["SUBSCRIBE"]);
    let pty = screen_at(&redis.url(), &["orders"]);
    pty.wait_for_text("Subscription denied: channel orders");
    pty.wait_for_text("This server does not support Pub/Sub, or renames its commands");
}

#[test]
fn a_proxy_that_refuses_to_subscribe_is_not_blamed_on_tls() {
    // As Envoy does; its errors have no code.
    let peer = Peer::start(|words| match &*words[0].to_lowercase() {
        "ping" => None,
        command => Some(format!("-unsupported command '{command}'\r\n")),
    });
    let pty = screen_at(&peer.url(), &[]);
    pty.wait_for_text("press a and name the channels.");
    pty.wait_for_text("If it refuses these too, it has no Pub/Sub.");
    let named = screen_at(&peer.url(), &["orders"]);
    named.wait_for_text("many proxies refuse to subscribe");
    for text in [pty.text(), named.text()] {
        assert!(!text.contains("TLS"), "{text}");
    }
}

#[test]
fn tail_polls_or_fails_with_the_cause() {
    let redis = redis_without(&["PSUBSCRIBE"]);
    let _early = subscribed_to(&redis, "orders");
    let mut tail = Piped::start(&["tail", "-u", &redis.url(), "--count", "1"]);
    tail.wait_for_note("looking for channels like * · 1 found");
    tail.wait_for_note("subscribed to channel orders");
    redis.cli(&["PUBLISH", "orders", "an order"]);
    assert!(tail.line().contains("an order"));
    assert_eq!(tail.finish().code(), Some(0));
    let redis = redis_without(&["PSUBSCRIBE", "PUBSUB"]);
    let ended = Piped::run(&["tail", "-u", &redis.url()], b"");
    assert_eq!(ended.code(), Some(1));
    assert!(
        ended.stderr.contains("name the channels"),
        "{}",
        ended.stderr
    );
}

/// A proxy that is stopped on drop.
struct Proxy {
    port: u16,
    process: Child,
    _directory: TempDir,
}

impl Proxy {
    /// Starts a program with a configuration in a file, and waits until it listens on `port`.
    fn start(program: &str, option: &str, port: u16, configuration: &str) -> Option<Self> {
        let program = find(program)?;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("configuration");
        fs::write(&path, configuration).unwrap();
        let mut command = Command::new(program);
        command.arg(option).arg(&path).current_dir(&directory);
        if option == "-c" {
            let statistics = free_port().to_string();
            command.args(["-s", &statistics, "-a", "127.0.0.1"]);
        }
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(process.try_wait().unwrap().is_none(), "the proxy has ended");
            assert!(Instant::now() < deadline, "the proxy does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        Some(Self {
            port,
            process,
            _directory: directory,
        })
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the path of a proxy's program. Without it, the test must return at once if
/// `tests/run.sh` has said that the system has no package of it; otherwise, this panics.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let sbin = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let mut folders = env::split_paths(&path).chain(sbin);
    let found = folders.find_map(|folder| {
        let file = folder.join(program);
        file.is_file().then_some(file)
    });
    let is_left_out = env::var_os("SUBSCOPE_TEST_WITHOUT_PROXIES").is_some();
    assert!(
        found.is_some() || is_left_out,
        "{program} is missing: run tests/run.sh, which installs it"
    );
    found
}

/// Returns a port that is free at the moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn twemproxy_is_recognised_as_a_proxy_without_pubsub() {
    let redis = Redis::start();
    let port = free_port();
    let configuration = format!(
        "alpha:\n  listen: 127.0.0.1:{port}\n  hash: fnv1a_64\n  distribution: ketama\n  \
         redis: true\n  servers:\n   - {}:1\n",
        redis.address()
    );
    let Some(proxy) = Proxy::start("nutcracker", "-c", port, &configuration) else {
        return;
    };
    let words = "closed by the server when asked to subscribe: possibly a proxy without Pub/Sub";
    let pty = screen_at(&proxy.url(), &[]);
    pty.wait_for_text(words);
    pty.wait_for_text("connect to a Redis server behind this one");
    assert!(!pty.text().contains("TLS"), "{}", pty.text());
    let ended = Piped::run(&["tail", "-u", &proxy.url(), "orders"], b"");
    assert_eq!(ended.code(), Some(1));
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
}

#[test]
fn haproxy_passes_everything_on_and_without_a_server_is_named_as_a_possible_cause() {
    let redis = Redis::start();
    let (port, empty) = (free_port(), free_port());
    let configuration = format!(
        "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1m\n  timeout server 1m\n\
         listen redis\n  bind 127.0.0.1:{port}\n  server one {}\n\
         listen empty\n  bind 127.0.0.1:{empty}\n",
        redis.address()
    );
    let Some(proxy) = Proxy::start("haproxy", "-f", port, &configuration) else {
        return;
    };
    let pty = screen_at(&proxy.url(), &[]);
    pty.wait_for_text("subscribed to pattern *");
    redis.cli(&["PUBLISH", "orders", "an order"]);
    pty.wait_for_text("an order");
    let url = format!("redis://127.0.0.1:{empty}");
    screen_at(&url, &[]).wait_for_text("or be a proxy without a working server");
}
