//! Editing a payload in its decoded form.

use std::sync::Arc;

use super::limits::MAX_EDITED;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::encode::{Document, NotEdited, visible};

/// A payload that is edited in its decoded form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editing {
    document: Arc<Document>,
    /// What differs from the original besides the edited values.
    note: Option<Box<str>>,
}

impl Editing {
    /// Returns the decoded form of `payload`.
    ///
    /// # Errors
    ///
    /// Returns the reason if it has none, or a long one.
    pub(crate) fn of(payload: &[u8], choice: &DecoderChoice) -> Result<Self, NotEdited> {
        let document = Document::new(payload, choice, MAX_EDITED)?;
        if document.text().len() > MAX_EDITED {
            return Err(NotEdited::TooLarge);
        }
        Ok(Self {
            document: Arc::new(document),
            note: None,
        })
    }

    /// Returns whether the payload is JSON that is edited as it is written, unless the user wants
    /// otherwise.
    pub(super) fn is_plain_json(&self) -> bool {
        self.document.is_plain_json()
    }

    /// Returns pasted text with escapes for what cannot be seen, where the text has escapes.
    pub(super) fn readable(&self, pasted: String) -> String {
        if self.document.is_verbatim() {
            return pasted;
        }
        visible(&pasted)
    }

    /// Returns the text to edit.
    pub(super) fn text(&self) -> &str {
        self.document.text()
    }

    /// Returns the extension of a file with the text.
    pub(super) fn extension(&self) -> &'static str {
        self.document.extension()
    }

    /// Returns the payload that an edited text stands for.
    pub(super) fn encode(&self, text: &str) -> Result<Vec<u8>, String> {
        let encoded = self.document.encode(text);
        Ok(encoded.map_err(|error| error.to_string())?.bytes)
    }

    /// Notes what differs from the original besides the edited values. Nothing does while the text
    /// is unfinished.
    pub(super) fn note_text(&mut self, text: &str) {
        let encoded = self.document.encode(text).unwrap_or_default();
        let notes = encoded.notes.into_iter();
        self.note = notes
            .reduce(|all, note| all + " · " + &note)
            .map(Into::into);
    }

    /// Returns what the text is encoded as, and what else will differ.
    pub fn words(&self) -> String {
        let label = self.document.label();
        match &self.note {
            Some(note) => format!("as {label} · {note}"),
            None => format!("as {label}"),
        }
    }
}
