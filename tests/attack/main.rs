//! Attacks: generated inputs, hostile servers and injected faults. Each asserts what must hold
//! whatever comes: no panic, bounded work, no byte through to the terminal, no frame misread, no
//! message lost without a word.
//!
//! The normal run is short and always the same; `tests/run.sh --random MINUTES` goes on for long.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "../support/mod.rs"]
mod support;

mod broker;
mod configuration;
mod decoders;
mod escapes;
mod faults;
mod hostile;
mod mutation;
mod queries;
mod screen;
mod wire;
