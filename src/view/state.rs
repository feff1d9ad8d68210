//! Describes the state of the connection and the progress of queries and checks.

use ratatui::style::Style;

use super::{frame, theme};
use crate::app::{
    App, Context, LostNode, OpenedRecording, Progress, Unchecked, connection_words,
    gap_cause_words, gap_reason_words,
};
use crate::message::Time;
use crate::payload::escape::{whole, whole_name};
use crate::payload::figures;
use crate::server::Connection;

/// Returns the state of the connection: a mark, its style, and a description.
pub(super) fn state(app: &App) -> (&'static str, Style, String) {
    if let Some(recording) = app.session().opened() {
        return state_of_recording(recording);
    }
    let server = &app.session().server;
    if let Some(away) = app.session().server.nodes.lost() {
        return state_away(app, away);
    }
    match &server.connection {
        Connection::Connecting => ("◌", theme::WATCH, "connecting".to_owned()),
        Connection::Live => {
            if let Some(silence) = app.session().unanswered() {
                let words = format!("no answer for {}", figures::age(silence));
                return ("◐", theme::WATCH, words);
            }
            if !server.losing.is_empty() {
                return ("◐", theme::BAD, losing(app));
            }
            let words = match server.round_trip {
                Some(time) => format!("live {}", figures::duration(time)),
                None => "live".to_owned(),
            };
            ("●", theme::GOOD, words)
        }
        Connection::Reconnecting {
            reason, retry_at, ..
        } => {
            let (wait, reason) = (wait(*retry_at, app.session().now), connection_words(reason));
            ("○", theme::BAD, format!("reconnecting {wait}: {reason}"))
        }
        Connection::Refused { reason, retry_at } => {
            let next_try = next_try(app, *retry_at);
            let words = format!("refused, {next_try}: {}", connection_words(reason));
            ("✗", theme::BAD, words)
        }
        Connection::Idle if app.session().subscriptions.have_all_ended() => {
            ("■", theme::WATCH, "all subscriptions have ended".to_owned())
        }
        Connection::Idle => state_idle(app),
    }
}

/// Returns the state of a recording.
fn state_of_recording(recording: &OpenedRecording) -> (&'static str, Style, String) {
    match (&recording.failure, recording.indexing) {
        (Some(failure), _) => ("✗", theme::BAD, whole(failure.as_bytes())),
        _ if recording.is_loading => ("◌", theme::WATCH, "loading".to_owned()),
        (None, Some(percent)) => ("◌", theme::WATCH, format!("indexing {percent} %")),
        (None, None) => ("■", theme::QUIET, "recording".to_owned()),
    }
}

/// Returns why no message can arrive: a short reason and its style. `None` if messages can arrive.
pub(super) fn not_receiving(app: &App) -> Option<(String, Style)> {
    if let Some(silence) = app.session().unanswered() {
        let words = format!("no answer for {}", figures::duration(silence));
        return Some((words, theme::WATCH));
    }
    let subscriptions = &app.session().subscriptions;
    if subscriptions.can_receive() {
        return None;
    }
    let (_, wanted) = subscriptions.counts();
    let denied = subscriptions.denied().count();
    let (reason, style) = match &app.session().server.connection {
        Connection::Reconnecting { retry_at, .. } => {
            let wait = wait(*retry_at, app.session().now);
            return Some((format!("reconnecting {wait}"), theme::BAD));
        }
        Connection::Refused { .. } => ("login refused", theme::BAD),
        Connection::Connecting => ("connecting", theme::WATCH),
        Connection::Live | Connection::Idle => {
            if subscriptions.have_all_ended() {
                ("all subscriptions have ended", theme::WATCH)
            } else if wanted == 0 {
                ("not subscribed to anything", theme::WATCH)
            } else if denied == wanted {
                ("subscriptions denied", theme::BAD)
            } else if subscriptions.discovery_patterns().next().is_some() {
                ("looking for channels", theme::WATCH)
            } else {
                ("subscriptions not confirmed", theme::WATCH)
            }
        }
    };
    Some((reason.to_owned(), style))
}

/// Returns the state while one of several servers is unavailable.
fn state_away(app: &App, away: LostNode<'_>) -> (&'static str, Style, String) {
    let name = server_words(away);
    let lost = match away.subscriptions {
        0 => String::new(),
        count => format!(" ({} lost)", figures::counted(count as u64, "subscription")),
    };
    match away.connection {
        Connection::Refused { reason, retry_at } => {
            let next_try = next_try(app, *retry_at);
            let reason = connection_words(reason);
            let words = format!("login refused by {name}{lost}, {next_try}: {reason}");
            ("✗", theme::BAD, words)
        }
        Connection::Reconnecting {
            reason, retry_at, ..
        } => {
            let (wait, reason) = (wait(*retry_at, app.session().now), connection_words(reason));
            let words = format!("{name} unreachable{lost}, next try {wait}: {reason}");
            ("○", theme::BAD, words)
        }
        // An unavailable server is always in one of the states above.
        _ => ("○", theme::BAD, format!("{name} unreachable{lost}")),
    }
}

/// Returns the name of an unavailable server.
pub(super) fn server_words(away: LostNode<'_>) -> String {
    match away.name {
        "" => "a server".to_owned(),
        name => whole(name.as_bytes()),
    }
}

/// Describes what is lost although the connection is live, such as messages that a primary does not
/// pass on to its replica.
fn losing(app: &App) -> String {
    let Some(gap) = app.session().server.losing.values().next_back() else {
        return "losing messages".to_owned();
    };
    let (cause, reason) = (
        gap_cause_words(&gap.cause, &gap.reason),
        gap_reason_words(&gap.reason),
    );
    format!("losing messages: {cause}: {reason}")
}

/// Returns the state if there are no subscriptions, and therefore no connection.
fn state_idle(app: &App) -> (&'static str, Style, String) {
    if let Some(words) = sought_words(app) {
        return ("◌", theme::WATCH, words);
    }
    if let Some((_, error)) = app.session().subscriptions.main_denial() {
        let retry = frame::keyed_in(app, Context::Messages, "{reconnect} to retry");
        let words = format!("refused: {} · {retry}", error.text);
        return ("✗", theme::BAD, words);
    }
    ("■", theme::WATCH, "not subscribed to anything".to_owned())
}

/// Describes the channels that are being looked for, if any.
pub(super) fn sought_words(app: &App) -> Option<String> {
    let sought: Vec<_> = app.session().subscriptions.discovery_patterns().collect();
    let ((first, _), more) = (sought.first()?, sought.len() - 1);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let is_answered = sought.iter().any(|(_, is_answered)| *is_answered);
    let found = match is_answered {
        false => "; no answer yet",
        // Channels were found before, but have ended.
        true if app.session().subscriptions.ever_had_found(first) => "",
        true => "; none found yet",
    };
    let sharded = if first.is_sharded() { "sharded " } else { "" };
    let name = whole_name(&first.name);
    Some(format!(
        "looking for {sharded}channels like {name}{more}{found}"
    ))
}

/// Describes when a refused login is retried.
fn next_try(app: &App, retry_at: Option<Time>) -> String {
    if let Some(at) = retry_at {
        return format!("next try {}", wait(at, app.session().now));
    }
    let keys = "{enter-password} to log in, {reconnect} to retry";
    frame::keyed_in(app, Context::Messages, keys)
}

/// Describes when the next attempt starts, in whole seconds, because the line is not redrawn more
/// often.
pub(super) fn wait(retry_at: Time, now: Time) -> String {
    let left = retry_at.since(now);
    match left.as_millis() {
        0 if left.is_zero() => "now".to_owned(),
        0..1000 => "in less than 1 s".to_owned(),
        millis => format!("in {} s", millis.div_ceil(1000)),
    }
}

/// Describes how many rows a lagging query has not searched yet.
pub(super) fn scanning(lag: Option<Progress>) -> Option<String> {
    let lag = lag.filter(|progress| !progress.is_done())?;
    Some(format!("{} not yet searched", figures::count(lag.left())))
}

/// Describes the rows that no check has covered, which a query for flags cannot match.
pub(super) fn unchecked(unchecked: &Unchecked) -> Vec<String> {
    let up_to = if unchecked.is_at_most { "up to " } else { "" };
    let counts = [
        (up_to, unchecked.unknown, "not checked"),
        ("", unchecked.waiting, "not checked yet"),
        ("", unchecked.missed, "evicted unchecked"),
    ];
    let counts = counts.iter().filter(|(_, count, _)| *count > 0);
    let parts = counts.map(|(up_to, count, words)| {
        let count = figures::count(*count);
        format!("{up_to}{count} {words}")
    });
    let full = "not all channels checked".to_owned();
    parts.chain(unchecked.is_full.then_some(full)).collect()
}
