//! The message pane: the open message and how it is shown.

pub mod channel_tab;
pub mod reader;

use self::reader::Reader;
use crate::message::{RowId, Time};

/// The open message, and how it is shown.
#[derive(Debug)]
pub struct Open {
    /// The message.
    pub reader: Box<Reader>,
    /// Whether it takes the whole screen.
    pub is_whole: bool,
    /// Which message it is compared with.
    pub against: Against,
    /// The row on which the log was frozen by opening the message, if it was following before.
    pub(crate) froze: Option<RowId>,
    /// When the message that is open now was opened.
    pub(crate) opened: Time,
    /// The previous message, kept until this one is decoded and its cursor can be carried over.
    pub(crate) before: Option<Box<Reader>>,
    /// Messages evicted for it since the user was last told,
    pub(crate) gone: u64,
    /// and its size in bytes at that time.
    pub(crate) told_size: usize,
    /// The last search started in it.
    pub(crate) search: Search,
}

impl Open {
    pub(crate) fn new(reader: Reader, was_following: bool, opened: Time) -> Self {
        Self {
            froze: was_following.then_some(reader.snapshot().row),
            reader: Box::new(reader),
            is_whole: false,
            against: Against::default(),
            opened,
            before: None,
            gone: 0,
            told_size: 0,
            search: Search::default(),
        }
    }

    /// Replaces the open message with another.
    pub(crate) fn turn_to(&mut self, reader: Reader, now: Time) {
        self.opened = now;
        let before = std::mem::replace(&mut self.reader, Box::new(reader));
        self.reader.show_tab(before.tab());
        self.reader.search_like(&before);
        if before.decoded().is_some() || self.before.is_none() {
            self.before = Some(before);
        }
    }
}

/// Which message the open one is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// The previous message on its channel.
    #[default]
    Before,
    /// A row that the user has marked.
    Marked,
}

/// A search in the open message.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Search {
    /// The number of the search.
    pub(crate) serial: u64,
    /// Whether to go to the first match.
    pub(crate) goes_there: bool,
}
