//! JSON that breaks the rules of RFC 8259 in ways that are common in practice: JSON5, what Python
//! prints for its values, and the numbers that JSON lacks.
//!
//! Every deviation is recorded, so that the user knows what other readers of JSON would refuse.

mod leniency;
mod scalars;

use std::ops::Range;

pub(super) use self::leniency::Leniencies;
use self::leniency::Leniency;
use crate::payload::json;
use crate::payload::reading::{Stop, Unreadable, finish};
use crate::payload::tree::{Builder, Kind, Text, Tree};

/// The name of the format in errors.
const NAME: &str = "lenient JSON";

/// The byte order mark in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Returns whether `bytes` may be an object or array in this format, judged by the first bytes.
pub(super) fn may_be(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
    matches!(text.get(json::skip_space(text, 0)), Some(b'{' | b'['))
}

/// Reads `bytes` if they are an object or array that is unlikely to be ordinary text.
pub(super) fn detect(bytes: &[u8]) -> Option<Tree> {
    if !may_be(bytes) {
        return None;
    }
    let (tree, leniencies) = parse(bytes).ok()?;
    leniencies.are_evident().then_some(tree)
}

/// Reads one value.
pub(super) fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    parse(bytes).map(|(tree, _)| tree)
}

/// Returns how a value deviates from strict JSON, if it does.
pub(super) fn note(bytes: &[u8]) -> Option<String> {
    parse(bytes).ok()?.1.note_text()
}

/// Returns a finite number as JSON writes it, given as JSON5 writes it.
pub(super) fn number(text: &str) -> Option<String> {
    let mut reader = Reader::new(text.as_bytes()).ok()?;
    let number = reader.number().ok()?;
    let digits = str::from_utf8(number.digits(reader.text)).ok()?;
    let is_finite = json::is_json(digits.as_bytes());
    (reader.at == text.len() && is_finite).then(|| digits.to_owned())
}

/// The form of lenient JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dialect {
    /// Whether it is written as Python writes its values.
    pub is_python: bool,
    /// Whether any string is in single quotes.
    pub has_single_quotes: bool,
}

/// Returns the dialect of a value.
pub(in crate::payload) fn dialect(bytes: &[u8]) -> Dialect {
    let leniencies = parse(bytes).map(|(_, leniencies)| leniencies);
    let leniencies = leniencies.unwrap_or_default();
    let has = |leniency| leniencies.has(leniency);
    let has_single_quotes = has(Leniency::SingleQuotes);
    let is_evident =
        has(Leniency::PythonWord) || has(Leniency::PythonPrefix) || has(Leniency::Tuple);
    let is_json5 = has(Leniency::UnquotedKey) || has(Leniency::Comment);
    Dialect {
        is_python: is_evident || has_single_quotes && !is_json5,
        has_single_quotes,
    }
}

/// Reads one value. Also returns where its keys are written, in reading order.
pub(in crate::payload) fn read_with_keys(bytes: &[u8]) -> Option<(Tree, Vec<Range<usize>>)> {
    let mut reader = Reader::new(bytes).ok()?;
    reader.keys = Some(Vec::new());
    let outcome = reader.document();
    Some((finish(reader.builder, outcome, NAME).ok()?, reader.keys?))
}

fn parse(bytes: &[u8]) -> Result<(Tree, Leniencies), Unreadable> {
    let mut reader = Reader::new(bytes)?;
    let outcome = reader.document();
    let Reader {
        builder,
        leniencies,
        ..
    } = reader;
    Ok((finish(builder, outcome, NAME)?, leniencies))
}

/// A container that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Object,
    Array,
    Tuple,
}

impl Open {
    fn closing(self) -> u8 {
        match self {
            Self::Object => b'}',
            Self::Array => b']',
            Self::Tuple => b')',
        }
    }
}

/// A reader of one value. The open containers are in a vector, not on the call stack.
struct Reader<'a> {
    /// The payload without NUL bytes or record separators at its end.
    text: &'a [u8],
    /// The same as characters.
    letters: &'a str,
    at: usize,
    open: Vec<Open>,
    builder: Builder,
    leniencies: Leniencies,
    /// Where the keys are written, if that is wanted.
    keys: Option<Vec<Range<usize>>>,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        // SignalR ends its JSON with a record separator.
        let trailing = |end: u8| bytes.iter().rev().take_while(|byte| **byte == end).count();
        let (nuls, separators) = (trailing(0), trailing(0x1e));
        let text = &bytes[..bytes.len() - nuls - separators];
        let mut reader = Self {
            text,
            letters: str::from_utf8(text).map_err(|wrong| Unreadable {
                format: NAME,
                why: "invalid UTF-8".into(),
                at: wrong.valid_up_to(),
                is_limit: false,
            })?,
            at: 0,
            open: Vec::new(),
            // A part of the payload need not be JSON, even if it looks like it.
            builder: Builder::of_binary(),
            leniencies: Leniencies::default(),
            keys: None,
        };
        if bytes.starts_with(BOM) {
            reader.leniencies.note(Leniency::Bom, 0);
            reader.at = BOM.len();
        }
        if nuls > 0 {
            let end = reader.text.len();
            reader.leniencies.note(Leniency::TrailingNul, end);
        }
        if separators > 0 {
            let end = reader.text.len();
            reader.leniencies.note(Leniency::TrailingSeparator, end);
        }
        Ok(reader)
    }

    /// Reads the value that is the whole payload.
    fn document(&mut self) -> Result<(), Stop> {
        self.space()?;
        self.value()?;
        while let Some(open) = self.open.last().copied() {
            self.space()?;
            if self.take(open.closing()) {
                self.open.pop();
                self.builder.close(self.at);
                self.separator()?;
                continue;
            }
            if open == Open::Object {
                self.key()?;
            }
            self.value()?;
        }
        self.space()?;
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Stop::wrong("trailing data", self.at)),
        }
    }

    /// Takes a scalar, or opens a container.
    fn value(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let (open, kind) = match self.expect()? {
            b'{' => (Open::Object, Kind::Object),
            b'[' => (Open::Array, Kind::Array),
            b'(' => {
                self.leniencies.note(Leniency::Tuple, start);
                (Open::Tuple, Kind::Array)
            }
            _ => {
                self.scalar()?;
                return self.separator();
            }
        };
        self.at += 1;
        self.builder
            .open(kind, b"", start)
            .map_err(Stop::refused(start))?;
        self.open.push(open);
        Ok(())
    }

    /// Takes the comma after an element, unless the container ends.
    fn separator(&mut self) -> Result<(), Stop> {
        let Some(open) = self.open.last().copied() else {
            return Ok(());
        };
        self.space()?;
        let comma = self.at;
        let byte = self.expect()?;
        if byte == open.closing() {
            return Ok(());
        }
        if !self.take(b',') {
            let why = match open {
                Open::Object => "expected a comma or }",
                Open::Array => "expected a comma or ]",
                Open::Tuple => "expected a comma or )",
            };
            return Err(Stop::wrong(why, comma));
        }
        self.space()?;
        // Python writes a tuple of one element with a comma.
        if self.peek() == Some(open.closing()) && open != Open::Tuple {
            self.leniencies.note(Leniency::TrailingComma, comma);
        }
        Ok(())
    }

    /// Takes a key and its colon.
    fn key(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let first = self.expect()?;
        let refused = Stop::refused(start);
        if let Some(string) = self.string()? {
            self.leniencies.has_names = true;
            self.builder.name(string.text()).map_err(refused)?;
        } else if let Some(name) = self.identifier() {
            self.leniencies.note(Leniency::UnquotedKey, start);
            self.leniencies.has_names = true;
            let name = Text::InPayload(name);
            self.builder.name(name).map_err(refused)?;
        } else if matches!(first, b'-' | b'0'..=b'9') {
            self.leniencies.note(Leniency::NumberAsKey, start);
            let number = self.number()?;
            let digits = number.digits(self.text);
            self.builder.other_key(digits).map_err(refused)?;
        } else {
            return Err(Stop::wrong("expected a key", start));
        }
        if let Some(keys) = &mut self.keys {
            keys.push(start..self.at);
        }
        self.space()?;
        let colon = self.at;
        if !self.take(b':') {
            return Err(match self.peek() {
                Some(_) => Stop::wrong("expected a colon", colon),
                None => Stop::early(colon),
            });
        }
        self.space()
    }

    /// Takes a name without quotes, if there is one: letters, digits, `_` and `$`.
    fn identifier(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let text = self.letters.get(start..)?;
        let is_letter = |letter: char| letter.is_alphabetic() || matches!(letter, '_' | '$');
        if !text.starts_with(is_letter) {
            return None;
        }
        let end = text.find(|letter: char| !is_letter(letter) && !letter.is_alphanumeric());
        self.at = end.map_or(self.text.len(), |end| start + end);
        Some(start..self.at)
    }

    /// Skips whitespace and comments.
    fn space(&mut self) -> Result<(), Stop> {
        loop {
            self.at = json::skip_space(self.text, self.at);
            let start = self.at;
            let rest = &self.text[start..];
            let length = match rest {
                [0x0b | 0x0c, ..] => 1,
                [b'/', b'/', ..] => {
                    self.leniencies.note(Leniency::Comment, start);
                    let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                    self.at += end.unwrap_or(rest.len());
                    continue;
                }
                [b'/', b'*', comment @ ..] => {
                    self.leniencies.note(Leniency::Comment, start);
                    let end = memchr::memmem::find(comment, b"*/");
                    let end = end.ok_or(Stop::wrong("unterminated comment", start))?;
                    self.at += end + 4;
                    continue;
                }
                // The byte order mark and U+2028 are spaces in JSON5, like all spaces of Unicode.
                [0x80..=0xff, ..] => {
                    let letter = self
                        .letters
                        .get(start..)
                        .and_then(|text| text.chars().next());
                    let is_space = |letter: &char| letter.is_whitespace() || *letter == '\u{feff}';
                    letter.filter(is_space).map_or(0, char::len_utf8)
                }
                _ => 0,
            };
            if length == 0 {
                return Ok(());
            }
            self.leniencies.note(Leniency::Space, start);
            self.at += length;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Returns the next byte, which must exist.
    fn expect(&self) -> Result<u8, Stop> {
        self.peek().ok_or(Stop::early(self.at))
    }

    /// Takes `byte` if it is the next one.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }
}
