//! What the outside must do, as plain data.

use crate::analysis;
use crate::decoding;
use crate::log::SharedBytes;
use crate::scan::{Request, WatchId};
use crate::server::{Ask, Command};

/// What the outside must do. Comparable, so that tests can say what they expect.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell the subscriber.
    Command(Command),
    /// Ask the commander.
    Ask(Ask),
    /// Ask a query of rows of the log; the answers come as [`Event::Scanned`](super::Event).
    Scan(Request),
    /// Give up whatever this watch has asked.
    StopScan(WatchId),
    /// Find out what a large payload is; the answer comes as [`Event::Decoded`](super::Event).
    Decode(decoding::Request),
    /// Have messages checked; the answers come as [`Event::Analysed`](super::Event).
    Analyse(analysis::Request),
    /// Put these bytes on the clipboard.
    Copy(SharedBytes),
    /// Draw attention beside the screen.
    Alert(Alert),
    /// Keep this query for the history of later runs.
    RememberQuery(String),
    /// Give the terminal back and stop until continued.
    Suspend,
    /// Take the terminal over once more, after the process was stopped.
    Resume,
    /// Draw the whole screen anew, whatever is thought to stand there.
    Repaint,
    /// End the program.
    Quit,
}

/// How attention is drawn beside the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// By the terminal's bell.
    Bell,
    /// By a notification of the desktop, with these words, not yet fit to be shown.
    Notification(String),
}
