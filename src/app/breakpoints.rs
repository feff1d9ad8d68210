//! Breakpoints: queries at whose matches the view stops, while receiving goes on.

use std::ops::Range;
use std::time::Duration;

use super::live_query::LiveQuery;
use crate::log::{Found, RowSet};
use crate::message::{RowId, Time};
use crate::query::Query;
use crate::scan::{Answer, WatchId};

/// The first id of a breakpoint's watch; those below belong to the filter and the search.
pub(super) const FIRST_ID: u32 = 2;

/// Hits that are kept so: the one at which the view has stopped, and those it will stop at next.
const HITS_KEPT: usize = 8;

/// The bell rings, or the terminal is told, at most this often.
pub(super) const ALERT_EVERY: Duration = Duration::from_secs(1);

/// How a breakpoint draws attention beside the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attention {
    /// Not at all.
    #[default]
    None,
    /// By the terminal's bell.
    Bell,
    /// By a notification of the desktop (OSC 9).
    Notification,
}

impl Attention {
    /// The way that comes after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::None => Self::Bell,
            Self::Bell => Self::Notification,
            Self::Notification => Self::None,
        }
    }
}

/// A breakpoint.
#[derive(Debug)]
pub struct Breakpoint {
    pub(super) id: WatchId,
    pub(super) query: Query,
    /// It stops at every so many hits, the first time at that one.
    pub every: u64,
    /// How it draws attention.
    pub attention: Attention,
    /// Whether it only counts and marks.
    pub logs_only: bool,
    pub(super) hits: u64,
    /// Rows before this one have been counted.
    pub(super) counted: RowId,
    /// The rows kept at which it wants the view to stop.
    pub(super) stops: RowSet,
    /// Asks on while it is on.
    pub(super) watch: Option<LiveQuery>,
}

impl Breakpoint {
    /// What it matches.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Whether it is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.watch.is_some()
    }

    /// How many rows it has matched.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// What is wrong with the query itself.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.watch.as_ref()?.trouble()
    }

    /// How many rows arrived and went before it could be asked of them.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.watch.as_ref().map_or(0, LiveQuery::missed)
    }

    /// Takes in the rows that it matched. Says how many there were, and the first at which the
    /// view is to stop.
    pub(super) fn note(
        &mut self,
        answer: &Answer,
        hits: &mut RowSet,
        stops: &mut RowSet,
    ) -> (u64, Option<RowId>) {
        let mut first = None;
        let before = self.hits;
        for row in answer.found.iter().flat_map(Found::rows) {
            // The newest row is looked at twice if a second subscription brought it.
            if row < self.counted {
                continue;
            }
            self.counted = RowId(row.0 + 1);
            self.hits += 1;
            hits.insert(row);
            if !self.logs_only && self.hits.is_multiple_of(self.every) {
                self.stops.insert(row);
                stops.insert(row);
                first = first.or(Some(row));
            }
        }
        (self.hits - before, first)
    }
}

/// Where the view has stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// The row that was hit.
    pub row: RowId,
    /// What it matched.
    pub query: Query,
    /// Whether the row itself has gone since.
    pub is_gone: bool,
}

/// All breakpoints, and what they have hit.
#[derive(Debug, Default)]
pub struct Breakpoints {
    pub(super) list: Vec<Breakpoint>,
    /// The rows kept that any of them hit, whether the view stops there or not.
    pub(super) hits: RowSet,
    /// The rows kept at which any of them wants the view to stop.
    pub(super) stops: RowSet,
    /// Where the view has stopped.
    pub(super) at: Option<Stop>,
    /// Rows before this one are done with: the view has stopped there, or has been told to go on.
    pub(super) passed: RowId,
    /// Hits that went before the view came to them, since it stopped.
    pub(super) gone: u64,
    pub(super) made: u32,
    pub(super) alerted: Time,
}

impl Breakpoints {
    /// The breakpoints, in the order in which they were set.
    #[must_use]
    pub fn list(&self) -> &[Breakpoint] {
        &self.list
    }

    /// The rows kept that any of them hit.
    #[must_use]
    pub fn hits(&self) -> &RowSet {
        &self.hits
    }

    /// Where the view has stopped.
    #[must_use]
    pub fn stop(&self) -> Option<&Stop> {
        self.at.as_ref()
    }

    /// How many rows wait for the view to stop at them.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.stops.len() - self.stops.place_of(self.passed)
    }

    /// How many rows went before the view could stop at them, since it stopped.
    #[must_use]
    pub fn gone(&self) -> u64 {
        self.gone
    }

    pub(super) fn watches_mut(&mut self) -> impl Iterator<Item = &mut LiveQuery> {
        self.list.iter_mut().filter_map(|one| one.watch.as_mut())
    }

    /// Lets go of rows that the log has let go of.
    pub(super) fn forget(&mut self, gone: &Range<RowId>) {
        let before = self.waiting();
        self.hits.remove(gone.clone());
        self.stops.remove(gone.clone());
        for one in &mut self.list {
            one.stops.remove(gone.clone());
        }
        self.gone += before - self.waiting();
        if let Some(stop) = &mut self.at {
            stop.is_gone |= gone.contains(&stop.row);
        }
    }

    /// Takes back where the breakpoint at `index` wants the view to stop.
    pub(super) fn cancel_stops(&mut self, index: usize) {
        if let Some(one) = self.list.get_mut(index) {
            one.stops = RowSet::default();
        }
        self.gather_stops();
    }

    /// Takes the breakpoint at `index` out of the list, with all that it wants the view to stop at.
    pub(super) fn take(&mut self, index: usize) -> Option<Breakpoint> {
        let taken = (index < self.list.len()).then(|| self.list.remove(index));
        self.gather_stops();
        taken
    }

    /// Puts together where all of them want the view to stop.
    pub(super) fn gather_stops(&mut self) {
        self.stops = RowSet::default();
        for row in self.list.iter().flat_map(|one| one.stops.iter()) {
            self.stops.insert(row);
        }
    }

    /// The rows that the log is to hold: where the view has stopped, and where it will stop next.
    pub(super) fn rows_to_hold(&self) -> Vec<RowId> {
        let mut rows: Vec<RowId> = self.at.iter().map(|stop| stop.row).collect();
        let mut from = self.passed;
        while rows.len() < HITS_KEPT
            && let Some(row) = self.stops.at_or_after(from)
        {
            rows.push(row);
            from = RowId(row.0 + 1);
        }
        rows
    }

    /// The query of the first breakpoint that wants the view to stop at `row`.
    pub(super) fn query_at(&self, row: RowId) -> Option<Query> {
        let mut list = self.list.iter();
        let one = list.find(|one| one.stops.contains(row))?;
        Some(one.query.clone())
    }
}
