//! Walks through the values of a message, recording them at the places of the channel and reporting
//! deviations.
//!
//! Fields usually come in the same order, so the place of the next one can be guessed before its
//! name is read, and no name needs to be hashed.

use std::sync::Arc;

use crate::payload::escape::char_start;
use crate::payload::json::flat::{Kind, Token};
use crate::workers::analysis::finding::Drift;
use crate::workers::analysis::shape::deviations::PRESENCE;
use crate::workers::analysis::shape::trie::{NONE, Node, Trie};
use crate::workers::analysis::shape::{LEARNT_FROM, field, is_flagged};
use crate::workers::analysis::types::{self, Types};
use crate::workers::analysis::value;

/// The maximum number of deviations listed per message; the rest are only counted.
const MAX_LISTED: usize = 8;

/// The longest example, in bytes.
const LONGEST_EXAMPLE: usize = 64;

/// An open object or array.
#[derive(Clone, Copy, Debug)]
struct Frame {
    node: u32,
    is_object: bool,
    /// The serial number of the object or array.
    object: u64,
    /// The place of the previous member.
    last: u32,
    /// How many required members have occurred.
    required: u32,
    /// Whether the contents are learned from but not flagged.
    is_silent: bool,
}

/// A deviation and its place.
#[derive(Clone, Copy, Debug)]
enum Deviation {
    New(u32),
    Missing(u32),
    Type {
        node: u32,
        before: Types,
        now: Types,
    },
}

/// The state of a walk, reused for the next message.
#[derive(Debug, Default)]
pub struct Walk {
    frames: Vec<Frame>,
    deviations: Vec<Deviation>,
    /// How many deviations are not listed.
    more: usize,
    /// Whether the next value and its contents are learned from but not flagged.
    is_silent: bool,
}

impl Walk {
    /// Processes a message with the given tokens. Returns its deviations, if there are any.
    pub fn take(
        &mut self,
        trie: &mut Trie,
        is_learning: bool,
        payload: &[u8],
        tokens: &[Token],
    ) -> Option<Box<[Drift]>> {
        self.frames.clear();
        self.deviations.clear();
        self.more = 0;
        self.is_silent = is_learning;
        trie.messages += 1;
        let mut place = trie.root();
        for token in tokens {
            match token.kind {
                Kind::Key => place = self.member(trie, token.text(payload)),
                Kind::End => self.close(trie),
                kind => {
                    if let Some(frame) = self.frames.last()
                        && !frame.is_object
                    {
                        self.is_silent = frame.is_silent;
                        place = trie.element(frame.node);
                    }
                    self.value(trie, place, kind, token.text(payload));
                    if matches!(kind, Kind::Object | Kind::Array) {
                        self.open(trie, place, kind == Kind::Object);
                    }
                }
            }
        }
        (!self.deviations.is_empty()).then(|| self.drifts(trie))
    }

    fn open(&mut self, trie: &mut Trie, node: u32, is_object: bool) {
        trie.objects += 1;
        self.frames.push(Frame {
            node,
            is_object,
            object: trie.objects,
            last: NONE,
            required: 0,
            is_silent: self.is_silent,
        });
    }

    /// Returns the place of the member named `raw` in the innermost object.
    #[inline]
    fn member(&mut self, trie: &mut Trie, raw: &[u8]) -> u32 {
        let Some(frame) = self.frames.last_mut() else {
            return NONE;
        };
        let (place, is_new) = trie.member(frame.node, frame.last, raw);
        if place == NONE {
            return NONE;
        }
        frame.last = place;
        let frame = *frame;
        if is_new {
            Self::enter_new(trie, place, &frame);
        }
        let objects = trie.node(frame.node).map_or(0, Node::objects);
        let message = trie.messages;
        let Some(node) = trie.node_mut(place) else {
            return NONE;
        };
        if node.seen != frame.object {
            node.seen = frame.object;
            node.present += 1;
            if node.is_odd {
                self.note_odd(node, place, objects, message);
            }
            if node.is_required
                && let Some(frame) = self.frames.last_mut()
            {
                frame.required += 1;
            }
        }
        self.is_silent = frame.is_silent || node.is_odd;
        place
    }

    /// Records an occurrence of a member that is not part of the learned shape.
    #[cold]
    fn note_odd(&mut self, node: &mut Node, place: u32, objects: u64, message: u64) {
        let is_first = node.deviations.note(PRESENCE, message);
        node.is_odd = is_flagged(node.deviations.messages(PRESENCE), node.present, objects);
        if node.is_odd {
            self.deviate(is_first, Deviation::New(place));
        }
    }

    /// Sets the expectations for a new member.
    fn enter_new(trie: &mut Trie, place: u32, frame: &Frame) {
        let message = trie.messages;
        let Some(parent) = trie.node_mut(frame.node) else {
            return;
        };
        let is_first = parent.objects() == 1;
        let is_silent = frame.is_silent || is_first || parent.born == message;
        // A member that the first object lacks is not required.
        parent.required += u32::from(is_first);
        if let Some(node) = trie.node_mut(place) {
            node.is_required = is_first;
            node.is_odd = !is_silent;
        }
    }

    /// Records a value at `place`.
    #[inline]
    fn value(&mut self, trie: &mut Trie, place: u32, kind: Kind, text: &[u8]) {
        let message = trie.messages;
        let Some(node) = trie.node_mut(place) else {
            return;
        };
        let index = types::index(kind);
        node.counts[index] += 1;
        match kind {
            Kind::Number => {
                if let Some(number) = value::float(text) {
                    let (low, high) = node.range.unwrap_or((number, number));
                    node.range = Some((low.min(number), high.max(number)));
                }
            }
            Kind::String => {
                let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
                let (least, most) = node.lengths.unwrap_or((length, length));
                node.lengths = Some((least.min(length), most.max(length)));
            }
            _ => {}
        }
        let kind = Types::one(index);
        if !node.known.contains(kind) {
            self.new_type(node, place, index, message);
        }
        if node.example.is_none() && !text.is_empty() {
            node.example = Some(cut(text).into());
        }
    }

    /// Records a value of a type that has not occurred at this place before.
    #[cold]
    fn new_type(&mut self, node: &mut Node, place: u32, index: usize, message: u64) {
        let now = Types::one(index);
        let before = node.known;
        if self.is_silent || node.born == message {
            node.known = before.with(now);
            return;
        }
        let is_first = node.deviations.note(index, message);
        let all = node.counts.iter().sum();
        if is_flagged(node.deviations.messages(index), node.counts[index], all) {
            self.is_silent = true;
            let node = place;
            self.deviate(is_first, Deviation::Type { node, before, now });
        } else {
            node.known = before.with(now);
        }
    }

    /// Closes the innermost object or array.
    #[inline]
    fn close(&mut self, trie: &mut Trie) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let node = trie.node(frame.node);
        if frame.is_object && node.is_some_and(|node| frame.required < node.required) {
            self.note_missing(trie, &frame);
        }
    }

    /// Records the required members that are absent.
    fn note_missing(&mut self, trie: &mut Trie, frame: &Frame) {
        let message = trie.messages;
        let Some(parent) = trie.node(frame.node) else {
            return;
        };
        let objects = parent.objects();
        let is_silent = frame.is_silent || objects <= LEARNT_FROM;
        let mut place = parent.first_child;
        let mut no_longer_required = 0;
        while let Some(node) = trie.node_mut(place) {
            let next = node.next;
            if node.is_required && node.seen != frame.object {
                node.missing += 1;
                let is_first = node.deviations.note(PRESENCE, message);
                let messages = node.deviations.messages(PRESENCE);
                if !is_silent && is_flagged(messages, node.missing, objects) {
                    self.deviate(is_first, Deviation::Missing(place));
                } else {
                    node.is_required = false;
                    no_longer_required += 1;
                }
            }
            place = next;
        }
        if let Some(parent) = trie.node_mut(frame.node) {
            parent.required -= no_longer_required;
        }
    }

    /// Records a deviation; one that occurs in several array elements counts once.
    fn deviate(&mut self, is_first: bool, deviation: Deviation) {
        if is_first && self.deviations.len() < MAX_LISTED {
            self.deviations.push(deviation);
        } else if is_first {
            self.more += 1;
        }
    }

    fn drifts(&self, trie: &Trie) -> Box<[Drift]> {
        let path = |node: u32| -> Arc<str> { field::path(trie, node).into() };
        let listed = self.deviations.iter().map(|deviation| match *deviation {
            Deviation::New(node) => Drift::New(path(node)),
            Deviation::Missing(node) => Drift::Missing(path(node)),
            Deviation::Type { node, before, now } => Drift::Type {
                path: path(node),
                before,
                now,
            },
        });
        let more = (self.more > 0).then_some(Drift::More(self.more));
        listed.chain(more).collect()
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        self.frames.capacity() * size_of::<Frame>()
            + self.deviations.capacity() * size_of::<Deviation>()
    }
}

/// Returns the start of `text`, which is UTF-8, cut at a character boundary.
fn cut(text: &[u8]) -> &[u8] {
    &text[..char_start(text, text.len().min(LONGEST_EXAMPLE))]
}
