//! User-defined commands as plain data: their configuration, requests to run them, and results.

use std::sync::Arc;

pub use crate::config::{CommandInput, CommandShow};
use crate::log::SharedBytes;
use crate::message::glob;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::figures;

/// A user-defined command, run on the selected message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCommand {
    /// The name to show.
    pub name: String,
    /// The channels whose messages the command applies to, as a glob; `None` for all.
    pub channel: Option<Box<[u8]>>,
    /// The command line, which is passed to `sh -c`.
    pub run: String,
    /// How the command receives the message.
    pub input: CommandInput,
    /// Where the command's output goes.
    pub show: CommandShow,
}

impl UserCommand {
    /// Returns whether the command applies to messages of `channel`.
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
    /// The command to run.
    pub command: UserCommand,
    /// The payload of the message.
    pub payload: SharedBytes,
    /// The decoder chosen for the payload; `None` to detect its format.
    pub choice: Option<DecoderChoice>,
    /// The channel of the message.
    pub channel: Arc<[u8]>,
    /// When the message arrived, in the format of RFC 3339.
    pub time: String,
}

/// News of a command that was started: its output or its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandNews {
    /// The command has written output.
    Output {
        /// The number of the run.
        id: u64,
        /// The output.
        bytes: Vec<u8>,
    },
    /// The command has ended.
    Ended {
        /// The number of the run.
        id: u64,
        /// The name of the command.
        name: String,
        /// How the command ended.
        end: CommandEnd,
        /// Whether the command had control of the terminal.
        had_terminal: bool,
    },
}

/// How a command has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandEnd {
    /// It exited with this status.
    Exited(i32),
    /// On its own, with this exit status, while another process kept its output open.
    StillWriting(i32),
    /// It was killed by this signal.
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
