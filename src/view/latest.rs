//! The latest values: a row a channel with what it said last, when, and what has changed in it.
//!
//! ```text
//!  ● name    now  1.2/s  value                     change            wide
//!  ● name    now  value  change                                      80 columns
//!  ● name    value                                                   40 columns
//! ```
//!
//! Only the rows that are seen are looked into, and no more of them in a frame than its time
//! allows.

mod seen;

use std::time::Duration;

use ratatui::style::Style;

use self::seen::{Latest, News, Seen};
use super::channels::{self, SILENT_AFTER};
use super::line::LineBuilder;
use super::theme;
use crate::app::{App, FLASH};
use crate::log::Channel;
use crate::payload::change::{Change, Within};
use crate::payload::escape;
use crate::payload::figures;
use crate::payload::ranges::Ranges;

/// The columns of a line from which on it has an age, a rate, and the change in a column of its
/// own.
const MIN_FOR_AGE: usize = 50;
const MIN_FOR_RATE: usize = 90;
const MIN_FOR_CHANGE: usize = 110;

/// The columns of an age, and of a rate or what is said instead of it.
const AGE: usize = 4;
const RATE: usize = 7;

/// Between two columns.
const GAP: usize = 2;

/// Columns that the old and the new value each take at most, of those within a payload.
const WITHIN: usize = 20;

/// Where the columns stand in a line.
#[derive(Clone, Copy, Debug)]
struct Columns {
    name: usize,
    has_age: bool,
    has_rate: bool,
    value: usize,
    /// `None` if the change follows the value.
    change: Option<usize>,
}

impl Columns {
    /// Of a line that is `width` wide and has `room` behind its mark, with names of `names` columns.
    fn of(width: usize, room: usize, names: usize) -> Self {
        let most = if width < MIN_FOR_AGE {
            room * 2 / 5
        } else {
            room / 4
        };
        let (has_age, has_rate) = (width >= MIN_FOR_AGE, width >= MIN_FOR_RATE);
        let name = names.max(6).min(most);
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
        }
    }
}

/// Draws the rows of a frame.
pub(super) struct Painter<'a> {
    app: &'a App,
    width: usize,
    seen: Seen<'a>,
}

impl<'a> Painter<'a> {
    pub(super) fn new(app: &'a App, width: usize) -> Self {
        Self {
            app,
            width,
            seen: Seen::new(app),
        }
    }

    /// Adds a channel to a line that is still empty.
    pub(super) fn channel(&mut self, channel: &Channel, line: &mut LineBuilder) {
        let (mark, style) = channels::mark(self.app, channel.name());
        line.word(format!("{mark} "), style);
        let columns = Columns::of(self.width, line.left(), self.app.name_columns());
        let style = channels::name_style(self.app, channel.name());
        line.name(channel.name(), columns.name, style);
        line.space(GAP);
        let age = self.app.now().since(channel.last_heard);
        let instead = channels::instead_of_rate(self.app, channel.name());
        if columns.has_age {
            self.age(age, instead.filter(|_| !columns.has_rate), line);
        }
        if columns.has_rate {
            self.rate(channel, age, instead, line);
        }
        let latest = self.seen.latest(channel);
        let is_fresh = age < FLASH;
        let Some(room) = columns.change else {
            beside(&latest, is_fresh, columns, line);
            return;
        };
        let before = line.left();
        value(&latest, is_fresh, columns.value, line);
        line.space((columns.value + GAP).saturating_sub(before - line.left()));
        let mut said = LineBuilder::new(room.min(line.left()));
        news(&latest.news, is_fresh, &mut said);
        let used = room.saturating_sub(said.left());
        line.append(said, used);
    }

    fn age(&self, age: Duration, instead: Option<(&str, Style)>, line: &mut LineBuilder) {
        let (words, style) = match instead {
            Some((words, style)) => (words.chars().take(AGE).collect(), style),
            None if age < FLASH => ("now".to_owned(), theme::GOOD),
            None if age < SILENT_AFTER => (figures::age(age), Style::new()),
            None => (figures::age(age), theme::QUIET),
        };
        line.word(format!("{words:>AGE$}"), style);
        line.space(GAP);
    }

    fn rate(
        &self,
        channel: &Channel,
        age: Duration,
        instead: Option<(&str, Style)>,
        line: &mut LineBuilder,
    ) {
        let (words, style) = match instead {
            Some((words, style)) => (words.to_owned(), style),
            None if age >= SILENT_AFTER => ("silent".to_owned(), theme::QUIET),
            None => (figures::rate(channel.rate(self.app.now())), Style::new()),
        };
        line.word(format!("{words:>RATE$}"), style);
        line.space(GAP);
    }
}

/// The value and, where there is room for an age, what has changed right behind it.
fn beside(latest: &Latest<'_>, is_fresh: bool, columns: Columns, line: &mut LineBuilder) {
    if !columns.has_age {
        value(latest, is_fresh, line.left(), line);
        return;
    }
    let room = line.left();
    let half = room.saturating_sub(GAP) / 2;
    let mut said = LineBuilder::new(half);
    news(&latest.news, is_fresh, &mut said);
    let used = half - said.left();
    let gap = if used > 0 { GAP } else { 0 };
    value(latest, is_fresh, room.saturating_sub(used + gap), line);
    line.space(gap);
    line.append(said, used);
}

/// What a channel said last, within the next `columns`.
fn value(latest: &Latest<'_>, is_fresh: bool, columns: usize, line: &mut LineBuilder) {
    let columns = columns.min(line.left());
    let text = match &latest.value {
        Ok(text) => text,
        Err(words) => return line.words_within(columns, words, theme::QUIET),
    };
    let all = [0..text.len()];
    let marks = match &latest.news {
        _ if !is_fresh => &[],
        News::Changed { change, .. } => match change {
            Change::Same => &[],
            Change::Number(_) => &all[..],
            Change::Other { marks, .. } | Change::Within { marks, .. } => marks,
        },
        News::Differs => &all[..],
        News::None | News::Size { .. } => &[],
    };
    let marks = Ranges::of(marks);
    let whole = escape::one_line_marked(text, columns, marks);
    if !whole.cut && latest.size.is_none() {
        line.marked_text(whole, Style::new(), theme::FLASH);
        return;
    }
    let size = latest.size.map(figures::size).unwrap_or_default();
    let end = format!("… {size}");
    let end = end.trim_end();
    let room = columns.saturating_sub(end.chars().count());
    let cut = escape::one_line_marked(text, room, marks);
    line.marked_text(cut, Style::new(), theme::FLASH);
    line.words_within(columns, end, theme::QUIET);
}

/// What has changed, on the rest of a line.
fn news(news: &News<'_>, is_fresh: bool, line: &mut LineBuilder) {
    let style = if is_fresh { theme::FLASH } else { Style::new() };
    match news {
        News::None => {}
        News::Differs => line.cut_words("changed", theme::QUIET),
        News::Size { old, new } if old == new => line.cut_words("same size", theme::QUIET),
        News::Size { old, new } => {
            line.cut_words(&figures::size(*old), theme::QUIET);
            line.cut_words(" → ", theme::QUIET);
            line.cut_words(&figures::size(*new), style);
        }
        News::Changed { old, change } => match change {
            Change::Same => line.cut_words("same", theme::QUIET),
            Change::Number(difference) => {
                line.cut_words(difference, style);
                line.word(" ", Style::new());
                was(old, 0, line);
            }
            Change::Other { from, .. } => was(old, *from, line),
            Change::Within { told, more, .. } => within(told, *more, style, line),
        },
    }
}

/// What the value was before.
fn was(old: &[u8], from: usize, line: &mut LineBuilder) {
    if line.left() <= GAP {
        return;
    }
    line.word("← ", theme::QUIET);
    if old.is_empty() {
        line.cut_words("(empty)", theme::QUIET);
    }
    line.part(old, from, line.left(), theme::QUIET);
}

/// As many of the changes within a payload as fit whole, but in any case the first, and how many
/// there are beside them.
fn within(told: &[Within], more: usize, style: Style, line: &mut LineBuilder) {
    let mut left = told.len() + more;
    for (index, one) in told.iter().enumerate() {
        let rest = if left > 1 {
            format!(" +{}", left - 1)
        } else {
            String::new()
        };
        let room = line.left().saturating_sub(rest.len());
        let mut said = LineBuilder::new(room);
        if index > 0 {
            said.space(GAP);
        }
        let fits = change_within(one, style, &mut said);
        if index > 0 && !fits {
            break;
        }
        let used = room - said.left();
        line.append(said, used);
        left -= 1;
    }
    if left > 0 {
        line.word(format!(" +{left}"), theme::QUIET);
    }
}

/// A change within a payload; says whether its path and both values fit.
fn change_within(one: &Within, style: Style, line: &mut LineBuilder) -> bool {
    let sign = match (&one.old, &one.new) {
        (None, _) => "+",
        (_, None) => "−",
        _ => "",
    };
    line.word(sign, theme::QUIET);
    let path = escape::one_line(&one.path, line.left());
    let mut fits = !path.cut;
    line.text(path, theme::QUIET);
    line.word(" ", Style::new());
    let mut side = |bytes: &[u8], style: Style, line: &mut LineBuilder| {
        let text = escape::one_line(bytes, WITHIN);
        fits &= text.columns <= line.left();
        line.part(bytes, 0, WITHIN, style);
    };
    if let Some(old) = &one.old {
        side(old, theme::QUIET, line);
    }
    if one.old.is_some() && one.new.is_some() {
        line.word("→", theme::QUIET);
    }
    if let Some(new) = &one.new {
        side(new, style, line);
    }
    fits
}
