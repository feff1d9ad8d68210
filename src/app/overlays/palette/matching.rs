//! Which actions and commands match the typed text, and how well.

use std::iter;
use std::ops::Range;

use crate::app::fuzzy::misspelled;

/// How well a line matches. Better ones compare as less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The text is its name or its key.
    Exact,
    /// Its name starts with the text.
    Name,
    /// Words of its name start with the text or, letter by letter, with parts of it: `np` for
    /// `next-pane`.
    NameWords,
    /// The text occurs in the entry's sentence, starting at the beginning of a word.
    Phrase,
    /// Each word of the text starts a word of it.
    Words,
    /// Each word of the text is a part of it.
    Parts,
}

/// The typed text. Case does not matter, except in a key.
#[derive(Debug)]
pub(super) struct Typed<'a> {
    whole: &'a str,
    text: String,
    /// The text as a part of a name, in which words are joined by hyphens.
    name: String,
}

impl<'a> Typed<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let whole = text.trim();
        let text = whole.to_ascii_lowercase();
        let name = text.split_whitespace().collect::<Vec<_>>().join("-");
        Self { whole, text, name }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }

    /// Returns whether the text is this key.
    pub(super) fn is(&self, key: &str) -> bool {
        self.whole == key
    }

    /// Returns the byte range of `name` that the text is a misspelling of: the start of the name, or
    /// of a later word of it.
    pub(super) fn misspells(&self, name: &str) -> Option<Range<usize>> {
        let later = name.match_indices('-').map(|(at, _)| at + 1);
        let mut starts = iter::once(0).chain(later);
        starts.find_map(|start| {
            let (_, length) = misspelled(&self.name, &name[start..])?;
            Some(start..start + length)
        })
    }

    /// Returns how well a line matches, and the byte ranges of it that do, ascending. `line` starts
    /// with its `name`; `hint` is another text that it is found by.
    pub(super) fn find(
        &self,
        name: &str,
        line: &str,
        hint: &str,
    ) -> Option<(Rank, Vec<Range<usize>>)> {
        let (line, hint) = (line.to_ascii_lowercase(), hint.to_ascii_lowercase());
        let start = || mark(0, &self.name);
        if name == self.name {
            return Some((Rank::Exact, start()));
        }
        if name.starts_with(&self.name) {
            return Some((Rank::Name, start()));
        }
        if let Some(marks) = in_words(&self.name, name) {
            return Some((Rank::NameWords, marks));
        }
        if let Some(at) = word_start(&line, &self.text) {
            return Some((Rank::Phrase, mark(at, &self.text)));
        }
        if word_start(&hint, &self.text).is_some() {
            return Some((Rank::Phrase, Vec::new()));
        }
        let words = || self.text.split_whitespace();
        let each = |find: &dyn Fn(&str, &str) -> Option<usize>| {
            let mut marks = Vec::new();
            for word in words() {
                match find(&line, word) {
                    Some(at) => marks.push(at..at + word.len()),
                    None => drop(find(&hint, word)?),
                }
            }
            marks.sort_unstable_by_key(|mark| mark.start);
            Some(merged(marks))
        };
        if let Some(marks) = each(&word_start) {
            return Some((Rank::Words, marks));
        }
        let marks = each(&|text, word| text.find(word))?;
        Some((Rank::Parts, marks))
    }
}

/// Returns where `part` first starts a word of `text`.
fn word_start(text: &str, part: &str) -> Option<usize> {
    let is_start = |at: &usize| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric())
    };
    text.match_indices(part).map(|(at, _)| at).find(is_start)
}

/// Returns the marks of one match, of `text` at `at`.
pub(super) fn mark(at: usize, text: &str) -> Vec<Range<usize>> {
    iter::once(at..at + text.len()).collect()
}

/// Returns the parts of `name` that spell `typed`: each of them starts a word of the name.
fn in_words(typed: &str, name: &str) -> Option<Vec<Range<usize>>> {
    let starts = name.match_indices('-').map(|(at, _)| at + 1);
    let starts: Vec<usize> = [0].into_iter().chain(starts).collect();
    spelled(typed, name, &starts)
}

fn spelled(typed: &str, name: &str, starts: &[usize]) -> Option<Vec<Range<usize>>> {
    if typed.is_empty() {
        return Some(Vec::new());
    }
    for (number, start) in starts.iter().copied().enumerate() {
        let same = name[start..].bytes().zip(typed.bytes());
        let longest = same.take_while(|(one, other)| one == other).count();
        // A long part may take what the next word needs.
        for length in (1..=longest).rev() {
            let Some(rest) = typed.get(length..) else {
                continue;
            };
            let rest = rest.strip_prefix('-').unwrap_or(rest);
            let later = &starts[number + 1..];
            let later = &later[later.partition_point(|next| *next < start + length)..];
            if let Some(marks) = spelled(rest, name, later) {
                let own = start..start + length;
                return Some([vec![own], marks].concat());
            }
        }
    }
    None
}

/// Joins ranges that overlap or touch. They are sorted by their starts.
fn merged(ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "toggle-mute";
    const LINE: &str = "toggle-mute · mute the channel, branch or pattern, or show it again";

    fn found(typed: &str) -> Option<(Rank, String)> {
        let (rank, marks) = Typed::new(typed).find(NAME, LINE, "silence")?;
        let marks: Vec<&str> = marks.into_iter().map(|mark| &LINE[mark]).collect();
        Some((rank, marks.join("|")))
    }

    #[test]
    fn names_come_before_sentences_and_starts_of_words_before_parts() {
        for (typed, rank, marked) in [
            ("toggle-mute", Rank::Exact, "toggle-mute"),
            ("Toggle mute", Rank::Exact, "toggle-mute"),
            ("togg", Rank::Name, "togg"),
            ("mut", Rank::NameWords, "mut"),
            ("tm", Rank::NameWords, "t|m"),
            ("togmu", Rank::NameWords, "tog|mu"),
            ("mute the ch", Rank::Phrase, "mute the ch"),
            ("sil", Rank::Phrase, ""),
            ("branch mute", Rank::Words, "mute|branch"),
            ("pat bran", Rank::Words, "bran|pat"),
            ("annel", Rank::Parts, "annel"),
        ] {
            assert_eq!(found(typed), Some((rank, marked.to_owned())), "{typed}");
        }
    }

    #[test]
    fn one_typo_in_four_letters_is_forgiven() {
        for (typed, name, found) in [
            ("filtr", "filter", Some("filter")),
            ("fitler", "filter", Some("filter")),
            ("filterr", "filter", Some("filter")),
            ("subscirbe", "subscribe", Some("subscribe")),
            ("exprot", "export", Some("export")),
            ("mtue", "toggle-mute", Some("mute")),
            ("togle-m", "toggle-mute", Some("toggle-m")),
            ("xilt", "filter", Some("filt")),
            ("xil", "filter", None),
            ("fxltxr", "filter", None),
            ("", "filter", None),
            ("écran", "filter", None),
        ] {
            let range = Typed::new(typed).misspells(name);
            assert_eq!(range.map(|range| &name[range]), found, "{typed}");
        }
    }

    #[test]
    fn scattered_letters_do_not_match() {
        for typed in ["mutbra", "tle", "ttte", "mute zoom", "mc", "gt"] {
            let found = found(typed).filter(|(rank, _)| *rank < Rank::Parts);
            assert_eq!(found, None, "{typed}");
        }
        assert_eq!(found("mtcb"), None);
    }

    #[test]
    fn no_text_splits_a_character_or_takes_long() {
        let name = "a-a-a-a-a-a-a-a-a-a-a-a";
        for typed in ["é", "·", "aé", &"a".repeat(40), &"a ".repeat(40), ""] {
            let _ = Typed::new(typed).find(name, &format!("{name} · é"), "é");
        }
    }
}
