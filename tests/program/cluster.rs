//! A real cluster: discovering its nodes and following its sharded channels.

mod discovery;
mod failover;
mod listener;
mod membership;
mod migration;
mod partition;
mod permissions;
