//! Conversations that real clients had with the broker, with their default settings.
//!
//! A line of `captured/*.txt` is the number of a connection, a direction, and escaped bytes: `>`
//! was sent by the client and `<` by the broker; at `~`, the answer ends with these bytes.

use subscope::broker::Broker;

use crate::broker::raw::{Raw, broker};

/// Returns the bytes of a captured line.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => match rest.next() {
                Some('r') => bytes.push(b'\r'),
                Some('n') => bytes.push(b'\n'),
                other => panic!("unknown escape {other:?} in {text}"),
            },
            other => bytes.extend(other.to_string().bytes()),
        }
    }
    bytes
}

/// Sends what the client sent, and expects the answers that it got.
async fn replay(broker: &Broker, conversation: &str) {
    let mut connections = Vec::new();
    for line in conversation.lines().filter(|line| !line.starts_with('#')) {
        let [number, direction, text] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("not a line of a conversation: {line}");
        };
        let number: usize = number.parse().unwrap();
        if number > connections.len() {
            connections.push(Raw::connect(broker.address()).await);
        }
        let raw = &mut connections[number - 1];
        match direction {
            ">" => raw.send(unescape(text)).await,
            "<" => raw.expect(unescape(text)).await,
            "~" => {
                let end = String::from_utf8(unescape(text)).unwrap();
                assert!(raw.until(&end).await.ends_with(end.as_bytes()));
            }
            other => panic!("unknown direction {other}"),
        }
    }
}

#[tokio::test]
async fn common_clients_subscribe_and_publish_with_their_default_settings() {
    for conversation in [
        include_str!("captured/redis-py.txt"),
        include_str!("captured/node-redis.txt"),
        include_str!("captured/ioredis.txt"),
        include_str!("captured/go-redis.txt"),
        include_str!("captured/kombu.txt"),
    ] {
        // A new broker numbers its connections from 1, as in the conversations.
        replay(&broker().await, conversation).await;
    }
}
