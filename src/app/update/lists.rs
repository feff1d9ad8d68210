//! The lists that open over the panes, and the help.

use ratatui::layout::{Position as Point, Rect};

use super::App;
use crate::app::action::{BreakpointAction, FilterAction, Motion};
use crate::app::effect::Effect;
use crate::app::fuzzy::Fuzzy;
use crate::app::layout::{cut_top, inside, padded, popup};
use crate::app::overlays::help::{Help, HelpLine};
use crate::app::overlays::query_box::Purpose;
use crate::app::overlays::{List, ListView, Listed, Overlay, Search};
use crate::payload::escape::whole;

impl App {
    pub(super) fn open_help(&mut self) {
        let context = self.context();
        let over = self.overlay.take().map(Box::new);
        let help = Help {
            context,
            top: 0,
            search: None,
            over,
        };
        self.overlay = Some(Overlay::Help(Box::new(help)));
    }

    /// Returns the lines of the help, in one column or in two side by side.
    pub fn help_columns(&self, help: &Help) -> Vec<Vec<HelpLine>> {
        let width = padded(inside(self.areas().overlay)).width;
        help.columns(&self.session.settings, usize::from(width))
    }

    /// Scrolls the help.
    pub(super) fn move_in_help(&mut self, step: Motion) {
        let Some(Overlay::Help(help)) = &self.overlay else {
            return;
        };
        let columns = self.help_columns(help);
        let total = columns.iter().map(Vec::len).max().unwrap_or(0);
        let search = u16::from(help.search.is_some());
        let height = usize::from(cut_top(inside(self.areas().overlay), search).1.height);
        if let Some(Overlay::Help(help)) = &mut self.overlay {
            help.top = step.from(help.top, height, total.saturating_sub(height));
        }
    }

    /// Opens the box for a search in the list, the help or the open message.
    pub(super) fn search(&mut self) {
        match self.overlay.as_mut().and_then(Overlay::search_mut) {
            Some(search) => Search::edit(search),
            None => self.open_search(),
        }
    }

    /// Ends typing in the search of the list or the help. In the list of formats, chooses the
    /// selected one.
    pub(super) fn keep_search(&mut self) -> Vec<Effect> {
        if let Some(search) = self.overlay.as_mut().and_then(Overlay::search_mut) {
            Search::keep(search);
        }
        match &self.overlay {
            Some(Overlay::List(List::Formats, _)) => self.confirm(),
            _ => Vec::new(),
        }
    }

    /// Removes the search in the list or the help. Returns whether there was one.
    pub(super) fn clear_search(&mut self) -> bool {
        let search = self.overlay.as_mut().and_then(Overlay::search_mut);
        let is_cleared = search.is_some_and(|search| search.take().is_some());
        if is_cleared {
            self.move_by(Motion::Lines(0));
        }
        is_cleared
    }

    /// Narrows the list or the help to the matches of its search. If the selected entry does not
    /// match, selects the best match instead.
    pub(super) fn narrow(&mut self) -> Vec<Effect> {
        if let Some(Overlay::Help(help)) = &mut self.overlay {
            help.top = 0;
        }
        // Nothing is selected in the table of servers.
        if let Some(Overlay::List(List::Nodes, view)) = &mut self.overlay {
            view.line = 0;
            return Vec::new();
        }
        let Some(Overlay::List(list, view)) = &self.overlay else {
            return Vec::new();
        };
        let listed = self.listed(*list, view);
        if !listed.iter().any(|entry| entry.index == view.line) {
            let mut fuzzy = Fuzzy::new(&Search::text(view.search.as_ref()));
            let texts = self.texts_of(*list);
            let score = |entry: &&Listed| fuzzy.score(&texts[entry.index]);
            let best = listed.iter().rev().max_by_key(score);
            let best = best.map(|entry| entry.index);
            self.select_in_list(best);
        }
        Vec::new()
    }

    fn select_in_list(&mut self, index: Option<usize>) {
        if let (Some(Overlay::List(_, view)), Some(index)) = (&mut self.overlay, index) {
            view.line = index;
        }
    }

    /// Returns the entries of `list` that match its search, in their usual order.
    pub fn listed(&self, list: List, view: &ListView) -> Vec<Listed> {
        let texts = self.texts_of(list).into_iter().enumerate();
        let typed = Search::text(view.search.as_ref());
        if typed.trim().is_empty() {
            let whole = texts.map(|(index, _)| Listed {
                index,
                marks: Vec::new(),
            });
            return whole.collect();
        }
        let mut fuzzy = Fuzzy::new(&typed);
        let matching = texts.filter_map(|(index, text)| {
            let marks = fuzzy.marks(&text)?;
            Some(Listed { index, marks })
        });
        matching.collect()
    }

    /// Returns the texts of the entries of `list`, in which a search looks for matches.
    pub fn texts_of(&self, list: List) -> Vec<String> {
        let session = &self.session;
        match list {
            List::Filters => {
                let filters = session.filters.list.iter();
                filters
                    .map(|filter| filter.query.text().to_owned())
                    .collect()
            }
            List::Breakpoints => {
                let breakpoints = session.breakpoints.list.iter();
                breakpoints
                    .map(|breakpoint| breakpoint.query.text().to_owned())
                    .collect()
            }
            List::Nodes => {
                let nodes = session.server.nodes.by_id.values();
                let named = nodes.map(|node| {
                    let facts = node.facts.as_ref();
                    let name = facts.map(|facts| whole(facts.name.as_bytes()));
                    let name = name.filter(|name| !name.is_empty());
                    name.unwrap_or_else(|| session.settings.address.clone())
                });
                named.collect()
            }
            List::Formats => {
                let options = session.decoder_options().into_iter();
                let words = options.map(|option| match option {
                    Some(option) => option.words(),
                    None => "Automatic".to_owned(),
                });
                words.collect()
            }
        }
    }

    /// Returns the area of a list and its border, without any text below the entries. The area
    /// keeps its size while a search narrows the list.
    pub fn list_place(&self, list: List, view: &ListView) -> Rect {
        let lines = self.texts_of(list).len() + usize::from(view.search.is_some());
        popup(self.areas().overlay, list.columns(), lines)
    }

    /// Selects the entry of the open list at a point. Returns whether that entry was already
    /// selected, or `None` if there is no entry.
    pub(super) fn select_at(&mut self, at: Point) -> Option<bool> {
        let Some(Overlay::List(list, view)) = &self.overlay else {
            return None;
        };
        let place = inside(self.list_place(*list, view));
        let lines = cut_top(place, u16::from(view.search.is_some())).1;
        if *list == List::Nodes || !lines.contains(at) {
            return None;
        }
        let listed = self.listed(*list, view);
        let selected = listed.iter().position(|entry| entry.index == view.line);
        let top = (selected.unwrap_or(0) + 1).saturating_sub(usize::from(lines.height).max(1));
        let index = listed.get(top + usize::from(at.y - lines.y))?.index;
        let was_selected = view.line == index;
        self.select_in_list(Some(index));
        Some(was_selected)
    }

    /// Performs the action of Enter on the selected entry of the open list.
    pub(super) fn enter_list(&mut self) -> Vec<Effect> {
        match &self.overlay {
            Some(Overlay::List(List::Filters, _)) => self.act_on_filter(FilterAction::Edit),
            Some(Overlay::List(List::Breakpoints, _)) => {
                self.act_on_breakpoint(BreakpointAction::Edit)
            }
            Some(Overlay::List(List::Formats, _)) => self.choose_format(),
            _ => Vec::new(),
        }
    }

    /// Returns the selected entry of the open list, if it is shown.
    pub(super) fn selected_in_list(&self) -> Option<usize> {
        let Some(Overlay::List(list, view)) = &self.overlay else {
            return None;
        };
        let mut listed = self.listed(*list, view).into_iter();
        let selected = listed.find(|entry| entry.index == view.line)?;
        Some(selected.index)
    }

    /// Opens `list` with `line` selected.
    pub(super) fn open_list(&mut self, list: List, line: usize) {
        self.overlay = Some(Overlay::List(list, ListView::at(line)));
    }

    /// Opens the list that `purpose` belongs to or, if that list is empty, the box for its first
    /// entry.
    pub(super) fn open_list_or_box(&mut self, purpose: Purpose) {
        self.return_to_list(purpose);
        if self.overlay.is_none() {
            self.write_query(purpose);
        }
    }

    /// Moves the selection in the open list.
    pub(super) fn move_in_list(&mut self, step: Motion) {
        let height = usize::from(inside(self.areas().overlay).height);
        let Some(Overlay::List(list, view)) = &self.overlay else {
            return;
        };
        let listed = self.listed(*list, view);
        let shown = listed.partition_point(|entry| entry.index < view.line);
        let line = step.from(shown, height, listed.len().saturating_sub(1));
        let index = listed.get(line).map(|entry| entry.index);
        self.select_in_list(index);
    }

    /// Executes `action` on the selected filter.
    pub(super) fn act_on_filter(&mut self, action: FilterAction) -> Vec<Effect> {
        let selected = self.selected_in_list();
        let filters = &mut self.session.filters.list;
        let filter = selected.and_then(|line| Some((line, filters.get_mut(line)?)));
        let Some((line, filter)) = filter else {
            return self
                .tell_nothing_selected("the list is empty: press {add-filter} to add a filter");
        };
        match action {
            FilterAction::Edit => self.write_query(Purpose::ListedFilter(Some(line))),
            FilterAction::Toggle => filter.is_on = !filter.is_on,
            FilterAction::ToggleExclude => filter.is_exclude = !filter.is_exclude,
            FilterAction::Remove => {
                let effects = self.remove_filter(line);
                self.move_in_list(Motion::Lines(0));
                return effects;
            }
        }
        self.session.refresh_shown()
    }

    /// Shows a toast that says why no entry of the list is selected: `empty`, unless a search hides
    /// all entries.
    fn tell_nothing_selected(&mut self, empty: &'static str) -> Vec<Effect> {
        let search = self.overlay.as_ref().and_then(Overlay::search);
        self.tell(self.keyed(match search {
            Some(_) => "no entry matches · {back} shows all",
            None => empty,
        }))
    }

    /// Executes `action` on the selected breakpoint.
    pub(super) fn act_on_breakpoint(&mut self, action: BreakpointAction) -> Vec<Effect> {
        let selected = self.selected_in_list();
        let breakpoints = &mut self.session.breakpoints.list;
        let breakpoint = selected.and_then(|line| Some((line, breakpoints.get_mut(line)?)));
        let Some((line, breakpoint)) = breakpoint else {
            return self.tell_nothing_selected(
                "the list is empty: press {add-breakpoint} to set a breakpoint",
            );
        };
        match action {
            BreakpointAction::Edit => self.write_query(Purpose::Breakpoint(Some(line))),
            BreakpointAction::Toggle => return self.session.toggle_breakpoint(line),
            BreakpointAction::ToggleLogOnly => self.session.toggle_log_only(line),
            BreakpointAction::NextAttention => {
                let has_command = self.session.settings.alert_command.is_some();
                breakpoint.attention = breakpoint.attention.next(has_command);
            }
            BreakpointAction::StopLater => breakpoint.every = breakpoint.every.saturating_add(1),
            BreakpointAction::StopSooner => breakpoint.every = (breakpoint.every - 1).max(1),
            BreakpointAction::Remove => {
                let effects = self.remove_breakpoint(line);
                self.move_in_list(Motion::Lines(0));
                return effects;
            }
        }
        Vec::new()
    }
}
