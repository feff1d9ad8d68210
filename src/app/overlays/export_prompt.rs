//! The prompt for the name of the file to export to.

use crate::app::input::Input;
use crate::app::session::Session;
use crate::app::session::scope::Scope;
use crate::export::Format;

/// The maximum length of a channel's name in the suggested name of a file.
const MAX_CHANNEL: usize = 40;

/// The prompt for the name of the file to export to.
#[derive(Debug)]
pub struct ExportPrompt {
    /// The path typed so far. It may start with `~`.
    pub input: Input,
    /// Why the last path was refused.
    pub refusal: Option<String>,
}

impl ExportPrompt {
    /// Creates a prompt that contains `path`, with the reason why that path was refused, if it was.
    pub(crate) fn holding(path: &str, refusal: Option<String>) -> Self {
        Self {
            input: Input::holding(path),
            refusal,
        }
    }

    /// Creates a prompt that suggests a file in the home folder.
    pub(crate) fn suggesting(session: &Session) -> Self {
        Self::holding(&suggested(session, "ndjson"), None)
    }

    /// Returns the path.
    pub(crate) fn path(&self) -> String {
        self.input.text().trim().to_owned()
    }

    /// Returns the format that the file name asks for. The error says how to name a file.
    pub fn format(&self) -> Result<Format, String> {
        Format::of(&self.path())
    }
}

/// Returns the path of a file in the home folder, named after the only channel that is shown and the
/// time.
pub(super) fn suggested(session: &Session, extension: &str) -> String {
    let only = session.filters.only.as_ref().map_or(&[][..], Scope::bytes);
    let plain = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' => char::from(*byte),
        _ => '-',
    };
    let channel: String = only.iter().take(MAX_CHANNEL).map(plain).collect();
    let time = session.clock().file_stamp(session.now);
    let parts = ["subscope"].into_iter().chain(channel.split('-'));
    let parts = parts.filter(|part| !part.is_empty()).chain([&*time]);
    let name = parts.collect::<Vec<_>>().join("-");
    format!("~/{name}.{extension}")
}
