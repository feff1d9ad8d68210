//! The borders between panes, which the user can move.

/// A border that can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// Between the channel list and the log.
    List,
    /// Between the channel list and the log while a message is open beside the log.
    Names,
    /// The right border of the channel list while it covers other panes.
    ListOver,
    /// Between the log and the open message beside it.
    Beside,
    /// Between the log and the open message below it.
    Below,
}

/// Minimum width of the log to show an open message beside it. Each takes half of the width.
pub(super) const MIN_BESIDE: u16 = 110;

/// Minimum width of the channel list over other panes, which leaves 14 columns for names.
const MIN_LIST_OVER: u16 = 20;

/// Minimum width of the channel list, which then shows only names.
pub(super) const MIN_NAMES: u16 = 16;

/// Minimum width of the log beside the channel list: 25 columns of payload.
const MIN_LOG: u16 = 60;

/// Minimum widths of the log and of an open message beside it.
const MIN_LOG_BESIDE: u16 = 50;
const MIN_MESSAGE_BESIDE: u16 = 40;

/// Minimum heights of the log and of an open message below it.
const MIN_LOG_ROWS: u16 = 4;
const MIN_MESSAGE_ROWS: u16 = 6;

/// The share that stands for a whole area: 100%, in hundredths of a percent.
const WHOLE: u32 = 10_000;

/// Where the user has moved the borders. `None` stands for the default position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Borders {
    /// The columns of the channel list.
    pub list: Option<u16>,
    /// The columns of the channel list while a message is open beside the log.
    pub names: Option<u16>,
    /// The columns of the channel list while it covers other panes.
    pub list_over: Option<u16>,
    /// The log's share of the width if a message is open beside it, in hundredths of a percent.
    pub beside: Option<u16>,
    /// The log's share of the height if a message is open below it, in hundredths of a percent.
    pub below: Option<u16>,
}

impl Borders {
    /// Returns how many of the `total` cells on both sides of a border are before it, or `None` if
    /// the user has not moved it.
    pub(super) fn columns(&self, border: Border, total: u16) -> Option<u16> {
        let cells = match border {
            Border::List => self.list?,
            Border::Names => self.names?,
            Border::ListOver => self.list_over?,
            Border::Beside => of_share(self.beside?, total),
            Border::Below => of_share(self.below?, total),
        };
        Some(within_limits(border, cells, total))
    }

    /// Moves a border so that `cells` of the `total` cells on both sides are before it, within
    /// limits that leave room for the panes. Returns whether the border has moved from `before`.
    pub(crate) fn put(&mut self, border: Border, cells: u16, (before, total): (u16, u16)) -> bool {
        let cells = within_limits(border, cells, total);
        let (place, value) = match border {
            Border::List => (&mut self.list, cells),
            Border::Names => (&mut self.names, cells),
            Border::ListOver => (&mut self.list_over, cells),
            Border::Beside => (&mut self.beside, share(cells, total)),
            Border::Below => (&mut self.below, share(cells, total)),
        };
        if cells == before {
            return false;
        }
        *place = Some(value);
        true
    }
}

/// Returns the nearest position of a border that leaves room for the panes on both sides.
fn within_limits(border: Border, cells: u16, total: u16) -> u16 {
    let (before, after) = match border {
        Border::List => (MIN_NAMES, MIN_LOG),
        Border::Names => (MIN_NAMES, MIN_BESIDE),
        Border::ListOver => (MIN_LIST_OVER, 0),
        Border::Beside => (MIN_LOG_BESIDE, MIN_MESSAGE_BESIDE),
        Border::Below => (MIN_LOG_ROWS, MIN_MESSAGE_ROWS),
    };
    let most = total.saturating_sub(after);
    cells.max(before).min(most)
}

/// Returns `cells` as a share of `total`.
fn share(cells: u16, total: u16) -> u16 {
    let total = u32::from(total).max(1);
    let share = (u32::from(cells) * WHOLE + total / 2) / total;
    u16::try_from(share).unwrap_or(u16::MAX)
}

/// Returns the number of cells that a share of `total` stands for.
fn of_share(share: u16, total: u16) -> u16 {
    let cells = (u32::from(share) * u32::from(total) + WHOLE / 2) / WHOLE;
    u16::try_from(cells).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_same_total_is_exactly_as_many_cells() {
        for total in 1..600 {
            for cells in 0..=total {
                assert_eq!(of_share(share(cells, total), total), cells, "{total}");
            }
        }
    }

    #[test]
    fn a_border_leaves_room_on_both_sides_and_stops_there() {
        let mut borders = Borders::default();
        assert!(borders.put(Border::List, 500, (40, 120)));
        assert_eq!(borders.columns(Border::List, 120), Some(60));
        assert!(!borders.put(Border::List, 61, (60, 120)), "it is there");
        assert!(borders.put(Border::List, 0, (60, 120)));
        assert_eq!(borders.columns(Border::List, 120), Some(16));
        assert!(borders.put(Border::Below, 1, (8, 20)));
        assert_eq!(borders.columns(Border::Below, 20), Some(4));
    }

    #[test]
    fn a_border_keeps_its_share_on_another_screen() {
        let mut borders = Borders::default();
        borders.put(Border::Beside, 100, (80, 160));
        assert_eq!(borders.columns(Border::Beside, 120), Some(75));
        borders.put(Border::List, 100, (40, 160));
        assert_eq!(borders.columns(Border::List, 90), Some(30), "room is left");
    }
}
