//! An outline of a tree: which values are folded, where the cursor is, and what is in view.

use std::collections::BTreeSet;

use crate::payload::escape;
use crate::payload::rows;
use crate::payload::tree::{Key, Kind, NodeId, Tree, Value};

/// Columns of indent per level.
const INDENT: usize = 2;

/// Columns of the fold sign before the name of a value.
const SIGN: usize = 2;

/// A string longer than this is folded initially, since it would fill the pane.
const LONG_TEXT: usize = 4 << 10;

/// The minimum columns of a text, whatever its name.
const MIN_TEXT_COLUMNS: usize = 8;

/// A tree with its bytes and the room in which it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The values.
    pub tree: &'a Tree,
    /// The bytes that they were decoded from.
    pub bytes: &'a [u8],
    /// The number of columns.
    pub columns: usize,
    /// The number of rows.
    pub height: usize,
}

/// A row of an outline: a value, or the part of its text from `offset` on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutlineRow {
    /// The value.
    pub node: NodeId,
    /// The first byte of its text in this row; 0 except in the rows after its first.
    pub offset: usize,
}

/// The columns of the parts of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The columns before the fold sign.
    pub indent: usize,
    /// The columns of the name.
    pub name: usize,
    /// The columns of the text in each row; a quote may come before it.
    pub text: usize,
}

/// The default state of values. Folding or unfolding a value by hand makes an exception.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Habit {
    /// Everything is open except long texts.
    #[default]
    Usual,
    AllOpen,
    AllClosed,
}

/// The folding of a tree and the position in it.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    cursor: NodeId,
    top: OutlineRow,
    habit: Habit,
    /// The exceptions to the default.
    toggled: BTreeSet<NodeId>,
}

impl Page<'_> {
    /// Returns the value at `id`.
    pub fn value(&self, id: NodeId) -> Option<Value<'_>> {
        self.tree.value(id, self.bytes)
    }

    /// Returns the columns of the parts of `value`.
    pub fn columns_of(&self, value: &Value<'_>) -> Columns {
        let indent = (value.depth * INDENT).min(self.columns / 3);
        let name = match value.key {
            Key::None => 0,
            Key::Index(index) => index.to_string().len() + 2,
            Key::Name(name) | Key::Other(name) => {
                let most = (self.columns / 3).max(1);
                escape::name(name, most).columns
            }
        };
        // A colon and a space follow the name, and a quote is at either end of the text.
        let before = indent + SIGN + name + if name > 0 { 2 } else { 0 };
        let text = self.columns.saturating_sub(before + 2);
        Columns {
            indent,
            name,
            text: text.max(MIN_TEXT_COLUMNS),
        }
    }

    /// Returns whether the text of a value takes more than one row.
    pub fn is_long(&self, value: &Value<'_>) -> bool {
        if value.kind != Kind::String {
            return false;
        }
        let columns = self.columns_of(value).text;
        value.text.len() > escape::longest_prefix(columns)
            || value.text.contains(&b'\n')
            || escape::one_line(value.text, columns).cut
    }

    fn can_fold(&self, value: &Value<'_>) -> bool {
        value.count > 0 || self.is_long(value)
    }
}

impl Outline {
    /// Returns the selected value.
    pub fn cursor(&self) -> NodeId {
        self.cursor
    }

    /// Returns whether nothing lies above the rows in view.
    pub fn is_at_start(&self) -> bool {
        self.top == OutlineRow::default()
    }

    /// Returns whether the contents of a value are hidden.
    pub fn is_folded(&self, value: &Value<'_>, page: &Page<'_>) -> bool {
        if !page.can_fold(value) {
            return false;
        }
        let is_closed = match self.habit {
            Habit::Usual => value.kind == Kind::String && value.text.len() > LONG_TEXT,
            Habit::AllOpen => false,
            Habit::AllClosed => true,
        };
        is_closed != self.toggled.contains(&value.id)
    }

    /// Returns the rows in view, from the top.
    pub fn rows<'a>(&'a self, page: &'a Page<'a>) -> impl Iterator<Item = OutlineRow> + 'a {
        std::iter::successors(Some(self.top), |place| self.next_row(*place, page)).take(page.height)
    }

    /// Moves one value down, or one row if the text of this value continues below.
    pub fn down(&mut self, page: &Page<'_>) {
        let below = self
            .rows(page)
            .last()
            .and_then(|last| self.next_row(last, page));
        match below {
            Some(below) if below.node == self.cursor => self.scroll_down(1, page),
            _ => {
                if let Some(next) = self.next_node(self.cursor, page) {
                    self.cursor = next;
                    self.show_cursor(page);
                }
            }
        }
    }

    /// Moves one value up, or one row if the text of this value continues above.
    pub fn up(&mut self, page: &Page<'_>) {
        if self.top.node == self.cursor && self.top.offset > 0 {
            self.scroll_up(1, page);
        } else if let Some(before) = self.node_before(self.cursor, page) {
            self.cursor = before;
            if !self.rows(page).any(|place| place.node == before) {
                self.top = self.last_row_of(before, page);
            }
        }
    }

    /// Scrolls down by rows, and moves the cursor only as far as needed.
    pub fn scroll_down(&mut self, rows: usize, page: &Page<'_>) {
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

    /// Scrolls up by rows, and moves the cursor only as far as needed.
    pub fn scroll_up(&mut self, rows: usize, page: &Page<'_>) {
        for _ in 0..rows {
            let Some(before) = self.row_before(self.top, page) else {
                break;
            };
            self.top = before;
        }
        let last = self.rows(page).last();
        self.cursor = last.map_or(self.cursor, |last| self.cursor.min(last.node));
    }

    /// Moves a page down or as far as possible; at the end, to the last value.
    pub fn page_down(&mut self, rows: usize, page: &Page<'_>) {
        let before = self.top;
        self.scroll_down(rows, page);
        if self.top == before {
            self.cursor = self.last_node(page);
        }
    }

    /// Moves a page up or as far as possible; at the start, to the first value.
    pub fn page_up(&mut self, rows: usize, page: &Page<'_>) {
        let before = self.top;
        self.scroll_up(rows, page);
        if self.top == before {
            self.cursor = NodeId::default();
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
        for _ in 1..page.height {
            let Some(before) = self.row_before(self.top, page) else {
                break;
            };
            self.top = before;
        }
    }

    /// Moves to a value, and unfolds all values that contain it.
    pub fn go_to(&mut self, node: NodeId, page: &Page<'_>) {
        let ancestors = std::iter::successors(page.tree.parent(node), |at| page.tree.parent(*at));
        for id in ancestors.collect::<Vec<_>>() {
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

    /// Unfolds the value, or goes to its first child if it is open already.
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

    /// Unfolds all values.
    pub fn open_all(&mut self, page: &Page<'_>) {
        self.habit = Habit::AllOpen;
        self.toggled.clear();
        self.show_cursor(page);
    }

    /// Folds all but the outermost value.
    pub fn close_all(&mut self, page: &Page<'_>) {
        self.habit = Habit::AllClosed;
        self.toggled = BTreeSet::from([NodeId::default()]);
        let mut outer = self.cursor;
        while let Some(parent) = page.tree.parent(outer).filter(|parent| parent.0 > 0) {
            outer = parent;
        }
        self.cursor = outer;
        self.top = OutlineRow::default();
        self.show_cursor(page);
    }

    /// Keeps the cursor in view on a page of another size, and fills rows that would be empty.
    pub fn resize(&mut self, page: &Page<'_>) {
        self.top.offset = 0;
        self.show_cursor(page);
        let empty = page.height - self.rows(page).count().min(page.height);
        for _ in 0..empty {
            let Some(before) = self.row_before(self.top, page) else {
                break;
            };
            self.top = before;
        }
    }

    /// Returns the same position in another tree: the value at the same path, with the same folding
    /// if both trees have the same structure.
    #[must_use]
    pub fn carried_over(&self, from: &Page<'_>, to: &Page<'_>) -> Self {
        let is_alike = is_built_alike(from, to);
        let mut carried = Self {
            habit: self.habit,
            toggled: if is_alike || self.habit == Habit::AllClosed {
                self.toggled.clone()
            } else {
                BTreeSet::new()
            },
            ..Self::default()
        };
        if is_alike {
            carried.top = OutlineRow {
                node: self.top.node,
                offset: 0,
            };
        }
        let steps = steps_to(self.cursor, from);
        let same = (0..=steps.len()).rev();
        let mut found = same.filter_map(|length| to.tree.find(&steps[..length], to.bytes));
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
        let first = OutlineRow {
            node: self.cursor,
            offset: 0,
        };
        if first < self.top {
            self.top = first;
            return;
        }
        if self.rows(page).any(|place| place == first) {
            self.show_rest(page);
            return;
        }
        self.top = first;
        for _ in 1..page.height {
            let Some(before) = self.row_before(self.top, page) else {
                break;
            };
            self.top = before;
        }
        self.show_rest(page);
    }

    /// Scrolls to the rest of the selected text, as long as its first row stays in view.
    fn show_rest(&mut self, page: &Page<'_>) {
        for _ in 0..page.height {
            let last = self.rows(page).last();
            let below = last.and_then(|last| self.next_row(last, page));
            let goes_on = below.is_some_and(|below| below.node == self.cursor);
            let is_first = self.top.node == self.cursor;
            let Some(next) = self
                .next_row(self.top, page)
                .filter(|_| goes_on && !is_first)
            else {
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
            self.top = OutlineRow {
                node: top,
                offset: 0,
            };
        }
    }

    /// Returns the value itself, or the outermost folded value that contains it.
    fn visible(&self, node: NodeId, page: &Page<'_>) -> NodeId {
        let ancestors = std::iter::successors(page.tree.parent(node), |at| page.tree.parent(*at));
        let is_folded = |id: &NodeId| {
            page.value(*id)
                .is_some_and(|value| self.is_folded(&value, page))
        };
        ancestors.filter(is_folded).last().unwrap_or(node)
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

    fn next_row(&self, place: OutlineRow, page: &Page<'_>) -> Option<OutlineRow> {
        let value = page.value(place.node)?;
        if self.is_spread(&value, page) {
            let columns = page.columns_of(&value).text;
            let row = rows::rows(value.text, columns, place.offset).next()?;
            if let Some(offset) = row.next {
                return Some(OutlineRow { offset, ..place });
            }
        }
        let node = self.next_node(place.node, page)?;
        Some(OutlineRow { node, offset: 0 })
    }

    fn row_before(&self, place: OutlineRow, page: &Page<'_>) -> Option<OutlineRow> {
        if place.offset == 0 {
            let before = self.node_before(place.node, page)?;
            return Some(self.last_row_of(before, page));
        }
        let value = page.value(place.node)?;
        let columns = page.columns_of(&value).text;
        let offset = rows::rows_back(value.text, columns, place.offset, 1);
        Some(OutlineRow { offset, ..place })
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
    pub fn is_spread(&self, value: &Value<'_>, page: &Page<'_>) -> bool {
        page.is_long(value) && !self.is_folded(value, page)
    }
}

/// Returns the keys on the path to a value.
fn steps_to<'a>(node: NodeId, page: &Page<'a>) -> Vec<Key<'a>> {
    let tree = page.tree;
    let way = std::iter::successors(Some(node), |at| tree.parent(*at));
    let keys = way.filter_map(|id| tree.value(id, page.bytes).map(|value| value.key));
    let mut steps: Vec<_> = keys.filter(|key| *key != Key::None).collect();
    steps.reverse();
    steps
}

/// The structures of trees with more values than this are not compared.
const MOST_COMPARED: usize = 4096;

/// Returns whether both trees have the same structure: the same keys, depths and containers.
fn is_built_alike(one: &Page<'_>, other: &Page<'_>) -> bool {
    let count = one.tree.len();
    count == other.tree.len()
        && count <= MOST_COMPARED
        && (0..count).all(|index| {
            let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
            match (one.value(id), other.value(id)) {
                (Some(this), Some(that)) => {
                    (this.kind.is_container(), this.key, this.depth)
                        == (that.kind.is_container(), that.key, that.depth)
                }
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests;
