//! Facts that arrive from outside.

use crossterm::event::{KeyEvent, MouseEvent};

use crate::analysis;
use crate::decoding::{DecodedMessage, Found};
use crate::scan::Answer;
use crate::server::Feed;

/// A fact that arrived. Its time comes beside it.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// A key of text was pressed together with others, or right after one.
    Burst(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// A paste has stalled before its end: keys are taken for a part of it. Repeated every second.
    PasteStalled,
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// A server task has news.
    Feed(Feed),
    /// A query has been asked of some rows.
    Scanned(Answer),
    /// Messages were checked.
    Analysed(analysis::Answer),
    /// A large payload has been understood.
    Decoded(DecodedMessage),
    /// A large message has been searched.
    Found(Found),
    /// An effect on the terminal could not be done; the words say why.
    Failed(String),
    /// The process is asked to end.
    Terminate,
    /// The process is asked to stop until it is continued.
    Suspend,
    /// The process was stopped and goes on.
    Continued,
    /// The screen may have changed outside of the program.
    Redraw,
    /// The wall clock is so many microseconds ahead of the event's time.
    WallClock(i64),
    /// Time has passed, and something on the screen depends on it.
    Tick,
}
