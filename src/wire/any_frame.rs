//! Frames of any shape, RESP3 included, read piece by piece and kept as a bounded text.
//!
//! A subscriber expects flat frames only, but a server may send anything: an array of keys where a
//! payload should be, a push of a newer protocol, a map. As long as the framing holds, such a frame
//! is no reason to give up a connection.
//!
//! Nothing but the text is kept, and nothing is buffered, so a frame of any size takes no more
//! memory than the text. Streamed strings and aggregates (`$?`, `*?`) are read as well.
//! (<https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md>)

use std::fmt::Write as _;

use super::{LINE_END, WireError, length_within, line, number};

/// Aggregates deeper than this are skipped without being shown.
const MAX_DEPTH: usize = 32;

/// The most elements that an aggregate may announce: the most that Redis ever sends.
const MAX_ELEMENTS: usize = i32::MAX as usize;

/// A frame of any shape, some of which has arrived.
#[derive(Debug)]
pub struct AnyFrame {
    /// The longest string.
    max_string: usize,
    /// Once the text is this long, nothing is added but how much is left out.
    max_text: usize,
    text: String,
    /// The aggregates that are open, outermost first.
    levels: Vec<Level>,
    /// The values that are left of an aggregate that is skipped, all levels below it together.
    skipped: u64,
    string: Option<PartialString>,
    is_done: bool,
}

/// An aggregate, some of whose values have come.
#[derive(Debug)]
struct Level {
    /// How many values are still to come; `None` if a `.` ends them.
    left: Option<u64>,
    /// Whether keys and values alternate.
    is_map: bool,
    /// An attribute precedes a value and is none itself.
    is_attribute: bool,
    is_hidden: bool,
    /// How many values were shown.
    shown: u64,
    /// How many values there was no room for.
    left_out: u64,
}

/// A string, some of which has come.
#[derive(Debug)]
struct PartialString {
    kind: u8,
    /// How many bytes are to come before the line end; `None` if a chunk's header is next.
    left: Option<usize>,
    is_streamed: bool,
    is_hidden: bool,
    /// The bytes to be shown.
    head: Vec<u8>,
    size: u64,
}

/// What the header of a string or an aggregate announces.
#[derive(Clone, Copy)]
enum Length {
    Null,
    Of(usize),
    Streamed,
}

impl AnyFrame {
    /// A frame whose strings have at most `max_string` bytes, to be kept as a text of about
    /// `max_text` bytes.
    #[must_use]
    pub fn new(max_string: usize, max_text: usize) -> Self {
        Self {
            max_string,
            max_text,
            text: String::new(),
            levels: Vec::new(),
            skipped: 0,
            string: None,
            is_done: false,
        }
    }

    /// Takes what belongs to the frame from the start of `bytes`, and says how much that was. What
    /// is left of `bytes` before the frame is done is less than a header or a line.
    ///
    /// # Errors
    ///
    /// Says why the bytes cannot become a frame, whatever follows.
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

    /// Whether all of it has come.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// Its text: JSON where JSON has such values. Bytes of a string that are not UTF-8 are shown
    /// as `\xff`, and what there was no room for as `… 12 more`.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// Takes a value, or the header of one, and says how long that was.
    fn value(&mut self, bytes: &[u8]) -> Result<Option<usize>, WireError> {
        let Some(&kind) = bytes.first() else {
            return Ok(None);
        };
        match kind {
            b'+' | b'-' | b':' | b',' | b'#' | b'(' | b'_' => self.line_value(kind, bytes),
            b'$' | b'!' | b'=' => {
                let Some((length, end)) = length(bytes, self.max_string)? else {
                    return Ok(None);
                };
                self.begin_string(kind, length);
                Ok(Some(end))
            }
            b'*' | b'~' | b'>' | b'%' | b'|' => {
                let Some((length, end)) = length(bytes, MAX_ELEMENTS)? else {
                    return Ok(None);
                };
                self.begin_aggregate(kind, length)?;
                Ok(Some(end))
            }
            b'.' if self.skipped == 0 && self.levels.last().is_some_and(|of| of.left.is_none()) => {
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

    /// Takes a value that is one line.
    fn line_value(&mut self, kind: u8, bytes: &[u8]) -> Result<Option<usize>, WireError> {
        if kind == b':' {
            let Some((value, end)) = number(bytes, 1)? else {
                return Ok(None);
            };
            self.push_word(&value.to_string());
            return Ok(Some(end));
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

    /// Takes a piece of the string that is arriving, and says how long that was.
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
        // The value that an attribute belongs to is still to come.
        let is_shown = if is_attribute {
            self.levels.is_empty()
        } else {
            self.begin_value()
        };
        let is_deep = self.levels.len() == MAX_DEPTH;
        match left {
            None if is_deep => return Err(WireError::TooDeep),
            Some(values) if is_deep => {
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
            _ => {}
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

    /// Shows a value that has come whole.
    fn push_word(&mut self, word: &str) {
        if self.begin_value() {
            self.text.push_str(word);
        }
        self.end_value();
    }

    /// The same for a string of `size` bytes.
    fn push_string(&mut self, kind: u8, text: &[u8], size: u64) {
        if self.begin_value() {
            let room = self.max_text.saturating_sub(self.text.len());
            self.write_string(kind, &text[..room.min(text.len())], size);
        }
        self.end_value();
    }

    /// Writes what separates a value from the one before it. Says whether the value is to be shown.
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

    /// Counts a value that is over, and closes the aggregates that are over with it.
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

    /// Ends the innermost aggregate, which is a value of the one around it.
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
        // One that stands alone is a frame of its own.
        if !level.is_attribute || self.levels.is_empty() {
            self.end_value();
        }
    }

    /// Writes a string of `size` bytes, of which these are the first.
    fn write_string(&mut self, kind: u8, head: &[u8], size: u64) {
        let is_cut = (head.len() as u64) < size;
        // A verbatim string says first what kind of text it is, as in `txt:`.
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

/// The length that the header at the start of `bytes` announces, and where the header ends.
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

/// Whether a text may be a double or a big number.
fn is_numeric(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eEinfa".contains(byte);
    !text.is_empty() && text.iter().all(is_part)
}
