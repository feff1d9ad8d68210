//! How a line of the channel list is divided, and the figures in it.

use std::time::Duration;

use ratatui::style::Style;

use super::entry::{Instead, MUTED, SILENT_AFTER, instead_of_rate, is_muted};
use crate::app::{App, Branch};
use crate::log::Channel;
use crate::message::Time;
use crate::payload::figures::{self, Scale};
use crate::view::line::LineBuilder;
use crate::view::theme;

/// Minimum width of a line, in columns, to show a count, and to show bars.
const MIN_FOR_COUNT: usize = 40;
const MIN_FOR_BARS: usize = 28;

/// A name up to this wide, in columns, has priority over a count, and over bars.
const BEFORE_COUNT: usize = 28;
const BEFORE_BARS: usize = 18;

/// Width of a count with a gap on either side, in columns.
const COUNT: usize = 10;

/// Width of a rate or an age, in columns.
const RATE: usize = 8;

/// Minimum width of the bars, and their width for a whole minute, in columns.
const LEAST_BARS: usize = 5;
const MINUTE_BARS: usize = 15;

/// Number of sparkline cells that one column shows.
const CELLS_A_COLUMN: usize = 2;

/// Minimum width of a name, in columns.
const LEAST_NAME: usize = 8;

/// Minimum columns of a name beside a rate.
const BESIDE_RATE: usize = 12;

/// Columns of most rates and counts, which no name takes.
const USUAL_FIGURE: usize = 5;

/// Minimum width of the latest payload, in columns.
const LEAST_LATEST: usize = 16;

/// The columns of a line, to the right of its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// Width of the name with its indent, in columns.
    pub(super) name: usize,
    /// Whether the number of messages is shown.
    pub(super) has_count: bool,
    /// Whether the rate is shown.
    pub(super) has_rate: bool,
    /// Width of the bars, in columns; 0 if there are none.
    pub(super) bars: usize,
    /// Whether the latest payload is shown.
    pub(super) has_latest: bool,
}

impl Columns {
    /// Divides `room` columns. The widest name needs `wanted`. If `names_first`, figures are shown
    /// only if all names fit; otherwise, only if there is room for a short name.
    pub(super) fn of(room: usize, wanted: usize, names_first: bool) -> Self {
        let least = if names_first { wanted } else { BESIDE_RATE };
        if room < least + 1 + RATE {
            return Self {
                name: room,
                has_count: false,
                has_rate: false,
                bars: 0,
                has_latest: false,
            };
        }
        let fits = |most: usize, figures: usize| {
            let name = if names_first {
                wanted
            } else {
                wanted.min(most)
            };
            room >= name + figures
        };
        let figures = 1 + RATE + bars_with_gap(LEAST_BARS);
        let has_bars = room >= MIN_FOR_BARS && fits(BEFORE_BARS, figures);
        let has_count = has_bars && room >= MIN_FOR_COUNT && fits(BEFORE_COUNT, figures + COUNT);
        let least = if has_bars { LEAST_BARS } else { 0 };
        let figures = 1 + RATE + bars_with_gap(least) + if has_count { COUNT } else { 0 };
        let most = room.saturating_sub(figures);
        // First the name gets the columns it needs, then the bars. The rest goes to the latest
        // payload.
        let name = wanted.max(LEAST_NAME).min(most);
        let spare = most - name;
        let wider = if has_bars {
            spare.min(MINUTE_BARS - least)
        } else {
            0
        };
        let spare = spare - wider;
        let has_latest = spare > LEAST_LATEST && !names_first;
        Self {
            name: if has_latest { name } else { name + spare },
            has_count,
            has_rate: true,
            bars: least + wider,
            has_latest,
        }
    }

    /// Returns the same with the columns of the bars given to the name.
    pub(super) fn without_bars(self) -> Self {
        Self {
            name: self.name + bars_with_gap(self.bars),
            bars: 0,
            ..self
        }
    }

    /// Returns the width of the rate with its bars, or of the text shown instead, in columns.
    pub(super) fn activity(self) -> usize {
        if self.has_rate {
            RATE + bars_with_gap(self.bars)
        } else {
            0
        }
    }
}

fn bars_with_gap(bars: usize) -> usize {
    if bars > 0 { bars + 1 } else { 0 }
}

/// What has been received on one or more channels.
pub(super) struct Heard {
    /// What to show instead of the rate.
    instead: Option<Instead>,
    messages: u64,
    silence: Duration,
    rate: f64,
    /// The message counts of the last minute.
    pub(super) cells: Vec<Option<u32>>,
}

impl Heard {
    pub(super) fn on_channel(app: &App, channel: &Channel) -> Self {
        let now = app.session().present();
        Self {
            instead: instead_of_rate(app, channel.name()),
            messages: channel.messages,
            silence: silence(app, channel.last_received),
            rate: channel.rate(now),
            cells: channel.cells(now, MINUTE_BARS * CELLS_A_COLUMN),
        }
    }

    pub(super) fn in_branch(app: &App, branch: &Branch) -> Self {
        let (now, sums) = (app.session().present(), &branch.sums);
        Self {
            instead: is_muted(app, branch).then_some(MUTED),
            messages: sums.messages,
            silence: silence(app, sums.last_received),
            rate: sums.history.rate(now),
            cells: sums.history.cells(now, MINUTE_BARS * CELLS_A_COLUMN),
        }
    }

    /// Returns whether bars are drawn if there is room for them.
    pub(super) fn has_bars(&self) -> bool {
        self.instead.is_none() && self.silence < SILENT_AFTER
    }

    /// Returns the number of messages, and either the rate with its bars or the time since the last
    /// message.
    pub(super) fn figures(&self, columns: Columns, scale: Scale) -> Figures {
        let mut parts = Vec::new();
        if columns.has_count {
            let count = figures::short_count(self.messages);
            parts.push((format!("{count:>9} "), theme::QUIET));
        }
        if columns.has_rate {
            self.add_activity(columns, scale, &mut parts);
        }
        Figures::new(parts)
    }

    /// Adds the rate with its bars, or how long ago the last message came.
    fn add_activity(&self, columns: Columns, scale: Scale, parts: &mut Parts) {
        let (width, bars) = (columns.activity(), columns.bars);
        if let Some(instead) = self.instead {
            let words = instead.within(width);
            parts.push((format!(" {words:>width$}"), instead.style));
        } else if self.silence >= SILENT_AFTER {
            let words = format!("{} ago", figures::age(self.silence));
            parts.push((format!(" {words:>width$}"), theme::QUIET));
        } else {
            let rate = figures::rate(self.rate);
            parts.push((format!(" {rate:>RATE$}"), Style::new()));
            if bars > 0 {
                let newest = self.cells.len().saturating_sub(bars * CELLS_A_COLUMN);
                let bars = figures::sparkline(&self.cells[newest..], scale);
                parts.push((" ".to_owned(), Style::new()));
                parts.push((bars, theme::BARS));
            }
        }
    }
}

/// Returns how long nothing has been received. The time before messages could be received does not
/// count.
fn silence(app: &App, last_received: Time) -> Duration {
    let session = app.session();
    session
        .present()
        .since(last_received.max(session.server.live_since))
}

/// Parts of a line.
type Parts = Vec<(String, Style)>;

/// The figures of a line, which follow the name.
pub(super) struct Figures {
    parts: Parts,
    /// The blank columns before the first figure that a long name may take.
    pub(super) blank: usize,
}

impl Figures {
    fn new(mut parts: Parts) -> Self {
        let mut blank = 0;
        if let Some((first, _)) = parts.first_mut() {
            let used = first.trim_start().len().max(USUAL_FIGURE);
            blank = first.len().saturating_sub(used + 1);
            first.drain(..blank);
        }
        Self { parts, blank }
    }

    /// Adds the figures after a name that has taken the blank columns.
    pub(super) fn draw(self, line: &mut LineBuilder) {
        for (part, style) in self.parts {
            line.word(part, style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_all_columns_that_figures_leave() {
        for room in 0..200 {
            for wanted in 0..80 {
                let columns = Columns::of(room, wanted, false);
                if !columns.has_rate {
                    assert_eq!(columns.name, room);
                    continue;
                }
                let figures = 1 + columns.activity() + if columns.has_count { COUNT } else { 0 };
                let used = columns.name + figures;
                if columns.has_latest {
                    assert!(columns.name == wanted.max(LEAST_NAME) && room > used + LEAST_LATEST);
                } else {
                    assert_eq!(used, room.max(figures), "{room} {wanted}");
                }
                assert!(columns.bars <= MINUTE_BARS);
            }
        }
    }

    #[test]
    fn a_wide_list_shows_a_minute_and_a_narrow_one_the_rate_alone() {
        assert_eq!(Columns::of(56, 18, false).bars, MINUTE_BARS);
        assert_eq!(Columns::of(34, 18, false).bars, 6);
        let narrow = Columns::of(24, 18, false);
        assert_eq!((narrow.name, narrow.bars, narrow.has_rate), (15, 0, true));
    }

    #[test]
    fn a_list_of_the_minimum_width_shows_names_alone() {
        // The border takes two columns, padding and the mark four.
        let narrow = Columns::of(20 - 2 - 4, 18, false);
        assert_eq!((narrow.name, narrow.has_rate), (14, false));
    }

    #[test]
    fn long_names_take_the_blanks_before_the_figures() {
        let figures = |first: &str| Figures::new(vec![(first.to_owned(), Style::new())]);
        for (first, blank) in [
            ("    1.0/s", 3),
            ("   12.3k/s", 2),
            ("       5s", 3),
            (" 123.4k/s", 0),
            ("      300 ", 4),
        ] {
            assert_eq!(figures(first).blank, blank, "{first}");
        }
        assert_eq!(Figures::new(Vec::new()).blank, 0);
    }

    #[test]
    fn beside_a_message_figures_are_shown_only_if_all_names_fit() {
        let names = Columns::of(18, 18, true);
        assert_eq!((names.name, names.has_rate), (18, false));
        let wider = Columns::of(30, 18, true);
        assert_eq!((wider.name, wider.has_rate), (21, true));
    }
}
