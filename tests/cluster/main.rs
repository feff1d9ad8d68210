//! A real cluster: its nodes found, its sharded channels followed.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

mod failover;
mod finding;
mod heard;
mod membership;
mod migration;
mod partition;
mod rights;
#[path = "../support/mod.rs"]
mod support;
