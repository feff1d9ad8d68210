//! Connections to a server or to the nodes of a cluster, for the commands without a screen.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;

use super::cluster::topology::{Topology, parse_address, slot_of};
use super::config::Config;
use super::connect::{Address, Endpoint, Link, Target};
use super::feed::Health;
use super::node_location::NodeLocation;
use super::sentinel::masters::Masters;
use crate::message::{ConnectionError, RedisError};

/// The connections.
pub(super) struct Route {
    config: Arc<Config>,
    /// Where everything can be published that need not go elsewhere, in order of preference.
    locations: Vec<NodeLocation>,
    home: Option<(Endpoint, Link)>,
    /// Connections to other nodes of a cluster.
    nodes: HashMap<Address, Link>,
    /// The nodes of the cluster; none if there is no cluster.
    topology: Topology,
    /// The new owners of slots that have moved since the topology was learned.
    moved: HashMap<u16, Address>,
}

impl Route {
    pub(super) fn new(config: Arc<Config>) -> Self {
        let locations = match &config.target {
            Target::Server(server) => vec![NodeLocation::At(server.clone())],
            Target::Cluster(nodes) => nodes.iter().cloned().map(NodeLocation::At).collect(),
            Target::Sentinel(sentinels) => {
                let (home_tx, _) = watch::channel(None);
                let masters = Masters::new(Arc::clone(&config), sentinels.clone(), home_tx);
                vec![NodeLocation::Master(Arc::new(masters))]
            }
        };
        Self {
            config,
            locations,
            home: None,
            nodes: HashMap::new(),
            topology: Topology::default(),
            moved: HashMap::new(),
        }
    }

    /// Returns whether the server belongs to a cluster.
    pub(super) fn is_cluster(&self) -> bool {
        !self.topology.nodes.is_empty()
    }

    /// Returns the addresses of all nodes of the cluster that can be asked; none if there is no
    /// cluster.
    pub(super) fn all_nodes(&self) -> Vec<Address> {
        let nodes = self.topology.nodes.iter();
        let asked = nodes.filter(|node| node.health != Health::Failed);
        asked.map(|node| node.address.clone()).collect()
    }

    /// Returns the address of the server that ordinary messages are published at, if connected.
    pub(super) fn home_address(&self) -> Option<&Address> {
        Some(self.home.as_ref()?.0.address())
    }

    /// Returns the server that ordinary messages are published at. Connects if necessary.
    pub(super) async fn home(&mut self) -> Result<(&Endpoint, &Link), ConnectionError> {
        if self.home.as_ref().is_none_or(|(_, link)| link.is_closed()) {
            self.home = Some(self.connect().await?);
            self.learn_topology().await;
        }
        let home = self.home.as_ref().ok_or(ConnectionError::NotConnected)?;
        Ok((&home.0, &home.1))
    }

    /// Returns the node at `address`, with the login that all servers share.
    pub(super) fn endpoint(&self, address: Address) -> Endpoint {
        self.config.target.server().at(address)
    }

    /// Returns the connection to the node at `address`. Connects if necessary.
    pub(super) async fn node(&mut self, address: &Address) -> Result<&Link, ConnectionError> {
        if self.nodes.get(address).is_none_or(Link::is_closed) {
            let endpoint = self.endpoint(address.clone());
            let link = Link::open(&endpoint, &self.config.dial()).await?;
            self.nodes.insert(address.clone(), link);
        }
        self.nodes.get(address).ok_or(ConnectionError::NotConnected)
    }

    /// Returns the node that a message on the sharded `channel` must be published at, unless that
    /// is the same as for all others or unknown. A replica would accept it without delivering it.
    pub(super) fn owner(&self, channel: &[u8]) -> Option<Address> {
        let slot = slot_of(channel);
        let known = || self.topology.owner(slot).map(|node| &node.address);
        let owner = self.moved.get(&slot).or_else(known)?;
        (self.home_address() != Some(owner)).then(|| owner.clone())
    }

    /// Records that a slot has moved, if the error of the node at `asked` says so. Returns its owner.
    pub(super) fn note_redirection(
        &mut self,
        error: &RedisError,
        asked: &Address,
    ) -> Option<Address> {
        let mut words = error.text.split(' ');
        let is_redirection = matches!(words.next(), Some("MOVED" | "ASK"));
        let (slot, place) = (words.next()?, words.next()?);
        if !is_redirection {
            return None;
        }
        let owner = parse_address(place, asked, &self.config.address_map)?;
        self.moved.insert(slot.parse().ok()?, owner.clone());
        Some(owner)
    }

    /// Closes a connection that has failed.
    pub(super) fn drop_link(&mut self, address: &Address) {
        if self.nodes.remove(address).is_none() && self.home_address() == Some(address) {
            self.home = None;
        }
    }

    /// Asks for the nodes of the cluster, if there may be one. Keeps those known if the server does
    /// not answer.
    pub(super) async fn learn_topology(&mut self) {
        // Sentinels do not manage cluster nodes.
        if matches!(self.config.target, Target::Sentinel(_)) {
            return;
        }
        let Some((endpoint, link)) = &mut self.home else {
            return;
        };
        let question = redis::cmd("CLUSTER").arg("NODES").to_owned();
        if let Ok(answer) = link.ask::<String>(&question).await {
            let map = &self.config.address_map;
            self.topology = Topology::parse(&answer, endpoint.address(), map);
            self.moved.clear();
        }
    }

    /// Connects to the first server that can be reached: one that was named or, in a cluster, any
    /// primary.
    async fn connect(&self) -> Result<(Endpoint, Link), ConnectionError> {
        let model = self.config.target.server();
        let primaries = self.topology.primaries();
        let others = primaries.map(|node| NodeLocation::At(model.at(node.address.clone())));
        let mut first_error = None;
        for location in self.locations.iter().cloned().chain(others) {
            match self.connect_to(&location).await {
                Ok(home) => return Ok(home),
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        Err(first_error.unwrap_or(ConnectionError::NotConnected))
    }

    async fn connect_to(
        &self,
        location: &NodeLocation,
    ) -> Result<(Endpoint, Link), ConnectionError> {
        let endpoint = location.locate().await?;
        let link = Link::open(&endpoint, &self.config.dial()).await?;
        Ok((endpoint, link))
    }
}
