//! The status line: where we listen, how that goes, what it brings.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::line::LineBuilder;
use super::theme;
use crate::app::{App, Badge};
use crate::message::Time;
use crate::payload::escape::{self, whole};
use crate::payload::figures;
use crate::server::Connection;

/// Bars of the sparkline of all messages.
const BARS: usize = 10;

/// The columns that the name of a profile may take.
const NAME_COLUMNS: usize = 16;

/// The weights of what must be seen, whatever else has to go: how the connection is, the
/// profile, and that anybody may be listening in. The first two are cut before they are left out,
/// to so few columns that all three fit into 40.
const STATE: u8 = 13;
const PROFILE: u8 = 12;
const INSECURE: u8 = 11;
const STATE_LEAST: usize = 8;
const PROFILE_LEAST: usize = 6;

/// A part of the line. Where not all fit, those of the least weight are left out.
struct Part {
    weight: u8,
    text: String,
    style: Style,
}

fn part(weight: u8, text: impl Into<String>, style: Style) -> Part {
    Part {
        weight,
        text: text.into(),
        style,
    }
}

impl Part {
    /// The columns it takes, or as many as the line has.
    fn width(&self, columns: usize) -> usize {
        escape::one_line(self.text.as_bytes(), columns + 1).columns
    }

    /// The columns that it needs at least.
    fn least(&self, columns: usize) -> usize {
        let least = match self.weight {
            STATE => STATE_LEAST.min(columns),
            PROFILE => PROFILE_LEAST,
            _ => usize::MAX,
        };
        self.width(columns).min(least)
    }
}

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let columns = usize::from(area.width);
    let parts = parts(app);
    let shares = shares(&parts, columns);
    let mut line = LineBuilder::new(columns);
    for (part, share) in parts.iter().zip(shares) {
        if part.width(columns) <= share {
            line.words(&part.text, part.style);
        } else {
            // The blanks behind it are no loss.
            line.words_within(share, part.text.trim_end(), part.style);
        }
    }
    line.draw(area, 0, Style::new(), buffer);
}

/// The columns that each part gets of those of the line; 0 leaves it out.
fn shares(parts: &[Part], columns: usize) -> Vec<usize> {
    let mut by_weight: Vec<usize> = (0..parts.len()).collect();
    by_weight.sort_by_key(|index| std::cmp::Reverse(parts[*index].weight));
    let firm = by_weight.partition_point(|index| parts[*index].weight >= INSECURE);
    let (firm, others) = by_weight.split_at(firm);
    let mut shares = vec![0; parts.len()];
    let mut left = columns;
    for &index in firm {
        let least = parts[index].least(columns);
        if least > left {
            break;
        }
        shares[index] = least;
        left -= least;
    }
    // The state, whose reason may be long, is the last to get more than it needs.
    for &index in firm.iter().rev() {
        if shares[index] == 0 {
            continue;
        }
        let more = (parts[index].width(columns) - shares[index]).min(left);
        shares[index] += more;
        left -= more;
    }
    for &index in others {
        let width = parts[index].width(columns);
        if width > left {
            break;
        }
        shares[index] = width;
        left -= width;
    }
    shares
}

/// All that the line can say, in its order.
fn parts(app: &App) -> Vec<Part> {
    let server = app.server();
    let settings = app.settings();
    let counters = app.log().counters();
    let (mark, style, words) = state(app);
    let mut parts = Vec::new();
    parts.extend(settings.profile.as_ref().map(profile));
    parts.push(part(3, " subscope ", theme::STRONG));
    parts.push(part(7, format!(" {} ", settings.address), Style::new()));
    // It weighs more than the address, which never stands without it.
    if settings.is_insecure {
        parts.push(part(INSECURE, "INSECURE TLS ", theme::BAD));
    }
    parts.push(part(STATE, format!(" {mark} {words}  "), style));
    if settings.read_only {
        parts.push(part(9, "read-only  ", theme::WATCH));
    }
    if let Some(trouble) = &server.trouble {
        parts.push(part(
            9,
            format!("{}  ", whole(trouble.as_bytes())),
            theme::WATCH,
        ));
    }
    if let Some(partial) = &server.partial {
        // The log has the whole of it.
        let what = partial.split(": ").next().unwrap_or_default();
        let words = format!("{}  ", whole(what.as_bytes()));
        parts.push(part(9, words, theme::WATCH));
    }
    if !settings.note.is_empty() {
        parts.push(part(7, format!("{}  ", settings.note), theme::STRONG));
    }
    if let Some(version) = &server.version {
        parts.push(part(
            2,
            format!("{}  ", whole(version.as_bytes())),
            theme::QUIET,
        ));
    }
    parts.push(subscriptions(app));
    if server.connection == Connection::Live
        && let Some(history) = app.log().history()
    {
        let rate = figures::rate(history.rate(app.now()));
        parts.push(part(8, format!("{rate} "), theme::STRONG));
        let bars = figures::sparkline(&history.bars(app.now(), BARS));
        parts.push(part(1, format!("{bars}  "), theme::BARS));
    }
    let mut count = |weight, count: u64, what: &str, style| {
        if count > 0 {
            parts.push(part(
                weight,
                format!("{} {what}  ", figures::count(count)),
                style,
            ));
        }
    };
    count(10, counters.dropped, "dropped", theme::BAD);
    count(6, counters.received, "received", theme::QUIET);
    if counters.evicted > 0 {
        count(5, counters.kept, "kept", theme::QUIET);
        count(5, counters.evicted, "evicted", theme::QUIET);
    }
    parts
}

fn profile(badge: &Badge) -> Part {
    let name = escape::name(badge.name.as_bytes(), NAME_COLUMNS).string;
    part(PROFILE, format!(" {name} "), theme::badge(badge.colour))
}

fn subscriptions(app: &App) -> Part {
    let (live, wanted) = app.subscriptions().counts();
    let plural = if wanted == 1 { "" } else { "s" };
    if live < wanted {
        return part(
            7,
            format!("{live} of {wanted} subscription{plural} live  "),
            theme::WATCH,
        );
    }
    part(4, format!("{wanted} subscription{plural}  "), Style::new())
}

/// The state of the connection: a mark, its style, and words.
fn state(app: &App) -> (&'static str, Style, String) {
    let server = app.server();
    match &server.connection {
        Connection::Connecting => ("◌", theme::WATCH, "connecting".to_owned()),
        Connection::Live if app.unanswered().is_some() => {
            let silence = app.unanswered().map(figures::age).unwrap_or_default();
            ("◐", theme::WATCH, format!("no answer for {silence}"))
        }
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
