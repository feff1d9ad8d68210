//! The most recent key presses.

use crossterm::event::KeyEvent;

use super::keymap::Chord;
use crate::message::Time;

/// The most recent key presses, as far as they matter for the next one.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    /// The last key, and when it was pressed.
    pub(crate) last: Option<(Chord, Time)>,
    /// Whether the terminal reports key releases, and thereby which keys are held down.
    pub(crate) reports_release: bool,
    /// A key that may be the first repeat of a held key, and when it acts unless it comes again.
    pub(crate) held_back: Option<(KeyEvent, Time)>,
}
