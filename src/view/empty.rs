//! The text in place of an empty log: why it is empty, and what to do about it.

mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Widget as _, Wrap};

use self::words::{Words, rows_of, strong};
use super::state::{server_words, sought_words, unchecked, wait};
use super::{frame, theme};
use crate::app::{
    App, Context, Filters, LostNode, Overlay, Scope, connection_remedy, connection_words,
    denial_remedy, padded, topic_words,
};
use crate::message::ConnectionError;
use crate::payload::escape::{name, whole, whole_name};
use crate::payload::figures;
use crate::query::Query;
use crate::server::Connection;

/// Maximum columns of a query without matches.
const QUERY_COLUMNS: usize = 60;

/// Maximum number of subscriptions that are named.
const MOST_NAMED: usize = 5;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let place = padded(padded(area));
    let (columns, rows) = (usize::from(place.width), usize::from(place.height));
    let mut lines = explain(app, columns, rows);
    if rows_of(&lines, columns) > rows {
        lines.retain(|line| line.width() > 0);
    }
    let height = u16::try_from(rows_of(&lines, columns)).unwrap_or(u16::MAX);
    let top = place.height.saturating_sub(height) / 3;
    let place = frame::below(place, usize::from(top));
    Paragraph::new(Text::from(lines))
        .wrap(Wrap { trim: true })
        .render(place, buffer);
}

/// Returns a text with the keys that apply in the log.
fn text(app: &App, template: &'static str) -> String {
    let keymap = &app.session().settings.keymap;
    keymap.text(Context::Messages, template)
}

fn explain(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let address = &app.session().settings.address;
    let kept = app.session().log.counters().kept;
    if kept > 0 {
        return hidden(app, kept);
    }
    if let Some(away) = app.session().server.nodes.lost() {
        return one_away(app, away);
    }
    let words = match &app.session().server.connection {
        Connection::Live => return silent(app, address),
        Connection::Connecting => Words::new(format!("Connecting to {address} …"), ""),
        Connection::Reconnecting {
            reason,
            retry_at,
            attempts,
        } => {
            let situation = format!("Not connected to {address}");
            let (attempt, wait) = (attempts + 1, wait(*retry_at, app.session().now));
            let keys = text(app, "Press {reconnect} to try now, {quit} to quit.");
            let keys = format!("Attempt {attempt} starts {wait}. {keys}");
            let mut words = failed(situation, reason, keys);
            if words.more.is_empty() {
                words.more = vec![
                    "Another server: subscope -u redis://host:port",
                    "Without a server: subscope demo",
                ];
            }
            words
        }
        Connection::Refused { reason, retry_at } => {
            let next_try = retry_at.map(|at| wait(at, app.session().now));
            refused(app, reason, next_try)
        }
        Connection::Idle => idle(app),
    };
    words.lines(columns, rows)
}

/// Returns the text for a connection that failed for this reason.
fn failed(situation: String, reason: &ConnectionError, keys: String) -> Words {
    Words {
        situation,
        reason: Some(whole(connection_words(reason).as_bytes())),
        keys,
        more: connection_remedy(reason).into_iter().collect(),
    }
}

/// Returns the text for a refused login.
fn refused(app: &App, reason: &ConnectionError, next_try: Option<String>) -> Words {
    let keys = match next_try {
        // A server that has restarted may not have loaded its users yet.
        Some(wait) => {
            let keys = text(app, "Press {reconnect} to try now, {quit} to quit.");
            format!("The login worked before, so subscope retries {wait}. {keys}")
        }
        None => text(app, "Press {reconnect} to retry, {quit} to quit."),
    };
    let address = &app.session().settings.address;
    failed(format!("Login refused by {address}"), reason, keys)
}

/// Returns the text for a client without subscriptions.
fn idle(app: &App) -> Words {
    let keys = text(
        app,
        "Press {subscribe} to subscribe to a channel or a pattern.",
    );
    if app.session().subscriptions.have_all_ended() {
        return Words::new("All subscriptions have ended".to_owned(), &keys);
    }
    if let Some(words) = sought_words(app) {
        let mut words = Words::new(capitalized(&words), &keys);
        let hint = "A channel without subscribers cannot be found: subscribe to it by name.";
        words.more.push(hint);
        return words;
    }
    match app.session().subscriptions.denied().next() {
        Some((_, error)) if error.code.is_about_login() => {
            refused(app, &ConnectionError::Redis(error.clone()), None)
        }
        Some((topic, error)) => {
            let situation = format!("Subscription denied: {}", topic_words(topic));
            let mut words = Words::new(situation, &text(app, denial_remedy(topic, error)));
            words.reason = Some(whole(error.text.as_bytes()));
            words
        }
        None => Words::new("No subscriptions".to_owned(), &keys),
    }
}

fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Returns the text shown while no message has arrived and one of several servers is unavailable.
fn one_away(app: &App, away: LostNode<'_>) -> Vec<Line<'static>> {
    let reason = match away.connection {
        Connection::Reconnecting { reason, .. } | Connection::Refused { reason, .. } => {
            connection_words(reason)
        }
        _ => String::new(),
    };
    let mut lines = silent(app, &app.session().settings.address);
    let (server, reason) = (server_words(away), whole(reason.as_bytes()));
    let words = format!("{server} is unavailable: {reason}");
    lines.insert(1, Line::styled(words, theme::BAD));
    lines
}

/// Returns the text for a live connection on which no message has arrived.
fn silent(app: &App, address: &str) -> Vec<Line<'static>> {
    let topics = app.session().subscriptions.live();
    let mut live: Vec<String> = topics.map(|topic| whole_name(&topic.name)).collect();
    if live.is_empty() {
        return unconfirmed(app, address);
    }
    let more = live.len().saturating_sub(MOST_NAMED);
    live.truncate(MOST_NAMED);
    let more = match more {
        0 => String::new(),
        more => format!(" and {} more", figures::count(more as u64)),
    };
    let is_cleared = app.session().log.counters().cleared > 0;
    let mut lines = vec![
        strong(format!("Listening to {}{more}", live.join(", "))),
        Line::raw(if is_cleared {
            "No message has arrived since the log was cleared."
        } else {
            "No messages yet. Redis does not store Pub/Sub messages."
        }),
        Line::default(),
    ];
    if let Some(command) = app.session().sentinel_command() {
        lines.push(Line::raw(
            "This is a sentinel: it reports failovers only. To follow the master it watches:",
        ));
        lines.push(Line::raw(format!("  {command}")));
        return lines;
    }
    let (keys, or) = if app.session().settings.read_only {
        (
            "Press {subscribe} to subscribe to more",
            ", or publish in a shell:",
        )
    } else {
        let keys = "Press {publish} to publish a message, {subscribe} to subscribe to more";
        (keys, ", or in a shell:")
    };
    let keys = text(app, keys);
    match app.session().shell_command() {
        None => lines.push(Line::raw(format!("{keys}."))),
        Some(command) => {
            lines.push(Line::raw(format!("{keys}{or}")));
            lines.push(Line::raw(format!("  {command}")));
        }
    }
    lines
}

/// Returns the text for a connection without a live subscription.
fn unconfirmed(app: &App, address: &str) -> Vec<Line<'static>> {
    let mut denied = app.session().subscriptions.denied();
    let Some((topic, error)) = denied.next() else {
        return vec![
            strong(format!("Connected to {address}")),
            Line::raw("Redis has not confirmed any subscription yet."),
        ];
    };
    vec![
        strong(format!("Subscription denied: {}", topic_words(topic))),
        Line::styled(whole(error.text.as_bytes()), theme::BAD),
        Line::default(),
        Line::raw(text(app, denial_remedy(topic, error))),
    ]
}

/// Says that no message is shown, and names everything that hides messages.
fn no_match(app: &App, kept: u64, are_checked: bool) -> String {
    let filters = &app.session().filters;
    // Messages that have just arrived may not be searched yet.
    let watch = filters.watch.as_ref();
    let left = watch.map_or(0, |watch| watch.progress().left());
    let searched = figures::count(kept.saturating_sub(left));
    let typed = filters.typed.as_ref().map(|query| {
        let kind = if query.is_text() { "text " } else { "" };
        format!("{kind}{}", short(query))
    });
    let asked: Vec<String> = typed.into_iter().chain(listed_filters(app)).collect();
    let asked = asked.join(" and ");
    let outcome = match (asked.is_empty(), are_checked) {
        (true, _) => "No messages to show".to_owned(),
        (false, true) => {
            let channels = app.session().log.channels().with_rows();
            let channels = figures::counted(channels as u64, "channel");
            format!("0 of {searched} messages on {channels} match {asked}")
        }
        (false, false) => format!("No checked message matches {asked}"),
    };
    let parts: Vec<String> = [outcome].into_iter().chain(hidden_channels(app)).collect();
    parts.join(" · ")
}

fn short(query: &Query) -> String {
    name(query.text().as_bytes(), QUERY_COLUMNS).string
}

/// Describes the enabled filters of the list.
fn listed_filters(app: &App) -> Option<String> {
    let listed = app.session().filters.list.iter();
    let enabled: Vec<_> = listed.filter(|filter| filter.is_on).collect();
    match enabled[..] {
        [] => None,
        [one] if one.is_exclude => Some(format!("the saved filter not {}", short(&one.query))),
        [one] => Some(format!("the saved filter {}", short(&one.query))),
        _ => Some(format!("the {} saved filters", enabled.len())),
    }
}

/// Describes the channels whose messages are hidden entirely.
fn hidden_channels(app: &App) -> Option<String> {
    let filters = &app.session().filters;
    match &filters.only {
        Some(only @ Scope::Channel(_)) => Some(format!("only channel {} is shown", only.name())),
        Some(only) => Some(format!("only {} is shown", only.name())),
        None => muted_words(filters),
    }
}

/// Describes what is muted.
fn muted_words(filters: &Filters) -> Option<String> {
    match (filters.muted.others(), filters.muted_and_heard) {
        (_, 0) => None,
        ([one], 1) => Some(format!("{} is muted", one.name())),
        ([], 1) => Some("1 channel is muted".to_owned()),
        ([], several) => Some(format!("{several} channels are muted")),
        (_, several) => Some(format!("{several} channels and patterns are muted")),
    }
}

/// Lists the keys that show hidden rows again.
fn how_to_show(app: &App) -> String {
    let filters = &app.session().filters;
    let is_typed = filters.typed.is_some();
    let is_listed = filters.list.iter().any(|filter| filter.is_on);
    let is_only = filters.only.is_some();
    let is_muted = !is_only && filters.muted_and_heard > 0;
    let keys = [
        (
            is_typed,
            "{filter} to change the filter, {back} to clear it",
        ),
        (is_listed, "{filters} for the list of filters"),
        (is_only, "{toggle-only} on the channel to show all"),
        (is_muted, "{toggle-mute} on a muted channel to show it"),
    ];
    let keys = keys.into_iter().filter(|(applies, _)| *applies);
    let keys: Vec<String> = keys.map(|(_, key)| text(app, key)).collect();
    format!("Press {}.", keys.join(", "))
}

/// Returns the text for a log whose messages are all hidden.
fn hidden(app: &App, kept: u64) -> Vec<Line<'static>> {
    let filters = &app.session().filters;
    if let Some(lag) = filters.lag(app.session().now).filter(|lag| !lag.is_done()) {
        let (left, total) = (figures::count(lag.left()), figures::count(lag.total));
        let words = format!("Nothing found yet, {left} of {total} not yet searched …");
        return vec![Line::raw(words)];
    }
    if filters.typed.is_some() || filters.list.iter().any(|filter| filter.is_on) {
        // The query box offers the suggestion itself, and its keys are other ones.
        let is_typing = matches!(app.overlay(), Some(Overlay::Query(_)));
        let not_checked = unchecked(&filters.unchecked()).join(", ");
        let mut lines = vec![strong(no_match(app, kept, not_checked.is_empty()))];
        let typed = filters.typed.as_ref();
        if let Some(cause) = typed.and_then(|typed| filters.verdict.cause(typed)) {
            let (first, rest) = cause.split_at(cause.len().min(1));
            lines.push(Line::raw(format!("{}{rest}", first.to_uppercase())));
        }
        let suggestion =
            typed.and_then(|typed| filters.verdict.meant(typed).or(typed.suggestion()));
        if let Some(meant) = suggestion.filter(|_| !is_typing) {
            let meant = whole(meant.as_bytes());
            let keys = text(app, "Press {filter} then {accept} to accept it.");
            let words = format!("Did you mean {meant}? {keys}");
            lines.push(Line::styled(words, theme::WATCH));
        }
        if !not_checked.is_empty() {
            const KEYS: &str = "In an open message, press {previous-tab} to learn the shape of its \
                                channel, or {toggle-sequence} to track a number.";
            lines.push(Line::raw(format!("{not_checked}. {}", text(app, KEYS))));
        }
        if let Some(trouble) = filters.trouble() {
            lines.push(Line::styled(whole(trouble.as_bytes()), theme::BAD));
        }
        let how = if is_typing {
            String::new()
        } else {
            how_to_show(app)
        };
        lines.push(Line::raw(format!("{} {how}", are_hidden(kept, ""))));
        return lines;
    }
    hidden_by_channel(app, kept)
}

/// Returns the text for a log whose messages are all hidden because of their channels.
fn hidden_by_channel(app: &App, kept: u64) -> Vec<Line<'static>> {
    match &app.session().filters.only {
        Some(only) => vec![
            strong(match only {
                Scope::Pattern(_) => format!("No messages kept via {}", only.name()),
                _ => format!("No messages kept on {}", only.name()),
            }),
            Line::raw(format!(
                "{} {}",
                match only {
                    Scope::Pattern(_) => are_hidden(kept, ""),
                    _ => are_hidden(kept, " on other channels"),
                },
                text(app, "Press {back} to show all.")
            )),
        ],
        None => vec![
            strong("All kept messages are on muted channels".to_owned()),
            Line::raw(format!(
                "{} {}",
                are_hidden(kept, ""),
                text(app, "Select a channel and press {toggle-mute} to show it.")
            )),
        ],
    }
}

/// Describes how many messages are hidden; `place` is empty or starts with a blank.
fn are_hidden(kept: u64, place: &str) -> String {
    let verb = if kept == 1 { "is" } else { "are" };
    format!("{}{place} {verb} hidden.", figures::count(kept))
}
