//! subscope: a terminal dashboard for Redis Pub/Sub.

pub mod log;
pub mod message;
pub mod server;
pub mod wire;
