//! What the poller is to ask for, as the coordinator tells it.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::message::Subscription;

/// What the coordinator wants to know.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Patterns of sharded channels that are looked for.
    patterns: Mutex<Vec<Subscription>>,
    /// Notified when something is missing.
    pub(crate) hurry: Notify,
    /// Whether what was refused is to be asked for again.
    is_again: AtomicBool,
    /// Whether a server has let us in, so that others that did not may now.
    is_let_in: AtomicBool,
}

impl Wanted {
    /// Looks for sharded channels that match these patterns from now on.
    pub(crate) fn discover(&self, patterns: Vec<Subscription>) {
        *self.patterns.lock().unwrap_or_else(PoisonError::into_inner) = patterns;
        self.hurry.notify_one();
    }

    /// Asks for what was refused once more.
    pub(crate) fn try_again(&self) {
        self.is_again.store(true, Relaxed);
        self.hurry.notify_one();
    }

    /// Asks those again that did not let us in.
    pub(crate) fn knock_again(&self) {
        self.is_let_in.store(true, Relaxed);
    }

    /// Begins to ask those again that did not let us in, if that is to be done.
    pub(crate) fn take_let_in(&self) -> bool {
        self.is_let_in.swap(false, Relaxed)
    }

    /// The patterns that are looked for.
    pub(crate) fn patterns(&self) -> Vec<Subscription> {
        self.patterns
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether what was refused is to be asked for again, until that is begun.
    pub(crate) fn is_again(&self) -> bool {
        self.is_again.load(Relaxed)
    }

    /// Begins to ask again for what was refused, if that is to be done.
    pub(crate) fn take_again(&self) -> bool {
        self.is_again.swap(false, Relaxed)
    }
}
