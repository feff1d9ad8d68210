//! Typing and pasting into the text boxes, which are limited: with a longer text, every key would be slow.

use crossterm::event::{KeyCode, KeyEvent};

use super::App;
use crate::app::effect::Effect;
use crate::app::input::Input;
use crate::app::keymap::Context;
use crate::app::overlays::{Overlay, Question};
use crate::app::publish_box::limits::{MAX_EDITED, MAX_LINE};
use crate::payload::figures;

impl App {
    pub(super) fn confirm(&mut self) -> Vec<Effect> {
        match self.overlay.take() {
            Some(Overlay::Confirm(question)) => match question {
                Question::Publish { .. } => self.send_now(),
                Question::Quit { .. } => vec![Effect::Quit],
            },
            Some(Overlay::Subscribe(prompt)) => self.subscribe(&prompt),
            Some(Overlay::SearchMessage(_)) => {
                self.with_open(|open, session, _| open.end_search(session))
            }
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

    /// Refuses to add `bytes` bytes to the focused text box if they exceed its limit. In that case
    /// none of them is added.
    pub(super) fn refuse_too_much(&mut self, bytes: usize) -> Option<Vec<Effect>> {
        let (held, most) = match (self.context(), &self.overlay) {
            (Context::Prompt, Some(Overlay::Subscribe(prompt))) => (prompt.input.size(), MAX_LINE),
            (Context::Query, Some(Overlay::Query(query))) => (query.input.size(), MAX_LINE),
            (Context::SearchMessage, Some(Overlay::SearchMessage(input))) => {
                (Input::size(input), MAX_LINE)
            }
            (Context::PublishChannel, _) => (self.publish_box.channel.size(), MAX_LINE),
            (Context::PublishPayload, _) => (self.publish_box.payload.size(), MAX_EDITED),
            _ => return None,
        };
        if held + bytes <= most {
            return None;
        }
        let most = figures::size(most as u64);
        Some(
            self.session
                .tell_error(format!("text too long: at most {most} · nothing added")),
        )
    }

    /// Passes a key to the focused text box, if there is one.
    pub(super) fn type_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        if let KeyCode::Char(letter) = key.code
            && let Some(refusal) = self.refuse_too_much(letter.len_utf8())
        {
            return refusal;
        }
        match (self.context(), &mut self.overlay) {
            (Context::Prompt, Some(Overlay::Subscribe(prompt))) => {
                prompt.input.press_in_line(key);
            }
            (Context::Query, Some(Overlay::Query(query_box))) => {
                query_box.input.press_in_line(key);
                return query_box.read(&mut self.session);
            }
            (Context::SearchMessage, Some(Overlay::SearchMessage(input))) => {
                input.press_in_line(key);
                let text = input.text();
                return self.search_message_for(&text);
            }
            (Context::PublishChannel, _) => {
                self.publish_box.channel.press_in_line(key);
                self.publish_box.dismiss_failure();
            }
            (Context::PublishPayload, _) => {
                self.publish_box.payload.press(key);
                self.publish_box.dismiss_failure();
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        if let Some(refusal) = self.refuse_too_much(text.len()) {
            return refusal;
        }
        match (self.context(), &mut self.overlay) {
            (Context::Prompt, Some(Overlay::Subscribe(prompt))) => {
                prompt.input.insert_in_line(text);
                if text.trim_end().contains(['\r', '\n']) {
                    return self
                        .session
                        .tell("a line break in the pasted name became a space");
                }
            }
            (Context::Query, Some(Overlay::Query(query_box))) => {
                query_box.input.insert_in_line(text);
                return query_box.read(&mut self.session);
            }
            (Context::SearchMessage, Some(Overlay::SearchMessage(input))) => {
                input.insert_in_line(text);
                let text = input.text();
                return self.search_message_for(&text);
            }
            (Context::PublishChannel, _) => {
                let text = self.publish_box.readable(text);
                self.publish_box.channel.insert_in_line(&text);
                self.publish_box.dismiss_failure();
            }
            (Context::PublishPayload, _) => {
                let text = self.publish_box.readable(text);
                self.publish_box.payload.insert(&text);
                self.publish_box.dismiss_failure();
            }
            _ => return self.session.tell("nothing to paste into · p publish"),
        }
        Vec::new()
    }
}
