//! Writing and publishing messages.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use super::App;
use super::opened::NEEDS_SERVER;
use crate::app::action::PublishAction;
use crate::app::channel_list::Entry;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::overlays::{Overlay, Question};
use crate::app::publish_box::limits::{MAX_LINE, too_long, why_ask, why_not_edited};
use crate::app::session::feed::MAX_NAME_COLUMNS;
use crate::payload::escape;

/// The toasts that say why nothing can be published: because of the command line or the config file.
const READ_ONLY: &str = "read-only: publishing is off; start without --read-only to publish";
const READ_ONLY_FILE: &str =
    "read-only: publishing is off (config file); start with --read-only=false";

impl App {
    pub(super) fn edit_and_resend(&mut self) -> Vec<Effect> {
        if let Some(why) = self.why_read_only() {
            return self.tell(why);
        }
        let Some(snapshot) = self.current_message() else {
            return self.tell("select a message to edit and send it again");
        };
        if let Some(why) = why_not_edited(&snapshot) {
            return self.session.tell_error(why);
        }
        let Some(channel) = snapshot.channel else {
            return Vec::new();
        };
        let choice = self
            .session
            .decoder_choices
            .of(&channel)
            .unwrap_or_default();
        let refused = self.publish_box.take(&channel, &snapshot.payload, &choice);
        self.set_focus(Focus::PublishPayload);
        refused.map_or_else(Vec::new, |reason| self.tell(reason.to_string()))
    }

    /// Returns why nothing can be published, or `None` if publishing is on.
    fn why_read_only(&self) -> Option<&'static str> {
        let settings = &self.session.settings;
        if self.session.opened().is_some() {
            return Some(NEEDS_SERVER);
        }
        match (settings.read_only, settings.is_file_read_only) {
            (false, _) => None,
            (true, false) => Some(READ_ONLY),
            (true, true) => Some(READ_ONLY_FILE),
        }
    }

    /// Returns why the current message cannot be edited and sent again, or `None` if it can.
    pub(super) fn why_not_edit(&self) -> Option<String> {
        if let Some(why) = self.why_read_only() {
            return Some(why.to_owned());
        }
        self.current_message().as_ref().and_then(why_not_edited)
    }

    /// Opens the box for a message to the highlighted channel.
    pub(super) fn write_message(&mut self) -> Vec<Effect> {
        if let Some(why) = self.why_read_only() {
            return self.tell(why);
        }
        let was_highlighted = self.has_highlight();
        if let Some(channel) = self.channel_to_address() {
            if channel.len() > MAX_LINE {
                return self.session.tell_error(too_long(&channel));
            }
            let name = escape::name(&channel, MAX_NAME_COLUMNS).string;
            let before = self.publish_box.channel.text();
            self.publish_box.address(&channel);
            let is_redirected = !before.is_empty() && before != self.publish_box.channel.text();
            if is_redirected && !self.publish_box.payload.is_empty() {
                self.tell(format!("the draft now goes to {name}"));
            } else if !was_highlighted {
                self.tell(format!("log frozen on {name}"));
            }
        }
        self.enter_box()
    }

    /// Returns the channel to write to: the highlighted one. If nothing is highlighted and the box
    /// has no channel yet, returns the channel of the newest message, or the one selected in the
    /// channel list.
    fn channel_to_address(&mut self) -> Option<Arc<[u8]>> {
        if self.has_highlight()
            && let Some(channel) = self.current_channel()
        {
            return Some(channel);
        }
        if !self.publish_box.channel.is_empty() {
            return None;
        }
        if !self.has_highlight()
            && let Some(channel) = self.highlight_newest()
        {
            return Some(channel);
        }
        let selected = self.channel_list.selected.as_ref()?;
        selected.channel().map(Arc::clone)
    }

    /// Moves the focus to the message in the box, or to the channel name if that is still empty.
    pub(super) fn enter_box(&mut self) -> Vec<Effect> {
        if let Some(why) = self.why_read_only() {
            return self.tell(why);
        }
        let has_channel = !self.publish_box.channel.is_empty();
        self.set_focus(if has_channel {
            Focus::PublishPayload
        } else {
            Focus::PublishChannel
        });
        Vec::new()
    }

    /// Executes `action` in the box. `key` is the key that triggered it.
    pub(super) fn act_in_publish_box(
        &mut self,
        action: PublishAction,
        key: KeyEvent,
    ) -> Vec<Effect> {
        // On the first and the last line, the arrow keys show history entries.
        let payload = &mut self.publish_box.payload;
        match action {
            PublishAction::Send => return self.send(),
            PublishAction::SendEmpty => return self.ask_to_send_empty(),
            PublishAction::NewLine => {
                payload.start_line();
                self.publish_box.note_edit();
            }
            PublishAction::Older if payload.is_on_first_line() => self.publish_box.show_older(),
            PublishAction::Newer if payload.is_on_last_line() => self.publish_box.show_newer(),
            PublishAction::Older | PublishAction::Newer => return self.type_key(key),
            PublishAction::Complete => return self.complete(),
            PublishAction::EnterPayload => self.set_focus(Focus::PublishPayload),
            PublishAction::EnterChannel => self.set_focus(Focus::PublishChannel),
            PublishAction::ToggleEscapes if self.publish_box.editing.is_some() => {
                return self.tell(self.keyed("no escapes here · {toggle-decoded} edits the bytes"));
            }
            PublishAction::ToggleEscapes => self.publish_box.escapes = !self.publish_box.escapes,
            PublishAction::ToggleDecoded => return self.toggle_decoded(),
            PublishAction::OpenEditor => return self.open_editor(),
            PublishAction::ToggleSharded => {
                let is_sharded = self.publish_box.publishes_sharded(&self.session);
                self.publish_box.is_sharded = Some(!is_sharded);
            }
        }
        Vec::new()
    }

    /// Switches between the decoded form of the message in the box and its bytes.
    fn toggle_decoded(&mut self) -> Vec<Effect> {
        let channel = self.publish_box.channel_name();
        let choice = self
            .session
            .decoder_choices
            .of(&channel)
            .unwrap_or_default();
        match self.publish_box.toggle_decoded(&choice) {
            Ok(None) => Vec::new(),
            Ok(Some(reason)) => self.tell(reason.to_string()),
            Err(wrong) => {
                self.publish_box.refuse(wrong);
                Vec::new()
            }
        }
    }

    pub(super) fn complete(&mut self) -> Vec<Effect> {
        // Consider only the listed channels: going through all channels would delay the key.
        let listed = self.channel_list.entries.iter();
        let heard = listed.filter_map(|entry| match entry {
            Entry::Channel(id) => Some(self.session.log.channels().by_id(*id)?.name()),
            Entry::Pattern(_) | Entry::NotReceiving(_) | Entry::Branch(_) => None,
        });
        let subscribed = self.session.subscriptions.listed();
        let subscribed =
            subscribed.filter_map(|(_, topic, _)| topic.names_one().then_some(&*topic.name));
        let is_complete = self.publish_box.complete(heard.chain(subscribed));
        if !is_complete && self.publish_box.channel.is_empty() {
            self.set_focus(Focus::PublishChannel);
            return self.tell("no channel to complete yet · type its name");
        }
        self.set_focus(if is_complete {
            Focus::PublishChannel
        } else {
            Focus::PublishPayload
        });
        Vec::new()
    }

    /// Publishes the message in the box unless it is empty. Asks for confirmation first if
    /// publishing could do harm.
    fn send(&mut self) -> Vec<Effect> {
        if self.publish_box.payload.is_empty() {
            return self
                .tell(self.keyed("nothing to publish · {send-empty} publishes an empty message"));
        }
        let outgoing = self.publish_box.outgoing();
        match outgoing.map(|message| why_ask(&message.channel)) {
            Ok(None) => return self.send_now(),
            Ok(Some(warning)) => {
                self.overlay = Some(Overlay::Confirm(Question::Publish { warning }));
            }
            Err(wrong) => self.publish_box.refuse(wrong),
        }
        Vec::new()
    }

    /// Asks whether to publish a message with an empty payload.
    pub(super) fn ask_to_send_empty(&mut self) -> Vec<Effect> {
        if !self.publish_box.payload.is_empty() {
            return self.tell(self.keyed("the message is not empty · {send} publishes it"));
        }
        match self.publish_box.outgoing() {
            Ok(message) => {
                let name = escape::name(&message.channel, MAX_NAME_COLUMNS).string;
                let warning = match why_ask(&message.channel) {
                    Some(warning) => format!("An empty message. {warning}"),
                    None => format!("An empty message to {name}"),
                };
                self.overlay = Some(Overlay::Confirm(Question::Publish { warning }));
            }
            Err(wrong) => self.publish_box.refuse(wrong),
        }
        Vec::new()
    }

    pub(super) fn send_now(&mut self) -> Vec<Effect> {
        if let Some(why) = self.why_read_only() {
            return self.tell(why);
        }
        let sent = self.publish_box.publish(&mut self.session);
        if sent.is_some() {
            self.set_focus(Focus::PublishPayload);
        }
        sent.into_iter().collect()
    }
}
