//! Laying out a graph as a tree.
//!
//! A value that occurs in several places is shown in each of them, as far as a budget allows, which
//! grows with the payload: a few bytes can describe a value that would take gigabytes to show. Where
//! the budget does not suffice, and where a value contains itself, a reference is shown instead.

use std::ops::Range;

use super::graph::{Graph, Id, Shape, Stored};
use crate::payload::hex;
use crate::payload::json::text::quoted;
use crate::payload::reading::{self, Stop, Unreadable};
use crate::payload::tree::{Builder, Kind, MAX_NODES, Text, Tree};

/// The number of repeated values that even a small payload may have.
const MIN_REPEATS: usize = 2048;

/// The number of repeated values for each byte of a payload.
const REPEATS_PER_BYTE: usize = 4;

/// This many bytes of text count as one value.
const TEXT_PER_VALUE: usize = 8;

/// The maximum length of a key that is not a string, in bytes; the rest of it is replaced by `…`.
const MAX_KEY: usize = 200;

/// The maximum nesting depth within a key that is not a string.
const MAX_KEY_DEPTH: usize = 16;

/// Lays out the values of `graph` below `root`.
pub(super) fn tree(
    graph: &Graph<'_>,
    root: Result<Id, Stop>,
    format: &'static str,
) -> Result<Tree, Unreadable> {
    let mut layout = Layout {
        graph,
        builder: Builder::of_binary(),
        visits: vec![Visit::None; graph.len()],
        repeats: MIN_REPEATS
            .saturating_add(REPEATS_PER_BYTE.saturating_mul(graph.payload().len()))
            .min(MAX_NODES),
        open: Vec::new(),
        latest: 0,
    };
    let outcome = root.and_then(|root| layout.value(root));
    reading::finish(layout.builder, outcome, format)
}

/// Whether a value has been laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visit {
    None,
    Open,
    Done,
}

struct Layout<'g, 'a> {
    graph: &'g Graph<'a>,
    builder: Builder,
    visits: Vec<Visit>,
    /// The number of repeated values that may still be laid out.
    repeats: usize,
    /// The containers around the current value.
    open: Vec<Id>,
    /// The start of the latest value. The sources of a tree are in order.
    latest: usize,
}

impl Layout<'_, '_> {
    /// Lays out a value. The depth of the recursion is limited by the builder, which refuses values
    /// that are nested too deeply.
    fn value(&mut self, id: Id) -> Result<(), Stop> {
        let visit = self.visits[id.index()];
        if visit == Visit::Open {
            return self.cycle(id);
        }
        if visit == Visit::Done && !self.may_repeat(id) {
            return self.reference("⟨repeated value, not shown again⟩");
        }
        let graph = self.graph;
        let item = graph.item(id);
        let source = self.source(&item.source);
        let refused = Stop::refused(item.source.start);
        let (kind, mark) = match &item.shape {
            Shape::Scalar(kind, stored) => {
                self.visits[id.index()] = Visit::Done;
                let text = text(graph, stored);
                return self.builder.scalar(*kind, text, source).map_err(refused);
            }
            Shape::Array(_) => (Kind::Array, &b""[..]),
            Shape::Object(_) => (Kind::Object, &b""[..]),
            Shape::Tag(mark, _) => (Kind::Tag, graph.text(mark)),
        };
        let opened = self.builder.open(kind, mark, source.start);
        opened.map_err(refused)?;
        self.visits[id.index()] = Visit::Open;
        self.open.push(id);
        self.children(&item.shape)?;
        self.open.pop();
        self.visits[id.index()] = Visit::Done;
        self.builder.close(source.end);
        Ok(())
    }

    fn children(&mut self, shape: &Shape) -> Result<(), Stop> {
        match shape {
            Shape::Scalar(..) => Ok(()),
            Shape::Tag(_, content) => self.value(*content),
            Shape::Array(values) => values.iter().try_for_each(|value| self.value(*value)),
            Shape::Object(pairs) => pairs.iter().try_for_each(|(key, value)| {
                self.key(*key)?;
                self.value(*value)
            }),
        }
    }

    fn key(&mut self, id: Id) -> Result<(), Stop> {
        let graph = self.graph;
        let item = graph.item(id);
        let is_first = self.visits[id.index()] == Visit::None;
        self.visits[id.index()] = Visit::Done;
        let named = match &item.shape {
            _ if !is_first && !self.may_repeat_key(id) => {
                self.builder.other_key("⟨repeated⟩".as_bytes())
            }
            Shape::Scalar(Kind::String, stored) => self.builder.name(text(graph, stored)),
            _ => {
                let mut words = Vec::new();
                key_words(graph, id, 0, &mut words);
                self.builder.other_key(&words)
            }
        };
        named.map_err(Stop::refused(item.source.start))
    }

    /// Takes the costs of a value that is laid out once more from the budget. Returns `false` if
    /// they exceed it.
    fn may_repeat(&mut self, id: Id) -> bool {
        let values = match self.graph.shape(id) {
            Shape::Scalar(_, stored) => self.graph.text(stored).len() / TEXT_PER_VALUE,
            Shape::Array(values) => values.len(),
            Shape::Object(pairs) => pairs.len(),
            Shape::Tag(..) => 1,
        };
        self.may_take(1 + values)
    }

    /// Like [`Self::may_repeat`], for a key.
    fn may_repeat_key(&mut self, id: Id) -> bool {
        match self.graph.shape(id) {
            Shape::Scalar(..) => self.may_repeat(id),
            _ => self.may_take(1 + MAX_KEY / TEXT_PER_VALUE),
        }
    }

    fn may_take(&mut self, values: usize) -> bool {
        let left = self.repeats.checked_sub(values);
        self.repeats = left.unwrap_or(self.repeats);
        left.is_some()
    }

    /// Refers to an open container by the number of levels between it and here.
    fn cycle(&mut self, id: Id) -> Result<(), Stop> {
        let inner = self.open.iter().rev().take_while(|open| **open != id);
        let levels = inner.chain([&id]).filter(|open| {
            let is_tag = matches!(self.graph.shape(**open), Shape::Tag(..));
            !is_tag
        });
        let levels = levels.count().max(1);
        self.reference(&format!("⟨cycle, {levels} up⟩"))
    }

    fn reference(&mut self, words: &str) -> Result<(), Stop> {
        let text = Text::Bytes(words.as_bytes());
        let added = self
            .builder
            .scalar(Kind::Other, text, self.latest..self.latest);
        added.map_err(Stop::refused(self.latest))
    }

    /// Returns where a value is in the payload; an empty range if that is before the latest value.
    fn source(&mut self, written: &Range<usize>) -> Range<usize> {
        if written.start < self.latest {
            return self.latest..self.latest;
        }
        self.latest = written.start;
        written.clone()
    }
}

fn text<'g>(graph: &'g Graph<'_>, stored: &'g Stored) -> Text<'g> {
    match stored {
        Stored::InPayload(range) => Text::InPayload(range.clone()),
        Stored::Own(_) => Text::Bytes(graph.text(stored)),
    }
}

/// Appends a value on one line, as a key or a part of one: `(1, "a")`. Ends soon after [`MAX_KEY`]
/// bytes.
pub(super) fn key_words(graph: &Graph<'_>, id: Id, depth: usize, out: &mut Vec<u8>) {
    if out.len() > MAX_KEY || depth > MAX_KEY_DEPTH {
        out.extend("…".as_bytes());
        return;
    }
    match graph.shape(id) {
        Shape::Scalar(kind, stored) => {
            let all = graph.text(stored);
            let text = &all[..all.len().min(MAX_KEY)];
            match kind {
                Kind::String => out.extend(quoted(text)),
                Kind::Bytes => {
                    out.extend(b"bytes ");
                    out.extend(hex::digits(text));
                }
                _ => out.extend(text),
            }
            if text.len() < all.len() {
                out.extend("…".as_bytes());
            }
        }
        Shape::Tag(mark, content) => {
            let is_tuple = graph.text(mark) == "⟨tuple⟩".as_bytes();
            if !is_tuple {
                out.extend(graph.text(mark));
                out.push(b' ');
            }
            key_words(graph, *content, depth + 1, out);
        }
        Shape::Array(values) => {
            out.push(b'[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.extend(b", ");
                }
                key_words(graph, *value, depth + 1, out);
                if out.len() > MAX_KEY {
                    break;
                }
            }
            out.push(b']');
        }
        Shape::Object(pairs) => {
            out.push(b'{');
            for (index, (key, value)) in pairs.iter().enumerate() {
                if index > 0 {
                    out.extend(b", ");
                }
                key_words(graph, *key, depth + 1, out);
                out.extend(b": ");
                key_words(graph, *value, depth + 1, out);
                if out.len() > MAX_KEY {
                    break;
                }
            }
            out.push(b'}');
        }
    }
}
