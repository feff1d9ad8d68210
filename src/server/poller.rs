//! Asks a cluster's nodes who serves what, and which sharded channels there are.

mod wanted;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::select;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

pub(super) use self::wanted::Wanted;

use super::contacts::{Contacts, Unanswered};
use super::endpoint::{Address, Endpoint};
use super::node::Report;
use super::topology::{Health, Topology};
use super::{Config, Refusal};
use crate::message::{Subscription, SubscriptionId, Time};

/// A node is asked this often at least, each in its turn.
const EVERY: Duration = Duration::from_secs(1);

/// More often if that is what it takes to hear from all within this time: a hole begins where they
/// last agreed.
const ROUND: Duration = Duration::from_secs(2);

/// But never more often than this.
const AT_MOST_EVERY: Duration = Duration::from_millis(250);

/// While something is missing, this often.
const HURRIED: Duration = Duration::from_millis(100);

/// What all refuse is asked for this often.
const REFUSED_EVERY: Duration = Duration::from_secs(5);

/// Questions that grow with the number of channels are asked so seldom that they take no more
/// than this part of the time.
const SHARE: u32 = 50;

/// The poller's task.
pub(super) struct Poller {
    wanted: Arc<Wanted>,
    report_tx: UnboundedSender<Report>,
    contacts: Contacts,
    /// A server of the cluster, for its login and the like.
    model: Endpoint,
    /// Where ordinary channels come from: what is asked if there is no cluster.
    home_rx: watch::Receiver<Option<Endpoint>>,
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
    /// What one of those said, if any said anything.
    refusal: Option<Box<str>>,
    /// How many in a row have refused, with none among them that was silent.
    refusals: usize,
    /// Whether that was told.
    is_told: bool,
    /// The patterns that are not looked for any more, since that is refused.
    denied: BTreeSet<SubscriptionId>,
    /// Not before this are channels asked for again.
    look_at: Instant,
}

impl Poller {
    /// Asks the servers at `seeds` first, and then, of a cluster, those that these know of. Where
    /// there is none, the home is asked.
    pub(super) fn new(
        config: Arc<Config>,
        wanted: Arc<Wanted>,
        report_tx: UnboundedSender<Report>,
        home_rx: watch::Receiver<Option<Endpoint>>,
        seeds: &[Endpoint],
        is_cluster: bool,
    ) -> Self {
        let addresses = seeds.iter().map(|seed| seed.address().clone());
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
            is_told: false,
            denied: BTreeSet::new(),
            look_at: Instant::now(),
        }
    }

    /// Asks until the coordinator is gone.
    pub(super) async fn run(mut self) {
        let mut next = Instant::now();
        while !self.report_tx.is_closed() {
            if self.wanted.take_again() {
                self.begin_again();
            }
            // A server that has restarted may have loaded its users only now.
            if self.wanted.take_let_in() {
                self.contacts.knock_again();
            }
            if self.is_cluster {
                let answer = self.ask_next().await;
                self.note(answer);
            } else {
                self.follow_home();
            }
            self.discover_channels().await;
            // What did not answer says nothing of the others.
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

    /// Waits until then, or until there is reason to ask earlier.
    async fn is_hurried_before(&self, next: Instant) -> bool {
        loop {
            select! {
                () = sleep_until(next) => return false,
                () = self.report_tx.closed() => return false,
                () = self.wanted.hurry.notified() => {
                    // Haste does not help where all refuse.
                    if !self.is_refused_by_all() || self.wanted.is_again() {
                        sleep(HURRIED).await;
                        return true;
                    }
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

    /// The same while nobody answers: the longer, the more often each was asked.
    fn pause_after_failure(&self) -> Duration {
        if self.is_refused_by_all() {
            return REFUSED_EVERY;
        }
        let rounds = self.failures / self.nodes.len().max(1);
        (HURRIED * u32::try_from(rounds).unwrap_or(u32::MAX).clamp(1, 10)).min(EVERY)
    }

    /// Whether each node has refused.
    fn is_refused_by_all(&self) -> bool {
        self.refusals > 0 && self.refusals >= self.nodes.len()
    }

    /// Whether each node has had its turn, and none has answered but to refuse.
    fn is_blind(&self) -> bool {
        self.refusal.is_some() && self.failures >= self.nodes.len()
    }

    fn forget_failures(&mut self) {
        (self.failures, self.refusal, self.refusals) = (0, None, 0);
    }

    /// What was refused may be granted now.
    fn begin_again(&mut self) {
        self.contacts.knock_again();
        self.denied.clear();
        self.forget_failures();
        self.look_at = Instant::now();
    }

    fn follow_home(&mut self) {
        if let Some(home) = self.home_rx.borrow_and_update().clone() {
            self.nodes = vec![home.address().clone()];
            self.model = home;
            self.contacts.keep(&self.nodes);
        }
    }

    /// Takes note of whether a node has answered. Begins again from where it began once none does.
    fn note(&mut self, answer: Result<(), Unanswered>) {
        let Err(reason) = answer else {
            self.forget_failures();
            if std::mem::take(&mut self.is_told) {
                self.report(Report::Partial(None));
            }
            return;
        };
        self.failures = self.failures.saturating_add(1);
        match reason {
            Unanswered::Refused(words) => {
                self.refusal = Some(words);
                self.refusals = self.refusals.saturating_add(1);
            }
            Unanswered::Silent => self.refusals = 0,
        }
        if self.failures > self.nodes.len() {
            let seeds = self.seeds.iter().filter(|seed| !self.nodes.contains(seed));
            let seeds: Vec<Address> = seeds.cloned().collect();
            self.nodes.extend(seeds);
        }
        if self.is_blind()
            && let Some(words) = &self.refusal
        {
            let words = unknown_in_words(words);
            self.is_told = true;
            self.report(Report::Partial(Some(words.into())));
        }
    }

    fn report(&self, report: Report) {
        // Whoever is gone needs no answer.
        let _ = self.report_tx.send(report);
    }

    /// Asks the node whose turn it is.
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
        let topology = Topology::parse(&text, &address);
        // A node that has been taken out of the cluster knows nothing of it any more.
        let has_slots = topology.nodes.iter().any(|node| !node.slots.is_empty());
        if topology.nodes.is_empty() || self.has_slots && !has_slots {
            return Err(Unanswered::Silent);
        }
        self.has_slots = has_slots;
        self.know(&topology);
        self.report(Report::Topology {
            asked: address,
            at,
            round_trip,
            topology,
        });
        Ok(())
    }

    /// Asks all nodes for the sharded channels that are looked for.
    async fn discover_channels(&mut self) {
        let mut patterns = self.wanted.patterns();
        patterns.retain(|of| !self.denied.contains(&of.id));
        // Before the nodes are known, most of them would not be asked.
        let is_early = self.is_cluster && !self.has_slots && !self.is_blind();
        if patterns.is_empty() || is_early || Instant::now() < self.look_at {
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
        self.look_at = Instant::now() + (started.elapsed() * SHARE).max(EVERY);
    }

    /// The names of the sharded channels that match, in order, from all nodes that answer; or why
    /// none does. Nothing where that is not known.
    async fn channels_like(&mut self, of: &Subscription) -> Option<Result<Vec<Vec<u8>>, Box<str>>> {
        let command = redis::cmd("PUBSUB")
            .arg("SHARDCHANNELS")
            .arg(&*of.topic.name)
            .to_owned();
        let mut names = BTreeSet::new();
        let (mut silent, mut refusals) = (0, Vec::new());
        for address in self.nodes.clone() {
            let endpoint = self.model.at(address);
            match self.contacts.ask::<Vec<Vec<u8>>>(&endpoint, &command).await {
                Ok(found) => names.extend(found),
                Err(Unanswered::Refused(words)) => refusals.push(words),
                // The others are asked all the same; it is asked again the next time.
                Err(Unanswered::Silent) => silent += 1,
            }
        }
        let unanswered = silent + refusals.len();
        if unanswered == self.nodes.len() {
            return refusals.pop().map(Err);
        }
        // To have found none says nothing as long as some have not been asked.
        (unanswered == 0 || !names.is_empty()).then(|| Ok(names.into_iter().collect()))
    }

    /// Asks these nodes from now on, unless the cluster has given them up. The primaries come
    /// first, always in the same order: each node tells of the others in an order of its own, by
    /// which the turn would pass some over.
    fn know(&mut self, topology: &Topology) {
        let is_there = |health| health != Health::Failed;
        let mut members: Vec<_> = topology.nodes.iter().collect();
        members.retain(|node| is_there(node.health));
        members.sort_by_cached_key(|node| (!node.is_primary, node.address.to_string()));
        self.nodes = members.iter().map(|node| node.address.clone()).collect();
        self.contacts.keep(&self.nodes);
    }
}

/// That the nodes are not known, why, and what to do about it.
fn unknown_in_words(words: &str) -> String {
    if words.contains("cluster support disabled") {
        return format!("no cluster: {words} · leave +cluster out of the URL");
    }
    let remedy = match Refusal::of(words) {
        Refusal::NoPermission => " · the ACL rule +cluster|nodes allows it",
        refusal if refusal.is_about_login() => " · r tries again",
        _ => "",
    };
    format!(
        "other nodes unknown: {words} · what only other nodes have is missing: \
         events of keys, sharded channels{remedy}"
    )
}
