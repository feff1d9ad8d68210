//! A subscribed server: its location, and its reports to the coordinator.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::endpoint::{Address, Endpoint};
use super::gaps::{NOWHERE, SharedGaps};
use super::link::Failure;
use super::sentinel::Masters;
use super::topology::Topology;
use super::upstream::Change;
use crate::message::{NodeId, Subscription, SubscriptionId, Time};

/// Where to find a server.
#[derive(Clone, Debug)]
pub(super) enum NodeLocation {
    /// A fixed endpoint.
    At(Endpoint),
    /// The master named by the sentinels.
    Master(Arc<Masters>),
    /// Any of the sentinels, a different one each time.
    AnySentinel(Arc<Masters>),
    /// The home node found by the other tasks.
    Home(watch::Receiver<Option<Endpoint>>),
}

impl NodeLocation {
    /// Returns the current endpoint. A refusal is a permanent failure.
    pub(super) async fn locate(&self) -> Result<Endpoint, Failure> {
        match self {
            Self::At(endpoint) => Ok(endpoint.clone()),
            Self::Master(masters) => masters.locate().await,
            Self::AnySentinel(masters) => Ok(masters.next_sentinel()),
            Self::Home(home_rx) => {
                let home = home_rx.borrow().clone();
                let unknown = "the sentinels have named no master yet";
                home.ok_or_else(|| Failure::unreachable(unknown.into()))
            }
        }
    }

    /// Describes a move between two endpoints, if it is noteworthy.
    pub(super) fn move_in_words(&self, from: &Endpoint, to: &Endpoint) -> Option<String> {
        match self {
            Self::Master(_) if from != to => Some(failover_in_words(from.address(), to.address())),
            _ => None,
        }
    }

    /// Returns the name of the server at `address`, if the location can change.
    pub(super) fn name_at(&self, address: &Address) -> Option<String> {
        match self {
            Self::Master(masters) => Some(format!("{} at {address}", masters.name())),
            Self::AnySentinel(_) => Some(format!("sentinel at {address}")),
            Self::At(_) | Self::Home(_) => None,
        }
    }

    /// Returns whether the server is no longer at `endpoint`.
    pub(super) fn has_left(&self, endpoint: &Endpoint) -> bool {
        match self {
            Self::Home(home_rx) => home_rx.borrow().as_ref() != Some(endpoint),
            Self::At(_) | Self::Master(_) | Self::AnySentinel(_) => false,
        }
    }
}

/// A subscriber's handle to its server.
#[derive(Clone, Debug)]
pub(super) struct NodeHandle {
    pub(super) node: NodeId,
    pub(super) place: NodeLocation,
    /// The name shown when there are several servers.
    pub(super) name: Box<str>,
    /// The gaps in the log, shared by all subscribers.
    pub(super) gaps: SharedGaps,
    /// Sends reports to the coordinator.
    pub(super) report_tx: UnboundedSender<Report>,
    /// Whether this is the only server.
    pub(super) alone: Arc<AtomicBool>,
}

impl NodeHandle {
    /// Returns whether this is the only subscribed server.
    pub(super) fn is_alone(&self) -> bool {
        self.alone.load(Relaxed)
    }

    /// Describes the loss of the connection, with the server's name if there are several.
    pub(super) fn loss_in_words(&self) -> Box<str> {
        if self.is_alone() {
            "connection lost".into()
        } else {
            format!("connection to {} lost", self.name).into()
        }
    }

    /// Hands the missing part of a subscription over to another server. Call it before this server
    /// has nothing left to deliver, which would close its gaps.
    pub(super) fn let_go(&self, subscription: SubscriptionId) {
        let mut gaps = self.gaps.lock();
        gaps.hand_over(subscription, self.node, &[NOWHERE]);
    }

    /// Sends a report about this server to the coordinator.
    pub(super) fn report(&self, report: impl FnOnce(NodeId) -> Report) {
        // The coordinator outlives all subscribers, except at shutdown.
        let _ = self.report_tx.send(report(self.node));
    }
}

/// Describes a failover.
pub(super) fn failover_in_words(from: &Address, to: &Address) -> String {
    format!("failover from {from} to {to}")
}

/// A report to the coordinator.
#[derive(Debug)]
pub(super) enum Report {
    /// The connection is established.
    Live { node: NodeId },
    /// The connection is lost, or this many attempts failed in a row.
    Lost { node: NodeId, attempts: u32 },
    /// The server belongs to a cluster.
    IsCluster,
    /// The server may belong to a cluster, but refuses to say, with this error. `None` once it does
    /// say.
    MayBeCluster(Option<Box<str>>),
    /// Some subscriptions cannot be received or followed: what, why and the remedy. `None` once all
    /// can.
    Partial(Option<Box<str>>),
    /// The address at which the master or sentinel was reached.
    Located { node: NodeId, address: Address },
    /// The state of the replica's link to its primary changed.
    Upstream(Change),
    /// A cluster node reported the topology.
    Topology {
        asked: Address,
        /// When the query was sent.
        at: Time,
        round_trip: Duration,
        topology: Topology,
    },
    /// A cluster node did not answer a topology query.
    Unanswered { asked: Address },
    /// The sentinels named another master.
    MasterMoved {
        from: Address,
        to: Address,
        /// Until when the old master was certainly the only one.
        last_served: Time,
    },
    /// The previous master still accepts messages, or does so again.
    FormerServes {
        server: Address,
        /// Since when it may have accepted messages.
        since: Time,
    },
    /// The previous master is now a replica, or gone.
    FormerIsOver,
    /// The result of searching for the sharded channels that match a pattern.
    Found {
        subscription: Subscription,
        found: Result<Vec<Vec<u8>>, Box<str>>,
    },
    /// The server does not or no longer delivers a subscription; another server should.
    Moved {
        node: NodeId,
        subscription: SubscriptionId,
        /// When the server last delivered the subscription, if it ever did.
        last_served: Option<Time>,
        /// Until when everything that the server sent was received, if it sent anything.
        heard_until: Option<Time>,
        /// The server's message.
        reason: Box<str>,
    },
}
