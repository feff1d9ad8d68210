//! Short sequences: what is reported for them, and the final counts.

use super::super::holes::MAX_HOLES;
use super::*;
use OutOfSequence::{Duplicate, Late, Missing, Restarted};

/// Returns what is reported for these numbers, each with the number of breaks before it, and the
/// final counts.
fn follow(numbers: impl IntoIterator<Item = (i128, u64)>) -> (Vec<OutOfSequence>, Counts) {
    let (mut track, mut counts) = (Track::default(), Counts::default());
    let numbers = numbers.into_iter();
    let steps = numbers.filter_map(|(number, breaks)| {
        let holes = track.holes();
        let step = track.next(number, breaks, true, &mut counts);
        assert!(track.holes() <= holes + 1);
        step
    });
    (steps.collect(), counts)
}

fn steps(numbers: &[i128]) -> Vec<OutOfSequence> {
    follow(numbers.iter().map(|number| (*number, 0))).0
}

/// Returns the final counts for these numbers, with a gap before the number at index `gap`:
/// missing, duplicate, late, restarts.
fn counted(numbers: &[i128], gap: usize) -> [u64; 4] {
    let numbers = numbers.iter().enumerate();
    let (_, counts) = follow(numbers.map(|(at, number)| (*number, u64::from(at >= gap))));
    [
        counts.missing,
        counts.duplicates,
        counts.late,
        counts.restarts,
    ]
}

fn missing(count: u64, from: i128, to: i128) -> OutOfSequence {
    Missing {
        count,
        from,
        to,
        explained: false,
    }
}

#[test]
fn late_numbers_fill_holes_and_others_are_duplicates() {
    assert_eq!(steps(&[5, 6, 7]), []);
    assert_eq!(
        steps(&[5, 9, 7, 7, 6, 8, 8, 10, 10]),
        [
            missing(3, 6, 8),
            Late { by: 2, fills: true },
            Duplicate(7),
            Late { by: 3, fills: true },
            Late { by: 1, fills: true },
            Duplicate(8),
            Duplicate(10),
        ]
    );
}

#[test]
fn a_jump_back_to_the_start_is_a_restart_unless_it_fills_a_hole() {
    let restart = |at, after, alternative| Restarted {
        at,
        after,
        explained: false,
        alternative,
    };
    assert_eq!(
        steps(&[500, 501, 1, 2, 4]),
        [restart(1, 501, Alternative::Late), missing(1, 3, 3)]
    );
    assert_eq!(
        steps(&[0, 2, 1, 0, 1]),
        [
            missing(1, 1, 1),
            Late { by: 1, fills: true },
            restart(0, 2, Alternative::Duplicate)
        ]
    );
    assert_eq!(
        steps(&[7, 5]),
        [Late {
            by: 2,
            fills: false
        }]
    );
}

#[test]
fn an_apparent_restart_is_recounted_as_what_it_was() {
    const NEVER: usize = usize::MAX;
    assert_eq!(counted(&[1, 2, 3, 1, 4, 5], NEVER), [0, 1, 0, 0]);
    assert_eq!(counted(&[0, 1, 2, 1, 3], NEVER), [0, 1, 0, 0]);
    // Both the hole that is filled and the one that stays belong to the previous sequence.
    assert_eq!(counted(&[1, 2, 5, 1, 4, 6], NEVER), [1, 1, 1, 0]);
    // A number below the first one received may never have occurred.
    assert_eq!(counted(&[10, 20, 11, 1, 12], NEVER), [7, 0, 3, 0]);
    assert_eq!(counted(&[1, 2, 3, 1, 2, 3], NEVER), [0, 0, 0, 1]);
}

#[test]
fn a_jump_back_after_a_gap_is_a_restart_if_the_numbers_continue_from_it() {
    let numbers = (1..=1_000).map(|number| (number, 0));
    let (steps, counts) = follow(numbers.chain((37..=136).map(|number| (number, 1))));
    assert_eq!(
        steps,
        [Restarted {
            at: 37,
            after: 1_000,
            explained: true,
            alternative: Alternative::Duplicate
        }]
    );
    assert_eq!((counts.restarts, counts.duplicates), (1, 0));
    assert_eq!(
        steps[0].to_string(),
        "restarted at 37 (or repeated) after 1000 and a gap"
    );
    // The same applies to a jump to below the first number.
    assert_eq!(counted(&[5, 6, 2, 3, 4], 2), [0, 0, 0, 1]);
    // The first number after the gap may be a duplicate.
    assert_eq!(counted(&[11, 12, 13, 14, 13, 12, 13], 4), [0, 1, 0, 1]);
}

#[test]
fn another_jump_back_after_a_gap_is_a_duplicate_or_late_and_the_gap_explains_the_next_hole() {
    assert_eq!(counted(&[11, 12, 13, 12, 14], 3), [0, 1, 0, 0]);
    assert_eq!(counted(&[11, 12, 13, 4, 14], 3), [0, 0, 1, 0]);
    assert_eq!(counted(&[11, 14, 12, 13, 15], 2), [0, 0, 2, 0]);
    let (_, counts) = follow([(11, 0), (12, 0), (11, 1), (15, 1)]);
    assert_eq!((counts.duplicates, counts.restarts), (1, 0));
    assert_eq!((counts.missing, counts.explained), (2, 2));
    // Once numbers have continued after the gap, the gap no longer matters.
    assert_eq!(counted(&[11, 12, 13, 14, 11, 12], 3), [0, 2, 0, 0]);
}

#[test]
fn a_gap_explains_only_the_hole_right_after_it() {
    let hole = |explained, from| Missing {
        count: 1,
        from,
        to: from,
        explained,
    };
    let late = |by| Late { by, fills: true };
    let (steps, counts) = follow([(1, 0), (3, 1), (5, 1), (2, 1), (4, 2)]);
    assert_eq!(steps, [hole(true, 2), hole(false, 4), late(3), late(1)]);
    assert_eq!((counts.missing, counts.explained), (0, 0));
}

#[test]
fn holes_are_limited_and_a_number_that_may_fill_a_forgotten_one_is_late() {
    let (mut track, mut counts) = (Track::default(), Counts::default());
    let mut next = |number| track.next(number, 0, true, &mut counts);
    for number in 0..1_000 {
        next(number * 3);
    }
    assert!(matches!(next(4), Some(Late { fills: false, .. })));
    assert!(matches!(next(2_990), Some(Late { fills: true, .. })));
    assert_eq!(track.holes(), MAX_HOLES);
}

#[test]
fn extreme_numbers_do_not_panic() {
    for pair in [
        [i128::MIN, i128::MAX],
        [i128::MAX, i128::MIN],
        [i128::MAX, i128::MAX],
        [i128::MAX - 1, i128::MAX],
    ] {
        let numbers = pair.into_iter().cycle().take(6);
        follow(numbers.clone().map(|number| (number, 0)));
        follow(numbers.zip(0..));
    }
}
