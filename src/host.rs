//! Everything around the screen: the terminal, the files that the program writes, the processes
//! that it starts, and the errors that end it.

mod alert_command;
pub mod clipboard;
pub mod confirm;
mod export;
pub mod failure;
pub mod files;
mod history;
pub mod limited;
pub mod listener;
pub mod output;
pub mod pager;
pub mod password;
pub mod pick;
pub mod processes;
pub mod recorder;
pub mod screen;
mod source;
mod state;
mod stats;
pub mod tty;
mod user_command;
mod user_decoder;

pub use failure::{Failure, report};
