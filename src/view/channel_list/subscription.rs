//! The line of a subscription: one to a pattern, or one to a channel that has had no messages.

use super::entry::{Label, MUTED, mark_of, only_mark};
use crate::app::{App, Scope, SubscriptionState};
use crate::message::{SubscriptionId, SubscriptionKind, Topic};
use crate::payload::escape;
use crate::server::Connection;
use crate::view::line::LineBuilder;
use crate::view::theme;

/// Columns reserved for the name, however long the text for the state is.
const MIN_FOR_NAME: usize = 8;

/// The limits of a search that replaces a pattern, the longest form first.
const POLLED: [&str; 4] = [
    "polled each second: only channels with subscribers, without their first messages",
    "polled: only channels with subscribers",
    "polled, may miss some",
    "polled",
];

/// Fills the line of a subscription.
pub(super) fn draw(app: &App, id: SubscriptionId, label: &Label<'_>, line: &mut LineBuilder) {
    let subscriptions = &app.session().subscriptions;
    let (Some(topic), Some(state)) = (subscriptions.topic(id), subscriptions.state(id)) else {
        return;
    };
    let filters = &app.session().filters;
    let scope = Scope::of(topic.clone());
    let (mark, style) = mark_of(state);
    let (mark, mark_style) = only_mark(app, &scope).unwrap_or((mark, style));
    line.word(format!("{mark} "), mark_style);
    let name_style = if filters.muted.includes(&scope) {
        theme::QUIET
    } else {
        theme::STRONG
    };
    let (words, columns) = state_words(app, id, line.left());
    label.draw(line.left().saturating_sub(columns + 1), name_style, line);
    line.space(1);
    line.words(&words, style);
}

/// Returns the description of a subscription's state, and its width, if it shares `room` columns
/// with the name and a gap.
pub(super) fn state_words(app: &App, id: SubscriptionId, room: usize) -> (String, usize) {
    let subscriptions = &app.session().subscriptions;
    let (Some(topic), Some(state)) = (subscriptions.topic(id), subscriptions.state(id)) else {
        return Default::default();
    };
    let words = match state {
        SubscriptionState::Live
            if app
                .session()
                .filters
                .muted
                .includes(&Scope::of(topic.clone())) =>
        {
            MUTED.words
        }
        SubscriptionState::Pending => match app.session().server.connection {
            Connection::Refused { .. } => "refused",
            _ => "pending",
        },
        SubscriptionState::Live if app.session().opened().is_some() => "recorded",
        SubscriptionState::Live if topic.kind == SubscriptionKind::Polled => {
            return fitted(topic, &POLLED, room);
        }
        SubscriptionState::Live => "live",
        SubscriptionState::Denied(error) => {
            let denied = if topic.kind == SubscriptionKind::Polled {
                "name channels"
            } else {
                "denied"
            };
            let words = format!("{denied}: {}", escape::whole(error.text.as_bytes()));
            // The reason may take up to half of the line.
            let columns = words.chars().count().min(room / 2);
            return (words, columns);
        }
        SubscriptionState::Ended(_) => "ended",
        SubscriptionState::Unsubscribed => "unsubscribed",
    };
    // A subscription of one of these kinds may have the same name as an ordinary channel.
    let kind = match topic.kind {
        SubscriptionKind::Sentinel => "sentinels, ",
        SubscriptionKind::Shard | SubscriptionKind::ShardPattern => "sharded, ",
        SubscriptionKind::Polled => "polled, ",
        SubscriptionKind::Channel | SubscriptionKind::Pattern => "",
    };
    // Without room for the state, the mark shows it.
    fitted(topic, &[&format!("{kind}{words}"), words, ""], room)
}

/// Returns the first of `forms` that fits next to the topic's name, and its width.
fn fitted(topic: &Topic, forms: &[&str], room: usize) -> (String, usize) {
    let name = escape::name(&topic.name, MIN_FOR_NAME).columns;
    let room = room.saturating_sub(name + 1);
    let words = forms.iter().find(|form| form.len() <= room);
    let words = words.copied().unwrap_or_default();
    (words.to_owned(), words.len())
}
