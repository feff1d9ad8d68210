//! Everything that talks to Redis, and the embedded broker, in process.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "../support/mod.rs"]
mod support;

mod broker;
mod faults;
mod server;
