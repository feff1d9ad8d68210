//! An open message, kept whole even if the log evicts it.

mod marks;
mod outline;
mod page;
mod tab;

pub use self::outline::{Outline, OutlineRow};
pub use self::page::Page;
pub use self::tab::{TAB_SPACE, Tab};

use std::sync::Arc;

use self::marks::Marks;
use crate::app::layout::wrapped;
use crate::app::session::snapshot::MessageSnapshot;
use crate::payload::diff::Diff;
use crate::payload::format::{Decoded, Format};
use crate::payload::tree::{NodeId, Tree};
use crate::payload::{figures, hex, rows};
use crate::workers::decode::{Comparison, DecodedMessage};

/// The form in which a tab shows its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Values that can be folded.
    Values,
    /// Plain text.
    Text,
    /// A hex dump.
    Hex,
    /// Old and new values.
    Changes,
    /// Facts about the channel.
    Channel,
}

/// The room in which a message is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The number of columns.
    pub columns: usize,
    /// The number of rows.
    pub height: usize,
}

/// The maximum number of lines of notes above a message.
const MAX_NOTES: usize = 4;

/// The height of the header that says which messages are compared, in rows.
pub const DIFF_HEADER: usize = 1;

/// An open message and the position in it.
#[derive(Debug, Default)]
pub struct Reader {
    /// The message.
    pub snapshot: MessageSnapshot,
    /// The decoded message; `None` until it is decoded.
    decoded: Option<Arc<Decoded>>,
    /// The message that it is compared with.
    pub base: Option<MessageSnapshot>,
    comparison: Option<Arc<Comparison>>,
    tab: Tab,
    /// Which values are folded, and which one is selected.
    pub outline: Outline,
    /// The path of the selected value, cached because finding it may take longer than a frame.
    path: Option<String>,
    /// The first byte of the text in view.
    pub offset: usize,
    /// The first row of the hex dump in view.
    pub line: usize,
    /// The first row of the changes in view.
    pub change: usize,
    /// The first row of the channel tab in view.
    pub fact: usize,
    marks: Marks,
}

impl Reader {
    /// Opens a message at its start.
    pub fn open(snapshot: MessageSnapshot) -> Self {
        Self {
            snapshot,
            ..Self::default()
        }
    }

    /// Returns the decoded message, or `None` until it is decoded.
    pub fn decoded(&self) -> Option<&Decoded> {
        self.decoded.as_deref()
    }

    /// Returns the values of the message, if it is decoded and has any.
    pub fn tree(&self) -> Option<&Tree> {
        self.decoded.as_ref()?.tree.as_ref()
    }

    /// Records the decoded message and its comparison.
    pub fn note(&mut self, message: DecodedMessage) {
        self.decoded = Some(message.decoded);
        if self.base.is_some() {
            self.comparison = message.comparison;
        }
    }

    /// Compares the message with `base` from now on.
    pub fn compare_with(&mut self, base: Option<MessageSnapshot>) {
        self.base = base;
        self.comparison = None;
        self.change = 0;
    }

    /// Returns the changes from the base to this message, once they are known.
    pub fn comparison(&self) -> Option<&Comparison> {
        self.comparison.as_deref()
    }

    /// Returns the message and the one that it is compared with.
    pub fn snapshots(&self) -> impl Iterator<Item = &MessageSnapshot> {
        std::iter::once(&self.snapshot).chain(&self.base)
    }

    /// Returns the memory use of the open message in bytes, without the payloads of its snapshots.
    pub fn size(&self) -> usize {
        size_of::<Self>()
            + self.decoded().map_or(0, Decoded::size)
            + self.comparison().map_or(0, |comparison| comparison.size)
            + self.marks.size()
    }

    /// Scrolls the channel tab, which has `facts` lines, by `lines`, down if positive.
    pub(crate) fn scroll_facts(&mut self, lines: isize, facts: usize, room: Room) {
        let last = facts.saturating_sub(room.height);
        self.fact = self.fact.saturating_add_signed(lines).min(last);
    }

    /// Returns the tab that is shown. A notice has only the value tab.
    pub fn tab(&self) -> Tab {
        match self.snapshot.channel {
            Some(_) => self.tab,
            None => Tab::Value,
        }
    }

    /// Shows another tab.
    pub fn show_tab(&mut self, tab: Tab) {
        self.tab = tab;
    }

    /// Returns the form of the tab's contents. A message without values or text is shown as a hex
    /// dump.
    pub fn form(&self) -> Form {
        let decoded = self.decoded();
        match self.tab() {
            Tab::Value if self.tree().is_some() => Form::Values,
            Tab::Value if decoded.is_some_and(|decoded| is_unreadable(decoded.format)) => Form::Hex,
            Tab::Value => Form::Text,
            Tab::Diff => Form::Changes,
            Tab::Bytes => Form::Hex,
            Tab::Channel => Form::Channel,
        }
    }

    /// Returns the unpacked bytes of the message.
    pub fn bytes(&self) -> &[u8] {
        let payload = &self.snapshot.payload;
        let decoded = self.decoded();
        decoded.map_or(payload, |decoded| decoded.bytes(payload))
    }

    /// Returns the values with the room to show them in, if the message has any and its value tab
    /// is shown.
    pub fn page(&self, room: Room) -> Option<Page<'_>> {
        Some(Page {
            tree: self.tree().filter(|_| self.tab() == Tab::Value)?,
            bytes: self.bytes(),
            columns: room.columns,
            height: room.height,
        })
    }

    /// Returns the path of the selected value, unless it is the outermost one or has no path.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref().filter(|_| self.form() == Form::Values)
    }

    fn find_path(&mut self) {
        let cursor = self.outline.cursor;
        let tree = self.tree().filter(|_| cursor != NodeId::default());
        self.path = tree.and_then(|tree| tree.path(cursor, self.bytes()));
    }

    /// Takes over the position in `before`, a message that may have the same structure.
    pub fn carry_over(&mut self, before: &Self, room: Room) {
        if let (Some(from), Some(to)) = (before.page(room), self.page(room)) {
            self.outline = before.outline.carried_over(&from, &to);
            self.find_path();
        }
    }

    /// Searches for the same text as in `before`.
    pub fn search_like(&mut self, before: &Self) {
        self.marks.search_text.clone_from(&before.marks.search_text);
    }

    /// Returns how much of the message was kept, if it was truncated.
    fn kept_words(&self) -> Option<String> {
        let snapshot = &self.snapshot;
        let kept = figures::size(snapshot.payload.len() as u64);
        let size = figures::size(snapshot.size);
        let bytes = figures::count(snapshot.size);
        let words = format!("only the first {kept} of {size} ({bytes} B) were kept");
        snapshot.is_cut().then_some(words)
    }

    /// Returns notes for the user about the current tab, wrapped to `columns`.
    pub fn notes(&self, columns: u16) -> Vec<String> {
        let note = self.decoded().and_then(|decoded| decoded.note.clone());
        let cut = self.tree().filter(|tree| tree.cut_at().is_some());
        let cut = cut.map(|tree| {
            let count = figures::count(tree.len() as u64);
            format!("only the first {count} values are shown; the rest is in the bytes tab")
        });
        let notes = match self.tab() {
            Tab::Value => [self.kept_words(), note, cut],
            Tab::Bytes => [self.kept_words(), note, None],
            Tab::Diff | Tab::Channel => [const { None }; 3],
        };
        let notes = notes.iter().flatten();
        let lines = notes.flat_map(|note| wrapped(note, usize::from(columns)));
        lines.map(str::to_owned).take(MAX_NOTES).collect()
    }

    /// Calls `step` to fold or select values. Returns whether there are any values.
    pub fn walk(&mut self, room: Room, step: impl FnOnce(&mut Outline, &Page<'_>)) -> bool {
        let mut outline = std::mem::take(&mut self.outline);
        let cursor = outline.cursor;
        let page = self.page(room);
        if let Some(page) = &page {
            step(&mut outline, page);
        }
        let has_values = page.is_some();
        let has_moved = outline.cursor != cursor;
        self.outline = outline;
        if has_moved {
            self.find_path();
        }
        has_values
    }

    /// Goes to the start.
    pub fn go_to_start(&mut self) {
        match self.form() {
            Form::Values => {
                self.outline.go_to_start();
                self.path = None;
            }
            Form::Text => self.offset = 0,
            Form::Hex => self.line = 0,
            Form::Changes => self.change = 0,
            Form::Channel => self.fact = 0,
        }
    }

    /// Goes to the end, so that the last row is at the bottom.
    pub fn go_to_end(&mut self, room: Room) {
        if self.form() == Form::Text {
            self.offset = self.last_offset(room);
        } else if !self.walk(room, Outline::go_to_end) {
            self.scroll_rows(isize::MAX, room);
        }
    }

    /// Moves by rows or values, down if `lines` is positive.
    pub fn step(&mut self, lines: isize, room: Room) {
        if !self.walk(room, |outline, page| outline.step(lines, page)) {
            self.scroll_rows(lines, room);
        }
    }

    /// Scrolls by rows, down if `lines` is positive.
    pub fn scroll(&mut self, lines: isize, room: Room) {
        if !self.walk(room, |outline, page| outline.scroll(lines, page)) {
            self.scroll_rows(lines, room);
        }
    }

    /// Keeps the position when the size of the room changes.
    pub fn resize(&mut self, room: Room) {
        self.walk(room, Outline::resize);
        let offset = rows::row_at(self.bytes(), room.columns, self.offset);
        self.offset = offset.min(self.last_offset(room));
        self.line = self.line.min(self.last_line(room));
    }

    fn scroll_rows(&mut self, lines: isize, room: Room) {
        match self.form() {
            Form::Hex => {
                let line = self.line.saturating_add_signed(lines);
                self.line = line.min(self.last_line(room));
            }
            Form::Changes => {
                let line = self.change.saturating_add_signed(lines);
                self.change = line.min(self.last_change(room));
            }
            Form::Values | Form::Channel => {}
            Form::Text => {
                let (bytes, columns) = (self.bytes(), room.columns);
                let count = lines.unsigned_abs();
                self.offset = if lines < 0 {
                    rows::rows_back(bytes, columns, self.offset, count)
                } else {
                    let last = self.last_offset(room);
                    let next = rows::rows(bytes, columns, self.offset).nth(count);
                    next.map_or(last, |row| row.start.min(last))
                        .max(self.offset)
                };
            }
        }
    }

    /// Returns the first byte shown when the text is scrolled to its end.
    fn last_offset(&self, room: Room) -> usize {
        rows::rows_back(self.bytes(), room.columns, rows::END, room.height)
    }

    /// Returns the first row shown when the changes are scrolled to their end.
    fn last_change(&self, room: Room) -> usize {
        let comparison = self.comparison();
        let rows = comparison.map_or(0, |comparison| rows_of(&comparison.diff));
        rows.saturating_sub(room.height.saturating_sub(DIFF_HEADER))
    }

    /// Returns the first row shown when the bytes are scrolled to their end.
    fn last_line(&self, room: Room) -> usize {
        hex::row_count(self.bytes().len(), room.columns).saturating_sub(room.height)
    }
}

/// Returns whether messages in this format cannot be read as text.
fn is_unreadable(format: Format) -> bool {
    matches!(
        format,
        Format::Binary
            | Format::Pickle
            | Format::Java
            | Format::Ruby
            | Format::Erlang
            | Format::Bson
    )
}

/// Returns the number of rows that a comparison takes up.
fn rows_of(diff: &Diff) -> usize {
    match diff {
        Diff::Structure(structure) => structure.lines.len(),
        Diff::Lines(lines) => lines.lines.len(),
        Diff::LongTexts(_) => 2,
        Diff::Bytes(bytes) => 2 * bytes.stretches.len(),
    }
}

#[cfg(test)]
mod tests;
