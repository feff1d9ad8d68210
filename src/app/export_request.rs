//! What to write to a file, and the outcome.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::export::Format;
use crate::log::Excerpt;
use crate::message::Topic;
use crate::message::glob::ByGlob;
use crate::payload::decoder_choices::DecoderChoices;
use crate::payload::figures::Clock;
use crate::query::Template;

/// A request to write the displayed rows to a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportRequest {
    /// The path of the file, as the user typed it.
    pub path: String,
    /// The format.
    pub format: Format,
    /// Whether an existing file is replaced.
    pub replaces: bool,
    /// The rows.
    pub rows: Excerpt,
    /// The topics of all subscriptions, by id.
    pub topics: Arc<[Topic]>,
    /// How to decode the messages of channels.
    pub decoder_choices: Arc<DecoderChoices>,
    /// The lenses on channels.
    pub lenses: LensTemplates,
    /// The clock for the times in text.
    pub clock: Clock,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportCounts {
    /// The number of messages.
    pub messages: u64,
    /// The number of notices.
    pub notices: u64,
    /// How many of the messages were not kept in full.
    pub cut: u64,
}

/// The outcome of an [`ExportRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exported {
    /// The file was written.
    Done {
        /// The path, as the user typed it.
        path: String,
        /// What it contains.
        counts: ExportCounts,
        /// Its size in bytes.
        size: u64,
    },
    /// The file already exists, so nothing was written.
    Exists(String),
    /// The file cannot be created.
    Refused {
        /// The path, as the user typed it.
        path: String,
        /// The cause.
        cause: String,
    },
    /// The file could not be written completely, and was removed.
    Failed {
        /// The path, as the user typed it.
        path: String,
        /// The cause.
        cause: String,
    },
}

impl Exported {
    /// Returns the path, as the user typed it.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Exists(path)
            | Self::Done { path, .. }
            | Self::Refused { path, .. }
            | Self::Failed { path, .. } => path,
        }
    }
}

/// The templates of the lenses on channels.
#[derive(Clone, Debug, PartialEq)]
pub struct LensTemplates {
    /// The lenses from the settings.
    preset: ByGlob<Template>,
    /// What the user chose instead: another lens, or `None` for whole messages.
    chosen: BTreeMap<Box<[u8]>, Option<Template>>,
}

impl LensTemplates {
    pub(super) fn new(preset: ByGlob<Template>) -> Self {
        Self {
            preset,
            chosen: BTreeMap::new(),
        }
    }

    /// Sets the lens on a channel, or removes it.
    pub(super) fn choose(&mut self, channel: &[u8], lens: Option<Template>) {
        self.chosen.insert(channel.into(), lens);
    }

    /// Forgets that the user removed the lens of a channel.
    pub(super) fn forget_removal(&mut self, name: &[u8]) {
        self.chosen
            .retain(|channel, lens| lens.is_some() || **channel != *name);
    }

    /// Returns whether the user has removed the lens of the channel called `name`.
    pub(super) fn is_removed(&self, name: &[u8]) -> bool {
        self.chosen.get(name).is_some_and(Option::is_none)
    }

    /// Returns the template of the lens on the channel called `name`.
    pub(super) fn of(&self, name: &[u8]) -> Option<&Template> {
        match self.chosen.get(name) {
            Some(chosen) => chosen.as_ref(),
            None => self.preset.of(name),
        }
    }
}
