//! In-process tests of everything that talks to Redis, of the embedded broker, and of
//! helper processes that are missing.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "../support"]
mod support {
    pub mod peer;
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod redis;
    pub mod version;
}

mod broker;
mod faults;
mod helpers;
mod server;
