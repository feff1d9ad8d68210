//! A primary is partitioned from the others while our connection to it stays open: it may be
//! halted, or keep serving as if nothing had happened.

use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use subscope::log::{Content, MessageLog};
use subscope::message::{RowId, Topic};
use subscope::server::{Health, Role};

use crate::cluster::listener::{
    BACK_WITHIN, ClusterListener, has_shards, target, to_owner, wait_for_new_owner,
};
use crate::servers::bus::Bus;
use crate::servers::cluster::Cluster;
use crate::support::redis::{Redis, applies};
use crate::support::truth::{Publisher, Sent, check};

/// Two channels in the slot of the partitioned primary. Messages are published on `OLD` at that
/// primary, and on `NEW` at the node that serves the slot according to the other nodes.
const OLD: &str = "{cut}:old";
const NEW: &str = "{cut}:new";

/// Common setup: a cluster, the primary that will be partitioned, and the subscriptions.
struct Partition {
    cluster: Arc<Mutex<Cluster>>,
    owner: usize,
    name: String,
    /// How many of the subscriptions, counted from the first, are served by the partitioned
    /// primary.
    moving: u32,
    listener: ClusterListener,
}

impl Partition {
    /// Subscribes to the sharded channels `shards` and to an ordinary pattern, which is served by
    /// the node whose index `home` returns.
    async fn prepare(
        cluster: Cluster,
        shards: &[&str],
        home: impl Fn(&Cluster, usize) -> usize,
    ) -> Self {
        let owner = cluster.owner(0, NEW);
        let home = home(&cluster, owner);
        let topics = shards.iter().map(|name| Topic::shard(name.as_bytes()));
        let topics: Vec<Topic> = topics.chain([Topic::pattern(b"plain.*")]).collect();
        let mut listener = ClusterListener::start(target(&cluster, &[home]), &topics);
        let count = u32::try_from(topics.len()).unwrap();
        listener.until_all_confirmed(count).await;
        listener
            .until("the nodes are known", |listener| {
                listener.nodes().len() == 6
            })
            .await;
        Self {
            name: cluster.nodes[owner].address().to_string(),
            cluster: Arc::new(Mutex::new(cluster)),
            owner,
            moving: if home == owner { count } else { count - 1 },
            listener,
        }
    }

    fn publish_plain(&self) -> Publisher {
        let cluster = self.cluster.lock().unwrap();
        let other = cluster.nodes[cluster.other_than(self.owner)].address();
        Publisher::start("PUBLISH", "plain.1", move || TcpStream::connect(other))
    }

    fn publish_at_old(&self) -> Publisher {
        let old = self.cluster.lock().unwrap().nodes[self.owner].address();
        Publisher::start("SPUBLISH", OLD, move || TcpStream::connect(old))
    }

    /// Publishes at the node that serves the slot, as soon as that is no longer the old owner.
    fn publish_at_new(&self) -> Publisher {
        let connect = to_owner(&self.cluster, NEW);
        let old = self.cluster.lock().unwrap().nodes[self.owner].address();
        Publisher::start("SPUBLISH", NEW, move || {
            let stream = connect()?;
            if stream.peer_addr()? == old {
                return Err(std::io::Error::other("still the old owner"));
            }
            Ok(stream)
        })
    }

    /// Waits until all subscriptions are served by other nodes.
    async fn until_replaced(&mut self) {
        let new = wait_for_new_owner(&self.cluster, self.owner, NEW).await;
        assert_ne!(new, self.owner);
        let moving = self.moving;
        self.listener
            .until_within(
                BACK_WITHIN,
                "other nodes serve all subscriptions",
                |listener| (0..moving).all(|id| listener.confirmed(id) >= 2),
            )
            .await;
        self.listener.until_more_messages(200).await;
        assert_ne!(self.listener.home(), self.name);
    }

    /// Waits until the old owner has become a replica and is known as one.
    async fn until_demoted(&mut self) {
        let (cluster, owner) = (Arc::clone(&self.cluster), self.owner);
        let wait = move || {
            let cluster = cluster.lock().unwrap();
            cluster.wait("the demotion", |cluster| cluster.is_replica(owner));
        };
        tokio::task::spawn_blocking(wait).await.unwrap();
        let name = self.name.clone();
        let is_known = |listener: &ClusterListener| {
            listener
                .node(&name)
                .is_some_and(|node| node.role == Role::Replica && node.health == Health::Well)
        };
        self.listener
            .until("the old owner is known as a replica", is_known)
            .await;
        self.listener.until_more_messages(200).await;
    }

    /// Stops everything and checks the log against the sent messages.
    async fn check(mut self, sent: &[Sent]) -> MessageLog {
        self.listener.settle().await;
        self.listener.assert_no_open_gap();
        self.listener.assert_nothing_unknown_was_asked();
        let log = self.listener.stop().await;
        check(&log, sent);
        log
    }
}

/// Returns the numbers received on a channel.
fn numbers(log: &MessageLog, name: &str) -> Vec<u64> {
    let rows = (log.first().0..log.end().0).filter_map(|id| log.row(RowId(id)));
    rows.filter_map(|row| match row.content {
        Content::Message {
            channel, payload, ..
        } if *log.channels().by_id(channel).unwrap().name() == *name.as_bytes() => {
            Some(std::str::from_utf8(payload).unwrap().parse().unwrap())
        }
        _ => None,
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_primary_is_replaced_and_its_return_changes_nothing() {
    let cluster = Cluster::start();
    if !applies(has_shards(&cluster), "sharded channels") {
        return;
    }
    // The partitioned primary is also the home node, so that everything has to move.
    let mut partition = Partition::prepare(cluster, &[OLD, NEW], |_, owner| owner).await;
    assert_eq!(partition.listener.home(), partition.name);
    let plain = partition.publish_plain();
    let at_old = partition.publish_at_old();
    partition.listener.until_more_messages(400).await;
    // Stop this publisher first: otherwise, what is waiting in the halted node's socket would be
    // published late.
    let mut sent = at_old.stop();
    partition.cluster.lock().unwrap().nodes[partition.owner].pause();
    let at_new = partition.publish_at_new();
    partition.until_replaced().await;
    partition.cluster.lock().unwrap().nodes[partition.owner].resume();
    partition.until_demoted().await;
    sent.extend(plain.stop());
    sent.extend(at_new.stop());
    partition.check(&sent).await;
}

/// Returns a cluster on a bus that can be cut, if the server's source address can be set.
fn cluster_on_a_bus() -> Option<(Cluster, Bus)> {
    let can = Redis::start().has_setting("bind-source-addr");
    applies(can, "bind-source-addr").then(|| {
        let cluster = Cluster::start_with_sources();
        let bus = Bus::between(&cluster);
        (cluster, bus)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partitioned_primary_that_keeps_serving_is_left_for_its_replacement() {
    let Some((cluster, bus)) = cluster_on_a_bus() else {
        return;
    };
    let other = |cluster: &Cluster, owner| cluster.other_than(owner);
    let mut partition = Partition::prepare(cluster, &[OLD], other).await;
    let (plain, at_old) = (partition.publish_plain(), partition.publish_at_old());
    partition.listener.until_more_messages(400).await;
    bus.cut_off(partition.owner);
    let at_new = partition.publish_at_new();
    partition.until_replaced().await;
    bus.reconnect();
    at_old.stop();
    partition.until_demoted().await;
    let gaps = partition.listener.gaps();
    let at_new = at_new.stop();
    let log = partition.check(&plain.stop()).await;
    // The gap must begin before the first message at the new node, since we could not receive that
    // message.
    let first = at_new.iter().find(|sent| sent.to.is_some()).unwrap();
    let begin = gaps.iter().map(|gap| gap.last_heard).min().unwrap();
    assert_eq!(gaps.len(), 1, "{gaps:#?}");
    assert!(begin <= first.from, "{begin:?}, but {first:?}");
    // The old node might have published without us, but nothing arrived twice.
    let old = numbers(&log, OLD);
    let late = old.windows(2).find(|pair| pair[0] >= pair[1]);
    assert_eq!(late, None, "received twice or late");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partitioned_home_is_left_and_the_gap_begins_with_the_partition() {
    let Some((cluster, bus)) = cluster_on_a_bus() else {
        return;
    };
    // The home node is a replica, so that no slot needs a new owner.
    let home = 4;
    let mut listener =
        ClusterListener::start(target(&cluster, &[home]), &[Topic::pattern(b"plain.*")]);
    listener.until_all_confirmed(1).await;
    listener
        .until("the nodes are known", |listener| {
            listener.nodes().len() == 6
        })
        .await;
    let name = cluster.nodes[home].address().to_string();
    assert_eq!(listener.home(), name);
    let plain = cluster.nodes[0].address();
    let publisher = Publisher::start("PUBLISH", "plain.1", move || TcpStream::connect(plain));
    listener.until_more_messages(200).await;
    bus.cut_off(home);
    let given_up = format!("{name}@");
    cluster.wait("the other nodes give up on the home node", |cluster| {
        let nodes = cluster.nodes[0].cli(&["cluster", "nodes"]);
        let is_it = |line: &str| line.contains(&given_up) && line.contains("slave,fail ");
        nodes.lines().any(is_it)
    });
    listener
        .until_within(BACK_WITHIN, "another node serves the pattern", |listener| {
            listener.confirmed(0) >= 2
        })
        .await;
    listener.until_more_messages(200).await;
    bus.reconnect();
    listener.until_more_messages(200).await;
    let sent = publisher.stop();
    listener.settle().await;
    listener.assert_no_open_gap();
    let log = listener.stop().await;
    assert!(
        check(&log, &sent) > 0,
        "messages published during the gap were lost"
    );
}
