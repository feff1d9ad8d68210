//! What the person means, done.

use crossterm::event::KeyEvent;

use super::overlay::help_lines;
use super::update::MAX_NAME_COLUMNS;
use super::{
    Action, App, Effect, Focus, Letter, Outgoing, Overlay, Position, Prompt, Reader,
    SENTINEL_HELLO, SubscriptionState,
};
use crate::log::Content;
use crate::message::{RowId, SubscriptionKind, Topic};
use crate::payload::escape::{self, whole};
use crate::payload::figures;
use crate::server::{Ask, Command, Connection};

impl App {
    /// Does what `action` means here and now; `key` is what said it.
    pub(super) fn act(&mut self, action: Action, key: KeyEvent) -> Vec<Effect> {
        match action {
            Action::Quit => return vec![Effect::Quit],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Help => self.overlay = Some(Overlay::Help { top: 0 }),
            Action::Back => self.step_back(),
            Action::NextPane => self.focus_next(),
            Action::PreviousPane => self.focus_previous(),
            Action::Up => self.move_by(Step::Lines(-1)),
            Action::Down => self.move_by(Step::Lines(1)),
            Action::HalfPageUp => self.move_by(Step::HalfPages(-1)),
            Action::HalfPageDown => self.move_by(Step::HalfPages(1)),
            Action::PageUp => self.move_by(Step::HalfPages(-2)),
            Action::PageDown => self.move_by(Step::HalfPages(2)),
            Action::First => self.move_by(Step::First),
            Action::Last => self.move_by(Step::Last),
            Action::ToggleFreeze => self.toggle_freeze(),
            Action::Open => self.open_message(),
            Action::ToggleOnly => return self.toggle_only(),
            Action::Publish => self.write_message(),
            Action::Subscribe => self.open_prompt(),
            Action::Unsubscribe => return self.unsubscribe(),
            Action::ToggleMute => return self.toggle_mute(),
            Action::NextSort => return self.sort_next(),
            Action::NextTimeForm => return self.next_time_form(),
            Action::Clear => return self.clear(),
            Action::EditResend => return self.edit_and_resend(),
            Action::Copy => return self.copy(),
            Action::Reconnect => return self.reconnect(),
            Action::Send => return self.send(),
            Action::NewLine => self.publish.payload.start_line(),
            Action::OlderDraft if self.publish.payload.is_on_first_line() => self.show_older(),
            Action::NewerDraft if self.publish.payload.is_on_last_line() => self.show_newer(),
            Action::OlderDraft | Action::NewerDraft => return self.type_key(key),
            Action::Complete => return self.complete(),
            Action::EnterPayload => self.set_focus(Focus::PublishPayload),
            Action::EnterChannel => self.set_focus(Focus::PublishChannel),
            Action::ToggleEscapes => self.toggle_literal(),
            Action::Confirm => return self.confirm(),
        }
        Vec::new()
    }

    fn step_back(&mut self) {
        if self.overlay.take().is_some() {
            return;
        }
        match self.focus {
            Focus::PublishChannel | Focus::PublishPayload => self.set_focus(self.pane),
            Focus::Channels | Focus::Messages => {
                if self.only.take().is_some() {
                    self.refresh_shown();
                } else {
                    self.messages.follow();
                }
            }
        }
    }

    fn focus_next(&mut self) {
        self.set_focus(match self.focus {
            Focus::Channels => Focus::Messages,
            Focus::Messages => return self.enter_box(),
            Focus::PublishChannel | Focus::PublishPayload => Focus::Channels,
        });
    }

    fn focus_previous(&mut self) {
        self.set_focus(match self.focus {
            Focus::Channels => return self.enter_box(),
            Focus::Messages => Focus::Channels,
            Focus::PublishChannel | Focus::PublishPayload => Focus::Messages,
        });
    }

    pub(super) fn move_by(&mut self, step: Step) {
        let areas = self.areas();
        let text = areas.reader_text();
        match &mut self.overlay {
            Some(Overlay::Help { top }) => {
                let height = usize::from(super::inside(areas.overlay).height);
                let lowest = help_lines().count().saturating_sub(height);
                *top = step.from(*top, height, lowest);
            }
            Some(Overlay::Message(reader)) => {
                let (columns, height) = (usize::from(text.width), usize::from(text.height));
                match step.lines(height) {
                    Some(lines) if lines < 0 => reader.back(columns, lines.unsigned_abs()),
                    Some(lines) => reader.forward(columns, height, lines.unsigned_abs()),
                    None if step == Step::First => reader.go_to_start(),
                    None => reader.go_to_end(columns, height),
                }
            }
            Some(Overlay::Subscribe(_) | Overlay::ConfirmPublish { .. }) => {}
            None if self.focus == Focus::Channels => self.move_in_channels(step),
            None => self.move_in_messages(step),
        }
    }

    fn move_in_channels(&mut self, step: Step) {
        let height = super::inside(self.areas().channels).height;
        let last = self.channels.entries().len().saturating_sub(1);
        let line = step.from(self.channels.selected_line(), usize::from(height), last);
        self.select_channel_line(line);
    }

    fn move_in_messages(&mut self, step: Step) {
        let height = super::inside(self.areas().messages).height;
        match step.lines(usize::from(height)) {
            Some(rows) => self.messages.select_by(&self.shown, rows as i64, height),
            None if step == Step::First => self.messages.select_first(&self.shown, height),
            None => self.messages.follow(),
        }
    }

    pub(super) fn select_channel_line(&mut self, line: usize) {
        let height = super::inside(self.areas().channels).height;
        let lists = super::Lists {
            channels: self.log.channels(),
            subscriptions: &self.subscriptions,
        };
        self.channels.select_line(line, height, &lists);
    }

    fn toggle_freeze(&mut self) {
        let height = super::inside(self.areas().messages).height;
        match self.messages.position() {
            Position::Following => self.messages.freeze(&self.shown, height),
            Position::Frozen { .. } => self.messages.follow(),
        }
    }

    fn open_message(&mut self) {
        let selected = self.messages.selected(&self.shown);
        if let Some(letter) = selected.and_then(|row| self.letter(row)) {
            self.overlay = Some(Overlay::Message(Box::new(Reader::open(letter))));
        }
    }

    /// A row, copied out of the log.
    fn letter(&self, id: RowId) -> Option<Letter> {
        let row = self.log.row(id)?;
        let (channel, payload) = match row.content {
            Content::Message { channel, payload } => {
                let name = self
                    .log
                    .channels()
                    .by_id(channel)
                    .map(|channel| channel.name().into());
                (name, payload.to_vec())
            }
            Content::Notice(notice) => (None, super::notice_words(notice).into_bytes()),
        };
        let topics = self
            .log
            .subscriptions(id)
            .filter_map(|id| self.subscriptions.topic(id));
        Some(Letter {
            time: row.time,
            channel,
            topics: topics.cloned().collect(),
            payload,
        })
    }

    /// The message that keys act on: the open one, the selected one, or the last of the selected
    /// channel.
    fn current_message(&self) -> Option<(Box<[u8]>, Vec<u8>)> {
        let letter = match &self.overlay {
            Some(Overlay::Message(reader)) => reader.letter().clone(),
            _ if self.focus == Focus::Channels => {
                let name = self.current_channel()?;
                let channels = self.log.channels();
                self.letter(channels.by_id(channels.find(&name)?)?.last_row)?
            }
            _ => self.letter(self.messages.selected(&self.shown)?)?,
        };
        Some((letter.channel?, letter.payload))
    }

    /// The channel that keys act on: the selected one, or that of the selected message.
    fn current_channel(&self) -> Option<Box<[u8]>> {
        if self.focus == Focus::Channels {
            let topic = self.channels.selected()?;
            return (topic.kind == SubscriptionKind::Channel).then(|| (*topic.name).into());
        }
        match self.log.row(self.messages.selected(&self.shown)?)?.content {
            Content::Message { channel, .. } => {
                Some(self.log.channels().by_id(channel)?.name().into())
            }
            Content::Notice(_) => None,
        }
    }

    fn toggle_only(&mut self) -> Vec<Effect> {
        let Some(name) = self.current_channel() else {
            return self.tell("select a channel to show only it: a pattern hides nothing");
        };
        self.only = if self.only.as_ref() == Some(&name) {
            None
        } else {
            Some(name)
        };
        self.refresh_shown();
        Vec::new()
    }

    fn toggle_mute(&mut self) -> Vec<Effect> {
        let Some(name) = self.current_channel() else {
            return self.tell("select a channel to mute it");
        };
        let shown = whole(&name);
        let is_muted = self.muted.insert(name.clone());
        if !is_muted {
            self.muted.remove(&name);
        }
        self.refresh_shown();
        self.tell(if is_muted {
            format!("{shown} is muted: still received and kept, not shown; m shows it again")
        } else {
            format!("{shown} is shown again")
        })
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

    fn clear(&mut self) -> Vec<Effect> {
        self.log.clear();
        self.messages.follow();
        self.refresh_shown();
        self.tell("cleared; the counts go on")
    }

    fn edit_and_resend(&mut self) -> Vec<Effect> {
        let Some((channel, payload)) = self.current_message() else {
            return self.tell("select a message to edit and send it again");
        };
        self.overlay = None;
        self.publish.take(&channel, &payload);
        self.set_focus(Focus::PublishPayload);
        Vec::new()
    }

    fn copy(&mut self) -> Vec<Effect> {
        let Some((_, payload)) = self.current_message() else {
            return self.tell("select a message to copy its payload");
        };
        let size = figures::size(payload.len() as u64);
        self.tell(format!(
            "handed {size} to the terminal's clipboard (OSC 52)"
        ));
        vec![Effect::Copy(payload.into())]
    }

    fn reconnect(&mut self) -> Vec<Effect> {
        // What was denied is asked for again even on a live connection.
        let any_denied = self
            .subscriptions
            .listed()
            .any(|(.., state)| matches!(state, SubscriptionState::Denied(_)));
        if self.server.connection == Connection::Live && !any_denied {
            return self.tell("already connected");
        }
        vec![Effect::Command(Command::Reconnect)]
    }

    fn write_message(&mut self) {
        if let Some(channel) = self.current_channel() {
            self.publish.address(&channel);
        }
        self.focus_box();
    }

    /// Goes to the box as it stands; only an empty one takes the current channel.
    fn enter_box(&mut self) {
        if self.publish.channel.is_empty() {
            self.write_message();
        } else {
            self.focus_box();
        }
    }

    fn focus_box(&mut self) {
        let has_channel = !self.publish.channel.is_empty();
        self.set_focus(if has_channel {
            Focus::PublishPayload
        } else {
            Focus::PublishChannel
        });
    }

    fn show_older(&mut self) {
        self.publish.show_older();
        self.set_focus(Focus::PublishPayload);
    }

    fn show_newer(&mut self) {
        self.publish.show_newer();
        self.set_focus(Focus::PublishPayload);
    }

    fn complete(&mut self) -> Vec<Effect> {
        let heard = self
            .log
            .channels()
            .iter()
            .map(|(_, channel)| channel.name());
        let asked = self.subscriptions.listed().filter_map(|(_, topic, _)| {
            (topic.kind == SubscriptionKind::Channel).then_some(&*topic.name)
        });
        let is_complete = self.publish.complete(heard.chain(asked));
        self.set_focus(Focus::PublishChannel);
        if is_complete {
            return Vec::new();
        }
        if self.publish.channel.is_empty() {
            // There is nothing to complete, and Tab must not be a trap.
            self.focus_next();
            return Vec::new();
        }
        self.tell("no other known channel starts like this; Enter goes on to the message")
    }

    /// Sends what is in the box, or asks first where that may do harm.
    fn send(&mut self) -> Vec<Effect> {
        let channel = match self.publish.outgoing() {
            Ok(message) => message.channel,
            Err(wrong) => {
                self.publish.refuse(wrong);
                return Vec::new();
            }
        };
        if self.settings.read_only {
            self.publish
                .refuse("not sent: --read-only refuses every write");
            return Vec::new();
        }
        if let Some(question) = why_ask(&channel) {
            self.overlay = Some(Overlay::ConfirmPublish { question });
            return Vec::new();
        }
        self.send_now()
    }

    fn send_now(&mut self) -> Vec<Effect> {
        let Ok(Outgoing { channel, payload }) = self.publish.outgoing() else {
            return Vec::new();
        };
        let id = self.publish.send();
        self.set_focus(Focus::PublishPayload);
        vec![Effect::Ask(Ask::Publish {
            id,
            channel,
            payload,
        })]
    }

    fn open_prompt(&mut self) {
        let mut prompt = Box::new(Prompt::default());
        prompt.input.set_focus(true);
        self.overlay = Some(Overlay::Subscribe(prompt));
    }

    fn toggle_literal(&mut self) {
        match &mut self.overlay {
            Some(Overlay::Subscribe(prompt)) => prompt.is_exact = !prompt.is_exact,
            _ => self.publish.toggle_escapes(),
        }
    }

    fn confirm(&mut self) -> Vec<Effect> {
        match self.overlay.take() {
            Some(Overlay::ConfirmPublish { .. }) => self.send_now(),
            Some(Overlay::Subscribe(prompt)) => self.subscribe(&prompt),
            other => {
                self.overlay = other;
                Vec::new()
            }
        }
    }

    fn subscribe(&mut self, prompt: &Prompt) -> Vec<Effect> {
        let topic = prompt.topic();
        if topic.name.is_empty() && !prompt.is_exact {
            return Vec::new();
        }
        let name = whole(&topic.name);
        let known = self.subscriptions.find(&topic);
        let state = known.and_then(|id| self.subscriptions.state(id));
        if matches!(state, Some(SubscriptionState::Denied(_))) {
            return vec![Effect::Command(Command::Reconnect)];
        }
        match self.subscriptions.add(topic) {
            Some(subscription) => vec![Effect::Command(Command::Subscribe(subscription))],
            None => self.tell(format!("already subscribed to {name}")),
        }
    }

    fn unsubscribe(&mut self) -> Vec<Effect> {
        let topic = match self.channels.selected() {
            Some(topic) if self.focus == Focus::Channels => Some(topic.clone()),
            _ => self.current_channel().map(|name| Topic::channel(&name)),
        };
        let Some(topic) = topic else {
            return self.tell("select a subscription to end it");
        };
        let listed = self.subscriptions.listed();
        let of_topic = listed
            .filter(|(_, of, _)| **of == topic)
            .max_by_key(|(_, _, state)| !matches!(state, SubscriptionState::Ended(_)));
        let Some((id, ..)) = of_topic else {
            let name = whole(&topic.name);
            return self.tell(format!(
                "{name} is heard through a pattern: unsubscribe from that, or press m to mute it"
            ));
        };
        self.subscriptions.leave(id);
        vec![Effect::Command(Command::Unsubscribe(id))]
    }
}

/// The question to ask before publishing to `channel`, if one is due.
fn why_ask(channel: &[u8]) -> Option<String> {
    let name = escape::name(channel, MAX_NAME_COLUMNS).string;
    if channel == SENTINEL_HELLO {
        return Some(format!(
            "{name}: sentinels believe what they read there; a forged message can cause a failover."
        ));
    }
    let is_keyspace = [&b"__key"[..], b"__subkey"]
        .iter()
        .any(|start| channel.starts_with(start));
    if is_keyspace {
        return Some(format!(
            "{name}: programs take a message there for a change that Redis made to a key."
        ));
    }
    channel
        .is_empty()
        .then(|| "The channel's name is empty.".to_owned())
}

/// How far a key moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Lines(isize),
    HalfPages(isize),
    First,
    Last,
}

impl Step {
    /// The lines to move by on a page of `height`; `None` for the ends.
    fn lines(self, height: usize) -> Option<isize> {
        let page = isize::try_from(height.max(2)).unwrap_or(isize::MAX);
        match self {
            Self::Lines(lines) => Some(lines),
            Self::HalfPages(halves) => Some(halves * (page / 2)),
            Self::First | Self::Last => None,
        }
    }

    /// The line that it leads to from `line`, on a page of `height` in lines up to `last`.
    fn from(self, line: usize, height: usize, last: usize) -> usize {
        match self.lines(height) {
            Some(lines) => line.saturating_add_signed(lines).min(last),
            None if self == Self::First => 0,
            None => last,
        }
    }
}
