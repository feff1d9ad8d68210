//! Parts of a line that both forms of the channel list share.

use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use ratatui::style::Style;

use crate::app::{App, Scope, SubscriptionState};
use crate::payload::escape::{self, Text};
use crate::view::line::LineBuilder;
use crate::view::names::Names;
use crate::view::theme;

/// After this long without a message, a channel shows how long it has been silent instead of its
/// rate.
pub(super) const SILENT_AFTER: Duration = Duration::from_secs(10);

/// The name in a line, as it is drawn.
#[derive(Debug, Default)]
pub(super) struct Label<'a> {
    /// The name, or the part of it that the lines above do not show.
    pub(super) name: &'a [u8],
    /// The number of columns before the name.
    pub(super) indent: usize,
    /// The ranges of the name that match the typed text.
    pub(super) marks: Vec<Range<usize>>,
    /// The names on the screen that must be cut.
    pub(super) names: Rc<Names<'a>>,
}

impl Label<'_> {
    /// Adds the label in exactly `columns` columns.
    pub(super) fn draw(&self, columns: usize, style: Style, line: &mut LineBuilder) {
        let indent = self.indent.min(columns);
        line.space(indent);
        let columns = (columns - indent).min(line.left());
        line.padded_text(self.text(columns), columns, style);
    }

    /// Returns the name in at most `columns`.
    pub(super) fn text(&self, columns: usize) -> Text {
        self.names.text(self.name, 0, &self.marks, columns)
    }

    /// Returns the width of the whole name with its indent, up to about `most` columns.
    pub(super) fn width(&self, most: usize) -> usize {
        self.indent + escape::name(self.name, most).columns
    }
}

/// Marks the channels, branches and patterns to which the log is restricted.
const ONLY: (&str, Style) = ("★", theme::FOCUS);

/// What lines show instead of a rate if all their messages are muted.
pub(super) const MUTED: (&str, Style) = ("muted", theme::QUIET);

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

/// Returns what to show in `columns` instead of a rate, if a rate would be misleading.
pub(super) fn instead_of_rate(
    app: &App,
    name: &[u8],
    columns: usize,
) -> Option<(&'static str, Style)> {
    const NOT_RECEIVING: &str = "not receiving";
    if app.session().filters.muted.contains(name) {
        Some(MUTED)
    } else if app.session().subscriptions.receives(name) {
        None
    } else if NOT_RECEIVING.len() <= columns {
        Some((NOT_RECEIVING, theme::WATCH))
    } else {
        Some(("off", theme::WATCH))
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
