//! Faults that must be exact, made by the embedded broker and met by the server tasks: the log
//! says what happened, and listening goes on.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use subscope::broker::faults::Victims;
use subscope::broker::{Broker, Settings};
use subscope::log::{Content, MessageLog};
use subscope::message::{GapEnd, Notice, RowId, Subscription, SubscriptionId, Topic};
use subscope::server::{Config, Endpoint, Feed, Server, Timing, start};

/// How long to wait for what should come before the test is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// The time between two PINGs where their answers matter, and where none should be under way: an
/// error that comes in between would be taken for the answer.
const OFTEN: Duration = Duration::from_millis(50);
const SELDOM: Duration = Duration::from_secs(600);

/// The server tasks, listening to everything, and the log that they fill.
struct Listener {
    _server: Server,
    feed_rx: mpsc::Receiver<Feed>,
    log: MessageLog,
    pongs: u32,
}

impl Listener {
    async fn start(broker: &Broker, ping_every: Duration) -> Self {
        let (feed_tx, feed_rx) = mpsc::channel(64);
        let endpoint = Endpoint::parse(&format!("redis://{}", broker.address())).unwrap();
        let mut config = Config::new(endpoint);
        config.subscriptions = vec![Subscription {
            id: SubscriptionId(0),
            topic: Topic::pattern(b"*"),
        }];
        config.timing = Timing {
            ping_every,
            answer_within: Duration::from_millis(700),
            longest_wait: Duration::from_millis(50),
            ..Timing::default()
        };
        let mut listener = Self {
            _server: start(config, feed_tx),
            feed_rx,
            log: MessageLog::new(1 << 20),
            pongs: 0,
        };
        // The first PING goes out with the first subscriptions.
        while listener.pongs == 0 || notices(&listener.log).is_empty() {
            listener.take("it is confirmed").await;
        }
        listener
    }

    async fn until(&mut self, what: &str, is_so: impl Fn(&MessageLog) -> bool) {
        while !is_so(&self.log) {
            self.take(what).await;
        }
    }

    async fn take(&mut self, what: &str) {
        match timeout(PATIENCE, self.feed_rx.recv()).await {
            Ok(Some(Feed::Batch(batch))) => self.log.append(*batch),
            Ok(Some(Feed::RoundTrip(..))) => self.pongs += 1,
            Ok(Some(_)) => {}
            Ok(None) => panic!("the tasks ended before: {what}"),
            Err(elapsed) => panic!("{elapsed}: {what}; {:?}", notices(&self.log)),
        }
    }
}

fn notices(log: &MessageLog) -> Vec<Notice> {
    let rows = (log.first().0..log.end().0).filter_map(|id| log.row(RowId(id)));
    rows.filter_map(|row| match row.content {
        Content::Notice(notice) => Some(notice.clone()),
        Content::Message { .. } => None,
    })
    .collect()
}

fn payloads(log: &MessageLog) -> Vec<Vec<u8>> {
    let rows = (log.first().0..log.end().0).filter_map(|id| log.row(RowId(id)));
    rows.filter_map(|row| match row.content {
        Content::Message { payload, .. } => Some(payload.to_vec()),
        Content::Notice(_) => None,
    })
    .collect()
}

fn gaps(log: &MessageLog) -> Vec<(GapEnd, Box<str>)> {
    let gaps = notices(log).into_iter().filter_map(|notice| match notice {
        Notice::Gap(gap) => Some((gap.end, gap.reason)),
        _ => None,
    });
    gaps.collect()
}

fn is_closed(log: &MessageLog) -> bool {
    matches!(gaps(log).as_slice(), [(GapEnd::Restored(_), _)])
}

#[tokio::test]
async fn a_cut_in_the_midst_of_a_frame_is_a_gap_and_half_a_message_is_none() {
    let broker = Broker::start(Settings::default()).await.unwrap();
    let mut listener = Listener::start(&broker, OFTEN).await;
    broker.publish(b"a", b"before");
    listener
        .until("a message", |log| log.counters().kept == 1)
        .await;
    let half = b"*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\na\r\n$100\r\nhalf a mess";
    assert_eq!(broker.faults().cut(Victims::Subscribers, half), 1);
    listener.until("the gap is closed", is_closed).await;
    assert_eq!(broker.publish(b"a", b"after"), 1);
    listener
        .until("another message", |log| log.counters().kept == 2)
        .await;
    assert_eq!(
        payloads(&listener.log),
        [b"before".to_vec(), b"after".to_vec()]
    );
    assert_eq!(listener.log.counters().gaps, 1);
}

#[tokio::test]
async fn silence_is_a_gap_that_starts_when_something_was_last_heard() {
    let broker = Broker::start(Settings::default()).await.unwrap();
    let mut listener = Listener::start(&broker, OFTEN).await;
    broker.faults().mute();
    listener.until("a gap", |log| !gaps(log).is_empty()).await;
    let gap = notices(&listener.log)
        .into_iter()
        .find_map(|notice| match notice {
            Notice::Gap(gap) => Some(gap),
            _ => None,
        });
    let gap = gap.unwrap();
    assert_eq!(gap.end, GapEnd::Open);
    assert!(
        gap.noticed.since(gap.last_heard) >= Duration::from_millis(700),
        "{gap:?}"
    );
    broker.faults().unmute();
    listener.until("the gap is closed", is_closed).await;
    broker.publish(b"a", b"after");
    listener
        .until("a message", |log| log.counters().kept == 1)
        .await;
}

#[tokio::test]
async fn an_unknown_frame_and_an_unasked_error_are_told_and_end_nothing() {
    let broker = Broker::start(Settings::default()).await.unwrap();
    let mut listener = Listener::start(&broker, SELDOM).await;
    let strange = b"*2\r\n$6\r\nmoving\r\n:7\r\n-ERR out of the blue\r\n";
    assert_eq!(broker.faults().inject(Victims::Subscribers, strange), 1);
    broker.publish(b"a", b"still here");
    listener
        .until("a message", |log| log.counters().kept == 1)
        .await;
    let said = notices(&listener.log)
        .into_iter()
        .filter_map(|notice| match notice {
            Notice::ServerSaid(words) => Some(words),
            _ => None,
        });
    let said: Vec<Box<str>> = said.collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("moving"), "{said:?}");
    assert!(said[1].contains("out of the blue"), "{said:?}");
    assert_eq!(listener.log.counters().gaps, 0);
}

#[tokio::test]
async fn bytes_that_are_not_resp2_are_a_gap_with_that_reason() {
    let broker = Broker::start(Settings::default()).await.unwrap();
    let mut listener = Listener::start(&broker, OFTEN).await;
    broker
        .faults()
        .inject(Victims::Subscribers, b"HTTP/1.1 400 Bad Request\r\n");
    listener.until("the gap is closed", is_closed).await;
    let (_, reason) = gaps(&listener.log).remove(0);
    assert!(reason.contains("RESP2"), "{reason}");
}
