//! What an empty log says: what is the case, and what to do about it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Widget as _, Wrap};

use super::status::wait;
use super::theme;
use crate::app::{App, SubscriptionState};
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
            strong(format!("No connection to {address}")),
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
                "A password comes from the URL, from SUBSCOPE_PASSWORD, or by --askpass."
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
    let live = app.subscriptions().listed();
    let live: Vec<String> = live
        .filter(|(.., state)| **state == SubscriptionState::Live)
        .take(5)
        .map(|(_, topic, _)| whole(&topic.name))
        .collect();
    if live.is_empty() {
        return vec![
            strong(format!("Connected to {address}")),
            quiet("Redis has not confirmed any subscription yet.".to_owned()),
        ];
    }
    vec![
        strong(format!("Listening to {}", live.join(", "))),
        quiet(match app.log().counters().received {
            0 => "Nothing has come yet. Redis keeps no past messages of Pub/Sub.".to_owned(),
            _ => "The log has been cleared, and nothing has come since.".to_owned(),
        }),
        Line::default(),
        quiet("Press p to publish a message, a to subscribe to more, or in a shell:".to_owned()),
        Line::raw(format!("  redis-cli -u {address} publish hello world")),
    ]
}

/// There are messages, but none is shown.
fn hidden(app: &App, kept: u64) -> Vec<Line<'static>> {
    let what = match app.only() {
        Some(name) => format!("Nothing from {} yet", whole(name)),
        None => "Every channel heard is muted".to_owned(),
    };
    let count = figures::count(kept);
    let how = match app.only() {
        Some(_) => format!("{count} messages of other channels are hidden. Press Esc to show all."),
        None => format!("{count} messages are hidden. Select a channel and press m to show it."),
    };
    vec![strong(what), quiet(how)]
}

fn strong(text: String) -> Line<'static> {
    Line::styled(text, theme::STRONG)
}

fn quiet(text: String) -> Line<'static> {
    Line::styled(text, Style::new())
}
