//! Sentinels: finding the current master, and watching for failovers.

pub(super) mod master_watcher;
pub(super) mod masters;
mod succession;
