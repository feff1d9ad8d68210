//! Profiles: how they look, and the whole program with one.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

mod drawing;
mod program;
#[path = "../support/mod.rs"]
mod support;
