//! A sequence: its highest number and the holes below it.

use super::counts::Counts;
use super::holes::Holes;
use crate::workers::analysis::finding::{Alternative, OutOfSequence};

/// A sequence. Empty by default.
#[derive(Clone, Debug, Default)]
pub struct Track {
    seen: Option<Seen>,
}

#[derive(Clone, Debug)]
struct Seen {
    /// The first number, or the first since the last restart.
    first: i128,
    last: i128,
    /// The number of breaks before the last number.
    breaks: u64,
    holes: Holes,
    /// The state before an apparent restart, until the next number shows whether it was one.
    before: Option<Box<Before>>,
}

/// The state before an apparent restart, and what the number is instead if there was no restart.
#[derive(Clone, Debug)]
struct Before {
    seen: Seen,
    alternative: Alternative,
}

impl Track {
    /// Returns the highest number.
    pub fn last(&self) -> Option<i128> {
        self.seen.as_ref().map(|seen| seen.last)
    }

    /// Returns how many holes are remembered.
    pub fn holes(&self) -> usize {
        self.seen.as_ref().map_or(0, Seen::hole_count)
    }

    /// Processes the next number, updates `counts`, and returns what is wrong with the number, if
    /// anything. `breaks` is the number of breaks so far (see `Message::breaks`). `has_room` tells
    /// whether another hole may be remembered.
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
            counts.recount_restart(before.alternative);
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

    /// Returns whether this sequence, which has just started, is a restart, given the next
    /// `number`: either `number` continues it, or it started at 0 or 1 and `number` does not
    /// continue `before`.
    fn is_restart_before(&self, number: i128, before: &Self) -> bool {
        let follows = self.last.checked_add(1) == Some(number);
        follows || is_start(self.last) && !before.continues_with(number)
    }

    /// Returns whether `number` is the next number of the sequence or a missing one.
    fn continues_with(&self, number: i128) -> bool {
        self.last.checked_add(1) == Some(number) || self.holes.contains(number)
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
            return Some(OutOfSequence::Duplicate(number));
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

    /// Handles a number below the highest one.
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
            return OutOfSequence::Late { by, fills: true };
        }
        let alternative = if number < self.first || self.holes.may_have_forgotten(number) {
            Alternative::Late
        } else {
            Alternative::Duplicate
        };
        let is_behind_gap = self.breaks != breaks;
        if is_behind_gap || is_start(number) {
            return self.restart(number, breaks, alternative);
        }
        match alternative {
            Alternative::Late => OutOfSequence::Late { by, fills: false },
            Alternative::Duplicate => OutOfSequence::Duplicate(number),
        }
    }

    /// Starts a new sequence at `number`. The next number shows whether this was a restart.
    fn restart(&mut self, number: i128, breaks: u64, alternative: Alternative) -> OutOfSequence {
        let seen = std::mem::replace(self, Self::starting_at(number, breaks));
        let step = OutOfSequence::Restarted {
            at: number,
            after: seen.last,
            explained: seen.breaks != breaks,
            alternative,
        };
        self.before = Some(Box::new(Before { seen, alternative }));
        step
    }
}

/// Returns whether senders typically start at this number.
fn is_start(number: i128) -> bool {
    matches!(number, 0 | 1)
}

#[cfg(test)]
mod tests;
