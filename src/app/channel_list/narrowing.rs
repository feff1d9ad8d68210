//! Narrowing the list while the user types: the names that match the text, best first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use super::Lists;
use super::line::{Entry, Listing, Name, Place, Target, ordered};
use super::portions::Unvisited;
use crate::app::fuzzy::Fuzzy;
use crate::app::input::Input;
use crate::payload::escape::ShownName;

/// The maximum number of matches listed.
pub(super) const MAX_MATCHES: usize = 1_000;

/// Number of bytes at the start of a name that are searched.
const SEARCHED: usize = 256;

/// The work of searching a name, and a byte of it.
const NAME_WORK: usize = 100;
const BYTE_WORK: usize = 8;

/// The state of narrowing.
#[derive(Debug, Default)]
pub struct Narrowing {
    /// The text typed.
    pub input: Input,
    /// How many names match so far.
    pub matched: u64,
    /// The selection before the list was narrowed.
    pub(super) before: Option<Target>,
    /// Whether all names have been searched or the user has moved the selection. Until then, the
    /// best match is selected.
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
    /// Creates a marker for the text that narrows the list.
    pub fn new(narrowing: &Narrowing) -> Self {
        Self(Fuzzy::new(&narrowing.input.text()))
    }

    /// Returns the byte ranges of `name` that match, ascending.
    pub fn marks(&mut self, name: &[u8]) -> Vec<Range<usize>> {
        let shown = ShownName::new(name, SEARCHED);
        let marks = self.0.marks(shown.text());
        marks.map_or_else(Vec::new, |marks| shown.bytes_of(marks))
    }
}

/// A match. Better matches sort first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    score: Reverse<u32>,
    length: usize,
    name: Name,
    entry: Entry,
}

/// A search for names, in progress or done.
#[derive(Debug)]
pub struct Search {
    fuzzy: Fuzzy,
    /// The channels that have yet to be searched.
    unvisited: Unvisited,
    /// Whether the subscriptions have been searched.
    has_subscriptions: bool,
    /// The best matches so far; the worst of them is on top.
    best: BinaryHeap<Match>,
    pub(in crate::app) matched: u64,
}

impl Search {
    pub(super) fn new(text: &str, lists: &Lists) -> Self {
        Self {
            fuzzy: Fuzzy::new(text),
            unvisited: Unvisited::all(lists.channels),
            has_subscriptions: false,
            best: BinaryHeap::new(),
            matched: 0,
        }
    }

    /// Creates one for channels only.
    pub(in crate::app) fn of_channels(text: &str, lists: &Lists) -> Self {
        Self {
            has_subscriptions: true,
            ..Self::new(text, lists)
        }
    }

    /// Returns the names of the best matches so far, the best first.
    pub(in crate::app) fn names(&self) -> Vec<Arc<[u8]>> {
        let mut best: Vec<&Match> = self.best.iter().collect();
        best.sort_unstable();
        best.into_iter()
            .map(|one| Arc::clone(&one.name.0))
            .collect()
    }

    /// Searches the next names. Returns whether all have been searched.
    pub(in crate::app) fn process(&mut self, lists: &Lists) -> bool {
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
        let mut unvisited = std::mem::take(&mut self.unvisited);
        let is_done = unvisited.visit(lists.channels, |id, channel| {
            self.consider(channel.name(), Entry::Channel(id), || channel.shared_name());
            NAME_WORK + BYTE_WORK * channel.name().len().min(SEARCHED)
        });
        self.unvisited = unvisited;
        is_done
    }

    fn consider(&mut self, name: &[u8], entry: Entry, shared: impl Fn() -> Arc<[u8]>) {
        let Some(score) = self.fuzzy.score(ShownName::new(name, SEARCHED).text()) else {
            return;
        };
        self.matched += 1;
        let (score, length) = (Reverse(score), name.len());
        let found = || Match {
            score,
            length,
            name: Name(shared()),
            entry,
        };
        if self.best.len() < MAX_MATCHES {
            self.best.push(found());
        } else if let Some(mut worst) = self.best.peek_mut()
            && (worst.score, worst.length, ordered(&worst.name)) > (score, length, ordered(name))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::session::subscriptions::Subscriptions;
    use crate::log::ChannelTable;
    use crate::message::{ChannelId, Time};

    /// How a channel is called, and what a user may type after the `/` to find it.
    type Scheme = (fn(u32) -> String, fn(u32) -> Vec<String>);

    const SCHEMES: [Scheme; 8] = [
        (
            |n| format!("sensor:{n:04}:temperature"),
            |n| vec![format!("{n:04}")],
        ),
        (|n| format!("orders.{n}"), |n| vec![n.to_string()]),
        (
            |n| format!("svc/{:02}/user/{:02}/events", n / 100, n % 100),
            |n| vec![format!("{n:04}")],
        ),
        (
            |n| format!("job-{n:x}-done"),
            |n| vec![format!("{n:x}"), format!("{n:x}-")],
        ),
        (
            |n| format!("__keyspace@0__:session:{n}"),
            |n| vec![n.to_string()],
        ),
        (
            |n| format!("v2.tenant-{}.orders-{}", n / 100, n % 100),
            |n| vec![format!("{}o{}", n / 100, n % 100)],
        ),
        (
            |n| format!("room:{}:user:{}:typing", n % 71, n / 71),
            |n| vec![format!("{}u{}", n % 71, n / 71)],
        ),
        (
            |n| format!("session:{:08x}", n.wrapping_mul(2_654_435_761)),
            |n| {
                let id = format!("{:08x}", n.wrapping_mul(2_654_435_761));
                vec![id[..5].to_owned(), id[3..].to_owned()]
            },
        ),
    ];

    const CHANNELS: u32 = 5_000;

    /// A name, with the place where the next letter of the text is to be found.
    type Candidate = (u32, usize);

    /// Collects which of the channels in `wanted` come first for their texts, which all start with
    /// the same `at` letters. `candidates` are the names that contain these letters in order: no
    /// other name matches, and matching all with all would take minutes.
    fn find(
        wanted: &[(Vec<u8>, u32)],
        at: usize,
        names: &[String],
        candidates: &[Candidate],
        found: &mut [bool],
    ) {
        for group in wanted.chunk_by(|one, other| one.0.get(at) == other.0.get(at)) {
            let (text, _) = &group[0];
            let Some(letter) = text.get(at) else {
                let first = first(text, names, candidates);
                found[first as usize] |= group.iter().any(|(_, number)| *number == first);
                continue;
            };
            let containing = candidates.iter().filter_map(|(name, from)| {
                let rest = &names[*name as usize].as_bytes()[*from..];
                let place = rest.iter().position(|byte| byte == letter)?;
                Some((*name, from + place + 1))
            });
            find(group, at + 1, names, &containing.collect::<Vec<_>>(), found);
        }
    }

    /// Returns the channel that is selected for `text`.
    fn first(text: &[u8], names: &[String], candidates: &[Candidate]) -> u32 {
        let text = String::from_utf8_lossy(text);
        let lists = Lists {
            channels: &ChannelTable::default(),
            subscriptions: &Subscriptions::default(),
            present: Time::default(),
        };
        let mut search = Search::new(&text, &lists);
        for (number, _) in candidates {
            let name = names[*number as usize].as_bytes();
            search.consider(name, Entry::Channel(ChannelId(*number)), || name.into());
        }
        match search.listing().entries[0] {
            Entry::Channel(id) => id.0,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_the_start_of_a_name_is_searched() {
        let lists = Lists {
            channels: &ChannelTable::default(),
            subscriptions: &Subscriptions::default(),
            present: Time::default(),
        };
        for (length, matched) in [(SEARCHED - 2, 1), (SEARCHED - 1, 0)] {
            let mut search = Search::new("xy", &lists);
            let name = "a".repeat(length) + "xy";
            search.consider(name.as_bytes(), Entry::Channel(ChannelId(0)), || {
                name.as_bytes().into()
            });
            assert_eq!(search.matched, matched, "{length}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_hide_nothing() {
        let mut narrowing = Narrowing::default();
        narrowing.input.insert_in_line("paid");
        let rest = "é".repeat(SEARCHED);
        let long = [&b"\xff\xe2\x82orders:paid:"[..], rest.as_bytes()].concat();
        for name in [&b"\xff\xe2\x82orders:paid"[..], &long[..]] {
            let lists = Lists {
                channels: &ChannelTable::default(),
                subscriptions: &Subscriptions::default(),
                present: Time::default(),
            };
            let mut search = Search::new("paid", &lists);
            search.consider(name, Entry::Channel(ChannelId(0)), || name.into());
            assert_eq!(search.matched, 1);
            let marks = NameMarker::new(&narrowing).marks(name);
            assert_eq!((marks.len(), &marks[0]), (1, &(10..14)));
        }
    }

    #[test]
    fn what_is_shown_for_a_byte_can_be_typed() {
        for (typed, name, marked) in [
            (r"\xff", &b"a:\xff:b"[..], 2..3),
            (r"\n", b"a\nb", 1..2),
            (r"x\0\xfe", b"\xffx\0\xfe", 1..4),
            (r"\x20", b"end ", 3..4),
            (r"{202e}", "a\u{202e}b".as_bytes(), 1..4),
        ] {
            let mut narrowing = Narrowing::default();
            narrowing.input.insert_in_line(typed);
            let marks = NameMarker::new(&narrowing).marks(name);
            assert_eq!(marks, [marked], "{typed}");
        }
    }

    #[test]
    fn every_one_of_5000_channels_of_one_naming_scheme_is_found_in_5_keystrokes() {
        for (name, typed) in SCHEMES {
            let names: Vec<String> = (0..CHANNELS).map(name).collect();
            let numbers = 0..CHANNELS;
            let texts = numbers.flat_map(|number| {
                typed(number)
                    .into_iter()
                    .map(move |text| (text.into_bytes(), number))
            });
            let mut wanted: Vec<(Vec<u8>, u32)> = texts.collect();
            assert!(wanted.iter().all(|(text, _)| text.len() <= 5));
            wanted.sort();
            let mut found = vec![false; names.len()];
            let all: Vec<Candidate> = (0..CHANNELS).map(|name| (name, 0)).collect();
            find(&wanted, 0, &names, &all, &mut found);
            let missed = names.iter().zip(&found).filter(|(_, found)| !**found);
            let missed: Vec<&String> = missed.map(|(name, _)| name).collect();
            assert_eq!(
                missed,
                [] as [&String; 0],
                "{} of {}",
                missed.len(),
                names[0]
            );
        }
    }
}
