//! Sends the coordinator's feeds to the event loop.

use super::{Batch, Coordinator, Feed, NOWHERE, Notice, Stopped, Subscription, Time};
use crate::message::{Partial, RedisError};

impl Coordinator {
    pub(super) async fn send_found(
        &mut self,
        subscription: Subscription,
        found: Result<Vec<Vec<u8>>, RedisError>,
    ) -> Result<(), Stopped> {
        if self.wanted.get(subscription.id).is_none() {
            return Ok(());
        }
        match found {
            Ok(names) => {
                let names = names.into_iter().map(Into::into).collect();
                let found = Feed::FoundChannels {
                    subscription,
                    names,
                };
                self.shared.send(found).await
            }
            Err(reason) => {
                let notice = Notice::Denied {
                    subscription,
                    reason,
                };
                self.send_notices([notice]).await
            }
        }
    }

    /// If a subscription depends on whether the server belongs to a cluster, reports that this is
    /// unknown, and withdraws the report once it is known.
    pub(super) async fn report_maybe_cluster(&mut self) -> Result<(), Stopped> {
        let is_concerned = self.cluster.is_none() && self.wanted.depend_on_cluster();
        let maybe_cluster = self.maybe_cluster.clone().filter(|_| is_concerned);
        if maybe_cluster.is_some() == self.is_maybe_cluster_reported {
            return Ok(());
        }
        self.is_maybe_cluster_reported = maybe_cluster.is_some();
        let partial = maybe_cluster.map(Partial::PossiblyCluster);
        self.shared.send(Feed::Partial(partial)).await
    }

    pub(super) async fn send_nodes(&self) -> Result<(), Stopped> {
        let nodes = self.nodes.facts(self.home);
        self.shared.send(Feed::Nodes(nodes)).await
    }

    pub(super) async fn send_notices(
        &self,
        notices: impl IntoIterator<Item = Notice>,
    ) -> Result<(), Stopped> {
        match batch_of(notices) {
            Some(feed) => self.shared.send(feed).await,
            None => Ok(()),
        }
    }

    /// Sends notices from a background task, as soon as the channel has room.
    pub(super) fn send_notices_later(&self, notices: Vec<Notice>) {
        if let Some(feed) = batch_of(notices) {
            let feed_tx = self.shared.feed_tx.clone();
            // If the channel is closed, no one needs the notices.
            tokio::spawn(async move { feed_tx.send(feed).await });
        }
    }
}

fn batch_of(notices: impl IntoIterator<Item = Notice>) -> Option<Feed> {
    let mut batch = Batch::default().from_node(NOWHERE);
    for notice in notices {
        batch.push_notice(Time::now(), notice);
    }
    (!batch.is_empty()).then(|| Feed::Batch(Box::new(batch)))
}
