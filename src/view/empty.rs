//! What an empty log says: what is the case, and what to do about it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Widget as _, Wrap};

use super::status::wait;
use super::theme;
use crate::app::{App, topic_words};
use crate::message::{SubscriptionKind, Topic};
use crate::payload::escape::whole;
use crate::payload::figures;
use crate::server::Connection;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let lines = explain(app);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let top = area.height.saturating_sub(height) / 3;
    let place = Rect {
        y: area.y + top,
        height: area.height - top,
        ..area
    };
    let place = Rect {
        x: place.x + u16::from(place.width > 4) * 2,
        width: place.width.saturating_sub(4),
        ..place
    };
    Paragraph::new(Text::from(lines))
        .wrap(Wrap { trim: true })
        .render(place, buffer);
}

fn explain(app: &App) -> Vec<Line<'static>> {
    let address = &app.settings().address;
    let kept = app.log().counters().kept;
    if kept > 0 {
        return hidden(app, kept);
    }
    match &app.server().connection {
        Connection::Connecting => vec![strong(format!("Connecting to {address} …"))],
        Connection::Reconnecting {
            reason,
            retry_at,
            attempts,
        } => vec![
            strong(format!("Not listening to {address}")),
            Line::styled(whole(reason.as_bytes()), theme::BAD),
            Line::default(),
            quiet(format!(
                "Attempt {} starts {}. Press r to try now, q to quit.",
                attempts + 1,
                wait(*retry_at, app.now())
            )),
            quiet("Another server: subscope -u redis://host:port".to_owned()),
            quiet("No server at hand: subscope demo".to_owned()),
        ],
        Connection::Refused { reason } => vec![
            strong(format!("{address} refuses us")),
            Line::styled(whole(reason.as_bytes()), theme::BAD),
            Line::default(),
            quiet(
                "A password comes from the URL, from SUBSCOPE_PASSWORD or REDISCLI_AUTH, or by --askpass."
                    .to_owned(),
            ),
            quiet("Press r to try again, q to quit.".to_owned()),
        ],
        Connection::Idle => vec![
            strong(if app.subscriptions().have_all_ended() {
                "All subscriptions have ended".to_owned()
            } else {
                "Nothing is subscribed to".to_owned()
            }),
            Line::default(),
            quiet("Press a to subscribe to a channel or a pattern.".to_owned()),
        ],
        Connection::Live => silent(app, address),
    }
}

fn silent(app: &App, address: &str) -> Vec<Line<'static>> {
    let live: Vec<String> = app
        .subscriptions()
        .live()
        .take(5)
        .map(|topic| whole(&topic.name))
        .collect();
    if live.is_empty() {
        return unheard(app, address);
    }
    let has_received = app.log().counters().received > 0;
    let channel = app.subscriptions().live().find_map(sample_channel);
    let mut lines = vec![
        strong(format!("Listening to {}", live.join(", "))),
        quiet(if has_received {
            "Nothing has come since the log was emptied.".to_owned()
        } else {
            "Nothing has come yet. Redis keeps no past messages of Pub/Sub.".to_owned()
        }),
        Line::default(),
    ];
    let keys = "Press p to publish a message, a to subscribe to more";
    let shell = &app.settings().redis_cli;
    if shell.is_empty() {
        lines.push(quiet(format!("{keys}.")));
        return lines;
    }
    let channel = channel.as_deref().unwrap_or("CHANNEL");
    lines.push(quiet(format!("{keys}, or in a shell:")));
    lines.push(Line::raw(format!("  {shell} publish {channel} hello")));
    lines
}

/// A channel that a message sent from a shell would be heard on, if one is easily told.
fn sample_channel(topic: &Topic) -> Option<String> {
    let name = std::str::from_utf8(&topic.name).ok()?;
    let name = match topic.kind {
        SubscriptionKind::Channel => name.to_owned(),
        SubscriptionKind::Pattern => name.replacen('*', "test", 1),
        // Another command publishes to these.
        SubscriptionKind::Shard | SubscriptionKind::ShardPattern | SubscriptionKind::Sentinel => {
            return None;
        }
    };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ":_-./".contains(letter);
    (!name.is_empty() && name.chars().all(is_plain)).then_some(name)
}

/// Connected, but nothing is listened to.
fn unheard(app: &App, address: &str) -> Vec<Line<'static>> {
    let mut denied = app.subscriptions().denied();
    let Some((topic, reason)) = denied.next() else {
        return vec![
            strong(format!("Connected to {address}")),
            quiet("Redis has not confirmed any subscription yet.".to_owned()),
        ];
    };
    vec![
        strong(format!("Redis refuses {}", topic_words(topic))),
        Line::styled(whole(reason.as_bytes()), theme::BAD),
        Line::default(),
        quiet("Press a to subscribe to what this user may hear: an ACL that allows a".to_owned()),
        quiet("pattern allows just that pattern. Once it allows more, r asks again.".to_owned()),
    ]
}

/// There are messages, but none is shown.
fn hidden(app: &App, kept: u64) -> Vec<Line<'static>> {
    let count = figures::count(kept);
    let filters = app.filters();
    let progress = filters.progress().unwrap_or_default();
    if !progress.is_done() {
        let percent = progress.percent();
        return vec![quiet(format!(
            "Nothing yet, {percent} % of the log searched …"
        ))];
    }
    if filters.typed().is_some() || filters.list().iter().any(|filter| filter.is_on) {
        let how = if filters.typed().is_some() {
            "Press / to change the filter, Esc to end it."
        } else {
            "Press f for the list of filters."
        };
        let mut lines = vec![strong("No message kept passes the filter".to_owned())];
        if let Some(trouble) = filters.trouble() {
            lines.push(Line::styled(whole(trouble.as_bytes()), theme::BAD));
        }
        lines.push(quiet(format!("{count} are hidden. {how}")));
        return lines;
    }
    match app.only() {
        Some(name) => vec![
            strong(format!("No message on {} is kept", whole(name))),
            quiet(format!(
                "{count} on other channels are hidden. Press Esc to show all."
            )),
        ],
        None => vec![
            strong("Every message kept is on a muted channel".to_owned()),
            quiet(format!(
                "{count} are hidden. Select a channel and press m to show it."
            )),
        ],
    }
}

fn strong(text: String) -> Line<'static> {
    Line::styled(text, theme::STRONG)
}

fn quiet(text: String) -> Line<'static> {
    Line::styled(text, Style::new())
}
