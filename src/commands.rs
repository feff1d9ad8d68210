//! The commands, wired from all the layers below: a file each.

pub mod demo;
mod history;
mod redis_cli;
mod screen;
mod stats;
mod target;
pub mod watch;

use std::fmt;

/// Why a command could not do its work, in a line for the person, and the code to exit with.
#[derive(Debug)]
pub struct Failure {
    /// The line.
    pub words: String,
    /// 2 for a wrong command line, 1 for anything else.
    pub exit_code: u8,
}

impl Failure {
    /// The command line is wrong.
    pub fn usage(words: impl fmt::Display) -> Self {
        Self {
            words: words.to_string(),
            exit_code: 2,
        }
    }

    /// Something else went wrong.
    pub fn other(words: impl fmt::Display) -> Self {
        Self {
            words: words.to_string(),
            exit_code: 1,
        }
    }
}
