//! Asks a cluster's nodes who serves what, and which sharded channels there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::select;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep, sleep_until};

use super::Config;
use super::endpoint::{Address, Endpoint};
use super::link::{Dial, Link, is_refusal};
use super::node::Report;
use super::topology::{Health, Topology};
use crate::message::{Subscription, Time};

/// A node is asked this often at least, each in its turn.
const EVERY: Duration = Duration::from_secs(1);

/// More often if that is what it takes to hear from all within this time: a hole begins where they
/// last agreed.
const ROUND: Duration = Duration::from_secs(2);

/// But never more often than this.
const AT_MOST_EVERY: Duration = Duration::from_millis(250);

/// While something is missing, this often.
const HURRIED: Duration = Duration::from_millis(100);

/// A node that cannot be reached within this time is passed over.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// A node that does not answer within this time is passed over.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Questions that grow with the number of channels are asked so seldom that they take no more
/// than this part of the time.
const SHARE: u32 = 50;

/// What the coordinator wants to know.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Patterns of sharded channels that are looked for.
    patterns: Mutex<Vec<Subscription>>,
    /// Notified when something is missing.
    pub(super) hurry: Notify,
}

impl Wanted {
    /// Looks for sharded channels that match these patterns from now on.
    pub(super) fn look_for(&self, patterns: Vec<Subscription>) {
        *self.patterns.lock().unwrap_or_else(PoisonError::into_inner) = patterns;
        self.hurry.notify_one();
    }

    fn patterns(&self) -> Vec<Subscription> {
        self.patterns
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The poller's task.
pub(super) struct Poller {
    config: Arc<Config>,
    wanted: Arc<Wanted>,
    report_tx: UnboundedSender<Report>,
    /// A server of the cluster, for its login and the like.
    model: Endpoint,
    /// Where to begin, and to begin again when no node answers.
    seeds: Vec<Address>,
    /// The nodes that are asked in turn.
    nodes: Vec<Address>,
    turn: usize,
    /// Whether they are asked for the others.
    is_cluster: bool,
    /// Whether any has said that slots are served.
    has_slots: bool,
    /// How many nodes in a row did not answer.
    failures: usize,
    links: HashMap<Address, Link>,
    /// Not before this are channels asked for again.
    look_at: Instant,
}

impl Poller {
    /// Asks the servers at `seeds` first, and then, of a cluster, those that these know of.
    pub(super) fn new(
        config: Arc<Config>,
        wanted: Arc<Wanted>,
        report_tx: UnboundedSender<Report>,
        seeds: &[Endpoint],
        is_cluster: bool,
    ) -> Self {
        let addresses = seeds.iter().map(|seed| seed.address().clone());
        let addresses: Vec<Address> = addresses.collect();
        Self {
            config,
            wanted,
            report_tx,
            model: seeds.first().cloned().unwrap_or_default(),
            nodes: addresses.clone(),
            seeds: addresses,
            turn: 0,
            is_cluster,
            has_slots: false,
            failures: 0,
            links: HashMap::new(),
            look_at: Instant::now(),
        }
    }

    /// Asks until the coordinator is gone.
    pub(super) async fn run(mut self) {
        let mut next = Instant::now();
        while !self.report_tx.is_closed() {
            let is_answered = !self.is_cluster || self.ask_next().await;
            self.note(is_answered);
            self.look_for_channels().await;
            // What did not answer says nothing of the others.
            next = if is_answered {
                next.max(Instant::now()) + self.pause()
            } else {
                Instant::now() + HURRIED
            };
            select! {
                () = sleep_until(next) => (),
                () = self.report_tx.closed() => return,
                () = self.wanted.hurry.notified() => {
                    sleep(HURRIED).await;
                    next = Instant::now();
                }
            }
        }
    }

    /// The time between two questions while all goes well.
    fn pause(&self) -> Duration {
        if !self.is_cluster {
            return EVERY;
        }
        let nodes = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        (ROUND / nodes.max(1)).clamp(AT_MOST_EVERY, EVERY)
    }

    /// Begins again from where it began once no node answers.
    fn note(&mut self, is_answered: bool) {
        self.failures = if is_answered { 0 } else { self.failures + 1 };
        if self.failures > self.nodes.len() {
            self.failures = 0;
            self.nodes.extend(self.seeds.clone());
            self.nodes.dedup();
        }
    }

    /// Asks the node whose turn it is. Says whether it answered.
    async fn ask_next(&mut self) -> bool {
        self.turn = (self.turn + 1) % self.nodes.len().max(1);
        let Some(address) = self.nodes.get(self.turn).cloned() else {
            return true;
        };
        let command = redis::cmd("CLUSTER").arg("NODES").to_owned();
        let (asked, at) = (Instant::now(), Time::now());
        let Ok(text) = self.ask::<String>(&address, &command).await else {
            return false;
        };
        let round_trip = asked.elapsed();
        let topology = Topology::parse(&text, &address);
        // A node that has been taken out of the cluster knows nothing of it any more.
        let has_slots = topology.nodes.iter().any(|node| !node.slots.is_empty());
        if topology.nodes.is_empty() || self.has_slots && !has_slots {
            return false;
        }
        self.has_slots = has_slots;
        self.know(&topology);
        let report = Report::Topology {
            asked: address,
            at,
            round_trip,
            topology,
        };
        // Whoever is gone needs no answer.
        let _ = self.report_tx.send(report);
        true
    }

    /// Asks all nodes for the sharded channels that are looked for.
    async fn look_for_channels(&mut self) {
        let patterns = self.wanted.patterns();
        if patterns.is_empty() || Instant::now() < self.look_at {
            return;
        }
        let started = Instant::now();
        for subscription in patterns {
            let found = self.channels_like(&subscription).await;
            let found = found.map(|mut names| {
                names.sort_unstable();
                names.dedup();
                names
            });
            let report = Report::Found {
                subscription,
                found,
            };
            let _ = self.report_tx.send(report);
        }
        self.look_at = Instant::now() + (started.elapsed() * SHARE).max(EVERY);
    }

    /// The names of the sharded channels that match, from all nodes that answer.
    async fn channels_like(&mut self, of: &Subscription) -> Result<Vec<Vec<u8>>, Box<str>> {
        let command = redis::cmd("PUBSUB")
            .arg("SHARDCHANNELS")
            .arg(&*of.topic.name)
            .to_owned();
        let mut names = Vec::new();
        for address in self.nodes.clone() {
            match self.ask::<Vec<Vec<u8>>>(&address, &command).await {
                Ok(found) => names.extend(found),
                Err(Some(refusal)) => return Err(refusal),
                // The others are asked all the same; it is asked again the next time.
                Err(None) => (),
            }
        }
        Ok(names)
    }

    /// Asks one node, on the connection that is kept to it. Fails with Redis's own words, if it
    /// said any.
    async fn ask<T: redis::FromRedisValue>(
        &mut self,
        address: &Address,
        command: &redis::Cmd,
    ) -> Result<T, Option<Box<str>>> {
        let mut link = match self.links.remove(address) {
            Some(link) if !link.is_closed() => link,
            _ => {
                let endpoint = self.model.at(address.clone());
                let dial = Dial {
                    connect_within: CONNECT_WITHIN,
                    answer_within: ANSWER_WITHIN,
                    ..Dial::from(&*self.config)
                };
                let opened = Link::open(&endpoint, &dial).await;
                opened.map_err(|failure| failure.is_refusal.then_some(failure.reason))?
            }
        };
        match link.ask(command).await {
            Ok(answer) => {
                self.links.insert(address.clone(), link);
                Ok(answer)
            }
            Err(error) if is_refusal(&error) => {
                let words = link.reason(&error);
                self.links.insert(address.clone(), link);
                Err(Some(words))
            }
            Err(_) => Err(None),
        }
    }

    /// Asks these nodes from now on, unless the cluster has given them up. The primaries come
    /// first.
    fn know(&mut self, topology: &Topology) {
        let is_there = |health| health != Health::Failed;
        let mut members: Vec<_> = topology.nodes.iter().collect();
        members.retain(|node| is_there(node.health));
        members.sort_by_key(|node| !node.is_primary);
        self.nodes = members.iter().map(|node| node.address.clone()).collect();
        let nodes = &self.nodes;
        self.links.retain(|address, _| nodes.contains(address));
    }
}
