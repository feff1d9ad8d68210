//! Editing a query: for the filter, the search, a filter in the list, or a breakpoint.

use super::App;
use crate::app::action::QueryAction;
use crate::app::effect::Effect;
use crate::app::log_pane::LogPane;
use crate::app::overlays::query_box::{Purpose, QueryBox};
use crate::app::overlays::{List, Overlay};
use crate::app::session::filters::Filter;
use crate::query::Query;
use crate::workers::decode::Sample;

impl App {
    /// Executes `action` in the box.
    pub(super) fn act_in_query_box(&mut self, action: QueryAction) -> Vec<Effect> {
        let Some(Overlay::Query(query_box)) = &mut self.overlay else {
            return Vec::new();
        };
        match action {
            QueryAction::Older => query_box.show_older(&mut self.session),
            QueryAction::Newer => query_box.show_newer(&mut self.session),
            QueryAction::ToggleSyntax => {
                query_box.toggle_syntax();
                Vec::new()
            }
            QueryAction::KeepFilter => self.keep_filter(),
            QueryAction::Accept => query_box.complete(&mut self.session),
            QueryAction::NextCompletion => query_box.step_completion(true, &mut self.session),
            QueryAction::PreviousCompletion => query_box.step_completion(false, &mut self.session),
        }
    }

    /// Records a sample of messages, and lists the completions again if their list is open.
    pub(super) fn note_sample(&mut self, sample: Sample) -> Vec<Effect> {
        self.session.note_sample(sample);
        match &mut self.overlay {
            Some(Overlay::Query(query_box)) => query_box.list_completions(&mut self.session),
            _ => Vec::new(),
        }
    }

    /// Opens the box to edit a query.
    pub(super) fn write_query(&mut self, purpose: Purpose) {
        let query_box = QueryBox::open(purpose, &self.session);
        self.overlay = Some(Overlay::Query(Box::new(query_box)));
    }

    /// Closes the box and applies the query, unless it has an error.
    pub(super) fn confirm_query(&mut self) -> Vec<Effect> {
        let Some(Overlay::Query(query_box)) = &mut self.overlay else {
            return Vec::new();
        };
        let (purpose, text) = (query_box.purpose, query_box.input.text());
        let Some(query) = query_box.confirmed(&self.session) else {
            return Vec::new();
        };
        self.overlay = None;
        let mut effects = self.session.remember_query(&text);
        effects.extend(self.use_query(purpose, query));
        effects
    }

    /// Moves the edited filter into the list, so that another one can be typed.
    pub(super) fn keep_filter(&mut self) -> Vec<Effect> {
        let Some(Overlay::Query(query_box)) = &self.overlay else {
            return Vec::new();
        };
        if query_box.purpose != Purpose::Filter || query_box.input.text().trim().is_empty() {
            return self.confirm_query();
        }
        let mut effects = self.confirm_query();
        if self.overlay.is_some() {
            return effects;
        }
        if let Some(query) = self.session.filters.typed.take() {
            self.session.filters.list.push(Filter::including(query));
        }
        self.tell(self.keyed("added to the list of filters · {filters} shows it"));
        effects.extend(self.session.refresh_shown());
        effects
    }

    /// Discards the edit and restores the previous filter or search.
    pub(super) fn leave_query(&mut self, query_box: QueryBox) -> Vec<Effect> {
        match query_box.purpose {
            Purpose::Filter => self.session.filter_by(query_box.before),
            Purpose::Find => self.session.set_find(query_box.before),
            purpose => self.return_to_list(purpose),
        }
    }

    /// Opens the list that `purpose` belongs to, unless that list is empty.
    pub(super) fn return_to_list(&mut self, purpose: Purpose) -> Vec<Effect> {
        match purpose {
            Purpose::ListedFilter(index) if !self.session.filters.list.is_empty() => {
                self.open_list(List::Filters, index.unwrap_or(0));
            }
            Purpose::Breakpoint(index) if !self.session.breakpoints.list.is_empty() => {
                self.open_list(List::Breakpoints, index.unwrap_or(0));
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn use_query(&mut self, purpose: Purpose, query: Query) -> Vec<Effect> {
        match purpose {
            Purpose::Filter => return self.session.filter_by(Some(query)),
            // An empty box repeats the search in force.
            Purpose::Find if query.is_everything() => {
                return match self.session.find {
                    Some(_) => self.go_to_hit(true),
                    None => Vec::new(),
                };
            }
            Purpose::Find => {
                let mut effects = self.unscroll_rows();
                effects.extend(self.session.set_find(Some(query)));
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
                self.open_list(List::Filters, index.unwrap_or(newest));
                return self.session.refresh_shown();
            }
            Purpose::Breakpoint(None) => {
                self.session.set_breakpoint(query);
                let newest = self.session.breakpoints.list.len() - 1;
                self.open_list(List::Breakpoints, newest);
            }
            Purpose::Breakpoint(Some(index)) => {
                self.session.change_breakpoint(index, query);
                self.open_list(List::Breakpoints, index);
            }
        }
        Vec::new()
    }

    /// Returns the query to suggest in place of the one being written.
    pub fn offered(&self) -> Option<&str> {
        match &self.overlay {
            Some(Overlay::Query(query_box)) => query_box.offered(&self.session),
            _ => None,
        }
    }
}
