//! Talks to Redis over TCP, TLS, a Unix socket or a command. Each subscriber reads messages from its own
//! connection and turns them into batches; the commander publishes and runs queries on a separate
//! connection.
//!
//! All are tasks on the current tokio runtime. They report to the event loop over a single channel
//! of [`Feed`]s.
//!
//! The modules are listed from the bottom up. Each imports only from those before it:
//!
//! - `connect`: the address and login of a server, TLS, the byte stream, the command connection.
//! - `feed`, `gaps`, `replication`: the feeds; the open gaps; a replica's link to its primary.
//! - `config`, `cluster`: the settings; the known state of a cluster.
//! - `report`, `shared`: the reports to the coordinator; the state shared by all tasks.
//! - `sentinel`, `node_location`: which server is the master; where a server is.
//! - `subscriber`, `commander`: the connections for messages, and those for commands.
//! - `route`, `publisher`, `census`, `checkup`: for the commands without a screen: connections to one
//!   server or to the nodes of a cluster; publishing many messages; counting subscribers; examining a
//!   server.
//! - `coordinator`: assigns every subscription to the right servers.

mod census;
mod checkup;
mod cluster;
mod commander;
mod config;
mod connect;
mod coordinator;
mod feed;
mod gaps;
mod node_location;
mod publisher;
mod replication;
mod report;
mod route;
mod sentinel;
mod shared;
mod subscriber;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Sender, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use self::census::{Census, NodeCensus, Subscribed};
pub use self::checkup::{Checkup, Permission, Right};
pub use self::commander::rights::MAX_UNNAMED;
pub use self::config::{Config, Counters, Timing};
pub use self::connect::{
    Address, AddressMap, Credentials, Endpoint, EndpointError, Family, Fetch, Fetched, LoginAt,
    LoginRetries, LoginSource, Lookup, OptionError, ParsedUrl, Password, Resolver, Sentinels,
    TUNNEL, Target, Tls, TlsSettings, UrlRemark, UrlSettings, Via, serve_tunnel,
};
pub use self::feed::{
    Ask, Command, Connection, Feed, Health, NodeFacts, PublishError, Role, Trouble,
};
pub use self::publisher::{Published, Publisher};

use self::commander::Commander;
use self::coordinator::Coordinator;
use self::node_location::NodeLocation;
use self::shared::Shared;

/// How long [`Server::stop`] waits for a task to end before it aborts the task.
const STOP_WITHIN: Duration = Duration::from_millis(400);

/// A handle to the running server tasks.
#[derive(Debug)]
pub struct Server {
    command_tx: UnboundedSender<Command>,
    ask_tx: UnboundedSender<Ask>,
    counters: Arc<Counters>,
    tasks: [JoinHandle<()>; 2],
}

/// Starts the tasks on the current tokio runtime. They report through `feed_tx`.
///
/// # Panics
///
/// Panics if called outside a tokio runtime.
pub fn start(config: Config, feed_tx: Sender<Feed>) -> Server {
    let (command_tx, command_rx) = unbounded_channel();
    let (ask_tx, ask_rx) = unbounded_channel();
    let (home_tx, home_rx) = watch::channel(None);
    let (shared, report_rx) = Shared::new(config, feed_tx);
    let counters = Arc::clone(&shared.counters);
    let commander = Commander::new(shared.clone(), NodeLocation::Home(home_rx), ask_rx);
    let coordinator = Coordinator::new(shared, command_rx, report_rx, home_tx);
    Server {
        command_tx,
        ask_tx,
        counters,
        tasks: [
            tokio::spawn(coordinator.run()),
            tokio::spawn(commander.run()),
        ],
    }
}

impl Server {
    /// Sends a command to the coordinator without waiting.
    pub fn command(&self, command: Command) {
        // Sending fails only after the event loop, which receives the feeds, has ended.
        let _ = self.command_tx.send(command);
    }

    /// Sends a request to the commander without waiting. The answer arrives as a [`Feed`].
    pub fn ask(&self, ask: Ask) {
        let _ = self.ask_tx.send(ask);
    }

    /// Returns the subscribers' counters, which can still be read after [`Server::stop`].
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Stops all tasks and waits for them to end. Tasks that take too long are aborted.
    pub async fn stop(self) {
        drop((self.command_tx, self.ask_tx));
        for mut task in self.tasks {
            if timeout(STOP_WITHIN, &mut task).await.is_err() {
                task.abort();
                let _ = task.await;
            }
        }
    }
}
