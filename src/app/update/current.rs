//! What keys act on: the current message and channel, and whether they stay in place.
//!
//! While the log follows new messages, or once the highlighted row has been evicted, the row under
//! the highlight keeps changing. The first press of a key that would act on it freezes the log and
//! highlights a message instead; the second press acts.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use super::App;
use crate::app::action::{Action, RowAction};
use crate::app::channel_list::Target;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::keymap::Chord;
use crate::app::log_pane::Position;
use crate::app::session::feed::MAX_NAME_COLUMNS;
use crate::app::session::snapshot::MessageSnapshot;
use crate::log::Channel;
use crate::message::{RowId, Topic};
use crate::payload::escape;

impl App {
    /// Returns the message that keys act on: the open message, the selected one, or the last one of
    /// the selected channel.
    pub(super) fn current_message(&self) -> Option<MessageSnapshot> {
        let session = &self.session;
        let snapshot = match &self.open {
            Some(open) if self.focus == Focus::Message => open.reader.snapshot.clone(),
            _ if self.focus == Focus::Channels => {
                session.snapshot(self.selected_channel()?.last_row)?
            }
            _ => session.snapshot(self.log_pane.selected(&session.shown)?)?,
        };
        snapshot.channel.is_some().then_some(snapshot)
    }

    /// Returns the channel that keys act on: the selected channel, or that of the open or selected
    /// message.
    pub(super) fn current_channel(&self) -> Option<Arc<[u8]>> {
        if self.focus == Focus::Channels {
            let selected = self.channel_list.selected.as_ref()?;
            return selected.channel().map(Arc::clone);
        }
        if let Some(open) = self.open.as_ref().filter(|_| self.focus == Focus::Message) {
            return open.reader.snapshot.channel.clone();
        }
        self.session
            .channel_of(self.log_pane.selected(&self.session.shown)?)
    }

    /// Returns the target of keys that show or mute: what is selected in the channel list, or the
    /// channel of the open or selected message.
    pub(super) fn current_target(&self) -> Option<Target> {
        if self.focus == Focus::Channels {
            return self.channel_list.selected.clone();
        }
        let channel = self.current_channel()?;
        Some(Target::Topic(Topic::shared_channel(channel)))
    }

    /// Freezes the log on a message and shows a toast, if `action` would act on a row that does not
    /// stay in place. Returns `None` if the action may go ahead.
    pub(super) fn highlight_first(&mut self, action: Action, key: KeyEvent) -> Option<Vec<Effect>> {
        let is_refused =
            action == Action::Row(RowAction::EditResend) && self.session.settings.read_only;
        if !matches!(action, Action::Row(_) | Action::Run(_)) || self.has_highlight() || is_refused
        {
            return None;
        }
        let channel = self.highlight_newest()?;
        let offer = match action {
            Action::Row(action) => self.offer(action, &channel).map(str::to_owned),
            Action::Run(index) => self.offer_command(index, &channel),
            _ => return None,
        };
        let resumes = self.session.keyed("{toggle-freeze} resumes");
        Some(match offer {
            Ok(what) => {
                let channel = escape::name(&channel, MAX_NAME_COLUMNS).string;
                let key = Chord::of(key).label();
                self.tell(format!(
                    "frozen · {key} again to {what}: {channel} · {resumes}"
                ))
            }
            Err(why) => self.tell(format!("frozen: {why} · {resumes}")),
        })
    }

    /// Returns what `action` does to the highlighted message, to complete "press the key again to
    /// …". If that is not possible, returns the reason instead, so that the user does not press the
    /// key again in vain.
    fn offer(&self, action: RowAction, channel: &Arc<[u8]>) -> Result<&'static str, String> {
        let unless = |why: Option<String>, what| why.map_or(Ok(what), Err);
        match action {
            RowAction::ToggleMark => Ok("mark it"),
            RowAction::Diff | RowAction::DiffToMark => Ok("compare it"),
            RowAction::EditResend => unless(self.why_not_edit(), "edit and resend it"),
            RowAction::CopyPayload | RowAction::CopyValue => Ok("copy it"),
            RowAction::CopyWhole | RowAction::CopyPath => Ok("copy from it"),
            RowAction::Unsubscribe => unless(
                self.why_not_unsubscribe(channel),
                "unsubscribe from its channel",
            ),
            RowAction::ToggleMute => Ok("mute its channel"),
            RowAction::RemoveLens if self.session.lens_of(channel).is_none() => Err(self.keyed(
                "no lens on this channel · {toggle-lens} on a value of an open message sets one",
            )),
            RowAction::RemoveLens | RowAction::ToggleLens | RowAction::WriteLens => {
                Ok("change the lens on its channel")
            }
            RowAction::ToggleRecipe if self.session.recipes.of(channel).is_none() => {
                Err("no recipe applies to this channel".to_owned())
            }
            RowAction::ToggleRecipe => Ok("switch its recipe"),
            RowAction::PlotSize | RowAction::PlotValue => Ok("plot it"),
            RowAction::Formats => Ok("choose its format"),
            RowAction::ToggleNested => Ok("unfold its values"),
            RowAction::FilterByValue => Ok("filter by its value"),
            RowAction::ToggleSequence => Ok("track its numbers"),
        }
    }

    /// Returns whether the row or channel that keys act on stays in place.
    pub(super) fn has_highlight(&self) -> bool {
        let is_log = matches!(self.focus, Focus::Messages | Focus::Message) && !self.shows_latest();
        if !is_log || self.overlay.is_some() {
            return true;
        }
        match self.log_pane.position {
            Position::Following => false,
            Position::Frozen { .. } if self.focus == Focus::Message => true,
            Position::Frozen { selected, .. } => self.session.shown.keeps(selected),
        }
    }

    /// Freezes the log on the open message if that has the focus, or on the newest message in view.
    /// Returns the channel of that message; if no message is in view, returns `None` and does not
    /// freeze the log.
    pub(super) fn highlight_newest(&mut self) -> Option<Arc<[u8]>> {
        let rows = match &self.open {
            Some(open) if self.focus == Focus::Message => vec![open.reader.snapshot.row],
            _ => self.window().rows,
        };
        let mut newest_first = rows.into_iter().rev();
        let (row, channel) =
            newest_first.find_map(|row| Some((row, self.session.channel_of(row)?)))?;
        self.on_log(|log, session, height| log.select(&session.shown, row, height));
        Some(channel)
    }

    /// Returns the channel selected in the list, if it has received messages.
    pub(super) fn selected_channel(&self) -> Option<&Channel> {
        let channels = self.session.log.channels();
        self.channel_list.selected_channel(channels)
    }

    /// Returns the selected row of the log, or the last row of the selected channel while the
    /// latest values are shown.
    pub(super) fn selected_row(&self) -> Option<RowId> {
        if !self.shows_latest() {
            return self.log_pane.selected(&self.session.shown);
        }
        let row = self.selected_channel()?.last_row;
        self.session.log.row(row).map(|row| row.id)
    }
}
