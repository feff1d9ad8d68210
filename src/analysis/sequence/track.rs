//! One sequence: its highest number, and the holes below it.

use super::counts::Counts;
use super::holes::Holes;
use crate::analysis::remark::{Instead, OutOfSequence};

/// A sequence. Nothing has come yet at the start.
#[derive(Clone, Debug, Default)]
pub struct Track {
    seen: Option<Seen>,
}

#[derive(Clone, Debug)]
struct Seen {
    /// The first number of all, or since the last restart.
    first: i128,
    last: i128,
    /// How often messages may have been lost before the last one came.
    breaks: u64,
    holes: Holes,
    /// How it stood before a restart, until the next number shows whether it was one.
    before: Option<Box<Before>>,
}

/// What a jump back may have been instead of a restart.
#[derive(Clone, Debug)]
struct Before {
    seen: Seen,
    instead: Instead,
}

impl Track {
    /// The highest number.
    pub fn last(&self) -> Option<i128> {
        self.seen.as_ref().map(|seen| seen.last)
    }

    /// How many holes it remembers.
    pub fn holes(&self) -> usize {
        self.seen.as_ref().map_or(0, Seen::hole_count)
    }

    /// Takes the next number; `breaks` is how often messages may have been lost until now, and
    /// `has_room` whether one more hole may be remembered. Gives what is wrong with it, if
    /// anything is. All that this changes is counted in `counts`.
    #[inline]
    pub fn next(
        &mut self,
        number: i128,
        breaks: u64,
        has_room: bool,
        counts: &mut Counts,
    ) -> Option<OutOfSequence> {
        let Some(seen) = &mut self.seen else {
            self.seen = Some(Seen::starting_at(number, breaks));
            return None;
        };
        if let Some(before) = seen.before.take()
            && !seen.is_restart_before(number, &before.seen)
        {
            counts.take_back(before.instead);
            *seen = before.seen;
        }
        let step = seen.take(number, breaks, has_room, counts)?;
        counts.note(&step);
        Some(step)
    }
}

impl Seen {
    fn starting_at(number: i128, breaks: u64) -> Self {
        Self {
            first: number,
            last: number,
            breaks,
            holes: Holes::default(),
            before: None,
        }
    }

    fn hole_count(&self) -> usize {
        let before = self.before.as_ref();
        self.holes.len() + before.map_or(0, |before| before.seen.hole_count())
    }

    /// Whether these numbers, which have just started, are those of a sender that has, now that
    /// `number` comes next: it follows, or they start as senders do and those `before` do not go on.
    fn is_restart_before(&self, number: i128, before: &Self) -> bool {
        let follows = self.last.checked_add(1) == Some(number);
        follows || is_start(self.last) && !before.goes_on_with(number)
    }

    /// Whether `number` is the next one, or one that is missing.
    fn goes_on_with(&self, number: i128) -> bool {
        self.last.checked_add(1) == Some(number) || self.holes.contain(number)
    }

    #[inline]
    fn take(
        &mut self,
        number: i128,
        breaks: u64,
        has_room: bool,
        counts: &mut Counts,
    ) -> Option<OutOfSequence> {
        if number < self.last {
            return Some(self.look_back(number, breaks, has_room, counts));
        }
        if number == self.last {
            return Some(OutOfSequence::Duplicate { number });
        }
        let explained = self.breaks != breaks;
        let expected = self.last.saturating_add(1);
        self.last = number;
        self.breaks = breaks;
        if number == expected {
            return None;
        }
        let to = number.saturating_sub(1);
        self.holes.add(expected..=to, explained, has_room);
        Some(OutOfSequence::Missing {
            count: u64::try_from(to.saturating_sub(expected).saturating_add(1)).unwrap_or(u64::MAX),
            from: expected,
            to,
            explained,
        })
    }

    /// To a number below the last.
    fn look_back(
        &mut self,
        number: i128,
        breaks: u64,
        has_room: bool,
        counts: &mut Counts,
    ) -> OutOfSequence {
        let by = u64::try_from(self.last.saturating_sub(number)).unwrap_or(u64::MAX);
        if let Some(explained) = self.holes.fill(number, has_room) {
            counts.note_filled(explained);
            return OutOfSequence::Reordered { by, fills: true };
        }
        let instead = if number < self.first || self.holes.may_have_had(number) {
            Instead::Late
        } else {
            Instead::Again
        };
        let is_behind_gap = self.breaks != breaks;
        if is_behind_gap || is_start(number) {
            return self.restart(number, breaks, instead);
        }
        match instead {
            Instead::Late => OutOfSequence::Reordered { by, fills: false },
            Instead::Again => OutOfSequence::Duplicate { number },
        }
    }

    /// Starts anew at `number`, until the next one shows whether it was a restart.
    fn restart(&mut self, number: i128, breaks: u64, instead: Instead) -> OutOfSequence {
        let seen = std::mem::replace(self, Self::starting_at(number, breaks));
        let step = OutOfSequence::Restarted {
            at: number,
            after: seen.last,
            explained: seen.breaks != breaks,
            instead,
        };
        self.before = Some(Box::new(Before { seen, instead }));
        step
    }
}

/// Whether senders start at this number.
fn is_start(number: i128) -> bool {
    matches!(number, 0 | 1)
}

#[cfg(test)]
mod tests {
    use super::super::holes::MOST_HOLES;
    use super::*;
    use OutOfSequence::{Duplicate, Missing, Reordered, Restarted};

    /// What is said of these numbers, each with how often messages may have been lost before it,
    /// and what is counted in the end.
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

    /// What is counted of these numbers, of those behind `gap` with a gap before them: missing,
    /// doubled, late, restarts.
    fn counted(numbers: &[i128], gap: usize) -> [u64; 4] {
        let numbers = numbers.iter().enumerate();
        let (_, counts) = follow(numbers.map(|(at, number)| (*number, u64::from(at >= gap))));
        [
            counts.missing,
            counts.duplicates,
            counts.reordered,
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
                Reordered { by: 2, fills: true },
                Duplicate { number: 7 },
                Reordered { by: 3, fills: true },
                Reordered { by: 1, fills: true },
                Duplicate { number: 8 },
                Duplicate { number: 10 },
            ]
        );
    }

    #[test]
    fn a_jump_back_to_the_start_is_a_restart_unless_it_fills_a_hole() {
        let restart = |at, after, instead| Restarted {
            at,
            after,
            explained: false,
            instead,
        };
        assert_eq!(
            steps(&[500, 501, 1, 2, 4]),
            [restart(1, 501, Instead::Late), missing(1, 3, 3)]
        );
        assert_eq!(
            steps(&[0, 2, 1, 0, 1]),
            [
                missing(1, 1, 1),
                Reordered { by: 1, fills: true },
                restart(0, 2, Instead::Again)
            ]
        );
        assert_eq!(
            steps(&[7, 5]),
            [Reordered {
                by: 2,
                fills: false
            }]
        );
    }

    #[test]
    fn a_restart_that_is_none_is_counted_as_what_it_was() {
        const NEVER: usize = usize::MAX;
        assert_eq!(counted(&[1, 2, 3, 1, 4, 5], NEVER), [0, 1, 0, 0]);
        assert_eq!(counted(&[0, 1, 2, 1, 3], NEVER), [0, 1, 0, 0]);
        // The hole that is filled, and the one that stays, are those of before.
        assert_eq!(counted(&[1, 2, 5, 1, 4, 6], NEVER), [1, 1, 1, 0]);
        // A number below the first one seen may never have come.
        assert_eq!(counted(&[10, 20, 11, 1, 12], NEVER), [7, 0, 3, 0]);
        assert_eq!(counted(&[1, 2, 3, 1, 2, 3], NEVER), [0, 0, 0, 1]);
    }

    #[test]
    fn behind_a_gap_a_jump_back_that_goes_on_is_a_restart() {
        let numbers = (1..=1_000).map(|number| (number, 0));
        let (steps, counts) = follow(numbers.chain((37..=136).map(|number| (number, 1))));
        assert_eq!(
            steps,
            [Restarted {
                at: 37,
                after: 1_000,
                explained: true,
                instead: Instead::Again
            }]
        );
        assert_eq!((counts.restarts, counts.duplicates), (1, 0));
        assert_eq!(
            steps[0].to_string(),
            "restarted or 37 again, after 1000 and a gap"
        );
        // Below the first number too.
        assert_eq!(counted(&[5, 6, 2, 3, 4], 2), [0, 0, 0, 1]);
        // One that came again may be the first behind it.
        assert_eq!(counted(&[11, 12, 13, 14, 13, 12, 13], 4), [0, 1, 0, 1]);
    }

    #[test]
    fn behind_a_gap_what_does_not_go_on_is_double_or_late_and_the_gap_explains_what_follows() {
        assert_eq!(counted(&[11, 12, 13, 12, 14], 3), [0, 1, 0, 0]);
        assert_eq!(counted(&[11, 12, 13, 4, 14], 3), [0, 0, 1, 0]);
        assert_eq!(counted(&[11, 14, 12, 13, 15], 2), [0, 0, 2, 0]);
        let (_, counts) = follow([(11, 0), (12, 0), (11, 1), (15, 1)]);
        assert_eq!((counts.duplicates, counts.restarts), (1, 0));
        assert_eq!((counts.missing, counts.explained), (2, 2));
        // Once numbers have gone on behind it, the gap is over.
        assert_eq!(counted(&[11, 12, 13, 14, 11, 12], 3), [0, 2, 0, 0]);
    }

    #[test]
    fn a_break_explains_the_hole_right_behind_it_only() {
        let hole = |explained, from| Missing {
            count: 1,
            from,
            to: from,
            explained,
        };
        let late = |by| Reordered { by, fills: true };
        let (steps, counts) = follow([(1, 0), (3, 1), (5, 1), (2, 1), (4, 2)]);
        assert_eq!(steps, [hole(true, 2), hole(false, 4), late(3), late(1)]);
        assert_eq!((counts.missing, counts.explained), (0, 0));
    }

    #[test]
    fn holes_are_bounded_and_what_may_fill_a_forgotten_one_is_no_duplicate() {
        let (mut track, mut counts) = (Track::default(), Counts::default());
        let mut next = |number| track.next(number, 0, true, &mut counts);
        for number in 0..1_000 {
            next(number * 3);
        }
        assert!(matches!(next(4), Some(Reordered { fills: false, .. })));
        assert!(matches!(next(2_990), Some(Reordered { fills: true, .. })));
        assert_eq!(track.holes(), MOST_HOLES);
    }

    #[test]
    fn the_ends_of_all_numbers_are_no_panic() {
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
}
