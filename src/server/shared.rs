//! State shared by the server tasks.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};

use super::cluster::topology::Topology;
use super::config::{Config, Counters};
use super::feed::Feed;
use super::gaps::Gaps;
use super::report::Report;

/// The state and the channels shared by the server tasks.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) config: Arc<Config>,
    /// Sends feeds to the event loop.
    pub(super) feed_tx: Sender<Feed>,
    /// Sends reports to the coordinator.
    pub(super) report_tx: UnboundedSender<Report>,
    /// The open gaps in the log. One server may restore what another lost.
    gaps: Arc<Mutex<Gaps>>,
    /// Publishes the topology to the commander. Empty if there is no cluster.
    pub(super) topology_tx: watch::Sender<Topology>,
    pub(super) counters: Arc<Counters>,
    /// Notified when a server answers a subscriber.
    pub(super) answering: Arc<Notify>,
    /// Whether new connections send a PING every second.
    pub(super) pings_often: Arc<AtomicBool>,
}

/// An error that indicates that the event loop has ended.
#[derive(Debug)]
pub(super) struct Stopped;

impl Shared {
    /// Creates the state. Returns it with the coordinator's end of the channel for reports.
    pub(super) fn new(
        mut config: Config,
        feed_tx: Sender<Feed>,
    ) -> (Self, UnboundedReceiver<Report>) {
        let (report_tx, report_rx) = unbounded_channel();
        config.target.share_logins();
        let shared = Self {
            config: Arc::new(config),
            feed_tx,
            report_tx,
            gaps: Arc::default(),
            topology_tx: watch::Sender::default(),
            counters: Arc::default(),
            answering: Arc::default(),
            pings_often: Arc::default(),
        };
        (shared, report_rx)
    }

    /// Locks the open gaps in the log.
    pub(super) fn gaps(&self) -> MutexGuard<'_, Gaps> {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a feed to the event loop.
    pub(super) async fn send(&self, feed: Feed) -> Result<(), Stopped> {
        self.feed_tx.send(feed).await.map_err(|_| Stopped)
    }

    /// Sends a report to the coordinator.
    pub(super) fn report(&self, report: Report) {
        // The coordinator outlives the other tasks, except at shutdown.
        let _ = self.report_tx.send(report);
    }
}
