use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::mpsc::channel;

use super::*;
use crate::message::NodeId;
use crate::server::config::Config;
use crate::server::node_location::NodeLocation;
use crate::server::shared::Shared;
use crate::wire::{Decoder, Limits};

/// Runs `test` on the protocol of a new connection that subscribes to `*`, and returns the feeds.
fn with_protocol(test: impl FnOnce(&mut SubscriberProtocol<'_>, Now)) -> Vec<Feed> {
    let endpoint = Endpoint::default();
    let topic = Topic::pattern(b"*");
    let id = SubscriptionId(0);
    let mut subscriptions = SubscriptionSet::new(vec![Subscription { id, topic }]);
    let (feed_tx, mut feed_rx) = channel(64);
    let (shared, _report_rx) = Shared::new(Config::new(endpoint.clone()), feed_tx);
    let mut feed_queue = FeedQueue::new(NodeId(0), shared.clone());
    let handle = NodeHandle {
        node: NodeId(0),
        location: NodeLocation::At(endpoint.clone()),
        name: "a".into(),
        shared,
        alone: Arc::new(AtomicBool::new(true)),
    };
    let start = Now {
        instant: Instant::now(),
        time: Time(0),
    };
    let mut protocol = SubscriberProtocol::new(&mut subscriptions, &mut feed_queue, &handle, start);
    protocol.greet(&endpoint, "subscope", false);
    test(&mut protocol, start);
    feed_queue.hand_over(true).expect("the receiver is there");
    std::iter::from_fn(|| feed_rx.try_recv().ok()).collect()
}

fn after(start: Now, milliseconds: u64) -> Now {
    let time = Duration::from_millis(milliseconds);
    Now {
        instant: start.instant + time,
        time: start.time.after(time),
    }
}

fn receive(protocol: &mut SubscriberProtocol<'_>, bytes: &[u8], now: Now) {
    let read = Read {
        begun: now.time,
        has_waited: true,
        is_backlog: false,
    };
    protocol.note_read(read, now);
    let mut decoder = Decoder::new(Limits {
        bulk: 1 << 10,
        parts: 8,
    });
    let frame = decoder.decode(bytes);
    let frame = frame.expect("a valid frame").expect("a whole frame");
    let handled = protocol.handle_frame(&frame, bytes);
    assert!(handled.is_ok(), "{handled:?}");
}

#[test]
fn a_silent_server_is_given_up_by_the_clock_of_the_caller() {
    with_protocol(|protocol, start| {
        assert_eq!(protocol.due(), after(start, 15_000).instant);
        assert!(protocol.tick(after(start, 14_999)).is_ok());
        let end = protocol.tick(after(start, 15_000));
        let waited = Duration::from_secs(15);
        let no_answer = ConnectionError::NoAnswer(Awaited::Reply, waited);
        assert!(
            matches!(&end, Err(End::Lost(error)) if *error == no_answer),
            "{end:?}"
        );
    });
}

#[test]
fn pings_are_sent_every_second_while_silence_is_measured() {
    with_protocol(|protocol, start| {
        for answer in [&b"+PONG\r\n"[..], b"+OK\r\n"] {
            receive(protocol, answer, after(start, 30));
        }
        receive(
            protocol,
            b"*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:1\r\n",
            after(start, 30),
        );
        assert_eq!(protocol.due(), after(start, 5_000).instant);
        protocol.note_written(protocol.out.len());
        // The first PING is sent at once, although the previous one is more than a second old.
        protocol.execute(Command::PingOften(true), after(start, 4_000));
        assert_eq!(&protocol.out[..], b"*1\r\n$4\r\nPING\r\n");
        receive(protocol, b"+PONG\r\n", after(start, 4_001));
        assert_eq!(protocol.due(), after(start, 5_000).instant);
        assert!(protocol.tick(after(start, 5_000)).is_ok());
        receive(protocol, b"+PONG\r\n", after(start, 5_001));
        assert_eq!(protocol.due(), after(start, 6_000).instant);
        protocol.execute(Command::PingOften(false), after(start, 5_500));
        assert_eq!(protocol.due(), after(start, 10_000).instant);
    });
}

#[test]
fn a_round_trip_is_measured_by_the_clock_of_the_caller() {
    let feeds = with_protocol(|protocol, start| {
        receive(protocol, b"+PONG\r\n", after(start, 30));
        receive(protocol, b"+OK\r\n", after(start, 40));
        receive(
            protocol,
            b"*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:1\r\n",
            after(start, 50),
        );
        assert_eq!(protocol.due(), after(start, 5_000).instant);
    });
    let is_it =
        |feed: &Feed| matches!(feed, Feed::RoundTrip(_, Time(0), time) if time.as_millis() == 30);
    assert!(feeds.iter().any(is_it), "{feeds:?}");
    let rows = feeds.iter().filter_map(|feed| match feed {
        Feed::Batch(batch) => Some(batch.timed_notices()),
        _ => None,
    });
    let times: Vec<Time> = rows.flatten().map(|(time, _)| time).collect();
    assert_eq!(times, [Time(50_000)]);
}
