//! State shared by the server tasks.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::mpsc::{Sender, UnboundedSender};

use super::cluster::topology::Owners;
use super::config::{Config, Counters};
use super::feed::Feed;
use super::gaps::SharedGaps;
use super::report::Report;

/// The state and the channels shared by the server tasks.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) config: Arc<Config>,
    /// Sends feeds to the event loop.
    pub(super) feed_tx: Sender<Feed>,
    /// Sends reports to the coordinator.
    pub(super) report_tx: UnboundedSender<Report>,
    /// The open gaps in the log.
    pub(super) gaps: SharedGaps,
    /// The owners of sharded channels.
    pub(super) owners: Owners,
    pub(super) counters: Arc<Counters>,
    /// Notified when a server answers a subscriber.
    pub(super) answering: Arc<Notify>,
}
