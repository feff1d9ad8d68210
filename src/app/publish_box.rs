//! The publish box.

pub mod limits;

mod completion;
mod draft;
mod editing;
mod editor_file;

use self::completion::Completion;
use self::draft::Draft;
pub use self::draft::{Answer, Outgoing};
pub use self::editing::Editing;
use self::limits::MAX_LINE;
use super::causes::publish_error_words;
use super::effect::Effect;
use super::input::Input;
use super::session::Session;
use super::text_editor::EditRequest;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::encode::NotEdited;
use crate::payload::escape::{is_plain, is_plain_name};
use crate::payload::quoted::{parse_escaped, to_escaped};
use crate::server::{Ask, PublishError};

/// The maximum number of messages in the history.
const MAX_HISTORY: usize = 500;

/// The box: a channel, a payload, and the history of what was sent.
#[derive(Debug, Default)]
pub struct PublishBox {
    /// The channel's name.
    pub channel: Input,
    /// The message.
    pub payload: Input,
    /// Whether the channel is sharded; `None` until the user has chosen.
    pub is_sharded: Option<bool>,
    /// Whether escapes such as `\n` and `\xff` stand for bytes, in the channel and, unless it is
    /// edited in its decoded form, in the payload.
    pub escapes: bool,
    /// The decoded form that the payload is edited in, if any.
    pub editing: Option<Editing>,
    /// The outcome of the last message.
    pub answer: Answer,
    history: Vec<Draft>,
    /// The index of the history entry that is shown in place of `unsent`, if any.
    shown: Option<usize>,
    unsent: Draft,
    completion: Option<Completion>,
    /// What is open in the user's editor.
    in_editor: Draft,
    last_id: u64,
}

impl PublishBox {
    /// Sets the channel to publish to, and keeps the message.
    pub fn address(&mut self, channel: &[u8]) {
        self.shown = None;
        if self.editing.is_some() {
            self.escapes = !is_plain_name(channel);
            self.channel = Input::holding(&to_text(channel, self.escapes));
            return;
        }
        match self.outgoing() {
            Ok(written) => self.load(channel, &written.payload),
            // Invalid escapes are kept for the user to correct.
            Err(_) => self.channel = Input::holding(&to_escaped(channel)),
        }
    }

    /// Returns pasted text in printable form. If it contains invisible characters, the box switches
    /// to escapes.
    pub fn readable(&mut self, pasted: &str) -> String {
        let lines = pasted.replace("\r\n", "\n").replace('\r', "\n");
        if let Some(editing) = &self.editing {
            return editing.readable(lines);
        }
        if self.escapes || is_plain(lines.as_bytes()) {
            return lines;
        }
        self.escapes = true;
        self.channel = Input::holding(&to_escaped(self.channel.text().as_bytes()));
        self.payload = Input::holding(&to_escaped(self.payload.text().as_bytes()));
        to_escaped(lines.as_bytes())
    }

    /// Loads a message into the box, to edit and send again: in its decoded form, if that differs.
    /// Returns why it has none, if it has values.
    pub(crate) fn take(
        &mut self,
        channel: &[u8],
        payload: &[u8],
        choice: &DecoderChoice,
    ) -> Option<NotEdited> {
        // Keep the draft that it replaces in the history.
        if self.shown.is_none() && !self.payload.is_empty() {
            self.remember(self.draft());
        }
        self.shown = None;
        self.load(channel, payload);
        match Editing::of(payload, choice) {
            Ok(editing) if editing.is_plain_json() => None,
            Ok(editing) => {
                self.edit_decoded(editing);
                None
            }
            Err(reason) => Some(reason).filter(|reason| *reason != NotEdited::NoValues),
        }
    }

    /// Switches to editing the payload in this form.
    fn edit_decoded(&mut self, editing: Editing) {
        let channel = self.channel_name();
        self.escapes = !is_plain_name(&channel);
        self.channel = Input::holding(&to_text(&channel, self.escapes));
        self.payload = Input::holding(editing.text());
        self.editing = Some(editing);
    }

    /// Switches between the decoded form of the payload and its bytes. `choice` is the decoder
    /// chosen for the channel. Returns the reason if the payload has no decoded form.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the text.
    pub(crate) fn toggle_decoded(
        &mut self,
        choice: &DecoderChoice,
    ) -> Result<Option<NotEdited>, String> {
        let Outgoing { channel, payload } = self.outgoing()?;
        if self.editing.is_some() {
            self.load(&channel, &payload);
            return Ok(None);
        }
        match Editing::of(&payload, choice) {
            Ok(editing) => self.edit_decoded(editing),
            Err(reason) => return Ok(Some(reason)),
        }
        Ok(None)
    }

    /// Returns the payload's text as a request to open it in the user's editor.
    pub(crate) fn open_editor(&mut self) -> EditRequest {
        self.in_editor = self.draft();
        let text = &self.in_editor.payload;
        EditRequest {
            text: editor_file::content(text),
            extension: match &self.in_editor.editing {
                Some(editing) => editing.extension(),
                None => editor_file::extension(text),
            },
        }
    }

    /// Takes the text from the file that the user's editor has written. Returns whether it has
    /// changed.
    ///
    /// # Errors
    ///
    /// Returns why the text cannot be taken. It then stays as it was.
    pub(crate) fn take_from_editor(&mut self, file: &[u8]) -> Result<bool, String> {
        let draft = std::mem::take(&mut self.in_editor);
        let bytes = editor_file::text(file)?;
        if bytes == draft.payload.as_bytes() {
            return Ok(false);
        }
        let text = match str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(wrong) if draft.editing.is_some() => {
                return Err(editor_file::not_utf8(bytes, wrong));
            }
            Err(_) if draft.escapes => editor_file::with_escapes(bytes),
            Err(_) => {
                self.put(&draft);
                self.load(draft.channel.as_bytes(), bytes);
                self.note_edit();
                return Ok(true);
            }
        };
        self.put(&Draft {
            payload: String::new(),
            ..draft
        });
        let text = self.readable(&text);
        self.payload = Input::holding(&text);
        self.note_edit();
        Ok(true)
    }

    /// Reacts to a change of the payload's text.
    pub(crate) fn note_edit(&mut self) {
        self.dismiss_failure();
        if let Some(editing) = &mut self.editing {
            editing.note_text(&self.payload.text());
        }
    }

    /// Returns the bytes of the channel and of the payload as they would be sent.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with an escape.
    pub fn outgoing(&self) -> Result<Outgoing, String> {
        Ok(Outgoing {
            channel: self.read("channel", &self.channel)?,
            payload: match &self.editing {
                Some(editing) => editing.encode(&self.payload.text())?.into(),
                None => self.read("message", &self.payload)?,
            },
        })
    }

    /// Returns the bytes that the text of a box stands for.
    fn read(&self, name: &str, input: &Input) -> Result<Box<[u8]>, String> {
        let text = input.text();
        if !self.escapes {
            return Ok(text.into_bytes().into());
        }
        let bytes = parse_escaped(&text).map_err(|error| format!("{name}: {error}"))?;
        Ok(bytes.into())
    }

    /// Returns the bytes of the channel's name, or the text as typed if an escape in it is invalid.
    pub fn channel_name(&self) -> Vec<u8> {
        let text = self.channel.text();
        let read = self.escapes.then(|| parse_escaped(&text).ok()).flatten();
        read.unwrap_or_else(|| text.into_bytes())
    }

    /// Publishes the message and moves it to the history. Returns `None` if an escape is invalid.
    pub(crate) fn publish(&mut self, session: &mut Session) -> Option<Effect> {
        let Outgoing { channel, payload } = self.outgoing().ok()?;
        let is_sharded = self.publishes_sharded(session);
        self.remember(self.draft());
        self.shown = None;
        self.payload = Input::default();
        self.editing = None;
        self.last_id += 1;
        let id = self.last_id;
        self.answer = Answer::Waiting { id };
        session.own.note_sent(id, &channel, &payload, session.now);
        Some(Effect::Ask(Ask::Publish {
            id,
            channel,
            payload,
            is_sharded,
        }))
    }

    /// Returns whether the message goes to a sharded channel. Unless the user has chosen, it does
    /// if the channel is subscribed to only as a sharded one.
    pub fn publishes_sharded(&self, session: &Session) -> bool {
        self.is_sharded.unwrap_or_else(|| {
            let channel = self.read("channel", &self.channel);
            channel.is_ok_and(|channel| session.subscriptions.include_only_sharded(&channel))
        })
    }

    /// Records the answer to the request `id`.
    pub fn note_answer(
        &mut self,
        id: u64,
        receivers: Result<i64, PublishError>,
        at: Option<Box<str>>,
    ) {
        if self.answer != (Answer::Waiting { id }) {
            return;
        }
        self.answer = match receivers {
            Ok(count) => Answer::Received { count, at },
            Err(error) => {
                // Return the message to the box, unless another one is being written.
                if self.payload.is_empty()
                    && let Some(sent) = self.history.last().cloned()
                {
                    self.put(&sent);
                }
                Answer::Failed(publish_error_words(&error).into())
            }
        };
    }

    /// Clears a failure once the user has read it.
    pub fn dismiss_failure(&mut self) {
        if matches!(self.answer, Answer::Failed(_)) {
            self.answer = Answer::None;
        }
    }

    /// Records that the message was not sent at all.
    pub fn refuse(&mut self, why: impl Into<Box<str>>) {
        self.answer = Answer::Failed(why.into());
    }

    /// Shows the previous message in the history.
    pub fn show_older(&mut self) {
        let at = self.shown.unwrap_or(self.history.len());
        let Some(older) = at.checked_sub(1) else {
            return;
        };
        if self.shown.is_none() {
            self.unsent = self.draft();
        }
        self.shown = Some(older);
        self.put(&self.history[older].clone());
    }

    /// Shows the next message in the history, or the draft.
    pub fn show_newer(&mut self) {
        let Some(at) = self.shown else { return };
        let newer = self.history.get(at + 1).cloned();
        self.shown = newer.is_some().then_some(at + 1);
        let draft = newer.unwrap_or_else(|| std::mem::take(&mut self.unsent));
        self.put(&draft);
    }

    /// Completes the channel's name to the first of `names` that starts with the typed text or,
    /// when called again, to the next. Returns whether there is such a name.
    pub fn complete<'a>(&mut self, names: impl Iterator<Item = &'a [u8]>) -> bool {
        let written = self.channel.text();
        let last = self.completion.take();
        let next = Completion::next(last, &written, || {
            let names = names.filter(|name| name.len() <= MAX_LINE);
            names.filter_map(|name| self.as_text(name)).collect()
        });
        let Some(name) = next.name() else {
            return false;
        };
        self.channel = Input::holding(name);
        self.completion = Some(next);
        true
    }

    /// Returns the names that Tab cycles through and the current index, if there are several.
    pub fn candidates(&self) -> Option<(&[String], usize)> {
        self.completion.as_ref()?.choice(&self.channel.text())
    }

    fn as_text(&self, name: &[u8]) -> Option<String> {
        (self.escapes || is_plain_name(name)).then(|| to_text(name, self.escapes))
    }

    /// Loads bytes into the box, as escaped text if they cannot be shown as is.
    fn load(&mut self, channel: &[u8], payload: &[u8]) {
        let has_outer_blank = payload.starts_with(b" ") || payload.ends_with(b" ");
        let escapes = !is_plain_name(channel) || !is_plain(payload) || has_outer_blank;
        self.put(&Draft {
            channel: to_text(channel, escapes),
            payload: to_text(payload, escapes),
            escapes,
            editing: None,
        });
    }

    fn remember(&mut self, draft: Draft) {
        self.history.retain(|other| *other != draft);
        self.history.push(draft);
        if self.history.len() > MAX_HISTORY {
            self.history.remove(0);
        }
    }

    fn draft(&self) -> Draft {
        Draft {
            channel: self.channel.text(),
            payload: self.payload.text(),
            escapes: self.escapes,
            editing: self.editing.clone(),
        }
    }

    fn put(&mut self, draft: &Draft) {
        self.channel = Input::holding(&draft.channel);
        self.payload = Input::holding(&draft.payload);
        self.escapes = draft.escapes;
        self.editing.clone_from(&draft.editing);
    }
}

fn to_text(bytes: &[u8], escapes: bool) -> String {
    if escapes {
        to_escaped(bytes)
    } else {
        String::from_utf8_lossy(bytes).into_owned()
    }
}
