//! Matching of names and sentences against typed text.

use std::cmp::Reverse;
use std::ops::Range;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// What a match without gaps scores more than one with gaps, which never scores this much.
const WITHOUT_GAPS: u32 = 1 << 24;

/// A matcher for typed text. Every word of the text must match; uppercase makes a word
/// case-sensitive.
#[derive(Debug)]
pub struct Fuzzy {
    /// Matches each word without gaps.
    whole: Pattern,
    /// Matches each word with gaps, if these are allowed.
    scattered: Option<Pattern>,
    matcher: Matcher,
    characters: Vec<char>,
    found: Vec<u32>,
}

impl Fuzzy {
    /// Creates a matcher for texts that contain the letters of each word in order, possibly with
    /// gaps.
    pub fn new(text: &str) -> Self {
        Self {
            scattered: Some(pattern(text, AtomKind::Fuzzy)),
            ..Self::without_gaps(text)
        }
    }

    /// Creates a matcher for texts that contain each word without gaps.
    pub fn without_gaps(text: &str) -> Self {
        Self {
            whole: pattern(text, AtomKind::Substring),
            scattered: None,
            matcher: Matcher::new(Config::DEFAULT),
            characters: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Returns how well `text` matches, higher for a better match, or `None` if it does not. A match
    /// without gaps is better than any with gaps, wherever the letters are.
    pub fn score(&mut self, text: &str) -> Option<u32> {
        let text = Utf32Str::new(text, &mut self.characters);
        if let Some(score) = self.whole.score(text, &mut self.matcher) {
            return Some(score.saturating_add(WITHOUT_GAPS));
        }
        let scattered = self.scattered.as_ref()?;
        scattered.score(text, &mut self.matcher)
    }

    /// Returns the byte ranges of `text` that match, ascending, or `None` if it does not match.
    pub fn marks(&mut self, text: &str) -> Option<Vec<Range<usize>>> {
        self.found.clear();
        let characters = Utf32Str::new(text, &mut self.characters);
        let (matcher, found) = (&mut self.matcher, &mut self.found);
        if self.whole.indices(characters, matcher, found).is_none() {
            found.clear();
            let scattered = self.scattered.as_ref()?;
            scattered.indices(characters, matcher, found)?;
        }
        self.found.sort_unstable();
        self.found.dedup();
        let mut found = self.found.iter().map(|at| *at as usize).peekable();
        let mut marks: Vec<Range<usize>> = Vec::new();
        for (number, (start, character)) in text.char_indices().enumerate() {
            if found.next_if_eq(&number).is_none() {
                continue;
            }
            let end = start + character.len_utf8();
            match marks.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => marks.push(start..end),
            }
        }
        Some(marks)
    }
}

fn pattern(text: &str, kind: AtomKind) -> Pattern {
    Pattern::new(text, CaseMatching::Smart, Normalization::Smart, kind)
}

/// Letters of a typed text for each typo that it may have.
const LETTERS_PER_TYPO: usize = 4;

/// Returns the number of typos in `typed` and the length in bytes of the start of `name` that it
/// is a misspelling of. A typo is a letter too many, too few or wrong, or two swapped; one is
/// allowed for every four letters.
pub fn misspelled(typed: &str, name: &str) -> Option<(usize, usize)> {
    let letters = typed.chars().count();
    let most = letters / LETTERS_PER_TYPO;
    let ends = name.char_indices().enumerate();
    let starts = ends.filter_map(|(index, (at, letter))| {
        let is_near = letters.abs_diff(index + 1) <= most;
        is_near.then_some(at + letter.len_utf8())
    });
    let starts = starts.map(|end| (strsim::osa_distance(typed, &name[..end]), end));
    // Of equally similar ones, the longest is the most complete.
    let nearest = starts.min_by_key(|(typos, end)| (*typos, Reverse(*end)));
    nearest.filter(|(typos, _)| *typos <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(mut fuzzy: Fuzzy, text: &str) -> Option<String> {
        let marks = fuzzy.marks(text)?;
        let parts: Vec<&str> = marks.into_iter().map(|range| &text[range]).collect();
        Some(parts.join("|"))
    }

    #[test]
    fn letters_match_in_order_with_gaps() {
        for (typed, text, found) in [
            ("ordcr", "orders:created", Some("ord|cr")),
            ("crord", "orders:created", None),
            ("cr ord", "orders:created", Some("ord|cr")),
            ("ORD", "orders", None),
            ("ord", "ORDERS", Some("ORD")),
            ("é2", "café:é:2", Some("é|2")),
            ("", "anything", Some("")),
        ] {
            assert_eq!(marked(Fuzzy::new(typed), text).as_deref(), found, "{typed}");
        }
    }

    #[test]
    fn words_match_without_gaps() {
        for (typed, text, found) in [
            ("half page", "half a page down", Some("half|page")),
            ("hfpg", "half a page down", None),
            ("漢", "a漢字", Some("漢")),
        ] {
            let fuzzy = Fuzzy::without_gaps(typed);
            assert_eq!(marked(fuzzy, text).as_deref(), found, "{typed}");
        }
    }

    #[test]
    fn a_match_without_gaps_scores_higher_than_letters_at_the_starts_of_words() {
        let mut fuzzy = Fuzzy::new("4237");
        let whole = fuzzy.score("celery-task-meta-9f04237a-11aa-4bcd-8e5f-0123456789ab");
        let scattered = fuzzy.score("celery-task-meta-4a-2b-3c-7d");
        assert!(whole > scattered && scattered.is_some());
        let marks = marked(fuzzy, "a-4b-2c-3d-7e-x4237x");
        assert_eq!(marks.as_deref(), Some("4237"));
    }

    #[test]
    fn a_match_at_the_start_of_a_word_scores_higher() {
        let mut fuzzy = Fuzzy::new("mute");
        let whole = fuzzy.score("mute the selected channel");
        let scattered = fuzzy.score("make the rows follow until the end");
        assert!(whole > scattered && scattered.is_some());
    }
}
