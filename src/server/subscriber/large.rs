//! A large payload that is still arriving. It is read directly into its final location, so it is
//! not copied, and takes no more memory than its size. Bytes that the log has no room for are
//! discarded.

use std::hash::{BuildHasher as _, DefaultHasher, Hasher as _, RandomState};

use super::delivery::{Delivery, OwnedDelivery};
use crate::log::{LargePayload, PayloadLimit};
use crate::wire::{LINE_END, WireError};

/// A message whose payload is still arriving.
#[derive(Debug)]
pub(super) struct Large {
    delivery: OwnedDelivery,
    /// Total length of the payload, including bytes that are not kept.
    size: usize,
    /// Number of bytes that are kept, from the start of the payload.
    kept: usize,
    /// Number of bytes received, of the payload and of the line ending after it.
    arrived: usize,
    head: Head,
    /// Hash of the bytes that are not kept.
    rest: DefaultHasher,
    line_end: Vec<u8>,
}

/// The kept part of the payload.
#[derive(Debug)]
enum Head {
    /// So far, the payload matches this previous one, so no bytes are stored. It is probably the
    /// same publish, delivered again.
    Same(LargePayload),
    Own(Vec<u8>),
}

impl Large {
    /// Creates a payload of `size` bytes, none of which have arrived. The payload may turn out to
    /// equal `before`, which has the same size.
    pub(super) fn new(
        delivery: &Delivery<'_>,
        size: usize,
        limit: PayloadLimit,
        before: Option<&LargePayload>,
        keys: &RandomState,
    ) -> Self {
        let mut kept = before.map_or_else(|| limit.kept(size), |before| before.bytes.len());
        let head = match before {
            Some(before) => Head::Same(before.clone()),
            None => Head::Own(reserved(&mut kept)),
        };
        Self {
            delivery: delivery.into_owned(),
            size,
            kept,
            arrived: 0,
            head,
            rest: keys.build_hasher(),
            line_end: Vec::with_capacity(LINE_END.len()),
        }
    }

    /// Returns the destination of the next bytes and the maximum number to read, if they can bypass
    /// the buffer.
    pub(super) fn room(&mut self) -> Option<(&mut Vec<u8>, usize)> {
        match &mut self.head {
            Head::Own(bytes) if self.arrived < self.kept => Some((bytes, self.kept - self.arrived)),
            _ => None,
        }
    }

    /// Records `length` bytes read directly into [`Self::room`].
    pub(super) fn note_read(&mut self, length: usize) {
        self.arrived += length;
    }

    /// Takes the payload's bytes from the start of `bytes`, and returns how many there were.
    pub(super) fn take_in(&mut self, bytes: &[u8]) -> usize {
        let missing = self.size + LINE_END.len() - self.arrived;
        let bytes = &bytes[..bytes.len().min(missing)];
        if let Head::Same(before) = &self.head {
            let expected = &before.bytes[self.arrived.min(self.kept)..];
            let length = expected.len().min(bytes.len());
            if expected[..length] != bytes[..length] {
                self.separate_from(&before.bytes.clone());
            }
        }
        self.put(bytes);
        bytes.len()
    }

    /// Returns whether the payload is complete.
    pub(super) fn is_done(&self) -> bool {
        self.arrived == self.size + LINE_END.len()
    }

    /// Returns the message. The payload must be complete.
    pub(super) fn finish(self) -> Result<(OwnedDelivery, LargePayload), WireError> {
        if self.line_end != LINE_END {
            return Err(WireError::MissingLineEnd);
        }
        let is_whole = self.kept == self.size;
        let payload = LargePayload {
            bytes: match self.head {
                Head::Same(before) => before.bytes,
                Head::Own(bytes) => bytes.into(),
            },
            size: self.size as u64,
            rest: if is_whole { 0 } else { self.rest.finish() },
        };
        Ok((self.delivery, payload))
    }

    /// Starts this payload's own copy, because it differs from the previous payload. The bytes
    /// received so far are copied from there.
    fn separate_from(&mut self, before: &[u8]) {
        let arrived = std::mem::take(&mut self.arrived);
        self.head = Head::Own(reserved(&mut self.kept));
        self.put(&before[..arrived]);
    }

    fn put(&mut self, bytes: &[u8]) {
        let (kept, bytes) = split(bytes, self.kept.saturating_sub(self.arrived));
        if let Head::Own(own) = &mut self.head {
            own.extend_from_slice(kept);
        }
        self.arrived += kept.len();
        let (rest, line_end) = split(bytes, self.size.saturating_sub(self.arrived));
        self.rest.write(rest);
        self.line_end.extend_from_slice(line_end);
        self.arrived += bytes.len();
    }
}

/// Reserves room for the kept bytes, and reduces their number if there is not enough memory. The
/// system allocates memory only as bytes arrive, so a large announced length alone takes none.
fn reserved(kept: &mut usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.try_reserve_exact(*kept).is_err() {
        *kept /= 2;
    }
    bytes
}

/// Splits `bytes` after `length` bytes, or at the end.
fn split(bytes: &[u8], length: usize) -> (&[u8], &[u8]) {
    bytes.split_at(length.min(bytes.len()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use super::*;
    use crate::message::SubscriptionKind;

    const DELIVERY: Delivery<'_> = Delivery {
        kind: SubscriptionKind::Pattern,
        name: b"*",
        channel: b"channel",
    };

    fn begin(size: usize, keep: Option<usize>, before: Option<&LargePayload>) -> Large {
        let limit = keep.map_or(PayloadLimit::NONE, PayloadLimit::within);
        // The keys must stay the same within a test, so that hashes can be compared.
        thread_local!(static KEYS: RandomState = RandomState::new());
        KEYS.with(|keys| Large::new(&DELIVERY, size, limit, before, keys))
    }

    /// Feeds `payload` and its line ending to `large` in pieces of `piece` bytes, bypassing the
    /// buffer where possible.
    fn receive(mut large: Large, payload: &[u8], piece: usize) -> LargePayload {
        let frame = [payload, LINE_END, b"*3"].concat();
        let mut rest = &frame[..];
        while !large.is_done() {
            let now = &rest[..piece.min(rest.len())];
            let taken = match large.room() {
                Some((target, room)) => {
                    let taken = now.len().min(room);
                    target.extend_from_slice(&now[..taken]);
                    large.note_read(taken);
                    taken
                }
                None => large.take_in(now),
            };
            rest = &rest[taken..];
            if let Head::Own(bytes) = &large.head {
                assert!(bytes.capacity() <= large.kept);
            }
        }
        assert_eq!(rest, b"*3");
        let (delivery, payload) = large.finish().unwrap();
        assert_eq!(delivery.borrow(), DELIVERY);
        payload
    }

    fn payload(size: usize) -> Vec<u8> {
        (0..size)
            .map(|index| u8::try_from(index % 251).unwrap())
            .collect()
    }

    #[test]
    fn a_payload_in_any_pieces_arrives_whole() {
        let sent = payload(1000);
        for piece in 1..40 {
            let received = receive(begin(1000, None, None), &sent, piece);
            assert_eq!(received, LargePayload::whole(sent.clone()));
        }
    }

    #[test]
    fn a_payload_over_the_limit_keeps_its_head_and_a_hash_of_the_rest() {
        let sent = payload(1000);
        let mut other = sent.clone();
        other[999] += 1;
        let first = receive(begin(1000, Some(800), None), &sent, 7);
        assert_eq!((&*first.bytes, first.size), (&sent[..100], 1000));
        for piece in 1..40 {
            let again = receive(begin(1000, Some(800), None), &sent, piece);
            assert_eq!(first, again);
        }
        let other = receive(begin(1000, Some(800), None), &other, 7);
        assert_eq!(first.bytes, other.bytes);
        assert_ne!(first, other);
    }

    #[test]
    fn a_repeated_payload_takes_no_memory() {
        let sent = payload(1000);
        for keep in [None, Some(800)] {
            let first = receive(begin(1000, keep, None), &sent, 7);
            for piece in 1..40 {
                let again = receive(begin(1000, keep, Some(&first)), &sent, piece);
                assert_eq!(first, again);
                assert_eq!(first.bytes.as_ptr(), again.bytes.as_ptr());
            }
        }
    }

    #[test]
    fn a_payload_that_differs_late_is_kept_whole() {
        let sent = payload(1000);
        for keep in [None, Some(800)] {
            let first = receive(begin(1000, keep, None), &sent, 7);
            for changed in [0, 1, 50, 99, 100, 998, 999] {
                let mut other = sent.clone();
                other[changed] += 1;
                let expected = receive(begin(1000, keep, None), &other, 1000);
                for piece in [1, 3, 100, 1000] {
                    let received = receive(begin(1000, keep, Some(&first)), &other, piece);
                    assert_eq!(received, expected, "{changed}, {piece}");
                    assert_ne!(received, first);
                }
            }
        }
    }

    #[test]
    fn a_payload_without_its_line_end_is_an_error() {
        let mut large = begin(3, None, None);
        assert_eq!(large.take_in(b"abcdef"), 5);
        assert!(large.is_done());
        assert_eq!(large.finish().err(), Some(WireError::MissingLineEnd));
    }

    #[test]
    fn a_false_length_takes_no_memory() {
        let mut large = begin(1 << 40, None, None);
        assert_eq!(large.take_in(b"abc"), 3);
        let Head::Own(bytes) = &large.head else {
            panic!("there is no previous payload")
        };
        assert_eq!(bytes, b"abc");
    }
}
