//! Payloads that are too large to be copied about, and what is kept of those that are too large
//! to be kept.

use super::shared::SharedBytes;

/// From this size on a payload is large: it is received into a place of its own and stays there.
pub const LARGE_PAYLOAD: usize = 1 << 20;

/// The part of the budget that a payload may not take, for what else is counted; a payload that
/// is larger than the rest is cut to as much.
const PART: usize = 8;

/// How much of a payload is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadLimit {
    whole: usize,
    head: usize,
}

impl PayloadLimit {
    /// Everything.
    pub const NONE: Self = Self {
        whole: usize::MAX,
        head: usize::MAX,
    };

    /// What a log of `keep` bytes has room for: the whole payload, or, if it is larger than seven
    /// eighths of these bytes, its head, which takes one eighth.
    #[must_use]
    pub fn within(keep: usize) -> Self {
        Self {
            whole: keep - keep / PART,
            head: keep / PART,
        }
    }

    /// How many bytes are kept of a payload of `size` bytes.
    #[must_use]
    pub fn kept(&self, size: usize) -> usize {
        if size > self.whole { self.head } else { size }
    }
}

/// A large payload, or its head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LargePayload {
    /// What is kept of it, from its first byte on.
    pub bytes: SharedBytes,
    /// How many bytes it had.
    pub size: u64,
    /// A keyed hash of those that are not kept, which tells it from others with the same head; 0
    /// if all are.
    pub rest: u64,
}

impl LargePayload {
    /// A payload that is kept whole.
    #[must_use]
    pub fn whole(bytes: Vec<u8>) -> Self {
        Self {
            size: bytes.len() as u64,
            bytes: bytes.into(),
            rest: 0,
        }
    }

    /// Whether these are the bytes of the payload, all of them.
    #[must_use]
    pub fn is(&self, payload: &[u8]) -> bool {
        self.size == payload.len() as u64 && *self.bytes == *payload
    }
}
