//! Values beyond the end of an axis: if a few values are so high that all others would look flat,
//! the axis leaves them out, and marks show where they are.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use crate::view::theme;

/// Marks a value beyond the upper end of an axis.
pub const MARK: &str = "▲";

/// If there are fewer values than this, the axis reaches all of them.
const LEAST: usize = 4;

/// At most one in this many values may be beyond the axis, but a single value always may.
const ONE_OF: usize = 10;

/// Values that exceed the others by more than this factor are too high.
const MOST_RATIO: f64 = 8.0;

/// A value beyond the axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Beyond {
    pub column: u16,
    pub value: f64,
    pub words: String,
    /// The slot of its series.
    pub slot: usize,
}

/// Returns the upper end of an axis for these values.
pub fn reach(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    let highest = *numbers.last()?;
    let few = (numbers.len() / ONE_OF).max(1);
    if numbers.len() < LEAST {
        return Some(highest);
    }
    let most = numbers[numbers.len() - 1 - few] * MOST_RATIO;
    let within = numbers.into_iter().rfind(|number| *number <= most);
    // If all other values are zero, the axis includes the high ones, because there would be nothing
    // else to show.
    Some(within.filter(|number| *number > 0.0).unwrap_or(highest))
}

/// Draws the values beyond the axis into the top row of a chart: a mark for each and, where there
/// is room, its value, the highest first.
pub fn draw(mut beyond: Vec<Beyond>, chart: Rect, buffer: &mut Buffer) {
    beyond.retain(|one| one.column < chart.width && chart.height > 0);
    beyond.sort_by(|one, other| other.value.total_cmp(&one.value));
    let mut taken = vec![false; usize::from(chart.width)];
    for one in &beyond {
        taken[usize::from(one.column)] = true;
        let style = theme::series(one.slot).patch(theme::STRONG);
        buffer.set_string(chart.x + one.column, chart.y, MARK, style);
    }
    for one in &beyond {
        let columns = one.words.width();
        let at = usize::from(one.column);
        let is_free = |start: &usize| {
            let place = taken.get(*start..start + columns);
            place.is_some_and(|place| !place.contains(&true))
        };
        let (right, left) = (Some(at + 1), at.checked_sub(columns));
        let Some(start) = right.filter(is_free).or(left.filter(is_free)) else {
            continue;
        };
        // A space separates the text from its neighbours.
        let end = (start + columns + 1).min(taken.len());
        taken[start.saturating_sub(1)..end].fill(true);
        let x = chart.x + u16::try_from(start).unwrap_or(u16::MAX);
        buffer.set_string(x, chart.y, &one.words, theme::series(one.slot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(numbers: &[f64]) -> f64 {
        reach(numbers.iter().copied()).unwrap_or(-1.0)
    }

    #[test]
    fn an_axis_leaves_out_a_few_values_far_above_the_others() {
        for (numbers, expected) in [
            (&[][..], -1.0),
            (&[1.0, 1.0, 3_600.0], 3_600.0),
            (&[1.0, 2.0, 1.0, 1.0, 3_600.0], 2.0),
            (&[1.0, 2.0, 1.0, 1.0, 9.0], 9.0),
            // Two out of five are too many to leave out.
            (&[1.0, 1.0, 1.0, 3_600.0, 3_600.0], 3_600.0),
            (&[0.0, 0.0, 0.0, 0.0, 7.0], 7.0),
        ] {
            assert!((reached(numbers) - expected).abs() < 1e-9, "{numbers:?}");
        }
        let mut many: Vec<f64> = (0..100).map(f64::from).collect();
        many[..10].fill(1e6);
        assert!((reached(&many) - 99.0).abs() < 1e-9);
        many[..11].fill(1e6);
        assert!((reached(&many) - 1e6).abs() < 1e-9);
    }

    #[test]
    fn each_value_has_a_mark_and_is_written_where_there_is_room() {
        let beyond = |column, value: f64| Beyond {
            column,
            value,
            words: value.to_string(),
            slot: 0,
        };
        let chart = Rect::new(2, 1, 20, 3);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 24, 5));
        let all = vec![
            beyond(2, 50.0),
            beyond(4, 4000.0),
            beyond(11, 70.0),
            beyond(13, 60.0),
            beyond(19, 300.0),
            beyond(20, 1.0),
        ];
        draw(all, chart, &mut buffer);
        let row: String = (0..24).map(|x| buffer[(x, 1)].symbol()).collect();
        assert_eq!(row, "  50▲ ▲4000  ▲ ▲  300▲  ");
    }
}
