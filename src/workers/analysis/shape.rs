//! The shape of the JSON on a channel: which fields it has, of which types and how often; and
//! deviations from it.
//!
//! The first [`LEARNT_FROM`] JSON messages on a channel teach its shape and are not flagged. After
//! that, a message is flagged if it is not JSON, has a new field or type, or lacks a field that all
//! objects at its place had (if there were at least [`LEARNT_FROM`] such objects).
//!
//! Flagged messages are learned from and counted too. Just as twenty messages teach a shape, twenty
//! teach a deviation: it is flagged until it has occurred in that many messages, and after that
//! only while it is rare, that is, in no more than one of a hundred values at its place. Thus a new
//! version of the sender is flagged twenty times and then becomes the shape, while one broken
//! message in a thousand is always flagged.
//!
//! All elements of an array share one place, `[]`. If an object is itself flagged, its contents are
//! learned from but not flagged. Members with the same name count as one field.

mod deviations;
mod field;
mod trie;
mod walk;

use std::sync::Arc;

use super::finding::{Drift, FindingKind};
use super::watched::{Message, Verdict, Watched};
use crate::payload::json::flat::{self, Token};
use trie::Trie;
use walk::Walk;

pub use field::Field;

/// The number of messages on a channel that teach its shape without being flagged. A deviation is
/// also flagged in this many messages, however frequent it is.
pub const LEARNT_FROM: u64 = 20;

/// The maximum number of channels in a shape check.
pub const MAX_CHANNELS: usize = 1_000;

/// The maximum number of fields of a shape. Further fields are neither listed nor flagged.
pub const MAX_FIELDS: usize = 500;

/// The maximum number of fields in all shapes of a check.
const MAX_IN_ALL: usize = 100_000;

/// Payloads larger than this many bytes are counted, but not parsed.
pub(super) const LARGEST_READ: usize = 1 << 20;

/// Once a deviation has occurred in more than [`LEARNT_FROM`] messages, it is flagged only while at
/// most one in this many values deviates.
const RARE: u64 = 100;

/// Returns whether a deviation that has occurred in `messages` messages is still flagged, because
/// it is new or because `count` out of `all` values is rare enough.
fn is_flagged(messages: u64, count: u64, all: u64) -> bool {
    messages <= LEARNT_FROM || count.saturating_mul(RARE) <= all
}

/// The shape of a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeReport {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// JSON messages that were parsed.
    pub json: u64,
    /// Messages that are not JSON.
    pub other: u64,
    /// Messages that were not parsed: too large, or not kept whole.
    pub unread: u64,
    /// Messages that were flagged.
    pub flagged: u64,
    /// Whether the shape is still being learned.
    pub is_learning: bool,
    /// The fields in tree order, parents before children; the first is the whole message.
    pub fields: Vec<Field>,
    /// Whether some fields were left out because a limit was reached.
    pub is_full: bool,
    /// All channels with a shape, limited to the requested number.
    pub channels: Vec<Arc<[u8]>>,
    /// Whether some channels were left out because the limit was reached.
    pub channels_are_full: bool,
}

/// The state of a shape check.
#[derive(Debug)]
pub struct Shapes {
    pub(super) channels: Watched<Shape>,
    tokens: Vec<Token>,
    walk: Walk,
    /// The number of fields in all shapes.
    fields: usize,
}

/// The state of a channel.
#[derive(Debug, Default)]
pub struct Shape {
    trie: Trie,
    json: u64,
    other: u64,
    unread: u64,
    flagged: u64,
}

impl Shapes {
    /// Creates a state without channels.
    pub fn new() -> Self {
        Self {
            channels: Watched::new(MAX_CHANNELS),
            tokens: Vec::new(),
            walk: Walk::default(),
            fields: 0,
        }
    }

    /// Checks a message on the channel in slot `place`.
    pub fn check(&mut self, place: u32, message: &Message<'_>) -> Verdict {
        let Some(shape) = self.channels.at(place) else {
            return Verdict::Skipped;
        };
        let payload = message.payload;
        if payload.len() > LARGEST_READ || payload.len() as u64 != message.size {
            shape.unread += 1;
            return Verdict::Skipped;
        }
        let drifts = if flat::flatten(payload, &mut self.tokens) {
            shape.json += 1;
            let before = shape.trie.len();
            shape.trie.set_limit(MAX_IN_ALL - self.fields + before);
            let is_learning = shape.json <= LEARNT_FROM;
            let (walk, trie) = (&mut self.walk, &mut shape.trie);
            let drifts = walk.take(trie, is_learning, payload, &self.tokens);
            self.fields = self.fields + shape.trie.len() - before;
            drifts.unwrap_or_default()
        } else {
            shape.other += 1;
            // There is no shape yet to deviate from.
            if shape.json < LEARNT_FROM {
                return Verdict::Skipped;
            }
            let is_odd = is_flagged(shape.other, shape.other, shape.json + shape.other);
            [Drift::NotJson].into_iter().filter(|_| is_odd).collect()
        };
        if drifts.is_empty() {
            return Verdict::Fine;
        }
        shape.flagged += 1;
        Verdict::Finding(FindingKind::Drift(drifts))
    }

    /// Returns the shape of a channel, or of the first one if none is given, with the names of at
    /// most `most` channels.
    pub fn report(&self, channel: Option<&[u8]>, most: usize) -> Option<ShapeReport> {
        let (name, shape) = self.channels.named(channel)?;
        let channels = self.channels.iter().take(most);
        Some(ShapeReport {
            channel: Arc::clone(name),
            json: shape.json,
            other: shape.other,
            unread: shape.unread,
            flagged: shape.flagged,
            is_learning: shape.json < LEARNT_FROM,
            fields: field::fields(&shape.trie),
            is_full: shape.trie.is_full(),
            channels: channels.map(|(name, _)| Arc::clone(name)).collect(),
            channels_are_full: self.channels.is_full,
        })
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        self.channels.size(|shape| shape.trie.size())
            + self.tokens.capacity() * size_of::<Token>()
            + self.walk.size()
    }
}
