//! Find: highlights the rows that match a query, and keeps showing the others.

use super::Session;
use super::live_query::{FIND, FIND_TRIAL, LiveQuery};
use super::scope::Scope;
use super::verdict::Verdict;
use crate::app::effect::Effect;
use crate::log::RowSet;
use crate::message::{RowId, Time};
use crate::payload::{escape, figures};
use crate::query::Query;
use crate::workers::scan::Answer;

/// Maximum width of a query in a toast, in columns.
const MAX_QUERY_COLUMNS: usize = 40;

/// A search in the log and its matches.
#[derive(Debug)]
pub struct Find {
    /// The query, run on all rows.
    pub watch: LiveQuery,
    /// The rows found so far.
    pub rows: RowSet,
    /// Why the search finds nothing, if that is the case.
    pub verdict: Verdict,
    /// The pending jump to the nearest match, until its target is known.
    pub(crate) jump: Option<Jump>,
}

/// Where a jump to the nearest match starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Jump {
    /// At the end of the log, which the view follows.
    Following,
    /// At this row, which is selected.
    At(RowId),
}

impl Find {
    /// Returns whether the search has been run and finds nothing.
    pub(crate) fn finds_nothing(&self, now: Time) -> bool {
        self.watch.lag(now).is_none() && self.rows.is_empty()
    }

    /// Returns the number of rows that have not been searched, or 0 unless the search lags.
    pub(crate) fn left(&self, now: Time) -> u64 {
        self.watch.lag(now).map_or(0, |lag| lag.left())
    }
}

impl Session {
    /// Records rows that were found. Returns whether they belong to the current search.
    pub(crate) fn note_find(&mut self, answer: &Answer) -> bool {
        let Some(find) = &mut self.find else {
            return false;
        };
        if !find.watch.note(answer) {
            return false;
        }
        for found in &answer.found {
            find.rows.replace(found);
        }
        true
    }

    /// Starts a search for `query`, or ends the search if it is `None`.
    pub(crate) fn set_find(&mut self, query: Option<Query>) -> Vec<Effect> {
        if self.find.as_ref().map(|find| find.watch.query()) == query.as_ref() {
            return Vec::new();
        }
        if let Some(query) = query.filter(|query| !query.is_everything()) {
            return self.start_find(query);
        }
        let mut effects = vec![Effect::StopScan(FIND)];
        effects.extend(self.end_find());
        effects
    }

    /// Starts a search for `query` in place of the current one, which may be the same.
    pub(super) fn start_find(&mut self, query: Query) -> Vec<Effect> {
        let mut effects: Vec<Effect> = self.end_find().into_iter().collect();
        let mut watch = LiveQuery::new(FIND, self.next_serial(), query, &self.log);
        let request = watch.ask_kept(&self.known());
        self.find = Some(Find {
            watch,
            rows: RowSet::default(),
            verdict: Verdict::default(),
            jump: None,
        });
        effects.push(Effect::Scan(request));
        effects
    }

    /// Ends the search. Returns the effect that stops its running trial, if there is one.
    fn end_find(&mut self) -> Option<Effect> {
        self.find.take()?.verdict.stop(FIND_TRIAL)
    }

    /// Returns the row that `jump` leads to, or why it leads nowhere; `None` while that is unknown.
    pub(crate) fn end_of_jump(&self, jump: Jump) -> Option<Result<RowId, String>> {
        let find = self.find.as_ref()?;
        // Rows that arrived after the search started do not count: under load, some are always
        // waiting.
        let is_through = find.watch.has_searched_kept();
        let hit = match jump {
            Jump::Following => self.shown_hit_before(find, self.shown.end()),
            // Rows are searched newest first, so once there is a match up to this row, all later
            // rows have been searched.
            Jump::At(row) => match self.shown_hit_before(find, RowId(row.0 + 1)) {
                None if !is_through => None,
                last => self.shown_hit_from(find, row).or(last),
            },
        };
        match hit {
            Some(row) => Some(Ok(row)),
            // What may have been meant instead is still being tried out.
            None if find.finds_nothing(self.now) && !find.verdict.is_known(find.watch.query()) => {
                None
            }
            None => is_through.then(|| Err(self.no_hit_words(find))),
        }
    }

    /// Returns the last match among the rows shown before `row`.
    pub(crate) fn shown_hit_before(&self, find: &Find, row: RowId) -> Option<RowId> {
        self.shown.last_of(&find.rows, row)
    }

    /// Returns the first match among the rows shown, from `row` on.
    pub(crate) fn shown_hit_from(&self, find: &Find, row: RowId) -> Option<RowId> {
        self.shown.first_of(&find.rows, row)
    }

    /// Counts the matches among the rows shown.
    pub fn shown_hits(&self, find: &Find) -> u64 {
        let all = RowId::default()..self.shown.end();
        self.shown.count_of(&find.rows, all)
    }

    /// Returns the place of `row` among the matches in the rows shown, counted from 1; `None` if it
    /// is not one of them.
    pub fn place_of_hit(&self, find: &Find, row: RowId) -> Option<u64> {
        let is_hit = find.rows.contains(row) && self.shown.contains(row);
        let up_to = RowId::default()..RowId(row.0 + 1);
        is_hit.then(|| self.shown.count_of(&find.rows, up_to))
    }

    /// Says what hides the matches.
    fn hiding_words(&self) -> String {
        let filters = &self.filters;
        let is_filtered = filters.typed.is_some() || filters.list.iter().any(|filter| filter.is_on);
        match &filters.only {
            _ if is_filtered => "all hidden by the filter".to_owned(),
            Some(only @ Scope::Pattern(_)) => format!("none shown via {}", only.name()),
            Some(only) => format!("none shown on {}", only.name()),
            None => "all muted".to_owned(),
        }
    }

    /// Returns why there is no match to go to.
    pub(crate) fn no_hit_words(&self, find: &Find) -> String {
        let (left, hits) = (find.left(self.now), find.rows.len());
        if left > 0 {
            return format!("no match yet, {} not yet searched", figures::count(left));
        }
        if hits > 0 {
            return format!("{} found, {}", figures::count(hits), self.hiding_words());
        }
        let query = find.watch.query();
        let short = |text: &str| escape::name(text.as_bytes(), MAX_QUERY_COLUMNS).string;
        let text = short(query.text());
        match find.verdict.meant(query).map(short) {
            Some(meant) => {
                let keys = self.keyed("{find}, then {accept} accepts");
                format!("no message matches {text} · did you mean {meant}? {keys}")
            }
            None => format!("no message matches {text}"),
        }
    }
}
