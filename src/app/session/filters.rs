//! Which rows are shown: the filters and the selected and muted channels, as one query.

use super::Session;
use super::live_query::{FILTER, LiveQuery, Progress, Unchecked};
use super::scope::{Muted, Scope};
use super::verdict::Verdict;
use crate::app::effect::Effect;
use crate::app::settings::SENTINEL_HELLO;
use crate::message::Time;
use crate::query::Query;
use crate::workers::scan::Answer;

/// A filter in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// What the filter matches.
    pub query: Query,
    /// Whether the filter is on.
    pub is_on: bool,
    /// Whether the filter hides what it matches instead of everything else.
    pub is_exclude: bool,
}

impl Filter {
    /// Creates a filter that is on and shows what it matches.
    pub fn including(query: Query) -> Self {
        Self {
            query,
            is_on: true,
            is_exclude: false,
        }
    }
}

/// The filters.
#[derive(Debug)]
pub struct Filters {
    /// The filter typed with `/`.
    pub typed: Option<Query>,
    /// The list, in the order in which the filters were added.
    pub list: Vec<Filter>,
    /// The only channel, branch or pattern that is shown, if the user chose one.
    pub only: Option<Scope>,
    /// The muted channels, branches and patterns.
    pub muted: Muted,
    /// Number of muted branches and patterns, and of muted channels that have received messages.
    pub muted_and_heard: usize,
    /// All filters in force as one query, run on all rows; `None` shows every row.
    pub watch: Option<LiveQuery>,
    /// Whether the rows shown are still those of the previous query. They stay until the first
    /// answer to the new one, so that nothing flickers while a filter is typed.
    pub is_new: bool,
    /// Why the typed filter finds nothing, if that is the case.
    pub verdict: Verdict,
    /// The kinds of filters, that of the newest first.
    pub kinds: [FilterKind; 4],
    /// The filters at the last change.
    seen: Seen,
}

/// A kind of filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterKind {
    /// The typed filter.
    Typed,
    /// A filter of the list.
    Listed,
    /// The only channel, branch or pattern that is shown.
    Only,
    /// A muted channel, branch or pattern.
    Muted,
}

/// What to compare filters with in order to find the newest.
#[derive(Debug, Default)]
struct Seen {
    typed: Option<Query>,
    listed: usize,
    only: Option<Scope>,
    muted: usize,
}

impl Filters {
    /// Creates the initial filters. A single one becomes the typed filter; several form the list.
    pub(crate) fn new(given: &[Query]) -> Self {
        let (typed, list) = match given {
            [one] => (Some(one.clone()), Vec::new()),
            several => (
                None,
                several.iter().cloned().map(Filter::including).collect(),
            ),
        };
        Self {
            typed,
            list,
            only: None,
            muted: Muted::from_iter([SENTINEL_HELLO.into()]),
            muted_and_heard: 0,
            watch: None,
            is_new: false,
            verdict: Verdict::default(),
            kinds: [
                FilterKind::Typed,
                FilterKind::Listed,
                FilterKind::Only,
                FilterKind::Muted,
            ],
            seen: Seen::default(),
        }
    }

    /// Moves the kinds of filters that were added since the last call to the front.
    fn note_newest(&mut self) {
        let listed = self.list.iter().filter(|filter| filter.is_on).count();
        let is_new = |kind: &FilterKind| match kind {
            FilterKind::Typed => self.typed.is_some() && self.typed != self.seen.typed,
            FilterKind::Listed => listed > self.seen.listed,
            FilterKind::Only => self.only.is_some() && self.only != self.seen.only,
            FilterKind::Muted => self.muted.len() > self.seen.muted,
        };
        self.kinds.sort_by_key(|kind| !is_new(kind));
        if self.typed != self.seen.typed {
            self.seen.typed.clone_from(&self.typed);
        }
        if self.only != self.seen.only {
            self.seen.only.clone_from(&self.only);
        }
        (self.seen.listed, self.seen.muted) = (listed, self.muted.len());
    }

    /// Returns whether `muted` is shown although it is muted, because it includes the only channel,
    /// branch or pattern that is shown.
    pub fn is_overruled(&self, muted: &Scope) -> bool {
        let only = self.only.as_ref();
        only.is_some_and(|only| muted.includes(only))
    }

    /// Returns the progress of the filter in force while it lags.
    pub fn lag(&self, now: Time) -> Option<Progress> {
        self.watch.as_ref()?.lag(now)
    }

    /// Returns the error that the filter in force caused, if there was one.
    pub fn trouble(&self) -> Option<&str> {
        self.watch.as_ref()?.trouble()
    }

    /// Returns what checks have not covered, if the filter in force uses flags.
    pub fn unchecked(&self) -> Unchecked {
        let watch = self.watch.as_ref();
        watch.map(|watch| watch.unchecked).unwrap_or_default()
    }

    /// Returns the query in force.
    pub(crate) fn query(&self) -> Option<&Query> {
        Some(self.watch.as_ref()?.query())
    }

    /// Returns whether any filter mentions notices. Otherwise, notices are always shown.
    pub fn mention_notices(&self) -> bool {
        self.parts(self.typed.as_ref())
            .iter()
            .any(Query::mentions_notices)
    }

    /// Returns the queries that a row must match, whatever its channel, if `typed` is the typed one.
    fn parts(&self, typed: Option<&Query>) -> Vec<Query> {
        let listed = self.list.iter().filter(|filter| filter.is_on);
        let listed = listed.map(|filter| match filter.query.clone() {
            query if filter.is_exclude => query.negate(),
            query => query,
        });
        let typed = typed.into_iter().filter(|query| !query.is_everything());
        typed.cloned().chain(listed).collect()
    }
}

impl Session {
    /// Updates the rows shown after a change to the log, the filters, or the channels shown.
    pub(crate) fn refresh_shown(&mut self) -> Vec<Effect> {
        self.filters.note_newest();
        let channels = self.log.channels();
        let heard = |name: &&[u8]| channels.find(name).is_some();
        let muted = &self.filters.muted;
        self.filters.muted_and_heard =
            muted.channels().filter(heard).count() + muted.others().len();
        let Some(query) = self.wanted_filter(self.filters.typed.as_ref()) else {
            self.filters.is_new = false;
            if self.filters.watch.take().is_none() {
                self.shown.follow(&self.log);
                return Vec::new();
            }
            self.shown.show_all(&self.log);
            return vec![Effect::StopScan(FILTER)];
        };
        if self.filters.query() == Some(&query) {
            self.shown.follow(&self.log);
            return Vec::new();
        }
        let mut watch = LiveQuery::new(FILTER, self.next_serial(), query, &self.log);
        let request = watch.ask_kept(&self.known());
        self.filters.watch = Some(watch);
        self.filters.is_new = true;
        self.shown.follow(&self.log);
        if request.pieces.is_empty() {
            self.begin_new_filter();
            // The scan of an older query may still be running.
            return vec![Effect::StopScan(FILTER)];
        }
        vec![Effect::Scan(request)]
    }

    /// Runs the filter and the search on all rows again, each only if its query satisfies `asks`.
    pub(crate) fn ask_again(&mut self, asks: fn(&Query) -> bool) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.filters.query().is_some_and(asks) {
            self.filters.watch = None;
            effects.extend(self.refresh_shown());
        }
        if let Some(query) = self.find.as_ref().map(|find| find.watch.query().clone())
            && asks(&query)
        {
            effects.extend(self.start_find(query));
        }
        effects
    }

    /// Adds rows that match the filter.
    pub(crate) fn note_filter(&mut self, answer: &Answer) {
        let watch = self.filters.watch.as_mut();
        if !watch.is_some_and(|watch| watch.note(answer)) {
            return;
        }
        self.begin_new_filter();
        for found in &answer.found {
            self.shown.add(found, &self.log);
        }
    }

    /// Removes the rows that the previous query found.
    fn begin_new_filter(&mut self) {
        if std::mem::take(&mut self.filters.is_new) {
            let with_notices = !self.filters.mention_notices();
            self.shown.show_none(with_notices, &self.log);
        }
    }

    /// Returns the query that a row must match to be shown if `typed` is the typed filter; `None` if
    /// every row is shown.
    pub(super) fn wanted_filter(&self, typed: Option<&Query>) -> Option<Query> {
        let channels = self.log.channels();
        // A channel without messages needs no scan.
        self.filter_by_parts(typed, |name| channels.find(name).is_some())
    }

    /// Returns the query that messages must match to be shown, now and later; `None` if every
    /// message is shown.
    pub(super) fn recorded_filter(&self) -> Option<Query> {
        self.filter_by_parts(self.filters.typed.as_ref(), |_| true)
    }

    /// Returns all filters as one query. Of the muted channels, it hides those that satisfy
    /// `is_hidden`.
    fn filter_by_parts(
        &self,
        typed: Option<&Query>,
        is_hidden: impl Fn(&[u8]) -> bool,
    ) -> Option<Query> {
        let mut parts = self.filters.parts(typed);
        if let Some(only) = &self.filters.only {
            parts.push(only.query());
        }
        // What the user chose to see alone is shown even if it is muted.
        let only = self.filters.only.as_ref();
        if !matches!(only, Some(Scope::Channel(_))) {
            let muted = &self.filters.muted;
            let hidden = muted.channels().filter(|name| is_hidden(name));
            parts.extend(hidden.map(|name| Query::channel(name).negate()));
            let others = muted.others().iter();
            let others = others.filter(|scope| !self.filters.is_overruled(scope));
            parts.extend(others.map(|scope| scope.query().negate()));
        }
        (!parts.is_empty()).then(|| Query::all(parts))
    }

    /// Filters the log by `query`, or shows everything.
    pub(crate) fn filter_by(&mut self, query: Option<Query>) -> Vec<Effect> {
        self.filters.typed = query.filter(|query| !query.is_everything());
        self.refresh_shown()
    }
}
