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
use super::session::Session;
use super::session::snapshot::MessageSnapshot;
use crate::message::{RowId, Time};
use crate::payload::figures;

/// While the log follows new rows, the pane moves on to the newest row this often.
const FOLLOW_EVERY: Duration = Duration::from_millis(34);

/// An open message smaller than this is not reported as the cause of evictions: the next messages
/// to arrive evict that much anyway.
const LARGE: usize = 1 << 20;

/// The open message, and how it is shown.
#[derive(Debug)]
pub struct Open {
    /// The message.
    pub reader: Box<Reader>,
    /// Whether it takes the whole screen.
    pub is_whole: bool,
    /// Which message it is compared with.
    pub against: Against,
    /// The row on which the log was frozen by opening the message, if it was following before.
    pub(crate) froze: Option<RowId>,
    /// When the message that is open now was opened.
    opened: Time,
    /// The previous message, kept until this one is decoded and its cursor can be carried over.
    before: Option<Box<Reader>>,
    /// Messages evicted for it since the user was last told,
    gone: u64,
    /// and its size in bytes at that time.
    told_size: usize,
    /// Serial number of its decode request.
    decode_serial: u64,
    /// The last search started in it.
    search: Search,
}

impl Open {
    pub(crate) fn new(reader: Reader, was_following: bool, opened: Time) -> Self {
        Self {
            froze: was_following.then_some(reader.snapshot().row),
            reader: Box::new(reader),
            is_whole: false,
            against: Against::default(),
            opened,
            before: None,
            gone: 0,
            told_size: 0,
            decode_serial: 0,
            search: Search::default(),
        }
    }

    /// Replaces the open message with `snapshot`, keeping the position within the message. `area` is
    /// that of the message below its tabs, here and in what follows.
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

    /// Returns when the pane may move on to the newest row.
    pub(crate) fn follow_due(&self) -> Time {
        self.opened.after(FOLLOW_EVERY)
    }

    /// Returns the bytes that the message takes in addition to the log, including its decoded form
    /// and the message it is compared with.
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

    /// Tells the user that `gone` messages were evicted to make room for the open one, once for
    /// each doubling of its size.
    pub(crate) fn tell_gone(&mut self, gone: u64, session: &mut Session) {
        let size = self.size(session);
        self.gone += gone;
        if self.gone == 0 || size < LARGE.max(self.told_size * 2) {
            return;
        }
        let gone = std::mem::take(&mut self.gone);
        self.told_size = size;
        let is_half = size > session.log.budget() / 2;
        let messages = if gone == 1 { "message" } else { "messages" };
        let share = if is_half { ", counted as half" } else { "" };
        let (gone, size) = (figures::count(gone), figures::size(size as u64));
        session.tell(format!(
            "{gone} older {messages} evicted: the open message takes {size}{share} of --keep"
        ));
    }

    /// Returns the area of the text: below the notes about it.
    pub(crate) fn text_area(&self, area: Rect) -> Rect {
        let said = self.reader.notes(area.width).len();
        let rows = area.height.min(u16::try_from(said).unwrap_or(u16::MAX));
        // The notes take at most half of the room.
        let rows = rows.min(area.height / 2);
        Rect {
            y: area.y + rows,
            height: area.height - rows,
            ..area
        }
    }

    /// Returns the room for the text.
    fn room(&self, area: Rect) -> Room {
        let text = self.text_area(area);
        Room {
            columns: usize::from(text.width),
            height: usize::from(text.height),
        }
    }

    /// Keeps the position in an area of another size.
    pub(crate) fn resize(&mut self, area: Rect) {
        let room = self.room(area);
        self.reader.resize(room);
    }

    /// Moves through the message.
    pub(crate) fn move_by(&mut self, motion: Motion, session: &Session, area: Rect) {
        let room = self.room(area);
        if self.reader.tab() == Tab::Channel {
            let lines = match motion {
                Motion::First => -isize::MAX,
                Motion::Last => isize::MAX,
                motion => motion.lines(room.height).unwrap_or(0),
            };
            return self.scroll(lines, session, area);
        }
        match motion {
            Motion::Lines(lines) => self.reader.step(lines, room),
            Motion::HalfPages(_) => {
                let rows = motion.lines(room.height).unwrap_or(0);
                self.reader.scroll(rows, room);
            }
            Motion::First => self.reader.go_to_start(),
            Motion::Last => self.reader.go_to_end(room),
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

    /// Goes to the clicked value. A second click folds or unfolds it.
    pub(crate) fn click(&mut self, at: Point, area: Rect) {
        let text = self.text_area(area);
        if !text.contains(at) {
            return;
        }
        let row = usize::from(at.y - text.y);
        self.fold(area, |outline, page| {
            let clicked = outline.rows(page).nth(row);
            match clicked {
                Some(place) if place.node == outline.cursor() => outline.toggle(page),
                Some(place) => outline.go_to(place.node, page),
                None => {}
            }
        });
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
    /// A row that the user has marked.
    Marked,
}
