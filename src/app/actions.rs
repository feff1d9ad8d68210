//! Execution of actions.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use super::action::{
    ChannelsAction, LogAction, PromptAction, RowAction, ScreenAction, SessionAction,
};
use super::query_editor::Purpose;
use super::{
    Action, Against, App, Context, Effect, Focus, HelpLine, Overlay, Position, Quantity, Question,
    Session, SubscriptionState, TOAST_DURATION, help_lines,
};
use crate::message::Topic;
use crate::message::names::same;
use crate::payload::escape::whole_name;
use crate::payload::figures;
use crate::server::{Command, Connection};

impl Session {
    fn next_time_form(&mut self) -> Vec<Effect> {
        self.time_form = self.time_form.next();
        self.tell(format!("times: {}", self.time_form.name()))
    }

    fn reconnect(&mut self) -> Vec<Effect> {
        // Denied subscriptions are retried even on a live connection.
        let any_denied = self
            .subscriptions
            .listed()
            .any(|(.., state)| matches!(state, SubscriptionState::Denied(_)));
        let is_well = self.server.connection == Connection::Live && self.server.trouble.is_none();
        if is_well && !any_denied {
            return self.tell("already connected");
        }
        vec![Effect::Command(Command::Reconnect)]
    }
}

impl App {
    /// Executes `action` in the current context. `key` is the key that triggered it.
    pub(super) fn act(&mut self, action: Action, key: KeyEvent) -> Vec<Effect> {
        if let Some(effects) = self.highlight_first(action, key) {
            return effects;
        }
        if !matches!(
            action,
            Action::Row(RowAction::ToggleMute | RowAction::Unsubscribe)
        ) {
            self.acted_on = None;
        }
        match action {
            Action::Move(motion) => self.move_by(motion),
            Action::Quit => return self.close_topmost(key),
            Action::Interrupt => {
                return self.interrupt(self.pressed_within(TOAST_DURATION, key));
            }
            Action::Suspend => return vec![Effect::Suspend],
            Action::Back => return self.step_back(),
            Action::Confirm => return self.confirm(),
            Action::Search => self.open_seek(),
            Action::Screen(action) => return self.act_on_screen(action),
            Action::Session(action) => return self.act_on_session(action),
            Action::Channels(action) => return self.act_in_channels(action),
            Action::Log(action) => return self.act_in_log(action),
            Action::Row(action) => return self.act_on_row(action),
            Action::Message(action) => return self.act_in_message(action),
            Action::Plot(action) => return self.act_in_plot(action),
            Action::Publish(action) => return self.act_in_publish_box(action, key),
            Action::Prompt(action) => self.act_in_prompt(action),
            Action::Query(action) => return self.act_in_query_box(action),
            Action::Filter(action) => return self.act_on_filter(action),
            Action::Breakpoint(action) => return self.act_on_breakpoint(action),
        }
        Vec::new()
    }

    fn act_on_screen(&mut self, action: ScreenAction) -> Vec<Effect> {
        match action {
            ScreenAction::Help => self.open_help(),
            ScreenAction::NextPane => self.focus_next(),
            ScreenAction::PreviousPane => self.focus_previous(),
            ScreenAction::ShowLatest => self.show_latest(),
            ScreenAction::ShowPlot => return self.open_plot(),
            ScreenAction::ToggleWhole if self.plot.is_shown() => self.toggle_whole_plot(),
            ScreenAction::ToggleWhole => return self.toggle_whole(),
            ScreenAction::NextTimeForm => return self.session.next_time_form(),
            ScreenAction::Publish => return self.write_message(),
            ScreenAction::Subscribe => self.open_prompt(false),
            ScreenAction::SubscribeSharded => self.open_prompt(true),
            ScreenAction::Nodes => self.open_nodes(),
            ScreenAction::Filters => self.filters_key(),
            ScreenAction::AddFilter => self.write_query(Purpose::ListedFilter(None)),
            ScreenAction::Breakpoints => self.breakpoints_key(),
            ScreenAction::AddBreakpoint => self.write_query(Purpose::Breakpoint(None)),
        }
        Vec::new()
    }

    fn act_on_session(&mut self, action: SessionAction) -> Vec<Effect> {
        match action {
            SessionAction::ToggleFreeze if self.context() == Context::Latest => self
                .session
                .tell("latest values cannot be frozen · v log, then Space freeze"),
            SessionAction::ToggleFreeze => {
                self.toggle_freeze();
                Vec::new()
            }
            SessionAction::Clear => self.clear(),
            SessionAction::Undo => self.undo(),
            SessionAction::Reconnect => self.session.reconnect(),
        }
    }

    fn act_in_channels(&mut self, action: ChannelsAction) -> Vec<Effect> {
        match action {
            ChannelsAction::ToggleOnly => self.toggle_only(),
            ChannelsAction::ShowInLog => self.show_in_log(),
            ChannelsAction::NextSort => self.sort_next(),
            ChannelsAction::PlotRate => self.plot_channel(Quantity::Rate),
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
            RowAction::RemoveLens => self.take_lens_away(),
            RowAction::PlotSize => self.plot_channel(Quantity::Size),
            RowAction::Formats => self.open_formats(),
            RowAction::CopyValue => self.copy_value(),
            RowAction::CopyWhole => self.copy_whole(),
            RowAction::CopyPath => self.copy_path(),
            RowAction::FilterByValue => self.filter_by_value(),
            RowAction::ToggleLens => self.toggle_lens(),
            RowAction::ToggleSequence => self.toggle_sequence_here(),
            RowAction::PlotValue => self.plot_value(),
        }
    }

    fn act_in_prompt(&mut self, action: PromptAction) {
        if let Some(Overlay::Subscribe(prompt)) = &mut self.overlay {
            match action {
                PromptAction::ToggleExact => prompt.is_exact = !prompt.is_exact,
                PromptAction::ToggleSharded => prompt.is_sharded = !prompt.is_sharded,
            }
        }
    }

    fn open_help(&mut self) {
        let top = self.help_of(self.context());
        let over = self.overlay.take().map(Box::new);
        self.overlay = Some(Overlay::Help { top, over });
    }

    /// Returns the top line of the help for `context`: the one where its keys start, or the lowest
    /// one possible. For the panes it is the first line, since their keys come first.
    fn help_of(&self, context: Context) -> usize {
        if matches!(context, Context::Channels | Context::Messages) {
            return 0;
        }
        let is_heading =
            |line: HelpLine| matches!(line, HelpLine::Heading(title) if title == context.title());
        let line = help_lines().position(is_heading).unwrap_or(0);
        let height = usize::from(super::inside(self.areas().overlay).height);
        line.min(help_lines().count().saturating_sub(height))
    }

    pub(super) fn step_back(&mut self) -> Vec<Effect> {
        match self.overlay.take() {
            Some(Overlay::Help { over, .. }) => {
                self.overlay = over.map(|over| *over);
                return Vec::new();
            }
            Some(Overlay::Query(query_box)) => return self.leave_query(*query_box),
            Some(Overlay::SearchMessage(_)) => return self.search_message_for(""),
            Some(_) => return Vec::new(),
            None => {}
        }
        match self.focus {
            Focus::PublishChannel | Focus::PublishPayload => self.set_focus(self.pane),
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

    /// Removes one thing that narrows the view: the filter, else the selected channel, else the
    /// freeze, else the search.
    fn show_more(&mut self) -> Vec<Effect> {
        if self.session.filters.typed.is_some() {
            return self.session.filter_by(None);
        }
        if self.session.only.take().is_some() {
            return self.session.refresh_shown();
        }
        if self.messages.position() != Position::Following {
            self.follow();
            return Vec::new();
        }
        self.session.set_find(None)
    }

    /// Follows the newest row, past all breakpoint hits so far.
    pub(super) fn follow(&mut self) {
        self.session.pass_stops();
        self.messages.follow();
    }

    fn focus_next(&mut self) {
        self.set_focus(match self.focus {
            Focus::Channels if !self.shows_latest() => Focus::Messages,
            Focus::Channels | Focus::Messages if self.plot.is_shown() => Focus::Plot,
            Focus::Channels | Focus::Messages if self.open.is_some() => Focus::Message,
            _ => Focus::Channels,
        });
    }

    fn focus_previous(&mut self) {
        self.set_focus(match self.focus {
            Focus::Messages => Focus::Channels,
            Focus::Channels if self.plot.is_shown() => Focus::Plot,
            Focus::Channels if self.open.is_some() => Focus::Message,
            _ => Focus::Messages,
        });
    }

    fn toggle_only(&mut self) -> Vec<Effect> {
        let Some(name) = self.current_channel() else {
            return self
                .session
                .tell("select a channel, not a pattern, to show only it");
        };
        let is_it = self.only().is_some_and(|only| same(only, &name));
        self.session.only = (!is_it).then_some(name);
        self.session.refresh_shown()
    }

    fn toggle_mute(&mut self) -> Vec<Effect> {
        let again = self.acted_on.take().filter(Topic::names_one);
        let again = again.map(|topic| topic.name);
        let Some(name) = again.or_else(|| self.current_channel()) else {
            return self.session.tell("select a channel to mute it");
        };
        self.acted_on = Some(Topic::shared_channel(Arc::clone(&name)));
        let shown = whole_name(&name);
        let is_muted = self.session.muted.toggle(name);
        self.session.tell(if is_muted {
            format!("{shown} muted: still received and kept · m shows it again")
        } else {
            format!("{shown} unmuted")
        });
        self.session.refresh_shown()
    }

    fn sort_next(&mut self) -> Vec<Effect> {
        let lists = super::Lists {
            channels: self.session.log.channels(),
            subscriptions: &self.session.subscriptions,
        };
        self.channels.sort_next(&lists, self.session.now);
        Vec::new()
    }

    /// Copies the payload of the highlighted message.
    pub(super) fn copy_payload(&mut self) -> Vec<Effect> {
        let Some(snapshot) = self.current_message() else {
            return self.session.tell("select a message to copy its payload");
        };
        let what = if snapshot.is_cut() {
            let size = figures::size(snapshot.size);
            format!("the kept start of {size}")
        } else {
            "the payload".to_owned()
        };
        self.session.hand_over(snapshot.payload, &what)
    }

    fn confirm(&mut self) -> Vec<Effect> {
        match self.overlay.take() {
            Some(Overlay::Confirm(question)) => match question {
                Question::Publish { .. } => self.send_now(),
                Question::Quit { .. } => vec![Effect::Quit],
            },
            Some(Overlay::Subscribe(prompt)) => self.session.subscribe(&prompt),
            Some(Overlay::SearchMessage(_)) => self.end_seek(),
            Some(Overlay::Formats { line }) => self.choose_format(line),
            other => {
                self.overlay = other;
                if self.context() == Context::Query {
                    return self.confirm_query();
                }
                Vec::new()
            }
        }
    }
}
