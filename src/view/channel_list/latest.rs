//! The latest values: a row per channel with its last message, the age of that message, and what
//! has changed in it.
//!
//! ```text
//!  ● name    now  1.2/s  value                     change            wide
//!  ● name    now  value  change                                      80 columns
//!  ● name    value                                                   40 columns
//! ```
//!
//! Only visible rows are decoded, and only as many per frame as the frame's time budget allows.

mod comparer;
mod news;

use std::time::Duration;

use ratatui::style::Style;

use self::comparer::{Comparer, Latest, News};
use self::news::news;
use super::branch;
use super::entry::{self, Instead, Label, MUTED, SILENT_AFTER};
use crate::app::{App, Branch, FLASH};
use crate::log::Channel;
use crate::payload::change::Change;
use crate::payload::escape::{self, Ends};
use crate::payload::figures;
use crate::payload::ranges::Ranges;
use crate::view::line::LineBuilder;
use crate::view::theme;

/// Minimum width of a line, in columns, to show an age, to show a rate, and to show the change in a
/// column of its own.
const MIN_FOR_AGE: usize = 50;
const MIN_FOR_RATE: usize = 90;
const MIN_FOR_CHANGE: usize = 110;

/// Width of an age, and of a rate or what replaces it, in columns.
const AGE: usize = 4;
const RATE: usize = 7;

/// Width of the mark with its space, in columns.
const MARK: usize = 2;

/// Spaces between two columns.
const GAP: usize = 2;

/// How a line is divided into columns.
#[derive(Clone, Copy, Debug)]
struct Columns {
    name: usize,
    has_age: bool,
    has_rate: bool,
    value: usize,
    /// The width of the change; `None` if the change directly follows the value.
    change: Option<usize>,
    /// How many columns at the start of each value are scrolled out of view.
    skipped: usize,
}

impl Columns {
    /// Lays out a line of `width` columns, of which `room` are left after the mark. The widest
    /// visible name with its indent needs `widest`.
    fn of(app: &App, width: usize, room: usize, widest: usize) -> Self {
        let (has_age, has_rate) = (width >= MIN_FOR_AGE, width >= MIN_FOR_RATE);
        let most = if has_age { room * 3 / 10 } else { room * 2 / 5 };
        let name = app.session().name_columns.max(widest).max(6).min(most);
        let taken = name
            + GAP
            + if has_age { AGE + GAP } else { 0 }
            + if has_rate { RATE + GAP } else { 0 };
        let rest = room.saturating_sub(taken);
        let change = (width >= MIN_FOR_CHANGE).then_some(rest * 2 / 5);
        Self {
            name,
            has_age,
            has_rate,
            value: rest.saturating_sub(change.map_or(0, |columns| columns + GAP)),
            change,
            skipped: app.messages().columns_skipped,
        }
    }
}

/// A painter for the rows of one frame.
pub(super) struct Painter<'a> {
    app: &'a App,
    width: usize,
    /// The width of the widest visible name of a channel or a branch with its indent, in columns.
    pub(super) widest: usize,
    comparer: Comparer<'a>,
}

impl<'a> Painter<'a> {
    pub(super) fn new(app: &'a App, width: usize) -> Self {
        Self {
            app,
            width,
            widest: 0,
            comparer: Comparer::new(app),
        }
    }

    /// Returns the width of the name column if `room` columns are left after the mark.
    pub(super) fn name_columns(&self, room: usize) -> usize {
        Columns::of(self.app, self.width, room, self.widest).name
    }

    /// Adds a branch to an empty line, in the columns of channels.
    pub(super) fn branch(&self, branch: &Branch, label: &Label<'_>, line: &mut LineBuilder) {
        let room = line.left().saturating_sub(MARK);
        let columns = Columns::of(self.app, self.width, room, self.widest);
        branch::draw(self.app, branch, label, Some(columns.name), line);
        line.space(GAP);
        let (now, sums) = (self.app.session().now, &branch.sums);
        let age = now.since(sums.last_received);
        let instead = entry::is_muted(self.app, branch).then_some(MUTED);
        activity(columns, (age, sums.history.rate(now)), instead, line);
        line.cut_words(&figures::counted(sums.messages, "message"), theme::QUIET);
    }

    /// Adds a channel to an empty line.
    pub(super) fn channel(&mut self, channel: &Channel, label: &Label<'_>, line: &mut LineBuilder) {
        let (mark, style) = entry::mark(self.app, channel.name());
        line.word(format!("{mark} "), style);
        let columns = Columns::of(self.app, self.width, line.left(), self.widest);
        let style = entry::name_style(self.app, channel.name());
        label.draw(columns.name, style, line);
        line.space(GAP);
        let now = self.app.session().present();
        let age = now.since(channel.last_received);
        let instead = entry::instead_of_rate(self.app, channel.name());
        activity(columns, (age, channel.rate(now)), instead, line);
        let latest = self.comparer.latest(channel);
        let is_fresh = age < FLASH;
        let Some(room) = columns.change else {
            return with_change(&latest, is_fresh, columns, line);
        };
        let before = line.left();
        value(&latest, is_fresh, (columns.skipped, columns.value), line);
        line.space((columns.value + GAP).saturating_sub(before - line.left()));
        let mut change = LineBuilder::new(room.min(line.left()));
        news(&latest.news, is_fresh, &mut change);
        line.append(change);
    }
}

/// Adds the age of the last message and the rate, or what to show instead.
fn activity(
    columns: Columns,
    (age, rate): (Duration, f64),
    instead: Option<Instead>,
    line: &mut LineBuilder,
) {
    let instead = instead.map(|instead| (instead.within(RATE), instead.style));
    if columns.has_age {
        let (words, style) = age_words(age, instead.filter(|_| !columns.has_rate));
        line.word(format!("{words:>AGE$}"), style);
        line.space(GAP);
    }
    if columns.has_rate {
        let (words, style) = match instead {
            Some((words, style)) => (words.to_owned(), style),
            None if age >= SILENT_AFTER => ("silent".to_owned(), theme::QUIET),
            None => (figures::rate(rate), Style::new()),
        };
        line.word(format!("{words:>RATE$}"), style);
        line.space(GAP);
    }
}

/// Returns the age of a message, or what to show instead.
fn age_words(age: Duration, instead: Option<(&str, Style)>) -> (String, Style) {
    match instead {
        Some((words, style)) => (words.chars().take(AGE).collect(), style),
        None if age < FLASH => ("now".to_owned(), theme::GOOD),
        None if age < SILENT_AFTER => (figures::age(age), Style::new()),
        None => (figures::age(age), theme::QUIET),
    }
}

/// Adds the value and, if an age is shown, what has changed in it.
fn with_change(latest: &Latest<'_>, is_fresh: bool, columns: Columns, line: &mut LineBuilder) {
    if !columns.has_age {
        return value(latest, is_fresh, (columns.skipped, line.left()), line);
    }
    let room = line.left();
    let mut change = LineBuilder::new(room.saturating_sub(GAP) / 2);
    news(&latest.news, is_fresh, &mut change);
    let gap = if change.used() > 0 { GAP } else { 0 };
    let room = room.saturating_sub(change.used() + gap);
    value(latest, is_fresh, (columns.skipped, room), line);
    line.space(gap);
    line.append(change);
}

/// Adds a channel's latest value without its first `skipped` columns, within the next `columns`.
fn value(
    latest: &Latest<'_>,
    is_fresh: bool,
    (skipped, columns): (usize, usize),
    line: &mut LineBuilder,
) {
    let mut columns = columns.min(line.left());
    let text = match &latest.value {
        Ok(text) => text,
        Err(words) => {
            let is_gone = is_fresh && matches!(latest.news, News::Vanished { .. });
            let style = if is_gone { theme::FLASH } else { theme::QUIET };
            return line.words_within(columns, words, style);
        }
    };
    let all = 0..text.len();
    let all = std::slice::from_ref(&all);
    let marks = match &latest.news {
        _ if !is_fresh => &[],
        News::Changed { change, .. } => match change {
            Change::Same => &[],
            Change::Number(_) => all,
            Change::Other { marks, .. } | Change::Within { marks, .. } => marks,
        },
        News::Differs | News::Appeared { .. } => all,
        News::None | News::Vanished { .. } | News::Size { .. } => &[],
    };
    let start = match skipped {
        0 => 0,
        skipped => escape::one_line(text, skipped).consumed,
    };
    if start > 0 {
        line.word("…", theme::QUIET);
        columns = columns.saturating_sub(1);
    }
    let ends = Ends {
        start: start == 0,
        end: true,
    };
    let marks = Ranges::of(marks).from(start);
    let part = |columns| escape::part_of_line(&text[start..], columns, marks, ends);
    let whole = part(columns);
    if !whole.cut && latest.size.is_none() {
        return line.marked_text(whole, Style::new(), theme::FLASH);
    }
    let size = latest.size.map(figures::size).unwrap_or_default();
    let end = format!("… {size}");
    let end = end.trim_end();
    let room = columns.saturating_sub(end.chars().count());
    line.marked_text(part(room), Style::new(), theme::FLASH);
    line.words_within(columns, end, theme::QUIET);
}
