//! Building a tree from a format in which every array and map states its number of values:
//! `MessagePack` and CBOR.
//!
//! There is no recursion: the open containers are a list, no longer than [`MAX_DEPTH`]. A key that
//! is not a string is formatted as [`words`], since a tree names its members by text.

use std::ops::Range;

use super::reading::{Stop, Unreadable};
use super::tree::{Builder, Kind, MAX_DEPTH, Said, Tree};

mod words;

use words::Words;

/// The number of values in a container.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    /// This many values, or, for a map, pairs.
    Known(u64),
    /// All values before [`Assembly::end_unknown`].
    Unknown,
}

/// An open container.
#[derive(Debug)]
struct Frame {
    kind: Kind,
    /// The number of remaining values, counting keys separately, or `None` if unknown.
    left: Option<u64>,
    /// The number of values so far.
    come: u64,
}

impl Frame {
    fn awaits_key(&self) -> bool {
        self.kind == Kind::Object && self.come.is_multiple_of(2)
    }
}

/// Builds a tree from values that arrive in the order in which they are written.
pub(super) struct Assembly {
    builder: Builder,
    frames: Vec<Frame>,
    /// The key being written, and the number of open containers at its start.
    key: Option<(Words, usize)>,
    is_complete: bool,
}

impl Assembly {
    pub(super) fn new() -> Self {
        Self {
            builder: Builder::of_binary(),
            frames: Vec::new(),
            key: None,
            is_complete: false,
        }
    }

    /// Returns whether the root and everything in it have arrived.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Adds a value without children, written at `source`. `text` is the bytes that `said` stands
    /// for.
    pub(super) fn scalar(
        &mut self,
        kind: Kind,
        said: Said<'_>,
        text: &[u8],
        source: Range<usize>,
    ) -> Result<(), Stop> {
        let (start, end) = (source.start, source.end);
        let awaits_key = self.frames.last().is_some_and(Frame::awaits_key);
        let added = if let Some((words, _)) = &mut self.key {
            words.scalar(
                kind,
                text,
                self.frames.last().map(|frame| (frame.kind, frame.come)),
            );
            Ok(())
        } else if awaits_key && kind == Kind::String {
            self.builder.name(said)
        } else if awaits_key {
            let mut words = Words::default();
            words.scalar(kind, text, None);
            self.builder.odd_key(words.as_bytes())
        } else {
            self.builder.scalar(kind, said, source)
        };
        added.map_err(|refusal| Stop::refused(refusal, start))?;
        self.finish_value(end)
    }

    /// Adds a value whose text is `words`.
    pub(super) fn spelt(
        &mut self,
        kind: Kind,
        words: &str,
        source: Range<usize>,
    ) -> Result<(), Stop> {
        let text = words.as_bytes();
        self.scalar(kind, Said::Spelt(text), text, source)
    }

    /// Adds a value whose text is at `written` in `payload`.
    pub(super) fn written(
        &mut self,
        kind: Kind,
        payload: &[u8],
        written: Range<usize>,
        source: Range<usize>,
    ) -> Result<(), Stop> {
        let text = payload.get(written.clone()).unwrap_or_default();
        self.scalar(kind, Said::Written(written), text, source)
    }

    /// Opens an array, a map, or a tag with its mark, whose header is at `header`.
    pub(super) fn open(
        &mut self,
        kind: Kind,
        count: Count,
        mark: &str,
        header: Range<usize>,
    ) -> Result<(), Stop> {
        let start = header.start;
        if self.frames.len() == MAX_DEPTH {
            return Err(Stop::too_deep(start));
        }
        let awaits_key = self.frames.last().is_some_and(Frame::awaits_key);
        if awaits_key && self.key.is_none() {
            self.key = Some((Words::default(), self.frames.len()));
        }
        if let Some((words, depth)) = &mut self.key {
            let within = self.frames.last().map(|frame| (frame.kind, frame.come));
            words.open(kind, mark, within.filter(|_| self.frames.len() > *depth));
        } else {
            let opened = self.builder.open(kind, mark.as_bytes(), start);
            opened.map_err(|refusal| Stop::refused(refusal, start))?;
        }
        let each = if kind == Kind::Object { 2 } else { 1 };
        let left = match count {
            // The count has been checked against the remaining bytes.
            Count::Known(count) => Some(count.saturating_mul(each)),
            Count::Unknown => None,
        };
        self.frames.push(Frame {
            kind,
            left,
            come: 0,
        });
        if left == Some(0) {
            self.close(header.end);
            return self.finish_value(header.end);
        }
        Ok(())
    }

    /// Closes the innermost container, which must be one of unknown length.
    pub(super) fn end_unknown(&mut self, source: Range<usize>) -> Result<(), Stop> {
        match self.frames.last() {
            Some(frame) if frame.left.is_none() && frame.kind != Kind::Tag => {
                if frame.kind == Kind::Object && !frame.awaits_key() {
                    return Err(Stop::wrong("key without a value", source.start));
                }
                self.close(source.end);
                self.finish_value(source.end)
            }
            _ => Err(Stop::wrong("unexpected break", source.start)),
        }
    }

    /// Returns the tree after `read` has ended, for a payload in `format`.
    pub(super) fn finish(
        self,
        read: Result<(), Stop>,
        format: &'static str,
    ) -> Result<Tree, Unreadable> {
        finish(self.builder, read, format)
    }

    /// Counts a finished value, and closes the containers that end with it.
    fn finish_value(&mut self, end: usize) -> Result<(), Stop> {
        loop {
            if let Some((words, _)) = self.key.take_if(|(_, depth)| *depth == self.frames.len()) {
                let named = self.builder.odd_key(words.as_bytes());
                named.map_err(|refusal| Stop::refused(refusal, end))?;
            }
            let Some(frame) = self.frames.last_mut() else {
                self.is_complete = true;
                return Ok(());
            };
            frame.come += 1;
            let Some(left) = &mut frame.left else {
                return Ok(());
            };
            *left -= 1;
            if *left > 0 {
                return Ok(());
            }
            self.close(end);
        }
    }

    fn close(&mut self, end: usize) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        match &mut self.key {
            Some((words, _)) => words.close(frame.kind),
            None => self.builder.close(end),
        }
    }
}

/// Checks that `left` bytes can hold as many values as the header at `start` announces.
pub(super) fn check_count(kind: Kind, count: u64, left: usize, start: usize) -> Result<(), Stop> {
    let (each, of) = match kind {
        Kind::Object => (2, "pairs"),
        _ => (1, "values"),
    };
    if count.saturating_mul(each) > left as u64 {
        let why = format!("header says {count} {of}, but only {left} B left");
        return Err(Stop::wrong(why, start));
    }
    Ok(())
}

/// Returns the tree after `read` has ended, for a payload in `format`: whole, or cut if it was
/// full.
pub(super) fn finish(
    builder: Builder,
    read: Result<(), Stop>,
    format: &'static str,
) -> Result<Tree, Unreadable> {
    let (tree, at) = match read {
        Ok(()) => (builder.finish(), 0),
        Err(Stop::Full(at)) => (builder.finish_cut(at), at),
        Err(Stop::Wrong(why, at)) => return Err(Unreadable { format, why, at }),
    };
    tree.ok_or(Unreadable {
        format,
        why: "no value".into(),
        at,
    })
}
