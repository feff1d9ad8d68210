//! The message pane: the open message and how it is shown.

pub mod channel_tab;
mod checks;
mod decode;
pub mod reader;
mod search;
pub mod values;

use std::time::Duration;

use ratatui::layout::{Position as Point, Rect};

use self::reader::{Outline, Page, Reader, Room, Tab};
use self::search::Search;
use super::action::Motion;
use super::effect::Effect;
use super::layout::cut_top;
use super::session::Session;
use super::session::snapshot::MessageSnapshot;
use crate::message::{RowId, Time};
use crate::payload::figures;

/// Minimum interval between moves of the pane to the newest row while the log follows new rows.
const FOLLOW_EVERY: Duration = Duration::from_millis(34);

/// Minimum size of a message for which evictions are reported. With a smaller one, a few more
/// messages would cause the same evictions.
const LARGE: usize = 1 << 20;

/// The open message, and how it is shown.
#[derive(Debug, Default)]
pub struct Open {
    /// The message.
    pub reader: Box<Reader>,
    /// Whether it takes up the whole screen.
    pub is_whole: bool,
    /// Which message it is compared with.
    pub against: Against,
    /// The row at which opening the message froze the log, if it was following before.
    pub(crate) frozen_at: Option<RowId>,
    /// When the current message was opened.
    opened: Time,
    /// The previous message, kept until this one is decoded and can take over its cursor.
    before: Option<Box<Reader>>,
    /// The number of messages evicted to make room for this one since evictions were last reported.
    evicted: u64,
    /// The size of the message in bytes when evictions were last reported.
    reported_size: usize,
    /// The serial number of the message's decode request.
    decode_serial: u64,
    /// The last search started in the message.
    search: Search,
}

impl Open {
    pub(crate) fn new(reader: Reader, was_following: bool, opened: Time) -> Self {
        Self {
            frozen_at: was_following.then_some(reader.snapshot.row),
            reader: Box::new(reader),
            opened,
            ..Self::default()
        }
    }

    /// Replaces the open message with `snapshot`, keeping the position within the message. Here and
    /// below, `area` is the area of the message without its tabs.
    pub(crate) fn turn_to(
        &mut self,
        snapshot: MessageSnapshot,
        session: &mut Session,
        area: Rect,
    ) -> Vec<Effect> {
        self.opened = session.now;
        let reader = Box::new(Reader::open(snapshot));
        let before = std::mem::replace(&mut self.reader, reader);
        self.reader.show_tab(before.tab());
        self.reader.search_like(&before);
        if before.decoded().is_some() || self.before.is_none() {
            self.before = Some(before);
        }
        self.decode(session, area)
    }

    /// Returns when the pane may move to the newest row.
    pub(crate) fn follow_due(&self) -> Time {
        self.opened.after(FOLLOW_EVERY)
    }

    /// Returns the bytes that the message, its decoded form and its base take in addition to the
    /// log.
    pub(crate) fn size(&self, session: &Session) -> usize {
        let readers = std::iter::once(&self.reader).chain(&self.before);
        let sizes = readers.map(|reader| {
            let alone = reader
                .snapshots()
                .filter(|snapshot| !session.is_shared(snapshot));
            reader.size() + alone.map(|snapshot| snapshot.payload.len()).sum::<usize>()
        });
        sizes.sum()
    }

    /// Reports evictions that made room for the message, once per doubling of its size.
    pub(crate) fn tell_evicted(&mut self, evicted: u64, session: &mut Session) {
        let size = self.size(session);
        self.evicted += evicted;
        if self.evicted == 0 || size < LARGE.max(self.reported_size * 2) {
            return;
        }
        let evicted = std::mem::take(&mut self.evicted);
        self.reported_size = size;
        let is_half = size > session.log.budget() / 2;
        let share = if is_half {
            " (counts as half of --keep)"
        } else {
            " of --keep"
        };
        let evicted = figures::counted(evicted, "older message");
        let size = figures::size(size as u64);
        session.tell(format!(
            "{evicted} evicted: the open message takes {size}{share}"
        ));
    }

    /// Returns the area of the text, which is below the notes about it.
    pub(crate) fn text_area(&self, area: Rect) -> Rect {
        let notes = self.reader.notes(area.width).len();
        let rows = u16::try_from(notes).unwrap_or(u16::MAX);
        // The notes take at most half of the area.
        cut_top(area, rows.min(area.height / 2)).1
    }

    /// Returns the room for the text.
    fn room(&self, area: Rect) -> Room {
        let text = self.text_area(area);
        Room {
            columns: usize::from(text.width),
            height: usize::from(text.height),
        }
    }

    /// Keeps the position when the size of the area changes.
    pub(crate) fn resize(&mut self, area: Rect) {
        let room = self.room(area);
        self.reader.resize(room);
    }

    /// Moves through the message.
    pub(crate) fn move_by(&mut self, motion: Motion, session: &Session, area: Rect) {
        let room = self.room(area);
        let is_channel = self.reader.tab() == Tab::Channel;
        match motion {
            Motion::First => self.reader.go_to_start(),
            Motion::Last if is_channel => self.scroll(isize::MAX, session, area),
            Motion::Last => self.reader.go_to_end(room),
            Motion::Lines(lines) if !is_channel => self.reader.step(lines, room),
            Motion::Lines(_) | Motion::HalfPages(_) => {
                let lines = motion.lines(room.height).unwrap_or(0);
                self.scroll(lines, session, area);
            }
        }
    }

    /// Scrolls by `lines`, down if positive.
    pub(crate) fn scroll(&mut self, lines: isize, session: &Session, area: Rect) {
        let room = self.room(area);
        if self.reader.tab() == Tab::Channel {
            let facts = self.reader.channel_tab(session).len();
            self.reader.scroll_facts(lines, facts, room);
        } else {
            self.reader.scroll(lines, room);
        }
    }

    /// Selects the clicked value, or folds or unfolds it if it is already selected. Returns whether
    /// it was folded or unfolded.
    pub(crate) fn click(&mut self, at: Point, area: Rect) -> bool {
        let text = self.text_area(area);
        if !text.contains(at) {
            return false;
        }
        let row = usize::from(at.y - text.y);
        let mut is_toggled = false;
        self.fold(area, |outline, page| {
            let clicked = outline.rows(page).nth(row);
            match clicked {
                Some(row) if row.node == outline.cursor => {
                    outline.toggle(page);
                    is_toggled = true;
                }
                Some(row) => outline.go_to(row.node, page),
                None => {}
            }
        });
        is_toggled
    }

    /// Shows another tab.
    pub(crate) fn show_tab(&mut self, tab: Tab, session: &mut Session, area: Rect) -> Vec<Effect> {
        self.reader.show_tab(tab);
        let room = self.room(area);
        self.reader.show_mark(room);
        match self.reader.tab() {
            Tab::Diff => self.decode(session, area),
            Tab::Channel => self.check_channel(session),
            Tab::Value | Tab::Bytes => Vec::new(),
        }
    }

    /// Folds or unfolds values.
    pub(crate) fn fold(&mut self, area: Rect, step: impl FnOnce(&mut Outline, &Page<'_>)) {
        let room = self.room(area);
        self.reader.walk(room, step);
    }
}

/// Which message the open one is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// The previous message on its channel.
    #[default]
    Before,
    /// A row marked by the user.
    Marked,
}
