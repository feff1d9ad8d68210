//! One sequence: its highest number, and the holes below it.

use super::counts::Counts;
use super::holes::Holes;
use crate::analysis::finding::{Instead, OutOfSequence};

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
mod tests;
