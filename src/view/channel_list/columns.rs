//! How a line of the channel list is divided, and the figures in it.

use ratatui::style::Style;

use super::entry::SILENT_AFTER;
use crate::app::App;
use crate::message::Time;
use crate::payload::figures;
use crate::view::line::LineBuilder;
use crate::view::theme;

/// Minimum columns that a line needs to show a count, and to show bars.
const MIN_FOR_COUNT: usize = 40;
const MIN_FOR_BARS: usize = 28;

/// A name of up to so many columns is more important than a count, or than bars.
const BEFORE_COUNT: usize = 28;
const BEFORE_BARS: usize = 18;

/// Columns for a count with a gap on either side.
const COUNT: usize = 10;

/// Columns for a rate, or for an age.
const RATE: usize = 8;

/// Minimum columns for bars, and the columns of the bars for a whole minute.
const LEAST_BARS: usize = 5;
pub(super) const MINUTE_BARS: usize = 15;

/// Cells of a sparkline in a column of bars.
pub(super) const CELLS_A_COLUMN: usize = 2;

/// Minimum columns of a name.
const LEAST_NAME: usize = 8;

/// Minimum columns for the latest payload.
const LEAST_LATEST: usize = 16;

/// The columns of a line after its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// Columns of the name with its indent.
    pub(super) name: usize,
    /// Whether the number of messages is shown.
    pub(super) has_count: bool,
    /// Whether the rate is shown.
    pub(super) has_rate: bool,
    /// Columns of the bars; 0 for none.
    pub(super) bars: usize,
    /// Whether the latest payload is shown.
    pub(super) has_latest: bool,
}

impl Columns {
    /// Divides `room` columns. The widest name needs `wanted`. If `names_first`, figures are shown
    /// only if all names fit.
    pub(super) fn of(room: usize, wanted: usize, names_first: bool) -> Self {
        if names_first && room < wanted + 1 + RATE {
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
        // The name takes what it needs, then the bars, and the rest goes to the latest payload.
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

    /// Returns the columns of the rate with its bars, or of the words in their place.
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

/// What has been received on one or several channels.
pub(super) struct Heard {
    /// What to show instead of the rate.
    pub(super) instead: Option<(&'static str, Style)>,
    pub(super) messages: u64,
    pub(super) last_received: Time,
    pub(super) rate: f64,
    /// The message counts of the last minute.
    pub(super) cells: Vec<Option<u32>>,
}

impl Heard {
    /// Adds the number of messages, and the rate with its bars or how long it has been silent.
    /// `top` is the highest value that the bars can show.
    pub(super) fn draw(&self, app: &App, columns: Columns, top: u32, line: &mut LineBuilder) {
        if columns.has_count {
            let count = figures::short_count(self.messages);
            line.word(format!("{count:>9} "), theme::QUIET);
        }
        if !columns.has_rate {
            return;
        }
        line.space(1);
        // The time before messages could be received does not count as silence.
        let since = self.last_received.max(app.session().server.live_since);
        let silence = app.session().now.since(since);
        let (width, bars) = (columns.activity(), columns.bars);
        if let Some((words, style)) = self.instead {
            line.word(format!("{words:>width$}"), style);
        } else if silence >= SILENT_AFTER {
            let silent = if bars > 0 { "silent " } else { "" };
            let words = format!("{silent}{}", figures::age(silence));
            line.word(format!("{words:>width$}"), theme::QUIET);
        } else {
            let rate = figures::rate(self.rate);
            line.word(format!("{rate:>RATE$}"), Style::new());
            if bars > 0 {
                line.space(1);
                let newest = self.cells.len().saturating_sub(bars * CELLS_A_COLUMN);
                line.word(figures::sparkline(&self.cells[newest..], top), theme::BARS);
            }
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
    fn beside_a_message_figures_are_shown_only_if_all_names_fit() {
        let names = Columns::of(18, 18, true);
        assert_eq!((names.name, names.has_rate), (18, false));
        let wider = Columns::of(30, 18, true);
        assert_eq!((wider.name, wider.has_rate), (21, true));
    }
}
