//! The differences between two short strings, by words or smaller parts.

use std::ops::Range;

use super::align::{self, Effort};
use super::bytes::Ends;
use super::digest::{Digest, Digester};

/// Returns the byte ranges of the old text that are not in the new one, and vice versa, ascending.
/// No character is split.
pub fn changed_within(old: &str, new: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    changed(old, new, &Digester::default(), &mut Effort::new())
}

/// Like [`changed_within`], but takes time that hardly depends on the contents, at the cost of
/// larger ranges.
pub fn changed_quickly(old: &str, new: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    changed(old, new, &Digester::default(), &mut Effort::default())
}

/// Like [`changed_within`], within the remaining budget of a larger comparison.
pub fn changed(
    old: &str,
    new: &str,
    digester: &Digester,
    effort: &mut Effort,
) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let (left, right) = (words(old), words(new));
    let digests = |text: &str, words: &[Range<usize>]| -> Vec<Digest> {
        let words = words.iter();
        words
            .map(|word| digester.of_text(&text[word.clone()]))
            .collect()
    };
    let common = align::align(&digests(old, &left), &digests(new, &right), effort);
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    let mut at = (0, 0);
    let words = common.into_iter().map(|(this, that)| {
        let (this, that) = (&left[this], &right[that]);
        (this.start, this.end, that.start, that.end)
    });
    let end = (old.len(), old.len(), new.len(), new.len());
    for (old_start, old_end, new_start, new_end) in words.chain([end]) {
        let ends = Ends::of_texts(&old[at.0..old_start], &new[at.1..new_start]);
        push(&mut removed, at.0, ends.old);
        push(&mut added, at.1, ends.new);
        at = (old_end, new_end);
    }
    (removed, added)
}

fn push(ranges: &mut Vec<Range<usize>>, origin: usize, range: Range<usize>) {
    if !range.is_empty() {
        ranges.push(origin + range.start..origin + range.end);
    }
}

/// Splits text into words, stretches of whitespace between them, and other single characters.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut before = Class::Single;
    for (start, letter) in text.char_indices() {
        let class = Class::of(letter);
        let end = start + letter.len_utf8();
        match words.last_mut() {
            Some(word) if class == before && class != Class::Single => word.end = end,
            _ => words.push(start..end),
        }
        before = class;
    }
    words
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Space,
    Single,
}

impl Class {
    fn of(letter: char) -> Self {
        if letter.is_alphanumeric() || letter == '_' {
            Self::Word
        } else if letter.is_whitespace() {
            Self::Space
        } else {
            Self::Single
        }
    }
}
