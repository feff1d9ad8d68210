//! Sentinels: the master that they name, and the watch for failovers.

pub(super) mod master_watcher;
pub(super) mod masters;
mod succession;
