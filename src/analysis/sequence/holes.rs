//! The holes of a sequence: numbers that are missing.

use std::ops::RangeInclusive;

/// The most holes that one sequence remembers. The oldest is forgotten first.
pub const MOST_HOLES: usize = 32;

/// Numbers that are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hole {
    numbers: RangeInclusive<i128>,
    explained: bool,
}

/// The holes that are remembered. None at the start.
#[derive(Clone, Debug, Default)]
pub struct Holes {
    /// Ascending, and apart from one another.
    holes: Vec<Hole>,
    /// Numbers up to this one may be missing without being remembered.
    forgotten_to: Option<i128>,
}

impl Holes {
    /// The bytes that a hole takes.
    pub const HOLE_BYTES: usize = size_of::<Hole>();

    /// How many there are.
    pub fn len(&self) -> usize {
        self.holes.len()
    }

    /// Whether `number` is missing, as far as that is remembered.
    pub fn contain(&self, number: i128) -> bool {
        self.holes.iter().any(|hole| hole.numbers.contains(&number))
    }

    /// Whether `number` may have been missing before that was forgotten.
    pub fn may_have_had(&self, number: i128) -> bool {
        Some(number) <= self.forgotten_to
    }

    /// Adds `numbers`, above all others. `has_room` is whether one more may be remembered.
    pub fn add(&mut self, numbers: RangeInclusive<i128>, explained: bool, has_room: bool) {
        let hole = Hole { numbers, explained };
        self.remember(self.holes.len(), hole, has_room);
    }

    /// Takes `number` out of the hole that it lies in, if it does. Says whether that was explained.
    pub fn fill(&mut self, number: i128, has_room: bool) -> Option<bool> {
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
