//! A primary is cut off from the others while our connection to it stays: it may be halted, or go
//! on speaking as if nothing had happened.

use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use subscope::log::{Content, MessageLog};
use subscope::message::{RowId, Topic};
use subscope::server::{Health, Role};

use crate::heard::{BACK_WITHIN, Heard, has_shards, target, to_owner, wait_for_new_owner};
use crate::support::bus::Bus;
use crate::support::cluster::Cluster;
use crate::support::redis::{Redis, applies};
use crate::support::truth::{Publisher, Sent, check};

/// The channels in the slot of the primary that is cut off: one is published on where it is, one
/// wherever the others say that it is served.
const OLD: &str = "{cut}:old";
const NEW: &str = "{cut}:new";

/// What is common: a cluster, a primary that will be cut off, and subscriptions that come by it.
struct Stage {
    cluster: Arc<Mutex<Cluster>>,
    owner: usize,
    name: String,
    heard: Heard,
}

impl Stage {
    async fn set(cluster: Cluster) -> Self {
        let owner = cluster.owner(0, NEW);
        let topics = [
            Topic::pattern(b"plain.*"),
            Topic::shard(OLD.as_bytes()),
            Topic::shard(NEW.as_bytes()),
        ];
        // It is the home as well, so that everything has to move.
        let mut heard = Heard::start(target(&cluster, &[owner]), &topics);
        heard.until_all_confirmed(3).await;
        heard
            .until("the nodes are known", |heard| heard.nodes().len() == 6)
            .await;
        let name = cluster.nodes[owner].address().to_string();
        assert_eq!(heard.home(), name);
        Self {
            cluster: Arc::new(Mutex::new(cluster)),
            owner,
            name,
            heard,
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

    /// Publishes at whichever node serves the slot and is not the old owner.
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

    /// Waits until all has come back by other nodes.
    async fn until_replaced(&mut self) {
        let new = wait_for_new_owner(&self.cluster, self.owner, NEW).await;
        assert_ne!(new, self.owner);
        self.heard
            .until_within(BACK_WITHIN, "all is back by other nodes", |heard| {
                (0..3).all(|id| heard.confirmed(id) >= 2)
            })
            .await;
        self.heard.until_more_messages(200).await;
        assert_ne!(self.heard.home(), self.name);
    }

    /// Waits until the old owner has become a replica, and is known as one.
    async fn until_demoted(&mut self) {
        let (cluster, owner) = (Arc::clone(&self.cluster), self.owner);
        let wait = move || {
            let cluster = cluster.lock().unwrap();
            cluster.wait("it is a replica", |cluster| cluster.is_replica(owner));
        };
        tokio::task::spawn_blocking(wait).await.unwrap();
        let name = self.name.clone();
        let is_known = |heard: &Heard| {
            heard
                .node(&name)
                .is_some_and(|node| node.role == Role::Replica && node.health == Health::Well)
        };
        self.heard.until("it is known as one", is_known).await;
        self.heard.until_more_messages(200).await;
    }

    /// Ends all, and checks what the log says of what was sent.
    async fn check(mut self, sent: &[Sent]) -> MessageLog {
        self.heard.settle().await;
        self.heard.assert_no_open_hole();
        self.heard.assert_nothing_unknown_was_asked();
        let log = self.heard.stop().await;
        let missing = check(&log, sent);
        assert!(missing > 0, "what came in the hole was lost");
        log
    }
}

/// The numbers that came on a channel.
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
async fn a_primary_that_falls_silent_is_replaced_and_its_return_changes_nothing() {
    let cluster = Cluster::start();
    if !applies(has_shards(&cluster), "sharded channels") {
        return;
    }
    let mut stage = Stage::set(cluster).await;
    let plain = stage.publish_plain();
    let at_old = stage.publish_at_old();
    stage.heard.until_more_messages(400).await;
    // What lies in its socket when it is halted, it would publish late.
    let mut sent = at_old.stop();
    stage.cluster.lock().unwrap().nodes[stage.owner].pause();
    let at_new = stage.publish_at_new();
    stage.until_replaced().await;
    stage.cluster.lock().unwrap().nodes[stage.owner].resume();
    stage.until_demoted().await;
    sent.extend(plain.stop());
    sent.extend(at_new.stop());
    stage.check(&sent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_speaks_on_when_it_is_cut_off_is_left_for_the_one_the_others_know() {
    if !applies(Redis::start().knows("SSUBSCRIBE"), "sharded channels") {
        return;
    }
    let cluster = Cluster::start_with_sources();
    let bus = Bus::between(&cluster);
    let mut stage = Stage::set(cluster).await;
    let (plain, at_old) = (stage.publish_plain(), stage.publish_at_old());
    stage.heard.until_more_messages(400).await;
    bus.cut_off(stage.owner);
    let at_new = stage.publish_at_new();
    stage.until_replaced().await;
    bus.mend();
    at_old.stop();
    stage.until_demoted().await;
    let sent = [plain.stop(), at_new.stop()].concat();
    let log = stage.check(&sent).await;
    // Who was left behind may have published on without us, but nothing of it came twice.
    let old = numbers(&log, OLD);
    let late = old.windows(2).find(|pair| pair[0] >= pair[1]);
    assert_eq!(late, None, "twice or late");
}
