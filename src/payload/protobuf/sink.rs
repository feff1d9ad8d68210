//! Building a tree from messages.

use std::ops::Range;

use crate::payload::reading::Stop;
use crate::payload::tree::{Builder, Kind, Text};

/// A builder of a tree from fields that are grouped by number. A tree requires positions in
/// ascending order, so a value gets no position if a later value of the payload has already been
/// added.
pub(super) struct Sink {
    pub(super) builder: Builder,
    /// The highest start position of the values added so far.
    latest: usize,
    /// For each open container, whether the tree knows its position.
    open: Vec<bool>,
}

impl Sink {
    pub(super) fn new() -> Self {
        Self {
            builder: Builder::of_binary(),
            latest: 0,
            open: Vec::new(),
        }
    }

    /// Returns the number of open containers.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Sets the name of the next value, which starts at `start`.
    pub(super) fn name(&mut self, text: Text<'_>, start: usize) -> Result<(), Stop> {
        self.builder.name(text).map_err(Stop::refused(start))
    }

    /// Sets the key of the next value, which starts at `start`. The key is not a string, but is
    /// given as text.
    pub(super) fn other_key(&mut self, words: &str, start: usize) -> Result<(), Stop> {
        let named = self.builder.other_key(words.as_bytes());
        named.map_err(Stop::refused(start))
    }

    /// Adds a value without children.
    pub(super) fn scalar(
        &mut self,
        kind: Kind,
        text: Text<'_>,
        source: Range<usize>,
    ) -> Result<(), Stop> {
        let start = source.start;
        let source = if self.advance(start) {
            source
        } else {
            self.latest..self.latest
        };
        let added = self.builder.scalar(kind, text, source);
        added.map_err(Stop::refused(start))
    }

    /// Opens a container: the following values become its children until it is closed.
    pub(super) fn open(&mut self, kind: Kind, start: usize) -> Result<(), Stop> {
        self.open_marked(kind, "", start)
    }

    fn open_marked(&mut self, kind: Kind, mark: &str, start: usize) -> Result<(), Stop> {
        let is_in_order = self.advance(start);
        let opened = self.builder.open(kind, mark.as_bytes(), self.latest);
        opened.map_err(Stop::refused(start))?;
        self.open.push(is_in_order);
        Ok(())
    }

    /// Opens a tag with this mark, whose only value follows.
    pub(super) fn tag(&mut self, mark: &str, start: usize) -> Result<(), Stop> {
        self.open_marked(Kind::Tag, mark, start)
    }

    /// Closes the innermost open container, which ends before `end`.
    pub(super) fn close(&mut self, end: usize) {
        let is_in_order = self.open.pop().unwrap_or_default();
        self.builder.close(if is_in_order { end } else { 0 });
    }

    /// Moves on to a value that starts at `start`. Returns whether no value added so far starts
    /// later.
    fn advance(&mut self, start: usize) -> bool {
        let is_in_order = start >= self.latest;
        self.latest = self.latest.max(start);
        is_in_order
    }
}
