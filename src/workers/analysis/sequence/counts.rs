//! Counts of sequence events.

use crate::workers::analysis::finding::{Alternative, OutOfSequence};

/// Counts of sequence events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages checked.
    pub messages: u64,
    /// How many of these have no whole number at the path, or no key although the check has one.
    pub without_number: u64,
    /// How many of these have a key for which there was no room.
    pub unfollowed: u64,
    /// Numbers that are still missing.
    pub missing: u64,
    /// How many of these are explained by a gap.
    pub explained: u64,
    /// Numbers that occurred again.
    pub duplicates: u64,
    /// Numbers that came after higher ones.
    pub late: u64,
    /// Jumps back that count as restarts of the sender.
    pub restarts: u64,
}

impl Counts {
    /// Returns the sum of these counts and `other`.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            messages: self.messages + other.messages,
            without_number: self.without_number + other.without_number,
            unfollowed: self.unfollowed + other.unfollowed,
            missing: self.missing.saturating_add(other.missing),
            explained: self.explained.saturating_add(other.explained),
            duplicates: self.duplicates + other.duplicates,
            late: self.late + other.late,
            restarts: self.restarts + other.restarts,
        }
    }

    /// Counts an event.
    pub(super) fn note(&mut self, step: &OutOfSequence) {
        match step {
            OutOfSequence::Missing {
                count, explained, ..
            } => {
                self.missing = self.missing.saturating_add(*count);
                if *explained {
                    self.explained = self.explained.saturating_add(*count);
                }
            }
            OutOfSequence::Duplicate(_) => self.duplicates += 1,
            OutOfSequence::Late { .. } => self.late += 1,
            OutOfSequence::Restarted { .. } => self.restarts += 1,
        }
    }

    /// Counts a number as no longer missing; `explained` tells whether a gap had explained it.
    pub(super) fn note_filled(&mut self, explained: bool) {
        self.missing = self.missing.saturating_sub(1);
        self.explained = self.explained.saturating_sub(explained.into());
    }

    /// Recounts an apparent restart as what it turned out to be instead.
    pub(super) fn recount_restart(&mut self, alternative: Alternative) {
        self.restarts = self.restarts.saturating_sub(1);
        match alternative {
            Alternative::Duplicate => self.duplicates += 1,
            Alternative::Late => self.late += 1,
        }
    }
}
