//! Why a query finds nothing, and what the user probably meant. This is determined once for each
//! query, from the channels and a sample of the newest messages.

mod draft;
mod finding;
mod nearest;
mod terms;
mod trial;

use std::iter;

pub(crate) use self::draft::{Draft, Tried};
use self::finding::{Finding, SeenInLog, candidates};
use self::terms::Blame;
use self::trial::Trials;
use super::Session;
use super::live_query::{DRAFT_TRIAL, FILTER_TRIAL, FIND_TRIAL};
use crate::app::effect::Effect;
use crate::query::Query;
use crate::workers::scan::{Answer, WatchId};

/// The maximum number of samples requested for a verdict.
const MAX_REQUESTS: u8 = 3;

/// The maximum number of parts of a query that are compared with what is known: its first ones.
const MAX_PARTS: usize = 8;

/// Why a query finds nothing, and what the user probably meant.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Why the query finds nothing, if that is known.
    cause: Option<String>,
    /// The text of the query.
    text: String,
    /// The request for the sample that it is judged by, once there is one.
    sample: Option<u64>,
    /// How many samples were requested: others may be requested before one has been read.
    requests: u8,
    is_final: bool,
    /// Whether there were no messages to try anything out on.
    has_no_messages: bool,
    /// What is wrong with its parts.
    findings: Vec<Finding>,
    /// The terms that are counted to find the one to blame.
    blame: Blame,
    /// The queries that the user may have meant, and the terms to count.
    trials: Trials,
}

impl Verdict {
    /// Returns the query that the user probably meant by `query`, if this verdict is about it and a
    /// correction is known. It finds something.
    pub fn meant(&self, query: &Query) -> Option<&str> {
        let meant = self.trials.found.as_deref();
        meant.filter(|_| self.text == query.text())
    }

    /// Returns why `query` finds nothing, if this verdict is about it and the reason is known.
    pub fn cause(&self, query: &Query) -> Option<&str> {
        self.cause.as_deref().filter(|_| self.text == query.text())
    }

    /// Finds the cause, once everything that it depends on is known.
    fn find_cause(&mut self) {
        let counts = &self.trials.counts;
        let cause = self.blame.cause(&self.text, counts, &self.findings);
        self.cause = cause.or(self.cause.take());
    }

    /// Records what was tried out. Returns whether the running trial is over before its scan.
    fn note(&mut self, answer: &Answer) -> bool {
        let is_over_early = self.trials.note(answer);
        if self.is_final {
            self.find_cause();
        }
        is_over_early
    }

    /// Returns the effect that stops the running trial, if there is one.
    pub(crate) fn stop(self, trial: WatchId) -> Option<Effect> {
        let is_running = self.trials.is_running();
        is_running.then_some(Effect::StopScan(trial))
    }

    /// Returns whether this is about `query`, and everything that was to be found out is known.
    pub(crate) fn is_known(&self, query: &Query) -> bool {
        self.is_final && self.trials.is_meant_known() && self.text == query.text()
    }
}

impl Session {
    /// Judges the filter and the search if they find nothing.
    pub(crate) fn judge_queries(&mut self) -> Vec<Effect> {
        let filter = self
            .filters
            .typed
            .as_ref()
            .filter(|_| self.filter_finds_nothing());
        let filter = filter.cloned();
        let find = self
            .find
            .as_ref()
            .filter(|find| find.finds_nothing(self.now));
        let find = find.map(|find| find.watch.query().clone());
        let mut effects = self.drop_verdicts();
        if let Some(query) = filter {
            let verdict = std::mem::take(&mut self.filters.verdict);
            self.filters.verdict = self.judge(&query, FILTER_TRIAL, verdict, &mut effects);
        }
        if let Some(query) = find {
            let verdict = self
                .find
                .as_mut()
                .map(|find| std::mem::take(&mut find.verdict));
            let verdict = verdict.unwrap_or_default();
            let verdict = self.judge(&query, FIND_TRIAL, verdict, &mut effects);
            if let Some(find) = &mut self.find {
                find.verdict = verdict;
            }
        }
        effects
    }

    /// Drops the verdicts on a filter or a search that was changed, or that finds something now. A
    /// query that only lags keeps its verdict.
    fn drop_verdicts(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        let filters = &mut self.filters;
        let typed = filters.typed.as_ref().map_or("", Query::text);
        if typed != filters.verdict.text || filters.is_new || self.shown.messages() > 0 {
            let verdict = std::mem::take(&mut filters.verdict);
            effects.extend(verdict.stop(FILTER_TRIAL));
        }
        if let Some(find) = self.find.as_mut().filter(|find| !find.rows.is_empty()) {
            effects.extend(std::mem::take(&mut find.verdict).stop(FIND_TRIAL));
        }
        effects
    }

    /// Records what a query finds that may have been meant.
    pub(crate) fn note_trial(&mut self, answer: &Answer) -> Vec<Effect> {
        let verdict = match answer.watch {
            FILTER_TRIAL => Some(&mut self.filters.verdict),
            DRAFT_TRIAL => Some(&mut self.draft),
            _ => self.find.as_mut().map(|find| &mut find.verdict),
        };
        let is_over_early = verdict.is_some_and(|verdict| verdict.note(answer));
        let stop = is_over_early.then_some(Effect::StopScan(answer.watch));
        stop.into_iter().collect()
    }

    /// Returns whether the active filter has been applied and no message is shown.
    pub(crate) fn filter_finds_nothing(&self) -> bool {
        self.filters.watch.is_some()
            && !self.filters.is_new
            && self.filters.lag(self.now).is_none()
            && self.shown.messages() == 0
    }

    /// Continues to judge `query`. What may have been meant is tried out by the query `trial`.
    fn judge(
        &mut self,
        query: &Query,
        trial: WatchId,
        before: Verdict,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        let mut verdict = before;
        if verdict.text != query.text() {
            effects.extend(verdict.stop(trial));
            let searched = query.only_searches();
            verdict = Verdict {
                cause: searched.map(|place| format!("searched as text in {place}")),
                text: query.text().to_owned(),
                ..Verdict::default()
            };
        }
        if !verdict.is_final && verdict.sample != Some(self.sampling.serial()) {
            // None was requested yet, or a newer sample, which may be from other channels.
            if verdict.requests == MAX_REQUESTS {
                verdict.is_final = true;
                self.try_out(query, trial, &mut verdict);
            } else {
                verdict.requests += 1;
                effects.extend(self.request_sample(Some(query)));
                verdict.sample = Some(self.sampling.serial());
            }
        }
        if !verdict.is_final && !self.sampling.is_pending() {
            verdict.is_final = true;
            self.examine(query, trial, &mut verdict);
        }
        if verdict.trials.are_due() {
            let serial = self.next_serial();
            effects.extend(verdict.trials.start(trial, serial, &self.known()));
        }
        verdict
    }

    /// Compares the parts of `query` with the known channels, paths and values.
    fn examine(&self, query: &Query, trial: WatchId, verdict: &mut Verdict) {
        let text = query.text();
        let seen = SeenInLog {
            channels: self.log.channels(),
            sample: &self.sampling.latest,
            has_user_decoders: self.decoder_choices.has_user_decoders(),
        };
        let parts = Query::parts(text, &self.moment());
        let parts = parts.iter().take(MAX_PARTS);
        verdict.findings = parts.filter_map(|part| seen.finding(text, part)).collect();
        self.try_out(query, trial, verdict);
    }

    /// Prepares to try out what the user may have meant by `query`, and to count what its terms
    /// find.
    fn try_out(&self, query: &Query, trial: WatchId, verdict: &mut Verdict) {
        let (text, moment) = (query.text(), self.moment());
        let texts = candidates(text, &verdict.findings);
        let suggestions = iter::once_with(|| Query::suggestions(text, &moment)).flatten();
        let mut tried = vec![query.clone()];
        // Only as many as are tried out are parsed.
        let candidates = texts.chain(suggestions).filter_map(|text| {
            let parsed = Query::parse(&text, &moment).ok()?;
            if tried.contains(&parsed) {
                return None;
            }
            tried.push(parsed.clone());
            Some((text, self.as_tried(parsed, trial)))
        });
        verdict.trials.add_candidates(candidates);
        if trial != DRAFT_TRIAL {
            let is_filtered = self.as_tried(query.clone(), trial) != *query;
            verdict.blame = Blame::of(query, is_filtered, &moment, &self.log);
            verdict.trials.add_parts(verdict.blame.queries());
        }
        verdict.find_cause();
    }

    /// Returns what must match if `query` is typed: a filter hides nothing alone.
    fn as_tried(&self, query: Query, trial: WatchId) -> Query {
        match trial {
            FILTER_TRIAL => self.wanted_filter(Some(&query)).unwrap_or(query),
            _ => query,
        }
    }
}

impl Session {
    /// Continues to try out corrections of the query that is being written, if it is not in force.
    pub(crate) fn judge_draft(&mut self, draft: Option<&Draft>) -> Vec<Effect> {
        let mut verdict = std::mem::take(&mut self.draft);
        let mut effects = Vec::new();
        let Some(draft) = draft else {
            return verdict.stop(DRAFT_TRIAL).into_iter().collect();
        };
        if verdict.text != draft.text {
            effects.extend(verdict.stop(DRAFT_TRIAL));
            verdict = self.begin_draft(draft);
        }
        match &draft.query {
            Some(query) if verdict.trials.finds == Some(false) => {
                verdict = self.judge(query, DRAFT_TRIAL, verdict, &mut effects);
            }
            _ if verdict.trials.are_due() => {
                let serial = self.next_serial();
                effects.extend(verdict.trials.start(DRAFT_TRIAL, serial, &self.known()));
            }
            _ => {}
        }
        self.draft = verdict;
        effects
    }

    fn begin_draft(&self, draft: &Draft) -> Verdict {
        let mut verdict = Verdict {
            text: draft.text.clone(),
            has_no_messages: self.log.counters().kept == 0,
            is_final: draft.query.is_none(),
            ..Verdict::default()
        };
        if verdict.has_no_messages {
            return verdict;
        }
        let Some(query) = &draft.query else {
            let moment = self.moment();
            let texts = Query::corrections(&draft.text, &moment, draft.takes_conditions);
            let candidates = texts.into_iter().filter_map(|text| {
                let parsed = if draft.takes_conditions {
                    Query::parse_breakpoint(&text, &moment)
                } else {
                    Query::parse(&text, &moment)
                };
                let parsed = parsed.ok()?;
                let query = if draft.is_filter {
                    self.as_tried(parsed, FILTER_TRIAL)
                } else {
                    parsed
                };
                Some((text, query))
            });
            verdict.trials.add_candidates(candidates);
            return verdict;
        };
        verdict.trials.add_itself(query.clone());
        verdict
    }
}
