//! Describes the state of the connection, and how far queries and checks have come.

use ratatui::style::Style;

use super::theme;
use crate::app::{
    App, LostNode, Progress, Unchecked, connection_words, gap_cause_words, gap_reason_words,
};
use crate::message::Time;
use crate::payload::escape::{whole, whole_name};
use crate::payload::figures;
use crate::server::Connection;

/// Returns the state of the connection: a mark, its style, and a description.
pub(super) fn state(app: &App) -> (&'static str, Style, String) {
    let server = app.server();
    if let Some(away) = app.session().nodes().lost() {
        return state_away(app, away);
    }
    match &server.connection {
        Connection::Connecting => ("◌", theme::WATCH, "connecting".to_owned()),
        Connection::Live if app.session().unanswered().is_some() => {
            let silence = app
                .session()
                .unanswered()
                .map(figures::age)
                .unwrap_or_default();
            ("◐", theme::WATCH, format!("no answer for {silence}"))
        }
        Connection::Live if !server.losing.is_empty() => ("◐", theme::BAD, losing(app)),
        Connection::Live => {
            let time = server
                .round_trip
                .map(|time| format!(" {}", figures::duration(time)));
            (
                "●",
                theme::GOOD,
                format!("live{}", time.unwrap_or_default()),
            )
        }
        Connection::Reconnecting {
            reason, retry_at, ..
        } => (
            "○",
            theme::BAD,
            format!(
                "reconnecting {}: {}",
                wait(*retry_at, app.now()),
                connection_words(reason)
            ),
        ),
        Connection::Refused { reason, retry_at } => (
            "✗",
            theme::BAD,
            format!(
                "refused, {}: {}",
                next_try(*retry_at, app.now()),
                connection_words(reason)
            ),
        ),
        Connection::Idle if app.subscriptions().have_all_ended() => {
            ("■", theme::WATCH, "all subscriptions have ended".to_owned())
        }
        Connection::Idle => state_idle(app),
    }
}

/// Returns why no message can arrive: a short reason and its style. `None` if messages can arrive.
pub(super) fn not_receiving(app: &App) -> Option<(String, Style)> {
    if let Some(silence) = app.session().unanswered() {
        let words = format!("no answer for {}", figures::duration(silence));
        return Some((words, theme::WATCH));
    }
    let subscriptions = app.subscriptions();
    if subscriptions.can_receive() {
        return None;
    }
    let (_, wanted) = subscriptions.counts();
    let denied = subscriptions.denied().count();
    let (reason, style) = match &app.server().connection {
        Connection::Reconnecting { retry_at, .. } => (
            format!("reconnecting {}", wait(*retry_at, app.now())),
            theme::BAD,
        ),
        Connection::Refused { .. } => ("login refused".to_owned(), theme::BAD),
        Connection::Connecting => ("connecting".to_owned(), theme::WATCH),
        Connection::Live | Connection::Idle if subscriptions.have_all_ended() => {
            ("all subscriptions have ended".to_owned(), theme::WATCH)
        }
        Connection::Live | Connection::Idle if wanted == 0 => {
            ("not subscribed to anything".to_owned(), theme::WATCH)
        }
        Connection::Live | Connection::Idle if denied == wanted => {
            ("subscriptions denied".to_owned(), theme::BAD)
        }
        Connection::Live | Connection::Idle
            if subscriptions.discovery_patterns().next().is_some() =>
        {
            ("looking for sharded channels".to_owned(), theme::WATCH)
        }
        Connection::Live | Connection::Idle => {
            ("subscriptions not confirmed".to_owned(), theme::WATCH)
        }
    };
    Some((reason, style))
}

/// Returns the state while one server is away and others serve.
fn state_away(app: &App, away: LostNode<'_>) -> (&'static str, Style, String) {
    let name = server_words(away);
    let lost = match away.subscriptions {
        0 => String::new(),
        1 => " (1 subscription lost)".to_owned(),
        count => format!(" ({count} subscriptions lost)"),
    };
    match away.connection {
        Connection::Refused { reason, retry_at } => {
            let next_try = next_try(*retry_at, app.now());
            let reason = connection_words(reason);
            let words = format!("login refused by {name}{lost}, {next_try}: {reason}");
            ("✗", theme::BAD, words)
        }
        Connection::Reconnecting {
            reason, retry_at, ..
        } => {
            let wait = wait(*retry_at, app.now());
            let reason = connection_words(reason);
            let words = format!("{name} unreachable{lost}, next try {wait}: {reason}");
            ("○", theme::BAD, words)
        }
        // A server that is away is in one of the states above.
        _ => ("○", theme::BAD, format!("{name} unreachable{lost}")),
    }
}

/// Returns the name of a server that is away.
pub(super) fn server_words(away: LostNode<'_>) -> String {
    match away.name {
        "" => "a server".to_owned(),
        name => whole(name.as_bytes()),
    }
}

/// Describes what is lost although the connection is live, such as what a replica's primary does
/// not pass on.
fn losing(app: &App) -> String {
    let gaps = &app.server().losing;
    let newest = gaps.values().next_back();
    let what = newest.map_or_else(String::new, |gap| {
        format!(
            ": {}: {}",
            gap_cause_words(&gap.cause),
            gap_reason_words(&gap.reason)
        )
    });
    format!("losing messages{what}")
}

/// Returns the state without subscriptions, when there is no connection.
fn state_idle(app: &App) -> (&'static str, Style, String) {
    let subscriptions = app.subscriptions();
    if let Some(words) = sought_words(app) {
        return ("◌", theme::WATCH, words);
    }
    match subscriptions.denied().next() {
        Some((_, error)) => (
            "✗",
            theme::BAD,
            format!("refused: {} · r to retry", error.text),
        ),
        None => ("■", theme::WATCH, "not subscribed to anything".to_owned()),
    }
}

/// Describes the sharded channels that are being looked for, if any.
pub(super) fn sought_words(app: &App) -> Option<String> {
    let sought: Vec<_> = app.subscriptions().discovery_patterns().collect();
    let ((first, _), more) = (sought.first()?, sought.len() - 1);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let is_answered = sought.iter().any(|(_, is_answered)| *is_answered);
    let found = match is_answered {
        false => "; no answer yet",
        // The channels that were found have ended.
        true if app.subscriptions().have_had_sharded() => "",
        true => "; none yet",
    };
    let name = whole_name(&first.name);
    Some(format!(
        "looking for sharded channels like {name}{more}{found}"
    ))
}

/// Describes when a refused login is retried.
fn next_try(retry_at: Option<Time>, now: Time) -> String {
    match retry_at {
        Some(at) => format!("next try {}", wait(at, now)),
        None => "r to retry".to_owned(),
    }
}

/// Describes when the next attempt starts, in whole seconds because the line is not redrawn more
/// often.
pub(super) fn wait(retry_at: Time, now: Time) -> String {
    let left = retry_at.since(now);
    if left.is_zero() {
        "now".to_owned()
    } else if left.as_millis() < 1000 {
        "in less than 1 s".to_owned()
    } else {
        format!("in {} s", left.as_millis().div_ceil(1000))
    }
}

/// Describes how many rows a lagging query has not searched yet.
pub(super) fn scanning(lag: Option<Progress>) -> Option<String> {
    let lag = lag.filter(|progress| !progress.is_done())?;
    Some(format!("{} not yet searched", figures::count(lag.left())))
}

/// Describes what checks have not covered: a query for their flags cannot match there.
pub(super) fn unchecked(unchecked: &Unchecked) -> Vec<String> {
    let counted = |count: u64, words: &str| {
        let count = figures::count(count);
        format!("{count} {words}")
    };
    let mut parts = Vec::new();
    if unchecked.unknown > 0 {
        let up_to = if unchecked.is_at_most { "up to " } else { "" };
        let words = counted(unchecked.unknown, "not checked");
        parts.push(format!("{up_to}{words}"));
    }
    if unchecked.waiting > 0 {
        parts.push(counted(unchecked.waiting, "not checked yet"));
    }
    if unchecked.missed > 0 {
        parts.push(counted(unchecked.missed, "evicted unchecked"));
    }
    if unchecked.is_full {
        parts.push("not all channels checked".to_owned());
    }
    parts
}
