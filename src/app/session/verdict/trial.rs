//! Trying out what may have been meant: only a query that finds something is suggested.

use std::collections::VecDeque;

use crate::app::effect::Effect;
use crate::app::session::live_query::{LiveQuery, QueryContext};
use crate::query::Query;
use crate::workers::scan::{Answer, WatchId};

/// The maximum number of queries tried out.
const MAX_CANDIDATES: usize = 8;

/// The number of messages on which a query is tried out, the newest in the log.
const TRIED: u64 = 500_000;

/// The same for a query that runs a program on each message.
const TRIED_BY_PROGRAM: u64 = 5_000;

/// A query that may have been meant.
#[derive(Debug)]
pub(super) struct Candidate {
    /// What would be suggested.
    pub text: String,
    /// What it would find, with the other filters in force.
    pub query: Query,
}

/// The queries that may have been meant, tried out one by one until one finds something.
#[derive(Debug, Default)]
pub(super) struct Trials {
    waiting: VecDeque<Candidate>,
    running: Option<(String, LiveQuery)>,
    /// The first one that found something.
    pub found: Option<String>,
}

impl Trials {
    /// Creates the trials of these candidates, likeliest first.
    pub fn of(candidates: impl IntoIterator<Item = Candidate>) -> Self {
        Self {
            waiting: candidates.into_iter().take(MAX_CANDIDATES).collect(),
            ..Self::default()
        }
    }

    /// Returns whether nothing is left to try out.
    pub fn are_over(&self) -> bool {
        self.waiting.is_empty() && self.running.is_none()
    }

    /// Returns whether one is to be started.
    pub fn are_due(&self) -> bool {
        self.running.is_none() && !self.waiting.is_empty()
    }

    /// Returns whether one is running.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Starts the next trial.
    pub fn start(&mut self, id: WatchId, serial: u64, known: &QueryContext<'_>) -> Option<Effect> {
        let Candidate { text, query } = self.waiting.pop_front()?;
        let most = if query.is_slow() {
            TRIED_BY_PROGRAM
        } else {
            TRIED
        };
        let mut watch = LiveQuery::new(id, serial, query, known.log);
        let request = watch.ask_trial(most, known);
        self.running = Some((text, watch));
        Some(Effect::Scan(request))
    }

    /// Records an answer. Returns whether the running trial is over before its scan.
    pub fn note(&mut self, answer: &Answer) -> bool {
        let Some((text, mut watch)) = self.running.take() else {
            return false;
        };
        if !watch.note(answer) {
            self.running = Some((text, watch));
            return false;
        }
        let is_found = answer
            .found
            .iter()
            .any(|found| found.rows().next().is_some());
        if is_found {
            self.waiting.clear();
            self.found = Some(text);
        } else if !answer.is_done {
            self.running = Some((text, watch));
        }
        is_found && !answer.is_done
    }
}
