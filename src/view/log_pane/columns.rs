//! How a row of the log is divided between the time, the channel's name and the payload.

use crate::app::{App, TimeForm};

/// A pane with fewer columns shows times in seconds, to leave more room for the payload.
const MIN_FOR_MILLISECONDS: usize = 60;

/// Width of a time with milliseconds, and of a time in seconds or an age, in columns.
const MILLISECONDS: usize = 12;
const SECONDS: usize = 8;

/// Columns of payload that rows show at least, beside the size: in a pane of at least this width.
const LEAST_PAYLOAD: [(usize, usize); 2] = [(70, 40), (56, 25)];

/// Width of a screen on which [`MOST_LEAST_PAYLOAD`] columns of payload are enough, since it has
/// room for milliseconds and for long names.
const WIDE_SCREEN: u16 = 120;
const MOST_LEAST_PAYLOAD: usize = 32;

/// Columns reserved for `…` and the size after a payload that is cut.
const SIZE: usize = 9;

/// Returns whether a pane of `columns` shows times in seconds, and the width of the names in it, so
/// that rows show at least [`LEAST_PAYLOAD`] columns of payload.
pub(super) fn divide(app: &App, columns: usize) -> (bool, usize) {
    let session = app.session();
    let wanted = session.name_columns.min(columns / 3);
    let least = LEAST_PAYLOAD.iter().find(|(width, _)| columns >= *width);
    let is_wide = app.areas().screen.width >= WIDE_SCREEN;
    let most = if is_wide { MOST_LEAST_PAYLOAD } else { columns };
    let least = least.map(|(_, least)| most.min(*least));
    // The mark, the gaps after the time and the name, and the blank at the end take a column each.
    let beside = |time: usize| {
        let taken = least.map(|least| least + SIZE + time + 4);
        taken.map_or(wanted, |taken| columns.saturating_sub(taken))
    };
    let is_narrow = columns < MIN_FOR_MILLISECONDS;
    match session.time_form {
        TimeForm::Local | TimeForm::Utc => {
            let is_short = is_narrow || beside(MILLISECONDS) < wanted;
            let time = if is_short { SECONDS } else { MILLISECONDS };
            (is_short, wanted.min(beside(time)))
        }
        TimeForm::Age => (is_narrow, wanted.min(beside(SECONDS))),
        TimeForm::Delta | TimeForm::SinceMark => (is_narrow, wanted.min(beside(MILLISECONDS))),
    }
}
