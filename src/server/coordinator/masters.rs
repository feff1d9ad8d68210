//! Gaps caused by replicas that lose their primary, and by failovers.

use super::{
    Address, Coordinator, Endpoint, Loss, PREVIOUS_MASTER, Stopped, SubscriptionKind, Time, Topic,
    UPSTREAM,
};
use crate::message::{GapCause, GapReason, Notice};
use crate::server::feed::Command;
use crate::server::node_location::failover;
use crate::server::replication::Change;

impl Coordinator {
    /// Opens or closes the gap for a replica's broken link to its primary.
    pub(super) fn note_upstream(&self, change: Change) -> Vec<Notice> {
        let now = Time::now();
        let wanted = self.wanted.iter().map(|(id, _)| id);
        let mut gaps = self.shared.gaps();
        match change {
            Change::Cut { last_heard, reason } => {
                let loss = Loss {
                    last_heard,
                    cause: GapCause::ReplicaCutOff,
                    reason,
                };
                gaps.lose(UPSTREAM, wanted, loss, now).into_iter().collect()
            }
            Change::Restored => wanted
                .flat_map(|id| gaps.restore(id, UPSTREAM, now))
                .collect(),
        }
    }

    /// Handles a failover: makes the subscriber leave the old master.
    pub(super) async fn follow_master(
        &mut self,
        from: &Address,
        to: &Address,
        last_served: Time,
    ) -> Result<(), Stopped> {
        let cause = failover(from, to);
        // If the subscriber has lost the old master, it may already have found the new one.
        let is_there = |home: &Endpoint| home.address() == to;
        if !self.home_tx.borrow().as_ref().is_some_and(is_there) {
            let leave = Command::Leave {
                last_served,
                cause: cause.clone(),
            };
            self.nodes.get(self.home).send(leave);
        }
        // If the connection to the old master is already lost, its gap is open and only needs this
        // explanation.
        let until = Some(last_served);
        let explained = self.shared.gaps().explain(self.home, cause, until);
        self.send_notices(explained).await
    }

    /// Opens the gap for messages published at the previous master. Eventually the sentinels turn
    /// that server into a replica and disconnect its clients.
    pub(super) fn note_previous_master(&self, server: &Address, since: Time) -> Option<Notice> {
        let is_of_server = |(_, topic): &(_, &Topic)| topic.kind != SubscriptionKind::Sentinel;
        let wanted = self.wanted.iter().filter(is_of_server).map(|(id, _)| id);
        let loss = Loss {
            last_heard: since,
            cause: GapCause::PreviousMasterServes(server.to_string().into()),
            reason: GapReason::NotReceived,
        };
        let mut gaps = self.shared.gaps();
        gaps.lose(PREVIOUS_MASTER, wanted, loss, Time::now())
    }
}
