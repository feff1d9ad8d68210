//! Breakpoints: queries at whose matches the view stops, while receiving goes on.

use std::ops::Range;
use std::time::Duration;

use super::watch::Watch;
use super::{Alert, App, Effect, Position};
use crate::log::{Found, RowSet};
use crate::message::{Notice, RowId, Time};
use crate::query::Query;
use crate::scan::{Answer, WatchId};

/// The first id of a breakpoint's watch; those below belong to the filter and the search.
const FIRST_ID: u32 = 2;

/// Hits that are kept so: the one at which the view has stopped, and those it will stop at next.
const HITS_KEPT: usize = 8;

/// The bell rings, or the terminal is told, at most this often.
const ALERT_EVERY: Duration = Duration::from_secs(1);

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
    id: WatchId,
    query: Query,
    /// It stops at every so many hits, the first time at that one.
    pub every: u64,
    /// How it draws attention.
    pub attention: Attention,
    /// Whether it only counts and marks.
    pub logs_only: bool,
    hits: u64,
    /// Rows before this one have been counted.
    counted: RowId,
    /// The rows kept at which it wants the view to stop.
    stops: RowSet,
    /// Asks on while it is on.
    watch: Option<Watch>,
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
        self.watch.as_ref().map_or(0, Watch::missed)
    }

    /// Takes in the rows that it matched. Says how many there were, and the first at which the
    /// view is to stop.
    fn note(
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
    list: Vec<Breakpoint>,
    /// The rows kept that any of them hit, whether the view stops there or not.
    hits: RowSet,
    /// The rows kept at which any of them wants the view to stop.
    stops: RowSet,
    /// Where the view has stopped.
    at: Option<Stop>,
    /// Rows before this one are done with: the view has stopped there, or has been told to go on.
    passed: RowId,
    /// Hits that went before the view came to them, since it stopped.
    gone: u64,
    made: u32,
    alerted: Time,
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

    pub(super) fn watches_mut(&mut self) -> impl Iterator<Item = &mut Watch> {
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
    fn cancel_stops(&mut self, index: usize) {
        if let Some(one) = self.list.get_mut(index) {
            one.stops = RowSet::default();
        }
        self.gather_stops();
    }

    /// Puts together where all of them want the view to stop.
    fn gather_stops(&mut self) {
        self.stops = RowSet::default();
        for row in self.list.iter().flat_map(|one| one.stops.iter()) {
            self.stops.insert(row);
        }
    }

    /// The rows that the log is to hold: where the view has stopped, and where it will stop next.
    fn rows_to_hold(&self) -> Vec<RowId> {
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
    fn query_at(&self, row: RowId) -> Option<Query> {
        let mut list = self.list.iter();
        let one = list.find(|one| one.stops.contains(row))?;
        Some(one.query.clone())
    }
}

impl App {
    /// Sets a breakpoint, from the next row on.
    pub(super) fn set_breakpoint(&mut self, query: Query) {
        let id = WatchId(FIRST_ID + self.breakpoints.made);
        self.breakpoints.made += 1;
        let watch = Watch::new(id, self.next_serial(), query.clone(), &self.log);
        self.breakpoints.list.push(Breakpoint {
            id,
            query,
            every: 1,
            attention: Attention::default(),
            logs_only: false,
            hits: 0,
            counted: self.log.end(),
            stops: RowSet::default(),
            watch: Some(watch),
        });
    }

    /// Gives a breakpoint another query, from the next row on; its count starts anew.
    pub(super) fn change_breakpoint(&mut self, index: usize, query: Query) {
        let serial = self.next_serial();
        self.breakpoints.cancel_stops(index);
        if let Some(one) = self.breakpoints.list.get_mut(index) {
            let watch = || Watch::new(one.id, serial, query.clone(), &self.log);
            one.watch = one.watch.is_some().then(watch);
            one.query = query;
            one.hits = 0;
            one.counted = self.log.end();
        }
        self.hold_stops();
    }

    /// Switches a breakpoint off, or on again from the next row on.
    pub(super) fn toggle_breakpoint(&mut self, index: usize) -> Vec<Effect> {
        let serial = self.next_serial();
        let Some(one) = self.breakpoints.list.get_mut(index) else {
            return Vec::new();
        };
        if one.watch.take().is_some() {
            let id = one.id;
            self.breakpoints.cancel_stops(index);
            self.hold_stops();
            return vec![Effect::StopScan(id)];
        }
        one.watch = Some(Watch::new(one.id, serial, one.query.clone(), &self.log));
        Vec::new()
    }

    /// Removes a breakpoint. What it has hit stays marked.
    pub(super) fn remove_breakpoint(&mut self, index: usize) -> Vec<Effect> {
        if index >= self.breakpoints.list.len() {
            return Vec::new();
        }
        let removed = self.breakpoints.list.remove(index);
        self.breakpoints.gather_stops();
        self.hold_stops();
        vec![Effect::StopScan(removed.id)]
    }

    /// Has a breakpoint stop the view, or only count and mark.
    pub(super) fn toggle_log_only(&mut self, index: usize) {
        if let Some(one) = self.breakpoints.list.get_mut(index) {
            one.logs_only = !one.logs_only;
        }
        self.breakpoints.cancel_stops(index);
        self.hold_stops();
    }

    /// The breakpoint at `index` of the list, to be changed.
    pub(super) fn breakpoint_mut(&mut self, index: usize) -> Option<&mut Breakpoint> {
        self.breakpoints.list.get_mut(index)
    }

    /// Takes in rows that a breakpoint matched, and stops at the first of them if the view
    /// follows.
    pub(super) fn note_breakpoint(&mut self, answer: &Answer) -> Vec<Effect> {
        let Breakpoints {
            list, hits, stops, ..
        } = &mut self.breakpoints;
        let mut list = list.iter_mut();
        let Some(one) = list.find(|one| one.id == answer.watch) else {
            return Vec::new();
        };
        if !one.watch.as_mut().is_some_and(|watch| watch.note(answer)) {
            return Vec::new();
        }
        let (count, first) = one.note(answer, hits, stops);
        let calls = if one.logs_only {
            count > 0
        } else {
            first.is_some()
        };
        let (attention, query) = (one.attention, one.query.text().to_owned());
        self.forget_gone();
        if let Some(row) = first {
            if self.messages.position() == Position::Following {
                self.stop_at(row);
                if self.overlay.is_some() {
                    self.tell("a breakpoint was hit: the messages are frozen there");
                }
            } else if self.breakpoints.at.is_none() {
                self.tell("a breakpoint was hit: space in the messages goes there");
            }
            self.hold_stops();
        }
        if calls {
            self.draw_attention(attention, &query)
        } else {
            Vec::new()
        }
    }

    /// Goes on to the next row at which the view is to stop; says whether there is one.
    pub(super) fn go_to_next_stop(&mut self) -> bool {
        let breakpoints = &self.breakpoints;
        let next = breakpoints.stops.at_or_after(breakpoints.passed);
        match next {
            Some(row) => self.stop_at(row),
            None => self.leave_stop(),
        }
        self.hold_stops();
        next.is_some()
    }

    /// Goes on without stopping at what has been hit so far.
    pub(super) fn pass_stops(&mut self) {
        self.leave_stop();
        self.breakpoints.passed = self.log.end();
        self.hold_stops();
    }

    fn leave_stop(&mut self) {
        self.breakpoints.at = None;
        self.breakpoints.gone = 0;
        self.shown.show_beside(None);
    }

    /// Stops the view at `row`, and says so in the log.
    fn stop_at(&mut self, row: RowId) {
        let Some(query) = self.breakpoints.query_at(row) else {
            return;
        };
        let passed = RowId(row.0 + 1);
        self.breakpoints.passed = self.breakpoints.passed.max(passed);
        self.breakpoints.at = Some(Stop {
            row,
            query: query.clone(),
            is_gone: false,
        });
        // It is shown even if the filter hides it.
        self.shown.show_beside(Some(row));
        // Before anything is added, which may push it out.
        self.hold_stops();
        if let Some(channel) = self.channel_of(row) {
            let query = query.text().into();
            let notice = Notice::Breakpoint {
                query,
                row,
                channel,
            };
            self.log.push_notice(self.now, notice);
            self.shown.follow(&self.log);
        }
        self.select_row(row);
    }

    /// Has the log keep what the view has stopped at and will stop at next.
    fn hold_stops(&mut self) {
        self.log.hold(&self.breakpoints.rows_to_hold());
        self.shown.follow(&self.log);
        self.forget_gone();
    }

    fn draw_attention(&mut self, attention: Attention, query: &str) -> Vec<Effect> {
        if attention == Attention::None || self.now < self.breakpoints.alerted.after(ALERT_EVERY) {
            return Vec::new();
        }
        self.breakpoints.alerted = self.now;
        vec![Effect::Alert(match attention {
            Attention::Notification => Alert::Notification(format!("subscope: {query} was hit")),
            Attention::Bell | Attention::None => Alert::Bell,
        })]
    }
}
