//! The server tasks against a real Redis.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use subscope::app::{
    connection_words, gap_reason_words, partial_words, publish_error_words, trouble_words,
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

use crate::support::redis::{NO_LIMITS, Redis, pack, version};

/// Timeout far beyond what any condition here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Heartbeats and retries quick enough for tests.
const QUICK: Timing = Timing {
    connect_within: Duration::from_secs(5),
    ping_every: Duration::from_millis(100),
    answer_within: Duration::from_secs(20),
    first_wait: Duration::from_millis(10),
    longest_wait: Duration::from_millis(100),
};

/// Timing for a server that is made to fall silent.
const IMPATIENT: Timing = Timing {
    answer_within: Duration::from_millis(700),
    ..QUICK
};

/// Held by the tests that need much memory, since one of them measures it.
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
struct Heard {
    server: Server,
    feed_rx: mpsc::Receiver<Feed>,
    batches: Vec<Batch>,
    others: Vec<Feed>,
}

impl Heard {
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
        let mut heard = Self::start(config);
        heard
            .until("all are confirmed", |heard| {
                heard.subscribed().len() == count
            })
            .await;
        heard
    }

    async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
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
async fn confirmations_are_notices_with_their_count() {
    let redis = Redis::start();
    let wanted = [
        channel(0, b"one"),
        pattern(1, b"two*"),
        channel(2, b"three"),
    ];
    let mut heard = Heard::listening(config(&redis.url(), &wanted)).await;
    assert_eq!(heard.subscribed(), [(0, 1), (1, 2), (2, 3)]);
    assert_eq!(heard.messages(), 0);
    heard
        .until("a round trip and the version", |heard| {
            let trip = |feed: &Feed| matches!(feed, Feed::RoundTrip(..));
            heard.others.iter().any(trip) && heard.versions().len() == 1
        })
        .await;
    assert_eq!(heard.versions(), [version()]);
    assert_eq!(
        heard.connections(),
        [&Connection::Connecting, &Connection::Live]
    );
    let clients = redis.cli(&["CLIENT", "LIST"]);
    assert_eq!(clients.matches("name=subscope").count(), 2, "{clients}");
    heard.server.stop().await;
}

#[test]
fn a_server_is_asked_what_it_has() {
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
    let mut heard = Heard::listening(config(&redis.url(), &wanted)).await;
    assert_eq!(redis.cli(&["PUBLISH", "orders", "same"]), "3");
    heard
        .until("three deliveries", |heard| {
            heard.messages() + heard.merged() == 3
        })
        .await;
    assert_eq!((heard.messages(), heard.merged()), (1, 2));
    heard.server.stop().await;
}

#[tokio::test]
async fn equal_publishes_make_a_row_each() {
    let redis = Redis::start();
    let wanted = [channel(0, b"orders"), pattern(1, b"*")];
    let mut heard = Heard::listening(config(&redis.url(), &wanted)).await;
    redis.cli(&["PUBLISH", "orders", "same"]);
    redis.cli(&["PUBLISH", "orders", "same"]);
    heard
        .until("four deliveries", |heard| {
            heard.messages() + heard.merged() == 4
        })
        .await;
    assert_eq!((heard.messages(), heard.merged()), (2, 2));
    heard.server.stop().await;
}

#[tokio::test]
async fn a_killed_server_makes_a_gap_that_closes_when_all_are_back() {
    let mut redis = Redis::start();
    let wanted = [channel(0, b"one"), pattern(1, b"two*")];
    let mut heard = Heard::listening(config(&redis.url(), &wanted)).await;
    redis.kill();
    heard
        .until("refused attempts", |heard| {
            heard.connections().iter().any(|connection| {
                matches!(connection, Connection::Reconnecting { reason, attempts, .. }
                    if connection_words(reason) == "connection refused" && *attempts >= 2)
            })
        })
        .await;
    let [open] = &heard.gaps()[..] else {
        panic!("one open gap: {:?}", heard.gaps());
    };
    assert_eq!(open.end, GapEnd::Open);
    assert!(
        ["closed by the server", "connection reset"]
            .contains(&gap_reason_words(&open.reason).as_str()),
        "{open:?}"
    );
    assert!(open.last_heard <= open.noticed);
    redis.restart();
    heard
        .until("the gap closes", |heard| heard.gaps().len() == 2)
        .await;
    let closed = heard.gaps()[1].clone();
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
    assert_eq!(heard.subscribed()[2..], [(0, 1), (1, 2)]);
    assert!(heard.is(&Connection::Live));
    let at = |wanted: fn(&Notice) -> bool| heard.notices().iter().rposition(wanted);
    assert!(
        at(|notice| matches!(notice, Notice::Subscribed { .. }))
            < at(|notice| matches!(notice, Notice::Gap(_)))
    );
    assert_eq!(redis.cli(&["PUBLISH", "one", "again"]), "1");
    heard
        .until("a message comes", |heard| heard.messages() == 1)
        .await;
    heard.server.stop().await;
}

#[tokio::test]
async fn a_killed_client_makes_a_gap_and_comes_back() {
    let redis = Redis::start();
    let mut heard = Heard::listening(config(&redis.url(), &[pattern(0, b"*")])).await;
    assert_eq!(redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]), "1");
    heard
        .until("the gap opens and closes", |heard| heard.gaps().len() == 2)
        .await;
    let closed = ConnectionError::Closed(Closing::Later);
    assert_eq!(heard.gaps()[0].reason, closed.into());
    assert_eq!(heard.gaps()[0].noticed, heard.gaps()[1].noticed);
    assert!(matches!(heard.gaps()[1].end, GapEnd::Restored(_)));
    heard.server.stop().await;
}

#[tokio::test]
async fn a_gap_that_is_given_up_says_not_that_anything_is_back() {
    let mut redis = Redis::start();
    let mut heard = Heard::listening(config(&redis.url(), &[pattern(0, b"*")])).await;
    redis.kill();
    heard
        .until("the gap opens", |heard| heard.gaps().len() == 1)
        .await;
    heard
        .server
        .command(Command::Unsubscribe(SubscriptionId(0)));
    heard
        .until("it is given up", |heard| heard.is(&Connection::Idle))
        .await;
    let gaps = heard.gaps();
    assert_eq!((gaps.len(), gaps[0].end), (2, GapEnd::Open));
    assert!(matches!(gaps[1].end, GapEnd::GivenUp(_)), "{gaps:?}");
    heard.server.stop().await;
}

#[tokio::test]
async fn a_gap_after_which_all_are_denied_says_not_that_anything_is_back() {
    let redis = Redis::start();
    let guest = ["ACL", "SETUSER", "guest"];
    redis.cli(&[&guest[..], &["on", ">guest", "allchannels", "+@all"]].concat());
    let url = format!("redis://guest:guest@127.0.0.1:{}", redis.port());
    let mut heard = Heard::listening(config(&url, &[channel(0, b"a")])).await;
    // This also closes the connections whose subscriptions are no longer allowed.
    redis.cli(&[&guest[..], &["resetchannels"]].concat());
    heard
        .until("the gap ends", |heard| heard.gaps().len() == 2)
        .await;
    let gaps = heard.gaps();
    assert!(matches!(gaps[1].end, GapEnd::GivenUp(_)), "{gaps:?}");
    heard.server.stop().await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_and_found_again() {
    let redis = Redis::start();
    let mut heard = Heard::listening(Config {
        timing: IMPATIENT,
        ..config(&redis.url(), &[pattern(0, b"*")])
    })
    .await;
    redis.pause();
    heard
        .until("it is given up", |heard| !heard.gaps().is_empty())
        .await;
    let reason = gap_reason_words(&heard.gaps()[0].reason);
    assert_eq!(reason, "no answer for 700 ms");
    // The attempts to reconnect get no answer either, and add no gap of their own.
    heard
        .until("a failed attempt", |heard| {
            heard.connections().iter().any(|connection| {
                matches!(connection, Connection::Reconnecting { attempts, .. } if *attempts > 0)
            })
        })
        .await;
    assert_eq!(heard.gaps().len(), 1);
    redis.resume();
    heard
        .until("it is back", |heard| heard.gaps().len() == 2)
        .await;
    assert!(matches!(heard.gaps()[1].end, GapEnd::Restored(_)));
    heard.server.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_no_gap() {
    let mut redis = Redis::start();
    redis.kill();
    let mut heard = Heard::start(config(&redis.url(), &[pattern(0, b"*")]));
    heard
        .until("failed attempts", |heard| heard.connections().len() > 3)
        .await;
    redis.restart();
    heard
        .until("it is found", |heard| heard.subscribed() == [(0, 1)])
        .await;
    assert_eq!(heard.notices().len(), 1);
    heard.server.stop().await;
}

#[tokio::test]
async fn one_denied_subscription_does_not_refuse_the_others() {
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
    let mut heard = Heard::start(config(&url, &wanted));
    heard
        .until("the last is confirmed", |heard| {
            heard.subscribed().contains(&(2, 2))
        })
        .await;
    let denied = heard.select(|notice| match notice {
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
    heard
        .until("a message comes", |heard| heard.messages() == 1)
        .await;
    // The refused subscription can be removed.
    heard
        .server
        .command(Command::Unsubscribe(SubscriptionId(1)));
    heard
        .until("it is gone", |heard| heard.unsubscribed() == [(1, 2, true)])
        .await;
    heard.server.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_refused_until_asked_to_try_again() {
    let redis = Redis::start();
    redis.cli(&["CONFIG", "SET", "requirepass", "right"]);
    let url = format!("redis://:wrong@127.0.0.1:{}", redis.port());
    let mut heard = Heard::start(config(&url, &[pattern(0, b"*")]));
    heard
        .until("it is refused", |heard| {
            matches!(heard.connections().last(),
                Some(Connection::Refused { reason, .. }) if connection_words(reason).starts_with("WRONGPASS"))
        })
        .await;
    redis.cli(&["-a", "right", "CONFIG", "SET", "requirepass", "wrong"]);
    heard.server.command(Command::Reconnect);
    heard
        .until("it is let in", |heard| heard.subscribed() == [(0, 1)])
        .await;
    assert!(heard.is(&Connection::Live));
    assert!(!format!("{:?}", heard.others).contains("wrong"));
    heard.server.stop().await;
}

#[tokio::test]
async fn a_missing_and_a_needless_password_are_refused_in_redis_words() {
    let redis = Redis::start();
    let url = format!("redis://:needless@127.0.0.1:{}", redis.port());
    let mut heard = Heard::start(config(&url, &[pattern(0, b"*")]));
    heard
        .until("it is refused", |heard| {
            matches!(heard.connections().last(),
                Some(Connection::Refused { reason, .. }) if connection_words(reason).contains("without any password"))
        })
        .await;
    heard.server.stop().await;
    redis.cli(&["CONFIG", "SET", "requirepass", "right"]);
    let mut heard = Heard::start(config(&redis.url(), &[pattern(0, b"*")]));
    heard
        .until("it is refused", |heard| {
            matches!(heard.connections().last(),
                Some(Connection::Refused { reason, .. })
                    if connection_words(reason).starts_with("NOAUTH"))
        })
        .await;
    heard.server.stop().await;
}

#[tokio::test]
async fn subscriptions_come_and_go_while_running() {
    let redis = Redis::start();
    let mut heard = Heard::listening(config(&redis.url(), &[channel(0, b"one")])).await;
    heard
        .server
        .command(Command::Subscribe(pattern(1, b"two*")));
    heard
        .until("the second is confirmed", |heard| {
            heard.subscribed().len() == 2
        })
        .await;
    heard
        .server
        .command(Command::Unsubscribe(SubscriptionId(0)));
    heard
        .until("the first is over", |heard| {
            heard.unsubscribed() == [(0, 1, true)]
        })
        .await;
    redis.cli(&["PUBLISH", "one", "unheard"]);
    assert_eq!(redis.cli(&["PUBLISH", "two", "heard"]), "1");
    heard
        .until("a message comes", |heard| heard.messages() == 1)
        .await;
    heard
        .server
        .command(Command::Unsubscribe(SubscriptionId(1)));
    heard
        .until("nothing is listened to", |heard| {
            heard.is(&Connection::Idle)
        })
        .await;
    assert_eq!(heard.unsubscribed(), [(0, 1, true), (1, 0, true)]);
    heard.server.command(Command::Subscribe(channel(2, b"one")));
    heard
        .until("it listens again", |heard| heard.subscribed().len() == 3)
        .await;
    assert_eq!(redis.cli(&["PUBLISH", "one", "heard"]), "1");
    heard
        .until("a message comes", |heard| heard.messages() == 2)
        .await;
    assert!(heard.gaps().is_empty());
    heard.server.stop().await;
}

#[tokio::test]
async fn the_last_message_ends_its_subscription() {
    let redis = Redis::start();
    let wanted = [channel(0, b"one"), channel(1, b"two")];
    let mut heard = Heard::listening(Config {
        until: Some(b"END".as_slice().into()),
        ..config(&redis.url(), &wanted)
    })
    .await;
    let ended = |heard: &Heard| {
        heard.select(|notice| match notice {
            Notice::Ended { subscription } => Some(subscription.id.0),
            _ => None,
        })
    };
    let all_ended =
        |heard: &Heard| heard.select(|notice| matches!(notice, Notice::AllEnded).then_some(()));
    // A single write, so that the messages after the end are already in flight.
    let mut publisher = redis.connect();
    let payloads: [&[u8]; 4] = [b"first", b"END of a kind", b"END", b"too late"];
    let burst: Vec<u8> = payloads
        .iter()
        .flat_map(|payload| pack(&[b"PUBLISH", b"one", payload]))
        .collect();
    publisher.write_all(&burst).unwrap();
    heard
        .until("one has ended", |heard| ended(heard) == [0])
        .await;
    assert_eq!((heard.messages(), all_ended(&heard).len()), (3, 0));
    redis.cli(&["PUBLISH", "two", "END"]);
    heard
        .until("all have ended", |heard| heard.is(&Connection::Idle))
        .await;
    assert_eq!((ended(&heard), all_ended(&heard).len()), (vec![0, 1], 1));
    assert_eq!(heard.messages(), 4);
    assert!(heard.gaps().is_empty() && heard.unsubscribed().is_empty());
    heard.server.command(Command::Subscribe(channel(2, b"one")));
    heard
        .until("an ended topic is listened to again", |heard| {
            heard.subscribed().len() == 3
        })
        .await;
    redis.cli(&["PUBLISH", "one", "again"]);
    heard
        .until("a message comes", |heard| heard.messages() == 5)
        .await;
    heard.server.stop().await;
}

#[tokio::test]
async fn a_refused_subscription_alone_is_not_connected_for_once_the_others_have_ended() {
    let redis = Redis::start();
    let guest = ["ACL", "SETUSER", "guest", "on", ">guest"];
    redis.cli(&[&guest[..], &["resetchannels", "&open:*", "+@all"]].concat());
    let url = format!("redis://guest:guest@127.0.0.1:{}", redis.port());
    let wanted = [
        channel(0, b"open:a"),
        channel(1, b"closed"),
        channel(2, b"shut"),
    ];
    let mut heard = Heard::start(Config {
        until: Some(b"END".as_slice().into()),
        ..config(&url, &wanted)
    });
    let denied = |heard: &Heard| {
        heard
            .select(|notice| matches!(notice, Notice::Denied { .. }).then_some(()))
            .len()
    };
    heard
        .until("two are denied", |heard| denied(heard) == 2)
        .await;
    redis.cli(&["PUBLISH", "open:a", "END"]);
    heard
        .until("it rests", |heard| heard.is(&Connection::Idle))
        .await;
    heard
        .server
        .command(Command::Unsubscribe(SubscriptionId(1)));
    heard
        .until("it is gone", |heard| heard.unsubscribed().len() == 1)
        .await;
    heard
        .server
        .command(Command::Subscribe(channel(3, b"open:b")));
    heard
        .until("the new one is confirmed", |heard| {
            heard.subscribed().last() == Some(&(3, 1)) && denied(heard) == 3
        })
        .await;
    let idle_and_back = [
        &Connection::Connecting,
        &Connection::Live,
        &Connection::Idle,
        &Connection::Connecting,
        &Connection::Live,
    ];
    assert_eq!(heard.connections(), idle_and_back);
    let all_ended = heard.select(|notice| matches!(notice, Notice::AllEnded).then_some(()));
    assert_eq!(all_ended.len(), 1);
    heard.server.stop().await;
}

#[tokio::test]
async fn a_subscription_whose_end_is_refused_is_shown_no_more() {
    let redis = Redis::start();
    let guest = ["ACL", "SETUSER", "guest", "on", ">guest", "allchannels"];
    redis.cli(&[&guest[..], &["+@all", "-unsubscribe"]].concat());
    let url = format!("redis://guest:guest@127.0.0.1:{}", redis.port());
    let mut heard = Heard::listening(config(&url, &[channel(0, b"a"), channel(1, b"b")])).await;
    heard
        .server
        .command(Command::Unsubscribe(SubscriptionId(0)));
    heard
        .until("it is over", |heard| heard.unsubscribed().len() == 1)
        .await;
    let said = heard.select(|notice| match notice {
        Notice::Unexpected {
            first: Unexpected::Error(words),
            ..
        } => Some(words),
        _ => None,
    });
    assert!(
        matches!(&said[..], [error] if error.text.starts_with("NOPERM")),
        "{said:?}"
    );
    // Redis still has both.
    assert_eq!(heard.unsubscribed(), [(0, 2, true)]);
    assert_eq!(redis.cli(&["PUBLISH", "a", "given up"]), "1");
    redis.cli(&["PUBLISH", "b", "wanted"]);
    heard
        .until("a message comes", |heard| heard.messages() > 0)
        .await;
    let names: Vec<&[u8]> = heard
        .batches
        .iter()
        .flat_map(Batch::channel_names)
        .collect();
    assert_eq!(names, [b"b"]);
    heard.server.stop().await;
}

#[tokio::test]
async fn an_ended_subscription_is_not_asked_for_again() {
    let redis = Redis::start();
    let wanted = [channel(0, b"one"), channel(1, b"two")];
    let mut heard = Heard::listening(Config {
        until: Some(b"END".as_slice().into()),
        ..config(&redis.url(), &wanted)
    })
    .await;
    redis.cli(&["PUBLISH", "one", "END"]);
    heard
        .until("the end", |heard| heard.notices().len() == 3)
        .await;
    redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    heard
        .until("the gap closes", |heard| heard.gaps().len() == 2)
        .await;
    assert_eq!(heard.subscribed()[2..], [(1, 1)]);
    heard.server.stop().await;
}

#[tokio::test]
async fn a_unix_socket_serves_as_well() {
    let redis = Redis::start();
    let url = format!("unix://{}", redis.socket().display());
    let mut heard = Heard::listening(config(&url, &[pattern(0, b"*")])).await;
    heard.publish(7, b"channel", b"payload");
    heard
        .until("it comes back", |heard| {
            heard.messages() == 1 && !heard.published().is_empty()
        })
        .await;
    assert_eq!(heard.published(), [(7, Ok(1))]);
    heard.server.stop().await;
}

#[tokio::test]
async fn a_payload_of_100_mb_arrives_whole() {
    let _alone = MEMORY.lock().await;
    let redis = Redis::start_with(&NO_LIMITS);
    let mut heard = Heard::listening(config(&redis.url(), &[channel(0, b"large")])).await;
    let payload = vec![b'x'; 100 << 20];
    let port = redis.port();
    heard.publish(0, b"large", &payload);
    heard.until("it comes", |heard| heard.messages() == 1).await;
    assert!(
        heard
            .batches
            .iter()
            .any(|batch| batch.size() >= payload.len())
    );
    redis.cli(&["PUBLISH", "large", "small"]);
    heard
        .until("the next comes", |heard| heard.messages() == 2)
        .await;
    assert_eq!(heard.dropped().count, 0);
    assert!(heard.gaps().is_empty(), "port {port}: {:?}", heard.gaps());
    heard.server.stop().await;
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
    let mut heard = Heard::listening(config(&redis.url(), &wanted)).await;
    for (name, payload) in names.iter().zip(names.iter().rev()) {
        assert_eq!(redis.send(&[b"PUBLISH", name, payload]), b":1\r\n");
    }
    heard.until("all come", |heard| heard.messages() == 5).await;
    heard.publish(1, b"\xff\x00\xfe", b"");
    heard
        .until("one more comes", |heard| {
            heard.messages() == 6 && !heard.published().is_empty()
        })
        .await;
    assert_eq!(heard.published(), [(1, Ok(1))]);
    heard.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_that_lags_costs_bounded_memory_and_every_drop_is_counted() {
    const COUNT: usize = 100_000;
    const PAYLOAD: usize = 2_000;
    const LIMIT: usize = 16 << 20;
    let _alone = MEMORY.lock().await;
    // This tests our own limit; on a busy machine, Redis's limit might be reached first.
    let redis = Redis::start_with(&NO_LIMITS);
    let mut heard = Heard::listening(Config {
        pending_bytes: LIMIT,
        timing: Timing::default(),
        ..config(&redis.url(), &[pattern(0, b"*")])
    })
    .await;
    let before = resident_bytes();
    let counters = heard.server.counters();
    let received = counters.bytes_received.load(Relaxed);
    // Nothing reads from the feed meanwhile.
    let redis = tokio::task::spawn_blocking(move || {
        publish_many(&redis, b"flood", &[b'x'; PAYLOAD], COUNT);
        redis
    })
    .await
    .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while counters.bytes_received.load(Relaxed) - received < (COUNT * PAYLOAD) as u64 {
        assert!(Instant::now() < deadline, "it stopped reading");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 6 * LIMIT, "{} MiB", grown >> 20);
    redis.cli(&["PUBLISH", "flood", "the last"]);
    heard
        .until("all is accounted for", |heard| {
            heard.messages() + heard.dropped().count == COUNT as u64 + 1
        })
        .await;
    let dropped = heard.dropped();
    assert!(dropped.count > COUNT as u64 / 2, "{dropped:?}");
    assert_eq!(dropped.bytes, dropped.count * PAYLOAD as u64);
    assert_eq!(counters.dropped.load(Relaxed), dropped.count);
    assert_eq!(heard.subscribed(), [(0, 1)]);
    assert!(heard.gaps().is_empty(), "{:?}", heard.gaps());
    heard.server.stop().await;
}

#[tokio::test]
async fn publishing_tells_how_many_received_it_or_why_not() {
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
    let mut heard = Heard::listening(config(&url, &[channel(0, b"open:a")])).await;
    heard.publish(1, b"open:a", b"payload");
    heard.publish(2, b"closed", b"payload");
    heard
        .until("both are answered", |heard| heard.published().len() == 2)
        .await;
    let published = heard.published();
    assert_eq!(published[0], (1, Ok(1)));
    assert!(
        matches!(&published[1], (2, Err(reason)) if reason.starts_with("NOPERM")),
        "{published:?}"
    );
    redis.kill();
    heard
        .until("the loss is noticed", |heard| !heard.gaps().is_empty())
        .await;
    heard.publish(3, b"open:a", b"payload");
    heard
        .until("it is answered", |heard| heard.published().len() == 3)
        .await;
    assert!(
        matches!(&heard.published()[2], (3, Err(reason)) if reason.contains("connection refused")
            || reason.starts_with("unknown whether it was published: ")),
        "{:?}",
        heard.published()
    );
    heard.server.stop().await;
}

#[tokio::test]
async fn a_publish_that_is_not_answered_may_have_been_published() {
    let redis = Redis::start();
    let mut heard = Heard::listening(Config {
        timing: IMPATIENT,
        ..config(&redis.url(), &[channel(0, b"a")])
    })
    .await;
    heard.publish(1, b"a", b"payload");
    heard
        .until("it is answered", |heard| heard.published() == [(1, Ok(1))])
        .await;
    redis.pause();
    heard.publish(2, b"a", b"payload");
    heard
        .until("it is answered", |heard| heard.published().len() == 2)
        .await;
    redis.resume();
    assert_eq!(
        heard.published()[1],
        (
            2,
            Err("unknown whether it was published: no answer for 700 ms".into())
        )
    );
    heard.server.stop().await;
}

#[tokio::test]
async fn read_only_refuses_to_publish() {
    let redis = Redis::start();
    let mut heard = Heard::listening(Config {
        read_only: true,
        ..config(&redis.url(), &[channel(0, b"a")])
    })
    .await;
    heard.publish(1, b"a", b"payload");
    heard
        .until("it is answered", |heard| !heard.published().is_empty())
        .await;
    assert_eq!(
        heard.published(),
        [(1, Err("read-only: every write is refused".into()))]
    );
    assert!(
        !redis
            .cli(&["INFO", "commandstats"])
            .contains("cmdstat_publish")
    );
    heard.server.stop().await;
}

#[tokio::test]
async fn it_publishes_without_listening() {
    let redis = Redis::start();
    let mut heard = Heard::start(config(&redis.url(), &[]));
    heard.publish(1, b"a", b"payload");
    heard
        .until("it is answered", |heard| !heard.published().is_empty())
        .await;
    assert_eq!(heard.published(), [(1, Ok(0))]);
    assert_eq!(heard.connections(), [&Connection::Idle]);
    heard.server.stop().await;
}

#[tokio::test]
async fn it_stops_while_the_server_is_silent() {
    let redis = Redis::start();
    let mut heard = Heard::listening(Config {
        timing: Timing::default(),
        ..config(&redis.url(), &[pattern(0, b"*")])
    })
    .await;
    redis.pause();
    heard.publish(1, b"a", b"payload");
    heard.server.stop().await;
    // All senders are gone, so every task has ended.
    while heard.feed_rx.recv().await.is_some() {}
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
async fn what_redis_says_unasked_is_told_and_ends_nothing() {
    let url = scripted(&[concat!(
        "+OK\r\n+PONG\r\n+OK\r\n",
        "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n",
        "-ERR something is wrong\r\n*3\r\n$12\r\nsunsubscribe\r\n$1\r\nx\r\n:0\r\n",
        "*1\r\n$3\r\nodd\r\n*0\r\n*-1\r\n$-1\r\n:5\r\n+odd\r\n",
        "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:1\r\n",
        "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\nlost\r\n*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$4\r\nhere\r\n",
    )]);
    let mut heard = Heard::start(config(&url, &[channel(0, b"a"), channel(1, b"b")]));
    let said = |heard: &Heard| {
        heard.select(|notice| match notice {
            Notice::Unexpected {
                first: Unexpected::Error(RedisError { text, .. }) | Unexpected::Frame(text),
                count,
            } => Some((text.into_string(), count)),
            _ => None,
        })
    };
    heard
        .until("all is told", |heard| said(heard).len() == 5)
        .await;
    let expected = [
        ("ERR something is wrong", 1),
        (r#"["sunsubscribe","x",0]"#, 1),
        (r#"["odd"]"#, 1),
        ("[]", 1),
        // Including another null, a 5, an "odd", and a confirmation and a message that belong to no
        // subscription.
        ("null", 6),
    ];
    assert_eq!(
        said(&heard),
        expected.map(|(words, count)| (words.to_owned(), count))
    );
    assert_eq!(heard.messages(), 1);
    assert_eq!(heard.unsubscribed(), [(0, 1, false)]);
    heard.server.stop().await;
}

#[tokio::test]
async fn to_end_what_has_been_refused_meanwhile_is_no_error() {
    let url = scripted(&[
        "+OK\r\n+PONG\r\n+OK\r\n",
        concat!(
            "-NOPERM No permissions to access a channel\r\n",
            "-NOSUB 'unsubscribe' command executed not in subscribed mode\r\n",
        ),
    ]);
    let mut heard = Heard::start(config(&url, &[channel(0, b"a")]));
    heard
        .until("it is live", |heard| heard.is(&Connection::Live))
        .await;
    heard
        .server
        .command(Command::Unsubscribe(SubscriptionId(0)));
    heard
        .until("it is over", |heard| heard.is(&Connection::Idle))
        .await;
    assert!(
        matches!(
            &heard.notices()[..],
            [
                Notice::Denied { .. },
                Notice::Unsubscribed { asked: true, .. }
            ]
        ),
        "{:?}",
        heard.notices()
    );
    heard.server.stop().await;
}

#[tokio::test]
async fn a_refused_ping_is_a_trouble_until_it_is_answered() {
    let url = scripted(&[
        "+OK\r\n+PONG\r\n+OK\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n",
        "-NOPERM this user has no permissions to run the 'ping' command\r\n",
        "*2\r\n$4\r\npong\r\n$0\r\n\r\n",
    ]);
    let mut heard = Heard::start(config(&url, &[channel(0, b"a")]));
    let troubles = |heard: &Heard| -> Vec<Option<String>> {
        let trouble = |feed: &Feed| match feed {
            Feed::Trouble(trouble) => Some(trouble.as_ref().map(trouble_words)),
            _ => None,
        };
        heard.others.iter().filter_map(trouble).collect()
    };
    heard
        .until("the trouble is over", |heard| troubles(heard).len() == 2)
        .await;
    assert!(
        matches!(&troubles(&heard)[..], [Some(words), None]
            if words.ends_with("NOPERM this user has no permissions to run the 'ping' command")),
        "{:?}",
        troubles(&heard)
    );
    assert!(heard.gaps().is_empty());
    heard.server.stop().await;
}

#[tokio::test]
async fn a_greeting_that_goes_wrong_says_why() {
    for (answer, reason) in [
        (
            "HTTP/1.1 400 Bad Request\r\n",
            "an HTTP server answers here, not Redis",
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
        let mut heard = Heard::start(config(&scripted(&[answer]), &[channel(0, b"a")]));
        heard
            .until(reason, |heard| {
                matches!(heard.connections().get(1),
                    Some(Connection::Reconnecting { reason: words, attempts: 1, .. })
                        if connection_words(words).starts_with(reason))
            })
            .await;
        heard.server.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_repeats_the_password_does_not_get_it_shown() {
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
        let mut heard = Heard::start(config(&scripted(&[answer]), &[channel(0, b"a")]));
        heard
            .until("it is refused", |heard| {
                let refused = Connection::Refused {
                    reason: ConnectionError::Redis(shown.into()),
                    retry_at: None,
                };
                heard.is(&refused)
            })
            .await;
        heard.server.stop().await;
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
                    let Some(arguments) = command_from(&mut reader) else {
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

/// Reads one command.
fn command_from(reader: &mut impl BufRead) -> Option<Vec<String>> {
    let mut line = || {
        let mut line = String::new();
        reader
            .read_line(&mut line)
            .ok()
            .filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    };
    let count: usize = line()?.strip_prefix('*')?.parse().ok()?;
    (0..count).map(|_| line().and_then(|_| line())).collect()
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
async fn an_answer_that_has_no_end_is_cut_off_before_it_is_gathered() {
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
        let mut heard = Heard::start(config(&url, &[channel(0, b"a")]));
        heard
            .until(words, |heard| {
                heard
                    .others
                    .iter()
                    .any(|feed| matches!(feed, Feed::Trouble(Some(said)) if trouble_words(said).contains(words)))
            })
            .await;
        let written = written.load(Relaxed);
        assert!(written < ENDLESS / 2, "{written} bytes were taken");
        assert_eq!(heard.subscribed(), [(0, 1)]);
        heard.server.stop().await;
    }
}

#[tokio::test]
async fn a_node_whose_answer_has_no_end_is_said_to_tell_nothing() {
    let _alone = MEMORY.lock().await;
    let (url, _) = answering(|name, _| match name {
        "cluster" => [b"*2000000000\r\n".to_vec(), b":1\r\n".repeat(1 << 20)].concat(),
        name => ordinary(name),
    });
    let target = Target::parse(&url.replace("redis://", "redis+cluster://")).unwrap();
    let mut heard = Heard::start(Config {
        subscriptions: vec![channel(0, b"a")],
        timing: QUICK,
        ..Config::new(target)
    });
    let words = "other nodes unknown: a reply of more than 262144 values was cut off";
    heard
        .until(words, |heard| {
            let is_it =
                |feed: &Feed| matches!(feed, Feed::Partial(Some(said)) if partial_words(said).join(": ").starts_with(words));
            heard.others.iter().any(is_it) && heard.subscribed() == [(0, 1)]
        })
        .await;
    heard.server.stop().await;
}

#[tokio::test]
async fn a_hang_up_says_as_much_as_the_answers_before_it_tell() {
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
        let mut heard = Heard::start(config(&url, &[channel(0, b"a")]));
        heard
            .until(reason, |heard| {
                heard.connections().iter().any(|connection| {
                    matches!(connection, Connection::Reconnecting { reason: words, .. }
                        if connection_words(words).contains(reason))
                })
            })
            .await;
        heard.server.stop().await;
    }
    // A server that hangs up only on CLIENT SETNAME is used all the same.
    let (url, _) = answering(|name, _| match name {
        "client" => Vec::new(),
        name => ordinary(name),
    });
    let mut heard = Heard::start(config(&url, &[channel(0, b"a")]));
    heard
        .until("it is live", |heard| heard.subscribed() == [(0, 1)])
        .await;
    heard.server.stop().await;
}

#[tokio::test]
async fn a_server_whose_memory_is_full_is_asked_again_until_it_has_room() {
    let asked = AtomicUsize::new(0);
    let (url, _) = answering(move |name, _| match name {
        "subscribe" if asked.fetch_add(1, Relaxed) < 3 => {
            b"-OOM command not allowed when used memory > 'maxmemory'.\r\n".to_vec()
        }
        name => ordinary(name),
    });
    let mut heard = Heard::start(config(&url, &[channel(0, b"a")]));
    heard
        .until("it is live", |heard| heard.subscribed() == [(0, 1)])
        .await;
    let said = heard.connections().iter().any(|connection| {
        matches!(connection, Connection::Reconnecting { reason, .. }
            if connection_words(reason).starts_with("OOM"))
    });
    assert!(said, "{:?}", heard.connections());
    assert_eq!(heard.notices().len(), 1);
    heard.server.stop().await;
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}
