//! Precisely timed faults that the embedded broker injects into the server tasks. The log reports
//! what happened, and the subscriptions continue.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use subscope::app::gap_reason_words;
use subscope::broker::faults::FaultTargets;
use subscope::broker::{Broker, Settings};
use subscope::log::{Content, MessageLog};
use subscope::message::{
    GapEnd, Notice, RedisError, RowId, Subscription, SubscriptionId, Time, Topic, Unexpected,
};
use subscope::server::{Command, Config, Endpoint, Feed, Server, Timing, start};

use crate::support::peer::{Peer, array, confirmation};

/// Timeout for expected events, after which the test fails.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Heartbeat intervals for tests that depend on PING answers, and for tests in which no PING may be
/// in flight: an injected error would be taken for its answer.
const FREQUENT_PINGS: Duration = Duration::from_millis(50);
const RARE_PINGS: Duration = Duration::from_secs(600);

/// The server tasks, subscribed to everything, and the log that they fill.
struct Listener {
    server: Server,
    feed_rx: mpsc::Receiver<Feed>,
    log: MessageLog,
    pongs: u32,
}

impl Listener {
    async fn start(broker: &Broker, ping_every: Duration) -> Self {
        let url = format!("redis://{}", broker.address());
        Self::start_at(&url, &[Topic::pattern(b"*")], ping_every).await
    }

    async fn start_at(url: &str, topics: &[Topic], ping_every: Duration) -> Self {
        let (feed_tx, feed_rx) = mpsc::channel(64);
        let mut config = Config::new(Endpoint::parse(url).unwrap());
        let ids = (0..).map(SubscriptionId);
        let subscriptions = ids.zip(topics).map(|(id, topic)| Subscription {
            id,
            topic: topic.clone(),
        });
        config.subscriptions = subscriptions.collect();
        config.timing = Timing {
            ping_every,
            answer_within: Duration::from_millis(700),
            longest_wait: Duration::from_millis(50),
            ..Timing::default()
        };
        let mut listener = Self {
            server: start(config, feed_tx),
            feed_rx,
            log: MessageLog::new(1 << 20),
            pongs: 0,
        };
        // The first PING is sent together with the first subscriptions.
        while listener.pongs == 0 || notices(&listener.log).len() < topics.len() {
            listener.take("it is confirmed").await;
        }
        listener
    }

    async fn until(&mut self, what: &str, condition: impl Fn(&MessageLog) -> bool) {
        while !condition(&self.log) {
            self.take(what).await;
        }
    }

    async fn take(&mut self, what: &str) {
        match timeout(TIMEOUT, self.feed_rx.recv()).await {
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

fn gaps(log: &MessageLog) -> Vec<(GapEnd, String)> {
    let gaps = notices(log).into_iter().filter_map(|notice| match notice {
        Notice::Gap(gap) => Some((gap.end, gap_reason_words(&gap.reason))),
        _ => None,
    });
    gaps.collect()
}

/// Returns the reported unexpected frames, and how many frames each row counts.
fn unexpected(log: &MessageLog) -> Vec<(Box<str>, u64)> {
    let unexpected = notices(log).into_iter().filter_map(|notice| match notice {
        Notice::Unexpected {
            first: Unexpected::Error(RedisError { text, .. }) | Unexpected::Frame(text),
            count,
        } => Some((text, count)),
        _ => None,
    });
    unexpected.collect()
}

fn count_of_unexpected(log: &MessageLog) -> u64 {
    unexpected(log).iter().map(|(_, count)| count).sum()
}

/// Returns the messages, each with its channel.
fn messages(log: &MessageLog) -> Vec<(String, String)> {
    let rows = (log.first().0..log.end().0).filter_map(|id| log.row(RowId(id)));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    rows.filter_map(|row| match row.content {
        Content::Message {
            channel, payload, ..
        } => {
            let name = log.channels().by_id(channel).unwrap().name();
            Some((text(name), text(payload)))
        }
        Content::Notice(_) => None,
    })
    .collect()
}

fn is_closed(log: &MessageLog) -> bool {
    matches!(gaps(log).as_slice(), [(GapEnd::Restored(_), _)])
}

#[tokio::test]
async fn a_connection_cut_within_a_frame_is_a_gap_and_delivers_no_half_message() {
    let broker = Broker::start(Settings::default()).await.unwrap();
    let mut listener = Listener::start(&broker, FREQUENT_PINGS).await;
    broker.publisher().publish(b"a", b"before");
    listener
        .until("a message", |log| log.counters().kept == 1)
        .await;
    let half = b"*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\na\r\n$100\r\nhalf a mess";
    assert_eq!(broker.faults().cut(FaultTargets::Subscribers, half), 1);
    listener.until("the gap is closed", is_closed).await;
    assert_eq!(broker.publisher().publish(b"a", b"after"), 1);
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
async fn silence_is_a_gap_that_begins_at_the_last_received_data() {
    let broker = Broker::start(Settings::default()).await.unwrap();
    let mut listener = Listener::start(&broker, FREQUENT_PINGS).await;
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
    broker.publisher().publish(b"a", b"after");
    listener
        .until("a message", |log| log.counters().kept == 1)
        .await;
}

#[tokio::test]
async fn an_unknown_frame_and_an_unsolicited_error_are_reported_and_harmless() {
    let broker = Broker::start(Settings::default()).await.unwrap();
    let mut listener = Listener::start(&broker, RARE_PINGS).await;
    let strange = b"*2\r\n$6\r\nmoving\r\n:7\r\n-ERR out of the blue\r\n";
    assert_eq!(
        broker.faults().inject(FaultTargets::Subscribers, strange),
        1
    );
    broker.publisher().publish(b"a", b"still here");
    listener
        .until("a message", |log| log.counters().kept == 1)
        .await;
    let reported = notices(&listener.log)
        .into_iter()
        .filter_map(|notice| match notice {
            Notice::Unexpected {
                first: Unexpected::Error(RedisError { text: words, .. }) | Unexpected::Frame(words),
                count: 1,
            } => Some(words),
            _ => None,
        });
    let reported: Vec<Box<str>> = reported.collect();
    assert_eq!(reported.len(), 2, "{reported:?}");
    assert!(reported[0].contains("moving"), "{reported:?}");
    assert!(reported[1].contains("out of the blue"), "{reported:?}");
    assert_eq!(listener.log.counters().gaps, 0);
}

#[tokio::test]
async fn bytes_that_are_not_resp2_are_a_gap_with_that_reason() {
    let broker = Broker::start(Settings::default()).await.unwrap();
    let mut listener = Listener::start(&broker, FREQUENT_PINGS).await;
    broker
        .faults()
        .inject(FaultTargets::Subscribers, b"HTTP/1.1 400 Bad Request\r\n");
    listener.until("the gap is closed", is_closed).await;
    let (_, reason) = gaps(&listener.log).remove(0);
    assert!(reason.contains("not RESP"), "{reason}");
}

/// Frames that no RESP2 subscriber expects, and the text of each.
const ODD: [(&[u8], &str); 16] = [
    (b"*1\r\n*2\r\n:1\r\n*0\r\n", "[[1,[]]]"),
    (
        b">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n",
        r#"["invalidate",["k"]]"#,
    ),
    (b">1\r\n$6\r\nserver\r\n", r#"["server"]"#),
    (b"%1\r\n+a\r\n:1\r\n", r#"{"a":1}"#),
    (b"~2\r\n#t\r\n#f\r\n", "[true,false]"),
    (b"|1\r\n+ttl\r\n:9\r\n", r#"{"ttl":9}"#),
    (b",-1.5\r\n", "-1.5"),
    (b"_\r\n", "null"),
    (b"#t\r\n", "true"),
    (b"(12345678901234567890123\r\n", "12345678901234567890123"),
    (b"=7\r\ntxt:abc\r\n", r#""abc""#),
    (b"!7\r\nERR odd\r\n", r#"error "ERR odd""#),
    (b"*?\r\n:1\r\n.\r\n", "[1]"),
    (b"$?\r\n;2\r\nab\r\n;1\r\nc\r\n;0\r\n", r#""abc""#),
    // A message on a channel that is not subscribed to, and an unsolicited confirmation.
    (
        b"*4\r\n$8\r\npmessage\r\n$1\r\n?\r\n$1\r\na\r\n$1\r\nb\r\n",
        r#"["pmessage","?","a","b"]"#,
    ),
    (
        b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:2\r\n",
        r#"["subscribe","a",2]"#,
    ),
];

#[tokio::test]
async fn every_well_formed_frame_is_reported_and_harmless() {
    for (frame, text) in ODD {
        let broker = Broker::start(Settings::default()).await.unwrap();
        let mut listener = Listener::start(&broker, RARE_PINGS).await;
        broker.faults().inject(FaultTargets::Subscribers, frame);
        broker.publisher().publish(b"a", b"still here");
        listener.until(text, |log| log.counters().kept == 1).await;
        assert_eq!(unexpected(&listener.log), [(text.into(), 1)]);
        assert_eq!(messages(&listener.log), [("a".into(), "still here".into())]);
        assert_eq!(listener.log.counters().gaps, 0);
    }
}

#[tokio::test]
async fn a_payload_that_is_not_a_string_is_a_message_with_its_value() {
    let broker = Broker::start(Settings::default()).await.unwrap();
    let mut listener = Listener::start(&broker, RARE_PINGS).await;
    let before = b"*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";
    let values: [(&[u8], &str); 6] = [
        (
            b"*2\r\n$6\r\nuser:1\r\n$3\r\na\"b\r\n",
            r#"["user:1","a\"b"]"#,
        ),
        (b"*-1\r\n", "null"),
        (b"_\r\n", "null"),
        (b"*0\r\n", "[]"),
        (b":-7\r\n", "-7"),
        (b"+text\r\n", "text"),
    ];
    for (value, _) in values {
        let frame = [&before[..], value].concat();
        broker.faults().inject(FaultTargets::Subscribers, &frame);
    }
    // A RESP3 push, preceded by an attribute.
    let push = b"|1\r\n+a\r\n:1\r\n>4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nb\r\n$4\r\npush\r\n";
    broker.faults().inject(FaultTargets::Subscribers, push);
    listener
        .until("the messages", |log| log.counters().received == 7)
        .await;
    let invalidation = |(_, text): (_, &str)| ("__redis__:invalidate".to_owned(), text.to_owned());
    let mut expected = values.map(invalidation).to_vec();
    expected.push(("b".into(), "push".into()));
    assert_eq!(messages(&listener.log), expected);
    assert_eq!(count_of_unexpected(&listener.log), 1);
    let counters = *listener.log.counters();
    assert_eq!((counters.kept, counters.gaps), (7, 0));
}

#[tokio::test]
async fn a_flood_of_unexpected_frames_is_counted_in_a_few_rows() {
    const FRAMES: usize = 1000;
    const PIECES: usize = 50;
    let broker = Broker::start(Settings::default()).await.unwrap();
    let mut listener = Listener::start(&broker, RARE_PINGS).await;
    let frames = b"*1\r\n*0\r\n-ERR odd\r\n".repeat(FRAMES);
    for piece in 1..=PIECES {
        broker.faults().inject(FaultTargets::Subscribers, &frames);
        broker.publisher().publish(b"a", b"in between");
        listener
            .until("a message", |log| log.counters().kept == piece as u64)
            .await;
    }
    let all = 2 * (FRAMES * PIECES) as u64;
    listener
        .until("all frames are reported", |log| {
            count_of_unexpected(log) == all
        })
        .await;
    // The number of rows per second is limited; a slow machine may take a few seconds.
    assert!(unexpected(&listener.log).len() < 100);
    assert_eq!(listener.log.counters().gaps, 0);
}

#[tokio::test]
async fn a_long_unsolicited_frame_is_not_held_in_memory() {
    let broker = Broker::start(Settings::default()).await.unwrap();
    let mut listener = Listener::start(&broker, RARE_PINGS).await;
    let string = |length: usize| {
        [
            format!("${length}\r\n").as_bytes(),
            &vec![b'x'; length],
            b"\r\n",
        ]
        .concat()
    };
    let keys = [&b"*100000\r\n"[..], &b"$3\r\nkey\r\n".repeat(100_000)].concat();
    for frame in [
        string(5 << 20),
        [&b"*2\r\n"[..], &string(3 << 20), b":1\r\n"].concat(),
        keys,
    ] {
        broker.faults().inject(FaultTargets::Subscribers, &frame);
    }
    broker.publisher().publish(b"a", b"still here");
    listener
        .until("a message", |log| log.counters().kept == 1)
        .await;
    let reported = unexpected(&listener.log);
    assert!(
        reported[0].0.starts_with("\"xxx") && reported[0].0.ends_with("x…\""),
        "{reported:?}"
    );
    assert!(reported[1].0.ends_with("…\",\"… 1 more\"]"), "{reported:?}");
    assert!(reported[2].0.ends_with(" more\"]"), "{reported:?}");
    assert!(
        reported.iter().all(|(text, _)| text.len() < 300),
        "{reported:?}"
    );
    assert_eq!(reported.len(), 3);
}

/// A server like Dragonfly has one namespace for ordinary and sharded channels. It delivers
/// messages with the word that they were published with, whatever the kind of subscription, and
/// confirms unsubscribing from both kinds with the same word.
#[tokio::test]
async fn messages_and_confirmations_of_the_other_kind_are_accepted() {
    let peer = Peer::start(|words| match &*words[0].to_lowercase() {
        "sunsubscribe" => Some(confirmation("unsubscribe", &words[1], 1)),
        _ => None,
    });
    let topics = [Topic::channel(b"ordinary"), Topic::shard(b"sharded")];
    let mut listener = Listener::start_at(&peer.url(), &topics, RARE_PINGS).await;
    peer.send(array(&["smessage", "ordinary", "one"]).as_bytes());
    peer.send(array(&["message", "sharded", "two"]).as_bytes());
    let large = "x".repeat(200_000);
    peer.send(array(&["message", "sharded", &large]).as_bytes());
    listener
        .until("the messages", |log| log.counters().kept == 3)
        .await;
    let received = messages(&listener.log);
    assert_eq!(received[0], ("ordinary".into(), "one".into()));
    assert_eq!(received[1], ("sharded".into(), "two".into()));
    assert_eq!(received[2], ("sharded".into(), large));
    let rows = (0..listener.log.end().0).map(RowId);
    let subscriptions: Vec<SubscriptionId> = rows
        .flat_map(|row| listener.log.subscriptions(row))
        .collect();
    assert_eq!(subscriptions, [0, 1, 1].map(SubscriptionId));
    listener
        .server
        .command(Command::Unsubscribe(SubscriptionId(1)));
    let ended = |log: &MessageLog| {
        notices(log).iter().any(|notice| {
            matches!(notice, Notice::Unsubscribed { subscription, asked: true, .. }
                if subscription.id == SubscriptionId(1))
        })
    };
    listener
        .until("the unsubscription is confirmed", ended)
        .await;
    // Messages after the unsubscription are reported.
    peer.send(array(&["smessage", "sharded", "late"]).as_bytes());
    listener
        .until("a report", |log| count_of_unexpected(log) == 1)
        .await;
    assert_eq!(
        &*unexpected(&listener.log)[0].0,
        r#"["smessage","sharded","late"]"#
    );
    assert_eq!(listener.log.counters().gaps, 0);
}

/// A server with one namespace ends the ordinary subscription to a name together with the sharded
/// one, and vice versa.
#[tokio::test]
async fn unsubscribing_repeats_the_other_subscription_to_the_same_name() {
    for (ended, repeated) in [(1, "SUBSCRIBE"), (0, "SSUBSCRIBE")] {
        let (command_tx, mut command_rx) = mpsc::unbounded_channel();
        let peer = Peer::start(move |words| {
            // The commander sends its own commands.
            if words[0].ends_with("SUBSCRIBE") {
                // The test does not read the commands after the expected one.
                let _ = command_tx.send(words.join(" "));
            }
            (words[0] == "SUNSUBSCRIBE").then(|| confirmation("unsubscribe", &words[1], 0))
        });
        let topics = [Topic::channel(b"a"), Topic::shard(b"a")];
        let mut listener = Listener::start_at(&peer.url(), &topics, RARE_PINGS).await;
        let ended = SubscriptionId(ended);
        listener.server.command(Command::Unsubscribe(ended));
        listener
            .until("the subscription is ended", |log| {
                let is_end = |notice: &Notice| {
                    matches!(notice, Notice::Unsubscribed { subscription, asked: true, .. }
                        if subscription.id == ended)
                };
                notices(log).iter().any(is_end)
            })
            .await;
        let is_end = |command: &str| command.ends_with("UNSUBSCRIBE a");
        let mut next = async || timeout(TIMEOUT, command_rx.recv()).await.unwrap().unwrap();
        while !is_end(&next().await) {}
        assert_eq!(next().await, format!("{repeated} a"));
        peer.send(array(&["message", "a", "one"]).as_bytes());
        listener
            .until("the message", |log| log.counters().kept == 1)
            .await;
        let kept = SubscriptionId(1 - ended.0);
        let rows = (0..listener.log.end().0).map(RowId);
        let delivered: Vec<SubscriptionId> = rows
            .flat_map(|row| listener.log.subscriptions(row))
            .collect();
        assert_eq!(delivered, [kept]);
        let confirmed = notices(&listener.log);
        let confirmed = confirmed
            .iter()
            .filter(|notice| matches!(notice, Notice::Subscribed { .. }));
        assert_eq!(confirmed.count(), 2);
        assert_eq!(count_of_unexpected(&listener.log), 0);
    }
}

/// This test blocks the thread that also runs the server tasks, so that they make no progress, as
/// in a halted program.
#[tokio::test]
async fn messages_lost_while_the_program_was_halted_lie_in_the_gap() {
    let peer = Peer::start(|_| None);
    let topics = [Topic::channel(b"a")];
    let mut listener = Listener::start_at(&peer.url(), &topics, RARE_PINGS).await;
    for number in ["0", "1", "2"] {
        peer.send(array(&["message", "a", number]).as_bytes());
        let has_arrived =
            |log: &MessageLog| messages(log).last().is_some_and(|(_, last)| last == number);
        listener.until("a message", has_arrived).await;
    }
    // A message that fits into the socket buffer arrives. Then the server hangs up, and everything
    // published after that is lost.
    let halted = Time::now();
    peer.send(array(&["message", "a", "3"]).as_bytes());
    peer.hang_up();
    let lost_from = Time::now();
    // Wait for the clock to advance, since timestamps of rows have microsecond resolution.
    while Time::now() <= lost_from {
        std::hint::spin_loop();
    }
    listener.until("the gap is closed", is_closed).await;
    assert_eq!(messages(&listener.log).len(), 4);
    let gap = notices(&listener.log)
        .into_iter()
        .find_map(|notice| match notice {
            Notice::Gap(gap) => Some(gap),
            _ => None,
        });
    let gap = gap.unwrap();
    assert!(gap.last_heard <= halted, "{gap:?}, halted at {halted:?}");
}
