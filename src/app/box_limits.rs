//! Size limits of the text boxes. With a longer text, every key would be slow.

use super::publishing::MAX_EDITED;
use super::{App, Context, Effect, Input, Overlay};
use crate::payload::figures;

/// Maximum size of a one-line box, in bytes.
pub(super) const MAX_LINE: usize = 16 << 10;

impl App {
    /// Refuses to add `bytes` bytes to the focused text box if they exceed its limit. In that case
    /// none of them is added.
    pub(super) fn refuse_too_much(&mut self, bytes: usize) -> Option<Vec<Effect>> {
        let (held, most) = match (self.context(), &self.overlay) {
            (Context::Prompt, Some(Overlay::Subscribe(prompt))) => (prompt.input.size(), MAX_LINE),
            (Context::Query, Some(Overlay::Query(query))) => (query.input.size(), MAX_LINE),
            (Context::SearchMessage, Some(Overlay::SearchMessage(input))) => {
                (Input::size(input), MAX_LINE)
            }
            (Context::PublishChannel, _) => (self.publish.channel.size(), MAX_LINE),
            (Context::PublishPayload, _) => (self.publish.payload.size(), MAX_EDITED),
            _ => return None,
        };
        if held + bytes <= most {
            return None;
        }
        let most = figures::size(most as u64);
        Some(
            self.session
                .tell_error(format!("text too long: at most {most} · nothing added")),
        )
    }
}
