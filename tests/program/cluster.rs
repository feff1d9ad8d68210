//! A real cluster: its nodes found, its sharded channels followed.

mod failover;
mod finding;
mod heard;
mod membership;
mod migration;
mod partition;
mod rights;
