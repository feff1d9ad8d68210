//! The built program on a terminal, and the server tasks against clusters, sentinels, TLS and bad
//! networks.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "../support/mod.rs"]
mod support;

mod cluster;
mod fallback;
mod filtering;
mod help;
mod profiles;
mod sentinel;
mod terminal;
mod tls;
mod trouble;
mod watch;
