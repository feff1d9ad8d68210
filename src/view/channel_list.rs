//! The channel list: subscriptions to patterns first, then every channel.

mod branch;
mod entry;
mod latest;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use self::entry::{Label, ONLY, SILENT_AFTER, instead_of_rate, mark, mark_of, name_style};
use super::line::{LineBuilder, draw_words, fitting};
use super::{empty, frame, text_box, theme};
use crate::app::{
    App, Entry, Focus, INDENT, ListForm, MAX_LISTED, NameMarker, Scope, SubscriptionState, inside,
};
use crate::log::{Channel, Content};
use crate::message::{SubscriptionId, SubscriptionKind, Time};
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

/// Draws the pane. Returns the caret of the text that narrows the list.
pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let has_focus = app.focus() == Focus::Channels;
    let list = app.channels();
    let is_latest = list.shows_latest;
    let caret = border(app, has_focus, area, buffer);
    let lines = inside(area);
    let top = list.top(lines.height);
    let total = list.entries.len();
    let columns = usize::from(lines.width);
    let narrowing = list
        .narrowing
        .as_deref()
        .filter(|narrowing| narrowing.is_active());
    let mut tools = Tools {
        painter: is_latest.then(|| latest::Painter::new(app, columns)),
        marker: narrowing.map(NameMarker::new),
    };
    for (row, index) in (0..lines.height).zip(top..total) {
        let style = frame::selection(index == list.line, has_focus);
        line(app, index, columns, &mut tools).draw(lines, row, style, buffer);
    }
    if total == 0 && narrowing.is_some() {
        draw_words(" no name matches", theme::QUIET, lines, 0, buffer);
    } else if is_latest && app.session().log.channels().is_empty() {
        empty::draw(app, frame::below(lines, total), buffer);
    }
    frame::footer(area, &details(app).unwrap_or_default(), buffer);
    frame::scroll_bar(area, top, usize::from(lines.height), total, buffer);
    caret
}

/// Draws the border. Returns the caret of the text that narrows the list.
fn border(app: &App, has_focus: bool, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let accent = has_focus.then(|| frame::accent(app));
    if let Some(narrowing) = &app.channels().narrowing {
        let found = format!(" {} found ", figures::count(narrowing.matched));
        let found = if narrowing.is_active() { &found } else { "" };
        frame::draw(area, accent, " / ", (found, theme::QUIET), buffer);
        let taken = u16::try_from(found.width())
            .unwrap_or(u16::MAX)
            .saturating_add(6);
        let field = Rect {
            x: area.x + 4,
            width: area.width.saturating_sub(taken),
            height: 1,
            ..area
        };
        let field = field.intersection(area);
        Clear.render(field, buffer);
        let caret = text_box::draw(&narrowing.input, field, buffer);
        return caret.filter(|_| has_focus);
    }
    let is_latest = app.channels().shows_latest;
    let mut sort = app.channels().heading();
    let mut style = theme::QUIET;
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
    let title = title.unwrap_or(&titles[0]);
    frame::draw(area, accent, title, (&sort, style), buffer);
    None
}

/// What draws parts of the lines.
struct Tools<'a> {
    painter: Option<latest::Painter<'a>>,
    marker: Option<NameMarker>,
}

impl Tools<'_> {
    /// Returns how a name is drawn in a line.
    fn label<'n>(&mut self, app: &App, index: usize, name: &'n [u8]) -> Label<'n> {
        let list = app.channels();
        let place = list.places.get(index).copied().unwrap_or_default();
        let is_branch = matches!(list.entries.get(index), Some(Entry::Branch(_)));
        let is_in_tree = list.form == ListForm::Tree && self.marker.is_none();
        // The fold marks have a column of their own.
        let mark = if !is_branch && (is_in_tree || place.depth > 0) {
            INDENT
        } else {
            0
        };
        Label {
            name: name.get(place.shown_above..).unwrap_or(name),
            indent: usize::from(list.indent(index) + mark),
            marks: self
                .marker
                .as_mut()
                .map_or_else(Vec::new, |marker| marker.marks(name)),
        }
    }
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
    if !app.channels().is_cut {
        return vec![format!(" {what} {count} ")];
    }
    let short = [listed, all].map(figures::short_count).join(" of ");
    vec![
        format!(" {what} {} of {count} ", figures::count(listed)),
        format!(" {what} {short} "),
        format!(" {short} "),
    ]
}

fn line(app: &App, index: usize, columns: usize, tools: &mut Tools<'_>) -> LineBuilder {
    let mut line = LineBuilder::padded(columns);
    let session = app.session();
    match app.channels().entries[index] {
        Entry::Pattern(id) | Entry::NotReceiving(id) => {
            if let Some(topic) = session.subscriptions.topic(id) {
                let label = tools.label(app, index, &topic.name);
                subscription(app, id, &label, &mut line);
            }
        }
        Entry::Channel(id) => match session.log.channels().by_id(id) {
            Some(channel) => {
                let label = tools.label(app, index, channel.name());
                match &mut tools.painter {
                    Some(painter) => painter.channel(channel, &label, &mut line),
                    None => with_messages(app, channel, &label, &mut line),
                }
            }
            None => line.words("(forgotten)", theme::QUIET),
        },
        Entry::Branch(branch) => {
            if let Some(branch) = app.channels().branches.get(branch) {
                let label = tools.label(app, index, &branch.prefix);
                branch::draw(app, branch, &label, &mut line);
            }
        }
    }
    line
}

/// Adds a subscription to a pattern, or to a channel that has had no messages.
fn subscription(app: &App, id: SubscriptionId, label: &Label<'_>, line: &mut LineBuilder) {
    let subscriptions = &app.session().subscriptions;
    let (Some(topic), Some(state)) = (subscriptions.topic(id), subscriptions.state(id)) else {
        return;
    };
    let filters = &app.session().filters;
    let scope = Scope::of(topic.clone());
    let (mark, style) = mark_of(state);
    let (mark, mark_style) = match &filters.only {
        Some(only) if *only == scope => ONLY,
        _ => (mark, style),
    };
    line.word(format!("{mark} "), mark_style);
    let is_muted = filters.muted.has(&scope);
    let room = line.left();
    let words = match state {
        SubscriptionState::Live if is_muted => "muted",
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
    let name_style = if is_muted {
        theme::QUIET
    } else {
        theme::STRONG
    };
    label.draw(room.saturating_sub(wanted), name_style, line);
    line.space(1);
    line.words(&words, style);
}

/// Adds a channel that has had messages.
fn with_messages(app: &App, channel: &Channel, label: &Label<'_>, line: &mut LineBuilder) {
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
        return label.draw(columns, name_style, line);
    }
    label.draw(name_columns, name_style, line);
    if has_count {
        let count = figures::short_count(channel.messages);
        line.word(format!("{count:>9} "), theme::QUIET);
    }
    line.space(1);
    let now = app.session().now;
    let heard = Heard {
        instead: instead_of_rate(app, channel.name(), width),
        last_received: channel.last_received,
        rate: channel.rate(now),
        bars: channel.bars(now, BARS),
    };
    heard.draw(app, width, line);
    if has_latest {
        line.space(1);
        latest(app, channel, line);
    }
}

/// What has been received on one or several channels.
struct Heard {
    /// What to show instead of the rate.
    instead: Option<(&'static str, Style)>,
    last_received: Time,
    rate: f64,
    bars: Vec<u32>,
}

impl Heard {
    /// Adds the rate with its bars or how long it has been silent, in `width` columns.
    fn draw(&self, app: &App, width: usize, line: &mut LineBuilder) {
        let has_bars = width > NARROW_ACTIVITY;
        // The time before messages could be received does not count as silence.
        let since = self.last_received.max(app.session().server.live_since);
        let silence = app.session().now.since(since);
        if let Some((words, style)) = self.instead {
            line.word(format!("{words:>width$}"), style);
        } else if silence >= SILENT_AFTER {
            let silent = if has_bars { "silent " } else { "" };
            let words = format!("{silent}{}", figures::age(silence));
            line.word(format!("{words:>width$}"), theme::QUIET);
        } else {
            let rate = figures::rate(self.rate);
            let columns = if has_bars { width - BARS - 1 } else { width };
            line.word(format!("{rate:>columns$}"), Style::new());
            if has_bars {
                line.space(1);
                line.word(figures::sparkline(&self.bars), theme::BARS);
            }
        }
    }
}

/// Returns the figures of the selected channel or branch, for the bottom border.
fn details(app: &App) -> Option<String> {
    if let Some(branch) = app.channels().selected_branch() {
        let sums = &branch.sums;
        let channels = figures::counted(sums.channels, "channel");
        let count = figures::count(sums.messages);
        let ago = figures::age(app.session().now.since(sums.last_received));
        return Some(format!(" {channels} · {count} · {ago} ago "));
    }
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
