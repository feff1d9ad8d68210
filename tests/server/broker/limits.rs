//! Clients that exceed limits.

use std::time::Duration;

use subscope::broker::{Broker, Limits, Settings};

use crate::broker::raw::{Raw, broker, info, message, subscriber};

async fn broker_with(limits: Limits) -> Broker {
    let settings = Settings {
        limits,
        ..Settings::default()
    };
    Broker::start(settings).await.unwrap()
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
    // The sockets' buffers fill before the broker's does, so this takes several messages.
    let payload = vec![b'x'; 64 << 10];
    while broker.publisher().publish(b"a", &payload) > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(broker.publisher().publish(b"b", b"hello"), 1);
    reading.expect(&message("b", "hello")).await;
    assert!(lagging.rest().await.len() > payload.len());
    assert_eq!(
        info(&broker, "client_output_buffer_limit_disconnections").await,
        "1"
    );
    // A single message above the limit exceeds it as well.
    let mut one = subscriber(&broker, "c").await;
    assert_eq!(broker.publisher().publish(b"c", &vec![0; 1 << 20]), 1);
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
    let mut keeping_up = subscriber(&broker, "b").await;
    let mut lagging = subscriber(&broker, "a").await;
    // More than the sockets buffer, so the client stays over the limit without another message.
    assert_eq!(broker.publisher().publish(b"a", &vec![b'x'; 20 << 20]), 1);
    while broker.publisher().publish(b"a", b"") > 0 {
        tokio::task::yield_now().await;
    }
    lagging.rest().await;
    assert_eq!(
        info(&broker, "client_output_buffer_limit_disconnections").await,
        "1"
    );
    // The client is over the limit only until it has read the message.
    let payload = "x".repeat(2 << 10);
    for _ in 0..3 {
        assert_eq!(broker.publisher().publish(b"b", payload.as_bytes()), 1);
        keeping_up.expect(&message("b", &payload)).await;
    }
}

#[tokio::test]
async fn requests_and_answers_of_a_client_are_bounded() {
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
async fn the_size_of_a_transaction_is_bounded() {
    let broker = broker_with(Limits {
        query: 1000,
        ..Limits::default()
    })
    .await;
    let mut listener = subscriber(&broker, "a").await;
    let mut raw = Raw::connect(broker.address()).await;
    let publish = format!("PUBLISH a {}", "x".repeat(500));
    raw.ask("MULTI", "+OK\r\n").await;
    raw.ask(&publish, "+QUEUED\r\n").await;
    for _ in 0..3 {
        let refusal = "-ERR the transaction exceeds the query buffer limit\r\n";
        raw.ask(&publish, refusal).await;
    }
    raw.ask(
        "EXEC",
        "-EXECABORT Transaction discarded because of previous errors.\r\n",
    )
    .await;
    raw.ask("PUBLISH a 1", ":1\r\n").await;
    listener.expect(message("a", "1")).await;
}

#[tokio::test]
async fn messages_that_wait_for_a_reply_count_towards_the_hard_limit() {
    let broker = broker_with(Limits {
        output_hard: 1000,
        ..Limits::default()
    })
    .await;
    let mut raw = Raw::connect(broker.address()).await;
    raw.send("HELLO 3\r\nSUBSCRIBE a\r\nMULTI\r\n").await;
    let publish = format!("PUBLISH a {}\r\n", "x".repeat(300));
    raw.send(publish.repeat(4) + "EXEC\r\n").await;
    let answer = String::from_utf8(raw.rest().await).unwrap();
    assert!(!answer.contains("message"), "{answer}");
    let excesses = info(&broker, "client_output_buffer_limit_disconnections").await;
    assert_eq!(excesses, "1");
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
