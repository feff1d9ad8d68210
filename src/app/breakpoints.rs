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

/// Rows before and behind a hit that are kept with it, whatever the log lets go of.
const CONTEXT: (u64, u64) = (500, 50);

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

    /// Takes in the rows that it matched. Says how many there were, and the first at which the
    /// view is to stop.
    fn note(&mut self, answer: &Answer, hits: &mut RowSet) -> (u64, Option<RowId>) {
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
                first = first.or(Some(row));
            }
        }
        (self.hits - before, first)
    }
}

/// Where the view has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The row that was hit.
    pub row: RowId,
    /// Which breakpoint of the list hit it.
    pub breakpoint: usize,
}

/// All breakpoints, and what they have hit.
#[derive(Debug, Default)]
pub struct Breakpoints {
    list: Vec<Breakpoint>,
    /// The rows kept that any of them hit, whether the view stops there or not.
    hits: RowSet,
    /// Where the view has stopped.
    at: Option<RowId>,
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

    /// Where the view has stopped, unless that breakpoint is gone.
    #[must_use]
    pub fn stop(&self) -> Option<Stop> {
        let row = self.at?;
        let mut list = self.list.iter();
        let breakpoint = list.position(|breakpoint| breakpoint.stops.contains(row))?;
        Some(Stop { row, breakpoint })
    }

    /// How many rows wait for the view to stop at them.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        let waiting = |stops: &RowSet| stops.len() - stops.place_of(self.passed);
        self.list.iter().map(|one| waiting(&one.stops)).sum()
    }

    /// How many rows went before the view could stop at them, since it stopped.
    #[must_use]
    pub fn gone(&self) -> u64 {
        self.gone
    }

    pub(super) fn watches_mut(&mut self) -> impl Iterator<Item = &mut Watch> {
        self.list.iter_mut().filter_map(|one| one.watch.as_mut())
    }

    /// The first row from `row` on at which the view is to stop.
    fn next_stop(&self, row: RowId) -> Option<RowId> {
        let next = |one: &Breakpoint| one.stops.at_or_after(row);
        self.list.iter().filter_map(next).min()
    }

    /// Lets go of rows that the log has let go of.
    pub(super) fn forget(&mut self, gone: &Range<RowId>) {
        let before = self.waiting();
        self.hits.remove(gone.clone());
        for one in &mut self.list {
            one.stops.remove(gone.clone());
        }
        self.gone += before - self.waiting();
    }

    /// The stretches around the rows at which the view has stopped or will stop next.
    fn contexts(&self) -> Vec<Range<RowId>> {
        let (before, behind) = CONTEXT;
        let mut rows: Vec<RowId> = self.at.into_iter().collect();
        let mut from = self.passed;
        while rows.len() < HITS_KEPT
            && let Some(row) = self.next_stop(from)
        {
            rows.push(row);
            from = RowId(row.0 + 1);
        }
        let around =
            |row: RowId| RowId(row.0.saturating_sub(before))..RowId(row.0.saturating_add(behind));
        rows.into_iter().map(around).collect()
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
        if let Some(one) = self.breakpoints.list.get_mut(index) {
            one.watch = Some(Watch::new(one.id, serial, query.clone(), &self.log));
            one.query = query;
            one.hits = 0;
            one.counted = self.log.end();
        }
    }

    /// Switches a breakpoint off, or on again from the next row on.
    pub(super) fn toggle_breakpoint(&mut self, index: usize) -> Vec<Effect> {
        let serial = self.next_serial();
        let Some(one) = self.breakpoints.list.get_mut(index) else {
            return Vec::new();
        };
        if one.watch.take().is_some() {
            return vec![Effect::StopScan(one.id)];
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
        self.hold_contexts();
        vec![Effect::StopScan(removed.id)]
    }

    /// The breakpoint at `index` of the list, to be changed.
    pub(super) fn breakpoint_mut(&mut self, index: usize) -> Option<&mut Breakpoint> {
        self.breakpoints.list.get_mut(index)
    }

    /// Takes in rows that a breakpoint matched, and stops at the first of them if the view
    /// follows.
    pub(super) fn note_breakpoint(&mut self, answer: &Answer) -> Vec<Effect> {
        let Breakpoints { list, hits, .. } = &mut self.breakpoints;
        let mut list = list.iter_mut();
        let Some(one) = list.find(|one| one.id == answer.watch) else {
            return Vec::new();
        };
        if !one.watch.as_mut().is_some_and(|watch| watch.note(answer)) {
            return Vec::new();
        }
        let (count, first) = one.note(answer, hits);
        let (attention, query) = (one.attention, one.query.text().to_owned());
        if count == 0 {
            return Vec::new();
        }
        self.forget_gone();
        if let Some(row) = first {
            if self.messages.position() == Position::Following {
                self.stop_at(row);
            } else if self.breakpoints.at.is_none() {
                self.tell("a breakpoint was hit: space goes there");
            }
            self.hold_contexts();
        }
        self.draw_attention(attention, &query)
    }

    /// Goes on to the next row at which the view is to stop; says whether there is one.
    pub(super) fn go_to_next_stop(&mut self) -> bool {
        let next = self.breakpoints.next_stop(self.breakpoints.passed);
        match next {
            Some(row) => self.stop_at(row),
            None => self.leave_stop(),
        }
        self.hold_contexts();
        next.is_some()
    }

    /// Goes on without stopping at what has been hit so far.
    pub(super) fn pass_stops(&mut self) {
        self.leave_stop();
        self.breakpoints.passed = self.log.end();
        self.hold_contexts();
    }

    fn leave_stop(&mut self) {
        self.breakpoints.at = None;
        self.breakpoints.gone = 0;
    }

    /// Stops the view at `row`, and says so in the log.
    fn stop_at(&mut self, row: RowId) {
        self.breakpoints.at = Some(row);
        self.breakpoints.passed = RowId(row.0 + 1);
        self.shown.insert(row);
        let query = self.breakpoints.stop().map(|stop| {
            let one = &self.breakpoints.list[stop.breakpoint];
            one.query.text().into()
        });
        if let (Some(query), Some(channel)) = (query, self.channel_of(row)) {
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
    fn hold_contexts(&mut self) {
        self.log.hold(self.breakpoints.contexts());
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
