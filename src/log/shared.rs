//! Bytes with shared ownership.

use std::mem;
use std::ops::{Deref, Range};
use std::sync::Arc;
use std::thread;

/// The size in bytes from which freeing a buffer takes milliseconds.
const SLOW_TO_FREE: usize = 16 << 20;

/// Bytes that can be passed on without being copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedBytes(Arc<Bytes>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Bytes(Vec<u8>);

impl Drop for Bytes {
    /// Frees large buffers on another thread, so that key presses are not delayed.
    fn drop(&mut self) {
        if self.0.capacity() >= SLOW_TO_FREE {
            let bytes = mem::take(&mut self.0);
            // If no thread can be started, the buffer is freed on the current one.
            drop(thread::Builder::new().spawn(move || drop(bytes)));
        }
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.0
    }
}

impl From<Vec<u8>> for SharedBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Bytes(bytes)))
    }
}

/// The concatenated payloads of a segment.
#[derive(Clone, Debug)]
pub(super) enum Arena {
    /// Copied payloads.
    Own(Vec<u8>),
    /// A single large payload, as received.
    Shared(SharedBytes),
}

impl Default for Arena {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl Deref for Arena {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl Arena {
    /// Appends a copy of `payload`.
    #[inline]
    pub(super) fn push(&mut self, payload: &[u8]) {
        if let Self::Shared(bytes) = self {
            *self = Self::Own(bytes.to_vec());
        }
        if let Self::Own(bytes) = self {
            bytes.extend_from_slice(payload);
        }
    }

    /// Appends `payload`, sharing it if the arena is empty.
    pub(super) fn push_shared(&mut self, payload: &SharedBytes) {
        if self.is_empty() {
            *self = Self::Shared(payload.clone());
        } else {
            self.push(payload);
        }
    }

    /// Returns the bytes in `range`: shared if they are the whole of a shared arena, else copied.
    pub(super) fn share(&self, range: Range<usize>) -> SharedBytes {
        match self {
            Self::Shared(bytes) if range == (0..bytes.len()) => bytes.clone(),
            _ => self[range].to_vec().into(),
        }
    }

    /// Returns a copy without the first `start` bytes.
    pub(super) fn copy_from(&self, start: usize) -> Self {
        match self {
            Self::Shared(bytes) if start == 0 => Self::Shared(bytes.clone()),
            _ => Self::Own(self[start..].to_vec()),
        }
    }

    /// Frees unused capacity, unless it is small.
    pub(super) fn shrink(&mut self) {
        if let Self::Own(bytes) = self {
            shrink(bytes);
        }
    }

    /// Returns the memory use in bytes, including unused capacity.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Own(bytes) => bytes.capacity(),
            Self::Shared(bytes) => bytes.len(),
        }
    }
}

/// Frees unused capacity if it exceeds a sixteenth of the length; freeing less is not worth a
/// possible copy.
pub(super) fn shrink<T>(vector: &mut Vec<T>) {
    if vector.capacity() - vector.len() > vector.len() / 16 {
        vector.shrink_to_fit();
    }
}
