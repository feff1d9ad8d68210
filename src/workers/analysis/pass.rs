//! A pass over the rows of a request.

use std::mem;
use std::time::{Duration, Instant};

use super::finding::Finding;
use super::plan::CheckId;
use super::{Answer, CheckedRows, Engine, Request};
use crate::log::{Piece, Segment};
use crate::message::RowId;

/// How many rows and payload bytes to check before looking for newer requests.
const CHUNK_ROWS: usize = 512;
const CHUNK_BYTES: usize = 1 << 20;

/// The minimum time between answers, except for the last.
const ANSWER_EVERY: Duration = Duration::from_millis(5);

/// Rows to check.
#[derive(Debug)]
pub struct Pass {
    pieces: std::vec::IntoIter<Piece>,
    /// The current piece and its next row.
    open: Option<(Piece, RowId)>,
    only: Option<CheckId>,
    found: Vec<Finding>,
    rows: u64,
    gone: u64,
    answered: Instant,
}

impl Pass {
    /// Creates a pass for `pieces`, oldest first. If `only` is given, no other check runs.
    pub fn new(pieces: Vec<Piece>, only: Option<CheckId>) -> Self {
        Self {
            pieces: pieces.into_iter(),
            open: None,
            only,
            found: Vec::new(),
            rows: 0,
            gone: 0,
            answered: Instant::now(),
        }
    }

    /// Checks the next rows and returns an answer, if one is due. `size` is the memory use of all
    /// checks.
    pub fn advance(&mut self, engine: &mut Engine, size: usize) -> Option<CheckedRows> {
        self.check_some(engine);
        if !self.is_done() && self.answered.elapsed() < ANSWER_EVERY {
            return None;
        }
        self.answered = Instant::now();
        Some(self.take_results(engine, size))
    }

    /// Leaves out the rows that have not been checked, and what was found and not yet told.
    pub fn cancel(&mut self) {
        self.open = None;
        self.pieces = Vec::new().into_iter();
        self.found.clear();
    }

    fn is_done(&self) -> bool {
        self.open.is_none() && self.pieces.len() == 0
    }

    /// Returns the results since the last call.
    fn take_results(&mut self, engine: &mut Engine, size: usize) -> CheckedRows {
        CheckedRows {
            only: self.only,
            found: mem::take(&mut self.found),
            skipped: engine.take_skipped(),
            rows: mem::take(&mut self.rows),
            gone: mem::take(&mut self.gone),
            size,
            leaves_out_some: engine.leaves_out_some(),
            is_done: self.is_done(),
        }
    }

    fn check_some(&mut self, engine: &mut Engine) {
        if self.only.is_some_and(|only| !engine.runs(only)) {
            // The check has been removed in the meantime.
            self.cancel();
            return;
        }
        let is_new = self.open.is_none();
        let open = self.open.take().or_else(|| {
            let piece = self.pieces.next()?;
            let start = piece.rows().start;
            Some((piece, start))
        });
        let Some((piece, next)) = open else {
            return;
        };
        let rows = piece.rows();
        let Some(segment) = piece.segment() else {
            // The log has evicted this piece.
            let left = rows.end.0 - next.0;
            self.rows += left;
            self.gone += left;
            return;
        };
        if is_new {
            engine.enter(&segment, rows.clone(), self.only);
        }
        let start = index(&segment, next);
        let end = chunk_end(&segment, start, index(&segment, rows.end));
        engine.check(&segment, start..end, self.only, &mut self.found);
        let checked = (end - start) as u64;
        self.rows += checked;
        let next = RowId(next.0 + checked);
        if next < rows.end {
            self.open = Some((piece, next));
        }
    }
}

impl Engine {
    /// Processes `request` completely and returns the answer, unless it changes the plan.
    pub fn answer(&mut self, request: Request) -> Option<Answer> {
        let mut pass = match request {
            Request::Plan(plan) => {
                self.follow(&plan);
                return None;
            }
            Request::Restart(plan) => {
                self.restart(&plan);
                return None;
            }
            Request::Report(ask) => {
                let report = self.report(&ask).map(Box::new);
                return Some(Answer::Report(ask, report));
            }
            Request::Arrived(pieces) => Pass::new(pieces, None),
            Request::Kept { check, pieces } => Pass::new(pieces, Some(check)),
        };
        while !pass.is_done() {
            pass.check_some(self);
        }
        let size = self.size();
        Some(Answer::Checked(pass.take_results(self, size)))
    }
}

fn index(segment: &Segment, row: RowId) -> usize {
    usize::try_from(row.0 - segment.rows().start.0).unwrap_or(usize::MAX)
}

/// Returns the end of the next chunk of the rows from `start` to `end`: a limited amount, but at
/// least one row.
fn chunk_end(segment: &Segment, start: usize, end: usize) -> usize {
    let far = start.saturating_add(CHUNK_ROWS).min(end);
    let before = start.checked_sub(1).map_or(0, |at| segment.payload_end(at));
    let most = before.saturating_add(CHUNK_BYTES);
    if far == start || segment.payload_end(far - 1) <= most {
        return far;
    }
    let row = segment.row_of_byte(most, start);
    row.clamp(start + 1, far)
}
