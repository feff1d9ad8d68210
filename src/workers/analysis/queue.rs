//! The requests to the analysis thread, processed in order.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::pass::Pass;
use super::{Answer, Engine, Request};
use crate::workers::worker::Job;

/// The interval at which memory use is computed, since that takes longer than checking a message.
const SIZE_EVERY: Duration = Duration::from_secs(1);

/// The checks, and the rows to run them on.
#[derive(Default)]
pub struct Queue {
    engine: Engine,
    passes: VecDeque<Pass>,
    /// The memory use in bytes and when it was computed.
    size: Option<(usize, Instant)>,
}

impl Job for Queue {
    type Request = Request;
    type Answer = Answer;

    fn accept(&mut self, request: Request) -> Option<Answer> {
        let (pieces, only) = match request {
            Request::Arrived(pieces) => (pieces, None),
            Request::Kept { check, pieces } => (pieces, Some(check)),
            Request::Restart(_) => {
                self.passes.iter_mut().for_each(Pass::cancel);
                return self.engine.answer(request);
            }
            immediate => return self.engine.answer(immediate),
        };
        self.passes.push_back(Pass::new(pieces, only));
        None
    }

    fn is_idle(&self) -> bool {
        self.passes.is_empty()
    }

    fn step(&mut self) -> Option<Answer> {
        let fresh = self.size.filter(|(_, at)| at.elapsed() < SIZE_EVERY);
        let size = fresh.unwrap_or_else(|| (self.engine.size(), Instant::now()));
        self.size = Some(size);
        let checked = self.passes.front_mut()?.advance(&mut self.engine, size.0)?;
        if checked.is_done {
            self.passes.pop_front();
        }
        Some(Answer::Checked(checked))
    }
}
