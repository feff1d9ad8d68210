//! A chart: dotted lines over time.

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::Drawn;
use super::beyond::{self, Beyond};
use super::scale::Scale;
use super::unit::Unit;
use crate::app::{Dot, Plot, PlotWindow, TimeForm};
use crate::message::Time;
use crate::payload::figures::{self, Clock};
use crate::view::theme;

/// Width of the axis labels, in columns.
const LABEL: usize = 8;

/// Maximum number of lines per series; each is a layer of the chart. If gaps would split a series
/// into more lines than this, its values are drawn as separate points.
const MOST_LINES: usize = 40;

/// The cursor line, and the point at the cursor.
const CURSOR: &str = "┊";
const POINT: &str = "●";

/// A chart of up to this many rows has no time labels.
const LOW: u16 = 3;

/// The contents of a chart.
pub struct Panel<'a> {
    pub series: &'a [&'a Drawn<'a>],
    pub window: &'a PlotWindow,
    pub form: TimeForm,
    pub clock: &'a Clock,
    pub now: Time,
    /// Whether the chart has the time labels.
    pub is_lowest: bool,
    /// The slot of the selected series, and its point at the cursor.
    pub read: Option<(usize, Dot)>,
}

impl Panel<'_> {
    /// Draws the chart. Returns whether any values are beyond its axis.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) -> bool {
        if area.is_empty() {
            return false;
        }
        let scale = self.scale(area.height);
        let strokes = self.series.iter().map(|one| {
            let strokes = Strokes::of(&one.curve.dots, self.window);
            (strokes, theme::series(one.series.slot))
        });
        let strokes: Vec<(Strokes, Style)> = strokes.collect();
        let mut datasets = Vec::new();
        for (strokes, style) in &strokes {
            let dataset = |data, kind| {
                Dataset::default()
                    .data(data)
                    .marker(Marker::Braille)
                    .graph_type(kind)
                    .style(*style)
            };
            datasets.push(dataset(&strokes.alone[..], GraphType::Scatter));
            let lines = strokes.lines.iter();
            datasets.extend(lines.map(|line| dataset(&line[..], GraphType::Line)));
        }
        let chart = Chart::new(datasets)
            .x_axis(self.times(area))
            .y_axis(self.numbers(scale, area))
            .legend_position(None);
        chart.render(area, buffer);
        if let Some((slot, dot)) = &self.read {
            self.cursor(*slot, dot, scale, self.graph(area), buffer);
        }
        let beyond = self.beyond(scale);
        let is_cut = !beyond.is_empty();
        beyond::draw(beyond, self.graph(area), buffer);
        is_cut
    }

    /// Returns the part of `area` where lines are drawn: right of the labels and above the times.
    fn graph(&self, area: Rect) -> Rect {
        let columns = Plot::chart_columns(area.width);
        let has_times = self.time_labels(area).is_some();
        Rect {
            x: area.right() - columns,
            width: columns,
            height: area.height - if has_times { 2 } else { 0 },
            ..area
        }
    }

    /// Draws a vertical line at the cursor, and the point if it belongs to this chart.
    fn cursor(&self, slot: usize, dot: &Dot, scale: Scale, graph: Rect, buffer: &mut Buffer) {
        let column = self.window.column_of(dot.time);
        if column >= graph.width {
            return;
        }
        for y in graph.top()..graph.bottom() {
            let cell = &mut buffer[(graph.x + column, y)];
            if cell.symbol() == " " {
                cell.set_symbol(CURSOR).set_style(theme::QUIET);
            }
        }
        if self.series.iter().any(|one| one.series.slot == slot) {
            let row = scale.row_of(dot.mean, graph.height);
            let style = theme::series(slot).patch(theme::STRONG);
            buffer[(graph.x + column, graph.y + row)]
                .set_symbol(POINT)
                .set_style(style);
        }
    }

    /// Returns the values too high for the axis: for each series, the highest in each column.
    fn beyond(&self, scale: Scale) -> Vec<Beyond> {
        let mut all = Vec::new();
        for one in self.series {
            let high = self.seen(one).filter(|dot| dot.high > scale.high);
            let high = high.map(|dot| (self.window.column_of(dot.time), dot.high));
            let high: Vec<_> = high.collect();
            for run in high.chunk_by(|(column, _), (next, _)| column == next) {
                let value = run.iter().map(|(_, value)| *value).fold(f64::MIN, f64::max);
                all.push(Beyond {
                    column: run[0].0,
                    value,
                    words: one.unit.write(value),
                    slot: one.series.slot,
                });
            }
        }
        all
    }

    /// Returns the scale of all values in view, except for a few intervals that are far longer than
    /// the others.
    fn scale(&self, height: u16) -> Scale {
        let mut low = f64::INFINITY;
        let mut high = f64::NEG_INFINITY;
        for one in self.series {
            if let Some(of) = one.curve.figures {
                low = low.min(of.min);
                high = high.max(self.reach(one).unwrap_or(of.max));
            }
        }
        // If no value is in view, the chart shows only lines between values outside the view, and
        // any scale will do.
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let first = self.series.first();
        let starts_at_zero = first.is_some_and(|one| one.unit.starts_at_zero());
        Scale::around(low, high, starts_at_zero, (height / 2).clamp(2, 8))
    }

    /// Returns the upper end of the axis for a series whose highest values the axis may leave out;
    /// `None` for other series.
    fn reach(&self, one: &Drawn<'_>) -> Option<f64> {
        if one.unit != Unit::Milliseconds {
            return None;
        }
        beyond::reach(self.seen(one).map(|dot| dot.high))
    }

    /// Returns the points of a series in view.
    fn seen<'b>(&'b self, one: &'b Drawn<'_>) -> impl Iterator<Item = &'b Dot> {
        let dots = one.curve.dots.iter();
        dots.filter(move |dot| self.window.contains(dot.time))
    }

    fn times(&self, area: Rect) -> Axis<'static> {
        let axis = Axis::default()
            .bounds([0.0, self.window.last_part().max(1.0)])
            .style(theme::QUIET)
            .labels_alignment(Alignment::Right);
        match self.time_labels(area) {
            Some(labels) => axis.labels(labels),
            None => axis,
        }
    }

    /// Returns the time labels below the chart, if any fit.
    fn time_labels(&self, area: Rect) -> Option<Vec<Line<'static>>> {
        if !self.is_lowest || area.height <= LOW {
            return None;
        }
        let (from, to) = (self.window.from, self.window.to());
        let middle = Time(from.0 / 2 + to.0 / 2);
        let labels = [from, middle, to].map(|time| self.time(time));
        let widest = labels.iter().map(|label| label.width()).max().unwrap_or(0);
        let room = usize::from(Plot::chart_columns(area.width));
        let [first, middle, last] = labels.map(Line::raw);
        // There is room for three labels, or else for two.
        if room / 3 > widest {
            Some(vec![first, middle, last])
        } else {
            (room / 2 > widest).then(|| vec![first, last])
        }
    }

    /// Formats a time on the axis, with more precision for shorter periods in view.
    fn time(&self, time: Time) -> String {
        if self.form == TimeForm::Age {
            // The last interval may extend beyond the current time.
            if time >= self.now {
                return "now".to_owned();
            }
            return format!("{} ago", figures::duration(self.now.since(time)));
        }
        let clock = self.clock;
        match self.window.span().as_secs() {
            0..10 => clock.time_of_day(time),
            10..86_400 => clock.seconds(time),
            // Drops the seconds and the zone.
            _ => clock.date_and_time(time).chars().take(16).collect(),
        }
    }

    fn numbers(&self, scale: Scale, area: Rect) -> Axis<'static> {
        let axis = Axis::default()
            .bounds([scale.low, scale.high])
            .style(theme::QUIET);
        let Some(first) = self.series.first().filter(|_| Plot::has_labels(area.width)) else {
            return axis;
        };
        let labels = scale.marks().map(|mark| {
            let words = first.unit.tick(mark, scale.step);
            Line::raw(format!("{words:>LABEL$}"))
        });
        axis.labels(labels)
    }
}

/// A series as dotted lines.
#[derive(Debug, Default, PartialEq)]
struct Strokes {
    /// One line for each run of points between gaps.
    lines: Vec<Vec<(f64, f64)>>,
    /// The points that no line connects to a neighbour.
    alone: Vec<(f64, f64)>,
}

impl Strokes {
    fn of(dots: &[Dot], window: &PlotWindow) -> Self {
        let mut strokes = Self::default();
        for run in dots.chunk_by(|_, next| !next.after_gap) {
            let line: Vec<_> = run.iter().flat_map(|dot| points(dot, window)).collect();
            if line.len() > 1 {
                strokes.lines.push(line);
            } else {
                strokes.alone.extend(line);
            }
        }
        if strokes.lines.len() > MOST_LINES {
            strokes.alone.extend(strokes.lines.drain(..).flatten());
        }
        strokes
    }
}

/// Returns the points of a dot: its mean and, if it stands for several values, a vertical line from
/// the lowest to the highest.
fn points(dot: &Dot, window: &PlotWindow) -> impl Iterator<Item = (f64, f64)> {
    let x = window.part_of(dot.time);
    let spread = (dot.low < dot.high).then_some([dot.low, dot.high, dot.mean]);
    let spread = spread.into_iter().flatten();
    std::iter::once(dot.mean).chain(spread).map(move |y| (x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> PlotWindow {
        PlotWindow {
            from: Time(0),
            part: 10,
            parts: 100,
        }
    }

    fn dot(time: i64, low: f64, high: f64, after_gap: bool) -> Dot {
        Dot {
            time: Time(time),
            low,
            high,
            mean: f64::midpoint(low, high),
            count: 1,
            after_gap,
        }
    }

    #[test]
    fn no_line_crosses_a_gap() {
        let dots = [
            dot(0, 1.0, 1.0, false),
            dot(10, 2.0, 4.0, false),
            dot(25, 5.0, 5.0, true),
            dot(40, 6.0, 6.0, true),
            dot(50, 7.0, 7.0, false),
        ];
        let strokes = Strokes::of(&dots, &window());
        let first = vec![(0.0, 1.0), (1.0, 3.0), (1.0, 2.0), (1.0, 4.0), (1.0, 3.0)];
        assert_eq!(strokes.lines, [first, vec![(4.0, 6.0), (5.0, 7.0)]]);
        assert_eq!(strokes.alone, [(2.0, 5.0)]);
    }

    #[test]
    fn with_many_gaps_values_are_drawn_without_lines() {
        let dots: Vec<Dot> = (0..1_000).map(|at| dot(at, 1.0, 2.0, true)).collect();
        let strokes = Strokes::of(&dots, &window());
        assert!(strokes.lines.is_empty());
        assert_eq!(strokes.alone.len(), 4_000);
    }
}
