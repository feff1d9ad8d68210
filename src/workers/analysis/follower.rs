//! Passes the rows of a log on to the checks. Used by the owner of the log.

use super::{CheckedRows, Request};
use crate::log::MessageLog;
use crate::message::RowId;

/// Tracks how far the rows of a log have been passed on. Only one request is in progress at a time;
/// the next one covers all rows that have arrived since and are still in the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Follower {
    /// Rows before this one have been passed on.
    next: RowId,
    /// The row after the last checked one: the findings on all rows before it are complete.
    pub checked: RowId,
    /// How many rows arrived but were evicted before they could be checked.
    pub missed: u64,
    is_asking: bool,
    /// Whether the request in progress is about rows from before a restart.
    is_outdated: bool,
}

impl Follower {
    /// Creates a follower that starts at the end of the log.
    pub fn new(log: &MessageLog) -> Self {
        Self {
            next: log.end(),
            checked: log.end(),
            ..Self::default()
        }
    }

    /// Returns a request for the rows that have arrived since the last one, if there are any and no
    /// request is in progress.
    pub fn ask(&mut self, log: &MessageLog) -> Option<Request> {
        if self.is_asking || self.next >= log.end() {
            return None;
        }
        let gone = log.gone_from(self.next..log.end());
        let gone = gone.iter().map(|rows| rows.end.0 - rows.start.0);
        self.missed += gone.sum::<u64>();
        let pieces = log.next_pieces(self.next);
        self.next = pieces.last().map_or(log.end(), |piece| piece.rows().end);
        self.is_asking = true;
        Some(Request::Arrived(pieces))
    }

    /// Skips rows that arrived while there were no checks.
    pub fn skip(&mut self, log: &MessageLog) {
        self.next = self.next.max(log.end());
        self.checked = self.next;
    }

    /// Starts anew at the end of the log, which is to hold other rows.
    pub fn restart(&mut self, log: &MessageLog) {
        *self = Self {
            is_asking: self.is_asking,
            is_outdated: self.is_asking,
            ..Self::new(log)
        };
    }

    /// Records an answer.
    pub fn note(&mut self, answer: &CheckedRows) {
        if answer.only.is_none() {
            self.is_asking &= !answer.is_done;
            if !self.is_outdated {
                self.missed += answer.gone;
            }
            if answer.is_done {
                self.checked = self.next;
                self.is_outdated = false;
            }
        }
    }
}
