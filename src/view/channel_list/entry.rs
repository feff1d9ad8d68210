//! Parts of a line that both forms of the channel list share.

use std::time::Duration;

use ratatui::style::Style;

use crate::app::{App, Branch, Scope, SubscriptionState};
use crate::payload::escape::{self, Text};
use crate::view::line::LineBuilder;
use crate::view::theme;

/// After this long without a message, a channel shows how long it has been silent instead of its
/// rate.
pub(super) const SILENT_AFTER: Duration = Duration::from_secs(10);

/// The name in a line, as it is drawn.
#[derive(Debug)]
pub(super) struct Label<'a> {
    /// The name, or the part of it that the lines above do not show.
    pub(super) name: &'a [u8],
    /// The number of columns before the name.
    pub(super) indent: usize,
    /// The text of the name.
    pub(super) text: Text,
}

impl Label<'_> {
    /// Adds the label in exactly `columns` columns.
    pub(super) fn draw(&self, columns: usize, style: Style, line: &mut LineBuilder) {
        let indent = self.indent.min(columns);
        line.space(indent);
        let columns = (columns - indent).min(line.left());
        line.padded_text(self.within(columns), columns, style);
    }

    /// Returns the name in at most `columns`.
    pub(super) fn within(&self, columns: usize) -> Text {
        if self.text.columns <= columns {
            self.text.clone()
        } else {
            escape::name(self.name, columns)
        }
    }
}

/// Marks the channels, branches and patterns to which the log is restricted.
const ONLY: (&str, Style) = ("★", theme::FOCUS);

/// Returns the mark before the name of a branch or a subscription if the log shows only its
/// messages, or only those of a branch or a pattern that includes them.
pub(super) fn only_mark(app: &App, scope: &Scope) -> Option<(&'static str, Style)> {
    let only = app.session().filters.only.as_ref()?;
    only.includes(scope).then_some(ONLY)
}

/// Returns the mark before the name of a channel that has had messages.
pub(super) fn mark(app: &App, name: &[u8]) -> (&'static str, Style) {
    let session = app.session();
    let only = session.filters.only.as_ref();
    let exact = session.subscriptions.find_channel(name);
    match exact.and_then(|id| session.subscriptions.state(id)) {
        _ if only.is_some_and(|only| only.covers(name)) => ONLY,
        Some(state) => mark_of(state),
        None => (" ", Style::new()),
    }
}

/// Returns the style of a channel's name.
pub(super) fn name_style(app: &App, name: &[u8]) -> Style {
    if app.session().filters.muted.contains(name) {
        theme::QUIET
    } else {
        theme::channel(name)
    }
}

/// What is shown instead of a rate that would be misleading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instead {
    pub(super) words: &'static str,
    short: &'static str,
    pub(super) style: Style,
}

impl Instead {
    /// Returns the words for at most `columns`.
    pub(super) fn within(self, columns: usize) -> &'static str {
        if self.words.len() <= columns {
            self.words
        } else {
            self.short
        }
    }
}

/// What lines show instead of a rate if all their messages are muted.
pub(super) const MUTED: Instead = Instead {
    words: "muted",
    short: "muted",
    style: theme::QUIET,
};

const NOT_RECEIVING: Instead = Instead {
    words: "not receiving",
    short: "off",
    style: theme::WATCH,
};

/// Returns what to show instead of a channel's rate, if the rate would be misleading.
pub(super) fn instead_of_rate(app: &App, name: &[u8]) -> Option<Instead> {
    if app.session().filters.muted.contains(name) {
        Some(MUTED)
    } else {
        let is_received = app.session().subscriptions.receives(name);
        (!is_received).then_some(NOT_RECEIVING)
    }
}

/// Returns the mark before the name of a subscription.
pub(super) fn mark_of(state: &SubscriptionState) -> (&'static str, Style) {
    match state {
        SubscriptionState::Pending => ("◌", theme::WATCH),
        SubscriptionState::Live => ("●", theme::GOOD),
        SubscriptionState::Denied(_) => ("✗", theme::BAD),
        SubscriptionState::Ended(_) | SubscriptionState::Unsubscribed => ("■", theme::QUIET),
    }
}

/// Returns whether all messages of a branch are muted.
pub(super) fn is_muted(app: &App, branch: &Branch) -> bool {
    let muted = &app.session().filters.muted;
    muted.includes(&branch.target().scope())
}
