//! Rows flagged by checks.

use crate::log::Segment;
use crate::message::RowId;
use crate::query::Flags;

/// Rows flagged by checks, each list ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flagged {
    /// Rows flagged for their shape.
    pub drift: Vec<RowId>,
    /// Rows flagged for violating a schema.
    pub invalid: Vec<RowId>,
    /// Rows flagged for their sequence number.
    pub seqgap: Vec<RowId>,
}

impl Flagged {
    /// Returns the flags of `row`.
    pub fn of(&self, row: RowId) -> Flags {
        Flags {
            is_drift: self.drift.binary_search(&row).is_ok(),
            is_invalid: self.invalid.binary_search(&row).is_ok(),
            is_seqgap: self.seqgap.binary_search(&row).is_ok(),
        }
    }
}

/// A segment with the flags of its rows.
#[derive(Clone, Copy)]
pub(super) struct FlaggedSegment<'a> {
    pub(super) segment: &'a Segment,
    pub(super) flagged: &'a Flagged,
}

impl FlaggedSegment<'_> {
    /// Returns the id of the row at `index` in the segment.
    pub(super) fn id(self, index: usize) -> RowId {
        RowId(self.segment.rows().start.0 + index as u64)
    }
}
