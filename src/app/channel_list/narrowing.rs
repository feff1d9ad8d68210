//! Narrowing the list while the user types: the names that match the text, best first.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use super::Lists;
use super::line::{Entry, Listing, Place, Target};
use crate::app::fuzzy::Fuzzy;
use crate::app::input::Input;

/// The maximum number of matches listed.
pub(super) const MAX_MATCHES: usize = 1_000;

/// Number of channel table slots searched at a time, which takes a few milliseconds.
const PART: usize = 8_192;

/// Only this many bytes at the start of a name are searched.
const SEARCHED: usize = 1_024;

/// The state of narrowing.
#[derive(Debug, Default)]
pub struct Narrowing {
    /// The text typed.
    pub input: Input,
    /// How many names match so far.
    pub matched: u64,
    /// What was selected before.
    pub(super) before: Option<Target>,
    /// Whether all names have been searched, or the user has moved: until then, the best match is
    /// selected.
    pub(super) is_settled: bool,
}

impl Narrowing {
    /// Returns whether the text narrows the list.
    pub fn is_active(&self) -> bool {
        !self.input.text().trim().is_empty()
    }
}

/// Finds the parts of names that match the text typed.
#[derive(Debug)]
pub struct NameMarker(Fuzzy);

impl NameMarker {
    /// Creates one for the text that narrows the list.
    pub fn new(narrowing: &Narrowing) -> Self {
        Self(Fuzzy::new(&narrowing.input.text()))
    }

    /// Returns the byte ranges of `name` that match, ascending.
    pub fn marks(&mut self, name: &[u8]) -> Vec<Range<usize>> {
        let marks = str::from_utf8(searched(name)).map(|text| self.0.marks(text));
        marks.ok().flatten().unwrap_or_default()
    }
}

/// Returns the part of `name` that is searched.
fn searched(name: &[u8]) -> &[u8] {
    match name.get(..SEARCHED) {
        Some(start) => start
            .utf8_chunks()
            .next()
            .map_or(start, |chunk| chunk.valid().as_bytes()),
        None => name,
    }
}

/// A match. Better ones compare as less.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    score: Reverse<u32>,
    length: usize,
    name: Arc<[u8]>,
    entry: Entry,
}

/// A search in progress.
#[derive(Debug)]
pub(super) struct Search {
    fuzzy: Fuzzy,
    /// The slots of the table that have not been searched.
    left: Range<usize>,
    /// Whether the subscriptions have been searched.
    has_subscriptions: bool,
    /// The best matches so far; the worst of them is on top.
    best: BinaryHeap<Match>,
    pub(super) matched: u64,
}

impl Search {
    pub(super) fn new(text: &str, lists: &Lists) -> Self {
        Self {
            fuzzy: Fuzzy::new(text),
            left: 0..lists.channels.slots(),
            has_subscriptions: false,
            best: BinaryHeap::new(),
            matched: 0,
        }
    }

    /// Searches the next names. Returns whether all have been searched.
    pub(super) fn process(&mut self, lists: &Lists) -> bool {
        if !std::mem::replace(&mut self.has_subscriptions, true) {
            for (id, topic, _) in lists.subscriptions.listed() {
                let entry = match lists.channels.find(&topic.name) {
                    _ if !topic.names_one() => Entry::Pattern(id),
                    None => Entry::NotReceiving(id),
                    Some(_) => continue,
                };
                self.consider(&topic.name, entry, || Arc::clone(&topic.name));
            }
        }
        let end = self.left.end.min(self.left.start + PART);
        for (id, channel) in lists.channels.within(self.left.start..end) {
            self.consider(channel.name(), Entry::Channel(id), || channel.shared_name());
        }
        self.left.start = end;
        self.left.is_empty()
    }

    fn consider(&mut self, name: &[u8], entry: Entry, shared: impl Fn() -> Arc<[u8]>) {
        let text = match str::from_utf8(searched(name)) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(searched(name)),
        };
        let Some(score) = self.fuzzy.score(&text) else {
            return;
        };
        self.matched += 1;
        let (score, length) = (Reverse(score), name.len());
        let found = || Match {
            score,
            length,
            name: shared(),
            entry,
        };
        if self.best.len() < MAX_MATCHES {
            self.best.push(found());
        } else if let Some(mut worst) = self.best.peek_mut()
            && (worst.score, worst.length, &*worst.name) > (score, length, name)
        {
            *worst = found();
        }
    }

    /// Returns the lines for the best matches so far.
    pub(super) fn listing(&self) -> Listing {
        let mut best: Vec<&Match> = self.best.iter().collect();
        best.sort_unstable();
        Listing {
            entries: best.iter().map(|one| one.entry).collect(),
            places: vec![Place::default(); best.len()],
            branches: Vec::new(),
            is_cut: self.matched > self.best.len() as u64,
        }
    }
}
