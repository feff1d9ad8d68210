//! Fault injection, to test how a client reacts.

use std::sync::Arc;

use super::client::ClientId;
use super::hub::{Hub, State};
use super::settings::Refusal;

/// A handle that injects faults into a broker.
#[derive(Clone, Debug)]
pub struct Faults {
    pub(super) hub: Arc<Hub>,
}

/// The clients affected by a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultTargets {
    /// Every client with subscriptions.
    Subscribers,
    /// The client with this id, as reported by CLIENT ID and CLIENT LIST.
    Client(u64),
}

impl Faults {
    /// Sends raw bytes after all earlier output, and returns the number of affected clients.
    pub fn inject(&self, targets: FaultTargets, bytes: &[u8]) -> usize {
        self.apply(targets, |state, id| state.send(id, bytes))
    }

    /// Sends raw bytes, which may end in the middle of a frame, then closes the connection. Returns
    /// the number of affected clients.
    pub fn cut(&self, targets: FaultTargets, prefix: &[u8]) -> usize {
        self.apply(targets, |state, id| {
            state.send(id, prefix);
            if let Some(client) = state.client_mut(id) {
                client.close();
            }
        })
    }

    /// Simulates a stopped process: connections stay open and new ones are accepted, but nothing is
    /// read or written. Messages published meanwhile wait in the clients' queues.
    pub fn mute(&self) {
        self.hub.muted.send_replace(true);
    }

    /// Resumes after [`Self::mute`].
    pub fn unmute(&self) {
        self.hub.muted.send_replace(false);
    }

    /// Refuses more commands from now on, in addition to those already refused.
    pub fn refuse(&self, refusal: Refusal) {
        self.hub.lock().settings.refusals.push(refusal);
    }

    /// Removes all refusals.
    pub fn allow_all(&self) {
        self.hub.lock().settings.refusals.clear();
    }

    fn apply(&self, targets: FaultTargets, fault: impl Fn(&mut State, ClientId)) -> usize {
        let mut state = self.hub.lock();
        let ids: Vec<ClientId> = state
            .clients()
            .filter(|client| match targets {
                FaultTargets::Subscribers => client.is_subscribed(),
                FaultTargets::Client(id) => client.id == id,
            })
            .map(|client| client.id)
            .collect();
        for id in &ids {
            fault(&mut state, *id);
        }
        ids.len()
    }
}
