//! A channel's last message, compared with the one before it.

use crate::app::{App, MOST_UNPACKED_FOR_ROW};
use crate::log::{Channel, Content};
use crate::message::RowId;
use crate::message::names::same;
use crate::payload::change::{self, Change};
use crate::payload::format::Format;
use crate::payload::json::text;
use crate::payload::lookup::{Lookup, Shown, ShownText};
use crate::view::lens::{Lens, Unseen};

/// Maximum size of a payload that is compared, in bytes.
const MOST_COMPARED: usize = 16 << 10;

/// A frame's budget for comparing payloads: the total bytes of the old and new payloads, and the
/// approximate number of values in them. Using up either takes about 1.5 ms.
const FRAME_BYTES: usize = 48 << 10;
const FRAME_VALUES: usize = 3_000;

/// A channel's last message.
pub(super) struct Latest<'a> {
    /// Its payload, or what a lens shows of it; an error says why there is nothing to show.
    pub(super) value: Result<ShownText<'a>, String>,
    /// Its size, if the payload is long or was not kept whole.
    pub(super) size: Option<u64>,
    /// What has changed since the previous message.
    pub(super) news: News<'a>,
}

/// What has changed in a value.
pub(super) enum News<'a> {
    /// The previous message is unknown.
    None,
    /// The value was compared with the previous one.
    Changed { old: ShownText<'a>, change: Change },
    /// Only the previous message had a value at the lens's path.
    Vanished { old: ShownText<'a> },
    /// Only this message has a value at the lens's path; `why_not` says why the previous one had
    /// none.
    Appeared { why_not: String },
    /// The values differ, but the frame had no time left to compare them.
    Differs,
    /// The messages are too long or incomplete, so only their sizes in bytes are compared.
    Size { old: u64, new: u64 },
}

/// A payload or its head, and the full size in bytes.
type Sized<'a> = (&'a [u8], u64);

/// Decodes and compares messages within a frame's budget.
pub(super) struct Comparer<'a> {
    app: &'a App,
    /// The bytes and values left in the frame's budget.
    left: (usize, usize),
}

impl<'a> Comparer<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        Self {
            app,
            left: (FRAME_BYTES, FRAME_VALUES),
        }
    }

    pub(super) fn latest(&mut self, channel: &Channel) -> Latest<'a> {
        let Some(new) = self.payload(channel, channel.last_row) else {
            return Latest {
                value: Err("(gone)".to_owned()),
                size: None,
                news: News::None,
            };
        };
        let before = channel.row_before();
        let old = before.and_then(|row| self.payload(channel, row));
        let lens = Lens::of(self.app.session(), channel.name());
        let lens = lens.filter(|lens| lens.shows(channel.last_row, new, self.app));
        if let Some(lens) = lens {
            let old = before.zip(old);
            return self.through(&lens, (channel.last_row, new), old);
        }
        let size = is_long(new).then_some(new.1);
        let new_text = self.decoded(channel, channel.last_row, new);
        let news = match before.zip(old) {
            None => News::None,
            Some((_, old)) if is_long(new) || is_long(old) => News::Size {
                old: old.1,
                new: new.1,
            },
            Some((row, old)) => {
                let old_text = self.decoded(channel, row, old);
                let new_text = new_text.clone();
                self.between(channel, (old.0, old_text), (new.0, new_text))
            }
        };
        let value = match new.1 {
            0 => Err("(empty)".to_owned()),
            _ => Ok(new_text.unwrap_or(new.0.into())),
        };
        Latest { value, size, news }
    }

    /// Returns the text of a message that is shown decoded.
    fn decoded(
        &self,
        channel: &Channel,
        row: RowId,
        message: Sized<'a>,
    ) -> Option<ShownText<'static>> {
        let is_decoded = !self.app.messages().is_raw && !is_long(message);
        let session = self.app.session();
        is_decoded.then(|| session.shown_text(row, channel.name(), message.0))?
    }

    /// Compares the previous message of a channel with the last one. Each has a text if it is shown
    /// decoded.
    fn between(
        &mut self,
        channel: &Channel,
        (old, old_text): (&'a [u8], Option<ShownText<'static>>),
        (new, new_text): (&'a [u8], Option<ShownText<'static>>),
    ) -> News<'a> {
        let choices = &self.app.session().decoder_choices;
        let format = choices.chosen(channel.name()).map(|chosen| chosen.format);
        let has_values = !matches!(format, Some(Format::Text | Format::Binary));
        let is_decoded = old_text.is_some() || new_text.is_some();
        let old_text = old_text.unwrap_or(old.into());
        let new_text = new_text.unwrap_or(new.into());
        if !is_decoded || !has_values || old == new {
            return self.news(old_text, &new_text, has_values && !is_decoded);
        }
        if !self.spend(&[&old_text, &new_text]) {
            return News::Differs;
        }
        let choice = choices.of(channel.name());
        let lookup =
            |payload| Lookup::new(payload, choice.as_ref()).unpacking(MOST_UNPACKED_FOR_ROW);
        let (old, new) = (lookup(old), lookup(new));
        let change = change::change_of_shown((&old, &old_text), (&new, &new_text));
        News::Changed {
            old: old_text,
            change,
        }
    }

    /// Returns what `lens` shows of the message in `row`, compared with what it shows of `old`.
    fn through(
        &mut self,
        lens: &Lens<'_>,
        (row, new): (RowId, Sized<'a>),
        old: Option<(RowId, Sized<'a>)>,
    ) -> Latest<'a> {
        let mut shown = lens.look(row, new).map(|summary| summary.shown);
        let old = old.filter(|(_, old)| !is_long(*old) && self.spend(&[old.0]));
        let mut before = old.map(|(row, old)| lens.look(row, old).map(|summary| summary.shown));
        if let (Ok(new), Some(Ok(old))) = (&mut shown, &mut before)
            && new.is_text() != old.is_text()
        {
            // Keeps the string `"1"` distinct from the number `1`.
            quote(new);
            quote(old);
        }
        let news = match (&shown, before) {
            (Ok(new), Some(Ok(old))) => {
                let have_values = !old.is_text() && !new.is_text();
                self.news(old.text, &new.text, have_values)
            }
            (Ok(_), Some(Err(unseen))) => News::Appeared {
                why_not: lens.words(&unseen),
            },
            (Err(Unseen::Missing | Unseen::NoValues(_)), Some(Ok(old))) => {
                News::Vanished { old: old.text }
            }
            (Err(_), _) | (_, None) => News::None,
        };
        let value = shown.map(|value| value.text);
        Latest {
            value: value.map_err(|unseen| lens.words(&unseen)),
            size: None,
            news,
        }
    }

    fn news(&mut self, old: ShownText<'a>, new: &[u8], has_values: bool) -> News<'a> {
        let is_same = *old == *new;
        if !is_same && !self.spend(&[&old, new]) {
            return News::Differs;
        }
        let change = change::change(&old, new, has_values);
        News::Changed { old, change }
    }

    /// Deducts these payloads from the budget. Returns whether they fit.
    fn spend(&mut self, payloads: &[&[u8]]) -> bool {
        let bytes = payloads.iter().map(|payload| payload.len()).sum();
        let values = payloads.iter().map(|payload| values_in(payload)).sum();
        let left = self.left.0.checked_sub(bytes);
        let left = left.zip(self.left.1.checked_sub(values));
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// Returns the payload in `row` if the row still contains a message on `channel`.
    fn payload(&self, channel: &Channel, row: RowId) -> Option<Sized<'a>> {
        let channels = self.app.session().log.channels();
        match self.app.session().log.row(row)?.content {
            Content::Message {
                channel: id,
                payload,
                size,
            } if same(channels.by_id(id)?.name(), channel.name()) => Some((payload, size)),
            _ => None,
        }
    }
}

/// Estimates the number of values in a payload: in JSON, a comma separates two values; in a binary
/// format, each value takes at least a byte.
fn values_in(payload: &[u8]) -> usize {
    if payload.is_ascii() || str::from_utf8(payload).is_ok() {
        1 + payload.split(|byte| *byte == b',').count()
    } else {
        payload.len() / 2
    }
}

/// Puts a string in quotes, to keep it distinct from JSON.
fn quote(shown: &mut Shown<'_>) {
    if shown.is_text() {
        shown.text = text::in_quotes(&shown.text).into();
    }
}

/// Returns whether a payload is too long to decode, or was not kept whole.
fn is_long((payload, size): Sized<'_>) -> bool {
    size > payload.len() as u64 || payload.len() > MOST_COMPARED
}
