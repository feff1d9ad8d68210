//! Copying to the clipboard.

use super::Session;
use crate::app::effect::Effect;
use crate::log::SharedBytes;
use crate::payload::figures;

/// Maximum size of a value to copy, in bytes. A longer one would make the terminal unresponsive for
/// a while.
pub(crate) const MOST_COPIED: usize = 1 << 20;

impl Session {
    pub(crate) fn tell_too_long(&mut self, length: usize) -> Vec<Effect> {
        let [length, most] = [length, MOST_COPIED].map(|size| figures::size(size as u64));
        self.tell_error(format!(
            "not copied: {length} exceeds the clipboard limit of {most}"
        ))
    }

    pub(crate) fn copy_to_clipboard(&mut self, bytes: SharedBytes, what: &str) -> Vec<Effect> {
        if bytes.len() > MOST_COPIED {
            return self.tell_too_long(bytes.len());
        }
        let size = figures::size(bytes.len() as u64);
        self.tell(format!("copied {what}, {size} (OSC 52)"));
        vec![Effect::Copy(bytes)]
    }
}
