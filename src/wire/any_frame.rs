//! Frames of any shape, including RESP3, read incrementally and kept as bounded text.
//!
//! A subscriber expects only flat frames, but a server may send anything: an array of keys instead
//! of a payload, a push of a newer protocol, a map. As long as the framing is valid, such a frame
//! is no reason to close the connection.
//!
//! Only the text is kept and nothing is buffered, so a frame of any size takes no more memory than
//! its text. Streamed strings and aggregates (`$?`, `*?`) are supported.
//! (<https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md>)

use std::fmt::Write as _;

use super::{LINE_END, WireError, length_within, line, number};

/// Aggregates nested deeper than this are skipped and not shown.
const MAX_DEPTH: usize = 32;

/// The maximum number of elements that an aggregate may announce: the most that Redis ever sends.
const MAX_ELEMENTS: usize = i32::MAX as usize;

/// A frame of any shape that may be incomplete.
#[derive(Debug, Default)]
pub struct AnyFrame {
    /// The maximum length of a string.
    max_string: usize,
    /// Once the text is this long, only the number of omitted values is added.
    max_text: usize,
    text: String,
    /// The open aggregates, outermost first.
    levels: Vec<Level>,
    /// The number of remaining values in a skipped aggregate, at all of its levels.
    skipped: u64,
    string: Option<PartialString>,
    is_done: bool,
}

/// An aggregate, some of whose values have arrived.
#[derive(Debug)]
struct Level {
    /// The number of values still to come, or `None` if the aggregate ends with a `.`.
    left: Option<u64>,
    /// Whether keys and values alternate.
    is_map: bool,
    /// Whether this is an attribute, which precedes a value and is not a value itself.
    is_attribute: bool,
    is_hidden: bool,
    /// The number of values shown.
    shown: u64,
    /// The number of values omitted for lack of room.
    left_out: u64,
}

/// A string, part of which has arrived.
#[derive(Debug)]
struct PartialString {
    kind: u8,
    /// The number of bytes before the line end, or `None` if a chunk header is next.
    left: Option<usize>,
    is_streamed: bool,
    is_hidden: bool,
    /// The bytes to show.
    head: Vec<u8>,
    size: u64,
}

/// The length in the header of a string or an aggregate.
#[derive(Clone, Copy)]
enum Length {
    Null,
    Of(usize),
    Streamed,
}

impl AnyFrame {
    /// Creates a frame with strings of up to `max_string` bytes and text of about `max_text` bytes.
    pub fn new(max_string: usize, max_text: usize) -> Self {
        Self {
            max_string,
            max_text,
            ..Self::default()
        }
    }

    /// Consumes the part of `bytes` that belongs to the frame and returns its length. If the frame
    /// is still incomplete, the rest of `bytes` is an incomplete header or line. Fails if the frame
    /// is invalid.
    pub fn take_in(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        let mut position = 0;
        while !self.is_done {
            let rest = &bytes[position..];
            let taken = if self.string.is_some() {
                self.string_part(rest)?
            } else {
                self.value(rest)?
            };
            match taken {
                Some(length) => position += length,
                None => break,
            }
        }
        Ok(position)
    }

    /// Returns whether the frame is complete.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// Returns the frame as text, in JSON where possible. Bytes of a string that are not UTF-8
    /// appear as `\xff`, and values omitted for lack of room as `… 12 more`.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Consumes a value or the header of one. Returns its length.
    fn value(&mut self, bytes: &[u8]) -> Result<Option<usize>, WireError> {
        let Some(&kind) = bytes.first() else {
            return Ok(None);
        };
        match kind {
            b'+' | b'-' | b':' | b',' | b'#' | b'(' | b'_' => self.line_value(kind, bytes),
            b'$' | b'!' | b'=' => Ok(length(bytes, self.max_string)?.map(|(length, end)| {
                self.begin_string(kind, length);
                end
            })),
            b'*' | b'~' | b'>' | b'%' | b'|' => {
                let Some((length, end)) = length(bytes, MAX_ELEMENTS)? else {
                    return Ok(None);
                };
                self.begin_aggregate(kind, length)?;
                Ok(Some(end))
            }
            b'.' if self.skipped == 0
                && self.levels.last().is_some_and(|level| level.left.is_none()) =>
            {
                match bytes.get(1..1 + LINE_END.len()) {
                    Some(end) if end == LINE_END => {
                        self.close_level();
                        Ok(Some(1 + LINE_END.len()))
                    }
                    Some(_) => Err(WireError::MissingLineEnd),
                    None => Ok(None),
                }
            }
            other => Err(WireError::UnknownType(other)),
        }
    }

    /// Consumes a value that is a single line.
    fn line_value(&mut self, kind: u8, bytes: &[u8]) -> Result<Option<usize>, WireError> {
        if kind == b':' {
            return Ok(number(bytes, 1)?.map(|(value, end)| {
                self.push_word(&value.to_string());
                end
            }));
        }
        let Some((range, end)) = line(bytes, 1)? else {
            return Ok(None);
        };
        let text = &bytes[range];
        match (kind, text) {
            (b'+' | b'-', _) => self.push_string(kind, text, text.len() as u64),
            (b'#', b"t") => self.push_word("true"),
            (b'#', b"f") => self.push_word("false"),
            (b'_', b"") => self.push_word("null"),
            (b',' | b'(', _) if is_numeric(text) => self.push_word(&String::from_utf8_lossy(text)),
            _ => return Err(WireError::BadNumber),
        }
        Ok(Some(end))
    }

    fn begin_string(&mut self, kind: u8, length: Length) {
        let (left, is_streamed) = match length {
            Length::Null => return self.push_word("null"),
            Length::Of(length) => (Some(length), false),
            Length::Streamed => (None, true),
        };
        self.string = Some(PartialString {
            kind,
            left,
            is_streamed,
            is_hidden: !self.begin_value(),
            head: Vec::new(),
            size: 0,
        });
    }

    /// Consumes a piece of the current string. Returns its length.
    fn string_part(&mut self, bytes: &[u8]) -> Result<Option<usize>, WireError> {
        let room = self.max_text.saturating_sub(self.text.len());
        let Some(string) = &mut self.string else {
            return Ok(None);
        };
        let taken = match string.left {
            None => {
                let Some(b';') = bytes.first() else {
                    let other = bytes.first();
                    return other.map_or(Ok(None), |byte| Err(WireError::UnknownType(*byte)));
                };
                let Some((length, end)) = number(bytes, 1)? else {
                    return Ok(None);
                };
                let length = length_within(length, self.max_string)?;
                if length == 0 {
                    self.end_string();
                } else {
                    string.left = Some(length);
                }
                end
            }
            Some(0) => match bytes.get(..LINE_END.len()) {
                None => return Ok(None),
                Some(end) if end != LINE_END => return Err(WireError::MissingLineEnd),
                Some(_) => {
                    string.left = None;
                    if !string.is_streamed {
                        self.end_string();
                    }
                    LINE_END.len()
                }
            },
            Some(left) => {
                let piece = &bytes[..left.min(bytes.len())];
                if piece.is_empty() {
                    return Ok(None);
                }
                if !string.is_hidden {
                    let room = room.saturating_sub(string.head.len()).min(piece.len());
                    string.head.extend_from_slice(&piece[..room]);
                }
                string.size = string.size.saturating_add(piece.len() as u64);
                string.left = Some(left - piece.len());
                piece.len()
            }
        };
        Ok(Some(taken))
    }

    fn end_string(&mut self) {
        if let Some(string) = self.string.take() {
            if !string.is_hidden {
                self.write_string(string.kind, &string.head, string.size);
            }
            self.end_value();
        }
    }

    fn begin_aggregate(&mut self, kind: u8, length: Length) -> Result<(), WireError> {
        let is_map = matches!(kind, b'%' | b'|');
        let is_attribute = kind == b'|';
        let left = match length {
            Length::Null => {
                self.push_word("null");
                return Ok(());
            }
            Length::Of(length) => Some(length as u64 * if is_map { 2 } else { 1 }),
            Length::Streamed => None,
        };
        if self.skipped > 0 {
            let values = left.ok_or(WireError::TooDeep)?;
            self.skipped = self.skipped.saturating_add(values);
            if !is_attribute {
                self.end_value();
            }
            return Ok(());
        }
        // An attribute is not counted, since the value that it belongs to follows.
        let is_shown = if is_attribute {
            self.levels.is_empty()
        } else {
            self.begin_value()
        };
        if self.levels.len() == MAX_DEPTH {
            let values = left.ok_or(WireError::TooDeep)?;
            if is_shown {
                self.text.push('…');
            }
            // An attribute is skipped together with its value.
            self.skipped = values + 1;
            if !is_attribute {
                self.end_value();
            }
            return Ok(());
        }
        if is_shown {
            self.text.push(if is_map { '{' } else { '[' });
        }
        self.levels.push(Level {
            left,
            is_map,
            is_attribute,
            is_hidden: !is_shown,
            shown: 0,
            left_out: 0,
        });
        if left == Some(0) {
            self.close_level();
        }
        Ok(())
    }

    /// Appends a complete value.
    fn push_word(&mut self, word: &str) {
        if self.begin_value() {
            self.text.push_str(word);
        }
        self.end_value();
    }

    /// Appends a complete string of `size` bytes.
    fn push_string(&mut self, kind: u8, text: &[u8], size: u64) {
        if self.begin_value() {
            let room = self.max_text.saturating_sub(self.text.len());
            self.write_string(kind, &text[..room.min(text.len())], size);
        }
        self.end_value();
    }

    /// Writes the separator before a value. Returns whether the value should be shown.
    fn begin_value(&mut self) -> bool {
        if self.skipped > 0 {
            return false;
        }
        let is_full = self.text.len() >= self.max_text;
        let Some(level) = self.levels.last_mut() else {
            return true;
        };
        if level.is_hidden {
            return false;
        }
        let is_value = level.is_map && level.shown % 2 == 1;
        if level.left_out > 0 || (is_full && !is_value) {
            level.left_out += 1;
            return false;
        }
        if level.shown > 0 {
            self.text.push(if is_value { ':' } else { ',' });
        }
        level.shown += 1;
        true
    }

    /// Counts a finished value, and closes the aggregates that end with it.
    fn end_value(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
            if self.skipped > 0 {
                return;
            }
        }
        let Some(level) = self.levels.last_mut() else {
            self.is_done = true;
            return;
        };
        if let Some(left) = &mut level.left {
            *left -= 1;
            if *left == 0 {
                self.close_level();
            }
        }
    }

    /// Closes the innermost aggregate, which is a value of the enclosing one.
    fn close_level(&mut self) {
        let Some(level) = self.levels.pop() else {
            return;
        };
        if !level.is_hidden {
            if level.left_out > 0 {
                let more = level.left_out / if level.is_map { 2 } else { 1 };
                let separator = if level.shown > 0 { "," } else { "" };
                let filler = if level.is_map { ":null" } else { "" };
                // Writing to a string cannot fail.
                let _ = write!(self.text, "{separator}\"… {more} more\"{filler}");
            }
            self.text.push(if level.is_map { '}' } else { ']' });
        }
        // An attribute is not a value, but an outermost attribute completes the frame.
        if !level.is_attribute || self.levels.is_empty() {
            self.end_value();
        }
    }

    /// Writes a string of `size` bytes that starts with `head`.
    fn write_string(&mut self, kind: u8, head: &[u8], size: u64) {
        let is_cut = (head.len() as u64) < size;
        // A verbatim string starts with its type, as in `txt:`.
        let head = match head {
            [_, _, _, b':', text @ ..] if kind == b'=' => text,
            _ => head,
        };
        if matches!(kind, b'-' | b'!') {
            self.text.push_str("error ");
        }
        self.text.push('"');
        for chunk in head.utf8_chunks() {
            for character in chunk.valid().chars() {
                match character {
                    '"' | '\\' => self.text.extend(['\\', character]),
                    '\n' => self.text.push_str("\\n"),
                    '\r' => self.text.push_str("\\r"),
                    '\t' => self.text.push_str("\\t"),
                    '\0'..' ' => {
                        let _ = write!(self.text, "\\u{:04x}", u32::from(character));
                    }
                    _ => self.text.push(character),
                }
            }
            for byte in chunk.invalid() {
                let _ = write!(self.text, "\\\\x{byte:02x}");
            }
        }
        self.text.push_str(if is_cut { "…\"" } else { "\"" });
    }
}

/// Parses the length in the header at the start of `bytes`. Returns it and the end of the header.
fn length(bytes: &[u8], limit: usize) -> Result<Option<(Length, usize)>, WireError> {
    const STREAMED: &[u8] = b"?\r\n";
    if bytes.get(1) == Some(&b'?') {
        return match bytes.get(1..1 + STREAMED.len()) {
            None => Ok(None),
            Some(header) if header == STREAMED => Ok(Some((Length::Streamed, 1 + header.len()))),
            Some(_) => Err(WireError::MissingLineEnd),
        };
    }
    let Some((announced, end)) = number(bytes, 1)? else {
        return Ok(None);
    };
    let length = match announced {
        -1 => Length::Null,
        length => Length::Of(length_within(length, limit)?),
    };
    Ok(Some((length, end)))
}

/// Returns whether `text` may be a double or a big number.
fn is_numeric(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eEinfa".contains(byte);
    !text.is_empty() && text.iter().all(is_part)
}
