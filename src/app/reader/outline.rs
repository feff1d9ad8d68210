//! A tree being read: what is folded in it, where the cursor is, what is in view.

use std::collections::BTreeSet;

use crate::payload::escape;
use crate::payload::rows;
use crate::payload::tree::{Key, Kind, NodeId, Tree, Value};

/// Columns that a level is moved in.
const INDENT: usize = 2;

/// Columns before a value's name that say whether it is folded.
const SIGN: usize = 2;

/// A string longer than this is folded at first: it would fill the pane.
const LONG_TEXT: usize = 4 << 10;

/// The least columns of a text, whatever its name.
const MIN_TEXT_COLUMNS: usize = 8;

/// A tree with its bytes and the room to show it in.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The values.
    pub tree: &'a Tree,
    /// The bytes that they were decoded from.
    pub bytes: &'a [u8],
    /// The columns that there are.
    pub columns: usize,
    /// The rows that there are.
    pub height: usize,
}

/// A row of an outline: a value, or the part of its text from `offset` on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutlineRow {
    /// The value.
    pub node: NodeId,
    /// The first byte of its text in this row; only rows after the first have another than 0.
    pub offset: usize,
}

/// Where the parts of a value stand in its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Before the sign that says whether it is folded.
    pub indent: usize,
    /// Its name.
    pub name: usize,
    /// What it says, in each of its rows; a quote may stand before.
    pub text: usize,
}

/// What is open unless it was folded by hand, and the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Habit {
    /// All but long texts.
    #[default]
    Usual,
    AllOpen,
    AllClosed,
}

/// Where a person is in a tree.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    cursor: NodeId,
    top: OutlineRow,
    habit: Habit,
    /// What differs from the habit.
    toggled: BTreeSet<NodeId>,
}

impl Page<'_> {
    /// The value at `id`.
    #[must_use]
    pub fn value(&self, id: NodeId) -> Option<Value<'_>> {
        self.tree.value(id, self.bytes)
    }

    /// Where the parts of `value` stand.
    #[must_use]
    pub fn columns_of(&self, value: &Value<'_>) -> Columns {
        let indent = (value.depth * INDENT).min(self.columns / 3);
        let name = match value.key {
            Key::None => 0,
            Key::Index(index) => index.to_string().len() + 2,
            Key::Name(name) | Key::Odd(name) => {
                let most = (self.columns / 3).max(1);
                escape::name(name, most).columns
            }
        };
        // A colon and a space stand behind the name, a quote at either side of the text.
        let before = indent + SIGN + name + if name > 0 { 2 } else { 0 };
        let text = self.columns.saturating_sub(before + 2);
        Columns {
            indent,
            name,
            text: text.max(MIN_TEXT_COLUMNS),
        }
    }

    /// Whether what a value says takes more than one row.
    #[must_use]
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
    /// The value that the person is at.
    #[must_use]
    pub fn cursor(&self) -> NodeId {
        self.cursor
    }

    /// Whether nothing lies above what is shown.
    #[must_use]
    pub fn is_at_start(&self) -> bool {
        self.top == OutlineRow::default()
    }

    /// Whether what a value holds is hidden.
    #[must_use]
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

    /// The rows in view, from the top.
    pub fn rows<'a>(&'a self, page: &'a Page<'a>) -> impl Iterator<Item = OutlineRow> + 'a {
        std::iter::successors(Some(self.top), |place| self.next_row(*place, page)).take(page.height)
    }

    /// One value down, or one row where the text of this one goes on below.
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

    /// One value up, or one row where the text of this one goes on above.
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

    /// Some rows down, the cursor no further than it must.
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

    /// Some rows up, the cursor no further than it must.
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

    /// A page down, or as far as there is; at the end to the last value.
    pub fn page_down(&mut self, rows: usize, page: &Page<'_>) {
        let before = self.top;
        self.scroll_down(rows, page);
        if self.top == before {
            self.cursor = self.last_node(page);
        }
    }

    /// A page up, or as far as there is; at the start to the first value.
    pub fn page_up(&mut self, rows: usize, page: &Page<'_>) {
        let before = self.top;
        self.scroll_up(rows, page);
        if self.top == before {
            self.cursor = NodeId::default();
        }
    }

    /// To the first value.
    pub fn go_to_start(&mut self) {
        (self.cursor, self.top) = (NodeId::default(), OutlineRow::default());
    }

    /// To the last value in view of the end.
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

    /// To this value, with all open that it lies in.
    pub fn go_to(&mut self, node: NodeId, page: &Page<'_>) {
        let ancestors = std::iter::successors(page.tree.parent(node), |at| page.tree.parent(*at));
        for id in ancestors.collect::<Vec<_>>() {
            self.set_folded(id, false, page);
        }
        self.cursor = node;
        self.show_cursor(page);
    }

    /// Folds the value, or else goes to what holds it.
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

    /// Opens the value, or else goes into it.
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

    /// Folds the value, or opens it.
    pub fn toggle(&mut self, page: &Page<'_>) {
        let Some(value) = page.value(self.cursor) else {
            return;
        };
        let is_folded = self.is_folded(&value, page);
        self.set_folded(self.cursor, !is_folded, page);
        self.show_cursor(page);
    }

    /// Opens all.
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

    /// Keeps the cursor in view on a page of another size, and no row empty that need not be.
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

    /// The same place in another tree: the value of the same path, and the same folded if all is
    /// built alike.
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

    /// Brings in view what follows in the text of the cursor, as long as its first row stays.
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

    /// Takes the cursor and the top out of what is folded.
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

    /// The value itself, or the outermost folded one that it lies in.
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
            page.tree.behind(node)
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

    /// Whether the text of a value is shown in several rows.
    #[must_use]
    pub fn is_spread(&self, value: &Value<'_>, page: &Page<'_>) -> bool {
        page.is_long(value) && !self.is_folded(value, page)
    }
}

/// The keys on the way to a value.
fn steps_to<'a>(node: NodeId, page: &Page<'a>) -> Vec<Key<'a>> {
    let tree = page.tree;
    let way = std::iter::successors(Some(node), |at| tree.parent(*at));
    let keys = way.filter_map(|id| tree.value(id, page.bytes).map(|value| value.key));
    let mut steps: Vec<_> = keys.filter(|key| *key != Key::None).collect();
    steps.reverse();
    steps
}

/// Trees of more values than this are not compared for how they are built.
const MOST_COMPARED: usize = 4096;

/// Whether both have the same values by kind and key.
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
