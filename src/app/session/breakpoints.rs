//! Breakpoints: queries whose matches stop the view while messages keep arriving.

use std::ops::Range;

use super::Session;
use super::live_query::LiveQuery;
use super::timed::Timed;
use crate::app::effect::Effect;
use crate::log::{Matches, MessageLog, RowSet};
use crate::message::{RowId, Time};
use crate::query::Query;
use crate::workers::scan::{Answer, ChannelStates, WatchId};

/// The ID of the first breakpoint's query. Lower IDs belong to the filter and the search.
const FIRST_ID: u32 = 2;

/// Maximum number of hits that the log must keep: the one at which the view has stopped, and those
/// at which it will stop next.
const HITS_KEPT: usize = 8;

/// How a breakpoint alerts the user, in addition to what the screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attention {
    /// Not at all.
    #[default]
    None,
    /// With the terminal's bell.
    Bell,
    /// With a desktop notification (OSC 9).
    Notification,
    /// With a toast.
    Toast,
    /// With the user's alert command.
    Command,
}

impl Attention {
    /// Returns the next kind, in a cycle. `has_command` says whether there is a command to run.
    #[must_use]
    pub fn next(self, has_command: bool) -> Self {
        match self {
            Self::None => Self::Bell,
            Self::Bell => Self::Notification,
            Self::Notification => Self::Toast,
            Self::Toast if has_command => Self::Command,
            Self::Toast | Self::Command => Self::None,
        }
    }
}

/// A breakpoint.
#[derive(Debug)]
pub struct Breakpoint {
    pub(crate) id: WatchId,
    /// The query whose matches are hits.
    pub query: Query,
    /// The view stops at every n-th hit, starting with the n-th.
    pub every: u64,
    /// How it alerts the user.
    pub attention: Attention,
    /// Whether it only counts and marks hits, without stopping the view.
    pub logs_only: bool,
    /// When the user was last alerted, and the number of hits since then.
    pub(super) alerted: (Time, u64),
    /// Number of rows that it has matched.
    pub hits: u64,
    /// What is known about the channels, if the query has a condition on messages over time.
    pub states: Option<Box<ChannelStates>>,
    /// Rows before this one have been counted.
    pub(super) counted: RowId,
    /// The rows in the log at which it stops the view.
    pub(super) stops: RowSet,
    /// The running query, while the breakpoint is on.
    pub(super) watch: Option<LiveQuery>,
    /// The channels whose condition depends on the clock, while the breakpoint is on and has such a
    /// condition.
    pub timed: Option<Timed>,
}

impl Breakpoint {
    /// Returns whether the breakpoint is on.
    pub fn is_on(&self) -> bool {
        self.watch.is_some() || self.timed.is_some()
    }

    /// Returns the error that the query caused, if there was one.
    pub fn trouble(&self) -> Option<&str> {
        self.watch.as_ref()?.trouble()
    }

    /// Returns the number of rows that left the log before its query was run on them.
    pub fn missed(&self) -> u64 {
        self.watch.as_ref().map_or(0, |watch| watch.missed)
    }

    /// Runs the query on all rows that arrive from now on.
    fn start(&mut self, serial: u64, log: &MessageLog) {
        self.states = None;
        self.timed = Timed::new(&self.query);
        self.watch = match self.timed {
            Some(_) => None,
            None => Some(LiveQuery::new(self.id, serial, self.query.clone(), log)),
        };
    }

    /// Records the rows that the query matched. Returns their number, and the first one to stop at.
    pub(crate) fn note(
        &mut self,
        answer: &Answer,
        hits: &mut RowSet,
        stops: &mut RowSet,
    ) -> (u64, Option<RowId>) {
        self.states.clone_from(&answer.states);
        let mut first = None;
        let before = self.hits;
        for row in answer.found.iter().flat_map(Matches::rows) {
            // The newest row is scanned again if a second subscription delivered it.
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
    /// The row at which the view has stopped.
    pub row: RowId,
    /// The query that the row matched.
    pub query: Query,
    /// Whether the row has since left the log.
    pub is_gone: bool,
}

/// All breakpoints and their hits.
#[derive(Debug, Default)]
pub struct Breakpoints {
    /// The breakpoints, in the order in which they were set.
    pub list: Vec<Breakpoint>,
    /// The rows in the log that are hits of any breakpoint, whether or not the view stops there.
    pub hits: RowSet,
    /// The rows in the log at which any breakpoint stops the view.
    pub(super) stops: RowSet,
    /// Where the view has stopped.
    pub stop: Option<Stop>,
    /// The view no longer stops at rows before this one.
    pub(super) passed: RowId,
    /// Number of hits that have left the log since the view stopped, before the view reached them.
    pub gone: u64,
    /// Number of breakpoints set so far.
    made: u32,
}

impl Breakpoints {
    /// Returns the next row at which the view is to stop.
    pub(crate) fn next_stop(&self) -> Option<RowId> {
        self.stops.at_or_after(self.passed)
    }

    /// Returns the number of rows at which the view has yet to stop.
    pub fn waiting(&self) -> u64 {
        self.stops.len() - self.stops.place_of(self.passed)
    }

    pub(crate) fn watches_mut(&mut self) -> impl Iterator<Item = &mut LiveQuery> {
        let list = self.list.iter_mut();
        list.filter_map(|breakpoint| breakpoint.watch.as_mut())
    }

    /// Returns whether any breakpoint has a condition that depends on the clock.
    pub(crate) fn has_timed(&self) -> bool {
        self.list
            .iter()
            .any(|breakpoint| breakpoint.timed.is_some())
    }

    /// Removes rows that have left the log.
    pub(crate) fn forget(&mut self, gone: &Range<RowId>) {
        let before = self.waiting();
        self.hits.remove(gone.clone());
        self.stops.remove(gone.clone());
        for breakpoint in &mut self.list {
            breakpoint.stops.remove(gone.clone());
        }
        self.gone += before - self.waiting();
        if let Some(stop) = &mut self.stop {
            stop.is_gone |= gone.contains(&stop.row);
        }
    }

    /// Removes the stops of the breakpoint at `index`.
    pub(crate) fn cancel_stops(&mut self, index: usize) {
        if let Some(breakpoint) = self.list.get_mut(index) {
            breakpoint.stops = RowSet::default();
        }
        self.gather_stops();
    }

    /// Removes the breakpoint at `index` and its stops, and returns it.
    pub(crate) fn take(&mut self, index: usize) -> Option<Breakpoint> {
        let taken = (index < self.list.len()).then(|| self.list.remove(index));
        self.gather_stops();
        taken
    }

    /// Collects the stops of all breakpoints.
    pub(crate) fn gather_stops(&mut self) {
        self.stops = RowSet::default();
        let stops = self.list.iter().map(|breakpoint| &breakpoint.stops);
        for row in stops.flat_map(RowSet::iter) {
            self.stops.insert(row);
        }
    }

    /// Returns the rows that the log must keep: the one at which the view has stopped, and those at
    /// which it will stop next.
    pub(crate) fn rows_to_hold(&self) -> Vec<RowId> {
        let mut rows: Vec<RowId> = self.stop.iter().map(|stop| stop.row).collect();
        let mut from = self.passed;
        while rows.len() < HITS_KEPT
            && let Some(row) = self.stops.at_or_after(from)
        {
            rows.push(row);
            from = RowId(row.0 + 1);
        }
        rows
    }

    /// Returns the query of the first breakpoint that stops the view at `row`.
    pub(crate) fn query_at(&self, row: RowId) -> Option<Query> {
        let mut list = self.list.iter();
        list.find(|breakpoint| breakpoint.stops.contains(row))
            .map(|breakpoint| breakpoint.query.clone())
    }
}

impl Session {
    /// Sets a breakpoint for the rows that arrive from now on.
    pub(crate) fn set_breakpoint(&mut self, query: Query) {
        let id = WatchId(FIRST_ID + self.breakpoints.made);
        self.breakpoints.made += 1;
        let mut breakpoint = Breakpoint {
            id,
            query,
            every: 1,
            attention: match self.settings.alert_command {
                Some(_) => Attention::Command,
                None => Attention::None,
            },
            logs_only: false,
            alerted: (Time::default(), 0),
            hits: 0,
            states: None,
            counted: self.log.end(),
            stops: RowSet::default(),
            watch: None,
            timed: None,
        };
        breakpoint.start(self.next_serial(), &self.log);
        self.breakpoints.list.push(breakpoint);
    }

    /// Changes the query of a breakpoint for rows that arrive from now on, and resets its count.
    pub(crate) fn change_breakpoint(&mut self, index: usize, query: Query) {
        let serial = self.next_serial();
        self.breakpoints.cancel_stops(index);
        if let Some(breakpoint) = self.breakpoints.list.get_mut(index) {
            breakpoint.query = query;
            breakpoint.hits = 0;
            breakpoint.counted = self.log.end();
            if breakpoint.is_on() {
                breakpoint.start(serial, &self.log);
            }
        }
        self.hold_stops();
    }

    /// Starts all breakpoints anew, for the rows that arrive from now on.
    pub(super) fn restart_breakpoints(&mut self) {
        let serial = self.next_serial();
        for breakpoint in &mut self.breakpoints.list {
            breakpoint.hits = 0;
            breakpoint.counted = self.log.end();
            if breakpoint.is_on() {
                breakpoint.start(serial, &self.log);
            }
        }
        self.breakpoints.gone = 0;
    }

    /// Disables a breakpoint, or enables it for the rows that arrive from now on.
    pub(crate) fn toggle_breakpoint(&mut self, index: usize) -> Vec<Effect> {
        let serial = self.next_serial();
        let Some(breakpoint) = self.breakpoints.list.get_mut(index) else {
            return Vec::new();
        };
        if breakpoint.is_on() {
            (breakpoint.watch, breakpoint.timed) = (None, None);
            let id = breakpoint.id;
            self.breakpoints.cancel_stops(index);
            self.hold_stops();
            return vec![Effect::StopScan(id)];
        }
        breakpoint.start(serial, &self.log);
        Vec::new()
    }

    /// Toggles whether a breakpoint stops the view or only counts and marks its hits.
    pub(crate) fn toggle_log_only(&mut self, index: usize) {
        if let Some(breakpoint) = self.breakpoints.list.get_mut(index) {
            breakpoint.logs_only = !breakpoint.logs_only;
        }
        self.breakpoints.cancel_stops(index);
        self.hold_stops();
    }

    /// Restores a removed breakpoint with its pending stops, for the rows that arrive from now on.
    /// Returns its index in the list.
    pub(crate) fn restore_breakpoint(&mut self, index: usize, mut breakpoint: Breakpoint) -> usize {
        let index = index.min(self.breakpoints.list.len());
        let stops = std::mem::take(&mut breakpoint.stops);
        for row in stops.iter().filter(|row| self.log.row(*row).is_some()) {
            breakpoint.stops.insert(row);
        }
        breakpoint.counted = self.log.end();
        if breakpoint.is_on() {
            breakpoint.start(self.next_serial(), &self.log);
        }
        self.breakpoints.list.insert(index, breakpoint);
        self.breakpoints.gather_stops();
        self.hold_stops();
        index
    }
}
