//! An outline of a tree: which values are folded, where the cursor is, and what is in view.

use std::collections::BTreeSet;

use super::page::Page;
use crate::payload::rows;
use crate::payload::tree::{Kind, NodeId, Value};

/// A string longer than this is folded initially, since it would fill the pane.
const LONG_TEXT: usize = 4 << 10;

/// A row of an outline: a value, or the part of its text from `offset` on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutlineRow {
    /// The value.
    pub node: NodeId,
    /// The first byte of its text in this row: 0 in its first row.
    pub offset: usize,
}

impl OutlineRow {
    /// Returns the first row of a value.
    fn first_of(node: NodeId) -> Self {
        Self { node, offset: 0 }
    }
}

/// Which values are folded, except for those that the user has folded or unfolded individually.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Folding {
    /// Only long strings.
    #[default]
    Usual,
    Nothing,
    Everything,
}

/// The folding of a tree and the position in it.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The selected value.
    pub cursor: NodeId,
    top: OutlineRow,
    folding: Folding,
    /// The exceptions to `folding`.
    toggled: BTreeSet<NodeId>,
}

impl Outline {
    /// Returns whether the contents of a value are hidden.
    pub fn is_folded(&self, value: &Value<'_>, page: &Page<'_>) -> bool {
        if !page.can_fold(value) {
            return false;
        }
        let is_folded = match self.folding {
            Folding::Usual => value.kind == Kind::String && value.text.len() > LONG_TEXT,
            Folding::Nothing => false,
            Folding::Everything => true,
        };
        is_folded != self.toggled.contains(&value.id)
    }

    /// Returns the rows in view, from the top.
    pub fn rows<'a>(&'a self, page: &'a Page<'a>) -> impl Iterator<Item = OutlineRow> + 'a {
        std::iter::successors(Some(self.top), |row| self.next_row(*row, page)).take(page.height)
    }

    /// Moves by this many values, down if positive.
    pub fn step(&mut self, lines: isize, page: &Page<'_>) {
        for _ in 0..lines.unsigned_abs() {
            if lines > 0 {
                self.down(page);
            } else {
                self.up(page);
            }
        }
    }

    /// Moves one value down, or one row if the text of this value continues below the page.
    pub fn down(&mut self, page: &Page<'_>) {
        let below = self.row_below(page);
        if below.is_some_and(|below| below.node == self.cursor) {
            self.scroll_down(1, page);
        } else if let Some(next) = self.next_node(self.cursor, page) {
            self.cursor = next;
            self.show_cursor(page);
        }
    }

    /// Moves one value up, or one row if the text of this value continues above the page.
    pub fn up(&mut self, page: &Page<'_>) {
        if self.top.node == self.cursor && self.top.offset > 0 {
            self.scroll_up(1, page);
        } else if let Some(before) = self.node_before(self.cursor, page) {
            self.cursor = before;
            if !self.rows(page).any(|row| row.node == before) {
                self.top = self.last_row_of(before, page);
            }
        }
    }

    /// Scrolls by rows, down if positive, and moves the cursor only as far as needed to stay in view.
    /// If there is nothing to scroll to, moves the cursor to the first or last value.
    pub fn scroll(&mut self, rows: isize, page: &Page<'_>) {
        let before = self.top;
        let (count, is_down) = (rows.unsigned_abs(), rows > 0);
        if is_down {
            self.scroll_down(count, page);
        } else {
            self.scroll_up(count, page);
        }
        if self.top == before {
            self.cursor = if is_down {
                self.last_node(page)
            } else {
                NodeId::default()
            };
        }
    }

    fn scroll_down(&mut self, rows: usize, page: &Page<'_>) {
        let height = page.height.max(1);
        for _ in 0..rows {
            let last = self.rows(page).nth(height - 1);
            if last.and_then(|last| self.next_row(last, page)).is_none() {
                break;
            }
            let Some(next) = self.next_row(self.top, page) else {
                break;
            };
            self.top = next;
        }
        self.cursor = self.cursor.max(self.top.node);
    }

    fn scroll_up(&mut self, rows: usize, page: &Page<'_>) {
        self.raise_top(rows, page);
        let last = self.rows(page).last();
        self.cursor = last.map_or(self.cursor, |last| self.cursor.min(last.node));
    }

    /// Moves the top up by `rows`, or as far as possible.
    fn raise_top(&mut self, rows: usize, page: &Page<'_>) {
        for _ in 0..rows {
            let Some(before) = self.row_before(self.top, page) else {
                return;
            };
            self.top = before;
        }
    }

    /// Moves to the first value.
    pub fn go_to_start(&mut self) {
        (self.cursor, self.top) = (NodeId::default(), OutlineRow::default());
    }

    /// Moves to the last value, with the end in view.
    pub fn go_to_end(&mut self, page: &Page<'_>) {
        self.cursor = self.last_node(page);
        self.top = self.last_row_of(self.cursor, page);
        self.raise_top(page.height.saturating_sub(1), page);
    }

    /// Moves to a value, and unfolds all values that contain it.
    pub fn go_to(&mut self, node: NodeId, page: &Page<'_>) {
        for id in page.ancestors(node) {
            self.set_folded(id, false, page);
        }
        self.cursor = node;
        self.show_cursor(page);
    }

    /// Folds the value, or goes to its parent if it is folded already.
    pub fn fold(&mut self, page: &Page<'_>) {
        let Some(value) = page.value(self.cursor) else {
            return;
        };
        if page.can_fold(&value) && !self.is_folded(&value, page) {
            self.set_folded(self.cursor, true, page);
        } else if let Some(parent) = page.tree.parent(self.cursor) {
            self.cursor = parent;
        }
        self.show_cursor(page);
    }

    /// Unfolds the value, or goes to its first child if it is unfolded already.
    pub fn unfold(&mut self, page: &Page<'_>) {
        let Some(value) = page.value(self.cursor) else {
            return;
        };
        if self.is_folded(&value, page) {
            self.set_folded(self.cursor, false, page);
        } else if value.count > 0 {
            self.down(page);
        }
    }

    /// Folds or unfolds the value.
    pub fn toggle(&mut self, page: &Page<'_>) {
        let Some(value) = page.value(self.cursor) else {
            return;
        };
        let is_folded = self.is_folded(&value, page);
        self.set_folded(self.cursor, !is_folded, page);
        self.show_cursor(page);
    }

    /// Folds or unfolds the value, but only unfolds the outermost one: the key that opened the
    /// message, pressed twice, must not hide it.
    pub fn toggle_inner(&mut self, page: &Page<'_>) {
        if self.cursor == NodeId::default() {
            self.set_folded(self.cursor, false, page);
        } else {
            self.toggle(page);
        }
    }

    /// Unfolds all values.
    pub fn open_all(&mut self, page: &Page<'_>) {
        self.folding = Folding::Nothing;
        self.toggled.clear();
        self.show_cursor(page);
    }

    /// Folds all but the outermost value.
    pub fn close_all(&mut self, page: &Page<'_>) {
        self.folding = Folding::Everything;
        self.toggled = BTreeSet::from([NodeId::default()]);
        let inner = page.ancestors(self.cursor).filter(|id| id.0 > 0);
        self.cursor = inner.last().unwrap_or(self.cursor);
        self.top = OutlineRow::default();
        self.show_cursor(page);
    }

    /// Keeps the cursor in view after the page is resized, and fills rows that would be empty.
    pub fn resize(&mut self, page: &Page<'_>) {
        self.top.offset = 0;
        self.show_cursor(page);
        let empty = page.height - self.rows(page).count().min(page.height);
        self.raise_top(empty, page);
    }

    /// Returns the same position in another tree: the value at the same path, with the same folding
    /// if both trees have the same structure.
    #[must_use]
    pub fn carried_over(&self, from: &Page<'_>, to: &Page<'_>) -> Self {
        let mut carried = Self {
            folding: self.folding,
            ..Self::default()
        };
        let is_alike = from.has_structure_of(to);
        if is_alike {
            carried.top = OutlineRow::first_of(self.top.node);
        }
        if is_alike || self.folding == Folding::Everything {
            carried.toggled.clone_from(&self.toggled);
        }
        let steps = from.steps_to(self.cursor);
        let lengths = (0..=steps.len()).rev();
        let mut found = lengths.filter_map(|length| to.tree.find(&steps[..length], to.bytes));
        carried.go_to(found.next().unwrap_or_default(), to);
        carried
    }

    fn set_folded(&mut self, id: NodeId, folded: bool, page: &Page<'_>) {
        let Some(value) = page.value(id) else { return };
        if page.can_fold(&value)
            && self.is_folded(&value, page) != folded
            && !self.toggled.remove(&id)
        {
            self.toggled.insert(id);
        }
    }

    /// Brings the cursor into view.
    fn show_cursor(&mut self, page: &Page<'_>) {
        self.leave_folds(page);
        let first = OutlineRow::first_of(self.cursor);
        if first < self.top {
            self.top = first;
            return;
        }
        if !self.rows(page).any(|row| row == first) {
            self.top = first;
            self.raise_top(page.height.saturating_sub(1), page);
        }
        self.show_rest(page);
    }

    /// Scrolls to show more of the selected value's text, but keeps its first row in view.
    fn show_rest(&mut self, page: &Page<'_>) {
        for _ in 0..page.height {
            let below = self.row_below(page);
            let goes_on = below.is_some_and(|below| below.node == self.cursor);
            if !goes_on || self.top.node == self.cursor {
                return;
            }
            let Some(next) = self.next_row(self.top, page) else {
                return;
            };
            self.top = next;
        }
    }

    /// Moves the cursor and the top row out of folded values.
    fn leave_folds(&mut self, page: &Page<'_>) {
        self.cursor = self.visible(self.cursor, page);
        let top = self.visible(self.top.node, page);
        if top != self.top.node {
            self.top = OutlineRow::first_of(top);
        }
    }

    /// Returns the outermost folded value that contains `node`, or else `node` itself.
    fn visible(&self, node: NodeId, page: &Page<'_>) -> NodeId {
        let is_folded = |id: &NodeId| {
            let value = page.value(*id);
            value.is_some_and(|value| self.is_folded(&value, page))
        };
        let folded = page.ancestors(node).filter(is_folded);
        folded.last().unwrap_or(node)
    }

    fn next_node(&self, node: NodeId, page: &Page<'_>) -> Option<NodeId> {
        let value = page.value(node)?;
        if self.is_folded(&value, page) {
            page.tree.after(node)
        } else {
            page.tree.next(node)
        }
    }

    fn node_before(&self, node: NodeId, page: &Page<'_>) -> Option<NodeId> {
        let before = NodeId(node.0.checked_sub(1)?);
        Some(self.visible(before, page))
    }

    fn last_node(&self, page: &Page<'_>) -> NodeId {
        let last = page.tree.len().saturating_sub(1);
        self.visible(NodeId(u32::try_from(last).unwrap_or(0)), page)
    }

    fn next_row(&self, row: OutlineRow, page: &Page<'_>) -> Option<OutlineRow> {
        let value = page.value(row.node)?;
        if self.is_spread(&value, page) {
            let columns = page.columns_of(&value).text;
            let part = rows::rows(value.text, columns, row.offset).next()?;
            if let Some(offset) = part.next {
                return Some(OutlineRow { offset, ..row });
            }
        }
        self.next_node(row.node, page).map(OutlineRow::first_of)
    }

    /// Returns the first row below the rows in view.
    fn row_below(&self, page: &Page<'_>) -> Option<OutlineRow> {
        let last = self.rows(page).last()?;
        self.next_row(last, page)
    }

    fn row_before(&self, row: OutlineRow, page: &Page<'_>) -> Option<OutlineRow> {
        if row.offset == 0 {
            let before = self.node_before(row.node, page)?;
            return Some(self.last_row_of(before, page));
        }
        let value = page.value(row.node)?;
        let columns = page.columns_of(&value).text;
        let offset = rows::rows_back(value.text, columns, row.offset, 1);
        Some(OutlineRow { offset, ..row })
    }

    fn last_row_of(&self, node: NodeId, page: &Page<'_>) -> OutlineRow {
        let spread = page.value(node).filter(|value| self.is_spread(value, page));
        let offset = spread.map_or(0, |value| {
            let columns = page.columns_of(&value).text;
            rows::rows_back(value.text, columns, rows::END, 1)
        });
        OutlineRow { node, offset }
    }

    /// Returns whether the text of a value is shown in several rows.
    fn is_spread(&self, value: &Value<'_>, page: &Page<'_>) -> bool {
        page.is_long(value) && !self.is_folded(value, page)
    }
}

#[cfg(test)]
mod tests;
