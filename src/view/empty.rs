//! What an empty log says: what is the case, and what to do about it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Widget as _, Wrap};

use super::status::wait;
use super::theme;
use crate::app::App;
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
    let all = app.log().end().0 - app.log().first().0;
    if all > 0 {
        return hidden(app, all);
    }
    match &app.server().connection {
        Connection::Connecting => vec![strong(format!("Connecting to {address} …"))],
        Connection::Reconnecting {
            reason,
            retry_at,
            attempts,
        } => vec![
            strong(format!("No connection to {address}")),
            Line::styled(reason.to_string(), theme::BAD),
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
            Line::styled(reason.to_string(), theme::BAD),
            Line::default(),
            quiet(
                "A password comes from the URL, from SUBSCOPE_PASSWORD, or by --askpass."
                    .to_owned(),
            ),
            quiet("Press r to try again, q to quit.".to_owned()),
        ],
        Connection::Idle => vec![
            strong("Nothing is subscribed to".to_owned()),
            Line::default(),
            quiet("Press a to subscribe to a channel or a pattern.".to_owned()),
        ],
        Connection::Live => silent(app, address),
    }
}

fn silent(app: &App, address: &str) -> Vec<Line<'static>> {
    let listed: Vec<String> = app
        .subscriptions()
        .listed()
        .take(5)
        .map(|(_, topic, _)| whole(&topic.name))
        .collect();
    vec![
        strong(format!("Listening to {}", listed.join(", "))),
        quiet("Nothing has been published since. Pub/Sub keeps no past messages.".to_owned()),
        Line::default(),
        quiet("Press p to publish a message, a to subscribe to more, or in a shell:".to_owned()),
        Line::raw(format!("  redis-cli -u {address} publish hello world")),
    ]
}

/// There are rows, but none is shown.
fn hidden(app: &App, all: u64) -> Vec<Line<'static>> {
    let what = match app.only() {
        Some(name) => format!("Nothing from {} yet", whole(name)),
        None => "Every channel heard is muted".to_owned(),
    };
    let rows = figures::count(all);
    let how = match app.only() {
        Some(_) => format!("{rows} rows of other channels are hidden. Press Esc to show all."),
        None => format!("{rows} rows are hidden. Select a channel and press m to show it."),
    };
    vec![strong(what), quiet(how)]
}

fn strong(text: String) -> Line<'static> {
    Line::styled(text, theme::STRONG)
}

fn quiet(text: String) -> Line<'static> {
    Line::styled(text, Style::new())
}
