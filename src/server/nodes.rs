//! The servers that are known, and the subscribers that listen to those that bring anything.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::{Sender, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::endpoint::{Address, Endpoint};
use super::gaps::SharedGaps;
use super::node::{NodeHandle, NodeLocation, Report};
use super::subscriber::Subscriber;
use super::topology::{Health, Member};
use super::{Command, Config, Counters, Feed, NodeFacts, Role};
use crate::message::{NodeId, Subscription, SubscriptionId};

/// A server.
pub(super) struct Node {
    place: NodeLocation,
    /// What it is called.
    name: Box<str>,
    role: Role,
    health: Health,
    slots: Vec<RangeInclusive<u16>>,
    /// Where the cluster says that it is, once it has said anything of it.
    member_address: Option<Address>,
    /// Whether the cluster knows it no more.
    is_gone: bool,
    /// Its subscriber, once it has had anything to bring.
    command_tx: Option<UnboundedSender<Command>>,
    /// What it brings, or is asked to bring.
    pub(super) carries: BTreeSet<SubscriptionId>,
    /// What it is to let go of, and has not yet.
    yielding: BTreeSet<SubscriptionId>,
    /// Since when its connection is lost.
    pub(super) lost_since: Option<Instant>,
    /// How long it took to answer the last question.
    pub(super) round_trip: Option<Duration>,
}

impl Node {
    /// Where it is, if that never changes.
    pub(super) fn endpoint(&self) -> Option<&Endpoint> {
        match &self.place {
            NodeLocation::At(endpoint) => Some(endpoint),
            NodeLocation::Master(_) | NodeLocation::AnySentinel(_) | NodeLocation::Home(_) => None,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where the cluster says that it is, or has said.
    pub(super) fn member_address(&self) -> Option<&Address> {
        self.member_address.as_ref()
    }

    /// Whether the cluster knows it no more.
    pub(super) fn is_gone(&self) -> bool {
        self.is_gone
    }

    pub(super) fn is_primary(&self) -> bool {
        self.role == Role::Primary
    }

    pub(super) fn health(&self) -> Health {
        self.health
    }

    /// Takes over what the cluster says of it.
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

/// All servers that are known, by their ids.
pub(super) struct Nodes {
    config: Arc<Config>,
    feed_tx: Sender<Feed>,
    report_tx: UnboundedSender<Report>,
    gaps: SharedGaps,
    counters: Arc<Counters>,
    answering: Arc<Notify>,
    /// Whether no more than one is listened to.
    alone: Arc<AtomicBool>,
    all: Vec<Node>,
    by_address: HashMap<Address, NodeId>,
    subscribers: JoinSet<()>,
    /// Those that only ask. They end when this is dropped.
    askers: JoinSet<()>,
    poller: Option<AbortHandle>,
}

impl Nodes {
    pub(super) fn new(
        config: Arc<Config>,
        feed_tx: Sender<Feed>,
        report_tx: UnboundedSender<Report>,
        gaps: SharedGaps,
        counters: Arc<Counters>,
        answering: Arc<Notify>,
    ) -> Self {
        Self {
            config,
            feed_tx,
            report_tx,
            gaps,
            counters,
            answering,
            alone: Arc::new(AtomicBool::new(true)),
            all: Vec::new(),
            by_address: HashMap::new(),
            subscribers: JoinSet::new(),
            askers: JoinSet::new(),
            poller: None,
        }
    }

    pub(super) fn get(&self, id: NodeId) -> &Node {
        &self.all[usize::from(id.0)]
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.all[usize::from(id.0)]
    }

    pub(super) fn find(&self, address: &Address) -> Option<NodeId> {
        self.by_address.get(address).copied()
    }

    /// The id of the server at `place`, which is known from now on.
    pub(super) fn add(&mut self, place: NodeLocation, name: &str, role: Role) -> NodeId {
        let id = NodeId(u16::try_from(self.all.len()).unwrap_or(u16::MAX - 1));
        self.all.push(Node {
            place,
            name: name.into(),
            role,
            health: Health::Well,
            slots: Vec::new(),
            member_address: None,
            is_gone: false,
            command_tx: None,
            carries: BTreeSet::new(),
            yielding: BTreeSet::new(),
            lost_since: None,
            round_trip: None,
        });
        id
    }

    /// The id of the server at `endpoint`, which is known from now on.
    pub(super) fn know(&mut self, endpoint: Endpoint) -> NodeId {
        let address = endpoint.address().clone();
        if let Some(known) = self.find(&address) {
            return known;
        }
        let name = address.to_string();
        let id = self.add(NodeLocation::At(endpoint), &name, Role::Single);
        self.by_address.insert(address, id);
        id
    }

    /// Notes that a server is at `address` as well: the others call it so.
    pub(super) fn also_at(&mut self, id: NodeId, address: &Address) {
        if self.find(address).is_none() {
            self.by_address.insert(address.clone(), id);
            self.get_mut(id).name = address.to_string().into();
        }
    }

    /// Notes that a server that may be elsewhere at another time was reached at `address`.
    pub(super) fn note_place(&mut self, id: NodeId, address: &Address) {
        let node = self.get_mut(id);
        if let Some(name) = node.place.name_at(address) {
            node.name = name.into();
        }
    }

    /// Takes over what the cluster says of its nodes. Those that are new are reached like `model`.
    pub(super) fn note_members(&mut self, members: &[Member], model: &Endpoint) {
        for node in &mut self.all {
            node.is_gone = node.member_address.is_some();
        }
        for member in members {
            let id = self.know(model.at(member.address.clone()));
            self.get_mut(id).note(member);
        }
    }

    /// The servers that nothing is to be listened to at but what no other has.
    pub(super) fn with_role(&self, role: Role) -> Option<NodeId> {
        let index = self.all.iter().position(|node| node.role == role)?;
        Some(NodeId(u16::try_from(index).ok()?))
    }

    /// The servers that bring a subscription, or are asked to.
    pub(super) fn carriers(&self, id: SubscriptionId) -> Vec<NodeId> {
        (0..)
            .zip(&self.all)
            .filter(|(_, node)| node.carries.contains(&id))
            .map(|(index, _)| NodeId(index))
            .collect()
    }

    /// Starts the subscriber of a server.
    pub(super) fn start(&mut self, id: NodeId, subscriptions: Vec<Subscription>) {
        let node = &mut self.all[usize::from(id.0)];
        node.carries.extend(subscriptions.iter().map(|of| of.id));
        let (command_tx, command_rx) = unbounded_channel();
        node.command_tx = Some(command_tx);
        let handle = NodeHandle {
            node: id,
            place: node.place.clone(),
            name: node.name.clone(),
            gaps: self.gaps.clone(),
            report_tx: self.report_tx.clone(),
            alone: Arc::clone(&self.alone),
        };
        let subscriber = Subscriber::new(
            Arc::clone(&self.config),
            handle,
            subscriptions,
            self.feed_tx.clone(),
            command_rx,
            Arc::clone(&self.counters),
            Arc::clone(&self.answering),
        );
        self.subscribers.spawn(subscriber.run());
    }

    /// Asks a server to bring a subscription.
    pub(super) fn subscribe_at(&mut self, id: NodeId, subscription: Subscription) {
        let node = self.get_mut(id);
        node.carries.insert(subscription.id);
        match &node.command_tx {
            Some(command_tx) => {
                let _ = command_tx.send(Command::Subscribe(subscription));
            }
            None => self.start(id, vec![subscription]),
        }
    }

    /// Asks a server to let go of a subscription, once.
    pub(super) fn yield_at(&mut self, id: NodeId, subscription: SubscriptionId) {
        let node = self.get_mut(id);
        if node.yielding.insert(subscription)
            && let Some(command_tx) = &node.command_tx
        {
            let _ = command_tx.send(Command::Yield(subscription));
        }
    }

    /// A server has let go of a subscription, or never had it.
    pub(super) fn note_yielded(&mut self, id: NodeId, subscription: SubscriptionId) {
        let node = self.get_mut(id);
        node.carries.remove(&subscription);
        node.yielding.remove(&subscription);
    }

    /// Tells all servers that bring a subscription.
    pub(super) fn command_carriers(&self, id: SubscriptionId, command: &Command) {
        for carrier in self.carriers(id) {
            if let Some(command_tx) = &self.get(carrier).command_tx {
                let _ = command_tx.send(command.clone());
            }
        }
    }

    /// Whether any server is listened to.
    pub(super) fn is_listening(&self) -> bool {
        self.all.iter().any(|node| node.command_tx.is_some())
    }

    /// Tells one server.
    pub(super) fn command(&self, id: NodeId, command: Command) {
        if let Some(command_tx) = &self.get(id).command_tx {
            let _ = command_tx.send(command);
        }
    }

    /// Tells all servers that are listened to.
    pub(super) fn command_all(&self, command: &Command) {
        for command_tx in self.all.iter().filter_map(|node| node.command_tx.as_ref()) {
            let _ = command_tx.send(command.clone());
        }
    }

    /// Forgets who brings a subscription.
    pub(super) fn forget(&mut self, id: SubscriptionId) {
        for node in &mut self.all {
            node.carries.remove(&id);
            node.yielding.remove(&id);
        }
    }

    /// Takes note of how many servers are listened to.
    pub(super) fn note_alone(&self) {
        let listened = self.all.iter().filter(|node| node.command_tx.is_some());
        self.alone.store(listened.count() <= 1, Relaxed);
    }

    /// What there is to say of all servers that have not left the cluster.
    pub(super) fn facts(&self, home: NodeId) -> Vec<NodeFacts> {
        (0..)
            .zip(&self.all)
            .filter(|(_, node)| !node.is_gone || !node.carries.is_empty())
            .map(|(index, node)| NodeFacts {
                node: NodeId(index),
                name: node.name.clone(),
                role: node.role,
                health: node.health,
                slots: node.slots.clone(),
                subscriptions: node.carries.len(),
                is_home: NodeId(index) == home,
                round_trip: node.round_trip,
            })
            .collect()
    }

    /// Runs what asks and does not listen beside the subscribers.
    pub(super) fn spawn_asker(&mut self, asker: impl Future<Output = ()> + Send + 'static) {
        self.askers.spawn(asker);
    }

    /// The same of the poller, which takes the place of the one before.
    pub(super) fn spawn_poller(&mut self, poller: impl Future<Output = ()> + Send + 'static) {
        if let Some(before) = self.poller.replace(self.askers.spawn(poller)) {
            before.abort();
        }
    }

    /// Ends all subscribers and waits for them.
    pub(super) async fn stop(mut self) {
        for node in &mut self.all {
            node.command_tx = None;
        }
        while self.subscribers.join_next().await.is_some() {}
    }
}
