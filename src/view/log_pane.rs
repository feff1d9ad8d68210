//! The message log: one line per row, the newest at the bottom.

mod chips;
mod columns;
mod excerpt;
mod findings;
mod message;
mod titles;

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

pub(super) use self::chips::draw as draw_chips;
use self::columns::divide;
use self::findings::add_findings;
use self::message::{Message, MessageView};
use self::titles::{least_position, position_words, titles};
use super::line::{LineBuilder, fitting};
use super::names::{Listed, Names};
use super::{empty, frame, theme};
use crate::app::{
    App, Focus, Keymap, Position, TimeForm, Window, WindowLine, gap_words, inside, notice_words,
};
use crate::log::{Content, Row};
use crate::message::{INVALIDATIONS, Notice, RowId, Time};
use crate::payload::escape::MAX_ELIDED_NAME;
use crate::payload::figures::{self, Clock, delta};
use crate::payload::severity::{Severity, severity};

/// Minimum width, in columns, reserved for the description of the pane's position.
const MIN_FOR_POSITION: usize = 13;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let window = app.window();
    let has_focus = app.focus() == Focus::Messages;
    let titles = titles(app, &window);
    let room = usize::from(area.width.saturating_sub(4));
    let least = least_position(app, &window).max(MIN_FOR_POSITION);
    let shortest = &titles[titles.len() - 1];
    let title = fitting(&titles, room.saturating_sub(least)).unwrap_or(shortest);
    let left = room.saturating_sub(title.width());
    let (right, style) = position_words(app, &window, left);
    // On a tiny screen, the position says more about the current state than the title.
    let is_alone = (left + 1..=room).contains(&right.width());
    let title = if is_alone { "" } else { title };
    let accent = has_focus.then(|| frame::accent(app));
    frame::draw(area, accent, title, (&right, style), buffer);
    let lines = inside(area);
    let painter = Painter::new(app, &window, usize::from(lines.width));
    let first = window.rows.first();
    let mut before = first.and_then(|row| painter.time_before(*row));
    for (line, content) in (0..lines.height).zip(window.lines()) {
        let (WindowLine::Date(id) | WindowLine::Row(id)) = content;
        let Some(row) = app.session().log.row(id) else {
            continue;
        };
        if matches!(content, WindowLine::Date(_)) {
            painter
                .date(row.time)
                .draw(lines, line, Style::new(), buffer);
            continue;
        }
        let is_frozen = app.messages().position != Position::Following;
        // While following, the last row is selected but not highlighted: the bar would flicker.
        let is_selected = window.selected == Some(id) && is_frozen;
        let style = frame::selection(is_selected, has_focus);
        let text = painter.line(&row, before);
        text.draw(lines, line, style, buffer);
        before = Some(row.time);
    }
    let is_answered = app.session().filters.mention_notices() && !window.rows.is_empty();
    if app.session().shown.messages() == 0 && !is_answered {
        empty::draw(
            app,
            frame::below(lines, window.rows.len() + window.dates.len()),
            buffer,
        );
    }
}

/// A painter of rows. Its fields are the same for all rows.
struct Painter<'a> {
    app: &'a App,
    columns: usize,
    clock: Clock,
    /// Whether times are shown in seconds.
    is_short: bool,
    name_columns: usize,
    names: Names<'a>,
}

impl<'a> Painter<'a> {
    fn new(app: &'a App, window: &Window, columns: usize) -> Self {
        let (is_short, name_columns) = divide(app, columns);
        let log = &app.session().log;
        let mut listed: Vec<Listed<'_>> = Vec::new();
        for row in &window.rows {
            if let Some(Content::Message { channel, .. }) = log.row(*row).map(|row| row.content)
                && let Some(channel) = log.channels().by_id(channel)
            {
                listed.push(Listed {
                    name: channel.name(),
                    room: name_columns,
                    marks: name_marks(app, *row, channel.name()),
                });
            }
        }
        Self {
            app,
            columns,
            clock: app.session().clock(),
            is_short,
            name_columns,
            names: Names::new(&listed),
        }
    }

    /// Builds the line that shows the date of `time`.
    fn date(&self, time: Time) -> LineBuilder {
        let mut line = LineBuilder::new(self.columns.saturating_sub(1));
        line.space(1);
        line.words("── ", theme::QUIET);
        line.cut_words(&self.clock.weekday_and_date(time), theme::STRONG);
        line.space(1);
        line.word("─".repeat(line.left()), theme::QUIET);
        line
    }

    /// Builds the line of `row`. `before` is the time of the row shown above it.
    fn line(&self, row: &Row<'_>, before: Option<Time>) -> LineBuilder {
        let mut line = LineBuilder::new(self.columns.saturating_sub(1));
        let (mark, style) = self.margin_mark(row.id);
        line.word(mark, style);
        let (time, style) = self.time(row, before);
        match row.content {
            Content::Message {
                channel,
                payload,
                size,
            } => {
                let channel = self.app.session().log.channels().by_id(channel);
                let name = channel.map_or(&b""[..], |channel| channel.name());
                let message = Message {
                    row: row.id,
                    channel: name,
                    payload,
                    size,
                };
                let view = MessageView::new(self.app, message);
                let severity = self.severity_style(view.text());
                let severity = severity.or_else(|| self.severity_style(&view.recipe_summary()?));
                let style = severity.unwrap_or(style);
                line.word(format!("{time} "), style);
                let marks = name_marks(self.app, row.id, name);
                let columns = self.name_columns.min(line.left());
                let text = self.names.text(name, &marks, columns);
                line.padded_text(text, columns, theme::channel(name));
                line.space(1);
                if name == INVALIDATIONS && payload == b"null" {
                    line.word("all keys ", theme::WATCH);
                }
                let findings = self.app.session().checks.findings.of(row.id);
                add_findings(findings, payload.len(), &mut line);
                view.draw(&mut line);
            }
            Content::Notice(notice) => {
                line.word(format!("{time} "), style);
                let keymap = &self.app.session().settings.keymap;
                notice_line(notice, &self.clock, keymap, &mut line);
            }
        }
        line
    }

    /// Returns the style of the time in a row whose text reports an error or a warning.
    fn severity_style(&self, text: &[u8]) -> Option<Style> {
        let severity = severity(text).filter(|_| !self.app.messages().is_plain)?;
        Some(match severity {
            Severity::Error => theme::BAD,
            Severity::Warning => theme::WATCH,
        })
    }

    /// Returns the mark in the margin of a row that is bookmarked, hit a breakpoint, was found, or
    /// was published by this session.
    fn margin_mark(&self, row: RowId) -> (&'static str, Style) {
        let find = self.app.session().find.as_ref();
        if self.app.session().marked.contains(&row) {
            ("●", theme::FOCUS)
        } else if self.app.session().breakpoints.hits.contains(row) {
            ("◆", theme::BAD)
        } else if find.is_some_and(|find| find.rows.contains(row)) {
            (theme::FOUND, theme::WATCH)
        } else if self.app.session().own.contains(row) {
            (theme::OWN, theme::GOOD)
        } else {
            (" ", Style::new())
        }
    }

    /// Returns the time of a row.
    fn time(&self, row: &Row<'_>, before: Option<Time>) -> (String, Style) {
        let session = self.app.session();
        let time = row.time;
        let words = match session.time_form {
            TimeForm::Local | TimeForm::Utc if self.is_short => self.clock.seconds(time),
            TimeForm::Local | TimeForm::Utc => self.clock.time_of_day(time),
            TimeForm::Delta => match before {
                Some(before) => delta(time.since(before)),
                None => self.clock.time_of_day(time),
            },
            TimeForm::SinceMark => match session.last_mark(row.id) {
                Some(mark) => delta(time.since(mark)),
                None => self.clock.time_of_day(time),
            },
            TimeForm::Age => format!("{:>8}", figures::age(session.present().since(time))),
        };
        (words, theme::QUIET)
    }

    /// Returns the time of the row that is shown before `row`.
    fn time_before(&self, row: RowId) -> Option<Time> {
        let shown = &self.app.session().shown;
        let before = shown.place_of(row).checked_sub(1)?;
        Some(self.app.session().log.row(shown.row_at(before)?)?.time)
    }
}

/// Returns the ranges of a channel's name that match the search or the filter.
fn name_marks(app: &App, row: RowId, name: &[u8]) -> Vec<Range<usize>> {
    if name.len() > MAX_ELIDED_NAME {
        return Vec::new();
    }
    let query = app.session().marked_by(row);
    query.map_or_else(Vec::new, |query| query.name_marks(name))
}

fn notice_line(notice: &Notice, clock: &Clock, keymap: &Keymap, line: &mut LineBuilder) {
    let style = match notice {
        Notice::Subscribed { .. } | Notice::Unsubscribed { asked: true, .. } => theme::QUIET,
        Notice::Gap(_)
        | Notice::Dropped(_)
        | Notice::Denied { .. }
        | Notice::Unrecorded(_)
        | Notice::RecordingFailed { .. } => theme::BAD,
        Notice::Unsubscribed { .. }
        | Notice::Allowed { .. }
        | Notice::Breakpoint { .. }
        | Notice::Judged { .. }
        | Notice::CountedBySocketIo(_)
        | Notice::Recorded { .. }
        | Notice::Evicted(_)
        | Notice::ClockSet(_)
        | Notice::Ended(_)
        | Notice::Discovered { .. }
        | Notice::AllEnded
        | Notice::Unexpected { .. }
        | Notice::Partial(_) => theme::WATCH,
    };
    let room = line.left().saturating_sub(4);
    let words = match notice {
        Notice::Gap(gap) => {
            let forms = gap_words(gap, clock);
            fitting(&forms, room).unwrap_or(&forms[2]).to_owned()
        }
        _ => notice_words(notice, clock, keymap),
    };
    line.words("── ", style);
    line.cut_words(&words, style);
    line.space(1);
    line.word("─".repeat(line.left()), style);
}

#[cfg(test)]
mod tests;
