//! What is seen of a channel's last message and of the one before it.

use crate::app::App;
use crate::log::{Channel, Content};
use crate::message::RowId;
use crate::message::names::same;
use crate::payload::change::{self, Change};
use crate::payload::format::Format;
use crate::payload::json::{self, text};
use crate::payload::lookup::{Shown, ShownText};
use crate::view::lens::{Lens, Unseen};

/// A longer payload is not compared.
const MOST_COMPARED: usize = 16 << 10;

/// The bytes of payloads that are compared for one frame, old and new, and roughly how many values
/// these may hold: one and a half milliseconds, whichever comes first.
const FRAME_BYTES: usize = 48 << 10;
const FRAME_VALUES: usize = 3_000;

/// A channel's last message.
pub(super) struct Latest<'a> {
    /// Its payload, or of it what the lens shows; or in words why there is nothing to show.
    pub(super) value: Result<ShownText<'a>, String>,
    /// Its size, where the payload is long or not kept whole.
    pub(super) size: Option<u64>,
    /// What has become of what the message before it said.
    pub(super) news: News<'a>,
}

/// What has become of a value.
pub(super) enum News<'a> {
    /// Nothing is known of the one before.
    None,
    /// This.
    Changed {
        /// What was before.
        old: ShownText<'a>,
        /// What has become of it.
        change: Change,
    },
    /// There was a value where the lens looks, and is none now.
    Gone {
        /// What was before.
        old: ShownText<'a>,
    },
    /// There was none, for this reason, and is one now.
    Come {
        /// In words.
        why_not: String,
    },
    /// It is another, and there was no time to find out more.
    Differs,
    /// They are too long to be compared.
    Size {
        /// The bytes of the one before.
        old: u64,
        /// The bytes of the last.
        new: u64,
    },
}

/// A payload, or its head, and its true size.
type Sized<'a> = (&'a [u8], u64);

/// Looks into messages, into no more of them than a frame has time for.
pub(super) struct Seen<'a> {
    app: &'a App,
    /// The bytes that may still be compared, and the values in them.
    left: (usize, usize),
}

impl<'a> Seen<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        Self {
            app,
            left: (FRAME_BYTES, FRAME_VALUES),
        }
    }

    pub(super) fn latest(&mut self, channel: &Channel) -> Latest<'a> {
        let Some(new) = self.payload(channel, channel.last_row) else {
            return said("(gone)".to_owned());
        };
        let before = channel.row_before();
        let old = before.and_then(|row| self.payload(channel, row));
        if let Some(path) = self.app.lens(channel.name()) {
            let reading = self.app.decoder_choices().of(channel.name());
            let lens = Lens::new(path, reading.as_ref(), self.app.decoded_rows());
            let old = before.zip(old);
            return self.through(lens, (channel.last_row, new), old);
        }
        let format = self.app.read_as(channel.name()).map(|chosen| chosen.format);
        let has_values = !matches!(format, Some(Format::Text | Format::Binary));
        let is_long = is_long(new);
        let size = is_long.then_some(new.1);
        let new_text = as_read(new, has_values);
        let news = match old {
            None => News::None,
            Some(old) if is_long || self::is_long(old) => News::Size {
                old: old.1,
                new: new.1,
            },
            Some(old) => {
                let old_text = as_read(old, has_values);
                let are_bytes = old_text.is_none() && new_text.is_none();
                let old = old_text.unwrap_or(old.0.into());
                let new = new_text.as_deref().unwrap_or(new.0);
                self.news(old, new, has_values && are_bytes)
            }
        };
        if new.1 == 0 {
            return Latest {
                news,
                ..said("(empty)".to_owned())
            };
        }
        Latest {
            value: Ok(new_text.unwrap_or(new.0.into())),
            size,
            news,
        }
    }

    /// Only the value at `path`.
    fn through(
        &mut self,
        lens: Lens<'_>,
        (row, new): (RowId, Sized<'a>),
        old: Option<(RowId, Sized<'a>)>,
    ) -> Latest<'a> {
        let mut is = lens.look(row, new);
        let old = old.filter(|(_, old)| !is_long(*old) && self.spend(&[old.0]));
        let mut was = old.map(|(row, old)| lens.look(row, old));
        if let (Ok(new), Some(Ok(old))) = (&mut is, &mut was)
            && new.is_json != old.is_json
        {
            // `"1"` is not `1`.
            quote(new);
            quote(old);
        }
        let news = match (&is, was) {
            (Ok(new), Some(Ok(old))) => {
                let are_json = old.is_json && new.is_json;
                self.news(old.text, &new.text, are_json)
            }
            (Ok(_), Some(Err(unseen))) => News::Come {
                why_not: lens.words(&unseen),
            },
            (Err(Unseen::Missing | Unseen::NoValues(_)), Some(Ok(old))) => {
                News::Gone { old: old.text }
            }
            (Err(_), _) | (_, None) => News::None,
        };
        let value = is.map(|value| value.text);
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

    /// Whether these may still be looked into.
    fn spend(&mut self, payloads: &[&[u8]]) -> bool {
        let bytes = payloads.iter().map(|payload| payload.len()).sum();
        let values = payloads.iter().map(|payload| values_in(payload)).sum();
        let left = self.left.0.checked_sub(bytes);
        match left.zip(self.left.1.checked_sub(values)) {
            Some(left) => self.left = left,
            None => return false,
        }
        true
    }

    fn payload(&self, channel: &Channel, row: RowId) -> Option<Sized<'a>> {
        let channels = self.app.log().channels();
        match self.app.log().row(row)?.content {
            Content::Message {
                channel: id,
                payload,
                size,
            } if same(channels.by_id(id)?.name(), channel.name()) => Some((payload, size)),
            _ => None,
        }
    }
}

fn said(words: String) -> Latest<'static> {
    Latest {
        value: Err(words),
        size: None,
        news: News::None,
    }
}

/// How many values there may be, roughly: JSON has a comma between two, the binary formats nothing,
/// where each takes a byte at the least.
fn values_in(payload: &[u8]) -> usize {
    if payload.is_ascii() || str::from_utf8(payload).is_ok() {
        1 + payload.split(|byte| *byte == b',').count()
    } else {
        payload.len() / 2
    }
}

/// Tells what a string says from what JSON writes.
fn quote(shown: &mut Shown<'_>) {
    if !shown.is_json {
        shown.text = text::in_quotes(&shown.text).into();
    }
}

/// Whether it is too long to be looked into, or not kept whole.
fn is_long((payload, size): Sized<'_>) -> bool {
    size > payload.len() as u64 || payload.len() > MOST_COMPARED
}

/// A payload that is a string of JSON with escapes, as people read it: what it says, in quotes.
fn as_read<'a>(payload: Sized<'_>, has_values: bool) -> Option<ShownText<'a>> {
    let value = payload.0.trim_ascii();
    let has_escapes = has_values && is_string(value) && text::has_escape(value);
    if !has_escapes || is_long(payload) || !json::is_json(value) {
        return None;
    }
    Some(text::in_quotes(&text::said(value)).into())
}

fn is_string(value: &[u8]) -> bool {
    value.starts_with(b"\"")
}
