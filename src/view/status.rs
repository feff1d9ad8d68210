//! The status line: where we listen, how that goes, what it brings.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::line::LineBuilder;
use super::theme;
use crate::app::App;
use crate::message::Time;
use crate::payload::escape::whole;
use crate::payload::figures;
use crate::server::Connection;

/// Bars of the sparkline of all messages.
const BARS: usize = 10;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let mut line = LineBuilder::new(usize::from(area.width));
    line.word(" subscope ", theme::STRONG);
    let (dot, style, words) = state(app);
    let short: String = words.chars().take(24).collect();
    // On a narrow screen the state matters more than the address.
    let address = format!(" {} ", app.settings().address);
    if address.len() + short.chars().count() + 4 <= line.left() {
        line.word(address, Style::new());
    }
    line.word(format!(" {dot} "), style);
    line.words(&words, style);
    line.word("  ", Style::new());
    if app.settings().read_only {
        line.word("read-only  ", theme::WATCH);
    }
    if !app.settings().note.is_empty() {
        line.word(format!("{}  ", app.settings().note), theme::STRONG);
    }
    if let Some(trouble) = &app.server().trouble {
        line.words(trouble, theme::WATCH);
        line.word("  ", Style::new());
    }
    if let Some(version) = &app.server().version {
        let version = whole(version.as_bytes());
        line.word(format!("{version}  "), theme::QUIET);
    }
    let (confirmed, listed) = app.subscriptions().counts();
    let style = if confirmed < listed {
        theme::WATCH
    } else {
        Style::new()
    };
    let plural = if listed == 1 { "" } else { "s" };
    let subscriptions = if confirmed < listed {
        format!("{confirmed} of {listed} subscription{plural} live  ")
    } else {
        format!("{listed} subscription{plural}  ")
    };
    line.word(subscriptions, style);
    figures_of(app, &mut line);
    line.draw(area, 0, Style::new(), buffer);
}

/// The counts, as far as they are not nothing, and the rate of all channels.
fn figures_of(app: &App, line: &mut LineBuilder) {
    let counters = app.log().counters();
    if let Some(history) = app.log().history() {
        let rate = figures::rate(history.rate(app.now()));
        line.word(format!("{rate} "), theme::STRONG);
        line.word(
            figures::sparkline(&history.bars(app.now(), BARS)),
            theme::BARS,
        );
        line.word("  ", Style::new());
    }
    if counters.dropped > 0 {
        line.word(
            format!("{} dropped  ", figures::count(counters.dropped)),
            theme::BAD,
        );
    }
    if counters.received > 0 {
        line.word(
            format!("{} received  ", figures::count(counters.received)),
            theme::QUIET,
        );
    }
    if counters.evicted > 0 {
        line.word(
            format!("{} kept  ", figures::count(counters.kept)),
            theme::QUIET,
        );
        line.word(
            format!("{} evicted  ", figures::count(counters.evicted)),
            theme::QUIET,
        );
    }
}

/// The state of the connection: a mark, its style, and words.
fn state(app: &App) -> (&'static str, Style, String) {
    let server = app.server();
    match &server.connection {
        Connection::Connecting => ("◌", theme::WATCH, "connecting".to_owned()),
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
            format!("reconnecting {}: {reason}", wait(*retry_at, app.now())),
        ),
        Connection::Refused { reason } => (
            "✗",
            theme::BAD,
            format!("refused: {reason} · r tries again"),
        ),
        Connection::Idle if app.subscriptions().have_all_ended() => {
            ("■", theme::WATCH, "all subscriptions have ended".to_owned())
        }
        Connection::Idle => ("■", theme::WATCH, "not subscribed to anything".to_owned()),
    }
}

/// When the next attempt starts, in whole seconds, since the line is not drawn more often.
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
