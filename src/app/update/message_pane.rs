//! The open message: opening it, following the selection, comparing, and choosing formats.

use std::sync::Arc;

use ratatui::layout::{Position as Point, Rect};

use super::App;
use crate::app::action::{MessageAction, Motion};
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::input::Input;
use crate::app::log_pane::Position;
use crate::app::message_pane::reader::{Outline, Page, Reader, Tab};
use crate::app::message_pane::{Against, Open};
use crate::app::overlays::{List, Overlay};
use crate::app::session::Session;
use crate::message::{RowId, Time};
use crate::payload::escape::whole_name;

impl App {
    /// Executes `action` on the open message.
    pub(super) fn act_in_message(&mut self, action: MessageAction) -> Vec<Effect> {
        match action {
            MessageAction::Close => self.close_message(),
            MessageAction::NextMatch => return self.go_to_match(true),
            MessageAction::PreviousMatch => return self.go_to_match(false),
            MessageAction::Fold => self.fold(Outline::fold),
            MessageAction::Unfold => self.fold(Outline::unfold),
            MessageAction::ToggleFold => self.fold(Outline::toggle_inner),
            MessageAction::OpenAll => self.fold(Outline::open_all),
            MessageAction::CloseAll => self.fold(Outline::close_all),
            MessageAction::NextTab => return self.turn_tab(Tab::next),
            MessageAction::PreviousTab => return self.turn_tab(Tab::previous),
            MessageAction::Older => return self.open_beside(-1),
            MessageAction::Newer => return self.open_beside(1),
        }
        Vec::new()
    }

    /// Calls `act` with the open message, if there is one, and its area below the tabs.
    pub(super) fn with_open<T: Default>(
        &mut self,
        act: impl FnOnce(&mut Open, &mut Session, Rect) -> T,
    ) -> T {
        let area = self.areas().message_text();
        let open = self.open.as_mut();
        open.map(|open| act(open, &mut self.session, area))
            .unwrap_or_default()
    }

    fn fold(&mut self, step: fn(&mut Outline, &Page<'_>)) {
        self.with_open(|open, _, area| open.fold(area, step));
    }

    fn turn_tab(&mut self, turn: fn(Tab) -> Tab) -> Vec<Effect> {
        let tab = self.open.as_ref().map(|open| open.reader.tab());
        tab.map_or_else(Vec::new, |tab| self.show_tab(turn(tab)))
    }

    fn show_tab(&mut self, tab: Tab) -> Vec<Effect> {
        self.with_open(|open, session, area| open.show_tab(tab, session, area))
    }

    /// Goes to the next or previous match in the open message.
    pub(super) fn go_to_match(&mut self, is_forward: bool) -> Vec<Effect> {
        self.with_open(|open, session, area| open.go_to_match(is_forward, session, area))
    }

    /// Opens the prompt for a search in the open message.
    pub(super) fn open_search(&mut self) {
        let open = self.open.as_ref();
        let text = open.and_then(|open| open.reader.search_text());
        let text = text.map(|text| String::from_utf8_lossy(text.text()).into_owned());
        let mut input = Input::default();
        input.insert_in_line(&text.unwrap_or_default());
        self.overlay = Some(Overlay::SearchMessage(Box::new(input)));
    }

    /// Searches the open message for the text in the prompt.
    pub(super) fn search_message_for(&mut self, text: &str) -> Vec<Effect> {
        self.with_open(|open, session, area| open.search_for(text, session, area))
    }

    /// Copies the selected value, or the payload if the message has no values.
    pub(super) fn copy_value(&mut self) -> Vec<Effect> {
        let copied = self.with_open(|open, session, area| open.copy_value(session, area));
        copied.unwrap_or_else(|| self.copy_payload())
    }

    /// Toggles a message between its value and its changes since the previous message or a marked
    /// one.
    pub(super) fn toggle_diff(&mut self, against: Against) -> Vec<Effect> {
        self.hide_plot();
        let mut effects = Vec::new();
        if self.open.is_none() {
            if self.current_message().is_none() {
                return self.tell("select a message to compare it");
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
        let hides = is_shown && was_open;
        effects.extend(self.show_tab(if hides { Tab::Value } else { Tab::Diff }));
        effects
    }

    /// Opens the selected row, or moves the focus to the open message.
    pub(super) fn open_message(&mut self) -> Vec<Effect> {
        if self.open.is_some() {
            self.set_focus(Focus::Message);
            return Vec::new();
        }
        let was_following = self.log_pane.position == Position::Following;
        if was_following {
            self.on_log(|log, session, height| log.freeze(&session.shown, height));
        }
        let selected = self.log_pane.selected(&self.session.shown);
        let Some(snapshot) = selected.and_then(|row| self.session.snapshot(row)) else {
            return self.tell("select a row to open it");
        };
        self.session.user_decodings.forget_failure(snapshot.row);
        self.open = Some(Open::new(
            Reader::open(snapshot),
            was_following,
            self.session.now,
        ));
        // A zoomed log would hide the message.
        self.layout.zoomed = None;
        if self.areas().message.is_empty() {
            // There is no room for the message beside the log.
            self.set_focus(Focus::Message);
        }
        let effects = self.with_open(Open::decode);
        self.settle_messages();
        effects
    }

    /// Closes the open message. If the log was following new messages when the message was opened,
    /// it follows them again, unless the selection has moved.
    pub(super) fn close_message(&mut self) {
        let frozen_at = self.open.take().and_then(|open| open.frozen_at);
        let is_unmoved = matches!(
            self.log_pane.position,
            Position::Frozen { selected, .. } if Some(selected) == frozen_at
        );
        if is_unmoved && self.session.breakpoints.stop.is_none() {
            self.log_pane.follow();
        }
        if self.focus == Focus::Message {
            self.set_focus(Focus::Messages);
        }
        self.pane = Focus::Messages;
    }

    /// Leaves the open message for the log, or closes it if there is no room for the log beside it.
    pub(super) fn leave_message(&mut self) {
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
    pub(super) fn toggle_whole(&mut self) -> Vec<Effect> {
        let Some(open) = &mut self.open else {
            return self.tell(self.keyed("open a message with {open} first"));
        };
        open.is_whole = !open.is_whole;
        self.set_focus(Focus::Message);
        self.resize_open();
        Vec::new()
    }

    /// Opens the selected row in place of the open one. A message that the log has evicted stays
    /// open until the user selects another.
    pub(super) fn follow_selection(&mut self) -> Vec<Effect> {
        let Some(row) = self.row_to_open() else {
            return Vec::new();
        };
        let follows = self.shows_latest() || self.log_pane.position == Position::Following;
        let due = self.open.as_ref().map(Open::follow_due);
        if follows && due.is_some_and(|due| self.session.now < due) {
            return Vec::new();
        }
        let Some(snapshot) = self.session.snapshot(row) else {
            return Vec::new();
        };
        self.with_open(|open, session, area| open.turn_to(snapshot, session, area))
    }

    /// Returns when the open message must be replaced by the newest row.
    pub(crate) fn follow_due(&self) -> Option<Time> {
        self.row_to_open()?;
        self.open.as_ref().map(Open::follow_due)
    }

    /// Returns the selected row if it is not the open one.
    fn row_to_open(&self) -> Option<RowId> {
        let open = self.open.as_ref()?;
        match self.log_pane.position {
            Position::Frozen { selected, .. } if !self.shows_latest() => {
                self.session.log.row(selected)?;
            }
            _ => {}
        }
        let row = self.selected_row()?;
        (row != open.reader.snapshot.row).then_some(row)
    }

    /// Returns the area of the open message's text: below its tabs and the notes about it.
    pub fn message_text(&self) -> Rect {
        let area = self.areas().message_text();
        self.open.as_ref().map_or(area, |open| open.text_area(area))
    }

    pub(super) fn resize_open(&mut self) {
        self.with_open(|open, _, area| open.resize(area));
        self.settle_messages();
    }

    /// Keeps the selected row in view if the log has become shorter.
    fn settle_messages(&mut self) {
        self.on_log(|log, session, height| log.settle(&session.shown, height));
    }

    /// Shows the clicked tab or goes to the clicked value.
    pub(super) fn click_in_message(&mut self, at: Point) -> Vec<Effect> {
        let tabs = self.areas().message_tabs();
        if tabs.contains(at) {
            let column = usize::from(at.x - tabs.x);
            let clicked = Tab::ALL.iter().find(|tab| tab.columns().contains(&column));
            return clicked.map_or_else(Vec::new, |tab| self.show_tab(*tab));
        }
        self.keyboard.has_acted = self.with_open(|open, _, area| open.click(at, area));
        Vec::new()
    }

    /// Opens the row before or after the open one.
    pub(super) fn open_beside(&mut self, rows: isize) -> Vec<Effect> {
        if self.shows_latest() {
            self.move_in_channels(Motion::Lines(rows));
            return self.follow_selection();
        }
        self.on_log(|log, session, height| {
            log.select_by(&session.shown, rows as i64, height.max(1));
        });
        self.follow_selection()
    }

    /// Removes the lens from the selected channel.
    pub(super) fn remove_lens(&mut self) -> Vec<Effect> {
        let Some(channel) = self.current_channel() else {
            return self.tell("select a channel or a message to remove its lens");
        };
        if self.session.lens_of(&channel).is_some() {
            return self.session.remove_lens(&channel);
        }
        self.tell(self.keyed("open a message and press {toggle-lens} on a value to show only that"))
    }

    /// Opens the list of formats with the current choice selected.
    pub(super) fn open_formats(&mut self) -> Vec<Effect> {
        let Some(channel) = self.open_channel() else {
            return self.tell("a notice has no format");
        };
        let current = self.session.decoder_choices.chosen(&channel);
        let options = self.session.decoder_options();
        let line = options.iter().position(|choice| choice.as_ref() == current);
        self.open_list(List::Formats, line.unwrap_or(0));
        Vec::new()
    }

    /// Decodes the messages of the open message's channel in the format selected in the list.
    pub(super) fn choose_format(&mut self) -> Vec<Effect> {
        let Some(line) = self.selected_in_list() else {
            return self.tell(self.keyed("no format matches · {back} shows all"));
        };
        self.overlay = None;
        let choice = self.session.decoder_options().into_iter().nth(line);
        let (Some(channel), Some(choice)) = (self.open_channel(), choice) else {
            return Vec::new();
        };
        let name = whole_name(&channel);
        self.tell(match &choice {
            Some(choice) => format!("{name}: format {}", choice.words()),
            None => format!("{name}: format detected automatically"),
        });
        let mut effects = self.session.choose_decoder(&channel, choice);
        effects.extend(self.read_open_anew());
        effects
    }

    /// Shows the selected string or bytes as received, or unfolds the value in them.
    pub(super) fn toggle_nested(&mut self) -> Vec<Effect> {
        let mut effects = self.on_value(Open::toggle_nested);
        effects.extend(self.read_open_anew());
        effects
    }

    fn read_open_anew(&mut self) -> Vec<Effect> {
        self.with_open(|open, session, area| {
            open.turn_to(open.reader.snapshot.clone(), session, area)
        })
    }

    /// Returns the channel of the open message.
    fn open_channel(&self) -> Option<Arc<[u8]>> {
        self.open.as_ref()?.reader.snapshot.channel.clone()
    }
}
