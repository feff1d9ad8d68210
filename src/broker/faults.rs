//! The ways to make a broker misbehave exactly, for the tests of how a client takes it.

use std::sync::Arc;

use super::client::ClientId;
use super::hub::{Hub, State};
use super::settings::Refusal;

/// Makes a broker misbehave.
#[derive(Clone, Debug)]
pub struct Faults {
    hub: Arc<Hub>,
}

/// Whom a fault befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victims {
    /// Every client that listens to something.
    Subscribers,
    /// The client with this id, as CLIENT ID and CLIENT LIST give it.
    Client(u64),
}

impl Faults {
    /// Of the broker with this hub.
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        Self { hub }
    }

    /// Sends raw bytes, behind all that was sent before, and says to how many clients.
    #[expect(clippy::must_use_candidate, reason = "it is for what it does")]
    pub fn inject(&self, victims: Victims, bytes: &[u8]) -> usize {
        self.befall(victims, |state, id| state.send(id, bytes))
    }

    /// Sends raw bytes, which may break off in mid-frame, then closes the connection. Says to
    /// how many clients.
    #[expect(clippy::must_use_candidate, reason = "it is for what it does")]
    pub fn cut(&self, victims: Victims, prefix: &[u8]) -> usize {
        self.befall(victims, |state, id| {
            state.send(id, prefix);
            if let Some(client) = state.client_mut(id) {
                client.close();
            }
        })
    }

    /// Plays dead: connections stay open and new ones are taken, but nothing is read or written,
    /// as by a stopped process. What is published meanwhile waits in the clients' queues.
    pub fn mute(&self) {
        self.hub.muted.send_replace(true);
    }

    /// Goes on where [`Self::mute`] stopped.
    pub fn unmute(&self) {
        self.hub.muted.send_replace(false);
    }

    /// Refuses commands from now on, beside those refused already.
    pub fn refuse(&self, refusal: Refusal) {
        self.hub.lock().refusals.push(refusal);
    }

    /// Refuses nothing any more.
    pub fn allow_all(&self) {
        self.hub.lock().refusals.clear();
    }

    fn befall(&self, victims: Victims, fault: impl Fn(&mut State, ClientId)) -> usize {
        let mut state = self.hub.lock();
        let ids: Vec<ClientId> = state
            .clients()
            .filter(|client| match victims {
                Victims::Subscribers => client.is_subscribed(),
                Victims::Client(id) => client.id == id,
            })
            .map(|client| client.id)
            .collect();
        for id in &ids {
            fault(&mut state, *id);
        }
        ids.len()
    }
}
