//! The message log: one line a row, the newest at the bottom.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use super::line::{LineBuilder, zone};
use super::query::scanning;
use super::{empty, frame, theme};
use crate::app::{App, Focus, Position, Stop, TimeForm, Window, gap_words, inside, notice_words};
use crate::log::{Content, Row};
use crate::message::{Notice, RowId, Time};
use crate::payload::figures::{self, Clock};
use crate::payload::ranges::Ranges;
use crate::payload::{escape, figures::delta};
use crate::query::Query;

/// A narrower pane shows times in seconds, and leaves the columns to the payload.
const MIN_FOR_MILLISECONDS: usize = 42;

/// The columns that are left to say where the pane stands.
const MIN_FOR_POSITION: usize = 13;

/// The longest payload that is looked through as a whole for what to mark in its row.
const MARKED_WHOLE: usize = 4 << 10;

/// The columns that a query takes in a title.
const QUERY_COLUMNS: usize = 28;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let window = app.window();
    let has_focus = app.focus() == Focus::Messages;
    let titles = titles(app, &window);
    let room = usize::from(area.width.saturating_sub(4));
    let fits = |title: &&String| title.width() + MIN_FOR_POSITION <= room;
    let shortest = titles.len() - 1;
    let title = titles.iter().find(fits).unwrap_or(&titles[shortest]);
    let room = room.saturating_sub(title.width());
    let (right, style) = position_words(app, &window, room);
    frame::draw(area, has_focus, title, (&right, style), buffer);
    let lines = inside(area);
    let painter = Painter::new(app, usize::from(lines.width));
    let mut before = window
        .rows
        .first()
        .and_then(|row| painter.time_before(*row));
    for (line, id) in (0..lines.height).zip(&window.rows) {
        let Some(row) = app.log().row(*id) else {
            continue;
        };
        let is_frozen = app.messages().position() != Position::Following;
        // While following, the last row is selected without a word: a bar there would flicker.
        let is_selected = window.selected == Some(*id) && is_frozen;
        let style = frame::selection(is_selected, has_focus);
        painter.line(&row, before).draw(lines, line, style, buffer);
        before = Some(row.time);
    }
    if app.shown().messages() == 0 {
        let used = u16::try_from(window.rows.len())
            .unwrap_or(u16::MAX)
            .min(lines.height);
        let rest = Rect {
            y: lines.y + used,
            height: lines.height - used,
            ..lines
        };
        empty::draw(app, rest, buffer);
    }
}

/// How many rows are shown of how many, and why: all there is to say, then less and less.
fn titles(app: &App, window: &Window) -> Vec<String> {
    let kept = figures::count(app.log().counters().kept);
    let count = if app.filters().is_new() {
        format!("… of {kept}")
    } else if app.shown().is_everything() {
        kept
    } else {
        format!("{} of {kept}", figures::count(app.shown().messages()))
    };
    let only = app
        .only()
        .map(|name| format!(" on {}", escape::name(name, 24).string));
    let only = only.unwrap_or_default();
    let brief = format!(" Messages {count}{only} ");
    // Where a breakpoint has stopped the view, that is what matters.
    if app.breakpoints().stop().is_some() {
        return vec![brief, format!(" {count} ")];
    }
    // The local time of day needs no word; the other forms are easily taken for it.
    let form = match app.messages().time_form {
        TimeForm::Local => "",
        TimeForm::Utc => "· UTC ",
        TimeForm::Delta => "· time since the row before ",
        TimeForm::Age => "· age ",
    };
    let gone = gone_words(app, window);
    let narrowed = narrowed(app, QUERY_COLUMNS);
    let shorter = self::narrowed(app, QUERY_COLUMNS / 2);
    vec![
        format!(" Messages {count}{only}{narrowed} {form}{gone}"),
        format!(" Messages {count}{only}{narrowed} {form}"),
        format!(" Messages {count}{only}{narrowed} "),
        format!(" Messages {count}{only}{shorter} "),
        brief,
        format!(" {count} "),
    ]
}

/// The top of the log says what is no longer above it.
fn gone_words(app: &App, window: &Window) -> String {
    let gone = app.log().evicted_before_first();
    if window.is_at_top && gone > 0 && app.messages().position() != Position::Following {
        format!("· {} older ones are gone ", figures::count(gone))
    } else {
        String::new()
    }
}

/// What the rows shown are filtered by, and what is looked for among them, with queries cut to so
/// many columns.
fn narrowed(app: &App, columns: usize) -> String {
    let short = |query: &Query| escape::name(query.text().as_bytes(), columns).string;
    let filters = app.filters();
    let mut parts = Vec::new();
    parts.extend(filters.typed().map(|typed| format!("/{}", short(typed))));
    let listed = filters.list().iter().filter(|filter| filter.is_on);
    match listed.count() {
        0 => {}
        1 => parts.push("1 filter".to_owned()),
        several => parts.push(format!("{several} filters")),
    }
    match app.muted_and_heard() {
        0 => {}
        several => parts.push(format!("{several} muted")),
    }
    parts.extend(scanning(filters.progress()));
    if filters.trouble().is_some() {
        parts.push("jq was cut off: press /".to_owned());
    }
    if let Some(find) = app.find() {
        let found = figures::count(find.rows().len());
        parts.push(format!("{found} found: {}", short(find.query())));
        parts.extend(scanning(Some(find.progress())));
        parts.extend(unseen(find.missed()));
    }
    parts.iter().map(|part| [" · ", part].concat()).collect()
}

/// That rows went before a query could be asked of them.
fn unseen(rows: u64) -> Option<String> {
    (rows > 0).then(|| format!("{} went unseen", figures::count(rows)))
}

/// Where the pane stands, in the longest form that fits into `room` columns. That a view is
/// frozen is said in any case, since what it shows is then not what is.
fn position_words(app: &App, window: &Window, room: usize) -> (String, Style) {
    if app.messages().position() == Position::Following {
        return (" following ▼ ".to_owned(), theme::GOOD);
    }
    let (forms, style) = match app.breakpoints().stop() {
        Some(stop) => (stop_words(app, stop, window), theme::BAD),
        None => (frozen_words(app, window), theme::WATCH),
    };
    let fitting = forms.iter().find(|words| words.width() <= room);
    let shortest = forms.last().cloned().unwrap_or_default();
    (fitting.cloned().unwrap_or(shortest), style)
}

/// That the person has frozen the view. The longest form first.
fn frozen_words(app: &App, window: &Window) -> Vec<String> {
    let newer = figures::count(window.newer);
    // What is kept says nothing of how many came, once some of them have gone.
    let lost = if window.has_lost {
        "what was frozen has gone · "
    } else {
        ""
    };
    let kept = if window.has_lost { " kept" } else { "" };
    let next = if app.breakpoints().waiting() > 0 {
        "a breakpoint was hit · space goes there"
    } else {
        "space resumes"
    };
    vec![
        format!(" frozen ❚❚ {lost}{newer} newer{kept} · {next} "),
        format!(" frozen ❚❚ {lost}{newer} newer{kept} "),
        format!(" frozen ❚❚ {newer} newer{kept} "),
        format!(" ❚❚ {newer} "),
    ]
}

/// That a breakpoint has stopped the view: which, what was lost, and what waits. The longest form
/// first.
fn stop_words(app: &App, stop: &Stop, window: &Window) -> Vec<String> {
    let breakpoints = app.breakpoints();
    let named = |columns| escape::name(stop.query.text().as_bytes(), columns).string;
    let (query, short) = (named(QUERY_COLUMNS), named(QUERY_COLUMNS / 2));
    let hits = match breakpoints.waiting() {
        0 => "space resumes".to_owned(),
        1 => "1 more hit · space goes there".to_owned(),
        several => format!("{} more hits · space: the next", figures::count(several)),
    };
    let mut lost = String::new();
    if stop.is_gone {
        lost += "its row has gone · ";
    }
    if breakpoints.gone() > 0 {
        lost = format!(
            "{lost}{} hits have gone · ",
            figures::count(breakpoints.gone())
        );
    }
    let rows = waiting_rows(app, window);
    let brief = lost.trim_end_matches("· ");
    vec![
        format!(" hit ❚❚ {query} · {rows}{lost}{hits} "),
        format!(" hit ❚❚ {query} · {lost}{hits} "),
        format!(" hit ❚❚ {query} · {rows}{brief}"),
        format!(" hit ❚❚ {query} · {brief}"),
        format!(" hit ❚❚ {short} · {brief}"),
        format!(" hit ❚❚ {short} "),
        " hit ❚❚ ".to_owned(),
    ]
}

/// How many rows have come since: those that wait to be seen, and if some of these have gone, how
/// many are kept.
fn waiting_rows(app: &App, window: &Window) -> String {
    let shown = app.shown();
    let last = window.rows.last().filter(|_| shown.is_everything());
    let came = last.map_or(window.newer, |last| {
        shown.end().0.saturating_sub(last.0 + 1)
    });
    match (came, window.newer) {
        (0, _) => String::new(),
        (1, _) => "1 row waits · ".to_owned(),
        (came, kept) if came > kept => format!(
            "{} rows came, {} are kept · ",
            figures::count(came),
            figures::count(kept)
        ),
        (came, _) => format!("{} rows wait · ", figures::count(came)),
    }
}

/// Draws rows: what all of them share is reckoned once.
struct Painter<'a> {
    app: &'a App,
    columns: usize,
    clock: Clock,
    name_columns: usize,
}

impl<'a> Painter<'a> {
    fn new(app: &'a App, columns: usize) -> Self {
        Self {
            app,
            columns,
            clock: Clock::new(zone(app.messages().time_form)),
            name_columns: app.name_columns().min(columns / 3),
        }
    }

    fn line(&self, row: &Row<'_>, before: Option<Time>) -> LineBuilder {
        let mut line = LineBuilder::new(self.columns.saturating_sub(1));
        let (mark, style) = self.landmark(row.id);
        line.word(mark, style);
        line.word(format!("{} ", self.time(row.time, before)), theme::QUIET);
        match row.content {
            Content::Message {
                channel,
                payload,
                size,
            } => {
                let channel = self.app.log().channels().by_id(channel);
                let name = channel.map_or(&b""[..], |channel| channel.name());
                line.name(name, self.name_columns, theme::channel(name));
                line.space(1);
                let marks = |bytes: &[u8]| self.app.marks(row.id, bytes);
                message((payload, size), marks, &mut line);
            }
            Content::Notice(notice) => notice_line(notice, &mut line),
        }
        line
    }

    /// What stands in the margin of a row: its mark, or that it was hit, or that it was found.
    fn landmark(&self, row: RowId) -> (&'static str, Style) {
        let find = self.app.find();
        if self.app.is_marked(row) {
            ("●", theme::FOCUS)
        } else if self.app.breakpoints().hits().contains(row) {
            ("◆", theme::BAD)
        } else if find.is_some_and(|find| find.rows().contains(row)) {
            (theme::FOUND, theme::WATCH)
        } else {
            (" ", Style::new())
        }
    }

    fn time(&self, time: Time, before: Option<Time>) -> String {
        match self.app.messages().time_form {
            TimeForm::Local | TimeForm::Utc if self.columns < MIN_FOR_MILLISECONDS => {
                self.clock.seconds(time)
            }
            TimeForm::Local | TimeForm::Utc => self.clock.time_of_day(time),
            TimeForm::Delta => before.map_or_else(
                || self.clock.time_of_day(time),
                |before| delta(time.since(before)),
            ),
            TimeForm::Age => format!("{:>8}", figures::age(self.app.now().since(time))),
        }
    }

    /// The time of the row shown before `row`.
    fn time_before(&self, row: RowId) -> Option<Time> {
        let shown = self.app.shown();
        let before = shown.place_of(row).checked_sub(1)?;
        Some(self.app.log().row(shown.row_at(before)?)?.time)
    }
}

/// A payload on the rest of the line, with what `marks` finds in it marked; if it is cut, that is
/// said, with its true size, and so it is if the log has no more than its head.
///
/// Of a long payload `marks` is given a little more than is shown: a match that ends behind that
/// may be missed.
fn message(
    (payload, size): (&[u8], u64),
    marks: impl FnOnce(&[u8]) -> Vec<Range<usize>>,
    line: &mut LineBuilder,
) {
    if size == 0 {
        line.words("(empty)", theme::QUIET);
        return;
    }
    // All of a payload that is not long, since JSON is only to be understood as a whole.
    let seen = escape::longest_prefix(line.left()).max(MARKED_WHOLE);
    let seen = payload.len().min(seen);
    let marks = marks(&payload[..seen]);
    let marks = Ranges::of(&marks);
    let whole = escape::one_line_marked(payload, line.left(), marks);
    let is_head = size > payload.len() as u64;
    if !whole.cut && !is_head {
        line.text(whole, Style::new());
        return;
    }
    let head = if is_head { "head of " } else { "" };
    let mark = format!("… {head}{}", figures::size(size));
    let room = line.left().saturating_sub(mark.chars().count());
    line.text(escape::one_line_marked(payload, room, marks), Style::new());
    line.word_at_end(&mark, theme::QUIET);
}

fn notice_line(notice: &Notice, line: &mut LineBuilder) {
    let style = match notice {
        Notice::Subscribed { .. } | Notice::Unsubscribed { asked: true, .. } => theme::QUIET,
        Notice::Gap(_) | Notice::Dropped(_) | Notice::Denied { .. } => theme::BAD,
        Notice::Unsubscribed { .. }
        | Notice::Breakpoint { .. }
        | Notice::Evicted { .. }
        | Notice::Ended { .. }
        | Notice::AllEnded
        | Notice::ServerSaid(_) => theme::WATCH,
    };
    let room = line.left().saturating_sub(4);
    let words = match notice {
        Notice::Gap(gap) => {
            let forms = gap_words(gap);
            let fitting = forms.iter().find(|words| words.width() <= room);
            fitting.unwrap_or(&forms[2]).clone()
        }
        _ => notice_words(notice),
    };
    line.words("── ", style);
    if words.width() <= line.left() {
        line.words(&words, style);
        line.space(1);
    } else {
        line.text(
            escape::one_line(words.as_bytes(), line.left().saturating_sub(1)),
            style,
        );
        line.words("…", style);
    }
    let rest = line.left();
    line.word("─".repeat(rest), style);
}

#[cfg(test)]
mod tests;
