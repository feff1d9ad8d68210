//! A subscriber's handle to its server and to the coordinator.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tokio::sync::mpsc::UnboundedSender;

use crate::message::{GapCause, NodeId, SubscriptionId, Time};
use crate::server::config::Config;
use crate::server::connect::Target;
use crate::server::gaps::{NOWHERE, SharedGaps};
use crate::server::node_location::NodeLocation;
use crate::server::report::Report;

/// A subscriber's handle to its server.
#[derive(Clone, Debug)]
pub(crate) struct NodeHandle {
    pub(crate) node: NodeId,
    pub(crate) location: NodeLocation,
    /// The name shown when there are several servers.
    pub(crate) name: Box<str>,
    /// The gaps in the log, shared by all subscribers.
    pub(crate) gaps: SharedGaps,
    /// Sends reports to the coordinator.
    pub(crate) report_tx: UnboundedSender<Report>,
    /// Whether this is the only subscribed server.
    pub(crate) alone: Arc<AtomicBool>,
}

impl NodeHandle {
    /// Returns whether this is the only subscribed server.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone.load(Relaxed)
    }

    /// Returns the name of the server, if there are or will be several.
    pub(crate) fn name_among_others(&self, config: &Config) -> Option<Box<str>> {
        let is_of_cluster = matches!(config.target, Target::Cluster(_));
        (is_of_cluster || !self.is_alone()).then(|| self.name.clone())
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
        self.gaps.lock().hand_over(subscription, node, &[NOWHERE]);
        self.report(|node| Report::Moved {
            node,
            subscription,
            last,
        });
    }

    /// Sends a report about this server to the coordinator.
    pub(crate) fn report(&self, report: impl FnOnce(NodeId) -> Report) {
        // The coordinator outlives all subscribers, except at shutdown.
        let _ = self.report_tx.send(report(self.node));
    }
}
