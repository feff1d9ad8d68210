//! Attacks: generated inputs, malicious servers and injected faults. Each test asserts what must
//! hold in every case: no panic, bounded work, no unescaped byte on the terminal, no misread frame,
//! no message lost without a report.
//!
//! The normal run is short and deterministic; `tests/run.sh --random MINUTES` runs for longer.

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
