//! One sequence: its highest number, and the holes below it.

use std::ops::RangeInclusive;

use crate::analysis::remark::OutOfSequence;

/// The most holes that one sequence remembers. The oldest is forgotten first.
const MOST_HOLES: usize = 32;

/// Numbers that are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hole {
    numbers: RangeInclusive<i128>,
    explained: bool,
}

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
    /// Ascending, and apart from one another.
    holes: Vec<Hole>,
    /// Numbers up to this one may be missing without being remembered.
    forgotten_to: Option<i128>,
    /// How it stood before a restart, until the next number shows whether it was one: the first
    /// message may also have come once more.
    before_restart: Option<Box<Self>>,
}

impl Track {
    /// The bytes that a hole takes.
    pub const HOLE_BYTES: usize = size_of::<Hole>();

    /// The highest number.
    pub fn last(&self) -> Option<i128> {
        self.seen.as_ref().map(|seen| seen.last)
    }

    /// How many holes it remembers.
    pub fn holes(&self) -> usize {
        self.seen.as_ref().map_or(0, |seen| seen.holes.len())
    }

    /// Takes the next number; `breaks` is how often messages may have been lost until now, and
    /// `has_room` whether one more hole may be remembered. Gives what is wrong with it, if
    /// anything is, and whether the hole that it fills was explained.
    #[inline]
    pub fn next(
        &mut self,
        number: i128,
        breaks: u64,
        has_room: bool,
    ) -> Option<(OutOfSequence, bool)> {
        let Some(seen) = &mut self.seen else {
            self.seen = Some(Seen::starting_at(number, breaks));
            return None;
        };
        let explained = seen.breaks != breaks;
        if let Some(before) = seen.before_restart.take()
            && before.goes_on_with(number)
            && seen.last.checked_add(1) != Some(number)
        {
            *seen = *before;
        }
        seen.breaks = breaks;
        if seen.last.checked_add(1) == Some(number) {
            seen.last = number;
            return None;
        }
        if number > seen.last {
            return Some((seen.jump(number, explained, has_room), false));
        }
        if number == seen.last {
            return Some((OutOfSequence::Duplicate { number }, false));
        }
        Some(seen.look_back(number, breaks, has_room))
    }
}

impl Seen {
    fn starting_at(number: i128, breaks: u64) -> Self {
        Self {
            first: number,
            last: number,
            breaks,
            holes: Vec::new(),
            forgotten_to: None,
            before_restart: None,
        }
    }

    /// Whether `number` is the next one, or one that is missing.
    fn goes_on_with(&self, number: i128) -> bool {
        let is_next = self.last.checked_add(1) == Some(number);
        is_next || self.holes.iter().any(|hole| hole.numbers.contains(&number))
    }

    /// To a number with others missing before it.
    fn jump(&mut self, number: i128, explained: bool, has_room: bool) -> OutOfSequence {
        let (from, to) = (self.last.saturating_add(1), number.saturating_sub(1));
        self.last = number;
        let hole = Hole {
            numbers: from..=to,
            explained,
        };
        self.remember(self.holes.len(), hole, has_room);
        OutOfSequence::Missing {
            count: u64::try_from(to.saturating_sub(from).saturating_add(1)).unwrap_or(u64::MAX),
            from,
            to,
            explained,
        }
    }

    /// To a number below the last.
    fn look_back(&mut self, number: i128, breaks: u64, has_room: bool) -> (OutOfSequence, bool) {
        let by = u64::try_from(self.last.saturating_sub(number)).unwrap_or(u64::MAX);
        if let Some(explained) = self.fill(number, has_room) {
            return (OutOfSequence::Reordered { by, fills: true }, explained);
        }
        let step = if matches!(number, 0 | 1) {
            let after = self.last;
            let before = std::mem::replace(self, Self::starting_at(number, breaks));
            self.before_restart = Some(Box::new(before));
            OutOfSequence::Restarted { at: number, after }
        } else if number < self.first || Some(number) <= self.forgotten_to {
            OutOfSequence::Reordered { by, fills: false }
        } else {
            OutOfSequence::Duplicate { number }
        };
        (step, false)
    }

    /// Takes `number` out of the hole that it lies in, if it does. Says whether that was explained.
    fn fill(&mut self, number: i128, has_room: bool) -> Option<bool> {
        let index = self
            .holes
            .partition_point(|hole| *hole.numbers.end() < number);
        let hole = self.holes.get_mut(index)?;
        if !hole.numbers.contains(&number) {
            return None;
        }
        let explained = hole.explained;
        let (start, end) = hole.numbers.clone().into_inner();
        match (start == number, end == number) {
            (true, true) => drop(self.holes.remove(index)),
            (true, false) => hole.numbers = number + 1..=end,
            (false, true) => hole.numbers = start..=number - 1,
            (false, false) => {
                hole.numbers = number + 1..=end;
                let before = Hole {
                    numbers: start..=number - 1,
                    explained,
                };
                self.remember(index, before, has_room);
            }
        }
        Some(explained)
    }

    /// Remembers a hole at `index` among the others. Without room the oldest is forgotten for it.
    fn remember(&mut self, mut index: usize, hole: Hole, has_room: bool) {
        if self.holes.len() >= MOST_HOLES || (!has_room && !self.holes.is_empty()) {
            if index == 0 {
                self.forget(*hole.numbers.end());
                return;
            }
            let oldest = self.holes.remove(0);
            self.forget(*oldest.numbers.end());
            index -= 1;
        } else if !has_room {
            self.forget(*hole.numbers.end());
            return;
        }
        self.holes.insert(index, hole);
    }

    fn forget(&mut self, number: i128) {
        self.forgotten_to = self.forgotten_to.max(Some(number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OutOfSequence::{Duplicate, Missing, Reordered, Restarted};

    fn steps(numbers: &[i128]) -> Vec<OutOfSequence> {
        let mut track = Track::default();
        let steps = numbers.iter();
        steps
            .filter_map(|number| track.next(*number, 0, true))
            .map(|(step, _)| step)
            .collect()
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
        assert_eq!(
            steps(&[500, 501, 1, 2, 4]),
            [Restarted { at: 1, after: 501 }, missing(1, 3, 3)]
        );
        assert_eq!(
            steps(&[0, 2, 1, 0, 1]),
            [
                missing(1, 1, 1),
                Reordered { by: 1, fills: true },
                Restarted { at: 0, after: 2 }
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
    fn a_break_explains_the_hole_right_behind_it_only() {
        let mut track = Track::default();
        assert_eq!(track.next(1, 0, true), None);
        let hole = |explained, from| Missing {
            count: 1,
            from,
            to: from,
            explained,
        };
        assert_eq!(track.next(3, 1, true), Some((hole(true, 2), false)));
        assert_eq!(track.next(5, 1, true), Some((hole(false, 4), false)));
        let late = |by| Reordered { by, fills: true };
        assert_eq!(track.next(2, 1, true), Some((late(3), true)));
        assert_eq!(track.next(4, 2, true), Some((late(1), false)));
    }

    #[test]
    fn holes_are_bounded_and_what_may_fill_a_forgotten_one_is_no_duplicate() {
        let mut track = Track::default();
        for number in 0..1_000 {
            track.next(number * 3, 0, true);
        }
        assert_eq!(track.holes(), MOST_HOLES);
        let (late, _) = track.next(4, 0, true).expect("late");
        assert!(matches!(late, Reordered { fills: false, .. }));
        let (late, _) = track.next(2_990, 0, true).expect("late");
        assert!(matches!(late, Reordered { fills: true, .. }));
    }

    #[test]
    fn the_ends_of_all_numbers_are_no_panic() {
        for pair in [
            [i128::MIN, i128::MAX],
            [i128::MAX, i128::MIN],
            [i128::MAX, i128::MAX],
            [i128::MAX - 1, i128::MAX],
        ] {
            let mut track = Track::default();
            for number in pair.into_iter().cycle().take(6) {
                track.next(number, 0, true);
            }
        }
    }
}
