//! Building a tree from JSON.

use std::ops::Range;

use super::error::{NotJson, Stop};
use super::text::{self, Unescaped};
use super::{Grammar, Visit};
use crate::payload::tree::{Builder, Kind, Refusal, Said, Tree};

/// Reads one JSON value. If it has more values than a tree holds, only the first are decoded.
///
/// # Errors
///
/// Returns where `bytes` stop being JSON, and why.
pub fn read(bytes: &[u8]) -> Result<Tree, NotJson> {
    let mut builder = Builder::default();
    let cut_at = read_value(bytes, 0, &mut builder)?;
    finish(builder, cut_at)
}

/// Reads JSON values on lines of their own, at least two, as the elements of an array. Empty lines
/// are skipped.
///
/// # Errors
///
/// Returns where `bytes` stop being JSON, and why.
pub fn read_lines(bytes: &[u8]) -> Result<Tree, NotJson> {
    let mut builder = Builder::default();
    builder
        .open(Kind::Array, b"", 0)
        .map_err(|refusal| NotJson {
            at: 0,
            why: Stop::Refused(refusal).why(),
        })?;
    let mut start = 0;
    let mut count = 0;
    for line in bytes.split(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            let cut_at = read_value(line, start, &mut builder)?;
            if cut_at.is_some() {
                return finish(builder, cut_at);
            }
            count += 1;
        }
        start += line.len() + 1;
    }
    if count < 2 {
        return Err(NotJson {
            at: bytes.len(),
            why: "no second line",
        });
    }
    builder.close(bytes.len());
    finish(builder, None)
}

/// Returns the tree built from the bytes before `cut_at`, or from all.
fn finish(builder: Builder, cut_at: Option<usize>) -> Result<Tree, NotJson> {
    let tree = match cut_at {
        Some(at) => builder.finish_cut(at),
        None => builder.finish(),
    };
    tree.ok_or(NotJson {
        at: cut_at.unwrap_or(0),
        why: "no value",
    })
}

/// Reads the value in `bytes`, which starts at `origin` in the payload. Returns where the tree was
/// full, if it was.
fn read_value(
    bytes: &[u8],
    origin: usize,
    builder: &mut Builder,
) -> Result<Option<usize>, NotJson> {
    let mut grammar = Grammar { bytes, at: 0 };
    let parsed = grammar.whole(&mut Layout {
        bytes,
        origin,
        builder,
    });
    // Outside strings the grammar is pure ASCII.
    if let Err(wrong) = str::from_utf8(&bytes[..grammar.at]) {
        return Err(NotJson {
            at: wrong.valid_up_to() + origin,
            why: "invalid UTF-8 in a string",
        });
    }
    let at = grammar.at + origin;
    match parsed {
        Ok(()) => Ok(None),
        Err(Stop::Refused(Refusal::Full)) => Ok(Some(at)),
        Err(stop) => Err(NotJson {
            at,
            why: stop.why(),
        }),
    }
}

/// Adds values to a tree.
struct Layout<'a> {
    bytes: &'a [u8],
    /// Where `bytes` start in the payload.
    origin: usize,
    builder: &'a mut Builder,
}

impl Layout<'_> {
    /// Returns `range` as a range of the payload.
    fn in_payload(&self, range: Range<usize>) -> Range<usize> {
        range.start + self.origin..range.end + self.origin
    }

    /// Passes on the contents of a string.
    fn unescaped<T>(
        &mut self,
        raw: Range<usize>,
        take: impl FnOnce(&mut Builder, Said<'_>) -> T,
    ) -> T {
        let written = &self.bytes[raw.clone()];
        if text::has_escape(written) {
            let text: Vec<u8> = Unescaped::new(written).collect();
            take(self.builder, Said::Spelt(&text))
        } else {
            let raw = self.in_payload(raw);
            take(self.builder, Said::Written(raw))
        }
    }
}

impl Visit for Layout<'_> {
    fn open(&mut self, is_object: bool, start: usize) -> Result<(), Refusal> {
        let kind = if is_object { Kind::Object } else { Kind::Array };
        self.builder.open(kind, b"", start + self.origin)
    }

    fn close(&mut self, end: usize) {
        self.builder.close(end + self.origin);
    }

    fn key(&mut self, raw: Range<usize>) -> Result<(), Refusal> {
        self.unescaped(raw, |builder, name| builder.name(name))
    }

    fn scalar(&mut self, first: u8, raw: Range<usize>) -> Result<(), Refusal> {
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
        self.builder
            .scalar(kind, Said::Written(written.clone()), written)
    }
}
