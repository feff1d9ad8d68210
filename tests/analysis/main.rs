//! Checks made of every message of the channels that they watch.
#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

#[path = "../support/cases.rs"]
mod cases;
mod generated;
mod pairs;
mod points;
mod sequences;
mod shapes;
mod stage;
mod threads;
