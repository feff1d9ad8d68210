//! Queries that a user is not permitted to make are reported, and a server that refuses is not
//! asked again and again.

use std::io::{Read, Write};
use std::time::Duration;

use subscope::message::Topic;
use subscope::server::{Command, Config, Connection, Target};
use tokio::time::{Instant, sleep};

use crate::cluster::listener::{QUICK, subscription};
use crate::support::listener::Listener;
use crate::support::redis::{Redis, applies, pack};

/// Long enough for dozens of requests, if the program sent them without waiting.
const OBSERVATION: Duration = Duration::from_secs(3);

const KEY_EVENTS: &[u8] = b"__keyevent@*";

fn listen(server: &Redis, scheme: &str, login: &str, topics: &[Topic]) -> Listener {
    let url = format!("{scheme}://{login}@{}", server.address());
    let subscriptions = (0..).zip(topics.iter().cloned());
    let subscriptions = subscriptions.map(|(id, topic)| subscription(id, topic));
    Listener::start(Config {
        subscriptions: subscriptions.collect(),
        timing: QUICK,
        ..Config::new(Target::parse(&url).unwrap().target)
    })
}

/// Processes events for a while.
async fn process_for_a_while(listener: &mut Listener) {
    let end = Instant::now() + OBSERVATION;
    let pongs = |listener: &Listener| listener.pongs;
    while Instant::now() < end {
        // A server that refuses our login answers no PING.
        if listener.refusal().is_some() {
            sleep(OBSERVATION).await;
        } else {
            let before = pongs(listener);
            listener
                .until("the server answers", |listener| pongs(listener) > before)
                .await;
        }
    }
}

/// Returns how many times a server received a command, refused or not.
fn calls(server: &Redis, command: &str) -> u64 {
    let stats = server.cli(&["info", "commandstats"]);
    let start = format!("cmdstat_{command}");
    let lines = stats.lines().filter(|line| line.starts_with(&start));
    let number = |line: &str, name: &str| -> u64 {
        let field = line.split([':', ',']).find_map(|of| of.strip_prefix(name));
        field.map_or(0, |text| text.trim().parse().unwrap())
    };
    lines
        .map(|line| number(line, "calls=") + number(line, "rejected_calls="))
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_may_not_query_the_nodes_learns_what_is_missing() {
    let server = Redis::start_with(&["--cluster-enabled", "yes"]);
    server.cli(&[
        "acl", "setuser", "u", "on", ">pw", "&*", "~*", "+@all", "-cluster",
    ]);
    let topics = [Topic::pattern(b"*"), Topic::pattern(KEY_EVENTS)];
    let words = "other nodes unknown: NOPERM";
    for scheme in ["redis+cluster", "redis"] {
        let mut listener = listen(&server, scheme, "u:pw", &topics);
        listener
            .until("the report", |listener| listener.is_partial(words))
            .await;
        let before = calls(&server, "cluster");
        process_for_a_while(&mut listener).await;
        let queries = calls(&server, "cluster") - before;
        assert!(queries <= 2, "queried {queries} times");
        server.cli(&["acl", "setuser", "u", "+cluster"]);
        listener.server.command(Command::Reconnect);
        listener
            .until("the end is reported", |listener| {
                listener.partial.last() == Some(&None)
            })
            .await;
        listener.server.stop().await;
        server.cli(&["acl", "setuser", "u", "-cluster"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_outside_a_cluster_is_reported_as_such() {
    let server = Redis::start();
    let mut listener = listen(&server, "redis+cluster", "", &[Topic::pattern(b"*")]);
    listener
        .until("the missing cluster is reported", |listener| {
            listener.is_partial("not a cluster: ERR This instance has cluster support disabled")
        })
        .await;
    let before = calls(&server, "cluster");
    process_for_a_while(&mut listener).await;
    let queries = calls(&server, "cluster") - before;
    assert!(queries <= 2, "queried {queries} times");
    listener.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hides_whether_it_is_in_a_cluster_is_reported_where_it_matters() {
    for is_cluster in ["yes", "no"] {
        let server = Redis::start_with(&["--cluster-enabled", is_cluster]);
        server.cli(&[
            "acl", "setuser", "u", "on", ">pw", "&*", "+@all", "-info", "-cluster",
        ]);
        let mut listener = listen(&server, "redis", "u:pw", &[Topic::pattern(b"*")]);
        process_for_a_while(&mut listener).await;
        assert_eq!(listener.partial, []);
        let events = subscription(1, Topic::pattern(KEY_EVENTS));
        listener.server.command(Command::Subscribe(events));
        listener
            .until("the possible cluster is reported", |listener| {
                listener.is_partial("possibly a cluster")
            })
            .await;
        listener.server.stop().await;

        // Permission to use CLUSTER INFO is sufficient as well.
        server.cli(&["acl", "setuser", "u", "+cluster"]);
        let mut listener = listen(&server, "redis", "u:pw", &[Topic::pattern(KEY_EVENTS)]);
        process_for_a_while(&mut listener).await;
        assert_eq!(listener.partial, []);
        assert_eq!(listener.nodes.len(), usize::from(is_cluster == "yes"));
        listener.server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_retried_only_on_request() {
    let server = Redis::start_with(&["--cluster-enabled", "yes"]);
    server.cli(&["acl", "setuser", "u", "on", ">pw", "&*", "+@all"]);
    let topics = [Topic::pattern(b"*")];
    let mut listener = listen(&server, "redis+cluster", "u:wrong", &topics);
    listener
        .until("the refusal", |listener| listener.refusal().is_some())
        .await;
    sleep(OBSERVATION).await;
    // Both connections have tried to log in: the one that subscribes and the one that queries the
    // nodes.
    assert_eq!(calls(&server, "auth"), 2);
    server.cli(&["acl", "setuser", "u", ">wrong"]);
    listener.server.command(Command::Reconnect);
    let is_live = |listener: &Listener| listener.connections.last() == Some(&Connection::Live);
    listener
        .until(
            "the login is accepted and the nodes are known",
            |listener| is_live(listener) && !listener.nodes.is_empty(),
        )
        .await;
    listener.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_search_for_sharded_channels_is_retried_on_request() {
    let server = Redis::start();
    if !applies(server.knows("SSUBSCRIBE"), "sharded channels") {
        return;
    }
    let mut other = server.connect();
    other.write_all(&pack(&[b"SSUBSCRIBE", b"orders"])).unwrap();
    server.cli(&["acl", "setuser", "u", "on", ">pw", "&*", "+@all", "-pubsub"]);
    let topics = [Topic::pattern(b"*"), Topic::shard_pattern(b"o*")];
    let mut listener = listen(&server, "redis", "u:pw", &topics);
    listener
        .until("the subscription is denied", |listener| {
            listener.denials("NOPERM") == 1
        })
        .await;
    process_for_a_while(&mut listener).await;
    assert_eq!(listener.denials("NOPERM"), 1);
    assert_eq!(calls(&server, "pubsub"), 1);
    listener.server.command(Command::Reconnect);
    listener
        .until("the subscription is denied again", |listener| {
            listener.denials("NOPERM") == 2
        })
        .await;
    server.cli(&["acl", "setuser", "u", "+pubsub"]);
    listener.server.command(Command::Reconnect);
    listener
        .until("the channel is found", |listener| {
            listener.found.last() == Some(&vec![b"orders"[..].into()])
        })
        .await;
    listener.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_temporarily_full_does_not_deny_a_pattern() {
    let server = Redis::start();
    if !applies(server.knows("SSUBSCRIBE"), "sharded channels") {
        return;
    }
    let mut admin = server.connect();
    admin.write_all(&pack(&[b"SSUBSCRIBE", b"orders"])).unwrap();
    let mut client = server.connect();
    let mut limit = |count: &[u8]| {
        client
            .write_all(&pack(&[b"CONFIG", b"SET", b"maxclients", count]))
            .unwrap();
        // Wait for the answer, which is sent after the setting has taken effect.
        let mut answer = [0; 5];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"+OK\r\n");
    };
    limit(b"1");
    let topics = [Topic::pattern(b"*"), Topic::shard_pattern(b"o*")];
    let mut listener = listen(&server, "redis", "", &topics);
    listener
        .until("the server is full", |listener| {
            listener.has_failed("max number of clients")
        })
        .await;
    sleep(OBSERVATION).await;
    limit(b"1000");
    listener
        .until("the channel", |listener| !listener.found.is_empty())
        .await;
    assert_eq!(listener.denials(""), 0);
    assert_eq!(listener.found[0], [b"orders"[..].into()]);
    listener.server.stop().await;
}
