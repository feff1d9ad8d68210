//! Where the values of messages go.

use std::ops::Range;

use crate::payload::reading::Stop;
use crate::payload::tree::{Builder, Kind, Said};

/// A tree that is put together from fields that are gathered by number: of a value that is written
/// before another that has come, a tree, which wants them in order, is not told where.
pub(super) struct Sink {
    pub(super) builder: Builder,
    /// Where the value that is written last of those that have come starts.
    latest: usize,
    /// Of every open value whether the tree has been told where it starts.
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

    /// How many values are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The name of the next value, which is written at `start`.
    pub(super) fn name(&mut self, said: Said<'_>, start: usize) -> Result<(), Stop> {
        let named = self.builder.name(said);
        named.map_err(|refusal| Stop::refused(refusal, start))
    }

    /// The key of the next value, which is written at `start`, in words.
    pub(super) fn odd_key(&mut self, words: &str, start: usize) -> Result<(), Stop> {
        let named = self.builder.odd_key(words.as_bytes());
        named.map_err(|refusal| Stop::refused(refusal, start))
    }

    /// A value that holds no others.
    pub(super) fn scalar(
        &mut self,
        kind: Kind,
        said: Said<'_>,
        source: Range<usize>,
    ) -> Result<(), Stop> {
        let start = source.start;
        let source = if self.advance(start) {
            source
        } else {
            self.latest..self.latest
        };
        let added = self.builder.scalar(kind, said, source);
        added.map_err(|refusal| Stop::refused(refusal, start))
    }

    /// A value that holds what comes until it is closed.
    pub(super) fn open(&mut self, kind: Kind, start: usize) -> Result<(), Stop> {
        let is_in_order = self.advance(start);
        let opened = self.builder.open(kind, b"", self.latest);
        opened.map_err(|refusal| Stop::refused(refusal, start))?;
        self.open.push(is_in_order);
        Ok(())
    }

    /// Closes the innermost open value, which is written up to `end`.
    pub(super) fn close(&mut self, end: usize) {
        let is_in_order = self.open.pop().unwrap_or_default();
        self.builder.close(if is_in_order { end } else { 0 });
    }

    /// Goes on to a value that is written at `start`, unless that is a step back.
    fn advance(&mut self, start: usize) -> bool {
        let is_in_order = start >= self.latest;
        self.latest = self.latest.max(start);
        is_in_order
    }
}
