//! Formats messages as text.

use std::env;
use std::sync::Arc;

use subscope::app::{MOST_DECODED_FOR_ROW, MOST_UNPACKED_FOR_ROW};
use subscope::export::{self, ndjson_message};
use subscope::log::{Batch, BatchMessage};
use subscope::message::Topic;
use subscope::message::glob::ByGlob;
use subscope::payload::decoder_choices::{DecoderChoice, DecoderChoices};
use subscope::payload::escape::{whole, whole_name};
use subscope::payload::figures::{self, Clock, Zone};
use subscope::payload::lookup::Lookup;
use subscope::query::Template;
use subscope::recording::Stamps;

use crate::cli::form::{Field, Form, Part};

/// Formats messages.
pub struct Printer {
    form: Form,
    choices: Arc<DecoderChoices>,
    lenses: ByGlob<Template>,
    /// Whether the output goes to a terminal, which must not act on it.
    is_terminal: bool,
    has_colour: bool,
    clock: Clock,
    stamps: Stamps,
    output: Vec<u8>,
    written: u64,
}

impl Printer {
    /// Returns the printer without colours, for lines that are cut.
    pub fn without_colour(self) -> Self {
        Self {
            has_colour: false,
            ..self
        }
    }

    /// Creates a printer that decodes by `choices`. On a terminal, nothing it formats can act on
    /// the terminal.
    pub fn new(
        form: Form,
        choices: Arc<DecoderChoices>,
        lenses: ByGlob<Template>,
        is_terminal: bool,
    ) -> Self {
        Self {
            form,
            choices,
            lenses,
            is_terminal,
            has_colour: is_terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
            clock: Clock::new(Zone::Local),
            stamps: Stamps::new(Clock::new(Zone::Utc)),
            output: Vec::new(),
            written: 0,
        }
    }

    /// Returns what was formatted since it was last cleared.
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// Forgets what was formatted.
    pub fn clear(&mut self) {
        self.output.clear();
    }

    /// Returns the number of messages formatted so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Formats a message of `batch`.
    pub fn message(&mut self, batch: &Batch, message: &BatchMessage<'_>, topics: &[Topic]) {
        self.written += 1;
        match &self.form {
            Form::Raw if self.is_terminal => {
                self.output
                    .extend_from_slice(whole(message.payload).as_bytes());
                self.output.push(b'\n');
            }
            Form::Raw => {
                self.output.extend_from_slice(message.payload);
                self.output.push(b'\n');
            }
            Form::Json => self.json(batch, message, topics),
            Form::Pretty => self.pretty(message),
            Form::Parts(parts) => {
                let parts = parts.clone();
                self.parts(&parts, batch, message, topics);
            }
        }
    }

    fn json(&mut self, batch: &Batch, message: &BatchMessage<'_>, topics: &[Topic]) {
        let topics: Vec<&Topic> = via(batch, message, topics).collect();
        let choice = self.choices.of(message.name);
        let line = export::Message {
            time: message.time,
            channel: message.name,
            topics: &topics,
            payload: message.payload,
            size: message.size,
            choice: choice.as_ref(),
            lens: None,
        };
        ndjson_message(&line, &mut self.stamps, &mut self.output);
    }

    fn pretty(&mut self, message: &BatchMessage<'_>) {
        let time = self.clock.time_of_day(message.time);
        let name = whole_name(message.name);
        let text = self.text(message);
        let [dim, colour, plain] = if self.has_colour {
            ["\u{1b}[2m", colour_of(message.name), "\u{1b}[0m"]
        } else {
            [""; 3]
        };
        let line = format!("{dim}{time}{plain} {colour}{name}{plain} {text}\n");
        self.output.extend_from_slice(line.as_bytes());
    }

    /// Returns what a row of the log shows of a message: what its lens shows, or the decoded
    /// payload.
    fn text(&self, message: &BatchMessage<'_>) -> String {
        let payload = message.payload;
        if message.size == 0 {
            return "(empty)".to_owned();
        }
        if message.size > payload.len() as u64 {
            let size = figures::size(message.size);
            return format!("{}… first part of {size}", whole(payload));
        }
        let choice = self.choices.of(message.name);
        if let Some(lens) = self.lenses.of(message.name) {
            return seen(lens, payload, choice.as_ref());
        }
        if payload.len() > MOST_DECODED_FOR_ROW || choice.is_none() && !message.may_differ {
            return whole(payload);
        }
        let lookup = Lookup::new(payload, choice.as_ref()).unpacking(MOST_UNPACKED_FOR_ROW);
        let text = lookup.row_text();
        whole(text.as_deref().unwrap_or(payload))
    }

    fn parts(
        &mut self,
        parts: &[Part],
        batch: &Batch,
        message: &BatchMessage<'_>,
        topics: &[Topic],
    ) {
        let choice = self.choices.of(message.name);
        let lookup = Lookup::new(message.payload, choice.as_ref());
        for part in parts {
            match part {
                Part::Words(words) => self.output.extend_from_slice(words.as_bytes()),
                Part::Field(Field::Time) => {
                    let time = self.stamps.text(message.time);
                    self.output.extend_from_slice(time.as_bytes());
                }
                Part::Field(Field::Channel) => self.push(message.name),
                Part::Field(Field::Payload) => self.push(message.payload),
                Part::Field(Field::Size) => {
                    self.output
                        .extend_from_slice(message.size.to_string().as_bytes());
                }
                Part::Field(Field::Via) => {
                    for (index, topic) in via(batch, message, topics).enumerate() {
                        if index > 0 {
                            self.output.push(b' ');
                        }
                        self.push(&topic.name);
                    }
                }
                Part::Value(template) => match template.show(&lookup) {
                    Ok(summary) => self.push(&summary.shown.text),
                    Err(_) => self.push(template.without_values().as_bytes()),
                },
            }
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.is_terminal {
            self.output.extend_from_slice(whole(bytes).as_bytes());
        } else {
            self.output.extend_from_slice(bytes);
        }
    }
}

/// Returns what a lens shows of a payload.
fn seen(lens: &Template, payload: &[u8], choice: Option<&DecoderChoice>) -> String {
    let lookup = Lookup::new(payload, choice).unpacking(MOST_UNPACKED_FOR_ROW);
    match lens.show(&lookup) {
        Ok(summary) => whole(&summary.shown.text),
        Err(_) => whole(payload),
    }
}

/// Returns the topics of the subscriptions that delivered a message.
fn via<'a>(
    batch: &'a Batch,
    message: &BatchMessage<'_>,
    topics: &'a [Topic],
) -> impl Iterator<Item = &'a Topic> {
    let ids = batch.subscriptions(message);
    ids.filter_map(|id| topics.get(id.0 as usize))
}

/// Returns the escape sequence for the colour of a channel's name: always the same for a name.
fn colour_of(name: &[u8]) -> &'static str {
    let colours = ["\u{1b}[36m", "\u{1b}[33m", "\u{1b}[35m", "\u{1b}[95m"];
    let sum = name.iter().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(usize::from(*byte))
    });
    colours[sum % colours.len()]
}
