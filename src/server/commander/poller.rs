//! Polls the nodes of a cluster for its topology and for existing channels, where no
//! server delivers a pattern.

mod wanted;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::select;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

pub(crate) use self::wanted::Wanted;
use super::contacts::{Contacts, Unanswered};
use crate::message::{Partial, RedisError, Subscription, SubscriptionId, Time};
use crate::server::cluster::topology::Topology;
use crate::server::config::Config;
use crate::server::connect::{Address, Endpoint};
use crate::server::feed::Health;
use crate::server::report::Report;

/// Maximum interval between two polls. The nodes are polled in turn.
const MAX_INTERVAL: Duration = Duration::from_secs(1);

/// Target time for polling all nodes; the interval is shortened accordingly. A gap is assumed to
/// start when the nodes last agreed, so frequent polling keeps it short.
const ROUND: Duration = Duration::from_secs(2);

/// Minimum interval between two regular polls.
const MIN_INTERVAL: Duration = Duration::from_millis(250);

/// Delay of a poll that was requested early, and minimum interval after a failure.
const HURRIED_INTERVAL: Duration = Duration::from_millis(100);

/// Interval while all nodes refuse to answer.
const REFUSED_INTERVAL: Duration = Duration::from_secs(5);

/// After a query whose cost grows with the number of channels, the pause is this many times as long
/// as the query took.
const PAUSE_FACTOR: u32 = 50;

/// The poller's task.
pub(crate) struct Poller {
    wanted: Arc<Wanted>,
    report_tx: UnboundedSender<Report>,
    contacts: Contacts,
    /// An endpoint of the cluster. Its login and settings are used for all nodes.
    model: Endpoint,
    /// The home endpoint, which is queried if there is no cluster.
    home_rx: watch::Receiver<Option<Endpoint>>,
    /// Nodes to start with, and to fall back to when no node answers.
    seeds: Vec<Address>,
    /// The nodes that are polled in turn.
    nodes: Vec<Address>,
    turn: usize,
    /// Whether the nodes are asked for the topology.
    is_cluster: bool,
    /// Whether any node has reported slots.
    has_slots: bool,
    /// Number of failures since the last success.
    failures: usize,
    /// The latest refusal since the last success.
    refusal: Option<RedisError>,
    /// Number of consecutive refusals.
    refusals: usize,
    /// Whether a failure was reported.
    is_reported: bool,
    /// Patterns that are no longer searched for because the nodes refused.
    denied: BTreeSet<SubscriptionId>,
    /// The earliest time of the next query for channels.
    next_discovery: Instant,
}

impl Poller {
    /// Creates a poller. In a cluster, it queries the servers at `seeds` first, and then the nodes
    /// that they know. Without a cluster, it queries the home node.
    pub(crate) fn new(
        config: Arc<Config>,
        wanted: Arc<Wanted>,
        report_tx: UnboundedSender<Report>,
        home_rx: watch::Receiver<Option<Endpoint>>,
        seeds: &[Endpoint],
        is_cluster: bool,
    ) -> Self {
        let addresses = seeds.iter().map(Endpoint::address).cloned();
        let addresses: Vec<Address> = addresses.collect();
        Self {
            wanted,
            report_tx,
            contacts: Contacts::new(config),
            model: seeds.first().cloned().unwrap_or_default(),
            home_rx,
            nodes: addresses.clone(),
            seeds: addresses,
            turn: 0,
            is_cluster,
            has_slots: false,
            failures: 0,
            refusal: None,
            refusals: 0,
            is_reported: false,
            denied: BTreeSet::new(),
            next_discovery: Instant::now(),
        }
    }

    /// Polls until the coordinator is gone.
    pub(crate) async fn run(mut self) {
        let mut next = Instant::now();
        while !self.report_tx.is_closed() {
            if self.wanted.is_retry.swap(false, Relaxed) {
                self.begin_again();
            }
            // A restarted server that refused the login may have loaded its users since.
            if self.wanted.has_login.swap(false, Relaxed) {
                self.contacts.retry_logins();
            }
            if self.is_cluster {
                let answer = self.ask_next().await;
                self.note(answer);
            } else {
                self.follow_home();
            }
            self.discover_channels().await;
            // After a failure, the next poll comes sooner: the failure of one node says nothing
            // about the others.
            next = if self.failures == 0 {
                next.max(Instant::now()) + self.pause()
            } else {
                Instant::now() + self.pause_after_failure()
            };
            if self.is_hurried_before(next).await {
                next = Instant::now();
            }
        }
    }

    /// Waits until `next`, or returns `true` early if the next poll should happen sooner.
    async fn is_hurried_before(&self, next: Instant) -> bool {
        loop {
            select! {
                () = sleep_until(next) => return false,
                () = self.report_tx.closed() => return false,
                () = self.wanted.hurry.notified() => {
                    // Polling faster is pointless while all nodes refuse.
                    if !self.is_refused_by_all() || self.wanted.is_retry.load(Relaxed) {
                        sleep(HURRIED_INTERVAL).await;
                        return true;
                    }
                }
            }
        }
    }

    /// Returns the interval between polls while they succeed.
    fn pause(&self) -> Duration {
        if !self.is_cluster {
            return MAX_INTERVAL;
        }
        let nodes = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        (ROUND / nodes.max(1)).clamp(MIN_INTERVAL, MAX_INTERVAL)
    }

    /// Returns the interval while no node answers. It grows with the number of failed rounds.
    fn pause_after_failure(&self) -> Duration {
        if self.is_refused_by_all() {
            return REFUSED_INTERVAL;
        }
        let rounds = self.failures / self.nodes.len().max(1);
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
        (HURRIED_INTERVAL * rounds.clamp(1, 10)).min(MAX_INTERVAL)
    }

    /// Returns whether every node has refused.
    fn is_refused_by_all(&self) -> bool {
        self.refusals > 0 && self.refusals >= self.nodes.len()
    }

    /// Returns whether every node has been tried without success and at least one refused.
    fn is_unanswered(&self) -> bool {
        self.refusal.is_some() && self.failures >= self.nodes.len()
    }

    fn forget_failures(&mut self) {
        (self.failures, self.refusal, self.refusals) = (0, None, 0);
    }

    /// Resets failures and refusals, since permissions may have changed.
    fn begin_again(&mut self) {
        self.contacts.retry_logins();
        self.denied.clear();
        self.forget_failures();
        self.next_discovery = Instant::now();
    }

    fn follow_home(&mut self) {
        if let Some(home) = self.home_rx.borrow_and_update().clone() {
            self.nodes = vec![home.address().clone()];
            self.model = home;
            self.contacts.keep(&self.nodes);
        }
    }

    /// Records the outcome of a poll. If no node answers, adds the seeds again.
    fn note(&mut self, answer: Result<(), Unanswered>) {
        self.failures = self.failures.saturating_add(1);
        match answer {
            Ok(()) => {
                self.forget_failures();
                if std::mem::take(&mut self.is_reported) {
                    self.report(Report::Partial(None));
                }
                return;
            }
            Err(Unanswered::Refused(error)) => {
                self.refusal = Some(error);
                self.refusals = self.refusals.saturating_add(1);
            }
            Err(Unanswered::Silent) => self.refusals = 0,
        }
        if self.failures > self.nodes.len() {
            let seeds = self.seeds.iter().filter(|seed| !self.nodes.contains(seed));
            let seeds: Vec<Address> = seeds.cloned().collect();
            self.nodes.extend(seeds);
        }
        if self.is_unanswered()
            && let Some(error) = self.refusal.clone()
        {
            self.is_reported = true;
            self.report(Report::Partial(Some(Partial::NodesUnknown(error))));
        }
    }

    fn report(&self, report: Report) {
        // Fails only when the coordinator is gone.
        let _ = self.report_tx.send(report);
    }

    /// Polls the next node.
    async fn ask_next(&mut self) -> Result<(), Unanswered> {
        self.turn = (self.turn + 1) % self.nodes.len().max(1);
        let Some(address) = self.nodes.get(self.turn).cloned() else {
            return Ok(());
        };
        let command = redis::cmd("CLUSTER").arg("NODES").to_owned();
        let (asked, at) = (Instant::now(), Time::now());
        let endpoint = self.model.at(address.clone());
        let text: String = match self.contacts.ask(&endpoint, &command).await {
            Ok(text) => text,
            Err(reason) => {
                self.report(Report::Unanswered { asked: address });
                return Err(reason);
            }
        };
        let round_trip = asked.elapsed();
        let topology = Topology::parse(&text, &address, self.contacts.address_map());
        // A node that was removed from the cluster no longer knows the cluster's topology.
        let has_slots = topology.nodes.iter().any(|node| !node.slots.is_empty());
        if topology.nodes.is_empty() || self.has_slots && !has_slots {
            return Err(Unanswered::Silent);
        }
        self.has_slots = has_slots;
        self.set_nodes(&topology);
        self.report(Report::Topology {
            asked: address,
            at,
            round_trip,
            topology,
        });
        Ok(())
    }

    /// Queries all nodes for channels that match the patterns.
    async fn discover_channels(&mut self) {
        let mut patterns = self.wanted.patterns();
        patterns.retain(|of| !self.denied.contains(&of.id));
        // Until a node has reported slots, most nodes are unknown.
        let is_early = self.is_cluster && !self.has_slots && !self.is_unanswered();
        if patterns.is_empty() || is_early || Instant::now() < self.next_discovery {
            return;
        }
        let started = Instant::now();
        for subscription in patterns {
            let Some(found) = self.channels_like(&subscription).await else {
                continue;
            };
            if found.is_err() {
                self.denied.insert(subscription.id);
            }
            self.report(Report::Found {
                subscription,
                found,
            });
        }
        self.next_discovery = Instant::now() + (started.elapsed() * PAUSE_FACTOR).max(MAX_INTERVAL);
    }

    /// Returns the sorted names of the matching channels from all nodes that answer, or an
    /// error if no node answers and at least one refuses. Returns `None` if the result is
    /// inconclusive.
    async fn channels_like(
        &mut self,
        of: &Subscription,
    ) -> Option<Result<Vec<Vec<u8>>, RedisError>> {
        let mut command = redis::cmd("PUBSUB");
        let list = if of.topic.is_sharded() {
            "SHARDCHANNELS"
        } else {
            "CHANNELS"
        };
        command.arg(list).arg(&*of.topic.name);
        let mut names = BTreeSet::new();
        let (mut silent, mut refusals) = (0, Vec::new());
        for address in self.nodes.clone() {
            let endpoint = self.model.at(address);
            match self.contacts.ask::<Vec<Vec<u8>>>(&endpoint, &command).await {
                Ok(found) => names.extend(found),
                Err(Unanswered::Refused(error)) => refusals.push(error),
                // The other nodes are still queried; this one is retried in the next round.
                Err(Unanswered::Silent) => silent += 1,
            }
        }
        let unanswered = silent + refusals.len();
        if unanswered == self.nodes.len() {
            return refusals.pop().map(Err);
        }
        // An empty result is inconclusive unless all nodes have answered.
        (unanswered == 0 || !names.is_empty()).then(|| Ok(names.into_iter().collect()))
    }

    /// Replaces the polled nodes with those of `topology`, except those that the cluster considers
    /// failed. They are sorted, primaries first, since each node lists the others in a different
    /// order, and nodes whose position changes could be skipped.
    fn set_nodes(&mut self, topology: &Topology) {
        let mut members: Vec<_> = topology.nodes.iter().collect();
        members.retain(|node| node.health != Health::Failed);
        members.sort_by_cached_key(|node| (!node.is_primary, node.address.to_string()));
        self.nodes = members.iter().map(|node| node.address.clone()).collect();
        self.contacts.keep(&self.nodes);
    }
}
