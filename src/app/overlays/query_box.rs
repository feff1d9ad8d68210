//! The box in which a query is edited.

use super::syntax::syntax_lines;
use crate::app::action::Motion;
use crate::app::effect::Effect;
use crate::app::input::Input;
use crate::app::layout::{Areas, inside, padded};
use crate::app::session::Session;
use crate::query::{Query, QueryError};

/// The purpose of the edited query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To hide rows that do not match, as the user types.
    Filter,
    /// To mark rows that match, as the user types.
    Find,
    /// A filter in the list: the one at this index, or a new one.
    ListedFilter(Option<usize>),
    /// A breakpoint: the one at this index, or a new one.
    Breakpoint(Option<usize>),
}

/// The box in which a query is edited.
#[derive(Debug)]
pub struct QueryBox {
    /// The purpose of the query.
    pub purpose: Purpose,
    /// The text of the query.
    pub input: Input,
    /// The first visible line of the syntax list, if it is shown above the box.
    pub syntax: Option<usize>,
    /// The error in the text, with its position.
    pub error: Option<QueryError>,
    /// The query that the user may have meant instead.
    meant: Option<String>,
    /// The filter or search before the edit, which stays active while the text has an error.
    pub before: Option<Query>,
    /// The index of the history entry that is shown in place of `draft`, if any.
    older: Option<usize>,
    draft: String,
}

impl QueryBox {
    /// Opens the box with the current query for `purpose`.
    pub(crate) fn open(purpose: Purpose, session: &Session) -> Self {
        let query = match purpose {
            Purpose::Filter => session.filters.typed.as_ref(),
            Purpose::Find => session.find.as_ref().map(|find| find.watch.query()),
            Purpose::ListedFilter(Some(index)) => {
                let filter = session.filters.list.get(index);
                filter.map(|filter| &filter.query)
            }
            Purpose::Breakpoint(Some(index)) => {
                let breakpoint = session.breakpoints.list.get(index);
                breakpoint.map(|breakpoint| &breakpoint.query)
            }
            Purpose::ListedFilter(None) | Purpose::Breakpoint(None) => None,
        };
        Self {
            purpose,
            input: Input::holding(query.map_or("", Query::text)),
            syntax: None,
            error: None,
            meant: query.and_then(Query::suggestion).map(str::to_owned),
            before: query.cloned(),
            older: None,
            draft: String::new(),
        }
    }

    /// Parses the text, and applies it at once if it is a filter or a search. While the text has an
    /// error, the query from before the edit stays active.
    pub(crate) fn read(&mut self, session: &mut Session) -> Vec<Effect> {
        let parsed = Query::parse(&self.input.text(), &session.moment());
        self.error = parsed.as_ref().err().cloned();
        let meant = parsed.as_ref().ok().and_then(Query::suggestion);
        self.meant = meant.map(str::to_owned);
        let query = parsed.map_or_else(|_| self.before.clone(), Some);
        match self.purpose {
            Purpose::Filter => session.filter_by(query),
            Purpose::Find => session.set_find(query),
            Purpose::ListedFilter(_) | Purpose::Breakpoint(_) => Vec::new(),
        }
    }

    /// Returns the query to confirm. If the text has an error, shows it and returns `None`.
    pub(crate) fn confirmed(&mut self, session: &Session) -> Option<Query> {
        let parsed = Query::parse(&self.input.text(), &session.moment());
        self.error = parsed.as_ref().err().cloned();
        parsed.ok()
    }

    /// Returns the query to suggest instead of the text, if the text matches nothing.
    pub fn offered(&self, session: &Session) -> Option<&str> {
        let is_offered = match (self.purpose, &session.find) {
            (Purpose::Filter, _) => {
                let filters = &session.filters;
                filters.watch.is_some()
                    && !filters.is_new
                    && filters.lag(session.now).is_none()
                    && session.shown.messages() == 0
            }
            (Purpose::Find, Some(find)) => {
                find.watch.lag(session.now).is_none() && find.rows.is_empty()
            }
            (Purpose::Find, None) => false,
            // Not run yet: suggest a query only for text that would be searched for literally.
            (Purpose::ListedFilter(_) | Purpose::Breakpoint(_), _) => {
                let query = Query::parse(&self.input.text(), &session.moment());
                query.is_ok_and(|query| query.is_text())
            }
        };
        self.meant.as_deref().filter(|_| is_offered)
    }

    /// Replaces the text with the suggested query.
    pub(crate) fn take_offer(&mut self, session: &mut Session) -> Vec<Effect> {
        let Some(offered) = self.offered(session).map(str::to_owned) else {
            return session.tell("no suggestion · F1 syntax");
        };
        self.put(&offered, session)
    }

    /// Shows the query that was used before the current one.
    pub(crate) fn show_older(&mut self, session: &mut Session) -> Vec<Effect> {
        let at = self.older.unwrap_or(session.query_history.len());
        let Some(older) = at.checked_sub(1) else {
            return self.read(session);
        };
        if self.older.is_none() {
            self.draft = self.input.text();
        }
        self.older = Some(older);
        let text = session.query_history[older].clone();
        self.put(&text, session)
    }

    /// Shows the query that was used after the current one, or the draft.
    pub(crate) fn show_newer(&mut self, session: &mut Session) -> Vec<Effect> {
        let Some(at) = self.older else {
            return self.read(session);
        };
        let newer = session.query_history.get(at + 1).cloned();
        self.older = newer.is_some().then_some(at + 1);
        let text = newer.unwrap_or_else(|| std::mem::take(&mut self.draft));
        self.put(&text, session)
    }

    fn put(&mut self, text: &str, session: &mut Session) -> Vec<Effect> {
        self.input = Input::holding(text);
        self.read(session)
    }

    /// Shows or hides the syntax list above the box.
    pub(crate) fn toggle_syntax(&mut self) {
        self.syntax = self.syntax.is_none().then_some(0);
    }

    /// Moves through the syntax list, if it is shown.
    pub(crate) fn move_by(&mut self, motion: Motion, areas: &Areas) {
        let columns = padded(inside(areas.overlay)).width;
        let lines = syntax_lines(usize::from(columns)).len();
        let height = usize::from(inside(areas.syntax(lines)).height);
        if let Some(top) = &mut self.syntax {
            *top = motion.from(*top, height, lines.saturating_sub(height));
        }
    }
}
