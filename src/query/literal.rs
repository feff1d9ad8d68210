//! Text search in single payloads and in arenas of payloads.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem::Finder;
use memchr::{memchr_iter, memchr2_iter};
use regex::bytes::{Regex, RegexBuilder};
use unicode_normalization::char::is_combining_mark;

use super::equivalence::{composed, either_form};

/// Text to search for: case-sensitive if it contains an uppercase letter, else case-insensitive by
/// Unicode simple case folding. In ASCII text, only A to Z have case, so `k` does not match the
/// Kelvin sign. Characters match in composed and in decomposed form.
#[derive(Clone, Debug)]
pub struct Literal {
    text: Arc<[u8]>,
    search: Search,
}

#[derive(Clone, Debug)]
enum Search {
    Exact(Arc<Finder<'static>>),
    /// Case-insensitive ASCII search; `text` is in lowercase.
    Ascii(Anchor),
    /// Like `Ascii`, but first searches for the longest part without letters, which is at this
    /// offset in `text`.
    Part(usize, Arc<Finder<'static>>),
    Unicode(Regex),
}

/// The byte of the text that is probably the rarest and is therefore searched for first.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    at: usize,
    lower: u8,
    upper: u8,
}

impl Literal {
    /// Creates a literal from `bytes`, which need not be UTF-8.
    pub fn new(bytes: &[u8]) -> Self {
        let chars = || bytes.utf8_chunks().flat_map(|chunk| chunk.valid().chars());
        let exact = || Search::Exact(Arc::new(Finder::new(bytes).into_owned()));
        let is_exact = chars().any(char::is_uppercase) || !chars().any(has_case);
        let search = if is_exact && !chars().any(has_forms) {
            exact()
        } else if bytes.is_ascii() {
            ascii(bytes)
        } else {
            pattern(bytes, !is_exact).map_or_else(exact, Search::Unicode)
        };
        let text = bytes.into();
        Self { text, search }
    }

    /// Returns the text as written.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Returns the range of the first match in `haystack`. Empty text matches at the start.
    pub fn find(&self, haystack: &[u8]) -> Option<Range<usize>> {
        let start = match &self.search {
            Search::Exact(finder) => finder.find(haystack)?,
            Search::Ascii(anchor) => anchor.find(&self.text, haystack)?,
            Search::Part(at, part) => find_part(&self.text, *at, part, haystack)?,
            Search::Unicode(regex) => return regex.find(haystack).map(|found| found.range()),
        };
        Some(start..start + self.text.len())
    }

    /// Returns the ranges of the successive matches in `haystack`; none if the text is empty.
    pub fn find_iter(&self, haystack: &[u8]) -> impl Iterator<Item = Range<usize>> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let hit = self.find(haystack.get(from..)?)?;
            let hit = hit.start + from..hit.end + from;
            from = hit.end;
            (!hit.is_empty()).then_some(hit)
        })
    }
}

/// Returns whether the character has an uppercase form.
fn has_case(letter: char) -> bool {
    letter.to_uppercase().ne([letter])
}

/// Returns whether the character is composed, or combines with the one before it.
fn has_forms(letter: char) -> bool {
    either_form(letter).is_some() || is_combining_mark(letter)
}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Returns the search for case-insensitive ASCII text. It starts with the longest part of four or
/// more bytes without letters, if there is one: the part can be found at the speed of an exact
/// search, and it rarely occurs without the rest of the text. A shorter part may occur in every
/// message.
fn ascii(text: &[u8]) -> Search {
    let is_letter = u8::is_ascii_alphabetic;
    let parts = text.chunk_by(|a, b| is_letter(a) == is_letter(b));
    let parts = parts.scan(0, |end, part| {
        let start = *end;
        *end += part.len();
        Some((start, part))
    });
    let long = parts.filter(|(_, part)| part.len() >= 4 && !is_letter(&part[0]));
    long.max_by_key(|(_, part)| part.len()).map_or_else(
        || Search::Ascii(Anchor::of(text)),
        |(at, part)| Search::Part(at, Arc::new(Finder::new(part).into_owned())),
    )
}

/// Returns the offset of the first match of `text` in `haystack`, found by searching for `part`,
/// which is at offset `at` in `text`.
fn find_part(text: &[u8], at: usize, part: &Finder, haystack: &[u8]) -> Option<usize> {
    let mut from = at;
    // Matches of `part` may overlap.
    while let Some(hit) = part.find(haystack.get(from..)?) {
        let start = from + hit - at;
        let here = haystack.get(start..start + text.len())?;
        if here.eq_ignore_ascii_case(text) {
            return Some(start);
        }
        from += hit + 1;
    }
    None
}

/// Returns a regular expression for `bytes`, with Unicode case folding if `is_insensitive`.
fn pattern(bytes: &[u8], is_insensitive: bool) -> Option<Regex> {
    let mut pattern = String::new();
    for chunk in bytes.utf8_chunks() {
        for letter in composed(chunk.valid()).chars() {
            let form = either_form(letter);
            pattern += &form.unwrap_or_else(|| regex::escape(letter.encode_utf8(&mut [0; 4])));
        }
        for byte in chunk.invalid() {
            pattern.extend(["(?-u:", &byte.escape_ascii().to_string(), ")"]);
        }
    }
    RegexBuilder::new(&pattern)
        .case_insensitive(is_insensitive)
        .size_limit(64 << 20)
        .build()
        .ok()
}

impl Anchor {
    fn of(text: &[u8]) -> Self {
        let bytes = text.iter().enumerate();
        let rarest = bytes.min_by_key(|(_, byte)| commonness(**byte));
        let (at, lower) = rarest.map_or((0, 0), |(at, byte)| (at, *byte));
        Self {
            at,
            lower,
            upper: lower.to_ascii_uppercase(),
        }
    }

    fn find(self, text: &[u8], haystack: &[u8]) -> Option<usize> {
        let last_start = haystack.len().checked_sub(text.len())?;
        let within = &haystack[self.at..=last_start + self.at];
        let fits = |start: &usize| haystack[*start..*start + text.len()].eq_ignore_ascii_case(text);
        if self.lower == self.upper {
            memchr_iter(self.lower, within).find(fits)
        } else {
            memchr2_iter(self.lower, self.upper, within).find(fits)
        }
    }
}

/// Returns a rough rank of how common a byte is in typical JSON messages, from 0 for the rarest.
fn commonness(byte: u8) -> usize {
    const ORDER: &[u8] =
        b"zqjxkwvbyfgmphducl~^`@#%&*!?;<>|$+=()'\\\r[]nsiortae{}/_9876543-. 210:,\n\t\"";
    ORDER.iter().position(|other| *other == byte).unwrap_or(0)
}
