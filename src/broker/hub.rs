//! The heart of the broker: its clients, who listens to what, and the way of a message.
//!
//! One lock guards it all. Nothing is awaited under it, and it makes the order of messages and
//! confirmations the same for every client, as Redis's single thread does.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::client::Client;
pub use super::client::{ClientId, Family};
use super::settings::{Limits, Refusal, Settings};
use crate::message::glob;
use crate::wire;

/// What all tasks of a broker share.
#[derive(Debug)]
pub struct Hub {
    /// What a client may take.
    pub limits: Limits,
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether it plays dead.
    pub muted: watch::Sender<bool>,
    /// The library of the first client that asked for RESP3, once there was one; empty if it has not
    /// said which.
    pub refused: watch::Sender<Option<Box<str>>>,
    state: Mutex<State>,
}

/// Publishes from within the program, beside the broker's own clients.
#[derive(Clone, Debug)]
pub struct Publisher {
    hub: Arc<Hub>,
}

/// The clients and their subscriptions.
#[derive(Debug)]
pub struct State {
    /// How the broker was told to behave.
    pub settings: Settings,
    /// Where it listens.
    pub address: SocketAddr,
    /// When it started.
    pub started: Instant,
    /// The commands that it refuses at present.
    pub refusals: Vec<Refusal>,
    /// What it counted since its start.
    pub totals: Totals,
    /// See [`Hub::refused`].
    refused: watch::Sender<Option<Box<str>>>,
    clients: BTreeMap<ClientId, Client>,
    listeners: [Listeners; 3],
}

/// Waits for a client that speaks RESP3.
#[derive(Clone, Debug)]
pub struct RefusedClient {
    refused: watch::Receiver<Option<Box<str>>>,
}

impl RefusedClient {
    pub(super) fn new(refused: watch::Receiver<Option<Box<str>>>) -> Self {
        Self { refused }
    }

    /// The library of the first one, as it calls itself; empty if it has not said which. `None` if
    /// the broker has ended before there was one.
    pub async fn library(mut self) -> Option<Box<str>> {
        let refused = self.refused.wait_for(Option::is_some).await;
        refused.ok().and_then(|library| library.clone())
    }
}

/// What a broker counts from its start to its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Clients that connected; the last one's id.
    pub connections: u64,
    /// Clients turned away because there were too many.
    pub rejected: u64,
    /// Commands carried out or refused.
    pub commands: u64,
    /// Clients closed because too much was waiting for them.
    pub output_limit_disconnections: u64,
}

/// Who listens to each name of one family.
type Listeners = BTreeMap<Arc<[u8]>, BTreeSet<ClientId>>;

impl Hub {
    /// The hub of a broker that listens at `address`.
    pub fn new(settings: Settings, address: SocketAddr) -> Self {
        let refused = watch::Sender::new(None);
        Self {
            limits: settings.limits,
            address,
            muted: watch::Sender::new(false),
            refused: refused.clone(),
            state: Mutex::new(State {
                refused,
                address,
                started: Instant::now(),
                refusals: settings.refusals.clone(),
                settings,
                totals: Totals::default(),
                clients: BTreeMap::new(),
                listeners: Default::default(),
            }),
        }
    }

    /// The state, for a moment: never held across an await.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in another task leaves the state whole enough to serve the others.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Publisher {
    /// Of the broker with this hub.
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        Self { hub }
    }

    /// Publishes a message and says how many received it.
    #[expect(clippy::must_use_candidate, reason = "it is for what it does")]
    pub fn publish(&self, channel: &[u8], payload: &[u8]) -> usize {
        self.hub.lock().publish(Family::Channel, channel, payload)
    }
}

impl State {
    /// Takes in a new client, with what wakes its task; `None` if there are too many.
    pub fn admit(&mut self, peer: SocketAddr) -> Option<(ClientId, Arc<Notify>)> {
        if self.clients.len() >= self.settings.limits.clients {
            self.totals.rejected += 1;
            return None;
        }
        self.totals.connections += 1;
        let id = self.totals.connections;
        let wake = Arc::new(Notify::new());
        let trusted = self.settings.password.is_none();
        self.clients
            .insert(id, Client::new(id, peer, trusted, Arc::clone(&wake)));
        Some((id, wake))
    }

    /// Forgets a client and its subscriptions at once; its task then closes the connection.
    pub fn remove(&mut self, id: ClientId) {
        for family in [Family::Channel, Family::Pattern, Family::Shard] {
            self.unsubscribe_all(id, family);
        }
        if let Some(client) = self.clients.remove(&id) {
            client.wake();
        }
    }

    /// Notes that a client wanted to speak RESP3.
    pub fn note_refused(&self, id: ClientId) {
        let library = self.client(id).map(|client| client.library.0.as_slice());
        let library = String::from_utf8_lossy(library.unwrap_or_default());
        self.refused.send_if_modified(|refused| {
            let is_first = refused.is_none();
            refused.get_or_insert_with(|| library.into());
            is_first
        });
    }

    /// A client that is still there.
    pub fn client(&self, id: ClientId) -> Option<&Client> {
        self.clients.get(&id)
    }

    /// A client that is still there, to change it.
    pub fn client_mut(&mut self, id: ClientId) -> Option<&mut Client> {
        self.clients.get_mut(&id)
    }

    /// All clients, the oldest first.
    pub fn clients(&self) -> impl Iterator<Item = &Client> {
        self.clients.values()
    }

    /// The names of a family that anyone listens to, in order.
    pub fn names(&self, family: Family) -> impl Iterator<Item = &Arc<[u8]>> {
        self.listeners[family as usize].keys()
    }

    /// How many listen to exactly this name.
    pub fn count_listeners(&self, family: Family, name: &[u8]) -> usize {
        self.listeners[family as usize]
            .get(name)
            .map_or(0, BTreeSet::len)
    }

    /// Queues bytes for a client. One that has left too much waiting is removed, as Redis does.
    pub fn send(&mut self, id: ClientId, bytes: &[u8]) {
        let limits = self.settings.limits;
        let within = self
            .client_mut(id)
            .is_none_or(|client| client.queue(bytes, &limits));
        if !within {
            self.drop_laggard(id);
        }
    }

    /// Removes a client that has been over the soft limit for too long.
    pub fn enforce_soft_limit(&mut self, id: ClientId) {
        let limits = self.settings.limits;
        if self
            .client(id)
            .is_some_and(|client| client.is_overdue(&limits))
        {
            self.drop_laggard(id);
        }
    }

    /// Makes a client listen to a name. It must be within its limits.
    pub fn subscribe(&mut self, id: ClientId, family: Family, name: &[u8]) {
        let listeners = &mut self.listeners[family as usize];
        // One copy of the name for all who listen to it.
        let name = listeners
            .get_key_value(name)
            .map_or_else(|| Arc::from(name), |(name, _)| Arc::clone(name));
        if let Some(client) = self.clients.get_mut(&id)
            && client.subscribe(family, &name)
        {
            listeners.entry(name).or_default().insert(id);
        }
    }

    /// Makes a client listen to a name no more; nothing changes if it did not.
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

    /// Makes a client listen to no name of a family, and gives the names it listened to.
    pub fn unsubscribe_all(&mut self, id: ClientId, family: Family) -> Vec<Arc<[u8]>> {
        let names: Vec<_> = self.client(id).map_or_else(Vec::new, |client| {
            client.subscriptions(family).iter().cloned().collect()
        });
        for name in &names {
            self.unsubscribe(id, family, name);
        }
        names
    }

    /// Sends a message to all who listen, and says to how many. For one client, the channel's
    /// own message comes before those of its patterns. Patterns hear no shard channel.
    pub fn publish(&mut self, family: Family, channel: &[u8], payload: &[u8]) -> usize {
        let word: &[u8] = match family {
            Family::Shard => b"smessage",
            Family::Channel | Family::Pattern => b"message",
        };
        let direct = self.listeners[family as usize].get(channel).cloned();
        let mut receivers = self.deliver(direct, &[word, channel, payload]);
        if family == Family::Shard {
            return receivers;
        }
        let matching: Vec<_> = self.listeners[Family::Pattern as usize]
            .iter()
            .filter(|(pattern, _)| glob::matches(pattern, channel))
            .map(|(pattern, ids)| (Arc::clone(pattern), ids.clone()))
            .collect();
        for (pattern, ids) in matching {
            receivers += self.deliver(Some(ids), &[b"pmessage", &pattern, channel, payload]);
        }
        receivers
    }

    fn deliver(&mut self, ids: Option<BTreeSet<ClientId>>, message: &[&[u8]]) -> usize {
        let Some(ids) = ids else { return 0 };
        let mut frame = Vec::new();
        wire::put_command(&mut frame, message);
        for id in &ids {
            self.send(*id, &frame);
        }
        ids.len()
    }

    fn drop_laggard(&mut self, id: ClientId) {
        self.totals.output_limit_disconnections += 1;
        self.remove(id);
    }
}
