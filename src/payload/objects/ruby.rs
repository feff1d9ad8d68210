//! Decoding the output of Ruby's `Marshal.dump` (version 4.8; see Ruby's `doc/marshal.rdoc`).
//!
//! Instance variables are shown without their `@`, and symbols as `:name`, except as keys. A string
//! in another encoding than UTF-8 is tagged with it.

mod time;
mod variables;

use std::ops::Range;

use self::time::time_words;
use super::graph::{Graph, Id, Shape};
use super::layout;
use super::number;
use crate::payload::decimal::decimal;
use crate::payload::reading::{Cursor, Stop, Unreadable};
use crate::payload::tree::{Kind, MAX_DEPTH, Tree};

/// The name of the format.
pub const NAME: &str = "Ruby Marshal";

/// The version of the format, with which every payload begins.
pub const VERSION: [u8; 2] = [4, 8];

/// Decodes one value, which must be all of `bytes`.
pub fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    let mut reader = Reader {
        cursor: Cursor::new(bytes),
        graph: Graph::new(bytes),
        symbols: Vec::new(),
        objects: Vec::new(),
    };
    let root = reader.root();
    layout::tree(&reader.graph, root, NAME)
}

/// A symbol, which later ones may refer to.
#[derive(Clone, Copy)]
struct Symbol {
    /// The symbol as a name.
    name: Id,
    /// The symbol as a value.
    value: Id,
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    graph: Graph<'a>,
    symbols: Vec<Symbol>,
    /// The values that links may refer to.
    objects: Vec<Id>,
}

impl Reader<'_> {
    fn root(&mut self) -> Result<Id, Stop> {
        if self.cursor.array::<2>()? != VERSION {
            return Err(Stop::wrong("expected version 4.8", 0));
        }
        let root = self.value(0)?;
        match self.cursor.left() {
            0 => Ok(root),
            _ => Err(Stop::wrong("trailing data", self.cursor.at())),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Id, Stop> {
        let start = self.cursor.at();
        if depth > MAX_DEPTH {
            return Err(Stop::too_deep(start));
        }
        let kind = self.cursor.byte()?;
        match kind {
            b'0' => self.words(Kind::Null, "nil", start),
            b'T' => self.words(Kind::Bool, "true", start),
            b'F' => self.words(Kind::Bool, "false", start),
            b'i' => {
                let number = self.number()?;
                self.words(Kind::Number, &number.to_string(), start)
            }
            b':' | b';' => self.symbol_of(kind, start).map(|symbol| symbol.value),
            b'I' => self.with_variables(start, depth),
            b'@' => {
                let index = usize::try_from(self.number()?).ok();
                let id = index.and_then(|index| self.objects.get(index));
                id.copied().ok_or(Stop::wrong("no such value", start))
            }
            b'"' => {
                let range = self.bytes()?;
                let source = self.since(start);
                let id = self.graph.text_or_bytes(range, source)?;
                Ok(self.object(id))
            }
            b'f' => self.float(start),
            b'l' => self.big(start),
            b'/' => self.regexp(start),
            b'[' => self.array(start, depth),
            b'{' | b'}' => self.hash(kind, start, depth),
            b'o' | b'S' | b'u' | b'U' | b'd' => self.instance(kind, start, depth),
            b'C' | b'e' => self.subclass(kind, start, depth),
            b'c' | b'm' | b'M' => {
                let name = self.bytes()?;
                let source = self.since(start);
                let id = self.graph.written(Kind::Other, name, source)?;
                Ok(self.object(id))
            }
            _ => Err(Stop::wrong(format!("unknown type {kind:#04x}"), start)),
        }
    }

    fn since(&self, start: usize) -> Range<usize> {
        start..self.cursor.at()
    }

    fn words(&mut self, kind: Kind, words: &str, start: usize) -> Result<Id, Stop> {
        self.graph.words(kind, words, start..self.cursor.at())
    }

    /// Makes a value one that links may refer to.
    fn object(&mut self, id: Id) -> Id {
        self.objects.push(id);
        id
    }

    /// Takes an integer of up to four bytes.
    fn number(&mut self) -> Result<i32, Stop> {
        let first = i8::from_be_bytes(self.cursor.array()?);
        let length = usize::from(first.unsigned_abs());
        Ok(match first {
            0 => 0,
            5.. => i32::from(first) - 5,
            ..=-5 => i32::from(first) + 5,
            _ => {
                let filler = if first < 0 { 0xff } else { 0 };
                let mut bytes = [filler; 4];
                for byte in bytes.iter_mut().take(length) {
                    *byte = self.cursor.byte()?;
                }
                i32::from_le_bytes(bytes)
            }
        })
    }

    fn length(&mut self) -> Result<u64, Stop> {
        let at = self.cursor.at();
        let length = u64::try_from(self.number()?);
        length.map_err(|_| Stop::wrong("invalid length", at))
    }

    /// Takes a length, and that many bytes.
    fn bytes(&mut self) -> Result<Range<usize>, Stop> {
        let at = self.cursor.at();
        let length = self.length()?;
        self.cursor.stretch(length, at)
    }

    fn float(&mut self, start: usize) -> Result<Id, Stop> {
        let range = self.bytes()?;
        let text = str::from_utf8(self.cursor.slice(range.clone())).ok();
        let number = text.and_then(|text| text.parse().ok());
        let number = number.ok_or(Stop::wrong("invalid number", range.start))?;
        let id = self.words(Kind::Number, &decimal(number), start)?;
        Ok(self.object(id))
    }

    /// Takes an integer of any size: a sign, the number of its 16-bit digits, and the digits.
    fn big(&mut self, start: usize) -> Result<Id, Stop> {
        let is_negative = self.cursor.byte()? == b'-';
        let length = self.length()?.saturating_mul(2);
        let range = self.cursor.stretch(length, start)?;
        let source = self.since(start);
        let digits = number::magnitude(is_negative, self.cursor.slice(range.clone()));
        let id = match digits {
            Some(digits) => self.words(Kind::Number, &digits, start)?,
            None => self.graph.large_integer(is_negative, range, source)?,
        };
        Ok(self.object(id))
    }

    fn regexp(&mut self, start: usize) -> Result<Id, Stop> {
        let range = self.bytes()?;
        let options = self.cursor.byte()?;
        let set = |bit: u8, letter: &'static str| if options & bit == 0 { "" } else { letter };
        let options = [set(4, "m"), set(1, "i"), set(2, "x")].concat();
        let words = [b"/", self.cursor.slice(range), b"/", options.as_bytes()].concat();
        let stored = self.graph.store(&words);
        let source = self.since(start);
        let id = self.graph.add(Shape::Scalar(Kind::Other, stored), source)?;
        Ok(self.object(id))
    }

    fn array(&mut self, start: usize, depth: usize) -> Result<Id, Stop> {
        let id = self.graph.add(Shape::Array(Vec::new()), start..start)?;
        self.object(id);
        let mut values = Vec::new();
        for _ in 0..self.length()? {
            values.push(self.value(depth + 1)?);
        }
        *self.graph.shape_mut(id) = Shape::Array(values);
        self.graph.extend(id, self.cursor.at());
        Ok(id)
    }

    fn hash(&mut self, kind: u8, start: usize, depth: usize) -> Result<Id, Stop> {
        let id = self.graph.add(Shape::Object(Vec::new()), start..start)?;
        self.object(id);
        let mut pairs = Vec::new();
        for _ in 0..self.length()? {
            let key = self.key(depth + 1)?;
            pairs.push((key, self.value(depth + 1)?));
        }
        *self.graph.shape_mut(id) = Shape::Object(pairs);
        if kind == b'}' {
            let at = self.cursor.at();
            let default = self.value(depth + 1)?;
            let name = self.graph.words(Kind::String, "default", at..at)?;
            self.annotate(id, vec![(name, default)])?;
        }
        self.graph.extend(id, self.cursor.at());
        Ok(id)
    }

    /// Takes the key of a hash. A symbol is a name.
    fn key(&mut self, depth: usize) -> Result<Id, Stop> {
        let mut ahead = self.cursor.clone();
        let first = match ahead.byte()? {
            b'I' => ahead.byte()?,
            first => first,
        };
        match first {
            b':' | b';' => self.symbol(depth).map(|symbol| symbol.name),
            _ => self.value(depth),
        }
    }

    /// Takes an object of a class that is named first.
    fn instance(&mut self, kind: u8, start: usize, depth: usize) -> Result<Id, Stop> {
        if kind == b'u' {
            let id = self.dumped(start, depth)?;
            return Ok(self.object(id));
        }
        let class = self.name(depth)?;
        let content = self.graph.add(Shape::Object(Vec::new()), start..start)?;
        let id = self.graph.tag(&class, content, start..start)?;
        self.object(id);
        if matches!(kind, b'o' | b'S') {
            let variables = self.variables(depth + 1)?;
            *self.graph.shape_mut(content) = Shape::Object(variables);
            self.graph.extend(content, self.cursor.at());
        } else {
            let inner = self.value(depth + 1)?;
            let mark = self.graph.mark(&class);
            *self.graph.shape_mut(id) = Shape::Tag(mark, inner);
        }
        self.graph.extend(id, self.cursor.at());
        Ok(id)
    }

    /// Takes an object that its class has written as bytes.
    fn dumped(&mut self, start: usize, depth: usize) -> Result<Id, Stop> {
        let class = self.name(depth)?;
        let range = self.bytes()?;
        let source = self.since(start);
        let time = self.cursor.slice(range.clone()).first_chunk();
        let time = time
            .filter(|_| class == b"Time")
            .and_then(|bytes| time_words(*bytes));
        let content = match time {
            Some(words) => self.graph.words(Kind::Other, &words, range)?,
            None => self.graph.text_or_bytes(range.clone(), range)?,
        };
        self.graph.tag(&class, content, source)
    }

    /// Takes a value of a subclass of a built-in class, or one that a module extends.
    fn subclass(&mut self, kind: u8, start: usize, depth: usize) -> Result<Id, Stop> {
        let mut name = self.name(depth)?;
        if kind == b'e' {
            name = [b"extended by ", &name[..]].concat();
        }
        let id = self.value(depth + 1)?;
        self.not_earlier(id, start)?;
        self.graph.wrap(id, &name)?;
        Ok(id)
    }
}
