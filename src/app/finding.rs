//! Finding: rows that match a query are marked, and the others stay.

use super::unchecked::Unchecked;
use super::watch::{FIND, Progress, Watch};
use super::{App, Effect, Focus};
use crate::log::RowSet;
use crate::message::RowId;
use crate::query::Query;
use crate::scan::Answer;

/// What is looked for, and where it was found.
#[derive(Debug)]
pub struct Find {
    watch: Watch,
    rows: RowSet,
}

impl Find {
    /// What is looked for.
    #[must_use]
    pub fn query(&self) -> &Query {
        self.watch.query()
    }

    /// Where it was found so far.
    #[must_use]
    pub fn rows(&self) -> &RowSet {
        &self.rows
    }

    /// How far the search has got with the rows kept.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.watch.progress()
    }

    /// What is wrong with the query itself.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.watch.trouble()
    }

    /// How many rows arrived and went before they could be looked at.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.watch.missed()
    }

    /// What checks have not looked at, if it is asked what they have flagged.
    #[must_use]
    pub fn unchecked(&self) -> Unchecked {
        *self.watch.unchecked()
    }

    pub(super) fn watch_mut(&mut self) -> &mut Watch {
        &mut self.watch
    }

    pub(super) fn rows_mut(&mut self) -> &mut RowSet {
        &mut self.rows
    }
}

impl App {
    /// Looks for what `query` matches from now on, or for nothing.
    pub(super) fn look_for(&mut self, query: Option<Query>) -> Vec<Effect> {
        if self.find.as_ref().map(Find::query) == query.as_ref() {
            return Vec::new();
        }
        let Some(query) = query.filter(|query| !query.is_everything()) else {
            self.find = None;
            return vec![Effect::StopScan(FIND)];
        };
        let mut watch = Watch::new(FIND, self.next_serial(), query, &self.log);
        let request = watch.ask_kept(&self.known());
        self.find = Some(Find {
            watch,
            rows: RowSet::default(),
        });
        vec![Effect::Scan(request)]
    }

    /// Takes in rows that were found.
    pub(super) fn note_find(&mut self, answer: &Answer) {
        let Some(find) = &mut self.find else { return };
        if find.watch.note(answer) {
            for found in &answer.found {
                find.rows.replace(found);
            }
        }
    }

    /// Selects the next row shown that was found, or the one before; in an open message goes to the
    /// next match, or to the one before.
    pub(super) fn go_to_hit(&mut self, is_forward: bool) -> Vec<Effect> {
        if self.focus == Focus::Message {
            return self.go_to_match(is_forward);
        }
        let Some(find) = &self.find else {
            return self.tell("nothing is looked for: press F to find");
        };
        let from = self.jumps_start().unwrap_or_default();
        let next = |row| step(&find.rows, row, is_forward);
        let mut hit = next(from);
        while let Some(row) = hit.filter(|row| !self.shown.contains(*row)) {
            hit = next(row);
        }
        if let Some(row) = hit {
            self.select_row(row);
            return Vec::new();
        }
        let direction = if is_forward { "newer" } else { "older" };
        let progress = find.progress();
        self.tell(if progress.is_done() {
            format!("no {direction} row shown matches")
        } else {
            format!(
                "no {direction} row found yet, {} % searched",
                progress.percent()
            )
        })
    }
}

/// The row of `rows` next to `row` in one direction or the other.
pub(super) fn step(rows: &RowSet, row: RowId, is_forward: bool) -> Option<RowId> {
    if is_forward {
        rows.at_or_after(RowId(row.0 + 1))
    } else {
        rows.before(row)
    }
}
