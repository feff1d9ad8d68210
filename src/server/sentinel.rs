//! Sentinels: the master they name, and the watch for failovers.

pub(super) mod master_watcher;
pub(super) mod masters;
mod succession;
