//! Assigns every subscription to the right servers: receives commands from the event loop and
//! reports from the servers, and acts on them.

mod feeds;
mod masters;
mod nodes;
mod placement;
mod topics;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::select;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use self::nodes::Nodes;
use self::placement::Leaving;
use self::topics::WantedTopics;
use crate::log::Batch;
use crate::message::{
    NodeId, Notice, RedisError, Subscription, SubscriptionId, SubscriptionKind, Time, Topic,
};
use crate::server::cluster::Cluster;
use crate::server::cluster::topology::{Topology, slot_of};
use crate::server::commander::poller::{Poller, Wanted};
use crate::server::connect::{Address, Endpoint, Sentinels, Target};
use crate::server::feed::{Command, Feed, Health, Role};
use crate::server::gaps::{Loss, NOWHERE};
use crate::server::node_location::NodeLocation;
use crate::server::report::Report;
use crate::server::sentinel::master_watcher::Watcher;
use crate::server::sentinel::masters::Masters;
use crate::server::shared::{Shared, Stopped};

/// Placeholder node for subscriptions while a replica is cut off from its primary.
const UPSTREAM: NodeId = NodeId(u16::MAX - 1);

/// Placeholder node for subscriptions while the previous master still accepts messages.
const PREVIOUS_MASTER: NodeId = NodeId(u16::MAX - 2);

/// The coordinator's task.
pub(super) struct Coordinator {
    shared: Shared,
    command_rx: UnboundedReceiver<Command>,
    report_rx: UnboundedReceiver<Report>,
    wanted: WantedTopics,
    nodes: Nodes,
    /// The node that ordinary channels and patterns are received from.
    home: NodeId,
    /// Publishes the home endpoint to the commander.
    home_tx: watch::Sender<Option<Endpoint>>,
    cluster: Option<Cluster>,
    /// The requests to the poller, or `None` if it is not running yet.
    poll: Option<Arc<Wanted>>,
    /// Subscriptions that a server has just redirected, and that are waiting for a new topology.
    redirected: BTreeSet<SubscriptionId>,
    /// Subscriptions that are to be moved away from servers that may still serve them.
    leaving: Leaving,
    /// The latest home node that was abandoned although it still answered, and the time until which
    /// it was in contact with the other nodes.
    left_home: Option<(NodeId, Time)>,
    /// The server's error, if the server refuses to tell whether it belongs to a cluster.
    maybe_cluster: Option<RedisError>,
    /// Whether `maybe_cluster` was reported.
    is_maybe_cluster_reported: bool,
}

impl Coordinator {
    pub(super) fn new(
        shared: Shared,
        command_rx: UnboundedReceiver<Command>,
        report_rx: UnboundedReceiver<Report>,
        home_tx: watch::Sender<Option<Endpoint>>,
    ) -> Self {
        Self {
            nodes: Nodes::new(shared.clone()),
            shared,
            command_rx,
            report_rx,
            wanted: WantedTopics::default(),
            home: NodeId::default(),
            home_tx,
            cluster: None,
            poll: None,
            redirected: BTreeSet::new(),
            leaving: Leaving::default(),
            left_home: None,
            maybe_cluster: None,
            is_maybe_cluster_reported: false,
        }
    }

    /// Runs until the command sender or the feed receiver is gone, and then waits for the
    /// subscribers to end.
    pub(super) async fn run(mut self) {
        for subscription in self.shared.config.subscriptions.clone() {
            self.wanted.insert(subscription.id, subscription.topic);
        }
        match self.shared.config.target.clone() {
            Target::Server(endpoint) => {
                self.home_tx.send_replace(Some(endpoint.clone()));
                self.home = self.nodes.find_or_add(endpoint);
            }
            Target::Cluster(nodes) => {
                self.home_tx.send_replace(nodes.first().cloned());
                for endpoint in nodes.into_iter().rev() {
                    self.home = self.nodes.find_or_add(endpoint);
                }
                self.become_cluster();
            }
            Target::Sentinel(sentinels) => self.ask_sentinels(sentinels),
        }
        self.discover_channels();
        self.assign();
        // Even without subscriptions, a subscriber is needed: it reports that there are none.
        if !self.nodes.is_listening() {
            self.nodes.start(self.home, Vec::new());
        }
        if matches!(self.shared.config.target, Target::Sentinel(_))
            && self.send_nodes().await.is_err()
        {
            return;
        }
        while self.step().await.is_ok() {}
        self.nodes.stop().await;
    }

    /// Subscribes to the master named by the sentinels, and to a sentinel for sentinel events.
    fn ask_sentinels(&mut self, sentinels: Sentinels) {
        let config = Arc::clone(&self.shared.config);
        let masters = Arc::new(Masters::new(config, sentinels, self.home_tx.clone()));
        let master = NodeLocation::Master(Arc::clone(&masters));
        self.home = self.nodes.add(master, masters.name(), Role::Primary);
        let any = NodeLocation::AnySentinel(Arc::clone(&masters));
        self.nodes.add(any, "a sentinel", Role::Sentinel);
        let watcher = Watcher::new(masters, self.shared.report_tx.clone());
        self.nodes.query_tasks.spawn(watcher.run());
    }

    async fn step(&mut self) -> Result<(), Stopped> {
        let replacement_due = self.home_replacement_due();
        let due = replacement_due.unwrap_or_else(Instant::now);
        select! {
            command = self.command_rx.recv() => {
                self.execute(command.ok_or(Stopped)?);
                self.report_maybe_cluster().await?;
            }
            Some(report) = self.report_rx.recv() => self.handle(report).await?,
            () = sleep_until(due), if replacement_due.is_some() => self.move_home(),
        }
        Ok(())
    }

    fn execute(&mut self, command: Command) {
        match command {
            Command::Subscribe(Subscription { id, topic }) => {
                let is_searched = topic.is_searched();
                let replaced = self.wanted.insert(id, topic);
                if is_searched {
                    self.discover_channels();
                    return;
                }
                // A subscriber that delivers the replaced subscription drops it when it receives
                // the new one.
                if let Some(replaced) = replaced {
                    self.nodes.forget(replaced);
                }
                self.assign_one(id);
            }
            Command::Unsubscribe(id) => {
                let topic = self.wanted.remove(id);
                let is_searched = topic.is_some_and(|of| of.is_searched());
                if is_searched {
                    self.discover_channels();
                } else {
                    for node in self.nodes.deliverers(id) {
                        self.nodes.get(node).send(Command::Unsubscribe(id));
                    }
                    for placeholder in [NOWHERE, UPSTREAM, PREVIOUS_MASTER] {
                        let closed = self.shared.gaps().give_up(id, placeholder, Time::now());
                        self.send_notices_later(closed);
                    }
                }
                self.nodes.forget(id);
            }
            Command::LogIn { at, password } => {
                self.shared.config.target.set_typed_password(at, password);
                self.execute(Command::Reconnect);
            }
            Command::Reconnect => {
                self.nodes.reconnect();
                if let Some(poll) = &self.poll {
                    poll.retry();
                }
            }
            Command::PingOften(is_often) => {
                self.shared.pings_often.store(is_often, Relaxed);
                self.nodes.ping_often(is_often);
            }
            // These commands are sent only by this task.
            Command::Yield(_) | Command::Leave { .. } => (),
        }
    }

    async fn handle(&mut self, report: Report) -> Result<(), Stopped> {
        match report {
            Report::Live { node } => self.note_live(node),
            Report::Lost { node, attempts } => self.note_lost(node, attempts),
            Report::IsCluster => {
                self.become_cluster();
                self.report_maybe_cluster().await?;
            }
            Report::MayBeCluster(maybe_cluster) => {
                self.maybe_cluster = maybe_cluster;
                self.report_maybe_cluster().await?;
            }
            Report::Partial(partial) => self.shared.send(Feed::Partial(partial)).await?,
            Report::Located { node, address } => {
                self.nodes.note_location(node, &address);
                self.send_nodes().await?;
            }
            Report::Unanswered { asked } => self.nodes.note_round_trip(&asked, None),
            Report::Upstream(change) => self.send_notices(self.note_upstream(change)).await?,
            Report::Topology {
                asked,
                at,
                round_trip,
                topology,
            } => {
                self.note_topology(&asked, at, round_trip, topology);
                self.send_nodes().await?;
            }
            Report::MasterMoved {
                from,
                to,
                last_served,
            } => self.follow_master(&from, &to, last_served).await?,
            Report::PreviousMasterServes { server, since } => {
                self.send_notices(self.note_previous_master(&server, since))
                    .await?;
            }
            Report::PreviousMasterStopped => {
                let closed = self.shared.gaps().restore_all(PREVIOUS_MASTER, Time::now());
                self.send_notices(closed).await?;
            }
            Report::Found {
                subscription,
                found,
            } => self.send_found(subscription, found).await?,
            Report::Moved {
                node,
                subscription,
                last,
            } => {
                let opened = self.note_moved(node, subscription, last);
                self.send_notices(opened).await?;
                self.poll_soon();
                self.assign_one(subscription);
            }
        }
        Ok(())
    }

    fn note_live(&mut self, node: NodeId) {
        self.nodes.get_mut(node).lost_since = None;
        if let Some(poll) = &self.poll {
            poll.has_login.store(true, Relaxed);
        }
    }

    fn note_lost(&mut self, node: NodeId, attempts: u32) {
        let lost = &mut self.nodes.get_mut(node).lost_since;
        lost.get_or_insert_with(Instant::now);
        self.poll_soon();
        if node == self.home && attempts > 0 {
            self.move_home();
        }
    }

    fn note_topology(&mut self, asked: &Address, at: Time, took: Duration, topology: Topology) {
        self.learn(self.nodes.find(asked), at, topology);
        self.leave_lost_home();
        self.nodes.note_round_trip(asked, Some(took));
        self.redirected.clear();
        self.assign();
    }

    /// Switches to cluster mode, in which messages may come from any node.
    fn become_cluster(&mut self) {
        if self.cluster.is_some() {
            return;
        }
        self.cluster = Some(Cluster::default());
        self.poll = None;
        self.discover_channels();
    }

    /// Starts the poller if there is something to query, and sends the patterns to it.
    fn discover_channels(&mut self) {
        let mut patterns = self.wanted.subscriptions();
        patterns.retain(|of| of.topic.is_searched());
        if self.poll.is_none() && (self.cluster.is_some() || !patterns.is_empty()) {
            let wanted = Arc::<Wanted>::default();
            let poller = Poller::new(
                Arc::clone(&self.shared.config),
                Arc::clone(&wanted),
                self.shared.report_tx.clone(),
                self.home_tx.subscribe(),
                &self.seeds(),
                self.cluster.is_some(),
            );
            self.nodes.spawn_poller(poller.run());
            self.poll = Some(wanted);
        }
        if let Some(poll) = &self.poll {
            poll.discover(patterns);
        }
    }

    fn seeds(&self) -> Vec<Endpoint> {
        match &self.shared.config.target {
            Target::Cluster(nodes) => nodes.clone(),
            Target::Server(endpoint) => vec![endpoint.clone()],
            Target::Sentinel(_) => self.home_tx.borrow().iter().cloned().collect(),
        }
    }

    fn poll_soon(&self) {
        if let Some(poll) = &self.poll {
            poll.hurry.notify_one();
        }
    }
}
