//! A test's server tasks and what they have reported.

use std::io;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use subscope::log::{Batch, MessageLog};
use subscope::message::{Gap, GapEnd, Notice, Subscription, SubscriptionId, Topic, Unexpected};
use subscope::server::{Ask, Config, Feed, NodeFacts, PublishError, Server, Target, Timing, start};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::servers::cluster::Cluster;
use crate::support::truth::log_of;

/// Timeout far longer than any condition here takes.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// How soon every subscription must be live again once a server can serve it.
pub const BACK_WITHIN: Duration = Duration::from_secs(5);

/// After this long without a message, none is in flight any more.
pub const QUIET: Duration = Duration::from_millis(500);

pub const QUICK: Timing = Timing {
    connect_within: Duration::from_secs(5),
    ping_every: Duration::from_millis(200),
    answer_within: Duration::from_secs(15),
    first_wait: Duration::from_millis(100),
    longest_wait: Duration::from_secs(5),
};

pub fn subscription(id: u32, topic: Topic) -> Subscription {
    Subscription {
        id: SubscriptionId(id),
        topic,
    }
}

/// The server tasks and everything that they have reported so far.
pub struct ClusterListener {
    pub server: Server,
    feed_rx: mpsc::Receiver<Feed>,
    pub batches: Vec<Batch>,
    pub others: Vec<Feed>,
}

impl ClusterListener {
    pub fn start(target: Target, topics: &[Topic]) -> Self {
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

    pub async fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        self.until_within(TIMEOUT, what, condition).await;
    }

    pub async fn until_within(
        &mut self,
        within: Duration,
        what: &str,
        condition: impl Fn(&Self) -> bool,
    ) {
        let deadline = Instant::now() + within;
        while !condition(self) {
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

    pub fn notices(&self) -> Vec<Notice> {
        let notices = |batch: &Batch| batch.notices().to_vec();
        self.batches.iter().flat_map(notices).collect()
    }

    /// Processes events until no rows have arrived for a while.
    pub async fn settle(&mut self) {
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

    /// Returns how many times a subscription was confirmed.
    pub fn confirmed(&self, id: u32) -> usize {
        let is_it = |notice: &&Notice| matches!(notice, Notice::Subscribed { subscription, .. } if subscription.id.0 == id);
        self.notices().iter().filter(is_it).count()
    }

    /// Returns whether a subscription was refused with a reason that starts with `words`.
    pub fn is_denied(&self, id: u32, words: &str) -> bool {
        self.notices().iter().any(|notice| {
            matches!(notice, Notice::Denied { subscription, reason }
                if subscription.id.0 == id && reason.text.starts_with(words))
        })
    }

    /// Returns the gaps in their latest state.
    pub fn gaps(&self) -> Vec<Gap> {
        let notices = self.notices();
        let mut gaps: Vec<_> = notices
            .iter()
            .filter_map(|notice| match notice {
                Notice::Gap(gap) => Some(gap.clone()),
                _ => None,
            })
            .collect();
        // Keep only the latest report of each gap.
        gaps.reverse();
        gaps.sort_by_key(|gap| gap.noticed);
        gaps.dedup_by_key(|gap| gap.noticed);
        gaps
    }

    pub fn assert_no_open_gap(&self) {
        let is_open = |gap: &Gap| gap.end == GapEnd::Open;
        assert!(!self.gaps().iter().any(is_open), "{:?}", self.notices());
    }

    pub fn assert_nothing_unknown_was_asked(&self) {
        let notices = self.notices();
        let is_unknown = |notice: &Notice| matches!(notice, Notice::Unexpected { first: Unexpected::Error(error), .. } if error.text.starts_with("ERR"));
        assert!(!notices.iter().any(is_unknown), "{notices:?}");
    }

    /// Waits until each of the first `count` subscriptions is confirmed.
    pub async fn until_all_confirmed(&mut self, count: u32) {
        let are_all = |listener: &Self| (0..count).all(|id| listener.confirmed(id) >= 1);
        self.until("all subscriptions are confirmed", are_all).await;
    }

    /// Waits until `count` more messages have arrived.
    pub async fn until_more_messages(&mut self, count: u64) {
        let enough = self.messages() + count;
        let have_come = |listener: &Self| listener.messages() >= enough;
        self.until("messages flow", have_come).await;
    }

    pub fn messages(&self) -> u64 {
        self.batches.iter().map(Batch::messages).sum()
    }

    /// Returns whether a message has arrived on a channel.
    pub fn has_received(&self, channel: &[u8]) -> bool {
        let has = |batch: &Batch| batch.channel_names().any(|name| name == channel);
        self.batches.iter().any(has)
    }

    /// Returns the latest table of nodes.
    pub fn nodes(&self) -> Vec<NodeFacts> {
        let nodes = self.others.iter().rev().find_map(|feed| match feed {
            Feed::Nodes(nodes) => Some(nodes.clone()),
            _ => None,
        });
        nodes.unwrap_or_default()
    }

    /// Returns the entry of the server at this address in the latest table.
    pub fn node(&self, name: &str) -> Option<NodeFacts> {
        self.nodes().into_iter().find(|node| *node.name == *name)
    }

    pub fn home(&self) -> String {
        let home = self.nodes().into_iter().find(|node| node.is_home);
        home.map(|node| node.name.into_string()).unwrap_or_default()
    }

    /// Returns the node that counted the receivers of the last published message.
    pub fn counted_at(&self) -> String {
        let at = self.others.iter().rev().find_map(|feed| match feed {
            Feed::Published { counted_at, .. } => counted_at.clone(),
            _ => None,
        });
        at.map(str::into_string).unwrap_or_default()
    }

    pub async fn publish(&mut self, channel: &[u8], is_sharded: bool) -> Result<i64, PublishError> {
        self.server.ask(Ask::Publish {
            id: 7,
            channel: channel.into(),
            payload: b"hello".to_vec().into(),
            is_sharded,
        });
        let answers = |listener: &Self| {
            listener.others.iter().rev().find_map(|feed| match feed {
                Feed::Published { receivers, .. } => Some(receivers.clone()),
                _ => None,
            })
        };
        self.others
            .retain(|feed| !matches!(feed, Feed::Published { .. }));
        self.until("an answer", |listener| answers(listener).is_some())
            .await;
        answers(self).unwrap()
    }

    /// Processes events until no message has arrived for a while, and stops the tasks.
    pub async fn stop(mut self) -> MessageLog {
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

/// Connects to the node that owns `channel`, according to the running nodes, which are asked in
/// turn.
pub fn to_owner(
    cluster: &Arc<Mutex<Cluster>>,
    channel: &str,
) -> impl Fn() -> io::Result<TcpStream> + Send + use<> {
    let (cluster, channel) = (Arc::clone(cluster), channel.to_owned());
    let turn = AtomicUsize::new(0);
    move || {
        let cluster = cluster.lock().unwrap();
        let count = cluster.nodes.len();
        let index = turn.fetch_add(1, Relaxed) % count;
        if !cluster.nodes[index].is_answering() {
            return Err(io::Error::other("not answering"));
        }
        let owner = cluster.find_owner(index, &channel);
        let owner = owner.ok_or_else(|| io::Error::other("nobody owns the slot"))?;
        TcpStream::connect(cluster.nodes[owner].address())
    }
}

/// Returns whether the servers have sharded channels, which came with Redis 7.0.
pub fn has_shards(cluster: &Cluster) -> bool {
    cluster.nodes[0].knows("SSUBSCRIBE")
}

pub fn target(cluster: &Cluster, nodes: &[usize]) -> Target {
    let hosts: Vec<String> = nodes
        .iter()
        .map(|node| cluster.nodes[*node].address().to_string())
        .collect();
    let url = format!("redis+cluster://{}", hosts.join(","));
    Target::parse(&url).unwrap().target
}

/// Waits until nodes other than the old owner report a new owner for the slot of `shard`.
pub async fn wait_for_new_owner(cluster: &Arc<Mutex<Cluster>>, old: usize, shard: &str) -> usize {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let owner = {
            let cluster = cluster.lock().unwrap();
            cluster.find_owner(cluster.other_than(old), shard)
        };
        if let Some(owner) = owner.filter(|owner| *owner != old) {
            return owner;
        }
        assert!(Instant::now() < deadline, "no replica takes over");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
