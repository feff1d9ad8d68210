//! The scan itself, without a thread: a limited number of rows at a time.

use std::collections::HashMap;
use std::mem;
use std::time::{Duration, Instant};

use super::prepared::Prepared;
use super::{Answer, Purpose, Request, WatchId};
use crate::log::Found;
use crate::message::{RowId, SubscriptionId};

/// The minimum time between answers, except for the last.
const ANSWER_EVERY: Duration = Duration::from_millis(5);

/// A request in progress.
#[derive(Debug)]
pub struct Scan {
    /// Identifies the scan.
    pub(super) number: u64,
    pub(super) request: Request,
    /// The index of the current piece.
    pub(super) piece: usize,
    /// How many rows of the piece are left to scan.
    pub(super) left: Option<usize>,
    /// Matches not yet reported.
    pub(super) found: Vec<Found>,
    pub(super) scanned: u64,
    gone: u64,
    answered: Instant,
}

impl Scan {
    pub(super) fn new(number: u64, request: Request) -> Self {
        Self {
            number,
            request,
            piece: 0,
            left: None,
            found: Vec::new(),
            scanned: 0,
            gone: 0,
            answered: Instant::now(),
        }
    }

    pub(super) fn watch(&self) -> WatchId {
        self.request.watch
    }

    pub(super) fn serial(&self) -> u64 {
        self.request.serial
    }

    pub(super) fn purpose(&self) -> Purpose {
        self.request.purpose
    }

    pub(super) fn is_done(&self) -> bool {
        self.piece >= self.request.pieces.len()
    }

    pub(super) fn next_piece(&mut self) {
        self.piece += 1;
        self.left = None;
    }

    /// Returns the answer to send now, if one is due.
    fn answer(&mut self, trouble: Option<Box<str>>) -> Option<Answer> {
        let is_done = self.is_done();
        if !is_done && self.answered.elapsed() < ANSWER_EVERY {
            return None;
        }
        self.answered = Instant::now();
        Some(Answer {
            watch: self.request.watch,
            serial: self.request.serial,
            purpose: self.request.purpose,
            found: mem::take(&mut self.found),
            scanned: mem::take(&mut self.scanned),
            gone: mem::take(&mut self.gone),
            is_done,
            trouble,
        })
    }
}

/// Matches rows against queries. Caches the prepared query of each watch.
#[derive(Default)]
pub struct Engine {
    prepared: HashMap<WatchId, Prepared>,
    via: Vec<SubscriptionId>,
    /// How many requests were answered by [`Engine::answer`].
    answered: u64,
}

impl Engine {
    /// Processes `request` completely and returns the answer.
    #[must_use]
    pub fn answer(&mut self, request: Request) -> Answer {
        self.answered += 1;
        let mut scan = Scan::new(self.answered, request);
        let mut found = Vec::new();
        let (mut scanned, mut gone) = (0, 0);
        loop {
            if let Some(mut answer) = self.advance(&mut scan) {
                found.append(&mut answer.found);
                scanned += answer.scanned;
                gone += answer.gone;
                if answer.is_done {
                    return Answer {
                        found,
                        scanned,
                        gone,
                        ..answer
                    };
                }
            }
        }
    }

    pub(super) fn keep_only(&mut self, is_wanted: impl Fn(WatchId) -> bool) {
        self.prepared.retain(|watch, _| is_wanted(*watch));
    }

    /// Scans the next rows of `scan` and returns an answer, if one is due.
    pub(super) fn advance(&mut self, scan: &mut Scan) -> Option<Answer> {
        let prepared = self.prepared.entry(scan.request.watch);
        let prepared = prepared.or_insert_with(|| Prepared::new(&scan.request));
        prepared.update(&scan.request);
        if let Some(piece) = scan.request.pieces.get(scan.piece) {
            let rows = piece.rows();
            if let Some(segment) = piece.segment() {
                prepared.scan_next(scan, &segment, rows, &mut self.via);
            } else {
                // The log has evicted it.
                let left = scan.left.map_or(piece.length(), |left| left as u64);
                let left = piece.messages_in(match scan.request.purpose {
                    Purpose::Kept => rows.start..RowId(rows.start.0 + left),
                    Purpose::Arrived => RowId(rows.end.0 - left)..rows.end,
                });
                scan.scanned += left;
                scan.gone += left;
                scan.next_piece();
            }
        }
        let trouble = prepared.trouble().map(Into::into);
        scan.answer(trouble)
    }
}
