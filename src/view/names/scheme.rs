//! Names that are divided into words by the same separators, and which of the words to show.
//!
//! The parts of the words that differ are shown, those of the words with the most different values
//! first, as far as they fit into all names. If that does not tell all names apart, fewer or shorter
//! parts are tried. What room is left goes to the rest.

use std::cmp::Reverse;
use std::ops::Range;

use super::LEAST_COLUMNS;
use super::member::{Member, is_punctuation};

/// The number of words of which all combinations are tried.
const MAX_COMBINED: usize = 6;

/// Bits for a value in the key of a combination.
const VALUE_BITS: usize = 10;

/// What values start or end with is not left out if it is shorter: that would save nothing.
const LEAST_LEFT_OUT: usize = 2;

/// Minimum width of a value that is cut, in columns.
const LEAST_VALUE: usize = 2;

/// Many names are cut if it is more than one in so many.
const MANY: usize = 8;

/// The word at one position in all names.
#[derive(Debug)]
struct Place {
    /// The index of each name's value among the different values.
    values: Vec<usize>,
    /// The number of different values.
    distinct: usize,
    /// The number of names in which this word matches a search.
    matched: usize,
    /// The number of bytes that all values start with, and that all end with.
    start: usize,
    end: usize,
    /// The width to which values can be cut and still differ, in columns.
    least: usize,
    /// Whether the end of values is kept when they are cut.
    keeps_end: bool,
}

impl Place {
    fn of(members: &[Member<'_>], word: usize) -> Self {
        let all = || members.iter().map(|member| member.value(word));
        let mut distinct: Vec<&[u8]> = all().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let values = all().map(|value| distinct.binary_search(&value).unwrap_or(0));
        let values = values.collect();
        let (mut start, mut end) = in_common(&distinct);
        let mut matched = 0;
        for member in members {
            let word = &member.words[word];
            if let Some(mark) = member.match_in(word) {
                start = start.min(mark.start - word.start);
                end = end.min(word.end - mark.end);
                matched += 1;
            }
        }
        let cores = distinct.iter();
        let mut cores: Vec<&[u8]> = cores
            .map(|value| &value[start..value.len() - end])
            .collect();
        let by_start = LEAST_VALUE.max(1 + longest(&cores, common_start));
        cores.sort_unstable_by(|a, b| a.iter().rev().cmp(b.iter().rev()));
        let by_end = LEAST_VALUE.max(1 + longest(&cores, common_end));
        Self {
            values,
            distinct: distinct.len(),
            matched,
            start,
            end,
            least: by_start.min(by_end),
            keeps_end: by_end < by_start,
        }
    }
}

/// How much of a word is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Nothing,
    /// At most so many columns of the part that differs.
    Columns(usize),
    /// The part that differs.
    Core,
    Whole,
}

/// How much of each word is shown.
type Shape = Vec<Shown>;

/// Names with the same separators and the same room.
pub(super) struct Scheme<'a> {
    members: Vec<Member<'a>>,
    room: usize,
    places: Vec<Place>,
    /// The words that differ or match a search, the most important first.
    ranked: Vec<usize>,
}

impl<'a> Scheme<'a> {
    /// Examines the names of a scheme. Returns `None` if none is cut, or if they neither differ nor
    /// match a search.
    pub(super) fn new(mut members: Vec<Member<'a>>, room: usize) -> Option<Self> {
        if !members.iter().any(|member| member.is_cut) {
            return None;
        }
        // The widest come first, because a shape is most likely to be too wide for them.
        members.sort_by_key(|member| Reverse(member.name.len()));
        let words = 0..members[0].words.len();
        let places: Vec<Place> = words
            .clone()
            .map(|word| Place::of(&members, word))
            .collect();
        let matters = |word: &usize| places[*word].distinct > 1 || places[*word].matched > 0;
        let mut ranked: Vec<usize> = words.filter(matters).collect();
        ranked.sort_by_key(|word| {
            let place = &places[*word];
            Reverse((place.matched, place.distinct))
        });
        let scheme = Self {
            members,
            room,
            places,
            ranked,
        };
        (!scheme.ranked.is_empty()).then_some(scheme)
    }

    /// Returns the names that are cut with the parts of them to show. If many are cut, those that
    /// would fit are cut like them, unless they would lose what tells them apart.
    pub(super) fn cut(&self) -> Vec<(&'a [u8], Vec<Range<usize>>)> {
        let mut shape = self.chosen();
        self.fill(&mut shape);
        let is_whole = |word: &usize| matches!(shape[*word], Shown::Core | Shown::Whole);
        let count = self.members.iter().filter(|member| member.is_cut).count();
        let is_usual = count * MANY > self.members.len() && self.ranked.iter().all(is_whole);
        let cut = self.members.iter();
        let cut = cut.filter(|member| member.is_cut || is_usual);
        let parts = |member: &Member<'a>| {
            let mut parts = Vec::new();
            self.parts(member, &shape, &mut parts);
            (member.name, parts)
        };
        cut.map(parts).collect()
    }

    /// Returns the shape that shows what is most important.
    fn chosen(&self) -> Shape {
        let combined = &self.ranked[..self.ranked.len().min(MAX_COMBINED)];
        let matched = combined
            .iter()
            .filter(|word| self.places[**word].matched > 0);
        // The first of the words has the highest bit.
        let bit = |index: usize| 1_usize << (combined.len() - 1 - index);
        let matched: usize = (0..matched.count()).map(bit).sum();
        let top = bit(0);
        let mut fallback = None;
        // If not all matches fit, the most important one remains.
        for needed in [matched, matched & top] {
            let is_allowed = |sum: &usize| sum & needed == needed;
            let mut sums: Vec<usize> = (1..2 * top).filter(is_allowed).collect();
            for sum in sums.iter().rev() {
                let shape = self.shape(combined, *sum, |_| Shown::Core);
                if self.fits(&shape) {
                    if self.is_distinct(combined, *sum) {
                        return shape;
                    }
                    fallback.get_or_insert(shape);
                }
            }
            sums.sort_by_key(|sum| (sum.count_ones(), Reverse(*sum)));
            for sum in sums {
                let least = |word: usize| match &self.places[word] {
                    place if place.matched > 0 => Shown::Core,
                    place => Shown::Columns(place.least),
                };
                let shape = self.shape(combined, sum, least);
                if self.is_distinct(combined, sum) && self.fits(&shape) {
                    return shape;
                }
            }
        }
        fallback.unwrap_or_else(|| {
            let least = |_| Shown::Columns(LEAST_COLUMNS - 2);
            self.shape(combined, top, least)
        })
    }

    /// Returns the shape that shows the words with a bit in `sum`.
    fn shape(&self, combined: &[usize], sum: usize, shown: impl Fn(usize) -> Shown) -> Shape {
        let mut shape = vec![Shown::Nothing; self.places.len()];
        for (index, word) in combined.iter().rev().enumerate() {
            if sum & (1 << index) != 0 {
                shape[*word] = shown(*word);
            }
        }
        shape
    }

    /// Returns whether the words with a bit in `sum` tell apart all names that are cut.
    fn is_distinct(&self, combined: &[usize], sum: usize) -> bool {
        let words = combined.iter().rev().enumerate();
        let words: Vec<usize> = words
            .filter(|(index, _)| sum & (1 << index) != 0)
            .map(|(_, word)| *word)
            .collect();
        let cut = (0..self.members.len()).filter(|index| self.members[*index].is_cut);
        let key = |index: usize| {
            let values = words.iter().map(|word| self.places[*word].values[index]);
            values.fold(0_u64, |key, value| (key << VALUE_BITS) | value as u64)
        };
        let mut keys: Vec<u64> = cut.map(key).collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        keys.len() == count
    }

    /// Gives the room that a shape leaves to its words in order of importance, then to the others.
    fn fill(&self, shape: &mut Shape) {
        for word in &self.ranked {
            if let Shown::Columns(least) = shape[*word]
                && !self.try_to_show(shape, *word, Shown::Core)
            {
                let mut wider = least + 1..self.room;
                while wider
                    .next()
                    .is_some_and(|columns| self.try_to_show(shape, *word, Shown::Columns(columns)))
                {
                }
            }
        }
        for word in &self.ranked {
            if shape[*word] == Shown::Nothing {
                self.try_to_show(shape, *word, Shown::Core);
            }
        }
        for word in &self.ranked {
            if shape[*word] == Shown::Core {
                self.try_to_show(shape, *word, Shown::Whole);
            }
        }
        let is_shown = |shown: &Shown| *shown != Shown::Nothing;
        let first = shape.iter().position(is_shown).unwrap_or(0);
        let last = shape.iter().rposition(is_shown).unwrap_or(0);
        let others = (first..last).chain((0..first).rev());
        for word in others.chain(last + 1..shape.len()) {
            if shape[word] == Shown::Nothing {
                self.try_to_show(shape, word, Shown::Whole);
            }
        }
    }

    /// Shows more of a word if that fits. Returns whether it does.
    fn try_to_show(&self, shape: &mut Shape, word: usize, shown: Shown) -> bool {
        let before = std::mem::replace(&mut shape[word], shown);
        let fits = self.fits(shape);
        if !fits {
            shape[word] = before;
        }
        fits
    }

    /// Returns whether all names that are cut fit in this shape.
    fn fits(&self, shape: &Shape) -> bool {
        let mut parts = Vec::new();
        let mut cut = self.members.iter().filter(|member| member.is_cut);
        cut.all(|member| {
            self.parts(member, shape, &mut parts);
            member.columns(&parts) <= self.room
        })
    }

    /// Replaces `parts` with the parts of a name that a shape shows. Words that are shown side by
    /// side keep the separators between them.
    fn parts(&self, member: &Member<'_>, shape: &Shape, parts: &mut Vec<Range<usize>>) {
        parts.clear();
        let mut is_continued = true;
        for ((shown, place), word) in shape.iter().zip(&self.places).zip(&member.words) {
            let core = word.start + place.start..word.end - place.end;
            let part = match shown {
                Shown::Nothing => {
                    is_continued = false;
                    continue;
                }
                Shown::Columns(columns) => member.within(core, *columns, place.keeps_end),
                Shown::Core => core,
                Shown::Whole => word.clone(),
            };
            if part.is_empty() && !word.is_empty() {
                is_continued = false;
                continue;
            }
            is_continued &= part.start == word.start;
            let reaches_end = part.end == word.end;
            match parts.last_mut() {
                Some(last) if is_continued => last.end = part.end,
                _ => parts.push(part),
            }
            is_continued = reaches_end;
        }
        if let Some(last) = parts.last_mut()
            && is_continued
        {
            last.end = member.name.len();
        }
    }
}

/// Returns the number of bytes that all of the sorted `values` start with, and that all end with, to
/// leave out. Neither numbers nor words are divided, and of each value something remains.
fn in_common(values: &[&[u8]]) -> (usize, usize) {
    let shortest = values.iter().map(|value| value.len()).min().unwrap_or(0);
    let [first, others @ ..] = values else {
        return (0, 0);
    };
    if others.is_empty() || shortest == 0 {
        return (0, 0);
    }
    let of_all = |common: fn(&[u8], &[u8]) -> usize| {
        let lengths = others.iter().map(|other| common(first, other));
        lengths.min().unwrap_or(0).min(shortest - 1)
    };
    let mut starts = (LEAST_LEFT_OUT..=of_all(common_start)).rev();
    let start = starts.find(|start| values.iter().all(|value| is_edge(value, *start)));
    let start = start.unwrap_or(0);
    let longest = of_all(common_end).min(shortest - 1 - start);
    let mut ends = (LEAST_LEFT_OUT..=longest).rev();
    let end = ends.find(|end| {
        let mut values = values.iter();
        values.all(|value| is_edge(value, value.len() - end))
    });
    (start, end.unwrap_or(0))
}

/// Returns whether a value may be divided at `at`: beside punctuation, or between letters and digits.
fn is_edge(value: &[u8], at: usize) -> bool {
    let (before, after) = (value[at - 1], value[at]);
    is_punctuation(before)
        || is_punctuation(after)
        || before.is_ascii_alphabetic() && after.is_ascii_digit()
        || before.is_ascii_digit() && after.is_ascii_alphabetic()
}

/// Returns the greatest length that two adjacent values have in common.
fn longest(values: &[&[u8]], common: fn(&[u8], &[u8]) -> usize) -> usize {
    let pairs = values.windows(2);
    pairs
        .map(|pair| common(pair[0], pair[1]))
        .max()
        .unwrap_or(0)
}

fn common_start(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

fn common_end(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().rev().zip(other.iter().rev());
    pairs.take_while(|(a, b)| a == b).count()
}
