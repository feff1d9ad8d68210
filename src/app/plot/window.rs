//! The time window that a plot shows.

use std::sync::Arc;
use std::time::Duration;

use crate::message::Time;
use crate::workers::analysis::{Ask, CheckId};

/// The number of dots side by side in each column of a chart.
const DOTS: i64 = 2;

/// The zoom levels in milliseconds.
const SPANS: [i64; 24] = [
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    1_200_000,
    1_800_000,
    3_600_000,
    7_200_000,
    21_600_000,
    43_200_000,
    86_400_000,
    172_800_000,
    604_800_000,
    1_209_600_000,
    2_592_000_000,
];

/// The initial length of the window in microseconds.
const FIRST_SPAN: i64 = 60_000_000;

/// The minimum length of a window that shows all data, in microseconds.
const MIN_SPAN_OF_ALL: i64 = 1_000_000;

/// The part of the data that the user wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The length of the window in microseconds; `None` shows all known data.
    span: Option<i64>,
    /// The end of the window; `None` follows the newest data.
    end: Option<Time>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            span: Some(FIRST_SPAN),
            end: None,
        }
    }
}

/// The time range of the data, and the columns available for it.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// The time of the earliest known number.
    pub earliest: Option<Time>,
    pub now: Time,
    /// The number of columns of a chart.
    pub columns: u16,
}

/// A time window, divided into as many parts as there are dots across a chart. Parts begin at
/// multiples of their length, so that each covers the same messages while the window advances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlotWindow {
    /// The start of the window.
    pub from: Time,
    /// The length of a part, in microseconds.
    pub part: i64,
    /// The number of parts.
    pub parts: i64,
}

impl View {
    pub fn is_following(self) -> bool {
        self.end.is_none()
    }

    pub fn shows_all(self) -> bool {
        self.span.is_none()
    }

    /// Returns the window that the view shows.
    pub fn window(self, extent: Extent) -> PlotWindow {
        let parts = extent.parts();
        let span = self.span(extent);
        let part = if self.shows_all() {
            // Rounded so that the length rarely changes. The last part is incomplete.
            rounded_up(div_ceil(span, (parts - 1).max(1)))
        } else {
            div_ceil(span, parts)
        };
        let end = self.end.unwrap_or(extent.now);
        let end = end.0.div_euclid(part).saturating_add(1);
        PlotWindow {
            from: Time(end.saturating_sub(parts).saturating_mul(part)),
            part,
            parts,
        }
    }

    /// Zooms in or out. If the view follows the newest data, it keeps doing so; otherwise `fixed`,
    /// or else the middle, stays in place.
    pub fn zoom(&mut self, is_in: bool, fixed: Option<Time>, extent: Extent) {
        let before = self.span(extent);
        let mut spans = SPANS.iter().map(|millis| millis * 1_000);
        let after = if is_in {
            spans.rfind(|span| *span < before)
        } else {
            spans.find(|span| *span > before)
        };
        let Some(after) = after else { return };
        self.span = Some(after);
        if let Some(end) = self.end {
            let fixed = fixed.map_or(end.0.saturating_sub(before / 2), |fixed| fixed.0);
            let behind = i128::from(end.0.saturating_sub(fixed));
            let behind = behind * i128::from(after) / i128::from(before);
            let behind = i64::try_from(behind).unwrap_or(after);
            let end = Time(fixed.saturating_add(behind));
            self.go_to(end, extent);
        }
    }

    /// Moves a quarter of the window earlier or later.
    pub fn pan(&mut self, is_later: bool, extent: Extent) {
        if !self.has_more(is_later, extent) {
            return;
        }
        let span = self.span(extent);
        let end = self.end.unwrap_or(extent.now).0;
        self.span = Some(span);
        let step = if is_later { span / 4 } else { -span / 4 };
        self.go_to(Time(end.saturating_add(step)), extent);
    }

    /// Stops following and keeps showing `window`.
    pub fn stop(&mut self, window: &PlotWindow) {
        if self.is_following() {
            if self.shows_all() {
                self.span = Some(window.part.saturating_mul(window.parts));
            }
            self.end = Some(Time(window.to().0.saturating_sub(1)));
        }
    }

    /// Shows the time around `time` and stops following.
    pub fn show(&mut self, time: Time, extent: Extent) {
        let span = self.span(extent);
        let end = Time(time.0.saturating_add(span / 2));
        self.end = Some(end.max(self.first_end(extent)).min(extent.now));
    }

    /// Moves the view by `columns` of a chart from `window`, to later data if positive.
    pub fn drag(&mut self, columns: i64, window: &PlotWindow, extent: Extent) {
        if !self.has_more(columns > 0, extent) {
            return;
        }
        self.stop(window);
        let step = columns.saturating_mul(DOTS).saturating_mul(window.part);
        let end = self.end.unwrap_or(extent.now).0.saturating_add(step);
        self.go_to(Time(end), extent);
    }

    pub fn show_all(&mut self) {
        (self.span, self.end) = (None, None);
    }

    pub fn follow(&mut self) {
        self.end = None;
    }

    /// Returns whether there is later or earlier data outside the view.
    fn has_more(self, is_later: bool, extent: Extent) -> bool {
        if is_later {
            return !self.is_following();
        }
        let from = self.window(extent).from;
        extent.earliest.is_none_or(|earliest| earliest < from)
    }

    /// Sets the end of the window, but does not let the window start before the data or end in the
    /// future.
    fn go_to(&mut self, end: Time, extent: Extent) {
        let end = end.max(self.first_end(extent));
        self.end = (end < extent.now).then_some(end);
    }

    /// Returns the end of a window that starts at the time of the earliest number.
    fn first_end(self, extent: Extent) -> Time {
        let Some(earliest) = extent.earliest else {
            return Time(i64::MIN);
        };
        let parts = extent.parts();
        let part = div_ceil(self.span(extent), parts);
        Time(earliest.0.saturating_add(part.saturating_mul(parts - 1)))
    }

    fn span(self, extent: Extent) -> i64 {
        self.span.unwrap_or_else(|| {
            let since = |earliest: Time| extent.now.0.saturating_sub(earliest.0);
            let since = extent.earliest.map_or(0, since);
            since.max(MIN_SPAN_OF_ALL)
        })
    }
}

impl Extent {
    fn parts(self) -> i64 {
        i64::from(self.columns.max(1)) * DOTS
    }
}

impl PlotWindow {
    /// Returns the window that was requested.
    pub(super) fn asked(ask: &Ask) -> Option<Self> {
        let (from, last) = ask.stretch?;
        let parts = i64::try_from(ask.most).ok().filter(|parts| *parts > 0)?;
        let part = (last.0.saturating_sub(from.0).saturating_add(1)).max(parts) / parts;
        Some(Self { from, part, parts })
    }

    pub(super) fn ask(&self, check: CheckId, channel: Arc<[u8]>) -> Ask {
        Ask {
            check,
            channel: Some(channel),
            stretch: Some((self.from, Time(self.to().0.saturating_sub(1)))),
            gap_until: None,
            most: usize::try_from(self.parts).unwrap_or(1),
        }
    }

    /// Returns a longer window that begins this many microseconds earlier, rounded up to a whole
    /// part.
    pub(super) fn begun_earlier(&self, micros: i64) -> Self {
        let more = micros / self.part + 1;
        Self {
            from: Time(self.from.0.saturating_sub(more.saturating_mul(self.part))),
            parts: self.parts.saturating_add(more),
            ..*self
        }
    }

    /// Returns whether both windows have the same number of parts, of the same length.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.part, self.parts) == (other.part, other.parts)
    }

    /// Returns the end of the window, exclusive.
    pub fn to(&self) -> Time {
        let length = self.part.saturating_mul(self.parts);
        Time(self.from.0.saturating_add(length))
    }

    /// Returns whether `time` lies in the window.
    pub fn contains(&self, time: Time) -> bool {
        (self.from..self.to()).contains(&time)
    }

    /// Returns the length of the window.
    pub fn span(&self) -> Duration {
        self.to().since(self.from)
    }

    /// Returns the length of a part.
    pub fn part_length(&self) -> Duration {
        Duration::from_micros(self.part.unsigned_abs())
    }

    /// Returns the index of the last part, at the right end of a chart. Part 0 is at the left end.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred parts")]
    pub fn last_part(&self) -> f64 {
        (self.parts - 1) as f64
    }

    /// Returns the column of a chart for `time`, which must lie in the window.
    pub fn column_of(&self, time: Time) -> u16 {
        let part = time.0.saturating_sub(self.from.0).div_euclid(self.part);
        u16::try_from(part.clamp(0, self.parts - 1) / DOTS).unwrap_or(u16::MAX)
    }

    /// Returns the time in the middle of a column of a chart.
    pub fn time_at(&self, column: u16) -> Time {
        let parts = (i64::from(column) * DOTS + 1).min(self.parts - 1);
        Time(self.from.0.saturating_add(self.part.saturating_mul(parts)))
    }

    /// Returns the index of the part that contains `time`, or an index out of range if `time` lies
    /// outside the window.
    #[expect(clippy::cast_precision_loss, reason = "no line is drawn that far away")]
    pub fn part_of(&self, time: Time) -> f64 {
        time.0.saturating_sub(self.from.0).div_euclid(self.part) as f64
    }
}

/// Divides positive numbers, rounding up.
fn div_ceil(number: i64, by: i64) -> i64 {
    (number / by + i64::from(number % by > 0)).max(1)
}

/// Rounds a number up to the next round number.
fn rounded_up(number: i64) -> i64 {
    let power = 10_i64.pow(number.max(1).ilog10());
    let quarters = [4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40];
    let steps = quarters.map(|quarter| power.saturating_mul(quarter) / 4);
    let next = steps.into_iter().find(|step| *step >= number);
    next.unwrap_or(number).max(1)
}

#[cfg(test)]
mod tests;
