//! The known state of a cluster, and the time until which it was certainly true.
//!
//! A primary that is partitioned from the others behaves as if it still served its slots, and even
//! answers clients, while a replica takes over. A takeover needs the votes of a majority of the
//! primaries (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>): as
//! long as a majority reports that a primary serves its slots, no other node serves them. What the
//! primary itself reports proves nothing.

pub(super) mod topology;

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use self::topology::{Member, Topology};
use crate::message::Time;
use crate::server::connect::Address;
use crate::server::feed::Health;

/// Every node pings some other node at least this often, so the latest pong that it received is at
/// most this old.
const BUS_PING_EVERY: Duration = Duration::from_secs(1);

/// Maximum delay between the first node forgetting a member and the queried node forgetting it.
/// CLUSTER FORGET is sent to one node after another.
const MAX_FORGET_DELAY: Duration = Duration::from_secs(1);

/// The state of the cluster as reported by its nodes.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    /// The current topology.
    pub(super) topology: Topology,
    /// The times at which the latest two applied topologies were queried, the current one first.
    asked: [Time; 2],
    /// The slots that each primary currently serves.
    tenures: HashMap<Address, Tenure>,
    /// For each former primary, the time until which it is known to have served its previous slots.
    /// `None` if no other node could confirm this.
    ended: HashMap<Address, Option<Time>>,
}

/// A period during which a primary serves the same slots.
#[derive(Debug)]
struct Tenure {
    slots: Vec<RangeInclusive<u16>>,
    /// When this period became known.
    since: Time,
    /// The time until which other nodes certainly served these slots, if known.
    others_until: Option<Time>,
    /// For each node, the time of the latest query to it whose answer confirmed these slots.
    confirmed: HashMap<Address, Time>,
}

impl Cluster {
    /// Applies a topology that a node returned in response to a query sent at `asked`. Returns
    /// `false` if the topology is outdated, in which case it is not applied.
    pub(super) fn learn(&mut self, topology: Topology, asked: Time) -> bool {
        if topology.epoch() < self.topology.epoch() {
            return false;
        }
        let others_until = self.end_tenures(&topology);
        for primary in topology.primaries() {
            let new = || Tenure {
                slots: primary.slots.clone(),
                since: asked,
                others_until,
                confirmed: HashMap::new(),
            };
            let tenure = self.tenures.entry(primary.address.clone());
            let confirmed = &mut tenure.or_insert_with(new).confirmed;
            confirmed.extend(topology.myself.clone().map(|witness| (witness, asked)));
        }
        self.topology = topology;
        self.asked = [asked, self.asked[0]];
        true
    }

    /// Ends the tenures that differ from `topology`. Returns the time until which none of them had
    /// changed.
    fn end_tenures(&mut self, topology: &Topology) -> Option<Time> {
        let continues = |address: &Address, tenure: &Tenure| {
            let member = topology.primaries().find(|of| of.address == *address);
            member.is_some_and(|of| of.slots == tenure.slots)
        };
        let changed = self.tenures.iter().filter(|(of, now)| !continues(of, now));
        let ended: Vec<(Address, Option<Time>)> = changed
            .map(|(of, tenure)| (of.clone(), self.certain_until(of, tenure)))
            .collect();
        let all_until = ended.iter().filter_map(|(_, until)| *until).min();
        for (address, until) in ended {
            self.tenures.remove(&address);
            self.ended.insert(address, until);
        }
        all_until
    }

    /// Returns the time until which a majority of the primaries has confirmed that the primary at
    /// `address` serves its slots, or `None` if there is no other primary.
    fn certain_until(&self, address: &Address, tenure: &Tenure) -> Option<Time> {
        let voters = self.tenures.iter().filter(|(_, of)| !of.slots.is_empty());
        let voters: Vec<&Address> = voters.map(|(voter, _)| voter).collect();
        let majority = voters.len() / 2 + 1;
        let others = voters.into_iter().filter(|voter| *voter != address);
        let mut confirmed: Vec<Time> = others
            .map(|other| tenure.confirmed.get(other).copied().unwrap_or(tenure.since))
            .collect();
        confirmed.sort_unstable();
        let first = confirmed.len().saturating_sub(majority);
        confirmed.get(first).copied()
    }

    /// Returns the node at `address`.
    fn member(&self, address: &Address) -> Option<&Member> {
        self.topology.nodes.iter().find(|of| of.address == *address)
    }

    /// Returns whether the node at `address` serves `slot`, or any slot if `slot` is `None`.
    fn serves(&self, address: &Address, slot: Option<u16>) -> bool {
        let member = self.member(address).filter(|member| member.is_primary);
        member.is_some_and(|member| match slot {
            Some(slot) => member.serves(slot),
            None => !member.slots.is_empty(),
        })
    }

    /// Returns the time until which the node at `address` certainly served `slot` (all of its slots
    /// if `slot` is `None`), or `None` if it still does or its past is unknown.
    pub(super) fn replaced_after(&self, address: &Address, slot: Option<u16>) -> Option<Time> {
        let is_replaced = !self.serves(address, slot);
        self.ended.get(address)?.filter(|_| is_replaced)
    }

    /// Returns whether the node at `address` is or was a primary.
    pub(super) fn was_primary(&self, address: &Address) -> bool {
        self.tenures.contains_key(address) || self.ended.contains_key(address)
    }

    /// Returns the time until which the node at `address` certainly served `slot` (all of its slots
    /// if `slot` is `None`). Called when the node itself reports that it no longer serves them.
    /// `last_served` is the last time when it is known to have served them.
    pub(super) fn served_until(
        &self,
        address: &Address,
        slot: Option<u16>,
        last_served: Time,
    ) -> Time {
        if let Some(until) = self.replaced_after(address, slot) {
            return until;
        }
        let tenure = self.tenures.get(address);
        let Some(certain) = tenure.and_then(|tenure| self.certain_until(address, tenure)) else {
            return last_served;
        };
        // A node in contact with the others learns immediately that its slot was reassigned.
        let is_well = |member: &Member| member.health == Health::Well;
        if self.member(address).is_some_and(is_well) {
            certain.max(last_served)
        } else {
            certain
        }
    }

    /// Returns the time until which other nodes served the slots that the primary at `address`
    /// serves now, if it acquired them while the cluster was being watched.
    pub(super) fn others_until(&self, address: &Address) -> Option<Time> {
        let tenure = self.tenures.get(address)?;
        tenure.others_until.filter(|_| !tenure.slots.is_empty())
    }

    /// Returns the time until which the node at `address` was in contact with the other nodes, as
    /// far as is known.
    pub(super) fn in_contact_until(&self, address: &Address) -> Time {
        let [asked, before] = self.asked;
        let Some(member) = self.member(address) else {
            return before.before(MAX_FORGET_DELAY);
        };
        let pongs = self.topology.nodes.iter().map(|node| node.last_pong);
        let newest = pongs.max().unwrap_or_default();
        let silence = newest.saturating_sub(member.last_pong);
        asked.before(silence + BUS_PING_EVERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::connect::AddressMap;

    fn at(port: u16) -> Address {
        Address::tcp("h", port)
    }

    /// Returns the topology as reported by the node on port `asked`. Each `(port, slot)` is a
    /// primary that serves one slot; all have the config epoch `epoch`.
    fn reported(asked: u16, epoch: u64, owners: &[(u16, u16)]) -> Topology {
        let lines = owners.iter().map(|(port, slot)| {
            let myself = if *port == asked { "myself," } else { "" };
            format!("id{port} h:{port}@1 {myself}master - 0 7000 {epoch} connected {slot}\n")
        });
        Topology::parse(
            &lines.collect::<String>(),
            &at(asked),
            &AddressMap::default(),
        )
    }

    fn cluster(answers: &[(u16, i64)]) -> Cluster {
        let mut cluster = Cluster::default();
        for (asked, time) in answers {
            let topology = reported(*asked, 1, &[(1, 1), (2, 2), (3, 3)]);
            assert!(cluster.learn(topology, Time(*time)));
        }
        cluster
    }

    #[test]
    fn the_other_primaries_decide_by_majority() {
        let mut cluster = cluster(&[(1, 10), (2, 20), (3, 30), (1, 40)]);
        assert_eq!(cluster.replaced_after(&at(1), Some(1)), None);
        assert!(cluster.learn(reported(2, 5, &[(4, 1), (2, 2), (3, 3)]), Time(50)));
        assert_eq!(cluster.replaced_after(&at(1), Some(1)), Some(Time(20)));
        assert_eq!(cluster.served_until(&at(1), Some(1), Time(45)), Time(20));
        assert_eq!(cluster.others_until(&at(4)), Some(Time(20)));
        // Node 1 is partitioned and has an outdated topology.
        assert!(!cluster.learn(reported(1, 1, &[(1, 1), (2, 2), (3, 3)]), Time(60)));
        assert_eq!(cluster.replaced_after(&at(2), Some(2)), None);
    }

    #[test]
    fn an_unconfirmed_tenure_is_certain_until_it_was_learned() {
        let mut cluster = cluster(&[(1, 10), (2, 20)]);
        assert!(cluster.learn(reported(2, 5, &[(4, 1), (2, 2), (3, 3)]), Time(30)));
        assert_eq!(cluster.replaced_after(&at(1), Some(1)), Some(Time(10)));
    }

    #[test]
    fn a_healthy_node_served_until_its_own_last_message() {
        let cluster = cluster(&[(1, 10), (2, 20), (3, 30)]);
        assert_eq!(cluster.served_until(&at(1), Some(1), Time(40)), Time(40));
        assert_eq!(cluster.served_until(&at(1), Some(1), Time(5)), Time(20));
    }

    #[test]
    fn a_node_is_in_contact_until_its_last_pong() {
        let mut topology = reported(2, 1, &[(1, 1), (2, 2), (3, 3)]);
        topology.nodes[0].last_pong = Duration::from_secs(4);
        let mut cluster = Cluster::default();
        cluster.learn(topology, Time(10_000_000));
        assert_eq!(cluster.in_contact_until(&at(1)), Time(6_000_000));
        let before_first = Time(0).before(MAX_FORGET_DELAY);
        assert_eq!(cluster.in_contact_until(&at(9)), before_first);
    }
}
