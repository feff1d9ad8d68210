//! Find: marks the rows that match a query and keeps showing the others.

use super::check_coverage::Unchecked;
use super::live_query::{FIND, LiveQuery, Progress};
use super::{App, Effect, Focus, Position, Session};
use crate::log::RowSet;
use crate::message::{RowId, Time};
use crate::payload::{escape, figures};
use crate::query::Query;
use crate::workers::scan::Answer;

/// Maximum width of a query in a toast, in columns.
const MAX_TOLD: usize = 40;

/// A search in the log and its matches.
#[derive(Debug)]
pub struct Find {
    watch: LiveQuery,
    rows: RowSet,
    /// The pending jump to the nearest match, until its target is known.
    jump: Option<Jump>,
}

/// Where a jump to the nearest match starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Jump {
    /// The end of the log, which the view follows.
    Following,
    /// This row, which is selected.
    At(RowId),
}

impl Find {
    /// Returns the query.
    #[must_use]
    pub fn query(&self) -> &Query {
        self.watch.query()
    }

    /// Returns the rows found so far.
    #[must_use]
    pub fn rows(&self) -> &RowSet {
        &self.rows
    }

    /// Returns the progress of the search.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.watch.progress()
    }

    /// Returns the progress of the search while it lags.
    #[must_use]
    pub fn lag(&self, now: Time) -> Option<Progress> {
        self.watch.lag(now)
    }

    /// Returns the number of rows that have not been searched, while the search lags.
    fn left(&self, now: Time) -> u64 {
        self.lag(now).map_or(0, |lag| lag.left())
    }

    /// Returns whether all rows that were in the log when the search started have been searched.
    #[must_use]
    pub fn has_searched_kept(&self) -> bool {
        self.watch.has_searched_kept()
    }

    /// Returns the error that the query caused, if there was one.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.watch.trouble()
    }

    /// Returns the number of rows that left the log before they could be searched.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.watch.missed()
    }

    /// Returns what checks have not covered, if the query asks for flags.
    #[must_use]
    pub fn unchecked(&self) -> Unchecked {
        *self.watch.unchecked()
    }

    pub(super) fn watch_mut(&mut self) -> &mut LiveQuery {
        &mut self.watch
    }

    pub(super) fn rows_mut(&mut self) -> &mut RowSet {
        &mut self.rows
    }
}

impl Session {
    /// Starts a search for `query`, or ends the search if it is `None`.
    pub(super) fn set_find(&mut self, query: Option<Query>) -> Vec<Effect> {
        if self.find.as_ref().map(Find::query) == query.as_ref() {
            return Vec::new();
        }
        let Some(query) = query.filter(|query| !query.is_everything()) else {
            self.find = None;
            return vec![Effect::StopScan(FIND)];
        };
        let mut watch = LiveQuery::new(FIND, self.next_serial(), query, &self.log);
        let request = watch.ask_kept(&self.known());
        self.find = Some(Find {
            watch,
            rows: RowSet::default(),
            jump: None,
        });
        vec![Effect::Scan(request)]
    }

    /// Returns the row that `jump` leads to, or why there is none; `None` while that is unknown.
    fn end_of_jump(&self, jump: Jump) -> Option<Result<RowId, String>> {
        let find = self.find.as_ref()?;
        // Rows that have arrived since do not count: under load some are always waiting.
        let is_through = find.has_searched_kept();
        let hit = match jump {
            Jump::Following => self.shown_hit(find, self.shown.end(), false),
            // Rows are searched newest first: a match before this row means that all rows after it
            // have been searched.
            Jump::At(row) => match self.shown_hit(find, RowId(row.0 + 1), false) {
                None if !is_through => None,
                last => self.shown_hit_from(find, row).or(last),
            },
        };
        match hit {
            Some(row) => Some(Ok(row)),
            None => is_through.then(|| Err(no_hit_words(find, self.now))),
        }
    }

    /// Returns the next or previous match among the rows shown, seen from `row`.
    fn shown_hit(&self, find: &Find, row: RowId, is_forward: bool) -> Option<RowId> {
        let mut hit = step(&find.rows, row, is_forward);
        while let Some(row) = hit.filter(|row| !self.shown.contains(*row)) {
            hit = step(&find.rows, row, is_forward);
        }
        hit
    }

    /// Returns the first match among the rows shown, from `row` on.
    fn shown_hit_from(&self, find: &Find, row: RowId) -> Option<RowId> {
        let first = find.rows.at_or_after(row)?;
        if self.shown.contains(first) {
            return Some(first);
        }
        self.shown_hit(find, first, true)
    }
}

impl App {
    /// Records rows that were found.
    pub(super) fn note_find(&mut self, answer: &Answer) -> Vec<Effect> {
        let Some(find) = &mut self.session.find else {
            return Vec::new();
        };
        if !find.watch.note(answer) {
            return Vec::new();
        }
        for found in &answer.found {
            find.rows.replace(found);
        }
        self.jump_to_hit()
    }

    /// Goes to the match nearest to the selected row: the first one from there on, as in vim and
    /// less, or else the last one before it; while following, the newest one. The jump happens at
    /// once, or as soon as the match is known.
    pub(super) fn go_to_nearest_hit(&mut self) -> Vec<Effect> {
        let from = self.jump_start();
        if let Some(find) = &mut self.session.find {
            find.jump = from;
        }
        self.jump_to_hit()
    }

    fn jump_start(&self) -> Option<Jump> {
        Some(match self.messages.position() {
            Position::Following => Jump::Following,
            Position::Frozen { .. } => Jump::At(self.messages.selected(&self.session.shown)?),
        })
    }

    /// Performs the pending jump, if its target is known.
    fn jump_to_hit(&mut self) -> Vec<Effect> {
        let start = self.jump_start();
        // If the user has moved meanwhile, the view stays there.
        let waiting = self.session.find.as_ref().and_then(|find| find.jump);
        let jump = waiting.filter(|jump| start == Some(*jump));
        let settled = jump.and_then(|jump| self.session.end_of_jump(jump));
        if let Some(find) = &mut self.session.find {
            find.jump = jump.filter(|_| settled.is_none());
        }
        match settled {
            Some(Ok(row)) => self.select_row(row),
            Some(Err(words)) => return self.session.tell(words),
            None => {}
        }
        Vec::new()
    }

    /// Selects the next or previous match among the rows shown, and wraps around at the end. In an
    /// open message, goes to the next or previous match in it.
    pub(super) fn go_to_hit(&mut self, is_forward: bool) -> Vec<Effect> {
        if self.focus == Focus::Message {
            return self.go_to_match(is_forward);
        }
        let Some(find) = &self.session.find else {
            return self.session.tell("no search active: press F to find");
        };
        let from = self.jumps_start().unwrap_or_default();
        let hit = self.session.shown_hit(find, from, is_forward);
        let wrapped = || {
            if is_forward {
                self.session.shown_hit_from(find, RowId::default())
            } else {
                self.session
                    .shown_hit(find, self.session.shown.end(), false)
            }
        };
        let Some(row) = hit.or_else(wrapped) else {
            let words = no_hit_words(find, self.session.now);
            return self.session.tell(words);
        };
        // Rows not searched yet may contain the next match.
        let left = find.left(self.session.now);
        self.select_row(row);
        if hit.is_some() {
            return Vec::new();
        }
        let end = if is_forward { "oldest" } else { "newest" };
        self.session.tell(if left > 0 {
            let left = figures::count(left);
            format!("wrapped to the {end} match found so far, {left} not yet searched")
        } else if row == from {
            "the only match".to_owned()
        } else {
            format!("wrapped to the {end} match")
        })
    }
}

/// Returns why there is no match to go to.
fn no_hit_words(find: &Find, now: Time) -> String {
    let (left, hits) = (find.left(now), find.rows.len());
    if left > 0 {
        let left = figures::count(left);
        return format!("no match yet, {left} not yet searched");
    }
    if hits > 0 {
        return format!("{} found, all hidden by the filter", figures::count(hits));
    }
    let query = find.query();
    let text = escape::name(query.text().as_bytes(), MAX_TOLD).string;
    match query.suggestion() {
        Some(meant) => {
            let meant = escape::name(meant.as_bytes(), MAX_TOLD).string;
            format!("no message matches {text} · did you mean {meant}? F, then Tab accepts")
        }
        None => format!("no message matches {text}"),
    }
}

/// Returns the next or previous row in `rows`, seen from `row`.
pub(super) fn step(rows: &RowSet, row: RowId, is_forward: bool) -> Option<RowId> {
    if is_forward {
        rows.at_or_after(RowId(row.0 + 1))
    } else {
        rows.before(row)
    }
}
