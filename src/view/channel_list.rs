//! The channel list: subscriptions to patterns first, then every channel.

mod branch;
mod columns;
mod entry;
mod latest;
mod subscription;
mod tools;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use self::columns::{Columns, Heard};
use self::entry::{Label, mark, name_style};
use self::tools::{Line, Tools};
use super::line::{LineBuilder, draw_words, fitting};
use super::{empty, frame, text_box, theme};
use crate::app::{App, Branch, Context, Entry, Focus, MAX_LISTED, NameMarker, inside};
use crate::log::{Channel, Content};
use crate::payload::escape;
use crate::payload::figures::{self, Scale};

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
    let marker = narrowing.map(NameMarker::new);
    let mut tools = Tools::new(app, painter, marker, visible, columns);
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

/// Draws the full name of the selected line and its figures in the bottom border. If there is no
/// room for both, the name has priority if its line does not show all of it.
fn footer(app: &App, tools: &Tools<'_>, area: Rect, buffer: &mut Buffer) {
    let area = frame::beside_zoom_mark(app, area);
    let details = details(app).unwrap_or_default();
    let room = usize::from(area.width.saturating_sub(4));
    let name = tools.full_text(app, app.channels().line, room.saturating_sub(2));
    let fits_both = name.columns + 2 + details.width() <= room;
    let in_line = tools.line(app.channels().line);
    let is_cut = in_line.is_none_or(|line| line.label.text.string != name.string);
    let has_room = fits_both && !details.is_empty();
    let has_name = name.columns > 0 && area.height > 1 && (has_room || is_cut);
    if has_name {
        let style = if app.focus() == Focus::Channels {
            theme::FOCUS
        } else {
            theme::QUIET
        };
        let words = format!(" {} ", name.string);
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

fn line(app: &App, index: usize, columns: usize, tools: &mut Tools<'_>) -> LineBuilder {
    let mut line = LineBuilder::padded(columns);
    let Some(Line { label, heard }) = tools.lines.get(index - tools.first) else {
        return line;
    };
    match app.channels().entries[index] {
        Entry::Pattern(id) | Entry::NotReceiving(id) => {
            subscription::draw(app, id, label, &mut line);
        }
        Entry::Channel(id) => match (app.session().log.channels().by_id(id), heard) {
            (Some(channel), Some(heard)) => {
                if let Some(painter) = &mut tools.painter {
                    painter.channel(channel, label, &mut line);
                } else {
                    let figures = (heard, tools.columns, tools.scale);
                    with_messages(app, channel, label, figures, &mut line);
                }
            }
            _ => line.words("(forgotten)", theme::QUIET),
        },
        Entry::Branch(branch) => {
            if let Some(branch) = app.channels().branches.get(branch) {
                let shared = (tools.painter.as_ref(), tools.columns, tools.scale);
                with_totals(app, branch, label, heard.as_ref(), shared, &mut line);
            }
        }
    }
    line
}

/// Fills the line of a branch. A group of one-shot channels has no totals.
fn with_totals(
    app: &App,
    branch: &Branch,
    label: &Label<'_>,
    heard: Option<&Heard>,
    (painter, columns, scale): (Option<&latest::Painter<'_>>, Columns, Scale),
    line: &mut LineBuilder,
) {
    match (heard, painter) {
        (None, _) => branch::draw(app, branch, label, None, line),
        (Some(_), Some(painter)) => painter.branch(branch, label, line),
        (Some(heard), None) => {
            let figures = heard.figures(columns, scale);
            let name = columns.name + figures.blank;
            branch::draw(app, branch, label, Some(name), line);
            figures.draw(line);
        }
    }
}

/// Fills the line of a channel that has had messages.
fn with_messages(
    app: &App,
    channel: &Channel,
    label: &Label<'_>,
    (heard, columns, scale): (&Heard, Columns, Scale),
    line: &mut LineBuilder,
) {
    let (mark, mark_style) = mark(app, channel.name());
    line.word(format!("{mark} "), mark_style);
    let figures = heard.figures(columns, scale);
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
        let ago = figures::age(app.session().present().since(sums.last_received));
        return Some(format!(" {channels} · {count} · {ago} ago "));
    }
    let channels = app.session().log.channels();
    let channel = app.channels().selected_channel(channels)?;
    let ago = figures::age(app.session().present().since(channel.last_received));
    let count = figures::count(channel.messages);
    let size = figures::size(channel.bytes);
    let recipe = app.session().recipes.in_force(channel.name());
    let recipe = recipe.map(|recipe| format!("{} · ", recipe.name));
    let recipe = recipe.unwrap_or_default();
    Some(format!(" {recipe}{count} · {size} · {ago} ago "))
}

/// Adds the payload of the channel's last message.
fn latest(app: &App, channel: &Channel, line: &mut LineBuilder) {
    let row = app.session().log.row(channel.last_row);
    if let Some(Content::Message { payload, size, .. }) = row.map(|row| row.content) {
        if size == 0 {
            return line.words("(empty)", theme::QUIET);
        }
        let is_whole = size == payload.len() as u64 && !app.messages().is_raw;
        let session = app.session();
        let shown = is_whole.then(|| session.shown_text(channel.last_row, channel.name(), payload));
        let shown = shown.flatten();
        let shown = shown.as_deref().unwrap_or(payload);
        let text = escape::one_line(shown, line.left().saturating_sub(1));
        let cut = text.cut;
        line.text(text, theme::QUIET);
        if cut {
            line.word("…", theme::QUIET);
        }
    }
}
