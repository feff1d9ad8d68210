//! A byte-by-byte diff of two payloads.

use std::ops::Range;

/// The maximum number of separate differing stretches.
pub const MAX_STRETCHES: usize = 10_000;

/// Differences that are separated by fewer equal bytes than this are merged.
const CLOSE: usize = 4;

/// The number of bytes that are compared at once.
const BLOCK: usize = 4096;

/// The parts of two payloads between their common prefix and their common suffix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The part of the old payload.
    pub old: Range<usize>,
    /// The part of the new payload.
    pub new: Range<usize>,
}

impl Ends {
    /// Compares arbitrary bytes.
    pub fn of(old: &[u8], new: &[u8]) -> Self {
        let prefix = common_prefix(old, new);
        let suffix = common_suffix(&old[prefix..], &new[prefix..]);
        Self {
            old: prefix..old.len() - suffix,
            new: prefix..new.len() - suffix,
        }
    }

    /// Compares two strings, without splitting characters.
    pub fn of_texts(old: &str, new: &str) -> Self {
        let mut ends = Self::of(old.as_bytes(), new.as_bytes());
        while !old.is_char_boundary(ends.old.start) || !new.is_char_boundary(ends.new.start) {
            ends.old.start -= 1;
            ends.new.start -= 1;
        }
        while !old.is_char_boundary(ends.old.end) || !new.is_char_boundary(ends.new.end) {
            ends.old.end += 1;
            ends.new.end += 1;
        }
        ends
    }

    /// Returns whether the payloads are equal.
    pub fn is_same(&self) -> bool {
        self.old.is_empty() && self.new.is_empty()
    }
}

/// The differences between the bytes of two payloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes {
    /// The range from the first to the last difference.
    pub ends: Ends,
    /// The differing stretches, ascending. In payloads of equal length, bytes at the same offset
    /// are compared, so both ranges of a stretch are the same. Otherwise there is a single stretch,
    /// between the common prefix and suffix, and one of its ranges may be empty.
    pub stretches: Vec<Ends>,
    /// If there are more than [`MAX_STRETCHES`] differences, the start of the last stretch, which
    /// then covers all the remaining ones.
    pub cut_at: Option<usize>,
}

/// Compares arbitrary bytes.
pub fn compare(old: &[u8], new: &[u8]) -> Bytes {
    let ends = Ends::of(old, new);
    let mut cut_at = None;
    let stretches = if old.len() == new.len() {
        let mut ranges = differences(old, new, &ends.old);
        let last = ranges.get_mut(MAX_STRETCHES - 1);
        if let Some(last) = last.filter(|last| last.end < ends.old.end) {
            cut_at = Some(last.start);
            last.end = ends.old.end;
        }
        ranges.truncate(MAX_STRETCHES);
        let both = |range: Range<usize>| Ends {
            old: range.clone(),
            new: range,
        };
        ranges.into_iter().map(both).collect()
    } else {
        vec![ends.clone()]
    };
    Bytes {
        ends,
        stretches,
        cut_at,
    }
}

/// Returns the ranges in `within` where two payloads of the same length differ, but at most
/// [`MAX_STRETCHES`] + 1 ranges.
fn differences(old: &[u8], new: &[u8], within: &Range<usize>) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut at = within.start;
    while at < within.end && ranges.len() <= MAX_STRETCHES {
        let same = common_prefix(&old[at..within.end], &new[at..within.end]);
        let start = at + same;
        let pairs = old[start..within.end].iter().zip(&new[start..within.end]);
        let end = start + pairs.take_while(|(old, new)| old != new).count();
        match ranges.last_mut() {
            Some(last) if start - last.end < CLOSE => last.end = end,
            _ => ranges.push(start..end),
        }
        at = end;
    }
    ranges
}

fn common_prefix(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.chunks_exact(BLOCK).zip(new.chunks_exact(BLOCK));
    let start = BLOCK * blocks.take_while(|(old, new)| old == new).count();
    let rest = old[start..].iter().zip(&new[start..]);
    start + rest.take_while(|(old, new)| old == new).count()
}

fn common_suffix(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.rchunks_exact(BLOCK).zip(new.rchunks_exact(BLOCK));
    let length = BLOCK * blocks.take_while(|(old, new)| old == new).count();
    let old = old[..old.len() - length].iter().rev();
    let new = new[..new.len() - length].iter().rev();
    length + old.zip(new).take_while(|(old, new)| old == new).count()
}
