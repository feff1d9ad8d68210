//! Tests of the embedded broker with `redis-cli`, the `redis` crate, and raw sockets whose bytes
//! are compared with those of a real Redis.

mod answers;
mod captured;
mod clients;
mod faults;
mod limits;
mod programs;
mod raw;
