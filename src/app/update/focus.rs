//! Moving the focus between the panes, and stepping back.

use super::App;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::keymap::Context;
use crate::app::overlays::{Overlay, Question};

impl App {
    pub(super) fn step_back(&mut self) -> Vec<Effect> {
        if self.clear_search() {
            return Vec::new();
        }
        match self.overlay.take() {
            Some(Overlay::Help(help)) => {
                self.overlay = help.over.map(|over| *over);
                return Vec::new();
            }
            Some(Overlay::Palette(palette)) => {
                self.overlay = palette.over.map(|over| *over);
                return Vec::new();
            }
            Some(Overlay::Query(mut query_box)) => {
                if query_box.close_list() {
                    self.overlay = Some(Overlay::Query(query_box));
                    return Vec::new();
                }
                return self.leave_query(*query_box);
            }
            Some(Overlay::Output(output)) => return self.leave_output(&output),
            Some(Overlay::SearchMessage(_)) => return self.search_message_for(""),
            Some(Overlay::Confirm(Question::Replace { path, recording })) => {
                self.ask_for_another_name(&path, recording);
                return Vec::new();
            }
            Some(Overlay::Confirm(Question::Counted { topic })) => {
                self.offer_uncounted(&topic);
                return Vec::new();
            }
            Some(Overlay::Confirm(
                Question::Quit { over, .. } | Question::FinishExport { over, .. },
            )) => {
                self.stay(over);
                return Vec::new();
            }
            Some(_) => return Vec::new(),
            None => {}
        }
        if self.context() == Context::Narrow {
            self.clear_narrowing();
            return Vec::new();
        }
        if self.leave_list_over() || self.end_zoom() {
            return Vec::new();
        }
        match self.focus {
            Focus::PublishChannel | Focus::PublishPayload => self.set_focus(self.pane),
            Focus::Chips => self.set_focus(Focus::Messages),
            Focus::Message => self.leave_message(),
            Focus::Plot if self.context() == Context::Chart && self.plot.take_cursor() => {}
            Focus::Plot => return self.close_plot(),
            Focus::Messages if self.plot.is_shown() => return self.close_plot(),
            Focus::Messages if self.open.is_some() => self.close_message(),
            Focus::Channels if self.shows_latest() => self.leave_latest(),
            Focus::Channels | Focus::Messages => return self.show_more(),
        }
        Vec::new()
    }

    /// Removes the first of these that is present: the horizontal scroll, the filter, the
    /// restriction to a channel, the freeze, the search.
    fn show_more(&mut self) -> Vec<Effect> {
        if self.log_pane.columns_skipped > 0 && self.focus == Focus::Messages {
            return self.unscroll_rows();
        }
        if self.session.filters.typed.is_some() {
            return self.session.filter_by(None);
        }
        if self.session.filters.only.take().is_some() {
            return self.session.refresh_shown();
        }
        if self.log_pane.is_frozen() {
            self.log_pane.follow_past_stops(&mut self.session);
            return Vec::new();
        }
        self.session.set_find(None)
    }

    pub(super) fn focus_next(&mut self) {
        self.set_focus(match self.focus {
            Focus::Chips => Focus::Messages,
            Focus::Channels if !self.shows_latest() => Focus::Messages,
            Focus::Channels | Focus::Messages if self.plot.is_shown() => Focus::Plot,
            Focus::Channels | Focus::Messages if self.open.is_some() => Focus::Message,
            _ => Focus::Channels,
        });
    }

    pub(super) fn focus_previous(&mut self) {
        self.set_focus(match self.focus {
            Focus::Messages => Focus::Channels,
            Focus::Channels if self.plot.is_shown() => Focus::Plot,
            Focus::Channels if self.open.is_some() => Focus::Message,
            _ => Focus::Messages,
        });
    }

    pub(super) fn set_focus(&mut self, focus: Focus) {
        // A pane that is not on the screen cannot have the focus.
        let focus = match focus {
            Focus::Messages if self.shows_latest() => Focus::Channels,
            focus => focus,
        };
        let before = self.areas();
        let from = std::mem::replace(&mut self.focus, focus);
        if !focus.is_in_box() {
            self.pane = focus;
            self.publish_box.dismiss_failure();
        }
        match focus {
            // To leave a zoomed pane ends the zoom.
            Focus::Channels if before.is_zoomed => {}
            Focus::Channels => self.note_pane_under_list(from),
            Focus::PublishChannel | Focus::PublishPayload => {}
            _ => self.layout.under_list = None,
        }
        let after = self.areas();
        if (before.messages, before.message) != (after.messages, after.message) {
            self.resize_open();
        }
    }
}
