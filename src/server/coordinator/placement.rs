//! Assigns each subscription to the servers that deliver it, and reassigns it when the topology
//! changes.
//!
//! A standalone server delivers everything. In a cluster, ordinary channels and patterns are
//! received from one node, the home node, since an ordinary publish reaches every node. A sharded
//! channel is received from the owner of its slot, and key events from all primaries, since each
//! primary emits only its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    Address, Cluster, Coordinator, Duration, Health, Instant, Loss, NOWHERE, Role, Topology,
    slot_of,
};
use crate::message::{
    GapCause, GapReason, MoveReason, MovedTopic, NodeId, Notice, Subscription, SubscriptionId,
    SubscriptionKind, Time, Topic, is_key_event,
};

/// Maximum time until all connected cluster nodes have learned that a slot has moved.
const MAX_NEWS_DELAY: Duration = Duration::from_secs(1);

/// How long the home node may be lost before another node replaces it.
const REPLACE_HOME_AFTER: Duration = Duration::from_secs(1);

/// Which servers can deliver a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// No server directly: the matching channels are discovered and subscribed to one by one.
    Search,
    /// A sentinel.
    Sentinel,
    /// The primary that serves this slot.
    Owner(u16),
    /// All primaries together.
    Primaries,
    /// Any node.
    Home,
}

impl Source {
    fn of(topic: &Topic) -> Self {
        match topic.kind {
            SubscriptionKind::ShardPattern | SubscriptionKind::Polled => Self::Search,
            SubscriptionKind::Sentinel => Self::Sentinel,
            SubscriptionKind::Shard => Self::Owner(slot_of(&topic.name)),
            _ if is_key_event(&topic.name) => Self::Primaries,
            _ => Self::Home,
        }
    }

    fn slot(self) -> Option<u16> {
        match self {
            Self::Owner(slot) => Some(slot),
            _ => None,
        }
    }
}

/// Returns whether the placement of `topic` depends on whether the server belongs to a cluster,
/// where other nodes may deliver messages that the home node does not.
pub(super) fn depends_on_cluster(topic: &Topic) -> bool {
    match Source::of(topic) {
        Source::Search | Source::Owner(_) | Source::Primaries => true,
        Source::Sentinel | Source::Home => false,
    }
}

/// When it was first decided to move each subscription away from a node that may still serve it.
#[derive(Debug, Default)]
pub(super) struct Leaving(BTreeMap<(SubscriptionId, NodeId), Instant>);

impl Leaving {
    /// Returns when it was first decided to move the subscription away from the node. If it was
    /// decided only now, adds an entry with the time `now`.
    fn since(&mut self, node: NodeId, id: SubscriptionId, now: Instant) -> Instant {
        *self.0.entry((id, node)).or_insert(now)
    }

    fn remove(&mut self, node: NodeId, id: SubscriptionId) {
        self.0.remove(&(id, node));
    }

    /// Removes the entries of a subscription, except those for `nodes`.
    fn keep(&mut self, id: SubscriptionId, nodes: &[NodeId]) {
        let all = (id, NodeId(u16::MIN))..=(id, NodeId(u16::MAX));
        let entries = self.0.range(all).map(|(entry, _)| *entry);
        let over: Vec<_> = entries.filter(|(_, node)| !nodes.contains(node)).collect();
        for entry in over {
            self.0.remove(&entry);
        }
    }
}

impl Coordinator {
    /// Applies a topology that a node returned in response to a query sent at `at`, unless the
    /// topology is outdated.
    pub(super) fn learn(&mut self, asked: Option<NodeId>, at: Time, topology: Topology) {
        let Some(cluster) = &mut self.cluster else {
            return;
        };
        if !cluster.learn(topology, at) {
            return;
        }
        let topology = &cluster.topology;
        if let (Some(asked), Some(myself)) = (asked, &topology.myself) {
            self.nodes.add_address(asked, myself);
        }
        let Some(model) = self.nodes.get(self.home).endpoint().cloned() else {
            return;
        };
        self.nodes.note_members(&topology.nodes, &model);
        self.shared.topology_tx.send_replace(topology.clone());
    }

    /// Leaves the home node once the other nodes consider it failed. It may still respond, but
    /// receives nothing that is published elsewhere.
    pub(super) fn leave_lost_home(&mut self) {
        let Some((cluster, address)) = self.member(self.home) else {
            return;
        };
        let home = self.nodes.get(self.home);
        if home.is_gone || home.health == Health::Failed {
            self.left_home = Some((self.home, cluster.in_contact_until(address)));
            self.move_home();
        }
    }

    /// Records that `node` no longer delivers a subscription. `last` is the time when the node last
    /// served it and the time up to which everything was received, or `None` if the node never
    /// served it. Returns the gap that this opens or moves to an earlier start.
    pub(super) fn note_moved(
        &mut self,
        node: NodeId,
        id: SubscriptionId,
        last: Option<(Time, Time)>,
    ) -> Option<Notice> {
        self.nodes.note_yielded(node, id);
        self.leaving.remove(node, id);
        let topic = self.wanted.get(id)?.clone();
        self.redirected.insert(id);
        let mut gaps = self.shared.gaps();
        if gaps.is_missing(id, node) || gaps.is_missing(id, NOWHERE) {
            gaps.hand_over(id, node, &[NOWHERE]);
            // The node may have gone on answering after another node had replaced it, so the gap
            // may have started earlier.
            return gaps.start_by(id, NOWHERE, self.replaced_after(node, &topic)?);
        }
        let (last_served, heard_until) = last?;
        if Source::of(&topic) == Source::Primaries && self.has_others_and_was_well(node, id) {
            return None;
        }
        let served_until = self.served_until(node, &topic, last_served);
        let loss = Loss {
            last_heard: served_until.min(heard_until),
            cause: self.move_cause(&topic, node),
            reason: moved(&topic, MoveReason::TakenOver),
        };
        Some(gaps.lose_to_others(NOWHERE, id, loss, Time::now()))
    }

    /// Returns whether `node` was a healthy primary, and other nodes still deliver the
    /// subscription. If so, the only messages that can be missed are those of slots that move to a
    /// new node.
    fn has_others_and_was_well(&self, node: NodeId, id: SubscriptionId) -> bool {
        let member = self.member(node);
        member.is_some_and(|(cluster, address)| cluster.was_primary(address))
            && self.nodes.get(node).health == Health::Well
            && !self.nodes.deliverers(id).is_empty()
    }

    /// Returns the time up to which `node` certainly delivered all of `topic`, if other nodes
    /// report that it no longer does.
    fn replaced_after(&self, node: NodeId, topic: &Topic) -> Option<Time> {
        let source = Source::of(topic);
        if !matches!(source, Source::Owner(_) | Source::Primaries) {
            return None;
        }
        let (cluster, address) = self.member(node)?;
        cluster.replaced_after(address, source.slot())
    }

    /// Returns the time until which `node` certainly delivered all of `topic`. `last_served` is the
    /// last time when it is known to have delivered `topic`.
    fn served_until(&self, node: NodeId, topic: &Topic, last_served: Time) -> Time {
        let source = Source::of(topic);
        match (source, self.member(node), self.left_home) {
            (Source::Owner(_) | Source::Primaries, Some((cluster, address)), _) => {
                cluster.served_until(address, source.slot(), last_served)
            }
            (Source::Home, _, Some((home, until))) if home == node => until,
            _ => last_served,
        }
    }

    /// Returns the cluster and the address of a node in it, if both are known.
    fn member(&self, node: NodeId) -> Option<(&Cluster, &Address)> {
        let address = self.nodes.get(node).member_address.as_ref();
        self.cluster.as_ref().zip(address)
    }

    /// Returns the servers that should deliver `topic`; empty if none is known.
    fn deliverers_of(&self, topic: &Topic) -> Vec<NodeId> {
        let source = Source::of(topic);
        if source == Source::Sentinel {
            return self.nodes.with_role(Role::Sentinel).into_iter().collect();
        }
        let Some(cluster) = &self.cluster else {
            return vec![self.home];
        };
        let topology = &cluster.topology;
        let node = |address| self.nodes.find(address);
        match source {
            Source::Search => Vec::new(),
            Source::Owner(slot) => topology
                .owner(slot)
                .and_then(|owner| node(&owner.address))
                .into_iter()
                .collect(),
            Source::Primaries if !topology.nodes.is_empty() => topology
                .primaries()
                // A primary that was replaced while it was down has no messages to deliver.
                .filter(|primary| primary.health != Health::Failed || !primary.slots.is_empty())
                .filter_map(|primary| node(&primary.address))
                .collect(),
            _ => vec![self.home],
        }
    }

    /// Assigns every subscription to the servers that should deliver it.
    pub(super) fn assign(&mut self) {
        for subscription in self.wanted.subscriptions() {
            self.place(subscription);
        }
        self.nodes.note_alone();
    }

    /// Assigns one subscription, if it still exists.
    pub(super) fn assign_one(&mut self, id: SubscriptionId) {
        if let Some(topic) = self.wanted.get(id).cloned() {
            self.place(Subscription { id, topic });
        }
        self.nodes.note_alone();
    }

    fn place(&mut self, Subscription { id, topic }: Subscription) {
        if topic.is_searched() || self.redirected.contains(&id) {
            return;
        }
        let wanted = self.deliverers_of(&topic);
        let current = self.nodes.deliverers(id);
        if wanted.is_empty() {
            return;
        }
        let (stay, leave): (Vec<_>, Vec<_>) =
            current.into_iter().partition(|node| wanted.contains(node));
        self.leaving.keep(id, &leave);
        for node in &leave {
            if !self.may_still_serve(*node, id, &topic) {
                // No other node is asked to deliver the subscription until the subscriber reports
                // that it has unsubscribed.
                self.nodes.yield_at(*node, id);
            }
        }
        if !leave.is_empty() {
            return;
        }
        let (stay, new): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|node| stay.contains(node));
        if new.is_empty() && !stay.is_empty() {
            // The remaining nodes deliver the whole topic.
            let closed = self.shared.gaps().restore(id, NOWHERE, Time::now());
            self.send_notices_later(closed);
        }
        if !stay.is_empty() {
            let opened = self.note_newcomers(id, &topic, &new);
            self.send_notices_later(opened.into_iter().collect());
        }
        self.shared.gaps().hand_over(id, NOWHERE, &new);
        for node in new {
            let topic = topic.clone();
            self.nodes.subscribe_at(node, Subscription { id, topic });
        }
    }

    /// Returns whether `node` may still serve a slot that other nodes report as moved. Until `node`
    /// learns of the move and reports it, it accepts messages published to that slot.
    fn may_still_serve(&mut self, node: NodeId, id: SubscriptionId, topic: &Topic) -> bool {
        let known = self.nodes.get(node);
        let is_well = known.health == Health::Well && known.is_primary() && !known.is_gone;
        if !is_well || known.lost_since.is_some() || topic.kind != SubscriptionKind::Shard {
            return false;
        }
        let now = Instant::now();
        now < self.leaving.since(node, id, now) + MAX_NEWS_DELAY
    }

    /// Records that `nodes`, which had no subscription to `topic`, have started to serve part of
    /// it. Returns the gap that this opens.
    fn note_newcomers(
        &self,
        id: SubscriptionId,
        topic: &Topic,
        nodes: &[NodeId],
    ) -> Option<Notice> {
        let cluster = self.cluster.as_ref()?;
        let others_until = |node: &NodeId| {
            let node = self.nodes.get(*node);
            let until = cluster.others_until(node.member_address.as_ref()?)?;
            Some((until, &node.name))
        };
        let (last_heard, name) = nodes.iter().filter_map(others_until).min()?;
        let mut gaps = self.shared.gaps();
        if gaps.is_missing(id, NOWHERE) {
            return None;
        }
        let loss = Loss {
            last_heard,
            cause: GapCause::SlotsAcquired(name.clone()),
            reason: moved(topic, MoveReason::NotSubscribedBefore),
        };
        Some(gaps.lose_to_others(NOWHERE, id, loss, Time::now()))
    }

    /// Returns when another node is due to replace the home node. Returns `None` if the home node
    /// is not lost or no other node can replace it.
    pub(super) fn home_replacement_due(&self) -> Option<Instant> {
        let lost_since = self.nodes.get(self.home).lost_since?;
        self.other_home().map(|_| lost_since + REPLACE_HOME_AFTER)
    }

    /// Returns another node for ordinary channels, preferably a primary.
    fn other_home(&self) -> Option<NodeId> {
        let topology = &self.cluster.as_ref()?.topology;
        let others = topology.nodes.iter().filter_map(|member| {
            let node = self.nodes.find(&member.address)?;
            let is_lost = self.nodes.get(node).lost_since.is_some();
            let is_usable = node != self.home && !is_lost && member.health == Health::Well;
            is_usable.then_some((!member.is_primary, node))
        });
        others.min().map(|(_, node)| node)
    }

    /// Makes another node the home node, if there is one.
    pub(super) fn move_home(&mut self) {
        if let Some(home) = self.other_home() {
            self.home = home;
            self.home_tx
                .send_replace(self.nodes.get(home).endpoint().cloned());
            self.assign();
        }
    }

    /// Returns the cause of the gap that opens when `node` no longer delivers `topic`.
    fn move_cause(&self, topic: &Topic, node: NodeId) -> GapCause {
        let node = self.nodes.get(node).name.clone();
        match Source::of(topic) {
            Source::Owner(slot) => GapCause::SlotLeft(slot, node),
            Source::Primaries => GapCause::NoKeyEvents(node),
            _ => GapCause::NodeCutOff(node),
        }
    }
}

/// Returns the lost topic and the reason, which for a sharded channel is always that its slot
/// moved.
fn moved(topic: &Topic, reason: MoveReason) -> GapReason {
    let name = Arc::clone(&topic.name);
    let reason = match topic.kind {
        SubscriptionKind::Shard => MoveReason::SlotMoved,
        _ => reason,
    };
    GapReason::Moved(vec![MovedTopic { name, reason }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_that_stays_after_all_restarts_its_grace_period() {
        let (gone, left, id) = (NodeId(1), NodeId(2), SubscriptionId(0));
        let began = Instant::now();
        let later = began + MAX_NEWS_DELAY;
        let mut leaving = Leaving::default();
        for node in [gone, left] {
            leaving.since(node, id, began);
            leaving.since(node, SubscriptionId(1), began);
        }
        // The entry for `gone` was removed, so its grace period starts over.
        leaving.keep(id, &[left]);
        assert_eq!(leaving.since(gone, id, later), later);
        assert_eq!(leaving.since(left, id, later), began);
        assert_eq!(leaving.since(gone, SubscriptionId(1), later), began);
    }
}
