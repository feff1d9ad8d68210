//! What is seen of a channel's last message and of the one before it.

use std::borrow::Cow;

use crate::app::App;
use crate::log::{Channel, Content};
use crate::message::RowId;
use crate::payload::change::{self, Change};
use crate::payload::figures;
use crate::payload::format::Format;
use crate::payload::lookup::{Lookup, Shown};
use crate::payload::readings::Reading;
use crate::query::Path;

/// A longer payload is not compared, nor looked at through a lens.
const MOST_COMPARED: usize = 16 << 10;

/// What is packed is looked at through a lens if it is no more than this unpacked.
const MOST_UNPACKED: usize = 64 << 10;

/// The bytes of payloads that are compared for one frame, old and new, and roughly how many values
/// these may hold: one and a half milliseconds, whichever comes first.
const FRAME_BYTES: usize = 48 << 10;
const FRAME_VALUES: usize = 3_000;

/// A channel's last message.
pub(super) struct Latest<'a> {
    /// Its payload, or of it what the lens shows; or in words why there is nothing to show.
    pub(super) value: Result<Cow<'a, [u8]>, String>,
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
        old: Cow<'a, [u8]>,
        /// What has become of it.
        change: Change,
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

/// The path of a lens, and what is said of the payloads.
type Lens<'a> = (&'a Path, Option<&'a Reading>);

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
            let reading = self.app.readings().of(channel.name());
            return self.through((path, reading.as_ref()), new, old);
        }
        let format = self.app.read_as(channel.name()).map(|chosen| chosen.format);
        let has_values = !matches!(format, Some(Format::Text | Format::Binary));
        let is_long = is_long(new);
        let news = match old {
            None => News::None,
            Some(old) if is_long || self::is_long(old) => News::Size {
                old: old.1,
                new: new.1,
            },
            Some(old) => self.news(old.0.into(), new.0, has_values),
        };
        if new.1 == 0 {
            return Latest {
                news,
                ..said("(empty)".to_owned())
            };
        }
        Latest {
            value: Ok(new.0.into()),
            size: is_long.then_some(new.1),
            news,
        }
    }

    /// Only the value at `path`.
    fn through(&mut self, lens: Lens<'_>, new: Sized<'a>, old: Option<Sized<'a>>) -> Latest<'a> {
        if is_long(new) {
            return said(format!("{} · too long for a lens", figures::size(new.1)));
        }
        let value = match value_at(lens, new.0) {
            Ok(value) => value,
            Err(None) => return said(format!("no {}", lens.0.text())),
            Err(Some(why)) => return said(format!("no {}: {why}", lens.0.text())),
        };
        let old = old.filter(|old| !is_long(*old));
        let fits = old.is_some_and(|old| self.spend(&[old.0]));
        let old = old.filter(|_| fits);
        let old = old.and_then(|old| value_at(lens, old.0).ok());
        let news = old.map_or(News::None, |old| {
            let has_values = value.has_values && old.has_values;
            self.news(old.text, &value.text, has_values)
        });
        Latest {
            value: Ok(value.text),
            size: None,
            news,
        }
    }

    fn news(&mut self, old: Cow<'a, [u8]>, new: &[u8], has_values: bool) -> News<'a> {
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
            } if channels.by_id(id)?.name() == channel.name() => Some((payload, size)),
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

/// Whether it is too long to be looked into, or not kept whole.
fn is_long((payload, size): Sized<'_>) -> bool {
    size > payload.len() as u64 || payload.len() > MOST_COMPARED
}

/// The value that a lens shows, or why there is none.
fn value_at<'a>((path, reading): Lens<'_>, payload: &'a [u8]) -> Result<Shown<'a>, Option<String>> {
    let lookup = Lookup::new(payload, reading).unpacking(MOST_UNPACKED);
    lookup.shown(path.steps())
}
