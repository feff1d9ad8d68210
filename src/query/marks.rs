//! Highlighting of matches in a payload.

use std::ops::Range;

use regex::bytes::Regex;

use crate::payload::json;
use crate::query::expr::{Expr, Name, Term};

/// The maximum number of ranges to highlight in a payload.
pub const MOST_MARKS: usize = 1000;

/// The minimum number of bytes that may be searched exactly for a regular expression.
const MIN_EXACT: usize = 16 << 10;

/// The size, in bytes, of each window searched once the limit on exact searching is reached.
const WINDOW: usize = 256;

/// Returns the ranges of `payload` that match the positive terms of `root`, at most `most` per
/// term.
pub fn marks(root: &Expr, payload: &[u8], most: usize) -> Vec<Range<usize>> {
    let mut hits = text_hits(root, payload, most);
    let mut checked = None;
    root.positive_terms(false, &mut |term| {
        if let Term::Path(path) = term {
            let hit = path.find(payload);
            hits.extend(hit.filter(|_| *checked.get_or_insert_with(|| json::is_json(payload))));
        }
    });
    merged(hits)
}

/// Like [`marks`], for `text` that is not a payload, in which paths lead nowhere.
pub fn text_marks(root: &Expr, text: &[u8], most: usize) -> Vec<Range<usize>> {
    merged(text_hits(root, text, most))
}

/// Returns the ranges of `text` that match the positive text terms and regular expressions of
/// `root`.
fn text_hits(root: &Expr, text: &[u8], most: usize) -> Vec<Range<usize>> {
    let mut hits = Vec::new();
    root.positive_terms(false, &mut |term| match term {
        Term::Text(literal) | Term::Word(literal) | Term::RawText(literal) => {
            hits.extend(literal.find_iter(text).take(most));
        }
        Term::Regex(pattern) | Term::RawRegex(pattern) => {
            let found = Matches::new(pattern.regex(), text);
            hits.extend(found.filter(|hit| !hit.is_empty()).take(most));
        }
        _ => {}
    });
    hits
}

/// Returns the ranges of a channel's name that match the positive terms of `root`.
pub fn name_marks(root: &Expr, name: &[u8]) -> Vec<Range<usize>> {
    let mut hits = Vec::new();
    root.positive_terms(false, &mut |term| match term {
        Term::Word(literal) | Term::Channel(Name::Part(literal)) => {
            hits.extend(literal.find_iter(name).take(MOST_MARKS));
        }
        _ => {}
    });
    merged(hits)
}

/// The successive matches of a regular expression.
///
/// Finding the next match may require scanning the whole rest of the payload: `\d+ms|\d` looks for
/// an `ms` after each digit of a long run. Only a limited number of bytes is therefore searched
/// exactly. After that, the search proceeds window by window and may miss matches longer than a
/// window.
struct Matches<'a> {
    regex: &'a Regex,
    payload: &'a [u8],
    from: usize,
    /// The number of bytes that may still be searched exactly.
    exact: usize,
    /// The number of bytes searched so far.
    #[cfg(test)]
    searched: usize,
}

impl<'a> Matches<'a> {
    fn new(regex: &'a Regex, payload: &'a [u8]) -> Self {
        Self {
            regex,
            payload,
            from: 0,
            exact: MIN_EXACT.max(2 * payload.len()),
            #[cfg(test)]
            searched: 0,
        }
    }

    /// Returns the first match in the payload between `from` and `end`.
    fn find(&mut self, end: usize) -> Option<Range<usize>> {
        #[cfg(test)]
        {
            self.searched += end - self.from;
        }
        let found = self.regex.find_at(&self.payload[..end], self.from);
        found.map(|found| found.range())
    }

    fn advance_past(&mut self, hit: Range<usize>) -> Range<usize> {
        // Step past an empty match, so that the search makes progress.
        self.from = hit.end.max(hit.start + 1);
        hit
    }
}

impl Iterator for Matches<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let all = self.payload.len();
        while self.from <= all {
            let left = all - self.from;
            if let Some(rest) = self.exact.checked_sub(left) {
                self.exact = rest;
                return self.find(all).map(|hit| self.advance_past(hit));
            }
            let end = self.from + WINDOW.min(left);
            match self.find(end) {
                // The match ends with the window. In the whole payload it may be longer, or not
                // exist at all.
                Some(hit) if hit.end == end && end < all => {
                    self.from = hit.start.max(self.from + WINDOW / 2);
                }
                Some(hit) => return Some(self.advance_past(hit)),
                None if end == all => break,
                None => self.from += WINDOW / 2,
            }
        }
        None
    }
}

fn merged(mut hits: Vec<Range<usize>>) -> Vec<Range<usize>> {
    hits.sort_by_key(|hit| hit.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(hits.len().min(MOST_MARKS));
    for hit in hits {
        match merged.last_mut() {
            Some(last) if hit.start <= last.end => last.end = last.end.max(hit.end),
            _ => merged.push(hit),
        }
    }
    merged.truncate(MOST_MARKS);
    merged
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use super::*;

    /// Returns the matches and the number of bytes searched for them.
    fn found(regex: &str, payload: &[u8]) -> (Vec<Range<usize>>, usize) {
        let regex = Regex::new(regex).unwrap();
        let mut matches = Matches::new(&regex, payload);
        let found: Vec<_> = matches.by_ref().take(MOST_MARKS).collect();
        (found, matches.searched)
    }

    #[test]
    fn the_bytes_searched_do_not_grow_with_the_matches() {
        for (regex, is_found) in [
            (r"\d+ms|\d", true),
            (r"7*x|7", true),
            (r"(?:77)*8|7{3}", true),
            (r"7+x", false),
            (r"7{200}x|7{200}", true),
            (r"7{300}x|7{300}", true),
            ("", true),
        ] {
            for length in [1 << 10, 4 << 10, 4 << 20] {
                let (matches, searched) = found(regex, &vec![b'7'; length]);
                assert_eq!(!matches.is_empty(), is_found, "{regex}");
                // The limit is the sum for the exact search, the windows, which overlap by half,
                // and one window per match.
                let most = MIN_EXACT.max(2 * length) + 2 * length + (MOST_MARKS + 2) * WINDOW;
                assert!(searched <= most, "{regex} of {length}: {searched}");
            }
        }
    }

    #[test]
    fn short_matches_are_found_anywhere() {
        let payload = b"id=17 took 250ms, id=18 took 3ms; ".repeat(500);
        let regex = Regex::new(r"\d+ms|id=\d+\b|; $").unwrap();
        let all = regex.find_iter(&payload).map(|found| found.range());
        let all: Vec<_> = all.collect();
        let (found, _) = found(regex.as_str(), &payload);
        assert!(found.len() == MOST_MARKS && found[..] == all[..MOST_MARKS]);
        let matches = Matches::new(&regex, &payload);
        assert!(matches.eq(all));
    }
}
