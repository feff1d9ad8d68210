//! A subscriber's handle to its server and to the coordinator.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, MutexGuard};

use crate::message::{GapCause, NodeId, SubscriptionId, Time};
use crate::server::connect::Target;
use crate::server::gaps::{Gaps, NOWHERE};
use crate::server::node_location::NodeLocation;
use crate::server::report::Report;
use crate::server::shared::Shared;

/// A subscriber's handle to its server.
pub(crate) struct NodeHandle {
    pub(crate) node: NodeId,
    pub(crate) location: NodeLocation,
    /// The server's name, which is shown when there are several servers.
    pub(crate) name: Box<str>,
    pub(crate) shared: Shared,
    /// Whether this is the only subscribed server.
    pub(crate) alone: Arc<AtomicBool>,
}

impl NodeHandle {
    /// Returns whether this is the only subscribed server.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone.load(Relaxed)
    }

    /// Returns the name of the server, if there are, or may later be, several servers.
    pub(crate) fn name_among_others(&self) -> Option<Box<str>> {
        let is_of_cluster = matches!(self.shared.config.target, Target::Cluster(_));
        (is_of_cluster || !self.is_alone()).then(|| self.name.clone())
    }

    /// Locks the gaps in the log.
    pub(crate) fn gaps(&self) -> MutexGuard<'_, Gaps> {
        self.shared.gaps()
    }

    /// Returns the cause of the gap if the connection is lost.
    pub(crate) fn connection_lost(&self) -> GapCause {
        GapCause::ConnectionLost((!self.is_alone()).then(|| self.name.clone()))
    }

    /// Hands a subscription over to another server. `last` is the time when this server last
    /// delivered it and the time up to which everything was received, or `None` if the server never
    /// delivered it. Call this before the subscriber becomes idle, which closes its gaps.
    pub(crate) fn hand_over(&self, subscription: SubscriptionId, last: Option<(Time, Time)>) {
        let node = self.node;
        self.gaps().hand_over(subscription, node, &[NOWHERE]);
        self.report(|node| Report::Moved {
            node,
            subscription,
            last,
        });
    }

    /// Sends a report about this server to the coordinator.
    pub(crate) fn report(&self, report: impl FnOnce(NodeId) -> Report) {
        self.shared.report(report(self.node));
    }
}
