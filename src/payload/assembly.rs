//! Reading a format in which every array and map states its number of values: `MessagePack` and
//! CBOR. What is read goes to a [`Sink`], which builds a tree or something else.
//!
//! There is no recursion: the open containers are kept in a list of at most [`MAX_DEPTH`]. A key
//! that is not a string is converted to text by [`words`], since member names in a tree are text.

use std::fmt::{Display, Write as _};
use std::ops::Range;

use super::reading::{Cursor, Stop, Unreadable, finish};
use super::tree::{Builder, Kind, MAX_DEPTH, Refusal, Text, Tree};

mod words;

use words::Words;

/// The number of open containers that there is room for from the start.
const USUAL_DEPTH: usize = 8;

/// A receiver of values in the order in which they are written. It may refuse one, which ends the
/// reading.
pub(super) trait Sink {
    /// Takes the name of the next value; `text` is the content of `stored`.
    fn name(&mut self, stored: Text<'_>, text: &[u8]) -> Result<(), Refusal>;
    /// Takes the key of the next value, as text, if the key is not a string.
    fn other_key(&mut self, words: &[u8]) -> Result<(), Refusal>;
    /// Takes a value without children, located at `source`; `text` is the content of `stored`.
    fn scalar(
        &mut self,
        kind: Kind,
        stored: Text<'_>,
        text: &[u8],
        source: Range<usize>,
    ) -> Result<(), Refusal>;
    /// Opens a container, which starts at `start`; `mark` is the mark of a tag.
    fn open(&mut self, kind: Kind, mark: &[u8], start: usize) -> Result<(), Refusal>;
    /// Closes the innermost container, which is of this kind and ends before `end`.
    fn close(&mut self, kind: Kind, end: usize);
}

impl Sink for Builder {
    fn name(&mut self, stored: Text<'_>, _: &[u8]) -> Result<(), Refusal> {
        Builder::name(self, stored)
    }

    fn other_key(&mut self, words: &[u8]) -> Result<(), Refusal> {
        Builder::other_key(self, words)
    }

    fn scalar(
        &mut self,
        kind: Kind,
        stored: Text<'_>,
        _: &[u8],
        source: Range<usize>,
    ) -> Result<(), Refusal> {
        Builder::scalar(self, kind, stored, source)
    }

    fn open(&mut self, kind: Kind, mark: &[u8], start: usize) -> Result<(), Refusal> {
        Builder::open(self, kind, mark, start)
    }

    fn close(&mut self, _: Kind, end: usize) {
        Builder::close(self, end);
    }
}

/// An open container.
#[derive(Debug)]
struct Frame {
    kind: Kind,
    /// The number of values still to come, counting keys separately, or `None` if unknown.
    left: Option<u64>,
    /// The number of values so far, counting keys separately.
    count: u64,
}

impl Frame {
    fn awaits_key(&self) -> bool {
        self.kind == Kind::Object && self.count.is_multiple_of(2)
    }
}

/// A reader that passes values on in the order in which they are written.
pub(super) struct Reader<'a, 's, S> {
    pub(super) cursor: Cursor<'a>,
    sink: &'s mut S,
    frames: Vec<Frame>,
    /// The text of the key being read, and the number of containers that were open at its start.
    key: Option<(Words, usize)>,
    is_complete: bool,
    /// The digits of the last integer, reused for the next.
    digits: String,
}

impl<S: Sink> Reader<'_, '_, S> {
    /// Adds a number, whose source extends from `start` to the cursor.
    pub(super) fn integer(&mut self, number: impl Display, start: usize) -> Result<(), Stop> {
        let mut digits = std::mem::take(&mut self.digits);
        digits.clear();
        // Writing to a string cannot fail.
        let _ = write!(digits, "{number}");
        let added = self.words(Kind::Number, &digits, start);
        self.digits = digits;
        added
    }

    /// Adds a value without children, whose source extends from `start` to the cursor.
    pub(super) fn words(&mut self, kind: Kind, words: &str, start: usize) -> Result<(), Stop> {
        let text = words.as_bytes();
        let source = start..self.cursor.at();
        self.scalar(kind, Text::Bytes(text), text, source)
    }

    /// Takes and adds a text or byte string of `length` bytes, whose header is at `start`.
    pub(super) fn stretch(&mut self, kind: Kind, length: u64, start: usize) -> Result<(), Stop> {
        let written = self.cursor.stretch(length, start)?;
        let text = self.cursor.slice(written.clone());
        let source = start..written.end;
        self.scalar(kind, Text::InPayload(written), text, source)
    }

    /// Opens an array or a map, whose header is at `start`. Returns an error if the remaining bytes
    /// cannot hold as many values as the header announces.
    pub(super) fn container(
        &mut self,
        kind: Kind,
        count: Option<u64>,
        start: usize,
    ) -> Result<(), Stop> {
        let (each, of) = match kind {
            Kind::Object => (2, "pairs"),
            _ => (1, "values"),
        };
        let left = self.cursor.left();
        match count {
            Some(count) if count.saturating_mul(each) > left as u64 => {
                let why = format!("header says {count} {of}, but only {left} B left");
                Err(Stop::wrong(why, start))
            }
            count => self.open(kind, count, "", start..self.cursor.at()),
        }
    }

    /// Adds a value without children, located at `source`; `text` is the content of `stored`.
    pub(super) fn scalar(
        &mut self,
        kind: Kind,
        stored: Text<'_>,
        text: &[u8],
        source: Range<usize>,
    ) -> Result<(), Stop> {
        let (start, end) = (source.start, source.end);
        let awaits_key = self.frames.last().is_some_and(Frame::awaits_key);
        let added = if let Some((words, _)) = &mut self.key {
            let within = self.frames.last().map(|frame| (frame.kind, frame.count));
            words.scalar(kind, text, within);
            Ok(())
        } else if awaits_key && kind == Kind::String {
            self.sink.name(stored, text)
        } else if awaits_key {
            let mut words = Words::default();
            words.scalar(kind, text, None);
            self.sink.other_key(&words.text)
        } else {
            self.sink.scalar(kind, stored, text, source)
        };
        added.map_err(Stop::refused(start))?;
        self.finish_value(end)
    }

    /// Opens an array, a map, or a tag (with its `mark`), whose header is at `header`. It has
    /// `count` values (pairs for a map); without a count, it stays open until
    /// [`Self::end_unknown`].
    pub(super) fn open(
        &mut self,
        kind: Kind,
        count: Option<u64>,
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
            let within = self.frames.last().map(|frame| (frame.kind, frame.count));
            words.open(kind, mark, within.filter(|_| self.frames.len() > *depth));
        } else {
            let opened = self.sink.open(kind, mark.as_bytes(), start);
            opened.map_err(Stop::refused(start))?;
        }
        let each = if kind == Kind::Object { 2 } else { 1 };
        let left = count.map(|count| count.saturating_mul(each));
        self.frames.push(Frame {
            kind,
            left,
            count: 0,
        });
        if left == Some(0) {
            self.close(header.end);
            return self.finish_value(header.end);
        }
        Ok(())
    }

    /// Closes the innermost container, whose length must be unknown.
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

    /// Counts a finished value, and closes the containers that it completes.
    fn finish_value(&mut self, end: usize) -> Result<(), Stop> {
        loop {
            if let Some((words, _)) = self.key.take_if(|(_, depth)| *depth == self.frames.len()) {
                let named = self.sink.other_key(&words.text);
                named.map_err(Stop::refused(end))?;
            }
            let Some(frame) = self.frames.last_mut() else {
                self.is_complete = true;
                return Ok(());
            };
            frame.count += 1;
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
            None => self.sink.close(frame.kind, end),
        }
    }
}

/// Decodes `bytes`, which must be one value in `format`, to a tree. `next` takes the next value, or
/// only its header if it is a container.
pub(super) fn read<'a>(
    bytes: &'a [u8],
    format: &'static str,
    next: impl FnMut(&mut Reader<'a, '_, Builder>) -> Result<(), Stop>,
) -> Result<Tree, Unreadable> {
    let mut builder = Builder::of_binary();
    let outcome = read_to(&mut builder, bytes, next);
    finish(builder, outcome, format)
}

/// Like [`read`], but passes the values to `sink`.
pub(super) fn read_to<'a, S: Sink>(
    sink: &mut S,
    bytes: &'a [u8],
    mut next: impl FnMut(&mut Reader<'a, '_, S>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut reader = Reader {
        cursor: Cursor::new(bytes),
        sink,
        frames: Vec::with_capacity(USUAL_DEPTH),
        key: None,
        is_complete: false,
        digits: String::new(),
    };
    while !reader.is_complete {
        next(&mut reader)?;
    }
    match reader.cursor.left() {
        0 => Ok(()),
        _ => Err(Stop::wrong("trailing data", reader.cursor.at())),
    }
}
