//! The channel list: subscriptions to patterns first, then every channel.

mod branch;
mod columns;
mod entry;
mod latest;
mod tools;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use self::columns::Heard;
use self::entry::{Label, instead_of_rate, mark, mark_of, name_style, only_mark};
use self::tools::{Tools, cells, shown_name};
use super::line::{LineBuilder, draw_words, fitting};
use super::{empty, frame, text_box, theme};
use crate::app::{
    App, Context, Entry, Focus, MAX_LISTED, NameMarker, Scope, SubscriptionState, Target, inside,
};
use crate::log::{Channel, Content};
use crate::message::{SubscriptionId, SubscriptionKind};
use crate::payload::{escape, figures};
use crate::server::Connection;

/// Columns reserved for the name of a subscription, however long the text for its state is.
const MIN_FOR_NAME: usize = 8;

/// Draws the pane. Returns the position of the caret if the user is typing text that narrows the
/// list.
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
    let painter = is_latest.then(|| latest::Painter::new(app, columns));
    let visible = top..total.min(top + usize::from(lines.height));
    let mut tools = Tools::new(app, painter, visible, columns);
    tools.marker = narrowing.map(NameMarker::new);
    for (row, index) in (0..lines.height).zip(top..total) {
        let style = frame::selection(index == list.line, has_focus);
        line(app, index, columns, &mut tools).draw(lines, row, style, buffer);
    }
    if total == 0 && narrowing.is_some() {
        draw_words(" no name matches", theme::QUIET, lines, 0, buffer);
    } else if is_latest && app.session().log.channels().is_empty() {
        empty::draw(app, frame::below(lines, total), buffer);
    }
    footer(app, &tools, area, buffer);
    frame::scroll_bar(area, top, usize::from(lines.height), total, buffer);
    caret
}

/// Draws the border. Returns the position of the caret if the user is typing text that narrows the
/// list.
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
    let titles = titles(app);
    let room = usize::from(area.width.saturating_sub(4));
    let (headings, style) = headings(app);
    // Only a breakpoint's hit is as important as the title.
    let [.., shortest] = &headings;
    let least = if style == theme::BAD {
        shortest.width()
    } else {
        0
    };
    let title = fitting(&titles, room.saturating_sub(least)).or(titles.last().map(String::as_str));
    let title = title.unwrap_or_default();
    let heading = fitting(&headings, room.saturating_sub(title.width())).unwrap_or_default();
    frame::draw(area, accent, title, (heading, style), buffer);
    None
}

/// Returns the forms of the right title, longest first.
fn headings(app: &App) -> ([String; 3], Style) {
    let list = app.channels();
    // The latest values hide the log, so it cannot show that a breakpoint has stopped it.
    if list.shows_latest && app.session().breakpoints.stop.is_some() {
        let forms = [
            " breakpoint hit · {back} shows it ",
            " breakpoint hit ",
            " hit ❚❚ ",
        ];
        let forms = forms.map(|form| frame::keyed_in(app, Context::Latest, form));
        return (forms, theme::BAD);
    }
    (list.headings(), theme::QUIET)
}

/// Draws the selected channel's full name and its figures in the bottom border. If there is no room
/// for both, the name has priority if it is cut off in its line.
fn footer(app: &App, tools: &Tools<'_>, area: Rect, buffer: &mut Buffer) {
    let area = frame::beside_zoom_mark(app, area);
    let details = details(app).unwrap_or_default();
    let selected = app.channels().selected.as_ref();
    let name = selected.and_then(Target::channel);
    let name = name.map_or(&b""[..], |name| name);
    let room = usize::from(area.width.saturating_sub(4));
    let (shown, _) = shown_name(app, app.channels().line, name);
    let above = name.len() - shown.len();
    let text = tools.names.text(name, above, &[], room.saturating_sub(2));
    let fits_both = text.columns + 2 + details.width() <= room;
    let is_cut = shown.len() < name.len() || tools.names.is_cut(shown);
    let has_name = !name.is_empty() && area.height > 1 && (fits_both || is_cut);
    if has_name {
        let style = if app.focus() == Focus::Channels {
            theme::FOCUS
        } else {
            theme::QUIET
        };
        let words = format!(" {} ", text.string);
        buffer.set_string(area.x + 2, area.bottom() - 1, words, style);
    }
    if fits_both || !has_name {
        frame::footer(area, &details, buffer);
    }
}

/// Returns the forms of the left title, longest first: the number of channels and, if not all are
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
    let forms = if app.channels().is_cut {
        let short = [listed, all].map(figures::short_count).join(" of ");
        [
            format!(" {what} {} of {count} ", figures::count(listed)),
            format!(" {what} {short} "),
            format!(" {short} "),
        ]
    } else {
        let short = figures::short_count(all);
        [
            format!(" {what} {count} "),
            format!(" {what} {short} "),
            format!(" {what} "),
        ]
    };
    let column = frame::column_words(app).filter(|_| app.channels().shows_latest);
    let with_column = column.iter().flat_map(|column| {
        let forms = forms.iter();
        forms.map(move |form| format!("{form}· {column} "))
    });
    with_column.chain(forms.iter().cloned()).collect()
}

fn line<'a>(app: &'a App, index: usize, columns: usize, tools: &mut Tools<'a>) -> LineBuilder {
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
                    None => with_messages(app, index, channel, &label, tools, &mut line),
                }
            }
            None => line.words("(forgotten)", theme::QUIET),
        },
        Entry::Branch(branch) => {
            if let Some(branch) = app.channels().branches.get(branch) {
                let label = tools.label(app, index, &branch.prefix);
                branch::draw(app, branch, &label, tools, &mut line);
            }
        }
    }
    line
}

/// Fills the line of a subscription: one to a pattern, or one to a channel that has had no
/// messages.
fn subscription(app: &App, id: SubscriptionId, label: &Label<'_>, line: &mut LineBuilder) {
    let subscriptions = &app.session().subscriptions;
    let (Some(topic), Some(state)) = (subscriptions.topic(id), subscriptions.state(id)) else {
        return;
    };
    let filters = &app.session().filters;
    let scope = Scope::of(topic.clone());
    let (mark, style) = mark_of(state);
    let (mark, mark_style) = only_mark(app, &scope).unwrap_or((mark, style));
    line.word(format!("{mark} "), mark_style);
    let is_muted = filters.muted.includes(&scope);
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
    let (reason, most) = if let SubscriptionState::Denied(error) = state {
        // The reason may take up to half of the line.
        (escape::whole(error.text.as_bytes()), room / 2)
    } else {
        let name = label.width(MIN_FOR_NAME).min(MIN_FOR_NAME);
        (String::new(), room.saturating_sub(name + 1))
    };
    // A subscription of one of these kinds may have the same name as an ordinary channel.
    let kind = match topic.kind {
        _ if matches!(state, SubscriptionState::Denied(_)) => "",
        SubscriptionKind::Sentinel => "sentinels, ",
        SubscriptionKind::Shard | SubscriptionKind::ShardPattern => "sharded, ",
        SubscriptionKind::Channel | SubscriptionKind::Pattern => "",
    };
    let mut forms = vec![format!("{kind}{words}{reason}")];
    if reason.is_empty() {
        // Without room for the state, the mark shows it.
        forms.extend([words.to_owned(), String::new()]);
    }
    let words = fitting(&forms, most).unwrap_or(&forms[0]);
    let wanted = words.chars().count().min(most) + 1;
    let name_style = if is_muted {
        theme::QUIET
    } else {
        theme::STRONG
    };
    label.draw(room.saturating_sub(wanted), name_style, line);
    line.space(1);
    line.words(words, style);
}

/// Fills the line of a channel that has had messages.
fn with_messages(
    app: &App,
    index: usize,
    channel: &Channel,
    label: &Label<'_>,
    tools: &Tools<'_>,
    line: &mut LineBuilder,
) {
    let (mark, mark_style) = mark(app, channel.name());
    line.word(format!("{mark} "), mark_style);
    let columns = tools.columns;
    let now = app.session().now;
    let heard = Heard {
        instead: instead_of_rate(app, channel.name(), columns.activity()),
        messages: channel.messages,
        last_received: channel.last_received,
        rate: channel.rate(now),
        cells: cells(app, index),
    };
    let is_short = label.width(columns.name + columns.activity()) > columns.name;
    let figures = heard.figures(app, columns, tools.scale, is_short);
    let name = columns.name + figures.blank;
    label.draw(name, name_style(app, channel.name()), line);
    figures.draw(line);
    if columns.has_latest {
        line.space(1);
        latest(app, channel, line);
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
