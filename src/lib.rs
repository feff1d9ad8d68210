//! subscope: a terminal dashboard for Redis Pub/Sub.

pub mod broker;
pub mod message;
pub mod wire;
