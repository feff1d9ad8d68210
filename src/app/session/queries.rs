//! The running queries, and the history of queries.

use super::Session;
use super::live_query::{LiveQuery, Names, NextPieces, QueryContext};
use crate::app::effect::Effect;
use crate::message::RowId;

/// The maximum number of queries in the history.
const MAX_HISTORY: usize = 500;

impl Session {
    /// Requests scans of the rows that have arrived since the last request, for every query.
    pub(crate) fn ask_about_arrived(&mut self) -> Vec<Effect> {
        let uses_via = self.watches().any(|watch| watch.query().uses_via());
        let names = || self.subscriptions.names().cloned().collect();
        let names: Option<Names> = uses_via.then(names);
        let known = QueryContext {
            log: &self.log,
            names: names.unwrap_or_default(),
            findings: &self.checks.findings,
            decoder_choices: &self.decoder_choices,
            checked: self.checks.checked_up_to(&self.log),
            now: self.now,
        };
        let mut pieces = NextPieces::default();
        let filter = self.filters.watch.iter_mut();
        let find = self.find.iter_mut().map(|find| &mut find.watch);
        let all = filter.chain(find).chain(self.breakpoints.watches_mut());
        let requests = all.filter_map(|watch| watch.ask_arrived(&mut pieces, &known));
        requests.map(Effect::Scan).collect()
    }

    /// Returns what a query may need besides its rows.
    pub(crate) fn known(&self) -> QueryContext<'_> {
        QueryContext {
            log: &self.log,
            names: self.subscriptions.names().cloned().collect(),
            findings: &self.checks.findings,
            decoder_choices: &self.decoder_choices,
            checked: self.checks.checked_up_to(&self.log),
            now: self.now,
        }
    }

    /// Returns a serial number higher than any before.
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Returns all running queries.
    pub(crate) fn watches(&mut self) -> impl Iterator<Item = &mut LiveQuery> {
        let filter = self.filters.watch.iter_mut();
        let find = self.find.iter_mut().map(|find| &mut find.watch);
        filter.chain(find).chain(self.breakpoints.watches_mut())
    }

    /// Removes references to rows that have left the log. Those of breakpoints, checks and marks
    /// are removed only once the rows can no longer be restored.
    pub(crate) fn forget_gone(&mut self) {
        let rows = RowId::default()..self.log.first();
        // A row that was replaced with a placeholder for evicted rows has lost its own content.
        let seams = self.log.seams().map(|row| row..RowId(row.0 + 1));
        let seams: Vec<_> = seams.collect();
        if let Some(find) = &mut self.find {
            for gone in self.log.gone_from(rows.clone()).iter().chain(&seams) {
                find.rows.remove(gone.clone());
            }
        }
        for gone in self.log.lost_from(rows).into_iter().chain(seams) {
            self.breakpoints.forget(&gone);
            self.checks.forget(&gone);
            let marks: Vec<RowId> = self.marked.range(gone).copied().collect();
            for row in marks {
                self.marked.remove(&row);
            }
        }
    }

    /// Appends `text` to the history.
    pub(crate) fn remember_query(&mut self, text: &str) -> Vec<Effect> {
        if text.trim().is_empty() || self.query_history.last().is_some_and(|last| last == text) {
            return Vec::new();
        }
        self.query_history.retain(|query| query != text);
        self.query_history.push(text.to_owned());
        if self.query_history.len() > MAX_HISTORY {
            self.query_history.remove(0);
        }
        vec![Effect::RememberQuery(text.to_owned())]
    }
}
