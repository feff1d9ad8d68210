//! Decoding JSON into a tree.

use std::ops::Range;

use super::json::text::{self, Unescaped};
use super::json::{Flaw, Parser, Visitor};
use super::reading::{Stop, Unreadable, finish};
use super::tree::{Builder, Kind, Refusal, Text, Tree};

/// The name of the format.
pub const NAME: &str = "JSON";

/// Reads one JSON value. If it has more values than fit in a tree, only the first ones are decoded.
pub fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    let mut builder = Builder::default();
    let outcome = value(bytes, 0, &mut builder);
    finish(builder, outcome, NAME)
}

/// Reads JSON values, at least two, each on its own line, as the elements of an array. Empty lines
/// are skipped.
pub fn read_lines(bytes: &[u8]) -> Result<Tree, Unreadable> {
    let mut builder = Builder::default();
    let outcome = lines(bytes, &mut builder);
    finish(builder, outcome, NAME)
}

fn lines(bytes: &[u8], builder: &mut Builder) -> Result<(), Stop> {
    builder
        .open(Kind::Array, b"", 0)
        .map_err(Stop::refused(0))?;
    let mut start = 0;
    let mut count = 0;
    for line in bytes.split(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            value(line, start, builder)?;
            count += 1;
        }
        start += line.len() + 1;
    }
    if count < 2 {
        return Err(Stop::wrong("no second line", bytes.len()));
    }
    builder.close(bytes.len());
    Ok(())
}

/// Adds the value in `bytes`, which starts at `origin` in the payload.
fn value(bytes: &[u8], origin: usize, builder: &mut Builder) -> Result<(), Stop> {
    let mut parser = Parser { bytes, at: 0 };
    let mut visitor = TreeVisitor {
        bytes,
        origin,
        builder,
        refusal: None,
    };
    let parsed = parser.parse(&mut visitor);
    // Outside strings the grammar is pure ASCII, so the error must be in a string.
    if let Err(wrong) = str::from_utf8(&bytes[..parser.at]) {
        let at = wrong.valid_up_to() + origin;
        return Err(Stop::wrong("invalid UTF-8 in a string", at));
    }
    let at = parser.at + origin;
    match (parsed, visitor.refusal) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(refusal)) => Err(Stop::refused(at)(refusal)),
        (Err(flaw), None) => Err(Stop::wrong(flaw.why(), at)),
    }
}

/// A visitor that adds values to a tree.
struct TreeVisitor<'a> {
    bytes: &'a [u8],
    /// Where `bytes` start in the payload.
    origin: usize,
    builder: &'a mut Builder,
    /// The reason why the tree did not accept a value, if it refused one.
    refusal: Option<Refusal>,
}

impl TreeVisitor<'_> {
    fn note(&mut self, added: Result<(), Refusal>) -> Result<(), Flaw> {
        added.map_err(|refusal| {
            self.refusal = Some(refusal);
            Flaw::Refused
        })
    }

    /// Returns `range` as a range of the payload.
    fn in_payload(&self, range: Range<usize>) -> Range<usize> {
        range.start + self.origin..range.end + self.origin
    }

    /// Passes the unescaped contents of a string to `add`.
    fn unescaped(
        &mut self,
        raw: Range<usize>,
        add: impl FnOnce(&mut Builder, Text<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Flaw> {
        let written = &self.bytes[raw.clone()];
        let added = if text::has_escape(written) {
            let text: Vec<u8> = Unescaped::new(written).collect();
            add(self.builder, Text::Bytes(&text))
        } else {
            let raw = self.in_payload(raw);
            add(self.builder, Text::InPayload(raw))
        };
        self.note(added)
    }
}

impl Visitor for TreeVisitor<'_> {
    fn open(&mut self, is_object: bool, start: usize) -> Result<(), Flaw> {
        let kind = if is_object { Kind::Object } else { Kind::Array };
        let opened = self.builder.open(kind, b"", start + self.origin);
        self.note(opened)
    }

    fn close(&mut self, end: usize) {
        self.builder.close(end + self.origin);
    }

    fn key(&mut self, raw: Range<usize>) -> Result<(), Flaw> {
        self.unescaped(raw, Builder::name)
    }

    fn scalar(&mut self, first: u8, raw: Range<usize>) -> Result<(), Flaw> {
        let kind = match first {
            b'"' => {
                let quoted = self.in_payload(raw.start - 1..raw.end + 1);
                return self.unescaped(raw, |builder, text| {
                    builder.scalar(Kind::String, text, quoted)
                });
            }
            b't' | b'f' => Kind::Bool,
            b'n' => Kind::Null,
            _ => Kind::Number,
        };
        let written = self.in_payload(raw);
        let text = Text::InPayload(written.clone());
        let added = self.builder.scalar(kind, text, written);
        self.note(added)
    }
}
