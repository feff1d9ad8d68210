//! A Redis cluster for one test: three primaries with one replica each.

use std::thread;
use std::time::{Duration, Instant};

use super::bus;
use crate::support::redis::Redis;

const PRIMARIES: usize = 3;

/// How long the nodes may take to agree.
const AGREED_WITHIN: Duration = Duration::from_secs(60);

/// A cluster's nodes, primaries first. They are killed on drop.
pub struct Cluster {
    pub nodes: Vec<Redis>,
}

impl Cluster {
    /// Starts a cluster and waits until all nodes report it as healthy.
    pub fn start() -> Self {
        Self::of((0..2 * PRIMARIES).map(|_| node(&[])).collect())
    }

    /// Starts a cluster whose nodes each use their own [`bus::source`] address.
    pub fn start_with_sources() -> Self {
        let node = |place| {
            let source = bus::source(place).to_string();
            // Without an announced address, the others would use a node's source address as its
            // address.
            node(&[
                "--bind-source-addr",
                &source,
                "--cluster-announce-ip",
                "127.0.0.1",
            ])
        };
        Self::of((0..2 * PRIMARIES).map(node).collect())
    }

    fn of(nodes: Vec<Redis>) -> Self {
        let cluster = Self { nodes };
        let addresses: Vec<String> = cluster
            .nodes
            .iter()
            .map(|node| node.address().to_string())
            .collect();
        let mut create = vec!["--cluster", "create"];
        create.extend(addresses.iter().map(String::as_str));
        create.extend(["--cluster-replicas", "1", "--cluster-yes"]);
        cluster.nodes[0].cli(&create);
        cluster.wait_until_agreed();
        cluster
    }

    /// Waits until all nodes know each other and report the cluster as healthy.
    pub fn wait_until_agreed(&self) {
        self.wait("all nodes agree", |cluster| {
            cluster.nodes.iter().all(|node| {
                let nodes = node.cli(&["cluster", "nodes"]);
                let info = node.cli(&["cluster", "info"]);
                info.contains("cluster_state:ok")
                    && nodes.lines().count() == cluster.nodes.len()
                    && nodes.matches("slave").count() == PRIMARIES
                    && !nodes.contains("fail")
                    && !nodes.contains("handshake")
            })
        });
    }

    /// Adds a node, which has no slots yet, and returns its index.
    pub fn add_node(&mut self) -> usize {
        let new = node(&[]);
        let port = new.port().to_string();
        self.nodes[0].cli(&["cluster", "meet", "127.0.0.1", &port]);
        self.nodes.push(new);
        self.wait_until_agreed();
        self.nodes.len() - 1
    }

    /// Removes the node that was added last, as an operator would. The node keeps running on its
    /// own.
    pub fn remove_last_node(&mut self) -> Redis {
        let id = self.id(self.nodes.len() - 1);
        let last = self.nodes.pop().expect("a node");
        for node in &self.nodes {
            node.cli(&["cluster", "forget", &id]);
        }
        last.cli(&["cluster", "reset"]);
        last
    }

    /// Returns the index of a node other than `place` that answers.
    pub fn other_than(&self, place: usize) -> usize {
        let answers = |other: &usize| *other != place && self.nodes[*other].is_answering();
        (0..self.nodes.len()).find(answers).expect("another node")
    }

    /// Returns whether the node at `place` reports itself as a replica.
    pub fn is_replica(&self, place: usize) -> bool {
        self.nodes[place]
            .cli(&["cluster", "nodes"])
            .contains("myself,slave")
    }

    /// Returns the index of the node that owns the slot of `channel`, according to `node`.
    pub fn owner(&self, node: usize, channel: &str) -> usize {
        let owner = self.find_owner(node, channel);
        owner.unwrap_or_else(|| panic!("nobody owns the slot of {channel}"))
    }

    /// Returns the index of the node that owns the slot of `channel`, according to `node`; `None`
    /// while no node does, as in a failover.
    pub fn find_owner(&self, node: usize, channel: &str) -> Option<usize> {
        let slot: u16 = self.slot(channel);
        let nodes = self.nodes[node].cli(&["cluster", "nodes"]);
        let line = nodes.lines().find(|line| {
            let ranges = line.split(' ').skip(8);
            ranges.into_iter().any(|range| {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                let bounds = (first.parse::<u16>(), last.parse::<u16>());
                matches!(bounds, (Ok(first), Ok(last)) if (first..=last).contains(&slot))
            })
        })?;
        Some(self.place(line.split(' ').nth(1).expect("an address")))
    }

    pub fn slot(&self, channel: &str) -> u16 {
        let answering = self.nodes.iter().find(|node| node.is_answering());
        let slot = answering
            .expect("a node answers")
            .cli(&["cluster", "keyslot", channel]);
        slot.parse().expect("a slot")
    }

    /// Returns how many slots a node owns.
    pub fn slots(&self, node: usize) -> usize {
        let nodes = self.nodes[node].cli(&["cluster", "nodes"]);
        let line = nodes.lines().find(|line| line.contains("myself"));
        line.map_or(0, |line| line.split(' ').skip(8).count())
    }

    /// Returns a node's cluster ID.
    pub fn id(&self, node: usize) -> String {
        self.nodes[node].cli(&["cluster", "myid"])
    }

    /// Moves the slot of `channel` to another node as an operator would: the new owner is told
    /// first.
    pub fn move_slot(&self, channel: &str, to: usize) {
        let from = self.owner(to, channel);
        let slot = self.slot(channel).to_string();
        let (from_id, to_id) = (self.id(from), self.id(to));
        self.nodes[to].cli(&["cluster", "setslot", &slot, "importing", &from_id]);
        self.nodes[from].cli(&["cluster", "setslot", &slot, "migrating", &to_id]);
        self.nodes[to].cli(&["cluster", "setslot", &slot, "node", &to_id]);
        self.nodes[from].cli(&["cluster", "setslot", &slot, "node", &to_id]);
    }

    pub fn wait(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + AGREED_WITHIN;
        while !condition(self) {
            assert!(Instant::now() < deadline, "not within a minute: {what}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn place(&self, address: &str) -> usize {
        let host = address.split('@').next().unwrap_or_default();
        let at = |node: &Redis| node.address().to_string() == host;
        self.nodes
            .iter()
            .position(at)
            .unwrap_or_else(|| panic!("no node is at {address}"))
    }
}

/// Starts a single node with additional options.
fn node(more: &[&str]) -> Redis {
    let options = [
        "--cluster-enabled",
        "yes",
        "--cluster-node-timeout",
        "1500",
        // Allows a replica to take over even if it has never synchronised.
        "--cluster-replica-validity-factor",
        "0",
    ];
    Redis::start_with(&[&options, more].concat())
}
