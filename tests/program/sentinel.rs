//! Real sentinels: finding the master, following a failover, and what they refuse to answer.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use subscope::app::gap_cause_words;
use subscope::log::{Content, MessageLog};
use subscope::message::{Gap, GapEnd, Notice, RowId, Subscription, SubscriptionId, Topic};
use subscope::server::{Ask, Command, Config, Connection, Role, Target, Timing, Tls};

use crate::servers::authority::Authority;
use crate::servers::sentinel::{MonitoredMaster, NAME, sentinel, url, wait};
use crate::support::listener::Listener;
use crate::support::pty::Launch;
use crate::support::redis::{Redis, applies, pack};
use crate::support::truth::{Publisher, Sent};

/// How soon every subscription must be live again once a server can serve it.
const BACK_WITHIN: Duration = Duration::from_secs(5);

const QUICK: Timing = Timing {
    connect_within: Duration::from_secs(5),
    ping_every: Duration::from_millis(200),
    answer_within: Duration::from_secs(15),
    first_wait: Duration::from_millis(100),
    longest_wait: Duration::from_secs(5),
};

fn config(url: &str, topics: &[Topic]) -> Config {
    let subscriptions = (0..).zip(topics.iter().cloned());
    let subscriptions = subscriptions.map(|(id, topic)| Subscription {
        id: SubscriptionId(id),
        topic,
    });
    Config {
        subscriptions: subscriptions.collect(),
        timing: QUICK,
        ..Config::new(Target::parse(url).unwrap().target)
    }
}

/// Returns several channels and a pattern, and for each a channel to publish on.
fn topics() -> ([Topic; 4], [&'static str; 4]) {
    let channels = ["orders", "payments", "news.1", "audit"];
    let topics = [
        Topic::channel(b"orders"),
        Topic::channel(b"payments"),
        Topic::pattern(b"news.*"),
        Topic::channel(b"audit"),
    ];
    (topics, channels)
}

/// Returns how many times each subscription was confirmed, by its number.
fn confirmations(listener: &Listener) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for notice in listener.notices() {
        if let Notice::Subscribed { subscription, .. } = notice {
            *counts.entry(subscription.id.0).or_default() += 1;
        }
    }
    counts
}

fn is_each_confirmed(listener: &Listener, count: u32, times: usize) -> bool {
    let counts = confirmations(listener);
    (0..count).all(|id| counts.get(&id).is_some_and(|confirmed| *confirmed >= times))
}

/// Waits until `more` further messages have arrived.
async fn until_more(listener: &mut Listener, more: u64) {
    let before = listener.messages();
    let has_arrived = |listener: &Listener| listener.messages() >= before + more;
    listener.until("messages flow", has_arrived).await;
}

/// Publishes through the server tasks, which also receive the message.
async fn assert_published(listener: &mut Listener) {
    listener.server.ask(Ask::Publish {
        id: 1,
        channel: b"orders"[..].into(),
        payload: b"paid"[..].into(),
        is_sharded: false,
    });
    let is_answered = |listener: &Listener| !listener.published.is_empty();
    listener.until("the publish is answered", is_answered).await;
    assert_eq!(listener.published, [Ok(1)]);
    let is_received = |listener: &Listener| !received_on(&listener.log, b"orders").is_empty();
    listener.until("the message is received", is_received).await;
}

fn stop(publishers: Vec<Publisher>) -> Vec<Sent> {
    publishers.into_iter().flat_map(Publisher::stop).collect()
}

fn is_closed(gap: &Gap) -> bool {
    matches!(gap.end, GapEnd::Restored(_))
}

/// Returns whether the program is among the subscribers of a server.
fn is_subscribed_at(server: &Redis) -> bool {
    let clients = server.cli(&["client", "list", "type", "pubsub"]);
    clients.contains("name=subscope")
}

/// Returns the payloads on a channel, each with the subscriptions that it matched.
fn received_on(log: &MessageLog, name: &[u8]) -> Vec<(String, Vec<SubscriptionId>)> {
    let rows = (log.first().0..log.end().0).map(RowId);
    rows.filter_map(|id| match log.row(id)?.content {
        Content::Message {
            channel, payload, ..
        } if log.channels().by_id(channel)?.name() == name => {
            let payload = String::from_utf8_lossy(payload).into_owned();
            Some((payload, log.subscriptions(id).collect()))
        }
        _ => None,
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_master_is_replaced_and_the_gap_is_reported() {
    let mut monitored = MonitoredMaster::start();
    let (topics, channels) = topics();
    let mut listener = Listener::listening(config(&monitored.url(), &topics)).await;
    let publishers = channels.map(|name| Publisher::start("PUBLISH", name, monitored.to_master()));
    until_more(&mut listener, 200).await;
    monitored.servers[0].kill();
    let new_master = monitored.wait_for_new_master();
    let is_back = |listener: &Listener| is_each_confirmed(listener, 4, 2);
    listener
        .within(
            BACK_WITHIN,
            "all subscriptions are back at the new master",
            is_back,
        )
        .await;
    until_more(&mut listener, 200).await;
    let [old, new] = [0, new_master].map(|place| monitored.servers[place].address());
    let event = format!("failover from {old} to {new}");
    let is_reported =
        |gap: &Gap| gap_cause_words(&gap.cause, &gap.reason) == event && is_closed(gap);
    listener
        .until("the failover is reported", |listener| {
            listener.gaps().iter().any(is_reported)
        })
        .await;
    assert!(is_subscribed_at(&monitored.servers[new_master]));
    listener.check(&stop(publishers.into())).await;
    assert!(listener.is_restored(), "{:?}", listener.gaps());

    // The old master comes back as a master. Demote it, as the sentinels would once they find it.
    monitored.servers[0].restart();
    monitored.demote(0, new_master);
    assert!(is_subscribed_at(&monitored.servers[new_master]));
    listener
        .until("the old master is abandoned", |_| {
            !is_subscribed_at(&monitored.servers[0])
        })
        .await;
    listener.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_but_live_master_is_left_and_what_it_still_accepts_is_a_gap() {
    let monitored = MonitoredMaster::start();
    let (topics, channels) = topics();
    let mut listener = Listener::listening(config(&monitored.url(), &topics)).await;
    // Most publishers stay with the old master as long as it accepts them; one moves to the new
    // master as soon as possible, long before the sentinels announce it.
    let [stays @ .., early] = channels;
    let stays = stays.map(|name| Publisher::start("PUBLISH", name, monitored.to_master()));
    let early = Publisher::start("PUBLISH", early, monitored.to_new_master());
    until_more(&mut listener, 200).await;
    let failover = monitored.sentinels[0].cli(&["sentinel", "failover", NAME]);
    assert_eq!(failover, "OK");
    let new_master = monitored.wait_for_new_master();
    listener
        .within(
            BACK_WITHIN,
            "all subscriptions are back at the new master",
            |listener| is_each_confirmed(listener, 4, 2),
        )
        .await;
    let [old, new] = [0, new_master].map(|place| monitored.servers[place].address());
    let is_reported = |listener: &Listener, event: &str, is_over: bool| {
        let mut gaps = listener.gaps().into_iter();
        gaps.any(|gap| {
            gap_cause_words(&gap.cause, &gap.reason) == event && is_closed(&gap) == is_over
        })
    };
    let moved = format!("failover from {old} to {new}");
    let lingers = format!("{old} still acts as master");
    listener
        .until("both gaps are reported", |listener| {
            is_reported(listener, &moved, true) && is_reported(listener, &lingers, false)
        })
        .await;
    let before: usize = stays.iter().map(Publisher::published).sum();
    listener
        .until("messages at the old master reach nobody", |_| {
            stays.iter().map(Publisher::published).sum::<usize>() > before + 200
        })
        .await;
    assert!(is_subscribed_at(&monitored.servers[new_master]));
    listener
        .until("the old master is abandoned", |_| {
            !is_subscribed_at(&monitored.servers[0])
        })
        .await;
    monitored.demote(0, new_master);
    listener
        .until("the old master is known to be a replica", |listener| {
            is_reported(listener, &lingers, true)
        })
        .await;
    let before = received_on(&listener.log, b"orders").len();
    listener
        .until("messages of the remaining publishers arrive", |listener| {
            received_on(&listener.log, b"orders").len() > before + 50
        })
        .await;
    let sent = stop(stays.into_iter().chain([early]).collect());
    let missing = listener.check(&sent).await;
    assert!(missing > 200, "{missing}");
    assert!(listener.is_restored(), "{:?}", listener.gaps());
    assert!(is_subscribed_at(&monitored.servers[new_master]));
    listener.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinel_events_come_from_one_sentinel_and_from_another_when_it_dies() {
    let mut monitored = MonitoredMaster::start();
    let topics = [Topic::pattern(b"*"), Topic::sentinel(b"*")];
    let mut listener = Listener::listening(config(&monitored.url(), &topics)).await;
    listener
        .until("a sentinel is among the nodes", |listener| {
            let is_sentinel = |node: &_| matches!(node, (Role::Sentinel, 1));
            let nodes = listener.nodes.iter();
            nodes
                .map(|node| (node.role, node.subscriptions))
                .any(|node| is_sentinel(&node))
        })
        .await;
    assert!(is_subscribed_at(&monitored.sentinels[0]));
    monitored.sentinels[1].cli(&["sentinel", "failover", NAME]);
    let new_master = monitored.wait_for_new_master();
    let switched = |listener: &Listener| received_on(&listener.log, b"+switch-master");
    listener
        .until("the new master is reported", |listener| {
            !switched(listener).is_empty()
        })
        .await;
    let ports = [0, new_master].map(|place| monitored.servers[place].port());
    let [old, new] = ports.map(|port| format!("127.0.0.1 {port}"));
    let expected = [(format!("{NAME} {old} {new}"), vec![SubscriptionId(1)])];
    assert_eq!(switched(&listener), expected);
    // This sentinel takes over the configuration from another sentinel.
    assert!(!received_on(&listener.log, b"+config-update-from").is_empty());

    listener
        .until("the master's subscriptions are back", |listener| {
            confirmations(listener).get(&0) >= Some(&2)
        })
        .await;
    monitored.sentinels[0].kill();
    listener
        .until("another sentinel delivers events", |listener| {
            confirmations(listener).get(&1) >= Some(&2)
        })
        .await;
    let event = "connection to a sentinel lost";
    let gaps = listener.gaps();
    let gap = gaps
        .iter()
        .find(|gap| gap_cause_words(&gap.cause, &gap.reason) == event);
    assert!(gap.is_some_and(is_closed), "{gaps:?}");
    assert!(monitored.sentinels[1..].iter().any(is_subscribed_at));
    assert_eq!(switched(&listener), expected);
    listener.server.stop().await;
}

#[test]
fn the_program_labels_sentinel_events() {
    let master = Redis::start();
    let sentinel = sentinel(&master, 1, &[]);
    let url = url(&[&sentinel]);
    let arguments = ["-u", &url, "--sentinel-events", "orders"];
    let mut program = Launch::subscope(&arguments).size(120, 30).start();
    program.wait_for_text("subscribed to sentinel events *");
    program.wait_for_text("sentinels, live");
    // Wait for this notice first, so that the event becomes the last row.
    program.wait_for_text("subscribed to channel orders");
    let port = master.port().to_string();
    sentinel.cli(&["sentinel", "monitor", "other", "127.0.0.1", &port, "1"]);
    program.wait_for_text("master other 127.0.0.1");
    // Open the last row.
    program.send("G\r\rz[");
    program.wait_for_text("matched by    sentinel events *");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sharded_channels_are_searched_on_the_current_master() {
    let monitored = MonitoredMaster::start();
    if !applies(monitored.servers[0].knows("SSUBSCRIBE"), "sharded channels") {
        return;
    }
    let listen = |server: &Redis, name: &[u8]| {
        let mut stream = server.connect();
        stream.write_all(&pack(&[b"SSUBSCRIBE", name])).unwrap();
        stream
    };
    let topics = [Topic::pattern(b"*"), Topic::shard_pattern(b"o*")];
    let _at_master = listen(&monitored.servers[0], b"orders");
    let mut listener = Listener::start(config(&monitored.url(), &topics));
    let has_found = |listener: &Listener, name: &[u8]| {
        let found = listener.found.last();
        found.is_some_and(|found| found.iter().any(|of| **of == *name))
    };
    listener
        .until("the channel", |listener| has_found(listener, b"orders"))
        .await;
    assert_eq!(
        listener.found[0].len(),
        1,
        "an empty result is never reported"
    );
    monitored.sentinels[0].cli(&["sentinel", "failover", NAME]);
    let new_master = monitored.wait_for_new_master();
    let _at_new_master = listen(&monitored.servers[new_master], b"others");
    listener
        .until("channels on the new master are found", |listener| {
            has_found(listener, b"others")
        })
        .await;
    listener.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loss_of_all_sentinels_is_reported_and_servers_are_named_by_address() {
    let master = Redis::start();
    let mut sentinels = [0, 1].map(|_| sentinel(&master, 1, &[]));
    let url = url(&sentinels.iter().collect::<Vec<_>>());
    let topics = [Topic::pattern(b"*"), Topic::sentinel(b"*")];
    let mut listener = Listener::listening(config(&url, &topics)).await;
    let names = [
        format!("{NAME} at {}", master.address()),
        format!("sentinel at {}", sentinels[0].address()),
    ];
    listener
        .until("master and sentinel are named", |listener| {
            let reported = listener.nodes.iter().map(|node| &*node.name);
            reported.eq(names.iter().map(String::as_str))
        })
        .await;
    sentinels.iter_mut().for_each(Redis::kill);
    listener
        .until("the loss is reported", |listener| {
            listener.is_partial("no sentinel is responding: ")
        })
        .await;
    sentinels[1].restart();
    listener
        .until("one sentinel is enough", |listener| {
            listener.partial.last() == Some(&None)
        })
        .await;
    listener.server.stop().await;
}

/// Starts a master with one password and two sentinels with another.
fn locked() -> (Redis, [Redis; 2]) {
    let master = Redis::start_with(&["--requirepass", "data", "--masterauth", "data"]);
    let lines = [
        format!("sentinel auth-pass {NAME} data"),
        "requirepass guard".to_owned(),
        "sentinel sentinel-pass guard".to_owned(),
        "user watcher on >lookout ~* &* +@all".to_owned(),
    ];
    let sentinels = [0, 1].map(|_| sentinel(&master, 1, &lines));
    (master, sentinels)
}

fn with_login(url: &str, login: &str, query: &str) -> String {
    format!("{}?{query}", url.replace("://", &format!("://{login}@")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_and_servers_have_separate_passwords() {
    let (master, sentinels) = locked();
    let plain = url(&sentinels.iter().collect::<Vec<_>>());
    let topics = [Topic::pattern(b"*"), Topic::sentinel(b"*")];
    for login in [
        "sentinel-password=guard",
        "sentinel-user=watcher&sentinel-password=lookout",
    ] {
        let url = with_login(&plain, ":data", login);
        let mut listener = Listener::listening(config(&url, &topics)).await;
        assert_published(&mut listener).await;
        listener.server.stop().await;
    }
    // The sentinels accept our login, but the master does not.
    let url = with_login(&plain, ":wrong", "sentinel-password=guard");
    let mut listener = Listener::start(config(&url, &topics[..1]));
    listener
        .until("the master's refusal is reported", |listener| {
            listener
                .refusal()
                .is_some_and(|words| words.starts_with("WRONGPASS"))
        })
        .await;
    listener.server.stop().await;
    drop(master);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_sentinel_password_is_reported_and_final() {
    let (_master, mut sentinels) = locked();
    let plain = url(&sentinels.iter().collect::<Vec<_>>());
    let both = plain.trim_start_matches("redis+sentinel://");
    let both = both
        .trim_end_matches(NAME)
        .trim_end_matches('/')
        .replace(',', ", ");
    for (query, words) in [
        (
            "sentinel-password=wrong",
            "WRONGPASS invalid username-password pair",
        ),
        ("sentinel-user=watcher&sentinel-password=wrong", "WRONGPASS"),
        ("", "NOAUTH Authentication required."),
    ] {
        let url = with_login(&plain, ":data", query);
        let mut listener = Listener::start(config(&url, &[Topic::pattern(b"*")]));
        let refused = |listener: &Listener| {
            let is_it = |of: &&Connection| matches!(of, Connection::Refused { .. });
            listener.connections.iter().filter(is_it).count()
        };
        listener
            .until("the login is refused", |listener| refused(listener) == 1)
            .await;
        let refusal = listener.refusal().unwrap();
        let start = format!("login refused by the sentinels: {both}: {words}");
        assert!(refusal.starts_with(&start), "{refusal}");
        assert!(refusal.contains("sentinel-password="), "{refusal}");
        assert!(!refusal.contains("wrong"), "{refusal}");
        // Only an explicit request leads to another attempt.
        listener.server.command(Command::Reconnect);
        listener
            .until("a second refusal", |listener| refused(listener) == 2)
            .await;
        assert_eq!(listener.connections.len(), 4, "{:?}", listener.connections);
        listener.server.stop().await;
    }
    // An unreachable sentinel does not make the failure temporary.
    sentinels[0].kill();
    let url = with_login(&plain, ":data", "sentinel-password=wrong");
    let program = Launch::subscope(&["-u", &url]).size(200, 30).start();
    program.wait_for_text("login refused by the sentinels");
    program.wait_for_text("connection refused");
    program.wait_for_text("Press r to retry");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_master_is_reported_with_the_known_ones() {
    let master = Redis::start();
    let other = format!("sentinel monitor other 127.0.0.1 {} 1", master.port());
    let sentinel = sentinel(&master, 1, &[other]);
    let url = url(&[&sentinel]).replace(NAME, "mymastre");
    let mut listener = Listener::start(config(&url, &[Topic::pattern(b"*")]));
    let words = format!(
        "no sentinel names a usable master: {}: no master named \"mymastre\", only \
         \"mymaster\", \"other\"",
        sentinel.address()
    );
    listener
        .until("the names are reported", |listener| {
            listener.has_failed(&words)
        })
        .await;
    listener.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_and_outdated_sentinels_are_skipped() {
    let master = Redis::start();
    let port = master.port().to_string();
    let replica = Redis::start_with(&["--replicaof", "127.0.0.1", &port]);
    wait("the replica has copied the master", || {
        master
            .cli(&["info", "replication"])
            .contains("state=online")
    });
    let mut dead = sentinel(&master, 1, &[]);
    dead.kill();
    let good = sentinel(&master, 3, &[]);
    // This sentinel is slow to notice that its server is no longer the master.
    let setting = format!("sentinel down-after-milliseconds {NAME} 600000");
    let stale = sentinel(&replica, 3, &[setting]);
    let topics = [Topic::pattern(b"*")];

    let alone = url(&[&dead, &stale]);
    let mut listener = Listener::start(config(&alone, &topics));
    let words = format!(
        "{}: connection refused; {}: {} is named as master, but says it is a replica",
        dead.address(),
        stale.address(),
        replica.address()
    );
    listener
        .until("the master is not trusted", |listener| {
            listener.has_failed(&words)
        })
        .await;
    assert!(!is_subscribed_at(&replica) && !is_subscribed_at(&master));
    listener.server.stop().await;

    let all = url(&[&dead, &stale, &good]);
    let mut listener = Listener::listening(config(&all, &topics)).await;
    assert!(is_subscribed_at(&master) && !is_subscribed_at(&replica));
    let publisher = Publisher::start("PUBLISH", "orders", move || {
        TcpStream::connect(("127.0.0.1", port.parse().unwrap()))
    });
    until_more(&mut listener, 100).await;
    // Now only the outdated sentinel is left; the known master is kept.
    drop(good);
    until_more(&mut listener, 1_000).await;
    let missing = listener.check(&publisher.stop()).await;
    assert_eq!((missing, listener.gaps()), (0, Vec::new()));
    listener.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_and_servers_can_use_tls() {
    if !applies(Redis::start().has_setting("tls-port"), "TLS") {
        return;
    }
    let authority = Authority::new("Test CA");
    let identity = authority.issue("right", &["127.0.0.1"], |_| {});
    let master = authority.serve(&identity, &[]);
    let file = |name: &str, path: &std::path::Path| format!("{name} {}", path.display());
    let lines = [
        file("tls-cert-file", &identity.cert),
        file("tls-key-file", &identity.key),
        file("tls-ca-cert-file", &authority.path("ca.pem")),
        "tls-auth-clients no".to_owned(),
        "tls-replication yes".to_owned(),
    ];
    let sentinel = sentinel(&master, 1, &lines);
    let url = url(&[&sentinel]);
    let topics = [Topic::pattern(b"*"), Topic::sentinel(b"*")];
    let mut secure = config(&url.replace("redis+", "rediss+"), &topics);
    secure.tls = Some(Tls::load(&authority.settings()).unwrap());
    let mut listener = Listener::listening(secure).await;
    assert_published(&mut listener).await;
    listener.server.stop().await;
    // Without TLS, every client is rejected.
    let mut listener = Listener::start(config(&url, &topics));
    listener
        .until("TLS is required", |listener| {
            listener.has_failed("it may require TLS (--tls or rediss://)")
        })
        .await;
    listener.server.stop().await;
}

#[test]
fn a_sentinel_addressed_as_a_server_says_how_to_follow_its_master() {
    let master = Redis::start();
    let sentinel = sentinel(&master, 1, &[]);
    let pty = Launch::subscope(&["-u", &sentinel.url()])
        .size(160, 40)
        .start();
    let url = url(&[&sentinel]);
    pty.wait_for_text("this is a sentinel: it reports failovers only");
    pty.wait_for_text("This is a sentinel: it reports failovers only. To follow the master");
    pty.wait_for_text(&format!("  subscope -u {url}"));
    assert!(!pty.text().contains("redis-cli"), "{}", pty.text());
}
