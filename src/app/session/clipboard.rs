//! Copying to the clipboard.

use super::Session;
use crate::app::effect::Effect;
use crate::log::SharedBytes;
use crate::payload::figures;
use crate::query::{awaits_operand, pasted_operand};

/// Maximum size of a value to copy, in bytes. A longer one would make the terminal unresponsive for
/// a while.
pub(crate) const MOST_COPIED: usize = 1 << 20;

/// The value copied last.
#[derive(Clone, Debug)]
pub(crate) struct Copied {
    /// The copied text, as it comes back in a paste.
    text: String,
    /// The operand that equals the value in a query.
    operand: String,
}

impl Copied {
    pub fn new(bytes: &[u8], operand: String) -> Self {
        Self {
            text: String::from_utf8_lossy(bytes).into_owned(),
            operand,
        }
    }
}

impl Session {
    /// Returns what a paste into a query after `before` stands for: behind `==`, a copied value is
    /// the operand that equals it.
    pub(crate) fn pasted(&self, before: &str, pasted: &str) -> String {
        let trim = |text: &str| text.trim_end_matches(['\r', '\n']).replace('\r', "");
        let copied = self.copied.as_ref();
        let copied = copied.filter(|copied| trim(&copied.text) == trim(pasted));
        match copied.filter(|_| awaits_operand(before)) {
            Some(copied) => copied.operand.clone(),
            None => pasted_operand(before, pasted).unwrap_or_else(|| pasted.to_owned()),
        }
    }

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
