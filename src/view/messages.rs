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
    let title = titles.iter().find(fits).unwrap_or(&titles[1]);
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

/// How many rows are shown of how many, and why: all there is to say, then the numbers alone.
fn titles(app: &App, window: &Window) -> [String; 2] {
    let shown = app.shown().messages();
    let kept = app.log().counters().kept;
    let count = if app.shown().is_everything() {
        figures::count(shown)
    } else {
        format!("{} of {}", figures::count(shown), figures::count(kept))
    };
    let only = app
        .only()
        .map(|name| format!(" on {}", escape::name(name, 24).string));
    // The local time of day needs no word; the other forms are easily taken for it.
    let form = match app.messages().time_form {
        TimeForm::Local => "",
        TimeForm::Utc => "· UTC ",
        TimeForm::Delta => "· time since the row before ",
        TimeForm::Age => "· age ",
    };
    let evicted = app.log().counters().evicted;
    // The top of the log says what is no longer above it.
    let gone =
        (window.is_at_top && evicted > 0 && app.messages().position() != Position::Following)
            .then(|| format!("· {} older ones are gone ", figures::count(evicted)));
    // Where a breakpoint has stopped the view, that is what matters.
    let narrowed = match app.breakpoints().stop() {
        Some(_) => String::new(),
        None => narrowed(app),
    };
    let only = only.unwrap_or_default();
    let gone = gone.unwrap_or_default();
    [
        format!(" Messages {count}{only}{narrowed} {form}{gone}"),
        format!(" Messages {count}{only} {form}{gone}"),
    ]
}

/// What the rows shown are filtered by, and what is looked for among them.
fn narrowed(app: &App) -> String {
    let short = |query: &Query| escape::name(query.text().as_bytes(), QUERY_COLUMNS).string;
    let filters = app.filters();
    let mut parts = Vec::new();
    parts.extend(filters.typed().map(|typed| format!("/{}", short(typed))));
    match filters.list().iter().filter(|filter| filter.is_on).count() {
        0 => {}
        1 => parts.push("1 filter".to_owned()),
        several => parts.push(format!("{several} filters")),
    }
    parts.extend(scanning(filters.progress()));
    if filters.trouble().is_some() {
        parts.push("the filter fails: press /".to_owned());
    }
    if let Some(find) = app.find() {
        let found = figures::count(find.rows().len());
        parts.push(format!("{found} found: {}", short(find.query())));
        parts.extend(scanning(Some(find.progress())));
    }
    parts.iter().map(|part| [" · ", part].concat()).collect()
}

/// Where the pane stands, in the longest form that fits into `room` columns. That a view is
/// frozen is said in any case, since what it shows is then not what is.
fn position_words(app: &App, window: &Window, room: usize) -> (String, Style) {
    if app.messages().position() == Position::Following {
        return (" following ▼ ".to_owned(), theme::GOOD);
    }
    let newer = figures::count(window.newer);
    let waiting = app.breakpoints().waiting();
    let forms = if let Some(stop) = app.breakpoints().stop() {
        let waiting = match window.newer {
            1 => "1 row waits".to_owned(),
            _ => format!("{newer} rows wait"),
        };
        stop_words(app, &stop, &waiting)
    } else {
        // What is kept says nothing of how many came, once some of them have gone.
        let lost = if window.has_lost {
            "what was frozen has gone · "
        } else {
            ""
        };
        let kept = if window.has_lost { " kept" } else { "" };
        let next = if waiting > 0 {
            "a breakpoint was hit · space goes there"
        } else {
            "space resumes"
        };
        vec![
            format!(" frozen ❚❚ {lost}{newer} newer{kept} · {next} "),
            format!(" frozen ❚❚ {lost}{newer} newer{kept} "),
            format!(" frozen ❚❚ {newer} newer{kept} "),
        ]
    };
    let fitting = forms.iter().find(|words| words.width() <= room);
    let words = fitting.cloned().unwrap_or_else(|| format!(" ❚❚ {newer} "));
    let style = if app.breakpoints().stop().is_some() {
        theme::BAD
    } else {
        theme::WATCH
    };
    (words, style)
}

/// That a breakpoint has stopped the view: which, and what waits. The longest form first.
fn stop_words(app: &App, stop: &Stop, waiting: &str) -> Vec<String> {
    let breakpoints = app.breakpoints();
    let query = breakpoints
        .list()
        .get(stop.breakpoint)
        .map_or("", |one| one.query().text());
    let query = escape::name(query.as_bytes(), QUERY_COLUMNS).string;
    let hits = match breakpoints.waiting() {
        0 => "space resumes".to_owned(),
        1 => "1 more hit · space goes there".to_owned(),
        several => format!("{} more hits · space: the next", figures::count(several)),
    };
    let gone = match breakpoints.gone() {
        0 => String::new(),
        gone => format!("{} hits have gone · ", figures::count(gone)),
    };
    vec![
        format!(" hit ❚❚ {query} · {waiting} · {gone}{hits} "),
        format!(" hit ❚❚ {query} · {waiting} "),
        format!(" hit ❚❚ {waiting} "),
    ]
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
