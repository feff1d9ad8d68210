//! The known servers, and the status of each.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Once, Session};
use crate::app::effect::Effect;
use crate::log::{Batch, History};
use crate::message::{NodeId, Notice, Partial, Time, is_key_event};
use crate::server::{Ask, Connection, NodeFacts, Role};

/// The status of a server.
#[derive(Debug, Default)]
pub struct NodeStatus {
    /// Its role and place in the topology; `None` for a standalone server.
    pub facts: Option<NodeFacts>,
    /// The state of its subscriber connection, if there is one.
    pub connection: Option<Connection>,
    /// How long its last PING took.
    pub round_trip: Option<Duration>,
    /// When anything last arrived on its subscriber connection.
    answered: Time,
    /// When the last PING that it answered was sent. Everything sent before that has arrived.
    proven: Time,
    /// The messages that it has delivered.
    history: Option<History>,
}

impl NodeStatus {
    /// Returns the messages per second that the server delivers; `None` before the first message.
    pub fn rate(&self, now: Time) -> Option<f64> {
        Some(self.history.as_ref()?.rate(now))
    }

    fn is_live(&self) -> bool {
        self.connection == Some(Connection::Live)
    }
}

/// A server whose connection is lost or refused while others are live.
#[derive(Clone, Copy, Debug)]
pub struct LostNode<'a> {
    /// The address it reports for itself; empty if unknown.
    pub name: &'a str,
    /// The number of subscriptions that the server should serve.
    pub subscriptions: usize,
    /// The state of its connection.
    pub connection: &'a Connection,
}

/// All known servers.
#[derive(Debug, Default)]
pub struct Nodes {
    /// The servers in the order in which they became known.
    pub by_id: BTreeMap<NodeId, NodeStatus>,
}

impl Nodes {
    /// Returns the worst state of all connections. Idle ones count only if there are no others.
    fn connection(&self) -> Connection {
        let worst = self.worst().map(|(_, connection)| connection.clone());
        worst.unwrap_or_default()
    }

    fn worst(&self) -> Option<(&NodeStatus, &Connection)> {
        let nodes = self.by_id.values();
        let connections = nodes.filter_map(|node| Some((node, node.connection.as_ref()?)));
        connections.min_by_key(|(_, connection)| match connection {
            Connection::Refused { .. } => 0,
            Connection::Reconnecting { .. } => 1,
            Connection::Connecting => 2,
            Connection::Live => 3,
            Connection::Idle => 4,
        })
    }

    /// Returns the server with the worst connection if it is down while another one is live.
    pub fn lost(&self) -> Option<LostNode<'_>> {
        let (node, connection) = self.worst()?;
        let facts = node.facts.as_ref();
        (is_down(connection) && self.by_id.values().any(NodeStatus::is_live)).then(|| LostNode {
            name: facts.map_or("", |facts| &facts.name),
            subscriptions: facts.map_or(0, |facts| facts.subscriptions),
            connection,
        })
    }

    /// Returns the time of the last answer from the live server that has been silent the longest.
    pub(crate) fn answered(&self) -> Option<Time> {
        let live = self.by_id.values().filter(|node| node.is_live());
        live.map(|node| node.answered).min()
    }

    /// Returns the time before which everything that the live servers sent has arrived.
    pub(crate) fn proven(&self) -> Time {
        let live = self.by_id.values().filter(|node| node.is_live());
        live.map(|node| node.proven).min().unwrap_or_default()
    }

    /// Returns the longest round trip of all servers.
    fn round_trip(&self) -> Option<Duration> {
        self.by_id.values().filter_map(|node| node.round_trip).max()
    }
}

/// Returns whether a connection is lost or refused.
fn is_down(connection: &Connection) -> bool {
    matches!(
        connection,
        Connection::Reconnecting { .. } | Connection::Refused { .. }
    )
}

impl Session {
    pub(crate) fn note_connection(&mut self, id: NodeId, connection: Connection) {
        // A server that has left the cluster sends one last update.
        let is_last = connection == Connection::Idle && !self.server.nodes.by_id.contains_key(&id);
        if is_last && !self.server.nodes.by_id.is_empty() {
            return;
        }
        let node = self.server.nodes.by_id.entry(id).or_default();
        if connection == Connection::Live {
            self.server.live_since = self.now;
            node.answered = self.now;
        } else {
            node.round_trip = None;
        }
        if is_down(&connection) {
            self.server.trouble = None;
        }
        node.connection = Some(connection);
        self.server.connection = self.server.nodes.connection();
        self.server.round_trip = self.server.nodes.round_trip();
    }

    pub(crate) fn note_round_trip(&mut self, id: NodeId, asked: Time, time: Duration) {
        let node = self.server.nodes.by_id.entry(id).or_default();
        node.proven = asked;
        node.round_trip = Some(time);
        node.answered = self.now;
        self.server.round_trip = self.server.nodes.round_trip();
    }

    /// Records a sign of life from one server, which proves nothing about the others.
    pub(crate) fn note_sign_of_life(&mut self, id: NodeId) {
        if let Some(node) = self.server.nodes.by_id.get_mut(&id) {
            node.answered = self.now;
        }
    }

    /// Restarts measuring the silence of every server.
    pub(crate) fn restart_silence(&mut self) {
        for node in self.server.nodes.by_id.values_mut() {
            node.answered = self.now;
        }
    }

    /// Returns how long a server has been silent, if it is live and an answer is overdue.
    pub fn unanswered_by(&self, node: &NodeStatus) -> Option<Duration> {
        self.silence_since(node.answered).filter(|_| node.is_live())
    }

    pub(crate) fn note_nodes(&mut self, facts: Vec<NodeFacts>) {
        let nodes = &mut self.server.nodes.by_id;
        // Forget servers that have left the cluster.
        let is_listed = |id: &NodeId| facts.iter().any(|facts| facts.node == *id);
        nodes.retain(|id, node| node.facts.is_none() || is_listed(id));
        for facts in facts {
            let node = nodes.entry(facts.node).or_default();
            node.facts = Some(facts);
        }
        self.server.connection = self.server.nodes.connection();
        self.server.round_trip = self.server.nodes.round_trip();
    }

    /// Counts the messages of a batch for the server that delivered it.
    pub(crate) fn count_for_node(&mut self, batch: &Batch) {
        let messages = u32::try_from(batch.messages()).unwrap_or(u32::MAX);
        if messages == 0 {
            return;
        }
        let now = self.now;
        let node = self.server.nodes.by_id.entry(batch.source).or_default();
        let start = || History::starting_at(now);
        node.history.get_or_insert_with(start).add(now, messages);
    }

    /// Returns the question, once per session, whether the server sends keyspace events, if `batch`
    /// confirms a subscription to them.
    pub(crate) fn ask_about_key_events(&mut self, batch: &Batch) -> Option<Effect> {
        let is_meant = |notice: &Notice| match notice {
            Notice::Subscribed { subscription, .. } => is_key_event(&subscription.topic.name),
            _ => false,
        };
        let asks = batch.notices().iter().any(is_meant) && self.told.once.insert(Once::KeyEvents);
        asks.then_some(Effect::Ask(Ask::KeyEvents))
    }

    /// Returns a notice, once per session, if key events come from only one of several primaries:
    /// nodes do not forward them, and a pattern such as `*` is subscribed to on only one node.
    pub(crate) fn note_of_one_primary(&mut self, batch: &Batch) -> Option<Notice> {
        if self.told.once.contains(&Once::OnePrimary) || !batch.channel_names().any(is_key_event) {
            return None;
        }
        let nodes = &self.server.nodes.by_id;
        let facts = nodes.values().filter_map(|node| node.facts.as_ref());
        let is_primary = |facts: &&NodeFacts| facts.role == Role::Primary;
        let primaries = facts.filter(is_primary).count();
        let mut listed = self.subscriptions.listed();
        let is_meant =
            listed.any(|(_, topic, state)| !state.is_over() && is_key_event(&topic.name));
        if primaries < 2 || is_meant {
            return None;
        }
        let source = nodes.get(&batch.source)?.facts.as_ref()?;
        self.told.once.insert(Once::OnePrimary);
        Some(Notice::Partial(Partial::KeysOfOneNode(source.name.clone())))
    }
}
