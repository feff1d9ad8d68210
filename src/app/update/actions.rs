//! Executes actions.

use crossterm::event::KeyEvent;

use super::App;
use crate::app::action::{
    Action, ChannelsAction, LogAction, PromptAction, RowAction, ScreenAction, SessionAction,
};
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::keymap::Context;
use crate::app::layout::inside;
use crate::app::log_pane::LogPane;
use crate::app::message_pane::values::OrTold;
use crate::app::message_pane::{Against, Open};
use crate::app::overlays::query_box::Purpose;
use crate::app::overlays::{List, Overlay};
use crate::app::plot::Quantity;
use crate::app::session::Session;
use crate::app::toast::TOAST_DURATION;
use crate::payload::figures;
use ratatui::layout::Rect;

impl App {
    /// Executes `action` in the current context. `key` is the key that triggered it.
    pub(super) fn act(&mut self, action: Action, key: KeyEvent) -> Vec<Effect> {
        if let Some(effects) = self.highlight_first(action, key) {
            return effects;
        }
        if self.lacks_server(action) {
            return self.tell_lack_of_server(action);
        }
        if !matches!(
            action,
            Action::Row(RowAction::ToggleMute | RowAction::Unsubscribe)
        ) {
            self.acted_on = None;
        }
        match action {
            Action::Move(motion) => {
                self.move_by(motion);
                return self.load_beyond(motion);
            }
            Action::Quit => return self.close_topmost(key),
            Action::Interrupt => {
                let now = self.session.now;
                let is_second = self.keyboard.pressed_within(TOAST_DURATION, key, now);
                return self.interrupt(key, is_second);
            }
            Action::Suspend => return vec![Effect::Suspend],
            Action::Back => return self.step_back(),
            Action::Confirm => return self.confirm(),
            Action::Search => self.search(),
            Action::Screen(action) => return self.act_on_screen(action),
            Action::Session(action) => return self.act_on_session(action),
            Action::Channels(action) => return self.act_in_channels(action),
            Action::Log(action) => return self.act_in_log(action),
            Action::Row(action) => return self.act_on_row(action),
            Action::Message(action) => return self.act_in_message(action),
            Action::Plot(action) => return self.act_in_plot(action),
            Action::Publish(action) => return self.act_in_publish_box(action, key),
            Action::Output(action) => return self.act_in_output(action),
            Action::Run(index) => return self.run_command(index),
            Action::Palette(action) => return self.act_in_palette(action),
            Action::Prompt(action) => self.act_in_prompt(action),
            Action::Record(action) => self.act_in_record_prompt(action),
            Action::Query(action) => return self.act_in_query_box(action),
            Action::Chip(action) => return self.act_on_chip(action),
            Action::Filter(action) => return self.act_on_filter(action),
            Action::Breakpoint(action) => return self.act_on_breakpoint(action),
        }
        Vec::new()
    }

    fn act_on_screen(&mut self, action: ScreenAction) -> Vec<Effect> {
        match action {
            ScreenAction::Help => self.open_help(),
            ScreenAction::Palette => self.open_palette(),
            ScreenAction::NextPane => self.focus_next(),
            ScreenAction::PreviousPane => self.focus_previous(),
            ScreenAction::ShowLatest => self.show_latest(),
            ScreenAction::ShowPlot => return self.open_plot(),
            ScreenAction::ShowList => return self.show_list(),
            ScreenAction::Zoom => return self.toggle_zoom(),
            ScreenAction::BorderLeft => return self.move_border_across(false),
            ScreenAction::BorderRight => return self.move_border_across(true),
            ScreenAction::BorderUp => return self.move_border_down(false),
            ScreenAction::BorderDown => return self.move_border_down(true),
            ScreenAction::NextTimeForm => return self.session.next_time_form(),
            ScreenAction::ScrollLeft => return self.scroll_rows(false),
            ScreenAction::ScrollRight => return self.scroll_rows(true),
            ScreenAction::ToggleRowColours => return self.toggle_row_colours(),
            ScreenAction::ToggleRawRows => return self.toggle_raw_rows(),
            ScreenAction::Publish => return self.write_message(),
            ScreenAction::Subscribe => self.open_prompt_for_branch(),
            ScreenAction::SubscribeSharded => self.open_prompt(true),
            ScreenAction::Export => return self.export_to(""),
            ScreenAction::Record => return self.toggle_recording(),
            ScreenAction::Nodes => self.open_list(List::Nodes, 0),
            ScreenAction::Filters => self.open_list_or_box(Purpose::ListedFilter(None)),
            ScreenAction::AddFilter => self.write_query(Purpose::ListedFilter(None)),
            ScreenAction::Breakpoints => self.open_list_or_box(Purpose::Breakpoint(None)),
            ScreenAction::AddBreakpoint => self.write_query(Purpose::Breakpoint(None)),
        }
        Vec::new()
    }

    fn act_on_session(&mut self, action: SessionAction) -> Vec<Effect> {
        match action {
            SessionAction::ToggleFreeze if self.context() == Context::Latest => {
                let words = "latest values cannot be frozen · {back} shows the log, {toggle-freeze} freezes it";
                self.tell(self.keyed(words))
            }
            SessionAction::ToggleFreeze => {
                self.on_log(LogPane::toggle_freeze);
                Vec::new()
            }
            SessionAction::Clear => self.clear(),
            SessionAction::Undo => self.undo(),
            SessionAction::Reconnect => self.session.reconnect(),
            SessionAction::EnterPassword => self.open_password_prompt(),
        }
    }

    fn act_in_channels(&mut self, action: ChannelsAction) -> Vec<Effect> {
        match action {
            ChannelsAction::ToggleOnly => self.toggle_only(),
            ChannelsAction::ShowInLog => self.show_in_log(),
            ChannelsAction::NextSort => self.sort_next(),
            ChannelsAction::PlotRate => self.plot_channel(Quantity::Rate),
            ChannelsAction::Narrow => self.open_narrowing(),
            ChannelsAction::ToggleTree => self.toggle_tree(),
            ChannelsAction::Fold => self.fold_branch(),
            ChannelsAction::Unfold => self.unfold_branch(),
        }
    }

    fn act_in_log(&mut self, action: LogAction) -> Vec<Effect> {
        self.make_room_for_log();
        match action {
            LogAction::Open => {
                self.hide_plot();
                return self.open_message();
            }
            LogAction::Filter => self.write_query(Purpose::Filter),
            LogAction::Find => self.write_query(Purpose::Find),
            LogAction::NextHit => return self.go_to_hit(true),
            LogAction::PreviousHit => return self.go_to_hit(false),
            LogAction::NextLandmark => return self.go_to_landmark(true),
            LogAction::PreviousLandmark => return self.go_to_landmark(false),
            LogAction::Chips => return self.focus_chips(),
            LogAction::EarlierPart => return self.step_through_time(false),
            LogAction::LaterPart => return self.step_through_time(true),
        }
        Vec::new()
    }

    fn act_on_row(&mut self, action: RowAction) -> Vec<Effect> {
        match action {
            RowAction::ToggleMark => self.toggle_mark(),
            RowAction::Diff => self.toggle_diff(Against::Before),
            RowAction::DiffToMark => self.toggle_diff(Against::Marked),
            RowAction::EditResend => self.edit_and_resend(),
            RowAction::CopyPayload => self.copy_payload(),
            RowAction::Unsubscribe => self.unsubscribe(),
            RowAction::ToggleMute => self.toggle_mute(),
            RowAction::RemoveLens => self.remove_lens(),
            RowAction::PlotSize => self.plot_channel(Quantity::Size),
            RowAction::Formats => self.open_formats(),
            RowAction::CopyValue => self.copy_value(),
            RowAction::CopyWhole => self.with_open(|open, session, _| open.copy_whole(session)),
            RowAction::CopyPath => self.on_value(Open::copy_path),
            RowAction::FilterByValue => self.on_value(Open::filter_by_value),
            RowAction::ToggleLens => self.on_value(Open::toggle_lens),
            RowAction::ToggleNested => self.toggle_nested(),
            RowAction::WriteLens => self.open_lens_prompt(),
            RowAction::ToggleRecipe => self.toggle_recipe(),
            RowAction::ToggleSequence => self.on_value(Open::toggle_sequence),
            RowAction::PlotValue => self.plot_value(),
        }
    }

    /// Executes an action on the selected value of the open message.
    pub(super) fn on_value(
        &mut self,
        act: fn(&Open, &mut Session, Rect) -> OrTold<Vec<Effect>>,
    ) -> Vec<Effect> {
        self.with_open(|open, session, area| act(open, session, area).unwrap_or_else(|told| told))
    }

    fn act_in_prompt(&mut self, action: PromptAction) {
        if let Some(Overlay::Subscribe(prompt)) = &mut self.overlay {
            match action {
                PromptAction::ToggleExact => prompt.is_exact = !prompt.is_exact,
                PromptAction::ToggleSharded => prompt.is_sharded = !prompt.is_sharded,
            }
        }
    }

    /// Copies the payload of the highlighted message.
    pub(super) fn copy_payload(&mut self) -> Vec<Effect> {
        let Some(snapshot) = self.current_message() else {
            return self.tell("select a message to copy its payload");
        };
        let what = if snapshot.is_cut() {
            let size = figures::size(snapshot.size);
            format!("the kept part of {size}")
        } else {
            "the payload".to_owned()
        };
        self.session.copy_to_clipboard(snapshot.payload, &what)
    }

    /// Calls `act` with the log's pane and the number of rows that fit into it.
    pub(super) fn on_log<T>(
        &mut self,
        act: impl FnOnce(&mut LogPane, &mut Session, u16) -> T,
    ) -> T {
        let height = inside(self.areas().messages).height;
        let height = self.log_pane.height(&self.session, height);
        act(&mut self.log_pane, &mut self.session, height)
    }

    fn go_to_landmark(&mut self, is_forward: bool) -> Vec<Effect> {
        self.on_log(|log, session, height| log.go_to_landmark(is_forward, session, height))
    }

    /// Selects the next or previous match in the log, or in the open message if that has the focus.
    pub(super) fn go_to_hit(&mut self, is_forward: bool) -> Vec<Effect> {
        if self.focus == Focus::Message {
            return self.go_to_match(is_forward);
        }
        let mut effects = self.unscroll_rows();
        let go = |log: &mut LogPane, session: &mut Session, height: u16| {
            log.go_to_hit(is_forward, session, height)
        };
        effects.extend(self.on_log(go));
        effects
    }

    fn toggle_row_colours(&mut self) -> Vec<Effect> {
        self.log_pane.is_plain = !self.log_pane.is_plain;
        self.tell(if self.log_pane.is_plain {
            self.keyed("row colours off · {toggle-row-colours} turns them on")
        } else {
            "row colours on".to_owned()
        })
    }

    fn toggle_raw_rows(&mut self) -> Vec<Effect> {
        self.log_pane.is_raw = !self.log_pane.is_raw;
        self.tell(if self.log_pane.is_raw {
            self.keyed("rows as they were received · {toggle-raw-rows} decodes them")
        } else {
            "rows decoded".to_owned()
        })
    }

    /// Scrolls the payloads one step to the right or left, in the log or in the latest values.
    fn scroll_rows(&mut self, is_right: bool) -> Vec<Effect> {
        let areas = self.areas();
        let (rows, step) = if self.shows_latest() {
            let list = inside(areas.channels);
            let rows = self.channel_list.last_rows(&self.session, list.height);
            // What has changed in the values takes a part of the width.
            (rows, list.width / 5)
        } else {
            (self.window().rows, inside(areas.messages).width / 3)
        };
        self.log_pane
            .scroll_sideways(is_right, &rows, step, &mut self.session)
    }

    /// Scrolls the rows back to their start.
    pub(super) fn unscroll_rows(&mut self) -> Vec<Effect> {
        match std::mem::take(&mut self.log_pane.columns_skipped) {
            0 => Vec::new(),
            _ => self.tell("rows shown from their start again"),
        }
    }

    /// Marks or unmarks the selected row.
    fn toggle_mark(&mut self) -> Vec<Effect> {
        let Some(row) = self.selected_row() else {
            return self.tell("select a row to mark it");
        };
        self.on_log(|log, session, height| log.toggle_mark(row, session, height));
        Vec::new()
    }
}
