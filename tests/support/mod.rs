//! Helpers shared by several test files.

#![allow(dead_code, reason = "each test program uses its own part of this")]

pub mod authority;
pub mod bus;
pub mod cases;
pub mod checks;
pub mod cluster;
pub mod flood;
pub mod listener;
pub mod peer;
pub mod proxy;
pub mod pty;
pub mod random;
pub mod redis;
pub mod scans;
pub mod sentinel;
pub mod stage;
pub mod touched;
pub mod truth;
