//! Decoding Erlang's external term format
//! (<https://www.erlang.org/doc/apps/erts/erl_ext_dist.html>).
//!
//! Erlang does not distinguish a string from a list of numbers: a list that is written as bytes is
//! a string if all of them are printable. Binaries are strings if they are UTF-8, and atoms are
//! names in maps. A compressed term is unpacked before it gets here; see [`compressed`].

use std::ops::Range;

use super::graph::{Graph, Id, Shape};
use super::layout;
use super::number;
use crate::payload::decimal::decimal;
use crate::payload::reading::{Cursor, Stop, Unreadable};
use crate::payload::tree::{Kind, MAX_DEPTH, Tree};

/// The name of the format.
pub const NAME: &str = "Erlang term";

/// The first byte of every term.
pub const VERSION: u8 = 131;

/// Decodes one term, which must be all of `bytes`.
pub fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    let mut reader = Reader {
        cursor: Cursor::new(bytes),
        graph: Graph::new(bytes),
    };
    let root = reader.root();
    layout::tree(&reader.graph, root, NAME)
}

/// Returns the zlib data in a compressed term.
pub fn compressed(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        // The size that is claimed is ignored.
        [VERSION, 80, _, _, _, _, zlib @ ..] => Some(zlib),
        _ => None,
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    graph: Graph<'a>,
}

impl Reader<'_> {
    fn root(&mut self) -> Result<Id, Stop> {
        if self.cursor.byte()? != VERSION {
            return Err(Stop::wrong("expected byte 131", 0));
        }
        let root = self.term(0)?;
        match self.cursor.left() {
            0 => Ok(root),
            _ => Err(Stop::wrong("trailing data", self.cursor.at())),
        }
    }

    fn term(&mut self, depth: usize) -> Result<Id, Stop> {
        let start = self.cursor.at();
        if depth > MAX_DEPTH {
            return Err(Stop::too_deep(start));
        }
        let tag = self.cursor.byte()?;
        match tag {
            70 | 97..=99 | 110 | 111 => self.number(tag, start),
            100 | 115 | 118 | 119 => {
                let name = self.atom_of(tag, start)?;
                self.atom(&name, start)
            }
            104 | 105 | 106 | 108 => self.sequence(tag, start, depth),
            107 => self.string(start),
            77 | 109 => self.binary(tag, start),
            116 => {
                let count = self.length(2)?;
                self.map(count, start, depth)
            }
            88..=90 | 101..=103 | 114 | 120 => self.identifier(tag, start),
            112 | 113 => self.function(tag, start),
            _ => Err(Stop::wrong(format!("unknown tag {tag}"), start)),
        }
    }

    fn since(&self, start: usize) -> Range<usize> {
        start..self.cursor.at()
    }

    fn words(&mut self, kind: Kind, words: &str, start: usize) -> Result<Id, Stop> {
        self.graph.words(kind, words, start..self.cursor.at())
    }

    /// Takes a length of one, two or four bytes; see [`Cursor::number`].
    fn length(&mut self, width: u8) -> Result<u64, Stop> {
        self.cursor.number(width)
    }

    fn number(&mut self, tag: u8, start: usize) -> Result<Id, Stop> {
        let cursor = &mut self.cursor;
        let digits = match tag {
            97 => cursor.byte()?.to_string(),
            98 => i32::from_be_bytes(cursor.array()?).to_string(),
            70 => decimal(f64::from_be_bytes(cursor.array()?)),
            99 => {
                // A number as `sprintf` writes it, filled up with zeros.
                let text: [u8; 31] = cursor.array()?;
                let text = str::from_utf8(&text)
                    .ok()
                    .map(|text| text.trim_end_matches('\0'));
                let number = text.and_then(|text| text.parse().ok());
                decimal(number.ok_or(Stop::wrong("invalid number", start))?)
            }
            _ => return self.big(tag, start),
        };
        self.words(Kind::Number, &digits, start)
    }

    /// Takes an integer of any size: a length, a sign, and the magnitude.
    fn big(&mut self, tag: u8, start: usize) -> Result<Id, Stop> {
        let length = self.length(if tag == 110 { 0 } else { 2 })?;
        let is_negative = self.cursor.byte()? != 0;
        let range = self.cursor.stretch(length, start)?;
        let magnitude = self.cursor.slice(range.clone());
        if let Some(digits) = number::magnitude(is_negative, magnitude) {
            return self.words(Kind::Number, &digits, start);
        }
        let source = self.since(start);
        self.graph.large_integer(is_negative, range, source)
    }

    /// Takes an atom, which must be next.
    fn atom_name(&mut self) -> Result<String, Stop> {
        let start = self.cursor.at();
        let tag = self.cursor.byte()?;
        self.atom_of(tag, start)
    }

    /// Takes the contents of an atom.
    fn atom_of(&mut self, tag: u8, start: usize) -> Result<String, Stop> {
        let width = match tag {
            100 | 118 => 1,
            115 | 119 => 0,
            _ => return Err(Stop::wrong("expected an atom", start)),
        };
        let length = self.length(width)?;
        let range = self.cursor.stretch(length, start)?;
        let name = self.cursor.slice(range);
        match tag {
            100 | 115 => Ok(name.iter().copied().map(char::from).collect()),
            _ => String::from_utf8(name.to_vec())
                .map_err(|_| Stop::wrong("atom is not UTF-8", start)),
        }
    }

    /// Adds an atom.
    fn atom(&mut self, name: &str, start: usize) -> Result<Id, Stop> {
        let may_be_bare = |letter: char| letter.is_alphanumeric() || "_@.".contains(letter);
        match name {
            "true" | "false" => self.words(Kind::Bool, name, start),
            "nil" => self.words(Kind::Null, name, start),
            _ if !name.is_empty() && name.chars().all(may_be_bare) => {
                self.words(Kind::Other, name, start)
            }
            _ => {
                let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
                self.words(Kind::Other, &format!("'{quoted}'"), start)
            }
        }
    }

    /// Takes a tuple or a list.
    fn sequence(&mut self, tag: u8, start: usize, depth: usize) -> Result<Id, Stop> {
        let count = match tag {
            104 => self.length(0)?,
            105 | 108 => self.length(2)?,
            _ => 0,
        };
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(self.term(depth + 1)?);
        }
        let mut name: &[u8] = match tag {
            104 | 105 => b"tuple",
            _ => b"",
        };
        if tag == 108 {
            let tail = self.term(depth + 1)?;
            let is_proper = self.graph.elements(tail).is_some_and(<[Id]>::is_empty)
                && matches!(self.graph.shape(tail), Shape::Array(_));
            if !is_proper {
                values.push(tail);
                name = b"improper list";
            }
        }
        let source = self.since(start);
        self.graph.list(name, values, source)
    }

    /// Takes a list of bytes.
    fn string(&mut self, start: usize) -> Result<Id, Stop> {
        let length = self.length(1)?;
        let range = self.cursor.stretch(length, start)?;
        let bytes = self.cursor.slice(range.clone());
        let is_printable =
            |byte: &u8| matches!(byte, b' '..=b'~' | 0xa0.. | b'\n' | b'\r' | b'\t' | 0x1b);
        let source = self.since(start);
        if !bytes.iter().all(is_printable) {
            let mut values = Vec::new();
            for (index, byte) in bytes.iter().enumerate() {
                let at = range.start + index;
                values.push(
                    self.graph
                        .words(Kind::Number, &byte.to_string(), at..at + 1)?,
                );
            }
            return self.graph.list(b"", values, source);
        }
        if bytes.is_ascii() {
            return self.graph.written(Kind::String, range, source);
        }
        let text: String = bytes.iter().copied().map(char::from).collect();
        self.graph.words(Kind::String, &text, source)
    }

    /// Takes a binary or a bit string.
    fn binary(&mut self, tag: u8, start: usize) -> Result<Id, Stop> {
        let length = self.length(2)?;
        let bits = match tag {
            77 => self.cursor.byte()?,
            _ => 8,
        };
        let range = self.cursor.stretch(length, start)?;
        let source = self.since(start);
        if bits == 8 {
            return self.graph.text_or_bytes(range, source);
        }
        let bytes = self.graph.written(Kind::Bytes, range, source.clone())?;
        let name = format!("{bits} bits of the last byte");
        self.graph.tag(name.as_bytes(), bytes, source)
    }

    fn map(&mut self, count: u64, start: usize, depth: usize) -> Result<Id, Stop> {
        let mut pairs = Vec::new();
        for _ in 0..count {
            let at = self.cursor.at();
            let mut ahead = self.cursor.clone();
            let key = match ahead.byte()? {
                tag @ (100 | 115 | 118 | 119) => {
                    self.cursor = ahead;
                    let name = self.atom_of(tag, at)?;
                    self.words(Kind::String, &name, at)?
                }
                _ => self.term(depth + 1)?,
            };
            pairs.push((key, self.term(depth + 1)?));
        }
        let source = self.since(start);
        self.graph.add(Shape::Object(pairs), source)
    }

    /// Takes a process identifier, a port or a reference: a node and numbers.
    fn identifier(&mut self, tag: u8, start: usize) -> Result<Id, Stop> {
        let count = match tag {
            90 | 114 => self.length(1)?,
            _ => 1,
        };
        let node = self.atom_name()?;
        let is_old = matches!(tag, 101..=103 | 114);
        let creation = if is_old { 0 } else { 2 };
        let mut numbers = Vec::new();
        // In references, the creation comes first.
        if matches!(tag, 90 | 114) {
            self.cursor.number(creation)?;
        }
        for _ in 0..count {
            numbers.push(
                self.cursor
                    .number(if tag == 120 { 3 } else { 2 })?
                    .to_string(),
            );
        }
        // Erlang shows the numbers of a reference from the last one on.
        if matches!(tag, 90 | 114) {
            numbers.reverse();
        }
        if matches!(tag, 88 | 103) {
            numbers.push(self.cursor.number(2)?.to_string());
        }
        if !matches!(tag, 90 | 114) {
            self.cursor.number(creation)?;
        }
        let kind = match tag {
            88 | 103 => "Pid",
            89 | 102 | 120 => "Port",
            _ => "Ref",
        };
        let words = format!("#{kind}<{node}.{}>", numbers.join("."));
        self.words(Kind::Other, &words, start)
    }

    /// Takes a function. The contents of one that has no name are not shown in detail.
    fn function(&mut self, tag: u8, start: usize) -> Result<Id, Stop> {
        if tag == 112 {
            let at = self.cursor.at();
            let length = self.cursor.number(2)?.saturating_sub(4);
            let range = self.cursor.stretch(length, at)?;
            let bytes = self.graph.written(Kind::Bytes, range.clone(), range)?;
            let source = self.since(start);
            return self.graph.tag(b"function", bytes, source);
        }
        let (module, name) = (self.atom_name()?, self.atom_name()?);
        if self.cursor.byte()? != 97 {
            return Err(Stop::wrong("invalid function", start));
        }
        let arity = self.cursor.byte()?;
        self.words(Kind::Other, &format!("fun {module}:{name}/{arity}"), start)
    }
}
