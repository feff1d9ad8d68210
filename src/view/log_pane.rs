//! The message log: one line per row, the newest at the bottom.

mod chips;
mod columns;
mod excerpt;
mod titles;

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

pub(super) use self::chips::draw as draw_chips;
use self::columns::divide;
use self::excerpt::{Excerpt, MARKED_FAR, MARKED_NEAR};
use self::titles::{least_position, position_words, titles};
use super::lens::Lens;
use super::line::{LineBuilder, fitting};
use super::names::{Listed, Names};
use super::{empty, frame, theme};
use crate::app::{
    App, Focus, Keymap, Position, TimeForm, Window, WindowLine, gap_words, inside, notice_words,
};
use crate::log::{Content, Row};
use crate::message::{INVALIDATIONS, Notice, RowId, Time};
use crate::payload::escape::{self, MAX_ELIDED_NAME};
use crate::payload::figures::{self, Clock, delta};
use crate::payload::ranges::Ranges;
use crate::payload::severity::{Severity, severity};
use crate::workers::analysis::{Finding, FindingKind, OutOfSequence};

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
        line.word(
            format!("{time} "),
            self.severity_style(&row.content).unwrap_or(style),
        );
        match row.content {
            Content::Message {
                channel,
                payload,
                size,
            } => {
                let channel = self.app.session().log.channels().by_id(channel);
                let name = channel.map_or(&b""[..], |channel| channel.name());
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
                if let Some(lens) = Lens::of(self.app.session(), name) {
                    self.through_lens(&lens, row.id, (payload, size), &mut line);
                } else {
                    // No more matches fit on the line.
                    let most = 2 * self.columns;
                    let marks = |bytes: &[u8]| self.app.session().marks(row.id, bytes, most);
                    let is_head = size > payload.len() as u64;
                    let is_decoded = !is_head && !self.app.messages().is_raw;
                    let text = is_decoded
                        .then(|| self.app.session().shown_text(row.id, name, payload))
                        .flatten();
                    let shown = text.as_deref().unwrap_or(payload);
                    self.excerpt(row.id, shown, (size, is_head))
                        .draw(marks, &mut line);
                }
            }
            Content::Notice(notice) => {
                let keymap = &self.app.session().settings.keymap;
                notice_line(notice, &self.clock, keymap, &mut line);
            }
        }
        line
    }

    /// Returns the part of a payload to show. While the rows are not scrolled sideways, a row that
    /// was found, has stopped the view or passes the filter shows its match.
    fn excerpt<'p>(
        &self,
        row: RowId,
        payload: &'p [u8],
        (size, is_head): (u64, bool),
    ) -> Excerpt<'p> {
        let session = self.app.session();
        let pane = self.app.messages();
        let is_hit = match &session.find {
            Some(find) => find.rows.contains(row),
            None => session.marked_by(row).is_some(),
        };
        let is_selected =
            matches!(pane.position, Position::Frozen { selected, .. } if selected == row);
        let searched = if is_selected { MARKED_FAR } else { MARKED_NEAR };
        Excerpt {
            payload,
            size,
            is_head,
            columns_skipped: pane.columns_skipped,
            is_coloured: !pane.is_plain,
            sought: (is_hit && pane.columns_skipped == 0).then_some(searched),
        }
    }

    /// Adds a message seen through a lens: only the value at the lens's path.
    fn through_lens(
        &self,
        lens: &Lens<'_>,
        row: RowId,
        message: (&[u8], u64),
        line: &mut LineBuilder,
    ) {
        let skipped = self.app.messages().columns_skipped;
        match lens.look(row, message) {
            Ok(value) if skipped > 0 => {
                let start = escape::one_line(&value.text, skipped).consumed;
                line.word("…", theme::QUIET);
                line.cut_bytes(&value.text[start..], Ranges::default(), Style::new());
            }
            Ok(value) => line.part(&value.text, 0, line.left(), Style::new()),
            Err(unseen) => line.cut_words(&lens.words(&unseen), theme::QUIET),
        }
    }

    /// Returns the style of the time in a row that reports an error or a warning.
    fn severity_style(&self, content: &Content<'_>) -> Option<Style> {
        let Content::Message { payload, .. } = content else {
            return None;
        };
        let severity = severity(payload).filter(|_| !self.app.messages().is_plain)?;
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
            TimeForm::Age => format!("{:>8}", figures::age(session.now.since(time))),
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

/// Minimum width of the first finding on a row, in columns: enough for a duration.
const LEAST_FINDING: usize = 10;

/// Adds the findings of checks on a row, before its payload of `payload` bytes. They take at most
/// half of the line, or what the payload leaves if that is more.
fn add_findings<'a>(
    findings: impl Iterator<Item = &'a Finding>,
    payload: usize,
    line: &mut LineBuilder,
) {
    let room = (line.left() / 2).max(line.left().saturating_sub(payload));
    let before = line.left();
    // The most severe findings come first, in case not all fit.
    let mut findings: Vec<&Finding> = findings.collect();
    findings.sort_by_key(|finding| gravity(&finding.what).0);
    for finding in findings {
        let (_, style) = gravity(&finding.what);
        let used = before - line.left();
        // A duration cut off before its unit would be misleading.
        let least = if used == 0 { LEAST_FINDING } else { 0 };
        let left = room.saturating_sub(used + 2).max(least);
        if left > 0 {
            line.words_within(left, &finding.what.to_string(), style);
            line.space(2);
        }
    }
}

/// Returns the sort key of a finding, which is lower for more severe findings, and its style.
fn gravity(finding: &FindingKind) -> (u8, Style) {
    match finding {
        FindingKind::Sequence(step) => match **step {
            OutOfSequence::Missing {
                explained: false, ..
            } => (0, theme::BAD),
            _ => (1, theme::WATCH),
        },
        FindingKind::Drift(_) => (2, theme::WATCH),
        FindingKind::Latency { .. } => (3, theme::GOOD),
        FindingKind::Delay(_) => (4, theme::QUIET),
    }
}

fn notice_line(notice: &Notice, clock: &Clock, keymap: &Keymap, line: &mut LineBuilder) {
    let style = match notice {
        Notice::Subscribed { .. } | Notice::Unsubscribed { asked: true, .. } => theme::QUIET,
        Notice::Gap(_) | Notice::Dropped(_) | Notice::Denied { .. } => theme::BAD,
        Notice::Unsubscribed { .. }
        | Notice::Allowed { .. }
        | Notice::Breakpoint { .. }
        | Notice::Judged { .. }
        | Notice::CountedBySocketIo(_)
        | Notice::Evicted(_)
        | Notice::ClockSet(_)
        | Notice::Ended(_)
        | Notice::Discovered { .. }
        | Notice::AllEnded
        | Notice::Unexpected { .. }
        | Notice::Resp3Refused(_)
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
