use super::*;

fn row(letters: &str) -> Vec<Digest> {
    letters.bytes().map(Digest::from).collect()
}

fn with_effort(left: usize) -> Effort {
    Effort {
        left,
        is_spent: false,
    }
}

/// Returns the length of the longest common subsequence, computed with the textbook table.
fn longest(old: &[Digest], new: &[Digest]) -> usize {
    let mut before = vec![0; new.len() + 1];
    for left in old {
        let mut row = vec![0; new.len() + 1];
        for (index, right) in new.iter().enumerate() {
            row[index + 1] = if left == right {
                before[index] + 1
            } else {
                before[index + 1].max(row[index])
            };
        }
        before = row;
    }
    before[new.len()]
}

fn assert_common(old: &[Digest], new: &[Digest], pairs: &[Pair]) {
    assert!(pairs.iter().all(|(left, right)| old[*left] == new[*right]));
    let ascends = |pair: &[Pair]| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1;
    assert!(pairs.windows(2).all(ascends), "{pairs:?}");
}

/// Returns a pseudo-random sequence of at most `letters` different values, determined by `seed`.
fn rows(seed: u64, letters: u64) -> Vec<Digest> {
    let mut state = seed * 2 + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state >> 33
    };
    let length = next() % 40;
    (0..length)
        .map(|_| Digest::from(next() % letters))
        .collect()
}

#[test]
fn the_common_subsequence_is_the_longest() {
    for seed in 0..300 {
        let letters = 1 + seed % 30;
        let (old, new) = (rows(seed, letters), rows(seed + 1000, letters));
        let mut effort = Effort::new();
        let pairs = align(&old, &new, &mut effort);
        assert_common(&old, &new, &pairs);
        assert_eq!(pairs.len(), longest(&old, &new), "{old:?} {new:?}");
        assert!(!effort.is_spent);
    }
}

#[test]
fn without_a_budget_the_common_subsequence_is_still_correct() {
    for seed in 0..300 {
        let (old, new) = (rows(seed, 2), rows(seed + 1000, 2));
        for left in [0, 30, 60, 100] {
            assert_common(&old, &new, &align(&old, &new, &mut with_effort(left)));
        }
    }
}

#[test]
fn values_that_occur_once_guide_the_alignment_of_too_many_pairs() {
    let many = "x".repeat(100);
    let old = row(&format!("{many}a{many}b{many}"));
    let new = row(&format!("{many}xa{many}xxb{many}y"));
    let mut effort = with_effort(2000);
    let pairs = align(&old, &new, &mut effort);
    assert_common(&old, &new, &pairs);
    assert_eq!(pairs.len(), old.len());
    assert!(!effort.is_spent);
}

#[test]
fn without_values_that_occur_once_positions_are_compared() {
    let old = row(&"xy".repeat(100));
    let new = row(&format!("y{}x", "xy".repeat(100)));
    let mut effort = with_effort(1000);
    let pairs = align(&old, &new, &mut effort);
    assert_common(&old, &new, &pairs);
    assert!(effort.is_spent);
}
