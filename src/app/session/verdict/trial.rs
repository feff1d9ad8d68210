//! Trying out what may have been meant, and counting what the terms of a query find: only a query
//! that finds something is suggested, and only a term that finds nothing is blamed.

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

/// Why a query is tried out.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// To learn whether the query itself finds anything.
    Itself,
    /// This is a query that may have been meant.
    Candidate(String),
    /// To count what a part of the query finds: the one at this index.
    Part(usize),
}

/// A query to try out.
#[derive(Debug)]
pub(super) struct Trial {
    pub subject: Subject,
    pub query: Query,
}

/// A query that is being tried out.
#[derive(Debug)]
struct Running {
    subject: Subject,
    watch: LiveQuery,
    hits: u64,
    /// Whether the log has more messages than those on which the query is tried out.
    is_partial: bool,
}

/// What a part of a query finds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    /// The index of the part.
    pub part: usize,
    pub hits: u64,
    /// The number of messages searched, if there are more.
    pub newest: Option<u64>,
}

/// Queries that are tried out one by one.
#[derive(Debug, Default)]
pub(super) struct Trials {
    waiting: VecDeque<Trial>,
    running: Option<Running>,
    /// The first candidate that found something. The others are not tried out.
    pub found: Option<String>,
    /// Whether the query itself finds something, once that is known.
    pub finds: Option<bool>,
    /// What the parts find.
    pub counts: Vec<Count>,
}

impl Trials {
    /// Adds the trial of a query itself.
    pub fn add_itself(&mut self, query: Query) {
        let subject = Subject::Itself;
        self.waiting.push_back(Trial { subject, query });
    }

    /// Adds the trials of the first of these candidates, likeliest first, each with its text.
    pub fn add_candidates(&mut self, candidates: impl IntoIterator<Item = (String, Query)>) {
        let candidates = candidates.into_iter().take(MAX_CANDIDATES);
        self.waiting.extend(candidates.map(|(text, query)| Trial {
            subject: Subject::Candidate(text),
            query,
        }));
    }

    /// Adds the trials of the parts of a query.
    pub fn add_parts(&mut self, parts: impl IntoIterator<Item = Query>) {
        let parts = parts.into_iter().enumerate();
        self.waiting.extend(parts.map(|(index, query)| Trial {
            subject: Subject::Part(index),
            query,
        }));
    }

    /// Returns whether it is known which candidate finds something.
    pub fn is_meant_known(&self) -> bool {
        let is_part = |subject: &Subject| matches!(subject, Subject::Part(_));
        self.waiting.iter().all(|trial| is_part(&trial.subject))
            && self
                .running
                .as_ref()
                .is_none_or(|running| is_part(&running.subject))
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
        let Trial { subject, query } = self.waiting.pop_front()?;
        let most = if query.is_slow() {
            TRIED_BY_PROGRAM
        } else {
            TRIED
        };
        // A negated term matches notices too, which are not what was meant.
        let query = if query.mentions_notices() {
            query
        } else {
            Query::all([query, Query::messages()])
        };
        let mut watch = LiveQuery::new(id, serial, query, known.log);
        let request = watch.ask_trial(most, known);
        self.running = Some(Running {
            subject,
            is_partial: watch.progress().total < known.log.counters().kept,
            watch,
            hits: 0,
        });
        Some(Effect::Scan(request))
    }

    /// Records an answer. Returns whether the running trial is over before its scan.
    pub fn note(&mut self, answer: &Answer) -> bool {
        let Some(mut running) = self.running.take() else {
            return false;
        };
        if !running.watch.note(answer) {
            self.running = Some(running);
            return false;
        }
        let found = answer.found.iter();
        running.hits += found.map(|found| found.rows().count() as u64).sum::<u64>();
        let is_counted = matches!(running.subject, Subject::Part(_));
        let is_early = !answer.is_done && !is_counted && running.hits > 0;
        if !answer.is_done && !is_early {
            self.running = Some(running);
            return false;
        }
        let Running { subject, hits, .. } = running;
        match subject {
            Subject::Itself => self.finds = Some(hits > 0),
            Subject::Candidate(text) if hits > 0 => {
                let is_other = |trial: &Trial| !matches!(trial.subject, Subject::Candidate(_));
                self.waiting.retain(is_other);
                self.found = Some(text);
            }
            Subject::Candidate(_) => {}
            Subject::Part(part) => {
                let newest = running.is_partial.then(|| running.watch.progress().total);
                self.counts.push(Count { part, hits, newest });
            }
        }
        is_early
    }
}
