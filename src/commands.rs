//! The commands, one file each. They wire all lower layers together.

mod job;

pub mod config;
pub mod demo;
pub mod help;
pub mod keys;
pub mod open;
pub mod record;
pub mod tail;
pub mod watch;
