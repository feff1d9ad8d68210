//! Parts of rectangles.

use ratatui::layout::Rect;

/// Returns the part of a bordered region inside its border.
pub fn inside(area: Rect) -> Rect {
    Rect::new(
        area.x.saturating_add(1),
        area.y.saturating_add(1),
        area.width.saturating_sub(2),
        area.height.saturating_sub(2),
    )
}

/// Returns a region reduced by one column of padding on either side.
pub fn padded(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        width: area.width.saturating_sub(2),
        ..area
    }
}

/// Splits off the top `rows`. Returns them and the area below.
pub(in crate::app) fn cut_top(area: Rect, rows: u16) -> (Rect, Rect) {
    let height = rows.min(area.height);
    let rest = Rect {
        y: area.y + height,
        height: area.height - height,
        ..area
    };
    (Rect { height, ..area }, rest)
}

/// Splits off the bottom `rows`. Returns the area above and these rows.
pub(in crate::app) fn cut_bottom(area: Rect, rows: u16) -> (Rect, Rect) {
    cut_top(area, area.height - rows.min(area.height))
}

pub(super) fn cut_left(area: Rect, columns: u16) -> (Rect, Rect) {
    let width = columns.min(area.width);
    let rest = Rect {
        x: area.x + width,
        width: area.width - width,
        ..area
    };
    (Rect { width, ..area }, rest)
}

/// Returns `share` parts of `total` cells that are divided into `parts`.
pub(super) fn part(total: u16, share: u32, parts: u32) -> u16 {
    u16::try_from(u32::from(total) * share / parts).unwrap_or(u16::MAX)
}

/// Returns the region of a popup a little above the middle of `area`, `columns` wide including the
/// border, with room for `lines`.
pub fn popup(area: Rect, columns: u16, lines: usize) -> Rect {
    let rows = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
    let (width, height) = (columns.min(area.width), rows.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 3,
        width,
        height,
    }
}
