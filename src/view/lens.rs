//! What is seen of a message through a lens: the value at its path, or why there is none.

use crate::app::{DecodedRows, MOST_THROUGH_LENS, MOST_UNPACKED_THROUGH_LENS};
use crate::message::RowId;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::figures;
use crate::payload::lookup::{Lookup, Shown};
use crate::query::Path;

/// Where to look, and what is said of the messages beforehand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lens<'a> {
    path: &'a Path,
    reading: Option<&'a DecoderChoice>,
    decoded_rows: &'a DecodedRows,
}

/// Why nothing is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unseen {
    /// The message has no such value.
    Missing,
    /// It has no values at all, for this reason.
    NoValues(String),
    /// It has so many bytes, or is not kept whole.
    TooLong(u64),
}

impl<'a> Lens<'a> {
    pub(super) fn new(
        path: &'a Path,
        reading: Option<&'a DecoderChoice>,
        decoded_rows: &'a DecodedRows,
    ) -> Self {
        Self {
            path,
            reading,
            decoded_rows,
        }
    }

    /// The value in the message of `row`, of which this is all or the head, and which had so many
    /// bytes.
    pub(super) fn look(
        self,
        row: RowId,
        (payload, size): (&[u8], u64),
    ) -> Result<Shown<'_>, Unseen> {
        if payload.len() > MOST_THROUGH_LENS || size > payload.len() as u64 {
            return Err(Unseen::TooLong(size));
        }
        let lookup = Lookup::new(payload, self.reading).unpacking(MOST_UNPACKED_THROUGH_LENS);
        let shown = self
            .decoded_rows
            .look(row, &lookup, self.path, self.reading);
        shown.map_err(|why| why.map_or(Unseen::Missing, Unseen::NoValues))
    }

    /// Why nothing is seen, in words.
    pub(super) fn words(self, unseen: &Unseen) -> String {
        let path = self.path.text();
        match unseen {
            Unseen::Missing => format!("no {path}"),
            Unseen::NoValues(why) => format!("no {path}: {why}"),
            Unseen::TooLong(size) => format!("{}: too long for a lens", figures::size(*size)),
        }
    }
}
