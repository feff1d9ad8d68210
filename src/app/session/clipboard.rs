//! Copying to the clipboard.

use super::Session;
use crate::app::copy_request::{CopyEnd, CopyReport, CopyRequest, Osc52Obstacle};
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
        vec![Effect::Copy(CopyRequest {
            bytes,
            what: what.to_owned(),
        })]
    }

    /// Says how copying has ended.
    pub(crate) fn note_copied(&mut self, report: &CopyReport) -> Vec<Effect> {
        let what = &report.what;
        let size = figures::size(report.size as u64);
        match &report.end {
            CopyEnd::Sent => self.tell(format!("copied {what}, {size} (OSC 52)")),
            CopyEnd::Taken { by, instead } => match instead {
                Some(Osc52Obstacle::Tmux) => {
                    let why = obstacle_words(Osc52Obstacle::Tmux);
                    self.tell(format!("copied {what}, {size} ({by}; {why})"))
                }
                _ => self.tell(format!("copied {what}, {size} ({by})")),
            },
            CopyEnd::Refused { obstacle, tried } => {
                let obstacle = obstacle.map(obstacle_words);
                let tried = tried.as_ref();
                let tried = tried.map(|(name, trouble)| format!("{name}: {trouble}"));
                let why: Vec<String> = tried.into_iter().chain(obstacle).collect();
                self.tell_error(format!("not copied: {}", why.join("; ")))
            }
        }
    }
}

/// Returns why the terminal does not take text, and what the user can do.
fn obstacle_words(obstacle: Osc52Obstacle) -> String {
    format!("{}: {}", obstacle.words(), obstacle.remedy())
}
