//! The text in place of an empty log: why it is empty, and what to do about it.

mod hidden;
mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Widget as _, Wrap};

use self::words::{Words, rows_of, strong};
use super::state::{server_words, sought_words, wait};
use super::{frame, theme};
use crate::app::{
    App, Context, LostNode, OpenedRecording, connection_remedy, connection_words, denial_remedy,
    padded, topic_words,
};
use crate::message::ConnectionError;
use crate::payload::escape::{whole, whole_name};
use crate::payload::figures;
use crate::server::Connection;

/// Maximum number of subscriptions that are listed by name.
const MOST_NAMED: usize = 5;

/// What a search for channels cannot find.
const UNFOUND: &str = "A channel without subscribers cannot be found: subscribe to it by name.";

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

/// Fills in a template with the keys that apply in the log.
fn text(app: &App, template: &'static str) -> String {
    frame::keyed_in(app, Context::Messages, template)
}

fn explain(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let address = &app.session().settings.address;
    let kept = app.session().log.counters().kept;
    if kept > 0 {
        return hidden::explain(app, kept);
    }
    if let Some(recording) = app.session().opened() {
        return unread(recording, address).lines(columns, rows);
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

/// Returns the text for a recording without messages.
fn unread(recording: &OpenedRecording, name: &str) -> Words {
    match &recording.failure {
        Some(failure) => Words {
            situation: format!("{name} cannot be read"),
            reason: Some(whole(failure.as_bytes())),
            ..Words::default()
        },
        None if recording.is_loading => Words::new(format!("Reading {name} …"), ""),
        None => Words::new(format!("{name} contains no messages"), ""),
    }
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
    let keys = if let Some(wait) = next_try {
        // subscope retries, because a server that has restarted may not have loaded its users yet.
        let keys =
            "Press {reconnect} to try now, {enter-password} to enter a password, {quit} to quit.";
        let keys = text(app, keys);
        format!("The login worked before, so subscope retries {wait}. {keys}")
    } else {
        let keys =
            "Press {reconnect} to retry, {enter-password} to enter a password, {quit} to quit.";
        text(app, keys)
    };
    let by = match reason {
        ConnectionError::Tunnel(_) => "the SSH server",
        _ => &app.session().settings.address,
    };
    failed(format!("Login refused by {by}"), reason, keys)
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
        words.more.push(UNFOUND);
        return words;
    }
    match app.session().subscriptions.main_denial() {
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
    let topics = topics.filter(|topic| !topic.is_searched());
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
    if app.session().subscriptions.live().next().is_some()
        && let Some(words) = sought_words(app)
    {
        return vec![strong(capitalized(&words)), Line::raw(UNFOUND)];
    }
    let Some((topic, error)) = app.session().subscriptions.main_denial() else {
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
