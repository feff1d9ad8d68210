//! What the box says about an invalid query.

use unicode_width::UnicodeWidthStr as _;

use super::QueryBox;
use crate::app::keymap::Context;
use crate::app::layout::wrapped;
use crate::app::session::Session;
use crate::app::session::verdict::Tried;
use crate::payload::escape;
use crate::query::{QueryError, Unfinished, UnfinishedKind};

/// Columns of the mark at the place of an error.
const MARK_COLUMNS: usize = 2;

/// An error in words, in lines.
#[derive(Debug)]
pub struct ErrorLines {
    /// What is wrong and how to fix it, with what it quotes escaped.
    pub message: Vec<String>,
    /// What the key writes instead, if the correction is known.
    pub offer: Option<String>,
    /// Whether the offer is on the line of the message.
    pub is_one_line: bool,
}

impl ErrorLines {
    /// Returns the number of lines.
    pub fn rows(&self) -> usize {
        let offer = self.offer.is_some() && !self.is_one_line;
        self.message.len() + usize::from(offer)
    }
}

impl QueryBox {
    /// Returns the error in the text, unless the text is only unfinished.
    pub fn wrong(&self) -> Option<&QueryError> {
        self.error.as_ref().filter(|_| !self.is_being_typed())
    }

    /// Returns whether the text has an error only because the user is still typing it: it ends at
    /// the caret, and with more text it would be valid.
    fn is_being_typed(&self) -> bool {
        let error = self.error.as_ref();
        error.is_some_and(|error| error.is_unfinished)
            && !self.is_refused
            && self.text_to_caret() == self.input.text()
    }

    /// Returns what is missing, if the text is only unfinished. Without room for all of it in
    /// `columns`, leaves out the remedy, which Enter shows.
    pub fn missing(&self, columns: usize) -> Option<String> {
        let error = self.error.as_ref().filter(|_| self.is_being_typed())?;
        let unfinished = Unfinished::at_end_of(&self.input.text());
        let is_compared =
            unfinished.is_some_and(|unfinished| unfinished.kind == UnfinishedKind::Operator);
        if is_compared {
            return Some("unfinished · next: == != ~ in > >= < <=".to_owned());
        }
        let whole = format!("unfinished · {}", error.message);
        let short = || whole.rsplit_once(": ").map(|(cause, _)| cause.to_owned());
        if whole.width() <= columns {
            return Some(whole);
        }
        short().or(Some(whole))
    }

    /// Returns whether the corrections of the query were tried out and find nothing.
    fn finds_nothing(&self, session: &Session) -> bool {
        let untried = self.untried.as_ref();
        untried.is_some_and(|draft| session.draft.tried(&draft.text) == Tried::NoneFinds)
    }

    /// Returns the error in lines of at most `columns`.
    pub fn error_lines(&self, session: &Session, columns: usize) -> Option<ErrorLines> {
        let error = self.wrong()?;
        let text = self.input.text();
        // While the text is scrolled, its invalid part cannot be marked.
        let place = error.place(&text).filter(|_| text.width() >= columns);
        let place = place.map_or_else(String::new, |place| format!("{place}: "));
        let message = format!("{place}{}", error.message);
        let offer = self.offered(session).map(|correction| {
            let writes = session
                .settings
                .keymap
                .text(Context::Query, "{accept} writes ");
            let outcome = if self.finds_nothing(session) {
                " · finds nothing so far"
            } else {
                ""
            };
            let room = columns.saturating_sub(writes.width());
            let whole = escape::name(correction.as_bytes(), room).string;
            if whole.width() + outcome.width() <= room {
                writes + &whole + outcome
            } else {
                writes + &whole
            }
        });
        let offered = offer
            .as_ref()
            .map_or(0, |offer| " · ".width() + offer.width());
        let is_one_line = MARK_COLUMNS + message.width() + offered <= columns;
        let lines = wrapped(&message, columns).into_iter();
        Some(ErrorLines {
            message: lines.map(str::to_owned).collect(),
            offer,
            is_one_line,
        })
    }
}
