//! An open message: whole, by itself, whatever the log lets go of meanwhile.

mod marks;
mod outline;

use std::ops::Range;
use std::sync::Arc;

pub use outline::{Columns, Outline, OutlineRow, Page};

use self::marks::Marks;
use super::syntax::wrapped;
use crate::decoding::{Comparison, DecodedMessage};
use crate::log::SharedBytes;
use crate::message::{RowId, Time, Topic};
use crate::payload::diff::Diff;
use crate::payload::format::{Decoded, Format};
use crate::payload::tree::NodeId;
use crate::payload::{figures, hex, rows};

/// What an open message was.
#[derive(Clone, Debug)]
pub struct MessageSnapshot {
    /// Which row of the log it was.
    pub row: RowId,
    /// When it arrived.
    pub time: Time,
    /// The channel it was published to; `None` for a notice.
    pub channel: Option<Arc<[u8]>>,
    /// The subscriptions that delivered it.
    pub topics: Vec<Topic>,
    /// Its bytes, or the first of them; for a notice its words.
    pub payload: SharedBytes,
    /// How many bytes it had.
    pub size: u64,
}

impl MessageSnapshot {
    /// Whether only its first bytes were kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.size > self.payload.len() as u64
    }
}

/// The columns between the names of two tabs.
pub const TAB_SPACE: usize = 2;

/// What of a message is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What it says.
    #[default]
    Value,
    /// What has changed from another message to it.
    Diff,
    /// Its bytes.
    Bytes,
    /// How it came, and its channel.
    Channel,
}

impl Tab {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Value, Self::Diff, Self::Bytes, Self::Channel];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Diff => "diff",
            Self::Bytes => "bytes",
            Self::Channel => "channel",
        }
    }

    /// Where its name stands on the line that names all of them.
    #[must_use]
    pub fn columns(self) -> Range<usize> {
        let before = Self::ALL.iter().take_while(|tab| **tab != self);
        let start: usize = before.map(|tab| tab.name().len() + TAB_SPACE).sum();
        start..start + self.name().len()
    }

    /// The one `steps` further, round and round.
    #[must_use]
    pub fn further(self, steps: isize) -> Self {
        let here = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        let count = isize::try_from(Self::ALL.len()).unwrap_or(1);
        let index = (isize::try_from(here).unwrap_or(0) + steps).rem_euclid(count);
        Self::ALL[usize::try_from(index).unwrap_or(0)]
    }
}

/// In which form that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Values that can be folded.
    Values,
    /// Words.
    Text,
    /// Bytes by their numbers.
    Hex,
    /// What was and what is.
    Changes,
    /// Words on where it came from.
    Channel,
}

/// The room in which a message is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Columns of its text.
    pub columns: usize,
    /// Rows of its text.
    pub height: usize,
}

/// Lines that are said about a message before it, at most.
const MOST_REMARKS: usize = 4;

/// A message being read, and how far.
#[derive(Debug)]
pub struct Reader {
    snapshot: MessageSnapshot,
    /// What it was found to be; `None` until that is known.
    decoded: Option<Arc<Decoded>>,
    /// The message that it is compared with.
    base: Option<MessageSnapshot>,
    comparison: Option<Arc<Comparison>>,
    tab: Tab,
    outline: Outline,
    /// The path of the value that the person is at: kept, since a frame is too short a time to
    /// look for the like among a million names.
    path: Option<String>,
    /// The first byte shown of a text.
    offset: usize,
    /// The first row shown of the bytes.
    line: usize,
    /// The first row shown of what has changed.
    change: usize,
    /// The first row shown of what is known of the channel.
    fact: usize,
    marks: Marks,
}

impl Reader {
    /// Opens a message at its start.
    #[must_use]
    pub fn open(snapshot: MessageSnapshot) -> Self {
        Self {
            snapshot,
            decoded: None,
            base: None,
            comparison: None,
            tab: Tab::default(),
            outline: Outline::default(),
            path: None,
            offset: 0,
            line: 0,
            change: 0,
            fact: 0,
            marks: Marks::default(),
        }
    }

    /// The message.
    #[must_use]
    pub fn snapshot(&self) -> &MessageSnapshot {
        &self.snapshot
    }

    /// What it was found to be, if that is known yet.
    #[must_use]
    pub fn decoded(&self) -> Option<&Decoded> {
        self.decoded.as_deref()
    }

    /// Takes note of what it is, and of what has changed in it.
    pub fn note(&mut self, message: DecodedMessage) {
        self.decoded = Some(message.decoded);
        if self.base.is_some() {
            self.comparison = message.comparison;
        }
    }

    /// Compares it with `base` from now on.
    pub fn compare_with(&mut self, base: Option<MessageSnapshot>) {
        self.base = base;
        self.comparison = None;
        self.change = 0;
    }

    /// The message that it is compared with.
    #[must_use]
    pub fn base(&self) -> Option<&MessageSnapshot> {
        self.base.as_ref()
    }

    /// What has changed from that message to this, if it is known yet.
    #[must_use]
    pub fn comparison(&self) -> Option<&Comparison> {
        self.comparison.as_deref()
    }

    /// It and the message that it is compared with.
    pub fn snapshots(&self) -> impl Iterator<Item = &MessageSnapshot> {
        std::iter::once(&self.snapshot).chain(&self.base)
    }

    /// The bytes that it takes beside the payloads of its snapshots.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<Self>()
            + self.decoded().map_or(0, Decoded::size)
            + self.comparison().map_or(0, |comparison| comparison.size)
            + self.marks.size()
    }

    /// The first row shown of what is known of the channel.
    #[must_use]
    pub fn fact(&self) -> usize {
        self.fact
    }

    /// Scrolls what is known of the channel, `facts` rows, down if `lines` is positive.
    pub(super) fn scroll_facts(&mut self, lines: isize, facts: usize, room: Room) {
        let last = facts.saturating_sub(room.height);
        self.fact = self.fact.saturating_add_signed(lines).min(last);
    }

    /// The first row shown of what has changed.
    #[must_use]
    pub fn change(&self) -> usize {
        self.change
    }

    /// What of it is shown. A notice has no more than its words.
    #[must_use]
    pub fn tab(&self) -> Tab {
        match self.snapshot.channel {
            Some(_) => self.tab,
            None => Tab::Value,
        }
    }

    /// Shows another part of it.
    pub fn show_tab(&mut self, tab: Tab) {
        self.tab = tab;
    }

    /// The form in which that is shown: what is neither values nor words is shown as its bytes.
    #[must_use]
    pub fn form(&self) -> Form {
        let decoded = self.decoded.as_deref();
        match self.tab() {
            Tab::Value if decoded.is_some_and(|decoded| decoded.tree.is_some()) => Form::Values,
            Tab::Value if decoded.is_some_and(|decoded| has_no_words(decoded.format)) => Form::Hex,
            Tab::Value => Form::Text,
            Tab::Diff => Form::Changes,
            Tab::Bytes => Form::Hex,
            Tab::Channel => Form::Channel,
        }
    }

    /// Its bytes, unpacked.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let payload = &self.snapshot.payload;
        self.decoded
            .as_ref()
            .map_or(payload, |decoded| decoded.bytes(payload))
    }

    /// Its values with the room to show them in, if it has any and they are shown.
    #[must_use]
    pub fn page(&self, room: Room) -> Option<Page<'_>> {
        let decoded = self.decoded.as_deref()?;
        let tree = decoded.tree.as_ref().filter(|_| self.tab() == Tab::Value)?;
        Some(Page {
            tree,
            bytes: decoded.bytes(&self.snapshot.payload),
            columns: room.columns,
            height: room.height,
        })
    }

    /// What is folded of its values, and which of them the person is at.
    #[must_use]
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// The path of the value that the person is at, unless that is the outermost or has none.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref().filter(|_| self.form() == Form::Values)
    }

    fn find_path(&mut self) {
        let cursor = self.outline.cursor();
        let tree = self.decoded().and_then(|decoded| decoded.tree.as_ref());
        let inner = tree.filter(|_| cursor != NodeId::default());
        self.path = inner.and_then(|tree| tree.path(cursor, self.bytes()));
    }

    /// The first byte shown of a text.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The first row shown of the bytes.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Stands where `before` stood, of a message that may be built alike.
    pub fn carry_over(&mut self, before: &Self, room: Room) {
        if let (Some(from), Some(to)) = (before.page(room), self.page(room)) {
            self.outline = before.outline.carried_over(&from, &to);
            self.find_path();
        }
    }

    /// Looks for what is looked for in `before`.
    pub fn search_like(&mut self, before: &Self) {
        self.marks.carry_over(&before.marks);
    }

    /// How much of it was kept, if that is not all.
    fn kept_words(&self) -> Option<String> {
        let snapshot = &self.snapshot;
        let kept = figures::size(snapshot.payload.len() as u64);
        let size = figures::size(snapshot.size);
        let bytes = figures::count(snapshot.size);
        let words = format!("only the first {kept} of {size} ({bytes} B) were kept");
        snapshot.is_cut().then_some(words)
    }

    /// What the person should know about what is shown, in lines of so many columns.
    #[must_use]
    pub fn notes(&self, columns: u16) -> Vec<String> {
        let note = self
            .decoded
            .as_deref()
            .and_then(|decoded| decoded.note.clone());
        let tree = self
            .decoded
            .as_deref()
            .and_then(|decoded| decoded.tree.as_ref());
        let cut = tree.filter(|tree| tree.cut_at().is_some());
        let cut = cut.map(|tree| {
            let count = figures::count(tree.len() as u64);
            format!("only the first {count} values are laid out; the rest is in the bytes tab")
        });
        let said = match self.tab() {
            Tab::Value => [self.kept_words(), note, cut],
            Tab::Bytes => [self.kept_words(), note, None],
            Tab::Diff | Tab::Channel => [const { None }; 3],
        };
        let columns = usize::from(columns);
        let lines = said.iter().flatten();
        lines
            .flat_map(|words| wrapped(words, columns))
            .map(str::to_owned)
            .take(MOST_REMARKS)
            .collect()
    }

    /// Changes what is folded, or where the person is, in its values. Says whether it has any.
    pub fn walk(&mut self, room: Room, step: impl FnOnce(&mut Outline, &Page<'_>)) -> bool {
        let mut outline = std::mem::take(&mut self.outline);
        let cursor = outline.cursor();
        let page = self.page(room);
        if let Some(page) = &page {
            step(&mut outline, page);
        }
        let has_values = page.is_some();
        let has_moved = outline.cursor() != cursor;
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
            Form::Channel => {}
        }
    }

    /// Goes to where the last row is the end.
    pub fn go_to_end(&mut self, room: Room) {
        if self.walk(room, Outline::go_to_end) {
            return;
        }
        match self.form() {
            Form::Text => self.offset = self.last_offset(room),
            Form::Hex => self.line = self.last_line(room),
            Form::Changes => self.change = self.last_change(room),
            Form::Values | Form::Channel => {}
        }
    }

    /// Goes by one row or value, down if `lines` is positive.
    pub fn step(&mut self, lines: isize, room: Room) {
        let count = lines.unsigned_abs();
        let has_values = self.walk(room, |outline, page| {
            for _ in 0..count {
                if lines > 0 {
                    outline.down(page);
                } else {
                    outline.up(page);
                }
            }
        });
        if !has_values {
            self.scroll_rows(lines, room);
        }
    }

    /// Scrolls by rows, down if `lines` is positive.
    pub fn scroll(&mut self, lines: isize, room: Room) {
        let count = lines.unsigned_abs();
        let has_values = self.walk(room, |outline, page| {
            if lines > 0 {
                outline.page_down(count, page);
            } else {
                outline.page_up(count, page);
            }
        });
        if !has_values {
            self.scroll_rows(lines, room);
        }
    }

    /// Keeps the position in a room of another size.
    pub fn resize(&mut self, room: Room) {
        let columns = room.columns;
        self.walk(room, Outline::resize);
        let offset = rows::row_at(self.bytes(), columns, self.offset);
        self.offset = offset.min(self.last_offset(room));
        self.line = self.line.min(self.last_line(room));
    }

    fn scroll_rows(&mut self, lines: isize, room: Room) {
        let count = lines.unsigned_abs();
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
            Form::Text if lines < 0 => {
                self.offset = rows::rows_back(self.bytes(), room.columns, self.offset, count);
            }
            Form::Text => {
                let last = self.last_offset(room);
                let mut ahead = rows::rows(self.bytes(), room.columns, self.offset);
                let next = ahead.nth(count).map(|row| row.start);
                self.offset = next.map_or(last, |next| next.min(last)).max(self.offset);
            }
        }
    }

    /// The first byte shown where the end is.
    fn last_offset(&self, room: Room) -> usize {
        rows::rows_back(self.bytes(), room.columns, rows::END, room.height)
    }

    /// The first row of what has changed shown where the end is.
    fn last_change(&self, room: Room) -> usize {
        let rows = self
            .comparison()
            .map_or(0, |comparison| rows_of(&comparison.diff));
        rows.saturating_sub(room.height.saturating_sub(DIFF_HEADER))
    }

    /// The first row of the bytes shown where the end is.
    fn last_line(&self, room: Room) -> usize {
        hex::row_count(self.bytes().len(), room.columns).saturating_sub(room.height)
    }
}

/// Rows that say what is compared with what.
pub const DIFF_HEADER: usize = 1;

/// Whether what is of this format says nothing to those who read it as a text.
fn has_no_words(format: Format) -> bool {
    matches!(format, Format::Binary | Format::Pickle | Format::Java)
}

/// How many rows a comparison takes.
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
