//! The value of `--keys`.

use clap::ValueEnum;
use subscope::app::KeySet;

/// The value of `--keys`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum KeySetName {
    /// The keys of vim and less.
    #[default]
    Vim,
    /// The arrows, without the letters that move in vim.
    Arrows,
}

impl KeySetName {
    /// Returns the set of this name.
    pub(super) fn set(self) -> KeySet {
        match self {
            Self::Vim => KeySet::Vim,
            Self::Arrows => KeySet::Arrows,
        }
    }
}
