//! Typing and pasting into the text boxes, whose length is limited to keep every key fast.

use crossterm::event::{KeyCode, KeyEvent};

use super::App;
use crate::app::effect::Effect;
use crate::app::input::Input;
use crate::app::keymap::Context;
use crate::app::overlays::{List, Overlay, Question};
use crate::app::publish_box::limits::{MAX_EDITED, MAX_LINE};
use crate::payload::figures;

impl App {
    pub(super) fn confirm(&mut self) -> Vec<Effect> {
        if self.context() == Context::ListSearch {
            return self.keep_search();
        }
        if self.context() == Context::Narrow {
            return self.show_match();
        }
        match self.overlay.take() {
            Some(Overlay::Confirm(Question::Publish { .. })) => self.send_now(),
            Some(Overlay::Confirm(Question::Counted { topic })) => self.session.subscribe(topic),
            Some(Overlay::Confirm(Question::Quit { over, .. })) => {
                self.overlay = over.map(|over| *over);
                self.leave()
            }
            Some(waiting @ Overlay::Confirm(Question::FinishExport { .. })) => {
                self.overlay = Some(waiting);
                let exports = figures::counted(self.session.exporting.len() as u64, "export");
                self.tell(format!("waiting for {exports}"))
            }
            Some(Overlay::Confirm(Question::Replace { path, recording })) => match recording {
                Some(scope) => self.record(&path, true, scope),
                None => self.replace_by_export(&path),
            },
            Some(Overlay::Subscribe(prompt)) => self.subscribe(&prompt),
            Some(Overlay::Export(prompt)) => match prompt.path() {
                path if path.is_empty() => {
                    self.reopen_export("", Some("type the name of a file".to_owned()));
                    Vec::new()
                }
                path => self.export_to(&path),
            },
            Some(Overlay::Record(prompt)) => self.confirm_recording(&prompt),
            Some(Overlay::Lens(prompt)) => self.set_lens(prompt),
            Some(Overlay::Password(prompt)) => self.log_in(prompt),
            Some(Overlay::SearchMessage(_)) => {
                self.with_open(|open, session, _| open.end_search(session))
            }
            Some(Overlay::Palette(palette)) => self.run_chosen(palette),
            other => {
                self.overlay = other;
                match self.overlay {
                    Some(Overlay::List(List::Formats, _)) => self.choose_format(),
                    _ => self.confirm_query(),
                }
            }
        }
    }

    /// Returns the focused text box, if there is one, and its limit in bytes.
    fn text_box(&mut self) -> Option<(&mut Input, usize)> {
        let input = match (self.context(), &mut self.overlay) {
            (Context::Prompt, Some(Overlay::Subscribe(prompt))) => &mut prompt.input,
            (Context::Export, Some(Overlay::Export(prompt))) => &mut prompt.input,
            (Context::Record, Some(Overlay::Record(prompt))) => &mut prompt.input,
            (Context::Lens, Some(Overlay::Lens(prompt))) => &mut prompt.input,
            (Context::Query, Some(Overlay::Query(query_box))) => &mut query_box.input,
            (Context::Palette, Some(Overlay::Palette(palette))) => &mut palette.input,
            (Context::ListSearch, Some(overlay)) => &mut overlay.search_mut()?.as_mut()?.input,
            (Context::SearchMessage, Some(Overlay::SearchMessage(input))) => input.as_mut(),
            (Context::Narrow, _) => &mut self.channel_list.narrowing.as_mut()?.input,
            (Context::PublishChannel, _) => &mut self.publish_box.channel,
            (Context::PublishPayload, _) => {
                return Some((&mut self.publish_box.payload, MAX_EDITED));
            }
            _ => return None,
        };
        Some((input, MAX_LINE))
    }

    /// Refuses to add `bytes` bytes to the focused text box if that would exceed its limit.
    fn refuse_too_much(&mut self, bytes: usize) -> Option<Vec<Effect>> {
        let (input, most) = self.text_box()?;
        if input.size() + bytes <= most {
            return None;
        }
        let most = figures::size(most as u64);
        let refusal = format!("text too long: at most {most} · nothing added");
        Some(self.session.tell_error(refusal))
    }

    /// Passes a key to the focused text box, if there is one.
    pub(super) fn type_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        if let Some(Overlay::Password(prompt)) = &mut self.overlay {
            prompt.press(key);
            return Vec::new();
        }
        if let KeyCode::Char(letter) = key.code
            && let Some(refusal) = self.refuse_too_much(letter.len_utf8())
        {
            return refusal;
        }
        let has_lines = self.context() == Context::PublishPayload;
        let Some((input, _)) = self.text_box() else {
            return Vec::new();
        };
        if has_lines {
            input.press(key);
        } else {
            input.press_in_line(key);
        }
        self.use_text()
    }

    /// Handles a paste that the terminal has marked.
    pub(super) fn take_paste(&mut self, text: &str) -> Vec<Effect> {
        self.keyboard.forget();
        // Dismiss a toast that says the paste has stalled.
        self.session.toast = None;
        self.paste(text)
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        if let Some(Overlay::Password(prompt)) = &mut self.overlay {
            prompt.insert(text);
            return Vec::new();
        }
        if let Some(refusal) = self.refuse_too_much(text.len()) {
            return refusal;
        }
        let context = self.context();
        let text = match context {
            Context::PublishChannel | Context::PublishPayload => self.publish_box.readable(text),
            Context::Query => {
                let input = self.text_box().map(|(input, _)| input.before_caret());
                self.session.pasted(&input.unwrap_or_default(), text)
            }
            _ => text.to_owned(),
        };
        let Some((input, _)) = self.text_box() else {
            return self
                .tell(self.keyed("no text box to paste into · {publish} opens the publish box"));
        };
        if context == Context::PublishPayload {
            input.insert(&text);
        } else {
            input.insert_in_line(&text);
        }
        if context == Context::Prompt && text.trim_end().contains(['\r', '\n']) {
            return self.tell("a line break in the pasted name became a space");
        }
        self.use_text()
    }

    /// Applies the changed text of the focused text box, if it takes effect as the user types.
    fn use_text(&mut self) -> Vec<Effect> {
        if self.context() == Context::Narrow {
            return self.narrow_channels();
        }
        match &mut self.overlay {
            Some(Overlay::Query(query_box)) => return query_box.read(&mut self.session),
            Some(Overlay::Export(prompt)) => prompt.refusal = None,
            Some(Overlay::Record(prompt)) => prompt.refusal = None,
            Some(Overlay::SearchMessage(input)) => {
                let text = input.text();
                return self.search_message_for(&text);
            }
            Some(Overlay::Palette(_)) => return self.list_in_palette(),
            Some(Overlay::Help(_) | Overlay::List(..)) => return self.narrow(),
            Some(
                Overlay::Subscribe(_)
                | Overlay::Lens(_)
                | Overlay::Password(_)
                | Overlay::Confirm(_)
                | Overlay::Output(_),
            ) => {}
            None => self.publish_box.note_edit(),
        }
        Vec::new()
    }
}
