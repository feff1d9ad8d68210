//! The rows that may match a query without containing its text.

use crate::log::{RowKind, Segment};
use crate::query::Matcher;

/// The rows that may match without the text that every other match contains.
#[derive(Debug, Default)]
pub struct Exceptions {
    /// For each channel, by index, whether its name contains the text or a decoder was chosen for
    /// it; empty if that is so for none.
    channels: Vec<bool>,
}

impl Exceptions {
    /// Updates the exceptions for the channels that `matcher` has entered.
    pub fn enter(&mut self, matcher: &Matcher) {
        let named = matcher.named_channels();
        self.channels = matcher.decoded_channels();
        if self.channels.is_empty() {
            self.channels.extend_from_slice(named);
            return;
        }
        for (channel, is_named) in self.channels.iter_mut().zip(named) {
            *channel |= is_named;
        }
    }

    /// Returns whether no row of `segment` is an exception.
    pub fn are_none_in(&self, segment: &Segment) -> bool {
        self.channels.is_empty() && !segment.may_differ()
    }

    /// Returns whether the row at `index` of `segment` is an exception.
    pub fn include(&self, segment: &Segment, index: usize) -> bool {
        segment.row_may_differ(index) || self.is_on_channel(segment, index)
    }

    fn is_on_channel(&self, segment: &Segment, index: usize) -> bool {
        !self.channels.is_empty()
            && segment.row(index).is_some_and(|row| {
                let is_one = self.channels.get(row.channel as usize);
                row.kind == RowKind::Message && is_one.copied().unwrap_or(false)
            })
    }
}
