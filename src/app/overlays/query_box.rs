//! The box in which a query is edited.

pub mod completion;
pub mod feedback;

use self::completion::Completion;
use super::syntax::syntax_lines;
use crate::app::action::Motion;
use crate::app::effect::Effect;
use crate::app::input::Input;
use crate::app::layout::{Areas, inside, padded};
use crate::app::session::Session;
use crate::app::session::verdict::{Draft, Tried};
use crate::query::{Query, QueryError, Unfinished, UnfinishedKind};

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
    /// Whether the user has tried to confirm the text in spite of the error.
    is_refused: bool,
    /// The list of completions above the box, if it is open.
    pub completion: Option<Completion>,
    /// A suggestion for the query if it looks like a different query language: that is known even
    /// for the query of a listed filter or a breakpoint, which is not run during the edit.
    meant: Option<String>,
    /// The query, unless it is in force or empty.
    pub(crate) untried: Option<Draft>,
    /// The filter or search before the edit, which stays active while the text has an error.
    pub before: Option<Query>,
    /// The index of the history entry that is shown in place of `draft`, if any.
    older: Option<usize>,
    draft: String,
}

impl QueryBox {
    /// Opens the box with the current query for `purpose`. A search starts with an empty box.
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
        let text = query.filter(|_| purpose != Purpose::Find);
        let text = text.map_or("", Query::text);
        Self {
            untried: untried(purpose, text, query.cloned()),
            purpose,
            input: Input::holding(text),
            syntax: None,
            error: None,
            is_refused: false,
            completion: None,
            meant: query.and_then(misread),
            before: query.cloned(),
            older: None,
            draft: String::new(),
        }
    }

    /// Parses the text, and applies it at once if it is a filter or a search. While the text has an
    /// error, the query from before the edit stays active; so does a search while the box is empty.
    pub(crate) fn read(&mut self, session: &mut Session) -> Vec<Effect> {
        let parsed = self.parse(session);
        self.error = parsed.as_ref().err().cloned();
        self.is_refused = false;
        self.meant = parsed.as_ref().ok().and_then(misread);
        let query = parsed.as_ref().ok().cloned();
        self.untried = untried(self.purpose, &self.input.text(), query);
        let is_empty_search =
            |query: &Query| self.purpose == Purpose::Find && query.is_everything();
        let query = match parsed {
            Ok(query) if !is_empty_search(&query) => Some(query),
            _ => self.before.clone(),
        };
        let mut effects = match self.purpose {
            Purpose::Filter => session.filter_by(query),
            Purpose::Find => session.set_find(query),
            Purpose::ListedFilter(_) | Purpose::Breakpoint(_) => Vec::new(),
        };
        if let Some(completion) = &mut self.completion {
            completion.takes_single = false;
            effects.extend(self.list_completions(session));
        }
        effects
    }

    fn parse(&self, session: &Session) -> Result<Query, QueryError> {
        let (text, moment) = (self.input.text(), session.moment());
        match self.purpose {
            Purpose::Breakpoint(_) => Query::parse_breakpoint(&text, &moment),
            Purpose::Filter | Purpose::Find | Purpose::ListedFilter(_) => {
                Query::parse(&text, &moment)
            }
        }
    }

    /// Returns whether the query may contain conditions on a channel over time.
    pub fn takes_conditions(&self) -> bool {
        matches!(self.purpose, Purpose::Breakpoint(_))
    }

    /// Returns the query to confirm. If the text has an error, shows it and returns `None`.
    pub(crate) fn confirmed(&mut self, session: &Session) -> Option<Query> {
        let parsed = self.parse(session);
        self.error = parsed.as_ref().err().cloned();
        self.is_refused = self.error.is_some();
        parsed.ok()
    }

    /// Writes `text`, which the user has confirmed although it has an error.
    pub(crate) fn refuse(&mut self, text: &str, session: &mut Session) -> Vec<Effect> {
        let effects = self.put(text, session);
        self.is_refused = self.error.is_some();
        effects
    }

    /// Returns the query to suggest instead of the text, if the text is invalid or matches nothing.
    pub fn offered<'a>(&'a self, session: &'a Session) -> Option<&'a str> {
        let tried = || Some(session.draft.tried(&self.untried.as_ref()?.text));
        if let Some(error) = &self.error {
            let correction = match tried()? {
                Tried::Pending | Tried::NotNeeded => None,
                Tried::Finds(meant) => Some(meant),
                Tried::NoneFinds | Tried::NoMessages => error.correction.as_deref(),
            };
            return correction.filter(|correction| !self.is_unfinished(error, correction));
        }
        match (self.purpose, &session.find) {
            (Purpose::Filter, _) => {
                let typed = session.filters.typed.as_ref()?;
                let meant = session.filters.verdict.meant(typed);
                meant.filter(|_| session.filter_finds_nothing())
            }
            (Purpose::Find, find) => {
                let find = find.as_ref()?;
                let meant = find.verdict.meant(find.watch.query());
                meant.filter(|_| find.finds_nothing(session.now))
            }
            (Purpose::ListedFilter(_) | Purpose::Breakpoint(_), _) => match tried()? {
                Tried::Pending | Tried::NotNeeded => None,
                Tried::Finds(meant) => Some(meant),
                Tried::NoneFinds | Tried::NoMessages => self.meant.as_deref(),
            },
        }
    }

    /// Returns whether the text is probably unfinished rather than wrong, so that completing it
    /// takes precedence over the `correction`. More text does not repair an `error` before it.
    fn is_unfinished(&self, error: &QueryError, correction: &str) -> bool {
        let unfinished = Unfinished::at_end_of(&self.text_to_caret());
        unfinished.is_some_and(|unfinished| match unfinished.kind {
            UnfinishedKind::Term => correction.starts_with(&self.input.text()),
            _ => error.is_unfinished || error.at.end >= unfinished.at.start,
        })
    }

    /// Accepts the selected completion, or else the suggested query, or else lists the completions.
    pub(crate) fn complete(&mut self, session: &mut Session) -> Vec<Effect> {
        if self.completion.is_some() {
            return self.take_completion(session);
        }
        if let Some(offered) = self.offered(session).map(str::to_owned) {
            return self.put(&offered, session);
        }
        self.syntax = None;
        self.completion = Some(Completion {
            takes_single: true,
            ..Completion::default()
        });
        self.list_completions(session)
    }

    /// Lists what can be completed at the caret. Closes the list if there is nothing to complete.
    pub(crate) fn list_completions(&mut self, session: &mut Session) -> Vec<Effect> {
        let Some(before) = &self.completion else {
            return Vec::new();
        };
        let takes_single = before.takes_single;
        let text = self.text_to_caret();
        let mut effects = Vec::new();
        if completion::uses_sample(&text) {
            let scope = completion::scope(&text, session);
            effects = session.request_sample(scope.as_ref());
        }
        // Candidates may arrive with the sample.
        let is_pending = session.sampling.is_pending();
        let listed = Completion {
            takes_single,
            ..Completion::of(&text, self.takes_conditions(), session)
        };
        let count = listed.candidates.len();
        self.completion = (count > 0 || is_pending).then_some(listed);
        if count == 0 && !is_pending && takes_single {
            let error = self.error.as_ref();
            match error.and_then(|error| error.correction.clone()) {
                Some(correction) => effects.extend(self.put(&correction, session)),
                None => effects.extend(
                    session
                        .tell(session.keyed("nothing to complete here · {toggle-syntax} syntax")),
                ),
            }
        } else if count == 1 && !is_pending && takes_single {
            effects.extend(self.take_completion(session));
        }
        effects
    }

    fn take_completion(&mut self, session: &mut Session) -> Vec<Effect> {
        let text = self.input.text();
        let taken = self.completion.take().and_then(|list| list.taken(&text));
        let Some((text, end, continues)) = taken else {
            return Vec::new();
        };
        let caret = text[..end].chars().count();
        self.input = Input::holding_at(&text, caret);
        self.completion = continues.then(Completion::default);
        self.read(session)
    }

    /// Returns the text before the caret.
    fn text_to_caret(&self) -> String {
        let (_, characters) = self.input.caret();
        self.input.text().chars().take(characters).collect()
    }

    /// Closes the list above the box: the completions or the syntax. Returns whether one was open.
    pub(crate) fn close_list(&mut self) -> bool {
        self.completion.take().is_some() || self.syntax.take().is_some()
    }

    /// Selects the next or previous completion, or opens the list.
    pub(crate) fn step_completion(
        &mut self,
        is_forward: bool,
        session: &mut Session,
    ) -> Vec<Effect> {
        if let Some(completion) = &mut self.completion {
            completion.step(is_forward);
            return Vec::new();
        }
        self.syntax = None;
        self.completion = Some(Completion::default());
        self.list_completions(session)
    }

    /// Shows the previous query in the history, or selects the previous completion if the list is
    /// open.
    pub(crate) fn show_older(&mut self, session: &mut Session) -> Vec<Effect> {
        if self.completion.is_some() {
            return self.step_completion(false, session);
        }
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

    /// Shows the next query in the history or the draft, or selects the next completion if the list
    /// is open.
    pub(crate) fn show_newer(&mut self, session: &mut Session) -> Vec<Effect> {
        if self.completion.is_some() {
            return self.step_completion(true, session);
        }
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
        self.completion = None;
        self.syntax = self.syntax.is_none().then_some(0);
    }

    /// Moves through the list of completions or the syntax list, if one is shown.
    pub(crate) fn move_by(&mut self, motion: Motion, areas: &Areas) {
        if let Some(completion) = &mut self.completion {
            let area = areas.completions(completion.candidates.len());
            completion.move_by(motion, usize::from(inside(area).height));
            return;
        }
        let columns = padded(inside(areas.overlay)).width;
        let lines = syntax_lines(usize::from(columns), self.takes_conditions()).len();
        let height = usize::from(inside(areas.syntax(lines)).height);
        if let Some(top) = &mut self.syntax {
            *top = motion.from(*top, height, lines.saturating_sub(height));
        }
    }
}

/// Returns the query in the box as a draft, unless it is in force or empty.
fn untried(purpose: Purpose, text: &str, query: Option<Query>) -> Option<Draft> {
    let is_listed = matches!(purpose, Purpose::ListedFilter(_) | Purpose::Breakpoint(_));
    let is_draft = match &query {
        Some(query) => is_listed && !query.is_everything(),
        None => !text.is_empty(),
    };
    is_draft.then(|| Draft {
        text: text.to_owned(),
        query,
        takes_conditions: matches!(purpose, Purpose::Breakpoint(_)),
        is_filter: purpose == Purpose::Filter,
    })
}

/// Returns the query that the user probably meant by `query`, if that looks like a different query
/// language.
fn misread(query: &Query) -> Option<String> {
    let meant = query.suggestion().filter(|_| query.is_likely_misread());
    meant.map(str::to_owned)
}
