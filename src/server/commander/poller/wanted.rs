//! What the poller should query, shared with the coordinator.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::message::Subscription;

/// Requests from the coordinator to the poller.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Patterns of sharded channels to search for.
    patterns: Mutex<Vec<Subscription>>,
    /// Notified when something is missing.
    pub(crate) hurry: Notify,
    /// Whether to retry refused queries.
    is_again: AtomicBool,
    /// Whether some server accepted the login, so that others may accept it now.
    logged_in: AtomicBool,
}

impl Wanted {
    /// Sets the patterns of sharded channels to search for.
    pub(crate) fn discover(&self, patterns: Vec<Subscription>) {
        *self.patterns.lock().unwrap_or_else(PoisonError::into_inner) = patterns;
        self.hurry.notify_one();
    }

    /// Requests a retry of refused queries.
    pub(crate) fn try_again(&self) {
        self.is_again.store(true, Relaxed);
        self.hurry.notify_one();
    }

    /// Records that a server accepted the login, so those that refused it are asked again.
    pub(crate) fn note_login(&self) {
        self.logged_in.store(true, Relaxed);
    }

    /// Returns whether a login was accepted since the last call.
    pub(crate) fn take_login(&self) -> bool {
        self.logged_in.swap(false, Relaxed)
    }

    /// Returns the patterns to search for.
    pub(crate) fn patterns(&self) -> Vec<Subscription> {
        self.patterns
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns whether a retry of refused queries is pending.
    pub(crate) fn is_again(&self) -> bool {
        self.is_again.load(Relaxed)
    }

    /// Takes the request for a retry of refused queries, if there is one.
    pub(crate) fn take_again(&self) -> bool {
        self.is_again.swap(false, Relaxed)
    }
}
