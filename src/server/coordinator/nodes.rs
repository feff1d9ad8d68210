//! The known servers, and the subscribers of those that deliver messages.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::message::{NodeId, Subscription, SubscriptionId};
use crate::server::cluster::topology::Member;
use crate::server::connect::{Address, Endpoint};
use crate::server::feed::{Command, Health, NodeFacts, Role};
use crate::server::node_location::NodeLocation;
use crate::server::shared::Shared;
use crate::server::subscriber::Subscriber;
use crate::server::subscriber::node_handle::NodeHandle;

/// A known server.
pub(crate) struct Node {
    location: NodeLocation,
    /// Display name.
    pub(crate) name: Box<str>,
    role: Role,
    pub(crate) health: Health,
    slots: Vec<RangeInclusive<u16>>,
    /// The latest address that the cluster reported for the node, if any.
    pub(crate) member_address: Option<Address>,
    /// Whether the cluster no longer lists the node.
    pub(crate) is_gone: bool,
    /// Sends commands to the node's subscriber. Set once the subscriber has been started.
    command_tx: Option<UnboundedSender<Command>>,
    /// Subscriptions that the node delivers or was asked to deliver.
    delivers: BTreeSet<SubscriptionId>,
    /// Subscriptions that the node was asked to drop and has not dropped yet.
    yielding: BTreeSet<SubscriptionId>,
    /// The time when the connection was lost, if it is lost.
    pub(crate) lost_since: Option<Instant>,
    /// Round-trip time of the latest query, if it was answered.
    round_trip: Option<Duration>,
}

impl Node {
    /// Returns the endpoint, if it is fixed.
    pub(crate) fn endpoint(&self) -> Option<&Endpoint> {
        match &self.location {
            NodeLocation::At(endpoint) => Some(endpoint),
            NodeLocation::Master(_) | NodeLocation::AnySentinel(_) | NodeLocation::Home(_) => None,
        }
    }

    pub(crate) fn is_primary(&self) -> bool {
        self.role == Role::Primary
    }

    /// Sends a command to the node's subscriber, if it has one.
    pub(crate) fn send(&self, command: Command) {
        if let Some(command_tx) = &self.command_tx {
            // A subscriber ends only at shutdown.
            let _ = command_tx.send(command);
        }
    }

    /// Applies the cluster's information about the node.
    fn note(&mut self, member: &Member) {
        self.member_address = Some(member.address.clone());
        self.is_gone = false;
        self.role = if member.is_primary {
            Role::Primary
        } else {
            Role::Replica
        };
        self.health = member.health;
        self.slots.clone_from(&member.slots);
    }
}

/// All known servers. A node's id is its index.
pub(crate) struct Nodes {
    shared: Shared,
    /// Whether at most one server has a subscriber.
    alone: Arc<AtomicBool>,
    all: Vec<Node>,
    by_address: HashMap<Address, NodeId>,
    subscribers: JoinSet<()>,
    /// Tasks that only send queries. They are aborted when this set is dropped.
    pub(crate) query_tasks: JoinSet<()>,
    poller: Option<AbortHandle>,
}

impl Nodes {
    pub(crate) fn new(shared: Shared) -> Self {
        Self {
            shared,
            alone: Arc::new(AtomicBool::new(true)),
            all: Vec::new(),
            by_address: HashMap::new(),
            subscribers: JoinSet::new(),
            query_tasks: JoinSet::new(),
            poller: None,
        }
    }

    pub(crate) fn get(&self, id: NodeId) -> &Node {
        &self.all[usize::from(id.0)]
    }

    pub(crate) fn get_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.all[usize::from(id.0)]
    }

    pub(crate) fn find(&self, address: &Address) -> Option<NodeId> {
        self.by_address.get(address).copied()
    }

    /// Adds a server and returns its id.
    pub(crate) fn add(&mut self, location: NodeLocation, name: &str, role: Role) -> NodeId {
        let id = NodeId(u16::try_from(self.all.len()).unwrap_or(u16::MAX - 1));
        self.all.push(Node {
            location,
            name: name.into(),
            role,
            health: Health::Well,
            slots: Vec::new(),
            member_address: None,
            is_gone: false,
            command_tx: None,
            delivers: BTreeSet::new(),
            yielding: BTreeSet::new(),
            lost_since: None,
            round_trip: None,
        });
        id
    }

    /// Returns the id of the server at `endpoint`, adding it if it is unknown.
    pub(crate) fn find_or_add(&mut self, endpoint: Endpoint) -> NodeId {
        let address = endpoint.address().clone();
        if let Some(known) = self.find(&address) {
            return known;
        }
        let name = address.to_string();
        let id = self.add(NodeLocation::At(endpoint), &name, Role::Single);
        self.by_address.insert(address, id);
        id
    }

    /// Records that the other nodes also know a server by `address`.
    pub(crate) fn add_address(&mut self, id: NodeId, address: &Address) {
        if self.find(address).is_none() {
            self.by_address.insert(address.clone(), id);
            self.get_mut(id).name = address.to_string().into();
        }
    }

    /// Records how long the server at `address` took to answer a query; `None` if it did not
    /// answer.
    pub(crate) fn note_round_trip(&mut self, address: &Address, time: Option<Duration>) {
        if let Some(node) = self.find(address) {
            self.get_mut(node).round_trip = time;
        }
    }

    /// Records that a server with a changing location was reached at `address`.
    pub(crate) fn note_location(&mut self, id: NodeId, address: &Address) {
        let node = self.get_mut(id);
        if let Some(name) = node.location.name_at(address) {
            node.name = name.into();
        }
    }

    /// Applies the cluster's list of nodes. New nodes get the login of `model`.
    pub(crate) fn note_members(&mut self, members: &[Member], model: &Endpoint) {
        for node in &mut self.all {
            node.is_gone = node.member_address.is_some();
        }
        for member in members {
            let id = self.find_or_add(model.at(member.address.clone()));
            self.get_mut(id).note(member);
        }
    }

    /// Returns the first node with this role.
    pub(crate) fn with_role(&self, role: Role) -> Option<NodeId> {
        let mut nodes = self.with_ids();
        Some(nodes.find(|(_, node)| node.role == role)?.0)
    }

    /// Returns the nodes that deliver a subscription or were asked to deliver it.
    pub(crate) fn deliverers(&self, id: SubscriptionId) -> Vec<NodeId> {
        let nodes = self.with_ids();
        let delivering = nodes.filter(|(_, node)| node.delivers.contains(&id));
        delivering.map(|(node, _)| node).collect()
    }

    fn with_ids(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        (0..).map(NodeId).zip(&self.all)
    }

    /// Starts the subscriber of a node.
    pub(crate) fn start(&mut self, id: NodeId, subscriptions: Vec<Subscription>) {
        let node = &mut self.all[usize::from(id.0)];
        node.delivers.extend(subscriptions.iter().map(|of| of.id));
        let (command_tx, command_rx) = unbounded_channel();
        node.command_tx = Some(command_tx);
        let handle = NodeHandle {
            node: id,
            location: node.location.clone(),
            name: node.name.clone(),
            shared: self.shared.clone(),
            alone: Arc::clone(&self.alone),
        };
        let subscriber = Subscriber::new(handle, subscriptions, command_rx);
        self.subscribers.spawn(subscriber.run());
    }

    /// Asks a node to deliver a subscription.
    pub(crate) fn subscribe_at(&mut self, id: NodeId, subscription: Subscription) {
        let node = self.get_mut(id);
        node.delivers.insert(subscription.id);
        if node.command_tx.is_some() {
            node.send(Command::Subscribe(subscription));
        } else {
            self.start(id, vec![subscription]);
        }
    }

    /// Asks a node to drop a subscription, unless the node was already asked.
    pub(crate) fn yield_at(&mut self, id: NodeId, subscription: SubscriptionId) {
        let node = self.get_mut(id);
        if node.yielding.insert(subscription) {
            node.send(Command::Yield(subscription));
        }
    }

    /// Records that a node no longer delivers a subscription, or never did.
    pub(crate) fn note_yielded(&mut self, id: NodeId, subscription: SubscriptionId) {
        let node = self.get_mut(id);
        node.delivers.remove(&subscription);
        node.yielding.remove(&subscription);
    }

    /// Returns whether any node has a subscriber.
    pub(crate) fn is_listening(&self) -> bool {
        self.all.iter().any(|node| node.command_tx.is_some())
    }

    /// Makes all subscribers reconnect without waiting.
    pub(crate) fn reconnect(&self) {
        for node in &self.all {
            node.send(Command::Reconnect);
        }
    }

    /// Changes how often all subscribers send a PING.
    pub(crate) fn ping_often(&self, is_often: bool) {
        for node in &self.all {
            node.send(Command::PingOften(is_often));
        }
    }

    /// Removes a subscription from all nodes.
    pub(crate) fn forget(&mut self, id: SubscriptionId) {
        for node in &mut self.all {
            node.delivers.remove(&id);
            node.yielding.remove(&id);
        }
    }

    /// Updates whether there is at most one subscribed server.
    pub(crate) fn note_alone(&self) {
        let subscribed = self.all.iter().filter(|node| node.command_tx.is_some());
        self.alone.store(subscribed.count() <= 1, Relaxed);
    }

    /// Returns facts about all nodes, except those that have left the cluster and deliver nothing.
    pub(crate) fn facts(&self, home: NodeId) -> Vec<NodeFacts> {
        self.with_ids()
            .filter(|(_, node)| !node.is_gone || !node.delivers.is_empty())
            .map(|(id, node)| NodeFacts {
                node: id,
                name: node.name.clone(),
                role: node.role,
                health: node.health,
                slots: node.slots.clone(),
                subscriptions: node.delivers.len(),
                is_home: id == home,
                round_trip: node.round_trip,
            })
            .collect()
    }

    /// Spawns the poller, replacing the previous one.
    pub(crate) fn spawn_poller(&mut self, poller: impl Future<Output = ()> + Send + 'static) {
        if let Some(before) = self.poller.replace(self.query_tasks.spawn(poller)) {
            before.abort();
        }
    }

    /// Stops all subscribers and waits for them to end.
    pub(crate) async fn stop(mut self) {
        for node in &mut self.all {
            node.command_tx = None;
        }
        while self.subscribers.join_next().await.is_some() {}
    }
}
