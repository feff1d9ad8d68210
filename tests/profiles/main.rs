//! How a server is named: profiles, how they look, and the whole program with one; URLs and
//! paths.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

mod addresses;
mod drawing;
mod program;
#[path = "../support/mod.rs"]
mod support;
