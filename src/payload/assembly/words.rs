//! One-line text of values, for keys that are not strings: `[1, "a"]`, `{2: nil}`, `bytes 0a0b`.

use crate::payload::hex;
use crate::payload::json::text::quoted;
use crate::payload::tree::Kind;

/// The text of a key so far.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) text: Vec<u8>,
}

impl Words {
    /// Adds a value without children; `within` is the kind of its parent, if the parent is part of
    /// the key, and the number of values in that parent so far, counting keys separately.
    pub(super) fn scalar(&mut self, kind: Kind, text: &[u8], within: Option<(Kind, u64)>) {
        self.separate(within);
        match kind {
            Kind::String => self.text.extend(quoted(text)),
            Kind::Bytes => {
                self.text.extend_from_slice(b"bytes ");
                self.text.extend(hex::digits(text));
            }
            _ => self.text.extend_from_slice(text),
        }
    }

    /// Starts a container; `mark` is empty unless it is a tag, and `within` is as in
    /// [`Self::scalar`].
    pub(super) fn open(&mut self, kind: Kind, mark: &str, within: Option<(Kind, u64)>) {
        self.separate(within);
        self.text.extend_from_slice(mark.as_bytes());
        self.text.extend_from_slice(kind.brackets().0.as_bytes());
    }

    /// Ends a container.
    pub(super) fn close(&mut self, kind: Kind) {
        self.text.extend_from_slice(kind.brackets().1.as_bytes());
    }

    fn separate(&mut self, within: Option<(Kind, u64)>) {
        match within {
            Some((Kind::Object, count)) if !count.is_multiple_of(2) => {
                self.text.extend_from_slice(b": ");
            }
            Some((_, 1..)) => self.text.extend_from_slice(b", "),
            _ => {}
        }
    }
}
