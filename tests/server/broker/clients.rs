//! What clients receive, and how their connections end.

use tokio::net::TcpStream;

use crate::broker::raw::{Raw, broker, info, message, subscriber};

#[tokio::test]
async fn a_channel_delivery_precedes_pattern_deliveries() {
    let broker = broker().await;
    let mut raw = Raw::connect(broker.address()).await;
    raw.send("PSUBSCRIBE news:*\r\nSUBSCRIBE news:a\r\nSSUBSCRIBE news:a\r\n")
        .await;
    raw.until("$10\r\nssubscribe\r\n$6\r\nnews:a\r\n:1\r\n")
        .await;
    assert_eq!(broker.publisher().publish(b"news:a", b"1"), 2);
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
async fn a_killed_client_is_disconnected_at_once() {
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
            assert_eq!(broker.publisher().publish(b"a", b""), 0);
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
async fn a_client_that_leaves_is_forgotten() {
    let broker = broker().await;
    let gone = subscriber(&broker, "a").await;
    assert_eq!(broker.publisher().publish(b"a", b""), 1);
    drop(gone);
    while broker.publisher().publish(b"a", b"") > 0 {
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
