//! subscope: a terminal dashboard for Redis Pub/Sub.

pub mod app;
pub mod broker;
pub mod cli;
pub mod commands;
pub mod log;
pub mod message;
pub mod payload;
pub mod runtime;
pub mod server;
pub mod terminal;
pub mod view;
pub mod wire;
