//! The rows that queries match.

use crate::log::RowKind;
use crate::message::{SubscriptionId, Time};

/// A borrowed row of the log.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// When the row arrived.
    pub time: Time,
    /// The kind of the row.
    pub kind: RowKind,
    /// The channel, as an index into those passed to [`Matcher::enter`](super::Matcher::enter).
    pub channel: u32,
    /// The payload, or only the part of it that the log keeps.
    pub payload: &'a [u8],
    /// Whether the payload may be shown differently from how it is written, even without a chosen
    /// decoder; see [`may_differ`](crate::payload::format::may_differ).
    pub may_differ: bool,
    /// The size of the payload on arrival, in bytes.
    pub size: u64,
    /// The subscriptions that delivered the row; only needed if
    /// [`Query::uses_via`](super::Query::uses_via).
    pub via: &'a [SubscriptionId],
    /// The flags set on the row by checks; only needed if
    /// [`Query::uses_flags`](super::Query::uses_flags).
    pub flags: Flags,
}

/// The flags set on a row by checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// The message deviates from the shape of its channel.
    pub is_drift: bool,
    /// The message violates the schema of its channel.
    pub is_invalid: bool,
    /// The sequence number was not the expected one.
    pub is_seqgap: bool,
}

impl Flags {
    /// Returns each flag that is set, alone.
    pub fn each(self) -> impl Iterator<Item = Self> {
        let none = Self::default();
        let alone = [
            Self {
                is_drift: self.is_drift,
                ..none
            },
            Self {
                is_invalid: self.is_invalid,
                ..none
            },
            Self {
                is_seqgap: self.is_seqgap,
                ..none
            },
        ];
        alone.into_iter().filter(move |flag| *flag != none)
    }
}
