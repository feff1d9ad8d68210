//! The commands, one file each. They wire all lower layers together.

mod job;

pub mod completions;
pub mod config;
pub mod demo;
pub mod expect;
pub mod help;
pub mod keys;
pub mod man;
pub mod record;
pub mod tail;
pub mod watch;
