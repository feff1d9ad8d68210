//! Keeps a log's rows coming to the checks, for whoever owns the log.

use super::{Looked, Request};
use crate::log::MessageLog;
use crate::message::RowId;

/// How far the rows of a log have been handed over. One request at a time is under way: the next
/// then covers all that has come meanwhile, as far as it is still kept.
#[derive(Clone, Copy, Debug)]
pub struct Follower {
    /// Rows before this one have been handed over.
    next: RowId,
    /// Rows before this one have been looked at, or had gone.
    looked: RowId,
    is_asking: bool,
    missed: u64,
}

impl Follower {
    /// From the log's end on.
    #[must_use]
    pub fn new(log: &MessageLog) -> Self {
        Self {
            next: log.end(),
            looked: log.end(),
            is_asking: false,
            missed: 0,
        }
    }

    /// The request for the rows that have come since the last, if there are any and none is being
    /// answered.
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

    /// Takes rows that have come while nothing was checked as handed over.
    pub fn skip(&mut self, log: &MessageLog) {
        self.next = self.next.max(log.end());
        self.looked = self.next;
    }

    /// Takes note of an answer.
    pub fn note(&mut self, looked: &Looked) {
        if looked.only.is_none() {
            self.is_asking &= !looked.is_done;
            self.missed += looked.gone;
            if looked.is_done {
                self.looked = self.next;
            }
        }
    }

    /// The row behind the last that has been looked at: what is found of those before is known.
    #[must_use]
    pub fn looked(&self) -> RowId {
        self.looked
    }

    /// How many rows arrived and went before they could be looked at.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// How many rows have arrived and were not handed over yet.
    #[must_use]
    pub fn lag(&self, log: &MessageLog) -> u64 {
        log.end().0.saturating_sub(self.next.0)
    }
}
