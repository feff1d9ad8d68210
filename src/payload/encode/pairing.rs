//! Which old value each edited one takes the place of.

use std::collections::{HashMap, VecDeque};

use super::item::{Item, Member};
use super::notation;

/// Returns, for each of the new elements, the index of the old one that it takes the place of: the
/// same one if all elements before or after it are the same, else the one at the same distance from
/// those. Further elements resemble the last old one.
pub(super) fn pair_elements(new: &[Item], old: &[Item]) -> Vec<Option<usize>> {
    let same = new.iter().zip(old).take_while(|(new, old)| new == old);
    let before = same.count();
    let ends = new[before..].iter().rev().zip(old[before..].iter().rev());
    let after = ends.take_while(|(new, old)| new == old).count();
    let last = old.len().checked_sub(1);
    let paired = (0..new.len()).map(|index| match new.len() - index {
        from_end if from_end <= after => Some(old.len() - from_end),
        _ if index < old.len() - after => Some(index),
        _ => last,
    });
    paired.collect()
}

/// Returns, for each of the new members, the index of the old one with the same key. If a key
/// occurs repeatedly, its occurrences are paired in order.
pub(super) fn pair_members(new: &[Member], old: &[Member]) -> Vec<Option<usize>> {
    let mut by_key: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (index, (key, _)) in old.iter().enumerate() {
        let text = notation::one_line(key);
        by_key.entry(text).or_default().push_back(index);
    }
    let mut take = |key: &Item| by_key.get_mut(&notation::one_line(key))?.pop_front();
    new.iter().map(|(key, _)| take(key)).collect()
}
