//! Decoding the output of PHP's `serialize`.
//!
//! An array whose keys count from 0 is an array, any other an object. The names of private and
//! protected properties are shown without their prefix; a private property of a parent class is
//! shown as `Parent::name`.

use std::ops::Range;

use memchr::memchr;

use super::graph::{Graph, Id, Shape, Stored};
use super::layout;
use super::number::is_integer;
use crate::payload::decimal::decimal;
use crate::payload::json;
use crate::payload::reading::{Cursor, Stop, Unreadable};
use crate::payload::tree::{Kind, MAX_DEPTH, Tree};

/// The name of the format.
pub const NAME: &str = "PHP serialized";

/// Decodes one value, which must be all of `bytes`.
pub fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    let mut reader = Reader {
        cursor: Cursor::new(bytes),
        graph: Graph::new(bytes),
        slots: Vec::new(),
        known_slots: None,
    };
    let root = reader.value(0).and_then(|root| match reader.cursor.left() {
        0 => Ok(root),
        _ => Err(Stop::wrong("trailing data", reader.cursor.at())),
    });
    layout::tree(&reader.graph, root, NAME)
}

/// Returns whether bytes may be an array, an object, an enumeration or a string, judged by the first
/// ones. Numbers and booleans count as text.
#[inline]
pub fn may_be(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [b'a' | b'O' | b'C' | b'E' | b's', b':', b'0'..=b'9', ..]
    )
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    graph: Graph<'a>,
    /// The values that references may name, by number.
    slots: Vec<Id>,
    /// The number of slots whose numbers are known: not those after the output of a class's own
    /// serializer, which may contain values.
    known_slots: Option<usize>,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Id, Stop> {
        let start = self.cursor.at();
        if depth > MAX_DEPTH {
            return Err(Stop::too_deep(start));
        }
        let kind = self.cursor.byte()?;
        if kind == b'N' {
            self.cursor.expect(b';')?;
            let id = self
                .graph
                .words(Kind::Null, "null", start..self.cursor.at())?;
            self.slots.push(id);
            return Ok(id);
        }
        self.cursor.expect(b':')?;
        match kind {
            b'b' | b'i' | b'd' => self.scalar(kind, start),
            b's' | b'S' | b'E' => self.text(kind, start),
            b'a' => self.array(start, depth),
            b'O' => self.object(start, depth),
            b'C' => self.custom(start),
            b'r' | b'R' => self.reference(kind, start),
            _ => Err(Stop::wrong("unknown type", start)),
        }
    }

    /// Adds a value that references may name.
    fn slot(&mut self, shape: Shape, start: usize) -> Result<Id, Stop> {
        let id = self.graph.add(shape, start..self.cursor.at())?;
        self.slots.push(id);
        Ok(id)
    }

    fn scalar(&mut self, kind: u8, start: usize) -> Result<Id, Stop> {
        let range = self.cursor.until(b';')?;
        let text = self.cursor.slice(range.clone());
        let is_of_float = |byte: &u8| matches!(byte, b'.' | b'e' | b'E');
        let wrong = || Stop::wrong("invalid number", range.start);
        let (kind, stored) = match (kind, text) {
            (b'b', b"0") => (Kind::Bool, self.graph.store(b"false")),
            (b'b', b"1") => (Kind::Bool, self.graph.store(b"true")),
            (b'i', _) if is_integer(text) => (Kind::Number, Stored::InPayload(range)),
            (b'd', b"INF") => (Kind::Number, self.graph.store(b"Infinity")),
            (b'd', b"-INF") => (Kind::Number, self.graph.store(b"-Infinity")),
            (b'd', b"NAN") => (Kind::Number, self.graph.store(b"NaN")),
            (b'd', _) if json::is_json(text) && text.iter().any(is_of_float) => {
                (Kind::Number, Stored::InPayload(range))
            }
            (b'd', _) => {
                let number = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
                let digits = decimal(number.ok_or_else(wrong)?);
                (Kind::Number, self.graph.store(digits.as_bytes()))
            }
            _ => return Err(wrong()),
        };
        self.slot(Shape::Scalar(kind, stored), start)
    }

    /// Takes a string or the case of an enumeration.
    fn text(&mut self, kind: u8, start: usize) -> Result<Id, Stop> {
        let length = self.length()?;
        if kind == b'S' {
            return self.escaped(length, start);
        }
        let range = self.quoted(length, start)?;
        self.cursor.expect(b';')?;
        if kind == b'E' {
            let case = self.cursor.slice(range.clone());
            let colon = memchr(b':', case).ok_or(Stop::wrong("no case", range.start))?;
            let case = [&case[..colon], b":", &case[colon..]].concat();
            let stored = self.graph.store(&case);
            return self.slot(Shape::Scalar(Kind::Other, stored), start);
        }
        let id = self.graph.text_or_bytes(range, start..self.cursor.at())?;
        self.slots.push(id);
        Ok(id)
    }

    /// Takes a string of `length` bytes, some of which are escaped as `\00`.
    fn escaped(&mut self, length: u64, start: usize) -> Result<Id, Stop> {
        self.cursor.expect(b'"')?;
        let mut text = Vec::new();
        for _ in 0..length {
            let byte = self.cursor.byte()?;
            if byte != b'\\' {
                text.push(byte);
                continue;
            }
            let at = self.cursor.at();
            let digits: [u8; 2] = self.cursor.array()?;
            let digits = str::from_utf8(&digits).ok();
            let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            text.push(byte.ok_or(Stop::wrong("invalid escape", at))?);
        }
        self.cursor.expect(b'"')?;
        self.cursor.expect(b';')?;
        let stored = self.graph.store(&text);
        let kind = match str::from_utf8(&text) {
            Ok(_) => Kind::String,
            Err(_) => Kind::Bytes,
        };
        self.slot(Shape::Scalar(kind, stored), start)
    }

    fn array(&mut self, start: usize, depth: usize) -> Result<Id, Stop> {
        let count = self.length()?;
        let id = self.slot(Shape::Array(Vec::new()), start)?;
        let pairs = self.pairs(count, depth, b"")?;
        let is_list = pairs.iter().enumerate().all(|(index, (key, _))| {
            let text = self.graph.scalar(*key).map(|(_, text)| text);
            text == Some(index.to_string().as_bytes())
        });
        *self.graph.shape_mut(id) = if is_list {
            Shape::Array(pairs.into_iter().map(|(_, value)| value).collect())
        } else {
            Shape::Object(pairs)
        };
        self.graph.extend(id, self.cursor.at());
        Ok(id)
    }

    fn object(&mut self, start: usize, depth: usize) -> Result<Id, Stop> {
        let class = self.class(start)?;
        let count = self.length()?;
        let content = self.graph.add(Shape::Object(Vec::new()), start..start)?;
        let mark = self.graph.mark(self.cursor.slice(class.clone()));
        let id = self.slot(Shape::Tag(mark, content), start)?;
        let pairs = self.pairs(count, depth + 1, self.cursor.slice(class))?;
        *self.graph.shape_mut(content) = Shape::Object(pairs);
        self.graph.extend(id, self.cursor.at());
        self.graph.extend(content, self.cursor.at());
        Ok(id)
    }

    /// Takes the output of a class's own serializer: a length and arbitrary bytes.
    fn custom(&mut self, start: usize) -> Result<Id, Stop> {
        let class = self.class(start)?;
        let length = self.length()?;
        self.cursor.expect(b'{')?;
        let data = self.cursor.stretch(length, start)?;
        self.cursor.expect(b'}')?;
        let content = self.graph.text_or_bytes(data.clone(), data)?;
        let mark = self.graph.mark(self.cursor.slice(class));
        let id = self.slot(Shape::Tag(mark, content), start)?;
        self.known_slots.get_or_insert(self.slots.len());
        Ok(id)
    }

    /// Takes a reference to an earlier value.
    fn reference(&mut self, kind: u8, start: usize) -> Result<Id, Stop> {
        let range = self.cursor.until(b';')?;
        let digits = self.cursor.slice(range.clone());
        let number = str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse().ok());
        let number: usize = number.ok_or(Stop::wrong("invalid reference", range.start))?;
        let known = self.known_slots.unwrap_or(self.slots.len());
        let id = match number
            .checked_sub(1)
            .and_then(|index| self.slots.get(index))
        {
            Some(id) if number <= known => *id,
            None if self.known_slots.is_none() => {
                return Err(Stop::wrong("no such value", range.start));
            }
            _ => {
                let words = format!("⟨reference {number}⟩");
                self.graph
                    .words(Kind::Other, &words, start..self.cursor.at())?
            }
        };
        // A PHP reference shares the slot of its value.
        if kind == b'r' {
            self.slots.push(id);
        }
        Ok(id)
    }

    /// Takes keys and values in braces; `class` is the class of the object whose properties they
    /// are.
    fn pairs(&mut self, count: u64, depth: usize, class: &[u8]) -> Result<Vec<(Id, Id)>, Stop> {
        self.cursor.expect(b'{')?;
        let mut pairs = Vec::new();
        for _ in 0..count {
            let key = self.key(class)?;
            pairs.push((key, self.value(depth + 1)?));
        }
        self.cursor.expect(b'}')?;
        Ok(pairs)
    }

    /// Takes a key: an integer or a string.
    fn key(&mut self, class: &[u8]) -> Result<Id, Stop> {
        let start = self.cursor.at();
        let kind = self.cursor.byte()?;
        self.cursor.expect(b':')?;
        let range = match kind {
            b'i' => {
                let range = self.cursor.until(b';')?;
                if !is_integer(self.cursor.slice(range.clone())) {
                    return Err(Stop::wrong("invalid number", range.start));
                }
                range
            }
            b's' => {
                let length = self.length()?;
                let range = self.quoted(length, start)?;
                self.cursor.expect(b';')?;
                range
            }
            _ => return Err(Stop::wrong("invalid key", start)),
        };
        let source = start..self.cursor.at();
        let name = self.cursor.slice(range.clone());
        let (owner, length) = match name {
            [0, rest @ ..] if !class.is_empty() => match memchr(0, rest) {
                Some(end) => (&rest[..end], rest.len() - end - 1),
                None => (&b""[..], name.len()),
            },
            _ => (&b""[..], name.len()),
        };
        let name = range.end - length..range.end;
        if owner.is_empty() || owner == b"*" || owner == class {
            return self.graph.written(Kind::String, name, source);
        }
        let text = [owner, b"::", self.cursor.slice(name)].concat();
        let stored = self.graph.store(&text);
        self.graph.add(Shape::Scalar(Kind::String, stored), source)
    }

    /// Takes the name of a class and the colon after it.
    fn class(&mut self, start: usize) -> Result<Range<usize>, Stop> {
        let length = self.length()?;
        let class = self.quoted(length, start)?;
        self.cursor.expect(b':')?;
        Ok(class)
    }

    /// Takes a number and the colon after it.
    fn length(&mut self) -> Result<u64, Stop> {
        let range = self.cursor.until(b':')?;
        let digits = str::from_utf8(self.cursor.slice(range.clone())).ok();
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let length = digits.and_then(|digits| digits.parse().ok());
        length.ok_or(Stop::wrong("invalid length", range.start))
    }

    /// Takes `length` bytes in quotes.
    fn quoted(&mut self, length: u64, start: usize) -> Result<Range<usize>, Stop> {
        self.cursor.expect(b'"')?;
        let range = self.cursor.stretch(length, start)?;
        self.cursor.expect(b'"')?;
        Ok(range)
    }
}
