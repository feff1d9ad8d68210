//! What to record, and how the recording goes.

use std::sync::Arc;

use crate::log::Excerpt;
use crate::message::{Dropped, Topic};
use crate::payload::decoder_choices::DecoderChoices;
use crate::query::Query;

/// Which messages to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingScope {
    /// Whether the recording starts with the rows that the log keeps.
    pub with_kept: bool,
    /// Whether only what the filter shows is recorded.
    pub is_filtered: bool,
}

impl Default for RecordingScope {
    /// From now on, what the filter shows.
    fn default() -> Self {
        Self {
            with_kept: false,
            is_filtered: true,
        }
    }
}

/// A request to record to a file.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingRequest {
    /// The path of the file, as the user typed it.
    pub path: String,
    /// Whether an existing file is replaced.
    pub replaces: bool,
    /// Which messages to record.
    pub scope: RecordingScope,
    /// What the messages must match; `None` for all.
    pub filter: Option<Query>,
    /// How to decode the messages for that.
    pub decoder_choices: Arc<DecoderChoices>,
    /// The rows to start with.
    pub kept: Option<RecordedRows>,
    /// The address of the server, without a password.
    pub server: Box<str>,
}

/// Rows to record.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRows {
    /// The rows.
    pub rows: Excerpt,
    /// The topics of all subscriptions, by id.
    pub topics: Arc<[Topic]>,
}

/// How a recording goes. The path is always as the user typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingNews {
    /// The file was created, and everything that is passed on from now on is recorded.
    Started(String),
    /// The file already exists, so nothing is recorded.
    Exists(String, RecordingScope),
    /// The file cannot be created.
    Refused {
        /// The path.
        path: String,
        /// What was to be recorded.
        scope: RecordingScope,
        /// The cause.
        cause: String,
    },
    /// This is in the file.
    Progress(RecordingSize),
    /// Messages could not be recorded, because too many were waiting to be written.
    Lost(Dropped),
    /// The recording is complete.
    Done {
        /// The path.
        path: String,
        /// What it contains.
        size: RecordingSize,
    },
    /// The file could not be written any further. What was written stays.
    Failed {
        /// The path.
        path: String,
        /// The cause.
        cause: String,
    },
}

/// How much has been recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordingSize {
    /// The number of messages.
    pub messages: u64,
    /// The size of the file, in bytes.
    pub bytes: u64,
}
