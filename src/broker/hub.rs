//! The core of the broker: its clients, their subscriptions, and the delivery of messages.
//!
//! A single lock guards all of this and is never held across an await. Every client therefore sees
//! messages and confirmations in the same order, as with Redis's single thread.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::client::{Client, ClientId, Family};
use super::settings::Settings;
use crate::message::glob;
use crate::wire;

/// State shared by all tasks of a broker.
#[derive(Debug)]
pub struct Hub {
    /// Whether the broker simulates a stopped process.
    pub muted: watch::Sender<bool>,
    state: Mutex<State>,
}

/// A handle that publishes messages from within the program, rather than as a client.
#[derive(Clone, Debug)]
pub struct Publisher {
    pub(super) hub: Arc<Hub>,
}

/// The clients and their subscriptions.
#[derive(Debug)]
pub struct State {
    pub settings: Settings,
    /// The address that the broker listens on.
    pub address: SocketAddr,
    pub started: Instant,
    pub totals: Totals,
    clients: BTreeMap<ClientId, Client>,
    listeners: [Listeners; 3],
}

/// Totals of a broker since its start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Number of clients that connected, which is also the last client's id.
    pub connections: u64,
    /// Number of clients rejected because there were too many.
    pub rejected: u64,
    /// Number of commands executed or refused.
    pub commands: u64,
    /// Number of clients closed because their output buffers exceeded a limit.
    pub output_limit_disconnections: u64,
}

/// The subscribers to each name in one family of subscriptions.
type Listeners = BTreeMap<Arc<[u8]>, BTreeSet<ClientId>>;

impl Hub {
    /// Creates the hub of a broker that listens on `address`.
    pub fn new(settings: Settings, address: SocketAddr) -> Self {
        Self {
            muted: watch::Sender::new(false),
            state: Mutex::new(State {
                address,
                started: Instant::now(),
                settings,
                totals: Totals::default(),
                clients: BTreeMap::new(),
                listeners: Default::default(),
            }),
        }
    }

    /// Locks the state. The guard must not be held across an await.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        // After a panic in another task, the state is still consistent enough to serve the others.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Publisher {
    /// Publishes a message and returns the number of receivers.
    pub fn publish(&self, channel: &[u8], payload: &[u8]) -> usize {
        self.hub.lock().publish(Family::Channel, channel, payload)
    }
}

impl State {
    /// Adds a new client. Returns its id and its task's wake-up signal, or `None` if there are too
    /// many clients.
    pub fn admit(&mut self, peer: SocketAddr) -> Option<(ClientId, Arc<Notify>)> {
        if self.clients.len() >= self.settings.limits.clients {
            self.totals.rejected += 1;
            return None;
        }
        self.totals.connections += 1;
        let id = self.totals.connections;
        let wake = Arc::new(Notify::new());
        let client = Client::new(id, peer, &self.settings, Arc::clone(&wake));
        self.clients.insert(id, client);
        Some((id, wake))
    }

    /// Removes a client and its subscriptions. Its task then closes the connection.
    pub fn remove(&mut self, id: ClientId) {
        for family in [Family::Channel, Family::Pattern, Family::Shard] {
            self.unsubscribe_all(id, family);
        }
        if let Some(client) = self.clients.remove(&id) {
            client.wake.notify_one();
        }
    }

    /// Returns a client, unless it has been removed.
    pub fn client(&self, id: ClientId) -> Option<&Client> {
        self.clients.get(&id)
    }

    /// Returns a client mutably, unless it has been removed.
    pub fn client_mut(&mut self, id: ClientId) -> Option<&mut Client> {
        self.clients.get_mut(&id)
    }

    /// Iterates over all clients, oldest first.
    pub fn clients(&self) -> impl Iterator<Item = &Client> {
        self.clients.values()
    }

    /// Iterates over the names of a family that have subscribers, in order.
    pub fn names(&self, family: Family) -> impl Iterator<Item = &Arc<[u8]>> {
        self.listeners[family as usize].keys()
    }

    /// Returns the number of subscribers of exactly this name.
    pub fn count_listeners(&self, family: Family, name: &[u8]) -> usize {
        self.listeners[family as usize]
            .get(name)
            .map_or(0, BTreeSet::len)
    }

    /// Queues bytes for a client. Like Redis, removes a client whose output buffer exceeds a limit.
    pub fn send(&mut self, id: ClientId, bytes: &[u8]) {
        let client = self.client_mut(id);
        if client.is_some_and(|client| !client.queue(bytes)) {
            self.drop_laggard(id);
        }
    }

    /// Sends a client the messages that were held back while its command was executed.
    pub fn release_messages(&mut self, id: ClientId) {
        let client = self.client_mut(id);
        if client.is_some_and(|client| !client.release_messages()) {
            self.drop_laggard(id);
        }
    }

    /// Removes a client that has exceeded the soft limit for too long.
    pub fn enforce_soft_limit(&mut self, id: ClientId) {
        if self.client(id).is_some_and(Client::is_overdue) {
            self.drop_laggard(id);
        }
    }

    /// Adds a subscription to a client. It must be within the client's limits.
    pub fn subscribe(&mut self, id: ClientId, family: Family, name: &[u8]) {
        let listeners = &mut self.listeners[family as usize];
        // All subscribers of a name share one copy of the name.
        let name = listeners
            .get_key_value(name)
            .map_or_else(|| Arc::from(name), |(name, _)| Arc::clone(name));
        if let Some(client) = self.clients.get_mut(&id)
            && client.subscribe(family, &name)
        {
            listeners.entry(name).or_default().insert(id);
        }
    }

    /// Removes a subscription from a client, if it exists.
    pub fn unsubscribe(&mut self, id: ClientId, family: Family, name: &[u8]) {
        let listeners = &mut self.listeners[family as usize];
        if let Some(client) = self.clients.get_mut(&id)
            && client.unsubscribe(family, name)
            && let Some(ids) = listeners.get_mut(name)
        {
            ids.remove(&id);
            if ids.is_empty() {
                listeners.remove(name);
            }
        }
    }

    /// Removes all of a client's subscriptions in a family, and returns their names.
    pub fn unsubscribe_all(&mut self, id: ClientId, family: Family) -> Vec<Arc<[u8]>> {
        let names: Vec<_> = self.client(id).map_or_else(Vec::new, |client| {
            client.subscriptions(family).iter().cloned().collect()
        });
        for name in &names {
            self.unsubscribe(id, family, name);
        }
        names
    }

    /// Sends a message to all subscribers and returns the number of deliveries. A client receives
    /// the message for its channel before those for its patterns. Patterns do not match shard
    /// channels.
    pub fn publish(&mut self, family: Family, channel: &[u8], payload: &[u8]) -> usize {
        let word: &[u8] = match family {
            Family::Shard => b"smessage",
            Family::Channel | Family::Pattern => b"message",
        };
        let direct = self.listeners[family as usize].get(channel).cloned();
        let direct = direct.unwrap_or_default();
        let mut receivers = self.deliver(&direct, &[word, channel, payload]);
        if family == Family::Shard {
            return receivers;
        }
        let matching: Vec<_> = self.listeners[Family::Pattern as usize]
            .iter()
            .filter(|(pattern, _)| glob::matches(pattern, channel))
            .map(|(pattern, ids)| (Arc::clone(pattern), ids.clone()))
            .collect();
        for (pattern, ids) in matching {
            receivers += self.deliver(&ids, &[b"pmessage", &pattern, channel, payload]);
        }
        receivers
    }

    fn deliver(&mut self, ids: &BTreeSet<ClientId>, message: &[&[u8]]) -> usize {
        if ids.is_empty() {
            return 0;
        }
        let mut frame = Vec::new();
        wire::put_command(&mut frame, message);
        for id in ids {
            let Some(client) = self.clients.get_mut(id) else {
                continue;
            };
            frame[0] = client.protocol.push_mark();
            if !client.queue_message(&frame) {
                self.drop_laggard(*id);
            }
        }
        ids.len()
    }

    fn drop_laggard(&mut self, id: ClientId) {
        self.totals.output_limit_disconnections += 1;
        self.remove(id);
    }
}
