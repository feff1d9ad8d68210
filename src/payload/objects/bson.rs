//! Decoding BSON (<https://bsonspec.org/spec.html>).
//!
//! Times are shown as in RFC 3339. Types that a tree does not have are tagged: `⟨ObjectId⟩`,
//! `⟨regex⟩`, `⟨timestamp⟩`.

mod decimal128;

pub(in crate::payload) use self::decimal128::{
    bits as decimal128_bits, digits as decimal128_digits,
};
use super::epoch;
use super::graph::{Graph, Id, Shape};
use super::layout;
use super::number;
use crate::payload::decimal::decimal;
use crate::payload::hex;
use crate::payload::reading::{Cursor, Stop, Unreadable};
use crate::payload::tree::{Kind, MAX_DEPTH, Tree};

/// The name of the format.
pub const NAME: &str = "BSON";

/// The size of a document with one value, at least.
const MIN_SIZE: usize = 8;

/// Decodes one document, which must be all of `bytes`.
pub fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    let mut reader = Reader {
        cursor: Cursor::new(bytes),
        graph: Graph::new(bytes),
    };
    let root = reader.document(false, 0);
    let root = root.and_then(|root| match reader.cursor.left() {
        0 => Ok(root),
        _ => Err(Stop::wrong("trailing data", reader.cursor.at())),
    });
    layout::tree(&reader.graph, root, NAME)
}

/// Returns whether bytes may be a document with values: whether they start with their own length.
#[inline]
pub fn may_be(bytes: &[u8]) -> bool {
    match bytes {
        [a, b, c, d, .., 0] if bytes.len() >= MIN_SIZE => {
            u32::from_le_bytes([*a, *b, *c, *d]) as usize == bytes.len()
        }
        _ => false,
    }
}

/// Returns whether bytes that begin with `head` may be a document of less than 16 MiB, judged by
/// its length and the type of its first value.
pub fn may_start(head: &[u8]) -> bool {
    matches!(head, [_, _, _, 0, 1..=0x13 | 0x7f | 0xff, ..])
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    graph: Graph<'a>,
}

impl Reader<'_> {
    /// Takes a document. An array is a document too, whose names count from 0.
    fn document(&mut self, is_array: bool, depth: usize) -> Result<Id, Stop> {
        let start = self.cursor.at();
        if depth > MAX_DEPTH {
            return Err(Stop::too_deep(start));
        }
        let length = i32::from_le_bytes(self.cursor.array()?);
        let left = self.cursor.left();
        let end = usize::try_from(length).ok().map(|length| start + length);
        let end = end.filter(|end| *end > self.cursor.at() && *end <= self.cursor.at() + left);
        let end = end.ok_or(Stop::wrong(
            format!("header says {length} bytes, but only {} left", left + 4),
            start,
        ))?;
        let mut pairs = Vec::new();
        let mut is_in_order = true;
        loop {
            let at = self.cursor.at();
            let kind = self.cursor.byte()?;
            if kind == 0 {
                break;
            }
            let name = self.cursor.until(0)?;
            let text = self.cursor.slice(name.clone());
            is_in_order = is_in_order && text == pairs.len().to_string().as_bytes();
            let name = self
                .graph
                .written(Kind::String, name.clone(), at..name.end)?;
            pairs.push((name, self.value(kind, at, depth + 1)?));
        }
        if self.cursor.at() != end {
            return Err(Stop::wrong("document has another length", start));
        }
        let shape = if is_array && is_in_order {
            Shape::Array(pairs.into_iter().map(|(_, value)| value).collect())
        } else {
            Shape::Object(pairs)
        };
        self.graph.add(shape, start..end)
    }

    /// Takes the value of an element that starts at `start`.
    fn value(&mut self, kind: u8, start: usize, depth: usize) -> Result<Id, Stop> {
        let cursor = &mut self.cursor;
        let (kind, words) = match kind {
            0x01 => (Kind::Number, decimal(f64::from_le_bytes(cursor.array()?))),
            0x10 => (
                Kind::Number,
                i32::from_le_bytes(cursor.array()?).to_string(),
            ),
            0x12 => (
                Kind::Number,
                i64::from_le_bytes(cursor.array()?).to_string(),
            ),
            0x13 => {
                let bits = u128::from_le_bytes(cursor.array()?);
                (Kind::Number, decimal128_digits(bits))
            }
            0x08 => match cursor.byte()? {
                0 => (Kind::Bool, "false".to_owned()),
                1 => (Kind::Bool, "true".to_owned()),
                _ => return Err(Stop::wrong("invalid boolean", cursor.at() - 1)),
            },
            0x06 => (Kind::Null, "undefined".to_owned()),
            0x0a => (Kind::Null, "null".to_owned()),
            0x7f => (Kind::Other, "MaxKey".to_owned()),
            0xff => (Kind::Other, "MinKey".to_owned()),
            0x09 => {
                let milliseconds = i64::from_le_bytes(cursor.array()?);
                let time = epoch::milliseconds(milliseconds);
                let otherwise = || format!("{milliseconds} ms since 1970");
                (Kind::Other, time.unwrap_or_else(otherwise))
            }
            0x02 => return self.string(start),
            0x03 | 0x04 => return self.document(kind == 0x04, depth),
            0x05 => return self.binary(start),
            0x07 => return self.object_id(start),
            0x0b | 0x0e | 0x11 => return self.tagged(kind, start),
            0x0c | 0x0d | 0x0f => return self.code(kind, start, depth),
            _ => return Err(Stop::wrong(format!("unknown type {kind:#04x}"), start)),
        };
        self.graph.words(kind, &words, start..self.cursor.at())
    }

    /// Takes a string: its length, which includes the zero at its end, and its contents.
    fn string(&mut self, start: usize) -> Result<Id, Stop> {
        let at = self.cursor.at();
        let length = i32::from_le_bytes(self.cursor.array()?);
        let length = u64::try_from(length)
            .ok()
            .and_then(|length| length.checked_sub(1));
        let length = length.ok_or(Stop::wrong("invalid length", at))?;
        let range = self.cursor.stretch(length, at)?;
        self.cursor.expect(0)?;
        self.graph
            .written(Kind::String, range, start..self.cursor.at())
    }

    fn binary(&mut self, start: usize) -> Result<Id, Stop> {
        let at = self.cursor.at();
        let length = i32::from_le_bytes(self.cursor.array()?);
        let length = u64::try_from(length).ok();
        let length = length.ok_or(Stop::wrong("invalid length", at))?;
        let subtype = self.cursor.byte()?;
        let mut range = self.cursor.stretch(length, at)?;
        let source = start..self.cursor.at();
        let bytes = self.cursor.slice(range.clone());
        if let (4, Ok(bits)) = (subtype, bytes.try_into()) {
            let words = number::uuid(u128::from_be_bytes(bits));
            let content = self.graph.words(Kind::Other, &words, source.clone())?;
            return self.graph.tag(b"UUID", content, source);
        }
        // The contents of the old generic type begin with their length once more.
        let inner = bytes.split_first_chunk().filter(|_| subtype == 2);
        if let Some((inner_length, inner)) = inner
            && usize::try_from(u32::from_le_bytes(*inner_length)) == Ok(inner.len())
        {
            range.start += 4;
        }
        let content = self.graph.written(Kind::Bytes, range, source.clone())?;
        let name = match subtype {
            0 | 2 => return Ok(content),
            1 => "function".to_owned(),
            3 => "UUID (old)".to_owned(),
            5 => "MD5".to_owned(),
            6 => "encrypted".to_owned(),
            7 => "compressed column".to_owned(),
            8 => "sensitive".to_owned(),
            9 => "vector".to_owned(),
            _ => format!("binary {subtype}"),
        };
        self.graph.tag(name.as_bytes(), content, source)
    }

    fn object_id(&mut self, start: usize) -> Result<Id, Stop> {
        let bytes: [u8; 12] = self.cursor.array()?;
        let digits: Vec<u8> = hex::digits(&bytes).collect();
        let source = start..self.cursor.at();
        let digits = String::from_utf8_lossy(&digits);
        let content = self.graph.words(Kind::Other, &digits, source.clone())?;
        self.graph.tag(b"ObjectId", content, source)
    }

    /// Takes a regular expression, a symbol or a timestamp.
    fn tagged(&mut self, kind: u8, start: usize) -> Result<Id, Stop> {
        let (name, content) = match kind {
            0x0b => {
                let (pattern, flags) = (self.cursor.until(0)?, self.cursor.until(0)?);
                let [pattern, flags] = [pattern, flags].map(|range| self.cursor.slice(range));
                let words = [b"/", pattern, b"/", flags].concat();
                let words = self.graph.store(&words);
                let shape = Shape::Scalar(Kind::Other, words);
                ("regex", self.graph.add(shape, start..self.cursor.at())?)
            }
            0x0e => ("symbol", self.string(start)?),
            _ => {
                let source = start..self.cursor.at() + 8;
                let increment = u32::from_le_bytes(self.cursor.array()?);
                let seconds = u32::from_le_bytes(self.cursor.array()?);
                let mut number = |number: u32| {
                    let words = number.to_string();
                    self.graph.words(Kind::Number, &words, source.clone())
                };
                let members = vec![("t", number(seconds)?), ("i", number(increment)?)];
                ("timestamp", self.graph.members(members, source)?)
            }
        };
        let source = start..self.cursor.at();
        self.graph.tag(name.as_bytes(), content, source)
    }

    /// Takes JavaScript code, with or without its variables, or a pointer to another collection.
    fn code(&mut self, kind: u8, start: usize, depth: usize) -> Result<Id, Stop> {
        let (name, content) = match kind {
            0x0d => ("code", self.string(start)?),
            0x0c => {
                let collection = self.string(start)?;
                let at = self.cursor.at();
                let values = vec![collection, self.object_id(at)?];
                let source = start..self.cursor.at();
                ("DBPointer", self.graph.list(b"", values, source)?)
            }
            _ => {
                let at = self.cursor.at();
                let length = i32::from_le_bytes(self.cursor.array()?);
                let text = self.string(start)?;
                let values = vec![text, self.document(false, depth + 1)?];
                if usize::try_from(length).ok() != Some(self.cursor.at() - at) {
                    return Err(Stop::wrong("code has another length", at));
                }
                let source = start..self.cursor.at();
                ("code with scope", self.graph.list(b"", values, source)?)
            }
        };
        let source = start..self.cursor.at();
        self.graph.tag(name.as_bytes(), content, source)
    }
}
