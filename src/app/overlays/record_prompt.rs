//! The prompt for the name of the file to record to, and for what to record.

use super::export_prompt::suggested;
use crate::app::input::Input;
use crate::app::recording_request::RecordingScope;
use crate::app::session::Session;
use crate::recording::Compression;

/// The prompt for the name of the file to record to, and for what to record.
#[derive(Debug)]
pub struct RecordPrompt {
    /// The path typed so far. It may start with `~`.
    pub input: Input,
    /// Which messages to record.
    pub scope: RecordingScope,
    /// Why the last path was refused.
    pub refusal: Option<String>,
}

impl RecordPrompt {
    /// Creates a prompt that contains `path`, with the reason why that path was refused, if it was.
    pub(crate) fn holding(path: &str, scope: RecordingScope, refusal: Option<String>) -> Self {
        Self {
            input: Input::holding(path),
            scope,
            refusal,
        }
    }

    /// Creates a prompt that suggests a compressed file in the home folder.
    pub(crate) fn suggesting(session: &Session) -> Self {
        let path = suggested(session, "ndjson.zst");
        Self::holding(&path, RecordingScope::default(), None)
    }

    /// Returns the description of the file's format.
    pub fn format(&self) -> &'static str {
        match Compression::of(&self.path()) {
            Compression::Zstd => "NDJSON, compressed",
            Compression::None => "NDJSON · a name that ends in .zst compresses it",
        }
    }

    /// Returns the path.
    pub(crate) fn path(&self) -> String {
        self.input.text().trim().to_owned()
    }
}
