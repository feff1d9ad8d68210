//! A message seen through a lens: the value at the lens's path, or why it has no value.

use crate::app::{DecodedRows, MOST_THROUGH_LENS, MOST_UNPACKED_THROUGH_LENS, Session};
use crate::message::RowId;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::figures;
use crate::payload::lookup::{Lookup, Shown};
use crate::query::Path;

/// The lens of a channel: its path, and how to decode the channel's messages.
#[derive(Debug)]
pub(super) struct Lens<'a> {
    path: &'a Path,
    choice: Option<DecoderChoice>,
    decoded_rows: &'a DecodedRows,
}

/// Why a lens shows no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unseen {
    /// The message has no value at the path.
    Missing,
    /// The message is not structured data, for this reason.
    NoValues(String),
    /// The message is too long or was not kept whole; the value is its size in bytes.
    TooLong(u64),
}

impl<'a> Lens<'a> {
    /// Returns the lens of `channel`, if it has one.
    pub(super) fn of(session: &'a Session, channel: &[u8]) -> Option<Self> {
        Some(Self {
            path: session.lenses.of(channel)?,
            choice: session.decoder_choices.of(channel),
            decoded_rows: &session.lenses.decoded_rows,
        })
    }

    /// Returns the value in the message of `row`: `payload` is the message or its head, and `size`
    /// its full size in bytes.
    pub(super) fn look<'p>(
        &self,
        row: RowId,
        (payload, size): (&'p [u8], u64),
    ) -> Result<Shown<'p>, Unseen> {
        if payload.len() > MOST_THROUGH_LENS || size > payload.len() as u64 {
            return Err(Unseen::TooLong(size));
        }
        let choice = self.choice.as_ref();
        let lookup = Lookup::new(payload, choice).unpacking(MOST_UNPACKED_THROUGH_LENS);
        let shown = self.decoded_rows.look(row, &lookup, self.path, choice);
        shown.map_err(|why| why.map_or(Unseen::Missing, Unseen::NoValues))
    }

    /// Describes why there is no value.
    pub(super) fn words(&self, unseen: &Unseen) -> String {
        let path = self.path.text();
        match unseen {
            Unseen::Missing => format!("no {path}"),
            Unseen::NoValues(why) => format!("no {path}: {why}"),
            Unseen::TooLong(size) => format!("{}: too long for a lens", figures::size(*size)),
        }
    }
}
