//! Reading and writing JSON.

use std::collections::BTreeMap;
use std::ops::Range;

use super::item::{Guide, Item, Member, Value, Wrong, unchanged};
use super::pairing::{pair_elements, pair_members};
use crate::payload::json::text::{Run, Unescaped, runs};
use crate::payload::json::{Flaw, Parser, Visitor};

/// Reads one JSON value.
pub(super) fn read(bytes: &[u8]) -> Option<Item> {
    str::from_utf8(bytes).ok()?;
    let mut reader = Reader {
        bytes,
        open: Vec::new(),
        done: None,
    };
    let mut parser = Parser { bytes, at: 0 };
    parser.parse(&mut reader).ok()?;
    reader.done
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
    open: Vec<Open>,
    done: Option<Item>,
}

impl Reader<'_> {
    fn string(&self, raw: Range<usize>) -> Item {
        let content = Unescaped::new(&self.bytes[raw.clone()]).collect();
        Item::new(Value::String(content), raw.start - 1..raw.end + 1)
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
            self.add(Item::new(value, open.start..end));
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
            b't' => Item::new(Value::Word("true"), raw),
            b'f' => Item::new(Value::Word("false"), raw),
            b'n' => Item::new(Value::Word("null"), raw),
            _ => {
                let digits = String::from_utf8_lossy(&self.bytes[raw.clone()]);
                Item::new(Value::Number(digits.into_owned()), raw)
            }
        };
        self.add(item);
        Ok(())
    }
}

/// How the old JSON is written.
#[derive(Debug, Default)]
pub(super) struct Style {
    /// The escapes that it uses for characters.
    escapes: BTreeMap<char, String>,
    /// Whether all characters outside ASCII are escaped.
    is_ascii: bool,
    /// Whether the digits of escapes are uppercase.
    has_uppercase: bool,
    /// Whether there is a space after commas and colons.
    has_spaces: bool,
}

impl Style {
    /// Returns the style of some JSON.
    pub fn of(bytes: &[u8]) -> Self {
        let mut style = Self::default();
        let text = str::from_utf8(bytes).unwrap_or_default();
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            rest = &rest[at..];
            let length = match rest.as_bytes() {
                [b'\\', b'u', ..] => 6,
                _ => 2,
            };
            let Some((escape, after)) = rest.split_at_checked(length) else {
                break;
            };
            style.learn(escape);
            rest = after;
        }
        let has_wide = style.escapes.keys().any(|key| !key.is_ascii());
        style.is_ascii = has_wide && text.is_ascii();
        style.has_spaces = text.contains("\": ") || text.contains(", ") && !text.contains("\":");
        style
    }

    fn learn(&mut self, escape: &str) {
        let raw = escape.as_bytes();
        self.has_uppercase |= raw.iter().skip(2).any(u8::is_ascii_uppercase);
        let meaning: Vec<u8> = Unescaped::new(raw).collect();
        let meaning = str::from_utf8(&meaning).ok().map(str::chars);
        if let Some(mut meaning) = meaning
            && let (Some(character), None) = (meaning.next(), meaning.next())
        {
            self.escapes
                .entry(character)
                .or_insert_with(|| escape.to_owned());
        } else {
            // Half of a pair: all characters beyond 16 bits are escaped.
            self.escapes.entry('\u{10000}').or_default();
        }
    }

    fn write_string(&self, new: &Item, text: &[u8], out: &mut Vec<u8>) -> Result<(), Wrong> {
        out.push(b'"');
        for run in runs(text) {
            match run {
                Run::Text(text) => {
                    for character in text.chars() {
                        self.write_character(character, out);
                    }
                }
                Run::Surrogate(unit) => self.write_unit(unit, out),
                Run::Broken => return new.wrong("JSON strings are UTF-8: not these bytes"),
            }
        }
        out.push(b'"');
        Ok(())
    }

    fn write_character(&self, character: char, out: &mut Vec<u8>) {
        if let Some(known) = self
            .escapes
            .get(&character)
            .filter(|known| !known.is_empty())
        {
            return out.extend(known.as_bytes());
        }
        let short = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\0'..' ' => "",
            '\u{80}'.. if self.is_ascii => "",
            _ => return out.extend(character.encode_utf8(&mut [0; 4]).as_bytes()),
        };
        if short.is_empty() {
            for unit in character.encode_utf16(&mut [0; 2]) {
                self.write_unit(*unit, out);
            }
        }
        out.extend(short.as_bytes());
    }

    fn write_unit(&self, unit: u16, out: &mut Vec<u8>) {
        let escape = if self.has_uppercase {
            format!("\\u{unit:04X}")
        } else {
            format!("\\u{unit:04x}")
        };
        out.extend(escape.as_bytes());
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
        Value::Word(word) => out.extend(word.as_bytes()),
        Value::Number(digits) if digits.ends_with(|last: char| last.is_ascii_digit()) => {
            out.extend(digits.as_bytes());
        }
        Value::Number(word) => return new.wrong(format!("JSON has no {word}")),
        Value::String(text) => style.write_string(new, text, out)?,
        Value::Bytes(_) => return new.wrong("JSON has no bytes: write a string"),
        Value::Call(name, _) => return new.wrong(format!("JSON has no {name}(…)")),
        Value::Array(items) => write_array(items, old, style, out)?,
        Value::Object(members) => write_object(members, old, style, out)?,
        Value::Nested(mark, _) => return new.wrong(format!("{mark} is not expected here")),
    }
    Ok(())
}

fn write_array(
    items: &[Item],
    old: Option<Guide<'_>>,
    style: &Style,
    out: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let olds = old.and_then(Guide::elements).unwrap_or_default();
    let places: Vec<_> = olds.iter().map(|item| item.range.clone()).collect();
    let spaces = Spaces::of(old, &places, [&b"["[..], b"]"], style);
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
    let spaces = Spaces::of(old, &places, [&b"{"[..], b"}"], style);
    for (index, ((key, value), like)) in members.iter().zip(pair_members(members, olds)).enumerate()
    {
        out.extend(spaces.before(index));
        if key.as_string().is_none() {
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
        brackets: [&'static [u8]; 2],
        style: &Style,
    ) -> Self {
        let mut spaces = Self {
            before: Vec::new(),
            after: brackets[1],
            brackets,
            comma: if style.has_spaces { b", " } else { b"," },
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
