//! Passes the rows of a log on to the checks, for the owner of the log.

use super::{Looked, Request};
use crate::log::MessageLog;
use crate::message::RowId;

/// How far the rows of a log have been passed on. Only one request is in progress at a time; the
/// next one covers all rows that have arrived since and are still kept.
#[derive(Clone, Copy, Debug)]
pub struct Follower {
    /// Rows before this one have been passed on.
    next: RowId,
    /// Rows before this one have been checked or evicted.
    looked: RowId,
    is_asking: bool,
    missed: u64,
}

impl Follower {
    /// Creates a follower that starts at the end of the log.
    pub fn new(log: &MessageLog) -> Self {
        Self {
            next: log.end(),
            looked: log.end(),
            is_asking: false,
            missed: 0,
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

    /// Skips rows that have arrived while there were no checks.
    pub fn skip(&mut self, log: &MessageLog) {
        self.next = self.next.max(log.end());
        self.looked = self.next;
    }

    /// Records an answer.
    pub fn note(&mut self, looked: &Looked) {
        if looked.only.is_none() {
            self.is_asking &= !looked.is_done;
            self.missed += looked.gone;
            if looked.is_done {
                self.looked = self.next;
            }
        }
    }

    /// Returns the row after the last checked one: the findings on all rows before it are complete.
    pub fn looked(&self) -> RowId {
        self.looked
    }

    /// Returns how many rows arrived but were evicted before they could be checked.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Returns how many rows have arrived but have not been passed on yet.
    pub fn lag(&self, log: &MessageLog) -> u64 {
        log.end().0.saturating_sub(self.next.0)
    }
}
