//! What both forms of the channel list say of a channel besides its messages.

use std::time::Duration;

use ratatui::style::Style;

use super::theme;
use crate::app::{App, SubscriptionState};
use crate::message::names::same;

/// A channel that has said nothing for this long is shown with how long, in place of its rate.
pub(super) const SILENT_AFTER: Duration = Duration::from_secs(10);

/// What stands before the name of a channel that was heard.
pub(super) fn mark(app: &App, name: &[u8]) -> (&'static str, Style) {
    let exact = app.subscriptions().find_channel(name);
    match exact.and_then(|id| app.subscriptions().state(id)) {
        _ if app.only().is_some_and(|only| same(only, name)) => ("▸", theme::FOCUS),
        Some(state) => mark_of(state),
        None => (" ", Style::new()),
    }
}

pub(super) fn name_style(app: &App, name: &[u8]) -> Style {
    if app.is_muted(name) {
        theme::QUIET
    } else {
        theme::channel(name)
    }
}

/// What is said of a channel that it would be wrong to show a rate of.
pub(super) fn instead_of_rate(app: &App, name: &[u8]) -> Option<(&'static str, Style)> {
    if app.is_muted(name) {
        Some(("muted", theme::QUIET))
    } else if !app.subscriptions().hear(name) {
        Some(("unheard", theme::WATCH))
    } else {
        None
    }
}

/// What stands before the name of a subscription.
pub(super) fn mark_of(state: &SubscriptionState) -> (&'static str, Style) {
    match state {
        SubscriptionState::Pending => ("◌", theme::WATCH),
        SubscriptionState::Live => ("●", theme::GOOD),
        SubscriptionState::Denied(_) => ("✗", theme::BAD),
        SubscriptionState::Ended(_) | SubscriptionState::Left => ("■", theme::QUIET),
    }
}
