//! The common subsequence of two sequences of values.

use std::ops::Range;

use super::digest::Digest;

/// The budget of a comparison for alignments that take more than near-linear time, measured in
/// pairs of equal values to examine.
const EFFORT: usize = 1 << 20;

/// The number of pairs per value that are examined without using the budget.
const FREE_PAIRS: usize = 2;

/// The index of a value in the old sequence and that of an equal value in the new one.
pub type Pair = (usize, usize);

/// The remaining alignment budget of a comparison. The default is an empty budget, for comparisons
/// that must be quick.
#[derive(Debug, Default)]
pub struct Effort {
    left: usize,
    /// Whether the budget ran out, so that some common subsequences are not the longest.
    pub is_spent: bool,
}

impl Effort {
    /// Returns the full budget for one comparison.
    pub fn new() -> Self {
        Self {
            left: EFFORT,
            is_spent: false,
        }
    }

    fn take(&mut self, work: usize) -> bool {
        let left = self.left.checked_sub(work);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

/// A range of the old sequence and a range of the new one.
pub struct Spans {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

impl Spans {
    fn of(old: Range<usize>, new: Range<usize>) -> Self {
        Self { old, new }
    }

    fn pairs(&self) -> usize {
        self.old.len().saturating_mul(self.new.len())
    }
}

/// Returns a common subsequence of `old` and `new`, ascending. It is the longest one unless finding
/// that would exceed the budget. In that case, it is built around values that occur once in both,
/// or, if there are none, consists of equal values at equal positions.
pub fn align(old: &[Digest], new: &[Digest], effort: &mut Effort) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut stretches = vec![Spans::of(0..old.len(), 0..new.len())];
    while let Some(stretch) = stretches.pop() {
        let middle = trim(old, new, stretch, &mut pairs);
        if !middle.old.is_empty() && !middle.new.is_empty() {
            align_stretch(old, new, &middle, effort, &mut pairs, &mut stretches);
        }
    }
    pairs.sort_unstable();
    pairs
}

/// Moves the pairs of equal values at the start and at the end of `stretch` to `pairs`. Returns
/// what is left in between.
fn trim(old: &[Digest], new: &[Digest], stretch: Spans, pairs: &mut Vec<Pair>) -> Spans {
    let (mut left, mut right) = (stretch.old, stretch.new);
    while !left.is_empty() && !right.is_empty() && old[left.start] == new[right.start] {
        pairs.push((left.start, right.start));
        left.start += 1;
        right.start += 1;
    }
    while !left.is_empty() && !right.is_empty() && old[left.end - 1] == new[right.end - 1] {
        left.end -= 1;
        right.end -= 1;
        pairs.push((left.end, right.end));
    }
    Spans::of(left, right)
}

fn align_stretch(
    old: &[Digest],
    new: &[Digest],
    stretch: &Spans,
    effort: &mut Effort,
    pairs: &mut Vec<Pair>,
    stretches: &mut Vec<Spans>,
) {
    let common = CommonValues::of(old, stretch.old.clone(), new, stretch.new.clone());
    let free = FREE_PAIRS * (stretch.old.len() + stretch.new.len());
    let cost = common.groups.iter().map(Spans::pairs).sum();
    if cost <= free || effort.take(cost) {
        pairs.extend(common.longest_chain(stretch, |_| true));
        return;
    }
    let has_anchors = common.groups.iter().any(|group| group.pairs() == 1);
    if has_anchors && effort.take(stretch.old.len() + stretch.new.len()) {
        let mut at = (stretch.old.start, stretch.new.start);
        let anchors = common.longest_chain(stretch, |group| group.pairs() == 1);
        for (left, right) in anchors {
            pairs.push((left, right));
            stretches.push(Spans::of(at.0..left, at.1..right));
            at = (left + 1, right + 1);
        }
        stretches.push(Spans::of(at.0..stretch.old.end, at.1..stretch.new.end));
        return;
    }
    effort.is_spent = true;
    let places = stretch.old.clone().zip(stretch.new.clone());
    pairs.extend(places.filter(|(left, right)| old[*left] == new[*right]));
}

/// The equal values of two sequences, in any order.
pub struct CommonValues {
    /// The indexes of the old values, grouped by value, in order within a group.
    pub old: Vec<usize>,
    /// The indexes of the new values, grouped in the same way.
    pub new: Vec<usize>,
    /// The groups of equal values, as non-empty ranges of `old` and `new`.
    pub groups: Vec<Spans>,
}

impl CommonValues {
    /// Groups the values that occur both in `old` at the indexes `left` and in `new` at the indexes
    /// `right`.
    pub fn of(
        old: &[Digest],
        left: impl Iterator<Item = usize>,
        new: &[Digest],
        right: impl Iterator<Item = usize>,
    ) -> Self {
        let (left, right) = (sorted(old, left), sorted(new, right));
        let run = |order: &[(Digest, usize)], start: usize| {
            let rest = order[start..].iter();
            let equal = rest.take_while(|(digest, _)| *digest == order[start].0);
            start..start + equal.count()
        };
        let mut groups = Vec::new();
        let (mut left_at, mut right_at) = (0, 0);
        while left_at < left.len() && right_at < right.len() {
            let ours = run(&left, left_at);
            let theirs = run(&right, right_at);
            let order = left[left_at].0.cmp(&right[right_at].0);
            if order.is_le() {
                left_at = ours.end;
            }
            if order.is_ge() {
                right_at = theirs.end;
            }
            if order.is_eq() {
                groups.push(Spans::of(ours, theirs));
            }
        }
        Self {
            old: left.into_iter().map(|(_, index)| index).collect(),
            new: right.into_iter().map(|(_, index)| index).collect(),
            groups,
        }
    }

    /// Returns pairs of equal values: in each group, the first old value with the first new one,
    /// and so on until one side has no more.
    pub fn one_to_one(&self) -> impl Iterator<Item = Pair> {
        self.groups.iter().flat_map(|group| {
            let left = self.old[group.old.clone()].iter();
            left.copied()
                .zip(self.new[group.new.clone()].iter().copied())
        })
    }

    /// Returns the longest chain of pairs of equal values, ascending on both sides, from the groups
    /// that are `eligible`. Algorithm: Hunt and Szymanski, A fast algorithm for computing longest
    /// common subsequences (1977).
    fn longest_chain(&self, stretch: &Spans, eligible: impl Fn(&Spans) -> bool) -> Vec<Pair> {
        // For each old value, the range of equal values in `self.new`.
        let mut equals = vec![0..0; stretch.old.len()];
        for group in self.groups.iter().filter(|group| eligible(group)) {
            for index in &self.old[group.old.clone()] {
                equals[index - stretch.old.start] = group.new.clone();
            }
        }
        let mut links: Vec<Link> = Vec::new();
        // For each chain length, the last link of the chain that ends earliest in the new sequence.
        let mut ends: Vec<usize> = Vec::new();
        for (left, equal) in stretch.old.clone().zip(equals) {
            // In descending order, so that one chain never uses the same old value twice.
            for right in self.new[equal].iter().rev().copied() {
                let length = ends.partition_point(|end| links[*end].pair.1 < right);
                let before = length.checked_sub(1).map(|shorter| ends[shorter]);
                let link = links.len();
                match ends.get_mut(length) {
                    Some(end) if links[*end].pair.1 == right => continue,
                    Some(end) => *end = link,
                    None => ends.push(link),
                }
                let pair = (left, right);
                links.push(Link { pair, before });
            }
        }
        let mut chain = Vec::with_capacity(ends.len());
        let mut next = ends.last().copied();
        while let Some(link) = next.map(|link| &links[link]) {
            chain.push(link.pair);
            next = link.before;
        }
        chain.reverse();
        chain
    }
}

/// A pair in a chain, and the link before it.
struct Link {
    pair: Pair,
    before: Option<usize>,
}

/// Returns the values at `indexes` with their indexes, sorted by value and then by index.
fn sorted(row: &[Digest], indexes: impl Iterator<Item = usize>) -> Vec<(Digest, usize)> {
    let mut sorted: Vec<_> = indexes.map(|index| (row[index], index)).collect();
    sorted.sort_unstable();
    sorted
}

#[cfg(test)]
mod tests;
