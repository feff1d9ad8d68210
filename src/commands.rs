//! The commands, wired from all the layers below: a file each.

mod checks;
mod config_file;
pub mod demo;
mod history;
mod password;
mod pick;
mod profile;
mod queries;
mod redis_cli;
mod screen;
mod stats;
mod target;
mod tty;
pub mod watch;

use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::payload::escape::whole;

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

/// A path as it can be shown.
fn shown_path(path: &Path) -> String {
    whole(path.as_os_str().as_bytes())
}
