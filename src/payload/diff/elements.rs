//! Matching of the elements of two arrays.
//!
//! First, the elements of a common subsequence are matched; other elements with an equal
//! counterpart have moved. Then, between those matches, objects with the same id are matched.
//! Finally, the remaining elements between two matches are matched by position.

use super::align::{self, CommonValues, Effort, Pair};
use super::digest::Digest;
use super::hashed::Hashed;
use crate::payload::tree::NodeId;

/// The tree that contains an array, and the array's elements.
type Row<'a> = (&'a Hashed<'a>, &'a [NodeId]);

/// The matching elements of two arrays, by index.
pub struct Matches {
    /// Elements that are equal or have the same id, in the order of both arrays.
    pub pairs: Vec<Pair>,
    /// For each old element, whether it has moved.
    pub has_moved: Vec<bool>,
    /// For each new element, its old index if it has moved.
    pub origins: Vec<Option<usize>>,
}

impl Matches {
    /// Matches the elements of two arrays.
    pub fn of(old: Row<'_>, new: Row<'_>, effort: &mut Effort) -> Self {
        let digests = |(tree, ids): Row<'_>| -> Vec<Digest> {
            ids.iter().map(|id| tree.digests[id.0 as usize]).collect()
        };
        let (left, right) = (digests(old), digests(new));
        let mut matches = Self {
            pairs: align::align(&left, &right, effort),
            has_moved: vec![false; left.len()],
            origins: vec![None; right.len()],
        };
        matches.find_moves(&left, &right);
        matches.find_ids(old, new, effort);
        matches
    }

    fn find_moves(&mut self, old: &[Digest], new: &[Digest]) {
        let (mut left, mut right) = (vec![true; old.len()], vec![true; new.len()]);
        for (old, new) in &self.pairs {
            left[*old] = false;
            right[*new] = false;
        }
        let left = (0..old.len()).filter(|index| left[*index]);
        let right = (0..new.len()).filter(|index| right[*index]);
        for (from, to) in CommonValues::of(old, left, new, right).one_to_one() {
            self.has_moved[from] = true;
            self.origins[to] = Some(from);
        }
    }

    /// Pairs objects with the same id that are between two equal elements.
    fn find_ids(&mut self, old: Row<'_>, new: Row<'_>, effort: &mut Effort) {
        let mut alike = Vec::new();
        let mut at = (0, 0);
        let end = (old.1.len(), new.1.len());
        for (left, right) in self.pairs.iter().copied().chain([end]) {
            let before = (at.0..left).filter(|old| !self.has_moved[*old]);
            let (before, ids) = with_ids(old, before);
            let after = (at.1..right).filter(|new| self.origins[*new].is_none());
            let (after, new_ids) = with_ids(new, after);
            let common = align::align(&ids, &new_ids, effort);
            alike.extend(common.iter().map(|(old, new)| (before[*old], after[*new])));
            at = (left + 1, right + 1);
        }
        self.pairs.extend(alike);
        self.pairs.sort_unstable();
    }
}

/// Returns the indexes of those elements at `indexes` that have an id, and their ids.
fn with_ids(
    (tree, elements): Row<'_>,
    indexes: impl Iterator<Item = usize>,
) -> (Vec<usize>, Vec<Digest>) {
    indexes
        .filter_map(|index| Some((index, tree.id(elements[index])?)))
        .unzip()
}
