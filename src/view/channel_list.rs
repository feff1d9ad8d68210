//! The channel list: subscriptions to patterns first, then every channel.

mod entry;
mod latest;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use self::entry::{SILENT_AFTER, instead_of_rate, mark, mark_of, name_style};
use super::line::{LineBuilder, fitting};
use super::{empty, frame, theme};
use crate::app::{App, Entry, Focus, MAX_LISTED, SubscriptionState, inside};
use crate::log::{Channel, Content};
use crate::message::{SubscriptionId, SubscriptionKind};
use crate::payload::{escape, figures};
use crate::server::Connection;

/// Columns reserved for a subscription's name, regardless of its state.
const MIN_FOR_NAME: usize = 8;

/// Minimum columns that a line needs to show a count, and to show the latest payload.
const MIN_FOR_COUNT: usize = 40;
const MIN_FOR_LATEST: usize = 56;

/// Columns for a rate with bars or for "silent 42s"; on a narrow line, for a rate or "42s" alone.
const ACTIVITY: usize = 14;
const NARROW_ACTIVITY: usize = 8;
const MIN_FOR_BARS: usize = 28;
const BARS: usize = 5;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let has_focus = app.focus() == Focus::Channels;
    let mut sort = app.channels().sort.heading();
    let mut style = theme::QUIET;
    let is_latest = app.channels().shows_latest;
    // The log is hidden, so it cannot show that a breakpoint has stopped it.
    if is_latest && app.session().breakpoints.stop.is_some() {
        (sort, style) = (" breakpoint hit · v shows it ".to_owned(), theme::BAD);
    }
    let titles = titles(app);
    let room = usize::from(area.width).saturating_sub(sort.width() + 4);
    let title = fitting(&titles, room);
    // If not all channels are listed, the title must say so.
    if title.is_none() && titles.len() > 1 && style == theme::QUIET {
        sort.clear();
    }
    let accent = has_focus.then(|| frame::accent(app));
    let title = title.unwrap_or(&titles[0]);
    frame::draw(area, accent, title, (&sort, style), buffer);
    let lines = inside(area);
    let top = app.channels().top(lines.height);
    let entries = &app.channels().entries;
    let total = entries.len();
    let entries = entries.iter().enumerate().skip(top);
    let columns = usize::from(lines.width);
    let mut painter = is_latest.then(|| latest::Painter::new(app, columns));
    for (row, (index, entry)) in (0..lines.height).zip(entries) {
        let is_selected = index == app.channels().line;
        let style = frame::selection(is_selected, has_focus);
        line(app, *entry, columns, painter.as_mut()).draw(lines, row, style, buffer);
    }
    if is_latest && app.session().log.channels().is_empty() {
        empty::draw(app, frame::below(lines, total), buffer);
    }
    frame::footer(area, &details(app).unwrap_or_default(), buffer);
    frame::scroll_bar(area, top, usize::from(lines.height), total, buffer);
}

/// Returns the forms of the title, longest first: the number of channels and, if not all are
/// listed, how many are.
fn titles(app: &App) -> Vec<String> {
    let channels = app.session().log.channels();
    let (all, listed) = (channels.len() as u64, MAX_LISTED as u64);
    let what = if app.channels().shows_latest {
        "Latest values"
    } else {
        "Channels"
    };
    let count = figures::count(all);
    if all <= listed {
        return vec![format!(" {what} {count} ")];
    }
    let short = [listed, all].map(figures::short_count).join(" of ");
    vec![
        format!(" {what} {} of {count} ", figures::count(listed)),
        format!(" {what} {short} "),
        format!(" {short} "),
    ]
}

fn line(
    app: &App,
    entry: Entry,
    columns: usize,
    painter: Option<&mut latest::Painter<'_>>,
) -> LineBuilder {
    let mut line = LineBuilder::padded(columns);
    match entry {
        Entry::Pattern(id) | Entry::NotReceiving(id) => subscription(app, id, &mut line),
        Entry::Channel(id) => match (app.session().log.channels().by_id(id), painter) {
            (Some(channel), Some(painter)) => painter.channel(channel, &mut line),
            (Some(channel), None) => with_messages(app, channel, &mut line),
            (None, _) => line.words("(forgotten)", theme::QUIET),
        },
    }
    line
}

/// Adds a subscription to a pattern, or to a channel that has had no messages.
fn subscription(app: &App, id: SubscriptionId, line: &mut LineBuilder) {
    let subscriptions = &app.session().subscriptions;
    let (Some(topic), Some(state)) = (subscriptions.topic(id), subscriptions.state(id)) else {
        return;
    };
    let (mark, style) = mark_of(state);
    line.word(format!("{mark} "), style);
    let room = line.left();
    let words = match state {
        SubscriptionState::Pending => match app.session().server.connection {
            Connection::Refused { .. } => "refused",
            _ => "pending",
        },
        SubscriptionState::Live => "live",
        SubscriptionState::Denied(_) => "denied: ",
        SubscriptionState::Ended(_) => "ended",
        SubscriptionState::Unsubscribed => "unsubscribed",
    };
    let (reason, most) = match state {
        // The reason may take half of the line.
        SubscriptionState::Denied(error) => (escape::whole(error.text.as_bytes()), room / 2),
        _ => (String::new(), room.saturating_sub(MIN_FOR_NAME)),
    };
    // These kinds may have the same name as an ordinary channel.
    let kind = match topic.kind {
        _ if matches!(state, SubscriptionState::Denied(_)) => "",
        SubscriptionKind::Sentinel => "sentinels, ",
        SubscriptionKind::Shard | SubscriptionKind::ShardPattern => "sharded, ",
        SubscriptionKind::Channel | SubscriptionKind::Pattern => "",
    };
    let words = format!("{kind}{words}{reason}");
    let wanted = words.chars().count().min(most) + 1;
    line.name(&topic.name, room.saturating_sub(wanted), theme::STRONG);
    line.space(1);
    line.words(&words, style);
}

/// Adds a channel that has had messages.
fn with_messages(app: &App, channel: &Channel, line: &mut LineBuilder) {
    let (mark, mark_style) = mark(app, channel.name());
    line.word(format!("{mark} "), mark_style);
    let name_style = name_style(app, channel.name());
    let columns = line.left();
    let has_count = columns >= MIN_FOR_COUNT;
    let has_latest = columns >= MIN_FOR_LATEST;
    let has_bars = columns >= MIN_FOR_BARS;
    let width = if has_bars { ACTIVITY } else { NARROW_ACTIVITY };
    let figures = width + 1 + if has_count { 10 } else { 0 };
    let mut name_columns = columns.saturating_sub(figures);
    if has_latest {
        name_columns = name_columns.min(app.session().name_columns.max(12));
    }
    // Beside a message, names come before figures.
    let needed = app.session().name_columns.max(name_columns).min(columns);
    if app.areas().names_first && columns < needed + figures {
        return line.name(channel.name(), columns, name_style);
    }
    line.name(channel.name(), name_columns, name_style);
    if has_count {
        let count = figures::short_count(channel.messages);
        line.word(format!("{count:>9} "), theme::QUIET);
    }
    line.space(1);
    activity(app, channel, width, line);
    if has_latest {
        line.space(1);
        latest(app, channel, line);
    }
}

/// Adds the rate with its bars or how long the channel has been silent, in `width` columns.
fn activity(app: &App, channel: &Channel, width: usize, line: &mut LineBuilder) {
    let has_bars = width > NARROW_ACTIVITY;
    // The time before messages could be received does not count as silence.
    let since = channel.last_received.max(app.session().server.live_since);
    let silence = app.session().now.since(since);
    if let Some((words, style)) = instead_of_rate(app, channel.name(), width) {
        line.word(format!("{words:>width$}"), style);
    } else if silence >= SILENT_AFTER {
        let silent = if has_bars { "silent " } else { "" };
        let words = format!("{silent}{}", figures::age(silence));
        line.word(format!("{words:>width$}"), theme::QUIET);
    } else {
        let rate = figures::rate(channel.rate(app.session().now));
        let columns = if has_bars { width - BARS - 1 } else { width };
        line.word(format!("{rate:>columns$}"), Style::new());
        if has_bars {
            line.space(1);
            let bars = figures::sparkline(&channel.bars(app.session().now, BARS));
            line.word(bars, theme::BARS);
        }
    }
}

/// Returns the figures of the selected channel, for the bottom border.
fn details(app: &App) -> Option<String> {
    let channels = app.session().log.channels();
    let channel = app.channels().selected_channel(channels)?;
    let ago = figures::age(app.session().now.since(channel.last_received));
    let count = figures::count(channel.messages);
    let size = figures::size(channel.bytes);
    Some(format!(" {count} · {size} · {ago} ago "))
}

/// Adds the payload of the channel's last message.
fn latest(app: &App, channel: &Channel, line: &mut LineBuilder) {
    let row = app.session().log.row(channel.last_row);
    if let Some(Content::Message { payload, size, .. }) = row.map(|row| row.content) {
        if size == 0 {
            return line.words("(empty)", theme::QUIET);
        }
        let text = escape::one_line(payload, line.left().saturating_sub(1));
        let cut = text.cut;
        line.text(text, theme::QUIET);
        if cut {
            line.word("…", theme::QUIET);
        }
    }
}
