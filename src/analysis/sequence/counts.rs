//! What has been counted of sequences.

use crate::analysis::finding::{Instead, OutOfSequence};

/// What has been counted of sequences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages looked at.
    pub messages: u64,
    /// Of these, the ones without a whole number at the path, or without a key if one is asked for.
    pub without_number: u64,
    /// Of these, the ones of keys that there was no room for.
    pub unfollowed: u64,
    /// Numbers that are missing still.
    pub missing: u64,
    /// Of these, the ones that a gap explains.
    pub explained: u64,
    /// Numbers that came again.
    pub duplicates: u64,
    /// Numbers that came after higher ones.
    pub reordered: u64,
    /// Jumps back that are taken for a restart of the sender.
    pub restarts: u64,
}

impl Counts {
    /// These and `other` together.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            messages: self.messages + other.messages,
            without_number: self.without_number + other.without_number,
            unfollowed: self.unfollowed + other.unfollowed,
            missing: self.missing.saturating_add(other.missing),
            explained: self.explained.saturating_add(other.explained),
            duplicates: self.duplicates + other.duplicates,
            reordered: self.reordered + other.reordered,
            restarts: self.restarts + other.restarts,
        }
    }

    /// Counts a step.
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
            OutOfSequence::Duplicate { .. } => self.duplicates += 1,
            OutOfSequence::Reordered { .. } => self.reordered += 1,
            OutOfSequence::Restarted { .. } => self.restarts += 1,
        }
    }

    /// Counts that a number is no longer missing, which a gap had explained or not.
    pub(super) fn note_filled(&mut self, explained: bool) {
        self.missing = self.missing.saturating_sub(1);
        self.explained = self.explained.saturating_sub(explained.into());
    }

    /// Counts what was taken for a restart as what it was instead.
    pub(super) fn take_back(&mut self, instead: Instead) {
        self.restarts = self.restarts.saturating_sub(1);
        match instead {
            Instead::Again => self.duplicates += 1,
            Instead::Late => self.reordered += 1,
        }
    }
}
