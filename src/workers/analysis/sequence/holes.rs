//! The holes of a sequence: missing numbers.

use std::ops::RangeInclusive;

/// The maximum number of holes remembered per sequence. The oldest is forgotten first.
pub const MAX_HOLES: usize = 32;

/// A range of missing numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hole {
    numbers: RangeInclusive<i128>,
    explained: bool,
}

/// The remembered holes. Empty by default.
#[derive(Clone, Debug, Default)]
pub struct Holes {
    /// Ascending and disjoint.
    holes: Vec<Hole>,
    /// The last number of the highest forgotten hole: numbers up to it may be missing.
    forgotten_to: Option<i128>,
}

impl Holes {
    /// The memory use of a hole, in bytes.
    pub const HOLE_BYTES: usize = size_of::<Hole>();

    /// Returns the number of holes.
    pub fn len(&self) -> usize {
        self.holes.len()
    }

    /// Returns whether `number` is remembered as missing.
    pub fn contains(&self, number: i128) -> bool {
        self.holes.iter().any(|hole| hole.numbers.contains(&number))
    }

    /// Returns whether `number` may be in a forgotten hole.
    pub fn may_have_forgotten(&self, number: i128) -> bool {
        Some(number) <= self.forgotten_to
    }

    /// Adds the hole `numbers`, which must be above all other holes. `has_room` tells whether
    /// another hole may be remembered.
    pub fn add(&mut self, numbers: RangeInclusive<i128>, explained: bool, has_room: bool) {
        let hole = Hole { numbers, explained };
        self.remember(self.holes.len(), hole, has_room);
    }

    /// Removes `number` from the hole that contains it. Returns whether the cause of that hole was
    /// known; `None` if no hole contains the number.
    pub fn fill(&mut self, number: i128, has_room: bool) -> Option<bool> {
        let is_below = |hole: &Hole| *hole.numbers.end() < number;
        let index = self.holes.partition_point(is_below);
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

    /// Inserts a hole at `index`. If there is no room, the oldest hole is forgotten.
    fn remember(&mut self, mut index: usize, hole: Hole, has_room: bool) {
        if self.holes.len() >= MAX_HOLES || (!has_room && !self.holes.is_empty()) {
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
