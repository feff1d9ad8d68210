//! `subscope channels`.

use std::io::Write as _;

use crate::servers::cluster::Cluster;
use crate::support::piped::Piped;
use crate::support::pty::Launch;
use crate::support::redis::{Redis, pack};
use crate::support::subscriber::Subscriber;

#[test]
fn channels_are_listed_with_the_number_of_their_subscribers() {
    let redis = Redis::start();
    let url = redis.url();
    let done = Piped::run(&["channels", "-u", &url], b"");
    assert_eq!((done.code(), done.text()), (Some(0), "{\"patterns\":0}\n"));
    let subscribe = |names: &[&[u8]]| {
        let mut stream = redis.connect();
        stream
            .write_all(&pack(&[&[&b"SUBSCRIBE"[..]], names].concat()))
            .unwrap();
        stream
    };
    let streams = [
        subscribe(&[b"orders", b"\xff\x1b"]),
        subscribe(&[b"orders"]),
    ];
    let _pattern = Subscriber::start(&redis, "o*");
    let expected = [
        r#"{"subscribers":2,"channel":"orders"}"#,
        r#"{"subscribers":1,"channel":"/xs=","channel_encoding":"base64"}"#,
        r#"{"patterns":1}"#,
    ];
    loop {
        // The subscriptions arrive some time after they are sent.
        let done = Piped::run(&["channels", "-u", &url], b"");
        assert_eq!((done.code(), done.stderr.as_str()), (Some(0), ""));
        if done.text().lines().count() == 3 && done.text().contains(":2,") {
            assert_eq!(done.text().lines().collect::<Vec<_>>(), expected);
            break;
        }
    }
    let done = Piped::run(&["channels", "-u", &url, "or*", "--output", "pretty"], b"");
    assert_eq!(
        done.text(),
        "channel subscribers\norders            2\n\
         subscribed to besides: 1 pattern, which no count above includes\n"
    );
    let done = Piped::run(&["channels", "-u", &url, "--watch"], b"");
    assert_eq!(done.code(), Some(2));
    drop(streams);
}

#[test]
fn the_counts_are_watched_on_a_terminal() {
    let redis = Redis::start();
    let pty = Launch::subscope(&["channels", "-u", &redis.url(), "--watch"]).start();
    pty.wait_for_text("no channel has subscribers");
    let mut stream = redis.connect();
    stream.write_all(&pack(&[b"SUBSCRIBE", b"orders"])).unwrap();
    pty.wait_for_text("orders            1");
    pty.signal("INT");
    assert_eq!(pty.wait_for_exit().exit_code(), 130);
}

#[test]
fn the_nodes_of_a_cluster_are_added_up() {
    let mut cluster = Cluster::start();
    let url = format!("redis+cluster://{}", cluster.nodes[0].address());
    let subscribe = |node: usize, command: &[u8], name: &[u8]| {
        let mut stream = cluster.nodes[node].connect();
        stream.write_all(&pack(&[command, name])).unwrap();
        stream
    };
    let owner = cluster.owner(0, "s");
    let streams = [
        subscribe(0, b"SUBSCRIBE", b"orders"),
        subscribe(5, b"SUBSCRIBE", b"orders"),
        subscribe(owner, b"SSUBSCRIBE", b"s"),
    ];
    loop {
        let done = Piped::run(&["channels", "-u", &url, "--nodes"], b"");
        assert_eq!((done.code(), done.stderr.as_str()), (Some(0), ""));
        let is_sharded = done.text().contains(r#""channel":"s","sharded":true"#);
        let mut lines = done.text().lines();
        let orders = lines.find(|line| line.starts_with(r#"{"subscribers":2,"channel":"orders""#));
        if let Some(orders) = orders.filter(|_| is_sharded) {
            for node in [0, 5] {
                let count = format!("\"{}\":1", cluster.nodes[node].address());
                assert!(orders.contains(&count), "{orders}");
            }
            break;
        }
    }
    let other = (0..3).find(|node| *node != owner && *node != 0).unwrap();
    cluster.nodes[other].kill();
    let done = Piped::run(&["channels", "-u", &url], b"");
    assert!(done.text().contains("orders"), "{}", done.stderr);
    assert_eq!(done.code(), Some(1), "{}", done.stderr);
    assert!(done.stderr.contains("not counted"), "{}", done.stderr);
    drop(streams);
}

#[test]
fn a_server_that_refuses_is_an_error() {
    let redis = Redis::start();
    redis.cli(&["acl", "setuser", "default", "-pubsub"]);
    let done = Piped::run(&["channels", "-u", &redis.url()], b"");
    assert_eq!((done.code(), done.text()), (Some(1), ""));
    assert!(done.stderr.contains("NOPERM"), "{}", done.stderr);
    assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
}
