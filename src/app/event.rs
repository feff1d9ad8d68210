//! Events that arrive from outside.

use crossterm::event::{KeyEvent, MouseEvent};

use super::copy_request::CopyReport;
use super::export_request::Exported;
use super::recording_request::RecordingNews;
use super::text_editor::EditorClosed;
use super::user_command::CommandNews;
use super::user_decoder::DecoderAnswer;
use crate::server::Feed;
use crate::workers::analysis;
use crate::workers::decode::{DecodedMessage, Found, Sample};
use crate::workers::loading::News;
use crate::workers::scan::Answer;

/// An event from outside. Its time is passed separately.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// A text key arrived together with others, as in a paste that the terminal did not mark.
    Burst(KeyEvent),
    /// A text key arrived together with a few others: typed ahead on a slow line, or a short paste
    /// that the terminal did not mark.
    TypedAhead(KeyEvent),
    /// The mouse was used.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// A paste has stalled before its end, and keys still count as part of it. Sent every second.
    PasteStalled,
    /// The terminal now has this many columns and rows.
    Resize(u16, u16),
    /// A server task has reported something.
    Feed(Feed),
    /// A part of the recording was loaded.
    Loaded(News),
    /// A query was run on some rows.
    Scanned(Answer),
    /// Checks were run on messages.
    Analysed(analysis::Answer),
    /// A large payload was decoded.
    Decoded(DecodedMessage),
    /// A decoder of the user's own has answered.
    UserDecoded(DecoderAnswer),
    /// A large message was searched.
    Found(Found),
    /// Copying to the clipboard has finished or failed.
    Copied(CopyReport),
    /// An export to a file has finished or failed.
    Exported(Exported),
    /// A recording has started, goes on, or has ended.
    Recording(RecordingNews),
    /// The paths and values in some messages were collected.
    Sampled(Sample),
    /// A user-defined command has written output or ended.
    Command(CommandNews),
    /// The user's editor has ended.
    EditorClosed(EditorClosed),
    /// An effect on the terminal failed, for the given reason.
    Failed(String),
    /// Something other than the user ends the program.
    End(Ending),
    /// The process was asked to suspend itself until it is continued.
    Suspend,
    /// The process was stopped and has been continued.
    Continued,
    /// The terminal's background has this colour: red, green and blue, each from 0 to 255.
    Background([u8; 3]),
    /// The screen may have been changed from outside the program.
    Redraw,
    /// The wall clock is this many microseconds ahead of the event's time.
    WallClock(i64),
    /// Time has passed, and something on the screen depends on it.
    Tick,
}

/// Why the program ends, if not because the user quits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A signal asked the process to terminate. This is the exit code for it.
    Signal(u8),
    /// The terminal has hung up.
    HungUp,
    /// The terminal can no longer be read, for the given reason.
    InputLost(String),
}

impl Event {
    /// Returns whether the user has typed or clicked.
    pub(super) fn is_input(&self) -> bool {
        let keys = matches!(self, Self::Key(_) | Self::Burst(_) | Self::TypedAhead(_));
        keys || matches!(self, Self::Mouse(_) | Self::Paste(_) | Self::PasteStalled)
    }
}
