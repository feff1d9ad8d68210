//! The embedded broker: a small Redis server that only supports Pub/Sub.
//!
//! `subscope demo` uses it, so that the program can be tried without a server. Tests use it to
//! inject exact faults. It speaks RESP2 and RESP3 well enough for `redis-cli` and the common client
//! libraries, replies with Redis's own error messages, and listens on the loopback address only.
//! [`Limits`] apply to every client, so that no client can make the broker grow without bound.
//!
//! From the bottom up: `request` and `inline` parse commands; `client` is the state of one client;
//! `hub` holds the clients and their subscriptions; `call` is a command being executed; `lookup`
//! finds commands by name; `session`, `clients`, `pubsub`, `server`, `transaction` and `describe`
//! implement the commands; `commands` checks them; `connection` is the task of one client.
//! [`faults`] is for tests, and [`traffic`] generates the demo's messages.

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
use self::hub::Hub;
pub use self::hub::Publisher;
pub use self::settings::{Limits, Refusal, Settings};

/// How long to wait after a failed accept, for example because the process is out of file
/// descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A running broker. Dropping it stops it and closes all of its connections.
#[derive(Debug)]
pub struct Broker {
    hub: Arc<Hub>,
    /// Notified when the broker should stop.
    stopping: Arc<Notify>,
    listening: JoinHandle<()>,
}

impl Broker {
    /// Starts a broker that listens on the loopback address and serves clients until it is dropped
    /// or stopped.
    ///
    /// # Errors
    ///
    /// Returns an error if the port cannot be bound.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a tokio runtime.
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

    /// Returns the address that the broker listens on.
    pub fn address(&self) -> SocketAddr {
        self.hub.lock().address
    }

    /// Returns a handle that publishes messages. The handle may outlive the broker; its messages
    /// then have no receivers.
    pub fn publisher(&self) -> Publisher {
        let hub = Arc::clone(&self.hub);
        Publisher { hub }
    }

    /// Returns a handle that injects faults in tests.
    pub fn faults(&self) -> Faults {
        let hub = Arc::clone(&self.hub);
        Faults { hub }
    }

    /// Closes every connection, stops listening, and waits until all tasks have ended.
    pub async fn stop(mut self) {
        self.stopping.notify_one();
        // An error means that the listening task panicked, so that task has also ended.
        let _ = (&mut self.listening).await;
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // The listening task owns the client tasks, so they are aborted with it.
        self.listening.abort();
    }
}

/// Accepts clients until stopped, and owns their tasks.
async fn listen(listener: TcpListener, hub: Arc<Hub>, stopping: Arc<Notify>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stopping.notified() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => admit(&hub, stream, peer, &mut connections),
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Serves a new client, or rejects it if there are too many.
fn admit(hub: &Arc<Hub>, stream: TcpStream, peer: SocketAddr, connections: &mut JoinSet<()>) {
    let admitted = hub.lock().admit(peer);
    match admitted {
        Some((id, wake)) => {
            connections.spawn(connection::serve(Arc::clone(hub), stream, id, wake));
        }
        None => {
            // A new socket's send buffer has room for one line. Even without it, the client sees
            // the connection close.
            let _ = stream.try_write(b"-ERR max number of clients reached\r\n");
        }
    }
}
