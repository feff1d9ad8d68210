//! Parts of a line that both forms of the channel list share.

use std::time::Duration;

use ratatui::style::Style;

use crate::app::{App, SubscriptionState};
use crate::message::names::same;
use crate::view::theme;

/// After this long without a message, a channel shows how long it has been silent instead of its
/// rate.
pub(super) const SILENT_AFTER: Duration = Duration::from_secs(10);

/// Returns the mark before the name of a channel that has had messages.
pub(super) fn mark(app: &App, name: &[u8]) -> (&'static str, Style) {
    let session = app.session();
    let only = session.filters.only.as_deref();
    let exact = session.subscriptions.find_channel(name);
    match exact.and_then(|id| session.subscriptions.state(id)) {
        _ if only.is_some_and(|only| same(only, name)) => ("▸", theme::FOCUS),
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
        Some(("muted", theme::QUIET))
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
