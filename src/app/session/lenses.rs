//! Lenses: the log shows only the value at a path instead of a channel's whole messages.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::Session;
use crate::app::effect::Effect;
use crate::app::export_request::LensPaths;
use crate::message::RowId;
use crate::message::glob::ByGlob;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::escape::whole_name;
use crate::payload::lookup::{Lookup, Shown, ShownText};
use crate::query::Path;

/// Maximum size of a message for a lens, in bytes. It is low because a frame has many rows.
pub const MOST_THROUGH_LENS: usize = 16 << 10;

/// Maximum unpacked size of a packed message for a lens, in bytes.
pub const MOST_UNPACKED_THROUGH_LENS: usize = 64 << 10;

/// Maximum size of the cached values of all rows, in bytes.
const MOST_KEPT: usize = 16 << 20;

/// The value at a path of a message, or why the message has no such value.
type Looked = Result<Shown<'static>, Option<String>>;

/// A cache of values from messages that had to be decoded, since a row is drawn many times.
#[derive(Debug, Default)]
pub struct DecodedRows {
    rows: RefCell<HashMap<RowId, DecodedRow>>,
    size: Cell<usize>,
    decoded: Cell<u64>,
}

#[derive(Debug)]
struct DecodedRow {
    /// The path of the value; `None` for the whole message.
    path: Option<Path>,
    choice: Option<DecoderChoice>,
    looked: Looked,
}

impl DecodedRows {
    /// Returns what `lookup` shows at `path`. `lookup` reads the message of `row`, decoded by
    /// `choice`.
    ///
    /// # Errors
    ///
    /// Same as [`Lookup::shown`].
    pub fn look<'a>(
        &self,
        row: RowId,
        lookup: &Lookup<'a, '_>,
        path: &Path,
        choice: Option<&DecoderChoice>,
    ) -> Result<Shown<'a>, Option<String>> {
        if lookup.is_plain_json() {
            return lookup.shown(path.steps());
        }
        self.cached(row, Some(path), choice, || {
            lookup.shown(path.steps()).map(Shown::into_owned)
        })
    }

    /// Returns the message of `row` as it is shown, decoded by `choice`; `None` if it is shown as
    /// it is written.
    pub fn text(
        &self,
        row: RowId,
        payload: &[u8],
        choice: Option<&DecoderChoice>,
    ) -> Option<ShownText<'static>> {
        let lookup = Lookup::new(payload, choice).unpacking(MOST_UNPACKED_THROUGH_LENS);
        if payload.len() > MOST_THROUGH_LENS || !lookup.may_differ() {
            return None;
        }
        let looked = self.cached(row, None, choice, || {
            let text = lookup.text().ok_or(None)?;
            Ok(Shown {
                text: text.to_vec().into(),
                is_json: true,
            })
        });
        looked.ok().map(|shown| shown.text)
    }

    /// Returns the cached value for these arguments, or else what `look` returns.
    fn cached(
        &self,
        row: RowId,
        path: Option<&Path>,
        choice: Option<&DecoderChoice>,
        look: impl FnOnce() -> Looked,
    ) -> Looked {
        let mut rows = self.rows.borrow_mut();
        if let Some(known) = rows.get(&row)
            && known.path.as_ref() == path
            && known.choice.as_ref() == choice
        {
            return known.looked.clone();
        }
        self.decoded.set(self.decoded.get() + 1);
        let looked = look();
        let size = size_of::<DecodedRow>() + looked.as_ref().map_or(0, |shown| shown.text.len());
        self.size.set(self.size.get() + size);
        if self.size.get() > MOST_KEPT {
            rows.clear();
            self.size.set(size);
        }
        let row_decoded = DecodedRow {
            path: path.cloned(),
            choice: choice.cloned(),
            looked: looked.clone(),
        };
        rows.insert(row, row_decoded);
        looked
    }

    /// Returns how many times a message was decoded.
    pub fn decoded(&self) -> u64 {
        self.decoded.get()
    }
}

/// The lenses on channels, and the values that they show.
#[derive(Debug)]
pub struct Lenses {
    /// The paths of the lenses.
    pub(super) paths: LensPaths,
    /// The values shown.
    pub decoded_rows: DecodedRows,
}

impl Lenses {
    pub(super) fn new(preset: ByGlob<Path>) -> Self {
        Self {
            paths: LensPaths::new(preset),
            decoded_rows: DecodedRows::default(),
        }
    }

    /// Returns the path of the lens on the channel called `name`.
    pub fn of(&self, name: &[u8]) -> Option<&Path> {
        self.paths.of(name)
    }
}

impl Session {
    /// Returns the message of `row` on `channel` as it is shown; `None` if it is shown as it is
    /// written.
    pub fn shown_text(
        &self,
        row: RowId,
        channel: &[u8],
        payload: &[u8],
    ) -> Option<ShownText<'static>> {
        let choice = self.decoder_choices.of(channel);
        self.lenses.decoded_rows.text(row, payload, choice.as_ref())
    }

    /// Sets a lens at `path` on `channel`, or removes it if it is already there.
    pub(crate) fn toggle_lens(
        &mut self,
        channel: &[u8],
        path: Path,
        is_too_long: bool,
    ) -> Vec<Effect> {
        if self.lenses.of(channel) == Some(&path) {
            return self.remove_lens(channel);
        }
        let name = whole_name(channel);
        let text = path.text().to_owned();
        self.lenses.paths.choose(channel, Some(path));
        let but = if is_too_long {
            " (this message is too long)"
        } else {
            ""
        };
        let whole = self.keyed("{toggle-lens} shows whole messages");
        self.tell(format!("showing only {text} for {name}{but} · {whole}"))
    }

    /// Removes the lens from a channel.
    pub(crate) fn remove_lens(&mut self, channel: &[u8]) -> Vec<Effect> {
        self.lenses.paths.choose(channel, None);
        self.tell(format!("showing whole messages of {}", whole_name(channel)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_cached_value_is_shared_and_not_copied() {
        let decoded_rows = DecodedRows::default();
        let path = Path::parse(".a").unwrap();
        let look = || {
            // {"a":"x"} in CBOR.
            let lookup = Lookup::new(b"\xa1\x61a\x61x", None);
            let shown = decoded_rows.look(RowId(1), &lookup, &path, None).unwrap();
            match shown.text {
                ShownText::Shared(text) => text,
                ShownText::Borrowed(text) => panic!("{text:?}"),
            }
        };
        let first = look();
        assert_eq!(*first, b"x");
        assert!(Arc::ptr_eq(&first, &look()));
        assert_eq!(decoded_rows.decoded(), 1);
    }
}
