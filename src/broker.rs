//! The embedded broker: a small Redis that does Pub/Sub and nothing else.
//!
//! `subscope demo` runs on it, so that the program can be tried without a server, and so do the
//! tests whose faults must be exact. It speaks RESP2 well enough for `redis-cli` and the common
//! client libraries, answers in Redis's own words, and listens on the loopback address only.
//! Every client is held to [`Limits`], so that none can make it grow without bound.
//!
//! From the bottom: `request` and `inline` cut commands from bytes, `client` is what is known of one
//! client, `hub` holds the clients and who listens to what, `call` is one
//! command on its way, `lookup` finds it, `session`, `clients`, `pubsub`, `server`, `transaction` and
//! `describe` carry commands out, `commands` checks them, `connection` is the task of one client. [`faults`] is
//! for tests, and [`traffic`] is what the demo shows.

mod call;
mod client;
mod clients;
mod commands;
mod connection;
mod describe;
pub mod faults;
mod hub;
mod inline;
mod lookup;
mod pubsub;
mod request;
mod server;
mod session;
mod settings;
pub mod traffic;
mod transaction;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use self::faults::Faults;
use self::hub::{Family, Hub};
pub use self::hub::{Publisher, RefusedClient};
pub use self::settings::{Limits, Refusal, Settings};

/// How long to wait before accepting again after the system refused, as when it is out of files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A running broker. Dropping it ends it, with all of its connections.
#[derive(Debug)]
pub struct Broker {
    hub: Arc<Hub>,
    /// Notified when the broker is to end.
    stopping: Arc<Notify>,
    listening: JoinHandle<()>,
}

impl Broker {
    /// Listens on the loopback address and serves clients until dropped or stopped.
    ///
    /// # Errors
    ///
    /// Fails if the port cannot be had.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).await?;
        let hub = Arc::new(Hub::new(settings, listener.local_addr()?));
        let stopping = Arc::new(Notify::new());
        let listening = tokio::spawn(listen(listener, Arc::clone(&hub), Arc::clone(&stopping)));
        Ok(Self {
            hub,
            stopping,
            listening,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.hub.address
    }

    /// Publishes a message from within the program and says how many received it.
    #[expect(clippy::must_use_candidate, reason = "it is for what it does")]
    pub fn publish(&self, channel: &[u8], payload: &[u8]) -> usize {
        self.hub.lock().publish(Family::Channel, channel, payload)
    }

    /// A handle that publishes for as long as its owner likes, even past the broker's end, when
    /// nobody receives it.
    #[must_use]
    pub fn publisher(&self) -> Publisher {
        Publisher::new(Arc::clone(&self.hub))
    }

    /// The first client that asks for RESP3, which is refused, from now on.
    #[must_use]
    pub fn refused_client(&self) -> RefusedClient {
        RefusedClient::new(self.hub.refused.subscribe())
    }

    /// The ways to make it misbehave, for tests.
    #[must_use]
    pub fn faults(&self) -> Faults {
        Faults::new(Arc::clone(&self.hub))
    }

    /// Closes every connection, stops listening, and returns when all of its tasks have ended.
    pub async fn stop(mut self) {
        self.stopping.notify_one();
        // An error would be a panic of the listening task, which has then ended as well.
        let _ = (&mut self.listening).await;
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // The listening task owns those of the clients, and takes them with it.
        self.listening.abort();
    }
}

/// Accepts clients until told to stop, and owns their tasks.
async fn listen(listener: TcpListener, hub: Arc<Hub>, stopping: Arc<Notify>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stopping.notified() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => welcome(&hub, stream, peer, &mut connections),
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Serves a new client, or turns it away if there are too many.
fn welcome(hub: &Arc<Hub>, stream: TcpStream, peer: SocketAddr, connections: &mut JoinSet<()>) {
    let admitted = hub.lock().admit(peer);
    match admitted {
        Some((id, wake)) => {
            connections.spawn(connection::serve(Arc::clone(hub), stream, id, wake));
        }
        None => {
            // A new socket has room for a line; if not, the client still sees the end.
            let _ = stream.try_write(b"-ERR max number of clients reached\r\n");
        }
    }
}
