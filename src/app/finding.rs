//! Finding: rows that match a query are marked, and the others stay.

use super::check_coverage::Unchecked;
use super::live_query::{FIND, LiveQuery, Progress};
use super::{App, Effect, Focus, Position};
use crate::log::RowSet;
use crate::message::{RowId, Time};
use crate::payload::{escape, figures};
use crate::query::Query;
use crate::scan::Answer;

/// The columns of a query in what is said of it.
const MAX_TOLD: usize = 40;

/// What is looked for, and where it was found.
#[derive(Debug)]
pub struct Find {
    watch: LiveQuery,
    rows: RowSet,
    /// From where the view is to go to the nearest hit, once that is known.
    jump: Option<Jump>,
}

/// From where the view is to go to the nearest hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Jump {
    /// From the end, which it follows.
    Following,
    /// From this row, which is selected.
    At(RowId),
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

    /// How far the search has got.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.watch.progress()
    }

    /// The same while it lags.
    #[must_use]
    pub fn lag(&self, now: Time) -> Option<Progress> {
        self.watch.lag(now)
    }

    /// How many rows have not been searched, while it lags.
    fn left(&self, now: Time) -> u64 {
        self.lag(now).map_or(0, |lag| lag.left())
    }

    /// Whether all rows that were kept when the query was given have been searched.
    #[must_use]
    pub fn has_searched_kept(&self) -> bool {
        self.watch.has_searched_kept()
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

    pub(super) fn watch_mut(&mut self) -> &mut LiveQuery {
        &mut self.watch
    }

    pub(super) fn rows_mut(&mut self) -> &mut RowSet {
        &mut self.rows
    }
}

impl App {
    /// Looks for what `query` matches from now on, or for nothing.
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

    /// Takes in rows that were found.
    pub(super) fn note_find(&mut self, answer: &Answer) -> Vec<Effect> {
        let Some(find) = &mut self.find else {
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

    /// Goes to the hit nearest to the selected row: the first from it on, as vim and less do, or
    /// else the last before it; while following, to the newest. At once, or as soon as it is known.
    pub(super) fn go_to_nearest_hit(&mut self) -> Vec<Effect> {
        let from = self.jump_start();
        if let Some(find) = &mut self.find {
            find.jump = from;
        }
        self.jump_to_hit()
    }

    fn jump_start(&self) -> Option<Jump> {
        Some(match self.messages.position() {
            Position::Following => Jump::Following,
            Position::Frozen { .. } => Jump::At(self.messages.selected(&self.shown)?),
        })
    }

    /// Makes the jump that waits, if it is known where to.
    fn jump_to_hit(&mut self) -> Vec<Effect> {
        let start = self.jump_start();
        // Who has moved meanwhile is not to be moved.
        let waiting = self.find.as_ref().and_then(|find| find.jump);
        let jump = waiting.filter(|jump| start == Some(*jump));
        let settled = jump.and_then(|jump| self.end_of_jump(jump));
        if let Some(find) = &mut self.find {
            find.jump = jump.filter(|_| settled.is_none());
        }
        match settled {
            Some(Ok(row)) => self.select_row(row),
            Some(Err(words)) => return self.tell(words),
            None => {}
        }
        Vec::new()
    }

    /// The row that `jump` goes to, or why there is none; `None` while that is not known.
    fn end_of_jump(&self, jump: Jump) -> Option<Result<RowId, String>> {
        let find = self.find.as_ref()?;
        // Not those that have arrived since: in a flood some always wait.
        let is_through = find.has_searched_kept();
        let hit = match jump {
            Jump::Following => self.shown_hit(find, self.shown.end(), false),
            // Rows are searched from the newest on: a hit before it means that all behind it have been.
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

    /// Selects the next row shown that was found, or the one before, and from the last goes on with
    /// the first; in an open message goes to the next match, or to the one before.
    pub(super) fn go_to_hit(&mut self, is_forward: bool) -> Vec<Effect> {
        if self.focus == Focus::Message {
            return self.go_to_match(is_forward);
        }
        let Some(find) = &self.find else {
            return self.tell("no search active: press F to find");
        };
        let from = self.jumps_start().unwrap_or_default();
        let hit = self.shown_hit(find, from, is_forward);
        let wrapped = || {
            if is_forward {
                self.shown_hit_from(find, RowId::default())
            } else {
                self.shown_hit(find, self.shown.end(), false)
            }
        };
        let Some(row) = hit.or_else(wrapped) else {
            let words = no_hit_words(find, self.now);
            return self.tell(words);
        };
        // What was not searched yet may hold what comes next.
        let left = find.left(self.now);
        self.select_row(row);
        if hit.is_some() {
            return Vec::new();
        }
        let end = if is_forward { "oldest" } else { "newest" };
        self.tell(if left > 0 {
            let left = figures::count(left);
            format!("wrapped to the {end} match found so far, {left} not yet searched")
        } else if row == from {
            "the only match".to_owned()
        } else {
            format!("wrapped to the {end} match")
        })
    }

    /// The hit shown that is next to `row` in one direction or the other.
    fn shown_hit(&self, find: &Find, row: RowId, is_forward: bool) -> Option<RowId> {
        let mut hit = step(&find.rows, row, is_forward);
        while let Some(row) = hit.filter(|row| !self.shown.contains(*row)) {
            hit = step(&find.rows, row, is_forward);
        }
        hit
    }

    /// The first hit shown from `row` on.
    fn shown_hit_from(&self, find: &Find, row: RowId) -> Option<RowId> {
        let first = find.rows.at_or_after(row)?;
        if self.shown.contains(first) {
            return Some(first);
        }
        self.shown_hit(find, first, true)
    }
}

/// Why there is no hit to go to.
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
    match query.meant() {
        Some(meant) => {
            let meant = escape::name(meant.as_bytes(), MAX_TOLD).string;
            format!("no message matches {text} · did you mean {meant}? F, then Tab takes it")
        }
        None => format!("no message matches {text}"),
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
