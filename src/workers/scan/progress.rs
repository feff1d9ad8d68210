//! The progress of the scan for a request.

use std::mem;
use std::time::{Duration, Instant};

use super::{Answer, ChannelStates, Request};
use crate::log::Matches;

/// The minimum time between answers, except for the last.
const ANSWER_EVERY: Duration = Duration::from_millis(5);

/// A scan in progress.
#[derive(Debug)]
pub struct Scan {
    /// The number that identifies the scan.
    pub(super) number: u64,
    pub(super) request: Request,
    /// The index of the current piece.
    pub(super) piece: usize,
    /// How many rows of the piece are left to scan.
    pub(super) left: Option<usize>,
    /// Matches not yet reported.
    pub(super) found: Vec<Matches>,
    pub(super) scanned: u64,
    pub(super) gone: u64,
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

    pub(super) fn is_done(&self) -> bool {
        self.piece >= self.request.pieces.len()
    }

    pub(super) fn next_piece(&mut self) {
        self.piece += 1;
        self.left = None;
    }

    /// Returns whether it is time to send an answer.
    pub(super) fn is_answer_due(&self) -> bool {
        self.is_done() || self.answered.elapsed() >= ANSWER_EVERY
    }

    /// Returns the results since the last call.
    pub(super) fn take_answer(
        &mut self,
        trouble: Option<Box<str>>,
        states: Option<Box<ChannelStates>>,
    ) -> Answer {
        self.answered = Instant::now();
        Answer {
            watch: self.request.watch,
            serial: self.request.serial,
            purpose: self.request.purpose,
            found: mem::take(&mut self.found),
            scanned: mem::take(&mut self.scanned),
            gone: mem::take(&mut self.gone),
            is_done: self.is_done(),
            trouble,
            states,
        }
    }
}
