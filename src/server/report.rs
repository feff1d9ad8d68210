//! Reports from the other tasks to the coordinator.

use std::time::Duration;

use super::cluster::topology::Topology;
use super::connect::Address;
use super::replication::Change;
use crate::message::{NodeId, Partial, RedisError, Subscription, SubscriptionId, Time};

/// A report to the coordinator.
#[derive(Debug)]
pub(super) enum Report {
    /// The connection is established.
    Live { node: NodeId },
    /// The connection is lost. `attempts` is the number of attempts that have failed since it was
    /// last live.
    Lost { node: NodeId, attempts: u32 },
    /// The server belongs to a cluster.
    IsCluster,
    /// The server may belong to a cluster, but refuses to tell, with this error. `None` once this
    /// is known.
    MayBeCluster(Option<RedisError>),
    /// The messages of some subscriptions cannot be received, or may soon be missed. `None` once
    /// this is over.
    Partial(Option<Partial>),
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
        /// The time until which the old master was certainly the only master.
        last_served: Time,
    },
    /// The previous master still accepts messages, or accepts them again.
    PreviousMasterServes {
        server: Address,
        /// The earliest time when the server may have accepted messages as the previous master.
        since: Time,
    },
    /// The previous master is now a replica, or cannot be reached.
    PreviousMasterStopped,
    /// The result of searching for the channels that match a pattern.
    Found {
        subscription: Subscription,
        found: Result<Vec<Vec<u8>>, RedisError>,
    },
    /// The server does not deliver a subscription, or no longer delivers it. Another server should
    /// deliver it instead.
    Moved {
        node: NodeId,
        subscription: SubscriptionId,
        /// When the server last delivered the subscription, and the time up to which everything
        /// that the server sent was received. `None` if the server never delivered the
        /// subscription.
        last: Option<(Time, Time)>,
    },
}
