//! The tabs of the message pane.

use std::ops::Range;

/// The columns between the names of two tabs.
pub const TAB_SPACE: usize = 2;

/// A tab of the message pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// The decoded value.
    #[default]
    Value,
    /// The changes from another message to this one.
    Diff,
    /// The raw bytes.
    Bytes,
    /// How the message arrived, and what is known about its channel.
    Channel,
}

impl Tab {
    /// All tabs, in order.
    pub const ALL: [Self; 4] = [Self::Value, Self::Diff, Self::Bytes, Self::Channel];

    /// Returns the name of the tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Diff => "diff",
            Self::Bytes => "bytes",
            Self::Channel => "channel",
        }
    }

    /// Returns the columns that the name of the tab occupies in the line of tabs.
    pub fn columns(self) -> Range<usize> {
        let before = Self::ALL.iter().take_while(|tab| **tab != self);
        let start: usize = before.map(|tab| tab.name().len() + TAB_SPACE).sum();
        start..start + self.name().len()
    }

    /// Returns the tab after this one, wrapping around at the end.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// Returns the tab before this one, wrapping around at the start.
    #[must_use]
    pub fn previous(self) -> Self {
        Self::ALL[(self as usize + Self::ALL.len() - 1) % Self::ALL.len()]
    }
}
