//! Execution of actions.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use super::moving::Motion;
use super::{
    Action, Against, App, Context, Effect, Focus, HelpLine, Overlay, Position, Question,
    REMARK_TIME, SubscriptionState, help_lines,
};
use crate::message::Topic;
use crate::message::names::same;
use crate::payload::escape::whole_name;
use crate::payload::figures;
use crate::server::{Command, Connection};

impl App {
    /// Executes `action` in the current context. `key` is the key that triggered it.
    pub(super) fn act(&mut self, action: Action, key: KeyEvent) -> Vec<Effect> {
        if let Some(effects) = self.highlight_first(action, key) {
            return effects;
        }
        if !matches!(action, Action::ToggleMute | Action::Unsubscribe) {
            self.acted_on = None;
        }
        self.make_room_for(action);
        match action {
            Action::Quit => return self.close_topmost(key),
            Action::Interrupt => {
                return self.interrupt(self.pressed_within(REMARK_TIME, key));
            }
            Action::Undo => return self.undo(),
            Action::Suspend => return vec![Effect::Suspend],
            Action::Help => self.open_help(),
            Action::Back => return self.step_back(),
            Action::NextPane => self.focus_next(),
            Action::PreviousPane => self.focus_previous(),
            Action::Up => self.move_by(Motion::Lines(-1)),
            Action::Down => self.move_by(Motion::Lines(1)),
            Action::HalfPageUp => self.move_by(Motion::HalfPages(-1)),
            Action::HalfPageDown => self.move_by(Motion::HalfPages(1)),
            Action::PageUp => self.move_by(Motion::HalfPages(-2)),
            Action::PageDown => self.move_by(Motion::HalfPages(2)),
            Action::First => self.move_by(Motion::First),
            Action::Last => self.move_by(Motion::Last),
            Action::ToggleFreeze if self.context() == Context::Latest => {
                return self.tell("latest values cannot be frozen · v log, then Space freeze");
            }
            Action::ToggleFreeze => self.toggle_freeze(),
            Action::Plot => return self.plot_this(),
            Action::ShowPlot => return self.open_plot(),
            Action::ToggleWhole if self.plot.is_shown() => self.toggle_whole_plot(),
            Action::Open => {
                self.hide_plot();
                return self.open_message();
            }
            Action::ShowLatest => self.show_latest(),
            Action::ShowInLog => return self.show_in_log(),
            Action::ToggleOnly => return self.toggle_only(),
            Action::Publish => return self.write_message(),
            Action::Subscribe => self.open_prompt(false),
            Action::SubscribeSharded => self.open_prompt(true),
            Action::ToggleSharded => return self.toggle_sharded(),
            Action::Nodes => self.open_nodes(),
            Action::Unsubscribe => return self.unsubscribe(),
            Action::ToggleMute => return self.toggle_mute(),
            Action::NextSort => return self.sort_next(),
            Action::NextTimeForm => return self.next_time_form(),
            Action::Clear => return self.clear(),
            Action::EditResend => return self.edit_and_resend(),
            Action::Copy => return self.copy(),
            Action::Reconnect => return self.reconnect(),
            Action::Send => return self.send_if_meant(),
            Action::SendEmpty => return self.ask_to_send_empty(),
            Action::NewLine => self.publish.payload.start_line(),
            Action::OlderDraft if self.is_on_edge(true) => self.show_older(),
            Action::NewerDraft if self.is_on_edge(false) => self.show_newer(),
            Action::OlderDraft | Action::NewerDraft if self.context() != Context::Query => {
                return self.type_key(key);
            }
            Action::Complete => return self.complete(),
            Action::EnterPayload => self.set_focus(Focus::PublishPayload),
            Action::EnterChannel => self.set_focus(Focus::PublishChannel),
            Action::ToggleEscapes => self.toggle_literal(),
            Action::Confirm => return self.confirm(),
            Action::Diff | Action::DiffToMark => {
                self.hide_plot();
                let is_before = action == Action::Diff;
                return self.toggle_diff(if is_before {
                    Against::Before
                } else {
                    Against::Marked
                });
            }
            Action::CloseMessage => self.close_message(),
            _ if self.context() == Context::Message => return self.act_in_message(action),
            _ if self.focus == Focus::Plot => return self.act_in_plot(action),
            _ => return self.act_on_queries(action),
        }
        Vec::new()
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
        if self.filters.typed.is_some() {
            return self.filter_by(None);
        }
        if self.only.take().is_some() {
            return self.refresh_shown();
        }
        if self.messages.position() != Position::Following {
            self.follow();
            return Vec::new();
        }
        self.set_find(None)
    }

    /// Follows the newest row, past all breakpoint hits so far.
    pub(super) fn follow(&mut self) {
        self.pass_stops();
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
            return self.tell("select a channel, not a pattern, to show only it");
        };
        let is_it = self.only().is_some_and(|only| same(only, &name));
        self.only = (!is_it).then_some(name);
        self.refresh_shown()
    }

    fn toggle_mute(&mut self) -> Vec<Effect> {
        let again = self.acted_on.take().filter(Topic::names_one);
        let again = again.map(|topic| topic.name);
        let Some(name) = again.or_else(|| self.current_channel()) else {
            return self.tell("select a channel to mute it");
        };
        self.acted_on = Some(Topic::shared_channel(Arc::clone(&name)));
        let shown = whole_name(&name);
        let is_muted = self.muted.toggle(name);
        self.tell(if is_muted {
            format!("{shown} muted: still received and kept · m shows it again")
        } else {
            format!("{shown} unmuted")
        });
        self.refresh_shown()
    }

    fn sort_next(&mut self) -> Vec<Effect> {
        let lists = super::Lists {
            channels: self.log.channels(),
            subscriptions: &self.subscriptions,
        };
        self.channels.sort_next(&lists, self.now);
        Vec::new()
    }

    fn next_time_form(&mut self) -> Vec<Effect> {
        self.messages.time_form = self.messages.time_form.next();
        self.tell(format!("times: {}", self.messages.time_form.name()))
    }

    fn copy(&mut self) -> Vec<Effect> {
        if self.focus == Focus::Message
            && let Some(effects) = self.copy_value()
        {
            return effects;
        }
        let Some(snapshot) = self.current_message() else {
            return self.tell("select a message to copy its payload");
        };
        let what = if snapshot.is_cut() {
            let size = figures::size(snapshot.size);
            format!("the kept start of {size}")
        } else {
            "the payload".to_owned()
        };
        self.hand_over(snapshot.payload, &what)
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

    fn toggle_literal(&mut self) {
        match &mut self.overlay {
            Some(Overlay::Subscribe(prompt)) => prompt.is_exact = !prompt.is_exact,
            _ => self.publish.toggle_escapes(),
        }
    }

    fn confirm(&mut self) -> Vec<Effect> {
        match self.overlay.take() {
            Some(Overlay::Confirm(question)) => match question {
                Question::Publish { .. } => self.send_now(),
                Question::Quit { .. } => vec![Effect::Quit],
            },
            Some(Overlay::Subscribe(prompt)) => self.subscribe(&prompt),
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
