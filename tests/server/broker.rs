//! The embedded broker, driven by `redis-cli`, by the `redis` crate, and by bare sockets whose
//! bytes are compared with those of a real Redis.

mod answers;
mod clients;
mod faults;
mod limits;
mod programs;
mod raw;
