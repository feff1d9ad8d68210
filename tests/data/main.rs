//! Tests of the data without a screen or a server: frames, payloads, the log, queries, checks.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "../support"]
mod support {
    pub mod bombs;
    pub mod cases;
    pub mod harmful;
    #[allow(dead_code, reason = "the program uses only a part of it")]
    pub mod redis;
}

mod analysis;
mod diff;
mod formats;
mod glob;
mod log;
mod payload;
mod query;
mod recipes;
mod recordings;
mod scan;
mod wire;
