//! Payloads that are too large to copy, and truncation of those that are too large to keep.

use super::shared::SharedBytes;

/// The size in bytes from which a payload is received into its own buffer and never copied out of
/// it.
pub const LARGE_PAYLOAD: usize = 1 << 20;

/// The fraction of the budget (1/n) that no payload may use. A payload that is larger than the rest
/// of the budget is truncated to this fraction.
const PART: usize = 8;

/// How much of a payload to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadLimit {
    /// The budget of the log.
    keep: usize,
}

impl PayloadLimit {
    /// No limit: every payload is kept whole.
    pub const NONE: Self = Self { keep: usize::MAX };

    /// Returns the limit for a log of `keep` bytes: a payload above 7/8 of that is truncated to
    /// 1/8.
    pub fn within(keep: usize) -> Self {
        Self { keep }
    }

    /// Returns how many bytes to keep of a payload of `size` bytes.
    pub fn kept(self, size: usize) -> usize {
        let head = self.keep / PART;
        if size > self.keep - head { head } else { size }
    }
}

/// A large payload, or its head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LargePayload {
    /// The kept bytes, from the start of the payload.
    pub bytes: SharedBytes,
    /// The original size, in bytes.
    pub size: u64,
    /// A keyed hash of the bytes not kept, to distinguish payloads with the same head; 0 if the
    /// payload is whole.
    pub rest: u64,
}

impl LargePayload {
    /// Creates a payload that is kept whole.
    pub fn whole(bytes: Vec<u8>) -> Self {
        Self {
            size: bytes.len() as u64,
            bytes: bytes.into(),
            rest: 0,
        }
    }

    /// Returns whether the payload is kept whole and equals `payload`.
    pub fn is(&self, payload: &[u8]) -> bool {
        self.size == payload.len() as u64 && *self.bytes == *payload
    }
}
