//! subscope: a terminal dashboard for Redis Pub/Sub.

pub mod message;
pub mod payload;
pub mod wire;
