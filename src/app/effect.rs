//! What the outside must do, as plain data.

use crate::server::{Ask, Command};

/// What the outside must do. Comparable, so that tests can say what they expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell the subscriber.
    Command(Command),
    /// Ask the commander.
    Ask(Ask),
    /// Put these bytes on the clipboard.
    Copy(Box<[u8]>),
    /// Give the terminal back and stop until continued.
    Suspend,
    /// Take the terminal over once more, after the process was stopped.
    Resume,
    /// Draw the whole screen anew, whatever is thought to stand there.
    Repaint,
    /// End the program.
    Quit,
}
