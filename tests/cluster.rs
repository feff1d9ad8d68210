//! A real cluster: its nodes found, its sharded channels followed.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

mod support;

use std::io;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use subscope::log::{Batch, MessageLog};
use subscope::message::{GapEnd, Notice, Subscription, SubscriptionId, Topic};
use subscope::server::{
    Ask, Command, Config, Connection, Feed, NodeFacts, Role, Server, Target, Timing, start,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use support::cluster::Cluster;
use support::truth::{Publisher, check, log_of};

/// Far beyond what any condition here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Within this time of a server that can serve it every subscription is to be live again.
const BACK_WITHIN: Duration = Duration::from_secs(5);

/// After this long without a message none is on its way any more.
const QUIET: Duration = Duration::from_millis(500);

const QUICK: Timing = Timing {
    connect_within: Duration::from_secs(5),
    ping_every: Duration::from_millis(200),
    answer_within: Duration::from_secs(15),
    first_wait: Duration::from_millis(100),
    longest_wait: Duration::from_secs(5),
};

fn subscription(id: u32, topic: Topic) -> Subscription {
    Subscription {
        id: SubscriptionId(id),
        topic,
    }
}

/// The server tasks, and all that they have told so far.
struct Heard {
    server: Server,
    feed_rx: mpsc::Receiver<Feed>,
    batches: Vec<Batch>,
    others: Vec<Feed>,
}

impl Heard {
    fn start(target: Target, topics: &[Topic]) -> Self {
        let (feed_tx, feed_rx) = mpsc::channel(1024);
        let subscriptions = (0..).zip(topics.iter().cloned());
        let subscriptions = subscriptions.map(|(id, topic)| subscription(id, topic));
        let config = Config {
            subscriptions: subscriptions.collect(),
            timing: QUICK,
            ..Config::new(target)
        };
        Self {
            server: start(config, feed_tx),
            feed_rx,
            batches: Vec::new(),
            others: Vec::new(),
        }
    }

    async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        self.until_within(PATIENCE, what, is_so).await;
    }

    async fn until_within(&mut self, within: Duration, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + within;
        while !is_so(self) {
            match timeout_at(deadline, self.feed_rx.recv()).await {
                Ok(Some(Feed::Batch(batch))) => self.batches.push(*batch),
                Ok(Some(other)) => self.others.push(other),
                Ok(None) => panic!("the tasks ended before: {what}"),
                Err(elapsed) => panic!(
                    "{elapsed}: {what}; {:?}; {:#?}",
                    self.notices(),
                    self.others
                ),
            }
        }
    }

    fn notices(&self) -> Vec<Notice> {
        let notices = |batch: &Batch| batch.notices().to_vec();
        self.batches.iter().flat_map(notices).collect()
    }

    /// Takes what comes until nothing has been confirmed for a while.
    async fn settle(&mut self) {
        let mut quiet_at = Instant::now() + QUIET;
        while let Ok(Some(feed)) = timeout_at(quiet_at, self.feed_rx.recv()).await {
            match feed {
                Feed::Batch(batch) => {
                    quiet_at = Instant::now() + QUIET;
                    self.batches.push(*batch);
                }
                other => self.others.push(other),
            }
        }
    }

    /// How often each subscription was confirmed.
    fn confirmed(&self, id: u32) -> usize {
        let is_it = |notice: &&Notice| matches!(notice, Notice::Subscribed { subscription, .. } if subscription.id.0 == id);
        self.notices().iter().filter(is_it).count()
    }

    fn messages(&self) -> u64 {
        self.batches.iter().map(Batch::messages).sum()
    }

    /// The newest table of nodes.
    fn nodes(&self) -> Vec<NodeFacts> {
        let nodes = self.others.iter().rev().find_map(|feed| match feed {
            Feed::Nodes(nodes) => Some(nodes.clone()),
            _ => None,
        });
        nodes.unwrap_or_default()
    }

    fn home(&self) -> String {
        let home = self.nodes().into_iter().find(|node| node.is_home);
        home.map(|node| node.name.into_string()).unwrap_or_default()
    }

    async fn publish(&mut self, channel: &[u8], is_sharded: bool) -> Result<i64, Box<str>> {
        self.server.ask(Ask::Publish {
            id: 7,
            channel: channel.into(),
            payload: b"hello".to_vec().into(),
            is_sharded,
        });
        let answers = |heard: &Self| {
            heard.others.iter().rev().find_map(|feed| match feed {
                Feed::Published { receivers, .. } => Some(receivers.clone()),
                _ => None,
            })
        };
        self.others
            .retain(|feed| !matches!(feed, Feed::Published { .. }));
        self.until("it is published", |heard| answers(heard).is_some())
            .await;
        answers(self).unwrap()
    }

    /// Takes what still comes until nothing has come for a while, and ends the tasks.
    async fn stop(mut self) -> MessageLog {
        let is_message = |feed: &Feed| matches!(feed, Feed::Batch(batch) if batch.messages() > 0);
        let mut quiet_at = Instant::now() + QUIET;
        while let Ok(Some(feed)) = timeout_at(quiet_at, self.feed_rx.recv()).await {
            if is_message(&feed) {
                quiet_at = Instant::now() + QUIET;
            }
            if let Feed::Batch(batch) = feed {
                self.batches.push(*batch);
            }
        }
        drop(self.feed_rx);
        self.server.stop().await;
        log_of(self.batches)
    }
}

/// Connects to whichever node owns `channel`, by what the nodes that run say in turn.
fn to_owner(
    cluster: &Arc<Mutex<Cluster>>,
    channel: &str,
) -> impl Fn() -> io::Result<TcpStream> + Send + use<> {
    let (cluster, channel) = (Arc::clone(cluster), channel.to_owned());
    let turn = AtomicUsize::new(0);
    move || {
        let cluster = cluster.lock().unwrap();
        let count = cluster.nodes.len();
        let asked = turn.fetch_add(1, Relaxed) % count;
        if !cluster.nodes[asked].is_running() {
            return Err(io::Error::other("not running"));
        }
        let owner = cluster.owner(asked, &channel);
        TcpStream::connect(cluster.nodes[owner].address())
    }
}

fn target(cluster: &Cluster, nodes: &[usize]) -> Target {
    let hosts: Vec<String> = nodes
        .iter()
        .map(|node| cluster.nodes[*node].address().to_string())
        .collect();
    Target::parse(&format!("redis+cluster://{}", hosts.join(","))).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_nodes_are_found_from_any_and_each_channel_comes_by_its_own() {
    let cluster = Cluster::start();
    // Not said to be a cluster: the node says so itself.
    let target = Target::parse(&cluster.nodes[4].url()).unwrap();
    let shards = ["orders:1", "orders:2", "orders:3", "orders:4", "orders:5"];
    let mut topics = vec![Topic::pattern(b"*"), Topic::pattern(b"__keyevent@*")];
    topics.extend(shards.iter().map(|name| Topic::shard(name.as_bytes())));
    let mut heard = Heard::start(target, &topics);
    heard
        .until(
            "all are confirmed, and the events of keys by each primary",
            |heard| {
                heard.confirmed(0) >= 1
                    && heard.confirmed(1) >= 3
                    && (2..7).all(|id| heard.confirmed(id) >= 1)
            },
        )
        .await;
    heard
        .until("six nodes are known", |heard| heard.nodes().len() == 6)
        .await;
    let primaries = heard.nodes();
    let primaries = primaries.iter().filter(|node| node.role == Role::Primary);
    assert_eq!(primaries.count(), 3);
    let slots: usize = heard
        .nodes()
        .iter()
        .flat_map(|node| &node.slots)
        .map(ExactSizeIterator::len)
        .sum();
    assert_eq!(slots, 16_384);

    // A replica may have brought some until its primary was known.
    heard.settle().await;
    let before = heard.messages();
    for (count, shard) in (1..).zip(shards) {
        assert_eq!(
            heard.publish(shard.as_bytes(), true).await,
            Ok(1),
            "{shard}"
        );
        heard
            .until("the sharded message came", |heard| {
                heard.messages() == before + count
            })
            .await;
    }
    heard.publish(b"plain", false).await.unwrap();
    heard
        .until("the plain message came", |heard| {
            heard.messages() == before + 6
        })
        .await;
    for (count, key) in (7..).zip(["a", "b", "c", "d"]) {
        let owner = cluster.owner(0, key);
        cluster.nodes[owner].cli(&["config", "set", "notify-keyspace-events", "E$"]);
        cluster.nodes[owner].cli(&["set", key, "1"]);
        heard
            .until("the event of the key came", |heard| {
                heard.messages() >= before + count
            })
            .await;
    }
    let is_open = |notice: &Notice| matches!(notice, Notice::Gap(gap) if gap.end == GapEnd::Open);
    let last = heard
        .notices()
        .into_iter()
        .rfind(|notice| matches!(notice, Notice::Gap(_)));
    assert!(!last.is_some_and(|notice| is_open(&notice)));
    heard.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_that_moves_under_load_is_followed_and_its_hole_is_told() {
    let cluster = Cluster::start();
    let heard_of = target(&cluster, &[0]);
    let names = ["{moving}:1", "{moving}:2", "staying"];
    let topics = names.map(|name| Topic::shard(name.as_bytes()));
    let mut heard = Heard::start(heard_of, &topics);
    heard
        .until("all are confirmed", |heard| {
            (0..3).all(|id| heard.confirmed(id) >= 1)
        })
        .await;
    let cluster = Arc::new(Mutex::new(cluster));
    let publishers: Vec<Publisher> = names
        .iter()
        .map(|name| Publisher::start_fast("SPUBLISH", name, to_owner(&cluster, name)))
        .collect();
    heard
        .until("messages flow", |heard| heard.messages() > 10_000)
        .await;
    for round in 2..5 {
        let moving = {
            let cluster = cluster.lock().unwrap();
            let from = cluster.owner(0, names[0]);
            let to = (0..6)
                .find(|to| *to != from && cluster.slots(*to) > 0)
                .unwrap();
            cluster.move_slot(names[0], to);
            to
        };
        heard
            .until_within(BACK_WITHIN, "the channels are back", |heard| {
                (0..2).all(|id| heard.confirmed(id) >= round)
            })
            .await;
        let before = heard.messages();
        heard
            .until("messages flow again", |heard| {
                heard.messages() > before + 10_000
            })
            .await;
        assert!(moving < 6);
    }
    let sent: Vec<_> = publishers.into_iter().flat_map(Publisher::stop).collect();
    let log = heard.stop().await;
    assert!(log.counters().gaps >= 3, "{:?}", log.counters());
    check(&log, &sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_dies_is_replaced_and_its_hole_is_told() {
    let cluster = Cluster::start();
    let shard = "orders:1";
    let owner = cluster.owner(0, shard);
    // The home is the node that will die, so that everything has to move.
    let heard_of = target(&cluster, &[owner]);
    let topics = [Topic::pattern(b"plain.*"), Topic::shard(shard.as_bytes())];
    let mut heard = Heard::start(heard_of, &topics);
    heard
        .until("both are confirmed", |heard| {
            (0..2).all(|id| heard.confirmed(id) >= 1)
        })
        .await;
    heard
        .until("the nodes are known", |heard| heard.nodes().len() == 6)
        .await;
    let dying = cluster.nodes[owner].address().to_string();
    assert_eq!(heard.home(), dying);
    let other = (owner + 1) % 3;
    let other = cluster.nodes[other].address();
    let cluster = Arc::new(Mutex::new(cluster));
    let publishers = [
        Publisher::start("SPUBLISH", shard, to_owner(&cluster, shard)),
        Publisher::start("PUBLISH", "plain.1", move || TcpStream::connect(other)),
    ];
    heard
        .until("messages flow", |heard| heard.messages() > 200)
        .await;
    cluster.lock().unwrap().nodes[owner].kill();
    heard
        .until_within(
            BACK_WITHIN,
            "the pattern is back by another node",
            |heard| heard.confirmed(0) >= 2,
        )
        .await;
    // Until then no server can serve it.
    let new = wait_for_new_owner(&cluster, owner, shard).await;
    heard
        .until_within(BACK_WITHIN, "the sharded channel is back", |heard| {
            heard.confirmed(1) >= 2
        })
        .await;
    assert_ne!(new, owner);
    let before = heard.messages();
    heard
        .until("messages flow again", |heard| {
            heard.messages() > before + 200
        })
        .await;
    assert_ne!(heard.home(), dying);
    let sent: Vec<_> = publishers.into_iter().flat_map(Publisher::stop).collect();
    let log = heard.stop().await;
    assert!(log.counters().gaps >= 1, "{:?}", log.counters());
    let missing = check(&log, &sent);
    assert!(missing > 0, "the dead node's messages were lost");
}

async fn wait_for_new_owner(cluster: &Arc<Mutex<Cluster>>, old: usize, shard: &str) -> usize {
    let deadline = Instant::now() + PATIENCE;
    let asked = (old + 1) % 3;
    loop {
        let owner = cluster.lock().unwrap().owner(asked, shard);
        if owner != old {
            return owner;
        }
        assert!(Instant::now() < deadline, "no replica takes over");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sharded_channels_that_match_are_found_on_all_nodes() {
    let cluster = Cluster::start();
    let names: Vec<String> = (0..8).map(|index| format!("orders:{index}")).collect();
    // Somebody has to listen to them.
    let mut others = Vec::new();
    for name in &names {
        let mut stream = cluster.nodes[cluster.owner(0, name)].connect();
        io::Write::write_all(
            &mut stream,
            &support::redis::pack(&[b"SSUBSCRIBE", name.as_bytes()]),
        )
        .unwrap();
        others.push(stream);
    }
    let topics = [Topic::shard_pattern(b"orders:*")];
    let mut heard = Heard::start(target(&cluster, &[1]), &topics);
    let found = |heard: &Heard| {
        heard.others.iter().rev().find_map(|feed| match feed {
            Feed::ShardChannels { names, .. } => Some(names.len()),
            _ => None,
        })
    };
    heard
        .until("all eight are found", |heard| found(heard) == Some(8))
        .await;
    // The loop asks for each; here one does.
    heard.server.command(Command::Subscribe(subscription(
        1,
        Topic::shard(names[3].as_bytes()),
    )));
    heard
        .until("it is confirmed", |heard| heard.confirmed(1) == 1)
        .await;
    assert_eq!(heard.publish(names[3].as_bytes(), true).await, Ok(2));
    heard
        .until("it is live", |heard| {
            heard
                .others
                .iter()
                .any(|feed| matches!(feed, Feed::Connection(_, Connection::Live)))
        })
        .await;
    heard.stop().await;
}
