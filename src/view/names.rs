//! Names that are too long for their column. If several names must be cut, the words that they have
//! in common are left out, and those that differ or match a search are kept.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::payload::escape::{self, MAX_ELIDED_NAME, Text};
use crate::payload::ranges::Ranges;

/// A shorter start that names have in common is not left out: that would save too little.
const LEAST_LEFT_OUT: usize = 4;

/// Minimum width, in columns, to leave out words rather than the end of a name.
const LEAST_COLUMNS: usize = 8;

/// Minimum width of the start of a name, in columns, to be shown in part.
const LEAST_START: usize = 3;

/// The maximum number of words in a name; the last one is the rest of the name.
const MAX_WORDS: usize = 32;

/// The names on the screen that must be cut.
#[derive(Debug, Default)]
pub struct Names<'a> {
    /// The names, sorted and without duplicates.
    cut: Vec<&'a [u8]>,
    /// The names with the same number of words, by that number.
    families: BTreeMap<usize, Family<'a>>,
    /// The width of the widest name on the screen, at most that of the line.
    pub widest: usize,
}

/// Names with the same number of words.
#[derive(Debug)]
struct Family<'a> {
    /// The words of one of the names.
    words: Vec<&'a [u8]>,
    /// Which of the words differ between the names.
    varies: Vec<bool>,
}

/// How important a word of a name is; smaller is more important.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Match,
    /// It tells the name from the most similar one.
    Own,
    /// It differs between some of the names.
    Varying,
    /// It is between words that are more important.
    Between,
    Common,
}

impl<'a> Names<'a> {
    /// Examines the names on the screen, each with its indent, for lines of `room` columns. Given
    /// the width of the widest name, `column` returns the width of the name column.
    pub fn new(
        names: &[(&'a [u8], usize)],
        room: usize,
        column: impl FnOnce(usize) -> usize,
    ) -> Self {
        let widths: Vec<usize> = names
            .iter()
            .map(|(name, indent)| indent + escape::name(name, room).columns)
            .collect();
        let widest = widths.iter().copied().max().unwrap_or(0);
        let most = column(widest);
        let all = names.iter().zip(widths);
        let mut cut: Vec<&[u8]> = all
            .filter(|((name, _), width)| *width > most && name.len() <= MAX_ELIDED_NAME)
            .map(|((name, _), _)| *name)
            .collect();
        cut.sort_unstable();
        cut.dedup();
        let mut families = BTreeMap::new();
        for name in &cut {
            let words: Vec<&[u8]> = words(name).into_iter().map(|word| &name[word]).collect();
            let family = families.entry(words.len()).or_insert_with(|| Family {
                words: words.clone(),
                varies: vec![false; words.len()],
            });
            for (index, word) in words.iter().enumerate() {
                family.varies[index] |= family.words[index] != *word;
            }
        }
        Self {
            cut,
            families,
            widest,
        }
    }

    /// Returns whether a name is cut.
    pub fn is_cut(&self, name: &[u8]) -> bool {
        name.len() > MAX_ELIDED_NAME || self.cut.binary_search(&name).is_ok()
    }

    /// Returns a name in at most `columns`, with the ranges in `marks` highlighted. The lines show
    /// the name from the byte at `from` on.
    pub fn text(&self, name: &[u8], from: usize, marks: &[Range<usize>], columns: usize) -> Text {
        let whole = escape::name_marked(name, columns, Ranges::of(marks));
        if !whole.cut || columns < LEAST_COLUMNS || name.len() > MAX_ELIDED_NAME {
            return whole;
        }
        let cut = Cut {
            name,
            columns,
            words: all_words(name, from),
        };
        match self.ranked(&cut, from, marks) {
            Some((order, focus)) => {
                escape::name_parts(name, &cut.parts(&order, focus), columns, marks)
            }
            None => whole,
        }
    }

    /// Returns the ranks and indices of a name's words, the most important first, and the byte that
    /// must be visible. Returns `None` if no word matches, and no word is shared with another name.
    fn ranked(
        &self,
        cut: &Cut<'_>,
        from: usize,
        marks: &[Range<usize>],
    ) -> Option<(Vec<(Rank, usize)>, usize)> {
        let shown = &cut.name[from..];
        let near = self.cut.binary_search(&shown).ok().and_then(|index| {
            let others = [index.checked_sub(1), index.checked_add(1)];
            let others = others.into_iter().flatten();
            let others = others.filter_map(|other| self.cut.get(other));
            others.map(|other| common_start(shown, other)).max()
        });
        let outside = cut.words.iter().filter(|word| word.end <= from).count();
        let family = self.families.get(&(cut.words.len() - outside));
        let varies = near
            .and(family)
            .map_or(&[][..], |family| &family.varies[..]);
        let is_shared = varies.contains(&true) && varies.contains(&false)
            || near.is_some_and(|near| near >= LEAST_LEFT_OUT);
        if marks.is_empty() && !is_shared {
            return None;
        }
        let own = near.map(|near| from + near.min(shown.len().saturating_sub(1)));
        let is_match = |word: &Range<usize>| {
            let mut marks = marks.iter();
            marks.any(|mark| mark.start < word.end && word.start < mark.end)
        };
        let mut ranks: Vec<Rank> = Vec::new();
        for (index, word) in cut.words.iter().enumerate() {
            let place = index.checked_sub(outside);
            let varies = place.and_then(|place| varies.get(place));
            ranks.push(match varies {
                _ if is_match(word) => Rank::Match,
                _ if own.is_some_and(|own| word.contains(&own)) => Rank::Own,
                Some(true) => Rank::Varying,
                _ => Rank::Common,
            });
        }
        let important = |rank: &Rank| *rank < Rank::Common;
        let first = ranks.iter().position(important).unwrap_or(0);
        let last = ranks.iter().rposition(important).unwrap_or(0);
        for rank in ranks.iter_mut().take(last).skip(first) {
            *rank = (*rank).min(Rank::Between);
        }
        let mut order: Vec<(Rank, usize)> = ranks.into_iter().zip(0..).collect();
        order.sort_unstable();
        let focus = marks.first().map(|mark| mark.start).or(own).unwrap_or(from);
        Some((order, focus))
    }
}

/// A name that must be cut to a number of columns.
struct Cut<'a> {
    name: &'a [u8],
    columns: usize,
    words: Vec<Range<usize>>,
}

impl Cut<'_> {
    /// Returns the parts of the name to show: as many whole words as fit, in this `order` of
    /// importance, then as much as fits of another one.
    fn parts(&self, order: &[(Rank, usize)], focus: usize) -> Vec<Range<usize>> {
        let widths: Vec<usize> = self.words.iter().map(|word| self.width(word)).collect();
        let mut chosen = vec![false; self.words.len()];
        for (rank, index) in order {
            chosen[*index] = true;
            if used(&chosen, &widths) <= self.columns {
                continue;
            }
            chosen[*index] = false;
            match rank {
                // The rest stays together.
                Rank::Common => break,
                Rank::Match | Rank::Own if !chosen.contains(&true) => {
                    return vec![self.part_of_word(focus)];
                }
                _ => {}
            }
        }
        let mut shown: Vec<Range<usize>> = Vec::new();
        let free = self.columns - used(&chosen, &widths).min(self.columns);
        let in_part = order.iter().map(|(_, index)| *index).find(|index| {
            let continues = index.checked_sub(1).is_none_or(|before| chosen[before]);
            let least = if *index == 0 { LEAST_START } else { 1 };
            !chosen[*index] && continues && free >= least
        });
        for (index, word) in self.words.iter().enumerate() {
            let end = if chosen[index] {
                word.end
            } else if in_part == Some(index) {
                word.start + escape::one_line(&self.name[word.clone()], free).consumed
            } else {
                continue;
            };
            match shown.last_mut() {
                Some(last) if last.end == word.start => last.end = end,
                _ => shown.push(word.start..end),
            }
        }
        shown
    }

    /// Returns the part to show of the word that contains the byte at `focus`, which is too long to
    /// be shown whole.
    fn part_of_word(&self, focus: usize) -> Range<usize> {
        let mut words = self.words.iter();
        let word = words.find(|word| word.contains(&focus));
        let word = word.cloned().unwrap_or(0..self.name.len());
        // There is an ellipsis on either side.
        let room = self.columns.saturating_sub(2);
        let start = escape::char_start(self.name, focus);
        let rest = escape::one_line(&self.name[start..word.end], room);
        if rest.cut {
            return start..start + rest.consumed;
        }
        // The text before fills the rest.
        let mut from = start;
        while from > word.start {
            let before = escape::char_start(self.name, from - 1);
            if self.width(&(before..word.end)) > room {
                break;
            }
            from = before;
        }
        from..word.end
    }

    fn width(&self, part: &Range<usize>) -> usize {
        let text = escape::one_line(&self.name[part.clone()], self.columns);
        text.columns + if text.cut { self.columns } else { 0 }
    }
}

/// Returns the columns that the chosen words take, with an ellipsis for each gap.
fn used(chosen: &[bool], widths: &[usize]) -> usize {
    let mut used = 0;
    let mut was_chosen = true;
    for (is_chosen, width) in chosen.iter().zip(widths) {
        used += match (was_chosen, *is_chosen) {
            (_, true) => *width,
            (true, false) => 1,
            (false, false) => 0,
        };
        was_chosen = *is_chosen;
    }
    used
}

/// Returns the length of the common prefix of two names.
fn common_start(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Returns the words of a name of which the lines show the part from the byte at `from` on.
fn all_words(name: &[u8], from: usize) -> Vec<Range<usize>> {
    let mut all = words(&name[..from]);
    let shown = words(&name[from..]).into_iter();
    all.extend(shown.map(|word| from + word.start..from + word.end));
    all
}

/// Returns the words of a name, each with the separators after it.
fn words(name: &[u8]) -> Vec<Range<usize>> {
    let is_separator = |byte: u8| byte.is_ascii() && !byte.is_ascii_alphanumeric();
    let mut words = Vec::new();
    let mut start = 0;
    for (at, pair) in name.windows(2).enumerate() {
        let is_edge = is_separator(pair[0]) && !is_separator(pair[1]);
        if is_edge && words.len() + 1 < MAX_WORDS {
            words.push(start..at + 1);
            start = at + 1;
        }
    }
    if start < name.len() {
        words.push(start..name.len());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the names as shown in `columns` columns.
    fn shown(names: &[&str], columns: usize) -> Vec<String> {
        let listed: Vec<(&[u8], usize)> = names.iter().map(|name| (name.as_bytes(), 0)).collect();
        let all = Names::new(&listed, 200, |_| columns);
        let text = |name: &&str| all.text(name.as_bytes(), 0, &[], columns);
        let texts: Vec<Text> = names.iter().map(text).collect();
        assert!(
            texts.iter().all(|text| text.columns <= columns),
            "{texts:?}"
        );
        texts.into_iter().map(|text| text.string).collect()
    }

    #[test]
    fn what_several_names_start_with_is_cut() {
        let names = [
            "tenant:acme:eu-west-1:orders:created",
            "tenant:acme:eu-west-1:orders:paid",
            "tenant:acme:eu-west-1:orders:shipped",
        ];
        assert_eq!(
            shown(&names, 20),
            [
                "tenant:acme:…created",
                "tenant:acme:eu-…paid",
                "tenant:acme:…shipped"
            ]
            .map(str::to_owned)
        );
        let names = ["service-payments-worker-17", "service-payments-worker-18"];
        assert_eq!(shown(&names, 12), ["service-p…17", "service-p…18"]);
    }

    /// Names of tenants that differ in the middle.
    const TENANTS: [&str; 4] = [
        "svc:eu-west-0:tenant-00042:orders:status-updates",
        "svc:eu-west-0:tenant-00047:orders:status-updates",
        "svc:us-west-1:tenant-00042:orders:status-updates",
        "svc:us-west-1:tenant-00048:orders:status-updates",
    ];

    #[test]
    fn what_differs_in_the_middle_is_kept_at_every_width() {
        assert_eq!(shown(&TENANTS, 25)[0], "…eu-west-0:tenant-00042:…");
        assert_eq!(shown(&TENANTS, 28)[2], "svc:us-west-1:tenant-00042:…");
        assert_eq!(shown(&TENANTS, 17)[0], "…eu-we…0:…00042:…");
        for columns in 15..48 {
            let mut all = shown(&TENANTS, columns);
            all.sort();
            all.dedup();
            assert_eq!(all.len(), TENANTS.len(), "{columns} {all:?}");
        }
    }

    #[test]
    fn a_match_is_kept_and_marked() {
        let name = TENANTS[0].as_bytes();
        let listed: Vec<_> = TENANTS.iter().map(|name| (name.as_bytes(), 0)).collect();
        let names = Names::new(&listed, 200, |_| 20);
        for sought in ["00042", "status", "svc"] {
            let at = TENANTS[0].find(sought).expect("a part of the name");
            let marks = at..at + sought.len();
            let text = names.text(name, 0, std::slice::from_ref(&marks), 20);
            assert!(
                text.columns <= 20 && text.string.contains("00042"),
                "{text:?}"
            );
            let marked: Vec<&str> = text
                .marks
                .iter()
                .map(|mark| &text.string[mark.clone()])
                .collect();
            assert_eq!(marked, [sought]);
        }
    }

    #[test]
    fn the_part_of_a_long_word_that_differs_is_kept() {
        let names = [
            "meta-0123456789abcdef0123456789abcdef-x",
            "meta-0123456789abcdef0123456789abcdee-x",
        ];
        assert_eq!(shown(&names, 12), ["…789abcdef-…", "…789abcdee-…"]);
    }

    #[test]
    fn what_several_names_end_with_is_cut() {
        let names = ["a1:requests:of:the:shop", "b2:requests:of:the:shop"];
        assert_eq!(shown(&names, 12), ["a1:requests…", "b2:requests…"]);
        let names = [
            "region:north:requests:of:the:shop",
            "region:south:requests:of:the:shop",
        ];
        assert_eq!(shown(&names, 14), ["region:north:…", "region:south:…"]);
    }

    #[test]
    fn names_of_different_families_keep_what_tells_them_from_their_own() {
        let names = [
            "tenant:acme:eu-west-1:orders:created",
            "tenant:acme:eu-west-1:orders:paid",
            "__keyspace@0__:session:000001",
            "__keyspace@0__:session:000002",
        ];
        let shown = shown(&names, 18);
        for (shown, end) in shown.iter().zip(["created", "paid", "000001", "000002"]) {
            assert!(shown.ends_with(end), "{shown}");
        }
    }

    #[test]
    fn a_name_that_fits_or_is_alone_is_shown_as_ever() {
        let names = ["short", "a-very-long-name:that:is:alone"];
        assert_eq!(shown(&names, 12), ["short", "a-very…alone"]);
    }

    #[test]
    fn names_that_differ_within_the_columns_look_different() {
        let mut names: Vec<String> = Vec::new();
        for region in ["eu", "us"] {
            for number in 0..40 {
                names.push(format!(
                    "metrics:production:{region}:host-{number:03}:cpu:load"
                ));
            }
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for columns in [14, 20, 30] {
            let mut all = shown(&names, columns);
            all.sort();
            all.dedup();
            assert_eq!(all.len(), names.len(), "{columns}");
        }
    }

    #[test]
    fn a_few_letters_in_common_are_not_left_out() {
        let names = ["images:thumbnails", "inventory:stock", "inbox:new-orders"];
        assert_eq!(
            shown(&names[..2], 12),
            ["images…nails", "invent…stock"].map(str::to_owned)
        );
        for shown in shown(&names, 12) {
            assert!(shown.starts_with('i'), "{shown}");
        }
    }

    #[test]
    fn no_character_is_cut_in_half() {
        let names = ["kanal:für:größe:äöü-1:ende", "kanal:für:größe:äöé-2:ende"];
        for columns in 0..30 {
            for text in shown(&names, columns) {
                assert!(!text.contains("\\x"), "{text}");
            }
        }
    }
}
