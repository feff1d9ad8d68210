//! A real cluster: discovering its nodes and following its sharded channels.

mod failover;
mod finding;
mod listener;
mod membership;
mod migration;
mod partition;
mod rights;
