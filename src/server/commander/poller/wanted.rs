//! The requests to the poller, shared with the coordinator.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::message::Subscription;

/// Requests from the coordinator to the poller.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Patterns of channels to search for.
    patterns: Mutex<Vec<Subscription>>,
    /// Notified to request an early poll.
    pub(crate) hurry: Notify,
    /// Whether to retry refused queries.
    pub(crate) is_retry: AtomicBool,
    /// Whether a server has accepted the login since this was last cleared. Servers that refused
    /// the login before may accept it now.
    pub(crate) has_login: AtomicBool,
}

impl Wanted {
    /// Sets the patterns of channels to search for.
    pub(crate) fn discover(&self, patterns: Vec<Subscription>) {
        *self.patterns.lock().unwrap_or_else(PoisonError::into_inner) = patterns;
        self.hurry.notify_one();
    }

    /// Requests a retry of refused queries.
    pub(crate) fn retry(&self) {
        self.is_retry.store(true, Relaxed);
        self.hurry.notify_one();
    }

    /// Returns the patterns to search for.
    pub(crate) fn patterns(&self) -> Vec<Subscription> {
        let patterns = self.patterns.lock();
        patterns.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
