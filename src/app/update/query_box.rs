//! Editing a query: for the filter, the search, a filter of the list, or a breakpoint.

use crate::app::App;
use crate::app::action::{Motion, QueryAction};
use crate::app::effect::Effect;
use crate::app::layout::{inside, padded};
use crate::app::log_pane::LogPane;
use crate::app::overlays::Overlay;
use crate::app::overlays::query_box::{Purpose, QueryBox};
use crate::app::overlays::syntax::syntax_lines;
use crate::app::session::breakpoints::Breakpoint;
use crate::app::session::filters::Filter;
use crate::app::session::find::Find;
use crate::query::Query;

impl App {
    /// Executes `action` in the box.
    pub(crate) fn act_in_query_box(&mut self, action: QueryAction) -> Vec<Effect> {
        match action {
            QueryAction::Older => self.show_older_query(),
            QueryAction::Newer => self.show_newer_query(),
            QueryAction::ToggleSyntax => {
                self.toggle_syntax();
                Vec::new()
            }
            QueryAction::KeepFilter => self.keep_filter(),
            QueryAction::TakeOffer => self.take_offer(),
        }
    }

    /// Opens the box to edit a query.
    pub(crate) fn write_query(&mut self, purpose: Purpose) {
        let text = match purpose {
            Purpose::Filter => self.session.filters.typed.as_ref(),
            Purpose::Find => self.session.find.as_ref().map(Find::query),
            Purpose::ListedFilter(Some(index)) => self
                .session
                .filters
                .list
                .get(index)
                .map(|filter| &filter.query),
            Purpose::Breakpoint(Some(index)) => {
                let list = self.session.breakpoints.list();
                list.get(index).map(Breakpoint::query)
            }
            Purpose::ListedFilter(None) | Purpose::Breakpoint(None) => None,
        };
        let mut query_box = QueryBox::holding(purpose, text.map_or("", Query::text));
        query_box.meant = text.and_then(Query::suggestion).map(str::to_owned);
        query_box.before = text.cloned();
        self.overlay = Some(Overlay::Query(Box::new(query_box)));
    }

    /// Parses the text, and applies it at once if it is a filter or a search. While it has an
    /// error, the query from before it was edited is active.
    pub(crate) fn read_query(&mut self) -> Vec<Effect> {
        let moment = self.session.moment();
        let Some(Overlay::Query(query_box)) = &mut self.overlay else {
            return Vec::new();
        };
        let parsed = Query::parse(&query_box.input.text(), &moment);
        query_box.error = parsed.as_ref().err().cloned();
        let meant = parsed.as_ref().ok().and_then(Query::suggestion);
        query_box.meant = meant.map(str::to_owned);
        let (purpose, before) = (query_box.purpose, query_box.before.clone());
        let query = parsed.map_or(before, Some);
        match purpose {
            Purpose::Filter => self.session.filter_by(query),
            Purpose::Find => self.session.set_find(query),
            Purpose::ListedFilter(_) | Purpose::Breakpoint(_) => Vec::new(),
        }
    }

    /// Returns the query to suggest in place of the one being written: what the user may have
    /// meant, if the text matches nothing.
    #[must_use]
    pub fn offered(&self) -> Option<&str> {
        let Some(Overlay::Query(query_box)) = &self.overlay else {
            return None;
        };
        let is_offered = match (query_box.purpose, &self.session.find) {
            (Purpose::Filter, _) => {
                let filters = &self.session.filters;
                filters.progress().is_some()
                    && !filters.is_new()
                    && filters.lag(self.session.now).is_none()
                    && self.session.shown.messages() == 0
            }
            (Purpose::Find, Some(find)) => {
                find.lag(self.session.now).is_none() && find.rows().is_empty()
            }
            (Purpose::Find, None) => false,
            // These have not been run yet: suggest only if the text would be searched for as plain
            // text.
            (Purpose::ListedFilter(_) | Purpose::Breakpoint(_), _) => {
                let query = Query::parse(&query_box.input.text(), &self.session.moment());
                query.is_ok_and(|query| query.is_text())
            }
        };
        query_box.meant.as_deref().filter(|_| is_offered)
    }

    fn take_offer(&mut self) -> Vec<Effect> {
        let Some(offered) = self.offered().map(str::to_owned) else {
            return self.session.tell("no suggestion · F1 syntax");
        };
        if let Some(Overlay::Query(query_box)) = &mut self.overlay {
            query_box.put(&offered);
        }
        self.read_query()
    }

    /// Closes the box and applies the query, unless it has an error.
    pub(crate) fn confirm_query(&mut self) -> Vec<Effect> {
        let moment = self.session.moment();
        let Some(Overlay::Query(query_box)) = &mut self.overlay else {
            return Vec::new();
        };
        let (purpose, text) = (query_box.purpose, query_box.input.text());
        let query = match Query::parse(&text, &moment) {
            Ok(query) => query,
            Err(error) => {
                query_box.error = Some(error);
                return Vec::new();
            }
        };
        self.overlay = None;
        let mut effects = self.session.remember_query(&text);
        effects.extend(self.use_query(purpose, query));
        effects
    }

    /// Moves the edited filter into the list, which makes room for another.
    pub(crate) fn keep_filter(&mut self) -> Vec<Effect> {
        let Some(Overlay::Query(query_box)) = &self.overlay else {
            return Vec::new();
        };
        if query_box.purpose != Purpose::Filter || query_box.input.text().trim().is_empty() {
            return self.confirm_query();
        }
        let effects = self.confirm_query();
        if self.overlay.is_some() {
            return effects;
        }
        if let Some(query) = self.session.filters.typed.take() {
            self.session.filters.list.push(Filter::including(query));
        }
        self.session
            .tell("added to the list of filters · f shows it");
        effects
            .into_iter()
            .chain(self.session.refresh_shown())
            .collect()
    }

    /// Discards the edit: the previous filter or search is active again.
    pub(crate) fn leave_query(&mut self, query_box: QueryBox) -> Vec<Effect> {
        match query_box.purpose {
            Purpose::Filter => self.session.filter_by(query_box.before),
            Purpose::Find => self.session.set_find(query_box.before),
            purpose => self.return_to_list(purpose),
        }
    }

    /// Opens the list that `purpose` belongs to, unless it is empty.
    fn return_to_list(&mut self, purpose: Purpose) -> Vec<Effect> {
        match purpose {
            Purpose::ListedFilter(index) if !self.session.filters.list.is_empty() => {
                self.open_filters(index.unwrap_or(0));
            }
            Purpose::Breakpoint(index) if !self.session.breakpoints.list().is_empty() => {
                self.open_breakpoints(index.unwrap_or(0));
            }
            _ => {}
        }
        Vec::new()
    }

    /// Shows the query that was used before the one shown.
    pub(crate) fn show_older_query(&mut self) -> Vec<Effect> {
        if let Some(Overlay::Query(query_box)) = &mut self.overlay {
            let at = query_box.older.unwrap_or(self.session.queries.len());
            if let Some(older) = at.checked_sub(1) {
                if query_box.older.is_none() {
                    query_box.kept = query_box.input.text();
                }
                query_box.older = Some(older);
                query_box.put(&self.session.queries[older]);
            }
        }
        self.read_query()
    }

    /// Shows the query that was used after the one shown, or the draft.
    pub(crate) fn show_newer_query(&mut self) -> Vec<Effect> {
        if let Some(Overlay::Query(query_box)) = &mut self.overlay
            && let Some(at) = query_box.older
        {
            let newer = self.session.queries.get(at + 1).cloned();
            query_box.older = newer.is_some().then_some(at + 1);
            let text = newer.unwrap_or_else(|| std::mem::take(&mut query_box.kept));
            query_box.put(&text);
        }
        self.read_query()
    }

    fn use_query(&mut self, purpose: Purpose, query: Query) -> Vec<Effect> {
        match purpose {
            Purpose::Filter => return self.session.filter_by(Some(query)),
            Purpose::Find => {
                let mut effects = self.session.set_find(Some(query));
                effects.extend(self.on_log(LogPane::go_to_nearest_hit));
                return effects;
            }
            _ if query.is_everything() => return self.return_to_list(purpose),
            Purpose::ListedFilter(index) => {
                let list = &mut self.session.filters.list;
                match index.and_then(|index| list.get_mut(index)) {
                    Some(filter) => filter.query = query,
                    None => list.push(Filter::including(query)),
                }
                let newest = self.session.filters.list.len() - 1;
                self.open_filters(index.unwrap_or(newest));
                return self.session.refresh_shown();
            }
            Purpose::Breakpoint(None) => {
                self.session.set_breakpoint(query);
                self.open_breakpoints(self.session.breakpoints.list().len() - 1);
            }
            Purpose::Breakpoint(Some(index)) => {
                self.session.change_breakpoint(index, query);
                self.open_breakpoints(index);
            }
        }
        Vec::new()
    }

    /// Shows or hides the syntax list above the query editor.
    pub(crate) fn toggle_syntax(&mut self) {
        if let Some(Overlay::Query(query_box)) = &mut self.overlay {
            query_box.syntax = match query_box.syntax {
                None => Some(0),
                Some(_) => None,
            };
        }
    }

    /// Moves through the syntax list, if it is shown.
    pub(crate) fn move_in_syntax(&mut self, step: Motion) {
        let areas = self.areas();
        let columns = padded(inside(areas.overlay)).width;
        let lines = syntax_lines(usize::from(columns)).len();
        let height = usize::from(inside(areas.syntax(lines)).height);
        if let Some(Overlay::Query(query_box)) = &mut self.overlay
            && let Some(top) = &mut query_box.syntax
        {
            *top = step.from(*top, height, lines.saturating_sub(height));
        }
    }
}
