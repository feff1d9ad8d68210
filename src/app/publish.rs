//! The box to publish from.

use super::box_limits::MAX_LINE;
use super::input::Input;
use crate::payload::escape::{is_plain, is_plain_name};
use crate::payload::quoted::{parse_escaped, to_escaped};

/// Messages that the history holds.
const MAX_HISTORY: usize = 500;

/// What stands in the box and can be sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Draft {
    channel: String,
    payload: String,
    escapes: bool,
}

/// The bytes of a message to publish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// The channel's name.
    pub channel: Box<[u8]>,
    /// The payload.
    pub payload: Box<[u8]>,
}

/// What became of the last message sent from the box.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Nothing has been sent yet.
    #[default]
    None,
    /// On its way.
    Waiting {
        /// The id of the question.
        id: u64,
    },
    /// Published.
    Received {
        /// This many clients received it.
        count: i64,
        /// The node of a cluster that counted its own, if others may have more.
        at: Option<Box<str>>,
    },
    /// Not published, or not known to be; the words say why.
    Failed(Box<str>),
}

/// The box: a channel, a payload, and the history of what was sent.
#[derive(Debug, Default)]
pub struct PublishBox {
    /// The channel's name.
    pub channel: Input,
    /// The message.
    pub payload: Input,
    /// Whether the channel is a sharded one, once the person has said so or not.
    pub is_sharded: Option<bool>,
    /// Whether `\n`, `\xff` and the like stand for bytes, in the payload and in the channel.
    escapes: bool,
    answer: Answer,
    history: Vec<Draft>,
    /// The entry of the history that is shown, if one is; then `kept` is what was being written.
    shown: Option<usize>,
    kept: Draft,
    completion: Option<Completion>,
    next_id: u64,
}

/// The names that Tab walks through, and where it stands.
#[derive(Debug)]
struct Completion {
    names: Vec<String>,
    at: usize,
}

impl PublishBox {
    /// What became of the last message.
    #[must_use]
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// Whether `\n`, `\xff` and the like stand for bytes.
    #[must_use]
    pub fn reads_escapes(&self) -> bool {
        self.escapes
    }

    /// Reads the box as escaped text from now on, or as it stands.
    pub fn toggle_escapes(&mut self) {
        self.escapes = !self.escapes;
    }

    /// Takes `channel` as the one to publish to, and keeps the message.
    pub fn address(&mut self, channel: &[u8]) {
        self.shown = None;
        match self.outgoing() {
            Ok(written) => self.load(channel, &written.payload),
            // What cannot be read is still the person's, to be mended.
            Err(_) => self.channel = Input::holding(&to_escaped(channel)),
        }
    }

    /// What is pasted as text that can be seen: if it holds what would not be, the box reads
    /// escapes from now on.
    pub fn readable(&mut self, pasted: &str) -> String {
        let lines = pasted.replace("\r\n", "\n").replace('\r', "\n");
        if self.escapes || is_plain(lines.as_bytes()) {
            return lines;
        }
        self.escapes = true;
        self.channel = Input::holding(&to_escaped(self.channel.text().as_bytes()));
        self.payload = Input::holding(&to_escaped(self.payload.text().as_bytes()));
        to_escaped(lines.as_bytes())
    }

    /// Takes a message into the box, to edit and send again.
    pub fn take(&mut self, channel: &[u8], payload: &[u8]) {
        // What was being written can be had again from the history.
        if self.shown.is_none() && !self.payload.is_empty() {
            self.remember(self.draft());
        }
        self.shown = None;
        self.load(channel, payload);
    }

    /// The bytes of the channel and of the payload, as they would be sent.
    ///
    /// # Errors
    ///
    /// Says what is wrong with an escape.
    pub fn outgoing(&self) -> Result<Outgoing, String> {
        let read = |name: &str, input: &Input| {
            let text = input.text();
            let bytes = if self.escapes {
                parse_escaped(&text).map_err(|error| format!("{name}: {error}"))?
            } else {
                text.into_bytes()
            };
            Ok::<Box<[u8]>, String>(bytes.into())
        };
        Ok(Outgoing {
            channel: read("channel", &self.channel)?,
            payload: read("message", &self.payload)?,
        })
    }

    /// The bytes of the channel's name; as they are written if an escape in it is wrong.
    #[must_use]
    pub fn channel_name(&self) -> Vec<u8> {
        let text = self.channel.text();
        let read = self.escapes.then(|| parse_escaped(&text).ok()).flatten();
        read.unwrap_or_else(|| text.into_bytes())
    }

    /// Notes that the message in the box is sent, keeps it in the history, and makes room for the
    /// next. Gives the id to ask with.
    pub fn send(&mut self) -> u64 {
        self.remember(self.draft());
        self.shown = None;
        self.payload = Input::default();
        self.next_id += 1;
        self.answer = Answer::Waiting { id: self.next_id };
        self.next_id
    }

    /// Notes the answer to the question `id`.
    pub fn note_answer(&mut self, id: u64, receivers: Result<i64, Box<str>>, at: Option<Box<str>>) {
        if self.answer != (Answer::Waiting { id }) {
            return;
        }
        // What was not sent comes back into the box, unless something else is being written.
        if receivers.is_err()
            && self.payload.is_empty()
            && let Some(sent) = self.history.last().cloned()
        {
            self.put(&sent);
        }
        let received = |count| Answer::Received { count, at };
        self.answer = receivers.map_or_else(Answer::Failed, received);
    }

    /// Takes back that a message was not sent or not published: it has been read.
    pub fn dismiss_failure(&mut self) {
        if matches!(self.answer, Answer::Failed(_)) {
            self.answer = Answer::None;
        }
    }

    /// Notes that the message was not sent at all.
    pub fn refuse(&mut self, why: impl Into<Box<str>>) {
        self.answer = Answer::Failed(why.into());
    }

    /// Shows the message that was sent before the one shown.
    pub fn show_older(&mut self) {
        let older = match self.shown {
            None => self.history.len().checked_sub(1),
            Some(at) => at.checked_sub(1),
        };
        if let Some(older) = older {
            if self.shown.is_none() {
                self.kept = self.draft();
            }
            self.shown = Some(older);
            self.put(&self.history[older].clone());
        }
    }

    /// Shows the message that was sent after the one shown, or what was being written.
    pub fn show_newer(&mut self) {
        let Some(at) = self.shown else { return };
        if let Some(draft) = self.history.get(at + 1) {
            self.shown = Some(at + 1);
            self.put(&draft.clone());
        } else {
            self.shown = None;
            let kept = std::mem::take(&mut self.kept);
            self.put(&kept);
        }
    }

    /// Completes the channel's name by one of `names`, which start with what is written; called
    /// again, by the next. Says whether there was one.
    pub fn complete<'a>(&mut self, names: impl Iterator<Item = &'a [u8]>) -> bool {
        let written = self.channel.text();
        let next = match self.completion.take() {
            Some(last) if last.names.get(last.at) == Some(&written) => Completion {
                at: (last.at + 1) % last.names.len(),
                ..last
            },
            _ => {
                let as_text = |name: &[u8]| self.as_text(name);
                let mut names: Vec<String> = names
                    .filter(|name| name.len() <= MAX_LINE)
                    .filter_map(as_text)
                    .collect();
                names.retain(|name| name.starts_with(&written) && *name != written);
                names.sort_unstable();
                names.dedup();
                Completion { names, at: 0 }
            }
        };
        let Some(name) = next.names.get(next.at) else {
            return false;
        };
        self.channel = Input::holding(name);
        self.completion = Some(next);
        true
    }

    /// The names that Tab walks through, and the place of the one that stands in the box; `None`
    /// while there is no choice.
    #[must_use]
    pub fn candidates(&self) -> Option<(&[String], usize)> {
        let completion = self.completion.as_ref()?;
        let is_choice = completion.names.len() > 1;
        let stands = completion.names.get(completion.at)? == &self.channel.text();
        (is_choice && stands).then_some((&completion.names, completion.at))
    }

    fn as_text(&self, name: &[u8]) -> Option<String> {
        if self.escapes {
            return Some(to_escaped(name));
        }
        is_plain_name(name).then(|| String::from_utf8_lossy(name).into_owned())
    }

    /// Loads bytes into the box, as escaped text if they cannot stand there as they are.
    fn load(&mut self, channel: &[u8], payload: &[u8]) {
        let has_blank_end = payload.starts_with(b" ") || payload.ends_with(b" ");
        let escapes = !is_plain_name(channel) || !is_plain(payload) || has_blank_end;
        let text = |bytes: &[u8]| {
            if escapes {
                to_escaped(bytes)
            } else {
                String::from_utf8_lossy(bytes).into_owned()
            }
        };
        self.put(&Draft {
            channel: text(channel),
            payload: text(payload),
            escapes,
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
        }
    }

    fn put(&mut self, draft: &Draft) {
        self.channel = Input::holding(&draft.channel);
        self.payload = Input::holding(&draft.payload);
        self.escapes = draft.escapes;
    }
}
