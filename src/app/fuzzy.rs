//! Matching of names and sentences against typed text.

use std::ops::Range;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// A matcher for typed text. Every word of the text must match; uppercase makes a word
/// case-sensitive.
#[derive(Debug)]
pub struct Fuzzy {
    pattern: Pattern,
    matcher: Matcher,
    characters: Vec<char>,
    found: Vec<u32>,
}

impl Fuzzy {
    /// Creates a matcher for texts that contain the letters of each word in order, possibly with
    /// gaps.
    pub fn new(text: &str) -> Self {
        Self::of(text, AtomKind::Fuzzy)
    }

    /// Creates a matcher for texts that contain each word without gaps.
    pub fn without_gaps(text: &str) -> Self {
        Self::of(text, AtomKind::Substring)
    }

    fn of(text: &str, kind: AtomKind) -> Self {
        Self {
            pattern: Pattern::new(text, CaseMatching::Smart, Normalization::Smart, kind),
            matcher: Matcher::new(Config::DEFAULT),
            characters: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Returns how well `text` matches, higher for a better match, or `None` if it does not.
    pub fn score(&mut self, text: &str) -> Option<u32> {
        let text = Utf32Str::new(text, &mut self.characters);
        self.pattern.score(text, &mut self.matcher)
    }

    /// Returns the byte ranges of `text` that match, ascending, or `None` if it does not match.
    pub fn marks(&mut self, text: &str) -> Option<Vec<Range<usize>>> {
        self.found.clear();
        let characters = Utf32Str::new(text, &mut self.characters);
        self.pattern
            .indices(characters, &mut self.matcher, &mut self.found)?;
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
    fn a_match_at_the_start_of_a_word_scores_higher() {
        let mut fuzzy = Fuzzy::new("mute");
        let whole = fuzzy.score("mute the selected channel");
        let scattered = fuzzy.score("make the rows follow until the end");
        assert!(whole > scattered && scattered.is_some());
    }
}
