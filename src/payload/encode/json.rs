//! Reading and writing JSON, strict or lenient, and JSON lines.

mod style;

use std::ops::Range;

pub(super) use self::style::Style;
use super::item::{Guide, Item, Member, Value, Wrong, unchanged};
use super::pairing::{pair_elements, pair_members};
use crate::payload::json::text::Unescaped;
use crate::payload::json::{Flaw, Parser, Visitor};

/// Reads one JSON value.
pub(super) fn read(bytes: &[u8]) -> Option<Item> {
    str::from_utf8(bytes).ok()?;
    let mut reader = Reader {
        bytes,
        origin: 0,
        open: Vec::new(),
        done: None,
    };
    let mut parser = Parser { bytes, at: 0 };
    parser.parse(&mut reader).ok()?;
    reader.done
}

/// Reads JSON values, each on its own line, as an array.
pub(super) fn read_lines(bytes: &[u8]) -> Option<Item> {
    str::from_utf8(bytes).ok()?;
    let (mut items, mut origin) = (Vec::new(), 0);
    for line in bytes.split(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            let mut reader = Reader {
                bytes: line,
                origin,
                open: Vec::new(),
                done: None,
            };
            let mut parser = Parser { bytes: line, at: 0 };
            parser.parse(&mut reader).ok()?;
            items.push(reader.done?);
        }
        origin += line.len() + 1;
    }
    Some(Item::new(Value::Array(items), 0..bytes.len()))
}

/// A container whose end has not been read.
struct Open {
    start: usize,
    members: Option<Vec<Member>>,
    items: Vec<Item>,
    key: Option<Item>,
}

struct Reader<'a> {
    bytes: &'a [u8],
    /// Where `bytes` start in the content.
    origin: usize,
    open: Vec<Open>,
    done: Option<Item>,
}

impl Reader<'_> {
    fn string(&self, raw: Range<usize>) -> Item {
        let content = Unescaped::new(&self.bytes[raw.clone()]).collect();
        self.item(Value::String(content), raw.start - 1..raw.end + 1)
    }

    fn item(&self, value: Value, raw: Range<usize>) -> Item {
        Item::new(value, raw.start + self.origin..raw.end + self.origin)
    }

    fn add(&mut self, item: Item) {
        match self.open.last_mut() {
            None => self.done = Some(item),
            Some(open) => match (&mut open.members, open.key.take()) {
                (Some(members), Some(key)) => members.push((key, item)),
                _ => open.items.push(item),
            },
        }
    }
}

impl Visitor for Reader<'_> {
    fn open(&mut self, is_object: bool, start: usize) -> Result<(), Flaw> {
        self.open.push(Open {
            start,
            members: is_object.then(Vec::new),
            items: Vec::new(),
            key: None,
        });
        Ok(())
    }

    fn close(&mut self, end: usize) {
        if let Some(open) = self.open.pop() {
            let value = match open.members {
                Some(members) => Value::Object(members),
                None => Value::Array(open.items),
            };
            self.add(self.item(value, open.start..end));
        }
    }

    fn key(&mut self, raw: Range<usize>) -> Result<(), Flaw> {
        let key = self.string(raw);
        if let Some(open) = self.open.last_mut() {
            open.key = Some(key);
        }
        Ok(())
    }

    fn scalar(&mut self, first: u8, raw: Range<usize>) -> Result<(), Flaw> {
        let item = match first {
            b'"' => self.string(raw),
            b't' => self.item(Value::Word("true"), raw),
            b'f' => self.item(Value::Word("false"), raw),
            b'n' => self.item(Value::Word("null"), raw),
            _ => {
                let digits = String::from_utf8_lossy(&self.bytes[raw.clone()]);
                self.item(Value::Number(digits.into_owned()), raw)
            }
        };
        self.add(item);
        Ok(())
    }
}

/// Writes `new`. What is the same in `old` keeps its bytes, including the space between values, and
/// the rest takes the form it has there.
pub(super) fn write(
    new: &Item,
    old: Option<Guide<'_>>,
    style: &Style,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    if let Some(raw) = unchanged(new, old) {
        out.extend(raw);
        return Ok(());
    }
    match &new.value {
        Value::Word("undefined") => return new.wrong("JSON has no undefined: write null"),
        Value::Word(word) => out.extend(style.word(word).as_bytes()),
        Value::Number(digits) if digits.ends_with(|last: char| last.is_ascii_digit()) => {
            out.extend(digits.as_bytes());
        }
        Value::Number(word) if style.is_lenient() => out.extend(word.as_bytes()),
        Value::Number(word) => return new.wrong(format!("JSON has no {word}")),
        Value::String(text) if style.has_bytes() && old.map(Guide::first) == Some(b'b') => {
            Style::write_bytes(text, out);
        }
        Value::String(text) => style.write_string(new, text, old.map(Guide::first), out)?,
        Value::Bytes(bytes) if style.has_bytes() => Style::write_bytes(bytes, out),
        Value::Bytes(_) => return new.wrong("JSON has no bytes: write a string"),
        Value::Call(name, _) => return new.wrong(format!("JSON has no {name}(…)")),
        Value::Array(items) => write_array(items, old, &ARRAY, style, out)?,
        Value::Object(members) => write_object(members, old, style, out)?,
        Value::Nested(mark, _) => return new.wrong(format!("{mark} is not expected here")),
    }
    Ok(())
}

/// Like [`write`], for JSON values that are on a line each.
pub(super) fn write_lines(
    new: &Item,
    old: Option<Guide<'_>>,
    style: &Style,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    match &new.value {
        Value::Array(items) => write_array(items, old, &LINES, style, out),
        _ => new.wrong("JSON lines are an array, with a value for each line"),
    }
}

/// The text around and between the values of a container, where the old one does not tell.
struct Punctuation {
    brackets: [&'static [u8]; 2],
    comma: Option<&'static [u8]>,
}

const ARRAY: Punctuation = Punctuation {
    brackets: [b"[", b"]"],
    comma: None,
};
const OBJECT: Punctuation = Punctuation {
    brackets: [b"{", b"}"],
    comma: None,
};
const LINES: Punctuation = Punctuation {
    brackets: [b"", b""],
    comma: Some(b"\n"),
};

fn write_array(
    items: &[Item],
    old: Option<Guide<'_>>,
    punctuation: &Punctuation,
    style: &Style,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let olds = old.and_then(Guide::elements).unwrap_or_default();
    let places: Vec<_> = olds.iter().map(|item| item.range.clone()).collect();
    let spaces = Spaces::of(old, &places, punctuation, style);
    for (index, (item, like)) in items.iter().zip(pair_elements(items, olds)).enumerate() {
        out.extend(spaces.before(index));
        let like = old.zip(like.and_then(|index| olds.get(index)));
        write(item, like.map(|(old, like)| old.at(like)), style, out)?;
    }
    out.extend(spaces.end(items.len()));
    Ok(())
}

fn write_object(
    members: &[Member],
    old: Option<Guide<'_>>,
    style: &Style,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let olds = old.and_then(Guide::members).unwrap_or_default();
    let places = olds
        .iter()
        .map(|(key, value)| key.range.start..value.range.end);
    let places: Vec<_> = places.collect();
    let spaces = Spaces::of(old, &places, &OBJECT, style);
    for (index, ((key, value), like)) in members.iter().zip(pair_members(members, olds)).enumerate()
    {
        out.extend(spaces.before(index));
        if key.as_string().is_none() && !style.is_lenient() {
            return key.wrong("keys of JSON are strings: write it in quotes");
        }
        let like = old.zip(like.or(Some(0)).and_then(|index| olds.get(index)));
        let same = like.filter(|(_, (old, _))| old == key);
        write(key, same.map(|(old, (key, _))| old.at(key)), style, out)?;
        let colon =
            like.and_then(|(old, (key, value))| old.bytes.get(key.range.end..value.range.start));
        out.extend(colon.unwrap_or(if style.has_spaces { b": " } else { b":" }));
        write(
            value,
            same.map(|(old, (_, value))| old.at(value)),
            style,
            out,
        )?;
    }
    out.extend(spaces.end(members.len()));
    Ok(())
}

/// The text around the values of a container.
struct Spaces<'a> {
    /// The text before each old value.
    before: Vec<&'a [u8]>,
    /// The text after the last one.
    after: &'a [u8],
    brackets: [&'static [u8]; 2],
    /// The text between values, if the old container has fewer than two.
    comma: &'static [u8],
}

impl<'a> Spaces<'a> {
    /// Returns the text around the values at `places` in the old container.
    fn of(
        old: Option<Guide<'a>>,
        places: &[Range<usize>],
        punctuation: &Punctuation,
        style: &Style,
    ) -> Self {
        let comma: &[u8] = if style.has_spaces { b", " } else { b"," };
        let mut spaces = Self {
            before: Vec::new(),
            after: punctuation.brackets[1],
            brackets: punctuation.brackets,
            comma: punctuation.comma.unwrap_or(comma),
        };
        if let Some(old) = old.filter(|_| !places.is_empty()) {
            let whole = &old.item.range;
            let between = |start: usize, end: usize| old.bytes.get(start..end).unwrap_or_default();
            let mut start = whole.start;
            for place in places {
                spaces.before.push(between(start, place.start));
                start = place.end;
            }
            spaces.after = between(start, whole.end);
        }
        spaces
    }

    fn before(&self, index: usize) -> &[u8] {
        match (index, self.before.as_slice()) {
            (0, [first, ..]) => first,
            (0, []) => self.brackets[0],
            (_, before @ [_, _, ..]) => before.get(index).unwrap_or(&before[before.len() - 1]),
            _ => self.comma,
        }
    }

    fn end(&self, count: usize) -> Vec<u8> {
        match count {
            0 => self.brackets.concat(),
            _ => self.after.to_vec(),
        }
    }
}
