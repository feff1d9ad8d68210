//! The shape of a channel's JSON: which fields, of which types, how often; and what deviates.
//!
//! The first [`LEARNT_FROM`] messages of JSON on a channel only teach. After that a message is
//! flagged that has a field or a type never seen at its place, lacks a field that every object at
//! its place had (and there were as many of these), or is no JSON.
//!
//! What is flagged is learnt as well: it is counted with the rest. As twenty messages teach a
//! shape, twenty teach a deviation: it is flagged until it has come in so many messages, and after
//! that only while it is rare, while no more than one in a hundred values at its place deviate so.
//! Thus a new version of the sender is flagged twenty times and then is the shape; the one broken
//! message in a thousand is flagged whenever it comes.
//!
//! All elements of an array share one place, `[]`. Of what lies within an object that is itself
//! flagged, only the object is: meanwhile it is learnt what the object has. Of members with the same name the last counts as little as the
//! first: they are one field.

mod field;
mod told;
mod trie;
mod walk;

use std::sync::Arc;

use super::finding::{Drift, FindingKind};
use super::plan::Role;
use super::watched::{Message, Verdict, Watched};
use crate::payload::json::flat::{self, Token};
use trie::Trie;
use walk::Walk;

pub use field::Field;

/// As many messages of a channel teach its shape without being flagged, and in as many a deviation
/// is flagged however frequent it is.
pub const LEARNT_FROM: u64 = 20;

/// The most channels that a check of shapes watches.
pub const MOST_CHANNELS: usize = 1_000;

/// The most fields of a shape. Others are not listed, nor flagged.
pub const MOST_FIELDS: usize = 500;

/// The most fields of all shapes of a check.
const MOST_IN_ALL: usize = 100_000;

/// A larger payload is counted, but not read.
const LARGEST_READ: usize = 1 << 20;

/// A deviation that is no longer new is flagged while no more than one in as many deviates so.
const RARE: u64 = 100;

/// Whether what has deviated in `messages` messages is flagged still: it is new, or `count` of
/// `all` values is rare enough.
fn is_flagged(messages: u64, count: u64, all: u64) -> bool {
    messages <= LEARNT_FROM || count.saturating_mul(RARE) <= all
}

/// The shape of a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeReport {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// Messages that are JSON, and were read.
    pub json: u64,
    /// Messages that are not JSON.
    pub other: u64,
    /// Messages that were not read: too large, or not kept whole.
    pub unread: u64,
    /// Messages that were flagged.
    pub flagged: u64,
    /// Whether messages are still only learnt from.
    pub is_learning: bool,
    /// The fields as a tree reads, each before those within it; the first is the whole message.
    pub fields: Vec<Field>,
    /// Whether there was no room for some fields.
    pub is_full: bool,
    /// All channels that the check has a shape of, as many as were asked for at most.
    pub channels: Vec<Arc<[u8]>>,
    /// Whether there was no room for some channels.
    pub channels_are_full: bool,
}

/// The shapes of a check.
#[derive(Debug)]
pub struct Shapes {
    channels: Watched<Shape>,
    tokens: Vec<Token>,
    walk: Walk,
    /// The fields of all shapes.
    fields: usize,
}

/// What is known of a channel.
#[derive(Debug, Default)]
struct Shape {
    trie: Trie,
    json: u64,
    other: u64,
    unread: u64,
    flagged: u64,
}

impl Shapes {
    /// No channel yet.
    pub fn new() -> Self {
        Self {
            channels: Watched::new(MOST_CHANNELS),
            tokens: Vec::new(),
            walk: Walk::default(),
            fields: 0,
        }
    }

    /// See [`Watched::place`].
    pub fn place(&mut self, name: &Arc<[u8]>, _: Role) -> Option<u32> {
        self.channels.place(name, Shape::default)
    }

    /// Looks at a message of the channel at `place`.
    pub fn look(&mut self, place: u32, message: &Message<'_>) -> Verdict {
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
            shape.trie.set_limit(MOST_IN_ALL - self.fields + before);
            let is_learning = shape.json <= LEARNT_FROM;
            let drifts = self
                .walk
                .take(&mut shape.trie, is_learning, payload, &self.tokens);
            self.fields = self.fields + shape.trie.len() - before;
            drifts.unwrap_or_default()
        } else {
            shape.other += 1;
            // There is no shape that it could deviate from.
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
        Verdict::Said(FindingKind::Drift(drifts))
    }

    /// The shape of a channel, with the names of at most `most` channels; of the first channel if
    /// none is named.
    pub fn report(&self, channel: Option<&[u8]>, most: usize) -> Option<ShapeReport> {
        let (name, shape) = match channel {
            Some(name) => self.channels.named(name)?,
            None => self.channels.iter().next()?,
        };
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
            channels_are_full: self.channels.is_full(),
        })
    }

    /// Whether there was no room for some channels.
    pub fn is_full(&self) -> bool {
        self.channels.is_full()
    }

    /// The bytes that they take.
    pub fn size(&self) -> usize {
        self.channels.size(|shape| shape.trie.size())
            + self.tokens.capacity() * size_of::<Token>()
            + self.walk.size()
    }
}
