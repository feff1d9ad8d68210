//! Opening a message, following the selection, and comparing.

use std::time::Duration;

use ratatui::layout::{Position as Point, Rect};

use crate::app::App;
use crate::app::action::Motion;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::layout::inside;
use crate::app::log_pane::Position;
use crate::app::message_pane::reader::{Outline, Page, Reader, Room, Tab};
use crate::app::message_pane::{Against, Open};
use crate::app::session::snapshot::MessageSnapshot;
use crate::message::{RowId, Time};
use crate::payload::figures;
use crate::payload::format::unpack;
use crate::workers::decode;
use crate::workers::decode::{DecodedMessage, Request, Source};

/// Payloads of up to this many bytes, unpacked, are decoded at once: that takes less than a frame.
const MOST_PLAIN: usize = 64 << 10;

/// The limit for payloads that may be packed, which may take long to unpack.
const MOST_PACKED: usize = 1 << 10;

/// The number of bytes looked at to tell whether a payload may be base64.
const TELLING: usize = 256;

/// While the log follows new rows, the pane moves on to the newest row this often.
const FOLLOW_EVERY: Duration = Duration::from_millis(34);

/// An open message smaller than this is not reported as the cause of evictions: the next messages
/// to arrive evict that much anyway.
const LARGE: usize = 1 << 20;

impl App {
    /// Shows what changed in the selected or open message since the previous or a marked one, or
    /// shows its value again.
    pub(crate) fn toggle_diff(&mut self, against: Against) -> Vec<Effect> {
        self.hide_plot();
        let mut effects = Vec::new();
        if self.open.is_none() {
            if self.current_message().is_none() {
                return self.session.tell("select a message to compare it");
            }
            effects = self.open_message();
        }
        let focus = self.focus;
        let Some(open) = &mut self.open else {
            return effects;
        };
        let is_shown = open.reader.tab() == Tab::Diff && open.against == against;
        let was_open = focus == Focus::Message || effects.is_empty();
        open.against = against;
        let tab = if is_shown && was_open {
            Tab::Value
        } else {
            Tab::Diff
        };
        effects.extend(self.show_tab(|_| tab));
        effects
    }

    /// Finds the message to compare the open one with, while the diff is shown.
    pub(crate) fn find_base(&mut self) {
        let Some(open) = &self.open else { return };
        if open.reader.tab() != Tab::Diff {
            return;
        }
        let row = open.reader.snapshot().row;
        let base = match open.against {
            Against::Before => self.session.log.message_before(row),
            Against::Marked => self.session.marked_beside(row),
        };
        let snapshot = base.and_then(|row| self.session.snapshot(row));
        if let Some(open) = &mut self.open {
            open.reader.compare_with(snapshot);
        }
    }

    /// Returns the bytes that the open message takes in addition to the log, including its decoded
    /// form and the message it is compared with.
    pub(crate) fn open_size(&self) -> usize {
        let open = self.open.as_ref();
        let readers = open.map(|open| std::iter::once(&open.reader).chain(&open.before));
        let sizes = readers.into_iter().flatten().map(|reader| {
            let alone = reader
                .snapshots()
                .filter(|snapshot| !self.session.is_shared(snapshot));
            reader.size() + alone.map(|snapshot| snapshot.payload.len()).sum::<usize>()
        });
        sizes.sum()
    }

    /// Tells the user that `gone` messages were evicted to make room for the open one, once for
    /// each doubling of its size.
    pub(crate) fn tell_gone_for_open(&mut self, gone: u64) {
        let size = self.open_size();
        let half = self.session.log.budget() / 2;
        let Some(open) = &mut self.open else { return };
        open.gone += gone;
        if open.gone == 0 || size < LARGE.max(open.told_size * 2) {
            return;
        }
        let gone = std::mem::take(&mut open.gone);
        open.told_size = size;
        let messages = if gone == 1 { "message" } else { "messages" };
        let share = if size > half { ", counted as half" } else { "" };
        let (gone, size) = (figures::count(gone), figures::size(size as u64));
        self.session.tell(format!(
            "{gone} older {messages} evicted: the open message takes {size}{share} of --keep"
        ));
    }

    /// Opens the selected row, or focuses the open message.
    pub(crate) fn open_message(&mut self) -> Vec<Effect> {
        if self.open.is_some() {
            self.set_focus(Focus::Message);
            return Vec::new();
        }
        let height = inside(self.areas().messages).height;
        let was_following = self.messages.position() == Position::Following;
        if was_following {
            self.messages.freeze(&self.session.shown, height);
        }
        let selected = self.messages.selected(&self.session.shown);
        let Some(snapshot) = selected.and_then(|row| self.session.snapshot(row)) else {
            return self.session.tell("select a row to open it");
        };
        self.open = Some(Open::new(
            Reader::open(snapshot),
            was_following,
            self.session.now,
        ));
        if self.areas().messages.is_empty() {
            self.set_focus(Focus::Message);
        }
        let effects = self.understand();
        self.settle_messages();
        effects
    }

    /// Closes the open message. A log that was following before follows again, unless the user has
    /// moved elsewhere in it.
    pub(crate) fn close_message(&mut self) {
        let froze = self.open.take().and_then(|open| open.froze);
        let is_there = matches!(
            self.messages.position(),
            Position::Frozen { selected, .. } if Some(selected) == froze
        );
        if is_there && self.session.breakpoints.stop().is_none() {
            self.messages.follow();
        }
        if self.focus == Focus::Message {
            self.set_focus(Focus::Messages);
        }
        self.pane = Focus::Messages;
    }

    /// Leaves the open message for the log, or closes it if the log has no room beside it.
    pub(crate) fn leave_message(&mut self) {
        if let Some(open) = self.open.as_mut().filter(|open| open.is_whole) {
            open.is_whole = false;
            self.resize_open();
            return;
        }
        let areas = self.areas();
        let beside = if self.shows_latest() {
            areas.channels
        } else {
            areas.messages
        };
        if beside.is_empty() {
            self.close_message();
        } else {
            self.set_focus(Focus::Messages);
        }
    }

    /// Toggles the open message between the whole screen and its usual place.
    pub(crate) fn toggle_whole(&mut self) -> Vec<Effect> {
        if self.open.is_none() {
            return self.session.tell("open a message with Enter first");
        }
        if let Some(open) = &mut self.open {
            open.is_whole = !open.is_whole;
        }
        self.set_focus(Focus::Message);
        self.resize_open();
        Vec::new()
    }

    /// Opens the selected row if it is not open already. A message that the log has evicted stays
    /// open until the user selects another.
    pub(crate) fn follow_selection(&mut self) -> Vec<Effect> {
        let Some(row) = self.row_to_open() else {
            return Vec::new();
        };
        let follows = self.shows_latest() || self.messages.position() == Position::Following;
        if follows && !self.may_follow() {
            return Vec::new();
        }
        let Some(snapshot) = self.session.snapshot(row) else {
            return Vec::new();
        };
        self.turn_to(snapshot)
    }

    /// Replaces the open message with `snapshot`, keeping the position within the message.
    pub(crate) fn turn_to(&mut self, snapshot: MessageSnapshot) -> Vec<Effect> {
        if let Some(open) = &mut self.open {
            open.turn_to(Reader::open(snapshot), self.session.now);
        }
        self.understand()
    }

    /// Returns when the pane must move on to the newest row.
    pub(crate) fn follow_due(&self) -> Option<Time> {
        self.row_to_open()?;
        let open = self.open.as_ref()?;
        Some(open.opened.after(FOLLOW_EVERY))
    }

    /// Returns the selected row if it is not the open one.
    fn row_to_open(&self) -> Option<RowId> {
        let open = self.open.as_ref()?;
        match self.messages.position() {
            Position::Frozen { selected, .. } if !self.shows_latest() => {
                self.session.log.row(selected)?;
            }
            _ => {}
        }
        let row = self.selected_row()?;
        (row != open.reader.snapshot().row).then_some(row)
    }

    fn may_follow(&self) -> bool {
        let opened = self.open.as_ref().map(|open| open.opened);
        opened.is_none_or(|opened| self.session.now.since(opened) >= FOLLOW_EVERY)
    }

    /// Decodes the open message and compares it with its base, in the background if that may take
    /// long.
    pub(crate) fn understand(&mut self) -> Vec<Effect> {
        self.find_base();
        let serial = self.session.next_serial();
        self.decode_serial = serial;
        let Some(open) = &self.open else {
            return Vec::new();
        };
        let reader = &open.reader;
        if reader.snapshot().channel.is_none() {
            return self.search_message(false);
        }
        let request = Request {
            serial,
            source: self.session.source(reader.snapshot()),
            base: reader.base().map(|base| self.session.source(base)),
        };
        if is_soon_understood(&request.source) && request.base.iter().all(is_soon_understood) {
            let message = decode::answer_within(&request, MOST_PLAIN);
            let old = message
                .comparison
                .as_ref()
                .map(|comparison| &comparison.old);
            if !message.decoded.is_too_large && old.is_none_or(|old| !old.is_too_large) {
                return self.note_decoded(message);
            }
        }
        let mut effects = self.mark_open_message();
        effects.extend(self.search_message(false));
        effects.push(Effect::Decode(request));
        effects
    }

    /// Records the decoded form of the open message.
    pub(crate) fn note_decoded(&mut self, message: DecodedMessage) -> Vec<Effect> {
        if message.serial != self.decode_serial {
            return Vec::new();
        }
        if let Some(open) = &mut self.open {
            open.reader.note(message);
        }
        let mut effects = self.mark_open_message();
        let room = self.room();
        if let Some(open) = &mut self.open
            && let Some(before) = open.before.take()
        {
            open.reader.carry_over(&before, room);
        }
        effects.extend(self.search_message(false));
        let is_of_channel = |open: &Open| open.reader.tab() == Tab::Channel;
        if self.open.as_ref().is_some_and(is_of_channel) {
            effects.extend(self.learn_shape());
            effects.extend(self.renew_reports());
        }
        effects
    }

    /// Returns the area of the open message's text: below its tabs and the notes about it.
    #[must_use]
    pub fn message_text(&self) -> Rect {
        let text = self.areas().message_text();
        let Some(open) = &self.open else { return text };
        let said = open.reader.notes(text.width).len();
        let rows = text.height.min(u16::try_from(said).unwrap_or(u16::MAX));
        // The notes take at most half of the room.
        let rows = rows.min(text.height / 2);
        Rect {
            y: text.y + rows,
            height: text.height - rows,
            ..text
        }
    }

    /// Returns the room in which the open message is shown.
    pub(crate) fn room(&self) -> Room {
        let text = self.message_text();
        Room {
            columns: usize::from(text.width),
            height: usize::from(text.height),
        }
    }

    /// Returns the open message and the room in which it is shown.
    pub(crate) fn reader_and_room(&mut self) -> Option<(&mut Reader, Room)> {
        let room = self.room();
        Some((&mut self.open.as_mut()?.reader, room))
    }

    pub(crate) fn resize_open(&mut self) {
        if let Some((reader, room)) = self.reader_and_room() {
            reader.resize(room);
        }
        self.settle_messages();
    }

    /// Keeps the selected row in view if the log has become lower.
    fn settle_messages(&mut self) {
        let height = inside(self.areas().messages).height;
        if height > 0 && self.messages.position() != Position::Following {
            self.messages.select_by(&self.session.shown, 0, height);
        }
    }

    pub(crate) fn move_in_message(&mut self, step: Motion) {
        let facts = self
            .open
            .as_ref()
            .filter(|open| open.reader.tab() == Tab::Channel);
        if let Some(facts) = facts.map(|_| self.about().len()) {
            return self.move_in_facts(step, facts);
        }
        let Some((reader, room)) = self.reader_and_room() else {
            return;
        };
        match step {
            Motion::Lines(lines) => reader.step(lines, room),
            Motion::HalfPages(_) => {
                let rows = step.lines(room.height).unwrap_or(0);
                reader.scroll(rows, room);
            }
            Motion::First => reader.go_to_start(),
            Motion::Last => reader.go_to_end(room),
        }
    }

    fn move_in_facts(&mut self, step: Motion, facts: usize) {
        if let Some((reader, room)) = self.reader_and_room() {
            let far = isize::MAX;
            let lines = match step {
                Motion::First => -far,
                Motion::Last => far,
                step => step.lines(room.height).unwrap_or(0),
            };
            reader.scroll_facts(lines, facts, room);
        }
    }

    pub(crate) fn scroll_message(&mut self, lines: isize) {
        let is_channel = |open: &Open| open.reader.tab() == Tab::Channel;
        if self.open.as_ref().is_some_and(is_channel) {
            return self.move_in_facts(Motion::Lines(lines), self.about().len());
        }
        if let Some((reader, room)) = self.reader_and_room() {
            reader.scroll(lines, room);
        }
    }

    /// Shows the clicked tab or goes to the clicked value. A second click folds or unfolds it.
    pub(crate) fn click_in_message(&mut self, at: Point) -> Vec<Effect> {
        let tabs = self.areas().message_tabs();
        if tabs.contains(at) {
            let column = usize::from(at.x - tabs.x);
            let clicked = Tab::ALL.iter().find(|tab| tab.columns().contains(&column));
            return clicked.map_or_else(Vec::new, |tab| self.show_tab(|_| *tab));
        }
        let text = self.message_text();
        if !text.contains(at) {
            return Vec::new();
        }
        let row = usize::from(at.y - text.y);
        self.fold(|outline, page| {
            let clicked = outline.rows(page).nth(row);
            match clicked {
                Some(place) if place.node == outline.cursor() => outline.toggle(page),
                Some(place) => outline.go_to(place.node, page),
                None => {}
            }
        });
        Vec::new()
    }

    /// Opens the row before or after the open one.
    pub(crate) fn open_beside(&mut self, rows: isize) -> Vec<Effect> {
        if self.shows_latest() {
            self.move_in_channels(Motion::Lines(rows));
            return self.follow_selection();
        }
        let height = inside(self.areas().messages).height.max(1);
        self.messages
            .select_by(&self.session.shown, rows as i64, height);
        self.follow_selection()
    }

    pub(crate) fn show_tab(&mut self, tab: impl FnOnce(Tab) -> Tab) -> Vec<Effect> {
        let Some((reader, room)) = self.reader_and_room() else {
            return Vec::new();
        };
        reader.show_tab(tab(reader.tab()));
        reader.show_mark(room);
        match reader.tab() {
            Tab::Diff => self.understand(),
            Tab::Channel => {
                let mut effects = self.learn_shape();
                effects.extend(self.renew_reports());
                effects
            }
            Tab::Value | Tab::Bytes => Vec::new(),
        }
    }

    /// Folds or unfolds values of the open message.
    pub(crate) fn fold(&mut self, step: impl FnOnce(&mut Outline, &Page<'_>)) {
        if let Some((reader, room)) = self.reader_and_room() {
            reader.walk(room, step);
        }
    }
}

/// Returns whether decoding `source` takes less than a frame.
fn is_soon_understood(source: &Source) -> bool {
    let payload = &source.payload;
    payload.len() <= MOST_PACKED || payload.len() <= MOST_PLAIN && !may_be_packed(payload)
}

/// Returns whether `payload` may be packed, so that unpacking it may take long.
fn may_be_packed(payload: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=\r\n".contains(byte);
    let seen = &payload[..payload.len().min(TELLING)];
    unpack::packed_by(payload).is_some() || seen.iter().all(is_letter)
}
