//! One of the servers that are listened to: where it is, and whom its state matters to.

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

/// Where a server is to be found.
#[derive(Clone, Debug)]
pub(super) enum NodeLocation {
    /// Always here.
    At(Endpoint),
    /// Where the sentinels say that the master is.
    Master(Arc<Masters>),
    /// Any of the sentinels, each time another.
    AnySentinel(Arc<Masters>),
    /// Where the others have found it.
    Home(watch::Receiver<Option<Endpoint>>),
}

impl NodeLocation {
    /// Where it is now. Fails for good with a refusal.
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

    /// What has happened if it was at `from` and is at `to` now. Nothing where that is no wonder.
    pub(super) fn move_in_words(&self, from: &Endpoint, to: &Endpoint) -> Option<String> {
        match self {
            Self::Master(_) if from != to => Some(failover_in_words(from.address(), to.address())),
            _ => None,
        }
    }

    /// What is to be found at `address` is called, where that can change.
    pub(super) fn name_at(&self, address: &Address) -> Option<String> {
        match self {
            Self::Master(masters) => Some(format!("{} at {address}", masters.name())),
            Self::AnySentinel(_) => Some(format!("sentinel at {address}")),
            Self::At(_) | Self::Home(_) => None,
        }
    }

    /// Whether it is elsewhere by now than at `endpoint`.
    pub(super) fn has_left(&self, endpoint: &Endpoint) -> bool {
        match self {
            Self::Home(home_rx) => home_rx.borrow().as_ref() != Some(endpoint),
            Self::At(_) | Self::Master(_) | Self::AnySentinel(_) => false,
        }
    }
}

/// A server as its subscriber knows it.
#[derive(Clone, Debug)]
pub(super) struct NodeHandle {
    pub(super) node: NodeId,
    pub(super) place: NodeLocation,
    /// What it is called where there are others.
    pub(super) name: Box<str>,
    /// The holes in the log, which all subscribers share.
    pub(super) gaps: SharedGaps,
    /// Tells the coordinator.
    pub(super) report_tx: UnboundedSender<Report>,
    /// Whether there is no other.
    pub(super) alone: Arc<AtomicBool>,
}

impl NodeHandle {
    /// Whether this is the only server that is listened to.
    pub(super) fn is_alone(&self) -> bool {
        self.alone.load(Relaxed)
    }

    /// That the connection is lost, and which.
    pub(super) fn loss_in_words(&self) -> Box<str> {
        if self.is_alone() {
            "connection lost".into()
        } else {
            format!("connection to {} lost", self.name).into()
        }
    }

    /// What is missing here of a subscription another server is to bring back. To be said before
    /// this server has nothing left to bring, which would end its holes.
    pub(super) fn let_go(&self, subscription: SubscriptionId) {
        let mut gaps = self.gaps.lock();
        gaps.hand_over(subscription, self.node, &[NOWHERE]);
    }

    /// Tells the coordinator something of this server.
    pub(super) fn report(&self, report: impl FnOnce(NodeId) -> Report) {
        // The coordinator outlives all subscribers, but for the program's end.
        let _ = self.report_tx.send(report(self.node));
    }
}

/// That another master has taken over.
pub(super) fn failover_in_words(from: &Address, to: &Address) -> String {
    format!("failover from {from} to {to}")
}

/// What a subscriber tells the coordinator.
#[derive(Debug)]
pub(super) enum Report {
    /// The connection is up.
    Live { node: NodeId },
    /// The connection is lost, or could not be made so many times in a row.
    Lost { node: NodeId, attempts: u32 },
    /// The server belongs to a cluster.
    IsCluster,
    /// The server may belong to a cluster: it does not say, in these words of its own. `None` once
    /// it does.
    MayBeCluster(Option<Box<str>>),
    /// Not all can be heard or followed: what, why, and what to do about it. `None` once all can.
    Partial(Option<Box<str>>),
    /// The master, or the sentinel that is listened to, was reached here.
    Located { node: NodeId, address: Address },
    /// The server is a replica, and its link to its primary has changed.
    Upstream(Change),
    /// A node of the cluster has said who serves what.
    Topology {
        asked: Address,
        /// When it was asked.
        at: Time,
        round_trip: Duration,
        topology: Topology,
    },
    /// A node of the cluster was asked that, and has not answered.
    Unanswered { asked: Address },
    /// The sentinels have another master.
    MasterMoved {
        from: Address,
        to: Address,
        /// Until when the one before was certainly the only one.
        last_served: Time,
    },
    /// The master before this one still takes messages, or does so again.
    FormerServes {
        server: Address,
        /// Since when it may have.
        since: Time,
    },
    /// It is a replica now, or gone.
    FormerIsOver,
    /// The sharded channels were looked for that a pattern matches, or may not be.
    Found {
        subscription: Subscription,
        found: Result<Vec<Vec<u8>>, Box<str>>,
    },
    /// The server does not bring a subscription, or no longer: another is to.
    Moved {
        node: NodeId,
        subscription: SubscriptionId,
        /// When the server last brought it, if it ever did.
        last_served: Option<Time>,
        /// Until when all has been heard that it sent, if it sent anything.
        heard_until: Option<Time>,
        /// What it said.
        reason: Box<str>,
    },
}
