//! The server tasks against a real Redis.

mod logins;

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use subscope::app::{
    Keymap, connection_words, gap_reason_words, partial_words, publish_error_words, trouble_words,
};
use subscope::log::Batch;
use subscope::message::{
    Closing, ConnectionError, Dropped, ErrorCode, Gap, GapEnd, Notice, RedisError, Subscription,
    SubscriptionId, Topic, Unexpected,
};
use subscope::server::{
    Ask, Command, Config, Connection, Endpoint, Feed, Server, Target, Timing, start,
};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, timeout_at};

use crate::support::peer::command;
use crate::support::redis::{NO_LIMITS, Redis, pack};
use crate::support::version::version;

/// Timeout far longer than any condition here takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Heartbeats and retries quick enough for tests.
const QUICK: Timing = Timing {
    connect_within: Duration::from_secs(5),
    ping_every: Duration::from_millis(100),
    answer_within: Duration::from_secs(20),
    first_wait: Duration::from_millis(10),
    longest_wait: Duration::from_millis(100),
};

/// Timing for a server that is made to fall silent.
const SHORT_TIMEOUTS: Timing = Timing {
    answer_within: Duration::from_millis(700),
    ..QUICK
};

/// Held by the tests that need a lot of memory, so that none of them disturbs the one that measures
/// it.
static MEMORY: Mutex<()> = Mutex::const_new(());

fn subscription(id: u32, topic: Topic) -> Subscription {
    Subscription {
        id: SubscriptionId(id),
        topic,
    }
}

fn channel(id: u32, name: &[u8]) -> Subscription {
    subscription(id, Topic::channel(name))
}

fn pattern(id: u32, name: &[u8]) -> Subscription {
    subscription(id, Topic::pattern(name))
}

fn config(url: &str, subscriptions: &[Subscription]) -> Config {
    Config {
        subscriptions: subscriptions.to_vec(),
        timing: QUICK,
        ..Config::new(Endpoint::parse(url).unwrap())
    }
}

/// The server tasks and everything that they have reported so far.
struct Listener {
    server: Server,
    feed_rx: mpsc::Receiver<Feed>,
    batches: Vec<Batch>,
    others: Vec<Feed>,
}

impl Listener {
    fn start(config: Config) -> Self {
        let (feed_tx, feed_rx) = mpsc::channel(64);
        Self {
            server: start(config, feed_tx),
            feed_rx,
            batches: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Starts the tasks and waits until each subscription is confirmed.
    async fn listening(config: Config) -> Self {
        let count = config.subscriptions.len();
        let mut listener = Self::start(config);
        listener
            .until("all subscriptions are confirmed", |listener| {
                listener.subscribed().len() == count
            })
            .await;
        listener
    }

    async fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + TIMEOUT;
        while !condition(self) {
            match timeout_at(deadline, self.feed_rx.recv()).await {
                Ok(Some(Feed::Batch(batch))) => self.batches.push(*batch),
                Ok(Some(other)) => self.others.push(other),
                Ok(None) => panic!("the tasks ended before: {what}"),
                Err(elapsed) => panic!("{elapsed}: {what}; {:?}", self.others),
            }
        }
    }

    fn messages(&self) -> u64 {
        self.batches.iter().map(Batch::messages).sum()
    }

    fn merged(&self) -> u64 {
        self.batches.iter().map(Batch::merged).sum()
    }

    fn notices(&self) -> Vec<Notice> {
        let notices = |batch: &Batch| batch.notices().to_vec();
        self.batches.iter().flat_map(notices).collect()
    }

    fn select<T>(&self, choose: impl FnMut(Notice) -> Option<T>) -> Vec<T> {
        self.notices().into_iter().filter_map(choose).collect()
    }

    /// Returns the ID and count of each confirmation.
    fn subscribed(&self) -> Vec<(u32, i64)> {
        self.select(|notice| match notice {
            Notice::Subscribed {
                subscription,
                count,
                ..
            } => Some((subscription.id.0, count)),
            _ => None,
        })
    }

    fn unsubscribed(&self) -> Vec<(u32, i64, bool)> {
        self.select(|notice| match notice {
            Notice::Unsubscribed {
                subscription,
                count,
                asked,
                ..
            } => Some((subscription.id.0, count, asked)),
            _ => None,
        })
    }

    fn gaps(&self) -> Vec<Gap> {
        self.select(|notice| match notice {
            Notice::Gap(gap) => Some(gap),
            _ => None,
        })
    }

    fn dropped(&self) -> Dropped {
        self.select(|notice| match notice {
            Notice::Dropped(dropped) => Some(dropped),
            _ => None,
        })
        .into_iter()
        .reduce(Dropped::and_then)
        .unwrap_or_default()
    }

    fn connections(&self) -> Vec<&Connection> {
        self.others
            .iter()
            .filter_map(|feed| match feed {
                Feed::Connection(_, connection) => Some(connection),
                _ => None,
            })
            .collect()
    }

    fn versions(&self) -> Vec<&str> {
        self.others
            .iter()
            .filter_map(|feed| match feed {
                Feed::ServerVersion(version) => Some(&**version),
                _ => None,
            })
            .collect()
    }

    fn is(&self, connection: &Connection) -> bool {
        self.connections().last() == Some(&connection)
    }

    fn published(&self) -> Vec<(u64, Result<i64, String>)> {
        self.others
            .iter()
            .filter_map(|feed| match feed {
                Feed::Published { id, receivers, .. } => Some((
                    *id,
                    receivers
                        .clone()
                        .map_err(|error| publish_error_words(&error)),
                )),
                _ => None,
            })
            .collect()
    }

    fn publish(&self, id: u64, channel: &[u8], payload: &[u8]) {
        self.server.ask(Ask::Publish {
            id,
            channel: channel.into(),
            payload: payload.into(),
            is_sharded: false,
        });
    }
}

/// Publishes `count` messages at full speed and waits until the server has accepted them.
fn publish_many(redis: &Redis, channel: &[u8], payload: &[u8], count: usize) {
    let command = pack(&[b"PUBLISH", channel, payload]);
    let mut writer = redis.connect();
    let mut reader = writer.try_clone().unwrap();
    let answers = thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        let mut lines = 0;
        while lines < count {
            let length = reader.read(&mut buffer).unwrap();
            assert!(length > 0, "the server hung up on the publisher");
            lines += memchr::memchr_iter(b'\n', &buffer[..length]).count();
        }
    });
    for _ in 0..count {
        writer.write_all(&command).unwrap();
    }
    answers.join().unwrap();
}

#[tokio::test]
async fn confirmations_are_notices_with_a_count() {
    let redis = Redis::start();
    let wanted = [
        channel(0, b"one"),
        pattern(1, b"two*"),
        channel(2, b"three"),
    ];
    let mut listener = Listener::listening(config(&redis.url(), &wanted)).await;
    assert_eq!(listener.subscribed(), [(0, 1), (1, 2), (2, 3)]);
    assert_eq!(listener.messages(), 0);
    listener
        .until("a round trip and the version", |listener| {
            let trip = |feed: &Feed| matches!(feed, Feed::RoundTrip(..));
            listener.others.iter().any(trip) && listener.versions().len() == 1
        })
        .await;
    assert_eq!(listener.versions(), [version()]);
    assert_eq!(
        listener.connections(),
        [&Connection::Connecting, &Connection::Live]
    );
    let clients = redis.cli(&["CLIENT", "LIST"]);
    assert_eq!(clients.matches("name=subscope").count(), 2, "{clients}");
    listener.server.stop().await;
}

#[test]
fn the_test_server_reports_its_commands_and_settings() {
    let redis = Redis::start();
    assert!(redis.knows("PUBLISH") && !redis.knows("NO-SUCH-COMMAND"));
    assert!(redis.has_setting("port") && !redis.has_setting("no-such-setting"));
}

#[tokio::test]
async fn overlapping_subscriptions_make_one_row() {
    let redis = Redis::start();
    let wanted = [
        channel(0, b"orders"),
        pattern(1, b"ord*"),
        pattern(2, b"*ers"),
    ];
    let mut listener = Listener::listening(config(&redis.url(), &wanted)).await;
    assert_eq!(redis.cli(&["PUBLISH", "orders", "same"]), "3");
    listener
        .until("three deliveries", |listener| {
            listener.messages() + listener.merged() == 3
        })
        .await;
    assert_eq!((listener.messages(), listener.merged()), (1, 2));
    listener.server.stop().await;
}

#[tokio::test]
async fn identical_publishes_make_one_row_each() {
    let redis = Redis::start();
    let wanted = [channel(0, b"orders"), pattern(1, b"*")];
    let mut listener = Listener::listening(config(&redis.url(), &wanted)).await;
    redis.cli(&["PUBLISH", "orders", "same"]);
    redis.cli(&["PUBLISH", "orders", "same"]);
    listener
        .until("four deliveries", |listener| {
            listener.messages() + listener.merged() == 4
        })
        .await;
    assert_eq!((listener.messages(), listener.merged()), (2, 2));
    listener.server.stop().await;
}

#[tokio::test]
async fn a_killed_server_makes_a_gap_that_closes_when_all_subscriptions_are_back() {
    let mut redis = Redis::start();
    let wanted = [channel(0, b"one"), pattern(1, b"two*")];
    let mut listener = Listener::listening(config(&redis.url(), &wanted)).await;
    redis.kill();
    listener
        .until("refused attempts", |listener| {
            listener.connections().iter().any(|connection| {
                matches!(connection, Connection::Reconnecting { reason, attempts, .. }
                    if connection_words(reason) == "connection refused" && *attempts >= 2)
            })
        })
        .await;
    let [open] = &listener.gaps()[..] else {
        panic!("one open gap: {:?}", listener.gaps());
    };
    assert_eq!(open.end, GapEnd::Open);
    assert!(
        ["closed by the server", "connection reset"]
            .contains(&gap_reason_words(&open.reason).as_str()),
        "{open:?}"
    );
    assert!(open.last_heard <= open.noticed);
    redis.restart();
    listener
        .until("the gap closes", |listener| listener.gaps().len() == 2)
        .await;
    let closed = listener.gaps()[1].clone();
    assert!(
        matches!(closed.end, GapEnd::Restored(restored) if restored >= closed.noticed),
        "{closed:?}"
    );
    assert_eq!(
        Gap {
            end: GapEnd::Open,
            ..closed
        },
        *open
    );
    assert_eq!(listener.subscribed()[2..], [(0, 1), (1, 2)]);
    assert!(listener.is(&Connection::Live));
    let at = |wanted: fn(&Notice) -> bool| listener.notices().iter().rposition(wanted);
    assert!(
        at(|notice| matches!(notice, Notice::Subscribed { .. }))
            < at(|notice| matches!(notice, Notice::Gap(_)))
    );
    assert_eq!(redis.cli(&["PUBLISH", "one", "again"]), "1");
    listener
        .until("a message arrives", |listener| listener.messages() == 1)
        .await;
    listener.server.stop().await;
}

#[tokio::test]
async fn a_killed_client_makes_a_gap_and_comes_back() {
    let redis = Redis::start();
    let mut listener = Listener::listening(config(&redis.url(), &[pattern(0, b"*")])).await;
    assert_eq!(redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]), "1");
    listener
        .until("the gap opens and closes", |listener| {
            listener.gaps().len() == 2
        })
        .await;
    let closed = ConnectionError::Closed(Closing::Later);
    assert_eq!(listener.gaps()[0].reason, closed.into());
    assert_eq!(listener.gaps()[0].noticed, listener.gaps()[1].noticed);
    assert!(matches!(listener.gaps()[1].end, GapEnd::Restored(_)));
    listener.server.stop().await;
}

#[tokio::test]
async fn an_abandoned_gap_does_not_claim_a_recovery() {
    let mut redis = Redis::start();
    let mut listener = Listener::listening(config(&redis.url(), &[pattern(0, b"*")])).await;
    redis.kill();
    listener
        .until("the gap opens", |listener| listener.gaps().len() == 1)
        .await;
    listener
        .server
        .command(Command::Unsubscribe(SubscriptionId(0)));
    listener
        .until("no connection", |listener| listener.is(&Connection::Idle))
        .await;
    let gaps = listener.gaps();
    assert_eq!((gaps.len(), gaps[0].end), (2, GapEnd::Open));
    assert!(matches!(gaps[1].end, GapEnd::GivenUp(_)), "{gaps:?}");
    listener.server.stop().await;
}

#[tokio::test]
async fn a_gap_followed_by_denials_does_not_claim_a_recovery() {
    let redis = Redis::start();
    let guest = ["ACL", "SETUSER", "guest"];
    redis.cli(&[&guest[..], &["on", ">guest", "allchannels", "+@all"]].concat());
    let url = format!("redis://guest:guest@127.0.0.1:{}", redis.port());
    let mut listener = Listener::listening(config(&url, &[channel(0, b"a")])).await;
    // This also closes the connections whose subscriptions are no longer allowed.
    redis.cli(&[&guest[..], &["resetchannels"]].concat());
    listener
        .until("the gap ends", |listener| listener.gaps().len() == 2)
        .await;
    let gaps = listener.gaps();
    assert!(matches!(gaps[1].end, GapEnd::GivenUp(_)), "{gaps:?}");
    listener.server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_answering_is_given_up_and_reconnected_later() {
    let redis = Redis::start();
    let mut listener = Listener::listening(Config {
        timing: SHORT_TIMEOUTS,
        ..config(&redis.url(), &[pattern(0, b"*")])
    })
    .await;
    redis.pause();
    listener
        .until("a gap", |listener| !listener.gaps().is_empty())
        .await;
    let reason = gap_reason_words(&listener.gaps()[0].reason);
    assert_eq!(reason, "no answer for 700 ms");
    // The attempts to reconnect get no answer either, and add no gap of their own.
    listener
        .until("a failed attempt", |listener| {
            listener.connections().iter().any(|connection| {
                matches!(connection, Connection::Reconnecting { attempts, .. } if *attempts > 0)
            })
        })
        .await;
    assert_eq!(listener.gaps().len(), 1);
    redis.resume();
    listener
        .until("the connection is back", |listener| {
            listener.gaps().len() == 2
        })
        .await;
    assert!(matches!(listener.gaps()[1].end, GapEnd::Restored(_)));
    listener.server.stop().await;
}

#[tokio::test]
async fn a_server_that_was_never_reached_makes_no_gap() {
    let mut redis = Redis::start();
    redis.kill();
    let mut listener = Listener::start(config(&redis.url(), &[pattern(0, b"*")]));
    listener
        .until("failed attempts", |listener| {
            listener.connections().len() > 3
        })
        .await;
    redis.restart();
    listener
        .until("confirmation", |listener| listener.subscribed() == [(0, 1)])
        .await;
    assert_eq!(listener.notices().len(), 1);
    listener.server.stop().await;
}

#[tokio::test]
async fn one_denied_subscription_does_not_affect_the_others() {
    let redis = Redis::start();
    redis.cli(&[
        "ACL",
        "SETUSER",
        "guest",
        "on",
        ">guest",
        "resetchannels",
        "&open:*",
        "+@all",
    ]);
    let url = format!("redis://guest:guest@127.0.0.1:{}", redis.port());
    let wanted = [
        channel(0, b"open:a"),
        channel(1, b"closed"),
        channel(2, b"open:b"),
    ];
    let mut listener = Listener::start(config(&url, &wanted));
    listener
        .until("the last subscription is confirmed", |listener| {
            listener.subscribed().contains(&(2, 2))
        })
        .await;
    let denied = listener.select(|notice| match notice {
        Notice::Denied {
            subscription,
            reason,
        } => Some((subscription.id.0, reason)),
        _ => None,
    });
    let [(1, reason)] = &denied[..] else {
        panic!("one is denied: {denied:?}");
    };
    assert_eq!(reason.code, ErrorCode::NoPermission, "{reason:?}");
    redis.cli(&["PUBLISH", "open:b", "payload"]);
    listener
        .until("a message arrives", |listener| listener.messages() == 1)
        .await;
    // The refused subscription can be removed.
    listener
        .server
        .command(Command::Unsubscribe(SubscriptionId(1)));
    listener
        .until("the subscription is gone", |listener| {
            listener.unsubscribed() == [(1, 2, true)]
        })
        .await;
    listener.server.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_final_until_a_retry_is_requested() {
    let redis = Redis::start();
    redis.cli(&["CONFIG", "SET", "requirepass", "right"]);
    let url = format!("redis://:wrong@127.0.0.1:{}", redis.port());
    let mut listener = Listener::start(config(&url, &[pattern(0, b"*")]));
    listener
        .until("the login is refused", |listener| {
            matches!(listener.connections().last(),
                Some(Connection::Refused { reason, .. }) if connection_words(reason).starts_with("WRONGPASS"))
        })
        .await;
    redis.cli(&["-a", "right", "CONFIG", "SET", "requirepass", "wrong"]);
    listener.server.command(Command::Reconnect);
    listener
        .until("the login is accepted", |listener| {
            listener.subscribed() == [(0, 1)]
        })
        .await;
    assert!(listener.is(&Connection::Live));
    assert!(!format!("{:?}", listener.others).contains("wrong"));
    listener.server.stop().await;
}

#[tokio::test]
async fn a_missing_or_unneeded_password_is_reported_in_the_words_of_redis() {
    let redis = Redis::start();
    let url = format!("redis://:needless@127.0.0.1:{}", redis.port());
    let mut listener = Listener::start(config(&url, &[pattern(0, b"*")]));
    listener
        .until("the login is refused", |listener| {
            matches!(listener.connections().last(),
                Some(Connection::Refused { reason, .. }) if connection_words(reason).contains("without any password"))
        })
        .await;
    listener.server.stop().await;
    redis.cli(&["CONFIG", "SET", "requirepass", "right"]);
    let mut listener = Listener::start(config(&redis.url(), &[pattern(0, b"*")]));
    listener
        .until("the login is refused", |listener| {
            matches!(listener.connections().last(),
                Some(Connection::Refused { reason, .. })
                    if connection_words(reason).starts_with("NOAUTH"))
        })
        .await;
    listener.server.stop().await;
}

#[tokio::test]
async fn subscriptions_can_be_added_and_removed_while_running() {
    let redis = Redis::start();
    let mut listener = Listener::listening(config(&redis.url(), &[channel(0, b"one")])).await;
    listener
        .server
        .command(Command::Subscribe(pattern(1, b"two*")));
    listener
        .until("the second subscription is confirmed", |listener| {
            listener.subscribed().len() == 2
        })
        .await;
    listener
        .server
        .command(Command::Unsubscribe(SubscriptionId(0)));
    listener
        .until("the first subscription has ended", |listener| {
            listener.unsubscribed() == [(0, 1, true)]
        })
        .await;
    redis.cli(&["PUBLISH", "one", "unheard"]);
    assert_eq!(redis.cli(&["PUBLISH", "two", "listener"]), "1");
    listener
        .until("a message arrives", |listener| listener.messages() == 1)
        .await;
    listener
        .server
        .command(Command::Unsubscribe(SubscriptionId(1)));
    listener
        .until("nothing is subscribed to", |listener| {
            listener.is(&Connection::Idle)
        })
        .await;
    assert_eq!(listener.unsubscribed(), [(0, 1, true), (1, 0, true)]);
    listener
        .server
        .command(Command::Subscribe(channel(2, b"one")));
    listener
        .until("the subscription is live again", |listener| {
            listener.subscribed().len() == 3
        })
        .await;
    assert_eq!(redis.cli(&["PUBLISH", "one", "listener"]), "1");
    listener
        .until("a message arrives", |listener| listener.messages() == 2)
        .await;
    assert!(listener.gaps().is_empty());
    listener.server.stop().await;
}

#[tokio::test]
async fn the_last_message_ends_its_subscription() {
    let redis = Redis::start();
    let wanted = [channel(0, b"one"), channel(1, b"two")];
    let mut listener = Listener::listening(Config {
        until: Some(b"END".as_slice().into()),
        ..config(&redis.url(), &wanted)
    })
    .await;
    let ended = |listener: &Listener| {
        listener.select(|notice| match notice {
            Notice::Ended(subscription) => Some(subscription.id.0),
            _ => None,
        })
    };
    let all_ended = |listener: &Listener| {
        listener.select(|notice| matches!(notice, Notice::AllEnded).then_some(()))
    };
    // A single write, so that the message after the end is already in flight.
    let mut publisher = redis.connect();
    let payloads: [&[u8]; 4] = [b"first", b"END of a kind", b"END", b"too late"];
    let burst: Vec<u8> = payloads
        .iter()
        .flat_map(|payload| pack(&[b"PUBLISH", b"one", payload]))
        .collect();
    publisher.write_all(&burst).unwrap();
    listener
        .until("one has ended", |listener| ended(listener) == [0])
        .await;
    assert_eq!((listener.messages(), all_ended(&listener).len()), (3, 0));
    redis.cli(&["PUBLISH", "two", "END"]);
    listener
        .until("all subscriptions have ended", |listener| {
            listener.is(&Connection::Idle)
        })
        .await;
    assert_eq!(
        (ended(&listener), all_ended(&listener).len()),
        (vec![0, 1], 1)
    );
    assert_eq!(listener.messages(), 4);
    assert!(listener.gaps().is_empty() && listener.unsubscribed().is_empty());
    listener
        .server
        .command(Command::Subscribe(channel(2, b"one")));
    listener
        .until("an ended subscription was renewed", |listener| {
            listener.subscribed().len() == 3
        })
        .await;
    redis.cli(&["PUBLISH", "one", "again"]);
    listener
        .until("a message arrives", |listener| listener.messages() == 5)
        .await;
    listener.server.stop().await;
}

#[tokio::test]
async fn a_denied_subscription_alone_does_not_keep_the_connection() {
    let redis = Redis::start();
    let guest = ["ACL", "SETUSER", "guest", "on", ">guest"];
    redis.cli(&[&guest[..], &["resetchannels", "&open:*", "+@all"]].concat());
    let url = format!("redis://guest:guest@127.0.0.1:{}", redis.port());
    let wanted = [
        channel(0, b"open:a"),
        channel(1, b"closed"),
        channel(2, b"shut"),
    ];
    let mut listener = Listener::start(Config {
        until: Some(b"END".as_slice().into()),
        ..config(&url, &wanted)
    });
    let denied = |listener: &Listener| {
        listener
            .select(|notice| matches!(notice, Notice::Denied { .. }).then_some(()))
            .len()
    };
    listener
        .until("two denials", |listener| denied(listener) == 2)
        .await;
    redis.cli(&["PUBLISH", "open:a", "END"]);
    listener
        .until("the connection is idle", |listener| {
            listener.is(&Connection::Idle)
        })
        .await;
    listener
        .server
        .command(Command::Unsubscribe(SubscriptionId(1)));
    listener
        .until("the removal", |listener| listener.unsubscribed().len() == 1)
        .await;
    listener
        .server
        .command(Command::Subscribe(channel(3, b"open:b")));
    listener
        .until("the new subscription is confirmed", |listener| {
            listener.subscribed().last() == Some(&(3, 1)) && denied(listener) == 3
        })
        .await;
    let idle_and_back = [
        &Connection::Connecting,
        &Connection::Live,
        &Connection::Idle,
        &Connection::Connecting,
        &Connection::Live,
    ];
    assert_eq!(listener.connections(), idle_and_back);
    let all_ended = listener.select(|notice| matches!(notice, Notice::AllEnded).then_some(()));
    assert_eq!(all_ended.len(), 1);
    listener.server.stop().await;
}

#[tokio::test]
async fn a_subscription_whose_removal_is_refused_disappears() {
    let redis = Redis::start();
    let guest = ["ACL", "SETUSER", "guest", "on", ">guest", "allchannels"];
    redis.cli(&[&guest[..], &["+@all", "-unsubscribe"]].concat());
    let url = format!("redis://guest:guest@127.0.0.1:{}", redis.port());
    let mut listener =
        Listener::listening(config(&url, &[channel(0, b"a"), channel(1, b"b")])).await;
    listener
        .server
        .command(Command::Unsubscribe(SubscriptionId(0)));
    listener
        .until("the subscription has ended", |listener| {
            listener.unsubscribed().len() == 1
        })
        .await;
    let reported = listener.select(|notice| match notice {
        Notice::Unexpected {
            first: Unexpected::Error(words),
            ..
        } => Some(words),
        _ => None,
    });
    assert!(
        matches!(&reported[..], [error] if error.text.starts_with("NOPERM")),
        "{reported:?}"
    );
    // Redis still has both subscriptions.
    assert_eq!(listener.unsubscribed(), [(0, 2, true)]);
    assert_eq!(redis.cli(&["PUBLISH", "a", "given up"]), "1");
    redis.cli(&["PUBLISH", "b", "wanted"]);
    listener
        .until("a message arrives", |listener| listener.messages() > 0)
        .await;
    let names: Vec<&[u8]> = listener
        .batches
        .iter()
        .flat_map(Batch::channel_names)
        .collect();
    assert_eq!(names, [b"b"]);
    listener.server.stop().await;
}

#[tokio::test]
async fn an_ended_subscription_is_not_renewed() {
    let redis = Redis::start();
    let wanted = [channel(0, b"one"), channel(1, b"two")];
    let mut listener = Listener::listening(Config {
        until: Some(b"END".as_slice().into()),
        ..config(&redis.url(), &wanted)
    })
    .await;
    redis.cli(&["PUBLISH", "one", "END"]);
    listener
        .until("the end", |listener| listener.notices().len() == 3)
        .await;
    redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    listener
        .until("the gap closes", |listener| listener.gaps().len() == 2)
        .await;
    assert_eq!(listener.subscribed()[2..], [(1, 1)]);
    listener.server.stop().await;
}

#[tokio::test]
async fn a_unix_socket_works_as_well() {
    let redis = Redis::start();
    let url = format!("unix://{}", redis.socket().display());
    let mut listener = Listener::listening(config(&url, &[pattern(0, b"*")])).await;
    listener.publish(7, b"channel", b"payload");
    listener
        .until("the connection comes back", |listener| {
            listener.messages() == 1 && !listener.published().is_empty()
        })
        .await;
    assert_eq!(listener.published(), [(7, Ok(1))]);
    listener.server.stop().await;
}

#[tokio::test]
async fn a_payload_of_100_mb_arrives_complete() {
    let _alone = MEMORY.lock().await;
    let redis = Redis::start_with(&NO_LIMITS);
    let mut listener = Listener::listening(config(&redis.url(), &[channel(0, b"large")])).await;
    let payload = vec![b'x'; 100 << 20];
    let port = redis.port();
    listener.publish(0, b"large", &payload);
    listener
        .until("the message arrives", |listener| listener.messages() == 1)
        .await;
    assert!(
        listener
            .batches
            .iter()
            .any(|batch| batch.size() >= payload.len())
    );
    redis.cli(&["PUBLISH", "large", "small"]);
    listener
        .until("the next message arrives", |listener| {
            listener.messages() == 2
        })
        .await;
    assert_eq!(listener.dropped().count, 0);
    assert!(
        listener.gaps().is_empty(),
        "port {port}: {:?}",
        listener.gaps()
    );
    listener.server.stop().await;
}

#[tokio::test]
async fn names_and_payloads_are_bytes() {
    let redis = Redis::start();
    let names: [&[u8]; 5] = [
        b"",
        b"with space",
        b"line\r\nend",
        b"\xff\x00\xfe",
        "\u{fc}".as_bytes(),
    ];
    let wanted: Vec<Subscription> = (0..)
        .zip(names)
        .map(|(id, name)| channel(id, name))
        .collect();
    let mut listener = Listener::listening(config(&redis.url(), &wanted)).await;
    for (name, payload) in names.iter().zip(names.iter().rev()) {
        assert_eq!(redis.send(&[b"PUBLISH", name, payload]), b":1\r\n");
    }
    listener
        .until("all messages arrive", |listener| listener.messages() == 5)
        .await;
    listener.publish(1, b"\xff\x00\xfe", b"");
    listener
        .until("one more message arrives", |listener| {
            listener.messages() == 6 && !listener.published().is_empty()
        })
        .await;
    assert_eq!(listener.published(), [(1, Ok(1))]);
    listener.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lagging_loop_uses_bounded_memory_and_every_drop_is_counted() {
    const COUNT: usize = 100_000;
    const PAYLOAD: usize = 2_000;
    const LIMIT: usize = 16 << 20;
    let _alone = MEMORY.lock().await;
    // This tests our own limit; on a busy machine, Redis's limit might be reached first.
    let redis = Redis::start_with(&NO_LIMITS);
    let mut listener = Listener::listening(Config {
        pending_bytes: LIMIT,
        timing: Timing::default(),
        ..config(&redis.url(), &[pattern(0, b"*")])
    })
    .await;
    let before = resident_bytes();
    let counters = listener.server.counters();
    let received = counters.bytes_received.load(Relaxed);
    // Nothing reads from the feed during the flood.
    let redis = tokio::task::spawn_blocking(move || {
        publish_many(&redis, b"flood", &[b'x'; PAYLOAD], COUNT);
        redis
    })
    .await
    .unwrap();
    let deadline = Instant::now() + TIMEOUT;
    while counters.bytes_received.load(Relaxed) - received < (COUNT * PAYLOAD) as u64 {
        assert!(Instant::now() < deadline, "the listener stopped reading");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 6 * LIMIT, "{} MiB", grown >> 20);
    redis.cli(&["PUBLISH", "flood", "the last"]);
    listener
        .until("every message is accounted for", |listener| {
            listener.messages() + listener.dropped().count == COUNT as u64 + 1
        })
        .await;
    let dropped = listener.dropped();
    assert!(dropped.count > COUNT as u64 / 2, "{dropped:?}");
    assert_eq!(dropped.bytes, dropped.count * PAYLOAD as u64);
    assert_eq!(counters.dropped.load(Relaxed), dropped.count);
    assert_eq!(listener.subscribed(), [(0, 1)]);
    assert!(listener.gaps().is_empty(), "{:?}", listener.gaps());
    listener.server.stop().await;
}

#[tokio::test]
async fn publishing_reports_the_number_of_receivers_or_an_error() {
    let mut redis = Redis::start();
    redis.cli(&[
        "ACL",
        "SETUSER",
        "guest",
        "on",
        ">guest",
        "resetchannels",
        "&open:*",
        "+@all",
    ]);
    let url = format!("redis://guest:guest@127.0.0.1:{}/3", redis.port());
    let mut listener = Listener::listening(config(&url, &[channel(0, b"open:a")])).await;
    listener.publish(1, b"open:a", b"payload");
    listener.publish(2, b"closed", b"payload");
    listener
        .until("both publishes are answered", |listener| {
            listener.published().len() == 2
        })
        .await;
    let published = listener.published();
    assert_eq!(published[0], (1, Ok(1)));
    assert!(
        matches!(&published[1], (2, Err(reason)) if reason.starts_with("NOPERM")),
        "{published:?}"
    );
    redis.kill();
    listener
        .until("the loss is noticed", |listener| {
            !listener.gaps().is_empty()
        })
        .await;
    listener.publish(3, b"open:a", b"payload");
    listener
        .until("the answer", |listener| listener.published().len() == 3)
        .await;
    assert!(
        matches!(&listener.published()[2], (3, Err(reason)) if reason.contains("connection refused")
            || reason.starts_with("unknown whether the message was published: ")),
        "{:?}",
        listener.published()
    );
    listener.server.stop().await;
}

#[tokio::test]
async fn an_unanswered_publish_may_have_been_published() {
    let redis = Redis::start();
    let mut listener = Listener::listening(Config {
        timing: SHORT_TIMEOUTS,
        ..config(&redis.url(), &[channel(0, b"a")])
    })
    .await;
    listener.publish(1, b"a", b"payload");
    listener
        .until("the publish is answered", |listener| {
            listener.published() == [(1, Ok(1))]
        })
        .await;
    redis.pause();
    listener.publish(2, b"a", b"payload");
    listener
        .until("the answer", |listener| listener.published().len() == 2)
        .await;
    redis.resume();
    assert_eq!(
        listener.published()[1],
        (
            2,
            Err("unknown whether the message was published: no answer for 700 ms".into())
        )
    );
    listener.server.stop().await;
}

#[tokio::test]
async fn read_only_refuses_to_publish() {
    let redis = Redis::start();
    let mut listener = Listener::listening(Config {
        read_only: true,
        ..config(&redis.url(), &[channel(0, b"a")])
    })
    .await;
    listener.publish(1, b"a", b"payload");
    listener
        .until("the publish is answered", |listener| {
            !listener.published().is_empty()
        })
        .await;
    assert_eq!(
        listener.published(),
        [(1, Err("read-only: every write is refused".into()))]
    );
    assert!(
        !redis
            .cli(&["INFO", "commandstats"])
            .contains("cmdstat_publish")
    );
    listener.server.stop().await;
}

#[tokio::test]
async fn publishing_works_without_subscriptions() {
    let redis = Redis::start();
    let mut listener = Listener::start(config(&redis.url(), &[]));
    listener.publish(1, b"a", b"payload");
    listener
        .until("the publish is answered", |listener| {
            !listener.published().is_empty()
        })
        .await;
    assert_eq!(listener.published(), [(1, Ok(0))]);
    assert_eq!(listener.connections(), [&Connection::Idle]);
    listener.server.stop().await;
}

#[tokio::test]
async fn the_tasks_stop_while_the_server_is_silent() {
    let redis = Redis::start();
    let mut listener = Listener::listening(Config {
        timing: Timing::default(),
        ..config(&redis.url(), &[pattern(0, b"*")])
    })
    .await;
    redis.pause();
    listener.publish(1, b"a", b"payload");
    listener.server.stop().await;
    // All senders are gone, so every task has ended.
    while listener.feed_rx.recv().await.is_some() {}
    redis.resume();
}

/// Starts a server that sends one of `lines` after each read, and then nothing more. Returns its
/// address.
fn scripted(lines: &[&str]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = lines.into_iter();
        let mut buffer = [0; 4096];
        while stream.read(&mut buffer).is_ok_and(|length| length > 0) {
            if let Some(line) = lines.next() {
                stream.write_all(&line).unwrap();
            }
        }
    });
    format!("redis://:secret@127.0.0.1:{port}")
}

#[tokio::test]
async fn unsolicited_frames_from_redis_are_reported_and_harmless() {
    let url = scripted(&[concat!(
        "+OK\r\n+PONG\r\n+OK\r\n",
        "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n",
        "-ERR something is wrong\r\n*3\r\n$12\r\nsunsubscribe\r\n$1\r\nx\r\n:0\r\n",
        "*1\r\n$3\r\nodd\r\n*0\r\n*-1\r\n$-1\r\n:5\r\n+odd\r\n",
        "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:1\r\n",
        "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\nlost\r\n*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$4\r\nhere\r\n",
    )]);
    let mut listener = Listener::start(config(&url, &[channel(0, b"a"), channel(1, b"b")]));
    let reported = |listener: &Listener| {
        listener.select(|notice| match notice {
            Notice::Unexpected {
                first: Unexpected::Error(RedisError { text, .. }) | Unexpected::Frame(text),
                count,
            } => Some((text.into_string(), count)),
            _ => None,
        })
    };
    listener
        .until("everything is reported", |listener| {
            reported(listener).len() == 5
        })
        .await;
    let expected = [
        ("ERR something is wrong", 1),
        (r#"["sunsubscribe","x",0]"#, 1),
        (r#"["odd"]"#, 1),
        ("[]", 1),
        // Six frames: this null and another one, a 5, an "odd", and a confirmation and a message
        // that belong to no subscription.
        ("null", 6),
    ];
    assert_eq!(
        reported(&listener),
        expected.map(|(words, count)| (words.to_owned(), count))
    );
    assert_eq!(listener.messages(), 1);
    assert_eq!(listener.unsubscribed(), [(0, 1, false)]);
    listener.server.stop().await;
}

#[tokio::test]
async fn unsubscribing_from_a_denied_channel_is_not_an_error() {
    let url = scripted(&[
        "+OK\r\n+PONG\r\n+OK\r\n",
        concat!(
            "-NOPERM No permissions to access a channel\r\n",
            "-NOSUB 'unsubscribe' command executed not in subscribed mode\r\n",
        ),
    ]);
    let mut listener = Listener::start(config(&url, &[channel(0, b"a")]));
    listener
        .until("it is live", |listener| listener.is(&Connection::Live))
        .await;
    listener
        .server
        .command(Command::Unsubscribe(SubscriptionId(0)));
    listener
        .until("the subscription has ended", |listener| {
            listener.is(&Connection::Idle)
        })
        .await;
    assert!(
        matches!(
            &listener.notices()[..],
            [
                Notice::Denied { .. },
                Notice::Unsubscribed { asked: true, .. }
            ]
        ),
        "{:?}",
        listener.notices()
    );
    listener.server.stop().await;
}

#[tokio::test]
async fn a_refused_ping_is_reported_until_one_is_answered() {
    let url = scripted(&[
        "+OK\r\n+PONG\r\n+OK\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n",
        "-NOPERM this user has no permissions to run the 'ping' command\r\n",
        "*2\r\n$4\r\npong\r\n$0\r\n\r\n",
    ]);
    let mut listener = Listener::start(config(&url, &[channel(0, b"a")]));
    let troubles = |listener: &Listener| -> Vec<Option<String>> {
        let trouble = |feed: &Feed| match feed {
            Feed::Trouble(trouble) => Some(
                trouble
                    .as_ref()
                    .map(|trouble| trouble_words(trouble, &Keymap::default())),
            ),
            _ => None,
        };
        listener.others.iter().filter_map(trouble).collect()
    };
    listener
        .until("the trouble is over", |listener| {
            troubles(listener).len() == 2
        })
        .await;
    assert!(
        matches!(&troubles(&listener)[..], [Some(words), None]
            if words.ends_with("NOPERM this user has no permissions to run the 'ping' command")),
        "{:?}",
        troubles(&listener)
    );
    assert!(listener.gaps().is_empty());
    listener.server.stop().await;
}

#[tokio::test]
async fn a_failed_handshake_says_why() {
    for (answer, reason) in [
        (
            "HTTP/1.1 400 Bad Request\r\n",
            "this is an HTTP server, not Redis",
        ),
        (
            "+OK\r\n-LOADING Redis is loading\r\n",
            "LOADING Redis is loading",
        ),
        (
            "-ERR max number of clients reached\r\n",
            "ERR max number of clients reached",
        ),
        (
            "-DENIED Redis is running in protected mode\r\n",
            "DENIED Redis is running",
        ),
    ] {
        let mut listener = Listener::start(config(&scripted(&[answer]), &[channel(0, b"a")]));
        listener
            .until(reason, |listener| {
                matches!(listener.connections().get(1),
                    Some(Connection::Reconnecting { reason: words, attempts: 1, .. })
                        if connection_words(words).starts_with(reason))
            })
            .await;
        listener.server.stop().await;
    }
}

#[tokio::test]
async fn a_password_repeated_by_the_server_is_not_shown() {
    // The wording of Redis 7.0 and of 6.2.
    for (answer, shown) in [
        (
            "-ERR unknown command 'AUTH', with args beginning with: 'secret' \r\n",
            "ERR unknown command 'AUTH'",
        ),
        (
            "-ERR unknown command `AUTH`, with args beginning with: `secret`, \r\n",
            "ERR unknown command `AUTH`",
        ),
    ] {
        let mut listener = Listener::start(config(&scripted(&[answer]), &[channel(0, b"a")]));
        listener
            .until("the login is refused", |listener| {
                let refused = Connection::Refused {
                    reason: ConnectionError::Redis(shown.into()),
                    retry_at: None,
                };
                listener.is(&refused)
            })
            .await;
        listener.server.stop().await;
    }
}

/// Starts a server that sends `answer` to each command, given the command's name in lower case and
/// the number of commands so far on the connection. An empty answer hangs up. Returns its address
/// and the number of bytes that it could write.
fn answering(
    answer: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let written = Arc::<AtomicUsize>::default();
    let (answer, counter) = (Arc::new(answer), Arc::clone(&written));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, counter) = (Arc::clone(&answer), Arc::clone(&counter));
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                for count in 0.. {
                    let Some(arguments) = command(&mut reader) else {
                        return;
                    };
                    let name = arguments[0].to_ascii_lowercase();
                    let answer = answer(&name, count);
                    if answer.is_empty() {
                        return drop(stream.shutdown(Shutdown::Both));
                    }
                    for piece in answer.chunks(64 << 10) {
                        if stream.write_all(piece).is_err() {
                            return;
                        }
                        counter.fetch_add(piece.len(), Relaxed);
                    }
                }
            });
        }
    });
    (url, written)
}

/// Returns the answers of an ordinary server to the handshake and to subscribing.
fn ordinary(name: &str) -> Vec<u8> {
    match name {
        "ping" => b"+PONG\r\n".to_vec(),
        "subscribe" => b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n".to_vec(),
        "publish" => b":0\r\n".to_vec(),
        "cluster" => b"-ERR This instance has cluster support disabled\r\n".to_vec(),
        _ => b"+OK\r\n".to_vec(),
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_off_before_it_fills_memory() {
    // Far more than may be read. The sockets of both sides buffer some MiB.
    const ENDLESS: usize = 64 << 20;
    let _alone = MEMORY.lock().await;
    let integers = || [b"*2000000000\r\n".to_vec(), b":1\r\n".repeat(ENDLESS / 4)].concat();
    let text = || [format!("${ENDLESS}\r\n").into_bytes(), vec![b'x'; ENDLESS]].concat();
    for (endless, words) in [
        (integers(), "a reply of more than 262144 values was cut off"),
        (text(), "a reply of more than 16 MiB was cut off"),
    ] {
        let (url, written) = answering(move |name, _| match name {
            "info" => endless.clone(),
            name => ordinary(name),
        });
        let mut listener = Listener::start(config(&url, &[channel(0, b"a")]));
        listener
            .until(words, |listener| {
                listener
                    .others
                    .iter()
                    .any(|feed| matches!(feed, Feed::Trouble(Some(trouble)) if trouble_words(trouble, &Keymap::default()).contains(words)))
            })
            .await;
        let written = written.load(Relaxed);
        assert!(written < ENDLESS / 2, "{written} bytes were accepted");
        assert_eq!(listener.subscribed(), [(0, 1)]);
        listener.server.stop().await;
    }
}

#[tokio::test]
async fn a_node_with_an_endless_answer_is_reported_as_unusable() {
    let _alone = MEMORY.lock().await;
    let (url, _) = answering(|name, _| match name {
        "cluster" => [b"*2000000000\r\n".to_vec(), b":1\r\n".repeat(1 << 20)].concat(),
        name => ordinary(name),
    });
    let target = Target::parse(&url.replace("redis://", "redis+cluster://"));
    let mut listener = Listener::start(Config {
        subscriptions: vec![channel(0, b"a")],
        timing: QUICK,
        ..Config::new(target.unwrap().target)
    });
    let words = "other nodes unknown: a reply of more than 262144 values was cut off";
    listener
        .until(words, |listener| {
            let is_it =
                |feed: &Feed| matches!(feed, Feed::Partial(Some(partial)) if partial_words(partial, &Keymap::default()).join(": ").starts_with(words));
            listener.others.iter().any(is_it) && listener.subscribed() == [(0, 1)]
        })
        .await;
    listener.server.stop().await;
}

#[tokio::test]
async fn the_reason_for_a_hang_up_depends_on_the_answers_before_it() {
    for (keeps, reason) in [
        // Like a server that expects TLS, or a firewall.
        (&[][..], "before it answered: it may require TLS"),
        // Like twemproxy.
        (
            &["ping"][..],
            "when asked to subscribe: possibly a proxy without Pub/Sub",
        ),
    ] {
        let (url, _) = answering(move |name, _| {
            if keeps.contains(&name) {
                ordinary(name)
            } else {
                Vec::new()
            }
        });
        let mut listener = Listener::start(config(&url, &[channel(0, b"a")]));
        listener
            .until(reason, |listener| {
                listener.connections().iter().any(|connection| {
                    matches!(connection, Connection::Reconnecting { reason: words, .. }
                        if connection_words(words).contains(reason))
                })
            })
            .await;
        listener.server.stop().await;
    }
    // A server that hangs up only on CLIENT SETNAME is used anyway.
    let (url, _) = answering(|name, _| match name {
        "client" => Vec::new(),
        name => ordinary(name),
    });
    let mut listener = Listener::start(config(&url, &[channel(0, b"a")]));
    listener
        .until("confirmation", |listener| listener.subscribed() == [(0, 1)])
        .await;
    listener.server.stop().await;
}

#[tokio::test]
async fn a_server_that_is_out_of_memory_is_retried_until_it_has_room() {
    let requests = AtomicUsize::new(0);
    let (url, _) = answering(move |name, _| match name {
        "subscribe" if requests.fetch_add(1, Relaxed) < 3 => {
            b"-OOM command not allowed when used memory > 'maxmemory'.\r\n".to_vec()
        }
        name => ordinary(name),
    });
    let mut listener = Listener::start(config(&url, &[channel(0, b"a")]));
    listener
        .until("confirmation", |listener| listener.subscribed() == [(0, 1)])
        .await;
    let has_failed = listener.connections().iter().any(|connection| {
        matches!(connection, Connection::Reconnecting { reason, .. }
            if connection_words(reason).starts_with("OOM"))
    });
    assert!(has_failed, "{:?}", listener.connections());
    assert_eq!(listener.notices().len(), 1);
    listener.server.stop().await;
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}
