//! subscope: a terminal dashboard for Redis Pub/Sub.

pub mod message;
pub mod terminal;
pub mod wire;
