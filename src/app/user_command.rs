//! The user's own commands, as plain data: how they are configured, started and answered.

use std::sync::Arc;

pub use crate::config::{CommandInput, CommandShow};
use crate::log::SharedBytes;
use crate::message::glob;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::figures;

/// A command of the user's own, run on the selected message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCommand {
    /// The name to show.
    pub name: String,
    /// The channels whose messages it is for, as a glob; `None` for all.
    pub channel: Option<Box<[u8]>>,
    /// The command line, for `sh -c`.
    pub run: String,
    /// How it gets the message.
    pub input: CommandInput,
    /// Where its output goes.
    pub show: CommandShow,
}

impl UserCommand {
    /// Returns whether the command is for messages of `channel`.
    pub(crate) fn is_for(&self, channel: &[u8]) -> bool {
        let globs = self.channel.as_deref();
        globs.is_none_or(|glob| glob::matches(glob, channel))
    }
}

/// A request to run a command on a message.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandRequest {
    /// The number of the run.
    pub id: u64,
    /// What to run, and how.
    pub command: UserCommand,
    /// The payload of the message.
    pub payload: SharedBytes,
    /// How to decode it, if it is not left to detection.
    pub choice: Option<DecoderChoice>,
    /// The channel of the message.
    pub channel: Arc<[u8]>,
    /// When the message arrived, as in RFC 3339.
    pub time: String,
}

/// What has become of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandNews {
    /// It has written something.
    Output {
        /// The number of the run.
        id: u64,
        /// What it wrote.
        bytes: Vec<u8>,
    },
    /// It has ended.
    Ended {
        /// The number of the run.
        id: u64,
        /// The name of the command.
        name: String,
        /// How it ended.
        end: CommandEnd,
        /// Whether it had the terminal.
        had_terminal: bool,
    },
}

/// How a command has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandEnd {
    /// On its own, with this exit status.
    Exited(i32),
    /// On its own, with this exit status, while another process kept its output open.
    StillWriting(i32),
    /// By this signal.
    Signalled(i32),
    /// It was stopped because it wrote more than this many bytes.
    TooMuch(u64),
    /// It was stopped because it ran for longer than this many seconds.
    TooLong(u64),
    /// It could not be started.
    NotStarted(String),
}

impl CommandEnd {
    /// Returns what went wrong, or `None` if the command succeeded.
    pub fn trouble(&self) -> Option<String> {
        Some(match self {
            Self::Exited(0) => return None,
            Self::Exited(126) => "exit status 126: not executable".to_owned(),
            Self::Exited(127) => "exit status 127: command not found".to_owned(),
            Self::Exited(status) => format!("exit status {status}"),
            Self::StillWriting(status) => {
                format!("exit status {status} · output cut: still open in the background")
            }
            Self::Signalled(signal) => format!("ended by signal {signal}"),
            Self::TooMuch(bytes) => {
                let size = figures::size(*bytes);
                format!("stopped after {size} of output")
            }
            Self::TooLong(seconds) => format!("stopped after {seconds} s"),
            Self::NotStarted(why) => format!("not started: {why}"),
        })
    }
}
