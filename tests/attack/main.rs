//! Attacks: generated inputs, malicious servers and injected faults. Each test asserts what must
//! hold in every case: no panic, bounded work, no unescaped byte on the terminal, no misread frame,
//! no message lost without a report.
//!
//! The normal run is short and deterministic; `tests/run.sh --random MINUTES` runs for longer.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "../support"]
mod support {
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod cases;
    pub mod harmful;
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod listener;
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod proxy;
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod pty;
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod redis;
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod truth;
}

mod broker;
mod configuration;
mod decoders;
mod escapes;
mod faults;
mod hostile;
mod mutation;
mod queries;
mod random;
mod screen;
mod wire;
