//! In-process tests of everything that talks to Redis, and of the embedded broker.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "../support/mod.rs"]
mod support;

mod broker;
mod faults;
mod server;
