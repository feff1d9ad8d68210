//! Building a tree from messages.

use std::ops::Range;

use crate::payload::reading::Stop;
use crate::payload::tree::{Builder, Kind, Text};

/// Builds a tree from fields that are grouped by number. A tree requires positions in ascending
/// order, so a value written before one that was already added gets no position.
pub(super) struct Sink {
    pub(super) builder: Builder,
    /// The highest start of the values added so far.
    latest: usize,
    /// For each open value, whether the tree knows its position.
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

    /// Returns the number of open values.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Sets the name of the next value, which is written at `start`.
    pub(super) fn name(&mut self, text: Text<'_>, start: usize) -> Result<(), Stop> {
        self.builder.name(text).map_err(Stop::refused(start))
    }

    /// Sets the key of the next value, which is written at `start`, as text.
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

    /// Opens a value: following values become its children until it is closed.
    pub(super) fn open(&mut self, kind: Kind, start: usize) -> Result<(), Stop> {
        let is_in_order = self.advance(start);
        let opened = self.builder.open(kind, b"", self.latest);
        opened.map_err(Stop::refused(start))?;
        self.open.push(is_in_order);
        Ok(())
    }

    /// Closes the innermost open value, which is written up to `end`.
    pub(super) fn close(&mut self, end: usize) {
        let is_in_order = self.open.pop().unwrap_or_default();
        self.builder.close(if is_in_order { end } else { 0 });
    }

    /// Moves on to a value that is written at `start`. Returns whether it is in order.
    fn advance(&mut self, start: usize) -> bool {
        let is_in_order = start >= self.latest;
        self.latest = self.latest.max(start);
        is_in_order
    }
}
