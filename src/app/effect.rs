//! Side effects for the main loop to perform, as plain data.

use super::copy_request::CopyRequest;
use super::export_request::ExportRequest;
use super::recording_request::{RecordedRows, RecordingRequest};
use super::text_editor::EditRequest;
use super::user_command::CommandRequest;
use super::user_decoder::DecoderRequest;
use crate::config::Theme;
use crate::server::{Ask, Command};
use crate::workers::analysis;
use crate::workers::decode;
use crate::workers::loading;
use crate::workers::scan::{Request, WatchId};

/// A side effect for the main loop to perform. Tests compare it with the effect that they expect.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send a command to the subscriber.
    Command(Command),
    /// Send a request to the commander.
    Ask(Ask),
    /// Load a part of the recording. It arrives as [`Event::Recording`](super::Event).
    Load(loading::Request),
    /// Run a query on rows of the log. The answers arrive as [`Event::Scanned`](super::Event).
    Scan(Request),
    /// Stop all scans for this query.
    StopScan(WatchId),
    /// Decode a large payload. The answer arrives as [`Event::Decoded`](super::Event).
    Decode(decode::Request),
    /// Decode a message with a decoder of the user's own. The answer arrives as
    /// [`Event::UserDecoded`](super::Event).
    DecodeByUser(DecoderRequest),
    /// Run checks on messages. The answers arrive as [`Event::Analysed`](super::Event).
    Analyse(analysis::Request),
    /// Search a large message for some text. The answer arrives as [`Event::Found`](super::Event).
    Search(decode::Search),
    /// Collect the paths and values in some messages. The answer arrives as
    /// [`Event::Sampled`](super::Event).
    Sample(decode::SampleRequest),
    /// Copy this text to the clipboard. The answer arrives as [`Event::Copied`](super::Event).
    Copy(CopyRequest),
    /// Write rows to a file. The answer arrives as [`Event::Exported`](super::Event).
    Export(Box<ExportRequest>),
    /// Stop writing rows to files, and remove those that are not complete.
    AbandonExports,
    /// Start to record to a file. The answers arrive as [`Event::Recording`](super::Event).
    StartRecording(Box<RecordingRequest>),
    /// Record these rows.
    Record(Box<RecordedRows>),
    /// End the recording once everything is written.
    StopRecording,
    /// Run a user-defined command. Its output and its exit arrive as
    /// [`Event::Command`](super::Event).
    RunCommand(Box<CommandRequest>),
    /// Stop the command with this run number.
    StopCommand(u64),
    /// Open this text in the user's editor. The edited text arrives as
    /// [`Event::EditorClosed`](super::Event).
    EditText(EditRequest),
    /// Take the terminal back from a command or an editor that has ended.
    TakeTerminal,
    /// Alert the user.
    Alert(Alert),
    /// Save this query in the history for later runs.
    RememberQuery(String),
    /// Restore the terminal and suspend the process until it is continued.
    Suspend,
    /// Set up the terminal again after the process was stopped.
    Resume,
    /// Draw in this theme.
    UseTheme(Theme),
    /// Redraw the whole screen, whatever the terminal is thought to show.
    Repaint,
    /// Redraw the whole screen in colours that suit this background, unless the user chose others.
    SuitBackground([u8; 3]),
    /// Quit.
    Quit,
}

/// How to alert the user, in addition to what the screen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// With the terminal's bell.
    Bell,
    /// With a desktop notification. Its text is not yet escaped for display.
    Notification(String),
    /// With the user's alert command. The text is not yet escaped for display.
    Command {
        /// The command, for a shell.
        command: String,
        /// The text to pass to the command.
        text: String,
    },
}
