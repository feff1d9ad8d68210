//! Queries that are being written and not in force: invalid ones, and those of breakpoints and
//! listed filters. Whether they find anything is tried out only to correct them.

use super::Session;
use super::Verdict;
use crate::app::effect::Effect;
use crate::app::session::live_query::{DRAFT_TRIAL, FILTER_TRIAL};
use crate::query::Query;

/// A query that is being written and not in force.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The text of the query.
    pub text: String,
    /// The query; `None` if the text is invalid.
    pub query: Option<Query>,
    /// Whether it may contain conditions on a channel over time.
    pub takes_conditions: bool,
    /// Whether it will be the typed filter.
    pub is_filter: bool,
}

/// What is known about a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried<'a> {
    /// It is still being tried out.
    Pending,
    /// The query needs no correction: it finds something.
    NotNeeded,
    /// This query finds something.
    Finds(&'a str),
    /// No correction finds anything.
    NoneFinds,
    /// There are no messages to try it out on.
    NoMessages,
}

impl Verdict {
    /// Returns what is known about the corrections of the draft `text`.
    pub(crate) fn tried(&self, text: &str) -> Tried<'_> {
        if self.text != text {
            Tried::Pending
        } else if let Some(found) = &self.trials.found {
            Tried::Finds(found)
        } else if self.trials.finds == Some(true) {
            Tried::NotNeeded
        } else if self.has_no_messages {
            Tried::NoMessages
        } else if self.is_final && self.trials.is_meant_known() {
            Tried::NoneFinds
        } else {
            Tried::Pending
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
                let parsed = match draft.takes_conditions {
                    true => Query::parse_breakpoint(&text, &moment),
                    false => Query::parse(&text, &moment),
                };
                let parsed = parsed.ok()?;
                let query = match draft.is_filter {
                    true => self.as_tried(parsed, FILTER_TRIAL),
                    false => parsed,
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
