//! `redis-cli` and the `redis` crate against the broker and its demo traffic.

use std::process::Stdio;

use futures_util::StreamExt;
use subscope::broker::traffic::{self, Traffic};
use subscope::wire;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::broker::raw::{Raw, broker};

#[tokio::test]
async fn redis_cli_subscribes_publishes_and_sends_other_commands() {
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
                (&["command", "count"], "25\n"),
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
async fn every_subscriber_receives_the_demo_traffic() {
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
