//! The prompt for the lens of a channel.

use std::sync::Arc;

use crate::app::input::Input;
use crate::query::Template;

/// The prompt for the lens of a channel.
#[derive(Debug)]
pub struct LensPrompt {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// The text typed so far.
    pub input: Input,
}

impl LensPrompt {
    /// Creates a prompt that contains `text`.
    pub(crate) fn holding(channel: Arc<[u8]>, text: &str) -> Self {
        let input = Input::holding(text);
        Self { channel, input }
    }

    /// Returns the lens that the text stands for; `None` for empty text, which removes the lens. The
    /// error says what is wrong with the text, and where.
    pub fn lens(&self) -> Result<Option<Template>, String> {
        let text = self.input.text();
        if text.trim().is_empty() {
            return Ok(None);
        }
        Template::parse(&text).map(Some).map_err(|error| {
            let place = error.place(&text);
            place.map_or(error.to_string(), |place| format!("{error} {place}"))
        })
    }
}
