//! Messages decoded for the rows of the log, whole or seen through a lens.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use super::Session;
use crate::message::RowId;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::lookup::{Lookup, Shown, ShownText};
use crate::payload::tree::Kind;
use crate::query::{Summary, Template};

/// Maximum size of a message that is decoded for a row, in bytes. It is low because a frame has many
/// rows.
pub const MOST_DECODED_FOR_ROW: usize = 16 << 10;

/// Maximum unpacked size of a packed message that is decoded for a row, in bytes.
pub const MOST_UNPACKED_FOR_ROW: usize = 64 << 10;

/// Maximum size of the cached values of all rows, in bytes.
const MOST_KEPT: usize = 16 << 20;

/// What a row shows of a message, or why the message has no such value.
type Looked = Result<Summary<'static>, Option<String>>;

/// A cache of values from messages that had to be decoded, since a row is drawn many times.
#[derive(Debug, Default)]
pub struct DecodedRows {
    /// By row, and whether it is seen through a lens.
    rows: RefCell<HashMap<(RowId, bool), DecodedRow>>,
    size: Cell<usize>,
    decoded: Cell<u64>,
}

#[derive(Debug)]
struct DecodedRow {
    /// The lens; `None` for the whole message.
    lens: Option<Template>,
    choice: Option<DecoderChoice>,
    looked: Looked,
    /// How the whole message is packed.
    packing: Option<Arc<str>>,
}

impl DecodedRows {
    /// Returns what `lens` shows of the message that `lookup` reads: that of `row`, decoded by
    /// `choice`.
    ///
    /// # Errors
    ///
    /// Same as [`Template::show`].
    pub fn look<'a>(
        &self,
        row: RowId,
        lookup: &Lookup<'a, '_>,
        lens: &Template,
        choice: Option<&DecoderChoice>,
    ) -> Result<Summary<'a>, Option<String>> {
        if let Some(known) = self.known(row, Some(lens), choice) {
            return known;
        }
        let looked = lens.show(lookup);
        if !lookup.has_decoded() {
            return looked;
        }
        let looked = looked.map(Summary::into_owned);
        self.keep(row, Some(lens), choice, looked.clone(), None);
        looked
    }

    /// Returns the message of `row` as it is shown, decoded by `choice`; `None` if it is shown as
    /// it is written.
    pub fn text(
        &self,
        row: RowId,
        payload: &[u8],
        choice: Option<&DecoderChoice>,
    ) -> Option<ShownText<'static>> {
        let lookup = Lookup::new(payload, choice).unpacking(MOST_UNPACKED_FOR_ROW);
        if payload.len() > MOST_DECODED_FOR_ROW || !lookup.may_differ() {
            return None;
        }
        let looked = self.known(row, None, choice).unwrap_or_else(|| {
            let text = lookup.row_text().ok_or(None);
            let looked = text.map(|text| {
                Summary::from(Shown {
                    text: text.into(),
                    kind: Kind::Other,
                })
            });
            let packing = looked.is_ok().then(|| lookup.packing()).flatten();
            let packing = packing.map(Into::into);
            self.keep(row, None, choice, looked.clone(), packing);
            looked
        });
        looked.ok().map(|summary| summary.shown.text)
    }

    /// Returns how the message of `row` is packed, as a tag, if [`Self::text`] has returned its text.
    pub fn packing(&self, row: RowId) -> Option<Arc<str>> {
        self.rows.borrow().get(&(row, false))?.packing.clone()
    }

    /// Returns the cached value for these arguments.
    fn known(
        &self,
        row: RowId,
        lens: Option<&Template>,
        choice: Option<&DecoderChoice>,
    ) -> Option<Looked> {
        let rows = self.rows.borrow();
        let known = rows.get(&(row, lens.is_some()))?;
        let is_current = known.lens.as_ref() == lens && known.choice.as_ref() == choice;
        is_current.then(|| known.looked.clone())
    }

    /// Caches a value.
    fn keep(
        &self,
        row: RowId,
        lens: Option<&Template>,
        choice: Option<&DecoderChoice>,
        looked: Looked,
        packing: Option<Arc<str>>,
    ) {
        self.decoded.set(self.decoded.get() + 1);
        let size =
            size_of::<DecodedRow>() + looked.as_ref().map_or(0, |looked| looked.shown.text.len());
        self.size.set(self.size.get() + size);
        let mut rows = self.rows.borrow_mut();
        if self.size.get() > MOST_KEPT {
            rows.clear();
            self.size.set(size);
        }
        let row_decoded = DecodedRow {
            lens: lens.cloned(),
            choice: choice.cloned(),
            looked,
            packing,
        };
        rows.insert((row, lens.is_some()), row_decoded);
    }

    /// Returns how many times a message was decoded.
    pub fn decoded(&self) -> u64 {
        self.decoded.get()
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
        let choice = self.choice_of(row, channel);
        self.decoded_rows.text(row, payload, choice.as_ref())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    #[test]
    fn a_cached_value_is_shared_and_not_copied() {
        let decoded_rows = DecodedRows::default();
        let lens = Template::parse(".a").unwrap();
        let look = || {
            // {"a":"x"} in CBOR.
            let lookup = Lookup::new(b"\xa1\x61a\x61x", None);
            let shown = decoded_rows.look(RowId(1), &lookup, &lens, None).unwrap();
            match shown.shown.text {
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
