//! The commands, one file each. They wire all lower layers together.

mod input;
mod job;
mod sending;

pub mod channels;
pub mod completions;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod expect;
pub mod help;
pub mod keys;
pub mod man;
pub mod open;
pub mod publish;
pub mod record;
pub mod replay;
pub mod tail;
pub mod watch;
